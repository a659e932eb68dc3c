//! Skills, the registry they come from, channels and their plugins.

mod wire;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::put;
use luna_core::registry::{Rating, Sought, read_capabilities};
use luna_model::{Error, ErrorKind};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Answer, Failed, Fault, Motoko, SUCCESS, Success};
use crate::App;
use crate::support::extract::{Body, Params};
use wire::{
    Channel, Configure, Detail, Entries, Install, InstallPlugin, Installed, Plugin, PluginMade, Rate, Search,
    Skill, Toggled,
};

/// Channels whose paths also take messages of their services, so that a path with a name in it does not answer for them.
const SERVICES: [&str; 3] = ["telegram", "discord", "slack"];

pub(super) fn router() -> OpenApiRouter<App> {
    let named = SERVICES.into_iter().fold(OpenApiRouter::new(), |router, service| {
        let handler = put(move |app, body| configure(app, Path(service.to_owned()), body));
        router.route(&format!("/api/channels/{service}"), handler)
    });
    named
        .routes(routes!(skills))
        .routes(routes!(toggle))
        .routes(routes!(channels))
        .routes(routes!(configure))
        .routes(routes!(plugins))
        .routes(routes!(install_plugin))
        .routes(routes!(remove_plugin))
        .routes(routes!(search))
        .routes(routes!(entries))
        .routes(routes!(refresh))
        .routes(routes!(rate))
        .routes(routes!(install))
        .routes(routes!(uninstall))
        .routes(routes!(detail))
}

/// The skills.
#[utoipa::path(get, path = "/api/skills", tag = "OpenMotoko", responses((status = 200, body = [Skill])))]
async fn skills(State(app): State<App>) -> Answer<Vec<Skill>> {
    let off = app.luna.settings().current().skills_off;
    let packages = app.luna.db().packages().await?;
    let born = app.luna.born().await?;
    let skill = |s: luna_model::Skill| {
        let package = packages.iter().find(|p| p.id == s.id);
        let at = package.map_or(born, |p| p.installed_at);
        Skill::new(&s, package.map(|p| p.manifest.clone()), !off.contains(&s.id), at)
    };
    Ok(Json(app.luna.skills().all().await?.into_iter().map(skill).collect()))
}

/// Switches a skill on or off.
#[utoipa::path(post, path = "/api/skills/{id}/toggle", tag = "OpenMotoko", params(("id" = String, Path)), responses(
    (status = 200, body = Toggled), (status = 404, body = Fault)))]
async fn toggle(State(app): State<App>, Path(id): Path<String>) -> Answer<Toggled> {
    let enabled = app.luna.toggle_skill(&id).await?;
    Ok(Json(Toggled { id, enabled }))
}

/// The channels there are, set up or not.
#[utoipa::path(get, path = "/api/channels", tag = "OpenMotoko", responses((status = 200, body = [Channel])))]
async fn channels(State(app): State<App>) -> Answer<Vec<Channel>> {
    Ok(Json(app.luna.channel_setups().await?.into_iter().map(Channel::new).collect()))
}

/// Sets a channel up, or switches it.
#[utoipa::path(put, path = "/api/channels/{id}", tag = "OpenMotoko", params(("id" = String, Path)), request_body = Configure,
    responses((status = 200, body = Channel), (status = 400, body = Fault), (status = 404, body = Fault)))]
async fn configure(
    State(app): State<App>,
    Path(id): Path<String>,
    Body(q, _): Body<Configure, Motoko>,
) -> Answer<Channel> {
    Ok(Json(Channel::new(app.luna.set_up_channel(&id, q.config, q.enabled).await?)))
}

/// The channels that were taken in as packages.
#[utoipa::path(get, path = "/api/channel-plugins", tag = "OpenMotoko", responses((status = 200, body = [Plugin])))]
async fn plugins(State(app): State<App>) -> Answer<Vec<Plugin>> {
    let packages = app.luna.db().packages().await?;
    Ok(Json(packages.into_iter().filter(|p| p.kind == "channel").map(Plugin::new).collect()))
}

/// Why a package was not taken in. One that wants more than it was allowed has a code of its own, so that a program can
/// show what and ask again.
fn refused(error: Error, code: &'static str) -> Failed {
    match error.kind {
        ErrorKind::NeedsApproval => Failed::coded(error, StatusCode::CONFLICT, "NEEDS_APPROVAL"),
        _ => Failed::coded(error, StatusCode::BAD_REQUEST, code),
    }
}

/// Takes a channel in.
#[utoipa::path(post, path = "/api/channel-plugins/install", tag = "OpenMotoko", request_body = InstallPlugin, responses(
    (status = 201, body = PluginMade), (status = 400, body = Fault), (status = 409, body = Fault)))]
async fn install_plugin(
    State(app): State<App>,
    Body(q, _): Body<InstallPlugin, Motoko>,
) -> Result<(StatusCode, Json<PluginMade>), Failed> {
    let refused = |error| refused(error, "PLUGIN_INSTALL_FAILED");
    let name = q.package_name.filter(|n| !n.trim().is_empty());
    let name = name.ok_or_else(|| Error::invalid("packageName is missing"))?;
    // "@scope/channel-x" is the package x.
    let id = name.rsplit('/').next().unwrap_or(&name).trim_start_matches("channel-").to_owned();
    let offer = app.luna.registry_entry(&id).await.map_err(refused)?;
    if offer.manifest["kind"] != "channel" {
        return Err(refused(Error::invalid("that package is no channel")));
    }
    let package =
        app.luna.install_package(&id, q.allow.as_ref().map(read_capabilities)).await.map_err(refused)?;
    Ok((
        StatusCode::CREATED,
        Json(PluginMade { id: package.id, name: package.name, version: package.version }),
    ))
}

/// Takes a channel away.
#[utoipa::path(delete, path = "/api/channel-plugins/{id}", tag = "OpenMotoko", params(("id" = String, Path)), responses(
    (status = 204), (status = 404, body = Fault)))]
async fn remove_plugin(State(app): State<App>, Path(id): Path<String>) -> Result<StatusCode, Failed> {
    if app.luna.package(&id).await?.kind != "channel" {
        return Err(Error::not_found("there is no such channel plugin").into());
    }
    app.luna.uninstall_package(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Packages of the registry that fit.
#[utoipa::path(get, path = "/api/registry/search", tag = "OpenMotoko", params(Search), responses(
    (status = 200, body = Entries), (status = 400, body = Fault)))]
async fn search(State(app): State<App>, Params(q, _): Params<Search, Motoko>) -> Answer<Entries> {
    let (sought, limit, offset) = q.into_core()?;
    let mut found = app.luna.registry(&sought).await?;
    found.entries = found.entries.into_iter().skip(offset).take(limit).collect();
    Ok(Json(Entries::new(found)))
}

/// All packages of the registry.
#[utoipa::path(get, path = "/api/registry/entries", tag = "OpenMotoko", responses((status = 200, body = Entries)))]
async fn entries(State(app): State<App>) -> Answer<Entries> {
    Ok(Json(Entries::new(app.luna.registry(&Sought::default()).await?)))
}

/// Reads the registry again.
#[utoipa::path(post, path = "/api/registry/refresh", tag = "OpenMotoko", responses((status = 200, body = Entries)))]
async fn refresh(State(app): State<App>) -> Answer<Entries> {
    Ok(Json(Entries::new(app.luna.refresh_registry().await?)))
}

/// Rates a package: 1 to 5 stars.
#[utoipa::path(post, path = "/api/registry/rate", tag = "OpenMotoko", request_body = Rate, responses(
    (status = 200, body = Success), (status = 400, body = Fault)))]
async fn rate(State(app): State<App>, Body(q, _): Body<Rate, Motoko>) -> Answer<Success> {
    let rating = Rating {
        user: q.user_id,
        stars: q.stars,
        comment: q.comment.unwrap_or_default(),
        at: app.luna.clock().now(),
    };
    let rated = app.luna.rate_package(&q.skill_id, rating).await;
    rated.map_err(|error| Failed::coded(error, StatusCode::BAD_REQUEST, "RATE_FAILED"))?;
    Ok(SUCCESS)
}

/// Takes a package in.
#[utoipa::path(post, path = "/api/registry/install", tag = "OpenMotoko", request_body = Install, responses(
    (status = 201, body = Installed), (status = 400, body = Fault), (status = 409, body = Fault)))]
async fn install(
    State(app): State<App>,
    Body(q, _): Body<Install, Motoko>,
) -> Result<(StatusCode, Json<Installed>), Failed> {
    let id = q.id.filter(|i| !i.trim().is_empty()).ok_or_else(|| Error::invalid("id is missing"))?;
    let package = app.luna.install_package(&id, q.allow.as_ref().map(read_capabilities)).await;
    let package = package.map_err(|error| refused(error, "INSTALL_FAILED"))?;
    let path = app.luna.package_folder(&package);
    Ok((StatusCode::CREATED, Json(Installed::new(package, &path))))
}

/// Takes a package away.
#[utoipa::path(delete, path = "/api/registry/uninstall/{id}", tag = "OpenMotoko", params(("id" = String, Path)), responses(
    (status = 204), (status = 400, body = Fault)))]
async fn uninstall(State(app): State<App>, Path(id): Path<String>) -> Result<StatusCode, Failed> {
    let gone = app.luna.uninstall_package(&id).await;
    gone.map_err(|error| Failed::coded(error, StatusCode::BAD_REQUEST, "UNINSTALL_FAILED"))?;
    Ok(StatusCode::NO_CONTENT)
}

/// A package with its manifest and ratings.
#[utoipa::path(get, path = "/api/registry/{id}", tag = "OpenMotoko", params(("id" = String, Path)), responses(
    (status = 200, body = Detail), (status = 404, body = Fault)))]
async fn detail(State(app): State<App>, Path(id): Path<String>) -> Answer<Detail> {
    // Whatever is in the way, this API says that it is not there.
    let offer = app.luna.registry_entry(&id).await;
    let offer = offer.map_err(|error| Failed::coded(error, StatusCode::NOT_FOUND, "NOT_FOUND"))?;
    Ok(Json(Detail::new(offer)))
}
