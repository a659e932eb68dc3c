//! Asking a program of the system: found first, given no input, and never waited for longer than a few seconds.

use std::process::Stdio;
use std::time::Duration;

use luna_model::{Error, ErrorKind, Result};
use tokio::process::Command;

const PATIENCE: Duration = Duration::from_secs(5);

/// Whether the program is there.
pub(crate) fn exists(name: &str) -> bool {
    which::which(name).is_ok()
}

/// Runs it and gives back what it printed. `NotFound` when it is not there, `Unavailable` when it fails or hangs.
pub(crate) async fn ask(name: &str, arguments: &[&str]) -> Result<String> {
    let running = Command::new(name)
        .args(arguments)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|e| {
            let kind = if e.kind() == std::io::ErrorKind::NotFound {
                ErrorKind::NotFound
            } else {
                ErrorKind::Unavailable
            };
            Error::new(kind, format!("{name} could not be started: {e}")).because(e)
        })?;
    let output = tokio::time::timeout(PATIENCE, running.wait_with_output())
        .await
        .map_err(|_| {
            Error::unavailable(format!("{name} did not answer within {} seconds", PATIENCE.as_secs()))
        })?
        .map_err(|e| Error::unavailable(format!("{name} could not be read: {e}")).because(e))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said
            .lines()
            .find(|line| !line.trim().is_empty())
            .unwrap_or("it gave no reason")
            .trim()
            .to_owned();
        Err(Error::unavailable(format!("{name} failed: {said}")))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_missing_a_failing_and_a_working_program_are_told_apart() {
        assert_eq!(ask("no-such-program-anywhere", &[]).await.unwrap_err().kind, ErrorKind::NotFound);
        let failed = ask("sh", &["-c", "echo; echo no server >&2; exit 1"]).await.unwrap_err();
        assert_eq!((failed.kind, failed.message.as_str()), (ErrorKind::Unavailable, "sh failed: no server"));
        assert_eq!(ask("sh", &["-c", "echo fine"]).await.unwrap(), "fine\n");
    }

    #[tokio::test(start_paused = true)]
    async fn a_program_that_hangs_is_given_up() {
        let error = ask("sleep", &["600"]).await.unwrap_err();
        assert_eq!(
            (error.kind, error.message.as_str()),
            (ErrorKind::Unavailable, "sleep did not answer within 5 seconds")
        );
    }
}
