//! The door of a business: whose a request is, whether they may call so often, and the end of everything that goes on with a
//! token that is good no more.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, HttpBody as _};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures::StreamExt as _;
use luna_core::accounts::Admitted;
use luna_core::users::Pass;
use luna_model::{Error, ErrorKind, UserId};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::{Business, Core, Member, Visit};
use crate::support::failure::{envelope, status};
use crate::{App, ui};

/// Seconds after which a user whose Luna could not be woken may try again.
const AGAIN: u32 = 5;

#[derive(Clone)]
pub(super) struct Front {
    pub(super) app: App,
    pub(super) house: Router,
    pub(super) business: Business,
    /// Which of a Luna's routers this port shows.
    pub(super) users: fn(&Core) -> &Router,
}

/// Every request: to the house, to a user's Luna, or away.
pub(super) async fn enter(State(front): State<Front>, request: Request) -> Response {
    let given = token(&request);
    let users = &front.business.users;
    if given.as_deref().is_some_and(|given| users.is_secret(given)) || is_open(&request) {
        return to_house(&front, request).await;
    }
    if asks_for_more(request.uri().path()) {
        let admitted = users.admit_stranger(&address(&request));
        if admitted.as_ref().is_some_and(|admitted| !admitted.ok) {
            return paced(admitted, too_many);
        }
        return to_house(&front, request).await;
    }
    if given.is_none()
        && let Some(shown) = ui::shown(&front.app, request.method(), request.uri(), request.headers()).await
    {
        return shown;
    }
    let pass = match (&given, webhook_of(&request)) {
        (_, Some(user)) => users.pass_of(user).map(|pass| (pass, false)),
        (Some(given), None) => users.whose(given).map(|pass| (pass, true)),
        (None, None) => Err(Error::new(
            ErrorKind::Unauthenticated,
            "give your token: Authorization: Bearer <token>; the administrator hands them out",
        )),
    };
    match pass {
        Ok((pass, proved)) => to_user(&front, pass, proved, request).await,
        Err(error) => {
            // Counted by where it comes from, so that nobody tries for long.
            let admitted = users.admit_stranger(&address(&request));
            let many = admitted.as_ref().is_some_and(|admitted| !admitted.ok);
            paced(admitted, |admitted| if many { too_many(admitted) } else { refuse(&error) })
        }
    }
}

/// What is answered without a user's token: health, documentation and signed webhooks.
fn is_open(request: &Request) -> bool {
    let path = request.uri().path();
    match *request.method() {
        Method::GET | Method::HEAD => {
            matches!(
                path,
                "/" | "/health" | "/api/health" | "/api/system/health" | "/api/docs" | "/docs.html" | "/docs"
            ) || path.starts_with("/docs/")
                || path.starts_with("/api-docs/")
        }
        Method::POST => {
            matches!(path, "/billing/webhook" | "/api/webhooks/gmail") || path.starts_with("/api/channels/")
        }
        _ => false,
    }
}

/// What the house answers to somebody who has yet to show who they are: the administration, which wants the secret, and
/// the login.
fn asks_for_more(path: &str) -> bool {
    path.starts_with("/api/admin/") || path == "/api/auth/login"
}

/// The user whose webhook is told something: `POST /api/webhooks/<id>/trigger?user=<id>`. The signature, which that user's
/// Luna checks, stands in for the token.
fn webhook_of(request: &Request) -> Option<UserId> {
    let path = request.uri().path();
    let is_webhook =
        request.method() == Method::POST && path.starts_with("/api/webhooks/") && path.ends_with("/trigger");
    let query = request.uri().query().filter(|_| is_webhook)?;
    query.split('&').find_map(|pair| pair.strip_prefix("user=")).and_then(|id| id.parse().ok())
}

/// The token: in `Authorization`, or as `?token=` where headers cannot be set (WebSockets and EventSource of browsers).
/// Never a cookie, so that no page can call in a user's name.
fn token(request: &Request) -> Option<String> {
    let bearer = request.headers().get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    let bearer = bearer.and_then(|b| b.strip_prefix("Bearer ")).map(str::trim);
    let query = request.uri().query().filter(|_| request.method() == Method::GET).unwrap_or_default();
    let asked = query.split('&').find_map(|pair| pair.strip_prefix("token="));
    bearer.or(asked).filter(|token| !token.is_empty()).map(str::to_owned)
}

async fn to_house(front: &Front, request: Request) -> Response {
    let Ok(response) = front.house.clone().oneshot(request).await;
    response
}

async fn to_user(front: &Front, pass: Pass, proved: bool, mut request: Request) -> Response {
    let users = &front.business.users;
    let admitted = if proved { users.admit(&pass.user) } else { users.admit_stranger(&address(&request)) };
    if admitted.as_ref().is_some_and(|admitted| !admitted.ok) {
        return paced(admitted, too_many);
    }
    let core = match front.business.cores.of(&pass).await {
        Ok(core) => core,
        Err(error) => {
            let mut response = refuse(&error);
            if error.kind == ErrorKind::Unavailable {
                put(response.headers_mut(), header::RETRY_AFTER, AGAIN);
            }
            return response;
        }
    };
    // What a user's Luna answers does not hang on a token that the user showed; that was this door's affair.
    request.headers_mut().remove(header::AUTHORIZATION);
    request.extensions_mut().insert(Member(pass.user.clone()));
    request.extensions_mut().insert(Visit(Arc::clone(&core)));
    let router = (front.users)(&core).clone();
    let response = tokio::select! {
        biased;
        () = ended(pass.over.clone(), core.luna.stopping().clone()) => {
            refuse(&Error::new(ErrorKind::Unauthenticated, "the token was replaced or taken back"))
        }
        answered = router.oneshot(request) => {
            let Ok(response) = answered;
            while_good(response, &pass, core)
        }
    };
    paced(admitted, |_| response)
}

/// Waits until the token is good no more, or the user's Luna goes to sleep.
async fn ended(over: CancellationToken, stopping: CancellationToken) {
    tokio::select! {
        () = over.cancelled() => {}
        () = stopping.cancelled() => {}
    }
}

/// A reply that streams ends with the token; her Luna stays awake as long as it goes on.
fn while_good(response: Response, pass: &Pass, core: Arc<Core>) -> Response {
    let (parts, body) = response.into_parts();
    if body.size_hint().exact().is_some() {
        return Response::from_parts(parts, body);
    }
    let end = Box::pin(ended(pass.over.clone(), core.luna.stopping().clone()));
    let held = Visit(core);
    let data = body.into_data_stream().take_until(end).map(move |piece| {
        let _held = &held;
        piece
    });
    Response::from_parts(parts, Body::from_stream(data))
}

/// Where nothing is counted.
const UNCOUNTED: Admitted = Admitted { ok: true, limit: 0, remaining: 0, resets_at: 0, resets_in: 0 };

fn address(request: &Request) -> String {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip().to_canonical());
    // An IPv6 customer has a whole /64 to call from.
    match peer {
        Some(IpAddr::V6(ip)) => format!("{:x?}", &ip.segments()[..4]),
        Some(ip) => ip.to_string(),
        None => String::new(),
    }
}

/// A reply with how its caller stands against their limit, where anything is counted.
fn paced(admitted: Option<Admitted>, answer: impl FnOnce(&Admitted) -> Response) -> Response {
    let mut response = answer(admitted.as_ref().unwrap_or(&UNCOUNTED));
    if let Some(admitted) = admitted {
        let headers = response.headers_mut();
        put(headers, HeaderName::from_static("x-ratelimit-limit"), admitted.limit);
        put(headers, HeaderName::from_static("x-ratelimit-remaining"), admitted.remaining);
        put(headers, HeaderName::from_static("x-ratelimit-reset"), admitted.resets_at);
    }
    response
}

fn too_many(admitted: &Admitted) -> Response {
    let seconds = admitted.resets_in.max(1);
    let say = format!("too many requests; try again in {seconds} seconds");
    let mut response = (StatusCode::TOO_MANY_REQUESTS, envelope("rate_limit_exceeded", &say)).into_response();
    put(response.headers_mut(), header::RETRY_AFTER, seconds);
    response
}

fn refuse(error: &Error) -> Response {
    let code = match error.kind {
        ErrorKind::Unauthenticated => "unauthenticated",
        ErrorKind::NotFound => "not_found",
        ErrorKind::Unavailable => "unavailable",
        _ => "forbidden",
    };
    let mut response = (status(error.kind), envelope(code, &error.message)).into_response();
    if error.kind == ErrorKind::Unauthenticated {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: impl ToString) {
    if let Ok(value) = HeaderValue::from_str(&value.to_string()) {
        headers.insert(name, value);
    }
}
