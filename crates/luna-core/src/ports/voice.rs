//! Ears and a mouth: the microphone, the recogniser, the voice.

use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::BoxStream;
use luna_model::{Emotion, Result, VoiceSettings};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

/// Samples a second of [`Speech`].
pub const SPEECH_RATE: u32 = 16_000;

/// Mono sound at [`SPEECH_RATE`], −1 to 1.
#[derive(Clone, Debug, Default)]
pub struct Speech(pub Arc<[f32]>);

impl Speech {
    /// How long it is.
    #[must_use]
    pub fn duration(&self) -> std::time::Duration {
        std::time::Duration::from_millis(self.0.len() as u64 * 1_000 / u64::from(SPEECH_RATE))
    }
}

/// The direction of a voice: much the same whenever the same person speaks. Of length 1.
#[derive(Clone, Debug, PartialEq)]
pub struct VoicePrint(pub Vec<f32>);

impl VoicePrint {
    /// A direction of any length.
    #[must_use]
    pub fn new(mut direction: Vec<f32>) -> Self {
        let long = direction.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-9);
        direction.iter_mut().for_each(|x| *x /= long);
        Self(direction)
    }

    /// What several prints of the same person have in common.
    #[must_use]
    pub fn mean(prints: &[Self]) -> Self {
        let mut sum = vec![0.0; prints.first().map_or(0, |print| print.0.len())];
        for print in prints {
            sum.iter_mut().zip(&print.0).for_each(|(sum, x)| *sum += x);
        }
        Self::new(sum)
    }

    /// How alike two voices are, at most 1.
    #[must_use]
    pub fn alike(&self, other: &Self) -> f32 {
        self.0.iter().zip(&other.0).map(|(a, b)| a * b).sum()
    }
}

/// What helps to understand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// Names and words that are likely, as a sentence.
    pub words: String,
    /// The language, as `en`; empty = heard.
    pub language: String,
    /// More will be said, and this is only shown meanwhile: sooner is better than exact.
    pub interim: bool,
}

/// What was understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transcript {
    /// The words; empty when nobody spoke.
    pub text: String,
    /// The language, when it was heard.
    pub language: Option<String>,
}

/// What the microphone brings.
#[derive(Clone, Debug)]
pub enum Sound {
    /// How loud it is, 0 to 1; a few times a second.
    Level(f64),
    /// Somebody began to speak.
    Began,
    /// Somebody goes on speaking: what was said since it began; about twice a second.
    Speaking(Speech),
    /// A breath: what was said since it began. More may follow.
    Pause(Speech),
    /// Somebody stopped: all that was said, and how long the silence was that told so.
    Ended {
        /// What was said.
        speech: Speech,
        /// The silence after it, in milliseconds.
        silence_ms: u64,
    },
    /// The microphone went away; why. It is looked for again.
    Lost(String),
    /// It is there again.
    Back,
}

/// How something was spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// From the request to the first sound, in milliseconds; none when there was nothing to say.
    pub first_sound_ms: Option<u64>,
    /// Whether it was stopped before its end.
    pub stopped: bool,
}

/// How she speaks while somebody else may be speaking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    /// As loud as the settings say.
    #[default]
    Aloud,
    /// Easy to talk over.
    Softly,
    /// Not at all; she goes on where she was.
    Paused,
}

/// A microphone or loudspeaker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioDevice {
    /// How it is told apart.
    pub id: String,
    /// What it is called.
    pub name: String,
}

/// What there is to hear and speak with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoiceReady {
    /// The microphones.
    pub inputs: Vec<AudioDevice>,
    /// The loudspeakers.
    pub outputs: Vec<AudioDevice>,
    /// Who recognises: "whisper base", "http://…"; none when nobody can.
    pub recogniser: Option<String>,
    /// Who speaks: "espeak-ng"; none when nobody can.
    pub engine: Option<String>,
    /// Whether the wake phrase is known by its sound; otherwise everything that is said is put into words to find it.
    pub knows_phrase: bool,
    /// What is missing and how to get it, a sentence each.
    pub missing: Vec<String>,
}

/// Ears and a mouth. What the machine lacks is `Unavailable`, with what is missing and how to get it.
#[async_trait]
pub trait Voice: Send + Sync {
    /// What there is. Asks the system; takes a moment.
    async fn ready(&self, settings: &VoiceSettings) -> VoiceReady;

    /// Reads a recording: WAV, WebM, Ogg, MP3, FLAC. `Invalid` when it is none of these or broken, `LimitReached` when it
    /// is too long.
    async fn decode(&self, recording: Vec<u8>) -> Result<Speech>;

    /// Whether it may begin with the wake phrase, by its sound alone: quick, and what it lets through is confirmed by the
    /// words. True when it cannot be told.
    async fn may_be_called(&self, speech: &Speech, settings: &VoiceSettings) -> bool;

    /// Whose voice it is, as a direction. `Invalid` when it is too short to tell.
    async fn voice_print(&self, speech: &Speech) -> Result<VoicePrint>;

    /// The words of it.
    async fn transcribe(&self, speech: Speech, settings: &VoiceSettings, hints: Hints) -> Result<Transcript>;

    /// How it was said. `Invalid` when it is too short to tell.
    async fn emotion(&self, speech: Speech) -> Result<Emotion>;

    /// Says it and returns when it has been played, or `stop` was cancelled. What is said before is finished first.
    async fn say(&self, text: &str, settings: &VoiceSettings, stop: CancellationToken) -> Result<Spoken>;

    /// Something will be said soon: opens the loudspeaker meanwhile, which takes longer than making the first sentence.
    fn about_to_say(&self, settings: &VoiceSettings);

    /// Speaks like this from now on, also what is being said already.
    fn speak_so(&self, manner: Manner);

    /// Opens the microphone. Dropping the stream closes it.
    async fn listen(&self, settings: &VoiceSettings) -> Result<BoxStream<'static, Sound>>;
}
