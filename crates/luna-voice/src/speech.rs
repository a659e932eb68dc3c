//! Text into sound, by whoever can: Piper, espeak-ng, the system's own voice, or a configured endpoint.

mod endpoint;
mod program;

use std::path::{Path, PathBuf};

use luna_model::{Error, Result, Secret, VoiceSettings};

use crate::pcm::Pcm;

/// Who speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    /// Piper, with the voice in this file.
    Piper(PathBuf),
    /// espeak-ng.
    Espeak,
    /// `say` of macOS, SAPI of Windows.
    System,
    /// An OpenAI-compatible address.
    Endpoint(String),
}

impl Engine {
    /// What it is called.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Piper(voice) => {
                format!("piper {}", voice.file_stem().unwrap_or_default().to_string_lossy())
            }
            Self::Espeak => "espeak-ng".into(),
            Self::System => "the system's voice".into(),
            Self::Endpoint(url) => url.clone(),
        }
    }

    /// The engine that the settings ask for, or the best that is there. `Unavailable` with what to install.
    pub(crate) fn chosen(settings: &VoiceSettings, models: &Path) -> Result<Self> {
        let endpoint = || settings.tts_url.clone().map(Self::Endpoint);
        let piper = || {
            let voice = piper_voice(models, &settings.voice, &settings.language)?;
            which::which("piper").is_ok().then_some(Self::Piper(voice))
        };
        let espeak = || which::which("espeak-ng").is_ok().then_some(Self::Espeak);
        let system = || cfg!(any(target_os = "macos", windows)).then_some(Self::System);
        let (found, missing) = match settings.engine.as_str() {
            "piper" => (piper(), no_piper(&settings.voice)),
            "espeak-ng" => (espeak(), "espeak-ng is not installed: apt install espeak-ng".into()),
            "system" => (system(), "this system has no voice of its own; choose espeak-ng or piper".into()),
            "endpoint" => (endpoint(), "no endpoint is set: voice.tts_url (TTS_BASE_URL)".into()),
            _ => (
                piper().or_else(system).or_else(espeak).or_else(endpoint),
                format!(
                    "nothing here can speak: install espeak-ng (apt install espeak-ng), or piper: {}",
                    no_piper("")
                ),
            ),
        };
        found.ok_or_else(|| Error::unavailable(missing))
    }

    /// The sound of a sentence.
    pub(crate) async fn speak(
        &self,
        text: &str,
        settings: &VoiceSettings,
        key: Option<&Secret>,
    ) -> Result<Pcm> {
        match self {
            Self::Piper(voice) => program::piper(voice, text, settings).await,
            Self::Espeak => program::espeak(text, settings).await,
            Self::System => program::system(text, settings).await,
            Self::Endpoint(url) => endpoint::speak(url, key, text, settings).await,
        }
    }
}

/// What Piper lacks: the program, a voice, or this one.
fn no_piper(voice: &str) -> String {
    let voice = if voice.is_empty() { "en_US-lessac-medium" } else { voice };
    let fetch = format!("`luna models get piper-{voice}` fetches a voice");
    match which::which("piper") {
        Ok(_) => format!("Piper has no voice here, or not this one: {fetch}"),
        Err(_) => format!("Piper is missing: pip install piper-tts installs it, {fetch}"),
    }
}

/// The voice of this name in the folder of models; without a name the first one of this language (its name begins with
/// it: `de_DE-thorsten-medium`), or of any.
fn piper_voice(models: &Path, name: &str, language: &str) -> Option<PathBuf> {
    let mut voices: Vec<PathBuf> = std::fs::read_dir(models.join("piper"))
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "onnx"))
        // Piper does not speak without the settings of a voice.
        .filter(|path| path.with_extension("onnx.json").is_file())
        .collect();
    voices.sort();
    let stem = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    if name.is_empty() {
        let speaks = |path: &&PathBuf| stem(path).split(['_', '-']).next() == Some(language);
        return voices.iter().find(speaks).or(voices.first()).cloned();
    }
    voices.into_iter().find(|path| stem(path).contains(name))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::pcm::{loudness, resampled};

    /// A sentence by espeak-ng at 16 kHz; none, aloud, where it is not installed.
    pub(crate) fn said(text: &str) -> Option<Vec<f32>> {
        said_by("", text)
    }

    /// The same by a certain voice.
    pub(crate) fn said_by(voice: &str, text: &str) -> Option<Vec<f32>> {
        if which::which("espeak-ng").is_err() {
            eprintln!("SKIPPED: espeak-ng is not installed");
            return None;
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let pcm = runtime
            .block_on(program::espeak(
                text,
                &VoiceSettings { voice: voice.into(), ..VoiceSettings::default() },
            ))
            .unwrap();
        Some(resampled(pcm, 16_000).unwrap().samples)
    }

    #[test]
    fn a_sentence_has_the_length_that_its_rate_says() {
        if said("x").is_none() {
            return;
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let length = |rate| {
            let settings = VoiceSettings { rate, ..VoiceSettings::default() };
            let text = "One two three four five six seven eight nine ten.";
            let pcm = runtime.block_on(program::espeak(text, &settings)).unwrap();
            assert!(loudness(&pcm.samples) > 0.02);
            pcm.seconds()
        };
        let (slow, usual, fast) = (length(90), length(150), length(300));
        assert!(slow > usual * 1.3 && usual > fast * 1.3, "{slow} {usual} {fast}");
    }

    #[test]
    fn a_language_that_it_does_not_speak_is_no_reason_to_be_silent() {
        if said("x").is_none() {
            return;
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let in_language = |language: &str, voice: &str| {
            let (language, voice) = (language.into(), voice.into());
            let settings = VoiceSettings { language, voice, ..VoiceSettings::default() };
            runtime.block_on(program::espeak("What time is it?", &settings)).map(|pcm| pcm.samples)
        };
        assert_eq!(in_language("tlh", "").unwrap(), in_language("", "").unwrap());
        assert_ne!(in_language("de", "").unwrap(), in_language("", "").unwrap());
        assert!(in_language("", "nobody").is_err(), "a voice that was chosen is missed");
    }

    #[test]
    fn a_text_is_never_an_option() {
        let Some(options) = said("--help") else { return };
        assert!(options.len() > 4_000, "it was spoken, not obeyed");
    }

    #[test]
    fn what_is_missing_is_said_with_its_remedy() {
        let models = tempfile::tempdir().unwrap();
        let settings = |engine: &str| VoiceSettings { engine: engine.into(), ..VoiceSettings::default() };
        let error = Engine::chosen(&settings("piper"), models.path()).unwrap_err();
        assert!(error.message.contains("luna models get piper-en_US-lessac-medium"), "{error}");
        let wanted = VoiceSettings { voice: "de_DE-thorsten-medium".into(), ..settings("piper") };
        let error = Engine::chosen(&wanted, models.path()).unwrap_err();
        assert!(error.message.contains("luna models get piper-de_DE-thorsten-medium"), "{error}");
        let error = Engine::chosen(&settings("endpoint"), models.path()).unwrap_err();
        assert!(error.message.contains("voice.tts_url"), "{error}");
    }

    #[test]
    fn a_voice_is_found_by_its_name() {
        let models = tempfile::tempdir().unwrap();
        let folder = models.path().join("piper");
        std::fs::create_dir(&folder).unwrap();
        for name in ["en_US-amy-low", "de_DE-thorsten-medium", "aa_AA-without-settings"] {
            std::fs::write(folder.join(format!("{name}.onnx")), "").unwrap();
            if !name.starts_with("aa") {
                std::fs::write(folder.join(format!("{name}.onnx.json")), "").unwrap();
            }
        }
        let name = |wanted, language| {
            piper_voice(models.path(), wanted, language).map(|p| p.file_stem().unwrap().to_owned())
        };
        assert_eq!(name("", "").unwrap(), "de_DE-thorsten-medium");
        assert_eq!(name("", "en").unwrap(), "en_US-amy-low");
        assert_eq!(name("", "fi").unwrap(), "de_DE-thorsten-medium");
        assert_eq!(name("amy", "de").unwrap(), "en_US-amy-low");
        assert_eq!(name("nobody", ""), None);
    }
}
