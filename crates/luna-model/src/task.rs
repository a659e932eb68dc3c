//! Background tasks of the agent.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ConversationId, TaskId};

/// How a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// Waits for its turn.
    Queued,
    /// Working.
    InProgress,
    /// Waits for a yes.
    Waiting,
    /// Done.
    Completed,
    /// Could not be done; `error` says why.
    Failed,
    /// Stopped by the user.
    Cancelled,
}

/// One step of a task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct TaskStep {
    /// What is to be done.
    pub title: String,
    /// What came of it, once done.
    pub result: Option<String>,
    /// When it was done.
    pub done_at: Option<Timestamp>,
}

/// A background task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct AgentTask {
    /// Its id.
    pub id: TaskId,
    /// A line.
    pub title: String,
    /// What is wanted.
    pub description: String,
    /// How it stands.
    pub state: TaskState,
    /// Its steps; planned when it starts.
    pub steps: Vec<TaskStep>,
    /// The conversation in which it works (not listed among the user's).
    pub conversation: Option<ConversationId>,
    /// What went wrong.
    pub error: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last moved.
    pub updated_at: Timestamp,
}

/// A skill: instructions that the model reads when they fit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Skill {
    /// Its folder's name.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it is for, in a sentence.
    pub description: String,
    /// The tools it uses.
    pub commands: Vec<String>,
    /// What it may need, as its author says.
    pub permissions: Vec<String>,
    /// The text of SKILL.md.
    pub body: String,
    /// Shipped with Luna, or the user's own.
    pub shipped: bool,
}

/// A file of the workspace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct WorkspaceFile {
    /// Relative to the workspace, with `/`.
    pub path: String,
    /// In bytes.
    pub size: u64,
    /// When it was last changed.
    pub modified: Timestamp,
}
