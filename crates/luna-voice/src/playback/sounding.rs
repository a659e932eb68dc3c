//! An utterance as the device draws it, sample by sample: softer, or not at all, while somebody else speaks; and noted for the
//! microphone, which must know what is heard of it and when.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use luna_core::ports::{Manner, SPEECH_RATE};
use parking_lot::Mutex;
use rodio::stream::DeviceSinkConfig;
use rodio::{ChannelCount, SampleRate, Source};

use crate::echo::{Played, SampleClock};

/// How loud she is while somebody else speaks, of how loud she would be (-14 dB), and how long she takes to get there.
const DUCKED: f32 = 0.2;
const DUCKING: Duration = Duration::from_millis(60);
/// How long she takes to pause: as short as it is without a click; and how much of what she said she says again after it.
const PAUSING: Duration = Duration::from_millis(10);
const AGAIN: Duration = Duration::from_millis(300);
/// What is noted at once for the microphone, in its samples: 10 ms. What is further off than two of them was a stutter.
const PIECE: usize = SPEECH_RATE as usize / 100;
const STUTTER: u64 = 2 * PIECE as u64;

/// What part of her volume she is to have: 1 as a rule, 0 while she pauses.
#[derive(Clone)]
pub(super) struct Goal(Arc<AtomicU32>);

impl Goal {
    pub(super) fn set(&self, manner: Manner) {
        let part = match manner {
            Manner::Aloud => 1.0_f32,
            Manner::Softly => DUCKED,
            Manner::Paused => 0.0,
        };
        self.0.store(part.to_bits(), Ordering::Relaxed);
    }

    pub(super) fn part(&self) -> f32 {
        f32::from_bits(self.0.load(Ordering::Relaxed))
    }

    pub(super) fn pauses(&self) -> bool {
        self.part() == 0.0
    }
}

impl Default for Goal {
    fn default() -> Self {
        Self(Arc::new(AtomicU32::new(1.0_f32.to_bits())))
    }
}

/// Counts what a device has taken: when it plays what is next.
pub(super) struct Course {
    /// Samples, of all channels.
    taken: AtomicU64,
    a_second: u64,
    /// Used by the audio callback alone.
    clock: Mutex<SampleClock>,
}

impl Course {
    /// Of a device that is opened now.
    pub(super) fn new(config: &DeviceSinkConfig) -> Self {
        let a_second = u64::from(config.sample_rate().get()) * u64::from(config.channel_count().get());
        Self { taken: AtomicU64::new(0), a_second, clock: Mutex::default() }
    }

    fn now(&self) -> Instant {
        let passed =
            u128::from(self.taken.load(Ordering::Relaxed)) * 1_000_000 / u128::from(self.a_second.max(1));
        let passed = Duration::from_micros(u64::try_from(passed).unwrap_or(u64::MAX));
        self.clock.lock().at(passed, Instant::now())
    }
}

/// Is played all the time beneath what is said, and counts.
pub(super) struct Silence {
    course: Arc<Course>,
    rate: SampleRate,
    channels: ChannelCount,
}

impl Silence {
    pub(super) fn new(course: Arc<Course>, config: &DeviceSinkConfig) -> Self {
        Self { course, rate: config.sample_rate(), channels: config.channel_count() }
    }
}

impl Iterator for Silence {
    type Item = f32;

    fn next(&mut self) -> Option<f32> {
        self.course.taken.fetch_add(1, Ordering::Relaxed);
        Some(0.0)
    }
}

impl Source for Silence {
    fn current_span_len(&self) -> Option<usize> {
        None
    }

    fn channels(&self) -> ChannelCount {
        self.channels
    }

    fn sample_rate(&self) -> SampleRate {
        self.rate
    }

    fn total_duration(&self) -> Option<Duration> {
        None
    }
}

/// What is played, at [`SPEECH_RATE`], noted for the microphone a hundredth of a second after the other.
pub(super) struct Noted {
    pub(super) reference: Arc<[f32]>,
    pub(super) played: Played,
    pub(super) course: Arc<Course>,
    pub(super) pieces: usize,
    /// The sample at which the next piece is heard.
    pub(super) next: Option<u64>,
}

impl Noted {
    /// The next piece goes out now, this loud.
    fn piece(&mut self, loud: f32) {
        let now = self.played.sample_at(self.course.now());
        // By count, so that pieces meet; by the clock where the device stuttered.
        let from = self.next.filter(|next| next.abs_diff(now) < STUTTER).unwrap_or(now);
        let from_reference = (self.pieces * PIECE).min(self.reference.len());
        let to = (from_reference + PIECE).min(self.reference.len());
        self.played.note(from, self.reference[from_reference..to].iter().map(|sample| sample * loud));
        self.pieces += 1;
        self.next = Some(from + PIECE as u64);
    }
}

/// An utterance as rodio draws it: notes when it began and what is played.
pub(super) struct Sounding {
    pub(super) samples: Arc<[f32]>,
    pub(super) at: usize,
    pub(super) rate: SampleRate,
    pub(super) volume: f32,
    /// Of the volume; goes towards the goal, slowly enough not to click.
    pub(super) gain: f32,
    pub(super) goal: Goal,
    /// Milliseconds from the question to the first sample; 0 = not yet.
    pub(super) first: Arc<AtomicU64>,
    pub(super) asked: Instant,
    pub(super) echo: Noted,
}

impl Sounding {
    /// Samples in so much time.
    fn samples_in(&self, time: Duration) -> f32 {
        time.as_secs_f32() * self.rate.get() as f32
    }

    /// Goes back a little, to say again what was cut off by a pause.
    fn go_back(&mut self) {
        self.at = self.at.saturating_sub(self.samples_in(AGAIN) as usize);
        self.echo.pieces = (self.at * 100).div_ceil(self.rate.get() as usize);
    }
}

impl Iterator for Sounding {
    type Item = f32;

    fn next(&mut self) -> Option<f32> {
        let goal = self.goal.part();
        if goal == 0.0 && self.gain == 0.0 {
            return Some(0.0);
        }
        let step = if goal == 0.0 {
            1.0 / self.samples_in(PAUSING)
        } else {
            (1.0 - DUCKED) / self.samples_in(DUCKING)
        };
        self.gain += (goal - self.gain).clamp(-step, step);
        if goal == 0.0 && self.gain < step {
            self.gain = 0.0;
            self.go_back();
            return Some(0.0);
        }
        let loud = self.volume * self.gain;
        let sample = *self.samples.get(self.at)? * loud;
        if self.first.load(Ordering::Relaxed) == 0 {
            let ms = u64::try_from(self.asked.elapsed().as_millis()).unwrap_or(u64::MAX);
            self.first.store(ms.max(1), Ordering::Relaxed);
        }
        if self.at * 100 >= self.echo.pieces * self.rate.get() as usize {
            self.echo.piece(loud);
        }
        self.at += 1;
        Some(sample)
    }
}

impl Source for Sounding {
    fn current_span_len(&self) -> Option<usize> {
        None
    }

    fn channels(&self) -> ChannelCount {
        NonZero::<u16>::MIN
    }

    fn sample_rate(&self) -> SampleRate {
        self.rate
    }

    fn total_duration(&self) -> Option<Duration> {
        Some(Duration::from_secs_f64(self.samples.len() as f64 / f64::from(self.rate.get())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course() -> Arc<Course> {
        Arc::new(Course { taken: AtomicU64::new(0), a_second: 16_000, clock: Mutex::default() })
    }

    #[test]
    fn what_is_played_is_noted_without_a_gap_for_the_microphone() {
        let played = Played::new();
        let course = course();
        // At a rate that a hundredth of a second does not divide.
        let rate = NonZero::new(22_050).unwrap();
        let reference: Vec<f32> = (1_u16..=1_600).map(f32::from).collect();
        let mut utterance = Sounding {
            samples: vec![0.0; 2_205].into(),
            at: 0,
            rate,
            volume: 1.0,
            gain: 1.0,
            goal: Goal::default(),
            first: Arc::default(),
            asked: Instant::now(),
            echo: Noted {
                reference: reference.clone().into(),
                played: played.clone(),
                course: Arc::clone(&course),
                pieces: 0,
                next: None,
            },
        };
        let from = played.sample_at(course.now());
        let mut silence =
            Silence { course, rate: NonZero::new(16_000).unwrap(), channels: NonZero::<u16>::MIN };
        for n in 0..2_205_usize {
            if n * 160 % 220 < 160 {
                silence.next();
            }
            utterance.next();
        }
        let mut noted = vec![0.0; 1_700];
        played.read(from, &mut noted);
        let begins = noted.iter().position(|sample| *sample != 0.0).unwrap();
        assert!(begins < 50, "{begins} samples late");
        assert!(noted[begins..begins + 1_600] == reference[..], "in one piece");
    }

    #[test]
    fn she_pauses_at_once_and_goes_on_a_little_before() {
        let goal = Goal::default();
        let mut utterance = Sounding {
            samples: (0..16_000_u16).map(|n| f32::from(n) / 16_000.0).collect(),
            at: 0,
            rate: NonZero::new(16_000).unwrap(),
            volume: 1.0,
            gain: 1.0,
            goal: goal.clone(),
            first: Arc::default(),
            asked: Instant::now(),
            echo: Noted {
                reference: [].into(),
                played: Played::new(),
                course: course(),
                pieces: 0,
                next: None,
            },
        };
        assert!((utterance.nth(8_000).unwrap() - 0.5).abs() < 1e-3);
        goal.set(Manner::Paused);
        let fading: Vec<f32> = utterance.by_ref().take_while(|sample| *sample > 0.0).collect();
        assert!(fading.len() <= 160, "{} samples", fading.len());
        assert!(fading.is_sorted_by(|a, b| a > b), "not at once: that clicks");
        assert!(utterance.by_ref().take(16_000).all(|sample| sample == 0.0), "however long it takes");
        goal.set(Manner::Aloud);
        assert!(
            (utterance.nth(3_200).unwrap() - 0.41).abs() < 0.01,
            "300 ms before she was stopped, and 200 on"
        );
        let rest = utterance.count();
        assert!(rest.abs_diff(16_000 - 6_560) < 10, "to the end: {rest}");
    }

    #[test]
    fn she_is_softer_while_somebody_else_speaks() {
        let goal = Goal::default();
        let mut utterance = Sounding {
            samples: vec![1.0; 16_000].into(),
            at: 0,
            rate: NonZero::new(16_000).unwrap(),
            volume: 0.5,
            gain: 1.0,
            goal: goal.clone(),
            first: Arc::default(),
            asked: Instant::now(),
            echo: Noted {
                reference: [].into(),
                played: Played::new(),
                course: course(),
                pieces: 0,
                next: None,
            },
        };
        let mut after = |seconds: f32| -> f32 { utterance.nth((seconds * 16_000.0) as usize).unwrap() };
        assert!((after(0.1) - 0.5).abs() < 1e-3);
        goal.set(Manner::Softly);
        assert!(after(0.03) > 0.2, "not at once: that clicks");
        assert!((after(0.05) - 0.1).abs() < 1e-3);
        goal.set(Manner::Aloud);
        assert!((after(0.1) - 0.5).abs() < 1e-3);
    }
}
