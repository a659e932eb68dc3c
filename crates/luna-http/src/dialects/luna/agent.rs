//! The agent: skills, permissions, workspace, tasks, undo, audit.

mod wire;

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use luna_model::{Error, Mode};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Answer, Detail, Dialect};
use crate::App;
use crate::support::extract::{Body, Params};
use wire::{
    Browser, File, FileAt, FileText, NewTask, Ok as Done, Record, Restored, SetMode, Skill, Task, Undo,
    entries,
};

/// How many entries of the audit log are returned.
const LAST: usize = 100;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(skills))
        .routes(routes!(permissions))
        .routes(routes!(set_permission))
        .routes(routes!(workspace))
        .routes(routes!(read_file))
        .routes(routes!(write_file))
        .routes(routes!(tasks, create_task))
        .routes(routes!(browser))
        .routes(routes!(audit))
        .routes(routes!(undo))
}

/// The skills, shipped and the user's own.
#[utoipa::path(get, path = "/api/agent/skills", tag = "Luna: agent", responses((status = 200, body = [Skill])))]
async fn skills(State(app): State<App>) -> Answer<Vec<Skill>> {
    Ok(Json(app.luna.skills().all().await?.into_iter().map(Skill::from_core).collect()))
}

/// The permission of every tool: `allow`, `confirm` or `block`.
#[utoipa::path(get, path = "/api/agent/permissions", tag = "Luna: agent", responses((status = 200, body = BTreeMap<String, String>)))]
async fn permissions(State(app): State<App>) -> Answer<BTreeMap<String, Mode>> {
    Ok(Json(app.luna.gate().modes()))
}

/// Sets a tool's permission.
#[utoipa::path(post, path = "/api/agent/permissions/{tool_name}", tag = "Luna: agent", params(("tool_name" = String, Path)),
    request_body = SetMode, responses((status = 200, body = Done), (status = 400, body = Detail), (status = 404, body = Detail)))]
async fn set_permission(
    State(app): State<App>,
    Path(tool): Path<String>,
    Body(q, _): Body<SetMode, Dialect>,
) -> Answer<Done> {
    app.luna.gate().set_mode(&tool, q.into_core()?).await?;
    Ok(Json(Done::YES))
}

/// The files of the workspace.
#[utoipa::path(get, path = "/api/agent/workspace", tag = "Luna: agent", responses((status = 200, body = [File])))]
async fn workspace(State(app): State<App>) -> Answer<Vec<File>> {
    Ok(Json(app.luna.workspace().list().await?.into_iter().map(File::from_core).collect()))
}

/// The text of a file of the workspace.
#[utoipa::path(get, path = "/api/agent/workspace/read", tag = "Luna: agent", params(FileAt), responses(
    (status = 200, body = FileText), (status = 400, body = Detail), (status = 404, body = Detail)))]
async fn read_file(State(app): State<App>, Params(at, _): Params<FileAt, Dialect>) -> Answer<FileText> {
    let path = at.path.ok_or_else(|| Error::invalid("path is missing"))?;
    let content = app.luna.workspace().read(&path).await?;
    Ok(Json(FileText { path, content }))
}

/// Writes a file of the workspace. What was there is kept for undo.
#[utoipa::path(post, path = "/api/agent/workspace/write", tag = "Luna: agent", request_body = FileText, responses(
    (status = 200, body = Done), (status = 400, body = Detail), (status = 403, body = Detail)))]
async fn write_file(State(app): State<App>, Body(q, _): Body<FileText, Dialect>) -> Answer<Done> {
    app.luna.use_tool("write_file", serde_json::json!({ "path": q.path, "content": q.content })).await?;
    Ok(Json(Done::YES))
}

/// The background tasks, last moved first.
#[utoipa::path(get, path = "/api/agent/tasks", tag = "Luna: agent", responses((status = 200, body = [Task])))]
async fn tasks(State(app): State<App>) -> Answer<Vec<Task>> {
    Ok(Json(app.luna.agent_tasks(200).await?.into_iter().map(Task::from_core).collect()))
}

/// Starts a background task.
#[utoipa::path(post, path = "/api/agent/tasks", tag = "Luna: agent", request_body = NewTask, responses(
    (status = 200, body = Task), (status = 400, body = Detail)))]
async fn create_task(State(app): State<App>, Body(q, _): Body<NewTask, Dialect>) -> Answer<Task> {
    let task = app.luna.create_task(&q.title, q.description.as_deref().unwrap_or_default()).await?;
    Ok(Json(Task::from_core(task)))
}

/// Whether Luna drives a browser of her own. This build opens pages in the user's browser and reads them without one.
#[utoipa::path(get, path = "/api/agent/browser/status", tag = "Luna: agent", responses((status = 200, body = Browser)))]
async fn browser() -> Json<Browser> {
    Json(Browser { playwright_available: false, active_page: None })
}

/// The last 100 actions, newest first, refused ones included.
#[utoipa::path(get, path = "/api/agent/audit", tag = "Luna: agent", responses((status = 200, body = [Record])))]
async fn audit(State(app): State<App>) -> Answer<Vec<Record>> {
    // An action has a line before and a line after; open questions have only the first.
    let records = app.luna.gate().audit().records(LAST * 2 + 20, None).await?;
    Ok(Json(entries(records).take(LAST).collect()))
}

/// Undoes an action, a whole turn, or (with neither) the last action that changed files. An undo can be undone.
#[utoipa::path(post, path = "/api/agent/undo", tag = "Luna: agent", request_body = Undo, responses(
    (status = 200, body = Restored), (status = 400, body = Detail), (status = 404, body = Detail), (status = 409, body = Detail)))]
async fn undo(State(app): State<App>, Body(q, _): Body<Undo, Dialect>) -> Answer<Restored> {
    let force = q.force.unwrap_or_default();
    let restored = match (q.action, q.turn) {
        (Some(action), None) => app.luna.undo_action(luna_model::ActionId(action), force).await?,
        (None, Some(turn)) => app.luna.undo_turn(luna_model::TurnId(turn), force).await?,
        (None, None) => {
            let last =
                app.luna.undo().last().await?.ok_or_else(|| Error::not_found("there is nothing to undo"))?;
            app.luna.undo_action(last.action, force).await?
        }
        (Some(_), Some(_)) => return Err(Error::invalid("give an action or a turn, not both").into()),
    };
    Ok(Json(Restored { restored }))
}
