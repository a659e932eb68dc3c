//! Sessions: conversations under a client's own name, whose memory rolls. The model is given the last messages word for
//! word and, for those before them, the newest few summaries; nothing is ever deleted but with the whole session.
//!
//! The window holds 21 messages. When message 22 is there, 2 to 22 are summarised, at 43 23 to 43, and so on, so that three
//! summaries and the window never leave a gap.

use luna_model::{
    Answer, ConversationId, Error, Message, MessageId, MessageState, Result, Role, Timestamp, TurnId,
};
use luna_store::{ConversationKind, Stretch};
use serde_json::Value;

use crate::Luna;
use crate::agents::{self, Agent};
use crate::chat::{ChatRequest, Past, extract, title};
use crate::review;
use crate::talk::Talk;

/// Messages that are given word for word.
pub const WINDOW: u32 = 21;
/// Summaries that are given for those before.
pub const SUMMARIES: u32 = 3;
/// The agent that reviews code.
const ANALYST: &str = "analyze";
/// Longest name of a session.
const LONGEST_NAME: usize = 200;

/// What a session remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionMemory {
    /// Messages in the window.
    pub window: u64,
    /// Summaries of those before.
    pub summaries: u64,
    /// Messages in all.
    pub total: u64,
    /// When the oldest message of the window was said.
    pub oldest: Option<Timestamp>,
    /// When the newest was.
    pub newest: Option<Timestamp>,
}

/// What came of something that was said in a session.
pub enum Exchanged {
    /// The turn is over.
    Over(Box<Talk>),
    /// The turn rests at this question.
    Asked(Box<luna_model::Confirmation>),
    /// An agent that answers with data did it.
    Worked {
        /// Which.
        agent: &'static Agent,
        /// What it gave.
        value: Value,
    },
}

impl Luna {
    /// Says something in a session, which begins with it if there is none of this name. Whatever is asked is answered with
    /// yes where `approve` is set and it is harmless; else the turn rests at the question.
    ///
    /// # Errors
    /// `Invalid` for an empty message or a name that is none, and what the turn failed with.
    pub async fn exchange(&self, session: &str, message: &str, approve: bool) -> Result<Exchanged> {
        let conversation = self.session_or_new(session, message).await?;
        if let Some(agent) = agents::routed(message)
            && let Some(value) = self.hand_over(conversation, agent, message).await?
        {
            return Ok(Exchanged::Worked { agent, value });
        }
        let request = ChatRequest {
            conversation: Some(conversation),
            message: message.to_owned(),
            past: Some(self.past(conversation).await?),
            ..ChatRequest::default()
        };
        let talk = Talk::new(self.clone(), self.chat(request).await?);
        self.go_on(talk, approve).await
    }

    /// Answers the question at which a turn rests, and goes on with it.
    ///
    /// # Errors
    /// `NotFound` when there is no such question, and what the turn failed with.
    pub async fn exchange_on(&self, question: luna_model::ActionId, approved: bool) -> Result<Exchanged> {
        let answer = if approved { Answer::Once } else { Answer::No };
        let talk = self.resting().answer(question, answer)?;
        self.go_on(talk, false).await
    }

    async fn go_on(&self, mut talk: Talk, approve: bool) -> Result<Exchanged> {
        let question = talk.on(|q| (approve && Talk::harmless(q)).then_some(Answer::Once)).await?;
        if let Some(question) = question {
            self.resting().rest(&question, talk);
            return Ok(Exchanged::Asked(question));
        }
        self.roll(talk.turn.conversation).await?;
        Ok(Exchanged::Over(Box::new(talk)))
    }

    /// What a session remembers.
    ///
    /// # Errors
    /// `NotFound` when there is none of this name.
    pub async fn session(&self, name: &str) -> Result<SessionMemory> {
        let conversation = self.known_session(name).await?;
        let total = self.conversation(conversation).await?.message_count;
        let window = total.min(u64::from(WINDOW));
        let summaries = self.db().session_summaries(conversation, SUMMARIES).await?.len() as u64;
        let ends = [(total + 1).saturating_sub(window), total];
        let mut times = vec![];
        for at in ends {
            times.extend(self.db().stretch(conversation, at, at).await?.first().map(|m| m.created_at));
        }
        Ok(SessionMemory {
            window,
            summaries,
            total,
            oldest: times.first().copied(),
            newest: times.last().copied(),
        })
    }

    /// Forgets a session and all that was said in it.
    ///
    /// # Errors
    /// `NotFound` when there is none of this name.
    pub async fn forget_session(&self, name: &str) -> Result<()> {
        let conversation = self.known_session(name).await?;
        self.delete_conversation(conversation).await
    }

    /// The conversation of a session.
    ///
    /// # Errors
    /// `NotFound` when there is none of this name.
    pub async fn known_session(&self, name: &str) -> Result<ConversationId> {
        let known = self.db().session(name.to_owned()).await?;
        known.ok_or_else(|| Error::not_found("there is no such session"))
    }

    /// The name under which a conversation is a session, if it is one.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn session_of(&self, conversation: ConversationId) -> Result<Option<String>> {
        self.db().session_name(conversation).await
    }

    async fn session_or_new(&self, name: &str, message: &str) -> Result<ConversationId> {
        if name.trim().is_empty() || name.len() > LONGEST_NAME {
            return Err(Error::invalid(format!("a session's name has 1 to {LONGEST_NAME} characters")));
        }
        if message.trim().is_empty() {
            return Err(Error::invalid("the message is empty"));
        }
        if let Some(known) = self.db().session(name.to_owned()).await? {
            return Ok(known);
        }
        let (id, now) = (ConversationId::new(), self.clock().now());
        let title = title(message);
        self.db().create_conversation(id, ConversationKind::User, title.clone(), now).await?;
        self.db().name_session(name.to_owned(), id, now).await?;
        self.bus().publish(luna_model::Event::ConversationChanged { conversation: id, title: Some(title) });
        Ok(id)
    }

    /// What a session gives the model of itself: the window, which the new message is the last of, and the summaries.
    async fn past(&self, conversation: ConversationId) -> Result<Past> {
        let summaries = self.db().session_summaries(conversation, SUMMARIES).await?;
        let told: Vec<_> =
            summaries.iter().map(|s| format!("Messages {} to {}:\n{}", s.first, s.last, s.text)).collect();
        Ok(Past { messages: WINDOW, summary: (!told.is_empty()).then(|| told.join("\n\n")) })
    }

    /// Summarises the stretches that are whole and have no summary yet.
    async fn roll(&self, conversation: ConversationId) -> Result<()> {
        let window = u64::from(WINDOW);
        let total = self.conversation(conversation).await?.message_count;
        let newest = self.db().session_summaries(conversation, 1).await?.first().map_or(1, |s| s.last);
        for last in (newest + window..=total).step_by(WINDOW as usize) {
            let first = last + 1 - window;
            let messages = self.db().stretch(conversation, first, last).await?;
            // A model that does not answer must not keep the window from moving.
            let text = match self.summary_of("", &messages).await {
                Ok(text) if !text.trim().is_empty() => text,
                _ => extract("", &messages),
            };
            let stretch = Stretch { first, last, text, at: self.clock().now() };
            self.db().add_session_summary(conversation, stretch, SUMMARIES).await?;
        }
        Ok(())
    }

    /// Has an agent that answers with data do it, and keeps what was said. None when it gave nothing usable and Luna
    /// herself should answer.
    async fn hand_over(
        &self,
        conversation: ConversationId,
        agent: &'static Agent,
        message: &str,
    ) -> Result<Option<Value>> {
        // Code is read by rules first: they feed the reviewer, and are the review where there is no model.
        let found = (agent.slug == ANALYST).then(|| review::by_rules_in(message));
        let mut asked = message.to_owned();
        if let Some(found) = &found {
            asked.push_str(&found.told());
        }
        let worked = match (self.work_out(agent, asked).await, found) {
            (Ok(value), _) => Some(value),
            (Err(error), Some(found)) => {
                tracing::info!(%error, "code is reviewed by rules alone");
                Some(found.as_analysis())
            }
            (Err(error), None) => {
                tracing::warn!(%error, agent = agent.slug, "an agent gave nothing usable");
                None
            }
        };
        let Some(value) = worked else { return Ok(None) };
        let turn = TurnId::new();
        let now = self.clock().now();
        let said = |role, content: String, model| Message {
            id: MessageId::new(),
            conversation,
            turn,
            role,
            content,
            images: vec![],
            tools: vec![],
            model,
            state: MessageState::Complete,
            created_at: now,
        };
        self.db().add_message(said(Role::User, message.to_owned(), None)).await?;
        let shown = serde_json::to_string_pretty(&value).unwrap_or_default();
        let answer = format!("{}:\n\n```json\n{shown}\n```", agent.name);
        self.db().add_message(said(Role::Assistant, answer, Some(agent.name.clone()))).await?;
        self.roll(conversation).await?;
        Ok(Some(value))
    }
}
