//! The door of this dialect: who calls, how often they may, and the headers that say so on every reply.

use std::net::SocketAddr;
use std::time::Instant;

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use luna_core::accounts::Admitted;
use luna_model::{Account, Error, ErrorKind};

use super::Failed;
use crate::App;
use crate::business::Member;

/// Headers that the document lists, besides those that the guard sets on every reply of Luna's.
const HEADERS: [(&str, &str); 4] = [
    ("strict-transport-security", "max-age=31536000; includeSubDomains; preload"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
    ("cross-origin-resource-policy", "same-origin"),
];
/// The share of a month from which on a warning is given, in per cent.
const WARNS_FROM: u32 = 80;

/// The account that calls.
#[derive(Clone, Debug)]
pub(super) struct Caller(pub(super) Account);

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failed> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            let say = "sign in: Authorization: Bearer <token or key>";
            Error::new(ErrorKind::Unauthenticated, say).into()
        })
    }
}

pub(super) async fn pass(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let bearer = request.headers().get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    let bearer = bearer.and_then(|b| b.strip_prefix("Bearer ")).map(|b| b.trim().to_owned());
    let account = match bearer {
        Some(bearer) => app.luna.accounts().whose(&bearer).await.ok(),
        // In a business the token has said who calls, and what is here is theirs alone.
        None => match request.extensions().get::<Member>().cloned() {
            Some(Member(user)) => app.luna.accounts().own(&user.username).await.ok(),
            None => None,
        },
    };
    let admitted = match &account {
        Some(account) => app.luna.accounts().admit(account),
        None => {
            let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
            let from = peer.map_or_else(String::new, |p| p.0.ip().to_canonical().to_string());
            app.luna.accounts().admit_stranger(&from)
        }
    };
    // A wrong token and no token are counted where they come from, not against anybody's account.
    let counted = account.is_some() || !is_open(request.uri().path());
    let mut response = if admitted.ok || !counted {
        if let Some(account) = account.clone() {
            request.extensions_mut().insert(Caller(account));
        }
        next.run(request).await
    } else {
        let say = format!("too many requests; try again in {} seconds", admitted.resets_in);
        Failed { error: Error::limit(say), code: Some("rate_limit_exceeded"), more: None }.into_response()
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    tell_rate(headers, &admitted);
    if let Some(account) = &account
        && let Ok(usage) = app.luna.accounts().usage(account).await
    {
        let (used, limit) = (usage.used(), usage.limit);
        put(headers, "x-usage-used", used);
        put(headers, "x-usage-limit", limit);
        put(headers, "x-usage-remaining", limit.saturating_sub(used));
        if u64::from(used) * 100 >= u64::from(limit) * u64::from(WARNS_FROM) {
            put(headers, "x-usage-warning", format!("{used} of {limit} executions this month are used"));
        }
    }
    put(headers, "server-timing", format!("total;dur={}", began.elapsed().as_millis()));
    response
}

/// Routes that anybody may call as often as they like, since nothing is behind them that could be tried out.
fn is_open(path: &str) -> bool {
    path == "/agents/list" || path == "/billing/webhook"
}

fn tell_rate(headers: &mut HeaderMap, admitted: &Admitted) {
    put(headers, "x-ratelimit-limit", admitted.limit);
    put(headers, "x-ratelimit-remaining", admitted.remaining);
    put(headers, "x-ratelimit-reset", admitted.resets_at);
    if !admitted.ok {
        put(headers, "retry-after", admitted.resets_in.max(1));
    }
}

fn put(headers: &mut HeaderMap, name: &'static str, value: impl ToString) {
    if let Ok(value) = HeaderValue::from_str(&value.to_string()) {
        headers.insert(HeaderName::from_static(name), value);
    }
}
