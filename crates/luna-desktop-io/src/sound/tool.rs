//! Volume and mute through a command-line tool, where no sound server can be spoken to: PipeWire without its PulseAudio
//! socket, ALSA, macOS.

use luna_core::ports::Volume;
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
    /// How its answer says that it is muted.
    muted: &'static str,
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
        muted: "[MUTED]",
    },
    System {
        tool: "amixer",
        get: &["-M", "sget", "Master"],
        set: &["-M", "-q", "sset", "Master", "{}%"],
        mute: &["-q", "sset", "Master", "mute"],
        unmute: &["-q", "sset", "Master", "unmute"],
        read: read_percent,
        muted: "[off]",
    },
    System {
        tool: "osascript",
        get: &["-e", "get volume settings"],
        set: &["-e", "set volume output volume {}"],
        mute: &["-e", "set volume output muted true"],
        unmute: &["-e", "set volume output muted false"],
        read: read_settings,
        muted: "output muted:true",
    },
];

pub(super) async fn volume() -> Result<Volume> {
    let (system, said) = first(|system| system.get.iter().map(|a| (*a).to_owned()).collect()).await?;
    let level = (system.read)(&said).ok_or_else(|| {
        Error::unavailable(format!("{} did not say how loud it is, but: {}", system.tool, said.trim()))
    })?;
    Ok(Volume { level, muted: said.contains(system.muted) })
}

pub(super) async fn set_volume(level: u8) -> Result<()> {
    let level = level.to_string();
    first(|system| system.set.iter().map(|argument| argument.replace("{}", &level)).collect()).await.map(drop)
}

pub(super) async fn set_muted(muted: bool) -> Result<()> {
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
                "no sound system was found; install and start PipeWire (packages pipewire-pulse and wireplumber) or PulseAudio, or install alsa-utils",
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

/// amixer: `Mono: Playback 40 [45%] [on]`. The first channel's; more than full is full.
fn read_percent(said: &str) -> Option<u8> {
    let before = said.split('%').next().filter(|before| before.len() < said.len())?;
    let digits = before.rfind(|c: char| !c.is_ascii_digit()).map_or(0, |at| at + 1);
    before[digits..].parse::<u32>().ok().and_then(|level| u8::try_from(level.min(100)).ok())
}

/// osascript: `output volume:44, input volume:75, alert volume:100, output muted:false`.
fn read_settings(said: &str) -> Option<u8> {
    said.strip_prefix("output volume:")?.split(',').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tools_own_words_are_read() {
        assert_eq!(read_share("Volume: 0.45\n"), Some(45));
        assert_eq!(read_share("Volume: 1.30 [MUTED]\n"), Some(100));
        assert_eq!(read_share("nothing"), None);
        let amixer = "Simple mixer control 'Master',0\n  Limits: Playback 0 - 87\n  Mono: Playback 61 [70%] [-19.50dB] [on]\n";
        assert_eq!(read_percent(amixer), Some(70));
        assert_eq!(read_percent("Mono: Playback 61 [153%] [11dB] [on]"), Some(100));
        let mac = "output volume:44, input volume:75, alert volume:100, output muted:false\n";
        assert_eq!(read_settings(mac), Some(44));
        assert_eq!(read_percent("no volume here"), None);
    }
}
