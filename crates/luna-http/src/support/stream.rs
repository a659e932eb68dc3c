//! Event streams: frames of a dialect as Server-Sent Events that leave as they are made.

use std::convert::Infallible;
use std::time::Duration;

use axum::http::HeaderValue;
use axum::response::sse::{Event as Frame, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures::{Stream, StreamExt as _};
use luna_model::Event;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// How often an idle stream shows that it lives.
const ALIVE: Duration = Duration::from_secs(15);

/// One frame of an event stream, as the OpenAPI document describes it.
#[derive(Serialize, ToSchema)]
pub(crate) struct ServerSentEvent {
    /// Its name; none where the type stands in the data.
    event: Option<String>,
    /// JSON.
    data: String,
}

/// The events for which `frame` has a frame, as a reply. Dropping the reply (the client left) drops the stream.
pub(crate) fn sse(
    events: impl Stream<Item = Event> + Send + 'static,
    frame: fn(&Event) -> Option<Frame>,
) -> Response {
    frames(events, frame)
}

/// The same for events of another kind.
pub(crate) fn frames<T: Send + 'static>(
    events: impl Stream<Item = T> + Send + 'static,
    frame: fn(&T) -> Option<Frame>,
) -> Response {
    let frames = events.filter_map(move |event| std::future::ready(frame(&event).map(Ok::<_, Infallible>)));
    let mut response = Sse::new(frames).keep_alive(KeepAlive::new().interval(ALIVE)).into_response();
    // Asks proxies to pass tokens on one by one.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// Values as frames without a name, whose data they are.
pub(crate) fn values(values: impl Stream<Item = Value> + Send + 'static) -> Response {
    frames(values, |value| Frame::default().json_data(value).ok())
}

/// A frame with a name and JSON data.
pub(crate) fn frame<T: Serialize>(name: &str, data: &T) -> Option<Frame> {
    let framed = Frame::default().event(name).json_data(data);
    framed.inspect_err(|error| tracing::error!(%error, name, "a frame could not be written")).ok()
}
