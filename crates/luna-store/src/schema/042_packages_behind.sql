-- The packages whose instructions were in sight when work was set up that is done later.
CREATE TABLE packages_behind (
    work TEXT PRIMARY KEY NOT NULL,
    -- JSON: the evidence, each with what the package was allowed.
    packages TEXT NOT NULL
) STRICT, WITHOUT ROWID;
