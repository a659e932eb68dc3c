//! Hearing and speaking: what is set, what state it is in, and how long each stage of a spoken turn took.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the user can set about hearing and speaking.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default)]
pub struct VoiceSettings {
    /// Keep the microphone closed, whatever else is set or pressed.
    pub muted: bool,
    /// Listen for the wake phrase. Off = the microphone is open only while the user holds or has pressed the button.
    pub wake_word: bool,
    /// What wakes her.
    pub wake_phrase: String,
    /// How easily she hears the wake phrase, 0 to 100: higher misses less and listens up more often in vain;
    /// at 100 everything that is said is put into words.
    pub wake_sensitivity: u8,
    /// Only the voice that was learnt wakes her; as long as none was, everybody's does.
    pub only_known: bool,
    /// How speech is found: `neural`, which knows a voice from noise, or `energy`, by loudness alone, which also finds
    /// whispered and distorted voices.
    pub vad: String,
    /// The whisper model, by name: `tiny`, `base.en`, `large-v3`.
    pub stt_model: String,
    /// An OpenAI-compatible address that transcribes instead: `http://127.0.0.1:8000/v1`.
    pub stt_url: Option<String>,
    /// The language that is spoken, as `en`; empty = heard.
    pub language: String,
    /// Speak the answers to what was spoken.
    pub speak_answers: bool,
    /// `auto`, `piper`, `espeak-ng`, `system` or `endpoint`.
    pub engine: String,
    /// An OpenAI-compatible address that speaks, for the engine `endpoint`.
    pub tts_url: Option<String>,
    /// The engine's voice; empty = its own choice.
    pub voice: String,
    /// Words a minute.
    pub rate: u32,
    /// How loud she speaks, 0 to 100.
    pub volume: u8,
    /// The microphone, by its id; empty = the system's choice.
    pub input: String,
    /// The loudspeaker, by its id; empty = the system's choice.
    pub output: String,
    /// Seconds after an answer in which she listens without the wake phrase.
    pub follow_up_s: u32,
    /// Pause when somebody begins to speak, and stop when they say something.
    pub barge_in: bool,
    /// Let the tone of voice inform the answer.
    pub emotion: bool,
}

impl Default for VoiceSettings {
    fn default() -> Self {
        Self {
            muted: false,
            wake_word: false,
            wake_phrase: "hey luna".into(),
            wake_sensitivity: 50,
            only_known: false,
            vad: "neural".into(),
            stt_model: "base".into(),
            stt_url: None,
            language: String::new(),
            speak_answers: true,
            engine: "auto".into(),
            tts_url: None,
            voice: String::new(),
            rate: 150,
            volume: 100,
            input: String::new(),
            output: String::new(),
            follow_up_s: 8,
            barge_in: true,
            emotion: true,
        }
    }
}

/// What she is doing with her ears and her mouth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum VoicePhase {
    /// The microphone is closed.
    #[default]
    Off,
    /// She waits for the wake phrase.
    Idle,
    /// She listens.
    Listening,
    /// She works on the answer.
    Thinking,
    /// She speaks.
    Speaking,
}

/// How one spoken turn went: milliseconds a stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct VoiceTurn {
    /// When it ended.
    pub at: Timestamp,
    /// What was understood.
    pub heard: String,
    /// What was answered.
    pub answered: String,
    /// How long was spoken.
    pub speech_ms: u64,
    /// From the last word until the text was there: the pause that ends a sentence, and the recogniser.
    pub recognise_ms: u64,
    /// From the text to the first sentence of the answer.
    pub think_ms: u64,
    /// From the first sentence to its first sound; none when nothing was spoken.
    pub sound_ms: Option<u64>,
    /// Whether the user spoke over the answer.
    pub interrupted: bool,
    /// What was slow and why, when something was.
    pub slow: Option<String>,
}

/// How something was said. The four sum to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Emotion {
    /// Without particular feeling.
    pub neutral: f64,
    /// Happy.
    pub happy: f64,
    /// Sad.
    pub sad: f64,
    /// Angry.
    pub angry: f64,
}

impl Emotion {
    /// The likeliest, with its probability.
    #[must_use]
    pub fn likeliest(&self) -> (&'static str, f64) {
        let all =
            [("neutral", self.neutral), ("happy", self.happy), ("sad", self.sad), ("angry", self.angry)];
        // Of equals the first, so that silence is neutral.
        all.into_iter()
            .fold(("neutral", self.neutral), |best, next| if next.1 > best.1 { next } else { best })
    }
}
