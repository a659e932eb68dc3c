//! How loud Luna herself may be in what is heard: the course of what was played, found again in it.

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
const ALIKE: f32 = 0.8;
/// Where they were found before, less will do.
const STILL_ALIKE: f32 = 0.65;
/// Slots in a row in which another way is found before it is believed: a syllable is like many others.
const BELIEVED: u32 = 16;
/// How fast it is learnt how much comes back.
const PACE: f32 = 0.2;
/// For so many slots after it was found the way is known; the sound server changes it when it stutters or begins anew.
const KNOWN: u32 = 12;
/// Slots before and behind the way's usual length in which her sound may still be heard: stutter, and the room.
const EARLIER: usize = 4;
const LATER: usize = 12;
/// What is clearly louder than her own voice is somebody else.
const CLEARLY: f32 = 1.7;
/// Until it is known how much comes back, so much: hardly anything interrupts her.
const UNKNOWN: f32 = 1.5;
/// Nothing came back for so many slots, which is longer than any way: she is heard through headphones.
const NOTHING: u32 = 95;
/// Of what comes back less than this is nothing.
const HARDLY: f32 = 0.05;

/// Learns how much of what is played comes back, and how late.
#[derive(Debug)]
pub(super) struct Returns {
    /// The last slots of the loudspeaker and of the microphone, the newest first.
    played: [f32; LONGEST + WINDOW],
    heard: VecDeque<f32>,
    /// Microphone over loudspeaker.
    returns: f32,
    /// Slots from the loudspeaker to the microphone.
    way: Option<usize>,
    /// Slots since it was last found.
    since: u32,
    /// Another way that was found, and for how many slots in a row.
    other: (usize, u32),
    /// Slots in a row in which she was played and nothing came back.
    unheard: u32,
}

impl Default for Returns {
    fn default() -> Self {
        Self {
            played: [0.0; LONGEST + WINDOW],
            heard: VecDeque::with_capacity(WINDOW),
            returns: UNKNOWN,
            way: None,
            since: 0,
            other: (0, 0),
            unheard: 0,
        }
    }
}

impl Returns {
    /// Nothing was played for so long that nothing of it can be heard.
    pub(super) fn is_silent(&self) -> bool {
        most(&self.played[..LONGEST]) < SILENT
    }

    /// Nothing of what is played comes back.
    pub(super) fn is_unheard(&self) -> bool {
        self.way.is_none() && self.returns < HARDLY
    }

    /// How loud something must be not to be herself, while this loud a slot is played and this loud a one heard.
    pub(super) fn least(&mut self, played: f32, loud: f32) -> f32 {
        self.played.copy_within(..LONGEST + WINDOW - 1, 1);
        self.played[0] = played;
        self.heard.truncate(WINDOW - 1);
        self.heard.push_front(loud);
        let played = self.played;
        let loudest = most(&played[..LONGEST]);
        if loudest < SILENT {
            return 0.0;
        }
        match self.found(&played) {
            Some((way, returns)) => {
                self.returns += (returns.min(4.0) - self.returns) * PACE;
                (self.way, self.since, self.unheard) = (Some(way), 0, 0);
            }
            None if loud < 0.1 * loudest * self.returns.max(0.1) => self.unheard += 1,
            None => self.unheard = self.unheard.saturating_sub(1),
        }
        if self.unheard > NOTHING {
            self.returns *= 0.9;
            self.way = None;
        }
        self.since = self.since.saturating_add(1);
        let reach = match self.way {
            Some(way) if self.since <= KNOWN => {
                most(&played[way.saturating_sub(EARLIER)..(way + LATER).min(played.len())])
            }
            _ => loudest,
        };
        reach * self.returns * CLEARLY
    }

    /// Where the course of what is heard lies in what was played, and how much of it comes back.
    fn found(&mut self, played: &[f32]) -> Option<(usize, f32)> {
        let heard: Vec<f32> = self.heard.iter().copied().collect();
        if heard.len() < WINDOW || heard.iter().filter(|loud| **loud > SILENT).count() < HEARD {
            return None;
        }
        let best = |ways: std::ops::Range<usize>| {
            let alike = |way: usize| (way, correlation(&heard, &played[way..way + WINDOW]));
            ways.map(alike).max_by(|a, b| a.1.total_cmp(&b.1))
        };
        let near = self.way.and_then(|way| best(way.saturating_sub(EARLIER)..(way + LATER).min(LONGEST)));
        let way = match near {
            Some((way, alike)) if alike >= STILL_ALIKE => way,
            _ => {
                let (way, alike) = best(0..LONGEST)?;
                let again = alike >= ALIKE && way.abs_diff(self.other.0) <= 2;
                self.other = (way, if again { self.other.1 + 1 } else { 0 });
                if alike < ALIKE || self.other.1 < BELIEVED {
                    return None;
                }
                way
            }
        };
        let part = &played[way..way + WINDOW];
        let (both, own) =
            heard.iter().zip(part).fold((0.0, 0.0), |(both, own), (h, p)| (both + h * p, own + p * p));
        (own > 0.0).then(|| (way, both / own))
    }
}

fn most(loud: &[f32]) -> f32 {
    loud.iter().copied().fold(0.0, f32::max)
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

    /// Syllables and pauses, by chance.
    fn speech(seed: u32, slots: usize) -> Vec<f32> {
        let mut seed = seed;
        let mut next = move || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as f32 / 16_777_216.0
        };
        let mut loud = vec![];
        while loud.len() < slots {
            let (long, high) = (6 + (next() * 12.0) as usize, 0.1 + 0.3 * next());
            loud.extend((0..long).map(|n| high * (std::f32::consts::PI * n as f32 / long as f32).sin()));
            loud.extend(vec![0.0; 2 + (next() * 14.0) as usize]);
        }
        loud
    }

    /// Plays, and hears what `heard` makes of it; for each slot what is heard and what it must exceed.
    fn in_a_room(spoken: &[f32], heard: impl Fn(usize) -> f32) -> Vec<(f32, f32)> {
        let mut returns = Returns::default();
        let slot = |(n, played): (usize, &f32)| (heard(n), returns.least(*played, heard(n)));
        spoken.iter().enumerate().map(slot).collect()
    }

    fn delayed(spoken: &[f32], way: usize) -> impl Fn(usize) -> f32 + '_ {
        move |n| n.checked_sub(way).map_or(0.0, |n| spoken[n])
    }

    #[test]
    fn silence_is_nobodys_echo() {
        assert_eq!(Returns::default().least(0.0, 0.5), 0.0);
    }

    #[test]
    fn her_own_voice_is_hers_however_late_and_loud_it_comes_back() {
        for (way, returns, seed) in [(3, 0.2, 1), (20, 1.0, 2), (60, 0.5, 3), (40, 1.0, 4)] {
            let spoken = speech(seed, 600);
            let back = delayed(&spoken, way);
            let over = in_a_room(&spoken, |n| back(n) * returns);
            let mistaken = over.iter().filter(|(heard, must)| heard > must && *heard > SILENT).count();
            assert_eq!(mistaken, 0, "of {} slots, {way} slots late, {returns} of it", over.len());
        }
    }

    #[test]
    fn who_is_clearly_louder_is_somebody_else() {
        let (spoken, other) = (speech(5, 600), speech(6, 600));
        let back = delayed(&spoken, 15);
        let over = in_a_room(&spoken, |n| back(n) * 0.2 + if n > 400 { other[n] * 1.5 } else { 0.0 });
        let run = over[401..520].split(|(heard, must)| heard <= must).map(<[_]>::len).max().unwrap();
        assert!(run >= 5, "{run} slots in a row");
    }

    #[test]
    fn whoever_speaks_often_is_not_taken_for_an_echo() {
        let (mut over, mut loud) = (0, 0);
        for seed in 10..30 {
            let (spoken, other) = (speech(seed, 1_500), speech(seed + 100, 1_500));
            // Somebody speaks for a second, every five seconds.
            let heard = |n: usize| if n > 150 && n % 310 < 62 { other[n] } else { 0.001 };
            let mut returns = Returns::default();
            for (n, played) in spoken.iter().enumerate() {
                let least = returns.least(*played, heard(n));
                if heard(n) > 0.1 {
                    loud += 1;
                    over += usize::from(heard(n) > least);
                }
            }
        }
        assert!(over * 10 > loud * 9, "{over} of {loud} slots are known to be somebody else's");
    }

    #[test]
    fn through_headphones_anybody_interrupts_her() {
        let (spoken, other) = (speech(7, 600), speech(8, 600));
        let over = in_a_room(&spoken, |n| if n > 200 { other[n] * 0.3 } else { 0.001 });
        let first = other.iter().enumerate().position(|(n, loud)| n > 200 && *loud > 0.05).unwrap();
        let above = over[first..first + 12].iter().filter(|(heard, must)| heard > must).count();
        assert!(above >= 5, "{above} of the first 12 slots");
    }
}
