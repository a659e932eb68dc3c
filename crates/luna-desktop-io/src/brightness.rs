//! The screen's brightness. A built-in one is a backlight device of Linux, written directly where that is allowed, else
//! through the session's manager (logind), which lets the active user. Monitors on a cable are asked by DDC/CI (ddcutil).

use std::path::{Path, PathBuf};

use luna_model::{Error, ErrorKind, Result};

use crate::{blocking, program};

const DEVICES: &str = "/sys/class/backlight";

/// A backlight: its folder, its level and its highest level.
#[derive(Debug, PartialEq, Eq)]
struct Backlight {
    folder: PathBuf,
    level: u64,
    highest: u64,
}

pub(crate) async fn get() -> Result<u8> {
    match blocking(|| first_in(Path::new(DEVICES))).await? {
        Some(light) => Ok(light.percent()),
        None => monitor_level(&monitor(&["getvcp", "10", "--brief"]).await?),
    }
}

/// DDC/CI's feature 10 is the brightness, in per cent of the monitor's own highest.
async fn monitor(arguments: &[&str]) -> Result<String> {
    program::ask("ddcutil", arguments).await.map_err(|e| {
        let hint = "this machine has no backlight device; for a monitor on a cable install ddcutil and allow it the i2c devices (group i2c)";
        if e.kind == ErrorKind::NotFound {
            Error::unavailable(hint)
        } else {
            Error::unavailable(format!("the monitor cannot be asked ({}); {hint}", e.message)).because(e)
        }
    })
}

/// ddcutil: `VCP 10 C 50 100`, the level and its highest.
fn monitor_level(said: &str) -> Result<u8> {
    let mut numbers = said
        .lines()
        .filter_map(|line| line.strip_prefix("VCP 10 C "))
        .flat_map(|line| line.split_whitespace().filter_map(|number| number.parse::<u64>().ok()));
    match (numbers.next(), numbers.next()) {
        (Some(level), Some(highest)) if highest > 0 => {
            Ok(u8::try_from((level * 100 / highest).min(100)).unwrap_or(100))
        }
        _ => {
            Err(Error::unavailable(format!("the monitor did not say how bright it is, but: {}", said.trim())))
        }
    }
}

pub(crate) async fn set(percent: u8) -> Result<()> {
    let light = blocking(move || {
        let light = first_in(Path::new(DEVICES))?;
        let written = std::fs::write(light.folder.join("brightness"), light.level_at(percent).to_string());
        Some((light, written))
    });
    let Some((light, written)) = light.await? else {
        return monitor(&["setvcp", "10", &percent.to_string()]).await.map(drop);
    };
    if written.is_ok() {
        return Ok(());
    }
    let name = light.folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let level = light.level_at(percent).to_string();
    let session =
        ["org.freedesktop.login1", "/org/freedesktop/login1/session/auto", "org.freedesktop.login1.Session"];
    let mut arguments = vec!["--system", "call"];
    arguments.extend(session);
    arguments.extend(["SetBrightness", "ssu", "backlight", &name, &level]);
    program::ask("busctl", &arguments).await.map(drop).map_err(|e| {
        Error::unavailable(format!("the brightness may not be changed: {}", e.message)).because(e)
    })
}

/// The first device with a readable level; the system lists the one that works best first.
fn first_in(devices: &Path) -> Option<Backlight> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(devices)
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    folders.sort();
    folders.into_iter().find_map(read)
}

fn read(folder: PathBuf) -> Option<Backlight> {
    let number = |name: &str| std::fs::read_to_string(folder.join(name)).ok()?.trim().parse::<u64>().ok();
    let (level, highest) = (number("brightness")?, number("max_brightness")?);
    (highest > 0).then_some(Backlight { folder, level, highest })
}

impl Backlight {
    fn percent(&self) -> u8 {
        let percent = (self.level * 100 + self.highest / 2) / self.highest;
        u8::try_from(percent.min(100)).unwrap_or(100)
    }

    /// The device's own level for a percentage. Never quite dark: a black screen cannot be turned up again by sight.
    fn level_at(&self, percent: u8) -> u64 {
        ((self.highest * u64::from(percent) + 50) / 100).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_percentages_of_the_highest() {
        let folder = tempfile::tempdir().unwrap();
        let device = folder.path().join("intel_backlight");
        std::fs::create_dir(&device).unwrap();
        std::fs::write(device.join("brightness"), "19200\n").unwrap();
        std::fs::write(device.join("max_brightness"), "96000\n").unwrap();
        let light = first_in(folder.path()).unwrap();
        assert_eq!(light.percent(), 20);
        assert_eq!((light.level_at(50), light.level_at(100), light.level_at(0)), (48000, 96000, 1));
    }

    #[test]
    fn a_machine_without_a_backlight_has_none() {
        assert_eq!(first_in(tempfile::tempdir().unwrap().path()), None);
    }

    #[test]
    fn a_monitors_answer_is_read() {
        assert_eq!(monitor_level("VCP 10 C 45 90\n").unwrap(), 50);
        assert_eq!(monitor_level("Display not found\n").unwrap_err().kind, ErrorKind::Unavailable);
    }
}
