//! Luna awake in her data folder: every part made and given to the core, and put away again in the right order. No
//! listener, so that a program in a terminal can have her to itself for a moment.

use std::{path::PathBuf, sync::Arc, time::Duration};

use luna_commands::{About, Table};
use luna_connect::{
    CalDav, Gmail, GmailConfig, Outside, OutsideConfig, Services, ServicesConfig, Spotify, SpotifyConfig,
    Stripe, StripeConfig, Tailscale, Web, WebConfig,
};
use luna_core::{
    Luna, Parts,
    ports::{Secrets as _, SystemClock},
    registry::RegistryPlace,
};
use luna_desktop_io::LocalDesktop;
use luna_embed::Meaning;
use luna_llm::Providers;
use luna_model::{Error, Result, Settings, SettingsPatch};
use luna_shell::{PtyShell, ShellConfig};
use luna_store::Db;
use luna_voice::LocalVoice;
use serde_json::Value;

use crate::{
    VERSION, business,
    business::{Lunas, Shared},
    claim::{Claim, Taken},
    config::{Config, Variant},
    models,
    secrets::KeptSecrets,
    setup::Setup,
};

/// Longest wait for what still goes on when Luna is put to sleep; what is stored is stored by then or lost to no one.
const PATIENCE: Duration = Duration::from_secs(5);

/// Luna, awake.
pub struct Home {
    /// Herself.
    pub luna: Luna,
    /// Her commands.
    pub table: Table,
    /// The Lunas of a business' users, of which this is the house.
    lunas: Option<Lunas>,
    shell: Arc<PtyShell>,
    claim: Claim,
}

impl Home {
    /// Wakes Luna up in her folder.
    ///
    /// # Errors
    /// `Conflict` when another Luna has the folder, `Unavailable` with a way out when something of it cannot be used.
    pub async fn open(setup: &Setup) -> Result<Self> {
        match Claim::take(&setup.paths.data)? {
            Taken::Ours(claim) => Self::wake(setup, claim).await,
            Taken::By(holder) => Err(holder.in_the_way(&setup.paths.data)),
        }
    }

    /// Wakes Luna up in a folder that was taken for her.
    ///
    /// # Errors
    /// `Unavailable` with a way out when something of it cannot be used.
    pub async fn wake(setup: &Setup, claim: Claim) -> Result<Self> {
        let (config, paths) = (&setup.config, &setup.paths);
        let home = home_folder()?;
        let secrets =
            KeptSecrets::open(config.secret_store, &paths.secrets, config.secrets(), setup.redactor.clone());
        let search = config.text("SEARCH_BASE_URL");
        let web = WebConfig::default();
        let personal = config.variant == Variant::Personal;
        let web = WebConfig { own_choice_may_be_private: personal, ..web };
        let web = WebConfig { search_base_url: search.unwrap_or_else(|| web.search_base_url.clone()), ..web };
        let shell = ShellConfig::new(paths.outputs.clone(), home.clone());
        let database = paths.database.clone();
        // Side by side: the disk, the keyring and the system's certificates each take their time.
        let (db, secrets, providers, web, shell) = tokio::join!(
            aside(move || Db::open(&database)),
            secrets,
            aside(|| Providers::new(luna_llm::Config::default())),
            aside(move || Web::new(web)),
            aside(move || PtyShell::new(shell)),
        );
        let (secrets, providers, shell) = (Arc::new(secrets?), Arc::new(providers?), Arc::new(shell?));
        let desktop = Arc::new(LocalDesktop::new(home));
        let services = Services::new(services(config), Arc::clone(&secrets) as _)?;
        let outside = Outside::new(sources(config), Arc::clone(&secrets) as _)?;
        let mut parts = Parts {
            data_dir: paths.data.clone(),
            workspace: paths.workspace.clone(),
            db: db?,
            llm: Arc::clone(&providers) as _,
            recall: Arc::new(Meaning::new(Some(paths.models.clone()))),
            shell: Arc::clone(&shell) as _,
            fetch: Arc::new(web?),
            sight: Arc::clone(&desktop) as _,
            desktop,
            voice: Arc::new(LocalVoice::new(paths.models.clone(), Arc::clone(&secrets) as _)),
            secrets: Arc::clone(&secrets) as _,
            channels: Arc::new(services),
            sources: Arc::new(outside),
            tailnet: Arc::new(Tailscale),
            payments: Arc::new(Stripe::new(stripe(config))?),
            calendars: Arc::new(CalDav::new()?),
            music: Arc::new(Spotify::new(spotify(config), Arc::clone(&secrets) as _)),
            mail: Arc::new(Gmail::new(gmail(config), Arc::clone(&secrets) as _)?),
            #[cfg(unix)]
            programs: Arc::new(luna_shell::ChildPrograms),
            #[cfg(not(unix))]
            programs: Arc::new(luna_core::ports::NoPrograms),
            clock: Arc::new(SystemClock),
            registry: registry(config),
            house: business::house(config),
            fixed: fixed(config)?,
            apply: applying(Arc::clone(&providers), Arc::clone(&secrets)),
        };
        if config.variant == Variant::Business {
            business::off_the_machine(&mut parts);
        }
        let shared = Shared {
            recall: Arc::clone(&parts.recall),
            fetch: Arc::clone(&parts.fetch),
            sources: Arc::clone(&parts.sources),
            secrets: Arc::clone(&secrets) as _,
            providers,
        };
        tracing::debug!(secrets = secrets.place(), "all parts are there");
        let luna = Luna::open(parts).await?;
        let table =
            Table::new(luna.clone(), About { version: VERSION, variant: variant_name(config.variant) });
        if config.variant == Variant::Personal {
            return Ok(Self { luna, table, lunas: None, shell, claim });
        }
        let lunas = Lunas::new(setup, luna.clone(), shared).await?;
        let table = table.for_the_house(lunas.users().clone());
        Ok(Self { luna, table, lunas: Some(lunas), shell, claim })
    }

    /// The Lunas of a business' users.
    pub(crate) const fn lunas(&self) -> Option<&Lunas> {
        self.lunas.as_ref()
    }

    /// Writes down where this Luna can be called.
    ///
    /// # Errors
    /// `Unavailable` when the folder cannot be written.
    pub(crate) fn announce(&self, address: std::net::SocketAddr) -> Result<()> {
        self.claim.announce(address)
    }

    /// Puts her to sleep: what goes on is stopped and kept, the database is closed. Takes a few seconds at most.
    pub async fn stop(self) {
        if let Some(lunas) = &self.lunas {
            lunas.stop().await;
        }
        let all = async { tokio::join!(self.luna.stop(), self.shell.shutdown()) };
        if tokio::time::timeout(PATIENCE, all).await.is_err() {
            tracing::warn!("something did not end in time; Luna stops without it");
            self.luna.db().close();
        }
    }
}

/// Where packages come from, besides those that come with Luna.
pub(crate) fn registry(config: &Config) -> RegistryPlace {
    RegistryPlace { url: config.text("REGISTRY_BASE_URL"), key: config.text("REGISTRY_PUBLIC_KEY") }
}

/// Where the sources of the dashboard are reached.
fn sources(config: &Config) -> OutsideConfig {
    let text = |name| config.text(name).unwrap_or_default();
    OutsideConfig {
        open_meteo: text("OPEN_METEO_BASE_URL"),
        geocoding: text("OPEN_METEO_GEOCODING_BASE_URL"),
        alpha_vantage: text("ALPHA_VANTAGE_BASE_URL"),
        coingecko: text("COINGECKO_BASE_URL"),
        news_api: text("NEWS_API_BASE_URL"),
    }
}

/// What is configured of Spotify.
fn spotify(config: &Config) -> SpotifyConfig {
    let text = |name| config.text(name).unwrap_or_default();
    SpotifyConfig {
        api: text("SPOTIFY_API_BASE_URL"),
        accounts: text("SPOTIFY_ACCOUNTS_BASE_URL"),
        redirect: config.text("SPOTIFY_REDIRECT_URI").or_else(|| {
            // Spotify takes plain HTTP only for an address of this machine, not for a name.
            let port = Some(config.port).filter(|port| *port != 0)?;
            Some(format!("http://127.0.0.1:{port}/api/spotify/callback"))
        }),
    }
}

/// What is configured of the services that bring messages.
fn services(config: &Config) -> ServicesConfig {
    let text = |name| config.text(name).filter(|text| !text.trim().is_empty());
    ServicesConfig {
        telegram: text("TELEGRAM_API_BASE_URL").unwrap_or_default(),
        discord: text("DISCORD_API_BASE_URL").unwrap_or_default(),
        slack: text("SLACK_API_BASE_URL").unwrap_or_default(),
        notify_slack: text("GITHUB_NOTIFY_SLACK_CHANNEL"),
        notify_telegram: text("GITHUB_NOTIFY_TELEGRAM_CHAT_ID"),
    }
}

/// What is configured of Gmail.
fn gmail(config: &Config) -> GmailConfig {
    let text = |name| config.text(name).unwrap_or_default().trim().to_owned();
    GmailConfig {
        api: text("GMAIL_API_BASE_URL"),
        oauth: text("GOOGLE_OAUTH_BASE_URL"),
        certificates: text("GOOGLE_CERTS_URL"),
        client_id: text("GMAIL_CLIENT_ID"),
        topic: text("GMAIL_TOPIC"),
        audience: text("GMAIL_PUSH_AUDIENCE"),
        sender: text("GMAIL_PUSH_SENDER"),
    }
}

fn stripe(config: &Config) -> StripeConfig {
    let secret = |name: &str| config.secret(name);
    StripeConfig {
        base_url: config.text("STRIPE_API_BASE_URL").unwrap_or_default(),
        key: secret("STRIPE_SECRET_KEY"),
        webhook_secret: secret("STRIPE_WEBHOOK_SECRET"),
        pro_price: config.text("STRIPE_PRICE_PRO"),
        team_price: config.text("STRIPE_PRICE_TEAM"),
        return_url: format!("http://{}:{}/", config.host, config.port),
    }
}

/// The name of a variant, as the APIs say it.
pub(crate) const fn variant_name(variant: Variant) -> &'static str {
    match variant {
        Variant::Personal => "personal",
        Variant::Business => "business",
    }
}

/// Makes a part on a thread where it may block.
pub(crate) async fn aside<T: Send + 'static>(make: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(make).await.map_err(Error::internal)?
}

fn home_folder() -> Result<PathBuf> {
    let dirs = directories::BaseDirs::new();
    dirs.map(|dirs| dirs.home_dir().to_owned())
        .ok_or_else(|| Error::unavailable("there is no home folder; set HOME to one"))
}

/// The settings that flags and environment give, as a patch that is laid over the stored ones.
pub(crate) fn fixed(config: &Config) -> Result<SettingsPatch> {
    let whole = serde_json::to_value(config.over(&Settings::default())?).map_err(Error::internal)?;
    let mut patch = Value::Object(SettingsPatch::new());
    for given in config.overridden() {
        let pointer = format!("/{}", given.field.replace('.', "/"));
        let value = whole.pointer(&pointer).cloned().unwrap_or_default();
        let mut at = &mut patch;
        for name in given.field.split('.') {
            if !at.is_object() {
                *at = Value::Object(SettingsPatch::new());
            }
            at = &mut at[name];
        }
        *at = value;
    }
    match patch {
        Value::Object(patch) => Ok(patch),
        _ => Ok(SettingsPatch::new()),
    }
}

/// What happens when settings or keys change: the providers get their new configuration before the change is
/// acknowledged.
fn applying(providers: Arc<Providers>, secrets: Arc<KeptSecrets>) -> luna_core::Apply {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn config(environment: &[(&str, &str)]) -> Config {
        let environment = environment.iter().map(|(n, v)| (n.into(), v.into()));
        Config::load([], environment, std::path::Path::new("/")).unwrap()
    }

    #[test]
    fn only_what_was_given_is_fixed() {
        assert_eq!(fixed(&config(&[])).unwrap(), SettingsPatch::new());
        let given = config(&[
            ("LLM_PROVIDER", "groq"),
            ("GROQ_MODEL", "m"),
            ("OPENAI_BASE_URL", "http://127.0.0.1:1234/v1"),
            ("LUNA_IDLE_TIMEOUT", "7"),
        ]);
        assert_eq!(
            Value::Object(fixed(&given).unwrap()),
            json!({
                "provider": "groq",
                "idle_timeout_s": 7,
                "providers": {
                    "groq": {"model": "m"},
                    "openai-compatible": {"base_url": "http://127.0.0.1:1234/v1"},
                },
            })
        );
        // `auto` is said too: it is stronger than the provider that was chosen before.
        assert_eq!(
            Value::Object(fixed(&config(&[("LLM_PROVIDER", "auto")])).unwrap()),
            json!({"provider": null})
        );
    }
}
