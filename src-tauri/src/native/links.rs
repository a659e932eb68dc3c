//! `luna://` links: `luna://open/memory` shows a screen. A link can come from any page, so it only ever shows something.

use tauri::{AppHandle, Url};

use super::window;

/// Begins to listen for links that the system hands over while the program runs, and registers for them where no
/// package did.
pub(crate) fn listen(app: &AppHandle) {
    #[cfg(target_os = "macos")]
    {
        use tauri_plugin_deep_link::DeepLinkExt as _;
        let to = app.clone();
        app.deep_link().on_open_url(move |event| event.urls().iter().for_each(|link| open(&to, link)));
    }
    #[cfg(target_os = "linux")]
    if std::env::var_os("APPIMAGE").is_some() {
        use tauri_plugin_deep_link::DeepLinkExt as _;
        if let Err(error) = app.deep_link().register_all() {
            tracing::warn!(%error, "luna:// links are not registered");
        }
    }
    #[cfg(windows)]
    let _ = app;
}

/// Shows what a link names; the window as it is when it names nothing that is known.
pub(crate) fn open(app: &AppHandle, link: &Url) {
    window::show(app, route(link).as_deref());
}

fn route(link: &Url) -> Option<String> {
    let named = link.scheme() == "luna" && link.host_str() == Some("open");
    let route = link.path();
    (named && route.len() > 1 && luna_app::desktop::is_route(route)).then(|| route.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_screens_are_opened() {
        let of = |link: &str| route(&Url::parse(link).unwrap());
        assert_eq!(of("luna://open/settings/models").as_deref(), Some("/settings/models"));
        for other in [
            "luna://open",
            "luna://open/",
            "luna://run/rm",
            "https://open/chat",
            "luna://open/a%20b",
            "luna://open/chat?x#y",
        ] {
            assert!(of(other).is_none_or(|route| route == "/chat"), "{other}");
        }
    }
}
