//! Administration: who a business' users are, their tokens and limits, and the model providers. The secret that signs the
//! users' tokens opens it, and nothing else.

mod wire;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use luna_core::users::Users;
use luna_model::{Error, ErrorKind, UserId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Answer, Detail, Dialect, Failed};
use crate::App;
use crate::support::extract::{Body, Id};
use wire::{Info, Limits, Made, NewUser, Providers, Token, UserEntry};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(info))
        .routes(routes!(users, create))
        .routes(routes!(delete))
        .routes(routes!(rotate))
        .routes(routes!(limits))
        .routes(routes!(providers))
}

/// Who showed the secret.
struct Administrator(Users);

impl FromRequestParts<App> for Administrator {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failed> {
        let business = app.business.as_ref().ok_or_else(|| {
            Error::forbidden("users are for a business: set LUNA_VARIANT=business and JWT_SECRET")
        })?;
        let given = parts.headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
        match given.and_then(|given| given.strip_prefix("Bearer ")) {
            Some(given) if business.users.is_secret(given.trim()) => Ok(Self(business.users.clone())),
            _ => Err(Error::new(
                ErrorKind::Unauthenticated,
                "the administration wants JWT_SECRET itself: Authorization: Bearer <secret>",
            )
            .into()),
        }
    }
}

/// What is set up.
#[utoipa::path(get, path = "/api/admin/info", tag = "Luna: administration", responses(
    (status = 200, body = Info), (status = 401, body = Detail), (status = 403, body = Detail)))]
async fn info(State(app): State<App>, Administrator(users): Administrator) -> Json<Info> {
    let model = app.luna.llm().active().await;
    Json(Info::new(&model, users.pace(), users.all().len(), &app.luna.channels().await))
}

/// The users, oldest first.
#[utoipa::path(get, path = "/api/admin/users", tag = "Luna: administration", responses(
    (status = 200, body = [UserEntry]), (status = 401, body = Detail), (status = 403, body = Detail)))]
async fn users(Administrator(users): Administrator) -> Json<Vec<UserEntry>> {
    Json(users.all().into_iter().map(UserEntry::from_core).collect())
}

/// Makes a user. The token is shown this once.
#[utoipa::path(post, path = "/api/admin/users", tag = "Luna: administration", request_body = NewUser, responses(
    (status = 201, body = Made), (status = 400, body = Detail), (status = 401, body = Detail), (status = 403, body = Detail),
    (status = 409, body = Detail)))]
async fn create(
    Administrator(users): Administrator,
    Body(q, _): Body<NewUser, Dialect>,
) -> Result<(StatusCode, Json<Made>), Failed> {
    let (username, role) = q.checked()?;
    let (user, token) = users.create(&username, role).await?;
    Ok((StatusCode::CREATED, Json(Made::new(user, &token))))
}

/// Deletes a user. Their token, and everything that goes on with it, ends now.
#[utoipa::path(delete, path = "/api/admin/users/{id}", tag = "Luna: administration", params(("id" = uuid::Uuid, Path)), responses(
    (status = 204), (status = 400, body = Detail), (status = 401, body = Detail), (status = 403, body = Detail),
    (status = 404, body = Detail)))]
async fn delete(
    Administrator(users): Administrator,
    Id(id, _): Id<UserId, Dialect>,
) -> Result<StatusCode, Failed> {
    users.delete(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a user another token. The one before ends now.
#[utoipa::path(post, path = "/api/admin/users/{id}/rotate-token", tag = "Luna: administration", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = Token), (status = 400, body = Detail), (status = 401, body = Detail),
    (status = 403, body = Detail), (status = 404, body = Detail)))]
async fn rotate(Administrator(users): Administrator, Id(id, _): Id<UserId, Dialect>) -> Answer<Token> {
    Ok(Json(Token::new(&users.rotate(id).await?)))
}

/// Sets how often a user may call; without numbers, as often as everybody.
#[utoipa::path(put, path = "/api/admin/users/{id}/limits", tag = "Luna: administration", params(("id" = uuid::Uuid, Path)),
    request_body = Limits, responses((status = 200, body = UserEntry), (status = 400, body = Detail),
    (status = 401, body = Detail), (status = 403, body = Detail), (status = 404, body = Detail)))]
async fn limits(
    Administrator(users): Administrator,
    Id(id, _): Id<UserId, Dialect>,
    Body(q, _): Body<Limits, Dialect>,
) -> Answer<UserEntry> {
    Ok(Json(UserEntry::from_core(users.set_pace(id, q.pace()).await?)))
}

/// The model providers and which is active. Keys are never shown.
#[utoipa::path(get, path = "/api/admin/llm/providers", tag = "Luna: administration", responses(
    (status = 200, body = Providers), (status = 401, body = Detail)))]
async fn providers(
    State(app): State<App>,
    administrator: Result<Administrator, Failed>,
) -> Answer<Providers> {
    // One person's own Luna shows them on loopback, as all else.
    if app.doors.are_shared() {
        administrator?;
    }
    let active = app.luna.llm().active().await.provider.name();
    Ok(Json(Providers::new(active, app.luna.llm().providers().await)))
}
