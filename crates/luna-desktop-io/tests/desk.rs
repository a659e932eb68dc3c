//! The machine's hands and eyes on a desk of the test's own: an X server without a screen, a window manager, a session's
//! bus, and a sound server without hardware.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a panic here is a failed test"
)]

#[path = "desk/passwords.rs"]
mod passwords;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use luna_core::ports::{Area, Desktop as _, Sight as _, Window};
use luna_desktop_io::LocalDesktop;
use luna_model::ErrorKind;
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _};

const PATIENCE: Duration = Duration::from_secs(90);

/// Runs the tests marked `inside` in a process of their own that sits at the desk.
#[test]
fn a_desk() {
    let programs = ["Xvfb", "openbox", "xterm", "pulseaudio", "pactl", "dbus-daemon"];
    if let Some(missing) = programs.iter().find(|program| which::which(program).is_err()) {
        eprintln!("SKIPPED: {missing} is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (x, display) = x_server();
    let _x = Running(x);
    let _sound = Running(sound_server(folder.path()));
    let at_desk = |command: &mut Command| {
        command
            .env("DISPLAY", &display)
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("XDG_SESSION_TYPE")
            .env_remove("AT_SPI_BUS_ADDRESS")
            .env_remove("NO_AT_BRIDGE")
            // What else GTK would start over the bus.
            .env("GSETTINGS_BACKEND", "memory")
            .env("GIO_USE_VFS", "local")
            .env("PULSE_SERVER", format!("unix:{}", folder.path().join("native").display()))
            .env("HOME", folder.path())
            .env("XDG_DATA_HOME", folder.path().join("data"))
            .env("XDG_RUNTIME_DIR", folder.path());
    };
    let mut bus = Command::new("dbus-daemon");
    at_desk(&mut bus);
    let (bus, address) = session_bus(bus);
    let _bus = Running(bus);
    let mut manager = Command::new("openbox");
    at_desk(&mut manager);
    let manager = manager.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let _manager = Running(manager);
    until("the window manager manages", || is_managed(&display));
    let mut inside = Command::new(std::env::current_exe().unwrap());
    at_desk(&mut inside);
    inside.env("DBUS_SESSION_BUS_ADDRESS", address);
    let status = inside.args(["--ignored", "--test-threads=1", "--nocapture", "inside_"]).status().unwrap();
    assert!(status.success(), "what happened at the desk is said above");
}

/// Ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An X server on a display that is free.
fn x_server() -> (Child, String) {
    let mut command = Command::new("Xvfb");
    command.args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"]);
    // Without it the server begins anew, and ends everything, when the first client leaves before the next one comes.
    command.arg("-noreset");
    let mut server =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(!line.trim().is_empty(), "the X server does not start");
    (server, format!(":{}", line.trim()))
}

/// A session's bus and its address; it starts the accessibility bus when somebody asks for it.
fn session_bus(mut command: Command) -> (Child, String) {
    command.args(["--session", "--nofork", "--print-address=1"]);
    let mut bus = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(bus.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(!line.trim().is_empty(), "the session's bus does not start");
    (bus, line.trim().to_owned())
}

/// Whether a window manager has said that it is there. A window that comes while it starts may never be listed by it.
fn is_managed(display: &str) -> bool {
    let manager = || -> Result<bool, Box<dyn std::error::Error>> {
        let (x, screen) = x11rb::connect(Some(display))?;
        let check = x.intern_atom(false, b"_NET_SUPPORTING_WM_CHECK")?.reply()?.atom;
        let root = x.setup().roots[screen].root;
        Ok(x.get_property(false, root, check, AtomEnum::WINDOW, 0, 1)?.reply()?.value_len == 1)
    };
    manager().unwrap_or(false)
}

fn sound_server(folder: &Path) -> Child {
    let socket = folder.join("native");
    let protocol = format!("module-native-protocol-unix socket={}", socket.display());
    let mut command = Command::new("pulseaudio");
    command.args(["-n", "--daemonize=no", "--exit-idle-time=-1", "-L", &protocol]);
    command.args(["-L", "module-null-sink sink_name=loudspeaker"]);
    command.env("HOME", folder).env("XDG_RUNTIME_DIR", folder);
    let server = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("the sound server listens", || socket.exists());
    server
}

fn until(what: &str, mut so: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !so() {
        assert!(Instant::now() < end, "never: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn desktop() -> LocalDesktop {
    LocalDesktop::new(std::env::temp_dir())
}

async fn window_of(desktop: &LocalDesktop, app: &str) -> Window {
    let end = Instant::now() + PATIENCE;
    loop {
        // The window manager may still be on its way.
        let windows = desktop.windows().await;
        if let Some(found) = windows.iter().flatten().find(|w| w.app == app) {
            return found.clone();
        }
        assert!(Instant::now() < end, "there is no window of {app}: {windows:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
#[ignore = "runs inside of a_desk"]
async fn inside_the_volume_that_is_set_is_the_one_that_is_heard() {
    let desktop = desktop();
    for level in [37, 0, 100] {
        desktop.set_volume(level).await.unwrap();
        let said = Command::new("pactl").args(["get-sink-volume", "loudspeaker"]).output().unwrap();
        let said = String::from_utf8(said.stdout).unwrap();
        assert!(said.contains(&format!(" {level}%")), "{level}: {said}");
        assert_eq!(desktop.volume().await.unwrap().level, level);
    }
    desktop.set_muted(true).await.unwrap();
    assert!(desktop.volume().await.unwrap().muted);
    desktop.set_muted(false).await.unwrap();
    assert!(!desktop.volume().await.unwrap().muted);
}

#[tokio::test]
#[ignore = "runs inside of a_desk"]
async fn inside_a_single_application_is_made_quieter() {
    let desktop = desktop();
    assert_eq!(desktop.app_volumes().await.unwrap(), []);
    let nobody = desktop.set_app_volume("player", 20).await.unwrap_err();
    assert_eq!((nobody.kind, nobody.message.contains("nothing plays")), (ErrorKind::NotFound, true));
    let mut player = Command::new("pacat");
    player.args(["--client-name=Player", "--device=loudspeaker", "/dev/zero"]);
    let _player = Running(player.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let end = Instant::now() + PATIENCE;
    while desktop.app_volumes().await.unwrap().is_empty() {
        assert!(Instant::now() < end, "nobody plays");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let set = desktop.set_app_volume("player", 20).await.unwrap();
    assert_eq!((set.name.as_str(), set.level), ("Player", 20));
    assert_eq!(desktop.app_volumes().await.unwrap()[0].level, 20);
    assert_eq!(desktop.volume().await.unwrap().level, 100, "the machine itself is as loud as before");
}

#[tokio::test]
#[ignore = "runs inside of a_desk"]
async fn inside_the_clipboard_works_both_ways() {
    let (here, there) = (desktop(), desktop());
    here.set_clipboard("copied, with ümläuts and \"quotes\"".into()).await.unwrap();
    assert_eq!(there.clipboard().await.unwrap().unwrap(), "copied, with ümläuts and \"quotes\"");
    assert_eq!(there.clipboard_image().await.unwrap(), None);
    // A picture of one red and one blue pixel.
    let mut png = std::io::Cursor::new(vec![]);
    let mut image = image::RgbaImage::from_pixel(2, 1, image::Rgba([255, 0, 0, 255]));
    image.put_pixel(1, 0, image::Rgba([0, 0, 255, 255]));
    image.write_to(&mut png, image::ImageFormat::Png).unwrap();
    there.set_clipboard_image(png.into_inner()).await.unwrap();
    let back = here.clipboard_image().await.unwrap().expect("a picture");
    assert_eq!(image::load_from_memory(&back).unwrap().into_rgba8(), image);
}

#[tokio::test]
#[ignore = "runs inside of a_desk"]
async fn inside_an_application_is_launched_seen_and_brought_to_the_front() {
    let applications = Path::new(&std::env::var("XDG_DATA_HOME").unwrap()).join("applications");
    std::fs::create_dir_all(&applications).unwrap();
    let entry = "[Desktop Entry]\nType=Application\nName=Red Room\nStartupWMClass=RedRoom\n\
                 Exec=xterm -class RedRoom -geometry 60x20+100+100 -bg red -fg red -e sleep 600\n";
    std::fs::write(applications.join("red-room.desktop"), entry).unwrap();
    let desktop = desktop();
    let launched = desktop.launch("red room").await.unwrap();
    assert_eq!((launched.application.name.as_str(), launched.was_running), ("Red Room", false));
    let seen = window_of(&desktop, "RedRoom").await;
    assert!(seen.width > 200 && seen.height > 200, "{seen:?}");

    let share = |picture: luna_core::ports::Picture, name: &str| {
        picture.colors.iter().find(|(color, _)| color == name).map_or(0.0, |(_, share)| *share)
    };
    // The window is drawn some time after it is there.
    let end = Instant::now() + PATIENCE;
    loop {
        let screen = desktop.screen(Area::Desktop, &[]).await.unwrap();
        assert_eq!((screen.width, screen.height), (1_280, 800));
        if share(screen, "red") > 0.05 {
            break;
        }
        assert!(Instant::now() < end, "the window is not on the picture");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let alone = desktop.screen(Area::Window("redroom".into()), &[]).await.unwrap();
    assert!(share(alone, "red") > 0.8);
    let private = desktop.screen(Area::Desktop, &["redROOM".into()]).await.unwrap();
    assert_eq!(private.hidden.len(), 1);
    assert!(share(private, "red") < 0.02, "a private window is blackened");
    let corner = Area::Region { x: 0, y: 0, width: 50, height: 40 };
    let corner = desktop.screen(corner, &[]).await.unwrap();
    assert_eq!((corner.width, corner.height), (50, 40));
    let error = desktop.screen(Area::Window("nothing like it".into()), &[]).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);

    // A second wish for it is no second copy.
    assert!(desktop.launch("red room").await.unwrap().was_running);
    let windows = desktop.windows().await.unwrap();
    let rooms: Vec<_> = windows.iter().filter(|w| w.app == "RedRoom").collect();
    assert_eq!(rooms.len(), 1, "{windows:?}");
    let glance = desktop.glance(rooms[0].id).await.unwrap().unwrap();
    assert_eq!(glance.title, rooms[0].title);
    // Red is dark grey to an eye that knows no colours.
    let sketch = glance.sketch.unwrap();
    let red = sketch.iter().filter(|grey| (30..120).contains(*grey)).count();
    assert!(red * 10 > sketch.len() * 9, "{sketch:?}");
    assert_eq!(desktop.glance(u32::MAX).await.unwrap(), None);
}
