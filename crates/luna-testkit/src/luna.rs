//! A Luna for a test: everything real but what needs a network, hardware, money or time.

use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

use luna_core::house::House;
use luna_core::ports::{
    CalendarServers, Fetch, Llm, Mail, Music, NoCalendars, NoMail, NoMusic, NoPrograms, Programs, Shell,
    Voice,
};
use luna_core::registry::RegistryPlace;
use luna_core::{Luna, Parts};
use luna_model::SettingsPatch;
use luna_store::Db;
use tempfile::TempDir;

use crate::{
    CannedWeb, FixedClock, FreeOfCharge, HeldSecrets, NoTailnet, PaperMachine, PaperPost, PaperShell,
    PaperSources, PaperVoice, ScriptedModel, SharedWords,
};

/// What a test's Luna is made of; take some of it and leave the rest as it is.
pub struct Ingredients {
    /// What the model says.
    pub model: ScriptedModel,
    /// Another model in its place.
    pub llm: Option<Arc<dyn Llm>>,
    /// Other ears and another mouth in the place of those on paper.
    pub voice: Option<Arc<dyn Voice>>,
    /// A music service in the place of none.
    pub music: Arc<dyn Music>,
    /// Another web in the place of the canned one.
    pub fetch: Option<Arc<dyn Fetch>>,
    /// A mail service in the place of none.
    pub mail: Arc<dyn Mail>,
    /// What runs the programs of packages, in the place of nothing.
    pub programs: Arc<dyn Programs>,
    /// The registry of packages.
    pub registry: RegistryPlace,
    /// Servers that keep calendars in the place of none.
    pub calendars: Arc<dyn CalendarServers>,
    /// The time.
    pub clock: FixedClock,
    /// The shell.
    pub shell: Arc<dyn Shell>,
    /// Settings that hold from the start. Facts are not learnt from conversations unless this says so: learning asks
    /// the model too, which would take the next line of the script.
    pub settings: SettingsPatch,
    /// The business that she serves.
    pub house: Option<House>,
    /// Whether the database is a file, so that [`InMemory::restart`] finds it again.
    pub on_disk: bool,
}

impl Default for Ingredients {
    fn default() -> Self {
        Self {
            model: ScriptedModel::default(),
            llm: None,
            voice: None,
            music: Arc::new(NoMusic),
            fetch: None,
            mail: Arc::new(NoMail),
            programs: Arc::new(NoPrograms),
            registry: RegistryPlace::default(),
            calendars: Arc::new(NoCalendars),
            clock: FixedClock::default(),
            shell: Arc::new(PaperShell::default()),
            settings: SettingsPatch::from_iter([("learn_facts".to_owned(), false.into())]),
            house: None,
            on_disk: false,
        }
    }
}

/// A Luna for a test, and what she is made of. Her folder goes when this goes.
pub struct InMemory {
    luna: Luna,
    /// What the model says, and what it was asked.
    pub model: ScriptedModel,
    /// The time.
    pub clock: FixedClock,
    /// The web.
    pub web: CannedWeb,
    /// The machine.
    pub machine: PaperMachine,
    /// Ears and a mouth.
    pub voice: PaperVoice,
    /// Keys and tokens.
    pub secrets: HeldSecrets,
    /// Messages from elsewhere.
    pub post: PaperPost,
    /// What a restart needs again.
    ingredients: Ingredients,
    folder: TempDir,
}

impl InMemory {
    /// The usual one.
    pub async fn luna() -> Self {
        Self::of(Ingredients::default()).await
    }

    /// One of these ingredients.
    pub async fn of(ingredients: Ingredients) -> Self {
        let (model, clock) = (ingredients.model.clone(), ingredients.clock.clone());
        let (web, machine, voice, secrets, post) = Default::default();
        let folder = tempfile::tempdir().expect("a folder for a test");
        let luna = wake(&ingredients, folder.path(), (&web, &machine, &voice), &secrets, &post).await;
        Self { luna, model, clock, web, machine, voice, secrets, post, ingredients, folder }
    }

    /// Stops her and wakes her up again, as a restart of the program does. Only on disk.
    pub async fn restart(&mut self) {
        assert!(self.ingredients.on_disk, "a database in memory does not outlive a restart; set on_disk");
        self.luna.stop().await;
        let Self { web, machine, voice, secrets, post, ingredients, folder, .. } = &*self;
        self.luna = wake(ingredients, folder.path(), (web, machine, voice), secrets, post).await;
    }

    /// Her folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Deref for InMemory {
    type Target = Luna;

    fn deref(&self) -> &Luna {
        &self.luna
    }
}

async fn wake(
    of: &Ingredients,
    folder: &Path,
    (web, machine, voice): (&CannedWeb, &PaperMachine, &PaperVoice),
    secrets: &HeldSecrets,
    post: &PaperPost,
) -> Luna {
    let db = if of.on_disk { Db::open(&folder.join("luna.db")) } else { Db::in_memory() };
    let parts = Parts {
        data_dir: folder.to_owned(),
        workspace: folder.join("workspace"),
        db: db.expect("a database"),
        llm: of.llm.clone().unwrap_or_else(|| Arc::new(of.model.clone())),
        recall: Arc::new(SharedWords::default()),
        shell: Arc::clone(&of.shell),
        fetch: of.fetch.clone().unwrap_or_else(|| Arc::new(web.clone())),
        desktop: Arc::new(machine.clone()),
        sight: Arc::new(machine.clone()),
        voice: of.voice.clone().unwrap_or_else(|| Arc::new(voice.clone())),
        secrets: Arc::new(secrets.clone()),
        channels: Arc::new(post.clone()),
        sources: Arc::new(PaperSources),
        payments: Arc::new(FreeOfCharge),
        tailnet: Arc::new(NoTailnet),
        music: Arc::clone(&of.music),
        calendars: Arc::clone(&of.calendars),
        clock: Arc::new(of.clock.clone()),
        mail: Arc::clone(&of.mail),
        programs: Arc::clone(&of.programs),
        registry: of.registry.clone(),
        house: of.house.clone(),
        fixed: of.settings.clone(),
        apply: Box::new(|_| Box::pin(async {})),
    };
    Luna::open(parts).await.expect("Luna wakes up")
}
