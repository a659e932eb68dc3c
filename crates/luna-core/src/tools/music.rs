//! Music: playing, pausing, skipping, and what plays. Titles and names are text from outside: anyone can publish a song.

use luna_model::{Mode, MusicOrder, Result, Track};
use schemars::JsonSchema;
use serde::Deserialize;

use super::desktop::NoArgs;
use super::sound::LevelArgs;
use super::{Call, Described, Output, Tool};
use crate::Luna;

/// Where what comes from the service came from.
const ORIGIN: &str = "Spotify";

fn outside(content: String) -> Output {
    Output::outside(content.clone(), content, ORIGIN.into())
}

fn named(track: &Track) -> String {
    if track.artist.is_empty() {
        return format!("“{}”", track.title);
    }
    format!("“{}” by {}", track.title, track.artist)
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct PlayArgs {
    /// What to play, as one searches for it: a title, an artist, or both. Leave it out to go on with what was paused.
    query: Option<String>,
    /// The device it is to be heard on, by its name or kind. Leave it out for the one in use.
    device: Option<String>,
}

impl PlayArgs {
    fn query(&self) -> Option<&str> {
        self.query.as_deref().map(str::trim).filter(|query| !query.is_empty())
    }
}

pub(super) struct SpotifyPlay;

impl Tool for SpotifyPlay {
    const NAME: &'static str = "spotify_play";
    const DESCRIPTION: &'static str = "Plays a song on Spotify, or goes on with what was paused.";
    const MODE: Mode = Mode::Allow;
    type Args = PlayArgs;

    fn describe(_: &Luna, args: &PlayArgs) -> Described {
        let on = args.device.as_ref().map_or_else(String::new, |device| format!(" on {device}"));
        match args.query() {
            Some(query) => {
                Described::changes(format!("Play {query}{on}"), "What plays on Spotify now is replaced.")
            }
            None => Described::changes(format!("Play on{on}"), "What was paused on Spotify goes on."),
        }
    }

    async fn run(luna: Luna, args: PlayArgs, _: Call) -> Result<Output> {
        let device = args.device.as_deref();
        let Some(query) = args.query() else {
            luna.order_music(&MusicOrder::Resume, device).await?;
            return Ok(Output::ours("The music goes on."));
        };
        let track = luna.meant_track(query).await?;
        let said = format!("Playing {}.", named(&track));
        luna.order_music(&MusicOrder::Play(track), device).await?;
        Ok(outside(said))
    }
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct QueueArgs {
    /// What to play next, as one searches for it: a title, an artist, or both.
    query: String,
}

pub(super) struct SpotifyQueue;

impl Tool for SpotifyQueue {
    const NAME: &'static str = "spotify_queue";
    const DESCRIPTION: &'static str = "Has Spotify play a song after the one that plays now.";
    const MODE: Mode = Mode::Allow;
    type Args = QueueArgs;

    fn describe(_: &Luna, args: &QueueArgs) -> Described {
        Described::changes(format!("Queue {}", args.query), "It plays on Spotify after what plays now.")
    }

    async fn run(luna: Luna, args: QueueArgs, _: Call) -> Result<Output> {
        let track = luna.meant_track(&args.query).await?;
        let said = format!("Next comes {}.", named(&track));
        luna.order_music(&MusicOrder::Queue(track), None).await?;
        Ok(outside(said))
    }
}

/// A tool that is one order without arguments.
macro_rules! orders {
    ($($tool:ident, $name:literal, $order:ident, $about:literal, $summary:literal, $effect:literal, $done:literal;)*) => {$(
        pub(super) struct $tool;

        impl Tool for $tool {
            const NAME: &'static str = $name;
            const DESCRIPTION: &'static str = $about;
            const MODE: Mode = Mode::Allow;
            type Args = NoArgs;

            fn describe(_: &Luna, _: &NoArgs) -> Described {
                Described::changes($summary.into(), $effect)
            }

            async fn run(luna: Luna, _: NoArgs, _: Call) -> Result<Output> {
                luna.order_music(&MusicOrder::$order, None).await?;
                Ok(Output::ours($done))
            }
        }
    )*};
}

orders! {
    SpotifyPause, "spotify_pause", Pause, "Pauses what plays on Spotify.",
        "Pause the music", "Spotify is quiet until it goes on.", "The music is paused.";
    SpotifyNext, "spotify_next", Next, "Skips to the next song on Spotify.",
        "Skip to the next song", "The next song plays on Spotify.", "The next song plays.";
    SpotifyPrev, "spotify_prev", Previous, "Goes back to the song before on Spotify.",
        "Go back to the song before", "The song before plays on Spotify.", "The song before plays.";
}

pub(super) struct SpotifyStatus;

impl Tool for SpotifyStatus {
    const NAME: &'static str = "spotify_status";
    const DESCRIPTION: &'static str = "What plays on Spotify now, and where.";
    const MODE: Mode = Mode::Allow;
    type Args = NoArgs;

    fn describe(_: &Luna, _: &NoArgs) -> Described {
        Described::reads("Look what plays".into())
    }

    async fn run(luna: Luna, _: NoArgs, _: Call) -> Result<Output> {
        let Some(playing) = luna.playing().await? else {
            return Ok(Output::ours("Nothing plays on Spotify."));
        };
        let Some(track) = &playing.track else {
            return Ok(outside(format!("Spotify is between two pieces on {}.", playing.device.name)));
        };
        let state = if playing.is_playing { "is playing" } else { "is paused" };
        let album =
            if track.album.is_empty() { String::new() } else { format!(", from “{}”", track.album) };
        Ok(outside(format!("{}{album} {state} on {}.", named(track), playing.device.name)))
    }
}

pub(super) struct SpotifyVolume;

impl Tool for SpotifyVolume {
    const NAME: &'static str = "spotify_volume";
    const DESCRIPTION: &'static str =
        "Sets how loud Spotify plays, 0 to 100. The machine's own volume is set_volume.";
    const MODE: Mode = Mode::Allow;
    type Args = LevelArgs;

    fn describe(_: &Luna, args: &LevelArgs) -> Described {
        let summary = format!("Set Spotify's volume to {} %", args.level);
        Described::changes(summary, "Spotify gets louder or quieter where it plays.")
    }

    async fn run(luna: Luna, args: LevelArgs, _: Call) -> Result<Output> {
        luna.order_music(&MusicOrder::Volume(args.level), None).await?;
        Ok(Output::ours(format!("Spotify's volume is {} %.", args.level)))
    }
}

pub(super) struct SpotifyDevices;

impl Tool for SpotifyDevices {
    const NAME: &'static str = "spotify_devices";
    const DESCRIPTION: &'static str = "The devices on which Spotify can be heard now.";
    const MODE: Mode = Mode::Allow;
    type Args = NoArgs;

    fn describe(_: &Luna, _: &NoArgs) -> Described {
        Described::reads("List where music can be heard".into())
    }

    async fn run(luna: Luna, _: NoArgs, _: Call) -> Result<Output> {
        let devices = luna.music_devices().await?;
        if devices.is_empty() {
            return Ok(Output::ours("No device is awake; open Spotify on one first."));
        }
        let line = |device: &luna_model::MusicDevice| {
            format!("{} ({}{})", device.name, device.kind, if device.active { ", in use" } else { "" })
        };
        let lines = devices.iter().map(line).collect::<Vec<_>>().join("\n");
        Ok(Output::outside(lines, format!("Found {} devices", devices.len()), ORIGIN.into()))
    }
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct MoveArgs {
    /// The device, by its name or kind: "Kitchen", "phone".
    device: String,
}

pub(super) struct SpotifyTransfer;

impl Tool for SpotifyTransfer {
    const NAME: &'static str = "spotify_transfer";
    const DESCRIPTION: &'static str = "Moves what plays on Spotify to another device.";
    const MODE: Mode = Mode::Allow;
    type Args = MoveArgs;

    fn describe(_: &Luna, args: &MoveArgs) -> Described {
        Described::changes(format!("Move the music to {}", args.device), "It is heard there from now on.")
    }

    async fn run(luna: Luna, args: MoveArgs, _: Call) -> Result<Output> {
        let device = luna.move_music(&args.device).await?;
        Ok(outside(format!("The music is on {}.", device.name)))
    }
}
