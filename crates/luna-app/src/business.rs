//! The Lunas of a business: one a user, each in a folder of her own with her own database, workspace, audit log and keys.
//! Woken when her user calls or something is due, put to sleep when nothing goes on, and only so many awake at once. What is
//! heavy and nobody's is shared: the network for vectors, the HTTP clients.
//!
//! That nothing crosses users needs no check here: a Luna is given her own folder and never hears of another.

mod keys;
mod off;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;
use luna_commands::{About, Table};
use luna_core::house::{House, Tone};
use luna_core::ports::{Fetch, NoCalendars, NoMail, NoPrograms, Recall, Secrets, Sources, SystemClock};
use luna_core::users::{Pass, Rules, Users};
use luna_core::{Luna, Parts};
use luna_http::{Business, Core, Cores, Doors};
use luna_llm::Providers;
use luna_model::{Error, ErrorKind, Provider, Result, Settings, SettingsPatch, User, UserId};
use luna_store::Db;
use parking_lot::Mutex;
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::{keys::Keys, off::Off};
use crate::{
    VERSION,
    config::{Config, SecretStore, Variant},
    home::{aside, registry, variant_name},
    models,
    paths::Paths,
    secrets::KeptSecrets,
    setup::Setup,
};

/// Where the users' folders lie in the data folder, and those of users who were deleted.
const USERS: &str = "users";
const REMOVED: &str = "removed";
/// How often it is looked who is due and who may sleep.
const LOOK: Duration = Duration::from_secs(10);
/// Longest name that Luna calls somebody by.
const LONGEST_NAME: usize = 80;
/// Longest wait for what still goes on when a Luna is put to sleep.
const PATIENCE: Duration = Duration::from_secs(5);

/// Takes away what reaches for the machine.
pub(crate) fn off_the_machine(parts: &mut Parts) {
    parts.shell = Arc::new(Off);
    parts.desktop = Arc::new(Off);
    parts.sight = Arc::new(Off);
    parts.voice = Arc::new(Off);
    parts.music = Arc::new(Off);
    parts.tailnet = Arc::new(Off);
}

/// The business, as it was set up.
pub(crate) fn house(config: &Config) -> Option<House> {
    let text = |name| config.text(name).unwrap_or_default();
    (config.variant == Variant::Business).then(|| House {
        name: text("BUSINESS_NAME"),
        description: text("BUSINESS_DESCRIPTION"),
        tone: Tone::from_name(&text("BUSINESS_TONE")).unwrap_or_default(),
    })
}

/// What all users' Lunas share.
pub(crate) struct Shared {
    pub(crate) providers: Arc<Providers>,
    pub(crate) recall: Arc<dyn Recall>,
    pub(crate) fetch: Arc<dyn Fetch>,
    pub(crate) sources: Arc<dyn Sources>,
    pub(crate) secrets: Arc<dyn Secrets>,
}

/// The Lunas of the users; cheap to clone.
#[derive(Clone)]
pub(crate) struct Lunas {
    inner: Arc<Inner>,
}

struct Inner {
    setup: Setup,
    users: Users,
    house: Luna,
    shared: Shared,
    doors: Mutex<Option<Doors>>,
    slots: Mutex<HashMap<UserId, Arc<Slot>>>,
    places: Arc<Semaphore>,
    idle: Duration,
    stopping: CancellationToken,
    tasks: TaskTracker,
}

/// A user's place: whoever wakes her or puts her to sleep holds the lock.
struct Slot {
    awake: tokio::sync::Mutex<Option<Awake>>,
    used: Mutex<Instant>,
}

struct Awake {
    core: Arc<Core>,
    /// Cancelled when the token that she was woken with is good no more.
    over: CancellationToken,
    _place: OwnedSemaphorePermit,
}

/// Whether what goes on is waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hurry {
    /// Only if nothing goes on.
    IfIdle,
    /// Whatever goes on.
    Now,
}

impl Lunas {
    /// The Lunas of the users whom this house keeps. Nobody is woken yet.
    ///
    /// # Errors
    /// `Invalid` without a secret, `Unavailable` when the users cannot be read.
    pub(crate) async fn new(setup: &Setup, house: Luna, shared: Shared) -> Result<Self> {
        let config = &setup.config;
        let jwt = config.jwt.as_ref().ok_or_else(|| Error::invalid("a business needs JWT_SECRET"))?;
        let rules = Rules {
            secret: jwt.secret.clone(),
            token_lasts: SignedDuration::from_hours(i64::from(jwt.expiry_hours)),
            pace: config.rate_limit,
        };
        let inner = Inner {
            users: Users::open(&house, rules).await?,
            setup: setup.clone(),
            house,
            shared,
            doors: Mutex::default(),
            slots: Mutex::default(),
            places: Arc::new(Semaphore::new(config.users_awake)),
            idle: Duration::from_secs(60 * config.user_idle_minutes),
            stopping: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The users.
    pub(crate) fn users(&self) -> &Users {
        &self.inner.users
    }

    /// Opens for callers, and begins to look who is due and who may sleep.
    pub(crate) fn open(&self, doors: Doors) -> Business {
        *self.inner.doors.lock() = Some(doors);
        let lunas = self.clone();
        self.inner.tasks.spawn(async move {
            let mut looks = tokio::time::interval(LOOK);
            looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
            loop {
                tokio::select! {
                    () = lunas.inner.stopping.cancelled() => break,
                    _ = looks.tick() => lunas.look().await,
                }
            }
        });
        Business { users: self.inner.users.clone(), cores: Arc::new(self.clone()) }
    }

    /// Puts everybody to sleep.
    pub(crate) async fn stop(&self) {
        self.inner.stopping.cancel();
        let slots = self.slots();
        let all = slots.iter().map(|(id, slot)| self.put_to_sleep(*id, slot, Hurry::Now));
        futures::future::join_all(all).await;
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
    }

    /// Wakes who is due, and puts to sleep who has nothing to do.
    async fn look(&self) {
        for user in self.inner.users.due() {
            let awake = self.slot(user).awake.try_lock().map_or(true, |awake| awake.is_some());
            if awake {
                continue;
            }
            let woken = match self.inner.users.pass_of(user) {
                Ok(pass) => self.of(&pass).await.map(drop),
                Err(error) => Err(error),
            };
            if let Err(error) = woken {
                tracing::warn!(%user, %error, "something is due, but the user's Luna could not be woken");
            }
        }
        if let Err(error) = self.put_aside().await {
            tracing::warn!(source = ?error.source, "a deleted user's folder could not be put aside");
        }
        for (user, slot) in self.slots() {
            let idle = slot.used.lock().elapsed() >= self.inner.idle;
            if idle {
                self.put_to_sleep(user, &slot, Hurry::IfIdle).await;
            }
        }
    }

    fn slots(&self) -> Vec<(UserId, Arc<Slot>)> {
        self.inner.slots.lock().iter().map(|(id, slot)| (*id, Arc::clone(slot))).collect()
    }

    fn slot(&self, user: UserId) -> Arc<Slot> {
        let mut slots = self.inner.slots.lock();
        let slot = slots.entry(user).or_insert_with(|| {
            Arc::new(Slot { awake: tokio::sync::Mutex::default(), used: Mutex::new(Instant::now()) })
        });
        Arc::clone(slot)
    }

    /// A place for one more, if need be that of who was idle longest.
    async fn place(&self, user: UserId) -> Result<OwnedSemaphorePermit> {
        loop {
            if let Ok(place) = Arc::clone(&self.inner.places).try_acquire_owned() {
                return Ok(place);
            }
            let mut others = self.slots();
            others.retain(|(other, _)| *other != user);
            others.sort_by_key(|(_, slot)| *slot.used.lock());
            let mut made_room = false;
            for (other, slot) in others {
                if self.put_to_sleep(other, &slot, Hurry::IfIdle).await {
                    made_room = true;
                    break;
                }
            }
            if !made_room {
                return Err(Error::unavailable(
                    "as many users as may be served at once are busy; try again in a moment (LUNA_USERS_AWAKE)",
                ));
            }
        }
    }

    /// Puts a user's Luna to sleep; whether she was awake and sleeps now.
    async fn put_to_sleep(&self, user: UserId, slot: &Slot, hurry: Hurry) -> bool {
        let mut place = match hurry {
            // Who is just being woken or put to sleep is not idle.
            Hurry::IfIdle => match slot.awake.try_lock() {
                Ok(place) => place,
                Err(_) => return false,
            },
            Hurry::Now => slot.awake.lock().await,
        };
        let Some(awake) = place.take() else { return false };
        let busy = Arc::strong_count(&awake.core) > 1 || !awake.core.luna.rests();
        if hurry == Hurry::IfIdle && busy {
            *place = Some(awake);
            return false;
        }
        self.lull(user, awake).await;
        true
    }

    /// Puts a Luna to sleep: what goes on is stopped and kept.
    async fn lull(&self, user: UserId, awake: Awake) {
        let luna = awake.core.luna.clone();
        luna.stopping().cancel();
        let due = luna.next_due().await.inspect_err(|error| {
            tracing::warn!(%user, %error, "when something is due could not be read");
        });
        // A user who was deleted is woken no more.
        let _ = self.inner.users.wake_at(user, due.ok()).await;
        if tokio::time::timeout(PATIENCE, luna.stop()).await.is_err() {
            tracing::warn!(%user, "something did not end in time; the user's Luna sleeps without it");
            luna.db().close();
        }
        tracing::debug!(%user, "a user's Luna sleeps");
    }

    async fn wake(&self, user: &User) -> Result<Core> {
        let Inner { setup, users, shared, .. } = &*self.inner;
        let doors = self.inner.doors.lock().clone();
        let doors = doors.ok_or_else(|| Error::unavailable("Luna is not open for callers yet"))?;
        let paths = Paths::within(self.folder(user.id), setup.paths.models.clone());
        let (database, made) = (paths.database.clone(), paths.clone());
        let db = aside(move || {
            made.create()?;
            Db::open(&database)
        })
        .await?;
        let store = match setup.config.secret_store {
            SecretStore::Keyring => SecretStore::Keyring,
            _ => SecretStore::File,
        };
        let own = KeptSecrets::open(store, &paths.secrets, [], setup.redactor.clone()).await?;
        let secrets: Arc<dyn Secrets> = Arc::new(Keys { own, house: Arc::clone(&shared.secrets) });
        let providers = Arc::new(shared.providers.another());
        let parts = Parts {
            data_dir: paths.data,
            workspace: paths.workspace,
            db,
            llm: Arc::clone(&providers) as _,
            recall: shared.recall.another(),
            shell: Arc::new(Off),
            fetch: Arc::clone(&shared.fetch),
            desktop: Arc::new(Off),
            sight: Arc::new(Off),
            voice: Arc::new(Off),
            secrets: Arc::clone(&secrets),
            channels: Arc::new(Off),
            sources: Arc::clone(&shared.sources),
            music: Arc::new(Off),
            payments: Arc::new(Off),
            tailnet: Arc::new(Off),
            // A user who could name an address would have this machine's network asked.
            calendars: Arc::new(NoCalendars),
            mail: Arc::new(NoMail),
            programs: Arc::new(NoPrograms),
            registry: registry(&setup.config),
            clock: Arc::new(SystemClock),
            house: house(&setup.config),
            fixed: self.fixed(user)?,
            apply: applying(providers, secrets),
        };
        let luna = Luna::open(parts).await?;
        // Until she sleeps and says better: were the program killed, she is woken at the next start.
        users.wake_at(user.id, Some(luna.clock().now())).await?;
        let about = About { version: VERSION, variant: variant_name(Variant::Business) };
        let table = Table::new(luna.clone(), about);
        tracing::debug!(user = %user.id, "a user's Luna is awake");
        Ok(Core::new(luna, table, doors))
    }

    fn folder(&self, user: UserId) -> PathBuf {
        self.inner.setup.paths.data.join(USERS).join(user.to_string())
    }

    /// What a user cannot change: who answers, and where, are the house's affair. A user who could name an address would
    /// be sent the house's key there.
    fn fixed(&self, user: &User) -> Result<SettingsPatch> {
        let Settings { provider, providers, .. } = self.inner.house.settings().current();
        let each = Provider::ALL.into_iter().map(|provider| {
            let set = providers.get(provider.name()).cloned().unwrap_or_default();
            let address = set.base_url.unwrap_or_else(|| luna_llm::defaults(provider).base_url.to_owned());
            (provider.name().to_owned(), json!({ "base_url": address, "model": set.model }))
        });
        let providers: SettingsPatch = each.collect();
        let mut fixed = crate::home::fixed(&self.inner.setup.config)?;
        fixed.insert("provider".into(), json!(provider));
        fixed.insert("providers".into(), providers.into());
        let name: String = user.username.chars().take(LONGEST_NAME).collect();
        fixed.insert("user_name".into(), json!(name));
        // The questions of the first run are about a machine that is one's own.
        fixed.insert("onboarded".into(), json!(true));
        Ok(fixed)
    }

    /// Waits until a user's token is taken back, and puts an end to what goes on with it.
    fn watch(&self, user: UserId, slot: &Arc<Slot>, awake: &Awake) {
        let (lunas, slot) = (self.clone(), Arc::clone(slot));
        let (over, asleep) = (awake.over.clone(), awake.core.luna.stopping().clone());
        self.inner.tasks.spawn(async move {
            tokio::select! {
                () = asleep.cancelled() => return,
                () = over.cancelled() => asleep.cancel(),
            }
            let mut place = slot.awake.lock().await;
            // Another token may have woken her anew meanwhile.
            if let Some(old) = place.take_if(|awake| awake.over.is_cancelled()) {
                lunas.lull(user, old).await;
            }
        });
    }

    /// Puts aside what users left behind who were deleted.
    async fn put_aside(&self) -> Result<()> {
        let data = &self.inner.setup.paths.data;
        let (users, removed) = (data.join(USERS), data.join(REMOVED));
        let folders =
            aside(move || Ok(std::fs::read_dir(users).into_iter().flatten().flatten().collect::<Vec<_>>()));
        for folder in folders.await? {
            let Some(user) = folder.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            if self.inner.users.pass_of(user).is_ok() {
                continue;
            }
            let slot = self.slot(user);
            let place = slot.awake.lock().await;
            if place.is_none() {
                self.inner.slots.lock().remove(&user);
                let (removed, from) = (removed.clone(), folder.path());
                aside(move || {
                    std::fs::create_dir_all(&removed)
                        .and_then(|()| std::fs::rename(&from, removed.join(folder.file_name())))
                        .map_err(Error::internal)
                })
                .await?;
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Cores for Lunas {
    async fn of(&self, pass: &Pass) -> Result<Arc<Core>> {
        let slot = self.slot(pass.user.id);
        *slot.used.lock() = Instant::now();
        let mut place = slot.awake.lock().await;
        if pass.over.is_cancelled() {
            return Err(Error::new(ErrorKind::Unauthenticated, "the token was replaced or taken back"));
        }
        if let Some(awake) = place.take() {
            if !awake.over.is_cancelled() {
                return Ok(Arc::clone(&place.insert(awake).core));
            }
            // She was woken with the token before, and ends with it.
            self.lull(pass.user.id, awake).await;
        }
        if self.inner.stopping.is_cancelled() {
            return Err(Error::unavailable("Luna is going to sleep"));
        }
        let room = self.place(pass.user.id).await?;
        let core = Arc::new(self.wake(&pass.user).await?);
        let awake = Awake { core: Arc::clone(&core), over: pass.over.clone(), _place: room };
        self.watch(pass.user.id, &slot, &awake);
        *place = Some(awake);
        Ok(core)
    }
}

/// As for the house: the providers get their new configuration before a change is acknowledged.
fn applying(providers: Arc<Providers>, secrets: Arc<dyn Secrets>) -> luna_core::Apply {
    Box::new(move |settings| {
        let (providers, secrets) = (Arc::clone(&providers), Arc::clone(&secrets));
        Box::pin(async move {
            let config = models::configuration(&settings, secrets.as_ref()).await;
            if let Err(error) = providers.reconfigure(config) {
                tracing::error!(%error, "the model providers keep their old configuration");
            }
        })
    })
}
