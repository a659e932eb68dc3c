//! The machine's shell: what a command would do, a plan made of plain words, and the running of commands on terminals
//! of their own. It knows nothing of models, conversations or permissions: who calls has passed the gate.

mod plan;
#[cfg(unix)]
mod programs;
#[cfg(unix)]
mod run;

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use luna_core::ports::{CommandIo, PlannedWords, Shell};
use luna_judge::Judge;
use luna_model::{CommandContext, CommandOutcome, CommandRequest, Error, PlanContext, Result, Verdict};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use plan::{Machine, OperatingSystem, PackageManager};
#[cfg(unix)]
pub use programs::ChildPrograms;

/// What a [`PtyShell`] needs to know.
#[derive(Clone, Debug)]
pub struct ShellConfig {
    /// Where output goes that is too long for memory, and the small programs that stand before `sudo`. Made when missing.
    pub output_dir: PathBuf,
    /// The user's home folder: what `~` means, and where commands run that say no folder.
    pub home: PathBuf,
    /// Names of environment variables that no command may see, besides those that look like secrets.
    pub extra_secret_names: Vec<String>,
    /// How long a command may take when its request does not say.
    pub time_limit: Duration,
    /// Bytes of each stream that are kept in memory: half from its beginning, half from its end.
    pub memory_limit: usize,
    /// Most bytes of output that are written to a file.
    pub file_limit: u64,
}

impl ShellConfig {
    /// The usual limits: five minutes a command, 1 MiB a stream in memory, 1 GiB in a file.
    #[must_use]
    pub fn new(output_dir: PathBuf, home: PathBuf) -> Self {
        Self {
            output_dir,
            home,
            extra_secret_names: Vec::new(),
            time_limit: Duration::from_secs(300),
            memory_limit: 1 << 20,
            file_limit: 1 << 30,
        }
    }
}

/// The shell of this machine: bash, on a pseudo-terminal for its input and output and a second one for its errors.
///
/// The terminals neither echo what is typed nor rewrite newlines, so that what comes out is what the command wrote.
/// Each running command owns a thread. Dropping the shell stops what it runs.
#[derive(Debug)]
pub struct PtyShell {
    config: ShellConfig,
    judge: Judge,
    planner: plan::Planner,
    #[cfg(unix)]
    elevation: run::Elevation,
    stop: CancellationToken,
    running: TaskTracker,
}

impl PtyShell {
    /// Makes the shell and its folder.
    ///
    /// # Errors
    /// `Unavailable` when the folder for output cannot be made or written.
    pub fn new(config: ShellConfig) -> Result<Self> {
        let cannot = |e: std::io::Error| {
            Error::unavailable(format!("cannot write to {}: {e}", config.output_dir.display())).because(e)
        };
        std::fs::create_dir_all(&config.output_dir).map_err(cannot)?;
        Ok(Self {
            judge: Judge::new(&config.home),
            planner: plan::Planner::new(Machine::here(), config.home.clone()),
            #[cfg(unix)]
            elevation: run::Elevation::prepare(&config.output_dir).map_err(cannot)?,
            stop: CancellationToken::new(),
            running: TaskTracker::new(),
            config,
        })
    }

    /// Stops every running command and waits until their processes are gone.
    pub async fn shutdown(&self) {
        self.stop.cancel();
        self.running.close();
        self.running.wait().await;
    }
}

impl Drop for PtyShell {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

#[async_trait]
impl Shell for PtyShell {
    fn judge(&self, command: &str, context: &CommandContext) -> Verdict {
        self.judge.judge(command, context)
    }

    fn files_at_stake(&self, command: &str, context: &CommandContext) -> Vec<PathBuf> {
        self.judge.files_at_stake(command, context)
    }

    fn narrowest_rule(&self, command: &str, context: &CommandContext) -> Option<Vec<String>> {
        self.judge.narrowest_rule(command, context)
    }

    fn rule_fits(&self, words: &[String], verdict: &Verdict) -> bool {
        luna_judge::rule_fits(words, verdict)
    }

    fn rule_touches(&self, words: &[String], verdict: &Verdict) -> bool {
        luna_judge::rule_touches(words, verdict)
    }

    fn plan(&self, words: &str, context: &PlanContext) -> Option<PlannedWords> {
        self.planner.plan(words, context)
    }

    fn explain(&self, command: &str) -> String {
        self.judge.explain(command)
    }

    async fn run(&self, request: CommandRequest, io: CommandIo) -> Result<CommandOutcome> {
        let verdict = self.judge(&request.command, &request.context);
        if verdict.blocked {
            let why = verdict.reasons.iter().find(|r| r.blocks).map_or("it is never allowed", |r| &r.why);
            return Err(Error::forbidden(format!("command blocked: {why}")));
        }
        if self.stop.is_cancelled() {
            return Err(Error::unavailable("Luna is stopping and starts no more commands"));
        }
        self.start(request, io).await
    }
}

impl PtyShell {
    #[cfg(unix)]
    async fn start(&self, request: CommandRequest, io: CommandIo) -> Result<CommandOutcome> {
        // Dropping this future drops the guard, which stops the command: its thread outlives us only to clean up.
        let stop = io.cancel.child_token();
        let _stop_when_dropped = stop.clone().drop_guard();
        let job = run::Job::new(request, io, &self.config, &self.elevation, stop, self.stop.clone());
        let token = self.running.token();
        let (done, outcome) = tokio::sync::oneshot::channel();
        std::thread::Builder::new()
            .name("luna-pty".into())
            .spawn(move || {
                // Nobody listens any more when the caller went away.
                let _ = done.send(job.run());
                drop(token);
            })
            .map_err(|e| Error::unavailable("no thread is left to run the command in").because(e))?;
        outcome.await.unwrap_or_else(|_| Err(Error::unavailable("the command's thread ended unexpectedly")))
    }

    #[cfg(not(unix))]
    async fn start(&self, _: CommandRequest, _: CommandIo) -> Result<CommandOutcome> {
        Err(Error::unavailable("running commands needs bash on Linux or macOS"))
    }
}
