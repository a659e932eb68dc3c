//! Plans and runs.

use luna_core::ports::CommandInput;
use luna_core::runs::{ApprovedStep, RunStream, Started};
use luna_model::{CommandContext, Plan, PlanContext, Result, Run, RunId, Verdict};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::table::{Context, Done, Register};

#[derive(Debug, Deserialize, TS)]
struct MakePlan {
    words: String,
    context: PlanContext,
}

async fn plan(cx: Context, q: MakePlan) -> Result<Plan> {
    cx.luna.plan(&q.words, q.context).await
}

#[derive(Debug, Deserialize, TS)]
struct JudgeCommand {
    command: String,
}

async fn judge(cx: Context, q: JudgeCommand) -> Result<Verdict> {
    Ok(cx.luna.judge(&q.command, &CommandContext::default()))
}

#[derive(Debug, Deserialize, TS)]
struct RehearseStep {
    command: String,
    /// The plan it is of: it would run where that does.
    plan: RunId,
}

/// What a command would do.
#[derive(Debug, Serialize, TS)]
struct Rehearsed {
    verdict: Verdict,
    /// The files it would change, as far as its words tell.
    files: Vec<String>,
    /// Whether all it changes could be undone.
    undoable: bool,
}

async fn rehearse(cx: Context, q: RehearseStep) -> Result<Rehearsed> {
    let context = cx.luna.run(q.plan).await?.plan.context;
    let rehearsal = cx.luna.rehearse(&q.command, &context).await;
    Ok(Rehearsed {
        verdict: rehearsal.verdict,
        files: rehearsal.files.iter().map(|f| f.display().to_string()).collect(),
        undoable: rehearsal.undoable,
    })
}

async fn again(cx: Context, q: OneRun) -> Result<Plan> {
    cx.luna.plan_again(q.run).await
}

/// A step as the user approved it.
#[derive(Debug, Deserialize, TS)]
struct StepToRun {
    id: u32,
    command: String,
    description: String,
}

#[derive(Debug, Deserialize, TS)]
struct StartRun {
    plan: RunId,
    steps: Vec<StepToRun>,
}

async fn start(cx: Context, q: StartRun) -> Result<RunStream> {
    let steps = q.steps.into_iter().map(|s| ApprovedStep {
        id: s.id,
        command: s.command,
        description: s.description,
    });
    cx.luna.start_run(Started::Plan(q.plan, steps.collect())).await
}

#[derive(Debug, Deserialize, TS)]
struct OneRun {
    run: RunId,
}

#[derive(Debug, Deserialize, TS)]
struct RunInput {
    run: RunId,
    data: String,
}

async fn input(cx: Context, q: RunInput) -> Result<Done> {
    cx.luna.send_to_run(q.run, CommandInput::Data(q.data.into_bytes())).await?;
    Ok(Done {})
}

async fn cancel(cx: Context, q: OneRun) -> Result<Done> {
    cx.luna.stop_run(q.run)?;
    Ok(Done {})
}

#[derive(Debug, Deserialize, TS)]
struct ListRuns {
    limit: u32,
}

async fn list(cx: Context, q: ListRuns) -> Result<Vec<Run>> {
    cx.luna.runs(q.limit).await
}

async fn get(cx: Context, q: OneRun) -> Result<Run> {
    cx.luna.run(q.run).await
}

pub(crate) fn register(r: &mut Register) {
    r.reply("runs.plan", plan);
    r.reply("runs.judge", judge);
    r.reply("runs.rehearse", rehearse);
    r.reply("runs.again", again);
    r.events("runs.start", start);
    r.reply("runs.input", input);
    r.reply("runs.cancel", cancel);
    r.reply("runs.list", list);
    r.reply("runs.get", get);
}
