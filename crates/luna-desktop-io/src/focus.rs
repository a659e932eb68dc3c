//! Bringing a window that is there to the front, under X11. Wayland lets no program do that to another's windows; there a
//! second start does it, which well-behaved applications turn into their one window.

use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{Atom, AtomEnum, ClientMessageEvent, ConnectionExt as _, EventMask, Window};
use x11rb::rust_connection::RustConnection;

/// Most windows that are looked at.
const MOST: u32 = 4096;
/// "The request comes from something like a taskbar", by the window manager specification: it is not refused as theft.
const FROM_PAGER: u32 = 2;

/// Brings the window of one of these classes to the front; whether there was one. Blocks.
pub(crate) fn window_of(classes: &[String]) -> bool {
    if std::env::var_os("WAYLAND_DISPLAY").is_some_and(|name| !name.is_empty()) {
        return false;
    }
    let Ok((x, screen)) = x11rb::connect(None) else { return false };
    let Some(root) = x.setup().roots.get(screen).map(|screen| screen.root) else { return false };
    bring(&x, root, classes).unwrap_or_else(|error| {
        tracing::debug!(%error, "the window manager was not understood");
        false
    })
}

fn bring(
    x: &RustConnection,
    root: Window,
    classes: &[String],
) -> Result<bool, Box<dyn std::error::Error + Send + Sync>> {
    let atom = |name: &[u8]| -> Result<Atom, Box<dyn std::error::Error + Send + Sync>> {
        Ok(x.intern_atom(false, name)?.reply()?.atom)
    };
    let (clients, active) = (atom(b"_NET_CLIENT_LIST_STACKING")?, atom(b"_NET_ACTIVE_WINDOW")?);
    let stack = x.get_property(false, root, clients, AtomEnum::WINDOW, 0, MOST)?.reply()?;
    let windows: Vec<Window> = stack.value32().map(Iterator::collect).unwrap_or_default();
    // The uppermost is the one that was used last.
    for window in windows.into_iter().rev() {
        let class = x.get_property(false, window, AtomEnum::WM_CLASS, AtomEnum::STRING, 0, 256)?.reply()?;
        let names = String::from_utf8_lossy(&class.value).to_lowercase();
        let is_it = names
            .split('\0')
            .filter(|name| !name.is_empty())
            .any(|name| classes.iter().any(|class| class.to_lowercase() == name));
        if is_it {
            let message = ClientMessageEvent::new(32, window, active, [FROM_PAGER, 0, 0, 0, 0]);
            let seen_by = EventMask::SUBSTRUCTURE_REDIRECT | EventMask::SUBSTRUCTURE_NOTIFY;
            x.send_event(false, root, seen_by, message)?.check()?;
            return Ok(true);
        }
    }
    Ok(false)
}
