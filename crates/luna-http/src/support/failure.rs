//! Failures: the core's kinds as HTTP statuses, and what is answered where no dialect is.

use axum::Json;
use axum::http::{Method, StatusCode, Uri};
use luna_model::ErrorKind;
use serde_json::{Value, json};

/// The status of a kind of failure.
pub(crate) const fn status(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Invalid => StatusCode::BAD_REQUEST,
        ErrorKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorKind::Forbidden | ErrorKind::NeedsApproval => StatusCode::FORBIDDEN,
        ErrorKind::Conflict | ErrorKind::Cancelled => StatusCode::CONFLICT,
        ErrorKind::LimitReached => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The envelope that every dialect's client can read.
pub(crate) fn envelope(code: &str, detail: &str) -> Json<Value> {
    Json(json!({ "detail": detail, "error": detail, "code": code }))
}

pub(crate) async fn unknown_path(uri: Uri) -> (StatusCode, Json<Value>) {
    (StatusCode::NOT_FOUND, envelope("not_found", &format!("there is nothing at {}", uri.path())))
}

pub(crate) async fn unknown_method(method: Method, uri: Uri) -> (StatusCode, Json<Value>) {
    let detail = format!("{} does not take {method}", uri.path());
    (StatusCode::METHOD_NOT_ALLOWED, envelope("method_not_allowed", &detail))
}
