//! The words of chat: four types of answer, and the state of a session's memory.

use luna_core::agents::Agent;
use luna_core::sessions::{SessionMemory, WINDOW};
use luna_model::{CommandOutcome, Confirmation, ToolUse};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::{Failed, time};

#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = LumenChatSay)]
#[serde(rename_all = "camelCase")]
pub(super) struct Say {
    /// What is said.
    #[schema(required = true)]
    #[serde(default)]
    message: Option<String>,
    /// The session; left out = a new one, whose name is in the answer.
    #[serde(default)]
    session_id: Option<String>,
    /// Whether commands that are neither dangerous nor asked for by text from outside may run at once (true).
    #[serde(default)]
    auto_approve: Option<bool>,
}

impl Say {
    pub(super) fn into_core(self) -> Result<(String, String, bool), Failed> {
        let message = self.message.filter(|m| !m.trim().is_empty());
        let message = message.ok_or(Failed::Missing { parameter: "message", say: "Message is required" })?;
        let session = self.session_id.filter(|s| !s.trim().is_empty());
        let session = session.unwrap_or_else(|| format!("session-{}", Uuid::now_v7()));
        Ok((session, message, self.auto_approve.unwrap_or(true)))
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Approve {
    /// From the `approval_required` answer.
    #[schema(required = true)]
    #[serde(default)]
    pub(super) approval_id: Option<Uuid>,
    /// Whether it may be done.
    pub(super) approved: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Cleared {
    pub(super) status: &'static str,
}

/// What a session remembers.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct MemoryStatus {
    current_window_size: u64,
    summary_count: u64,
    total_interactions: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_window_size: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest_interaction: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    newest_interaction: Option<String>,
}

impl MemoryStatus {
    pub(super) fn brief(memory: SessionMemory) -> Self {
        Self {
            current_window_size: memory.window,
            summary_count: memory.summaries,
            total_interactions: memory.total,
            max_window_size: None,
            oldest_interaction: None,
            newest_interaction: None,
        }
    }

    pub(super) fn whole(memory: SessionMemory) -> Self {
        Self {
            max_window_size: Some(WINDOW),
            oldest_interaction: memory.oldest.map(time),
            newest_interaction: memory.newest.map(time),
            ..Self::brief(memory)
        }
    }
}

/// How a command went.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Execution {
    /// `success`, `error`, `blocked` or `denied`.
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    stdout: String,
    stderr: String,
    /// Milliseconds.
    duration: u64,
}

/// An answer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LumenChatSaid)]
#[serde(rename_all = "camelCase")]
pub(super) struct Said {
    /// `response`, `code`, `terminal` or `approval_required`.
    r#type: &'static str,
    session_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    approval_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<String>,
    /// What it says depends on the type.
    response: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    execution: Option<Execution>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_status: Option<MemoryStatus>,
}

impl Said {
    fn new(r#type: &'static str, session_id: String, response: Value, memory: Option<MemoryStatus>) -> Self {
        Self {
            r#type,
            session_id,
            approval_id: None,
            command: None,
            reasoning: None,
            response,
            execution: None,
            memory_status: memory,
        }
    }

    /// A question.
    pub(super) fn asked(session: String, question: &Confirmation, command: String) -> Self {
        let response = json!({ "terminalCommand": command, "requiresApproval": true });
        Self {
            approval_id: Some(question.action.id.0),
            reasoning: Some(question.effect.clone()),
            command: Some(command),
            ..Self::new("approval_required", session, response, None)
        }
    }

    /// Words; code where there is one block of it.
    pub(super) fn answered(session: String, said: &str, memory: Option<MemoryStatus>) -> Self {
        if let Some((code, language, words)) = one_block(said) {
            let response =
                json!({ "choice": "code", "codeExplanation": words, "code": code, "language": language });
            return Self::new("code", session, response, memory);
        }
        let response = json!({ "choice": "default", "response": said, "reasoning": null });
        Self::new("response", session, response, memory)
    }

    /// What an agent gave that answers with data.
    pub(super) fn worked(session: String, agent: &Agent, value: Value, memory: Option<MemoryStatus>) -> Self {
        let mut response = json!({ "choice": "default", "response": agent.role, "reasoning": agent.summary });
        if let (Some(response), Value::Object(fields)) = (response.as_object_mut(), value) {
            response.extend(fields);
        }
        Self::new("response", session, response, memory)
    }

    /// A command that was run, or not let.
    pub(super) fn ran(
        session: String,
        said: &str,
        call: &ToolUse,
        outcome: Option<CommandOutcome>,
        memory: Option<MemoryStatus>,
    ) -> Self {
        let response = json!({
            "choice": "terminalCommand",
            "response": said,
            "terminalCommand": call.call.input.get("command"),
            "commandReasoning": said.lines().next().unwrap_or_default(),
            "requiresApproval": false,
        });
        let execution = match outcome {
            Some(outcome) => Execution {
                status: if outcome.exit_code == Some(0) { "success" } else { "error" },
                exit_code: outcome.exit_code.filter(|code| *code != 0),
                message: None,
                stdout: outcome.stdout,
                stderr: outcome.stderr,
                duration: outcome.duration_ms,
            },
            None => {
                let why = call.result.as_ref().map(|r| r.content.clone()).unwrap_or_default();
                let status = if why.starts_with("blocked") { "blocked" } else { "denied" };
                Execution {
                    status,
                    exit_code: None,
                    message: Some(why),
                    stdout: String::new(),
                    stderr: String::new(),
                    duration: call.duration_ms,
                }
            }
        };
        Self { execution: Some(execution), ..Self::new("terminal", session, response, memory) }
    }
}

/// The one fenced block of a text with its language, and the words around it; none when there is no block, or several.
fn one_block(said: &str) -> Option<(String, String, String)> {
    let (before, rest) = said.split_once("```")?;
    let (language, rest) = rest.split_once('\n')?;
    let (code, after) = rest.split_once("```")?;
    if after.contains("```") {
        return None;
    }
    let words = format!("{}\n\n{}", before.trim(), after.trim());
    Some((code.trim_end().to_owned(), language.trim().to_owned(), words.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_block_is_code_and_several_are_words() {
        let said = "Here:\n```python\ndef f():\n    pass\n```\nDone.";
        let (code, language, words) = one_block(said).unwrap();
        assert_eq!(
            (code.as_str(), language.as_str(), words.as_str()),
            ("def f():\n    pass", "python", "Here:\n\nDone.")
        );
        assert!(one_block(&format!("{said}{said}")).is_none());
        assert!(one_block("no code").is_none());
    }
}
