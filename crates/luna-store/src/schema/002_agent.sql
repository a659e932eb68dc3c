CREATE TABLE tool_modes (
    tool TEXT PRIMARY KEY,
    mode TEXT NOT NULL
);

CREATE TABLE rules (
    id         TEXT PRIMARY KEY,
    tool       TEXT NOT NULL,
    matches    TEXT NOT NULL,
    mode       TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- Files as they were before an action and as they became; the bytes lie in the undo folder under their hash.
CREATE TABLE file_changes (
    seq        INTEGER PRIMARY KEY,
    action     TEXT NOT NULL,
    turn       TEXT NOT NULL,
    tool       TEXT NOT NULL,
    summary    TEXT NOT NULL,
    path       TEXT NOT NULL,
    before     TEXT,
    after      TEXT,
    at         BIGINT NOT NULL,
    undone_by  TEXT
);
CREATE INDEX file_changes_by_action ON file_changes (action);
CREATE INDEX file_changes_by_turn ON file_changes (turn);

CREATE TABLE tasks (
    id           TEXT PRIMARY KEY,
    title        TEXT NOT NULL,
    description  TEXT NOT NULL,
    state        TEXT NOT NULL,
    steps        TEXT NOT NULL DEFAULT '[]',
    conversation TEXT,
    error        TEXT,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL
);
CREATE INDEX tasks_by_use ON tasks (updated_at DESC);

CREATE TABLE runs (
    id         TEXT PRIMARY KEY,
    run        TEXT NOT NULL,
    state      TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX runs_by_age ON runs (created_at DESC);

-- Messages that Luna begins by herself and that nobody took yet.
CREATE TABLE proactive (
    seq        INTEGER PRIMARY KEY,
    text       TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
