//! Keeping time: what is due is claimed in the database and made, at most some of it side by side. The clock on the wall
//! may jump, the machine may sleep and the program may end at any moment.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::SignedDuration;
use luna_model::{
    Event, Job, JobId, JobLimits, JobRun, JobRunId, JobState, JobTimes, JobWhat, Missed, Result, RunCause,
    RunOutcome, Timestamp,
};
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use super::{MODULE, times};
use crate::Luna;
use crate::calendar::zone_name;

/// A run that would begin later than this after it was due was missed.
const LATE: SignedDuration = SignedDuration::from_mins(10);
/// Runs side by side; others wait.
const AT_ONCE: usize = 8;

/// What the keeping of time holds in memory.
#[derive(Debug)]
pub(crate) struct Schedule {
    last: Mutex<Option<Timestamp>>,
    making: Arc<Mutex<HashSet<JobRunId>>>,
    places: Semaphore,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { last: Mutex::default(), making: Arc::default(), places: Semaphore::new(AT_ONCE) }
    }
}

/// A run that is being made.
pub(super) struct Making(Arc<Mutex<HashSet<JobRunId>>>, JobRunId);

impl Drop for Making {
    fn drop(&mut self) {
        self.0.lock().remove(&self.1);
    }
}

impl Schedule {
    /// Whether the clock was put back since the last look. Before the first look nobody knows.
    fn put_back(&self, now: Timestamp) -> bool {
        self.last.lock().replace(now).is_none_or(|last| now < last)
    }

    /// Takes a run to be made here; none when it is being made already.
    pub(super) fn begin(&self, run: JobRunId) -> Option<Making> {
        self.making.lock().insert(run).then(|| Making(Arc::clone(&self.making), run))
    }
}

/// The jobs that are there from the beginning: name, what, when, what becomes of missed ones.
fn usual() -> [(&'static str, JobWhat, &'static str, Missed); 4] {
    [
        ("Morning brief", JobWhat::Brief {}, "0 8 * * *", Missed::Skip),
        ("Overdue tasks", JobWhat::Overdue {}, "0 17 * * *", Missed::Skip),
        ("Follow-up", JobWhat::FollowUp {}, "0 12 * * *", Missed::RunOnce),
        ("Check-in", JobWhat::CheckIn {}, "*/30 9-21 * * *", Missed::Skip),
    ]
}

impl Luna {
    /// Begins to keep time in the background.
    pub(crate) fn keep_time(&self) {
        let luna = self.clone();
        self.tasks().spawn(async move {
            if let Err(error) = luna.begin_schedule().await {
                tracing::error!(%error, "the schedule could not be taken up");
            }
            let begin_due = || async {
                let (claimed, next) = luna.claim_due().await?;
                claimed.into_iter().for_each(|(job, run)| luna.spawn_run(job, run));
                Ok(next)
            };
            luna.whenever_due(|event| matches!(event, Event::ScheduleChanged), begin_due).await;
        });
    }

    /// Makes the jobs that are there from the beginning, and takes up what was going on when the program ended.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn begin_schedule(&self) -> Result<()> {
        let known = self.db().jobs().await?;
        let (local, now) = (self.clock().local(), self.clock().now());
        // In a business she speaks up about what the user planned, not of her own accord.
        let own = |what: &JobWhat| self.house().is_none() || *what == JobWhat::Overdue {};
        let missing = usual()
            .into_iter()
            .filter(|(_, what, ..)| own(what) && !known.iter().any(|job| job.own && job.what == *what));
        let made = missing.map(|(name, what, pattern, missed)| {
            let times = JobTimes::Cron { pattern: pattern.to_owned(), zone: zone_name(&local) };
            Job {
                id: JobId::new(),
                name: name.to_owned(),
                description: String::new(),
                what,
                missed,
                limits: JobLimits::default(),
                max_retries: 0,
                enabled: true,
                own: true,
                state: JobState::Pending,
                retries: 0,
                next: times::next_after(&times, now),
                times,
                retry_at: None,
                last: None,
                created_at: now,
            }
        });
        futures::future::try_join_all(made.map(|job| self.db().save_job(job))).await?;
        self.take_up_runs().await
    }

    /// Makes what is due now and waits for it; when the next is due.
    ///
    /// # Errors
    /// When the database does not answer; what was not done is due still.
    pub async fn run_due(&self) -> Result<Option<Timestamp>> {
        let (claimed, _) = self.claim_due().await?;
        let runs = claimed.into_iter().map(|(job, run)| async move {
            let Ok(_place) = self.schedule().places.acquire().await else { return };
            self.make_run(&job, run).await;
        });
        futures::future::join_all(runs).await;
        self.db().next_job().await
    }

    pub(super) fn spawn_run(&self, job: Job, run: JobRun) {
        let luna = self.clone();
        self.tasks().spawn(async move {
            let place = tokio::select! {
                place = luna.schedule().places.acquire() => place,
                () = luna.stopping().cancelled() => return,
            };
            if place.is_ok() {
                luna.make_run(&job, run).await;
            }
        });
    }

    /// Claims what is due now, and says when the next is due.
    async fn claim_due(&self) -> Result<(Vec<(Job, JobRun)>, Option<Timestamp>)> {
        let now = self.clock().now();
        self.processes().ran("scheduler", now);
        if self.schedule().put_back(now) {
            self.look_again(now).await?;
        }
        if !self.has_module(MODULE) {
            return Ok((vec![], None));
        }
        // Side by side, so that the database writes them together.
        let due = self.db().due_jobs(now).await?;
        let claims = futures::future::try_join_all(due.iter().map(|job| self.claim(job, now))).await?;
        let claimed = due.into_iter().zip(claims).filter_map(|(job, run)| Some((job, run?))).collect();
        Ok((claimed, self.db().next_job().await?))
    }

    /// The clock was put back, or it is the first look since the program began: no job waits longer than it should by the
    /// clock. Times that come again are known by their runs and not made twice.
    async fn look_again(&self, now: Timestamp) -> Result<()> {
        let sooner = |job: &Job| {
            let next = times::next_after(&job.times, now)?;
            job.next.is_some_and(|kept| next < kept).then_some((job.id, Some(next)))
        };
        let moved: Vec<_> = self.db().jobs().await?.iter().filter_map(sooner).collect();
        if moved.is_empty() { Ok(()) } else { self.db().move_jobs(moved).await }
    }

    /// The run of a job that is due, if it is to be made.
    async fn claim(&self, job: &Job, now: Timestamp) -> Result<Option<JobRun>> {
        let run = |due, cause, outcome| JobRun {
            id: JobRunId::new(),
            job: job.id,
            due,
            cause,
            began_at: now,
            ended_at: (outcome != RunOutcome::Running).then_some(now),
            took_ms: 0,
            outcome,
            output: String::new(),
            conversation: None,
            tokens: 0,
            micros: 0,
        };
        let Some(due) = job.next.filter(|next| *next <= now) else {
            let again = run(job.retry_at.unwrap_or(now), RunCause::Retry, RunOutcome::Running);
            return Ok(self.db().claim_run(again.clone(), job.next).await?.then_some(again));
        };
        let (last, next) = times::around(&job.times, due, now);
        let last = last.unwrap_or(due);
        let missed = job.missed == Missed::Skip && now.duration_since(last) > LATE;
        let outcome = if missed { RunOutcome::Skipped } else { RunOutcome::Running };
        let mut claimed = run(last, RunCause::Due, outcome);
        if missed {
            claimed.output = "nobody was awake then".into();
        }
        Ok((self.db().claim_run(claimed.clone(), next).await? && !missed).then_some(claimed))
    }

    /// Makes a run of a job now, whether it is due or not, and waits for it.
    ///
    /// # Errors
    /// `NotFound` when there is no such job, `Conflict` while it runs.
    pub async fn run_job(&self, id: JobId) -> Result<JobRun> {
        let job = self.find_job(id).await?;
        let run = self.claim_asked(&job).await?;
        self.make_run(&job, run.clone()).await;
        Ok(self.db().job_run(run.id).await?.unwrap_or(run))
    }

    /// Begins a run of a job now; it goes on by itself.
    ///
    /// # Errors
    /// As [`Luna::run_job`].
    pub async fn begin_job(&self, id: JobId) -> Result<JobRun> {
        let job = self.find_job(id).await?;
        let run = self.claim_asked(&job).await?;
        self.spawn_run(job, run.clone());
        Ok(run)
    }

    async fn claim_asked(&self, job: &Job) -> Result<JobRun> {
        let now = self.clock().now();
        let run = JobRun {
            id: JobRunId::new(),
            job: job.id,
            due: now,
            cause: RunCause::Asked,
            began_at: now,
            ended_at: None,
            took_ms: 0,
            outcome: RunOutcome::Running,
            output: String::new(),
            conversation: None,
            tokens: 0,
            micros: 0,
        };
        if self.db().claim_run(run.clone(), job.next).await? {
            self.bus().publish(Event::ScheduleChanged);
            return Ok(run);
        }
        Err(luna_model::Error::conflict("it runs already; wait for its end"))
    }
}
