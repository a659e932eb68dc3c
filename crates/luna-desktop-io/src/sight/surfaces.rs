//! The windows as the X server knows them: what tells whether a window that an application speaks of is on the screen,
//! and how many pixels of the screen one of its own is.

use x11rb::connection::Connection as _;
use x11rb::properties::WmClass;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, MapState, Window};
use x11rb::rust_connection::RustConnection;

use super::Rect;

/// Windows that are looked at.
const MOST: u32 = 1_000;
/// Longest text of a property, in units of four bytes.
const LONGEST: u32 = 1_024;

x11rb::atom_manager! {
    /// What is asked for by name.
    Atoms: AtomsCookie {
        AT_SPI_BUS,
        UTF8_STRING,
        _GTK_FRAME_EXTENTS,
        _NET_CLIENT_LIST,
        _NET_WM_NAME,
        _NET_WM_PID,
        _NET_WM_STATE,
        _NET_WM_STATE_HIDDEN,
    }
}

/// The desk: its windows, and what else the X server tells of it. Empty without one.
#[derive(Debug, Default)]
pub(super) struct Desk {
    pub(super) surfaces: Vec<Surface>,
    /// The address of the accessibility bus.
    pub(super) bus: Option<String>,
    /// Whether there are windows that the X server knows nothing of.
    pub(super) wayland: bool,
}

/// A window, without what the window manager puts around it.
#[derive(Clone, Debug, Default)]
pub(super) struct Surface {
    pub(super) process: Option<u32>,
    pub(super) title: String,
    pub(super) app: String,
    pub(super) place: Rect,
    /// Its shadows to the left and right, which belong to `place`, in pixels.
    pub(super) shadows: u32,
    /// Neither minimised nor on another desktop.
    pub(super) shown: bool,
}

/// Where a window of an application stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Standing {
    /// On the screen; one of the application's pixels is so many of the screen's.
    Shown(f64),
    /// Minimised, or on another desktop.
    Hidden,
    /// Only the compositor knows.
    Unknown,
}

impl Desk {
    /// What the X server says now.
    pub(super) fn now() -> Self {
        let wayland = std::env::var_os("WAYLAND_DISPLAY").is_some_and(|name| !name.is_empty())
            || std::env::var_os("XDG_SESSION_TYPE").is_some_and(|kind| kind == "wayland");
        Self { wayland, ..asked().unwrap_or_default() }
    }

    /// The window of this process (as the accessibility bus counts it; none when it does not say) with this title, which
    /// the application says is so wide.
    pub(super) fn standing(&self, process: Option<u32>, title: &str, width: i32) -> Standing {
        let titled = |surface: &&Surface| !title.is_empty() && surface.title == title;
        let mut of: Vec<_> =
            self.surfaces.iter().filter(|s| process.is_some() && s.process == process).collect();
        if of.is_empty() {
            // Inside of a sandbox processes have other numbers.
            of = self.surfaces.iter().filter(titled).collect();
        }
        let exact: Vec<_> = of.iter().copied().filter(titled).collect();
        if !exact.is_empty() {
            if exact.iter().all(|surface| !surface.shown) {
                return Standing::Hidden;
            }
            of = exact;
        }
        match of.iter().find(|surface| surface.shown).or(of.first()) {
            Some(surface) => Standing::Shown(surface.scale(width)),
            None if self.wayland => Standing::Unknown,
            // One that the window manager does not manage.
            None => Standing::Shown(1.0),
        }
    }
}

impl Surface {
    /// Pixels of the screen for one of an application that says that the window is `width` of its own wide. Rounded to
    /// a quarter, since some count the window manager's borders and some do not.
    fn scale(&self, width: i32) -> f64 {
        if width <= 0 {
            return 1.0;
        }
        let real = f64::from(self.place.width.saturating_sub(self.shadows));
        ((real / f64::from(width) * 4.0).round() / 4.0).clamp(1.0, 4.0)
    }
}

fn asked() -> Option<Desk> {
    let (x, screen) = x11rb::connect(None).ok()?;
    let root = x.setup().roots.get(screen)?.root;
    let atoms = Atoms::new(&x).ok()?.reply().ok()?;
    let address = x.get_property(false, root, atoms.AT_SPI_BUS, AtomEnum::STRING, 0, LONGEST).ok()?;
    let list = x.get_property(false, root, atoms._NET_CLIENT_LIST, AtomEnum::WINDOW, 0, MOST).ok()?;
    let bus = address.reply().ok().and_then(|reply| String::from_utf8(reply.value).ok());
    let windows: Vec<_> = list.reply().ok()?.value32().map(Iterator::collect).unwrap_or_default();
    // All is asked before the first answer is waited for.
    let asked: Vec<_> = windows.into_iter().filter_map(|window| ask(&x, &atoms, root, window)).collect();
    let surfaces = asked.into_iter().filter_map(|answer| answer()).collect();
    Some(Desk { surfaces, bus: bus.filter(|address| !address.is_empty()), wayland: false })
}

/// Asks for all of a window; what comes back reads the answers. None when the connection is gone, or the window.
fn ask<'a>(
    x: &'a RustConnection,
    atoms: &'a Atoms,
    root: Window,
    window: Window,
) -> Option<impl FnOnce() -> Option<Surface> + 'a> {
    let property = |name, kind: AtomEnum| x.get_property(false, window, name, kind, 0, LONGEST).ok();
    let geometry = x.get_geometry(window).ok()?;
    let corner = x.translate_coordinates(window, root, 0, 0).ok()?;
    let attributes = x.get_window_attributes(window).ok()?;
    let process = property(atoms._NET_WM_PID, AtomEnum::CARDINAL)?;
    let state = property(atoms._NET_WM_STATE, AtomEnum::ATOM)?;
    let extents = property(atoms._GTK_FRAME_EXTENTS, AtomEnum::CARDINAL)?;
    let title = x.get_property(false, window, atoms._NET_WM_NAME, atoms.UTF8_STRING, 0, LONGEST).ok()?;
    let old_title = property(AtomEnum::WM_NAME.into(), AtomEnum::ANY)?;
    let class = WmClass::get(x, window).ok()?;
    Some(move || {
        let (geometry, corner) = (geometry.reply().ok()?, corner.reply().ok()?);
        let viewable = attributes.reply().ok()?.map_state == MapState::VIEWABLE;
        let first = |reply: &x11rb::protocol::xproto::GetPropertyReply| reply.value32()?.next();
        let hidden =
            state.reply().ok()?.value32().is_some_and(|mut s| s.any(|s| s == atoms._NET_WM_STATE_HIDDEN));
        let shadows = extents.reply().ok()?.value32().map_or(0, |sides| sides.take(2).sum());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let title = Some(text(&title.reply().ok()?.value)).filter(|title| !title.is_empty());
        Some(Surface {
            process: process.reply().ok().as_ref().and_then(first),
            title: title.or_else(|| Some(text(&old_title.reply().ok()?.value))).unwrap_or_default(),
            app: class.reply().ok().flatten().map(|class| text(class.class())).unwrap_or_default(),
            place: Rect {
                x: i32::from(corner.dst_x),
                y: i32::from(corner.dst_y),
                width: u32::from(geometry.width),
                height: u32::from(geometry.height),
            },
            shadows,
            shown: viewable && !hidden,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surface(process: u32, title: &str, width: u32, shown: bool) -> Surface {
        let place = Rect { x: 0, y: 0, width, height: 100 };
        Surface { process: Some(process), title: title.into(), place, shown, ..Surface::default() }
    }

    #[test]
    fn a_window_is_found_by_its_process_and_its_title() {
        let surfaces = vec![
            surface(7, "Mail", 800, true),
            surface(7, "Sign in", 400, false),
            surface(8, "Notes", 600, true),
        ];
        let x11 = Desk { surfaces, ..Desk::default() };
        assert_eq!(x11.standing(Some(7), "Mail", 802), Standing::Shown(1.0));
        assert_eq!(x11.standing(Some(7), "Sign in", 402), Standing::Hidden, "it is minimised");
        assert_eq!(x11.standing(Some(7), "A dialog", 300), Standing::Shown(2.75), "of the same process");
        assert_eq!(x11.standing(Some(2), "Notes", 600), Standing::Shown(1.0), "in a sandbox");
        assert_eq!(
            x11.standing(Some(9), "Elsewhere", 300),
            Standing::Shown(1.0),
            "unmanaged, but X11 has one desk"
        );
        let wayland = Desk { wayland: true, ..x11 };
        assert_eq!(wayland.standing(Some(7), "Mail", 800), Standing::Shown(1.0), "by XWayland");
        assert_eq!(wayland.standing(Some(9), "Elsewhere", 300), Standing::Unknown);
    }

    #[test]
    fn an_application_that_counts_larger_pixels_is_scaled() {
        let large = Surface { shadows: 104, ..surface(7, "Mail", 904, true) };
        for (told, scale) in
            [(800, 1.0), (802, 1.0), (400, 2.0), (402, 2.0), (533, 1.5), (1_600, 1.0), (0, 1.0)]
        {
            assert!((large.scale(told) - scale).abs() < f64::EPSILON, "{told}");
        }
    }
}
