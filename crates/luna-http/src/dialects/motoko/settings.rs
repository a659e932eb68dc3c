//! Settings under this API's names, and the budget.

mod wire;

use axum::Json;
use axum::extract::State;
use luna_model::{Error, Provider, Secret};
use serde_json::{Map, Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Answer, Fault, Motoko, OK, Ok as Done};
use crate::App;
use crate::support::extract::Body;
use wire::{Change, read};

/// What stands for a key that is there.
const MASKED: &str = "********";

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(all, change)).routes(routes!(budget, set_budget))
}

/// All settings of this API that are set. Keys of providers come back masked.
#[utoipa::path(get, path = "/api/settings", tag = "OpenMotoko", responses((status = 200, body = Value)))]
async fn all(State(app): State<App>) -> Answer<Value> {
    let settings = app.luna.settings().current();
    let providers = app.luna.llm().providers().await;
    let active = app.luna.llm().active().await;
    let budget = app.luna.budget().await?;
    let mut all = Map::new();
    all.insert("theme".into(), settings.theme.into());
    all.insert("onboardingComplete".into(), settings.onboarded.into());
    all.insert("systemPrompt".into(), settings.instructions.into());
    all.insert("defaultModel".into(), active.name.clone().into());
    all.insert("llm.defaultModel".into(), active.name.into());
    all.insert("llm.defaultProvider".into(), active.provider.name().into());
    all.insert("budget".into(), wire::Budget::new(budget).into_value());
    for (name, provider) in wire::KEYS {
        if providers.iter().any(|p| p.provider == provider && p.configured) {
            all.insert(name.into(), MASKED.into());
        }
    }
    if let Some(host) =
        providers.iter().find(|p| p.provider == Provider::Ollama).and_then(|p| p.base_url.clone())
    {
        all.insert("ollamaHost".into(), host.into());
    }
    if let Some((host, port)) = main_door(&app) {
        all.insert("app.host".into(), host.into());
        all.insert("app.port".into(), port.into());
    }
    Ok(Json(Value::Object(all)))
}

/// Where the main port is.
pub(super) fn main_door(app: &App) -> Option<(String, u16)> {
    let door = app.luna.callers().doors().into_iter().find(|d| d.name == "main")?;
    let (host, port) = door.address.rsplit_once(':')?;
    Some((host.to_owned(), port.parse().ok()?))
}

/// Changes settings. One unknown name, and none is changed.
#[utoipa::path(put, path = "/api/settings", tag = "OpenMotoko", request_body = Value, responses(
    (status = 200, body = Done), (status = 400, body = Fault), (status = 409, body = Fault)))]
async fn change(State(app): State<App>, Body(given, _): Body<Map<String, Value>, Motoko>) -> Answer<Done> {
    let active = app.luna.llm().active().await.provider;
    let changes = given
        .into_iter()
        .map(|(name, value)| read(&name, value, active))
        .collect::<Result<Vec<_>, Error>>()?;
    for change in changes {
        match change {
            Change::Settings(patch) => drop(app.luna.patch_settings(patch).await?),
            Change::Key(_, key) if key == MASKED => {}
            Change::Key(provider, key) if key.is_empty() => app.luna.delete_provider_key(provider).await?,
            Change::Key(provider, key) => app.luna.set_provider_key(provider, Secret::new(key)).await?,
            Change::Budget(budget) => drop(app.luna.set_budget(budget.into_core()).await?),
            Change::Fixed(name, value) => {
                let now = main_door(&app)
                    .map(|(host, port)| if name == "app.port" { json!(port) } else { json!(host) });
                if now.is_some_and(|now| now != value) {
                    let say = format!("{name} is decided before Luna starts: set HOST or PORT");
                    return Err(Error::conflict(say).into());
                }
            }
        }
    }
    Ok(OK)
}

/// How much may be spent.
#[utoipa::path(get, path = "/api/settings/budget", tag = "OpenMotoko", responses((status = 200, body = wire::Budget)))]
async fn budget(State(app): State<App>) -> Answer<wire::Budget> {
    Ok(Json(wire::Budget::new(app.luna.budget().await?)))
}

/// Sets how much may be spent. Thresholds are fractions or per cents.
#[utoipa::path(put, path = "/api/settings/budget", tag = "OpenMotoko", request_body = wire::Budget, responses(
    (status = 200, body = wire::Budget), (status = 400, body = Fault)))]
async fn set_budget(State(app): State<App>, Body(q, _): Body<wire::Budget, Motoko>) -> Answer<wire::Budget> {
    Ok(Json(wire::Budget::new(app.luna.set_budget(q.into_core()).await?)))
}
