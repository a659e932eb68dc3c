//! Password fields are black in every picture, whatever toolkit draws them, and an application that hangs holds none up.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use image::{Rgba, RgbaImage};
use luna_core::ports::{Area, Picture, Sight as _};
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{ChangeWindowAttributesAux, ConnectionExt as _, ImageFormat};
use zbus::zvariant::OwnedObjectPath;

use super::{PATIENCE, Running, desktop, window_of};

const WORD: Rgba<u8> = Rgba([255, 0, 255, 255]);
const GREEN: Rgba<u8> = Rgba([0, 255, 0, 255]);
const BLACK: Rgba<u8> = Rgba([0, 0, 0, 255]);

/// The interpreter that the distribution's packages are for.
const PYTHON: &str = "/usr/bin/python3";

/// Whether there is what the window needs; says aloud when not.
fn has_gtk() -> bool {
    let gtk = "import gi; gi.require_version('Gtk', '3.0'); from gi.repository import Gtk";
    let mut python = Command::new(PYTHON);
    let there = python.args(["-c", gtk]).stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    let bus = std::path::Path::new("/usr/share/dbus-1/services/org.a11y.Bus.service").exists();
    if !there || !bus {
        eprintln!("SKIPPED: python3-gi, gir1.2-gtk-3.0 or at-spi2-core is not installed");
    }
    there && bus
}

fn form(title: &str, x: u32, y: u32) -> Running {
    let mut command = Command::new(PYTHON);
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/desk/form.py"));
    command.args([title, &x.to_string(), &y.to_string()]);
    Running(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
}

/// What the X server shows, without Luna.
fn raw() -> RgbaImage {
    let (x, screen) = x11rb::connect(None).unwrap();
    let screen = &x.setup().roots[screen];
    let (width, height) = (screen.width_in_pixels, screen.height_in_pixels);
    let image = x.get_image(ImageFormat::Z_PIXMAP, screen.root, 0, 0, width, height, u32::MAX).unwrap();
    let data = image.reply().unwrap().data;
    RgbaImage::from_fn(width.into(), height.into(), |x, y| {
        let at = 4 * (y as usize * usize::from(width) + x as usize);
        Rgba([data[at + 2], data[at + 1], data[at], 255])
    })
}

/// Left, top, right and bottom of all pixels of a colour, and how many there are.
fn bounds(image: &RgbaImage, color: Rgba<u8>) -> Option<([u32; 4], usize)> {
    let all: Vec<_> = image.enumerate_pixels().filter(|(.., pixel)| **pixel == color).collect();
    let left = all.iter().map(|(x, ..)| *x).min()?;
    let right = all.iter().map(|(x, ..)| *x).max()?;
    let (top, bottom) = (all.first()?.1, all.last()?.1);
    Some(([left, top, right, bottom], all.len()))
}

fn pixels(picture: &Picture) -> RgbaImage {
    image::load_from_memory(&picture.png).unwrap().into_rgba8()
}

fn count(image: &RgbaImage, color: Rgba<u8>) -> usize {
    bounds(image, color).map_or(0, |(_, count)| count)
}

async fn look(area: Area) -> Picture {
    desktop().screen(area, &[]).await.unwrap()
}

/// Looks until the accessibility bus knows of this many fields.
async fn look_for(passwords: usize) -> Picture {
    let end = Instant::now() + PATIENCE;
    loop {
        let picture = look(Area::Desktop).await;
        if picture.passwords == passwords {
            return picture;
        }
        assert!(Instant::now() < end, "{} fields instead of {passwords}", picture.passwords);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Both fields, as soon as both are drawn.
async fn drawn() -> ([u32; 4], [u32; 4]) {
    let end = Instant::now() + PATIENCE;
    loop {
        let raw = raw();
        if let (Some((word, many)), Some((green, _))) = (bounds(&raw, WORD), bounds(&raw, GREEN))
            && many > 4_000
        {
            return (word, green);
        }
        assert!(Instant::now() < end, "the window is not drawn");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
#[ignore = "runs inside of a_desk"]
async fn inside_password_fields_are_black_in_every_picture() {
    if !has_gtk() {
        return;
    }
    let _form = form("signin", 200, 150);
    let window = window_of(&desktop(), "signin").await;
    let ([left, top, right, bottom], green) = drawn().await;
    let names = count(&raw(), GREEN);
    let picture = look_for(1).await;
    assert_eq!((picture.hidden.len(), picture.unchecked.len()), (0, 0));
    let whole = pixels(&picture);
    for (x, y) in (left..=right).flat_map(|x| (top..=bottom).map(move |y| (x, y))) {
        assert_eq!(*whole.get_pixel(x, y), BLACK, "{x}, {y}");
    }
    assert_eq!((count(&whole, WORD), count(&whole, GREEN)), (0, names));
    let small = image::load_from_memory(&picture.for_model).unwrap().into_rgb8();
    assert!(
        !small.pixels().any(|p| p.0[0] > 150 && p.0[1] < 90 && p.0[2] > 150),
        "nor does the model get it"
    );

    let monitor = look(Area::Monitor(0)).await;
    assert_eq!((count(&pixels(&monitor), WORD), monitor.passwords), (0, 1));
    // The window in the background, half of its field under another.
    let over = format!("40x20+{}+{}", (left + right) / 2, top - 10);
    let mut over_it = Command::new("xterm");
    over_it.args(["-class", "Over", "-geometry", &over, "-bg", "blue", "-e", "sleep", "600"]);
    let over = Running(over_it.spawn().unwrap());
    window_of(&desktop(), "Over").await;
    let alone = look(Area::Window("signin".into())).await;
    let (corner, shown) = (corner_of(window.id), pixels(&alone));
    assert_eq!((shown.width(), shown.height(), alone.passwords), (window.width, window.height, 1));
    assert_eq!(count(&shown, WORD), 0);
    for (x, y) in [(left, top), (right, top), (left, bottom), (right, bottom)] {
        assert_eq!(*shown.get_pixel(x - corner.0, y - corner.1), BLACK, "{x}, {y}");
    }
    let first = *shown.get_pixel(green[0] - corner.0, green[1] - corner.1);
    assert_eq!(first, GREEN, "the entry above it stays");
    drop(over);

    let half = Area::Region { x: left, y: green[1], width: (right - left) / 2, height: bottom - green[1] };
    let half = look(half).await;
    assert_eq!((count(&pixels(&half), WORD), half.passwords), (0, 1));
    assert!(count(&pixels(&half), GREEN) > 1_000);
    let above = Area::Region { x: left, y: green[1], width: right - left, height: green[3] - green[1] };
    let above = look(above).await;
    assert_eq!(
        (count(&pixels(&above), BLACK), above.passwords),
        (0, 0),
        "only what is in the picture counts"
    );
    let private = desktop().screen(Area::Desktop, &["signin".into()]).await.unwrap();
    assert_eq!(
        (private.hidden.len(), private.passwords),
        (1, 0),
        "it lies in a window that is black already"
    );
}

/// The corner of a window's content on the screen.
fn corner_of(window: u32) -> (u32, u32) {
    let (x, screen) = x11rb::connect(None).unwrap();
    let root = x.setup().roots[screen].root;
    let corner = x.translate_coordinates(window, root, 0, 0).unwrap().reply().unwrap();
    (corner.dst_x.try_into().unwrap(), corner.dst_y.try_into().unwrap())
}

#[tokio::test]
#[ignore = "runs inside of a_desk"]
async fn inside_an_application_that_hangs_does_not_hold_up_a_picture() {
    if !has_gtk() {
        return;
    }
    let hanging = form("hanging", 100, 100);
    drawn().await;
    look_for(1).await;
    let signal = |name: &str| {
        let sent = Command::new("kill").args([name, &hanging.0.id().to_string()]).status().unwrap();
        assert!(sent.success());
    };
    signal("-STOP");
    let _form = form("signin", 600, 400);
    window_of(&desktop(), "signin").await;
    let end = Instant::now() + PATIENCE;
    let (picture, took) = loop {
        let begun = Instant::now();
        let picture = look(Area::Desktop).await;
        if picture.passwords == 1 {
            break (picture, begun.elapsed());
        }
        assert!(Instant::now() < end, "the other one's field is not found");
    };
    eprintln!("a picture beside an application that hangs took {} ms", took.as_millis());
    assert!(took < Duration::from_secs(3), "{took:?}");
    assert_eq!(picture.unchecked, ["hanging"]);
    let elsewhere = look(Area::Region { x: 600, y: 400, width: 300, height: 200 }).await;
    assert_eq!((elsewhere.passwords, elsewhere.unchecked.len()), (1, 0), "it is not in this picture");
    signal("-CONT");
    assert_eq!(look_for(2).await.unchecked.len(), 0);
}

/// An object of a toolkit that knows no search: its role, its states, where it is, what is in it.
struct Drawn {
    role: u32,
    showing: bool,
    extents: (i32, i32, i32, i32),
    children: Vec<u32>,
    own: String,
}

#[zbus::interface(name = "org.a11y.atspi.Accessible")]
impl Drawn {
    fn get_role(&self) -> u32 {
        self.role
    }

    fn get_state(&self) -> Vec<u32> {
        vec![u32::from(self.showing) << 25, 0]
    }

    fn get_children(&self) -> Vec<(String, OwnedObjectPath)> {
        self.children.iter().map(|child| (self.own.clone(), path(*child))).collect()
    }

    #[zbus(property)]
    fn child_count(&self) -> i32 {
        i32::try_from(self.children.len()).unwrap()
    }

    #[zbus(property)]
    fn name(&self) -> String {
        String::new()
    }
}

/// Where it is.
struct Place((i32, i32, i32, i32));

#[zbus::interface(name = "org.a11y.atspi.Component")]
impl Place {
    fn get_extents(&self, _coordinates: u32) -> ((i32, i32, i32, i32),) {
        (self.0,)
    }
}

fn path(object: u32) -> OwnedObjectPath {
    let name = if object == 0 { "root".into() } else { object.to_string() };
    OwnedObjectPath::try_from(format!("/org/a11y/atspi/accessible/{name}")).unwrap()
}

#[tokio::test]
#[ignore = "runs inside of a_desk"]
async fn inside_a_toolkit_without_a_search_is_walked_through() {
    if !has_gtk() {
        return;
    }
    let session = zbus::Connection::session().await.unwrap();
    let launcher = zbus::Proxy::new(&session, "org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus").await.unwrap();
    let address: String = launcher.call("GetAddress", &()).await.unwrap();
    let bus = zbus::connection::Builder::address(address.as_str()).unwrap().build().await.unwrap();
    let own = bus.unique_name().unwrap().to_string();
    // An application, its window, what holds two pages, one of them shown, and a field on either.
    let (frame, panel, password) = (23, 39, 40);
    let whole = (0, 0, 1_280, 800);
    for (object, role, showing, extents, children) in [
        (0, 75, false, (-1, -1, -1, -1), vec![1]),
        (1, frame, true, whole, vec![2]),
        (2, panel, true, whole, vec![3]),
        (3, panel, true, whole, vec![4, 5]),
        (4, panel, true, whole, vec![6]),
        (5, panel, false, whole, vec![7]),
        (6, password, true, (900, 600, 120, 30), vec![]),
        (7, password, true, (500, 600, 120, 30), vec![]),
    ] {
        let drawn = Drawn { role, showing, extents, children, own: own.clone() };
        let place = Place(drawn.extents);
        bus.object_server().at(path(object), drawn).await.unwrap();
        bus.object_server().at(path(object), place).await.unwrap();
    }
    let registry = ("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root", "org.a11y.atspi.Socket");
    let root = (own.as_str(), path(0));
    let call = bus.call_method(Some(registry.0), registry.1, Some(registry.2), "Embed", &(root,)).await;
    call.unwrap();
    white_background();
    let whole = pixels(&look_for(1).await);
    assert_eq!(bounds(&whole, BLACK), Some(([900, 600, 1_019, 629], 120 * 30)));
}

fn white_background() {
    let (x, screen) = x11rb::connect(None).unwrap();
    let root = x.setup().roots[screen].root;
    let white = ChangeWindowAttributesAux::new().background_pixel(0x00ff_ffff);
    x.change_window_attributes(root, &white).unwrap();
    x.clear_area(false, root, 0, 0, 0, 0).unwrap().check().unwrap();
}
