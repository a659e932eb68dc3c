//! Asking for an administrator's password: through the desktop's dialog when there is one, else not at all. `sudo` on a
//! terminal would wait for typing that may never come, so small programs of the same names stand before the real ones
//! and add the flag that keeps them from it; the command itself stays as it was approved.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// With a dialog `sudo -A` asks by it; without one `sudo -n` fails at once and says that a password is needed.
const SUDO: &str = "#!/bin/sh\nif [ -n \"$SUDO_ASKPASS\" ]; then exec \"$LUNA_SUDO\" -A \"$@\"; fi\nexec \"$LUNA_SUDO\" -n \"$@\"\n";
/// Without its own text agent pkexec uses the desktop's, or fails at once.
const PKEXEC: &str = "#!/bin/sh\nexec \"$LUNA_PKEXEC\" --disable-internal-agent \"$@\"\n";

/// Programs that ask for a password in a window and print it, best first.
const DIALOGS: &[(&str, &str)] = &[
    ("ssh-askpass", "exec ssh-askpass \"$1\""),
    ("ksshaskpass", "exec ksshaskpass \"$1\""),
    ("kdialog", "exec kdialog --title Luna --password \"$1\""),
    ("zenity", "exec zenity --password --title \"Luna: $1\""),
    (
        "osascript",
        "exec osascript -e 'text returned of (display dialog \"Luna runs a command that needs your password.\" default answer \"\" with hidden answer with title \"Luna\")'",
    ),
];

/// The folder of those small programs, and the dialog there is.
#[derive(Debug)]
pub(crate) struct Elevation {
    programs: PathBuf,
    dialog: Option<PathBuf>,
}

impl Elevation {
    /// Writes the programs below this folder.
    pub(crate) fn prepare(folder: &Path) -> io::Result<Self> {
        let programs = folder.join("bin");
        std::fs::create_dir_all(&programs)?;
        write_program(&programs.join("sudo"), SUDO)?;
        write_program(&programs.join("pkexec"), PKEXEC)?;
        let dialog = match DIALOGS.iter().find(|(program, _)| which::which(program).is_ok()) {
            Some((_, line)) => {
                let path = folder.join("ask-password");
                write_program(&path, &format!("#!/bin/sh\n{line}\n"))?;
                Some(path)
            }
            None => None,
        };
        Ok(Self { programs, dialog })
    }

    /// Puts them before the real ones, where there are real ones.
    pub(super) fn apply(&self, variables: &mut BTreeMap<OsString, OsString>) {
        let path = variables
            .get(OsStr::new("PATH"))
            .cloned()
            .unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
        let real = |name: &str| which::which_in(name, Some(&path), "/").ok();
        let (sudo, pkexec) = (real("sudo"), real("pkexec"));
        if sudo.is_none() && pkexec.is_none() {
            return;
        }
        for (name, program) in [("LUNA_SUDO", sudo), ("LUNA_PKEXEC", pkexec)] {
            if let Some(program) = program {
                variables.insert(name.into(), program.into());
            }
        }
        let with_ours = std::iter::once(self.programs.clone()).chain(std::env::split_paths(&path));
        if let Ok(path) = std::env::join_paths(with_ours) {
            variables.insert("PATH".into(), path);
        }
        let has_display = cfg!(target_os = "macos")
            || ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| variables.contains_key(OsStr::new(name)));
        if let (Some(dialog), true) = (&self.dialog, has_display) {
            variables.entry("SUDO_ASKPASS".into()).or_insert_with(|| dialog.into());
        } else {
            variables.remove(OsStr::new("SUDO_ASKPASS"));
        }
    }
}

/// Replaces it by renaming, so that a command which runs it at this moment never sees half of it.
fn write_program(path: &Path, text: &str) -> io::Result<()> {
    let new = path.with_extension(format!("{}.new", std::process::id()));
    std::fs::write(&new, text)?;
    std::fs::set_permissions(&new, std::fs::Permissions::from_mode(0o700))?;
    std::fs::rename(new, path)
}
