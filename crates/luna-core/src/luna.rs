//! The value that every face holds: Luna herself, a cheap clone, with what she owns and how she starts and stops.

mod ports;

use std::collections::BTreeMap;
use std::sync::Arc;

use luna_model::{Mode, Provider, Result, Secret, Settings, SettingsPatch};
use luna_store::Db;
use parking_lot::Mutex;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::accounts::Accounts;
use crate::calendar::Calendar;
use crate::callers::Callers;
use crate::channels::{Plugins, Post};
use crate::code::Code;
use crate::costs::Metered;
use crate::dashboard::Sights;
use crate::events::Bus;
use crate::gate::Gate;
use crate::gate::audit::{self, Audit};
use crate::memory::Memory;
use crate::modules;
use crate::music::SignIns;
use crate::owner::Owner;
use crate::parts::Parts;
use crate::ports::Llm;
use crate::presence::Whereabouts;
use crate::processes::Processes;
use crate::running::Running;
use crate::schedule::Schedule;
use crate::settings::SettingsRow;
use crate::skills::Skills;
use crate::talk::Resting;
use crate::tools::Tools;
use crate::undo::{Keeper, Undo};
use crate::workspace::Workspace;

/// Permissions of deeds that only the user does directly.
const OWN_DEEDS: [(&str, Mode); 6] = [
    ("pair_sender", Mode::Allow),
    ("import_calendar", Mode::Allow),
    ("subscribe_calendar", Mode::Allow),
    ("sync_calendar", Mode::Allow),
    ("call_webhook", Mode::Allow),
    (crate::registry::INSTALL, Mode::Allow),
];

/// Luna. Cheap to clone; all clones are the same Luna.
#[derive(Clone)]
pub struct Luna {
    inner: Arc<Inner>,
}

struct Inner {
    parts: Parts,
    bus: Bus,
    gate: Gate,
    tools: Tools,
    undo: Undo,
    workspace: Workspace,
    skills: Skills,
    memory: Memory,
    calendar: Calendar,
    processes: Processes,
    schedule: Schedule,
    post: Post,
    plugins: Plugins,
    sights: Sights,
    sign_ins: SignIns,
    whereabouts: Whereabouts,
    settings: SettingsRow,
    running: Running,
    callers: Callers,
    resting: Resting,
    accounts: Accounts,
    owner: Owner,
    code: Code,
    tasks: TaskTracker,
    task_places: Arc<Semaphore>,
    stopping: CancellationToken,
    voice: crate::voice::Control,
    residents: crate::sleep::Residents,
    /// What was seen last, and a sketch of it.
    seen: Mutex<Option<(String, Vec<u8>)>>,
    watches: crate::vision::Watches,
    /// Packages are taken in one at a time.
    installing: tokio::sync::Mutex<()>,
    /// Pushes of mail are taken one at a time.
    reading_mail: tokio::sync::Mutex<()>,
}

impl std::fmt::Debug for Luna {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Luna")
    }
}

impl Luna {
    /// Wakes Luna up: opens what lies in the data folder and takes up what was interrupted.
    ///
    /// # Errors
    /// `Unavailable` when something of it cannot be opened.
    pub async fn open(mut parts: Parts) -> Result<Self> {
        let bus = Bus::new();
        parts.llm =
            Arc::new(Metered::new(parts.llm, parts.db.clone(), bus.clone(), Arc::clone(&parts.clock)));
        let stopping = CancellationToken::new();
        let tools = Tools::all()?;
        let workspace = Workspace::open(&parts.workspace)?;
        let keeper = Arc::new(Keeper::open(parts.data_dir.join("undo"))?);
        let audit = Audit::open(&audit::path_in(&parts.data_dir))?;
        let mut defaults: BTreeMap<_, _> = tools.iter().map(|t| (t.spec.name.clone(), t.mode)).collect();
        defaults.extend(OWN_DEEDS.map(|(name, mode)| (name.to_owned(), mode)));
        let (clock, shell) = (Arc::clone(&parts.clock), Arc::clone(&parts.shell));
        let gate = Gate::open(parts.db.clone(), bus.clone(), clock, shell, audit, defaults).await?;
        let settings = SettingsRow::open(&parts.db, parts.fixed.clone()).await?;
        let memory =
            Memory::open(parts.db.clone(), Arc::clone(&parts.recall), Arc::clone(&parts.clock), bus.clone());
        let calendar = Calendar::new(parts.db.clone(), Arc::clone(&parts.clock), bus.clone());
        let accounts = Accounts::new(
            parts.db.clone(),
            gate.clone(),
            Arc::clone(&parts.clock),
            Arc::clone(&parts.secrets),
            Arc::clone(&parts.payments),
        );
        let code = Code::new(parts.db.clone(), Arc::clone(&parts.clock), Arc::clone(&parts.recall));
        let luna = Self {
            inner: Arc::new(Inner {
                undo: Undo::new(parts.db.clone(), keeper),
                skills: Skills::new(workspace.clone()),
                voice: crate::voice::Control::new(),
                residents: crate::sleep::Residents::default(),
                seen: Mutex::new(None),
                watches: crate::vision::Watches::default(),
                installing: tokio::sync::Mutex::default(),
                reading_mail: tokio::sync::Mutex::default(),
                running: Running::new(stopping.clone()),
                callers: Callers::default(),
                resting: Resting::default(),
                accounts,
                owner: Owner::new(gate.clone(), Arc::clone(&parts.clock)),
                code,
                tasks: TaskTracker::new(),
                task_places: Arc::new(Semaphore::new(crate::tasks::AT_ONCE)),
                parts,
                bus,
                gate,
                tools,
                workspace,
                memory,
                calendar,
                processes: Processes::default(),
                schedule: Schedule::default(),
                post: Post::default(),
                plugins: Plugins::default(),
                sights: Sights::default(),
                sign_ins: SignIns::default(),
                whereabouts: Whereabouts::default(),
                settings,
                stopping,
            }),
        };
        luna.apply(luna.settings().current()).await;
        luna.close_interrupted_runs().await?;
        luna.close_interrupted_children().await?;
        luna.gate().close_interrupted().await?;
        luna.resume_tasks().await?;
        let before = luna.tasks().len();
        luna.tend();
        luna.remind();
        luna.listen_in_background();
        luna.keep_time();
        luna.keep_post();
        luna.keep_calendars();
        if luna.house().is_none() {
            luna.watch_user();
            luna.wake_plugins().await;
        }
        luna.inner.residents.are(luna.tasks().len() - before);
        Ok(luna)
    }

    /// Goes to sleep: stops what goes on, waits for it to be kept, closes the database.
    pub async fn stop(&self) {
        self.inner.stopping.cancel();
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
        let db = self.db().clone();
        if let Err(error) = tokio::task::spawn_blocking(move || db.close()).await {
            tracing::error!(%error, "the database could not be closed");
        }
    }

    /// Changes settings; they hold when this returns.
    ///
    /// # Errors
    /// `Invalid` for an unknown name or a value that does not fit, `Conflict` for what flags or environment fix.
    pub async fn patch_settings(&self, patch: SettingsPatch) -> Result<Settings> {
        let settings = self.inner.settings.patch(self.db(), self.bus(), patch).await?;
        self.apply(settings.clone()).await;
        self.whereabouts().look_again();
        Ok(settings)
    }

    /// Stores a provider's key; it holds when this returns.
    ///
    /// # Errors
    /// `Invalid` for an empty key, `Unavailable` when it cannot be stored.
    pub async fn set_provider_key(&self, provider: Provider, key: Secret) -> Result<()> {
        if key.expose().trim().is_empty() || key.expose().contains(['\n', '\r']) {
            return Err(luna_model::Error::invalid("a key is one line and not empty"));
        }
        self.inner
            .parts
            .secrets
            .set(&key_name(provider), Secret::new(key.expose().trim().to_owned()))
            .await?;
        self.keys_changed().await;
        Ok(())
    }

    /// Forgets a provider's key.
    ///
    /// # Errors
    /// `Unavailable` when the place of secrets does not answer.
    pub async fn delete_provider_key(&self, provider: Provider) -> Result<()> {
        self.inner.parts.secrets.delete(&key_name(provider)).await?;
        self.keys_changed().await;
        Ok(())
    }

    async fn keys_changed(&self) {
        self.apply(self.settings().current()).await;
        self.bus().publish(luna_model::Event::SettingsChanged { names: vec!["providers".into()] });
    }

    /// The event bus.
    #[must_use]
    pub fn bus(&self) -> &Bus {
        &self.inner.bus
    }

    /// The gate.
    #[must_use]
    pub fn gate(&self) -> &Gate {
        &self.inner.gate
    }

    /// What undo knows.
    #[must_use]
    pub fn undo(&self) -> &Undo {
        &self.inner.undo
    }

    /// The workspace. Faces write through [`Luna::use_tool`], so that the gate sees it.
    #[must_use]
    pub fn workspace(&self) -> &Workspace {
        &self.inner.workspace
    }

    /// What Luna remembers.
    #[must_use]
    pub fn memory(&self) -> &Memory {
        &self.inner.memory
    }

    /// The calendar.
    #[must_use]
    pub fn calendar(&self) -> &Calendar {
        &self.inner.calendar
    }

    pub(crate) fn processes(&self) -> &Processes {
        &self.inner.processes
    }

    /// The skills.
    #[must_use]
    pub fn skills(&self) -> &Skills {
        &self.inner.skills
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &SettingsRow {
        &self.inner.settings
    }

    /// The language models.
    #[must_use]
    pub fn llm(&self) -> &Arc<dyn Llm> {
        &self.inner.parts.llm
    }

    /// Where keys and tokens are kept, in words.
    #[must_use]
    pub fn secrets_place(&self) -> String {
        self.inner.parts.secrets.place()
    }

    /// The doors she can be called at, and who called lately.
    #[must_use]
    pub fn callers(&self) -> &Callers {
        &self.inner.callers
    }

    /// The accounts of callers from outside.
    #[must_use]
    pub fn accounts(&self) -> &Accounts {
        &self.inner.accounts
    }

    /// The owner's own sessions.
    #[must_use]
    pub fn owner(&self) -> &Owner {
        &self.inner.owner
    }

    /// Code that can be searched.
    #[must_use]
    pub fn code(&self) -> &Code {
        &self.inner.code
    }

    /// Turns that rest at a question.
    #[must_use]
    pub fn resting(&self) -> &Resting {
        &self.inner.resting
    }

    /// The data folder.
    #[must_use]
    pub fn data_dir(&self) -> &std::path::Path {
        &self.inner.parts.data_dir
    }

    /// Cancelled when Luna goes to sleep.
    #[must_use]
    pub fn stopping(&self) -> &CancellationToken {
        &self.inner.stopping
    }

    /// The database, for what is no verb of its own (backups, checks).
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.inner.parts.db
    }

    /// The tools with their modes: what Agent screens list.
    #[must_use]
    pub fn tool_list(&self) -> Vec<ToolInfo> {
        let modes = self.gate().modes();
        let described: BTreeMap<_, _> =
            self.tools().iter().map(|t| (t.spec.name.clone(), t.spec.description.clone())).collect();
        let defaults = self.gate().default_modes();
        let info = modes.into_iter().map(|(name, mode)| ToolInfo {
            description: described.get(&name).cloned().unwrap_or_else(|| without_tool(&name).into()),
            default_mode: defaults.get(&name).copied().unwrap_or(Mode::Confirm),
            name,
            mode,
        });
        info.collect()
    }

    /// The settings hold from now on, here and in what the composition root wired.
    pub(crate) async fn apply(&self, settings: Settings) {
        self.gate().switch_off(modules::tools_off(&settings, self.house()));
        (self.inner.parts.apply)(settings).await;
    }

    pub(crate) fn whereabouts(&self) -> &Whereabouts {
        &self.inner.whereabouts
    }

    pub(crate) fn sign_ins(&self) -> &SignIns {
        &self.inner.sign_ins
    }

    pub(crate) fn sights(&self) -> &Sights {
        &self.inner.sights
    }

    pub(crate) fn reading_mail(&self) -> &tokio::sync::Mutex<()> {
        &self.inner.reading_mail
    }

    pub(crate) fn plugins(&self) -> &Plugins {
        &self.inner.plugins
    }

    pub(crate) fn post(&self) -> &Post {
        &self.inner.post
    }

    pub(crate) fn schedule(&self) -> &Schedule {
        &self.inner.schedule
    }

    pub(crate) fn seen_before(&self) -> &Mutex<Option<(String, Vec<u8>)>> {
        &self.inner.seen
    }

    pub(crate) fn watches(&self) -> &crate::vision::Watches {
        &self.inner.watches
    }

    pub(crate) fn installing(&self) -> &tokio::sync::Mutex<()> {
        &self.inner.installing
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.inner.parts
    }

    pub(crate) fn voice_control(&self) -> &crate::voice::Control {
        &self.inner.voice
    }

    pub(crate) fn tools(&self) -> &Tools {
        &self.inner.tools
    }

    pub(crate) fn running(&self) -> &Running {
        &self.inner.running
    }

    pub(crate) fn tasks(&self) -> &TaskTracker {
        &self.inner.tasks
    }

    pub(crate) fn residents(&self) -> &crate::sleep::Residents {
        &self.inner.residents
    }

    pub(crate) fn task_places(&self) -> Arc<Semaphore> {
        Arc::clone(&self.inner.task_places)
    }
}

/// What a permission is for that no tool asks for.
fn without_tool(name: &str) -> &'static str {
    match name {
        "import_calendar" => "Taking in calendar files.",
        "subscribe_calendar" => "Reading calendars that are kept elsewhere.",
        "sync_calendar" => "Keeping calendars in agreement with a server.",
        "pair_sender" => "Letting people in who write from elsewhere.",
        crate::registry::INSTALL => "Taking packages in and away.",
        _ => "Calling the addresses that jobs name.",
    }
}

/// A tool with its permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolInfo {
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: String,
    /// Its mode now.
    pub mode: Mode,
    /// Its mode until the user sets another.
    pub default_mode: Mode,
}

/// The name under which a provider's key is kept: the one it has in the environment.
#[must_use]
pub fn key_name(provider: Provider) -> String {
    let name = match provider {
        Provider::OpenaiCompatible => "openai",
        other => other.name(),
    };
    format!("{}_API_KEY", name.replace('-', "_").to_ascii_uppercase())
}
