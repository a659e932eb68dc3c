//! Measures Luna from outside, as a black box: a server under load, a scripted model behind it. Each number stands beside
//! a baseline from the same run on the same machine, so that what counts is the ratio.
//!
//! The program is `$LUNA_BIN`, else the release build.

mod business;
mod client;
mod code;
mod desktop;
mod doors;
mod health;
mod memory;
mod model;
mod pty;
mod server;
mod start;
mod streams;
mod voice;

use std::{env, future::Future, path::PathBuf, pin::Pin};

use anyhow::{Context as _, Result, bail, ensure};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Which ones; all when none is named
    names: Vec<String>,
    /// Names them and ends
    #[arg(long)]
    list: bool,
    /// Serves the plain server that some are compared with
    #[arg(long, hide = true)]
    plain_server: Option<u16>,
}

/// A number with what it is compared with.
struct Row {
    what: String,
    value: f64,
    unit: &'static str,
    /// The same of the baseline, in the same unit.
    baseline: Option<f64>,
    /// What it should be.
    aim: &'static str,
}

impl Row {
    fn new(what: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { what: what.into(), value, unit, baseline: None, aim: "" }
    }

    fn against(mut self, baseline: f64) -> Self {
        self.baseline = Some(baseline);
        self
    }

    fn aim(mut self, aim: &'static str) -> Self {
        self.aim = aim;
        self
    }
}

type Outcome = Pin<Box<dyn Future<Output = Result<Vec<Row>>>>>;

struct Bench {
    name: &'static str,
    about: &'static str,
    run: fn(PathBuf) -> Outcome,
}

const BENCHES: &[Bench] = &[
    Bench {
        name: "start",
        about: "cold start, memory idle and after 10,000 turns",
        run: |luna| Box::pin(start::run(luna)),
    },
    Bench {
        name: "health",
        about: "requests a second of /api/system/health",
        run: |luna| Box::pin(health::run(luna)),
    },
    Bench {
        name: "streams",
        about: "from the model's token to the client's event",
        run: |luna| Box::pin(streams::run(luna)),
    },
    Bench {
        name: "pty",
        about: "throughput and first byte of commands",
        run: |luna| Box::pin(pty::run(luna)),
    },
    Bench {
        name: "code",
        about: "indexing and searching code, and whether the right is found",
        run: |luna| Box::pin(code::run(luna)),
    },
    Bench {
        name: "doors",
        about: "what a token or a key costs, and an event to many watchers",
        run: |luna| Box::pin(doors::run(luna)),
    },
    Bench {
        name: "business",
        about: "200 users' chats at once: what she adds, what a user costs, and that nothing crosses",
        run: |luna| Box::pin(business::run(luna)),
    },
    Bench {
        name: "desktop",
        about: "the window: first screen, memory shown, hidden and freed",
        run: |luna| Box::pin(desktop::run(luna)),
    },
    Bench {
        name: "memory",
        about: "search by meaning: recall, speed, exactness, texts a second",
        run: |_| Box::pin(async { memory::run() }),
    },
    Bench {
        name: "voice",
        about: "hearing: errors and speed of each speech model, what listening costs, how long an answer takes",
        run: |_| Box::pin(async { voice::run() }),
    },
];

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    if let Some(port) = arguments.plain_server {
        return runtime.block_on(server::serve_plain(port));
    }
    if arguments.list {
        BENCHES.iter().for_each(|bench| println!("{:<8} {}", bench.name, bench.about));
        return Ok(());
    }
    if let Some(unknown) =
        arguments.names.iter().find(|name| BENCHES.iter().all(|bench| bench.name != **name))
    {
        bail!("there is no bench {unknown}; cargo xtask bench --list names them");
    }
    let luna = program()?;
    if cfg!(debug_assertions) {
        return again_in_release(arguments);
    }
    allow_many_connections()?;
    println!("{} on {} cores\n", luna.display(), std::thread::available_parallelism()?);
    println!("{:<44} {:>11} {:<6} {:>11} {:>7}  aim", "what", "value", "unit", "baseline", "ratio");
    for bench in BENCHES {
        if arguments.names.is_empty() || arguments.names.iter().any(|name| name == bench.name) {
            let rows = runtime
                .block_on((bench.run)(luna.clone()))
                .with_context(|| format!("bench {}", bench.name))?;
            rows.iter().for_each(print);
        }
    }
    Ok(())
}

fn print(row: &Row) {
    let baseline = row.baseline.map_or_else(String::new, |baseline| format!("{baseline:.3}"));
    let ratio = row.baseline.map_or_else(String::new, |baseline| format!("{:.2}", row.value / baseline));
    println!("{:<44} {:>11.3} {:<6} {baseline:>11} {ratio:>7}  {}", row.what, row.value, row.unit, row.aim);
}

/// The client and the baselines are part of what is measured, so they are optimised as Luna is.
fn again_in_release(arguments: &Arguments) -> Result<()> {
    let mut command = crate::cargo();
    command.args(["run", "--quiet", "--release", "--package", "xtask", "--", "bench"]).args(&arguments.names);
    ensure!(command.current_dir(crate::root()).status()?.success(), "the release build of xtask failed");
    Ok(())
}

fn program() -> Result<PathBuf> {
    let built = || {
        let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
        crate::root().join(target).join("release/luna")
    };
    let luna = env::var_os("LUNA_BIN").map_or_else(built, PathBuf::from);
    ensure!(
        luna.is_file(),
        "{} is not there: cargo build --release -p luna-cli, or set LUNA_BIN",
        luna.display()
    );
    Ok(luna)
}

/// A thousand streams are two thousand sockets, for Luna and for this program each; children inherit it.
fn allow_many_connections() -> Result<()> {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, most.min(65_536), most)?;
    Ok(())
}

/// The value below which this part of the values lies.
fn percentile(values: &mut [f64], part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index"
    )]
    let at = ((values.len().saturating_sub(1)) as f64 * part).round() as usize;
    values.get(at).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_of_the_set() {
        let mut values: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert!((percentile(&mut values, 0.5) - 51.0).abs() < f64::EPSILON);
        assert!((percentile(&mut values, 0.99) - 99.0).abs() < f64::EPSILON);
        assert!((percentile(&mut [7.0], 0.99) - 7.0).abs() < f64::EPSILON);
        assert!(percentile(&mut [], 0.5).is_nan());
    }
}
