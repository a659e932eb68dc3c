//! Memory: facts, search, personality, compaction.

mod wire;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use luna_model::{Error, FactId, FactSource};
use serde_json::{Map, Value};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Answer, Detail, Dialect, Failed};
use crate::App;
use crate::support::extract::{Body, Id};
use wire::{Compacted, Fact, Hit, NewFact, Personality, Search};

const DEFAULT_HITS: u32 = 5;
const MOST_HITS: u32 = 100;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(facts, add))
        .routes(routes!(forget))
        .routes(routes!(search))
        .routes(routes!(personality, set_personality))
        .routes(routes!(compact))
}

/// All facts, last accessed first.
#[utoipa::path(get, path = "/api/memory/facts", tag = "Luna: memory", responses((status = 200, body = [Fact])))]
async fn facts(State(app): State<App>) -> Answer<Vec<Fact>> {
    let facts = app.luna.memory().facts().await?;
    Ok(Json(facts.into_iter().map(Fact::from_core).collect()))
}

/// Adds a fact. One that is known already is confirmed instead; one that contradicts an older one takes its place.
#[utoipa::path(post, path = "/api/memory/facts", tag = "Luna: memory", request_body = NewFact, responses(
    (status = 200, body = Fact), (status = 400, body = Detail)))]
async fn add(State(app): State<App>, Body(new, _): Body<NewFact, Dialect>) -> Answer<Fact> {
    let fact = app.luna.memory().add(&new.content, new.confidence.unwrap_or(1.0), FactSource::Stated).await?;
    Ok(Json(Fact::from_core(fact)))
}

/// Forgets a fact.
#[utoipa::path(delete, path = "/api/memory/facts/{id}", tag = "Luna: memory", params(("id" = uuid::Uuid, Path)), responses(
    (status = 204), (status = 400, body = Detail), (status = 404, body = Detail)))]
async fn forget(State(app): State<App>, Id(id, _): Id<FactId, Dialect>) -> Result<StatusCode, Failed> {
    app.luna.memory().forget(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Searches the facts by meaning, best first.
#[utoipa::path(post, path = "/api/memory/search", tag = "Luna: memory", request_body = Search, responses(
    (status = 200, body = [Hit]), (status = 400, body = Detail)))]
async fn search(State(app): State<App>, Body(q, _): Body<Search, Dialect>) -> Answer<Vec<Hit>> {
    if q.query.trim().is_empty() {
        return Err(Error::invalid("query is empty").into());
    }
    let limit = q.limit.unwrap_or(DEFAULT_HITS).clamp(1, MOST_HITS);
    let hits = app.luna.memory().search(&q.query, limit as usize).await?;
    Ok(Json(hits.into_iter().map(Hit::from_core).collect()))
}

/// How Luna speaks now.
#[utoipa::path(get, path = "/api/memory/personality", tag = "Luna: memory", responses((status = 200, body = Personality)))]
async fn personality(State(app): State<App>) -> Answer<Personality> {
    Ok(Json(Personality::from_core(app.luna.memory().personality().await?)))
}

/// Changes some of the dimensions.
#[utoipa::path(put, path = "/api/memory/personality", tag = "Luna: memory", request_body = Personality, responses(
    (status = 200, body = Personality), (status = 400, body = Detail)))]
async fn set_personality(
    State(app): State<App>,
    Body(patch, _): Body<Map<String, Value>, Dialect>,
) -> Answer<Personality> {
    Ok(Json(Personality::from_core(app.luna.memory().patch_personality(&patch).await?)))
}

/// Merges facts that say the same.
#[utoipa::path(post, path = "/api/memory/compact", tag = "Luna: memory", responses((status = 200, body = Compacted)))]
async fn compact(State(app): State<App>) -> Answer<Compacted> {
    let merged = app.luna.memory().compact().await?.merged;
    app.luna.summarise_long_conversations().await?;
    Ok(Json(Compacted { ok: true, removed: merged }))
}
