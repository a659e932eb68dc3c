//! The Lumen dialect (seed 003): so far its live terminal, `/ws`. See docs/wire/lumen.md.

mod terminal;

use axum::{Router, routing::any};
use utoipa_axum::router::OpenApiRouter;

use crate::App;

pub(crate) fn router() -> OpenApiRouter<App> {
    Router::new().route("/ws", any(terminal::connect)).into()
}
