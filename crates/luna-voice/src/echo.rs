//! Luna herself in the microphone. What she plays is taken out of what is heard ([`canceller`]); how loud what is left of it
//! may be is learnt ([`rest`]); and where nothing of her comes back ([`returns`]), as through headphones, nothing is touched.

mod canceller;
mod played;
mod rest;
mod returns;

use std::time::{Duration, Instant};

use luna_core::ports::SPEECH_RATE;

use self::canceller::Canceller;
pub(crate) use self::played::{Played, SampleClock};
use self::rest::Rest;
use self::returns::Returns;
use crate::activity::FRAME;
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
        let out = loudness(played);
        let returned = self.returns.least(out, loudness(frame));
        if self.returns.is_silent() {
            self.rest.least(out, loudness(frame));
            self.canceller.rest();
            return Own::default();
        }
        let mut clean = [0.0; FRAME];
        let clean = &mut clean[..frame.len()];
        clean.copy_from_slice(frame);
        self.canceller.clean(&played[..frame.len()], clean);
        let rest = self.rest.least(out, loudness(clean));
        if self.returns.is_unheard() {
            return Own { least: returned, heard: false };
        }
        frame.copy_from_slice(clean);
        Own { least: rest, heard: true }
    }
}
