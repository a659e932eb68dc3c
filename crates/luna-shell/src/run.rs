//! Running one command: its terminals, its environment, its processes, what it writes and how it ends. It judges nothing.

mod capture;
mod drive;
mod elevation;
mod environment;
mod processes;
mod terminal;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use luna_core::ports::CommandIo;
use luna_model::{CommandOutcome, CommandRequest, Error, Result};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::ShellConfig;
use capture::Capture;
pub(crate) use elevation::Elevation;
pub(crate) use processes::Processes;

/// Columns and rows, when a request does not say.
const SIZE: (u16, u16) = (120, 32);

/// Everything one command needs, so that its thread owns it.
pub(crate) struct Job {
    command: String,
    folder: PathBuf,
    environment: Vec<(OsString, OsString)>,
    /// Stands in the environment of all its processes, by which they are found however they detach themselves.
    mark: String,
    size: (u16, u16),
    limit: Duration,
    capture: Capture,
    io: CommandIo,
    stop: CancellationToken,
    shutdown: CancellationToken,
}

impl Job {
    pub(crate) fn new(
        request: CommandRequest,
        io: CommandIo,
        config: &ShellConfig,
        elevation: &Elevation,
        stop: CancellationToken,
        shutdown: CancellationToken,
    ) -> Self {
        let id = Uuid::new_v4();
        let folder = resolve(request.context.cwd.as_deref(), &config.home);
        let mark = format!("LUNA_COMMAND={id}");
        let environment = environment::build(config, &request.context.env, &folder, elevation, &id);
        Self {
            command: request.command,
            folder,
            environment,
            mark,
            size: request.size.unwrap_or(SIZE),
            limit: request.timeout_s.map_or(config.time_limit, Duration::from_secs),
            capture: Capture::new(
                config.output_dir.join(format!("{id}.out")),
                config.memory_limit,
                config.file_limit,
            ),
            io,
            stop,
            shutdown,
        }
    }

    /// Runs the command to its end. Blocks: meant for a thread of its own.
    pub(crate) fn run(self) -> Result<CommandOutcome> {
        if !self.folder.is_dir() {
            let folder = self.folder.display();
            return Err(Error::invalid(format!(
                "the folder {folder} does not exist; choose another to run in"
            )));
        }
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Error::internal)?
            .block_on(drive::drive(self))
    }
}

/// The folder meant: `~` is the home folder, a relative one is below it.
fn resolve(folder: Option<&Path>, home: &Path) -> PathBuf {
    match folder {
        None => home.to_path_buf(),
        Some(folder) => home.join(folder.strip_prefix("~").unwrap_or(folder)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tilde_is_the_home_folder() {
        let home = Path::new("/home/ada");
        for (given, meant) in [
            (None, "/home/ada"),
            (Some("~"), "/home/ada"),
            (Some("~/src/x"), "/home/ada/src/x"),
            (Some("/etc"), "/etc"),
            (Some("src"), "/home/ada/src"),
        ] {
            assert_eq!(
                resolve(given.map(Path::new), home),
                Path::new(meant).components().collect::<PathBuf>()
            );
        }
    }
}
