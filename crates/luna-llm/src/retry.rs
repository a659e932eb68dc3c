//! When to try again: only before the first event, at most three tries, with growing pauses and jitter, and never longer
//! than a user would wait.

use std::time::Duration;

use rand::RngExt as _;

use crate::failure::Retry;

/// Tries of one request.
pub(crate) const TRIES: u32 = 3;

const FIRST_PAUSE: Duration = Duration::from_millis(300);

/// The longest pause that a provider may ask for; beyond it the user is told instead.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// The pause before the next try after `tries` of them; none when it is not worth one.
pub(crate) fn pause(retry: Retry, tries: u32) -> Option<Duration> {
    let Retry::After(wanted) = retry else { return None };
    if tries >= TRIES {
        return None;
    }
    let growing = FIRST_PAUSE * 2_u32.pow(tries.saturating_sub(1));
    let jitter = rand::rng().random_range(1.0..1.5);
    match wanted {
        Some(wanted) if wanted > LONGEST_PAUSE => None,
        Some(wanted) => Some(wanted.max(growing.mul_f64(jitter))),
        None => Some(growing.mul_f64(jitter)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_short() {
        let pauses: Vec<_> = (1..TRIES).filter_map(|tries| pause(Retry::After(None), tries)).collect();
        assert_eq!(pauses.len(), 2);
        assert!(pauses[0] < pauses[1]);
        assert!(pauses.iter().sum::<Duration>() < Duration::from_secs(2));
        assert_eq!(pause(Retry::After(None), TRIES), None);
    }

    #[test]
    fn the_providers_wish_is_kept_unless_it_is_too_long() {
        let second = Duration::from_secs(1);
        assert!(pause(Retry::After(Some(second)), 1) >= Some(second));
        assert_eq!(pause(Retry::After(Some(second * 3600)), 1), None);
        assert_eq!(pause(Retry::Never, 1), None);
    }
}
