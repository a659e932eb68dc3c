//! Webhooks and channels: doors by which programs and people reach Luna.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{ConversationId, WebhookId};

/// A door for a program that tells Luna something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// What it is called.
    pub name: String,
    /// What the caller proves himself with.
    pub secret: String,
    /// Whether it is open.
    pub enabled: bool,
    /// The conversation that gets what is told.
    pub conversation: Option<ConversationId>,
    /// `default` or `answer`: Luna answers in the conversation; `store`: it is only kept there.
    pub handler: String,
    /// When it was last used.
    pub triggered_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A place besides Luna's window where people talk with her.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ChannelSetup {
    /// Its id.
    pub id: String,
    /// What it is: `telegram`, `discord`, `slack`, …
    pub kind: String,
    /// How it is set up; tokens are not in it.
    pub config: Map<String, Value>,
    /// Whether it is open.
    pub enabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
}
