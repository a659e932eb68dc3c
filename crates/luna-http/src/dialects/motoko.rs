//! The OpenMotoko dialect (seed 004): conversations, settings, costs, artifacts, webhooks, skills, agents and live events. See
//! docs/wire/motoko.md.
//!
//! `door` asks for a session where a password is set; every other file is an area.

mod artifacts;
mod completions;
mod conversations;
mod costs;
mod door;
mod events;
mod scheduler;
mod settings;
mod skills;
mod system;
mod webhooks;

use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use axum::{Json, Router};
use luna_model::{Error, ErrorKind, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use crate::App;
use crate::support::extract::Envelope;

pub(crate) fn router(app: &App) -> OpenApiRouter<App> {
    let live: OpenApiRouter<App> = Router::new().route("/api/ws", any(events::connect)).into();
    OpenApiRouter::new()
        .merge(conversations::router())
        .merge(settings::router())
        .merge(costs::router())
        .merge(artifacts::router())
        .merge(scheduler::router())
        .merge(webhooks::router())
        .merge(skills::router())
        .merge(system::router())
        .merge(completions::router())
        .merge(door::router())
        .layer(from_fn_with_state(app.clone(), door::pass))
        .merge(live)
}

/// The error envelope.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MotokoFault)]
pub(crate) struct Fault {
    /// What was wrong and what to do.
    error: String,
    /// What sort of failure, for programs.
    code: &'static str,
    /// Which field, where one is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Value>,
}

/// A failure in this dialect's words.
#[derive(Debug)]
pub(crate) struct Failed {
    error: Error,
    code: Option<(StatusCode, &'static str)>,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self { error, code: None }
    }
}

impl Failed {
    /// The same failure under another status and code.
    fn coded(error: Error, status: StatusCode, code: &'static str) -> Self {
        Self { error, code: Some((status, code)) }
    }
}

fn usual(kind: ErrorKind) -> (StatusCode, &'static str) {
    match kind {
        ErrorKind::NotFound => (StatusCode::NOT_FOUND, "NOT_FOUND"),
        ErrorKind::Invalid => (StatusCode::BAD_REQUEST, "VALIDATION_ERROR"),
        ErrorKind::Unauthenticated => (StatusCode::UNAUTHORIZED, "UNAUTHORIZED"),
        ErrorKind::Forbidden | ErrorKind::NeedsApproval => (StatusCode::FORBIDDEN, "FORBIDDEN"),
        ErrorKind::Conflict | ErrorKind::Cancelled => (StatusCode::CONFLICT, "CONFLICT"),
        ErrorKind::LimitReached => (StatusCode::PAYLOAD_TOO_LARGE, "LIMIT_REACHED"),
        ErrorKind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE"),
        ErrorKind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR"),
    }
}

impl axum::response::IntoResponse for Failed {
    fn into_response(self) -> Response {
        if self.error.kind == ErrorKind::Internal {
            tracing::error!(source = ?self.error.source, "a request failed");
        }
        let (status, code) = self.code.unwrap_or_else(|| usual(self.error.kind));
        let details = (code == "VALIDATION_ERROR")
            .then(|| json!([{ "field": "body", "path": "", "message": self.error.message }]));
        (status, Json(Fault { error: self.error.message, code, details })).into_response()
    }
}

/// This dialect's envelope for what extraction refuses.
pub(crate) struct Motoko;

impl Envelope for Motoko {
    fn answer(error: Error) -> Response {
        Failed::from(error).into_response()
    }
}

type Answer<T> = Result<Json<T>, Failed>;

/// An id of the path. One that is no id of ours is nobody's.
fn id<T: std::str::FromStr>(text: &str) -> Result<T, Error> {
    text.parse().map_err(|_| Error::not_found(format!("there is nothing called {text:?}")))
}

/// A time as this dialect writes it: milliseconds since 1970.
fn time(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// That something was done.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MotokoOk)]
pub(crate) struct Ok {
    ok: bool,
}

const OK: Json<Ok> = Json(Ok { ok: true });

/// That something was done, in the other of this API's two ways to say so.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Success {
    success: bool,
}

const SUCCESS: Json<Success> = Json(Success { success: true });
