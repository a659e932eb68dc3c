//! Hearing and speaking as verbs: words of a recording, how it was said, saying something, and holding a conversation by
//! voice. What is understood is a chat message like any other; what is answered is spoken sentence by sentence.
//!
//! `conversation` holds the conversation, `attention` is to whom she listens, `following` has what is being said understood, `agreement` says which words of it
//! stay, `mouth` speaks an answer while it is written, `hers` knows her own words when she hears them, `phrase` the wake phrase,
//! `known` whose voice it may be.

mod agreement;
mod attention;
mod conversation;
mod following;
mod hers;
mod known;
mod mouth;
mod phrase;
mod spoken;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use luna_model::{Emotion, Error, ErrorKind, Event, Result, VoicePhase, VoiceTurn};
use parking_lot::Mutex;
use serde_json::json;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub use known::{ALIKE, EQUAL_ERROR, Known, SENTENCES};
pub use phrase::after as after_phrase;

use crate::Luna;
use crate::ports::{Hints, Transcript, Voice, VoiceReady};
use crate::tools::Described;

/// Turns whose times are remembered.
const REMEMBERED: usize = 20;
/// Longest text that is spoken at once, in characters.
const LONGEST: usize = 20_000;
/// Presses that may wait for the conversation; more would only be undone again.
const PRESSES: usize = 16;

/// What the user does with the button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Press {
    /// Holds it: listen until it is let go. Let go at once, it was a toggle.
    Hold,
    /// Lets it go: what was said is all.
    Release,
    /// Presses it once: listen now; or stop listening, or stop speaking.
    Toggle,
    /// Be quiet, whatever goes on.
    Hush,
}

/// A press, and when it was: opening the microphone takes longer than a tap.
type Pressed = (Press, Instant);

/// How things stand.
#[derive(Clone, Debug, PartialEq)]
pub struct VoiceState {
    /// What she does.
    pub phase: VoicePhase,
    /// What is wrong with the microphone or the recogniser.
    pub trouble: Option<String>,
    /// Whether she speaks, in a conversation or because she was told to.
    pub speaking: bool,
    /// The last turns, newest first.
    pub turns: Vec<VoiceTurn>,
}

/// What the conversation and the faces share.
pub(crate) struct Control {
    phase: Mutex<(VoicePhase, Option<String>)>,
    turns: Mutex<VecDeque<VoiceTurn>>,
    /// What stops all that is spoken now; a new one after each hush.
    quiet: Mutex<CancellationToken>,
    spoken: Mutex<usize>,
    learning: known::Learning,
    presses: mpsc::Sender<Pressed>,
    waiting: Mutex<Option<mpsc::Receiver<Pressed>>>,
}

impl Control {
    pub(crate) fn new() -> Self {
        let (presses, waiting) = mpsc::channel(PRESSES);
        Self {
            phase: Mutex::default(),
            turns: Mutex::default(),
            quiet: Mutex::default(),
            spoken: Mutex::default(),
            learning: known::Learning::default(),
            presses,
            waiting: Mutex::new(Some(waiting)),
        }
    }
}

impl Luna {
    /// How hearing and speaking stand now.
    #[must_use]
    pub fn voice_state(&self) -> VoiceState {
        let control = self.voice_control();
        let (phase, trouble) = control.phase.lock().clone();
        let turns = control.turns.lock().iter().cloned().collect();
        VoiceState { phase, trouble, speaking: *control.spoken.lock() > 0, turns }
    }

    /// The microphones, the loudspeakers, who recognises and who speaks.
    pub async fn voice_ready(&self) -> VoiceReady {
        self.voice().ready(&self.settings().current().voice).await
    }

    /// The words of a recording: WAV, WebM, Ogg, MP3 or FLAC.
    ///
    /// # Errors
    /// `Invalid` when it is no recording, `LimitReached` when it is too long, `Unavailable` without a recogniser.
    pub async fn transcribe(&self, recording: Vec<u8>) -> Result<Transcript> {
        let speech = self.voice().decode(recording).await?;
        let settings = self.settings().current().voice;
        self.voice().transcribe(speech, &settings, self.hints(false).await).await
    }

    /// How a recording was spoken.
    ///
    /// # Errors
    /// `Invalid` when it is no recording or too short to tell; `Forbidden` when the setting `voice.emotion` is off.
    pub async fn emotion_of(&self, recording: Vec<u8>) -> Result<Emotion> {
        if !self.settings().current().voice.emotion {
            return Err(Error::new(
                ErrorKind::Forbidden,
                "listening for feelings is switched off; the setting voice.emotion switches it on",
            ));
        }
        let speech = self.voice().decode(recording).await?;
        self.voice().emotion(speech).await
    }

    /// Says something aloud and returns when it was said, or when she was told to be quiet.
    ///
    /// # Errors
    /// `Invalid` for nothing to say or too much, `Unavailable` without a voice or a loudspeaker, `Forbidden` when `speak`
    /// is blocked.
    pub async fn speak(&self, text: &str) -> Result<()> {
        self.use_tool("speak", json!({ "text": text })).await.map(drop)
    }

    /// What [`Luna::speak`] does once it passed the gate.
    pub(crate) async fn say(&self, text: &str, cancel: &CancellationToken) -> Result<bool> {
        if text.trim().is_empty() || text.chars().count() > LONGEST {
            return Err(Error::invalid(format!("give 1 to {LONGEST} characters to say")));
        }
        let mut sentences = spoken::Sentences::default();
        let mut all = sentences.push(text);
        all.extend(sentences.finish());
        let settings = self.settings().current().voice;
        let speaking = self.begin_to_speak();
        let mut stopped = false;
        for sentence in all {
            let said = tokio::select! {
                said = self.voice().say(&sentence, &settings, speaking.quiet.clone()) => said?,
                () = cancel.cancelled() => return Err(Error::cancelled()),
            };
            stopped = said.stopped;
            if stopped {
                break;
            }
        }
        Ok(!stopped)
    }

    /// The button.
    ///
    /// # Errors
    /// `Unavailable` when she does not get round to it.
    pub async fn press(&self, press: Press) -> Result<()> {
        if press == Press::Hush {
            self.hush();
        }
        let sent = self.voice_control().presses.send((press, Instant::now()));
        tokio::time::timeout(Duration::from_secs(2), sent)
            .await
            .ok()
            .and_then(std::result::Result::ok)
            .ok_or_else(|| Error::unavailable("hearing does not run; restart Luna"))
    }

    /// Stops all that is being said.
    pub fn hush(&self) {
        let mut quiet = self.voice_control().quiet.lock();
        quiet.cancel();
        *quiet = CancellationToken::new();
    }

    /// Begins to hold conversations in the background.
    pub(crate) fn listen_in_background(&self) {
        let Some(presses) = self.voice_control().waiting.lock().take() else { return };
        self.tasks().spawn(conversation::hold(self.clone(), presses));
    }

    /// Names and words that are likely to be said, for the recogniser: that she is called, where she waits for it; a small model
    /// hears "hey you" or "hey Looner" otherwise.
    async fn hints(&self, called: bool) -> Hints {
        let settings = self.settings().current();
        let mut words = vec![if called {
            phrase::written(&settings.voice.wake_phrase)
        } else {
            settings.luna_name.clone()
        }];
        if settings.user_name != "friend" {
            words.push(settings.user_name.clone());
        }
        Hints { words: format!("{}.", words.join(", ")), language: settings.voice.language, interim: false }
    }

    pub(crate) fn voice(&self) -> &dyn Voice {
        self.parts().voice.as_ref()
    }

    fn begin_to_speak(&self) -> Speaking {
        let control = self.voice_control();
        *control.spoken.lock() += 1;
        let quiet = control.quiet.lock().child_token();
        Speaking { luna: self.clone(), quiet }
    }

    fn voice_phase(&self, phase: VoicePhase, trouble: Option<String>) {
        let mut held = self.voice_control().phase.lock();
        if *held != (phase, trouble.clone()) {
            *held = (phase, trouble.clone());
            drop(held);
            self.bus().publish(Event::VoiceChanged { phase, trouble });
        }
    }

    fn voice_turn_ended(&self, turn: VoiceTurn) {
        let mut turns = self.voice_control().turns.lock();
        turns.push_front(turn.clone());
        turns.truncate(REMEMBERED);
        drop(turns);
        self.bus().publish(Event::VoiceTurnEnded { turn });
    }
}

/// Counts as speaking while it lives.
struct Speaking {
    luna: Luna,
    quiet: CancellationToken,
}

impl Drop for Speaking {
    fn drop(&mut self) {
        *self.luna.voice_control().spoken.lock() -= 1;
    }
}

/// What a call of the tool `speak` would do.
pub(crate) fn described(text: &str) -> Described {
    let line: String = text.chars().take(80).collect();
    Described {
        summary: format!("Say: {line}"),
        effect: "It is heard by whoever is in the room.".into(),
        changes: true,
        ..Described::default()
    }
}
