//! Whose voice wakes her: five sentences make a voice print, which lies where keys lie and goes nowhere; what begins with
//! her name and sounds like somebody else is not for her. It is a convenience against a television or a guest, no lock:
//! what is said still passes the gate.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use futures::StreamExt as _;
use luna_model::{Error, Result, Secret, SettingsPatch};
use parking_lot::Mutex;
use serde_json::json;

use super::Press;
use crate::Luna;
use crate::ports::{Sound, Speech, VoicePrint};

/// Under this name the print is kept.
const NAME: &str = "VOICE_PRINT";
/// Sentences that make a print.
pub const SENTENCES: usize = 5;
/// So alike a voice is its owner's: of plain sentences hardly any of the owner's is less, and one in eight of a stranger's more.
pub const ALIKE: f32 = 0.8;
/// The sentences of a print are at least so alike, or one of them was somebody else or a noise.
const SAME_SPEAKER: f32 = 0.65;
/// Shorter than this is no sentence.
const SHORTEST: Duration = Duration::from_millis(1_200);
/// How long a sentence is waited for.
const PATIENCE: Duration = Duration::from_secs(15);
/// Where strangers are taken for the owner as often as the owner for a stranger: per cent of plain sentences, of their
/// first 1.3 s, and with acted feelings. Measured by `bench_voice` on people of EmoDB, whom the network never heard.
pub const EQUAL_ERROR: [f32; 3] = [0.5, 2.7, 18.9];

/// How far she knows the owner's voice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Whether there is a print.
    pub known: bool,
    /// Sentences heard for one that is being made.
    pub heard: usize,
}

/// A print that is being made.
#[derive(Default)]
pub(super) struct Learning {
    heard: Mutex<Vec<VoicePrint>>,
    /// How many listen for a sentence now; meanwhile nothing that is said is for her.
    listens: AtomicUsize,
}

impl Learning {
    pub(super) fn listens(&self) -> bool {
        self.listens.load(Ordering::Relaxed) > 0
    }
}

/// Listens while it lives.
struct Listening<'a>(&'a Learning);

impl<'a> Listening<'a> {
    fn new(learning: &'a Learning) -> Self {
        learning.listens.fetch_add(1, Ordering::Relaxed);
        Self(learning)
    }
}

impl Drop for Listening<'_> {
    fn drop(&mut self) {
        self.0.listens.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Luna {
    /// Whether she knows the owner's voice.
    ///
    /// # Errors
    /// When the secrets cannot be read.
    pub async fn known_voice(&self) -> Result<Known> {
        let heard = self.voice_control().learning.heard.lock().len();
        Ok(Known { known: self.print().await?.is_some(), heard })
    }

    /// Hears one more of the sentences that make a print; with the last of them it is kept, and only this voice wakes her.
    ///
    /// # Errors
    /// `Forbidden` when the microphone is muted, `Unavailable` without one or when nobody speaks, `Invalid` for less than a
    /// sentence or one that is not like those before; it is simply said again.
    pub async fn learn_voice(&self) -> Result<Known> {
        let print = self.voice().voice_print(&self.one_sentence().await?).await?;
        let whole = {
            let mut heard = self.voice_control().learning.heard.lock();
            if !heard.is_empty() && VoicePrint::mean(&heard).alike(&print) < SAME_SPEAKER {
                return Err(Error::invalid(
                    "that did not sound like the sentences before; say it again, close to the microphone and without other voices",
                ));
            }
            heard.push(print);
            if heard.len() < SENTENCES { None } else { Some(VoicePrint::mean(&std::mem::take(&mut *heard))) }
        };
        if let Some(whole) = whole {
            self.secrets().set(NAME, Secret::new(written(&whole))).await?;
            self.only_known_voice(true).await?;
        }
        self.known_voice().await
    }

    /// Forgets the owner's voice, and what was heard of a new print. Everybody wakes her again.
    ///
    /// # Errors
    /// When it cannot be deleted.
    pub async fn forget_voice(&self) -> Result<()> {
        self.delete_voice_print().await?;
        self.only_known_voice(false).await
    }

    /// The print alone; the settings stay.
    pub(crate) async fn delete_voice_print(&self) -> Result<()> {
        self.voice_control().learning.heard.lock().clear();
        self.secrets().delete(NAME).await
    }

    async fn only_known_voice(&self, only: bool) -> Result<()> {
        let patch = SettingsPatch::from_iter([("voice".to_owned(), json!({ "only_known": only }))]);
        self.patch_settings(patch).await.map(drop)
    }

    /// Whether the owner may have said it; true as long as nobody is known.
    pub(super) async fn said_by_owner(&self, speech: &Speech) -> bool {
        let Ok(Some(owner)) = self.print().await else { return true };
        match self.voice().voice_print(speech).await {
            Ok(print) => owner.alike(&print) >= ALIKE,
            // Too short to tell.
            Err(_) => false,
        }
    }

    async fn print(&self) -> Result<Option<VoicePrint>> {
        Ok(self.secrets().get(NAME).await?.and_then(|secret| read(secret.expose())))
    }

    /// The next sentence that is said, with the microphone opened for it.
    async fn one_sentence(&self) -> Result<Speech> {
        let settings = self.settings().current().voice;
        if settings.muted {
            return Err(Error::unavailable(super::conversation::MUTED));
        }
        // Nothing that goes on is to be heard in it.
        self.press(Press::Hush).await?;
        let _listening = Listening::new(&self.voice_control().learning);
        let mut sounds = self.voice().listen(&settings).await?;
        let said = async {
            while let Some(sound) = sounds.next().await {
                match sound {
                    Sound::Ended { speech, .. } if speech.duration() < SHORTEST => {
                        return Err(Error::invalid("that was too short; read the whole sentence"));
                    }
                    Sound::Ended { speech, .. } => return Ok(speech),
                    Sound::Lost(why) => return Err(Error::unavailable(why)),
                    _ => {}
                }
            }
            Err(Error::unavailable("the microphone was closed"))
        };
        tokio::time::timeout(PATIENCE, said)
            .await
            .unwrap_or_else(|_| Err(Error::unavailable("nothing was heard; is it the right microphone?")))
    }
}

/// A byte a number: that much finer than two sentences of the same person differ.
fn written(print: &VoicePrint) -> String {
    let most = print.0.iter().fold(1e-9_f32, |most, x| most.max(x.abs()));
    #[allow(clippy::cast_possible_truncation, reason = "at most 127")]
    let bytes: Vec<u8> =
        print.0.iter().map(|x| (x / most * 127.0).round() as i8).map(i8::cast_unsigned).collect();
    BASE64_STANDARD.encode(bytes)
}

fn read(text: &str) -> Option<VoicePrint> {
    let bytes = BASE64_STANDARD.decode(text).ok()?;
    Some(VoicePrint::new(bytes.into_iter().map(|b| f32::from(b.cast_signed())).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_print_is_written_and_read() {
        let print = VoicePrint::new((0..256_u16).map(|n| f32::from(n % 7) - 1.0).collect());
        let text = written(&print);
        assert!(text.len() < 400);
        assert!(read(&text).unwrap().alike(&print) > 0.999);
        assert_eq!(read("no print"), None);
    }
}
