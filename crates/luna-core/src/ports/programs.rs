//! Programs of others that are kept running and talked to in lines. What they say is text from outside.

use std::path::PathBuf;

use futures::future::BoxFuture;
use luna_model::{Error, Result};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// A program, and what it may have.
#[derive(Clone, Debug)]
pub struct Program {
    /// What it is called in the log.
    pub name: String,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Where its files are; it may read them.
    pub folder: PathBuf,
    /// Its own folder, the only one that it may write; made when it is missing.
    pub data: PathBuf,
    /// Names of variables that it may see, besides those without which nothing runs.
    pub environment: Vec<String>,
    /// Whether it may reach other machines.
    pub network: bool,
}

/// How well a program is kept to what it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confinement {
    /// It sees the system and its own folders, and the network only where it may.
    Whole,
    /// It has no network where it may not; the user's files are open to it.
    Network,
    /// This machine has no way to keep it in; it is a program like any other.
    None,
}

/// A program that was started.
pub struct Started {
    /// Lines to it.
    pub say: mpsc::Sender<String>,
    /// Lines from it, without their ends; closed when it has ended.
    pub lines: mpsc::Receiver<String>,
    /// How well it is kept in.
    pub confined: Confinement,
    /// Has to be driven while it runs; why it ended. Dropping it ends the program.
    pub run: BoxFuture<'static, String>,
}

impl std::fmt::Debug for Started {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Started")
    }
}

/// Starts programs.
pub trait Programs: Send + Sync {
    /// Starts one. When `stop` is cancelled its input is closed, and what has not ended some seconds later is ended, with
    /// all that came of it. `Unavailable` when it cannot be started.
    fn start(&self, program: Program, stop: CancellationToken) -> Result<Started>;
}

/// Starts nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoPrograms;

impl Programs for NoPrograms {
    fn start(&self, _: Program, _: CancellationToken) -> Result<Started> {
        Err(Error::unavailable("programs of packages do not run here"))
    }
}
