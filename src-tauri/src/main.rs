//! The program `luna-desktop`: reads the command line, as `luna serve` does, and hands over to the desktop.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser as _;
use luna_app::{Setup, config::Config};
use luna_desktop::Wish;

fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    luna_desktop::suit_drawing();
    match start().or_else(again) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[allow(clippy::print_stderr, reason = "there is no window yet that could say it")]
            {
                eprintln!("luna-desktop: {error:#}");
            }
            ExitCode::FAILURE
        }
    }
}

fn start() -> Result<()> {
    let wish = Wish::parse();
    let config = Config::load(wish.variables(), std::env::vars_os(), &std::env::current_dir()?)?;
    let setup = Setup::new(config)?;
    let _logs = setup.log()?;
    luna_desktop::run(setup, wish)
}

/// A Luna that was just ending could not be asked to show herself: soon she is gone, and this start is the first.
#[cfg(target_os = "linux")]
fn again(error: anyhow::Error) -> Result<()> {
    use std::os::unix::process::CommandExt as _;
    const TRIES: &str = "LUNA_STARTED_AGAIN";
    const MOST: u32 = 20;
    const PAUSE: std::time::Duration = std::time::Duration::from_millis(250);
    let tries: u32 = std::env::var(TRIES).ok().and_then(|tries| tries.parse().ok()).unwrap_or(0);
    if tries >= MOST || !luna_desktop::is_other_ending(&error) {
        return Err(error);
    }
    std::thread::sleep(PAUSE);
    let mut same = std::process::Command::new(std::env::current_exe()?);
    same.args(std::env::args_os().skip(1)).env(TRIES, (tries + 1).to_string());
    // Comes back only when it fails.
    Err(same.exec().into())
}

#[cfg(not(target_os = "linux"))]
fn again(error: anyhow::Error) -> Result<()> {
    Err(error)
}
