//! The system: health, facts about the machine, its sound, screen, clipboard and applications, and the
//! interface's state.

mod wire;

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use luna_model::Error;
use serde_json::{Map, Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Answer, Detail, Dialect, Lacking, Machine};
use crate::App;
use crate::support::extract::Body;
use wire::{
    AppLevel, Brightness, Clipboard, Done, Health, Info, Launch, Level, Overview, Process, Prompt,
    SceneReply, SetAppLevel, Text, Volume,
};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(overview))
        .routes(routes!(health))
        .routes(routes!(info))
        .routes(routes!(processes))
        .routes(routes!(apps))
        .routes(routes!(launch))
        .routes(routes!(volume, set_volume))
        .routes(routes!(mute))
        .routes(routes!(unmute))
        .routes(routes!(brightness, set_brightness))
        .routes(routes!(app_volumes, set_app_volume))
        .routes(routes!(lock))
        .routes(routes!(display_off))
        .routes(routes!(sleep))
        .routes(routes!(clipboard, set_clipboard))
        .routes(routes!(clipboard_image, set_clipboard_image))
        .routes(routes!(scene))
        .routes(routes!(scene_schema))
        .routes(routes!(state, set_state))
}

/// Whether Luna and what she stands on are well.
#[utoipa::path(get, path = "/health", tag = "Luna: system", responses((status = 200, body = Overview)))]
async fn overview(State(app): State<App>) -> Json<Overview> {
    let model = app.luna.llm().active().await;
    let services = BTreeMap::from([
        ("api", "ok".to_owned()),
        ("llm", model.provider.name().to_owned()),
        ("memory", app.luna.recall_engine()),
    ]);
    Json(Overview { status: "ok", service: "Luna", version: app.doors.version, services })
}

/// Whether Luna is up, and since when.
#[utoipa::path(get, path = "/api/system/health", tag = "Luna: system", responses((status = 200, body = Health)))]
async fn health(State(app): State<App>) -> Json<Health> {
    Json(Health { status: "ok", version: app.doors.version, uptime_seconds: app.started.elapsed().as_secs() })
}

/// What goes on in the background.
#[utoipa::path(get, path = "/api/system/processes", tag = "Luna: system", responses((status = 200, body = [Process])))]
async fn processes(State(app): State<App>) -> Answer<Vec<Process>> {
    Ok(Json(app.luna.background().await?.into_iter().map(Process::from_core).collect()))
}

/// Facts about the machine.
#[utoipa::path(get, path = "/api/system/info", tag = "Luna: system", responses((status = 200, body = Info), (status = 501, body = Detail)))]
async fn info(State(app): State<App>) -> Machine<Info> {
    Ok(Json(Info::from_core(app.luna.desktop().info().await?)))
}

/// The applications that can be launched.
#[utoipa::path(get, path = "/api/system/apps", tag = "Luna: system", responses((status = 200, body = [String])))]
async fn apps(State(app): State<App>) -> Machine<Vec<String>> {
    Ok(Json(app.luna.desktop().applications().await?.into_iter().map(|a| a.name).collect()))
}

/// Launches an application by name.
#[utoipa::path(post, path = "/api/system/launch", tag = "Luna: system", request_body = Launch, responses(
    (status = 200, body = Done), (status = 404, body = Detail)))]
async fn launch(State(app): State<App>, Body(q, _): Body<Launch, Dialect>) -> Machine<Done> {
    does(&app, "launch_app", json!({ "app": q.app })).await
}

/// The output volume.
#[utoipa::path(get, path = "/api/system/volume", tag = "Luna: system", responses((status = 200, body = Volume), (status = 501, body = Detail)))]
async fn volume(State(app): State<App>) -> Machine<Volume> {
    let volume = app.luna.desktop().volume().await?;
    Ok(Json(Volume { ok: true, volume: volume.level, muted: volume.muted }))
}

/// Sets the output volume, 0 to 100.
#[utoipa::path(post, path = "/api/system/volume", tag = "Luna: system", request_body = Level, responses(
    (status = 200, body = Done), (status = 400, body = Detail), (status = 501, body = Detail)))]
async fn set_volume(State(app): State<App>, Body(q, _): Body<Level, Dialect>) -> Machine<Done> {
    does(&app, "set_volume", json!({ "level": q.checked()? })).await
}

/// Mutes the sound.
#[utoipa::path(post, path = "/api/system/volume/mute", tag = "Luna: system", responses((status = 200, body = Done), (status = 501, body = Detail)))]
async fn mute(State(app): State<App>) -> Machine<Done> {
    does(&app, "mute_audio", json!({})).await
}

/// Unmutes the sound.
#[utoipa::path(post, path = "/api/system/volume/unmute", tag = "Luna: system", responses((status = 200, body = Done), (status = 501, body = Detail)))]
async fn unmute(State(app): State<App>) -> Machine<Done> {
    does(&app, "unmute_audio", json!({})).await
}

/// The applications that play sound now, and how loud each is.
#[utoipa::path(get, path = "/api/system/volume/apps", tag = "Luna: system", responses((status = 200, body = [AppLevel]), (status = 501, body = Detail)))]
async fn app_volumes(State(app): State<App>) -> Machine<Vec<AppLevel>> {
    Ok(Json(app.luna.desktop().app_volumes().await?.into_iter().map(AppLevel::from_core).collect()))
}

/// Sets how loud one application is.
#[utoipa::path(post, path = "/api/system/volume/apps", tag = "Luna: system", request_body = SetAppLevel, responses(
    (status = 200, body = Done), (status = 400, body = Detail), (status = 404, body = Detail), (status = 501, body = Detail)))]
async fn set_app_volume(State(app): State<App>, Body(q, _): Body<SetAppLevel, Dialect>) -> Machine<Done> {
    does(&app, "set_app_volume", json!({ "app": q.app, "level": q.level.checked()? })).await
}

/// The screen's brightness.
#[utoipa::path(get, path = "/api/system/brightness", tag = "Luna: system", responses((status = 200, body = Brightness), (status = 501, body = Detail)))]
async fn brightness(State(app): State<App>) -> Machine<Brightness> {
    Ok(Json(Brightness { ok: true, brightness: app.luna.desktop().brightness().await? }))
}

/// Sets the screen's brightness, 0 to 100.
#[utoipa::path(post, path = "/api/system/brightness", tag = "Luna: system", request_body = Level, responses(
    (status = 200, body = Done), (status = 400, body = Detail), (status = 501, body = Detail)))]
async fn set_brightness(State(app): State<App>, Body(q, _): Body<Level, Dialect>) -> Machine<Done> {
    does(&app, "set_brightness", json!({ "level": q.checked()? })).await
}

/// Locks the screen.
#[utoipa::path(post, path = "/api/system/lock", tag = "Luna: system", responses((status = 200, body = Done), (status = 501, body = Detail)))]
async fn lock(State(app): State<App>) -> Machine<Done> {
    does(&app, "lock_screen", json!({})).await
}

/// Turns the screen off until keyboard or mouse are touched.
#[utoipa::path(post, path = "/api/system/display/off", tag = "Luna: system", responses((status = 200, body = Done), (status = 501, body = Detail)))]
async fn display_off(State(app): State<App>) -> Machine<Done> {
    does(&app, "display_off", json!({})).await
}

/// Puts the machine to sleep.
#[utoipa::path(post, path = "/api/system/sleep", tag = "Luna: system", responses((status = 200, body = Done), (status = 501, body = Detail)))]
async fn sleep(State(app): State<App>) -> Machine<Done> {
    does(&app, "sleep_computer", json!({})).await
}

/// The clipboard's text.
#[utoipa::path(get, path = "/api/system/clipboard", tag = "Luna: system", responses((status = 200, body = Clipboard), (status = 501, body = Detail)))]
async fn clipboard(State(app): State<App>) -> Machine<Clipboard> {
    Ok(Json(Clipboard { ok: true, text: app.luna.desktop().clipboard().await? }))
}

/// Puts text on the clipboard.
#[utoipa::path(post, path = "/api/system/clipboard", tag = "Luna: system", request_body = Text, responses(
    (status = 200, body = Done), (status = 501, body = Detail)))]
async fn set_clipboard(State(app): State<App>, Body(q, _): Body<Text, Dialect>) -> Machine<Done> {
    does(&app, "set_clipboard", json!({ "text": q.text })).await
}

/// The clipboard's picture.
#[utoipa::path(get, path = "/api/system/clipboard/image", tag = "Luna: system", responses(
    (status = 200, content_type = "image/png"), (status = 404, body = Detail), (status = 501, body = Detail)))]
async fn clipboard_image(State(app): State<App>) -> Result<Response, Lacking> {
    let image = app.luna.desktop().clipboard_image().await?;
    let image = image.ok_or_else(|| Error::not_found("the clipboard holds no picture"))?;
    Ok(([(CONTENT_TYPE, "image/png")], image).into_response())
}

/// Puts a PNG picture on the clipboard.
#[utoipa::path(post, path = "/api/system/clipboard/image", tag = "Luna: system", request_body(content_type = "image/png"), responses(
    (status = 200, body = Done), (status = 400, body = Detail), (status = 501, body = Detail)))]
async fn set_clipboard_image(State(app): State<App>, headers: HeaderMap, png: Bytes) -> Machine<Done> {
    // A type that no foreign page may send without asking first.
    if headers.get(CONTENT_TYPE).is_none_or(|kind| kind != "image/png") {
        return Err(Error::invalid("the body is a picture of Content-Type image/png").into());
    }
    app.luna.copy_picture(png.into()).await?;
    Ok(Json(Done { ok: true, message: "It is on the clipboard.".into() }))
}

/// A tool as a route: the request is the yes, the gate and the log see it all the same.
async fn does(app: &App, tool: &str, input: Value) -> Machine<Done> {
    let output = app.luna.use_tool(tool, input).await?;
    Ok(Json(Done { ok: true, message: output.content }))
}

/// Makes a 3D scene of a description, as data to draw.
#[utoipa::path(post, path = "/api/system/scene", tag = "Luna: system", request_body = Prompt, responses(
    (status = 200, body = SceneReply), (status = 400, body = Detail)))]
async fn scene(State(app): State<App>, Body(q, _): Body<Prompt, Dialect>) -> Answer<SceneReply> {
    Ok(Json(SceneReply::from_core(app.luna.make_scene(&q.prompt).await?)))
}

/// The JSON Schema of scenes.
#[utoipa::path(get, path = "/api/system/scene/schema", tag = "Luna: system", responses((status = 200, body = Object)))]
async fn scene_schema() -> Json<&'static Value> {
    Json(luna_core::scene::schema())
}

/// The interface's state as it was last kept.
#[utoipa::path(get, path = "/api/state", tag = "Luna: system", responses((status = 200, body = Object)))]
async fn state(State(app): State<App>) -> Answer<Map<String, Value>> {
    Ok(Json(app.luna.state().await?))
}

/// Keeps the interface's state, any object, in place of what was there.
#[utoipa::path(put, path = "/api/state", tag = "Luna: system", request_body = Object, responses((status = 200, body = Object), (status = 400, body = Detail)))]
async fn set_state(
    State(app): State<App>,
    Body(state, _): Body<Map<String, Value>, Dialect>,
) -> Answer<Map<String, Value>> {
    app.luna.set_state(state.clone()).await?;
    Ok(Json(state))
}
