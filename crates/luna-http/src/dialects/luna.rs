//! The Luna dialect (seed 000): chat, memory, agent, system and state, on the main port. See docs/wire/luna.md.

mod admin;
mod agent;
mod calendar;
mod channels;
mod chat;
mod dashboard;
mod memory;
mod spotify;
mod system;
mod vision;
mod voice;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use luna_model::{Error, ErrorKind, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use crate::App;
use crate::support::extract::Envelope;
use crate::support::failure::status;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(admin::router())
        .merge(chat::router())
        .merge(memory::router())
        .merge(agent::router())
        .merge(calendar::router())
        .merge(channels::router())
        .merge(dashboard::router())
        .merge(spotify::router())
        .merge(system::router())
        .merge(vision::router())
        .merge(voice::router())
}

/// The error envelope: `{"detail": "…"}`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LunaDetail)]
pub(crate) struct Detail {
    /// What was wrong and what to do.
    detail: String,
}

/// A failure in this dialect's words.
#[derive(Debug)]
pub(crate) struct Failed(Error);

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl axum::response::IntoResponse for Failed {
    fn into_response(self) -> Response {
        if self.0.kind == ErrorKind::Internal {
            tracing::error!(source = ?self.0.source, "a request failed");
        }
        (status(self.0.kind), Json(Detail { detail: self.0.message })).into_response()
    }
}

/// A failure of what the machine is asked for: what it lacks is 501, with what is missing and how to get it.
struct Lacking(Error);

impl From<Error> for Lacking {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl axum::response::IntoResponse for Lacking {
    fn into_response(self) -> Response {
        let missing = self.0.kind == ErrorKind::Unavailable;
        let mut response = Failed(self.0).into_response();
        if missing {
            *response.status_mut() = StatusCode::NOT_IMPLEMENTED;
        }
        response
    }
}

type Machine<T> = Result<Json<T>, Lacking>;

/// This dialect's envelope for what extraction refuses.
pub(crate) struct Dialect;

impl Envelope for Dialect {
    fn answer(error: Error) -> Response {
        Failed(error).into_response()
    }
}

type Answer<T> = Result<Json<T>, Failed>;

/// A time as this dialect writes it: `2024-01-15T10:30:00Z`, with a fraction where there is one.
fn time(at: Timestamp) -> String {
    at.to_string()
}
