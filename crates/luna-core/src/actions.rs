//! Doing things: the one way from "this tool with these arguments" through the gate to the deed, with what is kept for
//! undo before and what is written down after. Models, tasks, runs and faces all come through here.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use luna_model::{
    Action, ActionId, Actor, CommandContext, Error, ErrorKind, Event, Evidence, Mode, Result, ToolCall,
    ToolResult, ToolUse, TurnId,
};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::Luna;
use crate::calendar::Changed;
use crate::gate::{self, Permit, Request};
use crate::tools::{Call, Described, Output, RUN_COMMAND};

/// On whose behalf, in which turn, and on what evidence something is done.
#[derive(Clone, Debug)]
pub(crate) struct Doing {
    pub(crate) actor: Actor,
    pub(crate) turn: TurnId,
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) cancel: CancellationToken,
    pub(crate) stream: Option<mpsc::Sender<Event>>,
    pub(crate) context: CommandContext,
    /// What the user wrote and what tools gave back: an address in it was named by somebody.
    pub(crate) heard: String,
}

impl Doing {
    /// The user does it directly.
    pub(crate) fn user(cancel: CancellationToken) -> Self {
        Self {
            actor: Actor::User,
            turn: TurnId::new(),
            evidence: vec![],
            cancel,
            stream: None,
            context: CommandContext::default(),
            heard: String::new(),
        }
    }
}

/// What a model asked for, how it went, and what is to be known of its result.
pub(crate) struct Done {
    pub(crate) tool_use: ToolUse,
    /// Where its content came from, when that was outside.
    pub(crate) origin: Option<String>,
}

impl Luna {
    /// Does what the user asked for directly (a route, a click): the request is the yes, blocks hold all the same.
    ///
    /// # Errors
    /// `NotFound` for an unknown tool, `Invalid` for wrong arguments, `Forbidden` when it is blocked, and the tool's own.
    pub async fn use_tool(&self, tool: &str, input: Value) -> Result<Output> {
        let doing = Doing::user(self.stopping().child_token());
        self.perform(ActionId::new(), tool, input, &doing).await
    }

    /// Undoes one action that changed files; the paths that were restored.
    ///
    /// # Errors
    /// `NotFound` when it changed none, `Conflict` when it is undone already or a file was changed since and `force` is
    /// not set.
    pub async fn undo_action(&self, action: ActionId, force: bool) -> Result<Vec<String>> {
        let by = ActionId::new();
        if self.db().changed_calendar(action).await? {
            let input = serde_json::json!({ "action": action });
            let deed = self.calendar().undo(action, by, force);
            let undone =
                self.by_user(by, crate::undo::TOOL, "Undo in the calendar".into(), input, deed).await?;
            return Ok(vec![format!("{} in the calendar", undone.now)]);
        }
        self.undoing(
            by,
            serde_json::json!({ "action": action }),
            self.undo().action(action, by, force, self.clock().now()),
        )
        .await
    }

    /// Undoes all that a turn changed; the paths that were restored.
    ///
    /// # Errors
    /// As [`Luna::undo_action`].
    pub async fn undo_turn(&self, turn: TurnId, force: bool) -> Result<Vec<String>> {
        let by = ActionId::new();
        self.undoing(
            by,
            serde_json::json!({ "turn": turn }),
            self.undo().turn(turn, by, force, self.clock().now()),
        )
        .await
    }

    /// Does through the gate what the user asked for directly and what answers in its own way.
    pub(crate) async fn by_user<T>(
        &self,
        by: ActionId,
        tool: &str,
        summary: String,
        input: Value,
        deed: impl Future<Output = Result<T>>,
    ) -> Result<Changed<T>> {
        let described = Described { summary, changes: true, reversible: true, ..Described::default() };
        self.by_user_as(by, tool, described, input, deed).await
    }

    /// The same, for what is described in more words, or cannot be undone.
    pub(crate) async fn by_user_as<T>(
        &self,
        by: ActionId,
        tool: &str,
        described: Described,
        input: Value,
        deed: impl Future<Output = Result<T>>,
    ) -> Result<Changed<T>> {
        let doing = Doing::user(self.stopping().child_token());
        let summary = described.summary.clone();
        let permit = self.pass(self.request(by, tool, input, described, &doing), &doing).await?;
        let outcome = deed.await;
        permit.done(outcome.as_ref().map(|_| summary.as_str())).await;
        Ok(Changed { action: by, now: outcome? })
    }

    /// Puts a PNG picture on the clipboard.
    ///
    /// # Errors
    /// `Invalid` when it is no PNG, `Unavailable` without a clipboard, `Forbidden` when `set_clipboard` is blocked.
    pub async fn copy_picture(&self, png: Vec<u8>) -> Result<()> {
        let doing = Doing::user(self.stopping().child_token());
        let input = serde_json::json!({ "image/png": format!("{} bytes", png.len()) });
        let described = Described {
            summary: "Put a picture on the clipboard".into(),
            effect: "What is on the clipboard now is replaced.".into(),
            changes: true,
            ..Described::default()
        };
        let request = self.request(ActionId::new(), "set_clipboard", input, described, &doing);
        let permit = self.pass(request, &doing).await?;
        let outcome = self.desktop().set_clipboard_image(png).await;
        permit.done(outcome.as_ref().map(|()| "It is on the clipboard.")).await;
        outcome
    }

    /// An undo is an action too: it passes the gate and is written down.
    async fn undoing(
        &self,
        by: ActionId,
        input: Value,
        undo: impl Future<Output = Result<Vec<PathBuf>>>,
    ) -> Result<Vec<String>> {
        let doing = Doing::user(self.stopping().child_token());
        let described =
            Described { summary: "Undo".into(), changes: true, reversible: true, ..Described::default() };
        let permit = self.pass(self.request(by, crate::undo::TOOL, input, described, &doing), &doing).await?;
        let outcome = undo.await;
        match &outcome {
            Ok(paths) => permit.done(Ok(&restored(paths.len()))).await,
            Err(error) => permit.done(Err(error)).await,
        }
        Ok(outcome?.into_iter().map(|p| p.display().to_string()).collect())
    }

    /// Makes a rule for commands that begin like this one. One that allows is as narrow as "always" in a question makes it.
    ///
    /// # Errors
    /// `Invalid` for no command, or one that may only ever be asked.
    pub async fn add_command_rule(&self, command: &str, mode: Mode) -> Result<luna_model::Rule> {
        let words: Vec<_> = command.split_whitespace().map(str::to_owned).collect();
        if words.is_empty() {
            return Err(Error::invalid("say for which command the rule is"));
        }
        let words = match mode {
            Mode::Confirm | Mode::Block => words,
            Mode::Allow => {
                self.shell().narrowest_rule(command, &CommandContext::default()).ok_or_else(|| {
                    Error::invalid("this command may not be allowed for good; it is asked every time")
                })?
            }
        };
        let mut rule = gate::rule(RUN_COMMAND, luna_model::RuleMatch::Command { words }, self.clock().now());
        rule.mode = mode;
        self.gate().add_rule(rule.clone()).await?;
        Ok(rule)
    }

    /// What would happen if a model called this tool so.
    ///
    /// # Errors
    /// `NotFound` for an unknown tool, `Invalid` for wrong arguments.
    pub fn preview(&self, tool: &str, input: Value) -> Result<(gate::policy::Decision, Described)> {
        let actor = Actor::Model { conversation: luna_model::ConversationId::new() };
        let doing = Doing { actor, ..Doing::user(CancellationToken::new()) };
        let described = self.describe(tool, &input)?;
        let decision =
            self.gate().preview(&self.request(ActionId::new(), tool, input, described.clone(), &doing));
        Ok((decision, described))
    }

    /// Does what a model asked for. A refusal or failure is a result too: the model reads it and goes on.
    pub(crate) async fn call_tool(&self, call: ToolCall, doing: &Doing) -> Done {
        let (id, began) = (ActionId::new(), Instant::now());
        self.announce(id, &call, doing).await;
        let outcome = self.perform(id, &call.name, call.input.clone(), doing).await;
        let (content, is_error, origin) = match outcome {
            Ok(output) => (output.content, output.failed, output.origin),
            Err(error) if error.kind == ErrorKind::Internal => {
                tracing::error!(error = ?error.source, tool = call.name, "a tool failed");
                (error.message, true, None)
            }
            Err(error) => (error.message, true, None),
        };
        let result = ToolResult {
            call_id: call.id.clone(),
            name: call.name.clone(),
            content,
            is_error,
            from_outside: origin.is_some(),
        };
        let duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.tell(
            doing,
            Event::ToolEnded { turn: doing.turn, action: id, result: result.clone(), duration_ms },
        )
        .await;
        Done { tool_use: ToolUse { call, action: Some(id), result: Some(result), duration_ms }, origin }
    }

    /// Whether a call only reads, so that it may run beside others.
    pub(crate) fn only_reads(&self, call: &ToolCall) -> bool {
        self.describe(&call.name, &call.input).is_ok_and(|d| !d.changes)
    }

    async fn announce(&self, id: ActionId, call: &ToolCall, doing: &Doing) {
        let mode = match self.describe(&call.name, &call.input) {
            Ok(described) => {
                self.gate().preview(&self.request(id, &call.name, call.input.clone(), described, doing)).mode
            }
            Err(_) => Mode::Block,
        };
        self.tell(doing, Event::ToolStarted { turn: doing.turn, action: id, call: call.clone(), mode }).await;
    }

    async fn tell(&self, doing: &Doing, event: Event) {
        self.bus().publish(event.clone());
        if let Some(stream) = &doing.stream {
            // A reader that left is noticed by its turn.
            let _ = stream.send(event).await;
        }
    }

    fn describe(&self, tool: &str, input: &Value) -> Result<Described> {
        let registered = self
            .tools()
            .get(tool)
            .ok_or_else(|| Error::not_found(format!("there is no tool called {tool:?}")))?;
        registered.check(input)?;
        registered.describe(self, input)
    }

    pub(crate) fn request(
        &self,
        id: ActionId,
        tool: &str,
        input: Value,
        described: Described,
        doing: &Doing,
    ) -> Request {
        let now = self.clock().now();
        let sends_unprompted =
            described.sends_to.as_ref().is_some_and(|url| !doing.heard.contains(url.as_str()));
        let always = described.always.map(|matches| gate::rule(tool, matches, now));
        Request {
            action: Action {
                id,
                turn: doing.turn,
                tool: tool.to_owned(),
                input,
                actor: doing.actor.clone(),
                evidence: doing.evidence.clone(),
                reversible: described.reversible,
            },
            summary: described.summary,
            effect: described.effect,
            changes: described.changes,
            sends_unprompted,
            verdict: described.verdict,
            always,
        }
    }

    async fn perform(&self, id: ActionId, tool: &str, input: Value, doing: &Doing) -> Result<Output> {
        let mut described = match self.describe(tool, &input) {
            Ok(described) => described,
            Err(error) => {
                self.refuse_unknown(id, tool, input, doing).await;
                return Err(error);
            }
        };
        let keeps = std::mem::take(&mut described.keeps);
        let kept = self.undo().can_keep(keeps.clone()).await;
        described.reversible &= kept || keeps.is_empty();
        let summary = described.summary.clone();
        let registered = self.tools().get(tool).ok_or_else(|| Error::not_found("there is no such tool"))?;
        let request = self.request(id, tool, input.clone(), described, doing);
        let permit = self.pass(request, doing).await?;
        let call = Call {
            action: permit_action(id, tool, input.clone(), doing),
            cancel: doing.cancel.clone(),
            context: doing.context.clone(),
        };
        let deed = registered.run(self.clone(), input, call);
        self.keeping(
            if kept { keeps } else { vec![] },
            permit,
            (id, doing.turn, tool, &summary),
            deed,
            &doing.cancel,
        )
        .await
    }

    /// Passes the gate with the patience of the settings.
    pub(crate) async fn pass(&self, request: Request, doing: &Doing) -> Result<Permit> {
        let patience = Duration::from_secs(self.settings().current().confirm_timeout_s.max(1));
        Ok(self.gate().pass(request, patience, &doing.cancel, doing.stream.as_ref()).await?)
    }

    /// Does a deed that passed: keeps the files it may change, does it, writes down what it changed and how it went.
    pub(crate) async fn keeping(
        &self,
        keeps: Vec<PathBuf>,
        permit: Permit,
        (id, turn, tool, summary): (ActionId, TurnId, &str, &str),
        deed: impl Future<Output = Result<Output>>,
        cancel: &CancellationToken,
    ) -> Result<Output> {
        let before = if keeps.is_empty() { None } else { Some(self.undo().keep(keeps).await) };
        let before = match before.transpose() {
            Ok(before) => before,
            Err(error) => {
                permit.done(Err(&error)).await;
                return Err(error);
            }
        };
        let outcome = tokio::select! {
            outcome = deed => outcome,
            () = stopped_late(cancel) => Err(Error::cancelled()),
        };
        if let Some(before) = before {
            let written = self.undo().record(before, id, turn, tool, summary, self.clock().now()).await;
            if let Err(error) = written {
                tracing::error!(%error, "what an action changed could not be written down; it cannot be undone");
            }
        }
        match &outcome {
            Ok(output) if output.failed => {
                permit.done(Err(&Error::unavailable(output.summary.clone()))).await
            }
            Ok(output) => permit.done(Ok(&output.summary)).await,
            Err(error) => permit.done(Err(error)).await,
        }
        outcome
    }

    /// Writes an attempt at a tool that does not exist, or with wrong arguments, into the audit log.
    async fn refuse_unknown(&self, id: ActionId, tool: &str, input: Value, doing: &Doing) {
        if self.tools().get(tool).is_none() {
            let described = Described { summary: format!("Call {tool}"), ..Described::default() };
            let request = self.request(id, tool, input, described, doing);
            // There is no such tool, so the gate refuses.
            let _ = self.pass(request, doing).await;
        }
    }
}

fn permit_action(id: ActionId, tool: &str, input: Value, doing: &Doing) -> Action {
    Action {
        id,
        turn: doing.turn,
        tool: tool.to_owned(),
        input,
        actor: doing.actor.clone(),
        evidence: doing.evidence.clone(),
        reversible: false,
    }
}

/// A tool is given some time to stop by itself (and to say how far it got) before it is dropped.
async fn stopped_late(cancel: &CancellationToken) {
    cancel.cancelled().await;
    tokio::time::sleep(Duration::from_secs(10)).await;
}

fn restored(files: usize) -> String {
    if files == 1 { "Restored 1 file".into() } else { format!("Restored {files} files") }
}
