//! The words of the voice routes.

use luna_core::ports::VoiceReady;
use luna_core::voice::VoiceState;
use luna_model::{Emotion, VoicePhase, VoiceSettings};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A recording in a form.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only its schema is used")]
pub(super) struct Recording {
    /// WAV, WebM, Ogg, MP3 or FLAC.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LunaVoiceWords)]
pub(super) struct Words {
    /// Empty when nobody spoke.
    pub(super) text: String,
    /// The language that was heard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) language: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct Speak {
    pub(super) text: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LunaVoiceSaid)]
pub(super) struct Said {
    pub(super) ok: bool,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LunaVoiceToggled)]
pub(super) struct Toggled {
    pub(super) ok: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EmotionReply {
    /// The likeliest.
    emotion: &'static str,
    confidence: f64,
    scores: Scores,
}

/// Probabilities; they sum to 1.
#[derive(Debug, Serialize, ToSchema)]
struct Scores {
    neutral: f64,
    happy: f64,
    sad: f64,
    angry: f64,
}

impl EmotionReply {
    pub(super) fn from_core(e: Emotion) -> Self {
        let (emotion, confidence) = e.likeliest();
        Self {
            emotion,
            confidence,
            scores: Scores { neutral: e.neutral, happy: e.happy, sad: e.sad, angry: e.angry },
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LunaVoiceStatus)]
pub(super) struct Status {
    wake_word_enabled: bool,
    listening: bool,
    tts_speaking: bool,
    stt_model: String,
    tts_rate: u32,
    /// `off`, `idle`, `listening`, `thinking` or `speaking`.
    state: &'static str,
    wake_word: String,
    /// Who recognises; null when nobody can.
    recogniser: Option<String>,
    /// Who speaks; null when nobody can.
    engine: Option<String>,
    /// What is missing and how to get it.
    missing: Vec<String>,
}

impl Status {
    pub(super) fn from_core(settings: VoiceSettings, state: VoiceState, ready: VoiceReady) -> Self {
        let mut missing = ready.missing;
        missing.extend(state.trouble);
        Self {
            wake_word_enabled: settings.wake_word,
            listening: matches!(state.phase, VoicePhase::Idle | VoicePhase::Listening),
            tts_speaking: state.speaking,
            stt_model: settings.stt_model,
            tts_rate: settings.rate,
            state: match state.phase {
                VoicePhase::Off => "off",
                VoicePhase::Idle => "idle",
                VoicePhase::Listening => "listening",
                VoicePhase::Thinking => "thinking",
                VoicePhase::Speaking => "speaking",
            },
            wake_word: settings.wake_phrase,
            recogniser: ready.recogniser,
            engine: ready.engine,
            missing,
        }
    }
}
