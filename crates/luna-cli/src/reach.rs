//! Where a command finds Luna: in the program that runs already, over HTTP, or in her folder, where this process wakes
//! her for a moment. The same command table either way.

use anyhow::{Context as _, Result};
use eventsource_stream::Eventsource as _;
use futures::stream::{BoxStream, StreamExt as _};
use luna_app::{Claim, Failure, Home, Reply, Setup, Taken};
use luna_model::{Error, ErrorKind, Event, Secret};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Events of a command, as they come.
pub(crate) type Events = BoxStream<'static, luna_model::Result<Event>>;

/// Luna, within reach.
pub(crate) enum Reach {
    /// Awake in this process.
    Here(Box<Home>),
    /// Awake in another one.
    There(There),
}

/// A Luna in another process.
pub(crate) struct There {
    client: reqwest::Client,
    address: String,
    token: Option<Secret>,
}

impl Reach {
    pub(crate) async fn open(setup: &Setup) -> Result<Self> {
        let holder = match Claim::take(&setup.paths.data)? {
            Taken::Ours(claim) => return Ok(Self::Here(Box::new(Home::wake(setup, claim).await?))),
            Taken::By(holder) => holder,
        };
        let Some(address) = holder.address.clone() else {
            return Err(holder.in_the_way(&setup.paths.data).into());
        };
        // Another machine's proxy has no business between two programs on this one.
        let client = reqwest::Client::builder().no_proxy().build()?;
        let token =
            setup.config.jwt.as_ref().map(|jwt| jwt.secret.clone()).or_else(|| setup.config.password.clone());
        Ok(Self::There(There { client, address, token }))
    }

    /// Calls a command that answers once.
    pub(crate) async fn call<T: DeserializeOwned>(&self, command: &str, input: Value) -> Result<T> {
        let value = match self {
            Self::Here(home) => match home.table.call(command, input).await? {
                Reply::Value(value) => value,
                Reply::Events(_) => anyhow::bail!("{command} answers with events"),
            },
            Self::There(there) => {
                there.post(command, input).await?.json().await.map_err(|e| there.lost(e))?
            }
        };
        serde_json::from_value(value)
            .with_context(|| format!("{command} answered in an unknown form; are both Lunas of one version?"))
    }

    /// Calls a command that answers with events. Dropping them stops it.
    pub(crate) async fn events(&self, command: &str, input: Value) -> Result<Events> {
        match self {
            Self::Here(home) => match home.table.call(command, input).await? {
                Reply::Events(events) => Ok(events.map(Ok).boxed()),
                Reply::Value(_) => anyhow::bail!("{command} does not answer with events"),
            },
            Self::There(there) => {
                let frames = there.post(command, input).await?.bytes_stream().eventsource();
                Ok(frames.map(event).boxed())
            }
        }
    }

    /// Lets go of her; where she was woken here, she goes to sleep.
    pub(crate) async fn close(self) {
        if let Self::Here(home) = self {
            home.stop().await;
        }
    }
}

impl There {
    async fn post(&self, command: &str, input: Value) -> luna_model::Result<reqwest::Response> {
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
    frame: Result<eventsource_stream::Event, E>,
) -> luna_model::Result<Event> {
    let cut =
        |e: E| Error::new(ErrorKind::Unavailable, "the connection to the running Luna was cut").because(e);
    serde_json::from_str(&frame.map_err(cut)?.data).map_err(Error::internal)
}
