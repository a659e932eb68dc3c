-- What every request to a model took and cost.
CREATE TABLE model_usage (
    seq           INTEGER PRIMARY KEY,
    conversation  TEXT,                      -- the conversation it answered, if it did
    provider      TEXT NOT NULL,
    model         TEXT NOT NULL,
    input_tokens  BIGINT NOT NULL,
    output_tokens BIGINT NOT NULL,
    cost          DOUBLE PRECISION NOT NULL, -- US dollars
    at            BIGINT NOT NULL
);
CREATE INDEX model_usage_by_time ON model_usage (at);

-- What a conversation has of its own.
CREATE TABLE conversation_traits (
    conversation TEXT PRIMARY KEY REFERENCES conversations (id) ON DELETE CASCADE,
    model        TEXT,
    instructions TEXT,
    channel      TEXT
);

-- Things made in a conversation that are looked at beside it, with all they ever were.
CREATE TABLE artifacts (
    id           TEXT PRIMARY KEY,
    conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    kind         TEXT NOT NULL,
    title        TEXT NOT NULL,
    language     TEXT,
    version      BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL
);
CREATE INDEX artifacts_by_conversation ON artifacts (conversation, updated_at DESC);
CREATE TABLE artifact_versions (
    id         TEXT PRIMARY KEY,
    artifact   TEXT NOT NULL REFERENCES artifacts (id) ON DELETE CASCADE,
    version    BIGINT NOT NULL,
    content    TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (artifact, version)
);

-- Doors for programs that tell Luna something.
CREATE TABLE webhooks (
    id           TEXT PRIMARY KEY,
    name         TEXT NOT NULL,
    secret       TEXT NOT NULL,
    enabled      BOOLEAN NOT NULL,
    conversation TEXT,
    handler      TEXT NOT NULL,
    triggered_at BIGINT,
    created_at   BIGINT NOT NULL
);

-- Where people talk with Luna besides her own window.
CREATE TABLE channel_setups (
    id         TEXT PRIMARY KEY,
    kind       TEXT NOT NULL,
    config     TEXT NOT NULL,
    enabled    BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL
);

-- Agents that a model set to work.
CREATE TABLE children (
    id           TEXT PRIMARY KEY,
    parent       TEXT,
    name         TEXT NOT NULL,
    model        TEXT NOT NULL,
    instructions TEXT NOT NULL,
    state        TEXT NOT NULL,
    budget       DOUBLE PRECISION NOT NULL,
    spent        DOUBLE PRECISION NOT NULL,
    conversation TEXT NOT NULL,
    output       TEXT,
    created_at   BIGINT NOT NULL,
    ended_at     BIGINT
);

-- Packages that were installed, with what their manifest was allowed.
CREATE TABLE packages (
    id           TEXT PRIMARY KEY,
    name         TEXT NOT NULL,
    version      TEXT NOT NULL,
    kind         TEXT NOT NULL,
    manifest     TEXT NOT NULL,
    installed_at BIGINT NOT NULL
);
