//! Paying: what an account has, what it used, and the pages of the payment provider.

mod wire;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use luna_model::{Error, Tier};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::door::Caller;
use super::{Answer, Fault, LunaOs};
use crate::App;
use crate::support::extract::Body;
use wire::{Buy, Cancelled, Checkout, Portal, Received, State as Subscribed, Usage};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(checkout))
        .routes(routes!(subscription))
        .routes(routes!(usage))
        .routes(routes!(cancel))
        .routes(routes!(portal))
        .routes(routes!(webhook))
}

/// A page where a tier is bought.
#[utoipa::path(post, path = "/billing/checkout", tag = "LunaOS", security(("account" = [])), request_body = Buy, responses(
    (status = 200, body = Checkout), (status = 400, body = Fault), (status = 401, body = Fault), (status = 429, body = Fault), (status = 503, body = Fault)))]
async fn checkout(
    State(app): State<App>,
    Caller(account): Caller,
    Body(q, _): Body<Buy, LunaOs>,
) -> Answer<Checkout> {
    let tier =
        q.tier.as_deref().and_then(Tier::from_name).ok_or_else(|| Error::invalid("tier is pro or team"))?;
    Ok(Json(Checkout::new(app.luna.accounts().checkout(&account, tier).await?)))
}

/// What an account has.
#[utoipa::path(get, path = "/billing/subscription", tag = "LunaOS", security(("account" = [])), responses(
    (status = 200, body = Subscribed), (status = 401, body = Fault), (status = 429, body = Fault)))]
async fn subscription(State(app): State<App>, Caller(account): Caller) -> Answer<Subscribed> {
    let running = app.luna.accounts().subscription(&account).await?;
    Ok(Json(Subscribed::new(account.tier, running)))
}

/// What it used this month.
#[utoipa::path(get, path = "/billing/usage", tag = "LunaOS", security(("account" = [])), responses(
    (status = 200, body = Usage), (status = 401, body = Fault), (status = 429, body = Fault)))]
async fn usage(State(app): State<App>, Caller(account): Caller) -> Answer<Usage> {
    Ok(Json(Usage::new(account.tier, &app.luna.accounts().usage(&account).await?)))
}

/// Lets the subscription end with its period.
#[utoipa::path(post, path = "/billing/cancel", tag = "LunaOS", security(("account" = [])), responses(
    (status = 200, body = Cancelled), (status = 401, body = Fault), (status = 429, body = Fault), (status = 404, body = Fault), (status = 503, body = Fault)))]
async fn cancel(State(app): State<App>, Caller(account): Caller) -> Answer<Cancelled> {
    Ok(Json(Cancelled::new(&app.luna.accounts().cancel_subscription(&account).await?)))
}

/// A page where the account sees to what it pays.
#[utoipa::path(post, path = "/billing/portal", tag = "LunaOS", security(("account" = [])), responses(
    (status = 200, body = Portal), (status = 401, body = Fault), (status = 429, body = Fault), (status = 503, body = Fault)))]
async fn portal(State(app): State<App>, Caller(account): Caller) -> Answer<Portal> {
    Ok(Json(Portal::new(app.luna.accounts().portal(&account).await?)))
}

/// Takes a message of the payment provider. Its signature is its leave to come in; each counts once.
#[utoipa::path(post, path = "/billing/webhook", tag = "LunaOS", request_body = String, responses(
    (status = 200, body = Received), (status = 400, body = Fault), (status = 401, body = Fault), (status = 429, body = Fault), (status = 503, body = Fault)))]
async fn webhook(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Answer<Received> {
    let signature = headers.get("stripe-signature").and_then(|v| v.to_str().ok()).unwrap_or_default();
    app.luna.accounts().take_payment_event(&body, signature).await?;
    Ok(Json(Received { received: true }))
}
