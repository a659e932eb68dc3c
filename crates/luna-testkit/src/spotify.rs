//! Spotify standing in for itself: its account service and its Web API on a port of this machine, in its own wire format.
//! It checks what the real one checks, and what was asked of it can be read off it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post, put};
use axum::{Form, Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parking_lot::Mutex;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

type Params = Query<BTreeMap<String, String>>;

/// The application that it knows.
pub const CLIENT_ID: &str = "luna-at-home";

/// Title, artist, album, and how much it is heard.
const SONGS: [(&str, &str, &str, u32); 4] = [
    ("Paper Moon - Live", "The Lanterns", "Live at the Harbour", 80),
    ("Paper Moon", "The Lanterns", "Night Ferry", 60),
    ("Paper Moon - Slowed", "Quiet Hours", "Slowed Down", 70),
    ("Tin Roof Rain", "The Lanterns", "Night Ferry", 40),
];

/// Spotify on a port of this machine. Goes when it is dropped.
pub struct SpotifyStandIn {
    state: Arc<Mutex<Account>>,
    address: String,
    server: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct Account {
    /// Challenges and redirects by code.
    codes: BTreeMap<String, (String, String)>,
    access: BTreeSet<String>,
    refresh: BTreeSet<String>,
    made: u32,
    /// What was asked of the Web API: `PUT /me/player/pause`.
    asked: Vec<String>,
    asleep: bool,
    denies: bool,
    busy: bool,
    song: usize,
    paused: bool,
    volume: u32,
    device: Option<usize>,
}

impl Drop for SpotifyStandIn {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl SpotifyStandIn {
    /// Begins to answer. The computer plays.
    pub async fn start() -> Self {
        let account = Account { volume: 69, device: Some(0), song: 1, ..Account::default() };
        let state = Arc::new(Mutex::new(account));
        let api = Router::new()
            .route("/me/player", get(player).put(transfer))
            .route("/me/player/devices", get(devices))
            .route("/me/player/play", put(play))
            .route("/me/player/pause", put(pause))
            .route("/me/player/next", post(next))
            .route("/me/player/previous", post(previous))
            .route("/me/player/volume", put(volume))
            .route("/me/player/queue", post(queue))
            .route("/search", get(search))
            .layer(from_fn_with_state(Arc::clone(&state), authorised));
        let router = Router::new()
            .nest("/v1", api)
            .route("/authorize", get(authorize))
            .route("/api/token", post(token))
            .with_state(Arc::clone(&state));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("a port"));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("an answer") });
        Self { state, address, server }
    }

    /// Where its Web API is.
    #[must_use]
    pub fn api(&self) -> String {
        format!("{}/v1", self.address)
    }

    /// Where its account service is.
    #[must_use]
    pub fn accounts(&self) -> String {
        self.address.clone()
    }

    /// What was asked of the Web API, in order.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        self.state.lock().asked.clone()
    }

    /// Nothing plays anywhere any more; its devices have to be woken.
    pub fn fall_asleep(&self) {
        let mut account = self.state.lock();
        (account.asleep, account.device) = (true, None);
    }

    /// Access tokens are no longer taken, though they did not run out.
    pub fn forget_access(&self) {
        self.state.lock().access.clear();
    }

    /// The user takes back what was allowed.
    pub fn revoke(&self) {
        let mut account = self.state.lock();
        account.access.clear();
        account.refresh.clear();
    }

    /// The user says no on the next page.
    pub fn deny(&self) {
        self.state.lock().denies = true;
    }

    /// From now on it is asked too much.
    pub fn be_busy(&self) {
        self.state.lock().busy = true;
    }
}

type Shared = State<Arc<Mutex<Account>>>;

fn param<'q>(query: &'q BTreeMap<String, String>, name: &str) -> &'q str {
    query.get(name).map_or("", String::as_str)
}

/// The page on which the user says yes; here it is said at once.
async fn authorize(State(state): Shared, Query(query): Params) -> Response {
    let mut account = state.lock();
    let sound = param(&query, "client_id") == CLIENT_ID
        && param(&query, "response_type") == "code"
        && param(&query, "code_challenge_method") == "S256"
        && param(&query, "code_challenge").len() == 43
        && param(&query, "scope").contains("user-modify-playback-state");
    if !sound {
        return (StatusCode::BAD_REQUEST, "INVALID_CLIENT: Invalid request").into_response();
    }
    let (redirect, state) = (param(&query, "redirect_uri"), param(&query, "state"));
    if std::mem::take(&mut account.denies) {
        return Redirect::to(&format!("{redirect}?error=access_denied&state={state}")).into_response();
    }
    account.made += 1;
    let code = format!("code-{}", account.made);
    account.codes.insert(code.clone(), (param(&query, "code_challenge").to_owned(), redirect.to_owned()));
    Redirect::to(&format!("{redirect}?code={code}&state={state}")).into_response()
}

async fn token(State(state): Shared, Form(form): Form<BTreeMap<String, String>>) -> Response {
    let mut account = state.lock();
    let refused = |error: &str, why: &str| {
        (StatusCode::BAD_REQUEST, Json(json!({ "error": error, "error_description": why }))).into_response()
    };
    if param(&form, "client_id") != CLIENT_ID {
        return refused("invalid_client", "Invalid client");
    }
    match param(&form, "grant_type") {
        "authorization_code" => {
            let Some((challenge, redirect)) = account.codes.remove(param(&form, "code")) else {
                return refused("invalid_grant", "Invalid authorization code");
            };
            let proof = URL_SAFE_NO_PAD.encode(Sha256::digest(param(&form, "code_verifier")));
            if proof != challenge || redirect != param(&form, "redirect_uri") {
                return refused("invalid_grant", "code_verifier was incorrect");
            }
        }
        "refresh_token" if account.refresh.remove(param(&form, "refresh_token")) => {}
        _ => return refused("invalid_grant", "Refresh token revoked"),
    }
    account.made += 1;
    let (access, refresh) = (format!("access-{}", account.made), format!("refresh-{}", account.made));
    account.access.insert(access.clone());
    account.refresh.insert(refresh.clone());
    let scope = "user-read-playback-state user-modify-playback-state user-read-currently-playing";
    Json(json!({ "access_token": access, "token_type": "Bearer", "scope": scope, "expires_in": 3600, "refresh_token": refresh }))
        .into_response()
}

fn refusal(status: StatusCode, message: &str, reason: Option<&str>) -> Response {
    let mut error = json!({ "status": status.as_u16(), "message": message });
    if let Some(reason) = reason {
        error["reason"] = reason.into();
    }
    (status, Json(json!({ "error": error }))).into_response()
}

/// Before every answer of the Web API.
async fn authorised(State(state): Shared, headers: HeaderMap, request: Request, next: Next) -> Response {
    {
        let mut account = state.lock();
        let path = request.uri().path_and_query().map_or("", |path| path.as_str());
        account.asked.push(format!("{} {path}", request.method()));
        if account.busy {
            let mut busy = refusal(StatusCode::TOO_MANY_REQUESTS, "API rate limit exceeded", None);
            busy.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("60"));
            return busy;
        }
        let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = bearer.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
        if !account.access.contains(token) {
            return refusal(StatusCode::UNAUTHORIZED, "The access token expired", None);
        }
    }
    next.run(request).await
}

const DEVICES: [(&str, &str); 2] = [("DESKTOP", "Computer"), ("Kitchen", "Speaker")];

fn device(account: &Account, n: usize) -> Value {
    let (name, kind) = DEVICES[n];
    json!({ "id": format!("device{n}"), "is_active": account.device == Some(n), "is_private_session": false,
        "is_restricted": false, "name": name, "supports_volume": true, "type": kind, "volume_percent": account.volume })
}

/// An id as Spotify's are: 22 characters of base 62.
fn id(kind: &str, n: usize) -> String {
    format!("{:0<22}", format!("{kind}{n}"))
}

fn song(n: usize) -> Value {
    let (title, artist, album, popularity) = SONGS[n];
    let link = |kind: &str| json!({ "spotify": format!("https://open.spotify.com/{kind}/{}", id(kind, n)) });
    let about = |kind: &str, name: &str| {
        json!({ "external_urls": link(kind), "href": format!("https://api.spotify.com/v1/{kind}s/{}", id(kind, n)),
            "id": id(kind, n), "name": name, "type": kind, "uri": format!("spotify:{kind}:{}", id(kind, n)) })
    };
    let artists = json!([about("artist", artist)]);
    let mut of_album = about("album", album);
    of_album["album_type"] = "album".into();
    of_album["artists"] = artists.clone();
    of_album["images"] = json!([{ "url": "https://i.scdn.co/image/0", "height": 640, "width": 640 }]);
    of_album["release_date"] = "2024-01-15".into();
    of_album["release_date_precision"] = "day".into();
    of_album["total_tracks"] = 9.into();
    let mut track = about("track", title);
    track["album"] = of_album;
    track["artists"] = artists;
    track["disc_number"] = 1.into();
    track["duration_ms"] = 243_733.into();
    track["explicit"] = false.into();
    track["external_ids"] = json!({ "isrc": "XX0000000000" });
    track["is_local"] = false.into();
    track["popularity"] = popularity.into();
    track["preview_url"] = Value::Null;
    track["track_number"] = (n + 1).into();
    track
}

fn none_active() -> Response {
    let message = "Player command failed: No active device found";
    refusal(StatusCode::NOT_FOUND, message, Some("NO_ACTIVE_DEVICE"))
}

/// The device that an order is for.
fn chosen(account: &Account, query: &BTreeMap<String, String>) -> Result<usize, Box<Response>> {
    match query.get("device_id") {
        None => account.device.ok_or_else(|| Box::new(none_active())),
        Some(_) if account.asleep => Err(Box::new(refusal(StatusCode::NOT_FOUND, "Device not found", None))),
        Some(id) => (0..DEVICES.len())
            .find(|n| *id == format!("device{n}"))
            .ok_or_else(|| Box::new(refusal(StatusCode::NOT_FOUND, "Device not found", None))),
    }
}

/// Does an order on the device it is for.
fn order(
    state: &Mutex<Account>,
    query: &BTreeMap<String, String>,
    deed: impl FnOnce(&mut Account),
) -> Response {
    let mut account = state.lock();
    match chosen(&account, query) {
        Err(refused) => *refused,
        Ok(device) => {
            account.device = Some(device);
            deed(&mut account);
            StatusCode::NO_CONTENT.into_response()
        }
    }
}

async fn player(State(state): Shared) -> Response {
    let account = state.lock();
    let Some(active) = account.device else { return StatusCode::NO_CONTENT.into_response() };
    Json(json!({ "device": device(&account, active), "shuffle_state": false, "smart_shuffle": false, "repeat_state": "off",
        "timestamp": 1_701_284_951_675_u64, "context": null, "progress_ms": 84_000, "item": song(account.song),
        "currently_playing_type": "track", "is_playing": !account.paused,
        "actions": { "disallows": { "resuming": !account.paused } } }))
    .into_response()
}

async fn devices(State(state): Shared) -> Json<Value> {
    let account = state.lock();
    Json(json!({ "devices": (0..DEVICES.len()).map(|n| device(&account, n)).collect::<Vec<_>>() }))
}

async fn transfer(State(state): Shared, Json(body): Json<Value>) -> Response {
    let mut account = state.lock();
    let wanted = body["device_ids"][0].as_str().unwrap_or_default();
    let Some(found) = (0..DEVICES.len()).find(|n| wanted == format!("device{n}")) else {
        return refusal(StatusCode::NOT_FOUND, "Device not found", None);
    };
    (account.asleep, account.device) = (false, Some(found));
    StatusCode::NO_CONTENT.into_response()
}

async fn play(State(state): Shared, Query(query): Params, Json(body): Json<Value>) -> Response {
    let wanted = body["uris"][0].as_str().map(str::to_owned);
    order(&state, &query, |account| {
        account.paused = false;
        let found = wanted.and_then(|uri| (0..SONGS.len()).find(|n| song(*n)["uri"] == *uri));
        account.song = found.unwrap_or(account.song);
    })
}

async fn pause(State(state): Shared, Query(query): Params) -> Response {
    order(&state, &query, |account| account.paused = true)
}

async fn next(State(state): Shared, Query(query): Params) -> Response {
    order(&state, &query, |account| account.song = (account.song + 1) % SONGS.len())
}

async fn previous(State(state): Shared, Query(query): Params) -> Response {
    order(&state, &query, |account| account.song = (account.song + SONGS.len() - 1) % SONGS.len())
}

async fn volume(State(state): Shared, Query(query): Params) -> Response {
    let level = param(&query, "volume_percent").parse().unwrap_or_default();
    order(&state, &query, |account| account.volume = level)
}

async fn queue(State(state): Shared, Query(query): Params) -> Response {
    order(&state, &query, |_| {})
}

/// Songs that have all the words, in no good order.
async fn search(Query(query): Params) -> Json<Value> {
    let words = param(&query, "q").to_lowercase();
    let fits = |n: &usize| {
        let (title, artist, ..) = SONGS[*n];
        let text = format!("{title} {artist}").to_lowercase();
        words.split_whitespace().all(|word| text.contains(word) || word == "by")
    };
    let items: Vec<_> = (0..SONGS.len()).filter(fits).map(song).collect();
    Json(
        json!({ "tracks": { "href": "https://api.spotify.com/v1/search", "limit": 10, "next": null, "offset": 0,
        "previous": null, "total": items.len(), "items": items } }),
    )
}
