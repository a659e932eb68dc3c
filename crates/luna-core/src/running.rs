//! What is going on: chat turns by conversation and runs by id, each with its switch. One turn a conversation at a time.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use luna_model::{ActionId, CommandOutcome, ConversationId, Error, Result, RunId, TurnId};
use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

use crate::ports::CommandInput;

/// How long a new turn waits for the one before it to end (it was stopped, and is being kept).
const PATIENCE: Duration = Duration::from_secs(5);

/// Ended commands that are remembered.
const REMEMBERED: usize = 64;

/// What is going on; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    root: CancellationToken,
    turns: Mutex<HashMap<ConversationId, (TurnId, CancellationToken)>>,
    freed: Notify,
    runs: Mutex<HashMap<RunId, RunHandle>>,
    ended: Mutex<VecDeque<(ActionId, CommandOutcome)>>,
}

#[derive(Clone, Debug)]
struct RunHandle {
    cancel: CancellationToken,
    input: mpsc::Sender<CommandInput>,
}

/// A conversation's place, taken until this is dropped.
#[derive(Debug)]
pub(crate) struct Occupied {
    /// Stops the turn.
    pub(crate) cancel: CancellationToken,
    conversation: ConversationId,
    running: Running,
}

impl Drop for Occupied {
    fn drop(&mut self) {
        self.running.inner.turns.lock().remove(&self.conversation);
        self.running.inner.freed.notify_waiters();
    }
}

/// A run's place, taken until this is dropped.
#[derive(Debug)]
pub(crate) struct OccupiedRun {
    /// Stops the run.
    pub(crate) cancel: CancellationToken,
    run: RunId,
    running: Running,
}

impl Drop for OccupiedRun {
    fn drop(&mut self) {
        self.running.inner.runs.lock().remove(&self.run);
    }
}

impl Running {
    pub(crate) fn new(root: CancellationToken) -> Self {
        let (turns, runs, ended) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self { inner: Arc::new(Inner { root, turns, freed: Notify::new(), runs, ended }) }
    }

    /// Takes a conversation's place for a turn; waits a little for one that is ending.
    pub(crate) async fn occupy(&self, conversation: ConversationId, turn: TurnId) -> Result<Occupied> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let freed = self.inner.freed.notified();
            tokio::pin!(freed);
            freed.as_mut().enable();
            {
                let mut turns = self.inner.turns.lock();
                if let std::collections::hash_map::Entry::Vacant(free) = turns.entry(conversation) {
                    let cancel = self.inner.root.child_token();
                    free.insert((turn, cancel.clone()));
                    return Ok(Occupied { cancel, conversation, running: self.clone() });
                }
            }
            if tokio::time::timeout_at(deadline, freed).await.is_err() {
                return Err(Error::conflict(
                    "Luna still answers in this conversation; stop her first, or wait",
                ));
            }
        }
    }

    pub(crate) fn stop(&self, turn: TurnId) -> Result<()> {
        let turns = self.inner.turns.lock();
        let found = turns.values().find(|(t, _)| *t == turn);
        let (_, cancel) = found.ok_or_else(|| Error::not_found("that turn does not run any more"))?;
        cancel.cancel();
        Ok(())
    }

    /// Stops everything that goes on.
    pub(crate) fn stop_all(&self) {
        for (_, cancel) in self.inner.turns.lock().values() {
            cancel.cancel();
        }
        for run in self.inner.runs.lock().values() {
            run.cancel.cancel();
        }
    }

    /// Whether no turn and no run goes on.
    pub(crate) fn is_empty(&self) -> bool {
        self.inner.turns.lock().is_empty() && self.inner.runs.lock().is_empty()
    }

    pub(crate) fn stop_in(&self, conversation: ConversationId) {
        if let Some((_, cancel)) = self.inner.turns.lock().get(&conversation) {
            cancel.cancel();
        }
    }

    /// A command that a model asked for ended; how is remembered for a while.
    pub(crate) fn command_ended(&self, action: ActionId, outcome: CommandOutcome) {
        let mut ended = self.inner.ended.lock();
        if ended.len() == REMEMBERED {
            ended.pop_front();
        }
        ended.push_back((action, outcome));
    }

    pub(crate) fn outcome(&self, action: ActionId) -> Option<CommandOutcome> {
        self.inner.ended.lock().iter().rev().find(|(id, _)| *id == action).map(|(_, outcome)| outcome.clone())
    }

    /// Takes a run's place. What is sent to it goes to `input`.
    pub(crate) fn occupy_run(&self, run: RunId, input: mpsc::Sender<CommandInput>) -> Result<OccupiedRun> {
        let mut runs = self.inner.runs.lock();
        if runs.contains_key(&run) {
            return Err(Error::conflict("this plan runs already"));
        }
        let cancel = self.inner.root.child_token();
        runs.insert(run, RunHandle { cancel: cancel.clone(), input });
        Ok(OccupiedRun { cancel, run, running: self.clone() })
    }

    pub(crate) fn stop_run(&self, run: RunId) -> Result<()> {
        self.run(run)?.cancel.cancel();
        Ok(())
    }

    pub(crate) async fn send_to_run(&self, run: RunId, input: CommandInput) -> Result<()> {
        let handle = self.run(run)?;
        handle.input.send(input).await.map_err(|_| Error::conflict("no step of this run reads input now"))
    }

    fn run(&self, run: RunId) -> Result<RunHandle> {
        self.inner.runs.lock().get(&run).cloned().ok_or_else(|| Error::not_found("that plan does not run"))
    }
}
