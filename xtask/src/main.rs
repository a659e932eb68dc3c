//! Chores of the workspace: `cargo xtask tidy`, `codegen` and `bench`. No part of the product.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

mod bench;
mod codegen;
mod tidy;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Chores of the workspace")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Checks what must stay true of the code: who may depend on whom, and more
    Tidy,
    /// Writes the TypeScript types of the window's commands into ui/src/wire
    Codegen {
        /// Only says whether they are fresh
        #[arg(long)]
        check: bool,
    },
    /// Measures, each number beside a baseline from the same run
    Bench(bench::Arguments),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().chore {
        Chore::Tidy => tidy::run(&root()),
        Chore::Codegen { check } => codegen::run(&root(), check),
        Chore::Bench(arguments) => bench::run(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Cargo as from a terminal. What it tells this program of its own package is left out: build scripts that look at such
/// variables (ring's) would be run anew, and all that stands on them compiled again.
fn cargo() -> Command {
    let mut command = Command::new(env!("CARGO"));
    let names = std::env::vars_os().map(|(name, _)| name);
    let own = |name: &OsString| {
        name.to_str().is_some_and(|n| n.starts_with("CARGO_PKG_") || n.starts_with("CARGO_MANIFEST_"))
    };
    names.filter(own).for_each(|name| {
        command.env_remove(name);
    });
    command
}

/// The workspace's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}
