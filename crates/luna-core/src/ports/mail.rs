//! The user's mail service: what it pushes, and the letters behind it. Whatever comes from here is text from outside.

use async_trait::async_trait;
use luna_model::{Error, Result};

/// What the service pushed, as it came.
#[derive(Clone, Debug, Default)]
pub struct MailPush {
    /// The header `Authorization`.
    pub authorization: Option<String>,
    /// The secret in its address.
    pub token: Option<String>,
    /// Its body.
    pub body: Vec<u8>,
}

/// A letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The service's name for it.
    pub id: String,
    /// Who it is from, as it says.
    pub from: String,
    /// What it is about.
    pub subject: String,
    /// Its text.
    pub text: String,
}

/// Letters that came, and how far the mailbox has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Came {
    /// The letters, oldest first.
    pub letters: Vec<Letter>,
    /// How far the mailbox has come.
    pub history: u64,
}

/// A mail service that pushes.
#[async_trait]
pub trait Mail: Send + Sync {
    /// How far the mailbox has come, as a push says. `Unavailable` when nothing is set up, saying how; `Unauthenticated`
    /// when the push is not from the service.
    async fn pushed(&self, push: &MailPush) -> Result<u64>;

    /// What came since; only the newest letter when nobody knows since when.
    async fn since(&self, history: Option<u64>) -> Result<Came>;

    /// Asks the service to go on pushing, which it does for some days; how far the mailbox has come. None when nothing is
    /// set up.
    async fn watch(&self) -> Result<Option<u64>>;
}

/// No mail.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoMail;

#[async_trait]
impl Mail for NoMail {
    async fn pushed(&self, _: &MailPush) -> Result<u64> {
        Err(Error::unavailable("there is no mail service"))
    }

    async fn since(&self, _: Option<u64>) -> Result<Came> {
        Err(Error::unavailable("there is no mail service"))
    }

    async fn watch(&self) -> Result<Option<u64>> {
        Ok(None)
    }
}
