//! What outside services gave the user so that Luna may use them: keys, tokens, ids.

use serde::{Deserialize, Serialize};

/// A service, and what it wants to know Luna by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Connection {
    /// Its name: `telegram`, `spotify`.
    pub id: String,
    /// What it gave, or is to give.
    pub credentials: Vec<Credential>,
}

impl Connection {
    /// Whether nothing is missing that the service cannot be used without.
    #[must_use]
    pub fn complete(&self) -> bool {
        self.credentials.iter().all(|c| c.optional || c.held != Held::Missing)
    }
}

/// Something that a service gave. The value itself is never told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Credential {
    /// What it is called, in the environment too: `TELEGRAM_BOT_TOKEN`.
    pub name: String,
    /// Whether nobody may see it; an id or a public key is none.
    pub secret: bool,
    /// Whether the service works without it.
    pub optional: bool,
    /// Whether it is there.
    pub held: Held,
}

/// Where a credential is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// Nowhere.
    Missing,
    /// In the place of secrets; it can be changed and forgotten.
    Kept,
    /// Given by a flag, the environment or `.env`; it is changed there.
    Given,
}
