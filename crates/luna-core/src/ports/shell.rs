//! Shell commands: judging, planning without a model, running.

use std::path::PathBuf;

use async_trait::async_trait;
use luna_model::{
    CommandContext, CommandOutcome, CommandRequest, OutputStream, PlanContext, Result, Verdict,
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// A step the planner proposes; the judge's verdict comes later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedStep {
    /// What it does, in words.
    pub description: String,
    /// The command.
    pub command: String,
}

/// What the planner made of some words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedWords {
    /// The kind of request it recognised ("package.install").
    pub intent: String,
    /// The steps, in order.
    pub steps: Vec<PlannedStep>,
    /// "2-3 minutes", when it can say.
    pub estimated_time: Option<String>,
}

/// What a running command wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandOutput {
    /// To which of its terminals.
    pub stream: OutputStream,
    /// The bytes, exactly.
    pub data: Vec<u8>,
}

/// What can be sent to a running command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandInput {
    /// Bytes for its standard input.
    Data(Vec<u8>),
    /// End of input.
    Eof,
    /// A new terminal size (columns, rows).
    Resize(u16, u16),
}

/// The lines to a running command.
#[derive(Debug)]
pub struct CommandIo {
    /// Gets the output as it comes. Bounded: a reader that does not keep up slows the command down, and nothing grows;
    /// a receiver that is dropped does not stop the command.
    pub output: mpsc::Sender<CommandOutput>,
    /// Input for the command; dropped sender = no more input (not an end of file).
    pub input: mpsc::Receiver<CommandInput>,
    /// Kills its whole process group.
    pub cancel: CancellationToken,
}

/// The machine's shell.
#[async_trait]
pub trait Shell: Send + Sync {
    /// Judges a command. Pure and quick; never runs anything.
    fn judge(&self, command: &str, context: &CommandContext) -> Verdict;

    /// The files under the home folder that this command would delete, move over or rewrite, as far as its words tell.
    /// Paths are absolute; folders stand for all that is in them.
    fn files_at_stake(&self, command: &str, context: &CommandContext) -> Vec<PathBuf>;

    /// The words that an "always allow" for this command may store (`git`, `push`): as few as fit, never an interpreter, a
    /// shell or a wrapper; none when there is nothing narrow enough.
    fn narrowest_rule(&self, command: &str, context: &CommandContext) -> Option<Vec<String>>;

    /// Whether all that the judged command does falls under a rule of these words. Never for an opaque command.
    fn rule_fits(&self, words: &[String], verdict: &Verdict) -> bool;

    /// Whether something of what the judged command does falls under a rule of these words. Looser than
    /// [`Shell::rule_fits`]: it is for rules that ask or block, which must not be slipped past.
    fn rule_touches(&self, words: &[String], verdict: &Verdict) -> bool;

    /// A plan for these words without a model; none when they are not understood. Words never become a command unread.
    fn plan(&self, words: &str, context: &PlanContext) -> Option<PlannedWords>;

    /// What a command does, in words, part by part.
    fn explain(&self, command: &str) -> String;

    /// Runs a command on a terminal of its own. The caller has passed the gate. `Forbidden` for a blocked command all
    /// the same.
    async fn run(&self, request: CommandRequest, io: CommandIo) -> Result<CommandOutcome>;
}
