//! Volume and mute, through the tool of whatever sound system runs: PipeWire, PulseAudio, ALSA, or macOS.

use luna_model::{Error, ErrorKind, Result};

use crate::program;

/// A sound system, as its command-line tool shows it.
struct System {
    tool: &'static str,
    get: &'static [&'static str],
    /// `{}` stands for the level, 0 to 100.
    set: &'static [&'static str],
    mute: &'static [&'static str],
    unmute: &'static [&'static str],
    read: fn(&str) -> Option<u8>,
}

/// The most direct first.
const SYSTEMS: &[System] = &[
    System {
        tool: "wpctl",
        get: &["get-volume", "@DEFAULT_AUDIO_SINK@"],
        set: &["set-volume", "@DEFAULT_AUDIO_SINK@", "{}%"],
        mute: &["set-mute", "@DEFAULT_AUDIO_SINK@", "1"],
        unmute: &["set-mute", "@DEFAULT_AUDIO_SINK@", "0"],
        read: read_share,
    },
    System {
        tool: "pactl",
        get: &["get-sink-volume", "@DEFAULT_SINK@"],
        set: &["set-sink-volume", "@DEFAULT_SINK@", "{}%"],
        mute: &["set-sink-mute", "@DEFAULT_SINK@", "1"],
        unmute: &["set-sink-mute", "@DEFAULT_SINK@", "0"],
        read: read_percent,
    },
    System {
        tool: "amixer",
        get: &["-M", "sget", "Master"],
        set: &["-M", "-q", "sset", "Master", "{}%"],
        mute: &["-q", "sset", "Master", "mute"],
        unmute: &["-q", "sset", "Master", "unmute"],
        read: read_percent,
    },
    System {
        tool: "osascript",
        get: &["-e", "output volume of (get volume settings)"],
        set: &["-e", "set volume output volume {}"],
        mute: &["-e", "set volume output muted true"],
        unmute: &["-e", "set volume output muted false"],
        read: |said| said.trim().parse().ok(),
    },
];

pub(crate) async fn volume() -> Result<u8> {
    let (system, said) = first(|system| system.get.iter().map(|a| (*a).to_owned()).collect()).await?;
    (system.read)(&said).ok_or_else(|| {
        Error::unavailable(format!("{} did not say how loud it is, but: {}", system.tool, said.trim()))
    })
}

pub(crate) async fn set_volume(level: u8) -> Result<()> {
    let level = level.to_string();
    first(|system| system.set.iter().map(|argument| argument.replace("{}", &level)).collect()).await.map(drop)
}

pub(crate) async fn set_muted(muted: bool) -> Result<()> {
    let arguments = |system: &System| if muted { system.mute } else { system.unmute };
    first(|system| arguments(system).iter().map(|a| (*a).to_owned()).collect()).await.map(drop)
}

/// Asks the systems in turn until one does it.
async fn first(arguments: impl Fn(&System) -> Vec<String>) -> Result<(&'static System, String)> {
    let mut failed = None;
    for system in SYSTEMS {
        let arguments = arguments(system);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        match program::ask(system.tool, &arguments).await {
            Ok(said) => return Ok((system, said)),
            Err(e) if e.kind == ErrorKind::NotFound => {}
            Err(e) => drop(failed.get_or_insert(e)),
        }
    }
    Err(failed.map_or_else(
        || {
            Error::unavailable(
                "no sound system was found; install wireplumber (wpctl), pulseaudio-utils (pactl) or alsa-utils (amixer)",
            )
        },
        |e| Error::unavailable(format!("no sound system answers: {}", e.message)).because(e),
    ))
}

/// wpctl: `Volume: 0.45 [MUTED]`.
fn read_share(said: &str) -> Option<u8> {
    let share: f64 = said.strip_prefix("Volume:")?.split_whitespace().next()?.parse().ok()?;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=100")]
    (share.is_finite()).then(|| (share * 100.0).round().clamp(0.0, 100.0) as u8)
}

/// pactl: `Volume: front-left: 29491 /  45% / -20.81 dB, …`; amixer: `Mono: Playback 40 [45%] [on]`. The first channel's;
/// more than full is full.
fn read_percent(said: &str) -> Option<u8> {
    let before = said.split('%').next().filter(|before| before.len() < said.len())?;
    let digits = before.rfind(|c: char| !c.is_ascii_digit()).map_or(0, |at| at + 1);
    before[digits..].parse::<u32>().ok().and_then(|level| u8::try_from(level.min(100)).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tools_own_words_are_read() {
        assert_eq!(read_share("Volume: 0.45\n"), Some(45));
        assert_eq!(read_share("Volume: 1.30 [MUTED]\n"), Some(100));
        assert_eq!(read_share("nothing"), None);
        let pactl = "Volume: front-left: 29491 /  45% / -20.81 dB,   front-right: 29491 /  45% / -20.81 dB\n        balance 0.00\n";
        assert_eq!(read_percent(pactl), Some(45));
        let amixer = "Simple mixer control 'Master',0\n  Limits: Playback 0 - 87\n  Mono: Playback 61 [70%] [-19.50dB] [on]\n";
        assert_eq!(read_percent(amixer), Some(70));
        assert_eq!(read_percent("Volume: front-left: 99999 / 153% / 11 dB"), Some(100));
        assert_eq!(read_percent("no volume here"), None);
    }
}
