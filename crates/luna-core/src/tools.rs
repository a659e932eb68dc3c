//! Tools: what a model, a task or a face may have done, each registered once with its arguments as a type. The type's
//! JSON Schema is what models are told and what arguments are checked against.
//!
//! A tool says what a call would do ([`Tool::describe`]) and does it ([`Tool::run`]); whether it may is the gate's affair.

mod agent;
mod artifacts;
mod calendar;
mod children;
mod code;
mod desktop;
mod files;
mod initiative;
mod memory;
mod music;
mod outside;
mod scene;
mod schedule;
mod screen;
mod shell;
mod sound;
mod times;
mod todos;
mod vision;
mod voice;
mod web;

use std::collections::BTreeMap;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use futures::future::BoxFuture;
use luna_model::{Action, CommandContext, Error, Evidence, Mode, Result, RuleMatch, ToolSpec, Verdict};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::Luna;

pub(crate) use shell::TOOL as RUN_COMMAND;

/// What a call would do.
#[derive(Clone, Debug, Default)]
pub struct Described {
    /// One line, verb and object: "Write notes/ideas.md".
    pub summary: String,
    /// What would change, in words; empty when nothing would.
    pub effect: String,
    /// Whether it changes anything. What does not may run beside others.
    pub changes: bool,
    /// Files and folders to keep before it runs, so that it can be undone.
    pub keeps: Vec<PathBuf>,
    /// Whether all it changes can be undone.
    pub reversible: bool,
    /// An address it sends to.
    pub sends_to: Option<String>,
    /// The judgement, when it runs a command.
    pub verdict: Option<Verdict>,
    /// What "always" would allow.
    pub always: Option<RuleMatch>,
}

impl Described {
    fn reads(summary: String) -> Self {
        Self { summary, reversible: true, ..Self::default() }
    }

    fn changes(summary: String, effect: impl Into<String>) -> Self {
        Self { summary, effect: effect.into(), changes: true, ..Self::default() }
    }
}

/// What a call gave.
#[derive(Clone, Debug, Default)]
pub struct Output {
    /// What the model gets to read.
    pub content: String,
    /// A line for the audit log: "Returned 5 results".
    pub summary: String,
    /// Where the content came from, when that was outside: "https://…", "the file notes/a.md".
    pub origin: Option<String>,
    /// Whether it counts as failed although it ran (a command's exit code).
    pub failed: bool,
}

impl Output {
    fn ours(content: impl Into<String>) -> Self {
        let content = content.into();
        Self { summary: content.lines().next().unwrap_or_default().to_owned(), content, ..Self::default() }
    }

    fn outside(content: String, summary: String, origin: String) -> Self {
        Self { content, summary, origin: Some(origin), failed: false }
    }
}

/// A call that passed the gate.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// The action.
    pub action: Action,
    /// Stops it.
    pub cancel: CancellationToken,
    /// Where commands run.
    pub context: CommandContext,
}

impl Call {
    /// The packages that led to it: work that it sets up for later is held to what they were allowed, too.
    pub(crate) fn packages(&self) -> Vec<Evidence> {
        let packages = self.action.evidence.iter().filter(|e| matches!(e, Evidence::Package { .. }));
        packages.cloned().collect()
    }
}

/// A tool.
pub(crate) trait Tool: 'static {
    /// Its name.
    const NAME: &'static str;
    /// What a model is told of it.
    const DESCRIPTION: &'static str;
    /// Its permission until the user sets another.
    const MODE: Mode;
    /// Its arguments; doc comments of the fields become their descriptions.
    type Args: DeserializeOwned + JsonSchema + Send;

    /// What a call would do. Quick: it is also called to draw a question.
    fn describe(luna: &Luna, args: &Self::Args) -> Described;

    /// Does it.
    fn run(luna: Luna, args: Self::Args, call: Call) -> impl Future<Output = Result<Output>> + Send;
}

/// A registered tool, its type forgotten.
pub(crate) struct Registered {
    pub(crate) spec: ToolSpec,
    pub(crate) mode: Mode,
    check: jsonschema::Validator,
    describe: fn(&Luna, &Value) -> Result<Described>,
    run: fn(Luna, Value, Call) -> BoxFuture<'static, Result<Output>>,
}

impl Registered {
    fn new<T: Tool>() -> Result<Self> {
        let schema = schemars::generate::SchemaSettings::draft2020_12()
            .with(|s| {
                s.inline_subschemas = true;
                s.meta_schema = None;
            })
            .into_generator()
            .into_root_schema_for::<T::Args>();
        let mut schema = schema.to_value();
        if let Some(fields) = schema.as_object_mut() {
            fields.remove("title");
            fields.insert("additionalProperties".into(), false.into());
        }
        let check = jsonschema::validator_for(&schema).map_err(|e| Error::internal(e.to_string()))?;
        Ok(Self {
            spec: ToolSpec { name: T::NAME.into(), description: T::DESCRIPTION.into(), input_schema: schema },
            mode: T::MODE,
            check,
            describe: |luna, input| Ok(T::describe(luna, &args::<T>(input)?)),
            run: |luna, input, call| {
                Box::pin(async move {
                    let args = args::<T>(&input)?;
                    T::run(luna, args, call).await
                })
            },
        })
    }

    /// Checks arguments against the schema.
    ///
    /// # Errors
    /// `Invalid`, naming every fault.
    pub(crate) fn check(&self, input: &Value) -> Result<()> {
        let faults: Vec<_> = self
            .check
            .iter_errors(input)
            .take(5)
            .map(|e| {
                let at = e.instance_path().to_string();
                if at.is_empty() { e.to_string() } else { format!("{at}: {e}") }
            })
            .collect();
        if faults.is_empty() {
            return Ok(());
        }
        Err(Error::invalid(format!("the input of {} is wrong: {}", self.spec.name, faults.join("; "))))
    }

    pub(crate) fn describe(&self, luna: &Luna, input: &Value) -> Result<Described> {
        (self.describe)(luna, input)
    }

    pub(crate) fn run(&self, luna: Luna, input: Value, call: Call) -> BoxFuture<'static, Result<Output>> {
        (self.run)(luna, input, call)
    }
}

fn args<T: Tool>(input: &Value) -> Result<T::Args> {
    T::Args::deserialize(input).map_err(|e| Error::invalid(format!("the input of {} is wrong: {e}", T::NAME)))
}

/// All tools, by name.
#[derive(Clone)]
pub(crate) struct Tools {
    by_name: Arc<BTreeMap<String, Registered>>,
}

impl Tools {
    /// Every tool there is.
    pub(crate) fn all() -> Result<Self> {
        let tools = [
            Registered::new::<files::ReadFile>()?,
            Registered::new::<files::WriteFile>()?,
            Registered::new::<files::EditFile>()?,
            Registered::new::<files::ListFiles>()?,
            Registered::new::<files::SearchFiles>()?,
            Registered::new::<code::CodeSearch>()?,
            Registered::new::<web::WebSearch>()?,
            Registered::new::<web::WebFetch>()?,
            Registered::new::<web::BrowserOpen>()?,
            Registered::new::<memory::Remember>()?,
            Registered::new::<memory::Recall>()?,
            Registered::new::<memory::Forget>()?,
            Registered::new::<memory::SearchConversations>()?,
            Registered::new::<shell::RunCommand>()?,
            Registered::new::<shell::PlanCommands>()?,
            Registered::new::<shell::ExplainCommand>()?,
            Registered::new::<todos::CreateTask>()?,
            Registered::new::<todos::ListTasks>()?,
            Registered::new::<todos::UpdateTask>()?,
            Registered::new::<todos::CompleteTask>()?,
            Registered::new::<todos::DeleteTask>()?,
            Registered::new::<calendar::CreateEvent>()?,
            Registered::new::<calendar::ListEvents>()?,
            Registered::new::<calendar::ListCalendars>()?,
            Registered::new::<calendar::UpdateEvent>()?,
            Registered::new::<calendar::DeleteEvent>()?,
            Registered::new::<todos::CreateReminder>()?,
            Registered::new::<todos::ListReminders>()?,
            Registered::new::<todos::UpdateReminder>()?,
            Registered::new::<todos::DeleteReminder>()?,
            Registered::new::<agent::CreateAgentTask>()?,
            Registered::new::<agent::UndoLast>()?,
            Registered::new::<schedule::CreateSchedule>()?,
            Registered::new::<schedule::ListSchedules>()?,
            Registered::new::<schedule::DeleteSchedule>()?,
            Registered::new::<artifacts::CreateArtifact>()?,
            Registered::new::<artifacts::UpdateArtifact>()?,
            Registered::new::<children::SpawnAgent>()?,
            Registered::new::<children::WaitAgents>()?,
            Registered::new::<initiative::LessOfThis>()?,
            Registered::new::<desktop::GetSystemInfo>()?,
            Registered::new::<desktop::GetClipboard>()?,
            Registered::new::<desktop::SetClipboard>()?,
            Registered::new::<desktop::LaunchApp>()?,
            Registered::new::<desktop::ListApps>()?,
            Registered::new::<sound::GetVolume>()?,
            Registered::new::<sound::SetVolume>()?,
            Registered::new::<sound::MuteAudio>()?,
            Registered::new::<sound::UnmuteAudio>()?,
            Registered::new::<screen::GetBrightness>()?,
            Registered::new::<screen::SetBrightness>()?,
            Registered::new::<screen::LockScreen>()?,
            Registered::new::<screen::DisplayOff>()?,
            Registered::new::<screen::Sleep>()?,
            Registered::new::<sound::GetAppVolumes>()?,
            Registered::new::<sound::SetAppVolume>()?,
            Registered::new::<outside::GetWeather>()?,
            Registered::new::<outside::GetNews>()?,
            Registered::new::<outside::GetPrices>()?,
            Registered::new::<music::SpotifyPlay>()?,
            Registered::new::<music::SpotifyPause>()?,
            Registered::new::<music::SpotifyNext>()?,
            Registered::new::<music::SpotifyPrev>()?,
            Registered::new::<music::SpotifyQueue>()?,
            Registered::new::<music::SpotifyStatus>()?,
            Registered::new::<music::SpotifyVolume>()?,
            Registered::new::<music::SpotifyDevices>()?,
            Registered::new::<music::SpotifyTransfer>()?,
            Registered::new::<vision::Vision>()?,
            Registered::new::<vision::WatchWindow>()?,
            Registered::new::<vision::StopWatching>()?,
            Registered::new::<voice::Speak>()?,
            Registered::new::<scene::ShowScene>()?,
        ];
        Ok(Self { by_name: Arc::new(tools.into_iter().map(|t| (t.spec.name.clone(), t)).collect()) })
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Registered> {
        self.by_name.get(name)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Registered> {
        self.by_name.values()
    }
}

/// A text cut to so many characters, saying so.
fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}\n… (cut; {} characters in all)", &text[..at], text.chars().count()),
    }
}

use serde::Deserialize as _;
