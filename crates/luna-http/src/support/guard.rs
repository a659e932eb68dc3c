//! The guard before every route, upgrade and stream: who may call at all. Other web pages, names that were pointed here
//! (DNS rebinding) and other machines are turned away before anything runs. In a business every user has a token; who they
//! are is asked behind this guard, in `business`.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use luna_core::Caller;
use sha2::{Digest as _, Sha256};

use super::failure::envelope;
use super::peer;
use crate::{App, Doors};

/// Origins of the desktop window and its development server (seed 001, "cors").
const WINDOW_ORIGINS: [&str; 3] = ["http://localhost:1420", "http://tauri.localhost", "tauri://localhost"];
const LOOPBACK_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// The port a router listens on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listening(pub(crate) u16);

const HEADERS: [(HeaderName, &str); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; object-src 'none'; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
];

pub(crate) async fn guard(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let port = request.extensions().get::<Listening>().map(|l| l.0);
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|c| c.0);
    let peer = peer
        .map(|at| SocketAddr::new(peer::client(&app.doors.proxies, at.ip(), request.headers()), at.port()));
    // From here on the caller is who called, not the proxy between.
    if let Some(peer) = peer {
        request.extensions_mut().insert(ConnectInfo(peer));
    }
    let peer = peer.map(|at| at.ip());
    let call = call_of(&app, &request, peer);
    let verdict = judge(&app.doors, port, peer, request.uri(), request.headers());
    let origin = request.headers().get(header::ORIGIN).cloned();
    let preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let asked_headers = request.headers().get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    let mut response = match verdict {
        Err((status, why)) => {
            let code = if status == StatusCode::UNAUTHORIZED { "unauthenticated" } else { "forbidden" };
            let mut refusal = (status, envelope(code, &why)).into_response();
            protect(refusal.headers_mut());
            app.luna.callers().called(Caller { answer: status.as_u16(), ..call });
            return refusal;
        }
        Ok(()) if preflight => StatusCode::NO_CONTENT.into_response(),
        Ok(()) => next.run(request).await,
    };
    if !of_the_window(&call.what) {
        app.luna.callers().called(Caller { answer: response.status().as_u16(), ..call });
    }
    let headers = response.headers_mut();
    protect(headers);
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.append(header::VARY, HeaderValue::from_static("origin"));
    }
    if preflight {
        let methods = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE");
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
        headers.extend(asked_headers.map(|h| (header::ACCESS_CONTROL_ALLOW_HEADERS, h)));
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    }
    response
}

/// A call as it is remembered. The query is left out: it may hold what was said.
fn call_of(app: &App, request: &Request, peer: Option<IpAddr>) -> Caller {
    let text = |name: HeaderName| {
        let value = request.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
        value.chars().take(120).collect::<String>()
    };
    let origin = text(header::ORIGIN);
    let from = peer.map_or_else(String::new, |ip| ip.to_canonical().to_string());
    Caller {
        at: app.luna.clock().now(),
        what: format!("{} {}", request.method(), request.uri().path().chars().take(200).collect::<String>()),
        program: if origin.is_empty() { text(header::USER_AGENT) } else { origin },
        from,
        answer: 0,
    }
}

/// Luna's own window: its commands and its files. They would hide who else calls.
fn of_the_window(what: &str) -> bool {
    let path = what.split_once(' ').map_or("", |(_, path)| path);
    path == "/" || ["/rpc/", "/assets/", "/luna.svg", "/favicon"].iter().any(|own| path.starts_with(own))
}

/// What every reply tells browsers, unless its route said it more strictly.
fn protect(headers: &mut HeaderMap) {
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

fn judge(
    doors: &Doors,
    port: Option<u16>,
    peer: Option<IpAddr>,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<(), (StatusCode, String)> {
    let forbidden = |why: String| Err((StatusCode::FORBIDDEN, why));
    let text = |name: HeaderName| headers.get(name).map(|v| v.to_str().unwrap_or("?"));
    let host = text(header::HOST).or_else(|| uri.authority().map(|a| a.as_str())).unwrap_or_default();
    if !host_is_ours(doors, port, host) {
        return forbidden(format!(
            "the host {host:?} is not Luna's; call her as 127.0.0.1 or localhost, or add it to LUNA_ALLOWED_HOSTS"
        ));
    }
    if let Some(origin) = text(header::ORIGIN) {
        let own = origin
            .strip_prefix("http://")
            .or_else(|| origin.strip_prefix("https://"))
            .is_some_and(|o| o == host);
        let known = WINDOW_ORIGINS.contains(&origin) || doors.allowed_origins.iter().any(|o| o == origin);
        if !own && !known {
            return forbidden(format!("pages of {origin} may not call Luna"));
        }
    }
    if !doors.are_shared()
        && peer.is_some_and(|ip| !ip.to_canonical().is_loopback())
        && !has_password(doors, text(header::AUTHORIZATION))
    {
        return Err((
            StatusCode::UNAUTHORIZED,
            "callers from other machines give LUNA_PASSWORD as their bearer token".into(),
        ));
    }
    Ok(())
}

fn host_is_ours(doors: &Doors, port: Option<u16>, host: &str) -> bool {
    if doors.allowed_hosts.iter().any(|h| h.eq_ignore_ascii_case(host)) {
        return true;
    }
    // "[::1]:8899" has colons in its name too.
    let (name, given) = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !name.is_empty() => {
            (name, port.parse().ok())
        }
        _ => (host, Some(80)),
    };
    let name_fits = LOOPBACK_NAMES.iter().any(|n| n.eq_ignore_ascii_case(name));
    name_fits && port.is_none_or(|p| given == Some(p))
}

fn has_password(doors: &Doors, authorization: Option<&str>) -> bool {
    let (Some(password), Some(given)) =
        (&doors.password, authorization.and_then(|a| a.strip_prefix("Bearer ")))
    else {
        return false;
    };
    // Digests are compared, so the time taken says nothing of how much of a guess was right.
    Sha256::digest(password.expose()) == Sha256::digest(given)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doors() -> Doors {
        Doors {
            allowed_hosts: vec!["luna.example".into()],
            allowed_origins: vec!["https://app.example".into()],
            files: None,
            variant: "personal",
            version: "0",
            password: Some(luna_model::Secret::new("pw".to_owned())),
            proxies: vec![],
        }
    }

    fn call(host: &str, origin: Option<&str>, peer: &str, bearer: Option<&str>) -> Result<(), StatusCode> {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        headers.extend(origin.map(|o| (header::ORIGIN, o.parse().unwrap())));
        headers.extend(bearer.map(|b| (header::AUTHORIZATION, format!("Bearer {b}").parse().unwrap())));
        judge(&doors(), Some(8899), peer.parse().ok(), &Uri::from_static("/"), &headers)
            .map_err(|(status, _)| status)
    }

    #[test]
    fn only_loopback_names_with_the_right_port() {
        for host in ["127.0.0.1:8899", "localhost:8899", "LOCALHOST:8899", "[::1]:8899", "luna.example"] {
            assert_eq!(call(host, None, "127.0.0.1", None), Ok(()), "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:8899",
            "127.0.0.1",
            "127.0.0.1:80",
            "127.0.0.1.evil.example:8899",
            "0.0.0.0:8899",
            "",
            "localhost:8899x",
        ] {
            assert_eq!(call(host, None, "127.0.0.1", None), Err(StatusCode::FORBIDDEN), "{host}");
        }
    }

    #[test]
    fn only_known_pages() {
        for origin in
            ["http://127.0.0.1:8899", "http://localhost:1420", "tauri://localhost", "https://app.example"]
        {
            assert_eq!(call("127.0.0.1:8899", Some(origin), "127.0.0.1", None), Ok(()), "{origin}");
        }
        for origin in [
            "null",
            "https://evil.example",
            "http://127.0.0.1:1",
            "http://localhost:14200",
            "http://127.0.0.1:8899.evil.example",
            "file://",
        ] {
            assert_eq!(
                call("127.0.0.1:8899", Some(origin), "127.0.0.1", None),
                Err(StatusCode::FORBIDDEN),
                "{origin}"
            );
        }
    }

    #[test]
    fn other_machines_need_the_password() {
        assert_eq!(call("luna.example", None, "10.0.0.7", None), Err(StatusCode::UNAUTHORIZED));
        assert_eq!(call("luna.example", None, "10.0.0.7", Some("wrong")), Err(StatusCode::UNAUTHORIZED));
        assert_eq!(call("luna.example", None, "10.0.0.7", Some("pw")), Ok(()));
        assert_eq!(call("luna.example", None, "::ffff:127.0.0.1", None), Ok(()));
    }
}
