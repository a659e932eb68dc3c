//! Settings and their order of strength: flags, environment, `.env`, what was changed while running, defaults.
//!
//! [`Config::load`] reads everything once and checks it; its inputs are arguments, it reads no globals. What can change
//! while Luna runs is [`Settings`], kept in the database; [`Config::over`] lays what was given from outside over it.

mod source;
mod table;
mod value;

use std::{
    collections::HashMap,
    ffi::OsString,
    net::IpAddr,
    path::{Path, PathBuf},
};

use ipnet::IpNet;
use luna_model::{Error, Pace, Provider, Result, Secret, Settings};
use serde_json::{Map, Value as Json};

pub use source::Origin;
pub use table::{VARIABLES, Variable, variable};
pub use value::{Kind, Value};

/// Fewest bytes of the secret that signs users' tokens: as many as HMAC-SHA-256 gives (RFC 7518, 3.2).
const SHORTEST_SECRET: usize = 32;

/// For one person at home, or for a business with users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// One person, no accounts.
    Personal,
    /// Users with tokens.
    Business,
}

/// Where keys and tokens are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretStore {
    /// The keyring where there is one, else the file.
    Auto,
    /// The keyring only.
    Keyring,
    /// A file that only its owner can read, in the data folder.
    File,
}

/// How users' tokens are signed.
#[derive(Clone, Debug, PartialEq)]
pub struct Jwt {
    /// The key, which is also the administrator's token.
    pub secret: Secret,
    /// How long a token lasts.
    pub expiry_hours: u32,
}

/// What was given for a provider from outside; what is `None` comes from the settings, the secrets or its defaults.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProviderConfig {
    /// Where it is reached, without a final `/`.
    pub base_url: Option<String>,
    /// The key.
    pub key: Option<Secret>,
    /// The model.
    pub model: Option<String>,
}

/// A setting that cannot be changed while running, because something stronger gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overridden {
    /// The field of [`Settings`], as a path with dots.
    pub field: &'static str,
    /// The variable that gives it.
    pub variable: &'static str,
    /// Where the variable was found.
    pub origin: Origin,
}

/// Everything that is decided before Luna starts, read once and checked. `Debug` shows no secret.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address of the main port, as given.
    pub host: String,
    /// The main port; 0 = any free one.
    pub port: u16,
    /// The executor's own port; none = off.
    pub executor_port: Option<u16>,
    /// Further names that a request's `Host` may have.
    pub allowed_hosts: Vec<String>,
    /// Further origins that a request may come from.
    pub allowed_origins: Vec<String>,
    /// The data folder, where one was given.
    pub data_dir: Option<PathBuf>,
    /// The models folder, where one was given.
    pub models_dir: Option<PathBuf>,
    /// The database file, where one was given.
    pub database: Option<PathBuf>,
    /// The workspace, where one was given.
    pub workspace: Option<PathBuf>,
    /// The web UI's files, where they are not the built-in ones.
    pub frontend_dist: Option<PathBuf>,
    /// Personal or business.
    pub variant: Variant,
    /// Users' tokens; always there in business.
    pub jwt: Option<Jwt>,
    /// Where it is switched on.
    pub rate_limit: Option<Pace>,
    /// Reverse proxies, of whom it is believed for whom they call.
    pub proxies: Vec<IpNet>,
    /// Most users of a business who are served at the same time.
    pub users_awake: usize,
    /// Minutes after which the Luna of a user who does nothing goes to sleep.
    pub user_idle_minutes: u64,
    /// Where set, the OpenMotoko API asks for a session.
    pub password: Option<Secret>,
    /// Where keys and tokens are kept.
    pub secret_store: SecretStore,
    /// What to log.
    pub log: String,
    cwd: PathBuf,
    home: Option<PathBuf>,
    given: HashMap<&'static str, (Value, Origin)>,
}

impl Config {
    /// Reads and checks everything. `flags` are pairs of a variable's name and its text; files are looked for in `cwd`.
    ///
    /// Errors are `Invalid` and name the variable, where it was found and what it should have been; never a secret.
    pub fn load(
        flags: impl IntoIterator<Item = (String, String)>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
        cwd: &Path,
    ) -> Result<Self> {
        let environment: Vec<_> = environment.into_iter().collect();
        let home = environment.iter().find(|(name, _)| name == "HOME" || name == "USERPROFILE");
        let home = home.map(|(_, folder)| PathBuf::from(folder)).filter(|folder| folder.is_absolute());

        let layer = source::gather(flags, environment, cwd)?;
        let mut given = HashMap::new();
        for variable in VARIABLES {
            if let Some(found) = layer.get(variable) {
                let value =
                    variable.kind.read(&found.text).map_err(|wanted| unreadable(variable, found, &wanted))?;
                given.insert(variable.name, (value, found.origin.clone()));
            }
        }
        Self::checked(given, cwd.to_owned(), home)
    }

    fn checked(
        given: HashMap<&'static str, (Value, Origin)>,
        cwd: PathBuf,
        home: Option<PathBuf>,
    ) -> Result<Self> {
        let mut config = Self {
            host: String::new(),
            port: 0,
            executor_port: None,
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            data_dir: None,
            models_dir: None,
            database: None,
            workspace: None,
            frontend_dist: None,
            variant: Variant::Personal,
            jwt: None,
            rate_limit: None,
            proxies: Vec::new(),
            users_awake: 0,
            user_idle_minutes: 0,
            password: None,
            secret_store: SecretStore::Auto,
            log: String::new(),
            cwd,
            home,
            given,
        };
        config.host = config.text("HOST").unwrap_or_default();
        config.port = config.small("PORT");
        config.executor_port = Some(config.small("EXECUTOR_PORT")).filter(|port| *port != 0);
        config.allowed_hosts = config.list("LUNA_ALLOWED_HOSTS");
        config.allowed_origins = config.list("LUNA_ALLOWED_ORIGINS");
        config.data_dir = config.path("LUNA_DATA_DIR");
        config.models_dir = config.path("LUNA_MODELS_DIR");
        config.database = config.path("DB_PATH");
        config.workspace = config.path("WORKSPACE_ROOT");
        config.frontend_dist = config.path("FRONTEND_DIST");
        config.variant = match config.text("LUNA_VARIANT").as_deref() {
            Some("business") => Variant::Business,
            _ => Variant::Personal,
        };
        config.jwt = config
            .secret("JWT_SECRET")
            .map(|secret| Jwt { secret, expiry_hours: config.small("JWT_EXPIRY_HOURS") });
        config.rate_limit = config.flag("RATE_LIMIT_ENABLED").unwrap_or(false).then(|| Pace {
            per_minute: config.small("RATE_LIMIT_PER_MINUTE"),
            burst: config.small("RATE_LIMIT_BURST"),
        });
        config.proxies =
            config.list("TRUSTED_PROXIES").iter().map(|text| network(text)).collect::<Result<_>>()?;
        config.users_awake = config.small("LUNA_USERS_AWAKE");
        config.user_idle_minutes = config.small("LUNA_USER_IDLE_MINUTES");
        config.password = config.secret("LUNA_PASSWORD");
        config.secret_store = match config.text("LUNA_SECRET_STORE").as_deref() {
            Some("keyring") => SecretStore::Keyring,
            Some("file") => SecretStore::File,
            _ => SecretStore::Auto,
        };
        let default_log =
            if config.flag("DEBUG").unwrap_or(false) { crate::logs::DEBUG } else { crate::logs::DEFAULT };
        config.log = config.text("LUNA_LOG").unwrap_or_else(|| default_log.to_owned());
        config.agrees_with_itself()?;
        Ok(config)
    }

    fn agrees_with_itself(&self) -> Result<()> {
        let business = self.variant == Variant::Business;
        if !self.is_loopback() && self.password.is_none() && !(business && self.jwt.is_some()) {
            return Err(Error::invalid(format!(
                "Luna will not listen on {}: everyone who can reach that address could use her without a password. Set \
                 LUNA_PASSWORD, or LUNA_VARIANT=business with JWT_SECRET, or leave HOST at 127.0.0.1.",
                self.host
            )));
        }
        if business && self.jwt.is_none() {
            return Err(Error::invalid(
                "LUNA_VARIANT=business needs JWT_SECRET: without it no user could prove who they are. Set it to a long \
                 random text, such as the output of `openssl rand -hex 32`.",
            ));
        }
        if business && self.jwt.as_ref().is_some_and(|jwt| jwt.secret.expose().len() < SHORTEST_SECRET) {
            return Err(Error::invalid(format!(
                "JWT_SECRET is too short: it signs every user's token, so it has at least {SHORTEST_SECRET} bytes. Set it to the \
                 output of `openssl rand -hex 32`.",
            )));
        }
        if self.port != 0 && Some(self.port) == self.executor_port {
            return Err(Error::invalid(format!(
                "PORT and EXECUTOR_PORT are both {}; give them different numbers, or set EXECUTOR_PORT=0 to do without \
                 the executor's own port",
                self.port
            )));
        }
        Ok(())
    }

    /// Whether only this machine can reach the main port.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        bare.parse::<IpAddr>().map_or_else(|_| bare.eq_ignore_ascii_case("localhost"), |ip| ip.is_loopback())
    }

    /// What was given for a provider.
    #[must_use]
    pub fn provider(&self, provider: Provider) -> ProviderConfig {
        let prefix = luna_llm::defaults(provider).env;
        ProviderConfig {
            base_url: self.given_text(&format!("{prefix}_BASE_URL")),
            key: self.secret(&format!("{prefix}_API_KEY")),
            model: self.given_text(&format!("{prefix}_MODEL")),
        }
    }

    /// Every secret that was given, by the name of its variable: for the secret store, where these are the stronger ones,
    /// and for the log, which must not show them.
    pub fn secrets(&self) -> impl Iterator<Item = (&'static str, &Secret)> {
        self.given.iter().filter_map(|(name, (value, _))| match value {
            Value::Secret(secret) => Some((*name, secret)),
            _ => None,
        })
    }

    /// The settings with what was given from outside laid over them.
    pub fn over(&self, settings: &Settings) -> Result<Settings> {
        let mut whole = serde_json::to_value(settings).map_err(Error::internal)?;
        for variable in VARIABLES.iter().filter(|v| !v.sets.is_empty()) {
            let Some((value, _)) = self.given.get(variable.name) else { continue };
            let json = match value {
                Value::Text(text) if variable.sets == "provider" && text == "auto" => Json::Null,
                Value::Text(text) => Json::from(text.as_str()),
                Value::Flag(flag) => Json::from(*flag),
                Value::Whole(number) => Json::from(*number),
                Value::Number(number) => Json::from(*number),
                Value::List(list) => Json::from(list.clone()),
                Value::Secret(_) => continue,
            };
            put(&mut whole, variable.sets, json);
        }
        serde_json::from_value(whole).map_err(Error::internal)
    }

    /// The fields of the settings that something stronger gives, so that an interface can say so.
    #[must_use]
    pub fn overridden(&self) -> Vec<Overridden> {
        let given = |v: &'static Variable| self.given.get(v.name).map(|(_, origin)| (v, origin));
        VARIABLES
            .iter()
            .filter(|v| !v.sets.is_empty())
            .filter_map(given)
            .map(|(v, origin)| Overridden { field: v.sets, variable: v.name, origin: origin.clone() })
            .collect()
    }

    /// Where a variable was given; none when its default counts.
    #[must_use]
    pub fn origin(&self, name: &str) -> Option<&Origin> {
        self.given.get(name).map(|(_, origin)| origin)
    }

    /// A variable's text: as given, else its default; none when both are empty. Not for secrets.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        match self.value(name)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A secret that was given.
    #[must_use]
    pub fn secret(&self, name: &str) -> Option<Secret> {
        match self.value(name)? {
            Value::Secret(secret) => Some(secret),
            _ => None,
        }
    }

    /// A yes or no.
    #[must_use]
    pub fn flag(&self, name: &str) -> Option<bool> {
        match self.value(name)? {
            Value::Flag(flag) => Some(flag),
            _ => None,
        }
    }

    /// A number, whole or not.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<f64> {
        match self.value(name)? {
            Value::Number(number) => Some(number),
            #[allow(clippy::cast_precision_loss, reason = "every range in the table is far below 2^53")]
            Value::Whole(number) => Some(number as f64),
            _ => None,
        }
    }

    /// A list; empty when none was given.
    #[must_use]
    pub fn list(&self, name: &str) -> Vec<String> {
        match self.value(name) {
            Some(Value::List(list)) => list,
            _ => Vec::new(),
        }
    }

    /// A file or folder, absolute.
    #[must_use]
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        let text = self.text(name)?;
        let under_home = text.strip_prefix("~/").zip(self.home.as_ref()).map(|(rest, home)| home.join(rest));
        Some(under_home.unwrap_or_else(|| self.cwd.join(&text)))
    }

    fn given_text(&self, name: &str) -> Option<String> {
        self.given.contains_key(name).then(|| self.text(name)).flatten()
    }

    fn value(&self, name: &str) -> Option<Value> {
        if let Some((value, _)) = self.given.get(name) {
            return Some(value.clone());
        }
        let variable = VARIABLES.iter().find(|v| v.name == name)?;
        if variable.default.is_empty() { None } else { variable.kind.read(variable.default).ok() }
    }

    /// A whole number that the table's range keeps small enough; 0 where there is none.
    fn small<T: TryFrom<i64> + Default>(&self, name: &str) -> T {
        match self.value(name) {
            Some(Value::Whole(number)) => T::try_from(number).unwrap_or_default(),
            _ => T::default(),
        }
    }
}

/// A network, or an address alone.
fn network(text: &str) -> Result<IpNet> {
    let alone = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse::<IpNet>().or_else(|_| alone()).map_err(|_| {
        let wanted = "addresses or networks, such as 127.0.0.1 or 10.0.0.0/8, with commas between";
        Error::invalid(format!("TRUSTED_PROXIES names {text:?}; it must be {wanted}"))
    })
}

fn unreadable(variable: &Variable, found: &source::Given, wanted: &str) -> Error {
    let origin = &found.origin;
    let name = found.name;
    if variable.kind.may_be_shown() {
        let shown: String = found.text.chars().take(60).collect();
        Error::invalid(format!("{name} ({origin}) is {shown:?}; it must be {wanted}"))
    } else {
        Error::invalid(format!("{name} ({origin}) must be {wanted}"))
    }
}

/// Puts a value at a path with dots, making the objects on the way.
fn put(whole: &mut Json, path: &str, value: Json) {
    let mut at = whole;
    for part in path.split('.') {
        if !at.is_object() {
            *at = Json::Object(Map::new());
        }
        at = &mut at[part];
    }
    *at = value;
}

#[cfg(test)]
#[path = "config/tests.rs"]
mod tests;
