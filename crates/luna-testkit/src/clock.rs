//! A clock that stands still until a test moves it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, Zoned, tz::TimeZone};
use luna_core::ports::Clock;
use parking_lot::Mutex;

/// Stands still; clones show the same time.
#[derive(Clone, Debug)]
pub struct FixedClock {
    now: Arc<Mutex<Timestamp>>,
}

impl Default for FixedClock {
    /// Sunday, 1 March 2026, 9:00 UTC.
    fn default() -> Self {
        Self::at("2026-03-01T09:00:00Z")
    }
}

impl FixedClock {
    /// A clock that shows this moment (RFC 3339).
    #[must_use]
    pub fn at(moment: &str) -> Self {
        Self { now: Arc::new(Mutex::new(moment.parse().expect("a moment as in 2026-03-01T09:00:00Z"))) }
    }

    /// Moves it on.
    pub fn advance(&self, by: SignedDuration) {
        let mut now = self.now.lock();
        *now = now.checked_add(by).expect("a moment within the calendar");
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        *self.now.lock()
    }

    fn local(&self) -> Zoned {
        self.now().to_zoned(TimeZone::UTC)
    }
}
