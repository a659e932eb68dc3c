//! The private network between the user's own machines.

use async_trait::async_trait;
use luna_model::Result;
use serde::{Deserialize, Serialize};

/// How the network is on this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TailnetStatus {
    /// Whether its program is there.
    pub installed: bool,
    /// Whether that program is at work.
    pub running: bool,
    /// Its version.
    pub version: Option<String>,
    /// This machine's name in it.
    pub hostname: Option<String>,
    /// The domain of its names.
    pub domain: Option<String>,
    /// What the network is called.
    pub name: Option<String>,
    /// This machine's IPv4 address in it.
    pub ipv4: Option<String>,
    /// This machine's IPv6 address in it.
    pub ipv6: Option<String>,
    /// Whether this machine can be reached in it.
    pub online: bool,
    /// Where Luna is shown in it, if she is.
    pub serving: Option<String>,
}

/// Another machine of the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TailnetNode {
    /// Its id.
    pub id: String,
    /// Its name.
    pub hostname: String,
    /// Its whole name.
    pub dns_name: String,
    /// Its system.
    pub os: String,
    /// Whether it can be reached.
    pub online: bool,
    /// Its IPv4 address.
    pub ipv4: Option<String>,
    /// Its IPv6 address.
    pub ipv6: Option<String>,
    /// When it was last seen, as the network says it.
    pub last_seen: Option<String>,
}

/// The network.
#[async_trait]
pub trait Tailnet: Send + Sync {
    /// How it is.
    async fn status(&self) -> TailnetStatus;

    /// The other machines; none on any failure.
    async fn nodes(&self) -> Vec<TailnetNode>;

    /// Shows a port of this machine in the network, or no longer.
    async fn serve(&self, port: u16, on: bool) -> Result<()>;
}
