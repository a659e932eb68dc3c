//! The catalogue of agents, and their work as an event stream.

pub(super) mod wire;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use luna_core::agents::{self, AgentTier, CATALOGUE};
use luna_core::chains::ChainWork;
use luna_model::{Account, Error, Provider, Tier};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::door::Caller;
use super::{Failed, Fault, LunaOs};
use crate::App;
use crate::support::extract::Body;
use crate::support::stream::{ServerSentEvent, frames};
use wire::{Catalogue, Execute, frame};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(execute))
}

/// The agents.
#[utoipa::path(get, path = "/agents/list", tag = "LunaOS", responses((status = 200, body = Catalogue)))]
async fn list() -> Json<Catalogue> {
    Json(Catalogue::new(agents::agents(CATALOGUE)))
}

/// Has an agent work; its answer streams as `start`, `chunk` …, then `done` or `error`.
#[utoipa::path(post, path = "/agents/execute", tag = "LunaOS", security(("account" = [])), request_body = Execute, responses(
    (status = 200, content_type = "text/event-stream", body = ServerSentEvent), (status = 400, body = Fault), (status = 401, body = Fault),
    (status = 403, body = Fault), (status = 404, body = Fault), (status = 429, body = Fault)))]
async fn execute(
    State(app): State<App>,
    Caller(account): Caller,
    Body(q, _): Body<Execute, LunaOs>,
) -> Result<Response, Failed> {
    let slug = q.agent.ok_or_else(|| Error::invalid("agent is missing"))?;
    let context = context(q.context)?;
    let agent = agents::agent(CATALOGUE, &slug)?;
    may_have(&account, agent)?;
    let provider = provider(q.provider.as_deref())?;
    app.luna.accounts().spend(&account, "agent", &slug).await.map_err(Failed::used_up)?;
    let work = ChainWork { steps: vec![(agent, None)], context, provider, model: q.model };
    Ok(frames(app.luna.chain(work)?, frame))
}

pub(super) fn context(given: Option<String>) -> Result<String, Error> {
    let given = given.filter(|c| !c.trim().is_empty());
    given.ok_or_else(|| Error::invalid("context is missing: say what it is about"))
}

/// Whether an account may have an agent.
pub(super) fn may_have(account: &Account, agent: &agents::Agent) -> Result<(), Failed> {
    match (agent.tier, account.tier) {
        (AgentTier::Pro, Tier::Free) => Err(Failed::needs_pro(agent)),
        _ => Ok(()),
    }
}

/// The provider of this name. The document's default, `deepseek`, is whatever is configured here.
pub(super) fn provider(name: Option<&str>) -> Result<Option<Provider>, Error> {
    match name {
        None | Some("" | "deepseek" | "auto") => Ok(None),
        Some("openai") => Ok(Some(Provider::OpenaiCompatible)),
        Some(name) => Provider::from_name(name)
            .map(Some)
            .ok_or_else(|| Error::invalid(format!("there is no provider called {name:?}"))),
    }
}
