//! Volume and mute: spoken to PipeWire's and PulseAudio's server directly where one runs, else through the tool of
//! whatever sound system there is.

#[cfg(target_os = "linux")]
mod pulse;
mod tool;

use luna_core::ports::{AppVolume, Volume};
use luna_model::{Error, Result};

/// How loud the machine is.
pub(crate) async fn volume() -> Result<Volume> {
    #[cfg(target_os = "linux")]
    if let Some(socket) = pulse::socket() {
        return pulse::with(socket, |server| server.output()).await;
    }
    tool::volume().await
}

pub(crate) async fn set_volume(level: u8) -> Result<()> {
    #[cfg(target_os = "linux")]
    if let Some(socket) = pulse::socket() {
        return pulse::with(socket, move |server| server.set_output(level)).await;
    }
    tool::set_volume(level).await
}

pub(crate) async fn set_muted(muted: bool) -> Result<()> {
    #[cfg(target_os = "linux")]
    if let Some(socket) = pulse::socket() {
        return pulse::with(socket, move |server| server.set_output_muted(muted)).await;
    }
    tool::set_muted(muted).await
}

/// The applications that have sound open now.
pub(crate) async fn applications() -> Result<Vec<AppVolume>> {
    #[cfg(target_os = "linux")]
    if let Some(socket) = pulse::socket() {
        return pulse::with(socket, pulse::Server::applications).await;
    }
    Err(no_applications())
}

/// Sets every stream of the application that fits the name.
pub(crate) async fn set_application(name: String, level: u8) -> Result<AppVolume> {
    #[cfg(target_os = "linux")]
    if let Some(socket) = pulse::socket() {
        return pulse::with(socket, move |server| server.set_application(&name, level)).await;
    }
    let _ = (name, level);
    Err(no_applications())
}

fn no_applications() -> Error {
    Error::unavailable(
        "the volume of a single application can be set where PipeWire (with pipewire-pulse) or PulseAudio runs; none answers here",
    )
}
