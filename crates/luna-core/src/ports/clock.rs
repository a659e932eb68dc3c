//! Time, so that tests can set it.

use jiff::{Timestamp, Zoned};

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;

    /// Now, where the user is.
    fn local(&self) -> Zoned;
}

/// The machine's clock and time zone.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn local(&self) -> Zoned {
        Zoned::now()
    }
}
