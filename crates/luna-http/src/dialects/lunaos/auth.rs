//! Accounts, tokens and keys.

mod wire;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use luna_model::{ApiKeyId, Error, Secret};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::door::Caller;
use super::{Answer, Failed, Fault, LunaOs};
use crate::App;
use crate::support::extract::{Body, Id};
use wire::{Keys, Made, Me, NewKey, Revoked, SignIn, SignUp, SignedIn};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(sign_up))
        .routes(routes!(sign_in))
        .routes(routes!(me))
        .routes(routes!(make_key, keys))
        .routes(routes!(revoke_key))
}

fn given(text: Option<String>) -> Result<String, Error> {
    text.filter(|t| !t.trim().is_empty()).ok_or_else(|| Error::invalid("Missing email or password"))
}

/// Makes an account.
#[utoipa::path(post, path = "/auth/signup", tag = "LunaOS", request_body = SignUp, responses(
    (status = 201, body = SignedIn), (status = 400, body = Fault), (status = 409, body = Fault), (status = 429, body = Fault)))]
async fn sign_up(
    State(app): State<App>,
    Body(q, _): Body<SignUp, LunaOs>,
) -> Result<(StatusCode, Json<SignedIn>), Failed> {
    let (email, password) = (given(q.email)?, Secret::new(given(q.password)?));
    let (account, token) =
        app.luna.accounts().sign_up(&email, &password, &q.name.unwrap_or_default()).await?;
    Ok((StatusCode::CREATED, Json(SignedIn::new(&account, &token))))
}

/// Signs in: a token for seven days.
#[utoipa::path(post, path = "/auth/login", tag = "LunaOS", request_body = SignIn, responses(
    (status = 200, body = SignedIn), (status = 400, body = Fault), (status = 401, body = Fault), (status = 429, body = Fault)))]
async fn sign_in(State(app): State<App>, Body(q, _): Body<SignIn, LunaOs>) -> Answer<SignedIn> {
    let (email, password) = (given(q.email)?, Secret::new(given(q.password)?));
    let (account, token) = app.luna.accounts().sign_in(&email, &password).await?;
    Ok(Json(SignedIn::new(&account, &token)))
}

/// Who calls.
#[utoipa::path(get, path = "/auth/me", tag = "LunaOS", security(("account" = [])), responses(
    (status = 200, body = Me), (status = 401, body = Fault), (status = 429, body = Fault)))]
async fn me(Caller(account): Caller) -> Json<Me> {
    Json(Me::new(&account))
}

/// Makes a key. It is shown this once.
#[utoipa::path(post, path = "/api-keys", tag = "LunaOS", security(("account" = [])), request_body = NewKey, responses(
    (status = 201, body = Made), (status = 400, body = Fault), (status = 401, body = Fault), (status = 429, body = Fault), (status = 403, body = Fault)))]
async fn make_key(
    State(app): State<App>,
    Caller(account): Caller,
    Body(q, _): Body<NewKey, LunaOs>,
) -> Result<(StatusCode, Json<Made>), Failed> {
    let made = app.luna.accounts().make_key(account.id, &q.name.unwrap_or_default()).await;
    // More keys are no question of time, so this limit is no 429.
    let (key, secret) = made.map_err(|error| match error.kind {
        luna_model::ErrorKind::LimitReached => {
            Failed { code: Some("key_limit_reached"), ..Error::forbidden(error.message).into() }
        }
        _ => error.into(),
    })?;
    Ok((StatusCode::CREATED, Json(Made::new(key, &secret))))
}

/// The account's keys, without their secrets.
#[utoipa::path(get, path = "/api-keys", tag = "LunaOS", security(("account" = [])), responses(
    (status = 200, body = Keys), (status = 401, body = Fault), (status = 429, body = Fault)))]
async fn keys(State(app): State<App>, Caller(account): Caller) -> Answer<Keys> {
    Ok(Json(Keys::new(app.luna.accounts().keys(account.id).await?)))
}

/// Revokes a key; it does not work from this moment.
#[utoipa::path(delete, path = "/api-keys/{id}", tag = "LunaOS", security(("account" = [])), params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = Revoked), (status = 400, body = Fault), (status = 401, body = Fault), (status = 429, body = Fault), (status = 404, body = Fault)))]
async fn revoke_key(
    State(app): State<App>,
    Caller(account): Caller,
    Id(id, _): Id<ApiKeyId, LunaOs>,
) -> Answer<Revoked> {
    app.luna.accounts().revoke_key(account.id, id).await?;
    Ok(Json(Revoked { message: "API key revoked" }))
}
