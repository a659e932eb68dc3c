//! Ears that hear what a test plays and a mouth whose words can be read.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use luna_core::ports::{
    AudioDevice, Hints, Manner, Sound, Speech, Spoken, Transcript, Voice, VoicePrint, VoiceReady,
};
use luna_model::{Emotion, Error, Result, VoiceSettings};
use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

/// Ears and a mouth on paper. Recordings and speech are text: a recording's bytes are its words.
#[derive(Clone, Debug, Default)]
pub struct PaperVoice {
    state: Arc<Mutex<State>>,
    spoke: Arc<Notify>,
}

#[derive(Debug, Default)]
struct State {
    said: Vec<String>,
    understood: VecDeque<String>,
    transcribed: usize,
    /// What was said to be likely, each time.
    expected: Vec<String>,
    /// How often what was said so far was to be put into words, and whether that takes for ever.
    interims: (usize, bool),
    ears: Option<mpsc::Sender<Sound>>,
    slow: bool,
    manner: Manner,
    /// How often she was told that she will speak soon.
    prepared: usize,
    /// The language that is heard, and the one that was spoken last.
    languages: (Option<String>, String),
    tone: Option<Emotion>,
    /// How speech was to be found, each time the microphone was opened.
    opened: Vec<String>,
    deaf: Option<String>,
    no_model: Option<String>,
}

impl PaperVoice {
    /// What was said aloud, sentence by sentence.
    #[must_use]
    pub fn said(&self) -> Vec<String> {
        self.state.lock().said.clone()
    }

    /// From now on a sentence takes until it is stopped.
    pub fn speak_for_ever(&self) {
        self.state.lock().slow = true;
    }

    /// From now on everything is said with this feeling.
    pub fn sound_as(&self, tone: Emotion) {
        self.state.lock().tone = Some(tone);
    }

    /// There is no microphone, and this is why.
    pub fn deafen(&self, why: &str) {
        self.state.lock().deaf = Some(why.to_owned());
    }

    /// There is no recogniser, and this is why.
    pub fn unlearn(&self, why: &str) {
        self.state.lock().no_model = Some(why.to_owned());
    }

    /// Whether the microphone is open.
    #[must_use]
    pub fn listens(&self) -> bool {
        self.state.lock().ears.as_ref().is_some_and(|ears| !ears.is_closed())
    }

    /// How speech was to be found, each time the microphone was opened.
    #[must_use]
    pub fn opened(&self) -> Vec<String> {
        self.state.lock().opened.clone()
    }

    /// Speaks into the microphone: it will be understood as this.
    ///
    /// # Panics
    /// When the microphone is closed.
    pub async fn hear(&self, words: &str) {
        self.hear_from(0, words).await;
    }

    /// The same by somebody: everybody has a number.
    ///
    /// # Panics
    /// When the microphone is closed.
    pub async fn hear_from(&self, who: u8, words: &str) {
        self.state.lock().understood.push_back(words.to_owned());
        let speech = spoken_by(who, 1);
        self.sound(Sound::Began).await;
        self.sound(Sound::Ended { speech, silence_ms: 500 }).await;
    }

    /// What speech will be understood as, one after the other.
    pub fn understand<'a>(&self, words: impl IntoIterator<Item = &'a str>) {
        self.state.lock().understood.extend(words.into_iter().map(str::to_owned));
    }

    /// From now on this language is heard.
    pub fn hear_language(&self, language: &str) {
        self.state.lock().languages.0 = Some(language.to_owned());
    }

    /// The language that was spoken last; empty when none was asked for.
    #[must_use]
    pub fn said_in(&self) -> String {
        self.state.lock().languages.1.clone()
    }

    /// Whether she speaks softer now.
    #[must_use]
    pub fn ducked(&self) -> bool {
        self.state.lock().manner == Manner::Softly
    }

    /// Whether she holds her tongue now.
    #[must_use]
    pub fn paused(&self) -> bool {
        self.state.lock().manner == Manner::Paused
    }

    /// How often she was told that she will speak soon.
    #[must_use]
    pub fn prepared(&self) -> usize {
        self.state.lock().prepared
    }

    /// How often speech was put into words.
    #[must_use]
    pub fn transcribed(&self) -> usize {
        self.state.lock().transcribed
    }

    /// What the recogniser was told to be likely, each time.
    #[must_use]
    pub fn expected(&self) -> Vec<String> {
        self.state.lock().expected.clone()
    }

    /// How often what was said so far was to be put into words.
    #[must_use]
    pub fn interims(&self) -> usize {
        self.state.lock().interims.0
    }

    /// From now on what was said so far is never understood before it is overtaken.
    pub fn understand_slowly(&self) {
        self.state.lock().interims.1 = true;
    }

    /// Brings a sound to the microphone.
    ///
    /// # Panics
    /// When the microphone is closed.
    pub async fn sound(&self, sound: Sound) {
        let ears = self.state.lock().ears.clone().expect("the microphone is open");
        ears.send(sound).await.expect("the microphone is open");
    }

    /// Waits until so many sentences were begun.
    pub async fn until_said(&self, sentences: usize) {
        loop {
            let spoke = self.spoke.notified();
            if self.state.lock().said.len() >= sentences {
                return;
            }
            spoke.await;
        }
    }
}

#[async_trait]
impl Voice for PaperVoice {
    async fn ready(&self, settings: &VoiceSettings) -> VoiceReady {
        let device = |id: &str| AudioDevice { id: id.into(), name: format!("Paper {id}") };
        VoiceReady {
            inputs: vec![device("microphone")],
            outputs: vec![device("loudspeaker")],
            recogniser: Some(format!("paper {}", settings.stt_model)),
            engine: Some("paper".into()),
            knows_phrase: true,
            missing: vec![],
        }
    }

    async fn decode(&self, recording: Vec<u8>) -> Result<Speech> {
        let text = String::from_utf8(recording).map_err(|_| Error::invalid("that is no recording"))?;
        self.state.lock().understood.push_back(text);
        Ok(Speech(vec![0.1; 16_000].into()))
    }

    async fn may_be_called(&self, speech: &Speech, _: &VoiceSettings) -> bool {
        speech.0.first() != Some(&UNLIKE_HER_NAME)
    }

    async fn voice_print(&self, speech: &Speech) -> Result<VoicePrint> {
        let who = speech.0.first().copied().unwrap_or_default();
        // Everybody a direction of their own.
        Ok(VoicePrint::new(vec![who.cos(), who.sin()]))
    }

    async fn transcribe(&self, _: Speech, _: &VoiceSettings, hints: Hints) -> Result<Transcript> {
        let for_ever = {
            let mut state = self.state.lock();
            state.interims.0 += usize::from(hints.interim);
            hints.interim && state.interims.1
        };
        if for_ever {
            std::future::pending::<()>().await;
        }
        let mut state = self.state.lock();
        if let Some(why) = &state.no_model {
            return Err(Error::unavailable(why.clone()));
        }
        state.transcribed += 1;
        state.expected.push(hints.words);
        let text = state.understood.pop_front().unwrap_or_default();
        Ok(Transcript { text, language: state.languages.0.clone() })
    }

    async fn emotion(&self, _: Speech) -> Result<Emotion> {
        let calm = Emotion { neutral: 0.7, happy: 0.2, sad: 0.06, angry: 0.04 };
        Ok(self.state.lock().tone.unwrap_or(calm))
    }

    async fn say(&self, text: &str, settings: &VoiceSettings, stop: CancellationToken) -> Result<Spoken> {
        let slow = {
            let mut state = self.state.lock();
            state.said.push(text.to_owned());
            state.languages.1.clone_from(&settings.language);
            state.slow
        };
        self.spoke.notify_waiters();
        let stopped = slow && {
            stop.cancelled().await;
            true
        };
        Ok(Spoken { first_sound_ms: Some(1), stopped: stopped || stop.is_cancelled() })
    }

    fn about_to_say(&self, _: &VoiceSettings) {
        self.state.lock().prepared += 1;
    }

    fn speak_so(&self, manner: Manner) {
        self.state.lock().manner = manner;
    }

    async fn listen(&self, settings: &VoiceSettings) -> Result<BoxStream<'static, Sound>> {
        if let Some(why) = self.state.lock().deaf.clone() {
            return Err(Error::unavailable(why));
        }
        let (ears, sounds) = mpsc::channel(64);
        let mut state = self.state.lock();
        state.opened.push(settings.vad.clone());
        state.ears = Some(ears);
        Ok(tokio_stream(sounds))
    }
}

/// Speech of such samples does not sound like the wake phrase.
const UNLIKE_HER_NAME: f32 = -0.1;

/// Two seconds of speech that do not sound as if they began with the wake phrase.
#[must_use]
pub fn unlike_her_name() -> Speech {
    Speech(vec![UNLIKE_HER_NAME; 32_000].into())
}

/// So many seconds of somebody's speech.
#[must_use]
pub fn spoken_by(who: u8, seconds: usize) -> Speech {
    Speech(vec![f32::from(who) + 0.1; seconds * 16_000].into())
}

fn tokio_stream(sounds: mpsc::Receiver<Sound>) -> BoxStream<'static, Sound> {
    futures::stream::unfold(sounds, |mut sounds| async move { sounds.recv().await.map(|s| (s, sounds)) })
        .boxed()
}

/// How long a test waits for something that must come.
pub const PATIENCE: Duration = Duration::from_secs(20);
