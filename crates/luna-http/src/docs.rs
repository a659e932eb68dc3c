//! The OpenAPI document and its interactive page, from files in the program.

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa_swagger_ui::SwaggerUi;

pub(crate) fn about(version: &str) -> OpenApi {
    let info = InfoBuilder::new()
        .title("Luna")
        .version(version)
        .description(Some("The assistant on this machine. Each group of routes is one documented API."));
    let account = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    let components =
        ComponentsBuilder::new().security_scheme("account", SecurityScheme::Http(account)).build();
    OpenApiBuilder::new().info(info.build()).components(Some(components)).build()
}

pub(crate) fn router<S: Clone + Send + Sync + 'static>(document: OpenApi) -> Router<S> {
    let page = SwaggerUi::new("/docs").url("/api-docs/openapi.json", document);
    Router::<S>::from(page).route("/docs.html", get(async || Redirect::permanent("/docs/")))
}
