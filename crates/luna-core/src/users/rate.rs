//! How often somebody may call: so many requests in any 60 seconds, counted in memory.

use std::collections::{HashMap, VecDeque};

use luna_model::{Pace, Timestamp};
use parking_lot::Mutex;

use crate::accounts::Admitted;

/// The window that slides, in milliseconds.
const WINDOW: i64 = 60_000;
/// Callers that are remembered; beyond it those who have been quiet for a window are forgotten.
const REMEMBERED: usize = 10_000;

/// Counts requests.
#[derive(Default)]
pub(super) struct Rate {
    /// When each caller called within the last window. A request that was refused does not count.
    calls: Mutex<HashMap<String, VecDeque<i64>>>,
}

impl Rate {
    pub(super) fn admit(&self, who: &str, pace: Pace, now: Timestamp) -> Admitted {
        let limit = pace.per_minute.saturating_add(pace.burst);
        let now = now.as_millisecond();
        let mut calls = self.calls.lock();
        if calls.len() >= REMEMBERED && !calls.contains_key(who) {
            calls.retain(|_, times| times.back().is_some_and(|last| now < last + WINDOW));
            if calls.len() >= REMEMBERED {
                calls.clear();
            }
        }
        let times = calls.entry(who.to_owned()).or_default();
        // A clock that was put back must not keep anybody out.
        while times.front().is_some_and(|at| now >= at + WINDOW || *at > now) {
            times.pop_front();
        }
        let ok = times.len() < limit as usize;
        if ok {
            times.push_back(now);
        }
        let free_at = times.front().copied().unwrap_or(now) + WINDOW;
        let used = u32::try_from(times.len()).unwrap_or(u32::MAX);
        Admitted {
            ok,
            limit,
            remaining: limit.saturating_sub(used),
            resets_at: seconds_up(free_at),
            resets_in: seconds_up(free_at - now),
        }
    }
}

/// Whole seconds, never too few.
const fn seconds_up(milliseconds: i64) -> i64 {
    (milliseconds + 999).div_euclid(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_minute_has_more_than_its_limit_wherever_it_begins() {
        let (rate, pace) = (Rate::default(), Pace { per_minute: 2, burst: 1 });
        let at = |ms| Timestamp::from_millisecond(ms).unwrap();
        let admit = |who, ms| rate.admit(who, pace, at(ms));
        assert_eq!((admit("a", 1_000).remaining, admit("a", 50_000).remaining), (2, 1));
        assert!(admit("a", 59_000).ok);
        let refused = admit("a", 60_500);
        assert_eq!((refused.ok, refused.limit, refused.remaining, refused.resets_in), (false, 3, 0, 1));
        assert!(admit("b", 60_500).ok, "another caller has a count of its own");
        // One place came free, not three.
        assert!(admit("a", 61_000).ok);
        assert!(!admit("a", 61_001).ok);
    }

    #[test]
    fn a_clock_that_was_put_back_keeps_nobody_out() {
        let (rate, pace) = (Rate::default(), Pace { per_minute: 1, burst: 0 });
        assert!(rate.admit("a", pace, Timestamp::from_second(90_000).unwrap()).ok);
        assert!(rate.admit("a", pace, Timestamp::from_second(100).unwrap()).ok);
    }
}
