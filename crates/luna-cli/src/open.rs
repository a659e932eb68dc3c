//! `luna open`: shows the desktop program's window, one of its screens, or the quick bar. Starts that program; where it
//! runs already, its second start is a wish to the first. Knows nothing of what it shows.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};
use luna_app::desktop::is_route;

use crate::args;

const PROGRAM: &str = "luna-desktop";

/// Shows what the arguments name. `variables` are the flags that were given.
pub(crate) fn open(args: &args::Open, variables: Vec<(String, String)>) -> Result<()> {
    let display = ["DISPLAY", "WAYLAND_DISPLAY"].into_iter().any(|name| std::env::var_os(name).is_some());
    if cfg!(target_os = "linux") && !display {
        bail!("there is no display here; `luna serve` prints an address for a browser");
    }
    let mut command = Command::new(program()?);
    command.envs(variables).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if args.quick {
        command.arg("--quick");
    } else if args.toggle {
        command.arg("--toggle");
    } else if let Some(screen) = &args.screen {
        let route = format!("/{}", screen.trim_start_matches('/'));
        if !is_route(&route) {
            bail!("{screen:?} is no screen; write it like chat, memory/facts or settings/models");
        }
        command.arg(format!("luna://open{route}"));
    }
    // It outlives this command, and the terminal.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn()?;
    Ok(())
}

/// The desktop program: beside this one, or in the PATH.
fn program() -> Result<PathBuf> {
    let name = format!("{PROGRAM}{}", std::env::consts::EXE_SUFFIX);
    let beside = std::env::current_exe().ok().and_then(|own| own.parent().map(|folder| folder.join(&name)));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = beside.into_iter().chain(std::env::split_paths(&path).map(|folder| folder.join(&name)));
    match found.into_iter().find(|file| file.is_file()) {
        Some(file) => Ok(file),
        None => bail!(
            "the desktop program {PROGRAM} is neither beside luna nor in the PATH; `npm start` builds it, and `luna serve` works in a browser"
        ),
    }
}
