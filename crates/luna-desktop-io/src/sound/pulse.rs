//! PulseAudio's own protocol, which PipeWire speaks too: the default output and what each application plays into it.

use std::io::BufReader;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use luna_core::ports::{AppVolume, Volume};
use luna_model::{Error, Result};
use pulseaudio::protocol::{self as wire, ChannelVolume, Command, Prop};

use crate::blocking;

const PATIENCE: Duration = Duration::from_secs(5);
/// 100 % in the protocol's own unit.
const FULL: u32 = 0x10000;

/// Where the server listens, if it does.
pub(super) fn socket() -> Option<PathBuf> {
    pulseaudio::socket_path_from_env()
}

/// Does something with the server, off the runtime.
pub(super) async fn with<T: Send + 'static>(
    socket: PathBuf,
    work: impl FnOnce(&mut Server) -> Result<T> + Send + 'static,
) -> Result<T> {
    blocking(move || work(&mut Server::connect(&socket)?)).await?
}

/// A connection to the server.
pub(super) struct Server {
    socket: BufReader<UnixStream>,
    version: u16,
    sent: u32,
}

impl Server {
    fn connect(socket: &std::path::Path) -> Result<Self> {
        let stream = UnixStream::connect(socket).map_err(lost)?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(lost)?;
        stream.set_write_timeout(Some(PATIENCE)).map_err(lost)?;
        let mut server = Self { socket: BufReader::new(stream), version: wire::MAX_VERSION, sent: 0 };
        let cookie =
            pulseaudio::cookie_path_from_env().and_then(|path| std::fs::read(path).ok()).unwrap_or_default();
        let auth = wire::AuthParams {
            version: wire::MAX_VERSION,
            supports_shm: false,
            supports_memfd: false,
            cookie,
        };
        let reply: wire::AuthReply = server.ask(&Command::Auth(auth))?;
        server.version = reply.version.min(wire::MAX_VERSION);
        let mut names = wire::Props::new();
        names.set(Prop::ApplicationName, c"Luna");
        let _: wire::SetClientNameReply = server.ask(&Command::SetClientName(names))?;
        Ok(server)
    }

    fn send(&mut self, command: &Command) -> Result<()> {
        self.sent += 1;
        wire::write_command_message(self.socket.get_mut(), self.sent, command, self.version).map_err(lost)
    }

    fn ask<T: wire::CommandReply>(&mut self, command: &Command) -> Result<T> {
        self.send(command)?;
        wire::read_reply_message::<T>(&mut self.socket, self.version).map(|(_, reply)| reply).map_err(lost)
    }

    fn tell(&mut self, command: &Command) -> Result<()> {
        self.send(command)?;
        wire::read_ack_message(&mut self.socket).map(drop).map_err(lost)
    }

    fn sink(&mut self) -> Result<wire::SinkInfo> {
        let default = wire::GetSinkInfo { index: None, name: Some(wire::DEFAULT_SINK.to_owned()) };
        self.ask(&Command::GetSinkInfo(default)).map_err(|error| {
            Error::unavailable(
                "the sound server has no output; plug in a loudspeaker or headphones, or choose an output",
            )
            .because(error)
        })
    }

    pub(super) fn output(&mut self) -> Result<Volume> {
        let sink = self.sink()?;
        Ok(Volume { level: percent(&sink.cvolume), muted: sink.muted })
    }

    pub(super) fn set_output(&mut self, level: u8) -> Result<()> {
        let sink = self.sink()?;
        self.tell(&Command::SetSinkVolume(wire::SetDeviceVolumeParams {
            device_index: Some(sink.index),
            device_name: None,
            volume: scaled(&sink.cvolume, level),
        }))
    }

    pub(super) fn set_output_muted(&mut self, mute: bool) -> Result<()> {
        let sink = self.sink()?;
        self.tell(&Command::SetSinkMute(wire::SetDeviceMuteParams {
            device_index: Some(sink.index),
            device_name: None,
            mute,
        }))
    }

    fn inputs(&mut self) -> Result<Vec<wire::SinkInputInfo>> {
        self.ask(&Command::GetSinkInputInfoList)
    }

    pub(super) fn applications(&mut self) -> Result<Vec<AppVolume>> {
        let mut all: Vec<AppVolume> = self.inputs()?.iter().map(shown).collect();
        all.sort_by_key(|app| app.name.to_lowercase());
        // A browser has a stream for every page; to the user it is one application.
        all.dedup_by(|a, b| a.name == b.name);
        Ok(all)
    }

    pub(super) fn set_application(&mut self, name: &str, level: u8) -> Result<AppVolume> {
        let wanted = name.trim().to_lowercase();
        let inputs = self.inputs()?;
        let meant: Vec<_> = inputs
            .iter()
            .filter(|input| !wanted.is_empty() && shown(input).name.to_lowercase().contains(&wanted))
            .collect();
        let Some(first) = meant.first() else {
            let names: Vec<_> = inputs.iter().map(|input| shown(input).name).collect();
            let playing = if names.is_empty() { "nothing plays now".into() } else { names.join(", ") };
            return Err(Error::not_found(format!(
                "no application called {name:?} plays sound; there is: {playing}"
            )));
        };
        for input in &meant {
            self.tell(&Command::SetSinkInputVolume(wire::SetStreamVolumeParams {
                index: input.index,
                volume: scaled(&input.cvolume, level),
            }))?;
        }
        Ok(AppVolume { level, ..shown(first) })
    }
}

fn shown(input: &wire::SinkInputInfo) -> AppVolume {
    let words = |prop| input.props.get(prop).map(text).filter(|text| !text.is_empty());
    AppVolume {
        name: words(Prop::ApplicationName).unwrap_or_else(|| text(input.name.as_bytes())),
        level: percent(&input.cvolume),
        muted: input.muted,
    }
}

/// Texts of the protocol end with a zero.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned()
}

/// The loudest channel; more than full is full.
fn percent(volume: &ChannelVolume) -> u8 {
    let loudest = volume.channels().iter().map(wire::Volume::as_u32).max().unwrap_or(0);
    u8::try_from((loudest.min(FULL) * 100 + FULL / 2) / FULL).unwrap_or(100)
}

/// The volume with its loudest channel at this level and the balance between the channels as it is.
fn scaled(volume: &ChannelVolume, level: u8) -> ChannelVolume {
    let target = u64::from(u32::from(level) * FULL / 100);
    let loudest = volume.channels().iter().map(wire::Volume::as_u32).max().unwrap_or(0);
    let mut scaled = ChannelVolume::empty();
    for channel in volume.channels() {
        let raw = match loudest {
            0 => target,
            loudest => u64::from(channel.as_u32()) * target / u64::from(loudest),
        };
        scaled.push(wire::Volume::from_u32_clamped(u32::try_from(raw).unwrap_or(FULL)));
    }
    scaled
}

fn lost(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::unavailable(format!("the sound server does not do it: {error}")).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channels(levels: &[u32]) -> ChannelVolume {
        let mut volume = ChannelVolume::empty();
        levels.iter().for_each(|level| volume.push(wire::Volume::from_u32_clamped(*level)));
        volume
    }

    fn raw(volume: &ChannelVolume) -> Vec<u32> {
        volume.channels().iter().map(wire::Volume::as_u32).collect()
    }

    #[test]
    fn the_balance_between_the_ears_stays() {
        let left = channels(&[0x10000, 0x8000]);
        assert_eq!(percent(&left), 100);
        assert_eq!(raw(&scaled(&left, 50)), [0x8000, 0x4000]);
        // From silence there is no balance to keep.
        assert_eq!(raw(&scaled(&channels(&[0, 0]), 50)), [0x8000, 0x8000]);
        assert_eq!(percent(&channels(&[0x20000])), 100);
    }

    #[test]
    fn every_level_comes_back_as_it_was_set() {
        for level in 0..=100 {
            assert_eq!(percent(&scaled(&channels(&[0x10000, 0x10000]), level)), level);
        }
    }
}
