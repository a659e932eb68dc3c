//! The Lumen dialect (seed 003): chat with a rolling memory, the war room, and a live terminal. See docs/wire/lumen.md.

mod chat;
mod terminal;
mod war_room;

use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router, http::StatusCode, routing::any};
use luna_model::{Error, ErrorKind, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::support::extract::Envelope;
use crate::support::failure::status;

pub(crate) fn router() -> OpenApiRouter<App> {
    let terminal: OpenApiRouter<App> = Router::new().route("/ws", any(terminal::connect)).into();
    terminal.merge(chat::router()).merge(war_room::router()).routes(routes!(docs))
}

/// The error envelope.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LumenFault)]
pub(crate) struct Fault {
    /// What was wrong and what to do.
    error: String,
    /// `MISSING_PARAMETER`, where a field is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// Which, and what it should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Value>,
}

/// A failure in this dialect's words.
#[derive(Debug)]
pub(crate) enum Failed {
    Core(Error),
    Missing { parameter: &'static str, say: &'static str },
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Core(error)
    }
}

impl axum::response::IntoResponse for Failed {
    fn into_response(self) -> Response {
        match self {
            Self::Missing { parameter, say } => {
                let details = json!({ "parameter": parameter, "expected": "string" });
                let fault =
                    Fault { error: say.to_owned(), code: Some("MISSING_PARAMETER"), details: Some(details) };
                (StatusCode::BAD_REQUEST, Json(fault)).into_response()
            }
            Self::Core(error) => {
                if error.kind == ErrorKind::Internal {
                    tracing::error!(source = ?error.source, "a request failed");
                }
                // "Backend unavailable" is the document's word for a model that does not answer.
                let status = match error.kind {
                    ErrorKind::Unavailable => StatusCode::BAD_GATEWAY,
                    kind => status(kind),
                };
                (status, Json(Fault { error: error.message, code: None, details: None })).into_response()
            }
        }
    }
}

/// This dialect's envelope for what extraction refuses.
pub(crate) struct Lumen;

impl Envelope for Lumen {
    fn answer(error: Error) -> Response {
        Failed::from(error).into_response()
    }
}

type Answer<T> = Result<Json<T>, Failed>;

/// A time as this dialect writes it: with milliseconds.
fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// What this API has.
#[utoipa::path(get, path = "/api/docs", tag = "Lumen", responses((status = 200, body = Value)))]
async fn docs(axum::extract::State(app): axum::extract::State<App>) -> Json<Value> {
    Json(json!({
        "service": "Lumen Core API",
        "version": app.doors.version,
        "endpoints": {
            "GET /health": "Health check",
            "POST /api/chat": "Send message to Lumen Core",
            "POST /api/chat/approve": "Answer an approval_required response",
            "POST /api/war-room": "Multi-agent code review",
            "GET /api/memory/:sessionId": "Get memory status",
            "DELETE /api/session/:sessionId": "Clear session",
            "GET /ws": "WebSocket: live terminal",
        },
        "features": {
            "memoryManagement": "21-interaction rolling window + 3 summaries",
            "agents": ["base", "scaffold", "fileOp", "analyze", "test", "docs"],
            "safeExecution": "Terminal commands with approval gates",
            "warRoom": "Multi-agent debate system",
        }
    }))
}
