//! Hearing: word error rate and speed of each speech model that is there, what listening costs, and how long an answer
//! takes. The bench itself stands beside the recogniser, as an example of luna-voice.

use std::process::Command;

use anyhow::{Result, ensure};

use super::Row;

/// Runs it; it prints its own lines.
pub(super) fn run() -> Result<Vec<Row>> {
    let mut command = Command::new(env!("CARGO"));
    command.args(["run", "--quiet", "--release", "--package", "luna-voice", "--example", "bench_voice"]);
    ensure!(command.current_dir(crate::root()).status()?.success(), "the voice bench failed");
    Ok(vec![])
}
