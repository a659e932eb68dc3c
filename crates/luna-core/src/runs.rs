//! Plans and their runs: plain words become steps, each judged by our own judge; approved steps run in order, on a
//! terminal of their own, as they were shown and not otherwise.

mod drive;
mod plan;
mod utf8;

use std::pin::Pin;
use std::task::{Context, Poll};

use futures::Stream;
use luna_model::{
    CommandContext, CommandOutcome, CommandRequest, Error, Event, PlanContext, Result, Run, RunId, RunState,
    StepState, Verdict,
};
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::Luna;
use crate::ports::{CommandInput, CommandIo};

pub use drive::{ApprovedStep, Started};
pub use utf8::Utf8;

/// Events a reader of a run may lag behind; then the command waits for it.
const LAG: usize = 256;

/// A run on its way. Dropping it stops the run, unless it was detached.
#[derive(Debug)]
pub struct RunStream {
    /// The run.
    pub run: RunId,
    events: mpsc::Receiver<Event>,
    _stop: DropGuard,
}

impl Stream for RunStream {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.events.poll_recv(cx)
    }
}

/// What a command would do.
#[derive(Clone, Debug, PartialEq)]
pub struct Rehearsal {
    /// The judgement.
    pub verdict: Verdict,
    /// The files it would change, as far as its words tell.
    pub files: Vec<std::path::PathBuf>,
    /// Whether all it changes could be undone.
    pub undoable: bool,
}

impl Luna {
    /// Judges a command. Runs nothing.
    #[must_use]
    pub fn judge(&self, command: &str, context: &CommandContext) -> Verdict {
        self.shell().judge(command, context)
    }

    /// What a command would do, without doing it: judged where it would run, with the files that would be kept first.
    pub async fn rehearse(&self, command: &str, context: &CommandContext) -> Rehearsal {
        let described = self.describe_command(command, context);
        let verdict = self.judge(command, context);
        let undoable = verdict.risk == luna_model::Risk::Safe
            || (described.reversible
                && (described.keeps.is_empty() || self.undo().can_keep(described.keeps.clone()).await));
        Rehearsal { verdict, files: described.keeps, undoable }
    }

    /// A run, with how far it got.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn run(&self, id: RunId) -> Result<Run> {
        self.db().run(id).await?.ok_or_else(|| Error::not_found("there is no such plan"))
    }

    /// The runs and plans, newest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn runs(&self, limit: u32) -> Result<Vec<Run>> {
        self.db().runs(limit.clamp(1, 500)).await
    }

    /// How a command ended that a model asked for a moment ago; none when that is long past.
    #[must_use]
    pub fn outcome_of(&self, action: luna_model::ActionId) -> Option<CommandOutcome> {
        self.running().outcome(action)
    }

    /// Stops a run: the running step's whole process group is killed, later steps are skipped.
    ///
    /// # Errors
    /// `NotFound` when it does not run.
    pub fn stop_run(&self, id: RunId) -> Result<()> {
        self.running().stop_run(id)
    }

    /// Sends input to the running step.
    ///
    /// # Errors
    /// `NotFound` when the plan does not run.
    pub async fn send_to_run(&self, id: RunId, input: CommandInput) -> Result<()> {
        self.running().send_to_run(id, input).await
    }

    /// Runs one command and waits for its end; nobody watches its output meanwhile. The caller has passed the gate.
    pub(crate) async fn run_quietly(
        &self,
        request: CommandRequest,
        cancel: CancellationToken,
    ) -> Result<CommandOutcome> {
        let (output, nobody) = mpsc::channel(1);
        drop(nobody);
        let (_input, no_input) = mpsc::channel(1);
        let request = self.limited(request);
        self.shell().run(request, CommandIo { output, input: no_input, cancel }).await
    }

    /// A request with the time limit of the settings where it has none of its own.
    pub(crate) fn limited(&self, mut request: CommandRequest) -> CommandRequest {
        request.timeout_s = request.timeout_s.or(Some(self.settings().current().command_timeout_s));
        request
    }

    /// Runs that a crash interrupted are written down as such.
    pub(crate) async fn close_interrupted_runs(&self) -> Result<()> {
        for mut run in self.db().interrupted_runs().await? {
            for step in &mut run.plan.steps {
                match step.state {
                    StepState::Running => step.state = StepState::Failed,
                    StepState::Pending => step.state = StepState::Skipped,
                    _ => {}
                }
            }
            run.state = RunState::Cancelled;
            run.ended_at = Some(self.clock().now());
            self.db().save_run(run).await?;
        }
        Ok(())
    }

    /// Where a plan's steps run.
    pub(crate) fn context_of(&self, context: &PlanContext) -> CommandContext {
        let cwd = context.current_dir.as_deref().map(str::trim).filter(|d| !d.is_empty());
        CommandContext { cwd: cwd.map(Into::into), ..CommandContext::default() }
    }
}
