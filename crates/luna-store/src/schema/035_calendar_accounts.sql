-- Accounts at servers that keep calendars. Their passwords lie with the secrets.
CREATE TABLE calendar_accounts (
    id          TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    url         TEXT NOT NULL,
    login       TEXT NOT NULL,
    unencrypted BIGINT NOT NULL,
    synced_at   BIGINT,
    failure     TEXT,
    failures    BIGINT NOT NULL,
    next_at     BIGINT,
    created_at  BIGINT NOT NULL
);

-- A calendar of an account; NULL = a subscribed one, that is only read. Its tag is the state up to which it was read.
ALTER TABLE calendars ADD COLUMN account TEXT REFERENCES calendar_accounts (id) ON DELETE CASCADE;
ALTER TABLE calendars ADD COLUMN colour TEXT;
ALTER TABLE calendars ADD COLUMN chosen BIGINT NOT NULL DEFAULT 1;
ALTER TABLE calendars ADD COLUMN writable BIGINT NOT NULL DEFAULT 0;
ALTER TABLE calendars ADD COLUMN events BIGINT NOT NULL DEFAULT 1;
ALTER TABLE calendars ADD COLUMN todos BIGINT NOT NULL DEFAULT 0;
ALTER TABLE calendars ADD COLUMN usual BIGINT NOT NULL DEFAULT 0;
CREATE INDEX calendars_by_account ON calendars (account);

ALTER TABLE todos ADD COLUMN calendar TEXT REFERENCES calendars (id) ON DELETE CASCADE;

-- What the server keeps for each entry, as it was last seen to agree with what is here.
CREATE TABLE calendar_resources (
    calendar TEXT NOT NULL REFERENCES calendars (id) ON DELETE CASCADE,
    href     TEXT NOT NULL,
    uid      TEXT,                      -- NULL = nothing in it could be understood
    etag     TEXT NOT NULL,
    content  TEXT NOT NULL,             -- as the server sent it, with all that is not understood here
    print    TEXT NOT NULL,             -- of the rows here when they agreed: what has another print was changed since
    PRIMARY KEY (calendar, href)
);
