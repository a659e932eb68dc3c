//! The words of the system routes.

use std::collections::BTreeMap;

use luna_core::ports::{AppVolume, SystemInfo};
use luna_core::scene::MadeScene;
use luna_model::{Error, Scene};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Overview {
    pub(super) status: &'static str,
    pub(super) service: &'static str,
    pub(super) version: &'static str,
    pub(super) services: BTreeMap<&'static str, String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LunaSystemHealth)]
pub(super) struct Health {
    pub(super) status: &'static str,
    pub(super) version: &'static str,
    pub(super) uptime_seconds: u64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Info {
    os: String,
    version: String,
    machine: String,
    ram_gb: f64,
    battery_pct: Option<f64>,
    cpu: String,
    cores: usize,
    cpu_pct: f64,
    ram_used_gb: f64,
    disk_gb: f64,
    disk_free_gb: f64,
    uptime_seconds: u64,
    disks: Vec<Disk>,
    networks: Vec<Network>,
    temperatures: Vec<Temperature>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Disk {
    mount: String,
    gb: f64,
    free_gb: f64,
}

#[derive(Debug, Serialize, ToSchema)]
struct Network {
    name: String,
    addresses: Vec<String>,
    received_bytes: u64,
    sent_bytes: u64,
}

#[derive(Debug, Serialize, ToSchema)]
struct Temperature {
    name: String,
    celsius: f64,
}

impl Info {
    pub(super) fn from_core(i: SystemInfo) -> Self {
        let tenths = |n: f64| (n * 10.0).round() / 10.0;
        Self {
            os: i.os,
            version: i.version,
            machine: i.machine,
            ram_gb: tenths(i.ram_gb),
            battery_pct: i.battery_pct,
            cpu: i.cpu,
            cores: i.cores,
            cpu_pct: tenths(i.cpu_pct),
            ram_used_gb: tenths(i.ram_used_gb),
            disk_gb: tenths(i.disk_gb),
            disk_free_gb: tenths(i.disk_free_gb),
            uptime_seconds: i.uptime_s,
            disks: i
                .disks
                .into_iter()
                .map(|d| Disk { mount: d.mount, gb: tenths(d.gb), free_gb: tenths(d.free_gb) })
                .collect(),
            networks: i
                .networks
                .into_iter()
                .map(|n| Network {
                    name: n.name,
                    addresses: n.addresses,
                    received_bytes: n.received_bytes,
                    sent_bytes: n.sent_bytes,
                })
                .collect(),
            temperatures: i
                .temperatures
                .into_iter()
                .map(|t| Temperature { name: t.name, celsius: tenths(t.celsius) })
                .collect(),
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct Launch {
    pub(super) app: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Done {
    pub(super) ok: bool,
    pub(super) message: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Volume {
    pub(super) ok: bool,
    /// 0 to 100.
    pub(super) volume: u8,
    pub(super) muted: bool,
}

/// An application that plays sound.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AppLevel {
    app: String,
    /// 0 to 100.
    volume: u8,
    muted: bool,
}

impl AppLevel {
    pub(super) fn from_core(a: AppVolume) -> Self {
        Self { app: a.name, volume: a.level, muted: a.muted }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct SetAppLevel {
    /// Its name, or a part of it.
    pub(super) app: String,
    #[serde(flatten)]
    pub(super) level: Level,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Brightness {
    pub(super) ok: bool,
    /// 0 to 100.
    pub(super) brightness: u8,
}

#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct Level {
    /// 0 to 100.
    level: i64,
}

impl Level {
    pub(super) fn checked(&self) -> Result<u8, Error> {
        let fits = u8::try_from(self.level).ok().filter(|l| *l <= 100);
        fits.ok_or_else(|| Error::invalid(format!("level is 0 to 100, not {}", self.level)))
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Clipboard {
    pub(super) ok: bool,
    /// None when it holds no text.
    pub(super) text: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct Text {
    pub(super) text: String,
}

#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct Prompt {
    /// What is to be seen: "A calm ocean at night with stars".
    pub(super) prompt: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SceneReply {
    /// Fields of the published schema.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    scene: Scene,
    /// The model that made it; null when Luna did herself.
    model: Option<String>,
    /// Why the model's was not taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

impl SceneReply {
    pub(super) fn from_core(m: MadeScene) -> Self {
        Self { scene: m.scene, model: m.model, note: m.note }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Process {
    name: &'static str,
    /// `running` or `stopped`.
    status: &'static str,
    last_run: Option<String>,
}

impl Process {
    pub(super) fn from_core(p: luna_core::Process) -> Self {
        let status = if p.running { "running" } else { "stopped" };
        Self { name: p.name, status, last_run: p.last_run.map(super::super::time) }
    }
}
