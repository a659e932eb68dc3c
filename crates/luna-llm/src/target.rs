//! Where a request goes: the provider's address in the one form that its wire needs, its key, and the client that reaches it.

use std::time::Duration;

use genai::adapter::AdapterKind;
use genai::resolver::{AuthData, Endpoint};
use genai::{Headers, ModelIden, ServiceTarget};
use luna_model::{Error, Provider, Result, Secret};
use reqwest::redirect;
use url::Url;

use crate::config::{Config, Timeouts, defaults};

/// The forms in which providers speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wire {
    /// `POST chat/completions`, server-sent events.
    OpenAi,
    /// `POST messages`, named server-sent events.
    Anthropic,
    /// `POST models/…:streamGenerateContent`, server-sent events.
    Gemini,
    /// `POST api/chat`, JSON lines.
    Ollama,
}

impl Wire {
    /// The wire a provider speaks; none for the built-in one.
    pub(crate) const fn of(provider: Provider) -> Option<Self> {
        match provider {
            Provider::Anthropic => Some(Self::Anthropic),
            Provider::Google => Some(Self::Gemini),
            Provider::Ollama => Some(Self::Ollama),
            Provider::Builtin => None,
            Provider::OpenaiCompatible
            | Provider::Groq
            | Provider::Cohere
            | Provider::Mistral
            | Provider::NvidiaNim => Some(Self::OpenAi),
        }
    }
}

/// A provider that can be asked: checked address, key, wire.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) provider: Provider,
    pub(crate) wire: Wire,
    pub(crate) base: Url,
    pub(crate) key: Option<Secret>,
}

impl Target {
    /// The target of a provider. `Invalid` for an address that is none, `Unavailable` where a key is needed and missing.
    pub(crate) fn new(config: &Config, provider: Provider) -> Result<Self> {
        let title = defaults(provider).title;
        let wire = Wire::of(provider)
            .ok_or_else(|| Error::invalid(format!("{title} has no address: it is part of the program.")))?;
        if !config.configured(provider) {
            return Err(Error::unavailable(format!(
                "{title} has no key. Add one in the settings, or set {}_API_KEY.",
                defaults(provider).env
            )));
        }
        Ok(Self {
            provider,
            wire,
            base: base_url(provider, wire, config.written_url(provider))?,
            key: config.key(provider).cloned(),
        })
    }

    /// What genai needs to reach a model there.
    pub(crate) fn service(&self, model: &str) -> Result<ServiceTarget> {
        let kind = match self.provider {
            Provider::Anthropic => AdapterKind::Anthropic,
            Provider::Google => AdapterKind::Gemini,
            Provider::Ollama => AdapterKind::Ollama,
            Provider::Groq => AdapterKind::Groq,
            Provider::Mistral => AdapterKind::Mistral,
            _ => AdapterKind::OpenAI,
        };
        let auth = match (&self.key, self.wire) {
            (Some(key), _) => AuthData::from_single(key.expose().trim()),
            // genai would send an empty bearer token, which some local servers refuse.
            (None, Wire::OpenAi) => AuthData::RequestOverride {
                url: self.at("chat/completions")?.into(),
                headers: Headers::default(),
            },
            (None, _) => AuthData::from_single(""),
        };
        Ok(ServiceTarget {
            endpoint: Endpoint::from_owned(self.base.as_str()),
            auth,
            model: ModelIden::new(kind, model),
        })
    }

    /// An address below the base.
    pub(crate) fn at(&self, path: &str) -> Result<Url> {
        self.base.join(path).map_err(|cause| Error::invalid(format!("{path} is no address.")).because(cause))
    }

    /// Whether it is on this machine, where no proxy stands between.
    pub(crate) fn is_local(&self) -> bool {
        match self.base.host() {
            Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
            Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
            Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            None => false,
        }
    }
}

/// The address as the wire needs it: with a closing slash, and with the version that users leave out or put in too much.
fn base_url(provider: Provider, wire: Wire, written: &str) -> Result<Url> {
    let title = defaults(provider).title;
    let bad = || {
        Error::invalid(format!(
            "{written:?} is no address for {title}: it must begin with http:// or https://, for example {}",
            defaults(provider).base_url
        ))
    };
    let mut url = Url::parse(written).map_err(|_| bad())?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(bad());
    }
    url.set_fragment(None);
    let path = url.path().trim_end_matches('/').to_owned();
    let path = match wire {
        Wire::Ollama => {
            format!("{}/", path.strip_suffix("/v1").or(path.strip_suffix("/api")).unwrap_or(&path))
        }
        Wire::OpenAi => format!("{}/", path.strip_suffix("/chat/completions").unwrap_or(&path)),
        Wire::Anthropic => format!("{}/", path.strip_suffix("/messages").unwrap_or(&path)),
        Wire::Gemini => format!("{path}/"),
    };
    let path = match (wire, path.as_str()) {
        (Wire::OpenAi | Wire::Anthropic, "/") => "/v1/",
        (Wire::Gemini, "/") => "/v1beta/",
        (_, path) => path,
    }
    .to_owned();
    url.set_path(&path);
    Ok(url)
}

/// The first thing that a system without certificates lacks.
const NO_ROOTS: &str =
    "this machine has no certificates to know servers by; install its package ca-certificates";

/// The clients that all requests share, so that connections are kept.
#[derive(Clone, Debug)]
pub(crate) struct Clients {
    remote: (reqwest::Client, genai::Client),
    local: (reqwest::Client, genai::Client),
}

impl Clients {
    /// Builds them; fails only when the TLS roots of the system cannot be read.
    pub(crate) fn new(timeouts: &Timeouts) -> Result<Self> {
        let builder = || {
            reqwest::Client::builder()
                .connect_timeout(timeouts.connect)
                .tcp_nodelay(true)
                .pool_idle_timeout(Duration::from_secs(90))
                // A redirect would carry the key to where the provider did not say it lives.
                .redirect(redirect::Policy::none())
                .user_agent(concat!("luna/", env!("CARGO_PKG_VERSION")))
        };
        let pair = |http: reqwest::ClientBuilder| {
            let http = http.build().map_err(|e| Error::unavailable(NO_ROOTS).because(e))?;
            let genai =
                genai::Client::builder().with_reqwest(http.clone()).build().map_err(Error::internal)?;
            Ok::<_, Error>((http, genai))
        };
        Ok(Self { remote: pair(builder())?, local: pair(builder().no_proxy())? })
    }

    /// The plain client for this target.
    pub(crate) fn http(&self, target: &Target) -> &reqwest::Client {
        if target.is_local() { &self.local.0 } else { &self.remote.0 }
    }

    /// The genai client for this target.
    pub(crate) fn genai(&self, target: &Target) -> &genai::Client {
        if target.is_local() { &self.local.1 } else { &self.remote.1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_mended_where_the_meaning_is_plain() {
        for (provider, written, wanted) in [
            (Provider::OpenaiCompatible, "http://localhost:1234", "http://localhost:1234/v1/"),
            (Provider::OpenaiCompatible, "http://localhost:1234/v1", "http://localhost:1234/v1/"),
            (
                Provider::OpenaiCompatible,
                "https://openrouter.ai/api/v1/chat/completions",
                "https://openrouter.ai/api/v1/",
            ),
            (Provider::Ollama, "http://localhost:11434/v1/", "http://localhost:11434/"),
            (Provider::Ollama, "http://localhost:11434", "http://localhost:11434/"),
            (Provider::Anthropic, "https://api.anthropic.com", "https://api.anthropic.com/v1/"),
            (Provider::Google, "https://proxy.example/gemini", "https://proxy.example/gemini/"),
            (
                Provider::OpenaiCompatible,
                "https://x.example/v1?api-version=2",
                "https://x.example/v1/?api-version=2",
            ),
        ] {
            let wire = Wire::of(provider).unwrap();
            assert_eq!(base_url(provider, wire, written).unwrap().as_str(), wanted, "{written}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_in_plain_words() {
        for written in ["localhost:1234", "file:///etc/passwd", "", "http://"] {
            let error = base_url(Provider::Ollama, Wire::Ollama, written).unwrap_err();
            assert!(error.message.contains("http://"), "{error}");
        }
    }

    #[test]
    fn defaults_are_addresses_in_their_final_form() {
        for provider in Provider::ALL {
            if let Some(wire) = Wire::of(provider) {
                let given = defaults(provider).base_url;
                assert_eq!(base_url(provider, wire, given).unwrap().as_str(), given);
            }
        }
    }
}
