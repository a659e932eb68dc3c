//! Actions: whatever Luna does to the world, with who asked, on what evidence, and how it was decided.

use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{ActionId, ConversationId, Risk, RuleId, RunId, TaskId, TurnId};

/// What may happen with a tool or a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Without asking.
    Allow,
    /// After a yes.
    Confirm,
    /// Never.
    Block,
}

/// On whose behalf something is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Actor {
    /// The user did it directly: a click, a route, a terminal command. The request is the yes.
    User,
    /// A model asked for it while answering.
    Model {
        /// The conversation it answers.
        conversation: ConversationId,
    },
    /// A background task of the agent.
    Task {
        /// Which.
        task: TaskId,
    },
    /// A job that runs at its times.
    Job {
        /// Which.
        job: crate::JobId,
    },
    /// Somebody who writes from elsewhere.
    Guest {
        /// Where.
        channel: crate::Channel,
        /// Who.
        sender: String,
        /// What they may do.
        standing: crate::Standing,
    },
    /// A step of a plan that the user approved as shown.
    Run {
        /// Which.
        run: RunId,
    },
}

/// What led to an action, for the confirmation and the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Evidence {
    /// The user said so.
    Said {
        /// What, cut to a line.
        text: String,
    },
    /// Text from outside was in the model's sight when it asked.
    Outside {
        /// From where: a tool's name and its object ("web_fetch https://…").
        origin: String,
    },
    /// The instructions of a package were in the model's sight when it asked.
    Package {
        /// Which.
        name: String,
        /// What it was allowed when it was taken in.
        allowed: crate::Capabilities,
    },
    /// A permission rule.
    Rule {
        /// Which.
        rule: RuleId,
    },
}

/// Something to be done to the world.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Action {
    /// Its id.
    pub id: ActionId,
    /// The turn it belongs to.
    pub turn: TurnId,
    /// The tool.
    pub tool: String,
    /// Its arguments, whole.
    pub input: Value,
    /// On whose behalf.
    pub actor: Actor,
    /// What led to it.
    pub evidence: Vec<Evidence>,
    /// Whether it can be undone.
    pub reversible: bool,
}

/// A question to the user: may this be done?
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Confirmation {
    /// The whole action; its id is the confirmation's.
    pub action: Action,
    /// One line: "Run a command: git push".
    pub summary: String,
    /// What would change.
    pub effect: String,
    /// Why it is asked.
    pub why: String,
    /// The command's risk, when it is a command.
    pub risk: Option<Risk>,
    /// The rule that "always" would store, when there is one narrow enough.
    pub always: Option<Rule>,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// When it becomes a no.
    pub expires_at: Timestamp,
}

/// An answer to a confirmation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// This once.
    Once,
    /// From now on, by the rule that was shown.
    Always,
    /// No.
    No,
}

/// A permission rule: what fits it is allowed, asked or blocked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Rule {
    /// Its id.
    pub id: RuleId,
    /// The tool it is about.
    pub tool: String,
    /// What it fits.
    pub matches: RuleMatch,
    /// What then happens.
    pub mode: Mode,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What a rule fits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RuleMatch {
    /// Every call of the tool.
    Any,
    /// Exactly these arguments.
    Exactly {
        /// The arguments.
        input: Value,
    },
    /// Calls in which this argument is exactly this (`app` = "firefox").
    Field {
        /// The argument's name.
        name: String,
        /// Its value.
        value: Value,
    },
    /// Calls in which this argument is a path in this folder (`notes/`), or a URL of this origin (`https://docs.rs/`).
    Under {
        /// The argument's name.
        name: String,
        /// What it begins with; ends with `/`.
        prefix: String,
    },
    /// A command all of whose parts begin with these words (`git status`).
    Command {
        /// The first words.
        words: Vec<String>,
    },
}

/// One line of the audit log. `before` lines say what will be done, `after` lines how it went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct AuditRecord {
    /// 0, 1, 2 … without a gap.
    pub seq: u64,
    /// When.
    pub ts: Timestamp,
    /// The action.
    pub action: ActionId,
    /// Its turn.
    pub turn: TurnId,
    /// Before or after the deed.
    pub phase: AuditPhase,
    /// The tool.
    pub tool: String,
    /// Its arguments, long ones cut and secrets taken out.
    pub input: Value,
    /// On whose behalf.
    pub actor: Actor,
    /// What led to it.
    pub evidence: Vec<Evidence>,
    /// What the rules said.
    pub mode: Mode,
    /// `pending`, `ok`, `error`, `refused`, `blocked`, `expired`, `cancelled`.
    pub result: String,
    /// A line: "Returned 5 results", or why it was refused.
    pub summary: String,
    /// SHA-256 of the line before, in hex.
    pub previous: String,
    /// SHA-256 of this line without this field, in hex.
    pub hash: String,
}

/// Before or after the deed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum AuditPhase {
    /// Decided; the deed comes next, if it was allowed.
    Before,
    /// Done, failed or refused.
    After,
}

/// A file as it was and as it became, so that it can be brought back. `before` and `after` name a content: the SHA-256 and
/// mode of a file (`<hex>:644`), `link:<target>`, or `dir`; none = there was nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct FileChange {
    /// The action that changed it.
    pub action: ActionId,
    /// Its turn.
    pub turn: TurnId,
    /// Its absolute path.
    pub path: PathBuf,
    /// What it held before.
    pub before: Option<String>,
    /// What it held after.
    pub after: Option<String>,
    /// When.
    pub at: Timestamp,
}
