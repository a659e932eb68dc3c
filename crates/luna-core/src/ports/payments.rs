//! The payment provider.

use async_trait::async_trait;
use luna_model::{Account, Membership, Result, Secret, Tier};
use serde_json::Value;

/// A page where something is paid, or looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentPage {
    /// The provider's name for it.
    pub id: String,
    /// Where it is.
    pub url: String,
}

/// Takes payments. Without an account there everything is `Unavailable`, with how to get one.
#[async_trait]
pub trait Payments: Send + Sync {
    /// The provider's name for somebody who pays; made the first time.
    async fn customer(&self, account: &Account) -> Result<String>;

    /// A page where a tier is bought.
    async fn checkout(&self, customer: &str, account: &Account, tier: Tier) -> Result<PaymentPage>;

    /// Lets a subscription end with its period; how it is then.
    async fn cancel(&self, subscription: &str) -> Result<Membership>;

    /// A subscription as the provider has it now, in its own form.
    async fn subscription(&self, subscription: &str) -> Result<Value>;

    /// A page where somebody who pays sees to it himself.
    async fn portal(&self, customer: &str) -> Result<PaymentPage>;

    /// The tier that one of the provider's prices is for.
    fn tier_of(&self, price: &str) -> Option<Tier>;

    /// What the provider signs its messages with.
    fn webhook_secret(&self) -> Result<Secret>;
}
