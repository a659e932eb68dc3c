//! Logs: readable on the terminal, JSON lines in a file a day. No secret is ever written, and no text of the user's or
//! the model's unless tracing was set to `trace`.
//!
//! Two rules keep it so. Fields that hold such text have names from [`PRIVATE`], and their values are left out. And every
//! line passes a [`Redactor`] on its way out, which knows the secrets in use and what keys look like.

mod format;
mod redact;

use std::{
    fs,
    io::{self, IsTerminal as _},
    path::Path,
};

use luna_model::{Error, Result};
use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_appender::{
    non_blocking::{NonBlocking, WorkerGuard},
    rolling::{RollingFileAppender, Rotation},
};
use tracing_subscriber::{
    EnvFilter, Layer as _, fmt::MakeWriter, layer::SubscriberExt as _, registry::Registry,
};

pub use redact::Redactor;

use self::{
    format::{JsonLines, LocalTime, fields},
    redact::Redacted,
};

/// The filter when none is set.
pub const DEFAULT: &str = "info,hyper=warn,reqwest=warn,zbus=warn,tokenizers=warn,rspotify_http=warn";
/// The filter with `DEBUG`.
pub const DEBUG: &str =
    "info,luna=debug,hyper=warn,reqwest=warn,zbus=warn,tokenizers=warn,rspotify_http=warn";

/// Names of fields that hold what a person or a model said, or may hold a secret.
pub const PRIVATE: &[&str] = &[
    "answer",
    "arguments",
    "authorization",
    "body",
    "command",
    "content",
    "fact",
    "input",
    "key",
    "output",
    "password",
    "prompt",
    "query",
    "secret",
    "text",
    "title",
    "token",
    "words",
];

/// Days of log files that are kept.
const DAYS: usize = 14;

/// Logging, while it lives: dropping it writes what is still waiting.
#[derive(Debug)]
#[must_use = "the last lines are only written when this is dropped at the end"]
pub struct Logs {
    _written_on_drop: Option<WorkerGuard>,
}

impl Logs {
    /// Starts logging for the whole process: to the terminal, and to files in `folder` where one is given.
    /// `Invalid` for a filter that cannot be read, `Unavailable` for a folder that cannot be used.
    pub fn start(filter: &str, folder: Option<&Path>, redactor: &Redactor) -> Result<Self> {
        let colours = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let (file, guard) = match folder {
            Some(folder) => {
                let (file, guard) = file_in(folder)?;
                (Some(file), Some(guard))
            }
            None => (None, None),
        };
        let subscriber = subscriber(filter, io::stderr, colours, file, redactor)?;
        tracing_subscriber::util::SubscriberInitExt::try_init(subscriber).map_err(Error::internal)?;
        Ok(Self { _written_on_drop: guard })
    }
}

fn file_in(folder: &Path) -> Result<(NonBlocking, WorkerGuard)> {
    let unusable = |error: &dyn std::fmt::Display| {
        Error::unavailable(format!("logs cannot be written to {}: {error}", folder.display()))
    };
    fs::create_dir_all(folder).map_err(|error| unusable(&error))?;
    let files = RollingFileAppender::builder().rotation(Rotation::DAILY).max_log_files(DAYS);
    let files =
        files.filename_prefix("luna").filename_suffix("jsonl").build(folder).map_err(|e| unusable(&e))?;
    Ok(tracing_appender::non_blocking(files))
}

fn subscriber<T, F>(
    filter: &str,
    terminal: T,
    colours: bool,
    file: Option<F>,
    redactor: &Redactor,
) -> Result<impl Subscriber + Send + Sync + use<T, F>>
where
    T: for<'a> MakeWriter<'a> + Send + Sync + 'static,
    F: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    // genai logs whole replies of providers, errors included; what matters of them comes back as our own errors.
    let quiet = if filter.contains("genai") { "" } else { ",genai=off" };
    let filter = EnvFilter::try_new(format!("{filter}{quiet}"))
        .map_err(|error| Error::invalid(format!("LUNA_LOG cannot be read: {error}; try LUNA_LOG=info")))?;
    let with_text = filter.max_level_hint() == Some(LevelFilter::TRACE);
    let terminal = tracing_subscriber::fmt::layer()
        .with_writer(Redacted::new(terminal, redactor.clone()))
        .with_ansi(colours)
        .with_timer(LocalTime)
        .fmt_fields(fields(with_text));
    let file = file.map(|file| {
        tracing_subscriber::fmt::layer()
            .with_writer(Redacted::new(file, redactor.clone()))
            .with_ansi(false)
            .fmt_fields(fields(with_text))
            .event_format(JsonLines { with_text })
            .boxed()
    });
    Ok(Registry::default().with(filter).with(file).with(terminal))
}

#[cfg(test)]
#[path = "logs/tests.rs"]
mod tests;
