//! A turn told as a whole, for faces that answer once and not token by token. It can rest at a question and go on later.

use std::sync::Arc;

use futures::StreamExt as _;
use luna_model::{
    ActionId, Answer, Confirmation, Error, Event, MessageId, Result, Timestamp, ToolUse, Usage,
};
use parking_lot::Mutex;

use crate::Luna;
use crate::chat::TurnStream;

/// Turns that may rest at a question for a face to come back; the oldest is let go.
const MOST_RESTING: usize = 64;

/// What happened in a turn so far.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// What was said.
    pub said: String,
    /// What was called, in order.
    pub tools: Vec<ToolUse>,
    /// What it cost, when it is over and the provider said.
    pub usage: Option<Usage>,
    /// The message that answers, when it is over.
    pub message: Option<MessageId>,
    /// Whether it was stopped before its end.
    pub stopped: bool,
}

/// A turn that is read by whoever holds this. Dropping it stops the turn.
#[derive(Debug)]
pub struct Talk {
    luna: Luna,
    /// The turn.
    pub turn: TurnStream,
    /// What happened so far.
    pub told: Told,
}

impl Talk {
    /// Reads a turn.
    #[must_use]
    pub fn new(luna: Luna, turn: TurnStream) -> Self {
        Self { luna, turn, told: Told::default() }
    }

    /// Reads on until something is asked that `answer` has no answer for; none = it is over.
    ///
    /// # Errors
    /// That with which the turn failed.
    pub async fn on(
        &mut self,
        answer: impl Fn(&Confirmation) -> Option<Answer>,
    ) -> Result<Option<Box<Confirmation>>> {
        while let Some(event) = self.turn.next().await {
            match event {
                Event::Token { text, .. } => self.told.said.push_str(&text),
                Event::ToolStarted { action, call, .. } => {
                    // Text before and after tools are two paragraphs.
                    if !self.told.said.is_empty() && !self.told.said.ends_with('\n') {
                        self.told.said.push_str("\n\n");
                    }
                    self.told.tools.push(ToolUse {
                        call,
                        action: Some(action),
                        result: None,
                        duration_ms: 0,
                    });
                }
                Event::ToolEnded { action, result, duration_ms, .. } => {
                    if let Some(tool) = self.told.tools.iter_mut().find(|t| t.action == Some(action)) {
                        tool.result = Some(result);
                        tool.duration_ms = duration_ms;
                    }
                }
                Event::ConfirmationAsked { confirmation } => match answer(&confirmation) {
                    // Another face may have been quicker.
                    Some(answer) => drop(self.luna.gate().answer(confirmation.action.id, answer)),
                    None => return Ok(Some(confirmation)),
                },
                Event::TurnEnded { message, usage, stopped, .. } => {
                    self.told.message = Some(message);
                    self.told.usage = usage;
                    self.told.stopped = stopped;
                    self.told.said.truncate(self.told.said.trim_end().len());
                    return Ok(None);
                }
                Event::TurnFailed { kind, message, .. } => return Err(Error::new(kind, message)),
                _ => {}
            }
        }
        Err(Error::cancelled())
    }

    /// Reads to the end; questions are left to whoever sees them.
    ///
    /// # Errors
    /// That with which the turn failed.
    pub async fn to_the_end(mut self) -> Result<Told> {
        while self.on(|_| None).await?.is_some() {}
        Ok(self.told)
    }

    /// How the last call of a tool went, if there was one: the call, and whether the gate let it.
    #[must_use]
    pub fn last_call(&self, tool: &str) -> Option<&ToolUse> {
        self.told.tools.iter().rfind(|t| t.call.name == tool)
    }

    /// Whether everything an answer could be given to by itself may be done: nothing dangerous, and nothing that text
    /// from outside may have asked for.
    #[must_use]
    pub fn harmless(question: &Confirmation) -> bool {
        let outside =
            question.action.evidence.iter().any(|e| matches!(e, luna_model::Evidence::Outside { .. }));
        question.risk.is_none_or(|risk| risk < luna_model::Risk::Dangerous) && !outside
    }
}

/// Turns that rest at a question; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Resting {
    talks: Arc<Mutex<Vec<(ActionId, Timestamp, Talk)>>>,
}

impl Resting {
    /// Lets a turn rest until its question is answered. One whose question ran out is forgotten.
    pub fn rest(&self, question: &Confirmation, talk: Talk) {
        let now = talk.luna.clock().now();
        let mut talks = self.talks.lock();
        talks.retain(|(_, until, _)| *until > now);
        if talks.len() == MOST_RESTING {
            talks.remove(0);
        }
        talks.push((question.action.id, question.expires_at, talk));
    }

    /// Answers the question and takes the turn, to be read on.
    ///
    /// # Errors
    /// `NotFound` when there is no such question, or it was answered or ran out.
    pub fn answer(&self, question: ActionId, answer: Answer) -> Result<Talk> {
        let missing = || Error::not_found("there is no such question, or it was answered already");
        let mut talks = self.talks.lock();
        let at = talks.iter().position(|(id, ..)| *id == question).ok_or_else(missing)?;
        let (_, _, talk) = talks.remove(at);
        drop(talks);
        talk.luna.gate().answer(question, answer)?;
        Ok(talk)
    }
}
