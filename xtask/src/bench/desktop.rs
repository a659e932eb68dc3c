//! The desktop program on a screen that nobody sees: from its start to the first screen that can be used, and the memory
//! of all its processes with the window shown, hidden, freed. Needs Xvfb, openbox and dbus-daemon.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use nix::{sys::signal, unistd::Pid};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{sleep, timeout},
};

use super::{Row, percentile, server::free_port};

const STARTS: usize = 7;
/// How often the window is freed and comes back.
const ROUNDS: usize = 10;
const PATIENCE: Duration = Duration::from_secs(60);
/// Until what a start or a change leaves behind is done.
const SETTLE: Duration = Duration::from_secs(4);
/// How long a freed window is left alone before it is measured: what the program needs without it is in memory again by then.
const ALONE: Duration = Duration::from_secs(30);
/// What the program logs (src-tauri/src/native.rs) when its page says that it was painted.
const FIRST: &str = "the window shows its first screen";
const BACK: &str = "the window is back";
const FREED: &str = "the hidden window gave its memory back";

pub(super) async fn run(luna: PathBuf) -> Result<Vec<Row>> {
    let program = program(&luna)?;
    let screen = Screen::open()?;
    let data = tempfile::tempdir()?;
    let mut starts = Vec::new();
    let first = Desktop::start(&program, &screen, data.path())?;
    first.told(FIRST)?;
    first.call("settings.patch", json!({ "patch": { "onboarded": true, "free_window_after_s": 0 } })).await?;
    drop(first);
    let mut desktop = None;
    for _ in 0..STARTS {
        drop(desktop.take());
        let started = Desktop::start(&program, &screen, data.path())?;
        starts.push(started.told(FIRST)?);
        desktop = Some(started);
    }
    let desktop = desktop.context("no start")?;
    sleep(SETTLE).await;
    let shown = desktop.memory_mb()?;
    desktop.hide().await?;
    sleep(SETTLE).await;
    let hidden = desktop.memory_mb()?;
    desktop.call("desktop.show", json!({ "what": "window", "route": null })).await?;
    sleep(SETTLE).await;
    desktop.call("settings.patch", json!({ "patch": { "free_window_after_s": 1 } })).await?;
    desktop.hide().await?;
    desktop.told(FREED)?;
    sleep(ALONE).await;
    let freed = desktop.memory_mb()?;
    let own = desktop.own_mb()?;
    let mut returns = Vec::new();
    for _ in 0..ROUNDS {
        let began = Instant::now();
        desktop.call("desktop.show", json!({ "what": "window", "route": null })).await?;
        desktop.told(BACK)?;
        returns.push(began.elapsed().as_secs_f64() * 1e3);
        sleep(Duration::from_secs(1)).await;
        desktop.hide().await?;
        desktop.told(FREED)?;
    }
    sleep(ALONE).await;
    let (after, own_after) = (desktop.memory_mb()?, desktop.own_mb()?);
    let aim = "< 120 MB";
    Ok(vec![
        Row::new("desktop: first screen, median of 7", percentile(&mut starts, 0.5), "ms").aim("< 700 ms"),
        Row::new("desktop: a freed window is back, median of 10", percentile(&mut returns, 0.5), "ms")
            .aim("< 1000 ms"),
        Row::new("desktop memory, all processes: shown", shown, "MB"),
        Row::new("desktop memory, all processes: hidden", hidden, "MB"),
        Row::new("desktop memory, all processes: freed", freed, "MB").aim(aim),
        Row::new("  of this, no pages of files", own, "MB"),
        Row::new("desktop memory, all processes: freed for the 11th time", after, "MB")
            .against(freed)
            .aim(aim),
        Row::new("  of this, no pages of files", own_after, "MB").against(own),
    ])
}

/// `$LUNA_DESKTOP_BIN`, else the one beside luna.
fn program(luna: &Path) -> Result<PathBuf> {
    let beside = || luna.with_file_name("luna-desktop");
    let program = std::env::var_os("LUNA_DESKTOP_BIN").map_or_else(beside, PathBuf::from);
    ensure!(
        program.is_file(),
        "{} is not there: cargo build --release -p luna-cli -p luna-desktop, or set LUNA_DESKTOP_BIN",
        program.display()
    );
    Ok(program)
}

/// A display, a window manager and a bus of their own. They end in the order of the fields.
struct Screen {
    _manager: Ended,
    _bus: Ended,
    _display: Ended,
    display: String,
    bus: String,
}

impl Screen {
    fn open() -> Result<Self> {
        let (server, number) = telling("Xvfb", &["-displayfd", "1", "-screen", "0", "1280x800x24"])?;
        let display = format!(":{number}");
        let (bus, address) = telling("dbus-daemon", &["--session", "--nofork", "--print-address"])?;
        let manager = spawned(Command::new("openbox").env("DISPLAY", &display))?;
        Ok(Self { _manager: manager, _bus: bus, _display: server, display, bus: address })
    }
}

/// A program that says one thing first, and that thing.
fn telling(name: &str, flags: &[&str]) -> Result<(Ended, String)> {
    let mut command = Command::new(name);
    command.args(flags).stdout(Stdio::piped());
    let mut child = spawned(&mut command)?;
    let said = child.0.stdout.take().context("no output")?;
    let mut line = String::new();
    BufReader::new(said).read_line(&mut line)?;
    ensure!(!line.trim().is_empty(), "{name} does not start");
    Ok((child, line.trim().to_owned()))
}

fn spawned(command: &mut Command) -> Result<Ended> {
    let name = command.get_program().to_string_lossy().into_owned();
    let child = command.stdin(Stdio::null()).stderr(Stdio::null()).spawn();
    Ok(Ended(child.with_context(|| format!("{name} cannot be started; `npm test` installs it"))?))
}

/// A process that is told to end when it is dropped, and waited for.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        if let Ok(id) = i32::try_from(self.0.id()) {
            let _ = signal::kill(Pid::from_raw(id), signal::SIGTERM);
        }
        let _ = self.0.wait();
    }
}

/// A start of the program.
struct Desktop {
    process: Ended,
    began: Instant,
    port: u16,
    said: mpsc::Receiver<(Instant, String)>,
    _home: TempDir,
}

impl Desktop {
    fn start(program: &Path, screen: &Screen, data: &Path) -> Result<Self> {
        let (port, home) = (free_port()?, tempfile::tempdir()?);
        let mut command = Command::new(program);
        command.current_dir(data).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
            .env("DISPLAY", &screen.display)
            .env("DBUS_SESSION_BUS_ADDRESS", &screen.bus)
            .env("HOME", home.path())
            .env("PORT", port.to_string())
            .env("EXECUTOR_PORT", "0")
            .env("LUNA_DATA_DIR", data.join("data"))
            .env("LUNA_SECRET_STORE", "file")
            .env("LUNA_LOG", "info")
            .env("LLM_PROVIDER", "builtin")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("LUNA_ENV_FILE");
        let began = Instant::now();
        let mut child = command.spawn().context("the desktop program does not start")?;
        let errors = child.stderr.take().context("no output")?;
        let (tell, said) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(errors).lines().map_while(Result::ok) {
                if tell.send((Instant::now(), line)).is_err() {
                    return;
                }
            }
        });
        Ok(Self { process: Ended(child), began, port, said, _home: home })
    }

    /// Waits until the log says this; milliseconds since the start.
    fn told(&self, text: &str) -> Result<f64> {
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let (at, line) = self.said.recv_timeout(left).with_context(|| format!("never logged: {text}"))?;
            if line.contains(text) {
                return Ok(at.duration_since(self.began).as_secs_f64() * 1e3);
            }
        }
    }

    /// Puts the window away, as its key does; one that is not in front comes first.
    async fn hide(&self) -> Result<()> {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            self.call("desktop.show", json!({ "what": "toggle", "route": null })).await?;
            sleep(Duration::from_millis(300)).await;
            let view = self.call("desktop.get", json!({})).await?;
            if view.get("shown").and_then(Value::as_bool) == Some(false) {
                return Ok(());
            }
        }
        bail!("the window does not hide")
    }

    async fn call(&self, command: &str, input: Value) -> Result<Value> {
        let body = input.to_string();
        let request = format!(
            "POST /rpc/{command} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.port,
            body.len()
        );
        let mut socket = TcpStream::connect(("127.0.0.1", self.port)).await?;
        socket.write_all(request.as_bytes()).await?;
        let mut reply = String::new();
        timeout(PATIENCE, socket.read_to_string(&mut reply)).await??;
        let (head, body) = reply.split_once("\r\n\r\n").context("no reply")?;
        ensure!(head.starts_with("HTTP/1.1 200"), "{command}: {reply}");
        Ok(serde_json::from_str(body)?)
    }

    /// What its processes have to themselves, and their share of what they have in common (PSS), in MB. Pages of files,
    /// programs and libraries among them, count in full where nobody else on the machine uses them.
    fn memory_mb(&self) -> Result<f64> {
        self.sum("Pss:")
    }

    /// What of it is in no file: what the kernel cannot drop and read again.
    fn own_mb(&self) -> Result<f64> {
        self.sum("Pss_Anon:")
    }

    fn sum(&self, field: &str) -> Result<f64> {
        let mut kib = 0.0;
        for id in family(self.process.0.id())? {
            // One that ended meanwhile has none.
            let Ok(rollup) = fs::read_to_string(format!("/proc/{id}/smaps_rollup")) else { continue };
            let line = rollup.lines().find_map(|line| line.strip_prefix(field)).context("no such field")?;
            kib += line.trim().trim_end_matches("kB").trim().parse::<f64>()?;
        }
        Ok(kib * 1024.0 / 1e6)
    }
}

/// A process and all that it started.
fn family(root: u32) -> Result<Vec<u32>> {
    let mut parents = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let Some(id) = entry?.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let Ok(stat) = fs::read_to_string(format!("/proc/{id}/stat")) else { continue };
        let parent = stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1)?.parse::<u32>().ok());
        parents.extend(parent.map(|parent| (id, parent)));
    }
    let mut family = vec![root];
    let mut at = 0;
    while let Some(&member) = family.get(at) {
        family.extend(parents.iter().filter(|(_, parent)| *parent == member).map(|(id, _)| *id));
        at += 1;
    }
    Ok(family)
}
