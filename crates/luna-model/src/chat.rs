//! Conversations and their messages.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ConversationId, MessageId, ToolCall, ToolResult, TurnId};

/// A conversation, as listed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// Made from the first message unless the user named it.
    pub title: String,
    /// Listed before the others.
    pub pinned: bool,
    /// When it began.
    pub created_at: Timestamp,
    /// When something was last said in it.
    pub updated_at: Timestamp,
    /// Messages of the user and of Luna.
    pub message_count: u64,
}

/// Who said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The user.
    User,
    /// Luna.
    Assistant,
}

/// How a message of Luna's ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    /// Whole.
    Complete,
    /// Stopped by the user, or the reader went away.
    Stopped,
    /// The model failed in the middle.
    Failed,
}

/// An image given with a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Image {
    /// `image/png`, `image/jpeg`, …
    pub media_type: String,
    /// Base64 of its bytes.
    pub data: String,
}

/// A tool call of a message, with its result once there is one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ToolUse {
    /// The call.
    pub call: ToolCall,
    /// The gate's id of the action; undo takes it.
    pub action: Option<crate::ActionId>,
    /// The result, when it ended.
    pub result: Option<ToolResult>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// Its conversation.
    pub conversation: ConversationId,
    /// The turn it belongs to: a user's message and all that answered it.
    pub turn: TurnId,
    /// Who said it.
    pub role: Role,
    /// The text.
    pub content: String,
    /// Images the user gave.
    pub images: Vec<Image>,
    /// What Luna called while answering, in order.
    pub tools: Vec<ToolUse>,
    /// The model that answered, when Luna did.
    pub model: Option<String>,
    /// How it ended.
    pub state: MessageState,
    /// When it was said.
    pub created_at: Timestamp,
}

/// How an answer will be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ChatMode {
    /// Read on a screen.
    #[default]
    Chat,
    /// Spoken: short, no Markdown.
    Voice,
}
