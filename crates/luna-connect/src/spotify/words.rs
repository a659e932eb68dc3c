//! Spotify's objects and refusals in the core's words.

use std::time::Duration;

use luna_model::{Error, ErrorKind, MusicDevice, Playing, Track};
use rspotify::ClientError;
use rspotify::http::HttpError;
use rspotify::model::{CurrentPlaybackContext, Device, FullEpisode, FullTrack, PlayableItem};
use rspotify::prelude::Id as _;
use serde::Deserialize;
use serde_json::Value;

use crate::reach::Failed as Unreached;

/// Most characters of what Spotify says that are passed on.
const LONGEST_REASON: usize = 200;
/// The rest when Spotify asks for one and does not say how long.
const USUAL_REST: Duration = Duration::from_secs(5);

/// What Spotify says of a request that it does not do.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Refusal {
    message: String,
    reason: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Refused {
    error: Refusal,
}

/// A failure, and how long Spotify wants to be left alone after it.
pub(super) struct Failed {
    pub(super) error: Error,
    pub(super) rest: Option<Duration>,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self { error, rest: None }
    }
}

/// What a failure is to the core.
pub(super) async fn failure(error: ClientError) -> Failed {
    let http = match error {
        ClientError::Http(http) => http,
        ClientError::ParseJson(source) => {
            return Error::unavailable("Spotify answered in an unknown form").because(source).into();
        }
        ClientError::InvalidToken => return super::not_connected().into(),
        other => return Error::internal(other).into(),
    };
    let reply = match *http {
        HttpError::Client(source) => {
            let failed = Unreached::of(source.is_timeout(), source.is_connect());
            return failed.of_service("Spotify", source.without_url()).into();
        }
        HttpError::StatusCode(reply) => reply,
    };
    let status = reply.status().as_u16();
    let rest = reply.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
    let said = reply.text().await.unwrap_or_default();
    let said = serde_json::from_str::<Refused>(&said).unwrap_or_default().error;
    let message: String = said.message.chars().take(LONGEST_REASON).collect();
    let of = |kind: ErrorKind, text: String| Failed::from(Error::new(kind, text));
    match (status, said.reason.as_str()) {
        (401, _) => super::not_connected().into(),
        (403, "PREMIUM_REQUIRED") => of(
            ErrorKind::Forbidden,
            "Spotify lets only Premium accounts be controlled from outside".to_owned(),
        ),
        (403, _) => of(ErrorKind::Forbidden, format!("Spotify does not do that now: {message}")),
        (404, "NO_ACTIVE_DEVICE") => {
            of(ErrorKind::Conflict, "no device is awake; open Spotify on one first".to_owned())
        }
        (404, _) if message.to_lowercase().contains("device") => {
            of(ErrorKind::Conflict, "this device is not awake; open Spotify on it first".to_owned())
        }
        (404, _) => of(ErrorKind::NotFound, format!("Spotify does not know that: {message}")),
        (429, _) => {
            let rest = rest.map_or(USUAL_REST, Duration::from_secs);
            Failed { error: super::resting(rest), rest: Some(rest) }
        }
        (500.., _) => of(ErrorKind::Unavailable, format!("Spotify does not answer now ({status})")),
        _ => of(ErrorKind::Unavailable, format!("Spotify refused it ({status}): {message}")),
    }
}

pub(super) fn device(device: Device) -> MusicDevice {
    MusicDevice {
        kind: <&'static str>::from(&device._type).to_owned(),
        volume: device.volume_percent.map(|level| u8::try_from(level.min(100)).unwrap_or(100)),
        active: device.is_active,
        name: device.name,
        id: device.id.unwrap_or_default(),
    }
}

pub(super) fn playing(playback: CurrentPlaybackContext) -> Playing {
    Playing {
        is_playing: playback.is_playing,
        progress_ms: playback.progress.map_or(0, |at| millis(at.num_milliseconds())),
        track: playback.item.and_then(|item| match item {
            PlayableItem::Track(song) => Some(track(song)),
            PlayableItem::Episode(episode) => Some(of_episode(episode)),
            PlayableItem::Unknown(value) => of_unknown(&value),
        }),
        device: device(playback.device),
    }
}

pub(super) fn track(song: FullTrack) -> Track {
    #[allow(deprecated, reason = "Spotify still sends it to some applications; to the others it is 0")]
    let popularity = song.popularity;
    let artists: Vec<_> = song.artists.into_iter().map(|artist| artist.name).collect();
    Track {
        uri: song.id.map(|id| id.uri()).unwrap_or_default(),
        title: song.name,
        artist: artists.join(", "),
        album: song.album.name,
        duration_ms: millis(song.duration.num_milliseconds()),
        popularity: u8::try_from(popularity.min(100)).unwrap_or(100),
    }
}

fn of_episode(episode: FullEpisode) -> Track {
    Track {
        uri: episode.id.uri(),
        title: episode.name,
        artist: episode.show.name,
        album: String::new(),
        duration_ms: millis(episode.duration.num_milliseconds()),
        popularity: 0,
    }
}

/// Something of a kind that Spotify has added since: an audiobook's chapter, say. What has a name can be told.
fn of_unknown(item: &Value) -> Option<Track> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let artists = item["artists"].as_array().into_iter().flatten().map(|artist| text(&artist["name"]));
    let artist = artists.collect::<Vec<_>>().join(", ");
    let show = [&item["show"]["name"], &item["audiobook"]["name"]].into_iter().find_map(Value::as_str);
    Some(Track {
        uri: text(&item["uri"]),
        title: item["name"].as_str()?.to_owned(),
        artist: if artist.is_empty() { show.unwrap_or_default().to_owned() } else { artist },
        album: text(&item["album"]["name"]),
        duration_ms: item["duration_ms"].as_u64().unwrap_or_default(),
        popularity: 0,
    })
}

fn millis(length: i64) -> u64 {
    u64::try_from(length).unwrap_or_default()
}
