//! The desktop program around Luna, where there is one: what it can do here, and being called up from outside. What a
//! window, a tray or a hotkey is, only that program knows.

use std::sync::Arc;

use async_trait::async_trait;
use luna_model::{Error, Result};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use ts_rs::TS;

use crate::table::{Context, Done, Empty, Register};

/// The desktop program, as the command table sees it.
#[async_trait]
pub trait Desktop: Send + Sync {
    /// What it can do here and now.
    async fn view(&self) -> DesktopView;

    /// Tries whether keys could be a global hotkey; changes nothing.
    async fn try_hotkey(&self, keys: &str) -> Hotkey;

    /// Shows one of its windows.
    async fn show(&self, what: Show, route: Option<String>) -> Result<()>;
}

/// What the desktop program can do here.
#[derive(Clone, Debug, Default, PartialEq, Serialize, TS)]
pub struct DesktopView {
    /// Whether the window is on the screen.
    pub shown: bool,
    /// The global hotkeys, and whether they work.
    pub hotkeys: Vec<Hotkey>,
    /// What a user should know of hotkeys here, such as that the desktop chooses them, or has none.
    pub hotkeys_note: Option<String>,
    /// Commands to bind in the desktop's own settings, where global hotkeys cannot be had.
    pub bind: Vec<String>,
    /// Whether the desktop shows tray icons; unknown where it does not say.
    pub tray: Option<bool>,
    /// Whether Luna starts with the user's session.
    pub starts_at_login: bool,
    /// Whether updates are looked for.
    pub updates: bool,
    /// The address of the Luna in another process that the window shows; none = its own.
    pub attached_to: Option<String>,
    /// Why ports are not listened on, in words.
    pub closed_ports: Vec<String>,
}

/// A global hotkey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct Hotkey {
    /// The field of the settings that holds it: `hotkey_open`, `hotkey_ask`, `hotkey_talk`.
    pub setting: String,
    /// The keys: `Ctrl+Alt+L`; empty = none.
    pub keys: String,
    /// Whether pressing them does something.
    pub active: bool,
    /// Why not, and what to do.
    pub problem: Option<String>,
}

/// What of the desktop program is to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Show {
    /// The window.
    Window,
    /// The window when it is away, nothing when it is there.
    Toggle,
    /// The quick bar.
    Quick,
}

async fn view(cx: Context, _: Empty) -> Result<Option<DesktopView>> {
    match cx.desktop() {
        Some(desktop) => Ok(Some(desktop.view().await)),
        None => Ok(None),
    }
}

#[derive(Debug, Deserialize, TS)]
struct TryHotkey {
    keys: String,
}

async fn try_hotkey(cx: Context, q: TryHotkey) -> Result<Hotkey> {
    Ok(there(&cx)?.try_hotkey(&q.keys).await)
}

#[derive(Debug, Deserialize, TS)]
struct ShowDesktop {
    what: Show,
    /// The screen to show: `/chat`, `/settings/hotkeys`.
    #[ts(optional)]
    route: Option<String>,
}

async fn show(cx: Context, q: ShowDesktop) -> Result<Done> {
    shown(&*there(&cx)?, q).await
}

async fn shown(desktop: &dyn Desktop, q: ShowDesktop) -> Result<Done> {
    if q.route.as_deref().is_some_and(|route| !is_route(route)) {
        return Err(Error::invalid("a route begins with / and has letters, digits, /, - and _ only"));
    }
    desktop.show(q.what, q.route).await?;
    Ok(Done {})
}

/// Whether this names a screen, and nothing else that an address could.
#[must_use]
pub fn is_route(text: &str) -> bool {
    text.len() <= 200
        && text.strip_prefix('/').is_some_and(|rest| {
            !rest.starts_with('/')
                && rest.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_'))
        })
}

fn there(cx: &Context) -> Result<Arc<dyn Desktop>> {
    cx.desktop()
        .ok_or_else(|| Error::unavailable("the desktop program does not run; start it, then try again"))
}

/// Answers a command of this file for a desktop program whose Luna is another's; none when it is not of this file.
pub async fn answer(desktop: Arc<dyn Desktop>, name: &str, input: Value) -> Option<Result<Value>> {
    async fn json<Q: DeserializeOwned, R: Serialize>(
        input: Value,
        work: impl AsyncFnOnce(Q) -> Result<R>,
    ) -> Result<Value> {
        serde_json::to_value(work(crate::table::read(input)?).await?).map_err(Error::internal)
    }
    Some(match name {
        "desktop.get" => json(input, async |_: Empty| Ok(desktop.view().await)).await,
        "desktop.try_hotkey" => json(input, async |q: TryHotkey| Ok(desktop.try_hotkey(&q.keys).await)).await,
        "desktop.show" => json(input, async |q: ShowDesktop| shown(&*desktop, q).await).await,
        _ => return None,
    })
}

pub(crate) fn register(r: &mut Register) {
    r.reply("desktop.get", view);
    r.reply("desktop.try_hotkey", try_hotkey);
    r.reply("desktop.show", show);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_a_screen_and_no_address() {
        for route in ["/chat", "/settings/hotkeys", "/chat/0199d0f4-6f0e-7000-8000-000000000000", "/"] {
            assert!(is_route(route), "{route}");
        }
        for other in ["", "chat", "//evil.example/%2e", "/chat?x", "/a b", "javascript:alert(1)", "/../x"] {
            assert!(!is_route(other), "{other}");
        }
    }
}
