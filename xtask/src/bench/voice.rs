//! Hearing: word error rate and speed of each speech model that is there, what listening costs, how long an answer takes,
//! and what the wake detector misses. The benches themselves stand beside the recogniser, as examples of luna-voice.

use anyhow::{Result, ensure};

use super::Row;

/// Runs it; it prints its own lines.
pub(super) fn run() -> Result<Vec<Row>> {
    for (example, arguments) in
        [("bench_voice", &[][..]), ("train_wake", &["--test", "--data", "../shared/data"])]
    {
        println!();
        let mut command = crate::cargo();
        command.args(["run", "--quiet", "--release", "--package", "luna-voice", "--example", example, "--"]);
        let status = command.args(arguments).current_dir(crate::root()).status()?;
        ensure!(status.success(), "the example {example} failed");
    }
    Ok(vec![])
}
