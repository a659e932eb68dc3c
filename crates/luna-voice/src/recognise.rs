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
use crate::models::{self, WhisperModel};

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
            None => self.whisper_file(settings).map(|(model, _)| format!("whisper {}", model.name)),
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
        let (_, file) = self.whisper_file(settings)?;
        self.whisper.transcribe(file, speech, hints).await
    }

    #[cfg(not(feature = "whisper"))]
    #[allow(clippy::unused_async, reason = "the same as with whisper")]
    async fn by_whisper(&self, _: Speech, settings: &VoiceSettings, _: Hints) -> Result<Transcript> {
        self.whisper_file(settings).map(|_| Transcript::default())
    }

    /// The model and its file, when one is there and can be used.
    fn whisper_file(&self, settings: &VoiceSettings) -> Result<(WhisperModel, PathBuf)> {
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
        let name = &settings.stt_model;
        if let Some(found) = models::nearest(name, &settings.language, &self.models)? {
            return Ok(found);
        }
        let model = models::whisper(name)?;
        let file = model.file(&self.models);
        Err(Error::unavailable(format!(
            "the speech model {name} is not here: `luna models get whisper-{name}` fetches it ({} MB), or put ggml-{name}.bin \
             into {}",
            model.megabytes,
            file.parent().unwrap_or(&self.models).display()
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pcm::tests::{noise, tone};

    /// The real model that is in LUNA_MODELS_DIR, and its folder; none, aloud, where there is none.
    pub(super) fn real_model() -> Option<(PathBuf, PathBuf)> {
        let folder = std::env::var_os("LUNA_MODELS_DIR").map(PathBuf::from);
        let found = folder.and_then(|folder| {
            let (_, file) = models::nearest("tiny.en", "en", &folder).ok()??;
            Some((folder, file))
        });
        if found.is_none() {
            eprintln!("SKIPPED: no whisper model under LUNA_MODELS_DIR");
        }
        found
    }

    /// Sounds of a room in which nobody speaks, each four seconds long.
    fn nobody() -> Vec<(&'static str, Vec<f32>)> {
        let noise =
            |samples: usize, loud: f32| -> Vec<f32> { noise(1, samples).iter().map(|x| x * loud).collect() };
        let mix = |sounds: &[Vec<f32>]| -> Vec<f32> {
            (0..64_000).map(|n| sounds.iter().map(|s| s.get(n).copied().unwrap_or(0.0)).sum()).collect()
        };
        let chord = |notes: [f32; 3], loud: f32| {
            mix(&notes.map(|note| {
                tone(note, 1.0, 16_000)
                    .iter()
                    .enumerate()
                    .map(|(n, s)| s * loud * (-3.0 * n as f32 / 16_000.0).exp())
                    .collect()
            }))[..16_000]
                .to_vec()
        };
        let music =
            [[262.0, 330.0, 392.0], [220.0, 262.0, 330.0], [175.0, 220.0, 262.0], [196.0, 247.0, 294.0]];
        let every = |gap: usize, sound: &dyn Fn() -> Vec<f32>| -> Vec<f32> {
            let mut all = vec![0.0; 64_000];
            for at in (0..64_000 - gap).step_by(gap) {
                for (n, s) in sound().into_iter().enumerate() {
                    all[at + n] += s;
                }
            }
            all
        };
        let fan = noise(64_000, 0.1);
        // A one-pole low pass: wind.
        let wind: Vec<f32> = fan
            .iter()
            .scan(0.0_f32, |low, s| {
                *low += (s * 3.0 - *low) * 0.02;
                Some(*low)
            })
            .collect();
        let click = noise(80, 0.6);
        let breath = noise(9_600, 0.03);
        vec![
            ("silence", vec![0.0; 64_000]),
            ("a fan", fan),
            ("wind", wind),
            ("mains hum", mix(&[tone(50.0, 4.0, 16_000), tone(150.0, 4.0, 16_000)])),
            ("a beep", tone(1_000.0, 4.0, 16_000)),
            (
                "a telephone",
                every(8_000, &|| {
                    mix(&[tone(440.0, 0.25, 16_000), tone(480.0, 0.25, 16_000)])[..4_000].to_vec()
                }),
            ),
            ("chords", music.iter().flat_map(|notes| chord(*notes, 0.4)).collect()),
            (
                "a melody",
                [262.0, 294.0, 330.0, 349.0, 392.0, 440.0, 494.0, 523.0]
                    .iter()
                    .flat_map(|note| tone(*note, 0.5, 16_000))
                    .collect(),
            ),
            ("keys", every(2_400, &|| click.clone())),
            ("breath", every(20_000, &|| breath.clone())),
        ]
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn where_nobody_speaks_nothing_is_understood() {
        let Some((folder, _)) = real_model() else { return };
        let recogniser = Recogniser::new(folder);
        let mut understood = vec![];
        // Nor is she called where she waits for it.
        for (vad, words) in [("neural", ""), ("energy", ""), ("energy", "Hey Luna.")] {
            let settings =
                VoiceSettings { stt_model: "tiny.en".into(), vad: vad.into(), ..VoiceSettings::default() };
            for (what, sound) in nobody() {
                let hints = Hints { words: words.into(), ..Hints::default() };
                let heard =
                    recogniser.transcribe(Speech(sound.into()), &settings, hints, None).await.unwrap();
                let called = luna_core::voice::after_phrase(&heard.text, "hey luna").is_some();
                if called || (words.is_empty() && !heard.text.is_empty()) {
                    understood.push(format!("{what} ({vad}, {words}): {:?}", heard.text));
                }
            }
        }
        assert!(understood.is_empty(), "{understood:#?}");
    }
}
