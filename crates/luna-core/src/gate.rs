//! The one gate: whatever Luna does to the world is judged here, once, to allow, ask or block, and is written down here
//! before and after. No face and no tool has a second check of its own.
//!
//! [`policy`] decides (pure), `confirmations` asks and waits, [`audit`] writes down.

pub mod audit;
mod confirmations;
pub mod policy;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use luna_model::{
    Action, Answer, AuditPhase, Confirmation, Error, ErrorKind, Event, Evidence, Mode, Result, Risk, Rule,
    RuleId, Verdict,
};
use luna_store::Db;
use parking_lot::RwLock;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::events::Bus;
use crate::ports::{Clock, Shell};
use audit::{Audit, Line};
use confirmations::Pending;
use policy::{Decision, Policy, Proposal};

/// Something that wants to pass.
#[derive(Clone, Debug)]
pub struct Request {
    /// The action.
    pub action: Action,
    /// One line: "Write notes/ideas.md".
    pub summary: String,
    /// What would change, in words.
    pub effect: String,
    /// Whether it changes anything outside the conversation.
    pub changes: bool,
    /// Whether it sends to an address that nobody named: the user did not write it and no page linked it.
    pub sends_unprompted: bool,
    /// The judgement, when it is a command.
    pub verdict: Option<Verdict>,
    /// The narrowest rule that would allow it from now on; none when there is none narrow enough.
    pub always: Option<Rule>,
}

/// Why something did not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Not allowed at all; why.
    Blocked(String),
    /// The user said no.
    Denied,
    /// Nobody answered in time.
    Expired,
    /// It was stopped while the question was open.
    Cancelled,
}

impl Refusal {
    /// The refusal in words, for the user and the model.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Blocked(why) => format!("blocked: {why}"),
            Self::Denied => "the user said no".into(),
            Self::Expired => "nobody answered in time, so it was not done".into(),
            Self::Cancelled => "stopped before it was done".into(),
        }
    }

    const fn result(&self) -> &'static str {
        match self {
            Self::Blocked(_) => "blocked",
            Self::Denied => "refused",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let kind = match refusal {
            Refusal::Blocked(_) | Refusal::Denied => ErrorKind::Forbidden,
            Refusal::Expired => ErrorKind::NeedsApproval,
            Refusal::Cancelled => ErrorKind::Cancelled,
        };
        Self::new(kind, refusal.words())
    }
}

/// Leave to do one thing, once. Its outcome is written down by [`Permit::done`]; a permit that is dropped is written down
/// as cancelled.
#[must_use]
#[derive(Debug)]
pub struct Permit {
    audit: Audit,
    line: Option<Line>,
}

impl Permit {
    /// Writes the outcome down.
    pub async fn done(mut self, outcome: Result<&str, &Error>) {
        if let Some(line) = self.line.take() {
            let (result, summary) = match outcome {
                Ok(summary) => ("ok", summary.to_owned()),
                Err(error) if error.kind == ErrorKind::Cancelled => ("cancelled", error.message.clone()),
                Err(error) => ("error", error.message.clone()),
            };
            self.audit.append(Line { phase: AuditPhase::After, result, summary, ..line }).await;
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(line) = self.line.take() {
            self.audit.append_later(Line {
                phase: AuditPhase::After,
                result: "cancelled",
                summary: "stopped before it ended".into(),
                ..line
            });
        }
    }
}

/// The gate; cheap to clone.
#[derive(Clone)]
pub struct Gate {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    bus: Bus,
    clock: Arc<dyn Clock>,
    shell: Arc<dyn Shell>,
    audit: Audit,
    pending: Pending,
    policy: RwLock<Policy>,
    defaults: BTreeMap<String, Mode>,
}

impl Gate {
    /// A gate with what was allowed before. `defaults` is every tool with the mode it has until the user sets another.
    pub(crate) async fn open(
        db: Db,
        bus: Bus,
        clock: Arc<dyn Clock>,
        shell: Arc<dyn Shell>,
        audit: Audit,
        defaults: BTreeMap<String, Mode>,
    ) -> Result<Self> {
        let mut modes = defaults.clone();
        modes.extend(db.tool_modes().await?.into_iter().filter(|(tool, _)| defaults.contains_key(tool)));
        let policy = RwLock::new(Policy { modes, rules: db.rules().await?, off: BTreeSet::new() });
        let pending = Pending::default();
        Ok(Self { inner: Arc::new(Inner { db, bus, clock, shell, audit, pending, policy, defaults }) })
    }

    /// The mode of every tool.
    #[must_use]
    pub fn modes(&self) -> BTreeMap<String, Mode> {
        self.inner.policy.read().modes.clone()
    }

    /// The mode every tool has until the user sets another.
    #[must_use]
    pub fn default_modes(&self) -> &BTreeMap<String, Mode> {
        &self.inner.defaults
    }

    /// Sets a tool's mode.
    ///
    /// # Errors
    /// `NotFound` for a tool that does not exist.
    pub async fn set_mode(&self, tool: &str, mode: Mode) -> Result<()> {
        if !self.inner.defaults.contains_key(tool) {
            return Err(Error::not_found(format!("there is no tool called {tool:?}")));
        }
        self.inner.db.set_tool_mode(tool.to_owned(), mode).await?;
        self.inner.policy.write().modes.insert(tool.to_owned(), mode);
        Ok(())
    }

    /// The tools of modules that are off, from now on.
    pub(crate) fn switch_off(&self, tools: BTreeSet<String>) {
        self.inner.policy.write().off = tools;
    }

    /// The rules, oldest first.
    #[must_use]
    pub fn rules(&self) -> Vec<Rule> {
        self.inner.policy.read().rules.clone()
    }

    /// Adds a rule.
    ///
    /// # Errors
    /// When it cannot be stored.
    pub async fn add_rule(&self, rule: Rule) -> Result<()> {
        self.inner.db.add_rule(rule.clone()).await?;
        self.inner.policy.write().rules.push(rule);
        Ok(())
    }

    /// Deletes a rule.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn delete_rule(&self, id: RuleId) -> Result<()> {
        self.inner.db.delete_rule(id).await?;
        self.inner.policy.write().rules.retain(|r| r.id != id);
        Ok(())
    }

    /// What would happen to this, without asking anyone or writing anything down.
    #[must_use]
    pub fn preview(&self, request: &Request) -> Decision {
        let shell = &self.inner.shell;
        self.inner.policy.read().decide(&Proposal::of(request), |mode, words, verdict| match mode {
            Mode::Allow => shell.rule_fits(words, verdict),
            Mode::Confirm | Mode::Block => shell.rule_touches(words, verdict),
        })
    }

    /// Judges an action, asks the user where it must, and gives leave or refuses. Waits for the answer at most `patience`;
    /// `cancel` ends the waiting. Written down either way. `stream` gets the question besides the bus: it is the stream of
    /// the turn that waits.
    ///
    /// # Errors
    /// A refusal.
    pub async fn pass(
        &self,
        mut request: Request,
        patience: Duration,
        cancel: &CancellationToken,
        stream: Option<&mpsc::Sender<Event>>,
    ) -> Result<Permit, Refusal> {
        let decision = self.preview(&request);
        if let Some(rule) = decision.rule {
            request.action.evidence.push(Evidence::Rule { rule });
        }
        let before = Line::before(&request.action, decision.mode, &request.summary, self.inner.clock.now());
        self.inner.audit.append(before.clone()).await;
        let refusal = match decision.mode {
            Mode::Allow => None,
            Mode::Block => Some(Refusal::Blocked(decision.why)),
            Mode::Confirm => self.ask(request, decision.why, patience, cancel, stream).await.err(),
        };
        let Some(refusal) = refusal else {
            return Ok(Permit { audit: self.inner.audit.clone(), line: Some(before) });
        };
        let (result, summary) = (refusal.result(), refusal.words());
        self.inner.audit.append(Line { phase: AuditPhase::After, result, summary, ..before }).await;
        Err(refusal)
    }

    async fn ask(
        &self,
        request: Request,
        why: String,
        patience: Duration,
        cancel: &CancellationToken,
        stream: Option<&mpsc::Sender<Event>>,
    ) -> Result<(), Refusal> {
        let asked_at = self.inner.clock.now();
        let id = request.action.id;
        let confirmation = Confirmation {
            risk: request.verdict.as_ref().map(|v| v.risk),
            always: request.always,
            summary: request.summary,
            effect: request.effect,
            action: request.action,
            why,
            asked_at,
            expires_at: asked_at
                .saturating_add(jiff::SignedDuration::try_from(patience).unwrap_or_default())
                .unwrap_or(asked_at),
        };
        let waiting = self.inner.pending.ask(confirmation.clone());
        self.tell(stream, Event::ConfirmationAsked { confirmation: Box::new(confirmation.clone()) }).await;
        let refusal = tokio::select! {
            answer = waiting.answer() => match answer {
                Answer::Once => None,
                Answer::Always => {
                    if let Some(rule) = confirmation.always
                        && let Err(error) = self.add_rule(rule).await {
                            tracing::warn!(%error, "the rule could not be stored; allowed once");
                        }
                    None
                }
                Answer::No => Some(Refusal::Denied),
            },
            () = cancel.cancelled() => Some(Refusal::Cancelled),
            () = tokio::time::sleep(patience) => Some(Refusal::Expired),
        };
        let outcome = refusal.as_ref().map_or("approved", Refusal::result).to_owned();
        self.tell(stream, Event::ConfirmationSettled { action: id, outcome }).await;
        refusal.map_or(Ok(()), Err)
    }

    async fn tell(&self, stream: Option<&mpsc::Sender<Event>>, event: Event) {
        self.inner.bus.publish(event.clone());
        if let Some(stream) = stream {
            // A reader that left is noticed by its turn; the question stays open for the other faces.
            let _ = stream.send(event).await;
        }
    }

    /// Answers an open question. It counts once.
    ///
    /// # Errors
    /// `NotFound` when there is no such question, or it was answered or ran out. `Invalid` for "always" where no rule is
    /// narrow enough.
    pub fn answer(&self, action: luna_model::ActionId, answer: Answer) -> Result<()> {
        self.inner.pending.answer(action, answer)
    }

    /// The open questions, oldest first.
    #[must_use]
    pub fn confirmations(&self) -> Vec<Confirmation> {
        self.inner.pending.open()
    }

    /// Questions that were open when Luna ended are a no: their actions are written down as expired.
    pub(crate) async fn close_interrupted(&self) -> Result<()> {
        let newest = self.inner.audit.records(200, None).await?;
        let ended: BTreeSet<_> =
            newest.iter().filter(|r| r.phase == AuditPhase::After).map(|r| r.action).collect();
        let open = newest.into_iter().filter(|r| r.phase == AuditPhase::Before && !ended.contains(&r.action));
        for record in open.collect::<Vec<_>>().into_iter().rev() {
            let result = if record.mode == Mode::Confirm { "expired" } else { "cancelled" };
            let line = Line {
                ts: self.inner.clock.now(),
                action: Action {
                    id: record.action,
                    turn: record.turn,
                    tool: record.tool,
                    input: record.input,
                    actor: record.actor,
                    evidence: record.evidence,
                    reversible: false,
                },
                phase: AuditPhase::After,
                mode: record.mode,
                result,
                summary: "Luna ended before it was settled".into(),
            };
            self.inner.audit.append(line).await;
        }
        Ok(())
    }

    /// Writes down something that happened at a door and that nobody is asked about: a sign-in, a key that was made.
    pub(crate) async fn witness(&self, what: &str, input: serde_json::Value, outcome: Result<(), &Error>) {
        let action = Action {
            id: luna_model::ActionId::new(),
            turn: luna_model::TurnId::new(),
            tool: what.to_owned(),
            input,
            actor: luna_model::Actor::User,
            evidence: vec![],
            reversible: false,
        };
        let (mode, result, summary) = match outcome {
            Ok(()) => (Mode::Allow, "ok", what.to_owned()),
            Err(error) => (Mode::Block, "refused", error.message.clone()),
        };
        let line = Line::before(&action, mode, what, self.inner.clock.now());
        self.inner.audit.append(Line { phase: AuditPhase::After, result, summary, ..line }).await;
    }

    /// Forgets what the user allowed and begins the log anew. The database was emptied by the caller.
    pub(crate) async fn forget_all(&self) {
        *self.inner.policy.write() =
            Policy { modes: self.inner.defaults.clone(), rules: vec![], off: BTreeSet::new() };
        self.inner.audit.begin_anew().await;
    }

    /// The log of actions.
    #[must_use]
    pub fn audit(&self) -> &Audit {
        &self.inner.audit
    }
}

/// A new rule, from now on.
pub(crate) fn rule(tool: &str, matches: luna_model::RuleMatch, now: luna_model::Timestamp) -> Rule {
    Rule { id: RuleId::new(), tool: tool.to_owned(), matches, mode: Mode::Allow, created_at: now }
}

/// What a risk means in a question.
pub(crate) const fn risk_words(risk: Risk) -> &'static str {
    match risk {
        Risk::Safe => "only reads",
        Risk::Moderate => "changes things that can usually be changed back",
        Risk::Dangerous => "deletes, needs privileges, changes the system, or could not be fully understood",
    }
}
