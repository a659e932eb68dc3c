//! Artifacts: things made in a conversation that are looked at beside it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ArtifactId, ConversationId};

/// What an artifact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ArtifactKind {
    /// Source code.
    Code,
    /// Markdown.
    Markdown,
    /// A page, shown in a sandbox.
    Html,
    /// A Mermaid diagram.
    Mermaid,
    /// Plain text.
    Text,
}

/// An artifact as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Artifact {
    /// Its id.
    pub id: ArtifactId,
    /// The conversation it was made in.
    pub conversation: ConversationId,
    /// What it is.
    pub kind: ArtifactKind,
    /// What it is called.
    pub title: String,
    /// What it holds.
    pub content: String,
    /// The programming language, of code.
    pub language: Option<String>,
    /// Which version this is, from 1.
    pub version: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What an artifact once was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ArtifactVersion {
    /// Its id.
    pub id: ArtifactId,
    /// The artifact.
    pub artifact: ArtifactId,
    /// Which version, from 1.
    pub version: u32,
    /// What it held.
    pub content: String,
    /// When it was made.
    pub created_at: Timestamp,
}
