//! Chat: a message in, a turn of events out. What the user wrote is stored before the model is asked; what Luna said is
//! kept whatever happens; a reader that leaves stops the turn.
//!
//! `machine` is the loop as a pure state machine, `drive` performs what it asks for, `prompt` says what the model reads,
//! `text_calls` reads tool calls written as text, `summary` keeps long conversations short.

mod drive;
mod machine;
pub(crate) mod prompt;
mod summary;
mod text_calls;

pub(crate) use prompt::{own_words, title};
pub(crate) use summary::extract;

use std::pin::Pin;
use std::task::{Context, Poll};

use futures::Stream;
use luna_model::{
    ChatMode, Conversation, ConversationId, Emotion, Error, Event, Evidence, Image, Message, MessageId,
    MessageState, ModelInfo, Provider, Result, Role, TurnId,
};
use luna_store::{ConversationKind, MessageHit};
use tokio::sync::mpsc;
use tokio_util::sync::DropGuard;

use crate::Luna;
use crate::presence::Whence;
use crate::running::Occupied;
use crate::schedule::Meter;

/// Longest message, in bytes.
const LONGEST: usize = 1 << 20;
/// Events a reader may lag behind; beyond it its turn waits for it.
const LAG: usize = 512;

/// Something said to Luna.
#[derive(Clone, Debug, Default)]
pub struct ChatRequest {
    /// The conversation; none = a new one.
    pub conversation: Option<ConversationId>,
    /// What was said.
    pub message: String,
    /// Images with it.
    pub images: Vec<Image>,
    /// How the answer will be used.
    pub mode: ChatMode,
    /// How it was said, when it was spoken. It informs the tone of the answer and is kept nowhere.
    pub tone: Option<Emotion>,
    /// Another provider than the configured one.
    pub provider: Option<Provider>,
    /// Another model than the configured one.
    pub model: Option<String>,
    /// Instructions of the conversation's own, besides Luna's.
    pub instructions: Option<String>,
    /// What is given of the conversation so far, where it is not the usual.
    pub past: Option<Past>,
    /// Who answers in Luna's place.
    pub persona: Option<Persona>,
    /// The packages whose instructions led to this, in an earlier turn: what is done is held to what they were allowed.
    pub led_by: Vec<Evidence>,
}

/// What the model is given of a conversation whose memory is kept in another way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// The last messages, word for word.
    pub messages: u32,
    /// What stands for those before them.
    pub summary: Option<String>,
}

/// A role that answers in Luna's place: with its own instructions, nothing of her memory, and only these tools.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Persona {
    /// Its name.
    pub name: String,
    /// What it is to do, and how.
    pub instructions: String,
    /// The tools it may call.
    pub tools: Vec<String>,
    /// Where set, its answer is JSON of this schema.
    pub schema: Option<serde_json::Value>,
}

/// A turn on its way. Dropping it stops the turn; what was said so far is kept.
#[derive(Debug)]
pub struct TurnStream {
    /// The conversation.
    pub conversation: ConversationId,
    /// The turn.
    pub turn: TurnId,
    /// The model that answers.
    pub model: ModelInfo,
    events: mpsc::Receiver<Event>,
    _stop: DropGuard,
}

impl Stream for TurnStream {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.events.poll_recv(cx)
    }
}

/// A turn whose question is stored and whose conversation is taken.
struct Begun {
    request: ChatRequest,
    asker: Asker,
    conversation: ConversationId,
    turn: TurnId,
    question: MessageId,
    model: ModelInfo,
    occupied: Occupied,
    /// Counts what it uses, where that is limited.
    meter: Option<Meter>,
}

/// On whose behalf a turn is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asker {
    User,
    /// A role does a piece of work for the user: what is said is neither listed nor learnt from.
    Persona,
    Task(luna_model::TaskId),
    Job(luna_model::JobId),
    Guest(Guest),
}

/// Somebody who writes from elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Guest {
    pub(crate) channel: luna_model::Channel,
    pub(crate) sender: String,
    pub(crate) name: String,
    pub(crate) standing: luna_model::Standing,
}

impl Asker {
    const fn kind(&self) -> ConversationKind {
        match self {
            Self::User => ConversationKind::User,
            Self::Guest(_) => ConversationKind::Guest,
            Self::Persona | Self::Task(_) | Self::Job(_) => ConversationKind::Task,
        }
    }

    /// Where the user speaks from, if it is the user who speaks.
    fn user_from(&self) -> Option<Whence> {
        match self {
            Self::User => Some(Whence::Here),
            Self::Guest(guest) if guest.standing == luna_model::Standing::Owner => Some(Whence::Elsewhere),
            _ => None,
        }
    }

    /// Whether what Luna remembers of the user may be told.
    pub(crate) fn may_know(&self) -> bool {
        !matches!(self, Self::Guest(guest) if guest.standing != luna_model::Standing::Owner)
    }
}

impl Luna {
    /// Says something to Luna. Returns when the message is stored and the turn has begun; the rest streams.
    ///
    /// # Errors
    /// `Invalid` for an empty or too long message, `NotFound` for a conversation that does not exist, `Conflict` while
    /// the last turn of the conversation still goes on. Later failures come as [`Event::TurnFailed`].
    pub async fn chat(&self, request: ChatRequest) -> Result<TurnStream> {
        self.chat_as(request, Asker::User).await
    }

    pub(crate) async fn chat_as(&self, request: ChatRequest, asker: Asker) -> Result<TurnStream> {
        self.chat_metered(request, asker, None).await
    }

    pub(crate) async fn chat_metered(
        &self,
        mut request: ChatRequest,
        asker: Asker,
        meter: Option<Meter>,
    ) -> Result<TurnStream> {
        if request.message.trim().is_empty() && request.images.is_empty() {
            return Err(Error::invalid("the message is empty"));
        }
        if request.message.len() > LONGEST {
            return Err(Error::limit("the message is longer than 1 MiB; give it as a file instead"));
        }
        let now = self.clock().now();
        if let Some(from) = asker.user_from() {
            self.hear_of_user(&request.message, from);
        }
        let conversation = match request.conversation {
            Some(id) => self.conversation(id).await?.id,
            None => {
                let id = ConversationId::new();
                let title = prompt::title(&request.message);
                self.db().create_conversation(id, asker.kind(), title.clone(), now).await?;
                self.bus().publish(Event::ConversationChanged { conversation: id, title: Some(title) });
                id
            }
        };
        let traits = self.db().traits(conversation).await?;
        request.model = request.model.or(traits.model);
        request.instructions = request.instructions.or(traits.instructions);
        let turn = TurnId::new();
        let occupied = self.running().occupy(conversation, turn).await?;
        let model = self.model_for(&request).await;
        let question = Message {
            id: MessageId::new(),
            conversation,
            turn,
            role: Role::User,
            content: request.message.clone(),
            images: request.images.clone(),
            tools: vec![],
            model: None,
            state: MessageState::Complete,
            created_at: now,
        };
        let question_id = question.id;
        self.db().add_message(question).await?;
        let begun =
            Begun { request, asker, conversation, turn, question: question_id, model, occupied, meter };
        Ok(self.drive(begun))
    }

    /// Sets a turn going.
    fn drive(&self, begun: Begun) -> TurnStream {
        let (sender, events) = mpsc::channel(LAG);
        let stop = begun.occupied.cancel.clone().drop_guard();
        let stream = TurnStream {
            conversation: begun.conversation,
            turn: begun.turn,
            model: begun.model.clone(),
            events,
            _stop: stop,
        };
        self.tasks().spawn(drive::Driver::new(self.clone(), begun, sender).run());
        stream
    }

    async fn model_for(&self, request: &ChatRequest) -> ModelInfo {
        let mut model = self.llm().active().await;
        if let Some(provider) = request.provider
            && provider != model.provider
        {
            let known = self.llm().providers().await.into_iter().find(|p| p.provider == provider);
            model = ModelInfo {
                provider,
                name: known.map(|p| p.model).unwrap_or_default(),
                tools: true,
                images: true,
            };
        }
        if let Some(name) = &request.model {
            model.name.clone_from(name);
        }
        model
    }

    /// Stops a turn; what was said so far is kept.
    ///
    /// # Errors
    /// `NotFound` when it does not run.
    pub fn stop_turn(&self, turn: TurnId) -> Result<()> {
        self.running().stop(turn)
    }

    /// The user's conversations, last used first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn conversations(
        &self,
        limit: u32,
        before: Option<luna_model::Timestamp>,
    ) -> Result<Vec<Conversation>> {
        self.db().conversations(limit, before).await
    }

    /// A conversation.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn conversation(&self, id: ConversationId) -> Result<Conversation> {
        self.db().conversation(id).await?.ok_or_else(|| Error::not_found("there is no such conversation"))
    }

    /// A page of a conversation, oldest first: the last `limit` messages before `before`.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn messages(
        &self,
        id: ConversationId,
        limit: u32,
        before: Option<MessageId>,
    ) -> Result<Vec<Message>> {
        self.db().messages(id, limit, before).await
    }

    /// Names a conversation.
    ///
    /// # Errors
    /// `Invalid` for an empty name, `NotFound` when there is none.
    pub async fn rename_conversation(&self, id: ConversationId, title: &str) -> Result<Conversation> {
        let title = title.trim();
        if title.is_empty() || title.chars().count() > 200 {
            return Err(Error::invalid("a title has 1 to 200 characters"));
        }
        let changed = self.db().change_conversation(id, Some(title.to_owned()), None).await?;
        self.bus()
            .publish(Event::ConversationChanged { conversation: id, title: Some(changed.title.clone()) });
        Ok(changed)
    }

    /// Begins a conversation like this one, up to a message: that one included, or not, to say it otherwise. What was
    /// said stays where it is.
    ///
    /// # Errors
    /// `NotFound` when there is no such message in it.
    pub async fn branch_conversation(
        &self,
        id: ConversationId,
        upto: MessageId,
        included: bool,
    ) -> Result<Conversation> {
        let into = ConversationId::new();
        let branch = self.db().branch_conversation(id, upto, included, into, self.clock().now()).await?;
        self.bus()
            .publish(Event::ConversationChanged { conversation: into, title: Some(branch.title.clone()) });
        Ok(branch)
    }

    /// Pins a conversation, or lets it go.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn pin_conversation(&self, id: ConversationId, pinned: bool) -> Result<Conversation> {
        self.db().change_conversation(id, None, Some(pinned)).await
    }

    /// Deletes a conversation for good.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn delete_conversation(&self, id: ConversationId) -> Result<()> {
        self.running().stop_in(id);
        self.db().delete_conversation(id).await?;
        self.bus().publish(Event::ConversationChanged { conversation: id, title: None });
        Ok(())
    }

    /// Takes a conversation away such that [`Luna::restore_conversation`] can bring it back for a while.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn hide_conversation(&self, id: ConversationId) -> Result<()> {
        self.running().stop_in(id);
        self.db().hide_conversation(id, self.clock().now()).await?;
        self.bus().publish(Event::ConversationChanged { conversation: id, title: None });
        Ok(())
    }

    /// Brings a conversation back.
    ///
    /// # Errors
    /// `NotFound` when it is gone for good.
    pub async fn restore_conversation(&self, id: ConversationId) -> Result<Conversation> {
        let conversation = self.db().restore_conversation(id).await?;
        self.bus().publish(Event::ConversationChanged {
            conversation: id,
            title: Some(conversation.title.clone()),
        });
        Ok(conversation)
    }

    /// Messages of all conversations that hold these words, best first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn search_messages(&self, query: &str, limit: u32) -> Result<Vec<MessageHit>> {
        self.db().search_messages(query.to_owned(), limit.clamp(1, 200)).await
    }
}
