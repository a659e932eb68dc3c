-- Conversations that a client calls by a name of its own, with a memory that rolls.
CREATE TABLE sessions (
    name         TEXT PRIMARY KEY,
    conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    created_at   BIGINT NOT NULL
);
CREATE INDEX sessions_by_conversation ON sessions (conversation);

-- What a stretch of such a conversation was about; the messages themselves stay.
CREATE TABLE session_summaries (
    conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    first        BIGINT NOT NULL,            -- messages are counted from 1
    last         BIGINT NOT NULL,
    text         TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    PRIMARY KEY (conversation, last)
);
