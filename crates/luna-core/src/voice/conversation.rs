//! A conversation by voice: the microphone is open while the wake word is on or the button says so; who is attended to is
//! understood and answered; who speaks over an answer has her pause at once, and stops it with their words.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use futures::stream::BoxStream;
use luna_model::{ConversationId, Error, Event, Result, VoicePhase, VoiceSettings, VoiceTurn};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::attention::{Attention, PATIENCE, pressed};
use super::following::{Following, Understanding};
use super::mouth::{Answered, Heard, Said, answer, millis, slow};
use super::{Press, Pressed, hers, phrase};
use crate::Luna;
use crate::ports::{Manner, SPEECH_RATE, Sound, Speech, Transcript};

/// How long a microphone that cannot be opened is left alone.
const AGAIN: Duration = Duration::from_secs(5);
/// Most that is gathered while the button is held, in samples: two minutes.
const LONGEST_HELD: usize = 120 * SPEECH_RATE as usize;
/// Silence after which a conversation is over; what is said later begins a new one.
const FORGET: Duration = Duration::from_secs(600);
/// Utterances that may wait to be understood.
const WAITING: usize = 4;
/// How often she pauses in an answer for what proves to be nothing; then she speaks on.
const IN_VAIN: u32 = 2;
pub(super) const MUTED: &str = "The microphone is muted. Unmute it in the tray or in Settings, Voice.";

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
                luna.voice().speak_so(Manner::Aloud);
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
    said: Said,
    /// How often she paused in vain.
    in_vain: u32,
}

/// What was said to her, in words.
struct Understood {
    text: String,
    language: Option<String>,
    question: Question,
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
    /// She pauses in an answer, since somebody began to speak; to whom she listened before.
    interrupted: Option<Attention>,
    /// What stopped an answer, which is not over yet.
    next: Option<Understood>,
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
            interrupted: None,
            next: None,
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
                        self.speaking = false;
                        self.goes_on();
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
        !self.questions.is_empty() || self.answering.is_some() || self.next.is_some()
    }

    fn show(&self) {
        let phase = match (&self.answering, self.questions.front(), self.attention) {
            (Some(_), ..) if self.interrupted.is_some() => VoicePhase::Listening,
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
                if self.may_be_interrupted() {
                    self.luna.voice().speak_so(Manner::Paused);
                    self.interrupted.get_or_insert(self.attention);
                    self.attention = Attention::Until(tokio::time::Instant::now() + PATIENCE);
                    return;
                }
                // Where it does not stop her, she is at least easier to talk over.
                self.luna.voice().speak_so(Manner::Softly);
                if matches!(self.attention, Attention::Until(_)) {
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
                self.speaking = false;
                self.goes_on();
                self.trouble = Some(why);
            }
            Sound::Back => self.trouble = None,
        }
    }

    /// Whether somebody who begins to speak makes her pause.
    fn may_be_interrupted(&self) -> bool {
        let Some(answering) = &self.answering else { return false };
        self.settings.barge_in && answering.in_vain < IN_VAIN && self.luna.voice_state().speaking
    }

    /// Whether it matters what is said now.
    fn wanted(&self) -> bool {
        !self.settings.muted
            && !self.luna.voice_control().learning.listens()
            && (self.answering.is_none() || self.interrupted.is_some())
            && (self.attention != Attention::Name || self.settings.wake_word)
    }

    /// Whether it is for her, whatever its words.
    fn attends(&self) -> bool {
        self.attention != Attention::Name
    }

    fn ended(&mut self, speech: Speech, silence_ms: u64) {
        self.speaking = false;
        if !self.wanted() || self.questions.len() >= WAITING {
            self.following.forget();
            self.goes_on();
            return;
        }
        if self.interrupted.is_none() {
            self.luna.voice().speak_so(Manner::Aloud);
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
        if self.answering.is_some() && self.interrupted.is_none() {
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
                // Nobody can tell that it was nothing.
                self.quiet();
                self.attention = Attention::Name;
                self.trouble = Some(error.message);
                return;
            }
        };
        let named = phrase::after(&text, &self.settings.wake_phrase);
        let text = match (named, question.attended) {
            (Some(rest), _) if rest.is_empty() => {
                self.stop_answering();
                self.attention = Attention::Until(tokio::time::Instant::now() + PATIENCE);
                return;
            }
            (Some(rest), _) => rest,
            (None, true) if !text.trim().is_empty() && !self.is_hers(&text) => text,
            (None, _) => {
                self.goes_on();
                return;
            }
        };
        let understood = Understood { text, language, question };
        if self.answering.is_none() {
            self.reply(understood);
            return;
        }
        self.stop_answering();
        self.next = Some(understood).filter(|understood| !phrase::is_enough(&understood.text));
    }

    /// Whether she hears herself.
    fn is_hers(&self, text: &str) -> bool {
        self.answering.as_ref().is_some_and(|answering| hers::said(text, &answering.said.lock()))
    }

    /// It was nothing: she goes on where she paused, once nobody speaks and nothing that was said waits to be understood.
    fn goes_on(&mut self) {
        if self.interrupted.is_some() && (self.speaking || !self.questions.is_empty()) {
            return;
        }
        if let (Some(before), Some(answering)) = (self.interrupted.take(), &mut self.answering) {
            self.attention = before;
            answering.in_vain += 1;
            if self.luna.voice_state().speaking {
                self.luna.voice_phase(VoicePhase::Speaking, self.trouble.clone());
            }
        }
        self.luna.voice().speak_so(Manner::Aloud);
    }

    /// Answers what was said to her.
    fn reply(&mut self, Understood { text, language, question }: Understood) {
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
        let said = Said::default();
        let answer = answer(self.luna.clone(), heard, settings, Said::clone(&said), stop.clone());
        self.answering = Some(Answering { task: tokio::spawn(answer), stop, turn, said, in_vain: 0 });
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
        self.interrupted = None;
        self.luna.voice().speak_so(Manner::Aloud);
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
        if let Some(next) = self.next.take() {
            self.reply(next);
        }
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
        self.next = None;
        self.stop_answering();
    }

    /// Stops the answer and all that is being said.
    fn stop_answering(&mut self) {
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
