//! The quick bar: a small window above everything else, for a question in between. Made when it is first wanted, kept
//! for the next one, freed after a while.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use tauri::{
    AppHandle, LogicalPosition, LogicalSize, Manager as _, WebviewUrl, WebviewWindow, WebviewWindowBuilder,
};

use super::{Shell, front, window};
use crate::ipc::Streams;
use crate::words::words;

pub(crate) const LABEL: &str = "quick";
const WIDTH: f64 = 680.0;
const LOWEST: f64 = 64.0;
const HIGHEST: f64 = 560.0;
/// The bar is small and comes back quickly, so that it need not be kept for long.
const KEPT: Duration = Duration::from_secs(120);
/// What of a selection is offered.
const LONGEST: usize = 20_000;

/// What was at hand when the bar opened. Only shown in it; nothing of it is sent before the user says so.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Surroundings {
    /// The text that is selected in whatever application (X11 and Wayland).
    selection: Option<String>,
    /// The clipboard's text.
    clipboard: Option<String>,
    /// The `data:` address of a picture of the screen, when the bar was opened to ask about it.
    pub(crate) screenshot: Option<Value>,
}

/// Shows the bar, or hides it when it is there.
pub(crate) fn toggle(app: &AppHandle) {
    match app.get_webview_window(LABEL) {
        Some(bar) if bar.is_visible().unwrap_or(false) => hide(app),
        _ => show(app),
    }
}

pub(crate) fn show(app: &AppHandle) {
    let shown = match app.get_webview_window(LABEL) {
        Some(bar) => place(&bar).and_then(|()| front::bring(&bar)),
        // Its page says when it can be typed into: shown before, it would swallow the first keys.
        None => create(app).map(drop),
    };
    if let Err(error) = shown {
        tracing::error!(%error, "the quick bar cannot be opened");
    }
}

pub(crate) fn hide(app: &AppHandle) {
    let Some(bar) = app.get_webview_window(LABEL) else { return };
    if let Err(error) = bar.hide() {
        tracing::warn!(%error, "the quick bar does not hide");
    }
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(KEPT).await;
        let _ = app.clone().run_on_main_thread(move || {
            let Some(bar) = app.get_webview_window(LABEL) else { return };
            if !bar.is_visible().unwrap_or(true) && !app.state::<Streams>().busy(LABEL) {
                let _ = bar.destroy();
            }
        });
    });
}

/// As high as its content, within reason.
pub(crate) fn fit(bar: &WebviewWindow, height: f64) {
    let height = if height.is_finite() { height.clamp(LOWEST, HIGHEST) } else { LOWEST };
    if let Err(error) = bar.set_size(LogicalSize::new(WIDTH, height)) {
        tracing::debug!(%error, "the quick bar keeps its size");
    }
}

fn create(app: &AppHandle) -> tauri::Result<WebviewWindow> {
    let shell = app.state::<Arc<Shell>>();
    let builder = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::App("quick.html".into()))
        .title(words(&shell.settings().language).quick_title)
        .inner_size(WIDTH, LOWEST)
        .decorations(false)
        // GTK gives a window that cannot be resized the size it wants itself.
        .resizable(cfg!(target_os = "linux"))
        .always_on_top(true)
        .skip_taskbar(true)
        .visible(false);
    window::careful(builder, app, shell.data()).build()
}

/// In the upper third of the screen where the user works.
fn place(bar: &WebviewWindow) -> tauri::Result<()> {
    let Some(monitor) = bar.current_monitor()?.or(bar.primary_monitor()?) else { return bar.center() };
    let scale = monitor.scale_factor();
    let (at, size) = (monitor.position().to_logical::<f64>(scale), monitor.size().to_logical::<f64>(scale));
    let x = at.x + (size.width - WIDTH).max(0.0) / 2.0;
    bar.set_position(LogicalPosition::new(x, at.y + size.height * 0.22))
}

/// Reads what is selected and what is in the clipboard. Blocks for a moment.
pub(crate) fn surroundings() -> Surroundings {
    let Ok(mut clipboard) = arboard::Clipboard::new() else { return Surroundings::default() };
    let selection = selection(&mut clipboard);
    Surroundings { selection, clipboard: offered(clipboard.get_text()), screenshot: None }
}

#[cfg(target_os = "linux")]
fn selection(clipboard: &mut arboard::Clipboard) -> Option<String> {
    use arboard::{GetExtLinux as _, LinuxClipboardKind};
    offered(clipboard.get().clipboard(LinuxClipboardKind::Primary).text())
}

#[cfg(not(target_os = "linux"))]
fn selection(_: &mut arboard::Clipboard) -> Option<String> {
    None
}

fn offered(text: Result<String, arboard::Error>) -> Option<String> {
    let text = text.ok()?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.chars().take(LONGEST).collect())
}
