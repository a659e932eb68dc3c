//! Hearing and speaking: microphone, voice activity, speech to text, speech, emotion. Audio threads live only here. It
//! decides nothing: to whom Luna listens and what she answers is the core's affair.
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sound is counted in samples and milliseconds that fit any number"
)]

mod activity;
mod capture;
mod decode;
mod echo;
pub mod emotion;
pub mod models;
mod pcm;
mod playback;
mod recognise;
mod speaker;
mod speech;
pub mod wake;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use cpal::traits::{DeviceTrait as _, HostTrait as _};
use futures::StreamExt as _;
use futures::stream::BoxStream;
use luna_core::ports::{
    AudioDevice, Hints, Manner, Secrets, Sound, Speech, Spoken, Transcript, Voice, VoicePrint, VoiceReady,
};
use luna_model::{Emotion, Error, Result, Secret, VoiceSettings};
use tokio_util::sync::CancellationToken;

pub use activity::utterances;
pub use capture::dropped_samples;
pub use echo::noticed_over;

/// Under this name the key of the speech endpoints is kept: the one of the provider that invented their form.
const KEY: &str = "OPENAI_API_KEY";

/// This machine's ears and mouth.
pub struct LocalVoice {
    models: PathBuf,
    secrets: Arc<dyn Secrets>,
    recogniser: recognise::Recogniser,
    playback: playback::Playback,
    played: echo::Played,
    /// What was learnt of the way from the loudspeaker to a microphone, while it is closed.
    learnt: capture::Learnt,
}

impl LocalVoice {
    /// Ears and a mouth whose models lie in this folder. Touches no device yet.
    #[must_use]
    pub fn new(models: PathBuf, secrets: Arc<dyn Secrets>) -> Self {
        let played = echo::Played::new();
        Self {
            recogniser: recognise::Recogniser::new(models.clone()),
            playback: playback::Playback::new(played.clone()),
            models,
            secrets,
            played,
            learnt: capture::Learnt::default(),
        }
    }

    async fn key(&self) -> Option<Secret> {
        self.secrets.get(KEY).await.unwrap_or_default()
    }
}

#[async_trait]
impl Voice for LocalVoice {
    async fn ready(&self, settings: &VoiceSettings) -> VoiceReady {
        let mut ready = tokio::task::spawn_blocking(devices).await.unwrap_or_default();
        if ready.inputs.is_empty() {
            ready
                .missing
                .push("There is no microphone; plug one in, or start PipeWire or PulseAudio.".into());
        }
        if ready.outputs.is_empty() {
            ready
                .missing
                .push("There is no loudspeaker; plug one in, or start PipeWire or PulseAudio.".into());
        }
        ready.knows_phrase = wake::knows(&settings.wake_phrase);
        match self.recogniser.chosen(settings) {
            Ok(name) => ready.recogniser = Some(name),
            Err(error) => ready.missing.push(error.message),
        }
        match speech::Engine::chosen(settings, &self.models) {
            Ok(engine) => ready.engine = Some(engine.name()),
            Err(error) => ready.missing.push(error.message),
        }
        ready
    }

    async fn decode(&self, recording: Vec<u8>) -> Result<Speech> {
        blocking(move || decode::speech(recording)).await?
    }

    async fn may_be_called(&self, speech: &Speech, settings: &VoiceSettings) -> bool {
        if !wake::knows(&settings.wake_phrase) {
            return true;
        }
        let (speech, sensitivity) = (speech.clone(), settings.wake_sensitivity);
        blocking(move || wake::may_call(&speech.0, sensitivity)).await.unwrap_or(true)
    }

    async fn voice_print(&self, speech: &Speech) -> Result<VoicePrint> {
        let speech = speech.clone();
        blocking(move || speaker::voice_of(&speech).map(VoicePrint)).await?
    }

    async fn transcribe(&self, speech: Speech, settings: &VoiceSettings, hints: Hints) -> Result<Transcript> {
        let key = if settings.stt_url.is_some() { self.key().await } else { None };
        self.recogniser.transcribe(speech, settings, hints, key.as_ref()).await
    }

    async fn emotion(&self, speech: Speech) -> Result<Emotion> {
        blocking(move || emotion::of(&speech)).await?
    }

    async fn say(&self, text: &str, settings: &VoiceSettings, stop: CancellationToken) -> Result<Spoken> {
        let asked = Instant::now();
        let engine = speech::Engine::chosen(settings, &self.models)?;
        let key = if settings.tts_url.is_some() { self.key().await } else { None };
        let pcm = tokio::select! {
            pcm = engine.speak(text, settings, key.as_ref()) => pcm?,
            () = stop.cancelled() => return Ok(Spoken { first_sound_ms: None, stopped: true }),
        };
        let volume = f32::from(settings.volume.min(100)) / 100.0;
        self.playback.play(pcm, volume, &settings.output, stop, asked).await
    }

    fn about_to_say(&self, settings: &VoiceSettings) {
        self.playback.open(&settings.output);
    }

    fn speak_so(&self, manner: Manner) {
        self.playback.speak_so(manner);
    }

    async fn listen(&self, settings: &VoiceSettings) -> Result<BoxStream<'static, Sound>> {
        let (learnt, played) = (Arc::clone(&self.learnt), self.played.clone());
        let vad = activity::Vad::of(settings);
        let sounds = capture::listen(settings.input.clone(), vad, learnt, played).await?;
        Ok(futures::stream::unfold(sounds, |mut sounds| async move {
            sounds.recv().await.map(|sound| (sound, sounds))
        })
        .boxed())
    }
}

/// The microphones and loudspeakers, the system's own choice first.
fn devices() -> VoiceReady {
    let host = cpal::default_host();
    let shown = |device: cpal::Device| {
        let id = device.id().ok()?.to_string();
        let name = device.description().map_or_else(|_| id.clone(), |d| d.name().to_owned());
        Some(AudioDevice { id, name })
    };
    let listed = |all: Vec<cpal::Device>, default: Option<cpal::Device>| {
        let default = default.and_then(shown);
        let mut all: Vec<_> = all.into_iter().filter_map(shown).collect();
        all.sort_by_key(|device| Some(device) != default.as_ref());
        all
    };
    VoiceReady {
        inputs: listed(
            host.input_devices().map(Iterator::collect).unwrap_or_default(),
            host.default_input_device(),
        ),
        outputs: listed(
            host.output_devices().map(Iterator::collect).unwrap_or_default(),
            host.default_output_device(),
        ),
        ..VoiceReady::default()
    }
}

/// Runs what computes where it may take its time.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)
}
