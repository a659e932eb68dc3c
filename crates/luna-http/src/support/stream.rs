//! Event streams: frames of a dialect as Server-Sent Events that leave as they are made.

use std::convert::Infallible;
use std::time::Duration;

use axum::http::HeaderValue;
use axum::response::sse::{Event as Frame, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures::{Stream, StreamExt as _};
use luna_model::Event;
use serde::Serialize;

/// How often an idle stream shows that it lives.
const ALIVE: Duration = Duration::from_secs(15);

/// The events for which `frame` has a frame, as a reply. Dropping the reply (the client left) drops the stream.
pub(crate) fn sse(
    events: impl Stream<Item = Event> + Send + 'static,
    frame: fn(&Event) -> Option<Frame>,
) -> Response {
    let frames = events.filter_map(move |event| std::future::ready(frame(&event).map(Ok::<_, Infallible>)));
    let mut response = Sse::new(frames).keep_alive(KeepAlive::new().interval(ALIVE)).into_response();
    // Asks proxies to pass tokens on one by one.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// A frame with a name and JSON data.
pub(crate) fn frame<T: Serialize>(name: &str, data: &T) -> Option<Frame> {
    let framed = Frame::default().event(name).json_data(data);
    framed.inspect_err(|error| tracing::error!(%error, name, "a frame could not be written")).ok()
}
