//! Music: what plays, where it could play, and what can be done about it.

use serde::{Deserialize, Serialize};

/// Something that can be played: a song, or an episode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Track {
    /// How the service knows it (`spotify:track:…`); empty for a file of the listener's own.
    pub uri: String,
    /// Its title.
    pub title: String,
    /// Who plays it, by commas; of an episode, its show.
    pub artist: String,
    /// Where it is from; empty where there is no such thing.
    pub album: String,
    /// How long it is, in milliseconds.
    pub duration_ms: u64,
    /// How much it is heard, 0 to 100; 0 where the service does not say.
    pub popularity: u8,
}

/// A device on which music can be heard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct MusicDevice {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// What it is: `computer`, `smartphone`, `speaker`.
    pub kind: String,
    /// Whether music plays there, or would.
    pub active: bool,
    /// How loud it is, 0 to 100; none where that cannot be set.
    pub volume: Option<u8>,
}

/// What plays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Playing {
    /// Whether it can be heard now; otherwise it is paused.
    pub is_playing: bool,
    /// What it is; none between two pieces and during an advertisement.
    pub track: Option<Track>,
    /// How far it is, in milliseconds.
    pub progress_ms: u64,
    /// Where.
    pub device: MusicDevice,
}

/// How the account stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum MusicStanding {
    /// Nothing can be done yet: the service does not know Luna.
    #[default]
    NotSetUp,
    /// The user has not let Luna in.
    NotConnected,
    /// It can be used.
    Connected,
}

/// What can be done about what plays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MusicOrder {
    /// Plays this.
    Play(Track),
    /// Goes on.
    Resume,
    /// Is quiet until it goes on.
    Pause,
    /// The next one.
    Next,
    /// The one before.
    Previous,
    /// So loud, 0 to 100.
    Volume(u8),
    /// Plays this after what plays now.
    Queue(Track),
}
