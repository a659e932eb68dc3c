-- Whom a Luna of a business serves. Only the database of the house has rows here; what a user does lies in their own.
CREATE TABLE users (
    id         TEXT PRIMARY KEY,
    username   TEXT NOT NULL,
    role       TEXT NOT NULL,
    token      TEXT NOT NULL,             -- the id of the only token that is good
    per_minute BIGINT,                    -- both null: as everybody
    burst      BIGINT,
    wakes_at   BIGINT,                    -- when something is due; null: never
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX users_by_name ON users (lower(username));
