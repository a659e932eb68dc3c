//! Jobs and their runs. A run is claimed in the same write that moves its job on, and what it says is queued in the same
//! write that ends it: whenever the program ends, no due run is lost and none is made twice.

use luna_model::{
    ConversationId, Error, Job, JobId, JobRun, JobRunId, JobState, OwnWord, Result, RunCause, RunOutcome,
    Spent, Timestamp, Usage,
};
use rusqlite::{Connection, Row, params};

use crate::Db;
use crate::db::failure;
use crate::row::{
    all, id, id_or_none, json, micros, one, run, text, time, time_or_none, to_json, to_word, word,
};

/// How a run ended, and what becomes of its job.
#[derive(Clone, Debug)]
pub struct RunEnd {
    /// The run.
    pub run: JobRunId,
    /// When.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// How it went.
    pub outcome: RunOutcome,
    /// What came of it.
    pub output: String,
    /// What Luna says of it by herself.
    pub message: Option<OwnWord>,
    /// Where the job stands now.
    pub state: JobState,
    /// How often the run was tried again, and when the next try is.
    pub retry: (u32, Option<Timestamp>),
}

impl Db {
    /// Writes a job, new or changed; how it runs just now stays as it is.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn save_job(&self, job: Job) -> Result<()> {
        self.write(move |c| {
            run(
                c,
                "INSERT INTO jobs (id, name, description, what, times, missed, limits, max_retries, enabled, own, state, next, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
                 ON CONFLICT (id) DO UPDATE SET name = excluded.name, description = excluded.description, what = excluded.what,
                   times = excluded.times, missed = excluded.missed, limits = excluded.limits, max_retries = excluded.max_retries,
                   enabled = excluded.enabled, next = excluded.next, retry_at = NULL, retries = 0,
                   state = CASE WHEN jobs.state = 'running' THEN jobs.state ELSE excluded.state END",
                params![
                    job.id.to_string(),
                    job.name,
                    job.description,
                    to_json(&job.what)?,
                    to_json(&job.times)?,
                    to_word(&job.missed)?,
                    to_json(&job.limits)?,
                    job.max_retries,
                    job.enabled,
                    job.own,
                    to_word(&job.state)?,
                    job.next.map(micros),
                    micros(job.created_at)
                ],
            )
            .map(drop)
        })
        .await
    }

    /// The jobs, newest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn jobs(&self) -> Result<Vec<Job>> {
        self.read(|c| all(c, "SELECT * FROM jobs ORDER BY created_at DESC, id DESC", [], job)).await
    }

    /// A job.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn job(&self, id: JobId) -> Result<Option<Job>> {
        self.read(move |c| one(c, "SELECT * FROM jobs WHERE id = ?1", [id.to_string()], job)).await
    }

    /// The jobs that are due at a moment and do not run, longest due first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn due_jobs(&self, now: Timestamp) -> Result<Vec<Job>> {
        self.read(move |c| {
            let sql =
                "SELECT * FROM jobs WHERE enabled AND state <> 'running' AND (next <= ?1 OR retry_at <= ?1)
                       ORDER BY next, id LIMIT 2000";
            all(c, sql, [micros(now)], job)
        })
        .await
    }

    /// When the next job is due that does not run.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn next_job(&self) -> Result<Option<Timestamp>> {
        self.read(|c| {
            let sql = "SELECT min(at) AS at FROM (SELECT min(next) AS at FROM jobs WHERE enabled AND state <> 'running'
                       UNION ALL SELECT min(retry_at) FROM jobs WHERE enabled AND state <> 'running') AS either";
            Ok(one(c, sql, [], |r| time_or_none(r, "at"))?.flatten())
        })
        .await
    }

    /// Forgets a job and its runs.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn delete_job(&self, id: JobId) -> Result<()> {
        self.write(move |c| {
            run(c, "DELETE FROM packages_behind WHERE work = ?1", [id.to_string()])?;
            match run(c, "DELETE FROM jobs WHERE id = ?1", [id.to_string()])? {
                0 => Err(Error::not_found("there is no such job")),
                _ => Ok(()),
            }
        })
        .await
    }

    /// Claims a run and moves its job on to when it is due next; whether the run is this caller's to make. One that is
    /// `Skipped` is only written down. A job that runs is not claimed again.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn claim_run(&self, claimed: JobRun, next: Option<Timestamp>) -> Result<bool> {
        self.write(move |c| {
            let job = claimed.job.to_string();
            let runs = claimed.outcome == RunOutcome::Running;
            if runs {
                let free = "SELECT id FROM jobs WHERE id = ?1 AND state <> 'running'";
                if one(c, free, [&job], |r| text(r, "id"))?.is_none() {
                    return Ok(false);
                }
            }
            let made = insert_run(c, &claimed)?;
            match (made && runs, claimed.cause) {
                (true, RunCause::Due) => run(
                    c,
                    "UPDATE jobs SET state = 'running', last = ?2, next = ?3, retries = 0, retry_at = NULL WHERE id = ?1",
                    params![job, micros(claimed.began_at), next.map(micros)],
                )?,
                (true, _) => run(
                    c,
                    "UPDATE jobs SET state = 'running', last = ?2, retry_at = NULL WHERE id = ?1",
                    params![job, micros(claimed.began_at)],
                )?,
                (false, _) => move_on(c, claimed.job, next)?,
            };
            Ok(made)
        })
        .await
    }

    /// Says when jobs are due next, after the clock was put back.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn move_jobs(&self, all: Vec<(JobId, Option<Timestamp>)>) -> Result<()> {
        self.write(move |c| all.iter().try_for_each(|(job, next)| move_on(c, *job, *next).map(drop))).await
    }

    /// Ends a run, and queues what it has to say; whether it was still open.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn end_run(&self, end: RunEnd) -> Result<bool> {
        self.write(move |c| {
            let sql = "UPDATE job_runs SET ended_at = ?2, took_ms = ?3, outcome = ?4, output = ?5
                       WHERE id = ?1 AND outcome = 'running' RETURNING job";
            let took = i64::try_from(end.took_ms).unwrap_or(i64::MAX);
            let how = params![end.run.to_string(), micros(end.at), took, to_word(&end.outcome)?, end.output];
            let Some(job) = one(c, sql, how, |r| text(r, "job"))? else { return Ok(false) };
            run(
                c,
                "UPDATE jobs SET state = CASE WHEN enabled THEN ?2 ELSE 'cancelled' END, retries = ?3, retry_at = ?4 WHERE id = ?1",
                params![job, to_word(&end.state)?, end.retry.0, end.retry.1.map(micros)],
            )?;
            if let Some(message) = &end.message {
                crate::proactive::queue(c, message)?;
            }
            Ok(true)
        })
        .await
    }

    /// Notes in which conversation a run is worked on.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn run_talks(&self, id: JobRunId, conversation: ConversationId) -> Result<()> {
        self.write(move |c| {
            let sql = "UPDATE job_runs SET conversation = ?2 WHERE id = ?1";
            run(c, sql, params![id.to_string(), conversation.to_string()]).map(drop)
        })
        .await
    }

    /// Runs that were going on when the program ended.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn open_runs(&self) -> Result<Vec<JobRun>> {
        self.read(|c| all(c, "SELECT * FROM job_runs WHERE outcome = 'running' ORDER BY due", [], job_run))
            .await
    }

    /// A run.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn job_run(&self, id: JobRunId) -> Result<Option<JobRun>> {
        self.read(move |c| one(c, "SELECT * FROM job_runs WHERE id = ?1", [id.to_string()], job_run)).await
    }

    /// The last runs, newest first, of one job or of all.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn job_runs(&self, job: Option<JobId>, limit: u32, offset: u32) -> Result<Vec<JobRun>> {
        self.read(move |c| {
            let sql = "SELECT * FROM job_runs WHERE ?1 IS NULL OR job = ?1 ORDER BY began_at DESC, due DESC, id DESC LIMIT ?2 OFFSET ?3";
            all(c, sql, params![job.map(|j| j.to_string()), limit, offset], job_run)
        })
        .await
    }

    /// Adds to what a run used; what it used so far.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn pay_for_run(&self, id: JobRunId, used: Usage, cost: u64) -> Result<Spent> {
        self.write(move |c| {
            let tokens =
                i64::try_from(used.input_tokens.saturating_add(used.output_tokens)).unwrap_or(i64::MAX);
            let cost = i64::try_from(cost).unwrap_or(i64::MAX);
            let sql = "UPDATE job_runs SET tokens = tokens + ?2, micros = micros + ?3 WHERE id = ?1
                       RETURNING tokens, micros, took_ms";
            Ok(one(c, sql, params![id.to_string(), tokens, cost], spent)?.unwrap_or_default())
        })
        .await
    }

    /// What all runs used that began since a moment.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn jobs_spent_since(&self, since: Timestamp) -> Result<Spent> {
        self.read(move |c| {
            let sql = "SELECT coalesce(sum(tokens), 0) AS tokens, coalesce(sum(micros), 0) AS micros,
                       coalesce(sum(took_ms), 0) AS took_ms FROM job_runs WHERE began_at >= ?1";
            Ok(one(c, sql, [micros(since)], spent)?.unwrap_or_default())
        })
        .await
    }

    /// What the user wrote between two moments, newest first.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn said_between(
        &self,
        from: Timestamp,
        to: Timestamp,
        most: u32,
    ) -> Result<Vec<(String, Timestamp)>> {
        self.read(move |c| {
            let sql = "SELECT m.content, m.created_at FROM messages AS m JOIN conversations AS c ON c.id = m.conversation
                       WHERE c.kind = 'user' AND c.deleted_at IS NULL AND m.role = 'user' AND m.created_at BETWEEN ?1 AND ?2
                       ORDER BY m.created_at DESC LIMIT ?3";
            all(c, sql, params![micros(from), micros(to), most], |r| Ok((text(r, "content")?, time(r, "created_at")?)))
        })
        .await
    }

    /// Forgets runs that ended before a moment.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn purge_runs(&self, before: Timestamp) -> Result<()> {
        self.write(move |c| run(c, "DELETE FROM job_runs WHERE ended_at < ?1", [micros(before)]).map(drop))
            .await
    }
}

fn insert_run(c: &Connection, r: &JobRun) -> Result<bool> {
    let sql = "INSERT INTO job_runs (id, job, due, cause, began_at, ended_at, outcome, output) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
               ON CONFLICT DO NOTHING";
    let values = params![
        r.id.to_string(),
        r.job.to_string(),
        micros(r.due),
        to_word(&r.cause)?,
        micros(r.began_at),
        r.ended_at.map(micros),
        to_word(&r.outcome)?,
        r.output
    ];
    Ok(run(c, sql, values)? > 0)
}

fn move_on(c: &Connection, job: JobId, next: Option<Timestamp>) -> Result<usize> {
    run(c, "UPDATE jobs SET next = ?2 WHERE id = ?1", params![job.to_string(), next.map(micros)])
}

fn count(row: &Row<'_>, column: &str) -> Result<u64> {
    Ok(u64::try_from(row.get::<_, i64>(column).map_err(failure)?).unwrap_or(0))
}

fn spent(row: &Row<'_>) -> Result<Spent> {
    Ok(Spent {
        tokens: count(row, "tokens")?,
        micros: count(row, "micros")?,
        took_ms: count(row, "took_ms")?,
    })
}

fn job(row: &Row<'_>) -> Result<Job> {
    Ok(Job {
        id: id(row, "id")?,
        name: text(row, "name")?,
        description: text(row, "description")?,
        what: json(row, "what")?,
        times: json(row, "times")?,
        missed: word(row, "missed")?,
        limits: json(row, "limits")?,
        max_retries: row.get("max_retries").map_err(failure)?,
        enabled: row.get("enabled").map_err(failure)?,
        own: row.get("own").map_err(failure)?,
        state: word(row, "state")?,
        retries: row.get("retries").map_err(failure)?,
        next: time_or_none(row, "next")?,
        retry_at: time_or_none(row, "retry_at")?,
        last: time_or_none(row, "last")?,
        created_at: time(row, "created_at")?,
    })
}

fn job_run(row: &Row<'_>) -> Result<JobRun> {
    Ok(JobRun {
        id: id(row, "id")?,
        job: id(row, "job")?,
        due: time(row, "due")?,
        cause: word(row, "cause")?,
        began_at: time(row, "began_at")?,
        ended_at: time_or_none(row, "ended_at")?,
        took_ms: count(row, "took_ms")?,
        outcome: word(row, "outcome")?,
        output: text(row, "output")?,
        conversation: id_or_none(row, "conversation")?,
        tokens: count(row, "tokens")?,
        micros: count(row, "micros")?,
    })
}
