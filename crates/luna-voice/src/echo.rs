//! Luna herself in the microphone. What she plays is taken out of what is heard ([`canceller`]); how loud what is left of it
//! may be is learnt ([`rest`]); and where nothing of her comes back ([`returns`]), as through headphones, nothing is touched.

mod canceller;
mod played;
mod rest;
mod returns;

use std::time::{Duration, Instant};

use luna_core::ports::{SPEECH_RATE, Sound};

use self::canceller::Canceller;
pub(crate) use self::played::{Played, SampleClock};
use self::rest::Rest;
use self::returns::Returns;
use crate::activity::{Activity, FRAME, Vad};
use crate::pcm::loudness;

/// How long a frame of the microphone is.
const SLOT: Duration = Duration::from_micros(FRAME as u64 * 1_000_000 / SPEECH_RATE as u64);
/// What is played is looked up so much behind: it is written in lumps, and never heard sooner.
const BEHIND: Duration = Duration::from_millis(10);

/// How much of a frame may be she.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Own {
    /// What is not louder than this may be.
    pub(crate) least: f32,
    /// She is heard in it, or it is not known yet.
    pub(crate) heard: bool,
}

/// Learns how much of what is played comes back, and takes it out.
pub(crate) struct Echo {
    played: Played,
    clock: SampleClock,
    frames: u32,
    canceller: Canceller,
    returns: Returns,
    rest: Rest,
}

impl Echo {
    pub(crate) fn new(played: Played) -> Self {
        Self {
            played,
            clock: SampleClock::default(),
            frames: 0,
            canceller: Canceller::new(),
            returns: Returns::default(),
            rest: Rest::default(),
        }
    }

    /// Takes her out of a frame of the microphone. Asked once a frame.
    pub(crate) fn remove(&mut self, frame: &mut [f32]) -> Own {
        let at = self.clock.at_most(SLOT * self.frames, Instant::now());
        self.frames = self.frames.wrapping_add(1);
        let mut played = [0.0; FRAME];
        let behind = at.checked_sub(BEHIND).unwrap_or(at);
        self.played.read(self.played.sample_at(behind), &mut played);
        self.remove_played(&played, frame)
    }

    fn remove_played(&mut self, played: &[f32], frame: &mut [f32]) -> Own {
        self.returns.hear(loudness(played), loudness(frame));
        if self.returns.is_silent() {
            self.canceller.pause();
            return Own::default();
        }
        let mut clean = [0.0; FRAME];
        let clean = &mut clean[..frame.len()];
        clean.copy_from_slice(frame);
        self.canceller.clean(&played[..frame.len()], clean);
        let rest = self.rest.least(self.returns.loudest(rest::REACH), loudness(clean));
        if self.returns.is_unheard() {
            return Own { least: self.returns.leak(), heard: false };
        }
        frame.copy_from_slice(clean);
        Own { least: rest, heard: true }
    }
}

/// The sample by which somebody is noticed who speaks in what is heard while this is played, both at [`SPEECH_RATE`] and by one
/// clock.
#[must_use]
pub fn noticed_over(played: &[f32], heard: &[f32]) -> Option<usize> {
    let mut echo = Echo::new(Played::new());
    let mut activity = Activity::new(Vad::Neural);
    let frames = played.chunks_exact(FRAME).zip(heard.chunks_exact(FRAME));
    frames.enumerate().find_map(|(n, (played, heard))| {
        let mut noticed = None;
        let hers = |frame: &mut [f32]| echo.remove_played(played, frame);
        activity.push(heard, hers, |sound| {
            if matches!(sound, Sound::Began) {
                noticed = Some((n + 1) * FRAME);
            }
        });
        noticed
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pcm::tests::{noise, syllables};
    use crate::speech::tests::{said, said_by};

    /// What is left of ten seconds that come back like this, frame by frame, and what is said of it.
    fn through(back: impl Fn(&[f32]) -> Vec<f32>) -> Vec<(f32, f32, Own)> {
        let syllable = syllables(0.2, 0.0);
        let played: Vec<f32> = noise(3, 160_000).iter().enumerate().map(|(n, x)| x * syllable(n)).collect();
        let mut heard = back(&played);
        let mut echo = Echo::new(Played::new());
        let frames = played.chunks_exact(FRAME).zip(heard.chunks_exact_mut(FRAME));
        let remove = |(played, heard): (&[f32], &mut [f32])| {
            let before = loudness(heard);
            let own = echo.remove_played(played, heard);
            (before, loudness(heard), own)
        };
        frames.map(remove).collect()
    }

    #[test]
    fn before_a_loudspeaker_she_is_taken_out_and_what_is_left_is_known_as_hers() {
        let later = |played: &[f32]| -> Vec<f32> {
            let late = 1_600;
            (0..played.len()).map(|n| n.checked_sub(late).map_or(0.0, |n| 0.5 * played[n])).collect()
        };
        let frames = through(later);
        assert!(frames.iter().all(|(_, _, own)| own.heard));
        let settled = &frames[300..];
        let sum = |of: fn(&(f32, f32, Own)) -> f32| settled.iter().map(of).sum::<f32>();
        assert!(sum(|f| f.1) < 0.1 * sum(|f| f.0), "{} of {}", sum(|f| f.1), sum(|f| f.0));
        let over = settled.iter().filter(|(_, left, own)| *left > own.least).count();
        assert!(over * 100 < settled.len(), "{over} of {} frames are somebody else's", settled.len());
    }

    #[test]
    fn through_headphones_nothing_is_touched() {
        let frames = through(|played| noise(4, played.len()).iter().map(|x| 0.002 * x).collect());
        for (before, after, own) in &frames[300..] {
            assert_eq!(before, after);
            assert!(!own.heard && own.least < 0.03, "{own:?}");
        }
    }

    /// What she tells.
    const STORY: &str = "Once upon a time there was a moon who lived alone above a lake where nobody ever came and who counted \
        the fishes and the stars and the boats that went by and never forgot a single one of them until somebody told it to stop";

    /// What she says comes back 60 ms later, and softer from a wall; after so many samples somebody begins to speak.
    fn heard(hers: &[f32], theirs: &[f32], after: usize) -> Vec<f32> {
        let back = |n: usize, late: usize| n.checked_sub(late).map_or(0.0, |n| hers[n]);
        let said = |n: usize| n.checked_sub(after).and_then(|n| theirs.get(n)).copied().unwrap_or_default();
        let room = noise(9, hers.len());
        (0..hers.len()).map(|n| back(n, 960) + 0.3 * back(n, 1_500) + said(n) + 0.001 * room[n]).collect()
    }

    #[test]
    fn who_speaks_over_her_is_noticed_soon_and_she_herself_is_not() {
        let Some(hers) = said(STORY) else { return };
        assert_eq!(noticed_over(&hers, &heard(&hers, &[], 0)), None, "she is nobody else");
        for voice in ["en-us+f3", "en-gb-scotland", "en-us+m3"] {
            for words in ["Please stop that now", "Hey Luna, stop", "Wait a moment, what did you say?"] {
                for after in [32_000, 40_000, 50_000] {
                    let theirs = said_by(voice, words).unwrap();
                    let begins = theirs.iter().position(|x| x.abs() > 0.01).unwrap();
                    let noticed = noticed_over(&hers, &heard(&hers, &theirs, after)).unwrap();
                    let late = noticed.checked_sub(after + begins).expect("she is nobody else") / 16;
                    assert!(late < 350, "{voice}, {words}, {after}: noticed after {late} ms");
                }
            }
        }
    }
}
