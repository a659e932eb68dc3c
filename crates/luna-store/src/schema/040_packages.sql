-- Where a package came from, and what its archive was when it was taken in.
ALTER TABLE packages ADD COLUMN origin TEXT NOT NULL DEFAULT '';
ALTER TABLE packages ADD COLUMN sha256 TEXT NOT NULL DEFAULT '';
