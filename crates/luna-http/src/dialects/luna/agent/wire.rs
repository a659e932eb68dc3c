//! The words of the agent routes.

use std::collections::HashSet;

use luna_model::{self as core, AuditPhase, AuditRecord, Error, Mode, TaskState};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::super::time;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LunaAgentSkill)]
pub(super) struct Skill {
    name: String,
    version: String,
    description: String,
    commands: Vec<String>,
}

impl Skill {
    pub(super) fn from_core(s: core::Skill) -> Self {
        Self { name: s.name, version: s.version, description: s.description, commands: s.commands }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct SetMode {
    /// `allow`, `confirm` or `block`.
    mode: String,
}

impl SetMode {
    pub(super) fn into_core(self) -> Result<Mode, Error> {
        match self.mode.as_str() {
            "allow" => Ok(Mode::Allow),
            "confirm" => Ok(Mode::Confirm),
            "block" => Ok(Mode::Block),
            other => Err(Error::invalid(format!("mode is allow, confirm or block, not {other:?}"))),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LunaAgentOk)]
pub(super) struct Ok {
    ok: bool,
}

impl Ok {
    pub(super) const YES: Self = Self { ok: true };
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LunaAgentFile)]
pub(super) struct File {
    path: String,
    /// In bytes.
    size: u64,
    modified: String,
}

impl File {
    pub(super) fn from_core(f: core::WorkspaceFile) -> Self {
        Self { path: f.path, size: f.size, modified: time(f.modified) }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct FileAt {
    /// Relative to the workspace.
    #[param(required = true)]
    pub(super) path: Option<String>,
}

#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub(super) struct FileText {
    pub(super) path: String,
    pub(super) content: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = LunaAgentNewTask)]
pub(super) struct NewTask {
    pub(super) title: String,
    pub(super) description: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LunaAgentTask)]
pub(super) struct Task {
    id: Uuid,
    title: String,
    description: String,
    /// `queued`, `in_progress`, `waiting` (for a yes), `completed`, `failed` or `cancelled`.
    status: &'static str,
    steps: usize,
    completed_steps: usize,
    /// What went wrong, when it failed.
    error: Option<String>,
    created_at: String,
}

impl Task {
    pub(super) fn from_core(t: core::AgentTask) -> Self {
        let status = match t.state {
            TaskState::Queued => "queued",
            TaskState::InProgress => "in_progress",
            TaskState::Waiting => "waiting",
            TaskState::Completed => "completed",
            TaskState::Failed => "failed",
            TaskState::Cancelled => "cancelled",
        };
        Self {
            id: t.id.0,
            status,
            steps: t.steps.len(),
            completed_steps: t.steps.iter().filter(|s| s.done_at.is_some()).count(),
            title: t.title,
            description: t.description,
            error: t.error,
            created_at: time(t.created_at),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Browser {
    pub(super) playwright_available: bool,
    pub(super) active_page: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Record {
    ts: String,
    tool: String,
    input: Value,
    /// `allow`, `confirm` or `block`.
    #[schema(value_type = String)]
    mode: Mode,
    /// `ok`, `error`, `refused`, `blocked`, `expired`, `cancelled` or `pending`.
    result: String,
    summary: String,
}

/// One entry an action: how it went, or that it is still open.
pub(super) fn entries(newest_first: Vec<AuditRecord>) -> impl Iterator<Item = Record> {
    let mut ended = HashSet::new();
    newest_first.into_iter().filter_map(move |r| match r.phase {
        AuditPhase::After => {
            ended.insert(r.action);
            Some(entry(r))
        }
        AuditPhase::Before => (!ended.contains(&r.action)).then(|| entry(r)),
    })
}

fn entry(r: AuditRecord) -> Record {
    let input = if r.input.is_object() { r.input } else { json!({ "input": r.input }) };
    Record { ts: time(r.ts), tool: r.tool, input, mode: r.mode, result: r.result, summary: r.summary }
}

#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct Undo {
    pub(super) action: Option<Uuid>,
    pub(super) turn: Option<Uuid>,
    /// Also when a file was changed since; what is there now is kept.
    pub(super) force: Option<bool>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Restored {
    pub(super) restored: Vec<String>,
}
