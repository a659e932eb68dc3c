//! Child agents: what a model sets to work beside itself.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ChildId, ConversationId};

/// How far a child agent is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ChildState {
    /// It works.
    Running,
    /// It waits for a yes.
    Waiting,
    /// It is done.
    Completed,
    /// It failed, was killed, or spent its budget.
    Failed,
}

/// A child agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Child {
    /// Its id.
    pub id: ChildId,
    /// The conversation whose model set it to work.
    pub parent: Option<ConversationId>,
    /// What it is called.
    pub name: String,
    /// The model that works.
    pub model: String,
    /// What it was told to do.
    pub instructions: String,
    /// How far it is.
    pub state: ChildState,
    /// What it may spend, in US dollars.
    pub budget: f64,
    /// What it spent.
    pub spent: f64,
    /// Its own conversation.
    pub conversation: ConversationId,
    /// What came of it.
    pub output: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}
