//! Chains of agents.

mod wire;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use futures::StreamExt as _;
use luna_core::chains::{self, ChainWork};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::agents::{context, may_have, provider};
use super::door::Caller;
use super::{Failed, Fault, LunaOs};
use crate::App;
use crate::support::extract::Body;
use crate::support::stream::{ServerSentEvent, values};
use wire::{Execute, Presets, Sum};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(execute))
}

/// The chains that are ready.
#[utoipa::path(get, path = "/chains", tag = "LunaOS", security(("account" = [])), responses(
    (status = 200, body = Presets), (status = 401, body = Fault), (status = 429, body = Fault)))]
async fn list(Caller(_account): Caller) -> Json<Presets> {
    Json(Presets::new(chains::presets()))
}

/// Has agents work one after the other; what happens streams as `chain_start`, then `step_start`, `chunk` … and `step_done`
/// for each, then `chain_done`, or `error`.
#[utoipa::path(post, path = "/chains/execute", tag = "LunaOS", security(("account" = [])), request_body = Execute, responses(
    (status = 200, content_type = "text/event-stream", body = ServerSentEvent), (status = 400, body = Fault), (status = 401, body = Fault),
    (status = 403, body = Fault), (status = 404, body = Fault), (status = 429, body = Fault)))]
async fn execute(
    State(app): State<App>,
    Caller(account): Caller,
    Body(q, _): Body<Execute, LunaOs>,
) -> Result<Response, Failed> {
    let (preset, given) = q.chosen();
    let preset = preset.as_deref();
    let steps = chains::steps_of(preset, given)?;
    let context = context(q.context)?;
    for (agent, _) in &steps {
        may_have(&account, agent)?;
    }
    let provider = provider(q.provider.as_deref())?;
    let what = preset.unwrap_or("custom");
    app.luna.accounts().spend(&account, "chain", what).await.map_err(Failed::used_up)?;
    let mut sum = Sum::of(what, steps.len());
    let first = sum.begin();
    let work = ChainWork { steps, context, provider, model: q.model.clone() };
    let events = app.luna.chain(work)?.flat_map(move |event| futures::stream::iter(sum.take(&event)));
    Ok(values(futures::stream::once(std::future::ready(first)).chain(events)))
}
