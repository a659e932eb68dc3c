//! The executor dialect (seed 001): plain words → plan with risk levels → run, on its own port and on the main one. See
//! docs/wire/executor.md.

mod wire;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures::StreamExt as _;
use luna_core::runs::Started;
use luna_model::{Error, Provider};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::support::extract::{Body, Envelope};
use crate::support::failure::status;
use wire::{Detail, Execute, Greeting, Health, Plan, RunAll, RunResult};

/// The routes of both ports.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(plan)).routes(routes!(run))
}

/// What only the executor's own port answers.
pub(crate) fn own_port() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(greeting)).routes(routes!(health))
}

struct Failed(Error);

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        (status(self.0.kind), Json(Detail { detail: self.0.message })).into_response()
    }
}

struct Executor;

impl Envelope for Executor {
    fn answer(error: Error) -> Response {
        Failed(error).into_response()
    }
}

/// Turns plain words into a plan of commands, each with its risk. Nothing runs.
#[utoipa::path(post, path = "/api/execute", tag = "Executor", request_body = Execute, responses(
    (status = 200, body = Plan), (status = 400, body = Detail)))]
async fn plan(State(app): State<App>, Body(q, _): Body<Execute, Executor>) -> Result<Json<Plan>, Failed> {
    let (words, context) = q.into_core();
    Ok(Json(Plan::from_core(app.luna.plan(&words, context).await?)))
}

/// Runs steps in order until one fails. A blocked command is not run: its step fails. Closing the connection stops it.
#[utoipa::path(post, path = "/api/execute/run", tag = "Executor", request_body = RunAll, responses(
    (status = 200, body = RunResult), (status = 400, body = Detail)))]
async fn run(State(app): State<App>, Body(q, _): Body<RunAll, Executor>) -> Result<Json<RunResult>, Failed> {
    let (task_id, known, steps) = q.into_core();
    let asked: Vec<_> = steps.iter().map(|s| s.id).collect();
    let known = match known {
        Some(id) => app.luna.run(id).await.ok(),
        None => None,
    };
    let started = match known {
        Some(run) => Started::Plan(run.plan.id, steps),
        None => Started::Steps(steps, luna_model::CommandContext::default()),
    };
    let mut events = app.luna.start_run(started).await?;
    let id = events.run;
    while events.next().await.is_some() {}
    Ok(Json(RunResult::from_core(task_id, &asked, app.luna.run(id).await?)))
}

/// Who answers here.
#[utoipa::path(get, path = "/", tag = "Executor", responses((status = 200, body = Greeting)))]
async fn greeting(State(app): State<App>) -> Json<Greeting> {
    Json(Greeting { status: "ok", message: "luna agent api", version: app.doors.version })
}

/// Whether the executor is well.
#[utoipa::path(get, path = "/health", tag = "Executor", responses((status = 200, body = Health)))]
async fn health(State(app): State<App>) -> Json<Health> {
    let with_model = app.luna.llm().active().await.provider != Provider::Builtin;
    Json(Health::new(with_model))
}
