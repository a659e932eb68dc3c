//! The window: shown, hidden when it is closed, freed when it was hidden for a while, and made anew where it was. Its
//! web view is most of the program's memory, which is why it is not kept.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tauri::plugin::TauriPlugin;
use tauri::utils::config::Color;
use tauri::webview::{DownloadEvent, PageLoadEvent};
use tauri::{
    AppHandle, Manager as _, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder, Window, WindowEvent, Wry,
};
use tauri_plugin_window_state::{AppHandleExt as _, StateFlags};
use tokio_util::sync::CancellationToken;

use super::{Shell, front, quick};
use crate::ipc::Streams;

pub(crate) const LABEL: &str = "main";
/// Waited for an answer that still comes, before a hidden window is freed.
const LATER: Duration = Duration::from_secs(30);

/// What is kept of the window while it is away.
#[derive(Default)]
pub(crate) struct Kept {
    route: Mutex<Option<String>>,
    freeing: Mutex<Option<CancellationToken>>,
    going: Mutex<Going>,
}

/// Whether the window is being destroyed, which takes a moment.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Going {
    #[default]
    No,
    Yes,
    /// It was asked for meanwhile.
    AndWanted,
}

/// Size and place are kept over restarts, for the window alone.
pub(crate) fn state_plugin() -> TauriPlugin<Wry> {
    tauri_plugin_window_state::Builder::new()
        .with_state_flags(kept_state())
        .with_filter(|label| label == LABEL)
        .build()
}

fn kept_state() -> StateFlags {
    StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED | StateFlags::FULLSCREEN
}

/// Brings the window to the front, at a route where one is named.
pub(crate) fn show(app: &AppHandle, route: Option<&str>) {
    let shell = app.state::<Arc<Shell>>();
    if let Some(freeing) = shell.window.freeing.lock().take() {
        freeing.cancel();
    }
    {
        let mut going = shell.window.going.lock();
        if *going != Going::No {
            *going = Going::AndWanted;
            if let Some(route) = route {
                *shell.window.route.lock() = Some(route.to_owned());
            }
            return;
        }
    }
    let Some(window) = app.get_webview_window(LABEL) else {
        let kept = shell.window.route.lock().take();
        let route = route.map(str::to_owned).or(kept);
        if let Err(error) = create(app, shell.data(), route.as_deref()) {
            tracing::error!(%error, "the window cannot be opened");
        }
        return;
    };
    if let Some(route) = route {
        go(&window, route);
    }
    if let Err(error) = front::bring(&window) {
        tracing::warn!(%error, "the window does not come to the front");
    }
}

/// Hides the window when it is in front, shows it otherwise.
pub(crate) fn toggle(app: &AppHandle) {
    match app.get_webview_window(LABEL) {
        Some(window) if is_in_front(&window) => hide(&window),
        _ => show(app, None),
    }
}

/// Whether the user has it before their eyes.
pub(crate) fn is_looked_at(app: &AppHandle) -> bool {
    app.get_webview_window(LABEL).is_some_and(|window| is_in_front(&window))
}

/// Whether it is on the screen.
pub(crate) fn is_shown(app: &AppHandle) -> bool {
    app.get_webview_window(LABEL).is_some_and(|window| window.is_visible().unwrap_or(false))
}

fn is_in_front(window: &WebviewWindow) -> bool {
    window.is_visible().unwrap_or(false)
        && window.is_focused().unwrap_or(false)
        && !window.is_minimized().unwrap_or(false)
}

fn hide(window: &WebviewWindow) {
    let app = window.app_handle();
    // Sizes are written down while there is a window to measure.
    if let Err(error) = app.save_window_state(kept_state()) {
        tracing::debug!(%error, "the window's place is not kept");
    }
    if let Err(error) = window.hide() {
        tracing::warn!(%error, "the window does not hide");
        return;
    }
    let shell = app.state::<Arc<Shell>>();
    shell.say_still_here();
    let seconds = shell.settings().free_window_after_s;
    if seconds == 0 {
        return;
    }
    let end = CancellationToken::new();
    if let Some(before) = shell.window.freeing.lock().replace(end.clone()) {
        before.cancel();
    }
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        let mut wait = Duration::from_secs(seconds);
        loop {
            tokio::select! {
                () = end.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
            // What the page follows would be stopped with it.
            if !app.state::<Streams>().busy(LABEL) {
                break;
            }
            wait = LATER;
        }
        let _ = app.clone().run_on_main_thread(move || {
            if !end.is_cancelled() {
                free(&app);
            }
        });
    });
}

fn free(app: &AppHandle) {
    let Some(window) = app.get_webview_window(LABEL) else { return };
    if window.is_visible().unwrap_or(true) {
        return;
    }
    *app.state::<Arc<Shell>>().window.route.lock() = window.url().ok().and_then(|url| route_of(&url));
    *app.state::<Arc<Shell>>().window.going.lock() = Going::Yes;
    match window.destroy() {
        Ok(()) => tracing::info!("the hidden window gave its memory back"),
        Err(error) => {
            tracing::warn!(%error, "the hidden window stays");
            gone(app);
        }
    }
}

/// It is destroyed; whoever asked for it meanwhile gets another.
fn gone(app: &AppHandle) {
    let going = std::mem::take(&mut *app.state::<Arc<Shell>>().window.going.lock());
    if going == Going::AndWanted {
        let app = app.clone();
        // Its name is free once this event was handled.
        tauri::async_runtime::spawn(async move {
            let _ = app.clone().run_on_main_thread(move || show(&app, None));
        });
    }
}

/// The screen that an address of the page names: `…#/chat/1` is `/chat/1`.
fn route_of(url: &Url) -> Option<String> {
    let route = url.fragment()?;
    luna_app::desktop::is_route(route).then(|| route.to_owned())
}

fn go(window: &WebviewWindow, route: &str) {
    let Ok(mut url) = window.url() else { return };
    if !luna_app::desktop::is_route(route) {
        return;
    }
    url.set_fragment(Some(route));
    if let Err(error) = window.navigate(url) {
        tracing::warn!(%error, "the window does not go there");
    }
}

fn create(app: &AppHandle, data: &Path, route: Option<&str>) -> tauri::Result<()> {
    let page = match route.filter(|route| luna_app::desktop::is_route(route)) {
        Some(route) => format!("index.html#{route}"),
        None => "index.html".into(),
    };
    let builder = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::App(page.into()))
        .title("Luna")
        .inner_size(1200.0, 800.0)
        .min_inner_size(480.0, 480.0);
    front::bring(&careful(builder, app, data).build()?)
}

/// What every page of the program is held to: it stays at home, and its storage is in Luna's folder.
pub(super) fn careful<'a>(
    builder: WebviewWindowBuilder<'a, Wry, AppHandle>,
    app: &AppHandle,
    data: &Path,
) -> WebviewWindowBuilder<'a, Wry, AppHandle> {
    let dark = app.state::<Arc<Shell>>().settings().theme == "dark";
    let elsewhere = app.clone();
    builder
        .data_directory(data.join("webview"))
        // Until the page paints, its own ground.
        .background_color(if dark { Color(0x17, 0x17, 0x1c, 0xff) } else { Color(0xfb, 0xfb, 0xfd, 0xff) })
        .on_navigation(move |url| is_home(&elsewhere, url))
        .on_document_title_changed(|window, title| {
            if let Err(error) = window.set_title(&title) {
                tracing::debug!(%error, "the window keeps its title");
            }
        })
        .on_page_load(|window, load| {
            if load.event() == PageLoadEvent::Started {
                window.state::<Streams>().end_all(window.label());
            }
        })
        .on_download(|webview, event| {
            match event {
                DownloadEvent::Requested { destination, .. } => {
                    let name =
                        destination.file_name().map(ToOwned::to_owned).unwrap_or_else(|| "luna".into());
                    if let Ok(folder) = webview.path().download_dir() {
                        *destination = free_name(&folder, Path::new(&name));
                    }
                }
                DownloadEvent::Finished { path: Some(path), success: true, .. } => {
                    webview.state::<Arc<Shell>>().notices.saved(&path);
                }
                _ => {}
            }
            true
        })
}

/// A name in a folder that nothing has yet.
fn free_name(folder: &Path, name: &Path) -> std::path::PathBuf {
    let stem = name.file_stem().unwrap_or_default().to_string_lossy();
    let end = name.extension().map(|end| format!(".{}", end.to_string_lossy())).unwrap_or_default();
    let numbered = (2..).map(|n| folder.join(format!("{stem} ({n}){end}")));
    std::iter::once(folder.join(name)).chain(numbered).find(|path| !path.exists()).unwrap_or_default()
}

fn is_home(app: &AppHandle, url: &Url) -> bool {
    let own = matches!(url.scheme(), "tauri" | "blob")
        || (matches!(url.scheme(), "http" | "https") && url.host_str() == Some("tauri.localhost"))
        || url.as_str() == "about:blank"
        || url.as_str() == "about:srcdoc";
    let vite = tauri::is_dev()
        && app.config().build.dev_url.as_ref().is_some_and(|dev| dev.origin() == url.origin());
    if !own && !vite {
        tracing::warn!(host = url.host_str(), "the window stays at home");
    }
    own || vite
}

/// What happens to the windows.
pub(crate) fn on_event(window: &Window, event: &WindowEvent) {
    let app = window.app_handle();
    match event {
        WindowEvent::CloseRequested { api, .. } if window.label() == LABEL => {
            if !app.state::<Arc<Shell>>().settings().close_to_tray {
                app.exit(0);
                return;
            }
            api.prevent_close();
            if let Some(window) = app.get_webview_window(LABEL) {
                hide(&window);
            }
        }
        WindowEvent::CloseRequested { api, .. } => {
            api.prevent_close();
            quick::hide(app);
        }
        WindowEvent::Destroyed => {
            app.state::<Streams>().end_all(window.label());
            if window.label() == LABEL {
                gone(app);
            }
            #[cfg(target_os = "linux")]
            super::memory::give_back(app);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_route_is_what_the_page_shows() {
        let of = |url: &str| route_of(&Url::parse(url).unwrap());
        assert_eq!(of("tauri://localhost/index.html#/chat/0199").as_deref(), Some("/chat/0199"));
        assert_eq!(of("tauri://localhost/"), None);
        assert_eq!(of("tauri://localhost/#//elsewhere"), None);
    }

    #[test]
    fn nothing_is_written_over() {
        let folder = std::env::temp_dir();
        let taken = tempfile::Builder::new().suffix(".md").tempfile_in(&folder).unwrap();
        let name = Path::new(taken.path().file_name().unwrap());
        let free = free_name(&folder, name);
        assert_ne!(free, taken.path());
        assert!(free.to_string_lossy().ends_with("(2).md"), "{}", free.display());
    }
}
