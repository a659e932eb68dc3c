//! The words of conversations.

use luna_core::{Told, store::Traits};
use luna_model::{self as core, ConversationId, ModelInfo, Role, Usage};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::time;

const UNNAMED: &str = "New Conversation";

#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = MotokoConversationsNew)]
#[serde(rename_all = "camelCase")]
pub(super) struct New {
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    model: Option<String>,
    /// What holds in it, besides what always holds.
    #[serde(default)]
    system_prompt: Option<String>,
}

impl New {
    pub(super) fn into_core(self) -> (String, Traits) {
        let given = |text: Option<String>| text.filter(|t| !t.trim().is_empty());
        let traits =
            Traits { model: given(self.model), instructions: given(self.system_prompt), channel: None };
        (given(self.title).unwrap_or_else(|| UNNAMED.into()), traits)
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MotokoConversationsConversation)]
#[serde(rename_all = "camelCase")]
pub(super) struct Conversation {
    id: Uuid,
    title: String,
    model: Option<String>,
    system_prompt: Option<String>,
    channel_id: Option<String>,
    created_at: i64,
    updated_at: i64,
}

impl Conversation {
    pub(super) fn new(c: core::Conversation, traits: Traits) -> Self {
        Self {
            id: c.id.0,
            title: c.title,
            model: traits.model,
            system_prompt: traits.instructions,
            channel_id: traits.channel,
            created_at: time(c.created_at),
            updated_at: time(c.updated_at),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MotokoConversationsMessage)]
#[serde(rename_all = "camelCase")]
struct Message {
    id: Uuid,
    conversation_id: Uuid,
    role: &'static str,
    content: String,
    /// JSON text.
    tool_calls: Option<String>,
    /// JSON text.
    tool_results: Option<String>,
    model: Option<String>,
    created_at: i64,
}

impl Message {
    fn new(m: core::Message) -> Self {
        let calls: Vec<_> = m.tools.iter().map(|t| &t.call).collect();
        let results: Vec<_> = m.tools.iter().filter_map(|t| t.result.as_ref()).collect();
        Self {
            id: m.id.0,
            conversation_id: m.conversation.0,
            role: if m.role == Role::User { "user" } else { "assistant" },
            tool_calls: (!calls.is_empty()).then(|| serde_json::to_string(&calls).unwrap_or_default()),
            tool_results: (!results.is_empty()).then(|| serde_json::to_string(&results).unwrap_or_default()),
            content: m.content,
            model: m.model,
            created_at: time(m.created_at),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MotokoConversationsWhole)]
pub(super) struct Whole {
    #[serde(flatten)]
    conversation: Conversation,
    messages: Vec<Message>,
}

impl Whole {
    pub(super) fn new(conversation: Conversation, messages: Vec<core::Message>) -> Self {
        Self { conversation, messages: messages.into_iter().map(Message::new).collect() }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = MotokoConversationsSay)]
pub(super) struct Say {
    #[schema(required = true)]
    #[serde(default)]
    pub(super) content: Option<String>,
    /// Another model than the conversation's.
    #[serde(default)]
    pub(super) model: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Used {
    input_tokens: u64,
    output_tokens: u64,
    /// US dollars.
    cost: f64,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answered {
    id: Option<Uuid>,
    conversation_id: Uuid,
    role: &'static str,
    content: String,
    model: String,
    provider: &'static str,
    usage: Used,
}

impl Answered {
    pub(super) fn new(
        conversation: ConversationId,
        told: Told,
        model: &ModelInfo,
        usage: Usage,
        cost: f64,
    ) -> Self {
        Self {
            id: told.message.map(|m| m.0),
            conversation_id: conversation.0,
            role: "assistant",
            content: told.said,
            model: model.name.clone(),
            provider: model.provider.name(),
            usage: Used { input_tokens: usage.input_tokens, output_tokens: usage.output_tokens, cost },
        }
    }
}
