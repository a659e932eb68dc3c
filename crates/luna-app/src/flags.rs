//! The flags that every program of Luna has: each stands for a variable. Their help texts are these comments.

use std::path::PathBuf;

use clap::Args;

/// Flags of every command: each stands for a variable.
#[derive(Debug, Args)]
pub struct Place {
    /// The folder of Luna's data (LUNA_DATA_DIR).
    #[arg(long, global = true, value_name = "FOLDER", help_heading = "Where and how")]
    data_dir: Option<PathBuf>,
    /// A file of settings in place of .env (LUNA_ENV_FILE).
    #[arg(long, global = true, value_name = "FILE", help_heading = "Where and how")]
    env_file: Option<PathBuf>,
    /// personal or business (LUNA_VARIANT).
    #[arg(long, global = true, value_name = "VARIANT", help_heading = "Where and how")]
    variant: Option<String>,
    /// What to log: error, warn, info, debug, or a filter (LUNA_LOG).
    #[arg(long, global = true, value_name = "FILTER", help_heading = "Where and how")]
    log: Option<String>,
}

impl Place {
    /// The flags that were given, as variables and their texts.
    #[must_use]
    pub fn variables(&self) -> Vec<(String, String)> {
        let path = |p: &Option<PathBuf>| p.as_ref().map(|p| p.to_string_lossy().into_owned());
        given([
            ("LUNA_DATA_DIR", path(&self.data_dir)),
            ("LUNA_ENV_FILE", path(&self.env_file)),
            ("LUNA_VARIANT", self.variant.clone()),
            ("LUNA_LOG", self.log.clone()),
        ])
    }
}

fn given<const N: usize>(pairs: [(&str, Option<String>); N]) -> Vec<(String, String)> {
    pairs.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?))).collect()
}

/// Flags of a program that listens.
#[derive(Debug, Args)]
pub struct Serve {
    /// Address to listen on (HOST; default 127.0.0.1).
    #[arg(long, value_name = "ADDRESS")]
    host: Option<String>,
    /// The main port, 0 = any free one (PORT; default 8899).
    #[arg(long, value_name = "NUMBER")]
    port: Option<String>,
    /// The executor's own port, 0 = none (EXECUTOR_PORT; default 8000).
    #[arg(long, value_name = "NUMBER")]
    executor_port: Option<String>,
    /// The model provider (LLM_PROVIDER; default auto).
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,
}

impl Serve {
    /// The flags that were given, as variables and their texts.
    #[must_use]
    pub fn variables(&self) -> Vec<(String, String)> {
        given([
            ("HOST", self.host.clone()),
            ("PORT", self.port.clone()),
            ("EXECUTOR_PORT", self.executor_port.clone()),
            ("LLM_PROVIDER", self.provider.clone()),
        ])
    }
}
