//! Running approved steps: each passes the gate, its files are kept, it runs on its own terminal, and the next one only
//! follows a success.

use luna_model::{
    ActionId, Actor, CommandContext, CommandOutcome, CommandRequest, Error, ErrorKind, Event, Evidence,
    OutputStream, Plan, Result, Run, RunId, RunState, Step, StepState, TurnId,
};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::utf8::Utf8;
use super::{LAG, RunStream};
use crate::Luna;
use crate::actions::Doing;
use crate::ports::{CommandInput, CommandIo, CommandOutput};
use crate::running::OccupiedRun;
use crate::tools::{Output, RUN_COMMAND};

/// A step as the user approved it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovedStep {
    /// Its number.
    pub id: u32,
    /// The command, exactly.
    pub command: String,
    /// What it does, in words.
    pub description: String,
}

/// What is to be run.
#[derive(Clone, Debug)]
pub enum Started {
    /// A plan of ours, with the steps the user approved: left-out steps are skipped, changed ones were shown again.
    Plan(RunId, Vec<ApprovedStep>),
    /// Steps given directly, where they run.
    Steps(Vec<ApprovedStep>, CommandContext),
}

impl Luna {
    /// Runs approved steps in order, until one fails. The events stream; dropping the stream stops the run.
    ///
    /// # Errors
    /// `NotFound` for a plan that does not exist, `Invalid` without steps, `Conflict` when it runs already.
    pub async fn start_run(&self, started: Started) -> Result<RunStream> {
        let plan = self.approved(started).await?;
        let id = plan.id;
        let (events_in, events) = mpsc::channel(LAG);
        let (input_in, input) = mpsc::channel(64);
        let occupied = self.running().occupy_run(id, input_in)?;
        let stop = occupied.cancel.clone().drop_guard();
        let run = Run { plan, state: RunState::Running, ended_at: None };
        self.db().save_run(run.clone()).await?;
        let driver =
            RunDriver { luna: self.clone(), turn: TurnId::new(), run, events: events_in, input, occupied };
        self.tasks().spawn(driver.run());
        Ok(RunStream { run: id, events, _stop: stop })
    }

    /// The plan with the approved steps pending. Steps of a plan of ours that were left out stay as they were: skipped, or
    /// done by an earlier start.
    async fn approved(&self, started: Started) -> Result<Plan> {
        let (mut plan, steps) = match started {
            Started::Plan(id, steps) => (self.run(id).await?.plan, steps),
            Started::Steps(steps, context) => (self.given(&steps, context), steps),
        };
        if steps.is_empty() {
            return Err(Error::invalid("there is no step to run"));
        }
        for step in &mut plan.steps {
            if step.state == StepState::Pending {
                step.state = StepState::Skipped;
            }
        }
        for approved in steps {
            let step = Step {
                id: approved.id,
                verdict: self.judge(&approved.command, &plan.context),
                description: approved.description,
                command: approved.command,
                state: StepState::Pending,
                outcome: None,
                started_at: None,
            };
            match plan.steps.iter_mut().find(|s| s.id == step.id) {
                Some(place) => *place = step,
                None => plan.steps.push(step),
            }
        }
        Ok(plan)
    }

    fn given(&self, steps: &[ApprovedStep], context: CommandContext) -> Plan {
        let words =
            steps.iter().map(|s| s.description.as_str()).find(|d| !d.is_empty()).unwrap_or("commands");
        Plan {
            id: RunId::new(),
            words: words.to_owned(),
            steps: vec![],
            requires_confirmation: true,
            estimated_time: None,
            context,
            planner: "given".into(),
            created_at: self.clock().now(),
        }
    }
}

struct RunDriver {
    luna: Luna,
    turn: TurnId,
    run: Run,
    events: mpsc::Sender<Event>,
    input: mpsc::Receiver<CommandInput>,
    occupied: OccupiedRun,
}

impl RunDriver {
    async fn run(mut self) {
        let id = self.run.plan.id;
        self.tell(Event::RunChanged { run: id, state: RunState::Running }).await;
        let (mut completed, mut failed) = (0, false);
        for at in 0..self.run.plan.steps.len() {
            if self.run.plan.steps[at].state != StepState::Pending {
                continue;
            }
            if failed {
                self.run.plan.steps[at].state = StepState::Skipped;
                let step = self.run.plan.steps[at].id;
                self.tell_step(step, StepState::Skipped, None, None).await;
            } else if self.step(at).await == StepState::Completed {
                completed += 1;
            } else {
                failed = true;
            }
        }
        self.run.state = match (failed, completed) {
            (false, _) => RunState::Completed,
            (true, _) if self.occupied.cancel.is_cancelled() => RunState::Cancelled,
            (true, 0) => RunState::Failed,
            (true, _) => RunState::Partial,
        };
        self.run.ended_at = Some(self.luna.clock().now());
        self.save().await;
        let Self { luna, run, events, occupied, .. } = self;
        drop(occupied);
        let event = Event::RunChanged { run: id, state: run.state };
        luna.bus().publish(event.clone());
        let _ = events.send(event).await;
    }

    async fn step(&mut self, at: usize) -> StepState {
        self.run.plan.steps[at].state = StepState::Running;
        self.run.plan.steps[at].started_at = Some(self.luna.clock().now());
        let step = self.run.plan.steps[at].clone();
        self.tell_step(step.id, StepState::Running, None, None).await;
        let outcome = self.carry_out(&step).await;
        let (state, outcome, error) = match outcome {
            Ok(outcome) if outcome.exit_code == Some(0) => (StepState::Completed, Some(outcome), None),
            Ok(outcome) => {
                let error = ending(&outcome);
                (StepState::Failed, Some(outcome), Some(error))
            }
            Err(error) => {
                let blocked = step.verdict.blocked && error.kind == ErrorKind::Forbidden;
                let words = error.message.strip_prefix("blocked: ").unwrap_or(&error.message);
                let words = if blocked { format!("command blocked: {words}") } else { words.to_owned() };
                (StepState::Failed, None, Some(words))
            }
        };
        let shown = &mut self.run.plan.steps[at];
        shown.state = state;
        shown.outcome = outcome.clone().or_else(|| error.clone().map(not_run));
        self.save().await;
        self.tell_step(step.id, state, outcome.as_ref(), error).await;
        state
    }

    /// One step through the gate and onto its terminal.
    async fn carry_out(&mut self, step: &Step) -> Result<CommandOutcome> {
        let context = self.run.plan.context.clone();
        let doing = Doing {
            actor: Actor::Run { run: self.run.plan.id },
            turn: self.turn,
            evidence: vec![Evidence::Said { text: self.run.plan.words.chars().take(200).collect() }],
            context: context.clone(),
            ..Doing::user(self.occupied.cancel.clone())
        };
        let luna = self.luna.clone();
        let request = luna.limited(CommandRequest {
            command: step.command.clone(),
            context,
            timeout_s: None,
            size: None,
        });
        luna.gated(&step.command, &doing, self.on_terminal(step.id, request)).await
    }

    async fn on_terminal(&mut self, step: u32, request: CommandRequest) -> Result<CommandOutcome> {
        let (output, mut written) = mpsc::channel::<CommandOutput>(64);
        let (input_in, input) = mpsc::channel(64);
        let io = CommandIo { output, input, cancel: self.occupied.cancel.clone() };
        let luna = self.luna.clone();
        let ended = luna.shell().run(request, io);
        tokio::pin!(ended);
        let mut texts = [Utf8::default(), Utf8::default()];
        let mut open = true;
        let mut outcome = None;
        while open || outcome.is_none() {
            tokio::select! {
                part = written.recv(), if open => match part {
                    None => open = false,
                    Some(part) => {
                        let text = texts[usize::from(part.stream == OutputStream::Stderr)].push(&part.data);
                        self.tell_output(step, part.stream, text).await;
                    }
                },
                done = &mut ended, if outcome.is_none() => outcome = Some(done),
                Some(input) = self.input.recv(), if outcome.is_none() => {
                    // A command that ended meanwhile takes no more input.
                    let _ = input_in.send(input).await;
                }
            }
        }
        for (text, stream) in texts.into_iter().zip([OutputStream::Stdout, OutputStream::Stderr]) {
            self.tell_output(step, stream, text.end()).await;
        }
        outcome.unwrap_or_else(|| Err(Error::cancelled()))
    }

    async fn tell_output(&mut self, step: u32, stream: OutputStream, data: String) {
        if !data.is_empty() {
            self.tell(Event::StepOutput { run: self.run.plan.id, step, stream, data }).await;
        }
    }

    async fn tell_step(
        &mut self,
        step: u32,
        state: StepState,
        outcome: Option<&CommandOutcome>,
        error: Option<String>,
    ) {
        let event = Event::StepChanged {
            run: self.run.plan.id,
            step,
            state,
            exit_code: outcome.and_then(|o| o.exit_code),
            duration_ms: outcome.map(|o| o.duration_ms),
            error,
        };
        self.tell(event).await;
    }

    /// The reader sets the pace: a command that writes more than is read waits.
    async fn tell(&mut self, event: Event) {
        self.luna.bus().publish(event.clone());
        if self.events.send(event).await.is_err() {
            self.occupied.cancel.cancel();
        }
    }

    async fn save(&self) {
        if let Err(error) = self.luna.db().save_run(self.run.clone()).await {
            tracing::warn!(%error, "a run could not be written down");
        }
    }
}

/// How a command that did not succeed ended, in words.
fn ending(outcome: &CommandOutcome) -> String {
    match outcome {
        o if o.timed_out => format!("command timed out after {} seconds", o.duration_ms / 1000),
        o if o.cancelled => "stopped".into(),
        CommandOutcome { exit_code: Some(code), stderr, .. } if stderr.trim().is_empty() => {
            format!("exit code {code}")
        }
        CommandOutcome { exit_code: Some(_), stderr, .. } => stderr.clone(),
        _ => "killed".into(),
    }
}

/// The outcome of a step that never ran.
fn not_run(why: String) -> CommandOutcome {
    CommandOutcome {
        exit_code: None,
        timed_out: false,
        cancelled: false,
        stdout: String::new(),
        stderr: why,
        full_output: None,
        duration_ms: 0,
    }
}

impl Luna {
    /// Runs one command that the user typed, with its own lines for output and input: through the gate, kept for undo.
    /// `started` is told when it passed the gate and begins.
    ///
    /// # Errors
    /// `Forbidden` when it is blocked, and those of the shell.
    pub async fn run_typed(
        &self,
        request: CommandRequest,
        output: mpsc::Sender<CommandOutput>,
        input: mpsc::Receiver<CommandInput>,
        cancel: CancellationToken,
        started: oneshot::Sender<()>,
    ) -> Result<CommandOutcome> {
        let doing = Doing { context: request.context.clone(), ..Doing::user(cancel.clone()) };
        let command = request.command.clone();
        let request = self.limited(request);
        let run = async {
            // Whoever waits for the start may have left.
            let _ = started.send(());
            self.shell().run(request, CommandIo { output, input, cancel }).await
        };
        self.gated(&command, &doing, run).await
    }

    /// Takes a command through the gate, keeps what it may change, and runs it.
    async fn gated(
        &self,
        command: &str,
        doing: &Doing,
        run: impl Future<Output = Result<CommandOutcome>>,
    ) -> Result<CommandOutcome> {
        let mut described = self.describe_command(command, &doing.context);
        let keeps = std::mem::take(&mut described.keeps);
        let kept = self.undo().can_keep(keeps.clone()).await;
        described.reversible &= kept;
        let (id, summary) = (ActionId::new(), described.summary.clone());
        let input = serde_json::json!({ "command": command });
        let permit = self.pass(self.request(id, RUN_COMMAND, input, described, doing), doing).await?;
        let mut outcome = None;
        let deed = async {
            let ended = run.await?;
            let failed = ended.exit_code != Some(0);
            let summary = if failed { ending(&ended) } else { "exit code 0".into() };
            outcome = Some(ended);
            Ok(Output { content: String::new(), summary, origin: None, failed })
        };
        let keeps = if kept { keeps } else { vec![] };
        self.keeping(keeps, permit, (id, doing.turn, RUN_COMMAND, &summary), deed, &doing.cancel).await?;
        outcome.ok_or_else(Error::cancelled)
    }
}
