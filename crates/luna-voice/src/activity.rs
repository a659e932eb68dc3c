//! Who speaks when: a small neural network says of each 16 ms whether it is speech; loudness over the room's own noise must
//! agree; or loudness alone decides. Utterances begin after a few such frames and end with a pause.

mod energy;

use std::collections::VecDeque;

use luna_core::ports::{SPEECH_RATE, Sound, Speech};
use luna_model::VoiceSettings;

use self::energy::Energy;
use crate::echo::Own;
use crate::pcm::loudness;

/// Samples of a frame: what the network takes.
pub(crate) const FRAME: usize = 256;
/// How sure the network must be that somebody begins, and that they go on. A fan that starts gets to 0.7 for a moment.
const SURE_TO_BEGIN: f32 = 0.75;
const SURE: f32 = 0.5;
/// Frames of speech in a row that begin an utterance: a click is shorter.
const BEGIN: usize = 5;
/// The same while Luna herself may be heard, where a frame counts once more for each time that it is twice as loud as it must
/// be, and one without speech in between takes some away: what takes her out takes a piece of whoever speaks over her with it, now
/// and then. Chosen by what `examples/bench_voice/over_her.rs` prints.
const BEGIN_OVER_HER: usize = 12;
const MOST_OVER_HER: f32 = 4.0;
const LAPSE: usize = 3;
/// Silence, in frames, after which what was said so far is worth understanding.
const BREATH: usize = 13;
/// How often, in frames, it is told what was said while somebody goes on speaking: every half second.
const SO_FAR_EVERY: usize = 31;
/// Silence, in frames, that ends an utterance: half a second.
const END: usize = 31;
/// The same after a short utterance ("hey luna"), which people often go on after.
const END_SHORT: usize = 40;
/// Frames of speech below which an utterance is short.
const SHORT: usize = 50;
/// Frames kept from before the beginning: the first sound of a word is soft.
const BEFORE: usize = 19;
/// Longest utterance, in frames: half a minute, what the recogniser takes at once.
const LONGEST: usize = 30 * SPEECH_RATE as usize / FRAME;
/// Speech is at least so much louder than the room.
const ABOVE_ROOM: f32 = 2.0;
/// Softer than this is silence, however quiet the room.
const SOFTEST: f32 = 0.0025;
/// Frames between two levels.
const LEVEL_EVERY: usize = 8;

/// How speech is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vad {
    /// By the network, and by loudness.
    Neural,
    /// By loudness alone.
    Energy,
}

impl Vad {
    pub(crate) fn of(settings: &VoiceSettings) -> Self {
        if settings.vad == "energy" { Self::Energy } else { Self::Neural }
    }
}

/// What tells speech from the room.
enum Judge {
    Neural {
        network: Box<earshot::Detector>,
        /// How loud the room is.
        room: f32,
    },
    Energy(Energy),
}

/// Hears utterances in a stream.
pub(crate) struct Activity {
    judge: Judge,
    waiting: Vec<f32>,
    before: VecDeque<f32>,
    utterance: Vec<f32>,
    /// Frames of speech in a row, while nothing was begun; over her, what they count.
    run: usize,
    voiced: usize,
    silent: usize,
    begun: bool,
    frames: usize,
    loudest: f32,
}

impl Activity {
    pub(crate) fn new(vad: Vad) -> Self {
        Self {
            judge: match vad {
                Vad::Neural => Judge::Neural { network: Box::default(), room: SOFTEST },
                Vad::Energy => Judge::Energy(Energy::new(SOFTEST)),
            },
            waiting: Vec::new(),
            before: VecDeque::new(),
            utterance: Vec::new(),
            run: 0,
            voiced: 0,
            silent: 0,
            begun: false,
            frames: 0,
            loudest: 0.0,
        }
    }

    /// Takes samples at [`SPEECH_RATE`]. `without_her` takes Luna herself out of each frame, and says how much of what is left
    /// may still be she.
    pub(crate) fn push(
        &mut self,
        samples: &[f32],
        mut without_her: impl FnMut(&mut [f32]) -> Own,
        mut tell: impl FnMut(Sound),
    ) {
        // A broken driver's samples would stay in what is remembered of the room.
        let sound = |s: &f32| if s.is_finite() { s.clamp(-1.0, 1.0) } else { 0.0 };
        self.waiting.extend(samples.iter().map(sound));
        let whole = self.waiting.len() - self.waiting.len() % FRAME;
        let mut frames: Vec<f32> = self.waiting.drain(..whole).collect();
        for frame in frames.chunks_exact_mut(FRAME) {
            let own = without_her(frame);
            self.frame(frame, own, &mut tell);
        }
    }

    /// Whether it is speech.
    fn is_speech(&mut self, frame: &[f32], loud: f32, own: Own) -> bool {
        match &mut self.judge {
            Judge::Neural { network, room } => {
                // Over her its loudness tells more, and the network knows less of what is left of a voice.
                let sure = if self.begun || own.heard { SURE } else { SURE_TO_BEGIN };
                let sure = network.predict_f32(frame) >= sure;
                let above = loud > (*room * ABOVE_ROOM).max(SOFTEST).max(own.least);
                if !sure {
                    // The room gets louder slowly and quieter at once.
                    let pace = if loud < *room { 0.2 } else { 0.02 };
                    *room += (loud - *room) * pace;
                }
                sure && above
            }
            Judge::Energy(energy) => energy.is_above(loud) && loud > SOFTEST.max(own.least),
        }
    }

    fn frame(&mut self, frame: &[f32], own: Own, tell: &mut impl FnMut(Sound)) {
        let loud = loudness(frame);
        self.loudest = self.loudest.max(loud);
        self.frames += 1;
        if self.frames.is_multiple_of(LEVEL_EVERY) {
            // From −50 dB to 0 dB.
            let level = (1.0 + 20.0 * self.loudest.max(1e-5).log10() / 50.0).clamp(0.0, 1.0);
            tell(Sound::Level(f64::from(level)));
            self.loudest = 0.0;
        }
        let speech = self.is_speech(frame, loud, own);
        if !self.begun {
            self.before.extend(frame);
            let begin = if own.heard { BEGIN_OVER_HER } else { BEGIN };
            let keep = (BEFORE + begin) * FRAME;
            let over = self.before.len().saturating_sub(keep);
            self.before.drain(..over);
            self.run = match (speech, own.heard) {
                (true, true) => self.run + over_her(loud, own.least),
                (true, false) => self.run + 1,
                (false, true) => self.run.saturating_sub(LAPSE),
                (false, false) => 0,
            };
            if self.run >= begin {
                self.begun = true;
                self.utterance = self.before.drain(..).collect();
                (self.voiced, self.silent, self.run) = (begin, 0, 0);
                tell(Sound::Began);
            }
            return;
        }
        self.utterance.extend_from_slice(frame);
        if speech {
            self.voiced += 1;
            self.silent = 0;
            // Only in the middle of speech: what is told in a pause would be overtaken by the breath or the end.
            if self.voiced.is_multiple_of(SO_FAR_EVERY) {
                tell(Sound::Speaking(self.said()));
            }
        } else {
            self.silent += 1;
        }
        let end = if self.voiced < SHORT { END_SHORT } else { END };
        if self.silent == BREATH {
            tell(Sound::Pause(self.said()));
        }
        if self.silent >= end || self.utterance.len() >= LONGEST * FRAME {
            let silence_ms = (self.silent * FRAME) as u64 * 1_000 / u64::from(SPEECH_RATE);
            tell(Sound::Ended { speech: self.said(), silence_ms });
            self.begun = false;
            self.utterance.clear();
            self.before.clear();
        }
    }

    /// Ends what is being said now, as when the button is let go.
    pub(crate) fn flush(&mut self, mut tell: impl FnMut(Sound)) {
        if self.begun {
            let silence_ms = (self.silent * FRAME) as u64 * 1_000 / u64::from(SPEECH_RATE);
            tell(Sound::Ended { speech: self.said(), silence_ms });
            self.begun = false;
            self.utterance.clear();
        }
    }

    /// What was said, up to the breath after its last word: the same at the breath and at the end.
    fn said(&self) -> Speech {
        let silence = self.silent.saturating_sub(BREATH) * FRAME;
        Speech(self.utterance[..self.utterance.len() - silence].into())
    }
}

/// What a frame that is louder than it must be not to be hers counts.
fn over_her(loud: f32, least: f32) -> usize {
    let twice = (loud / least.max(f32::MIN_POSITIVE)).log2().floor();
    (1.0 + twice).clamp(1.0, MOST_OVER_HER) as usize
}

/// Whether there is speech in a whole recording, and where: the first and last sample of each utterance.
#[must_use]
pub fn utterances(samples: &[f32]) -> Vec<std::ops::Range<usize>> {
    utterances_by(Vad::Neural, samples)
}

/// The same by another way to find speech.
pub(crate) fn utterances_by(vad: Vad, samples: &[f32]) -> Vec<std::ops::Range<usize>> {
    let mut activity = Activity::new(vad);
    let mut found = Vec::new();
    for (n, piece) in samples.chunks(FRAME).enumerate() {
        let at = (n + 1) * FRAME;
        activity.push(
            piece,
            |_| Own::default(),
            |sound| {
                if let Sound::Ended { speech, silence_ms } = sound {
                    let silent = silence_ms as usize * SPEECH_RATE as usize / 1_000;
                    let last = at.saturating_sub(silent.saturating_sub(BREATH * FRAME)).min(samples.len());
                    found.push(last.saturating_sub(speech.0.len())..last);
                }
            },
        );
    }
    let length = samples.len();
    activity.flush(|sound| {
        if let Sound::Ended { speech, .. } = sound {
            found.push(length.saturating_sub(speech.0.len())..length);
        }
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pcm::tests::{noise, syllables, tone};

    #[test]
    fn noise_and_silence_are_nobody_speaking() {
        let noise: Vec<f32> = noise(1, 48_000).iter().map(|x| x * 0.05).collect();
        assert!(utterances(&vec![0.0; 48_000]).is_empty());
        assert!(utterances(&noise).is_empty());
        let click: Vec<f32> = [vec![0.0; 8_000], tone(900.0, 0.03, 16_000), vec![0.0; 16_000]].concat();
        assert!(utterances(&click).is_empty());
    }

    /// Noise in the course of syllables, of this loudness, over a quiet room: somebody whispers, for all a network can tell.
    fn whisper(seconds: usize, loud: f32) -> Vec<f32> {
        let syllable = syllables(loud, 0.05 * loud);
        noise(1, seconds * 16_000).iter().enumerate().map(|(n, x)| x * syllable(n)).collect()
    }

    #[test]
    fn a_voice_that_the_network_does_not_know_is_found_by_its_loudness() {
        let samples = [vec![0.0; 16_000], whisper(2, 0.1), vec![0.0; 24_000]].concat();
        assert!(utterances(&samples).is_empty(), "the network knows it: it shows nothing");
        let found = utterances_by(Vad::Energy, &samples);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].start.abs_diff(16_000) < 6_400 && found[0].end.abs_diff(48_000) < 6_400,
            "{found:?}"
        );
    }

    #[test]
    fn by_loudness_too_a_room_is_nobody_speaking() {
        let fan: Vec<f32> = noise(1, 160_000).iter().map(|x| x * 0.05).collect();
        let click = [vec![0.0; 8_000], tone(900.0, 0.03, 16_000), vec![0.0; 16_000]].concat();
        assert!(utterances_by(Vad::Energy, &vec![0.0; 48_000]).is_empty());
        assert!(utterances_by(Vad::Energy, &click).is_empty());
        // A fan that starts is taken for somebody for a moment; then it is the room, over which somebody is heard.
        let found = utterances_by(Vad::Energy, &[vec![0.0; 32_000], fan.clone()].concat());
        assert!(found.len() == 1 && found[0].len() < 64_000, "{found:?}");
        let over: Vec<f32> = whisper(10, 0.4)
            .iter()
            .zip(&fan)
            .enumerate()
            .map(|(n, (w, f))| if n > 96_000 && n < 128_000 { w + f } else { *f })
            .collect();
        let found = utterances_by(Vad::Energy, &[vec![0.0; 32_000], over].concat());
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[1].start.abs_diff(128_000) < 8_000, "{found:?}");
    }

    #[test]
    fn samples_that_are_no_numbers_are_silence() {
        for vad in [Vad::Neural, Vad::Energy] {
            let mut activity = Activity::new(vad);
            let mut heard = vec![];
            let mut push =
                |samples: &[f32]| activity.push(samples, |_| Own::default(), |sound| heard.push(sound));
            push(&[f32::NAN; 8_000]);
            push(&[f32::INFINITY; 8_000]);
            assert!(
                heard.iter().all(|sound| matches!(sound, Sound::Level(level) if *level == 0.0)),
                "{vad:?}"
            );
            let Some(voice) = crate::speech::tests::said("Set the volume to thirty, please.") else { return };
            let mut push =
                |samples: &[f32]| activity.push(samples, |_| Own::default(), |sound| heard.push(sound));
            push(&voice);
            push(&[0.0; 16_000]);
            assert_eq!(
                heard.iter().filter(|sound| matches!(sound, Sound::Ended { .. })).count(),
                1,
                "{vad:?}"
            );
        }
    }

    #[test]
    fn what_was_said_is_told_while_somebody_goes_on() {
        let Some(voice) =
            crate::speech::tests::said("I would like you to set the volume to thirty per cent.")
        else {
            return;
        };
        let mut activity = Activity::new(Vad::Neural);
        let mut told = vec![];
        let mut tell = |sound| {
            if let Sound::Speaking(speech) = sound {
                told.push(speech.duration().as_secs_f64());
            }
        };
        activity.push(&voice, |_| Own::default(), &mut tell);
        let spoken = told.len();
        activity.push(&[0.0; 24_000], |_| Own::default(), &mut |sound| {
            assert!(!matches!(sound, Sound::Speaking(_)))
        });
        assert!(spoken >= 3 && told.is_sorted(), "{told:?}");
        assert!(told[0] > 0.4 && told[spoken - 1] > 1.5, "{told:?}");
    }

    #[test]
    fn spoken_words_are_found_where_they_are() {
        let Some(voice) = crate::speech::tests::said("Set the volume to thirty, please.") else { return };
        let long = voice.len();
        let samples = [vec![0.0; 16_000], voice, vec![0.0; 24_000]].concat();
        let found = utterances(&samples);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].start.abs_diff(16_000) < 6_400, "{found:?}");
        assert!(found[0].end.abs_diff(16_000 + long) < 9_600, "{found:?} of {long}");
    }

    #[test]
    fn her_own_voice_is_nobody_speaking() {
        let Some(voice) = crate::speech::tests::said("The weather today is sunny and warm.") else { return };
        let mut activity = Activity::new(Vad::Neural);
        let mut began = 0;
        let hers = |frame: &mut [f32]| Own { least: loudness(frame) * 2.0, heard: true };
        activity.push(&voice, hers, |sound| began += usize::from(matches!(sound, Sound::Began)));
        assert_eq!(began, 0);
    }
}
