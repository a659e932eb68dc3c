//! The program `luna-desktop`: reads the command line, as `luna serve` does, and hands over to the desktop.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser as _;
use luna_app::{Setup, config::Config};
use luna_desktop::Wish;

fn main() -> ExitCode {
    match start() {
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
