//! Health, what went on, agents at work, models, and the private network.

mod wire;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use luna_core::store::Wanted;
use luna_model::{Error, ErrorKind};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Answer, Failed, Fault, Motoko, SUCCESS, Success, id};
use crate::App;
use crate::support::extract::Params;
use wire::{Agent, Agents, Happened, Health, Models, Node, Page, Served, Status};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(health))
        .routes(routes!(activity))
        .routes(routes!(agents))
        .routes(routes!(agent, kill))
        .routes(routes!(models))
        .routes(routes!(tailnet))
        .routes(routes!(nodes))
        .routes(routes!(serve))
        .routes(routes!(unserve))
}

/// Whether Luna is awake.
#[utoipa::path(get, path = "/api/health", tag = "OpenMotoko", responses((status = 200, body = Health)))]
async fn health(State(app): State<App>) -> Json<Health> {
    let uptime = app.started.elapsed().as_secs_f64();
    Json(Health { status: "ok", uptime, timestamp: super::time(app.luna.clock().now()) })
}

/// What went on, newest first.
#[utoipa::path(get, path = "/api/activity", tag = "OpenMotoko", params(Page), responses(
    (status = 200, body = [Happened]), (status = 400, body = Fault)))]
async fn activity(State(app): State<App>, Params(q, _): Params<Page, Motoko>) -> Answer<Vec<Happened>> {
    let limit = q.limit.unwrap_or(20);
    if !(1..=100).contains(&limit) {
        return Err(Error::invalid("limit is from 1 to 100").into());
    }
    let Some(what) = wire::what(q.r#type.as_deref()) else { return Ok(Json(vec![])) };
    // What a skill did is told by the tools it has Luna call.
    if q.skill_id.is_some() {
        return Ok(Json(vec![]));
    }
    let wanted = Wanted { what, channel: q.channel, limit, offset: q.offset.unwrap_or_default() };
    Ok(Json(app.luna.db().activity(wanted).await?.into_iter().map(Happened::new).collect()))
}

/// The agents that models set to work, newest first.
#[utoipa::path(get, path = "/api/agents", tag = "OpenMotoko", responses((status = 200, body = Agents)))]
async fn agents(State(app): State<App>) -> Answer<Agents> {
    Ok(Json(Agents { agents: app.luna.children().await?.into_iter().map(Agent::new).collect() }))
}

/// An agent.
#[utoipa::path(get, path = "/api/agents/{id}", tag = "OpenMotoko", params(("id" = String, Path)), responses(
    (status = 200, body = Agent), (status = 404, body = Fault)))]
async fn agent(State(app): State<App>, Path(text): Path<String>) -> Answer<Agent> {
    Ok(Json(Agent::new(app.luna.child(id(&text)?).await?)))
}

/// Kills an agent that is at work.
#[utoipa::path(delete, path = "/api/agents/{id}", tag = "OpenMotoko", params(("id" = String, Path)), responses(
    (status = 200, body = Success), (status = 404, body = Fault)))]
async fn kill(State(app): State<App>, Path(text): Path<String>) -> Answer<Success> {
    app.luna.kill_child(id(&text)?).await?;
    Ok(SUCCESS)
}

/// The providers that are configured, with their models. One whose listing fails is left out.
#[utoipa::path(get, path = "/api/models", tag = "OpenMotoko", responses((status = 200, body = Models)))]
async fn models(State(app): State<App>) -> Json<Models> {
    let configured = app.luna.llm().providers().await.into_iter().filter(|p| p.configured);
    let listed = futures::future::join_all(configured.map(|p| {
        let llm = app.luna.llm().clone();
        async move {
            let listing = tokio::time::timeout(wire::LISTING, llm.models(p.provider)).await;
            let models = listing.ok()?.ok()?;
            Some(wire::Provider::new(p.provider, models, |name| llm.price(p.provider, name)))
        }
    }));
    Json(Models { providers: listed.await.into_iter().flatten().collect() })
}

/// How the private network is on this machine.
#[utoipa::path(get, path = "/api/tailscale/status", tag = "OpenMotoko", responses((status = 200, body = Status)))]
async fn tailnet(State(app): State<App>) -> Json<Status> {
    let port = super::settings::main_door(&app).map_or(0, |(_, port)| port);
    Json(Status::new(app.luna.tailnet().status().await, port))
}

/// The other machines of the private network.
#[utoipa::path(get, path = "/api/tailscale/nodes", tag = "OpenMotoko", responses((status = 200, body = [Node])))]
async fn nodes(State(app): State<App>) -> Json<Vec<Node>> {
    Json(app.luna.tailnet().nodes().await.into_iter().map(Node::new).collect())
}

/// Shows Luna in the private network.
#[utoipa::path(post, path = "/api/tailscale/serve/start", tag = "OpenMotoko", responses(
    (status = 200, body = Served), (status = 403, body = Fault), (status = 500, body = Fault), (status = 503, body = Fault)))]
async fn serve(State(app): State<App>) -> Result<Response, Failed> {
    let port = super::settings::main_door(&app).map_or(0, |(_, port)| port);
    // What is shown to other machines has a password of its own.
    if app.doors.password.is_none() {
        let say = "set LUNA_PASSWORD first: in the private network other machines can call Luna";
        return Err(Failed::coded(Error::conflict(say), StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE"));
    }
    app.luna.tailnet().serve(port, true).await.map_err(refused)?;
    let status = Status::new(app.luna.tailnet().status().await, port);
    Ok(Json(json!({ "success": true, "serve": status.serve })).into_response())
}

/// Shows Luna there no longer.
#[utoipa::path(post, path = "/api/tailscale/serve/stop", tag = "OpenMotoko", responses(
    (status = 200, body = Success), (status = 403, body = Fault), (status = 500, body = Fault), (status = 503, body = Fault)))]
async fn unserve(State(app): State<App>) -> Answer<Success> {
    let port = super::settings::main_door(&app).map_or(0, |(_, port)| port);
    app.luna.tailnet().serve(port, false).await.map_err(refused)?;
    Ok(SUCCESS)
}

fn refused(error: Error) -> Failed {
    match error.kind {
        ErrorKind::Unavailable | ErrorKind::Forbidden => error.into(),
        _ => Failed::coded(error, StatusCode::INTERNAL_SERVER_ERROR, "TAILSCALE_ERROR"),
    }
}
