//! What went wrong at a provider, in words a user can act on, and whether trying again may help. No message carries a key.

use std::time::Duration;

use genai::Error as GenaiError;
use luna_model::{Error, ErrorKind, Provider, Secret};
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, LOCATION, RETRY_AFTER};
use serde_json::Value;
use url::Url;

use crate::config::defaults;
use crate::target::Target;

/// An error, and what may be done about it before the first event.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: Error,
    pub(crate) retry: Retry,
}

/// Whether to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    /// It would fail again.
    Never,
    /// It may pass by; not before this time, where the provider named one.
    After(Option<Duration>),
}

/// Whom was asked what, for the sentences.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    provider: Provider,
    base: Url,
    key: Option<Secret>,
    model: String,
}

impl Asked {
    pub(crate) fn new(target: &Target, model: &str) -> Self {
        Self {
            provider: target.provider,
            base: target.base.clone(),
            key: target.key.clone(),
            model: model.to_owned(),
        }
    }

    fn title(&self) -> &'static str {
        defaults(self.provider).title
    }

    /// The stream ended without the provider's end marker.
    pub(crate) fn cut_off(&self) -> Failure {
        self.once(
            ErrorKind::Unavailable,
            format!("{}: the answer was cut off. Ask again to get the rest.", self.title()),
        )
    }

    /// Nothing came in time.
    pub(crate) fn silent(&self, limit: Duration, begun: bool) -> Failure {
        let (title, seconds) = (self.title(), limit.as_secs_f32());
        self.once(ErrorKind::Unavailable, if begun {
            format!("{title} stopped in the middle of the answer: nothing came for {seconds} s, so it was cut off.")
        } else {
            format!("{title} did not begin to answer within {seconds} s. Try again, or raise the first-token limit in the settings.")
        })
    }

    /// The provider said in the stream that it failed.
    pub(crate) fn said(&self, body: &Value) -> Failure {
        let text = body.to_string();
        let passing = [
            "overloaded",
            "rate_limit",
            "api_error",
            "server_error",
            "UNAVAILABLE",
            "RESOURCE_EXHAUSTED",
            "timeout",
        ]
        .iter()
        .any(|word| text.contains(word));
        Failure {
            error: self.error(
                ErrorKind::Unavailable,
                format!("{} reported an error{}", self.title(), self.quoted(&text)),
            ),
            retry: if passing { Retry::After(None) } else { Retry::Never },
        }
    }

    /// What genai reports. None for what may be passed over: a piece of the stream that genai does not know.
    pub(crate) fn failed(&self, error: GenaiError, begun: bool) -> Option<Failure> {
        Some(match error {
            GenaiError::WebStream { error, .. } => match error.downcast::<GenaiError>() {
                Ok(inner) => return self.failed(*inner, begun),
                Err(error) => match error.downcast::<reqwest::Error>() {
                    Ok(error) => self.unreachable(*error, begun),
                    Err(error) => {
                        let mut failure = self.cut_off();
                        failure.error = failure.error.because(error);
                        failure
                    }
                },
            },
            GenaiError::HttpError { status, body, headers, .. } => self.status(status, &body, &headers),
            GenaiError::ChatResponse { body, .. } => self.said(&body),
            GenaiError::JsonValueExt(_) => return None,
            GenaiError::StreamParse { serde_error, .. } => {
                let mut failure = self.once(
                    ErrorKind::Unavailable,
                    format!(
                        "{} sent something that is no answer. Is {} the right address?",
                        self.title(),
                        self.base
                    ),
                );
                failure.error = failure.error.because(serde_error);
                failure
            }
            other => Failure { error: Error::internal(self.scrub(&other.to_string())), retry: Retry::Never },
        })
    }

    /// The connection failed.
    pub(crate) fn unreachable(&self, error: reqwest::Error, begun: bool) -> Failure {
        if begun {
            let mut failure = self.cut_off();
            failure.error = failure.error.because(error.without_url());
            return failure;
        }
        let (title, base) = (self.title(), &self.base);
        let message = if causes(&error).contains("certificate") {
            format!(
                "The certificate of {base} was not accepted, so nothing was sent to {title}. Check the address."
            )
        } else if error.is_connect() && error.is_timeout() {
            format!("{title} could not be reached in time at {base}. Check the address and the network.")
        } else if error.is_connect() && self.provider == Provider::Ollama {
            format!("Nothing answers at {base}. Is Ollama running? Start it with `ollama serve`.")
        } else if error.is_connect() {
            format!(
                "Nothing answers at {base} ({title}). Check the address and the network, or whether the server is running."
            )
        } else {
            format!("{title} closed the connection before it answered. Try again.")
        };
        Failure {
            error: self.error(ErrorKind::Unavailable, message).because(error.without_url()),
            retry: Retry::After(None),
        }
    }

    /// It answered with an error status.
    pub(crate) fn status(&self, status: StatusCode, body: &str, headers: &HeaderMap) -> Failure {
        let (title, env) = (self.title(), defaults(self.provider).env);
        let after = retry_after(headers);
        let said = self.quoted(body);
        let number = status.as_u16();
        let wrong_key = number == 401 || (number == 400 && body.contains("API_KEY_INVALID"));
        let (kind, message) = match number {
            _ if wrong_key && self.key.is_none() => (
                ErrorKind::Unavailable,
                format!("{title} asks for a key. Add one in the settings, or set {env}_API_KEY."),
            ),
            _ if wrong_key => (
                ErrorKind::Unavailable,
                format!("{title}: the key was refused. Check it in the settings, or {env}_API_KEY."),
            ),
            300..=399 => {
                let to = headers.get(LOCATION).and_then(|to| to.to_str().ok()).unwrap_or("another address");
                (
                    ErrorKind::Unavailable,
                    format!("{title} sends requests on to {to}. Set that as its address, if you trust it."),
                )
            }
            402 => (ErrorKind::LimitReached, format!("{title}: the account has no credit left{said}")),
            403 => (ErrorKind::Unavailable, format!("{title} does not allow this request or this key{said}")),
            404 if self.provider == Provider::Ollama => (
                ErrorKind::Unavailable,
                format!(
                    "Ollama has no model {0:?}. Get it with `ollama pull {0}`, or choose another one.",
                    self.model
                ),
            ),
            404 => (
                ErrorKind::Unavailable,
                format!(
                    "{title} at {} has no model {:?}{said} Choose another model, or check the address.",
                    self.base, self.model
                ),
            ),
            413 => (ErrorKind::LimitReached, format!("The request is too large for {title}{said}")),
            429 => {
                let when = after.map_or(String::new(), |after| {
                    format!(" Try again in {} s.", after.as_secs_f32().ceil())
                });
                (ErrorKind::LimitReached, format!("{title}: too many requests, or no quota left{said}{when}"))
            }
            400..=499 => (ErrorKind::Invalid, format!("{title} did not take the request ({number}){said}")),
            _ => (ErrorKind::Unavailable, format!("{title} failed ({number}){said} Try again later.")),
        };
        let passing = matches!(number, 408 | 429 | 500..=599)
            && !matches!(number, 501 | 505)
            && !body.contains("insufficient_quota");
        Failure {
            error: self.error(kind, message),
            retry: if passing { Retry::After(after) } else { Retry::Never },
        }
    }

    fn once(&self, kind: ErrorKind, message: String) -> Failure {
        Failure { error: self.error(kind, message), retry: Retry::Never }
    }

    fn error(&self, kind: ErrorKind, message: String) -> Error {
        Error::new(kind, self.scrub(&message))
    }

    /// `: "what the provider said".`, or just a full stop where it said nothing fit to be read.
    fn quoted(&self, body: &str) -> String {
        const LONGEST: usize = 300;
        match provider_message(body) {
            Some(said) if said.chars().count() > LONGEST => {
                format!(": \"{}…\".", said.chars().take(LONGEST).collect::<String>())
            }
            Some(said) => format!(": \"{}\".", said.trim_end_matches('.')),
            None => ".".into(),
        }
    }

    /// The same text without the key, should the provider have repeated it.
    fn scrub(&self, text: &str) -> String {
        match &self.key {
            Some(key) if text.contains(key.expose().trim()) => text.replace(key.expose().trim(), "<key>"),
            _ => text.to_owned(),
        }
    }
}

/// The human part of an error body, which every provider puts somewhere else.
fn provider_message(body: &str) -> Option<String> {
    let value: Value = serde_json::from_str(body).ok()?;
    let value = value.as_array().and_then(|all| all.first()).unwrap_or(&value);
    // OpenRouter keeps the reason of the provider behind it in the metadata.
    [
        "/error/metadata/raw",
        "/metadata/raw",
        "/error/message",
        "/error/error/message",
        "/error",
        "/message",
        "/detail",
        "/detail/0/msg",
        "/message/detail/0/msg",
    ]
    .iter()
    .find_map(|path| value.pointer(path)?.as_str())
    .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
    .filter(|text| !text.is_empty())
}

/// `Retry-After` in seconds, or the finer `retry-after-ms`. The form with a date is rare and taken as absent.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<f64>().ok();
    number("retry-after-ms")
        .map(|ms| ms / 1000.0)
        .or_else(|| number(RETRY_AFTER.as_str()))
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
}

fn causes(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
