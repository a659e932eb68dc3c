//! What plays, for the tray: looked at from time to time, because the service tells nobody, and after every order. Without an
//! account that is connected nothing is asked of it. Knows no tray.

use std::time::Duration;

use luna_model::{MusicStanding, Playing, Track};
use serde::Deserialize;

use super::next::short;

/// Between two looks while something plays: it may be changed elsewhere.
const SOON: Duration = Duration::from_secs(10);
/// Between two looks while nothing does.
const LATER: Duration = Duration::from_secs(30);
/// A song is over a little after its end.
const OVER: Duration = Duration::from_secs(1);

/// What `music.get` says.
#[derive(Debug, Deserialize)]
pub(super) struct View {
    standing: MusicStanding,
    playing: Option<Playing>,
    failure: Option<String>,
}

/// What the tray shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Song {
    /// Title and artist.
    pub(super) line: String,
    /// Otherwise it is paused.
    pub(super) plays: bool,
}

impl View {
    /// The song; none where nothing is to be shown, and an error where it is not known.
    pub(super) fn song(&self) -> Result<Option<Song>, &str> {
        if let Some(why) = &self.failure {
            return Err(why);
        }
        let playing = self.playing.as_ref().filter(|_| self.standing == MusicStanding::Connected);
        let song = |playing: &Playing| {
            let line = line(playing.track.as_ref()?);
            Some(Song { line, plays: playing.is_playing })
        };
        Ok(playing.and_then(song))
    }

    /// How long what it says will do.
    pub(super) fn lasts(&self) -> Duration {
        match &self.playing {
            Some(Playing { is_playing: true, track: Some(track), progress_ms, .. }) => {
                let left = Duration::from_millis(track.duration_ms.saturating_sub(*progress_ms));
                left.saturating_add(OVER).min(SOON)
            }
            Some(_) => SOON,
            None => LATER,
        }
    }
}

fn line(track: &Track) -> String {
    if track.artist.is_empty() {
        return format!("♪ {}", short(&track.title));
    }
    format!("♪ {} – {}", short(&track.title), short(&track.artist))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(standing: &str, is_playing: bool, progress_ms: u64) -> View {
        serde_json::from_value(serde_json::json!({
            "standing": standing,
            "playing": {
                "is_playing": is_playing, "progress_ms": progress_ms,
                "track": { "uri": "", "title": "Paper Moon", "artist": "The Lanterns", "album": "", "duration_ms": 200_000, "popularity": 1 },
                "device": { "id": "a", "name": "A", "kind": "computer", "active": true, "volume": null }
            },
            "failure": null
        }))
        .unwrap()
    }

    #[test]
    fn a_song_is_named_with_who_plays_it() {
        let song = view("connected", true, 0).song().unwrap().unwrap();
        assert_eq!(song, Song { line: "♪ Paper Moon – The Lanterns".into(), plays: true });
        assert!(!view("connected", false, 0).song().unwrap().unwrap().plays);
        assert_eq!(view("not_connected", true, 0).song(), Ok(None));
        let busy = View { failure: Some("too much was asked".into()), ..view("connected", true, 0) };
        assert_eq!(busy.song(), Err("too much was asked"));
    }

    #[test]
    fn the_end_of_a_song_is_not_missed() {
        assert_eq!(view("connected", true, 0).lasts(), SOON);
        assert_eq!(view("connected", true, 197_000).lasts(), Duration::from_secs(4));
        assert_eq!(view("connected", true, 300_000).lasts(), OVER);
        assert_eq!(view("connected", false, 199_000).lasts(), SOON);
        assert_eq!(View { playing: None, ..view("connected", true, 0) }.lasts(), LATER);
    }
}
