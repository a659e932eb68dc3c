//! How loud Luna herself may be in the microphone: the course of what was played, found again in the course of what is
//! heard. Written by the audio callback without a lock, read by the microphone's thread.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use luna_core::ports::SPEECH_RATE;

use crate::activity::FRAME;

/// A slot is as long as a frame of the microphone.
const SLOT: Duration = Duration::from_micros(FRAME as u64 * 1_000_000 / SPEECH_RATE as u64);
const SLOTS: usize = 256;
/// Longest way back, in slots: buffers of the sound server on both ways, and the room.
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
const BELIEVED: u32 = 10;
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
/// A clock that is further off than this is set anew.
const OFF: Duration = Duration::from_millis(400);

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

    fn slot(&self, at: Instant) -> u64 {
        let passed = at.saturating_duration_since(self.since).as_micros() / SLOT.as_micros();
        u64::try_from(passed).unwrap_or(u64::MAX) + 1
    }

    /// Notes that this loud a piece goes out then.
    pub(crate) fn note(&self, at: Instant, loud: f32) {
        let now = self.slot(at);
        let Some(slot) = self.slots.get(now as usize % SLOTS) else { return };
        let held = slot.load(Ordering::Relaxed);
        if held >> 32 != now || f32::from_bits(held as u32) < loud {
            slot.store(now << 32 | u64::from(loud.to_bits()), Ordering::Relaxed);
        }
    }

    /// How loud it was in the last slots, the newest first.
    fn lately(&self, at: Instant) -> [f32; LONGEST + WINDOW] {
        let now = self.slot(at);
        std::array::from_fn(|ago| {
            let wanted = now.saturating_sub(ago as u64);
            let slot = self.slots.get(wanted as usize % SLOTS);
            let held = slot.map_or(0, |slot| slot.load(Ordering::Relaxed));
            if held >> 32 == wanted { f32::from_bits(held as u32) } else { 0.0 }
        })
    }
}

/// Counts samples into time, so that sound that comes or goes in lumps keeps its course.
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
}

/// Learns how much of what is played comes back, and how late.
#[derive(Debug)]
pub(crate) struct Echo {
    played: Played,
    clock: SampleClock,
    frames: u32,
    /// The last slots of the microphone, the newest first.
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

impl Echo {
    pub(crate) fn new(played: Played) -> Self {
        let (clock, heard) = (SampleClock::default(), VecDeque::with_capacity(WINDOW));
        Self {
            played,
            clock,
            frames: 0,
            heard,
            returns: UNKNOWN,
            way: None,
            since: 0,
            other: (0, 0),
            unheard: 0,
        }
    }

    /// How loud something must be not to be herself, while the microphone is this loud. Asked once a frame.
    pub(crate) fn own(&mut self, loud: f32) -> f32 {
        let at = self.clock.at(SLOT * self.frames, Instant::now());
        self.frames = self.frames.wrapping_add(1);
        self.own_at(at, loud)
    }

    fn own_at(&mut self, at: Instant, loud: f32) -> f32 {
        self.heard.truncate(WINDOW - 1);
        self.heard.push_front(loud);
        let played = self.played.lately(at);
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
                if alike < ALIKE || self.way.is_some() && self.other.1 < BELIEVED {
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
        let played = Played::new();
        let mut echo = Echo::new(played.clone());
        let began = Instant::now();
        spoken
            .iter()
            .enumerate()
            .map(|(n, loud)| {
                let at = began + SLOT * n as u32;
                played.note(at, *loud);
                (heard(n), echo.own_at(at, heard(n)))
            })
            .collect()
    }

    fn delayed(spoken: &[f32], way: usize) -> impl Fn(usize) -> f32 + '_ {
        move |n| n.checked_sub(way).map_or(0.0, |n| spoken[n])
    }

    #[test]
    fn silence_is_nobodys_echo() {
        assert_eq!(Echo::new(Played::new()).own(0.5), 0.0);
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
    fn through_headphones_anybody_interrupts_her() {
        let (spoken, other) = (speech(7, 600), speech(8, 600));
        let over = in_a_room(&spoken, |n| if n > 200 { other[n] * 0.3 } else { 0.001 });
        let first = other.iter().enumerate().position(|(n, loud)| n > 200 && *loud > 0.05).unwrap();
        let above = over[first..first + 12].iter().filter(|(heard, must)| heard > must).count();
        assert!(above >= 5, "{above} of the first 12 slots");
    }

    #[test]
    fn a_clock_of_samples_is_steady_and_set_anew_after_a_gap() {
        let (mut clock, now) = (SampleClock::default(), Instant::now());
        let ms = Duration::from_millis;
        assert_eq!(clock.at(ms(0), now), now);
        // A lump: handled late, heard in its time.
        assert_eq!(clock.at(ms(16), now + ms(100)), now + ms(16));
        let late = now + ms(5_000);
        assert_eq!(clock.at(ms(32), late), late);
        assert_eq!(clock.at(ms(48), late + ms(16)), late + ms(16));
    }
}
