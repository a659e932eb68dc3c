//! What the user configured of the providers, and what holds where nothing was. Reads no environment: the names that the
//! environment uses are data here ([`Defaults::env`]), reading them is the program's business.

use std::collections::HashMap;
use std::time::Duration;

use luna_model::{Provider, Secret};

/// Everything [`crate::Providers`] works from. Replaced as a whole by [`crate::Providers::reconfigure`].
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The chosen provider; none = `auto`: the first that has a key, else a reachable Ollama, else the built-in one.
    pub chosen: Option<Provider>,
    /// What is set of each provider; a missing entry means its defaults and no key.
    pub providers: HashMap<Provider, ProviderConfig>,
    /// How long to wait for what.
    pub timeouts: Timeouts,
}

/// One provider's settings; what is none falls back to [`defaults`].
#[derive(Clone, Debug, Default)]
pub struct ProviderConfig {
    /// Where it is reached.
    pub base_url: Option<String>,
    /// Its key.
    pub api_key: Option<Secret>,
    /// The model to ask.
    pub model: Option<String>,
}

/// Time limits of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Until the connection stands.
    pub connect: Duration,
    /// From sending the request until the first event of the answer, without the retries.
    pub first_token: Duration,
    /// Between two signs of life of a running answer.
    pub idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            first_token: Duration::from_secs(120),
            idle: Duration::from_secs(60),
        }
    }
}

/// What holds for a provider where nothing is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Defaults {
    /// How to call it in a sentence.
    pub title: &'static str,
    /// The prefix of its environment variables: `OPENAI` for `OPENAI_BASE_URL`, `OPENAI_API_KEY`, `OPENAI_MODEL`.
    pub env: &'static str,
    /// Its own address; empty for the built-in one.
    pub base_url: &'static str,
    /// The model that is asked.
    pub model: &'static str,
}

/// The defaults of a provider.
#[must_use]
pub const fn defaults(provider: Provider) -> Defaults {
    let (title, env, base_url, model) = match provider {
        Provider::Ollama => ("Ollama", "OLLAMA", "http://127.0.0.1:11434/", "qwen2.5:7b"),
        Provider::OpenaiCompatible => {
            ("The OpenAI-compatible server", "OPENAI", "https://api.openai.com/v1/", "gpt-4o-mini")
        }
        Provider::Anthropic => {
            ("Anthropic", "ANTHROPIC", "https://api.anthropic.com/v1/", "claude-sonnet-4-5")
        }
        Provider::Google => (
            "Google Gemini",
            "GOOGLE",
            "https://generativelanguage.googleapis.com/v1beta/",
            "gemini-2.0-flash",
        ),
        Provider::Groq => ("Groq", "GROQ", "https://api.groq.com/openai/v1/", "llama-3.3-70b-versatile"),
        // The OpenAI-compatible door: genai's native Cohere adapter sends neither tools nor images.
        Provider::Cohere => ("Cohere", "COHERE", "https://api.cohere.ai/compatibility/v1/", "command-r-plus"),
        Provider::Mistral => ("Mistral", "MISTRAL", "https://api.mistral.ai/v1/", "mistral-large-latest"),
        Provider::NvidiaNim => {
            ("NVIDIA NIM", "NVIDIA_NIM", "https://integrate.api.nvidia.com/v1/", "meta/llama-3.1-8b-instruct")
        }
        Provider::Builtin => ("The built-in model", "", "", "builtin"),
    };
    Defaults { title, env, base_url, model }
}

impl Config {
    /// Whether the provider has what it needs: a key, or an address that may need none.
    #[must_use]
    pub fn configured(&self, provider: Provider) -> bool {
        match provider {
            Provider::Builtin | Provider::Ollama => true,
            Provider::OpenaiCompatible => self.has_key(provider) || self.has_own_address(provider),
            _ => self.has_key(provider),
        }
    }

    /// Whether it has a key.
    pub(crate) fn has_key(&self, provider: Provider) -> bool {
        self.key(provider).is_some()
    }

    /// Its key; an empty one is none.
    pub(crate) fn key(&self, provider: Provider) -> Option<&Secret> {
        self.providers.get(&provider)?.api_key.as_ref().filter(|key| !key.expose().trim().is_empty())
    }

    /// Its model: the configured one or the default.
    pub(crate) fn model(&self, provider: Provider) -> &str {
        self.own_model(provider).unwrap_or(defaults(provider).model)
    }

    /// Its model where one was configured.
    pub(crate) fn own_model(&self, provider: Provider) -> Option<&str> {
        self.providers.get(&provider)?.model.as_deref().map(str::trim).filter(|model| !model.is_empty())
    }

    /// Its address as it was written, or the default.
    pub(crate) fn written_url(&self, provider: Provider) -> &str {
        self.providers
            .get(&provider)
            .and_then(|set| set.base_url.as_deref())
            .map(str::trim)
            .filter(|url| !url.is_empty())
            .unwrap_or(defaults(provider).base_url)
    }

    fn has_own_address(&self, provider: Provider) -> bool {
        self.written_url(provider).trim_end_matches('/') != defaults(provider).base_url.trim_end_matches('/')
    }
}
