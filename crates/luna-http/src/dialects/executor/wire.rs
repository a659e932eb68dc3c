//! The words of the executor dialect.

use luna_core::runs::ApprovedStep;
use luna_model::{self as core, PlanContext, Risk, RunId, RunState, StepState};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExecutorDetail)]
pub(super) struct Detail {
    pub(super) detail: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = ExecutorExecute)]
pub(super) struct Execute {
    /// What should be done, in plain words.
    command: String,
    context: Option<Context>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
pub(super) struct Context {
    os: Option<String>,
    current_dir: Option<String>,
    project_type: Option<String>,
}

impl Execute {
    pub(super) fn into_core(self) -> (String, PlanContext) {
        let c = self.context.unwrap_or_default();
        (self.command, PlanContext { os: c.os, current_dir: c.current_dir, project_type: c.project_type })
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Plan {
    task_id: String,
    steps: Vec<Step>,
    requires_confirmation: bool,
    estimated_time: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExecutorStep)]
pub(super) struct Step {
    id: u32,
    description: String,
    command: String,
    /// `safe`, `moderate` or `dangerous`.
    risk: &'static str,
    /// `pending`, `running`, `completed` or `failed`.
    status: &'static str,
}

impl Plan {
    pub(super) fn from_core(plan: core::Plan) -> Self {
        let step = |s: core::Step| Step {
            id: s.id,
            description: s.description,
            command: s.command,
            risk: match s.verdict.risk {
                Risk::Safe => "safe",
                Risk::Moderate => "moderate",
                Risk::Dangerous => "dangerous",
            },
            status: match s.state {
                StepState::Pending | StepState::Skipped => "pending",
                StepState::Running => "running",
                StepState::Completed => "completed",
                StepState::Failed => "failed",
            },
        };
        Self {
            task_id: plan.id.to_string(),
            steps: plan.steps.into_iter().map(step).collect(),
            requires_confirmation: plan.requires_confirmation,
            estimated_time: plan.estimated_time,
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct RunAll {
    task_id: String,
    steps: Vec<StepToRun>,
}

#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct StepToRun {
    id: u32,
    command: String,
    #[serde(default)]
    description: String,
}

impl RunAll {
    /// The task's id as given, as ours when it is one of ours, and the steps.
    pub(super) fn into_core(self) -> (String, Option<RunId>, Vec<ApprovedStep>) {
        let steps = self.steps.into_iter().map(|s| ApprovedStep {
            id: s.id,
            command: s.command,
            description: s.description,
        });
        let known = self.task_id.parse().ok();
        (self.task_id, known, steps.collect())
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RunResult {
    task_id: String,
    results: Vec<StepResult>,
    /// `completed`, `partial` or `failed`.
    overall_status: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StepResult {
    step_id: u32,
    /// `completed` or `failed`.
    status: &'static str,
    /// Standard output.
    output: String,
    /// Standard error, or why it was not run; null when it succeeded.
    error: Option<String>,
}

impl RunResult {
    /// The results of the steps that were asked for; a plan may hold more.
    pub(super) fn from_core(task_id: String, asked: &[u32], run: core::Run) -> Self {
        let overall_status = match run.state {
            RunState::Completed => "completed",
            RunState::Failed => "failed",
            _ => "partial",
        };
        let ended = |s: &core::Step| matches!(s.state, StepState::Completed | StepState::Failed);
        let ran = run.plan.steps.into_iter().filter(|s| asked.contains(&s.id) && ended(s));
        Self { task_id, results: ran.map(StepResult::from_core).collect(), overall_status }
    }
}

impl StepResult {
    fn from_core(step: core::Step) -> Self {
        let completed = step.state == StepState::Completed;
        let status = if completed { "completed" } else { "failed" };
        let Some(outcome) = step.outcome else {
            return Self {
                step_id: step.id,
                status,
                output: String::new(),
                error: (!completed).then(|| "not run".into()),
            };
        };
        let why = match outcome.exit_code {
            _ if outcome.timed_out => {
                format!("command timed out after {} seconds", outcome.duration_ms / 1000)
            }
            Some(code) if outcome.stderr.trim().is_empty() => format!("exit code {code}"),
            _ => outcome.stderr,
        };
        Self { step_id: step.id, status, output: outcome.stdout, error: (!completed).then_some(why) }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Greeting {
    pub(super) status: &'static str,
    pub(super) message: &'static str,
    pub(super) version: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExecutorHealth)]
pub(super) struct Health {
    status: &'static str,
    services: Services,
}

#[derive(Debug, Serialize, ToSchema)]
struct Services {
    api: &'static str,
    os: &'static str,
    /// This server has no Python in it, and says so.
    python: &'static str,
    llm: &'static str,
}

impl Health {
    pub(super) fn new(with_model: bool) -> Self {
        let os = match std::env::consts::OS {
            "macos" => "Darwin",
            "windows" => "Windows",
            _ => "Linux",
        };
        let llm = if with_model { "enabled" } else { "disabled (using fallback parser)" };
        Self { status: "healthy", services: Services { api: "ok", os, python: "not used", llm } }
    }
}
