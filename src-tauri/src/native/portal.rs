//! Global hotkeys from the desktop's portal (org.freedesktop.portal.GlobalShortcuts): on Wayland no program may take a
//! key itself. The desktop may ask the user, and may give other keys than were wished for.

use std::sync::Arc;

use ashpd::desktop::Session;
use ashpd::desktop::global_shortcuts::{BindShortcutsOptions, GlobalShortcuts, NewShortcut};
use futures::StreamExt as _;
use tauri::{AppHandle, Manager as _};
use tokio_util::sync::CancellationToken;

use super::Shell;
use super::hotkeys::Deed;

/// Asks the portal for keys, and does their deeds until `end`.
pub(super) fn bind(app: &AppHandle, wanted: Vec<(Deed, String)>, end: CancellationToken) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        if let Err(error) = hold(&app, &wanted, &end).await {
            app.state::<Arc<Shell>>().hotkeys.refused(&error.to_string());
        }
    });
}

async fn hold(app: &AppHandle, wanted: &[(Deed, String)], end: &CancellationToken) -> ashpd::Result<()> {
    let portal = GlobalShortcuts::new().await?;
    let session = portal.create_session(Default::default()).await?;
    let outcome = tokio::select! {
        () = end.cancelled() => Ok(()),
        outcome = follow(app, wanted, &portal, &session) => outcome,
    };
    // Its keys would go on being told beside those of the next one.
    if let Err(error) = session.close().await {
        tracing::debug!(%error, "the portal keeps old hotkeys");
    }
    outcome
}

async fn follow(
    app: &AppHandle,
    wanted: &[(Deed, String)],
    portal: &GlobalShortcuts,
    session: &Session<GlobalShortcuts>,
) -> ashpd::Result<()> {
    let shortcuts: Vec<_> = wanted
        .iter()
        .filter(|(_, keys)| !keys.is_empty())
        .map(|(deed, keys)| {
            NewShortcut::new(deed.setting(), deed.about()).preferred_trigger(trigger(keys).as_str())
        })
        .collect();
    let bound = portal
        .bind_shortcuts(session, &shortcuts, None, BindShortcutsOptions::default())
        .await?
        .response()?;
    let given: Vec<_> = bound
        .shortcuts()
        .iter()
        .map(|key| (key.id().to_owned(), key.trigger_description().to_owned()))
        .collect();
    app.state::<Arc<Shell>>().hotkeys.given(&given);
    let pressed = portal.receive_activated().await?.map(|key| (key.shortcut_id().to_owned(), true));
    let released = portal.receive_deactivated().await?.map(|key| (key.shortcut_id().to_owned(), false));
    let mut keys = futures::stream::select(pressed.boxed(), released.boxed());
    while let Some((key, down)) = keys.next().await {
        let Some(deed) = Deed::ALL.into_iter().find(|deed| deed.setting() == key) else {
            continue;
        };
        let to = app.clone();
        let _ = app.run_on_main_thread(move || if down { deed.pressed(&to) } else { deed.released(&to) });
    }
    Ok(())
}

/// Keys as the XDG "shortcuts" specification writes them: `CTRL+ALT+l`.
fn trigger(keys: &str) -> String {
    let parts: Vec<_> = keys
        .split('+')
        .map(|part| match part.trim().to_ascii_uppercase().as_str() {
            "CONTROL" | "CTRL" => "CTRL".into(),
            "SUPER" | "META" | "CMD" | "COMMAND" => "LOGO".into(),
            modifier @ ("ALT" | "SHIFT") => modifier.to_owned(),
            key => key.to_ascii_lowercase(),
        })
        .collect();
    parts.join("+")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_written_as_the_portal_wants_them() {
        assert_eq!(trigger("Ctrl+Alt+L"), "CTRL+ALT+l");
        assert_eq!(trigger("Super+Shift+Space"), "LOGO+SHIFT+space");
    }
}
