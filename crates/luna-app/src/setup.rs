//! What has to be known before Luna can wake: the checked configuration, the places on disk, and what must not get into
//! the log. The same for every program; a program decides whether and how loudly it logs.

use luna_model::Result;

use crate::{
    config::Config,
    logs::{Logs, Redactor},
    paths::Paths,
};

/// A configuration with its places, ready to start from.
#[derive(Clone, Debug)]
pub struct Setup {
    /// What was configured.
    pub config: Config,
    /// Where things are.
    pub paths: Paths,
    /// Knows the secrets that no log line may show.
    pub redactor: Redactor,
}

impl Setup {
    /// Finds the places and makes the folders that are missing.
    ///
    /// # Errors
    /// `Unavailable` for a folder that cannot be made or used.
    pub fn new(config: Config) -> Result<Self> {
        let paths = Paths::of(&config)?;
        paths.create()?;
        let redactor = Redactor::default();
        config.secrets().for_each(|(_, secret)| redactor.remember(secret));
        Ok(Self { config, paths, redactor })
    }

    /// Starts logging for the process, as configured.
    ///
    /// # Errors
    /// As [`Logs::start`].
    pub fn log(&self) -> Result<Logs> {
        Logs::start(&self.config.log, Some(&self.paths.logs), &self.redactor)
    }
}
