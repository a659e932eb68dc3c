//! Keys and tokens: in the system keyring, or in a file that only its owner can read. What was given from outside
//! (flags, environment, `.env`) is the stronger and is never written anywhere.
//!
//! Must not know what a secret is for.

mod file;
mod keyring;

use std::{collections::HashMap, path::Path, sync::Once};

use async_trait::async_trait;
use luna_core::ports::Secrets;
use luna_model::{Error, Result, Secret};
use tracing::warn;

use self::{file::SecretFile, keyring::Keyring};
use crate::{config::SecretStore, logs::Redactor};

/// The secrets of one data folder.
#[derive(Debug)]
pub struct KeptSecrets {
    given: HashMap<&'static str, Secret>,
    keyring: Option<Keyring>,
    /// Only absent when the keyring alone was asked for.
    file: Option<SecretFile>,
    said: Once,
    /// Is told every secret that passes here, so that none gets into the log.
    redactor: Redactor,
}

impl KeptSecrets {
    /// Opens the store. `file` is where they are kept without a keyring; its folder is what the keyring's entries belong to.
    ///
    /// With [`SecretStore::Keyring`] a keyring that does not answer is an error; with `Auto` it is said once and the file is used.
    pub async fn open<'a>(
        store: SecretStore,
        file: &Path,
        given: impl IntoIterator<Item = (&'static str, &'a Secret)>,
        redactor: Redactor,
    ) -> Result<Self> {
        let given: HashMap<_, _> = given.into_iter().map(|(name, secret)| (name, secret.clone())).collect();
        given.values().for_each(|secret| redactor.remember(secret));
        let file_store = Some(SecretFile::new(file.to_owned()));
        let mut kept = Self { given, keyring: None, file: file_store, said: Once::new(), redactor };
        if store == SecretStore::File {
            return Ok(kept);
        }
        match Keyring::open(file::namespace(file).await?).await {
            Ok(keyring) => kept.keyring = Some(keyring),
            Err(error) if store == SecretStore::Keyring => return Err(error),
            Err(error) => kept.say_once(&error),
        }
        if store == SecretStore::Keyring {
            kept.file = None;
        }
        Ok(kept)
    }

    /// Every fall from the keyring to the file passes here, so that it is said, and only once.
    fn say_once(&self, error: &Error) {
        self.said.call_once(|| {
            warn!(
                reason = %error,
                "the system keyring cannot be used, so keys and tokens go to a private file in Luna's data folder; \
                 start a keyring (GNOME Keyring, KWallet, KeePassXC), or set LUNA_SECRET_STORE=file to silence this"
            );
        });
    }

    async fn find(&self, name: &str) -> Result<Option<Secret>> {
        if let Some(secret) = self.given.get(name) {
            return Ok(Some(secret.clone()));
        }
        // What is in the file is newer than the keyring's: storing in the keyring removes it there.
        if let Some(file) = &self.file
            && let Some(secret) = file.get(name).await?
        {
            return Ok(Some(secret));
        }
        let Some(keyring) = &self.keyring else { return Ok(None) };
        match keyring.get(name).await {
            Err(error) if self.file.is_some() => {
                self.say_once(&error);
                Ok(None)
            }
            found => found,
        }
    }
}

#[async_trait]
impl Secrets for KeptSecrets {
    async fn get(&self, name: &str) -> Result<Option<Secret>> {
        let found = self.find(name).await?;
        found.iter().for_each(|secret| self.redactor.remember(secret));
        Ok(found)
    }

    async fn set(&self, name: &str, value: Secret) -> Result<()> {
        self.redactor.remember(&value);
        if let Some(keyring) = &self.keyring {
            match (keyring.set(name, value.clone()).await, &self.file) {
                (Ok(()), Some(file)) => return file.delete(name).await,
                (Err(error), Some(_)) => self.say_once(&error),
                (done, None) => return done,
            }
        }
        match &self.file {
            Some(file) => file.set(name, value).await,
            None => Err(Error::unavailable("there is no place to keep secrets in")),
        }
    }

    async fn delete(&self, name: &str) -> Result<()> {
        if let Some(file) = &self.file {
            file.delete(name).await?;
        }
        match &self.keyring {
            Some(keyring) => keyring.delete(name).await,
            None => Ok(()),
        }
    }

    fn is_given(&self, name: &str) -> bool {
        self.given.contains_key(name)
    }

    fn place(&self) -> String {
        match (&self.keyring, &self.file) {
            (Some(_), _) => "the system keyring".into(),
            (None, _) => "a private file in Luna's data folder".into(),
        }
    }
}

#[cfg(test)]
#[path = "secrets/tests.rs"]
mod tests;
