//! Luna's own doings: background tasks and undo.

use luna_model::{Error, Mode, Result};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Call, Described, Output, Tool};
use crate::Luna;

#[derive(Deserialize, JsonSchema)]
pub(super) struct TaskArgs {
    /// A line that names the task.
    title: String,
    /// What is wanted, in full: the task works by itself and sees only this.
    description: String,
}

pub(super) struct CreateAgentTask;

impl Tool for CreateAgentTask {
    const NAME: &'static str = "create_agent_task";
    const DESCRIPTION: &'static str =
        "Starts a background task that works by itself, step by step, with the same permissions.";
    const MODE: Mode = Mode::Allow;
    type Args = TaskArgs;

    fn describe(_: &Luna, args: &TaskArgs) -> Described {
        Described::changes(
            format!("Start a background task: {}", args.title),
            "It works by itself until it is done.",
        )
    }

    async fn run(luna: Luna, args: TaskArgs, call: Call) -> Result<Output> {
        let task = luna.make_task(&args.title, &args.description, &call.packages()).await?;
        Ok(Output::ours(format!("Started the task {:?} ({})", task.title, task.id)))
    }
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct NoArgs {}

/// How far back the audit log is read for what an action was.
const RECENT: usize = 200;

pub(super) struct UndoLast;

impl Tool for UndoLast {
    const NAME: &'static str = crate::undo::TOOL;
    const DESCRIPTION: &'static str =
        "Undoes the last action that changed files, or the calendar with its tasks and reminders.";
    const MODE: Mode = Mode::Confirm;
    type Args = NoArgs;

    fn describe(_: &Luna, _: &NoArgs) -> Described {
        let effect = "What the last action changed in files or in the calendar goes back to what it was; what is there now is kept.";
        Described { reversible: true, ..Described::changes("Undo the last action".into(), effect) }
    }

    async fn run(luna: Luna, _: NoArgs, call: Call) -> Result<Output> {
        let now = luna.clock().now();
        let files = luna.undo().last().await?;
        let calendar = luna.db().last_calendar_change().await?;
        if let Some((action, at)) = calendar
            && files.as_ref().is_none_or(|files| files.at <= at)
        {
            luna.calendar().undo(action, call.action.id, false).await?;
            let records = luna.gate().audit().records(RECENT, None).await?;
            let done =
                records.into_iter().find(|record| record.action == action).map(|record| record.summary);
            return Ok(Output::ours(match done {
                Some(done) => format!("Undid \"{done}\""),
                None => "Undid the last change in the calendar".into(),
            }));
        }
        let last = files.ok_or_else(|| Error::not_found("there is nothing to undo"))?;
        let restored = luna.undo().action(last.action, call.action.id, false, now).await?;
        Ok(Output::ours(format!(
            "Undid \"{}\"; restored {}",
            last.summary,
            restored.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ")
        )))
    }
}
