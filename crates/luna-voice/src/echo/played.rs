//! What came out of the loudspeaker, by time: written by the audio callback without a lock, read by the microphone's thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use luna_core::ports::SPEECH_RATE;

/// Samples of a block, which is a millisecond.
const BLOCK: usize = 16;
/// Blocks kept: four seconds. A sound server that sleeps takes two at once.
const BLOCKS: usize = 4_096;
/// A clock that is further off than this is set anew.
const OFF: Duration = Duration::from_millis(400);

/// The last seconds at [`SPEECH_RATE`].
#[derive(Clone, Debug)]
pub(crate) struct Played {
    blocks: Arc<[Block; BLOCKS]>,
    since: Instant,
}

#[derive(Debug)]
struct Block {
    /// Which millisecond it holds, from one; what it held before is over.
    number: AtomicU64,
    samples: [AtomicU32; BLOCK],
}

impl Played {
    pub(crate) fn new() -> Self {
        let block = |_| Block { number: AtomicU64::new(0), samples: [const { AtomicU32::new(0) }; BLOCK] };
        Self { blocks: Arc::new(std::array::from_fn(block)), since: Instant::now() }
    }

    /// The number of the sample that is heard then.
    pub(crate) fn sample_at(&self, at: Instant) -> u64 {
        let passed = at.saturating_duration_since(self.since).as_micros();
        u64::try_from(passed).unwrap_or(u64::MAX).saturating_mul(u64::from(SPEECH_RATE) / 1_000) / 1_000
    }

    fn block(&self, sample: u64) -> (&Block, u64, usize) {
        let number = sample / BLOCK as u64;
        (&self.blocks[number as usize % BLOCKS], number + 1, sample as usize % BLOCK)
    }

    /// Notes that these go out from that sample on.
    pub(crate) fn note(&self, from: u64, samples: impl Iterator<Item = f32>) {
        for (sample, value) in (from..).zip(samples) {
            let (block, number, at) = self.block(sample);
            if block.number.load(Ordering::Relaxed) != number {
                for old in &block.samples {
                    old.store(0, Ordering::Relaxed);
                }
                block.number.store(number, Ordering::Release);
            }
            block.samples[at].store(value.to_bits(), Ordering::Relaxed);
        }
    }

    /// What went out from that sample on.
    pub(crate) fn read(&self, from: u64, samples: &mut [f32]) {
        for (sample, value) in (from..).zip(samples) {
            let (block, number, at) = self.block(sample);
            let held = block.number.load(Ordering::Acquire) == number;
            *value = if held { f32::from_bits(block.samples[at].load(Ordering::Relaxed)) } else { 0.0 };
        }
    }
}

/// Counts samples into time, so that sound that comes or goes in lumps keeps its course: when the first was.
#[derive(Debug, Default)]
pub(crate) struct SampleClock(Option<Instant>);

impl SampleClock {
    /// When the sample that so much sound lies before is heard, if it is handled now.
    pub(crate) fn at(&mut self, passed: Duration, now: Instant) -> Instant {
        let counted = self.0.map(|began| began + passed);
        match counted {
            Some(then) if then + OFF > now && then < now + OFF => then,
            _ => {
                self.0 = now.checked_sub(passed);
                now
            }
        }
    }

    /// The same of a sample that was heard: that was never later than now, however many came at once.
    pub(super) fn at_most(&mut self, passed: Duration, now: Instant) -> Instant {
        if self.0.is_some_and(|began| began + passed > now) {
            self.0 = None;
        }
        self.at(passed, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_played_is_found_at_its_time_and_not_again_later() {
        let played = Played::new();
        let from = 40_005;
        played.note(from, (1_u8..=40).map(f32::from));
        let mut read = [9.0; 50];
        played.read(from - 5, &mut read);
        let expected: Vec<f32> = [vec![0.0; 5], (1_u8..=40).map(f32::from).collect(), vec![0.0; 5]].concat();
        assert_eq!(read.as_slice(), expected);
        // A round later the same place is another time.
        let round = (BLOCK * BLOCKS) as u64;
        played.read(from + round, &mut read);
        assert_eq!(read, [0.0; 50]);
        played.note(from + round, [7.0].into_iter());
        played.read(from + round, &mut read[..3]);
        assert_eq!(read[..3], [7.0, 0.0, 0.0]);
    }

    #[test]
    fn a_clock_of_samples_is_steady_and_set_anew_after_a_gap() {
        let (mut clock, now) = (SampleClock::default(), Instant::now());
        let ms = Duration::from_millis;
        assert_eq!(clock.at(ms(0), now), now);
        // A lump: handled late, heard in its time.
        assert_eq!(clock.at(ms(16), now + ms(100)), now + ms(16));
        assert_eq!(clock.at_most(ms(32), now + ms(100)), now + ms(32));
        // All that waited came first: what follows tells when it was.
        assert_eq!(clock.at_most(ms(300), now + ms(110)), now + ms(110));
        assert_eq!(clock.at_most(ms(316), now + ms(140)), now + ms(126));
        let late = now + ms(5_000);
        assert_eq!(clock.at(ms(32), late), late);
        assert_eq!(clock.at(ms(48), late + ms(16)), late + ms(16));
    }
}
