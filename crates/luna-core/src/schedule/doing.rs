//! What jobs do: each handler, and what becomes of a run that failed, was too dear, or was cut off.

use std::time::{Duration, Instant};

use futures::StreamExt as _;
use jiff::SignedDuration;
use luna_model::{
    ActionId, Actor, CommandContext, Error, ErrorKind, Event, Job, JobRun, JobState, JobWhat, OwnWord,
    Result, RunCause, RunOutcome, RunState, Timestamp,
};
use luna_store::RunEnd;
use serde_json::{Value, json};

use super::budget::Meter;
use super::times;
use crate::Luna;
use crate::actions::Doing;
use crate::chat::{Asker, ChatRequest};
use crate::runs::{ApprovedStep, Started};
use crate::tools::Described;

/// Longest wait before a failed run is tried again.
const LONGEST_PAUSE: u64 = 300;
/// Most characters that are kept of what came of a run.
const LONGEST_OUTPUT: usize = 20_000;
/// Said to a model that was interrupted at its work.
const GO_ON: &str = "The program ended while you worked on this. See above what is done, do what is left, and say what came of it.";

/// What a deed gave.
struct Did {
    outcome: RunOutcome,
    output: String,
    /// What Luna says of it.
    message: Option<String>,
}

impl Did {
    fn quietly(output: impl Into<String>) -> Self {
        Self { outcome: RunOutcome::Done, output: output.into(), message: None }
    }

    fn said(text: String) -> Self {
        Self { outcome: RunOutcome::Done, message: Some(text.clone()), output: text }
    }
}

impl Luna {
    /// Makes a claimed run, and ends it whatever comes of it.
    pub(super) async fn make_run(&self, job: &Job, run: JobRun) {
        let Some(_making) = self.schedule().begin(run.id) else { return };
        let began = Instant::now();
        let ran = |run: JobRun| Event::JobRan { name: job.name.clone(), job_run: Box::new(run) };
        self.bus().publish(ran(run.clone()));
        let done = tokio::select! {
            done = self.in_time(job, &run) => done,
            // It stays open in the database and is taken up at the next start.
            () = self.stopping().cancelled() => return,
        };
        let end = self.end_of(job, &run, done, began.elapsed());
        let (message, stopped) = (end.message.clone(), end.outcome == RunOutcome::Stopped);
        match self.db().end_run(end).await {
            Ok(true) => {
                if let Some(word) = message {
                    if let Some(kind) = job.initiative().filter(|_| !stopped)
                        && let Err(error) = self.said_by_herself(kind).await
                    {
                        tracing::warn!(%error, "when this was said could not be written down");
                    }
                    self.speak_up(word);
                }
                if let Ok(Some(over)) = self.db().job_run(run.id).await {
                    self.bus().publish(ran(over));
                }
                self.bus().publish(Event::ScheduleChanged);
            }
            Ok(false) => {}
            Err(error) => {
                tracing::error!(job = %job.name, %error, "how a run ended could not be written down")
            }
        }
    }

    /// A deed within its time.
    async fn in_time(&self, job: &Job, run: &JobRun) -> Result<Did> {
        if run.cause != RunCause::Asked {
            self.day_open().await?;
        }
        let (meter, time) = self.meter(job, run.id).await?;
        let late = || Error::limit(format!("it took longer than the {} s it may take", time.as_secs()));
        tokio::time::timeout(time, Box::pin(self.deed(job, run, meter))).await.unwrap_or_else(|_| Err(late()))
    }

    async fn deed(&self, job: &Job, run: &JobRun, meter: Meter) -> Result<Did> {
        let say =
            |text: Option<String>| text.map_or_else(|| Did::quietly("there was nothing to say"), Did::said);
        if let Some(kind) = job.initiative() {
            self.processes().ran("proactive_followups", self.clock().now());
            let why = match run.cause {
                RunCause::Asked => None,
                _ if self.keeps_quiet().is_some() => Some("quiet hours, or do not disturb"),
                _ => self.held_back(kind).await?,
            };
            if let Some(why) = why {
                let output = format!("not now: {why}");
                return Ok(Did { outcome: RunOutcome::Skipped, output, message: None });
            }
        }
        match &job.what {
            JobWhat::Reminder { text } => Ok(Did::said(text.clone())),
            JobWhat::Backup {} => {
                let made = self.back_up().await?;
                Ok(Did::quietly(format!("{} ({} bytes)", made.path.display(), made.size)))
            }
            JobWhat::Brief {} if run.cause != RunCause::Asked && self.said_today("brief").await? => {
                Ok(Did::quietly("it was said already today"))
            }
            JobWhat::Brief {} => Ok(say(Some(self.brief().await?))),
            JobWhat::Overdue {} => Ok(say(self.overdue().await?)),
            JobWhat::FollowUp {} => Ok(say(self.follow_up().await?)),
            JobWhat::CheckIn {} => Ok(say(self.check_in(&meter).await?)),
            JobWhat::Prompt { text } => self.asked(job, run, text, meter).await,
            JobWhat::Command { command, folder } => self.commanded(job, command, folder.as_deref()).await,
            JobWhat::Webhook { url, body } => self.called(job, run, url, body.as_ref()).await,
        }
    }

    /// Luna works on it, in a conversation of its own.
    async fn asked(&self, job: &Job, run: &JobRun, text: &str, meter: Meter) -> Result<Did> {
        let message = if run.conversation.is_some() { format!("{GO_ON}\n\n{text}") } else { text.to_owned() };
        let led_by = self.db().packages_behind(job.id.to_string()).await?;
        let request =
            ChatRequest { conversation: run.conversation, message, led_by, ..ChatRequest::default() };
        let mut turn = self.chat_metered(request, Asker::Job(job.id), Some(meter)).await?;
        self.db().run_talks(run.id, turn.conversation).await?;
        let mut said = String::new();
        while let Some(event) = turn.next().await {
            match event {
                Event::Token { text, .. } => said.push_str(&text),
                Event::TurnEnded { stopped: true, .. } => return Err(Error::cancelled()),
                Event::TurnFailed { kind, message, .. } => return Err(Error::new(kind, message)),
                _ => {}
            }
        }
        let said = said.trim().to_owned();
        Ok(if said.is_empty() {
            Did::quietly("she said nothing")
        } else {
            Did::said(format!("{}: {said}", job.name))
        })
    }

    /// A command that was shown when the job was made, as a plan of one approved step.
    async fn commanded(&self, job: &Job, command: &str, folder: Option<&str>) -> Result<Did> {
        let step = ApprovedStep { id: 1, command: command.to_owned(), description: job.name.clone() };
        let context = CommandContext { cwd: folder.map(Into::into), ..CommandContext::default() };
        let mut run = self.start_run(Started::Steps(vec![step], context)).await?;
        let id = run.run;
        while run.next().await.is_some() {}
        let ended = self.run(id).await?;
        let outcome = ended.plan.steps.first().and_then(|step| step.outcome.clone());
        let (out, err) = outcome.map(|o| (o.stdout, o.stderr)).unwrap_or_default();
        if ended.state == RunState::Completed {
            return Ok(Did::quietly(out));
        }
        Err(Error::unavailable(if err.trim().is_empty() {
            "the command did not succeed".into()
        } else {
            err
        }))
    }

    /// Calls an address that the user gave; a receiver knows a repeated call by its key.
    async fn called(&self, job: &Job, run: &JobRun, url: &str, body: Option<&Value>) -> Result<Did> {
        let doing = Doing {
            actor: Actor::Job { job: job.id },
            heard: url.to_owned(),
            ..Doing::user(self.stopping().child_token())
        };
        let described = Described {
            summary: format!("Call {url}"),
            effect: "Sends to that address.".into(),
            changes: true,
            ..Described::default()
        };
        let input = json!({ "url": url });
        let permit = self
            .pass(self.request(ActionId::new(), "call_webhook", input, described, &doing), &doing)
            .await?;
        let body = body.cloned().unwrap_or_else(|| json!({ "job": job.name, "due": run.due }));
        let key = format!("{}-{}", job.id, run.due.as_microsecond());
        let answer = self.fetch().post(url, &body, &key).await;
        permit.done(answer.as_ref().map(|_| "it was answered")).await;
        answer.map(Did::quietly)
    }

    fn end_of(&self, job: &Job, run: &JobRun, done: Result<Did>, took: Duration) -> RunEnd {
        let at = self.clock().now();
        let word = |text: String, kind: &str| {
            let about = json!({ "kind": kind, "job": job.id, "run": run.id, "initiative": job.initiative() });
            Some(OwnWord { text, about: Some(about), at })
        };
        let end = RunEnd {
            run: run.id,
            at,
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            outcome: RunOutcome::Done,
            output: String::new(),
            message: None,
            state: if times::next_after(&job.times, at).is_some() {
                JobState::Pending
            } else {
                JobState::Completed
            },
            retry: (0, None),
        };
        match done {
            Ok(Did { outcome, output, message }) => {
                let output = output.chars().take(LONGEST_OUTPUT).collect();
                RunEnd { outcome, output, message: message.and_then(|text| word(text, "job")), ..end }
            }
            Err(error) if error.kind == ErrorKind::LimitReached => RunEnd {
                outcome: RunOutcome::Stopped,
                message: word(
                    format!("I stopped “{}”: {}. Shall I go on all the same?", job.name, error.message),
                    "budget",
                ),
                output: error.message,
                ..end
            },
            Err(error) => {
                tracing::warn!(job = %job.name, kind = ?error.kind, "a job did not succeed");
                let retries = if run.cause == RunCause::Retry { job.retries } else { 0 };
                let again = retries < job.max_retries;
                RunEnd {
                    outcome: RunOutcome::Failed,
                    output: error.message,
                    state: if again { JobState::Pending } else { JobState::Failed },
                    retry: (retries + u32::from(again), again.then(|| pause(at, retries))),
                    ..end
                }
            }
        }
    }

    /// Takes up the runs that were going on when the program ended. What can be made again without doing anything twice
    /// is; a command or a call counts as failed, and is tried again if its job says so.
    pub(super) async fn take_up_runs(&self) -> Result<()> {
        for run in self.db().open_runs().await? {
            let Some(job) = self.db().job(run.job).await? else { continue };
            if matches!(job.what, JobWhat::Command { .. } | JobWhat::Webhook { .. }) {
                let cut = Error::unavailable("the program ended meanwhile");
                let end = self.end_of(&job, &run, Err(cut), Duration::ZERO);
                self.db().end_run(RunEnd { outcome: RunOutcome::Interrupted, ..end }).await?;
            } else {
                tracing::info!(job = %job.name, "a run that was cut off is taken up");
                self.spawn_run(job, run);
            }
        }
        Ok(())
    }
}

/// When a failed run is tried again: after a second, two, four, and so on.
fn pause(now: Timestamp, retries: u32) -> Timestamp {
    let seconds = 1_u64.checked_shl(retries).unwrap_or(LONGEST_PAUSE).min(LONGEST_PAUSE);
    now.saturating_add(SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(300))).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_doubles_up_to_five_minutes() {
        let now = Timestamp::UNIX_EPOCH;
        let pauses: Vec<_> = [0, 1, 2, 8, 9, 70].map(|n| pause(now, n).as_second()).into();
        assert_eq!(pauses, [1, 2, 4, 256, 300, 300]);
    }
}
