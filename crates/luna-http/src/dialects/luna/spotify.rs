//! Spotify: signing in, what plays, and the buttons of a player.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Json};
use luna_model::{Error, ErrorKind, MusicDevice};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Detail, Dialect, Failed};
use crate::App;
use crate::support::extract::{Body, Params};
use crate::support::guard::Listening;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(login))
        .routes(routes!(callback))
        .routes(routes!(logout))
        .routes(routes!(status))
        .routes(routes!(devices))
        .routes(routes!(search))
        .routes(routes!(play))
        .routes(routes!(pause))
        .routes(routes!(next))
        .routes(routes!(previous))
        .routes(routes!(volume))
        .routes(routes!(queue))
        .routes(routes!(transfer))
}

/// A failure; without an account it says how to connect one.
struct Unconnected(Error);

impl From<Error> for Unconnected {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Unconnected {
    fn into_response(self) -> Response {
        let mut error = self.0;
        if error.kind == ErrorKind::Unauthenticated {
            error.message.push_str(", or open GET /api/spotify/login in a browser");
        }
        Failed(error).into_response()
    }
}

type Answer<T> = Result<Json<T>, Unconnected>;

/// Begins to connect the account: goes on to Spotify's page.
#[utoipa::path(get, path = "/api/spotify/login", tag = "Luna: Spotify", responses((status = 303), (status = 503, body = Detail)))]
async fn login(State(app): State<App>, port: Option<Extension<Listening>>) -> Result<Redirect, Unconnected> {
    // Spotify takes plain HTTP only for an address of this machine, not for a name.
    let here = port.map(|port| format!("http://127.0.0.1:{}/api/spotify/callback", port.0.0));
    Ok(Redirect::to(&app.luna.begin_music_sign_in(here.as_deref()).await?))
}

#[derive(Debug, Deserialize, IntoParams)]
struct Answered {
    /// What the sign-in was begun with.
    #[serde(default)]
    state: String,
    /// The code, when the user said yes.
    code: Option<String>,
    /// Why not, when the user said no.
    error: Option<String>,
}

/// Spotify's answer to a sign-in, brought by the user's browser; goes on to the dashboard.
#[utoipa::path(get, path = "/api/spotify/callback", tag = "Luna: Spotify", params(Answered), responses((status = 303), (status = 400, body = Detail)))]
async fn callback(
    State(app): State<App>,
    Params(q, _): Params<Answered, Dialect>,
) -> Result<Redirect, Unconnected> {
    let Some(code) = q.code else {
        app.luna.drop_music_sign_in(&q.state);
        let why: String = q.error.unwrap_or_else(|| "no code".into()).chars().take(80).collect();
        return Err(Error::invalid(format!("Spotify was not connected: it answered {why:?}")).into());
    };
    app.luna.end_music_sign_in(&q.state, &code).await?;
    Ok(Redirect::to("/#/dashboard"))
}

/// What was done.
#[derive(Debug, Serialize, ToSchema)]
struct Done {
    ok: bool,
    message: String,
}

/// A tool as a route: the request is the yes, the gate and the log see it all the same.
async fn does(app: &App, tool: &str, input: Value) -> Answer<Done> {
    let output = app.luna.use_tool(tool, input).await?;
    Ok(Json(Done { ok: true, message: output.content }))
}

/// Forgets the account.
#[utoipa::path(post, path = "/api/spotify/logout", tag = "Luna: Spotify", responses((status = 200, body = Done)))]
async fn logout(State(app): State<App>) -> Answer<Done> {
    app.luna.music_sign_out().await?;
    Ok(Json(Done { ok: true, message: "Spotify is no longer connected.".into() }))
}

/// What plays; the names are null when nothing does.
#[derive(Debug, Default, Serialize, ToSchema)]
struct Status {
    is_playing: bool,
    track: Option<String>,
    artist: Option<String>,
    album: Option<String>,
    progress_ms: u64,
    duration_ms: u64,
}

/// What plays now.
#[utoipa::path(get, path = "/api/spotify/status", tag = "Luna: Spotify", responses(
    (status = 200, body = Status), (status = 401, body = Detail), (status = 503, body = Detail)))]
async fn status(State(app): State<App>) -> Answer<Status> {
    let Some(playing) = app.luna.playing().await? else { return Ok(Json(Status::default())) };
    let (is_playing, progress_ms) = (playing.is_playing, playing.progress_ms);
    let track = playing.track.map(Song::from_core);
    Ok(Json(match track {
        None => Status { is_playing, progress_ms, ..Status::default() },
        Some(song) => Status {
            is_playing,
            track: Some(song.track),
            artist: Some(song.artist),
            album: Some(song.album),
            progress_ms,
            duration_ms: song.duration_ms,
        },
    }))
}

/// A device on which music can be heard.
#[derive(Debug, Serialize, ToSchema)]
struct Device {
    id: String,
    name: String,
    #[serde(rename = "type")]
    kind: String,
    is_active: bool,
    volume_percent: Option<u8>,
}

impl Device {
    fn from_core(device: MusicDevice) -> Self {
        Self {
            id: device.id,
            name: device.name,
            kind: device.kind,
            is_active: device.active,
            volume_percent: device.volume,
        }
    }
}

/// Where music can be heard.
#[utoipa::path(get, path = "/api/spotify/devices", tag = "Luna: Spotify", responses(
    (status = 200, body = [Device]), (status = 401, body = Detail), (status = 503, body = Detail)))]
async fn devices(State(app): State<App>) -> Answer<Vec<Device>> {
    Ok(Json(app.luna.music_devices().await?.into_iter().map(Device::from_core).collect()))
}

#[derive(Debug, Deserialize, IntoParams)]
struct Words {
    /// A title, an artist, or both.
    q: String,
}

/// A song.
#[derive(Debug, Serialize, ToSchema)]
struct Song {
    uri: String,
    track: String,
    artist: String,
    album: String,
    duration_ms: u64,
}

impl Song {
    fn from_core(track: luna_model::Track) -> Self {
        Self {
            uri: track.uri,
            track: track.title,
            artist: track.artist,
            album: track.album,
            duration_ms: track.duration_ms,
        }
    }
}

/// Songs that fit, the likeliest first.
#[utoipa::path(get, path = "/api/spotify/search", tag = "Luna: Spotify", params(Words), responses(
    (status = 200, body = [Song]), (status = 400, body = Detail), (status = 401, body = Detail), (status = 503, body = Detail)))]
async fn search(State(app): State<App>, Params(q, _): Params<Words, Dialect>) -> Answer<Vec<Song>> {
    Ok(Json(app.luna.search_music(&q.q).await?.into_iter().map(Song::from_core).collect()))
}

#[derive(Debug, Deserialize, ToSchema)]
struct Play {
    /// What to play; without it what was paused goes on.
    query: Option<String>,
    /// Where, by name, kind or id.
    device: Option<String>,
}

/// Plays what fits the words, or goes on.
#[utoipa::path(post, path = "/api/spotify/play", tag = "Luna: Spotify", request_body = Play, responses(
    (status = 200, body = Done), (status = 400, body = Detail), (status = 401, body = Detail), (status = 404, body = Detail), (status = 409, body = Detail), (status = 503, body = Detail)))]
async fn play(State(app): State<App>, Body(q, _): Body<Play, Dialect>) -> Answer<Done> {
    does(&app, "spotify_play", json!({ "query": q.query, "device": q.device })).await
}

/// Pauses.
#[utoipa::path(post, path = "/api/spotify/pause", tag = "Luna: Spotify", responses(
    (status = 200, body = Done), (status = 401, body = Detail), (status = 409, body = Detail), (status = 503, body = Detail)))]
async fn pause(State(app): State<App>) -> Answer<Done> {
    does(&app, "spotify_pause", json!({})).await
}

/// Skips to the next song.
#[utoipa::path(post, path = "/api/spotify/next", tag = "Luna: Spotify", responses(
    (status = 200, body = Done), (status = 401, body = Detail), (status = 409, body = Detail), (status = 503, body = Detail)))]
async fn next(State(app): State<App>) -> Answer<Done> {
    does(&app, "spotify_next", json!({})).await
}

/// Goes back to the song before.
#[utoipa::path(post, path = "/api/spotify/previous", tag = "Luna: Spotify", responses(
    (status = 200, body = Done), (status = 401, body = Detail), (status = 409, body = Detail), (status = 503, body = Detail)))]
async fn previous(State(app): State<App>) -> Answer<Done> {
    does(&app, "spotify_prev", json!({})).await
}

#[derive(Debug, Deserialize, ToSchema)]
struct Volume {
    /// 0 to 100.
    volume_percent: i64,
}

/// Sets how loud Spotify plays.
#[utoipa::path(post, path = "/api/spotify/volume", tag = "Luna: Spotify", request_body = Volume, responses(
    (status = 200, body = Done), (status = 400, body = Detail), (status = 401, body = Detail), (status = 409, body = Detail), (status = 503, body = Detail)))]
async fn volume(State(app): State<App>, Body(q, _): Body<Volume, Dialect>) -> Answer<Done> {
    if !(0..=100).contains(&q.volume_percent) {
        return Err(Error::invalid("volume_percent is a number from 0 to 100").into());
    }
    does(&app, "spotify_volume", json!({ "level": q.volume_percent })).await
}

#[derive(Debug, Deserialize, ToSchema)]
struct Queue {
    /// What to play next: a title, an artist, or both.
    query: String,
}

/// Has what fits the words played after what plays now.
#[utoipa::path(post, path = "/api/spotify/queue", tag = "Luna: Spotify", request_body = Queue, responses(
    (status = 200, body = Done), (status = 400, body = Detail), (status = 401, body = Detail), (status = 404, body = Detail), (status = 503, body = Detail)))]
async fn queue(State(app): State<App>, Body(q, _): Body<Queue, Dialect>) -> Answer<Done> {
    does(&app, "spotify_queue", json!({ "query": q.query })).await
}

#[derive(Debug, Deserialize, ToSchema)]
struct Transfer {
    /// Where to, by name, kind or id.
    device: String,
}

/// Moves what plays to another device.
#[utoipa::path(post, path = "/api/spotify/device", tag = "Luna: Spotify", request_body = Transfer, responses(
    (status = 200, body = Done), (status = 400, body = Detail), (status = 401, body = Detail), (status = 404, body = Detail), (status = 503, body = Detail)))]
async fn transfer(State(app): State<App>, Body(q, _): Body<Transfer, Dialect>) -> Answer<Done> {
    does(&app, "spotify_transfer", json!({ "device": q.device })).await
}
