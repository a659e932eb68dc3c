//! A payment provider that nobody pays, with made-up addresses; and a machine that is in no private network.

use async_trait::async_trait;
use luna_core::ports::{PaymentPage, Payments, Tailnet, TailnetNode, TailnetStatus};
use luna_model::{Account, Error, Membership, Result, Secret, Tier};

/// What this provider signs its messages with.
pub const PAYMENT_SECRET: &str = "whsec_test";

/// Takes no money.
#[derive(Clone, Copy, Debug, Default)]
pub struct FreeOfCharge;

#[async_trait]
impl Payments for FreeOfCharge {
    async fn customer(&self, account: &Account) -> Result<String> {
        Ok(format!("cus_{}", account.email.split('@').next().unwrap_or_default()))
    }

    async fn checkout(&self, customer: &str, _: &Account, tier: Tier) -> Result<PaymentPage> {
        let id = format!("cs_{customer}_{}", tier.name());
        Ok(PaymentPage { url: format!("https://pay.example/{id}"), id })
    }

    async fn cancel(&self, _: &str) -> Result<Membership> {
        Err(Error::not_found("this provider has no subscriptions"))
    }

    async fn subscription(&self, _: &str) -> Result<serde_json::Value> {
        Err(Error::not_found("this provider has no subscriptions"))
    }

    async fn portal(&self, customer: &str) -> Result<PaymentPage> {
        Ok(PaymentPage { id: "bps_1".into(), url: format!("https://pay.example/portal/{customer}") })
    }

    fn tier_of(&self, price: &str) -> Option<Tier> {
        Tier::from_name(price.strip_prefix("price_")?)
    }

    fn webhook_secret(&self) -> Result<Secret> {
        Ok(Secret::new(PAYMENT_SECRET.to_owned()))
    }
}

/// No private network.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoTailnet;

#[async_trait]
impl Tailnet for NoTailnet {
    async fn status(&self) -> TailnetStatus {
        TailnetStatus::default()
    }

    async fn nodes(&self) -> Vec<TailnetNode> {
        vec![]
    }

    async fn serve(&self, _: u16, _: bool) -> Result<()> {
        Err(Error::unavailable("the private network's program is not installed"))
    }
}
