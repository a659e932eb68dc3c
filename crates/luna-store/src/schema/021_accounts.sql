-- Who may call Luna from outside under a name of their own.
CREATE TABLE accounts (
    id           TEXT PRIMARY KEY,
    email        TEXT NOT NULL UNIQUE,       -- in lower case
    name         TEXT NOT NULL,
    tier         TEXT NOT NULL,
    password     TEXT NOT NULL,              -- argon2id, with its salt and costs
    failures     BIGINT NOT NULL DEFAULT 0,  -- wrong passwords since the last right one
    locked_until BIGINT,
    customer     TEXT,                       -- the payment provider's name for it
    created_at   BIGINT NOT NULL
);

CREATE TABLE api_keys (
    id           TEXT PRIMARY KEY,
    account      TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name         TEXT NOT NULL,
    prefix       TEXT NOT NULL,
    digest       TEXT NOT NULL UNIQUE,       -- SHA-256; the key itself is nowhere
    created_at   BIGINT NOT NULL,
    last_used_at BIGINT
);
CREATE INDEX api_keys_by_account ON api_keys (account, created_at);

-- What an account had done: agents and chains.
CREATE TABLE executions (
    seq     INTEGER PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    kind    TEXT NOT NULL,
    what    TEXT NOT NULL,
    at      BIGINT NOT NULL
);
CREATE INDEX executions_by_account ON executions (account, at);

CREATE TABLE subscriptions (
    account      TEXT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    id           TEXT NOT NULL,
    tier         TEXT NOT NULL,
    status       TEXT NOT NULL,
    period_start BIGINT NOT NULL,
    period_end   BIGINT NOT NULL,
    ends         BOOLEAN NOT NULL,           -- at the end of the period
    created_at   BIGINT NOT NULL
);

-- What the payment provider told, so that nothing is taken twice.
CREATE TABLE payment_events (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL
);
