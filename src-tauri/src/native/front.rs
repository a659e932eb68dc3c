//! Brings a window to the front, with the keyboard. A window manager keeps the focus from a program that does not say
//! when its user asked for it; a hotkey, the tray and a second start are the user asking now.

#[cfg(target_os = "linux")]
use gtk::gdk;
use tauri::WebviewWindow;

/// No time: the window manager decides (GDK_CURRENT_TIME).
#[cfg(target_os = "linux")]
const NOW: u32 = 0;

/// Shows it in front of all others. From any thread.
pub(super) fn bring(window: &WebviewWindow) -> tauri::Result<()> {
    window.unminimize()?;
    #[cfg(target_os = "linux")]
    {
        let there = window.clone();
        window.run_on_main_thread(move || {
            if let Err(error) = present(&there) {
                tracing::warn!(%error, "a window does not come to the front");
            }
        })
    }
    #[cfg(not(target_os = "linux"))]
    window.show().and_then(|()| window.set_focus())
}

#[cfg(target_os = "linux")]
fn present(window: &WebviewWindow) -> tauri::Result<()> {
    use gtk::prelude::{GtkWindowExt as _, WidgetExt as _};
    let gtk = window.gtk_window()?;
    gtk.show_all();
    gtk.present_with_time(gtk.window().map_or(NOW, asked_at));
    Ok(())
}

/// The X server's time. On Wayland none is asked for.
#[cfg(target_os = "linux")]
fn asked_at(window: gdk::Window) -> u32 {
    use gtk::glib::Cast as _;
    // The server tells the time by a change of a property: without this it would be waited for in vain.
    window.set_events(window.events() | gdk::EventMask::PROPERTY_CHANGE_MASK);
    window
        .downcast::<gdkx11::X11Window>()
        .map_or(NOW, |window| gdkx11::functions::x11_get_server_time(&window))
}
