//! Whether anything of what is played comes back: through headphones nothing does. The course of its loudness is looked for
//! in what is heard, at every delay.

use std::collections::VecDeque;

/// Longest way back, in slots, each as long as a frame of the microphone: buffers of the sound server on both ways, and the room.
const LONGEST: usize = 94;
/// What is compared: the last 450 ms.
const WINDOW: usize = 28;
/// How much of it must be heard at all to be compared: a first syllable is like any other.
const HEARD: usize = 8;
/// Softer than this is silence.
const SILENT: f32 = 0.003;
/// The courses of the same sound are at least so alike (their correlation).
const ALIKE: f32 = 0.85;
/// Slots in a row in which it is found as late before it is believed: a syllable is like many others.
const BELIEVED: u32 = 28;
/// Of what is played less than this is nothing, and what is not louder than twice as much may leak out of headphones.
const HARDLY: f32 = 0.05;
const LEAKS: f32 = 0.1;
/// Nothing came back for so many slots, which is longer than any way and any pause between words.
const NOTHING: u32 = 130;

/// What was played and heard lately.
#[derive(Debug)]
pub(super) struct Returns {
    /// How loud the last slots of the loudspeaker and of the microphone were, the newest first.
    played: [f32; LONGEST + WINDOW],
    heard: VecDeque<f32>,
    /// How late it was found first, and in how many slots since.
    late: (usize, u32),
    /// Slots in which it was played and nothing came back.
    nothing: u32,
    unheard: bool,
}

impl Default for Returns {
    fn default() -> Self {
        Self {
            played: [0.0; LONGEST + WINDOW],
            heard: VecDeque::with_capacity(WINDOW),
            late: (0, 0),
            nothing: 0,
            unheard: false,
        }
    }
}

impl Returns {
    /// How loud the loudest of the last so many slots was played.
    pub(super) fn loudest(&self, slots: usize) -> f32 {
        self.played[..slots.min(LONGEST)].iter().copied().fold(0.0, f32::max)
    }

    /// Nothing was played for so long that nothing of it can be heard.
    pub(super) fn is_silent(&self) -> bool {
        self.loudest(LONGEST) < SILENT
    }

    /// Nothing of what is played comes back. Until that is known, something does.
    pub(super) fn is_unheard(&self) -> bool {
        self.unheard
    }

    /// How loud what leaks out of headphones may be.
    pub(super) fn leak(&self) -> f32 {
        LEAKS * self.loudest(LONGEST)
    }

    /// Takes a slot that is played and heard this loud.
    pub(super) fn hear(&mut self, played: f32, heard: f32) {
        self.played.copy_within(..LONGEST + WINDOW - 1, 1);
        self.played[0] = played;
        self.heard.truncate(WINDOW - 1);
        self.heard.push_front(heard);
        if self.is_silent() {
            return;
        }
        if self.is_found() {
            (self.nothing, self.unheard) = (0, false);
        } else if heard < HARDLY * self.loudest(LONGEST) {
            self.nothing = (self.nothing + 1).min(NOTHING);
            self.unheard |= self.nothing == NOTHING;
        } else {
            self.nothing = self.nothing.saturating_sub(1);
        }
    }

    /// Whether the course of what is heard lies in what was played, and has lain there for a while.
    fn is_found(&mut self) -> bool {
        if self.heard.len() < WINDOW || self.heard.iter().filter(|loud| **loud > SILENT).count() < HEARD {
            return false;
        }
        let heard = self.heard.make_contiguous();
        let alike = |late: usize| (late, correlation(heard, &self.played[late..late + WINDOW]));
        let Some((late, alike)) = (0..LONGEST).map(alike).max_by(|a, b| a.1.total_cmp(&b.1)) else {
            return false;
        };
        let again = alike >= ALIKE && late.abs_diff(self.late.0) <= 2;
        self.late = if again { (self.late.0, self.late.1 + 1) } else { (late, 0) };
        self.late.1 >= BELIEVED
    }
}

/// Pearson's.
fn correlation(a: &[f32], b: &[f32]) -> f32 {
    let count = a.len() as f32;
    let (mean_a, mean_b) = (a.iter().sum::<f32>() / count, b.iter().sum::<f32>() / count);
    let (mut both, mut own_a, mut own_b) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (a - mean_a, b - mean_b);
        both += a * b;
        own_a += a * a;
        own_b += b * b;
    }
    both / (own_a * own_b).sqrt().max(1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pcm::tests::noise;

    /// Syllables and pauses, by chance.
    fn speech(seed: u64, slots: usize) -> Vec<f32> {
        let chance = noise(seed, slots);
        let mut next = chance.iter().map(|x| (x + 1.0) / 2.0);
        let mut next = || next.next().unwrap_or_default();
        let mut loud = vec![];
        while loud.len() < slots {
            let (long, high) = (6 + (next() * 12.0) as usize, 0.1 + 0.3 * next());
            loud.extend((0..long).map(|n| high * (std::f32::consts::PI * n as f32 / long as f32).sin()));
            loud.extend(vec![0.0; 2 + (next() * 14.0) as usize]);
        }
        loud
    }

    /// Plays, and hears what `heard` makes of it; for each slot whether nothing comes back.
    fn unheard(spoken: &[f32], heard: impl Fn(usize) -> f32) -> Vec<bool> {
        let mut returns = Returns::default();
        let slot = |(n, played): (usize, &f32)| {
            returns.hear(*played, heard(n));
            returns.is_unheard()
        };
        spoken.iter().enumerate().map(slot).collect()
    }

    #[test]
    fn what_comes_back_is_noticed_however_late_and_soft() {
        for (late, share, seed) in [(3, 0.2, 1), (20, 1.0, 2), (60, 0.5, 3), (40, 0.1, 4), (90, 0.3, 5)] {
            let spoken = speech(seed, 2_000);
            let back = |n: usize| n.checked_sub(late).map_or(0.0, |n| spoken[n] * share);
            let missed = unheard(&spoken, back).iter().filter(|unheard| **unheard).count();
            assert_eq!(missed, 0, "{late} slots late, {share} of it");
        }
    }

    #[test]
    fn through_headphones_nothing_comes_back_whoever_speaks() {
        let (mut slots, mut mistaken) = (0, 0);
        for seed in 10..30 {
            let (spoken, other) = (speech(seed, 1_500), speech(seed + 100, 1_500));
            // Somebody speaks for a second, every five seconds.
            let found = unheard(&spoken, |n| if n > 200 && n % 310 < 62 { other[n] } else { 0.001 });
            assert!(found[200], "{seed}: known before anybody speaks");
            slots += found[200..].len();
            mistaken += found[200..].iter().filter(|unheard| !**unheard).count();
        }
        // Somebody's words may have the course of hers by chance.
        assert!(mistaken * 20 < slots, "an echo in {mistaken} of {slots} slots");
    }

    #[test]
    fn who_takes_off_the_headphones_is_noticed() {
        let spoken = speech(7, 900);
        let found = unheard(&spoken, |n| if n > 400 { spoken[n - 10] * 0.5 } else { 0.001 });
        assert!(found[400]);
        let until = found[400..].iter().position(|unheard| !unheard).unwrap();
        assert!(until < 125, "known after {until} slots");
    }
}
