//! The words of the chat routes, and events as their frames.

use axum::response::sse::Event as Frame;
use luna_model::{self as core, Event, Mode, Role};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::super::time;
use crate::support::stream::frame as framed;

#[derive(Debug, Deserialize, IntoParams, ToSchema)]
#[schema(as = LunaChatSay)]
#[into_params(parameter_in = Query)]
pub(super) struct Say {
    /// What the user says.
    #[param(required = true)]
    pub(super) message: Option<String>,
    /// A conversation to go on with; left out = a new one.
    pub(super) conversation_id: Option<String>,
    /// `chat` (default) or `voice`.
    pub(super) mode: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct Confirm {
    /// From the `confirmation` event.
    #[schema(required = true)]
    #[serde(default)]
    pub(super) request_id: Option<Uuid>,
    pub(super) approved: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Confirmed {
    pub(super) ok: bool,
    pub(super) request_id: Uuid,
    pub(super) approved: bool,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Page {
    /// Only so many.
    pub(super) limit: Option<u32>,
    /// Only messages before this one.
    pub(super) before: Option<Uuid>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LunaChatConversation)]
pub(super) struct Conversation {
    id: Uuid,
    title: String,
    created_at: String,
    updated_at: String,
    message_count: u64,
}

impl Conversation {
    pub(super) fn from_core(c: core::Conversation) -> Self {
        Self {
            id: c.id.0,
            title: c.title,
            created_at: time(c.created_at),
            updated_at: time(c.updated_at),
            message_count: c.message_count,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LunaChatMessage)]
pub(super) struct Message {
    id: Uuid,
    /// `user` or `assistant`.
    role: &'static str,
    content: String,
    created_at: String,
}

impl Message {
    pub(super) fn from_core(m: core::Message) -> Self {
        let role = match m.role {
            Role::User => "user",
            Role::Assistant => "assistant",
        };
        Self { id: m.id.0, role, content: m.content, created_at: time(m.created_at) }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Proactive {
    /// None when nothing waits.
    pub(super) message: Option<String>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    conversation_id: Uuid,
    model: &'a str,
}

#[derive(Serialize)]
struct Token<'a> {
    text: &'a str,
}

#[derive(Serialize)]
struct Command<'a> {
    tool: &'a str,
    input: &'a Value,
}

#[derive(Serialize)]
struct Question<'a> {
    request_id: Uuid,
    tool: &'a str,
    input: &'a Value,
}

#[derive(Serialize)]
struct Done {
    conversation_id: Uuid,
}

#[derive(Serialize)]
struct Failed<'a> {
    message: &'a str,
}

/// An event of the turn as a frame of this dialect; none for what the document does not know.
pub(super) fn frame(event: &Event) -> Option<Frame> {
    match event {
        Event::TurnStarted { conversation, model, .. } => {
            framed("metadata", &Metadata { conversation_id: conversation.0, model })
        }
        Event::Token { text, .. } => framed("token", &Token { text }),
        // A blocked tool is not about to be called.
        Event::ToolStarted { call, mode, .. } if *mode != Mode::Block => {
            framed("command", &Command { tool: &call.name, input: &call.input })
        }
        Event::ConfirmationAsked { confirmation: c } => framed(
            "confirmation",
            &Question { request_id: c.action.id.0, tool: &c.action.tool, input: &c.action.input },
        ),
        Event::TurnEnded { conversation, .. } => framed("done", &Done { conversation_id: conversation.0 }),
        Event::TurnFailed { message, .. } => framed("error", &Failed { message }),
        _ => None,
    }
}
