//! The door of this dialect: a session, where a password is set.

use std::net::SocketAddr;

use axum::Json;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use luna_model::{Error, ErrorKind, Secret};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Failed, Fault, Motoko, OK, Ok as Done};
use crate::App;
use crate::support::extract::Body;

const COOKIE: &str = "session";
const WEEK: u32 = 7 * 24 * 3600;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(login)).routes(routes!(logout))
}

/// What a caller shows: the cookie, a bearer token, or `?token=` where headers cannot be set.
pub(super) fn shown(headers: &HeaderMap, query: Option<&str>) -> Option<String> {
    let text = |name| headers.get(name).and_then(|v| v.to_str().ok());
    let cookies = text(header::COOKIE).unwrap_or_default().split(';');
    let cookie = cookies.filter_map(|c| c.trim().split_once('=')).find(|(name, _)| *name == COOKIE);
    let bearer = text(header::AUTHORIZATION).and_then(|a| a.strip_prefix("Bearer "));
    let token = query.unwrap_or_default().split('&').find_map(|p| p.strip_prefix("token="));
    cookie.map(|(_, value)| value).or(bearer).or(token).map(str::to_owned)
}

/// Whether a caller may come in.
pub(super) fn admits(app: &App, headers: &HeaderMap, query: Option<&str>) -> Result<(), Error> {
    let Some(password) = &app.doors.password else { return Ok(()) };
    let given = shown(headers, query).ok_or_else(|| {
        Error::new(ErrorKind::Unauthenticated, "sign in first: POST /api/auth/login with the password")
    })?;
    if app.luna.owner().knows(&given) || app.luna.owner().is(password, &given) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Unauthenticated, "the session is wrong, or ran out; sign in again"))
}

pub(super) async fn pass(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let public = matches!(path, "/api/auth/login" | "/api/health" | "/api/webhooks/gmail")
        || (path.starts_with("/api/webhooks/") && path.ends_with("/trigger"));
    if !public && let Err(error) = admits(&app, request.headers(), request.uri().query()) {
        return Failed::from(error).into_response();
    }
    next.run(request).await
}

#[derive(Deserialize, ToSchema)]
struct Login {
    #[schema(required = true)]
    #[serde(default)]
    password: Option<String>,
}

/// Signs the owner in: a session of seven days, as a cookie. Five wrong passwords lock for 15 minutes.
#[utoipa::path(post, path = "/api/auth/login", tag = "OpenMotoko", request_body = Login, responses(
    (status = 200, body = Done), (status = 400, body = Fault), (status = 401, body = Fault), (status = 429, body = Fault),
    (status = 503, body = Fault)))]
async fn login(
    State(app): State<App>,
    peer: Option<axum::Extension<ConnectInfo<SocketAddr>>>,
    Body(q, _): Body<Login, Motoko>,
) -> Result<Response, Failed> {
    let given = q.password.filter(|p| (1..=256).contains(&p.chars().count()));
    let given = Secret::new(given.ok_or_else(|| Error::invalid("password is missing: 1 to 256 characters"))?);
    let Some(password) = &app.doors.password else {
        let error = Error::unavailable(if app.doors.are_shared() {
            "nobody signs in with a password here: send your token, Authorization: Bearer <token>"
        } else {
            "no password is set: set LUNA_PASSWORD, or call without a session"
        });
        return Err(Failed::coded(error, StatusCode::SERVICE_UNAVAILABLE, "CONFIG_ERROR"));
    };
    let from = peer.map_or_else(String::new, |p| p.0.0.ip().to_canonical().to_string());
    let token =
        app.luna.owner().sign_in(password, &given, &from).await.map_err(|error| match error.kind {
            ErrorKind::LimitReached => Failed::coded(error, StatusCode::TOO_MANY_REQUESTS, "LOGIN_LOCKED"),
            _ => Failed::coded(error, StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS"),
        })?;
    let cookie = format!("{COOKIE}={}; HttpOnly; SameSite=Strict; Path=/; Max-Age={WEEK}", token.expose());
    Ok(with_cookie(&cookie))
}

/// Ends the session.
#[utoipa::path(post, path = "/api/auth/logout", tag = "OpenMotoko", responses((status = 200, body = Done)))]
async fn logout(State(app): State<App>, headers: HeaderMap) -> Response {
    if let Some(token) = shown(&headers, None) {
        app.luna.owner().sign_out(&token);
    }
    with_cookie(&format!("{COOKIE}=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0"))
}

fn with_cookie(cookie: &str) -> Response {
    let mut response = Json(OK.0).into_response();
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}
