//! The window's command table over HTTP: `POST /rpc/<command>` with a JSON object, answered with JSON, or with events.

use axum::extract::{Path, State};
use axum::response::sse::Event as Frame;
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router, routing::post};
use luna_commands::{Failure, Reply};
use luna_model::{Error, Event};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;

use crate::App;
use crate::support::extract::{Body, Envelope};
use crate::support::failure::status;
use crate::support::stream::sse;

pub(crate) fn router() -> OpenApiRouter<App> {
    Router::new().route("/rpc/{command}", post(call)).into()
}

struct Window;

impl Envelope for Window {
    fn answer(error: Error) -> Response {
        (status(error.kind), Json(Failure::from(error))).into_response()
    }
}

async fn call(
    State(app): State<App>,
    Path(command): Path<String>,
    Body(input, _): Body<Value, Window>,
) -> Response {
    let Some(table) = &app.table else {
        return Window::answer(Error::not_found("this port has no commands"));
    };
    match table.call(&command, input).await {
        Ok(Reply::Value(value)) => Json(value).into_response(),
        Ok(Reply::Events(events)) => sse(events, frame),
        Err(error) => Window::answer(error),
    }
}

fn frame(event: &Event) -> Option<Frame> {
    Frame::default()
        .json_data(event)
        .inspect_err(|error| tracing::error!(%error, "an event could not be written"))
        .ok()
}
