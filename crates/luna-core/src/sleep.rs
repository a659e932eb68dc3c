//! Sleep: whether Luna may be put to sleep, and when she has to be awake again. For a business, where many Lunas share a
//! machine and most of them have nothing to do.

use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::SignedDuration;
use luna_model::{Result, Timestamp};

use crate::Luna;

/// Longest sleep: after it she looks whether there is something to tend.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);

/// How many tasks go on as long as Luna is awake.
#[derive(Debug, Default)]
pub(crate) struct Residents(AtomicUsize);

impl Residents {
    pub(crate) fn are(&self, tasks: usize) {
        self.0.store(tasks, Ordering::Relaxed);
    }

    fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Luna {
    /// Whether nothing goes on that was asked for: no turn, no run, no job, no task. Then she may be put to sleep.
    #[must_use]
    pub fn rests(&self) -> bool {
        self.running().is_empty() && self.tasks().len() <= self.residents().count()
    }

    /// When she has to be awake again: for the next job or reminder, and once a day to tend what she keeps.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn next_due(&self) -> Result<Timestamp> {
        let now = self.clock().now();
        let latest = now.saturating_add(LONGEST).unwrap_or(now);
        let (job, reminder) = tokio::try_join!(self.db().next_job(), self.next_reminder(latest))?;
        Ok([job, reminder].into_iter().flatten().fold(latest, Timestamp::min))
    }
}
