//! Sound into words: whisper.cpp on a thread of its own, loaded with the first request and freed when idle; or a configured
//! endpoint. What nobody said is not understood: silence and noise never reach a model, and what models make up is dropped.

mod endpoint;
mod imagined;
#[cfg(feature = "whisper")]
mod whisper;

use std::path::PathBuf;

use luna_core::ports::{Hints, Speech, Transcript};
use luna_model::{Error, Result, Secret, VoiceSettings};

use crate::activity::{self, Vad};

/// Shorter than this is no word.
const SHORTEST: std::time::Duration = std::time::Duration::from_millis(100);

/// The recognisers.
pub(crate) struct Recogniser {
    models: PathBuf,
    #[cfg(feature = "whisper")]
    whisper: whisper::Thread,
}

impl Recogniser {
    pub(crate) fn new(models: PathBuf) -> Self {
        Self {
            models,
            #[cfg(feature = "whisper")]
            whisper: whisper::Thread::default(),
        }
    }

    /// Who will recognise; `Unavailable` with what is missing.
    pub(crate) fn chosen(&self, settings: &VoiceSettings) -> Result<String> {
        match &settings.stt_url {
            Some(url) => Ok(url.clone()),
            None => self.whisper_file(&settings.stt_model).map(|_| format!("whisper {}", settings.stt_model)),
        }
    }

    pub(crate) async fn transcribe(
        &self,
        speech: Speech,
        settings: &VoiceSettings,
        hints: Hints,
        key: Option<&Secret>,
    ) -> Result<Transcript> {
        // Said before anything is computed: without a recogniser silence would look like one that works.
        self.chosen(settings)?;
        let (heard, vad) = (speech.clone(), Vad::of(settings));
        let spoken = tokio::task::spawn_blocking(move || activity::utterances_by(vad, &heard.0));
        if speech.duration() < SHORTEST || spoken.await.map_err(Error::internal)?.is_empty() {
            return Ok(Transcript::default());
        }
        let seconds = speech.duration().as_secs_f64();
        let transcript = match &settings.stt_url {
            Some(url) => endpoint::transcribe(url, key, speech, &hints).await?,
            None => self.by_whisper(speech, settings, hints).await?,
        };
        Ok(Transcript { text: imagined::without(&transcript.text, seconds), ..transcript })
    }

    #[cfg(feature = "whisper")]
    async fn by_whisper(&self, speech: Speech, settings: &VoiceSettings, hints: Hints) -> Result<Transcript> {
        let file = self.whisper_file(&settings.stt_model)?;
        self.whisper.transcribe(file, speech, hints).await
    }

    #[cfg(not(feature = "whisper"))]
    #[allow(clippy::unused_async, reason = "the same as with whisper")]
    async fn by_whisper(&self, _: Speech, settings: &VoiceSettings, _: Hints) -> Result<Transcript> {
        self.whisper_file(&settings.stt_model).map(|_| Transcript::default())
    }

    /// The model's file, when it is there and can be used.
    fn whisper_file(&self, name: &str) -> Result<PathBuf> {
        if !cfg!(feature = "whisper") {
            return Err(Error::unavailable(
                "this Luna was built without whisper; set voice.stt_url (STT_BASE_URL) to an OpenAI-compatible address",
            ));
        }
        #[cfg(target_arch = "x86_64")]
        if !(is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("f16c"))
        {
            return Err(Error::unavailable(
                "speech recognition needs a processor with AVX2 (any since about 2014); set voice.stt_url (STT_BASE_URL) to a \
                 machine that has one",
            ));
        }
        let model = crate::models::whisper(name)?;
        let file = model.file(&self.models);
        if file.is_file() {
            return Ok(file);
        }
        Err(Error::unavailable(format!(
            "the speech model {name} is not here: `luna models get whisper-{name}` fetches it ({} MB), or put ggml-{name}.bin \
             into {}",
            model.megabytes,
            file.parent().unwrap_or(&self.models).display()
        )))
    }
}
