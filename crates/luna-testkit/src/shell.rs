//! A shell on paper: it judges by the first word, runs nothing, and remembers what it was to run. Where the judging or the
//! running itself is the matter, a test takes the real one.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use luna_core::ports::{CommandIo, CommandOutput, PlannedStep, PlannedWords, Shell};
use luna_model::{
    CommandContext, CommandOutcome, CommandRequest, Error, OutputStream, PlanContext, Reason, Result, Risk,
    Verdict,
};
use parking_lot::Mutex;

/// `look …` is safe, `make …` moderate, `break …` dangerous, `destroy …` blocked; `fail` as the second word exits with 3,
/// `hang` ends when it is cancelled. Anything else is moderate.
#[derive(Clone, Debug, Default)]
pub struct PaperShell {
    ran: Arc<Mutex<Vec<String>>>,
}

impl PaperShell {
    /// What was run, in order.
    #[must_use]
    pub fn ran(&self) -> Vec<String> {
        self.ran.lock().clone()
    }
}

#[async_trait]
impl Shell for PaperShell {
    fn judge(&self, command: &str, _: &CommandContext) -> Verdict {
        let words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
        let first = words.first().map_or("", String::as_str);
        let (risk, blocked) = match first {
            "look" => (Risk::Safe, false),
            "break" => (Risk::Dangerous, false),
            "destroy" => (Risk::Dangerous, true),
            _ => (Risk::Moderate, false),
        };
        let reason =
            Reason { risk, blocks: blocked, words: first.to_owned(), why: format!("{first} on paper") };
        let reasons = if risk == Risk::Safe { vec![] } else { vec![reason] };
        Verdict {
            risk,
            blocked,
            reasons,
            programs: vec![words],
            opaque: false,
            reversible: risk == Risk::Safe,
        }
    }

    fn files_at_stake(&self, _: &str, _: &CommandContext) -> Vec<PathBuf> {
        vec![]
    }

    fn narrowest_rule(&self, command: &str, context: &CommandContext) -> Option<Vec<String>> {
        let verdict = self.judge(command, context);
        (verdict.risk < Risk::Dangerous).then(|| verdict.programs.into_iter().flatten().take(2).collect())
    }

    fn rule_fits(&self, words: &[String], verdict: &Verdict) -> bool {
        !verdict.blocked
            && !verdict.programs.is_empty()
            && verdict.programs.iter().all(|p| p.starts_with(words))
    }

    fn rule_touches(&self, words: &[String], verdict: &Verdict) -> bool {
        verdict.programs.iter().any(|p| p.starts_with(words))
    }

    /// `do: a; b` is a plan of the steps `a` and `b`.
    fn plan(&self, words: &str, _: &PlanContext) -> Option<PlannedWords> {
        let commands = words.strip_prefix("do: ")?;
        let step =
            |command: &str| PlannedStep { description: command.to_owned(), command: command.to_owned() };
        let steps = commands.split("; ").map(step).collect();
        Some(PlannedWords { intent: "paper".into(), steps, estimated_time: None })
    }

    fn explain(&self, command: &str) -> String {
        format!("{command}, on paper")
    }

    async fn run(&self, request: CommandRequest, io: CommandIo) -> Result<CommandOutcome> {
        if self.judge(&request.command, &request.context).blocked {
            return Err(Error::forbidden("command blocked"));
        }
        self.ran.lock().push(request.command.clone());
        let stdout = format!("ran {}\n", request.command);
        let output = CommandOutput { stream: OutputStream::Stdout, data: stdout.clone().into_bytes() };
        let _ = io.output.send(output).await;
        let how = request.command.split_whitespace().nth(1).unwrap_or_default().to_owned();
        if how == "hang" {
            io.cancel.cancelled().await;
        }
        let exit_code = match how.as_str() {
            "hang" => None,
            "fail" => Some(3),
            _ => Some(0),
        };
        Ok(CommandOutcome {
            exit_code,
            timed_out: false,
            cancelled: how == "hang",
            stdout,
            stderr: String::new(),
            full_output: None,
            duration_ms: 1,
        })
    }
}
