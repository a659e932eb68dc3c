//! List prices of well-known models, in US dollars for a million tokens, as their providers published them in late 2025.
//! They change; a model that is not here has no price, which is better than a wrong one.

use std::collections::HashMap;
use std::sync::LazyLock;

use luna_model::{ModelPrice, Provider};

type Prices = HashMap<String, HashMap<String, (f64, f64)>>;

static PRICES: LazyLock<Prices> =
    LazyLock::new(|| serde_json::from_str(include_str!("prices.json")).unwrap_or_default());

/// The price of a model: that of the longest name in the list with which its own begins, on a dash. What runs on the
/// user's own machine costs nothing.
pub(crate) fn price(provider: Provider, model: &str) -> Option<ModelPrice> {
    if matches!(provider, Provider::Ollama | Provider::Builtin) {
        return Some(ModelPrice { input: 0.0, output: 0.0 });
    }
    let begins = |name: &str| {
        model.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '@', ':']))
    };
    let listed = PRICES.get(provider.name())?.iter().filter(|(name, _)| begins(name));
    let (_, &(input, output)) = listed.max_by_key(|(name, _)| name.len())?;
    Some(ModelPrice { input, output })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_name_that_fits_counts() {
        let of = |provider, model| price(provider, model).map(|p| (p.input, p.output));
        assert_eq!(of(Provider::OpenaiCompatible, "gpt-4o-mini-2024-07-18"), Some((0.15, 0.6)));
        assert_eq!(of(Provider::OpenaiCompatible, "gpt-4o"), Some((2.5, 10.0)));
        assert_eq!(of(Provider::OpenaiCompatible, "gpt-4ox"), None);
        assert_eq!(of(Provider::Anthropic, "claude-sonnet-4-5"), Some((3.0, 15.0)));
        assert_eq!(of(Provider::Ollama, "llama3.2"), Some((0.0, 0.0)));
        assert_eq!(of(Provider::NvidiaNim, "meta/llama"), None);
    }

    #[test]
    fn every_provider_in_the_list_is_one_of_ours() {
        assert_eq!(PRICES.len(), 6);
        for name in PRICES.keys() {
            assert!(Provider::ALL.iter().any(|p| p.name() == name), "{name}");
        }
    }
}
