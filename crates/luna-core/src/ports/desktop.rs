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
}

/// An application that can be launched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// What it is called.
    pub name: String,
    /// How it is told apart (the .desktop file's id, the bundle's path).
    pub id: String,
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

    /// What can be launched.
    async fn applications(&self) -> Result<Vec<Application>>;

    /// Launches the application that fits the name best. `NotFound` when none does.
    async fn launch(&self, name: &str) -> Result<Application>;

    /// Opens a URL in the user's browser.
    async fn open_url(&self, url: &str) -> Result<()>;

    /// Output volume, 0 to 100.
    async fn volume(&self) -> Result<u8>;

    /// Sets the output volume, 0 to 100.
    async fn set_volume(&self, level: u8) -> Result<()>;

    /// Mutes or unmutes the output.
    async fn set_muted(&self, muted: bool) -> Result<()>;

    /// Screen brightness, 0 to 100.
    async fn brightness(&self) -> Result<u8>;

    /// Sets the screen brightness, 0 to 100.
    async fn set_brightness(&self, level: u8) -> Result<()>;

    /// Locks the session.
    async fn lock(&self) -> Result<()>;
}
