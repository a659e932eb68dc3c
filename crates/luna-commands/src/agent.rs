//! The agent: tools and permissions, skills, tasks, the workspace.

use luna_model::{AgentTask, Error, Mode, Result, Rule, RuleId, Skill, TaskId, Verdict, WorkspaceFile};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::table::{Context, Done, Empty, Register};

/// A tool and what may happen with it.
#[derive(Debug, Serialize, TS)]
struct ToolSetting {
    name: String,
    description: String,
    mode: Mode,
    default_mode: Mode,
}

async fn tools(cx: Context, _: Empty) -> Result<Vec<ToolSetting>> {
    let setting = |t: luna_core::ToolInfo| ToolSetting {
        name: t.name,
        description: t.description,
        mode: t.mode,
        default_mode: t.default_mode,
    };
    Ok(cx.luna.tool_list().into_iter().map(setting).collect())
}

#[derive(Debug, Deserialize, TS)]
struct UseTool {
    tool: String,
    /// Its arguments.
    input: serde_json::Value,
}

/// What a tool gave.
#[derive(Debug, Serialize, TS)]
struct ToolOutput {
    content: String,
    /// Where it came from, when that was outside.
    origin: Option<String>,
}

async fn use_tool(cx: Context, q: UseTool) -> Result<ToolOutput> {
    let output = cx.luna.use_tool(&q.tool, q.input).await?;
    Ok(ToolOutput { content: output.content, origin: output.origin })
}

#[derive(Debug, Deserialize, TS)]
struct SetMode {
    tool: String,
    mode: Mode,
}

async fn set_mode(cx: Context, q: SetMode) -> Result<Done> {
    cx.luna.gate().set_mode(&q.tool, q.mode).await?;
    Ok(Done {})
}

async fn rules(cx: Context, _: Empty) -> Result<Vec<Rule>> {
    Ok(cx.luna.gate().rules())
}

#[derive(Debug, Deserialize, TS)]
struct AddRule {
    /// A command, or its first words: `git push`.
    command: String,
    mode: Mode,
}

async fn add_rule(cx: Context, q: AddRule) -> Result<Rule> {
    cx.luna.add_command_rule(&q.command, q.mode).await
}

/// A part of Luna that can be switched off.
#[derive(Debug, Serialize, TS)]
struct ModuleState {
    name: String,
    on: bool,
    tools: Vec<String>,
}

async fn modules(cx: Context, _: Empty) -> Result<Vec<ModuleState>> {
    let state = |m: &luna_core::modules::Module| ModuleState {
        name: m.name.into(),
        on: cx.luna.has_module(m.name),
        tools: m.tools.iter().map(|t| (*t).to_owned()).collect(),
    };
    Ok(luna_core::modules::MODULES.iter().map(state).collect())
}

#[derive(Debug, Deserialize, TS)]
struct DeleteRule {
    rule: RuleId,
}

async fn delete_rule(cx: Context, q: DeleteRule) -> Result<Done> {
    cx.luna.gate().delete_rule(q.rule).await?;
    Ok(Done {})
}

#[derive(Debug, Deserialize, TS)]
struct ForecastCommand {
    command: String,
}

/// What would happen if a model wanted to run a command.
#[derive(Debug, Serialize, TS)]
struct Forecast {
    mode: Mode,
    why: String,
    verdict: Verdict,
}

async fn forecast(cx: Context, q: ForecastCommand) -> Result<Forecast> {
    let (decision, described) =
        cx.luna.preview("run_command", serde_json::json!({ "command": q.command }))?;
    let verdict = described.verdict.ok_or_else(|| Error::internal("a command without a verdict"))?;
    Ok(Forecast { mode: decision.mode, why: decision.why, verdict })
}

async fn skills(cx: Context, _: Empty) -> Result<Vec<Skill>> {
    cx.luna.skills().all().await
}

async fn tasks(cx: Context, _: Empty) -> Result<Vec<AgentTask>> {
    cx.luna.agent_tasks(200).await
}

#[derive(Debug, Deserialize, TS)]
struct CreateTask {
    title: String,
    description: String,
}

async fn create_task(cx: Context, q: CreateTask) -> Result<AgentTask> {
    cx.luna.create_task(&q.title, &q.description).await
}

#[derive(Debug, Deserialize, TS)]
struct OneTask {
    task: TaskId,
}

async fn cancel_task(cx: Context, q: OneTask) -> Result<AgentTask> {
    cx.luna.cancel_task(q.task).await
}

async fn workspace(cx: Context, _: Empty) -> Result<Vec<WorkspaceFile>> {
    cx.luna.workspace().list().await
}

#[derive(Debug, Deserialize, TS)]
struct OneFile {
    path: String,
}

/// A file of the workspace with its text.
#[derive(Debug, Deserialize, Serialize, TS)]
struct FileText {
    path: String,
    content: String,
}

async fn read_file(cx: Context, q: OneFile) -> Result<FileText> {
    let content = cx.luna.workspace().read(&q.path).await?;
    Ok(FileText { path: q.path, content })
}

async fn write_file(cx: Context, q: FileText) -> Result<Done> {
    cx.luna.use_tool("write_file", serde_json::json!({ "path": q.path, "content": q.content })).await?;
    Ok(Done {})
}

pub(crate) fn register(r: &mut Register) {
    r.reply("agent.tools", tools);
    r.reply("agent.use_tool", use_tool);
    r.reply("agent.set_mode", set_mode);
    r.reply("agent.rules", rules);
    r.reply("agent.add_rule", add_rule);
    r.reply("agent.modules", modules);
    r.reply("agent.delete_rule", delete_rule);
    r.reply("agent.forecast", forecast);
    r.reply("agent.skills", skills);
    r.reply("agent.tasks", tasks);
    r.reply("agent.create_task", create_task);
    r.reply("agent.cancel_task", cancel_task);
    r.reply("agent.workspace", workspace);
    r.reply("agent.read_file", read_file);
    r.reply("agent.write_file", write_file);
}
