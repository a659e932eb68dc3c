//! Keys and tokens.

use async_trait::async_trait;
use luna_model::{Result, Secret};

/// Keeps secrets: the OS keyring, or a 0600 file. Entries belong to one data folder.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// The secret of this name, if there is one.
    async fn get(&self, name: &str) -> Result<Option<Secret>>;

    /// Stores a secret, replacing what was there.
    async fn set(&self, name: &str, value: Secret) -> Result<()>;

    /// Forgets a secret; nothing happens when there is none.
    async fn delete(&self, name: &str) -> Result<()>;

    /// Whether it was given from outside (a flag, the environment, `.env`): then it is the stronger, and is changed there.
    fn is_given(&self, name: &str) -> bool;

    /// Where they are kept, in words for the user: "the system keyring", "a private file in Luna's data folder".
    fn place(&self) -> String;
}
