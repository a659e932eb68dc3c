//! What Luna is made of: the ports that the composition root fills, and the folders it names.

use std::path::PathBuf;
use std::sync::Arc;

use futures::future::BoxFuture;
use luna_model::{Settings, SettingsPatch};
use luna_store::Db;

use crate::house::House;
use crate::ports::{
    CalendarServers, Channels, Clock, Desktop, Fetch, Llm, Mail, Music, Payments, Programs, Recall, Secrets,
    Shell, Sight, Sources, Tailnet, Voice,
};
use crate::registry::RegistryPlace;

/// What the composition root calls when settings or keys changed, before the change is acknowledged.
pub type Apply = Box<dyn Fn(Settings) -> BoxFuture<'static, ()> + Send + Sync>;

/// What Luna is made of.
pub struct Parts {
    /// The data folder: audit log, kept files and backups lie in it.
    pub data_dir: PathBuf,
    /// The folder of the files that Luna may work on.
    pub workspace: PathBuf,
    /// The database.
    pub db: Db,
    /// Language models.
    pub llm: Arc<dyn Llm>,
    /// Search by meaning.
    pub recall: Arc<dyn Recall>,
    /// The shell.
    pub shell: Arc<dyn Shell>,
    /// The web.
    pub fetch: Arc<dyn Fetch>,
    /// The machine.
    pub desktop: Arc<dyn Desktop>,
    /// Eyes.
    pub sight: Arc<dyn Sight>,
    /// Ears and a mouth.
    pub voice: Arc<dyn Voice>,
    /// Keys and tokens.
    pub secrets: Arc<dyn Secrets>,
    /// Services that bring messages.
    pub channels: Arc<dyn Channels>,
    /// Servers that keep calendars.
    pub calendars: Arc<dyn CalendarServers>,
    /// Weather, markets and news.
    pub sources: Arc<dyn Sources>,
    /// A music service.
    pub music: Arc<dyn Music>,
    /// Payments.
    pub payments: Arc<dyn Payments>,
    /// The private network.
    pub tailnet: Arc<dyn Tailnet>,
    /// The user's mail.
    pub mail: Arc<dyn Mail>,
    /// Programs of packages.
    pub programs: Arc<dyn Programs>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The registry of packages.
    pub registry: RegistryPlace,
    /// The business that she serves; none when she is one person's.
    pub house: Option<House>,
    /// Settings that flags and environment fix.
    pub fixed: SettingsPatch,
    /// Called when settings or keys changed.
    pub apply: Apply,
}
