-- Times are microseconds since 1970 (UTC); ids are UUIDs as text; lists and objects are JSON.
CREATE TABLE conversations (
    id            TEXT PRIMARY KEY,
    kind          TEXT NOT NULL DEFAULT 'user',     -- 'user', or 'task' for a background task's own
    title         TEXT NOT NULL,
    pinned        BOOLEAN NOT NULL DEFAULT FALSE,
    message_count BIGINT NOT NULL DEFAULT 0,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL,
    deleted_at    BIGINT                             -- set = can still be restored for a while
);
CREATE INDEX conversations_by_use ON conversations (kind, updated_at DESC);

CREATE TABLE messages (
    seq          INTEGER PRIMARY KEY,
    id           TEXT NOT NULL UNIQUE,
    conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    turn         TEXT NOT NULL,
    role         TEXT NOT NULL,
    content      TEXT NOT NULL,
    images       TEXT NOT NULL DEFAULT '[]',
    tools        TEXT NOT NULL DEFAULT '[]',
    model        TEXT,
    state        TEXT NOT NULL,
    created_at   BIGINT NOT NULL
);
CREATE INDEX messages_by_conversation ON messages (conversation, seq);

CREATE VIRTUAL TABLE messages_fts USING fts5 (
    content, content = 'messages', content_rowid = 'seq', tokenize = 'porter unicode61 remove_diacritics 2'
);
CREATE TRIGGER messages_fts_insert AFTER INSERT ON messages BEGIN
    INSERT INTO messages_fts (rowid, content) VALUES (new.seq, new.content);
END;
CREATE TRIGGER messages_fts_delete AFTER DELETE ON messages BEGIN
    INSERT INTO messages_fts (messages_fts, rowid, content) VALUES ('delete', old.seq, old.content);
END;
CREATE TRIGGER messages_fts_update AFTER UPDATE OF content ON messages BEGIN
    INSERT INTO messages_fts (messages_fts, rowid, content) VALUES ('delete', old.seq, old.content);
    INSERT INTO messages_fts (rowid, content) VALUES (new.seq, new.content);
END;

-- What older messages were about, for the prompt; the messages themselves stay.
CREATE TABLE summaries (
    conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    upto_seq     BIGINT NOT NULL,
    text         TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    PRIMARY KEY (conversation, upto_seq)
);

-- Single documents by name: settings, the interface's state, the personality.
CREATE TABLE documents (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
