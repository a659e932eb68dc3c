//! Where a command finds Luna: in the program that runs already, over HTTP, or in her folder, where this process wakes
//! her for a moment. The same command table either way.

use anyhow::{Context as _, Result};
use futures::stream::StreamExt as _;
use luna_app::{Claim, Events, Home, Reply, Setup, Taken, There};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Luna, within reach.
pub(crate) enum Reach {
    /// Awake in this process.
    Here(Box<Home>),
    /// Awake in another one.
    There(There),
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
        Ok(Self::There(There::at(address, &setup.config)?))
    }

    /// Calls a command that answers once.
    pub(crate) async fn call<T: DeserializeOwned>(&self, command: &str, input: Value) -> Result<T> {
        let value = match self {
            Self::Here(home) => match home.table.call(command, input).await? {
                Reply::Value(value) => value,
                Reply::Events(_) => anyhow::bail!("{command} answers with events"),
            },
            Self::There(there) => there.call(command, input).await?,
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
            Self::There(there) => Ok(there.events(command, input).await?),
        }
    }

    /// Lets go of her; where she was woken here, she goes to sleep.
    pub(crate) async fn close(self) {
        if let Self::Here(home) = self {
            home.stop().await;
        }
    }
}
