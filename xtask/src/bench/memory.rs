//! Search by meaning: recall on labelled questions, speed and exactness at 1,000 to 100,000 facts, texts a second. The
//! bench itself stands beside the engine, as an example of luna-embed, since it measures the engine and no server.

use anyhow::{Result, ensure};

use super::Row;

/// Runs it; it prints its own tables, each number beside its baseline.
pub(super) fn run() -> Result<Vec<Row>> {
    let mut command = crate::cargo();
    command.args(["run", "--quiet", "--release", "--package", "luna-embed", "--example", "bench_memory"]);
    ensure!(command.current_dir(crate::root()).status()?.success(), "the memory bench failed");
    Ok(vec![])
}
