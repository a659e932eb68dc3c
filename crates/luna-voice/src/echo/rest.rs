//! How loud what the canceller leaves of her may be: a share of what is played, learnt while she speaks.

/// Slots in which what was played may still be heard: the room, and what the canceller does not follow at once.
pub(super) const REACH: usize = 40;
/// Softer than this is silence.
const SILENT: f32 = 0.003;
/// The share that is taken at first.
const FIRST: f32 = 0.05;
/// How fast the share grows in a slot in which more is left, and shrinks in one in which less is: three of four leave less.
/// Slowly enough that somebody who speaks is noticed before they are taken for the rest of her.
const GROWS: f32 = 1.03;
const SHRINKS: f32 = 0.99;
const SMALLEST: f32 = 0.005;
const LARGEST: f32 = 1.5;
/// What is so much louder than the usual rest is somebody else. Her loudest rests are four times as loud.
const CLEARLY: f32 = 5.0;

#[derive(Debug)]
pub(super) struct Rest {
    share: f32,
}

impl Default for Rest {
    fn default() -> Self {
        Self { share: FIRST }
    }
}

impl Rest {
    /// How loud something must be not to be the rest of her, in a slot in which this loud a sound is left. `played` is how loud
    /// she was at most in the last [`REACH`] slots.
    pub(super) fn least(&mut self, played: f32, left: f32) -> f32 {
        if played < SILENT {
            return 0.0;
        }
        let change = if left > self.share * played { GROWS } else { SHRINKS };
        self.share = (self.share * change).clamp(SMALLEST, LARGEST);
        played * self.share * CLEARLY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_usually_left_is_hers_and_more_is_somebody_elses() {
        let mut rest = Rest::default();
        let mut over = |slots: usize, left: &dyn Fn(usize) -> f32| {
            (0..slots).filter(|n| left(*n) > rest.least(0.2, left(*n))).count()
        };
        // A tenth of her is left, with peaks.
        let hers = |n: usize| if n.is_multiple_of(7) { 0.04 } else { 0.015 };
        assert_eq!(over(500, &hers), 0);
        let somebody = over(20, &|_| 0.2);
        assert!(somebody >= 10, "{somebody} slots in a row");
        // Where all of her is left, it is soon known that it is she.
        over(300, &|_| 0.2);
        assert_eq!(over(100, &|_| 0.2), 0);
    }

    #[test]
    fn while_nothing_is_played_everything_is_somebody_elses() {
        assert_eq!(Rest::default().least(0.0, 0.001), 0.0);
    }
}
