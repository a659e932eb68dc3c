//! A conversation by voice: the microphone is open while the wake word is on or the button says so; who is attended to is
//! understood and answered; who speaks over an answer stops it.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use futures::stream::BoxStream;
use luna_model::{ConversationId, Error, Event, Result, VoicePhase, VoiceSettings, VoiceTurn};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::following::{Following, Understanding};
use super::mouth::{Answered, Heard, answer, millis};
use super::{Press, Pressed, phrase};
use crate::Luna;
use crate::ports::{SPEECH_RATE, Sound, Speech, Transcript};

/// How long she waits for the first word after her name or the button.
const PATIENCE: Duration = Duration::from_secs(8);
/// How long a microphone that cannot be opened is left alone.
const AGAIN: Duration = Duration::from_secs(5);
/// A button that is let go sooner was pressed, not held.
const TAP: Duration = Duration::from_millis(350);
/// How long she waits, once the button is let go, for what was said with it.
const LET_GO: Duration = Duration::from_secs(2);
/// Most that is gathered while the button is held, in samples: two minutes.
const LONGEST_HELD: usize = 120 * SPEECH_RATE as usize;
/// Silence after which a conversation is over; what is said later begins a new one.
const FORGET: Duration = Duration::from_secs(600);
/// Utterances that may wait to be understood.
const WAITING: usize = 4;
pub(super) const MUTED: &str = "The microphone is muted. Unmute it in the tray or in Settings, Voice.";
/// Above these a stage is said to have been slow.
const SLOW_RECOGNITION_MS: u64 = 1_500;
const SLOW_THINKING_MS: u64 = 3_000;
const SLOW_SOUND_MS: u64 = 600;

/// To whom she listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attention {
    /// To her name alone.
    Name,
    /// To everything, until then.
    Until(tokio::time::Instant),
    /// To everything, while the button is held: since then, and whether she listened before.
    Held(Instant, bool),
}

/// Holds conversations until Luna stops.
pub(super) async fn hold(luna: Luna, mut presses: mpsc::Receiver<Pressed>) {
    let mut settings = luna.settings().watch();
    let mut attention = Attention::Name;
    loop {
        let voice = settings.borrow_and_update().voice.clone();
        if voice.muted {
            luna.voice_phase(VoicePhase::Off, None);
            attention = Attention::Name;
            tokio::select! {
                press = presses.recv() => match press {
                    Some((Press::Hold | Press::Toggle, _)) => luna.voice_phase(VoicePhase::Off, Some(MUTED.into())),
                    Some(_) => {}
                    None => return,
                },
                _ = settings.changed() => {}
                () = luna.stopping().cancelled() => return,
            }
            continue;
        }
        if !voice.wake_word && attention == Attention::Name {
            luna.voice_phase(VoicePhase::Off, None);
            tokio::select! {
                press = presses.recv() => match press {
                    Some(press) => attention = pressed(press, attention, false),
                    None => return,
                },
                _ = settings.changed() => {}
                () = luna.stopping().cancelled() => return,
            }
            continue;
        }
        match luna.voice().listen(&voice).await {
            Ok(sounds) => {
                let mut talk = Talk::new(luna.clone(), voice, attention);
                let stops = talk.listen(sounds, &mut presses, &mut settings).await;
                luna.voice().duck(false);
                if stops {
                    return;
                }
                attention = talk.attention;
            }
            Err(error) => {
                let phase = if voice.wake_word { VoicePhase::Idle } else { VoicePhase::Off };
                luna.voice_phase(phase, Some(error.message));
                attention = Attention::Name;
                tokio::select! {
                    () = tokio::time::sleep(AGAIN) => {}
                    _ = settings.changed() => {}
                    press = presses.recv() => match press {
                        Some(press) => attention = pressed(press, attention, false),
                        None => return,
                    },
                    () = luna.stopping().cancelled() => return,
                }
            }
        }
    }
}

/// What a press makes of the attention; `busy` when an answer is on its way.
fn pressed((press, at): Pressed, attention: Attention, busy: bool) -> Attention {
    let until = |time| Attention::Until(tokio::time::Instant::now() + time);
    match (press, attention) {
        (Press::Hold, Attention::Held(..)) => attention,
        (Press::Hold, _) => Attention::Held(at, matches!(attention, Attention::Until(_)) && !busy),
        // A tap is a toggle.
        (Press::Release, Attention::Held(since, true)) if at.duration_since(since) < TAP => Attention::Name,
        (Press::Release, Attention::Held(since, false)) if at.duration_since(since) < TAP => until(PATIENCE),
        (Press::Release, Attention::Held(..)) => until(LET_GO),
        (Press::Toggle, Attention::Name) if !busy => until(PATIENCE),
        (Press::Toggle | Press::Hush, _) => Attention::Name,
        (Press::Release, _) => attention,
    }
}

struct Question {
    understanding: Understanding,
    speech: Speech,
    ended: Instant,
    silence_ms: u64,
    attended: bool,
}

struct Answering {
    task: JoinHandle<Answered>,
    stop: CancellationToken,
    turn: VoiceTurn,
}

struct Talk {
    luna: Luna,
    settings: VoiceSettings,
    attention: Attention,
    speaking: bool,
    following: Following,
    /// What was said so far while the button is held.
    held: Vec<f32>,
    /// What was said and is being understood, in order.
    questions: VecDeque<Question>,
    answering: Option<Answering>,
    /// What is wrong with the microphone, the recogniser or the voice.
    trouble: Option<String>,
    conversation: Option<(ConversationId, Instant)>,
}

impl Talk {
    fn new(luna: Luna, settings: VoiceSettings, attention: Attention) -> Self {
        Self {
            following: Following::new(luna.clone()),
            luna,
            settings,
            attention,
            speaking: false,
            held: Vec::new(),
            questions: VecDeque::new(),
            answering: None,
            trouble: None,
            conversation: None,
        }
    }

    /// Listens until the microphone is to be closed or opened anew; whether Luna stops.
    async fn listen(
        &mut self,
        mut sounds: BoxStream<'static, Sound>,
        presses: &mut mpsc::Receiver<Pressed>,
        settings: &mut tokio::sync::watch::Receiver<luna_model::Settings>,
    ) -> bool {
        loop {
            self.show();
            let over = match self.attention {
                Attention::Until(then) if !self.busy() => then,
                _ => tokio::time::Instant::now() + FORGET,
            };
            tokio::select! {
                sound = sounds.next() => match sound {
                    Some(_) if self.settings.muted => {}
                    Some(sound) => self.heard(sound),
                    None => return false,
                },
                understood = understood(&mut self.questions) => self.understood(understood),
                answered = answered(&mut self.answering) => self.answered(answered),
                press = presses.recv() => match press {
                    Some(press) => self.pressed(press),
                    None => return true,
                },
                () = tokio::time::sleep_until(over) => self.attention = match self.attention {
                    Attention::Until(_) if !self.busy() => Attention::Name,
                    other => other,
                },
                _ = settings.changed() => {
                    let now = settings.borrow_and_update().voice.clone();
                    let opened = |s: &VoiceSettings| (s.input.clone(), s.wake_word, s.muted, s.vad.clone());
                    let reopen = opened(&now) != opened(&self.settings);
                    self.settings = now;
                    if self.settings.muted {
                        // Nobody is heard any more who could be spoken over.
                        self.luna.voice().duck(false);
                    }
                    if reopen && !self.busy() {
                        return false;
                    }
                }
                () = self.luna.stopping().cancelled() => {
                    self.quiet();
                    return true;
                }
            }
            let over = self.attention == Attention::Name && !self.settings.wake_word;
            if (over || self.settings.muted) && !self.busy() {
                return false;
            }
        }
    }

    /// Whether something is being understood or answered.
    fn busy(&self) -> bool {
        !self.questions.is_empty() || self.answering.is_some()
    }

    fn show(&self) {
        let phase = match (&self.answering, self.questions.front(), self.attention) {
            // The mouth says itself that it speaks.
            (Some(_), ..) if self.luna.voice_state().phase == VoicePhase::Speaking => return,
            (Some(_), ..) => VoicePhase::Thinking,
            (None, Some(q), _) if q.attended => VoicePhase::Thinking,
            (None, _, Attention::Name) => VoicePhase::Idle,
            (None, _, _) => VoicePhase::Listening,
        };
        self.luna.voice_phase(phase, self.trouble.clone());
    }

    fn heard(&mut self, sound: Sound) {
        match sound {
            Sound::Level(level) => self.luna.bus().publish(Event::VoiceLevel { level }),
            Sound::Began => {
                self.speaking = true;
                self.following.begin(!self.held.is_empty());
                if self.attends() && self.wanted() && self.settings.speak_answers {
                    self.luna.voice().about_to_say(&self.settings);
                }
                // Where it does not stop her, she is at least easier to talk over.
                self.luna.voice().duck(true);
                if self.answering.is_some() && self.settings.barge_in && self.luna.voice_state().speaking {
                    self.quiet();
                    self.attention = Attention::Until(tokio::time::Instant::now() + PATIENCE);
                } else if matches!(self.attention, Attention::Until(_)) {
                    // Whoever has begun is heard out.
                    self.attention = Attention::Until(tokio::time::Instant::now() + PATIENCE * 8);
                }
            }
            Sound::Pause(speech) if self.wanted() => {
                let speech = self.with_held(speech);
                self.following.breath(&speech, &self.settings, self.attends());
            }
            Sound::Speaking(speech) if self.wanted() => {
                let speech = self.with_held(speech);
                self.following.so_far(&speech, &self.settings, self.attends());
            }
            Sound::Pause(_) | Sound::Speaking(_) => {}
            Sound::Ended { speech, silence_ms } => self.ended(speech, silence_ms),
            Sound::Lost(why) => {
                self.luna.voice().duck(false);
                self.trouble = Some(why);
            }
            Sound::Back => self.trouble = None,
        }
    }

    /// Whether it matters what is said now.
    fn wanted(&self) -> bool {
        !self.settings.muted
            && !self.luna.voice_control().learning.listens()
            && self.answering.is_none()
            && (self.attention != Attention::Name || self.settings.wake_word)
    }

    /// Whether it is for her, whatever its words.
    fn attends(&self) -> bool {
        self.attention != Attention::Name
    }

    fn ended(&mut self, speech: Speech, silence_ms: u64) {
        self.speaking = false;
        self.luna.voice().duck(false);
        if !self.wanted() || self.questions.len() >= WAITING {
            self.following.forget();
            return;
        }
        let speech = self.with_held(speech);
        if matches!(self.attention, Attention::Held(..)) {
            // More may follow until the button is let go.
            self.following.breath(&speech, &self.settings, true);
            self.held = speech.0.to_vec();
            return;
        }
        self.held.clear();
        self.ask(speech, silence_ms);
    }

    /// What was said while the button was held, then this.
    fn with_held(&self, speech: Speech) -> Speech {
        if self.held.is_empty() {
            return speech;
        }
        let mut all = self.held.clone();
        all.extend_from_slice(&speech.0);
        all.truncate(LONGEST_HELD);
        Speech(all.into())
    }

    /// Has it understood, and answered when it is for her.
    fn ask(&mut self, speech: Speech, silence_ms: u64) {
        let attended = self.attends();
        let understanding = self.following.whole(&speech, &self.settings, attended);
        let ended = Instant::now();
        self.questions.push_back(Question { understanding, speech, ended, silence_ms, attended });
    }

    fn understood(&mut self, understood: Result<Transcript>) {
        let Some(question) = self.questions.pop_front() else { return };
        if self.answering.is_some() {
            // Said before the answer began; it is on its way already.
            return;
        }
        let Transcript { text, language } = match understood {
            Ok(transcript) => {
                self.trouble = None;
                transcript
            }
            Err(error) => {
                tracing::warn!(%error, "what was said could not be understood");
                self.attention = Attention::Name;
                self.trouble = Some(error.message);
                return;
            }
        };
        let named = phrase::after(&text, &self.settings.wake_phrase);
        let text = match (named, question.attended) {
            (Some(rest), _) if rest.is_empty() => {
                self.attention = Attention::Until(tokio::time::Instant::now() + PATIENCE);
                return;
            }
            (Some(rest), _) => rest,
            (None, true) if !text.trim().is_empty() => text,
            (None, _) => return,
        };
        self.luna.bus().publish(Event::VoiceHeard {
            text: text.clone(),
            tentative: String::new(),
            whole: true,
        });
        let turn = VoiceTurn {
            at: self.luna.clock().now(),
            heard: text.clone(),
            answered: String::new(),
            speech_ms: millis(question.speech.duration()),
            recognise_ms: question.silence_ms + millis(question.ended.elapsed()),
            think_ms: 0,
            sound_ms: None,
            interrupted: false,
            slow: None,
        };
        let conversation = self.conversation.filter(|(_, at)| at.elapsed() < FORGET).map(|(id, _)| id);
        let stop = CancellationToken::new();
        let heard = Heard { text, speech: question.speech, conversation };
        let mut settings = self.settings.clone();
        if settings.language.is_empty() {
            // Answered by a voice of the language that was spoken.
            settings.language = language.unwrap_or_default();
        }
        let answer = answer(self.luna.clone(), heard, settings, stop.clone());
        self.answering = Some(Answering { task: tokio::spawn(answer), stop, turn });
    }

    fn answered(&mut self, answered: Answered) {
        let Some(Answering { mut turn, .. }) = self.answering.take() else { return };
        self.conversation = answered.conversation.map(|id| (id, Instant::now()));
        turn.at = self.luna.clock().now();
        (turn.answered, turn.think_ms, turn.sound_ms) = (answered.text, answered.think_ms, answered.sound_ms);
        turn.interrupted = answered.interrupted;
        turn.slow = slow(&turn);
        self.trouble = answered.trouble;
        self.luna.voice_turn_ended(turn);
        if !matches!(self.attention, Attention::Held(..)) {
            let window = Duration::from_secs(self.settings.follow_up_s.into());
            let window = if self.speaking { window + PATIENCE } else { window };
            self.attention = if window.is_zero() {
                Attention::Name
            } else {
                Attention::Until(tokio::time::Instant::now() + window)
            };
        }
        self.luna.voice_phase(VoicePhase::Listening, self.trouble.clone());
    }

    fn pressed(&mut self, (press, at): Pressed) {
        let busy = self.busy();
        if busy && matches!(press, Press::Hold | Press::Toggle | Press::Hush) {
            self.quiet();
        }
        self.attention = pressed((press, at), self.attention, busy);
        if press == Press::Release && !self.speaking && !self.held.is_empty() {
            let speech = Speech(std::mem::take(&mut self.held).into());
            self.ask(speech, 0);
        }
    }

    /// Stops the answer and all that is being said; what is not answered yet is forgotten.
    fn quiet(&mut self) {
        self.questions.clear();
        if let Some(answering) = &self.answering {
            answering.stop.cancel();
        }
        self.luna.hush();
    }
}

/// The text of what was said, once it is understood; waits for ever while nothing is.
async fn understood(questions: &mut VecDeque<Question>) -> Result<Transcript> {
    match questions.front_mut() {
        Some(question) => (&mut question.understanding.task)
            .await
            .unwrap_or_else(|_| Err(Error::unavailable("the recogniser broke off"))),
        None => std::future::pending().await,
    }
}

/// How the answer went, once it is over; waits for ever while there is none.
async fn answered(answering: &mut Option<Answering>) -> Answered {
    match answering {
        Some(answering) => (&mut answering.task).await.unwrap_or_default(),
        None => std::future::pending().await,
    }
}

/// What was slow, and why, in a sentence.
fn slow(turn: &VoiceTurn) -> Option<String> {
    let mut all = vec![];
    if turn.recognise_ms > SLOW_RECOGNITION_MS {
        all.push(format!(
            "understanding took {} ms; a smaller model (tiny, base) is quicker",
            turn.recognise_ms
        ));
    }
    if turn.think_ms > SLOW_THINKING_MS {
        all.push(format!("the model's first sentence took {} ms", turn.think_ms));
    }
    if let Some(ms) = turn.sound_ms.filter(|ms| *ms > SLOW_SOUND_MS) {
        all.push(format!("the voice needed {ms} ms to begin; espeak-ng is quicker"));
    }
    (!all.is_empty()).then(|| all.join("; "))
}
