//! The talk key and the tray's entry for it: presses reach Luna in the order they were made.

use serde_json::json;
use tokio::sync::mpsc;

use crate::core::Core;

/// Presses that may wait while Luna is being woken; more would only be undone again.
const WAITING: usize = 16;

/// What was done with the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Talk {
    Hold,
    Release,
    Toggle,
}

/// Where presses go.
pub(super) fn line(core: Core) -> mpsc::Sender<Talk> {
    let (line, mut presses) = mpsc::channel(WAITING);
    tauri::async_runtime::spawn(async move {
        while let Some(press) = presses.recv().await {
            let button = match press {
                Talk::Hold => "hold",
                Talk::Release => "release",
                Talk::Toggle => "toggle",
            };
            if let Err(trouble) = core.call("voice.press", json!({ "button": button })).await {
                tracing::warn!(why = trouble.message(), "Luna does not listen");
            }
        }
    });
    line
}
