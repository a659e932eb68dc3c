//! A Luna in another process, reached over HTTP: the same command table as at home. Knows nothing of who asks, nor of
//! what to do when she is gone.

use std::{net::SocketAddr, path::Path};

use eventsource_stream::Eventsource as _;
use futures::stream::{BoxStream, StreamExt as _};
use luna_commands::Failure;
use luna_model::{Error, ErrorKind, Event, Result, Secret};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{claim::Holder, config::Config};

/// Events of a command, as they come.
pub type Events = BoxStream<'static, Result<Event>>;

/// A running Luna.
#[derive(Clone, Debug)]
pub struct There {
    client: reqwest::Client,
    address: String,
    token: Option<Secret>,
}

impl There {
    /// The Luna at this address; asks nothing yet.
    ///
    /// # Errors
    /// `Internal` when no client can be made.
    pub fn at(address: impl Into<String>, config: &Config) -> Result<Self> {
        // Another machine's proxy has no business between two programs on this one.
        let client = reqwest::Client::builder().no_proxy().build().map_err(Error::internal)?;
        let token = config.jwt.as_ref().map(|jwt| jwt.secret.clone()).or_else(|| config.password.clone());
        Ok(Self { client, address: address.into(), token })
    }

    /// The Luna that has this port, if it is a Luna and this user's: whoever has a port may say anything, but only this
    /// user can have put a note with that address into a data folder under this user's name.
    pub(crate) async fn neighbour(address: SocketAddr, config: &Config) -> Option<Self> {
        #[derive(Deserialize)]
        struct Hello {
            data_dir: String,
        }
        let there = Self::at(format!("http://{address}"), config).ok()?;
        let hello: Hello = serde_json::from_value(there.call("hello", json!({})).await.ok()?).ok()?;
        let holder = Holder::own_note(Path::new(&hello.data_dir))?;
        (holder.address.as_deref() == Some(there.address.as_str())).then_some(there)
    }

    /// Where she is.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Calls a command that answers once.
    ///
    /// # Errors
    /// The command's own, and `Unavailable` when she does not answer ([`There::is_lost`]).
    pub async fn call(&self, command: &str, input: Value) -> Result<Value> {
        self.post(command, input).await?.json().await.map_err(|e| self.lost(e))
    }

    /// Calls a command that answers with events. Dropping them stops it.
    ///
    /// # Errors
    /// As [`There::call`].
    pub async fn events(&self, command: &str, input: Value) -> Result<Events> {
        let frames = self.post(command, input).await?.bytes_stream().eventsource();
        Ok(frames.map(event).boxed())
    }

    /// Whether a failure means that she was not reached, rather than that she said no.
    #[must_use]
    pub fn is_lost(error: &Error) -> bool {
        // What she said herself came as text, without a cause.
        error.kind == ErrorKind::Unavailable && error.source.is_some()
    }

    async fn post(&self, command: &str, input: Value) -> Result<reqwest::Response> {
        let mut request = self.client.post(format!("{}/rpc/{command}", self.address)).json(&input);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token.expose());
        }
        let response = request.send().await.map_err(|e| self.lost(e))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let body = response.text().await.unwrap_or_default();
        Err(match serde_json::from_str::<Failure>(&body) {
            Ok(failure) => Error::new(failure.kind, failure.message),
            Err(_) => Error::unavailable(format!("the running Luna answered {status}: {body}")),
        })
    }

    fn lost(&self, error: reqwest::Error) -> Error {
        Error::unavailable(format!(
            "the running Luna at {} does not answer; try again, or stop her",
            self.address
        ))
        .because(error)
    }
}

fn event<E: std::error::Error + Send + Sync + 'static>(
    frame: std::result::Result<eventsource_stream::Event, E>,
) -> Result<Event> {
    let cut = |e: E| Error::unavailable("the connection to the running Luna was cut").because(e);
    serde_json::from_str(&frame.map_err(cut)?.data).map_err(Error::internal)
}
