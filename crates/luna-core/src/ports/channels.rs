//! Services that bring messages from elsewhere and take them there. Whatever comes from here is text from outside.

use std::net::IpAddr;

use async_trait::async_trait;
use luna_model::{Attachment, Channel, ChannelState, Incoming, Recipient, Result, Timestamp};
use serde_json::Value;

/// A request of a service, as it came: signatures are made over the very bytes.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// From which service.
    pub channel: Channel,
    /// Its headers, names in small letters.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
    /// Who sent it, where that is known and nobody stands between.
    pub peer: Option<IpAddr>,
    /// When it came.
    pub at: Timestamp,
}

impl Delivery {
    /// A header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// What was in a delivery.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Received {
    /// What the service is answered at once.
    pub answer: Value,
    /// What people wrote.
    pub incoming: Vec<Incoming>,
    /// What is passed on, and where to.
    pub forward: Vec<(Recipient, String)>,
}

/// A text that was not sent, or not all of it.
#[derive(Debug)]
pub struct Unsent {
    /// How many of its parts are sent by now.
    pub parts: u32,
    /// Why not the next.
    pub why: luna_model::Error,
}

/// The services.
#[async_trait]
pub trait Channels: Send + Sync {
    /// How each of them stands.
    async fn states(&self) -> Vec<ChannelState>;

    /// Reads a delivery. `Unavailable` when the service is not set up (then nothing is believed), `Unauthenticated` when
    /// its signature is wrong or old, `Invalid` when it is not as documented.
    async fn read(&self, delivery: &Delivery) -> Result<Received>;

    /// Sends a text (Markdown), in the service's own markup and in parts of the length it takes, but not the first so many
    /// parts, which were sent before.
    async fn send(&self, to: &Recipient, text: &str, sent: u32) -> std::result::Result<(), Unsent>;

    /// What was sent with a message. `LimitReached` when it is larger than so many bytes.
    async fn attachment(&self, channel: Channel, what: &Attachment, most: usize) -> Result<Vec<u8>>;

    /// Waits for messages of a service that cannot reach this machine; pending for ever when it is not set up so. When it is
    /// called again, what it gave before is kept, and the service may be told so.
    async fn fetch(&self, channel: Channel) -> Result<Vec<Incoming>>;

    /// Hangs up on a service, if a line to it is open: it is off, or its keys are others now.
    async fn leave(&self, channel: Channel);
}

/// No services: for what has none.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoChannels;

#[async_trait]
impl Channels for NoChannels {
    async fn states(&self) -> Vec<ChannelState> {
        vec![]
    }

    async fn read(&self, _: &Delivery) -> Result<Received> {
        Err(luna_model::Error::unavailable("this channel is not set up"))
    }

    async fn send(&self, _: &Recipient, _: &str, parts: u32) -> std::result::Result<(), Unsent> {
        Err(Unsent { parts, why: luna_model::Error::unavailable("this channel is not set up") })
    }

    async fn attachment(&self, _: Channel, _: &Attachment, _: usize) -> Result<Vec<u8>> {
        Err(luna_model::Error::unavailable("this channel is not set up"))
    }

    async fn fetch(&self, _: Channel) -> Result<Vec<Incoming>> {
        std::future::pending().await
    }

    async fn leave(&self, _: Channel) {}
}
