-- People who write to Luna from elsewhere.
CREATE TABLE senders (
    channel      TEXT NOT NULL,
    id           TEXT NOT NULL,
    name         TEXT NOT NULL,
    standing     TEXT NOT NULL,            -- 'waiting', 'guest', 'owner', 'blocked'
    code         TEXT,
    code_until   BIGINT,
    place        TEXT NOT NULL,
    conversation TEXT,
    created_at   BIGINT NOT NULL,
    last_at      BIGINT NOT NULL,
    PRIMARY KEY (channel, id)
);

-- What they wrote. A delivery is kept after it was answered, so that one that is sent again is known.
CREATE TABLE channel_inbox (
    seq         INTEGER PRIMARY KEY,
    channel     TEXT NOT NULL,
    delivery    TEXT NOT NULL,
    sender      TEXT NOT NULL,
    message     TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    answered    BOOLEAN NOT NULL DEFAULT FALSE,
    UNIQUE (channel, delivery)
);
CREATE INDEX channel_inbox_open ON channel_inbox (answered, seq);

-- What is to be sent, in order for each recipient.
CREATE TABLE channel_outbox (
    seq        INTEGER PRIMARY KEY,
    recipient  TEXT NOT NULL,
    text       TEXT NOT NULL,
    tries      INTEGER NOT NULL DEFAULT 0,
    due        BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
