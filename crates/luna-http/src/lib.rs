//! HTTP: the dialects, the window's command table, the web UI's files, and the guard before all of them.
//!
//! A dialect is, an area, a router with its handlers, the wire types in that dialect's own words, and pure translations.
//! A handler is: extract, translate, one call of the core, translate.

mod business;
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
use ipnet::IpNet;
use luna_commands::Table;
use luna_core::Luna;
use luna_model::Secret;
use tower_http::limit::RequestBodyLimitLayer;
use utoipa_axum::router::OpenApiRouter;

pub use business::{Business, Core, Cores, business_executor_router, business_router};
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
    /// Reverse proxies, of whom it is believed for whom they call.
    pub proxies: Vec<IpNet>,
}

impl Doors {
    /// Whether many share this Luna's machine, each with a token.
    pub(crate) fn are_shared(&self) -> bool {
        self.variant == "business"
    }
}

/// What handlers get.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) luna: Luna,
    pub(crate) table: Option<Table>,
    pub(crate) doors: Arc<Doors>,
    pub(crate) started: Instant,
    /// The users, where this is the house of a business.
    pub(crate) business: Option<Business>,
}

impl App {
    fn new(luna: Luna, table: Option<Table>, doors: Arc<Doors>) -> Self {
        Self { luna, table, doors, started: Instant::now(), business: None }
    }
}

/// The main port: every API, the command table and the web UI.
pub fn main_router(luna: Luna, table: Table, doors: Doors) -> Router {
    let app = App::new(luna, Some(table), Arc::new(doors));
    guarded(inside(everything(&app), app.clone(), Documented::Yes), app)
}

/// The executor's own port.
pub fn executor_router(luna: Luna, doors: Doors) -> Router {
    let app = App::new(luna, None, Arc::new(doors));
    guarded(inside(executor(&app), app.clone(), Documented::Yes), app)
}

/// What the main port answers.
fn everything(app: &App) -> OpenApiRouter<App> {
    let apis = OpenApiRouter::with_openapi(docs::about(app.doors.version))
        .merge(dialects::luna::router())
        .merge(dialects::executor::router())
        .merge(dialects::lumen::router())
        .merge(dialects::lunaos::router(app))
        .merge(dialects::motoko::router(app))
        .merge(rpc::router());
    ui::router(apis)
}

/// What the executor's port answers.
fn executor(app: &App) -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(docs::about(app.doors.version))
        .merge(dialects::executor::router())
        .merge(dialects::executor::own_port())
}

/// Whether a router shows its own documentation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Documented {
    Yes,
    No,
}

/// A router behind its guard.
fn inside(apis: OpenApiRouter<App>, app: App, documented: Documented) -> Router {
    let (router, document) = apis.split_for_parts();
    let router = if documented == Documented::Yes { router.merge(docs::router(document)) } else { router };
    router
        .fallback(ui::fallback)
        .method_not_allowed_fallback(support::failure::unknown_method)
        .layer(RequestBodyLimitLayer::new(LARGEST_BODY))
        .with_state(app)
}

fn guarded(router: Router, app: App) -> Router {
    router.layer(from_fn_with_state(app, support::guard::guard))
}
