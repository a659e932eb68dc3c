//! Code search: files in, pieces out.

mod wire;

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::door::Caller;
use super::{Answer, Fault, LunaOs};
use crate::App;
use crate::support::extract::Body;
use wire::{Index, Indexed, Search, Searched};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(index)).routes(routes!(search))
}

/// Indexes files; one that was indexed before is replaced.
#[utoipa::path(post, path = "/rag/index", tag = "LunaOS", security(("account" = [])), request_body = Index, responses(
    (status = 200, body = Indexed), (status = 400, body = Fault), (status = 401, body = Fault), (status = 429, body = Fault)))]
async fn index(
    State(app): State<App>,
    Caller(account): Caller,
    Body(q, _): Body<Index, LunaOs>,
) -> Answer<Indexed> {
    let (repository, files) = q.into_core()?;
    let done = app.luna.code().index(&account.id.to_string(), &repository, files).await?;
    Ok(Json(Indexed::new(repository, done)))
}

/// The pieces that fit a query best.
#[utoipa::path(post, path = "/rag/search", tag = "LunaOS", security(("account" = [])), request_body = Search, responses(
    (status = 200, body = Searched), (status = 400, body = Fault), (status = 401, body = Fault), (status = 429, body = Fault)))]
async fn search(
    State(app): State<App>,
    Caller(account): Caller,
    Body(q, _): Body<Search, LunaOs>,
) -> Answer<Searched> {
    let (query, repository, limit) = q.into_core();
    let hits = app.luna.code().search(&account.id.to_string(), repository.as_deref(), &query, limit).await?;
    Ok(Json(Searched::new(query, hits)))
}
