//! Facts about the machine, from the system itself.

use std::path::{Path, PathBuf};

use luna_core::ports::{Disk, Network, SystemInfo, Temperature};
use luna_model::{Error, Result};
use parking_lot::Mutex;
use sysinfo::{Components, Disks, MINIMUM_CPU_UPDATE_INTERVAL, Networks, System};

#[allow(clippy::cast_precision_loss, reason = "2^53 bytes are 8 PiB")]
fn gib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 30)
}

/// Remembers the last reading, since use of the processor is a difference of two.
#[derive(Debug)]
pub(crate) struct Facts {
    home: PathBuf,
    system: Mutex<Option<System>>,
}

impl Facts {
    pub(crate) fn new(home: PathBuf) -> Self {
        Self { home, system: Mutex::new(None) }
    }

    /// Blocks; the first time for the fifth of a second that two readings must lie apart.
    pub(crate) fn gather(&self) -> Result<SystemInfo> {
        let unreadable =
            |e: sysinfo::Error| Error::unavailable(format!("the system's state cannot be read: {e:?}"));
        let mut held = self.system.lock();
        let system = match &mut *held {
            Some(system) => system,
            none => {
                let mut system = System::new().map_err(unreadable)?;
                system.refresh_cpu_all();
                std::thread::sleep(MINIMUM_CPU_UPDATE_INTERVAL);
                none.insert(system)
            }
        };
        system.refresh_cpu_usage();
        system.refresh_memory();
        // Of the folder itself: in a container or a root of its own, what holds it is not among the mounts.
        let bytes = |read: std::io::Result<u64>| read.map_or(0.0, gib);
        Ok(SystemInfo {
            os: match std::env::consts::OS {
                "macos" => "macOS".into(),
                "windows" => "Windows".into(),
                _ => "Linux".into(),
            },
            version: System::long_os_version().map_err(unreadable)?,
            machine: std::env::consts::ARCH.into(),
            host: System::host_name().map_err(unreadable)?,
            cpu: system.cpus().first().map(|cpu| cpu.brand().trim().to_owned()).unwrap_or_default(),
            cores: system.cpus().len(),
            cpu_pct: f64::from(system.global_cpu_usage()).clamp(0.0, 100.0),
            ram_gb: gib(system.total_memory()),
            ram_used_gb: gib(system.used_memory()),
            disk_gb: bytes(fs4::total_space(&self.home)),
            disk_free_gb: bytes(fs4::available_space(&self.home)),
            battery_pct: battery(Path::new("/sys/class/power_supply")),
            uptime_s: System::uptime().map_err(unreadable)?,
            disks: disks(),
            networks: networks(),
            temperatures: temperatures(),
        })
    }
}

/// The disks, each once: the same device may be mounted in many places.
fn disks() -> Vec<Disk> {
    let Ok(disks) = Disks::new_with_refreshed_list() else { return vec![] };
    let mut seen = std::collections::BTreeSet::new();
    let mut disks: Vec<_> = disks.iter().filter(|disk| disk.total_space() > 0).collect();
    disks.sort_by_key(|disk| disk.mount_point().components().count());
    disks
        .into_iter()
        .filter(|disk| seen.insert((disk.name().to_owned(), disk.total_space(), disk.available_space())))
        .map(|disk| Disk {
            mount: disk.mount_point().to_string_lossy().into_owned(),
            gb: gib(disk.total_space()),
            free_gb: gib(disk.available_space()),
        })
        .collect()
}

/// The networks that lead somewhere, by name.
fn networks() -> Vec<Network> {
    let Ok(networks) = Networks::new_with_refreshed_list() else { return vec![] };
    let mut networks: Vec<_> = networks
        .iter()
        .filter(|(_, data)| data.ip_networks().iter().any(|ip| !ip.addr.is_loopback()))
        .map(|(name, data)| Network {
            name: name.to_string_lossy().into_owned(),
            addresses: data.ip_networks().iter().map(|ip| ip.addr.to_string()).collect(),
            received_bytes: data.total_received(),
            sent_bytes: data.total_transmitted(),
        })
        .collect();
    networks.sort_by(|a, b| a.name.cmp(&b.name));
    networks
}

fn temperatures() -> Vec<Temperature> {
    let Ok(components) = Components::new_with_refreshed_list() else { return vec![] };
    components
        .iter()
        .filter_map(|part| {
            let celsius = part.temperature().filter(|celsius| celsius.is_finite())?;
            Some(Temperature { name: part.label().to_owned(), celsius: f64::from(celsius) })
        })
        .collect()
}

/// The charge of all batteries of the machine itself (not of mice or headphones), as Linux lists them.
fn battery(supplies: &Path) -> Option<f64> {
    let read = |path: PathBuf| std::fs::read_to_string(path).ok().map(|text| text.trim().to_owned());
    let charges: Vec<f64> = std::fs::read_dir(supplies)
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .filter(|supply| read(supply.join("type")).as_deref() == Some("Battery"))
        .filter(|supply| read(supply.join("scope")).as_deref() != Some("Device"))
        .filter_map(|supply| read(supply.join("capacity"))?.parse().ok())
        .collect();
    #[allow(clippy::cast_precision_loss, reason = "a machine has few batteries")]
    (!charges.is_empty()).then(|| (charges.iter().sum::<f64>() / charges.len() as f64).clamp(0.0, 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_facts_of_this_machine_make_sense() {
        let facts = Facts::new(std::env::current_dir().unwrap());
        let info = facts.gather().unwrap();
        assert!(info.cores > 0 && (0.0..=100.0).contains(&info.cpu_pct), "{info:?}");
        assert!(info.ram_gb > 0.1 && info.ram_used_gb > 0.0 && info.ram_used_gb <= info.ram_gb, "{info:?}");
        assert!(info.disk_gb > 0.0 && info.disk_free_gb <= info.disk_gb, "{info:?}");
        assert!(!info.host.is_empty() && !info.version.is_empty() && info.uptime_s > 0, "{info:?}");
        assert_eq!(info.os, if cfg!(target_os = "macos") { "macOS" } else { "Linux" });
    }

    #[test]
    fn a_mouse_is_no_battery_of_the_machine() {
        let folder = tempfile::tempdir().unwrap();
        let supply = |name: &str, files: &[(&str, &str)]| {
            let path = folder.path().join(name);
            std::fs::create_dir(&path).unwrap();
            files.iter().for_each(|(file, text)| std::fs::write(path.join(file), text).unwrap());
        };
        supply("AC", &[("type", "Mains\n"), ("online", "1\n")]);
        supply("mouse", &[("type", "Battery\n"), ("scope", "Device\n"), ("capacity", "5\n")]);
        assert_eq!(battery(folder.path()), None);
        supply("BAT0", &[("type", "Battery\n"), ("capacity", "80\n")]);
        supply("BAT1", &[("type", "Battery\n"), ("capacity", "60\n")]);
        assert_eq!(battery(folder.path()), Some(70.0));
    }
}
