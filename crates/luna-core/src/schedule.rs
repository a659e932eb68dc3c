//! Doing things at times: jobs that survive restarts, sleep and changes of the clock. A run is claimed in the write that
//! moves its job on and ended in the write that queues what it says, so none is lost and none is made twice.
//!
//! `times` says when (pure), `keeping` looks at the clock and claims, `doing` does, `budget` counts, `saying` finds words.

mod budget;
mod doing;
mod keeping;
mod saying;
mod times;

use luna_model::{
    ActionId, Error, Event, Evidence, Job, JobId, JobPatch, JobRun, JobState, JobTimes, JobWhat, NewJob,
    Result, Timestamp,
};
use serde_json::json;

use crate::Luna;
use crate::calendar::Changed;
use crate::tools::Described;

pub use budget::Budget;
pub(crate) use budget::Meter;
pub(crate) use keeping::Schedule;

/// The module that switches all of it off.
pub(crate) const MODULE: &str = "schedule";

const LONGEST_NAME: usize = 100;
const LONGEST_TEXT: usize = 20_000;
/// Most often that a failed run is tried again.
const MOST_RETRIES: u32 = 10;
/// Most jobs.
const MOST: usize = 10_000;

impl Luna {
    /// The jobs, newest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn jobs(&self) -> Result<Vec<Job>> {
        self.db().jobs().await
    }

    /// A job.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn find_job(&self, id: JobId) -> Result<Job> {
        self.db().job(id).await?.ok_or_else(|| Error::not_found("there is no such job"))
    }

    /// Runs, newest first, of one job or of all.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn job_runs(&self, job: Option<JobId>, limit: u32, offset: u32) -> Result<Vec<JobRun>> {
        self.db().job_runs(job, limit.clamp(1, 1000), offset).await
    }

    /// The next times of a job, as far as it is switched on.
    #[must_use]
    pub fn next_runs(&self, job: &Job, most: usize) -> Vec<Timestamp> {
        let now = self.clock().now();
        if job.enabled { times::upcoming(&job.times, now, most.min(50)) } else { vec![] }
    }

    /// The next times that some times give.
    ///
    /// # Errors
    /// `Invalid` when they give none.
    pub fn next_times(&self, of: &JobTimes, most: usize) -> Result<Vec<Timestamp>> {
        let now = self.clock().now();
        times::checked(of, now)?;
        Ok(times::upcoming(of, now, most.min(50)))
    }

    /// Times from words ("every weekday at nine"), or from a cron pattern.
    ///
    /// # Errors
    /// `Invalid` when they cannot be understood.
    pub fn times_from(&self, words: &str) -> Result<JobTimes> {
        times::understood(words, &self.clock().local())
    }

    /// Times in words.
    #[must_use]
    pub fn say_times(&self, of: &JobTimes) -> String {
        times::said(of, &self.clock().local())
    }

    /// The user has something done at times.
    ///
    /// # Errors
    /// `Invalid` without a name, for times that cannot be, and for what its handler cannot do; `Forbidden` for a command
    /// that is never run.
    pub async fn add_job(&self, new: NewJob) -> Result<Changed<Job>> {
        let summary = format!("Do at times: {}", new.name.trim());
        let input = json!({ "job": new });
        self.job_deed("create_schedule", summary, input, self.make_job(new, &[])).await
    }

    /// Makes a job, with the packages that led to it. The caller has passed the gate.
    pub(crate) async fn make_job(&self, new: NewJob, led_by: &[Evidence]) -> Result<Job> {
        let now = self.clock().now();
        let name = name(&new.name)?;
        let next = times::checked(&new.times, now)?;
        self.check_what(&new.what)?;
        if self.db().jobs().await?.len() >= MOST {
            return Err(Error::limit(format!("there are {MOST} jobs already; delete some")));
        }
        let job = Job {
            id: JobId::new(),
            name,
            description: new.description.trim().chars().take(500).collect(),
            what: new.what,
            times: new.times,
            missed: new.missed,
            limits: new.limits,
            max_retries: retries(new.max_retries)?,
            enabled: true,
            own: false,
            state: JobState::Pending,
            retries: 0,
            next: Some(next),
            retry_at: None,
            last: None,
            created_at: now,
        };
        if !led_by.is_empty() {
            self.db().set_packages_behind(job.id.to_string(), led_by).await?;
        }
        self.db().save_job(job.clone()).await?;
        self.bus().publish(Event::ScheduleChanged);
        Ok(job)
    }

    /// Changes a job: what is left out stays. Of Luna's own, only when and how.
    ///
    /// # Errors
    /// `NotFound` when there is none, and as [`Luna::add_job`].
    pub async fn update_job(&self, id: JobId, patch: JobPatch) -> Result<Changed<Job>> {
        let job = self.find_job(id).await?;
        let input = json!({ "job": id, "patch": patch });
        let deed = async {
            let now = self.clock().now();
            if job.own && (patch.what.is_some() || patch.name.is_some()) {
                return Err(Error::conflict("this job belongs to Luna; only its times can be changed"));
            }
            if let Some(what) = &patch.what {
                self.check_what(what)?;
            }
            let next = match &patch.times {
                Some(times) => Some(times::checked(times, now)?),
                None => job.next,
            };
            let changed = Job {
                name: patch.name.as_deref().map_or(Ok(job.name.clone()), name)?,
                description: patch.description.unwrap_or(job.description),
                what: patch.what.unwrap_or(job.what),
                times: patch.times.unwrap_or(job.times),
                missed: patch.missed.unwrap_or(job.missed),
                limits: patch.limits.unwrap_or(job.limits),
                max_retries: retries(patch.max_retries.unwrap_or(job.max_retries))?,
                next: if job.enabled { next } else { None },
                state: if job.enabled { JobState::Pending } else { JobState::Cancelled },
                ..job
            };
            self.db().save_job(changed).await?;
            self.bus().publish(Event::ScheduleChanged);
            self.find_job(id).await
        };
        self.job_deed("create_schedule", format!("Change the job {}", job.name), input, deed).await
    }

    /// Lets a job rest, or run again. Times that passed while it rested are not made up for.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn enable_job(&self, id: JobId, enabled: bool) -> Result<Job> {
        let job = self.find_job(id).await?;
        let next = times::next_after(&job.times, self.clock().now());
        let state = match (enabled, next) {
            (false, _) => JobState::Cancelled,
            (true, Some(_)) => JobState::Pending,
            (true, None) => JobState::Completed,
        };
        self.db().save_job(Job { enabled, state, next: if enabled { next } else { None }, ..job }).await?;
        self.bus().publish(Event::ScheduleChanged);
        self.find_job(id).await
    }

    /// Forgets a job and its runs.
    ///
    /// # Errors
    /// `NotFound` when there is none, `Conflict` for one of Luna's own.
    pub async fn delete_job(&self, id: JobId) -> Result<Changed<()>> {
        let job = self.find_job(id).await?;
        let summary = format!("Delete the job {}", job.name);
        self.job_deed("delete_schedule", summary, json!({ "job": id }), self.forget_job(&job)).await
    }

    /// Forgets a job. The caller has passed the gate.
    pub(crate) async fn forget_job(&self, job: &Job) -> Result<()> {
        if job.own {
            return Err(Error::conflict("this job belongs to Luna; it can be switched off, not deleted"));
        }
        self.db().delete_job(job.id).await?;
        self.bus().publish(Event::ScheduleChanged);
        Ok(())
    }

    /// Whether a handler can do what it is given.
    pub(crate) fn check_what(&self, what: &JobWhat) -> Result<()> {
        let said = |text: &str, of: &str| {
            if text.trim().is_empty() || text.len() > LONGEST_TEXT {
                return Err(Error::invalid(format!("{of}, in at most {LONGEST_TEXT} characters")));
            }
            Ok(())
        };
        match what {
            JobWhat::Prompt { text } => said(text, "say what Luna is to do"),
            JobWhat::Reminder { text } => said(text, "say what to remind you of"),
            JobWhat::Command { command, folder } => {
                said(command, "give a command")?;
                let context = luna_model::CommandContext {
                    cwd: folder.as_deref().map(Into::into),
                    ..Default::default()
                };
                let verdict = self.judge(command, &context);
                if verdict.blocked {
                    let why = verdict.reasons.iter().find(|r| r.blocks).map_or("it is never run", |r| &r.why);
                    return Err(Error::forbidden(format!("blocked: {why}")));
                }
                Ok(())
            }
            JobWhat::Webhook { url, .. } if !url.starts_with("https://") && !url.starts_with("http://") => {
                Err(Error::invalid("give an address that begins with https:// or http://"))
            }
            _ => Ok(()),
        }
    }

    async fn job_deed<T>(
        &self,
        tool: &str,
        summary: String,
        input: serde_json::Value,
        deed: impl Future<Output = Result<T>>,
    ) -> Result<Changed<T>> {
        let described = Described { summary, changes: true, ..Described::default() };
        self.by_user_as(ActionId::new(), tool, described, input, deed).await
    }
}

fn name(text: &str) -> Result<String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > LONGEST_NAME || text.contains('\n') {
        return Err(Error::invalid(format!(
            "a job needs a name: one line of at most {LONGEST_NAME} characters"
        )));
    }
    Ok(text.to_owned())
}

fn retries(wanted: u32) -> Result<u32> {
    if wanted > MOST_RETRIES {
        return Err(Error::invalid(format!("a failed run is tried again at most {MOST_RETRIES} times")));
    }
    Ok(wanted)
}
