//! How loud Luna herself may be in the microphone: what was played in the last moments, times how much of it comes back.
//! Written by the audio callback without a lock, read by the microphone's thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Milliseconds of one slot.
const SLOT_MS: u64 = 20;
const SLOTS: usize = 64;
/// How far back a sound may still be heard: buffers of the sound server on both ways, and the room.
const HEARD_FOR: u64 = 1_000 / SLOT_MS;
/// What is clearly louder than her own voice is somebody else: 6 dB.
const CLEARLY: f32 = 2.0;

/// What was played lately, by time.
#[derive(Clone, Debug)]
pub(crate) struct Played {
    /// The slot's number above, the loudness's bits below.
    slots: Arc<[AtomicU64; SLOTS]>,
    since: Instant,
}

impl Played {
    pub(crate) fn new() -> Self {
        Self { slots: Arc::new(std::array::from_fn(|_| AtomicU64::new(0))), since: Instant::now() }
    }

    fn slot(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX) / SLOT_MS + 1
    }

    /// Notes that this loud a piece goes out now.
    pub(crate) fn note(&self, loud: f32) {
        let now = self.slot();
        let Some(slot) = self.slots.get(now as usize % SLOTS) else { return };
        let held = slot.load(Ordering::Relaxed);
        if held >> 32 != now || f32::from_bits(held as u32) < loud {
            slot.store(now << 32 | u64::from(loud.to_bits()), Ordering::Relaxed);
        }
    }

    /// The loudest of what may be heard now; 0 when nothing was played.
    fn lately(&self) -> f32 {
        let now = self.slot();
        self.slots
            .iter()
            .map(|slot| slot.load(Ordering::Relaxed))
            .filter(|held| now.saturating_sub(held >> 32) <= HEARD_FOR)
            .map(|held| f32::from_bits(held as u32))
            .fold(0.0, f32::max)
    }
}

/// Learns how much of what is played comes back.
pub(crate) struct Echo {
    played: Played,
    /// Microphone over loudspeaker. Begins high: until it is known, hardly anything interrupts her.
    returns: f32,
    /// Frames in a row in which she was played and next to nothing came back.
    quiet: u32,
}

/// How fast it is learnt that more comes back, and less. More: slower than somebody needs to be heard over her. Less:
/// slower than the pauses between her words.
const UP: f32 = 0.02;
const DOWN: f32 = 0.003;
/// Nothing came back for longer than any echo takes: she is heard through headphones.
const NOTHING: u32 = 35;
const DOWN_FAST: f32 = 0.12;

impl Echo {
    pub(crate) fn new(played: Played) -> Self {
        Self { played, returns: 1.0, quiet: 0 }
    }

    /// How loud something must be not to be herself, while the microphone is this loud. Asked once a frame.
    pub(crate) fn own(&mut self, loud: f32) -> f32 {
        let played = self.played.lately();
        if played < 0.002 {
            self.quiet = 0;
            return 0.0;
        }
        let now = (loud / played).min(2.0);
        self.quiet = if now < 0.1 { self.quiet + 1 } else { 0 };
        let pace = match (now > self.returns, self.quiet > NOTHING) {
            (true, _) => UP,
            (false, true) => DOWN_FAST,
            (false, false) => DOWN,
        };
        self.returns += (now - self.returns) * pace;
        played * self.returns * CLEARLY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_nobodys_echo() {
        assert_eq!(Echo::new(Played::new()).own(0.5), 0.0);
    }

    #[test]
    fn what_comes_back_is_hers_and_what_is_louder_is_not() {
        let played = Played::new();
        let mut echo = Echo::new(played.clone());
        let mut own = 0.0;
        // Before anything is known not even her own voice at full loudness is somebody else's.
        played.note(0.3);
        assert!(echo.own(0.3) > 0.3);
        for _ in 0..900 {
            played.note(0.3);
            own = echo.own(0.06);
        }
        assert!(own > 0.06 && own < 0.2, "{own}");
        // Somebody speaks at three times that: it is above for long enough to be heard.
        for _ in 0..5 {
            played.note(0.3);
            own = echo.own(0.2);
            assert!(own < 0.2, "{own}");
        }
    }

    #[test]
    fn through_headphones_anybody_interrupts_her() {
        let played = Played::new();
        let mut echo = Echo::new(played.clone());
        for _ in 0..80 {
            played.note(0.3);
            echo.own(0.001);
        }
        assert!(echo.own(0.05) < 0.05);
    }
}
