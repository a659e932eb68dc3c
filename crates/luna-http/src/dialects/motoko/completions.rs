//! `/v1`: what programs for OpenAI's API ask, answered by Luna with what she remembers.

mod wire;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event as Frame, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures::StreamExt as _;
use luna_model::{Error, ErrorKind, ModelEvent};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::support::extract::{Body, Envelope};
use wire::{Ask, Listed, Telling, Whole};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(complete)).routes(routes!(models))
}

/// A failure as OpenAI's clients read it.
struct Failed(Error);

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl axum::response::IntoResponse for Failed {
    fn into_response(self) -> Response {
        let (status, r#type) = match self.0.kind {
            ErrorKind::Invalid => (StatusCode::BAD_REQUEST, "invalid_request_error"),
            ErrorKind::Unauthenticated => (StatusCode::UNAUTHORIZED, "authentication_error"),
            ErrorKind::LimitReached if luna_core::costs::is_over_budget(&self.0) => {
                (StatusCode::PAYMENT_REQUIRED, "insufficient_quota")
            }
            ErrorKind::LimitReached => (StatusCode::TOO_MANY_REQUESTS, "rate_limit_error"),
            ErrorKind::NotFound => (StatusCode::NOT_FOUND, "not_found_error"),
            _ => (StatusCode::BAD_GATEWAY, "api_error"),
        };
        let body =
            json!({ "error": { "message": self.0.message, "type": r#type, "param": null, "code": null } });
        (status, Json(body)).into_response()
    }
}

struct OpenAi;

impl Envelope for OpenAi {
    fn answer(error: Error) -> Response {
        Failed(error).into_response()
    }
}

/// Goes on with a conversation. With `stream`, chunks as Server-Sent Events up to `[DONE]`. Tools are the caller's: calls of
/// them come back and are not run here.
#[utoipa::path(post, path = "/v1/chat/completions", tag = "OpenAI-compatible", request_body = Ask, responses(
    (status = 200, body = Whole), (status = 400, body = serde_json::Value), (status = 402, body = serde_json::Value),
    (status = 502, body = serde_json::Value)))]
async fn complete(State(app): State<App>, Body(ask, _): Body<Ask, OpenAi>) -> Result<Response, Failed> {
    let (streams, usage) = (ask.stream, ask.wants_usage());
    let (model, mut events) = app.luna.complete(ask.into_core()?).await?;
    let mut telling = Telling::new(model.name, app.luna.clock().now().as_second());
    if !streams {
        while let Some(event) = events.next().await {
            telling.take(event?);
        }
        return Ok(Json(telling.whole()).into_response());
    }
    let first = telling.first();
    let chunks = events.flat_map(move |event| {
        let chunks = match event {
            Ok(event) => {
                let ends = matches!(event, ModelEvent::End(_));
                let mut chunks: Vec<_> = telling.chunk(&event).into_iter().collect();
                telling.take(event);
                if ends {
                    chunks.extend(telling.last(usage));
                    chunks.push("[DONE]".into());
                }
                chunks
            }
            Err(error) => {
                vec![json!({ "error": { "message": error.message, "type": "api_error" } }).to_string()]
            }
        };
        futures::stream::iter(chunks)
    });
    let frames = futures::stream::once(std::future::ready(first)).chain(chunks);
    let frames = frames.map(|data| Ok::<_, std::convert::Infallible>(Frame::default().data(data)));
    Ok(Sse::new(frames).keep_alive(KeepAlive::default()).into_response())
}

/// The models of the provider that answers, and `luna`, which is whichever is configured.
#[utoipa::path(get, path = "/v1/models", tag = "OpenAI-compatible", responses((status = 200, body = Listed)))]
async fn models(State(app): State<App>) -> Json<Listed> {
    let active = app.luna.llm().active().await;
    let models = app.luna.llm().models(active.provider).await.unwrap_or_else(|_| vec![active.clone()]);
    Json(Listed::new(active.provider, models))
}
