//! HTTP: the dialects, the window's command table, the web UI's files, and the guard before all of them.
//!
//! A dialect is, an area, a router with its handlers, the wire types in that dialect's own words, and pure translations.
//! A handler is: extract, translate, one call of the core, translate.

mod dialects;
mod docs;
mod rpc;
mod serve;
mod support;
mod ui;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::middleware::from_fn_with_state;
use luna_commands::Table;
use luna_core::Luna;
use luna_model::Secret;
use tower_http::limit::RequestBodyLimitLayer;
use utoipa_axum::router::OpenApiRouter;

pub use serve::serve;

/// Largest request body.
const LARGEST_BODY: usize = 16 << 20;

/// Who may come in, and what they are shown.
#[derive(Clone, Debug)]
pub struct Doors {
    /// Further names that a request's `Host` may have.
    pub allowed_hosts: Vec<String>,
    /// Further origins that a request may come from.
    pub allowed_origins: Vec<String>,
    /// A folder with the web UI's files, in place of the built-in ones.
    pub files: Option<PathBuf>,
    /// `personal` or `business`.
    pub variant: &'static str,
    /// The program's version.
    pub version: &'static str,
    /// What callers from other machines must give as their bearer token.
    pub password: Option<Secret>,
}

/// What handlers get.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) luna: Luna,
    pub(crate) table: Option<Table>,
    pub(crate) doors: Arc<Doors>,
    pub(crate) started: Instant,
}

/// The main port: every API, the command table and the web UI.
pub fn main_router(luna: Luna, table: Table, doors: Doors) -> Router {
    let app = App { luna, table: Some(table), doors: Arc::new(doors), started: Instant::now() };
    let apis = OpenApiRouter::with_openapi(docs::about(app.doors.version))
        .merge(dialects::luna::router())
        .merge(dialects::executor::router())
        .merge(dialects::lumen::router())
        .merge(dialects::lunaos::router(&app))
        .merge(dialects::motoko::router(&app))
        .merge(rpc::router());
    let apis = ui::router(apis);
    finish(apis, app)
}

/// The executor's own port.
pub fn executor_router(luna: Luna, doors: Doors) -> Router {
    let app = App { luna, table: None, doors: Arc::new(doors), started: Instant::now() };
    let apis = OpenApiRouter::with_openapi(docs::about(app.doors.version))
        .merge(dialects::executor::router())
        .merge(dialects::executor::own_port());
    finish(apis, app)
}

fn finish(apis: OpenApiRouter<App>, app: App) -> Router {
    let (router, document) = apis.split_for_parts();
    router
        .merge(docs::router(document))
        .fallback(ui::fallback)
        .method_not_allowed_fallback(support::failure::unknown_method)
        .layer(RequestBodyLimitLayer::new(LARGEST_BODY))
        .layer(from_fn_with_state(app.clone(), support::guard::guard))
        .with_state(app)
}
