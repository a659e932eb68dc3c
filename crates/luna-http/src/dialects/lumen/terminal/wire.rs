//! The words of the live terminal.

pub(super) use luna_core::runs::Utf8 as Text;
use luna_model::CommandOutcome;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A message of the client. Fields that its type does not use are ignored.
#[derive(Debug, Deserialize)]
pub(super) struct FromClient {
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) id: Option<Value>,
    #[serde(default)]
    pub(super) command: Option<String>,
    #[serde(default)]
    pub(super) cwd: Option<String>,
    #[serde(default)]
    pub(super) data: Option<String>,
    #[serde(default)]
    pub(super) cols: Option<u16>,
    #[serde(default)]
    pub(super) rows: Option<u16>,
}

/// A message of the server.
#[derive(Debug, Serialize)]
pub(super) struct ToClient {
    #[serde(flatten)]
    pub(super) saying: Saying,
    /// As the client gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<Value>,
    /// Milliseconds since 1970.
    pub(super) timestamp: i64,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum Saying {
    Ack {
        command: String,
        message: String,
    },
    Start {
        command: String,
        cwd: String,
    },
    Stdout {
        data: String,
    },
    Stderr {
        data: String,
    },
    Complete {
        result: Outcome,
    },
    Error {
        message: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        command: Option<String>,
    },
    Timeout {
        message: String,
    },
}

impl Saying {
    pub(super) fn error(message: &str) -> Self {
        Self::Error { message: message.to_owned(), command: None }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Outcome {
    /// `success` or `error`.
    status: &'static str,
    exit_code: Option<i32>,
    stdout: String,
    stderr: String,
    /// Milliseconds.
    duration: u64,
    killed: bool,
}

impl Outcome {
    pub(super) fn from_core(o: CommandOutcome) -> Self {
        Self {
            status: if o.exit_code == Some(0) { "success" } else { "error" },
            exit_code: o.exit_code,
            stdout: o.stdout,
            stderr: o.stderr,
            duration: o.duration_ms,
            killed: o.timed_out || o.cancelled,
        }
    }
}
