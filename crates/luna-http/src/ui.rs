//! The web UI's files: built into the program, or from a folder.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, routing::get};
use rust_embed::RustEmbed;
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;

use crate::App;
use crate::support::failure::unknown_path;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../ui/dist"]
#[allow_missing = true]
struct BuiltIn;

const INDEX: &str = "index.html";

pub(crate) fn router(apis: OpenApiRouter<App>) -> OpenApiRouter<App> {
    apis.route("/", get(root))
}

fn wants_html(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

/// `GET /`: the UI to a browser, a word to a program.
async fn root(State(app): State<App>, headers: HeaderMap) -> Response {
    if wants_html(&headers) {
        return match read(&app, INDEX).await {
            Some(page) => page,
            None => (
                StatusCode::SERVICE_UNAVAILABLE,
                "This build of Luna has no web interface: run `npm run ui:build` and build again.",
            )
                .into_response(),
        };
    }
    Json(json!({ "status": "ok", "message": "luna agent api", "version": app.doors.version })).into_response()
}

/// What no route answers: a file of the UI; its page, to a browser that asks for one of its screens; or nothing.
pub(crate) async fn fallback(
    State(app): State<App>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    match shown(&app, &method, &uri, &headers).await {
        Some(shown) => shown,
        None => unknown_path(uri).await.into_response(),
    }
}

/// A file of the UI, or its page to a browser that asks for one of its screens.
pub(crate) async fn shown(app: &App, method: &Method, uri: &Uri, headers: &HeaderMap) -> Option<Response> {
    let path = uri.path().trim_start_matches('/');
    let api = app.table.is_none()
        || method != Method::GET
        || ["api/", "rpc/", "docs", "api-docs/"].iter().any(|p| path.starts_with(p));
    if api {
        return None;
    }
    match read(app, path).await {
        None if wants_html(headers) => read(app, INDEX).await,
        file => file,
    }
}

async fn read(app: &App, path: &str) -> Option<Response> {
    if path.split('/').any(|part| part.is_empty() || part == ".." || part.contains('\\')) {
        return None;
    }
    let bytes = match &app.doors.files {
        Some(folder) => tokio::fs::read(folder.join(path)).await.ok()?,
        None => BuiltIn::get(path)?.data.into_owned(),
    };
    let kind = mime_guess::from_path(path).first_or_octet_stream();
    let mut response = ([(header::CONTENT_TYPE, kind.as_ref())], bytes).into_response();
    // Files under assets/ carry a hash of their content in their name.
    let keep = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    Some(response)
}
