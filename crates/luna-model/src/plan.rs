//! Plans: words turned into steps, and the runs of them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{CommandContext, CommandOutcome, RunId, Verdict};

/// What the words are about: the machine as the caller sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PlanContext {
    /// The operating system, as the caller names it ("Linux x86_64", "MacIntel"); none = this machine's.
    pub os: Option<String>,
    /// Where to work; `~` is the home folder.
    pub current_dir: Option<String>,
    /// "node", "rust", … when known.
    pub project_type: Option<String>,
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Step {
    /// 1, 2, 3 …
    pub id: u32,
    /// What it does, in words.
    pub description: String,
    /// The command, exactly as it will run.
    pub command: String,
    /// Our own judgement of it; a model's labels are never kept.
    pub verdict: Verdict,
    /// Where it is.
    pub state: StepState,
    /// How it ended, when it ran.
    pub outcome: Option<CommandOutcome>,
    /// When it began.
    pub started_at: Option<Timestamp>,
}

/// Where a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Not yet run.
    Pending,
    /// Running now.
    Running,
    /// Ended with exit code 0.
    Completed,
    /// Ended otherwise, or was blocked.
    Failed,
    /// Not run: refused, or an earlier one failed.
    Skipped,
}

/// A plan: what the words became.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Plan {
    /// Its id; its run has the same.
    pub id: RunId,
    /// The words.
    pub words: String,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// Whether a step is more than safe.
    pub requires_confirmation: bool,
    /// "2-3 minutes"; none when nobody can say.
    pub estimated_time: Option<String>,
    /// Where its steps run.
    pub context: CommandContext,
    /// Which planner made it: the model's name, or `builtin`.
    pub planner: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Planned, not run.
    Planned,
    /// Running.
    Running,
    /// All steps completed.
    Completed,
    /// Some completed, then one failed.
    Partial,
    /// The first failed.
    Failed,
    /// Stopped by the user.
    Cancelled,
}

/// A plan with how far it got.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Run {
    /// The plan, its steps with their outcomes.
    pub plan: Plan,
    /// How it stands.
    pub state: RunState,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}
