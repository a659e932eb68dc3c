//! Channels: where people talk with Luna besides her window. Here they are listed and set up; what is secret in how one is
//! set up goes to the place of secrets and is never given back.

use luna_model::{Channel, ChannelSetup, Error, Event, Held, Result, Secret, Timestamp};
use luna_store::{ConversationKind, Traits};
use serde_json::{Map, Value};

use crate::Luna;
use crate::connections::credential;

/// The kinds of channel that Luna knows (other-systems.md, A.5).
const KINDS: [&str; 14] = [
    "telegram",
    "discord",
    "whatsapp",
    "slack",
    "signal",
    "imessage",
    "google-chat",
    "teams",
    "matrix",
    "mattermost",
    "feishu",
    "line",
    "irc",
    "webchat",
];
/// What stands for a secret that is there.
const MASKED: &str = "********";
const BORN: &str = "born";

impl Luna {
    /// The channels there are, set up or not.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn channel_setups(&self) -> Result<Vec<ChannelSetup>> {
        let known = self.db().channel_setups().await?;
        let born = self.born().await?;
        let plugins = self.channel_plugins().await?;
        let fresh = |kind: &str| ChannelSetup {
            id: kind.to_owned(),
            kind: kind.to_owned(),
            config: Map::new(),
            // Who takes a channel in wants it to run.
            enabled: kind == "webchat" || plugins.iter().any(|p| p == kind),
            created_at: born,
        };
        let kinds = KINDS.iter().map(|k| (*k).to_owned());
        let mut all: Vec<ChannelSetup> = kinds
            .chain(plugins.iter().filter(|p| !KINDS.contains(&p.as_str())).cloned())
            .map(|kind| known.iter().find(|c| c.id == kind).cloned().unwrap_or_else(|| fresh(&kind)))
            .collect();
        let (connections, services) = (self.connections().await?, self.channels().await);
        for setup in &mut all {
            if let Some(connection) = connections.iter().find(|c| c.id == setup.id) {
                let held = connection.credentials.iter().filter(|c| c.held != Held::Missing);
                let named = held.map(|c| (called(&c.name, &setup.id), MASKED.into()));
                setup.config.extend(named);
            }
            if let Some(service) = services.iter().find(|s| s.channel.name() == setup.id) {
                setup.enabled = service.on;
            }
        }
        Ok(all)
    }

    /// The channels that were taken in as packages.
    async fn channel_plugins(&self) -> Result<Vec<String>> {
        let packages = self.db().packages().await?.into_iter();
        Ok(packages.filter(|p| p.kind == "channel").map(|p| p.id).collect())
    }

    /// Sets a channel up: a configuration takes the place of what was there, save secrets that are given back masked.
    ///
    /// # Errors
    /// `NotFound` when there is none, `Invalid` for one that nothing can serve, `Unavailable` when its secrets cannot be
    /// kept.
    pub async fn set_up_channel(
        &self,
        id: &str,
        config: Option<Map<String, Value>>,
        enabled: Option<bool>,
    ) -> Result<ChannelSetup> {
        let found = self.channel_setups().await?.into_iter().find(|c| c.id == id);
        let mut channel = found.ok_or_else(|| Error::not_found("there is no such channel"))?;
        let service = Channel::ALL.into_iter().find(|service| service.name() == id);
        let served =
            service.is_some() || id == "webchat" || self.channel_plugins().await?.iter().any(|p| p == id);
        if enabled == Some(true) && !served {
            return Err(Error::invalid(format!(
                "nothing here speaks {id} yet; install a channel plugin of this name from the registry first"
            )));
        }
        if let Some(config) = config {
            self.check_config(id, &config).await?;
            channel.config = Map::new();
            for (name, value) in config {
                match (credential(id, &name), value.as_str()) {
                    (Some(_), Some(MASKED)) => {}
                    (Some(kept), Some(text)) => {
                        let value =
                            Some(Secret::new(text.trim().to_owned())).filter(|s| !s.expose().is_empty());
                        self.set_credential(kept, value).await?;
                    }
                    _ => {
                        let shown = self.put_away(id, &name, value).await?;
                        channel.config.insert(name, shown);
                    }
                }
            }
        }
        if let (Some(service), Some(enabled)) = (service, enabled) {
            self.switch_channel(service, enabled).await?;
        }
        channel.enabled = enabled.unwrap_or(channel.enabled);
        self.db().save_channel_setup(channel.clone()).await?;
        self.bus().publish(Event::SettingsChanged { names: vec![format!("channels.{id}")] });
        if self.channel_plugins().await?.iter().any(|plugin| plugin == id) {
            self.restart_plugin(id).await?;
        }
        let now = self.channel_setups().await?.into_iter().find(|c| c.id == id);
        Ok(now.unwrap_or(channel))
    }

    /// Whether a channel that came as a package can be set up so: its manifest has a JSON Schema for it.
    async fn check_config(&self, id: &str, config: &Map<String, Value>) -> Result<()> {
        let Some(package) = self.db().packages().await?.into_iter().find(|p| p.id == id) else {
            return Ok(());
        };
        let schema = &package.manifest["channel"]["config"];
        if !schema.is_object() {
            return Ok(());
        }
        let schema = jsonschema::validator_for(schema)
            .map_err(|_| Error::invalid("the package's manifest has no sound schema for its settings"))?;
        let config = Value::Object(config.clone());
        let wrong: Vec<_> = schema.iter_errors(&config).take(3).map(|e| e.to_string()).collect();
        if wrong.is_empty() { Ok(()) } else { Err(Error::invalid(wrong.join("; "))) }
    }

    /// How a channel is set up, with its secrets.
    pub(crate) async fn unmasked(&self, id: &str, config: &Value) -> Result<Value> {
        let mut whole = config.clone();
        for (name, value) in whole.as_object_mut().into_iter().flatten() {
            if value.as_str() == Some(MASKED)
                && let Some(secret) = self.secrets().get(&secret_place(id, name)).await?
            {
                *value = secret.expose().to_owned().into();
            }
        }
        Ok(whole)
    }

    /// Under which names the secrets of channels that came as packages are kept.
    pub(crate) async fn setup_secrets(&self) -> Result<Vec<String>> {
        let setups = self.db().channel_setups().await?;
        let masked = setups.iter().flat_map(|setup| {
            let secrets = setup.config.iter().filter(|(_, value)| value.as_str() == Some(MASKED));
            secrets.map(|(name, _)| secret_place(&setup.id, name))
        });
        Ok(masked.collect())
    }

    /// Keeps a field of a plugin's configuration; what may be shown of it.
    async fn put_away(&self, id: &str, name: &str, value: Value) -> Result<Value> {
        match value.as_str() {
            Some(secret) if is_secret(name) => {
                if secret != MASKED {
                    let place = secret_place(id, name);
                    self.secrets().set(&place, Secret::new(secret.to_owned())).await?;
                }
                Ok(MASKED.into())
            }
            _ => Ok(value),
        }
    }

    /// When Luna first woke in this data folder.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn born(&self) -> Result<Timestamp> {
        if let Some(born) = self.db().document(BORN).await? {
            return Ok(born);
        }
        let now = self.clock().now();
        self.db().set_document(BORN, &now).await?;
        Ok(now)
    }

    /// Begins a conversation in which nothing was said yet.
    ///
    /// # Errors
    /// `Invalid` for a title that is none.
    pub async fn begin_conversation(&self, title: &str, traits: Traits) -> Result<luna_model::Conversation> {
        let title = title.trim();
        if title.is_empty() || title.chars().count() > 1_000 {
            return Err(Error::invalid("a title has 1 to 1000 characters"));
        }
        let id = luna_model::ConversationId::new();
        let now = self.clock().now();
        self.db().create_conversation(id, ConversationKind::User, title.to_owned(), now).await?;
        if traits != Traits::default() {
            self.db().set_traits(id, traits).await?;
        }
        self.bus().publish(Event::ConversationChanged { conversation: id, title: Some(title.to_owned()) });
        self.conversation(id).await
    }

    /// What a conversation has of its own.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn traits(&self, id: luna_model::ConversationId) -> Result<Traits> {
        self.db().traits(id).await
    }

    /// Switches a skill on or off; whether it is on now.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn toggle_skill(&self, id: &str) -> Result<bool> {
        if !self.skills().all().await?.iter().any(|s| s.id == id) {
            return Err(Error::not_found("there is no such skill"));
        }
        let mut off = self.settings().current().skills_off;
        let enabled = off.remove(id);
        if !enabled {
            off.insert(id.to_owned());
        }
        let patch = serde_json::json!({ "skills_off": off });
        let Value::Object(patch) = patch else { return Err(Error::internal("a patch is an object")) };
        self.patch_settings(patch).await?;
        Ok(enabled)
    }
}

/// What a channel's configuration calls a credential: `botToken` for `TELEGRAM_BOT_TOKEN`.
fn called(credential: &str, channel: &str) -> String {
    let prefix = format!("{}_", channel.to_uppercase());
    let name = credential.strip_prefix(&prefix).unwrap_or(credential);
    let mut words = name.split('_').map(str::to_lowercase);
    let first = words.next().unwrap_or_default();
    words.fold(first, |name, word| {
        let (head, tail) = word.split_at(word.len().min(1));
        name + &head.to_uppercase() + tail
    })
}

/// Where a secret of a channel's configuration is kept.
fn secret_place(id: &str, name: &str) -> String {
    format!("CHANNEL_{id}_{name}").to_uppercase()
}

/// Whether a field of a channel's configuration is a secret, by its name.
fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    ["token", "secret", "password", "key"].iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_name() {
        for name in ["botToken", "appToken", "signing_secret", "PASSWORD", "apiKey"] {
            assert!(is_secret(name), "{name}");
        }
        assert!(!is_secret("nick") && !is_secret("port"));
    }

    #[test]
    fn credentials_are_called_as_other_configurations_call_them() {
        assert_eq!(called("TELEGRAM_BOT_TOKEN", "telegram"), "botToken");
        assert_eq!(called("SLACK_SIGNING_SECRET", "slack"), "signingSecret");
    }
}
