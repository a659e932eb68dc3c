//! Channels: people who write to Luna from elsewhere, and what she writes back.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ConversationId;

/// A service that brings messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Telegram.
    Telegram,
    /// Discord.
    Discord,
    /// Slack.
    Slack,
    /// GitHub: it brings events, nobody is answered.
    Github,
    /// Any program that can send JSON.
    Webhook,
    /// A program that came as a package; which one is the first part of its senders' ids and places (`file-drop/…`).
    Plugin,
}

impl Channel {
    /// The services.
    pub const ALL: [Self; 5] = [Self::Telegram, Self::Discord, Self::Slack, Self::Github, Self::Webhook];

    /// Its name, as the APIs say it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Telegram => "telegram",
            Self::Discord => "discord",
            Self::Slack => "slack",
            Self::Github => "github",
            Self::Webhook => "webhook",
            Self::Plugin => "plugin",
        }
    }
}

/// What somebody who writes may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Nobody said yet who that is; only a code is answered.
    Waiting,
    /// Somebody else: an own conversation, no memory, tools that only read the web.
    Guest,
    /// The user: calendar, tasks and memory too, and questions of the gate can be answered.
    Owner,
    /// Is not answered.
    Blocked,
}

/// Somebody who writes from elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Sender {
    /// Where.
    pub channel: Channel,
    /// Their id there, which never changes.
    pub id: String,
    /// What they call themselves there.
    pub name: String,
    /// What they may do.
    pub standing: Standing,
    /// What proves who they are, while they wait.
    pub code: Option<String>,
    /// Until when the code holds.
    pub code_until: Option<Timestamp>,
    /// Where they are written to.
    pub place: String,
    /// Their conversation.
    pub conversation: Option<ConversationId>,
    /// When they first wrote.
    pub created_at: Timestamp,
    /// When they last wrote.
    pub last_at: Timestamp,
}

/// Something that somebody wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incoming {
    /// Where.
    pub channel: Channel,
    /// What the service calls this message; the same when it is sent again.
    pub delivery: String,
    /// Who, by an id that never changes.
    pub sender: String,
    /// What they call themselves.
    pub name: String,
    /// Where the answer goes.
    pub to: Recipient,
    /// What they wrote; empty when they only sent something.
    pub text: String,
    /// What they sent with it.
    #[serde(default)]
    pub attachments: Vec<Attachment>,
}

/// What sort of thing was sent with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttachmentKind {
    /// Something spoken.
    Voice,
    /// A picture.
    Image,
    /// Anything else.
    File,
}

impl AttachmentKind {
    /// The kind that a media type is of.
    #[must_use]
    pub fn of(media_type: &str) -> Self {
        match media_type.split('/').next() {
            Some("audio") => Self::Voice,
            Some("image") => Self::Image,
            _ => Self::File,
        }
    }
}

/// Something that was sent with a message; it stays with the service until it is looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// What sort.
    pub kind: AttachmentKind,
    /// What it is called.
    pub name: String,
    /// What it is: `audio/ogg`, `text/csv`; empty where the service does not say.
    pub media_type: String,
    /// Its bytes; none where the service does not say.
    pub size: Option<u64>,
    /// How the service finds it.
    pub at: String,
}

/// Where something is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// By which service.
    pub channel: Channel,
    /// The chat, channel or room there.
    pub place: String,
    /// The thread in it, or what else the service needs to know.
    pub thread: Option<String>,
}

/// How a channel stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ChannelState {
    /// Which.
    pub channel: Channel,
    /// Whether it can be used.
    pub on: bool,
    /// What is missing, when it cannot; how it is reached, when it can.
    pub hint: String,
}
