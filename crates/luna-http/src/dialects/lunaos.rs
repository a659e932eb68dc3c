//! The LunaOS dialect (seed 002): accounts, agents, chains, code search and billing. See docs/wire/lunaos.md.
//!
//! `door` knows the caller, counts the request and says so in headers; every other file is an area.

mod agents;
mod auth;
mod billing;
mod chains;
mod door;
mod rag;

use axum::Json;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use luna_core::agents::Agent;
use luna_model::{Error, ErrorKind, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use crate::App;
use crate::support::extract::Envelope;

/// Where more is bought, by the document.
const UPGRADE_URL: &str = "https://agents.lunaos.ai/pricing";
const CHECKOUT_URL: &str = "https://api.lunaos.ai/billing/checkout";

pub(crate) fn router(app: &App) -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(auth::router())
        .merge(agents::router())
        .merge(chains::router())
        .merge(rag::router())
        .merge(billing::router())
        .layer(from_fn_with_state(app.clone(), door::pass))
}

/// The error envelope.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LunaOsFault)]
pub(crate) struct Fault {
    /// What was wrong and what to do.
    error: String,
    /// What sort of failure, for programs.
    code: &'static str,
    /// More about it, where there is more.
    #[serde(flatten)]
    more: Option<Value>,
}

/// A failure in this dialect's words.
#[derive(Debug)]
pub(crate) struct Failed {
    error: Error,
    code: Option<&'static str>,
    more: Option<Box<Value>>,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self { error, code: None, more: None }
    }
}

impl Failed {
    /// The free tier asks for an agent that is paid for.
    fn needs_pro(agent: &Agent) -> Self {
        let message = format!("{} needs the tier pro", agent.name);
        let more = json!({
            "agent": agent.slug,
            "agentName": agent.name,
            "upgradeUrl": UPGRADE_URL,
            "checkoutUrl": CHECKOUT_URL,
            "message": message,
        });
        Self { error: Error::forbidden(message), code: Some("pro_required"), more: Some(Box::new(more)) }
    }

    /// The month is used up.
    fn used_up(error: Error) -> Self {
        let code = (error.kind == ErrorKind::LimitReached).then_some("usage_limit_exceeded");
        Self { error, code, more: None }
    }
}

fn status(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::LimitReached => StatusCode::TOO_MANY_REQUESTS,
        kind => crate::support::failure::status(kind),
    }
}

const fn code(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotFound => "not_found",
        ErrorKind::Invalid => "invalid_request",
        ErrorKind::Unauthenticated => "unauthorized",
        ErrorKind::Forbidden | ErrorKind::NeedsApproval => "forbidden",
        ErrorKind::Conflict => "conflict",
        ErrorKind::LimitReached => "limit_exceeded",
        ErrorKind::Unavailable => "unavailable",
        ErrorKind::Cancelled => "cancelled",
        ErrorKind::Internal => "internal_error",
    }
}

impl axum::response::IntoResponse for Failed {
    fn into_response(self) -> Response {
        if self.error.kind == ErrorKind::Internal {
            tracing::error!(source = ?self.error.source, "a request failed");
        }
        let code = self.code.unwrap_or(code(self.error.kind));
        let fault = Fault { error: self.error.message, code, more: self.more.map(|more| *more) };
        (status(self.error.kind), Json(fault)).into_response()
    }
}

/// This dialect's envelope for what extraction refuses.
pub(crate) struct LunaOs;

impl Envelope for LunaOs {
    fn answer(error: Error) -> Response {
        Failed::from(error).into_response()
    }
}

type Answer<T> = Result<Json<T>, Failed>;

/// A time as this dialect writes it.
fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
