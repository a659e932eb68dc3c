//! The brightness of the built-in screen: Linux's backlight devices, written directly where that is allowed, else through
//! the session's manager (logind), which lets the active user.

use std::path::{Path, PathBuf};

use luna_model::{Error, Result};

use crate::{blocking, program};

const DEVICES: &str = "/sys/class/backlight";

/// A backlight: its folder, its level and its highest level.
#[derive(Debug, PartialEq, Eq)]
struct Backlight {
    folder: PathBuf,
    level: u64,
    highest: u64,
}

pub(crate) fn get() -> Result<u8> {
    Ok(first_in(Path::new(DEVICES))?.percent())
}

pub(crate) async fn set(percent: u8) -> Result<()> {
    let (light, written) = blocking(move || {
        let light = first_in(Path::new(DEVICES))?;
        let written = std::fs::write(light.folder.join("brightness"), light.level_at(percent).to_string());
        Ok::<_, Error>((light, written))
    })
    .await??;
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
fn first_in(devices: &Path) -> Result<Backlight> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(devices)
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    folders.sort();
    folders.into_iter().find_map(read).ok_or_else(|| {
        Error::unavailable("no screen here lets its brightness be set; external monitors and virtual machines have no backlight device")
    })
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
    use luna_model::ErrorKind;

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
    fn a_machine_without_a_backlight_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let error = first_in(folder.path()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unavailable);
        assert!(error.message.contains("backlight"), "{error}");
    }
}
