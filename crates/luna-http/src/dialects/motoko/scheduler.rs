//! The scheduler: Luna's jobs that go by a clock on the wall, as tasks with a cron pattern.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use luna_model::{
    Error, ErrorKind, Job, JobId, JobPatch, JobRun, JobState, JobTimes, JobWhat, NewJob, RunOutcome,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{Answer, Failed, Fault, Motoko, SUCCESS, Success, id, time};
use crate::App;
use crate::support::extract::{Body, Params};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(update, delete))
        .routes(routes!(toggle))
        .routes(routes!(run))
        .routes(routes!(runs))
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MotokoSchedulerTask)]
#[serde(rename_all = "camelCase")]
struct Task {
    id: Uuid,
    name: String,
    description: String,
    cron: String,
    enabled: bool,
    /// `prompt`, `command`, `backup`, `webhook` or `reminder`; Luna's own have `brief`, `overdue` and `follow_up`.
    handler: String,
    payload: Map<String, Value>,
    last_run_at: Option<i64>,
    next_run_at: Option<i64>,
    /// `pending`, `running`, `completed`, `failed` or `cancelled`.
    status: &'static str,
    retry_count: u32,
    max_retries: u32,
    created_at: i64,
}

impl Task {
    /// None for a job that goes by no clock on the wall.
    fn new(job: Job) -> Option<Result<Self, Error>> {
        let JobTimes::Cron { pattern, .. } = job.times else { return None };
        Some(job.what.parts().map(|(handler, payload)| Self {
            id: job.id.0,
            name: job.name,
            description: job.description,
            cron: pattern,
            enabled: job.enabled,
            handler,
            payload,
            last_run_at: job.last.map(time),
            next_run_at: job.next.map(time),
            status: match job.state {
                JobState::Pending => "pending",
                JobState::Running => "running",
                JobState::Completed => "completed",
                JobState::Failed => "failed",
                JobState::Cancelled => "cancelled",
            },
            retry_count: job.retries,
            max_retries: job.max_retries,
            created_at: time(job.created_at),
        }))
    }

    fn answer(job: Job) -> Answer<Self> {
        let none = || Error::not_found("this job goes by no clock on the wall");
        Ok(Json(Self::new(job).ok_or_else(none)??))
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MotokoSchedulerRun)]
#[serde(rename_all = "camelCase")]
struct Run {
    id: Uuid,
    task_id: Uuid,
    success: bool,
    /// What came of it; JSON where it is.
    output: Value,
    error: Option<String>,
    /// Milliseconds.
    duration: u64,
    created_at: i64,
}

impl Run {
    fn new(run: JobRun) -> Self {
        let success = run.outcome == RunOutcome::Done;
        let output = match serde_json::from_str(&run.output) {
            Ok(value) => value,
            Err(_) if run.output.is_empty() => Value::Null,
            Err(_) => Value::String(run.output.clone()),
        };
        Self {
            id: run.id.0,
            task_id: run.job.0,
            success,
            output: if success { output } else { Value::Null },
            error: (!success).then_some(run.output),
            duration: run.took_ms,
            created_at: time(run.began_at),
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = MotokoSchedulerNew)]
#[serde(rename_all = "camelCase")]
struct New {
    /// 1 to 100 characters.
    name: String,
    /// Five fields.
    cron: String,
    handler: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    payload: Option<Map<String, Value>>,
    /// 0 to 10; 3 when left out.
    #[serde(default)]
    max_retries: Option<u32>,
}

/// What is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = MotokoSchedulerPatch)]
#[serde(rename_all = "camelCase")]
struct Patch {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    cron: Option<String>,
    #[serde(default)]
    handler: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    payload: Option<Map<String, Value>>,
    #[serde(default)]
    max_retries: Option<u32>,
}

#[derive(Debug, Deserialize, IntoParams)]
struct Page {
    /// 1 to 100; 20 when left out.
    limit: Option<u32>,
    offset: Option<u32>,
}

impl Page {
    fn checked(&self) -> Result<(u32, u32), Error> {
        let limit = self.limit.unwrap_or(20);
        if (1..=100).contains(&limit) {
            Ok((limit, self.offset.unwrap_or_default()))
        } else {
            Err(Error::invalid("limit is from 1 to 100"))
        }
    }
}

/// The times of a cron pattern, by the clock of this machine.
fn times(app: &App, cron: &str) -> Result<JobTimes, Error> {
    if cron.split_whitespace().count() != 5 {
        return Err(Error::invalid(format!("{cron:?} is no cron pattern of five fields")));
    }
    app.luna.times_from(cron)
}

fn within(field: &str, text: &str, most: usize) -> Result<(), Error> {
    if text.chars().count() > most {
        return Err(Error::invalid(format!("{field} has at most {most} characters")));
    }
    Ok(())
}

fn retries(count: u32) -> Result<u32, Error> {
    if count > 10 { Err(Error::invalid("maxRetries is from 0 to 10")) } else { Ok(count) }
}

/// The tasks, newest first.
#[utoipa::path(get, path = "/api/scheduler/tasks", tag = "OpenMotoko", params(Page), responses(
    (status = 200, body = [Task]), (status = 400, body = Fault)))]
async fn list(State(app): State<App>, Params(page, _): Params<Page, Motoko>) -> Answer<Vec<Task>> {
    let (limit, offset) = page.checked()?;
    let mut jobs = app.luna.jobs().await?;
    jobs.sort_by_key(|job| std::cmp::Reverse((job.created_at, job.id)));
    let tasks: Result<Vec<_>, _> =
        jobs.into_iter().filter_map(Task::new).skip(offset as usize).take(limit as usize).collect();
    Ok(Json(tasks?))
}

/// Makes a task.
#[utoipa::path(post, path = "/api/scheduler/tasks", tag = "OpenMotoko", request_body = New, responses(
    (status = 201, body = Task), (status = 400, body = Fault), (status = 403, body = Fault), (status = 413, body = Fault)))]
async fn create(
    State(app): State<App>,
    Body(q, _): Body<New, Motoko>,
) -> Result<(StatusCode, Json<Task>), Failed> {
    let description = q.description.unwrap_or_default();
    within("name", &q.name, 100)?;
    within("description", &description, 500)?;
    let new = NewJob {
        what: JobWhat::from_parts(&q.handler, q.payload.unwrap_or_default())?,
        times: times(&app, &q.cron)?,
        name: q.name,
        description,
        missed: Default::default(),
        limits: Default::default(),
        max_retries: retries(q.max_retries.unwrap_or(3))?,
    };
    let made = app.luna.add_job(new).await?.now;
    Ok((StatusCode::CREATED, Task::answer(made)?))
}

/// Changes a task.
#[utoipa::path(put, path = "/api/scheduler/tasks/{id}", tag = "OpenMotoko", params(("id" = String, Path)), request_body = Patch,
    responses((status = 200, body = Task), (status = 400, body = Fault), (status = 403, body = Fault), (status = 404, body = Fault),
    (status = 409, body = Fault)))]
async fn update(
    State(app): State<App>,
    Path(text): Path<String>,
    Body(q, _): Body<Patch, Motoko>,
) -> Answer<Task> {
    let job = app.luna.find_job(id(&text)?).await?;
    within("name", q.name.as_deref().unwrap_or_default(), 100)?;
    within("description", q.description.as_deref().unwrap_or_default(), 500)?;
    let what = if q.handler.is_some() || q.payload.is_some() {
        let (handler, payload) = job.what.parts()?;
        let other = q.handler.as_ref().is_some_and(|new| *new != handler);
        let kept = if other { Map::new() } else { payload };
        Some(JobWhat::from_parts(&q.handler.unwrap_or(handler), q.payload.unwrap_or(kept))?)
    } else {
        None
    };
    let patch = JobPatch {
        name: q.name,
        description: q.description,
        what,
        times: q.cron.as_deref().map(|cron| times(&app, cron)).transpose()?,
        max_retries: q.max_retries.map(retries).transpose()?,
        ..JobPatch::default()
    };
    Task::answer(app.luna.update_job(job.id, patch).await?.now)
}

/// Deletes a task and its runs.
#[utoipa::path(delete, path = "/api/scheduler/tasks/{id}", tag = "OpenMotoko", params(("id" = String, Path)), responses(
    (status = 204), (status = 404, body = Fault), (status = 409, body = Fault)))]
async fn delete(State(app): State<App>, Path(text): Path<String>) -> Result<StatusCode, Failed> {
    app.luna.delete_job(id(&text)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Switches a task off or on.
#[utoipa::path(post, path = "/api/scheduler/tasks/{id}/toggle", tag = "OpenMotoko", params(("id" = String, Path)), responses(
    (status = 200, body = Task), (status = 404, body = Fault)))]
async fn toggle(State(app): State<App>, Path(text): Path<String>) -> Answer<Task> {
    let job = app.luna.find_job(id(&text)?).await?;
    Task::answer(app.luna.enable_job(job.id, !job.enabled).await?)
}

/// Runs a task now and waits for it, switched off or not. How it went stands among its runs.
#[utoipa::path(post, path = "/api/scheduler/tasks/{id}/run", tag = "OpenMotoko", params(("id" = String, Path)), responses(
    (status = 200, body = Success), (status = 400, body = Fault), (status = 409, body = Fault)))]
async fn run(State(app): State<App>, Path(text): Path<String>) -> Answer<Success> {
    let ran = async { app.luna.run_job(id(&text)?).await };
    match ran.await {
        Ok(_) => Ok(SUCCESS),
        Err(error) if error.kind == ErrorKind::NotFound => {
            Err(Failed::coded(error, StatusCode::BAD_REQUEST, "RUN_FAILED"))
        }
        Err(error) => Err(error.into()),
    }
}

/// How a task's runs went, newest first. Of a task that is not there: none.
#[utoipa::path(get, path = "/api/scheduler/tasks/{id}/runs", tag = "OpenMotoko", params(("id" = String, Path), Page), responses(
    (status = 200, body = [Run]), (status = 400, body = Fault)))]
async fn runs(
    State(app): State<App>,
    Path(text): Path<String>,
    Params(page, _): Params<Page, Motoko>,
) -> Answer<Vec<Run>> {
    let (limit, offset) = page.checked()?;
    let Ok(job) = id::<JobId>(&text) else { return Ok(Json(vec![])) };
    let runs = app.luna.job_runs(Some(job), limit, offset).await?;
    Ok(Json(runs.into_iter().filter(|run| run.ended_at.is_some()).map(Run::new).collect()))
}
