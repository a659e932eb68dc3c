-- What Luna does by herself at times.
CREATE TABLE jobs (
    id          TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    what        TEXT NOT NULL,
    times       TEXT NOT NULL,
    missed      TEXT NOT NULL,
    limits      TEXT NOT NULL,
    max_retries INTEGER NOT NULL DEFAULT 0,
    enabled     BOOLEAN NOT NULL,
    own         BOOLEAN NOT NULL DEFAULT FALSE,
    state       TEXT NOT NULL,            -- 'pending', 'running', 'completed', 'failed', 'cancelled'
    retries     INTEGER NOT NULL DEFAULT 0,
    next        BIGINT,                   -- NULL = never again
    retry_at    BIGINT,                   -- NULL = no run waits to be tried again
    last        BIGINT,
    created_at  BIGINT NOT NULL
);
CREATE INDEX jobs_by_next ON jobs (enabled, next);
CREATE INDEX jobs_by_retry ON jobs (enabled, retry_at);

CREATE TABLE job_runs (
    id           TEXT PRIMARY KEY,
    job          TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    due          BIGINT NOT NULL,
    cause        TEXT NOT NULL,            -- 'due', 'retry', 'asked'
    began_at     BIGINT NOT NULL,
    ended_at     BIGINT,
    took_ms      BIGINT NOT NULL DEFAULT 0,
    outcome      TEXT NOT NULL,            -- 'running', 'done', 'skipped', 'failed', 'stopped', 'interrupted'
    output       TEXT NOT NULL DEFAULT '',
    conversation TEXT,
    tokens       BIGINT NOT NULL DEFAULT 0,
    micros       BIGINT NOT NULL DEFAULT 0 -- millionths of a US dollar
);
-- A job cannot run twice for the same moment.
CREATE UNIQUE INDEX job_runs_once ON job_runs (job, due) WHERE cause = 'due';
CREATE INDEX job_runs_by_time ON job_runs (began_at);
CREATE INDEX job_runs_by_job ON job_runs (job, began_at);
CREATE INDEX job_runs_open ON job_runs (outcome) WHERE outcome = 'running';
