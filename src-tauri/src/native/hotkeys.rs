//! Keys that work everywhere. On X11, Windows and macOS the program takes them itself; on Wayland the desktop's portal
//! gives them; where there is neither, there are commands to bind. Says of each key whether it works, and why not.

use std::str::FromStr as _;
use std::sync::Arc;

use luna_app::desktop::Hotkey;
use luna_model::Settings;
use parking_lot::Mutex;
use tauri::{AppHandle, Manager as _};
use tauri_plugin_global_shortcut::{GlobalShortcutExt as _, Shortcut, ShortcutState};
#[cfg(target_os = "linux")]
use tokio_util::sync::CancellationToken;

use super::talk::Talk;
use super::{Shell, quick, window};

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    Open,
    Ask,
    /// While it is held; a short press is a toggle.
    Talk,
}

impl Deed {
    pub(super) const ALL: [Self; 3] = [Self::Open, Self::Ask, Self::Talk];

    /// The field of the settings with its keys.
    pub(super) const fn setting(self) -> &'static str {
        match self {
            Self::Open => "hotkey_open",
            Self::Ask => "hotkey_ask",
            Self::Talk => "hotkey_talk",
        }
    }

    pub(super) fn keys(self, settings: &Settings) -> &str {
        match self {
            Self::Open => &settings.hotkey_open,
            Self::Ask => &settings.hotkey_ask,
            Self::Talk => &settings.hotkey_talk,
        }
    }

    /// The command that does the same.
    const fn command(self) -> &'static str {
        match self {
            Self::Open => "luna open --toggle",
            Self::Ask => "luna open --quick",
            Self::Talk => "luna-desktop --talk",
        }
    }

    /// What it does for whoever is asked to confirm it.
    #[cfg(target_os = "linux")]
    pub(super) const fn about(self) -> &'static str {
        match self {
            Self::Open => "Show or hide Luna",
            Self::Ask => "Ask Luna in the quick bar",
            Self::Talk => "Talk to Luna while it is held",
        }
    }

    /// The key went down.
    pub(super) fn pressed(self, app: &AppHandle) {
        match self {
            Self::Open => window::toggle(app),
            Self::Ask => quick::toggle(app),
            Self::Talk => app.state::<Arc<Shell>>().talk(Talk::Hold),
        }
    }

    /// The key went up.
    pub(super) fn released(self, app: &AppHandle) {
        if self == Self::Talk {
            app.state::<Arc<Shell>>().talk(Talk::Release);
        }
    }
}

/// How keys are had here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// The program takes them.
    Taken,
    /// The desktop's portal gives them; asked for when they are first needed.
    Portal,
}

pub(super) struct Hotkeys {
    app: AppHandle,
    way: Way,
    /// Held while keys are taken.
    applying: Mutex<()>,
    state: Mutex<Vec<Hotkey>>,
    /// What the portal said; none = nothing to say.
    note: Mutex<Option<String>>,
    bind: Mutex<Vec<String>>,
    /// Ends what follows the portal's keys; those of before are given back when others are wanted.
    #[cfg(target_os = "linux")]
    followed: Mutex<CancellationToken>,
}

impl Hotkeys {
    pub(super) fn new(app: AppHandle) -> Self {
        let way = if is_wayland() { Way::Portal } else { Way::Taken };
        Self {
            app,
            way,
            applying: Mutex::default(),
            state: Mutex::default(),
            note: Mutex::default(),
            bind: Mutex::default(),
            #[cfg(target_os = "linux")]
            followed: Mutex::default(),
        }
    }

    /// How each stands, what to know, and what to bind where none can be had.
    pub(super) fn state(&self) -> (Vec<Hotkey>, Option<String>, Vec<String>) {
        (self.state.lock().clone(), self.note.lock().clone(), self.bind.lock().clone())
    }

    /// Takes the keys that the settings name, if they changed. Waits for the main thread, so it is called on another.
    pub(super) fn apply(&self, settings: &Settings) {
        let _one = self.applying.lock();
        let wanted = Deed::ALL.map(|deed| (deed, deed.keys(settings).trim().to_owned()));
        let same = {
            let state = self.state.lock();
            state.len() == wanted.len() && state.iter().zip(&wanted).all(|(is, (_, keys))| is.keys == *keys)
        };
        if same {
            return;
        }
        let state = match self.way {
            Way::Taken => self.take(&wanted),
            Way::Portal => self.ask_portal(&wanted),
        };
        for key in state.iter().filter_map(|key| key.problem.as_deref()) {
            tracing::warn!(why = key, "a hotkey does not work");
        }
        *self.state.lock() = state;
    }

    /// Whether keys could be had; changes nothing. On the main thread or not.
    pub(super) fn attempt(&self, keys: &str) -> Hotkey {
        let state = |active, problem| Hotkey { setting: String::new(), keys: keys.into(), active, problem };
        let shortcut = match parse(keys) {
            Ok(shortcut) => shortcut,
            Err(why) => return state(false, Some(why)),
        };
        if self.way == Way::Portal {
            return state(true, None);
        }
        let ours = self.state.lock().iter().any(|held| held.active && parse(&held.keys) == Ok(shortcut));
        if ours {
            return state(false, Some(format!("{keys} is another hotkey of Luna's already")));
        }
        let manager = self.app.global_shortcut();
        match manager.register(shortcut) {
            Ok(()) => {
                let _ = manager.unregister(shortcut);
                state(true, None)
            }
            Err(_) => state(false, Some(taken(keys))),
        }
    }

    fn take(&self, wanted: &[(Deed, String)]) -> Vec<Hotkey> {
        let manager = self.app.global_shortcut();
        let any = self.state.lock().iter().any(|key| key.active);
        if any && let Err(error) = manager.unregister_all() {
            tracing::debug!(%error, "old hotkeys stay");
        }
        let mut held: Vec<Shortcut> = vec![];
        let take = |(deed, keys): &(Deed, String)| {
            let problem = if keys.is_empty() {
                None
            } else {
                match parse(keys) {
                    Err(why) => Some(why),
                    Ok(shortcut) if held.contains(&shortcut) => {
                        Some(format!("{keys} is another hotkey of Luna's already"))
                    }
                    Ok(shortcut) => {
                        held.push(shortcut);
                        let deed = *deed;
                        let pressed = move |app: &AppHandle, _: &Shortcut, event: tauri_plugin_global_shortcut::ShortcutEvent| {
                            match event.state() {
                                ShortcutState::Pressed => deed.pressed(app),
                                ShortcutState::Released => deed.released(app),
                            }
                        };
                        manager.on_shortcut(shortcut, pressed).err().map(|_| taken(keys))
                    }
                }
            };
            let active = !keys.is_empty() && problem.is_none();
            Hotkey { setting: deed.setting().into(), keys: keys.clone(), active, problem }
        };
        wanted.iter().map(take).collect()
    }

    #[cfg(target_os = "linux")]
    fn ask_portal(&self, wanted: &[(Deed, String)]) -> Vec<Hotkey> {
        let end = CancellationToken::new();
        std::mem::replace(&mut *self.followed.lock(), end.clone()).cancel();
        super::portal::bind(&self.app, wanted.to_vec(), end);
        let state = |(deed, keys): &(Deed, String)| Hotkey {
            setting: deed.setting().into(),
            keys: keys.clone(),
            active: false,
            problem: None,
        };
        wanted.iter().map(state).collect()
    }

    #[cfg(not(target_os = "linux"))]
    fn ask_portal(&self, wanted: &[(Deed, String)]) -> Vec<Hotkey> {
        self.take(wanted)
    }

    /// The portal gave these keys, in its own words.
    #[cfg(target_os = "linux")]
    pub(super) fn given(&self, keys: &[(String, String)]) {
        for held in self.state.lock().iter_mut() {
            if let Some((_, trigger)) = keys.iter().find(|(setting, _)| *setting == held.setting) {
                held.active = true;
                held.problem = None;
                if !trigger.is_empty() && *trigger != held.keys {
                    held.problem =
                        Some(format!("this desktop gave it {trigger} instead; change it in its settings"));
                }
            }
        }
        *self.note.lock() =
            Some("This desktop hands out hotkeys itself; it may ask you to confirm them.".into());
        self.bind.lock().clear();
    }

    /// There is no portal for keys, or it said no.
    #[cfg(target_os = "linux")]
    pub(super) fn refused(&self, why: &str) {
        tracing::warn!(why, "this desktop gives no global hotkeys");
        for held in self.state.lock().iter_mut() {
            held.active = false;
        }
        *self.note.lock() = Some(
            "Programs cannot take global hotkeys on this desktop. Bind these commands to keys in its keyboard settings."
                .into(),
        );
        *self.bind.lock() = Deed::ALL.iter().map(|deed| deed.command().to_owned()).collect();
    }
}

fn taken(keys: &str) -> String {
    format!("{keys} is used by another program or by the desktop; choose other keys")
}

/// A hotkey needs a modifier, so that no key is lost for typing.
fn parse(keys: &str) -> Result<Shortcut, String> {
    let shortcut = Shortcut::from_str(keys)
        .map_err(|_| format!("{keys:?} is no key; write it like Ctrl+Alt+L or Ctrl+Shift+Space"))?;
    if shortcut.mods.is_empty() {
        return Err(format!("{keys} alone would be lost for typing; add Ctrl, Alt or Super"));
    }
    Ok(shortcut)
}

fn is_wayland() -> bool {
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|v| v.eq_ignore_ascii_case(value));
    cfg!(target_os = "linux")
        && !is("GDK_BACKEND", "x11")
        && (is("XDG_SESSION_TYPE", "wayland") || std::env::var_os("WAYLAND_DISPLAY").is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_people_write_them() {
        let settings = Settings::default();
        for deed in Deed::ALL {
            assert!(parse(deed.keys(&settings)).is_ok(), "{}", deed.keys(&settings));
        }
        assert_eq!(parse("ctrl+alt+l"), parse("Alt+Control+L"));
        assert!(parse("L").unwrap_err().contains("typing"));
        assert!(parse("Ctrl+Nothing").unwrap_err().contains("no key"));
    }
}
