//! A user's keys: their own, and below them those of the house that serve everybody. Of the house's secrets a user's Luna
//! sees none but these, and nothing she stores reaches the house.

use std::sync::Arc;

use async_trait::async_trait;
use luna_core::ports::Secrets;
use luna_model::{Provider, Result, Secret};

use crate::secrets::KeptSecrets;

/// Keys of services that are asked for everybody alike, besides those of the model providers.
const FOR_ALL: [&str; 3] = ["NEWS_API_KEY", "ALPHA_VANTAGE_KEY", "BRAVE_SEARCH_API_KEY"];

/// A user's keys over the house's.
pub(super) struct Keys {
    pub(super) own: KeptSecrets,
    pub(super) house: Arc<dyn Secrets>,
}

fn is_for_all(name: &str) -> bool {
    FOR_ALL.contains(&name) || Provider::ALL.into_iter().any(|provider| luna_core::key_name(provider) == name)
}

#[async_trait]
impl Secrets for Keys {
    async fn get(&self, name: &str) -> Result<Option<Secret>> {
        match self.own.get(name).await? {
            None if is_for_all(name) => self.house.get(name).await,
            own => Ok(own),
        }
    }

    async fn set(&self, name: &str, value: Secret) -> Result<()> {
        self.own.set(name, value).await
    }

    async fn delete(&self, name: &str) -> Result<()> {
        self.own.delete(name).await
    }

    fn is_given(&self, name: &str) -> bool {
        self.own.is_given(name) || (is_for_all(name) && self.house.is_given(name))
    }

    fn place(&self) -> String {
        self.own.place()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_sees_keys_that_serve_everybody_and_no_other_secret() {
        assert!(is_for_all("OPENAI_API_KEY") && is_for_all("NEWS_API_KEY"));
        for hidden in ["JWT_SECRET", "LUNA_PASSWORD", "TELEGRAM_BOT_TOKEN", "STRIPE_SECRET_KEY", "DB_URL", ""]
        {
            assert!(!is_for_all(hidden), "{hidden}");
        }
    }
}
