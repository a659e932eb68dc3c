//! Channels: what services deliver, as the very bytes they sent.

use std::net::SocketAddr;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::HeaderMap;
use luna_core::ports::Delivery;
use luna_model::Channel;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Answer, Detail};
use crate::App;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(telegram))
        .routes(routes!(discord))
        .routes(routes!(slack))
        .routes(routes!(github))
        .routes(routes!(webhook))
        .routes(routes!(status))
}

type Peer = Option<axum::Extension<ConnectInfo<SocketAddr>>>;

fn delivery(app: &App, channel: Channel, peer: Peer, headers: &HeaderMap, body: &Bytes) -> Delivery {
    let header = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
        value.to_str().ok().map(|value| (name.as_str().to_owned(), value.to_owned()))
    };
    Delivery {
        channel,
        headers: headers.iter().filter_map(header).collect(),
        body: body.to_vec(),
        peer: peer.map(|peer| peer.0.0.ip()),
        at: app.luna.clock().now(),
    }
}

/// An update of Telegram's; it is answered later.
#[utoipa::path(post, path = "/api/channels/telegram", tag = "Luna: channels", request_body = Object, responses(
    (status = 200, body = Object), (status = 401, body = Detail), (status = 503, body = Detail)))]
async fn telegram(State(app): State<App>, peer: Peer, headers: HeaderMap, body: Bytes) -> Answer<Value> {
    Ok(Json(app.luna.receive(&delivery(&app, Channel::Telegram, peer, &headers, &body)).await?))
}

/// An interaction of Discord's; it is answered later.
#[utoipa::path(post, path = "/api/channels/discord", tag = "Luna: channels", request_body = Object, responses(
    (status = 200, body = Object), (status = 401, body = Detail), (status = 503, body = Detail)))]
async fn discord(State(app): State<App>, peer: Peer, headers: HeaderMap, body: Bytes) -> Answer<Value> {
    Ok(Json(app.luna.receive(&delivery(&app, Channel::Discord, peer, &headers, &body)).await?))
}

/// An event of Slack's; it is answered later.
#[utoipa::path(post, path = "/api/channels/slack", tag = "Luna: channels", request_body = Object, responses(
    (status = 200, body = Object), (status = 401, body = Detail), (status = 503, body = Detail)))]
async fn slack(State(app): State<App>, peer: Peer, headers: HeaderMap, body: Bytes) -> Answer<Value> {
    Ok(Json(app.luna.receive(&delivery(&app, Channel::Slack, peer, &headers, &body)).await?))
}

/// An event of GitHub's, in a line.
#[utoipa::path(post, path = "/api/channels/github", tag = "Luna: channels", request_body = Object, responses(
    (status = 200, body = Object), (status = 401, body = Detail), (status = 503, body = Detail)))]
async fn github(State(app): State<App>, peer: Peer, headers: HeaderMap, body: Bytes) -> Answer<Value> {
    Ok(Json(app.luna.receive(&delivery(&app, Channel::Github, peer, &headers, &body)).await?))
}

/// What somebody is answered.
#[derive(Debug, Serialize, ToSchema)]
struct Reply {
    /// The answer.
    reply: String,
    /// Who wrote.
    user_id: String,
}

/// A message of any program; it waits for the answer.
#[utoipa::path(post, path = "/api/channels/webhook", tag = "Luna: channels", request_body = Object, responses(
    (status = 200, body = Reply), (status = 400, body = Detail), (status = 401, body = Detail), (status = 503, body = Detail)))]
async fn webhook(State(app): State<App>, peer: Peer, headers: HeaderMap, body: Bytes) -> Answer<Reply> {
    let delivery = delivery(&app, Channel::Webhook, peer, &headers, &body);
    let (user_id, reply) = app.luna.receive_and_answer(&delivery).await?;
    Ok(Json(Reply { reply, user_id }))
}

/// Which channels can be used.
#[utoipa::path(get, path = "/api/channels/status", tag = "Luna: channels", responses((status = 200, body = Object)))]
async fn status(State(app): State<App>) -> Json<std::collections::BTreeMap<&'static str, bool>> {
    Json(app.luna.channels().await.into_iter().map(|state| (state.channel.name(), state.on)).collect())
}
