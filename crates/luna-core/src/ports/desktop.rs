//! The machine: facts about it, its clipboard, its applications.

use async_trait::async_trait;
use luna_model::Result;
use serde::{Deserialize, Serialize};

/// Facts about the machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SystemInfo {
    /// "Linux", "Windows", "macOS".
    pub os: String,
    /// Its version.
    pub version: String,
    /// "x86_64", "aarch64".
    pub machine: String,
    /// The host's name.
    pub host: String,
    /// Processor, as it names itself.
    pub cpu: String,
    /// Logical cores.
    pub cores: usize,
    /// Share of all cores in use, 0 to 100.
    pub cpu_pct: f64,
    /// Memory, in GiB.
    pub ram_gb: f64,
    /// Memory in use, in GiB.
    pub ram_used_gb: f64,
    /// The disk that holds the home folder: size and what is free, in GiB.
    pub disk_gb: f64,
    /// Free on it, in GiB.
    pub disk_free_gb: f64,
    /// Battery charge, 0 to 100; none without a battery.
    pub battery_pct: Option<f64>,
    /// Seconds since the machine started.
    pub uptime_s: u64,
    /// The disks.
    pub disks: Vec<Disk>,
    /// The networks that lead somewhere.
    pub networks: Vec<Network>,
    /// What its sensors feel.
    pub temperatures: Vec<Temperature>,
}

/// A disk, in GiB.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Disk {
    /// Where it is mounted.
    pub mount: String,
    /// Its size.
    pub gb: f64,
    /// What is free on it.
    pub free_gb: f64,
}

/// A network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// The interface: "wlan0".
    pub name: String,
    /// The machine's addresses in it.
    pub addresses: Vec<String>,
    /// Received since the machine started.
    pub received_bytes: u64,
    /// Sent since the machine started.
    pub sent_bytes: u64,
}

/// What one sensor feels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Temperature {
    /// Where it is: "coretemp Core 0".
    pub name: String,
    /// Degrees Celsius.
    pub celsius: f64,
}

/// How loud the machine is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// 0 to 100.
    pub level: u8,
    /// Whether it is muted.
    pub muted: bool,
}

/// How loud an application is that plays sound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppVolume {
    /// What it calls itself.
    pub name: String,
    /// 0 to 100.
    pub level: u8,
    /// Whether it is muted.
    pub muted: bool,
}

/// An application that can be launched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// What it is called.
    pub name: String,
    /// How it is told apart (the .desktop file's id, the bundle's path).
    pub id: String,
}

/// An application that was brought to the front.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Launched {
    /// Which.
    pub application: Application,
    /// Whether it ran already, so that no second one was started.
    pub was_running: bool,
}

/// What the machine knows of whether somebody is at it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Presence {
    /// Seconds since a key or the pointer was touched; none where the machine does not say.
    pub idle_s: Option<u64>,
    /// Whether the session is locked; none where the machine does not say.
    pub locked: Option<bool>,
}

/// The machine. What it lacks is `Unavailable`, with what is missing and how to get it.
#[async_trait]
pub trait Desktop: Send + Sync {
    /// Facts about it.
    async fn info(&self) -> Result<SystemInfo>;

    /// The clipboard's text; none when it holds no text.
    async fn clipboard(&self) -> Result<Option<String>>;

    /// Puts text on the clipboard.
    async fn set_clipboard(&self, text: String) -> Result<()>;

    /// The clipboard's picture as PNG; none when it holds none.
    async fn clipboard_image(&self) -> Result<Option<Vec<u8>>>;

    /// Puts a PNG picture on the clipboard. `Invalid` when it is none.
    async fn set_clipboard_image(&self, png: Vec<u8>) -> Result<()>;

    /// What can be launched.
    async fn applications(&self) -> Result<Vec<Application>>;

    /// Brings the application that fits the name best to the front; starts it unless it runs. `NotFound` when none does.
    async fn launch(&self, name: &str) -> Result<Launched>;

    /// Opens a URL in the user's browser.
    async fn open_url(&self, url: &str) -> Result<()>;

    /// How loud the output is.
    async fn volume(&self) -> Result<Volume>;

    /// Sets the output volume, 0 to 100.
    async fn set_volume(&self, level: u8) -> Result<()>;

    /// Mutes or unmutes the output.
    async fn set_muted(&self, muted: bool) -> Result<()>;

    /// The applications that play sound now.
    async fn app_volumes(&self) -> Result<Vec<AppVolume>>;

    /// Sets how loud an application is, 0 to 100. `NotFound` when none that plays fits the name.
    async fn set_app_volume(&self, app: &str, level: u8) -> Result<AppVolume>;

    /// Screen brightness, 0 to 100.
    async fn brightness(&self) -> Result<u8>;

    /// Sets the screen brightness, 0 to 100.
    async fn set_brightness(&self, level: u8) -> Result<()>;

    /// Locks the session.
    async fn lock(&self) -> Result<()>;

    /// Turns the screen off until it is needed.
    async fn display_off(&self) -> Result<()>;

    /// Puts the machine to sleep.
    async fn sleep(&self) -> Result<()>;

    /// Whether somebody is at it, as far as it can be told.
    async fn presence(&self) -> Presence;
}
