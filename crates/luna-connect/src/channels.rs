//! The services that bring messages: each reads and signs in its own way, in a file of its own. Signatures are checked on
//! the very bytes, in constant time, and not older than a few minutes; a service without a secret is off.

mod attachments;
mod discord;
mod github;
mod markup;
mod parts;
mod signatures;
mod slack;
mod telegram;
#[cfg(test)]
mod tests;
mod webhook;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use luna_core::ports::{Channels, Delivery, Received, Secrets, Unsent};
use luna_model::{Attachment, Channel, ChannelState, Error, Incoming, Recipient, Result, Secret};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::Value;
use tokio::sync::Mutex;

use crate::reach::unreachable;

/// What can be set of them.
#[derive(Clone, Debug, Default)]
pub struct ServicesConfig {
    /// Where Telegram is reached.
    pub telegram: String,
    /// Where Discord is reached.
    pub discord: String,
    /// Where Slack is reached.
    pub slack: String,
    /// A Slack channel that is told of GitHub's events.
    pub notify_slack: Option<String>,
    /// A Telegram chat that is told of GitHub's events.
    pub notify_telegram: Option<String>,
}

/// The services.
pub struct Services {
    config: ServicesConfig,
    secrets: Arc<dyn Secrets>,
    client: Client,
    /// The update of Telegram's that is read next.
    next_update: Mutex<i64>,
}

impl Services {
    /// The services as this configuration has them.
    ///
    /// # Errors
    /// `Internal` when no HTTP client can be made.
    pub fn new(config: ServicesConfig, secrets: Arc<dyn Secrets>) -> Result<Self> {
        let client = Client::builder()
            .connect_timeout(Duration::from_secs(10))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(Error::internal)?;
        Ok(Self { config, secrets, client, next_update: Mutex::default() })
    }

    /// A secret; none when it is not set.
    async fn secret(&self, name: &str) -> Option<Secret> {
        match self.secrets.get(name).await {
            Ok(found) => found.filter(|s| !s.expose().trim().is_empty()),
            Err(error) => {
                tracing::warn!(%error, name, "a channel's secret could not be read");
                None
            }
        }
    }

    /// A secret without which nothing of a service is believed.
    async fn needed(&self, name: &str) -> Result<Secret> {
        self.secret(name).await.ok_or_else(|| {
            Error::unavailable(format!(
                "this channel is off: {name} is missing. It is set under Channels, Services"
            ))
        })
    }

    /// Sends a request; what was answered, as JSON. The address is left out of what is said: a token may be in it.
    async fn ask(
        &self,
        service: &str,
        request: RequestBuilder,
        limit: Duration,
    ) -> Result<(StatusCode, Value)> {
        let reply = request.timeout(limit).send().await.map_err(|error| unreachable(service, error))?;
        let status = reply.status();
        let value = reply.json().await.unwrap_or(Value::Null);
        if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
            return Err(Error::unavailable(format!("{service} cannot take it now ({status})")));
        }
        Ok((status, value))
    }
}

/// How long a service may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);

#[async_trait]
impl Channels for Services {
    async fn states(&self) -> Vec<ChannelState> {
        let mut all = vec![];
        for channel in Channel::ALL {
            let (needs, hint): (&[&str], &str) = match channel {
                Channel::Telegram if self.secret("TELEGRAM_SECRET_TOKEN").await.is_none() => {
                    (&["TELEGRAM_BOT_TOKEN"], "messages are fetched; no address is needed")
                }
                Channel::Telegram => (&["TELEGRAM_BOT_TOKEN"], "POST /api/channels/telegram"),
                Channel::Discord => {
                    (&["DISCORD_BOT_TOKEN", "DISCORD_PUBLIC_KEY"], "POST /api/channels/discord")
                }
                Channel::Slack => (&["SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"], "POST /api/channels/slack"),
                Channel::Github => (&["GITHUB_WEBHOOK_SECRET"], "POST /api/channels/github"),
                Channel::Webhook => (&[], "POST /api/channels/webhook"),
                // The core has these.
                Channel::Plugin => continue,
            };
            let mut missing = vec![];
            for name in needs {
                if self.secret(name).await.is_none() {
                    missing.push(*name);
                }
            }
            let on = missing.is_empty();
            let hint = if on { hint.to_owned() } else { format!("set {}", missing.join(" and ")) };
            all.push(ChannelState { channel, on, hint });
        }
        all
    }

    async fn read(&self, delivery: &Delivery) -> Result<Received> {
        match delivery.channel {
            Channel::Telegram => telegram::read(&self.needed("TELEGRAM_SECRET_TOKEN").await?, delivery),
            Channel::Discord => discord::read(self.needed("DISCORD_PUBLIC_KEY").await?.expose(), delivery),
            Channel::Slack => slack::read(&self.needed("SLACK_SIGNING_SECRET").await?, delivery),
            Channel::Github => {
                github::read(&self.needed("GITHUB_WEBHOOK_SECRET").await?, delivery, &self.config)
            }
            Channel::Webhook => webhook::read(self.secret("WEBHOOK_SECRET").await.as_ref(), delivery),
            Channel::Plugin => Err(Error::invalid("this channel takes no requests")),
        }
    }

    async fn send(&self, to: &Recipient, text: &str, sent: u32) -> std::result::Result<(), Unsent> {
        let parts = match to.channel {
            Channel::Telegram => telegram::parts(text),
            Channel::Discord => discord::parts(text),
            Channel::Slack => slack::parts(text),
            Channel::Github | Channel::Webhook | Channel::Plugin => {
                let why = Error::invalid("nobody can be written to on this channel");
                return Err(Unsent { parts: sent, why });
            }
        };
        for (n, part) in (0_u32..).zip(&parts).filter(|(n, _)| *n >= sent) {
            let done = match to.channel {
                Channel::Telegram => telegram::send(self, to, part).await,
                Channel::Discord => discord::send(self, to, part, n == 0).await,
                _ => slack::send(self, to, part).await,
            };
            done.map_err(|why| Unsent { parts: n, why })?;
        }
        Ok(())
    }

    async fn attachment(&self, channel: Channel, what: &Attachment, most: usize) -> Result<Vec<u8>> {
        attachments::load(self, channel, what, most).await
    }

    async fn fetch(&self) -> Result<Vec<Incoming>> {
        // With a secret token Telegram brings its updates itself; both ways at once it does not allow.
        let token = self.secret("TELEGRAM_BOT_TOKEN").await;
        match (token, self.secret("TELEGRAM_SECRET_TOKEN").await) {
            (Some(token), None) => telegram::fetch(self, &token).await,
            _ => std::future::pending().await,
        }
    }
}
