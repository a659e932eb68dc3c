//! Shell commands: how risky one is and why, and how one is run.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// How risky a command is. Ordered: the worst part decides for the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// Only reads.
    Safe,
    /// Installs, writes files, changes what is easily changed back.
    Moderate,
    /// Deletes, needs privileges, changes the system, or cannot be understood.
    Dangerous,
}

/// One thing that decided a verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Reason {
    /// The risk this part has by itself.
    pub risk: Risk,
    /// Whether this part alone blocks the whole.
    pub blocks: bool,
    /// The words of the command that decided, as written.
    pub words: String,
    /// Why, in a sentence: "deletes the root folder".
    pub why: String,
}

/// The judgement of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Verdict {
    /// The worst risk among its parts.
    pub risk: Risk,
    /// Never run, whatever anyone says.
    pub blocked: bool,
    /// What decided, worst first. Empty for a command that is plainly safe.
    pub reasons: Vec<Reason>,
    /// Each simple command found in it, as resolved words (program first), however deeply it was hidden.
    /// Permission rules match these.
    pub programs: Vec<Vec<String>>,
    /// Whether something in it could not be resolved (a variable, a substitution); such a command never fits a rule.
    pub opaque: bool,
    /// Whether what it changes can be undone: it changes nothing, or only files that are kept first.
    pub reversible: bool,
}

/// Where and how a command runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct CommandContext {
    /// Working directory; none = the user's home folder.
    pub cwd: Option<PathBuf>,
    /// Variables set besides the inherited ones.
    pub env: BTreeMap<String, String>,
}

/// A command to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct CommandRequest {
    /// What bash is given.
    pub command: String,
    /// Where and how.
    pub context: CommandContext,
    /// Most seconds it may take; none = the setting (300).
    pub timeout_s: Option<u64>,
    /// Terminal size (columns, rows); none = 120 × 32.
    pub size: Option<(u16, u16)>,
}

/// Which of its two terminals a command wrote to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum OutputStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct CommandOutcome {
    /// The exit code; none when it was killed.
    pub exit_code: Option<i32>,
    /// Killed by the time limit.
    pub timed_out: bool,
    /// Killed because someone said stop, or went away.
    pub cancelled: bool,
    /// What it wrote to standard output, as text; at most the memory limit, the rest is in `full_output`.
    pub stdout: String,
    /// The same of standard error.
    pub stderr: String,
    /// The file that holds all output, when it was more than is kept in memory.
    pub full_output: Option<PathBuf>,
    /// How long it ran, in milliseconds.
    pub duration_ms: u64,
}
