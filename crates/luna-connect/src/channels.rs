//! The services that bring messages: each reads and signs in its own way, in a file of its own. Signatures are checked on
//! the very bytes, in constant time, and not older than a few minutes; a service without a secret is off.

#[cfg(test)]
mod attachment_tests;
mod attachments;
mod discord;
mod gateway;
mod github;
mod line;
#[cfg(test)]
mod line_tests;
mod markup;
mod parts;
mod signatures;
mod slack;
mod socket_mode;
mod telegram;
#[cfg(test)]
mod tests;
mod webhook;

use std::collections::BTreeMap;
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
    /// The client that opens lines: what they are made of is HTTP/1.1.
    lines: Client,
    /// The line to Slack.
    socket_mode: Mutex<socket_mode::SocketMode>,
    /// The line to Discord.
    gateway: Mutex<gateway::Gateway>,
    /// Why a line is not open; none = it is.
    line_states: parking_lot::Mutex<BTreeMap<Channel, Option<String>>>,
}

impl Services {
    /// The services as this configuration has them.
    ///
    /// # Errors
    /// `Internal` when no HTTP client can be made.
    pub fn new(config: ServicesConfig, secrets: Arc<dyn Secrets>) -> Result<Self> {
        let builder = || {
            Client::builder()
                .connect_timeout(Duration::from_secs(10))
                .redirect(reqwest::redirect::Policy::none())
        };
        Ok(Self {
            config,
            secrets,
            client: builder().build().map_err(Error::internal)?,
            lines: builder().http1_only().build().map_err(Error::internal)?,
            next_update: Mutex::default(),
            socket_mode: Mutex::default(),
            gateway: Mutex::default(),
            line_states: parking_lot::Mutex::default(),
        })
    }

    /// Notes whether a line is open, or why not.
    fn line_is(&self, channel: Channel, state: std::result::Result<(), &str>) {
        self.line_states.lock().insert(channel, state.err().map(str::to_owned));
    }

    /// How a line is, in words.
    fn line_hint(&self, channel: Channel) -> String {
        match self.line_states.lock().get(&channel) {
            Some(None) => "connected; no address is needed".to_owned(),
            Some(Some(why)) => format!("not connected: {why}"),
            None => "not connected yet; no address is needed".to_owned(),
        }
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

    /// Whether Luna is the one who opens the line to a service: Slack with an app-level token, Discord without a key for what
    /// it would bring.
    async fn by_line(&self, channel: Channel) -> bool {
        match channel {
            Channel::Slack => self.secret("SLACK_APP_TOKEN").await.is_some(),
            Channel::Discord => self.secret("DISCORD_PUBLIC_KEY").await.is_none(),
            Channel::Telegram | Channel::Github | Channel::Webhook | Channel::Plugin => false,
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
            let by_line = self.by_line(channel).await;
            let (needs, hint): (&[&str], &str) = match channel {
                Channel::Telegram if self.secret("TELEGRAM_SECRET_TOKEN").await.is_none() => {
                    (&["TELEGRAM_BOT_TOKEN"], "messages are fetched; no address is needed")
                }
                Channel::Telegram => (&["TELEGRAM_BOT_TOKEN"], "POST /api/channels/telegram"),
                Channel::Discord if by_line => (&["DISCORD_BOT_TOKEN"], ""),
                Channel::Discord => (&["DISCORD_BOT_TOKEN"], "POST /api/channels/discord"),
                Channel::Slack if by_line => (&["SLACK_BOT_TOKEN"], ""),
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
            let hint = if on && by_line {
                self.line_hint(channel)
            } else if on {
                hint.to_owned()
            } else {
                format!("set {}", missing.join(" and "))
            };
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

    async fn fetch(&self, channel: Channel) -> Result<Vec<Incoming>> {
        let by_line = self.by_line(channel).await;
        match channel {
            // With a secret token Telegram brings its updates itself; both ways at once it does not allow.
            Channel::Telegram if self.secret("TELEGRAM_SECRET_TOKEN").await.is_none() => {
                if let Some(token) = self.secret("TELEGRAM_BOT_TOKEN").await {
                    return telegram::fetch(self, &token).await;
                }
            }
            Channel::Slack if by_line && self.secret("SLACK_BOT_TOKEN").await.is_some() => {
                let token = self.needed("SLACK_APP_TOKEN").await?;
                return socket_mode::fetch(self, &token).await;
            }
            Channel::Discord if by_line => {
                if let Some(token) = self.secret("DISCORD_BOT_TOKEN").await {
                    return gateway::fetch(self, &token).await;
                }
            }
            _ => {}
        }
        std::future::pending().await
    }

    async fn leave(&self, channel: Channel) {
        match channel {
            Channel::Slack => self.socket_mode.lock().await.close().await,
            Channel::Discord => self.gateway.lock().await.close().await,
            Channel::Telegram | Channel::Github | Channel::Webhook | Channel::Plugin => {}
        }
        self.line_states.lock().remove(&channel);
    }
}
