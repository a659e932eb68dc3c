//! Connections: the keys and tokens by which outside services know Luna. They are asked for here, kept in the place of
//! secrets under the names that the environment has too, and hold from then on; no value is ever told again.
//!
//! Must not know how a service is spoken to.

use luna_model::{Connection, Credential, Error, Event, Held, Result, Secret};
use serde_json::json;

use crate::Luna;

/// Something that a service gives.
struct Known {
    name: &'static str,
    secret: bool,
    optional: bool,
    /// What makes it optional.
    unless: Option<&'static str>,
}

const fn secret(name: &'static str) -> Known {
    Known { name, secret: true, optional: false, unless: None }
}

impl Known {
    /// The same, where nobody needs to hide it.
    const fn public(self) -> Self {
        Self { secret: false, ..self }
    }

    /// The same, where the service works without.
    const fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    /// The same, where the service works without once it gave another.
    const fn unless(self, other: &'static str) -> Self {
        Self { unless: Some(other), ..self }
    }
}

/// The services, in the order in which they are shown.
const SERVICES: [(&str, &[Known]); 8] = [
    ("telegram", &[secret("TELEGRAM_BOT_TOKEN"), secret("TELEGRAM_SECRET_TOKEN").optional()]),
    ("discord", &[secret("DISCORD_BOT_TOKEN"), secret("DISCORD_PUBLIC_KEY").public().optional()]),
    (
        "slack",
        &[
            secret("SLACK_BOT_TOKEN"),
            secret("SLACK_SIGNING_SECRET").unless("SLACK_APP_TOKEN"),
            secret("SLACK_APP_TOKEN").optional(),
        ],
    ),
    ("github", &[secret("GITHUB_WEBHOOK_SECRET")]),
    ("webhook", &[secret("WEBHOOK_SECRET").optional()]),
    ("spotify", &[secret("SPOTIFY_CLIENT_ID").public()]),
    ("alpha_vantage", &[secret("ALPHA_VANTAGE_KEY")]),
    ("the_news_api", &[secret("NEWS_API_KEY")]),
];
/// Longest value that is taken, in bytes.
const LONGEST: usize = 4_096;

/// The names of all that a service can have given.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    SERVICES.iter().flat_map(|(_, known)| known.iter().map(|known| known.name))
}

/// The name of what a service's configuration calls so, in any spelling: `botToken` of `telegram` is
/// `TELEGRAM_BOT_TOKEN`.
pub(crate) fn credential(service: &str, called: &str) -> Option<&'static str> {
    let plain = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
    };
    let (_, known) = SERVICES.iter().find(|(id, _)| *id == service)?;
    let wanted = plain(called);
    let whole = |known: &&Known| {
        let name = plain(known.name);
        name == wanted || name.strip_prefix(&plain(service)) == Some(&wanted)
    };
    known.iter().find(whole).map(|known| known.name)
}

impl Luna {
    /// The services that can be connected, and what is there of each.
    ///
    /// # Errors
    /// `Unavailable` when the place of secrets does not answer.
    pub async fn connections(&self) -> Result<Vec<Connection>> {
        let mut all = vec![];
        for (id, known) in &SERVICES {
            let mut credentials = vec![];
            for Known { name, secret, optional, unless } in *known {
                let other = match unless {
                    Some(other) => self.held(other).await? != Held::Missing,
                    None => false,
                };
                credentials.push(Credential {
                    name: (*name).to_owned(),
                    secret: *secret,
                    optional: *optional || other,
                    held: self.held(name).await?,
                });
            }
            all.push(Connection { id: (*id).to_owned(), credentials });
        }
        Ok(all)
    }

    async fn held(&self, name: &str) -> Result<Held> {
        if self.secrets().is_given(name) {
            return Ok(Held::Given);
        }
        let kept = self.secrets().get(name).await?;
        Ok(if kept.is_some_and(|kept| !kept.expose().trim().is_empty()) { Held::Kept } else { Held::Missing })
    }

    /// Keeps what a service gave, or forgets it; it holds when this returns.
    ///
    /// # Errors
    /// `NotFound` for a name that no service has, `Invalid` for a value that is none, `Conflict` for what flags or
    /// environment give, `Unavailable` when it cannot be kept.
    pub async fn set_credential(&self, name: &str, value: Option<Secret>) -> Result<()> {
        let of = |known: &[Known]| known.iter().any(|known| known.name == name);
        let service = SERVICES.iter().find(|(_, known)| of(known));
        let (service, _) = service.ok_or_else(|| Error::not_found(format!("no service has a {name}")))?;
        let done = self.keep_credential(name, value).await;
        self.gate().witness("connection.set", json!({ "name": name }), done.as_ref().map(drop)).await;
        done?;
        self.bus().publish(Event::SettingsChanged { names: vec![format!("connections.{service}")] });
        self.channels_changed();
        self.try_sources_again().await;
        Ok(())
    }

    async fn keep_credential(&self, name: &str, value: Option<Secret>) -> Result<()> {
        if self.secrets().is_given(name) {
            return Err(Error::conflict(format!(
                "{name} is given by a flag, the environment or .env; change it there"
            )));
        }
        let Some(value) = value else { return self.secrets().delete(name).await };
        let text = value.expose().trim();
        if text.is_empty() || text.len() > LONGEST || text.chars().any(char::is_control) {
            return Err(Error::invalid(format!(
                "{name} is one line of at most {LONGEST} bytes, and not empty"
            )));
        }
        self.secrets().set(name, Secret::new(text.to_owned())).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_known_in_any_spelling() {
        for called in ["botToken", "bot_token", "BOT-TOKEN", "TELEGRAM_BOT_TOKEN", "telegramBotToken"] {
            assert_eq!(credential("telegram", called), Some("TELEGRAM_BOT_TOKEN"), "{called}");
        }
        assert_eq!(credential("discord", "publicKey"), Some("DISCORD_PUBLIC_KEY"));
        assert_eq!(credential("telegram", "token"), None, "not just any that ends so");
        assert_eq!(credential("matrix", "password"), None);
    }
}
