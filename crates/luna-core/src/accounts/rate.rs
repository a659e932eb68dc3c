//! How often one may call: windows of a minute, counted in memory.

use std::collections::HashMap;

use luna_model::Timestamp;
use parking_lot::Mutex;

/// A window, in seconds.
const WINDOW: i64 = 60;
/// Callers that are remembered; beyond it those whose window is over are forgotten.
const REMEMBERED: usize = 10_000;

/// How a request stands against its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admitted {
    /// Whether it may go on.
    pub ok: bool,
    /// Requests a window.
    pub limit: u32,
    /// Requests that are left of it.
    pub remaining: u32,
    /// When the next window begins, in seconds since 1970.
    pub resets_at: i64,
    /// In how many seconds that is.
    pub resets_in: i64,
}

/// Counts requests.
#[derive(Default)]
pub(super) struct Rate {
    windows: Mutex<HashMap<String, (i64, u32)>>,
}

impl Rate {
    pub(super) fn admit(&self, who: &str, limit: u32, now: Timestamp) -> Admitted {
        let now = now.as_second();
        let mut windows = self.windows.lock();
        if windows.len() >= REMEMBERED && !windows.contains_key(who) {
            windows.retain(|_, (began, _)| now < *began + WINDOW);
            if windows.len() >= REMEMBERED {
                windows.clear();
            }
        }
        let (began, used) = windows.entry(who.to_owned()).or_insert((now, 0));
        if now >= *began + WINDOW {
            (*began, *used) = (now, 0);
        }
        let ok = *used < limit;
        *used = used.saturating_add(1);
        let resets_at = *began + WINDOW;
        Admitted { ok, limit, remaining: limit.saturating_sub(*used), resets_at, resets_in: resets_at - now }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_holds_in_a_window_and_the_next_one_is_free() {
        let rate = Rate::default();
        let at = |s| Timestamp::from_second(s).unwrap();
        for n in (0..3).rev() {
            let admitted = rate.admit("a", 3, at(100));
            assert!(admitted.ok && admitted.remaining == n && admitted.resets_at == 160);
        }
        assert!(!rate.admit("a", 3, at(159)).ok);
        assert!(rate.admit("b", 3, at(159)).ok, "another caller has a count of its own");
        assert!(rate.admit("a", 3, at(160)).ok);
    }
}
