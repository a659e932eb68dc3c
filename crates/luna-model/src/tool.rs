//! Tools: what a model may call, how a call looks, and what comes back.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a model is told of a tool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ToolSpec {
    /// Its name: lower case with underscores, unique.
    pub name: String,
    /// What it does and when to use it, in a sentence or two.
    pub description: String,
    /// JSON Schema (an object schema) of its input. Arguments are checked against it before anything runs.
    pub input_schema: Value,
}

/// A model asks for a tool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ToolCall {
    /// The provider's id of the call; the result refers to it.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// The arguments: an object.
    pub input: Value,
}

/// What a tool gave back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ToolResult {
    /// The call it answers.
    pub call_id: String,
    /// The tool's name.
    pub name: String,
    /// What the model gets to read.
    pub content: String,
    /// Whether it failed or was refused.
    pub is_error: bool,
    /// Whether the content came from outside (a web page, a file, a screen, a command's output).
    pub from_outside: bool,
}
