-- Calendars that are kept elsewhere; Luna's own has no row.
CREATE TABLE calendars (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    url        TEXT NOT NULL,
    tag        TEXT,                     -- what the other side calls the state that was last read
    read_at    BIGINT,
    failure    TEXT,
    created_at BIGINT NOT NULL
);

-- Events; zone NULL = whole days, and then starts and ends are midnights in UTC of the first day and the day after the last.
CREATE TABLE events (
    id            TEXT PRIMARY KEY,
    calendar      TEXT REFERENCES calendars (id) ON DELETE CASCADE,
    uid           TEXT NOT NULL,
    title         TEXT NOT NULL,
    notes         TEXT NOT NULL,
    location      TEXT NOT NULL,
    starts        BIGINT NOT NULL,
    ends          BIGINT NOT NULL,
    zone          TEXT,
    rule          TEXT,
    over          BIGINT,                -- the last moment anything of it is; NULL = it goes on for ever
    skipped       TEXT NOT NULL DEFAULT '[]',
    series        TEXT REFERENCES events (id) ON DELETE CASCADE,
    original      BIGINT,
    remind_before TEXT NOT NULL DEFAULT '[]',
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL
);
CREATE INDEX events_by_time ON events (starts, over);
CREATE INDEX events_by_series ON events (series);
CREATE UNIQUE INDEX events_by_uid ON events (coalesce(calendar, ''), uid, coalesce(original, 0));

CREATE TABLE todos (
    id           TEXT PRIMARY KEY,
    uid          TEXT NOT NULL,
    title        TEXT NOT NULL,
    notes        TEXT NOT NULL,
    due          BIGINT,
    priority     TEXT NOT NULL,
    completed_at BIGINT,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL
);
CREATE INDEX todos_by_due ON todos (completed_at, due);

CREATE TABLE reminders (
    id         TEXT PRIMARY KEY,
    text       TEXT NOT NULL,
    at         BIGINT NOT NULL,
    event      TEXT,
    said_at    BIGINT,
    created_at BIGINT NOT NULL
);
CREATE INDEX reminders_by_time ON reminders (said_at, at);

-- Reminders of events that were said, so that none is said twice.
CREATE TABLE alarms_said (
    event    TEXT NOT NULL,
    original BIGINT NOT NULL,
    minutes  BIGINT NOT NULL,
    said_at  BIGINT NOT NULL,
    PRIMARY KEY (event, original, minutes)
);

-- Events, things to do and reminders as they were before an action, so that it can be undone.
CREATE TABLE calendar_changes (
    seq       INTEGER PRIMARY KEY,
    action    TEXT NOT NULL,
    kind      TEXT NOT NULL,
    id        TEXT NOT NULL,
    before    TEXT,                      -- NULL = it was not there
    at        BIGINT NOT NULL,
    undone_by TEXT
);
CREATE INDEX calendar_changes_by_action ON calendar_changes (action);
