//! What the language models are configured with: the settings (over which the environment already lies) and the keys.

use std::{collections::HashMap, time::Duration};

use luna_core::ports::Secrets;
use luna_llm::{ProviderConfig, Timeouts};
use luna_model::{Provider, Settings};

/// The configuration of all providers, by these settings and what the secrets hold now. A key that cannot be read is
/// no key; why is in the log.
pub(crate) async fn configuration(settings: &Settings, secrets: &dyn Secrets) -> luna_llm::Config {
    let mut providers = HashMap::new();
    for provider in Provider::ALL {
        let set = settings.providers.get(provider.name()).cloned().unwrap_or_default();
        let api_key = match provider {
            Provider::Builtin | Provider::Ollama => None,
            _ => secrets.get(&luna_core::key_name(provider)).await.unwrap_or_else(|error| {
                tracing::warn!(provider = provider.name(), %error, "the provider's key cannot be read");
                None
            }),
        };
        let config = ProviderConfig { base_url: set.base_url, api_key, model: set.model };
        providers.insert(provider, config);
    }
    let timeouts = Timeouts {
        first_token: Duration::from_secs(settings.first_token_timeout_s),
        idle: Duration::from_secs(settings.idle_timeout_s),
        ..Timeouts::default()
    };
    luna_llm::Config { chosen: settings.provider, providers, timeouts }
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, variable};
    use luna_model::Provider;

    #[test]
    fn keys_are_kept_under_the_names_they_are_given_by() {
        for provider in
            Provider::ALL.into_iter().filter(|p| !matches!(p, Provider::Builtin | Provider::Ollama))
        {
            let name = luna_core::key_name(provider);
            assert!(variable(&name).is_some_and(|v| v.is_secret()), "{name} is no variable");
            let config =
                Config::load([(name.clone(), "k".to_owned())], [], std::path::Path::new("/")).unwrap();
            assert!(config.provider(provider).key.is_some(), "{name} is not {}'s", provider.name());
        }
    }
}
