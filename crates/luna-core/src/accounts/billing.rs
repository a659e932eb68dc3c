//! Paying: pages of the payment provider, and what it tells of subscriptions. Its messages are signed, and each counts once;
//! tiers move by them alone, or by the owner's hand.

use hmac::{Hmac, KeyInit as _, Mac as _};
use luna_model::{Account, Error, ErrorKind, Membership, Result, Secret, Tier, Timestamp};
use luna_store::PaymentNews;
use serde_json::Value;
use sha2::Sha256;

use super::Accounts;
use crate::ports::PaymentPage;

/// How old a signed message may be, in seconds (the provider's own tolerance).
const TOLERANCE: i64 = 300;

/// A page where a tier is bought.
pub type Checkout = PaymentPage;

impl Accounts {
    /// A page where an account buys a tier.
    ///
    /// # Errors
    /// `Invalid` for what is not sold, `Conflict` for what it has, `Unavailable` without a payment provider.
    pub async fn checkout(&self, account: &Account, tier: Tier) -> Result<Checkout> {
        if tier == Tier::Free {
            return Err(Error::invalid("tier is pro or team"));
        }
        if account.tier == tier && self.subscription(account).await?.is_some() {
            return Err(Error::conflict(format!("this account is on {} already", tier.name())));
        }
        let customer = self.customer(account).await?;
        self.inner.payments.checkout(&customer, account, tier).await
    }

    /// What an account has running.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn subscription(&self, account: &Account) -> Result<Option<Membership>> {
        self.inner.db.subscription(account.id).await
    }

    /// Lets an account's subscription end with its period.
    ///
    /// # Errors
    /// `NotFound` when it has none, `Unavailable` without a payment provider.
    pub async fn cancel_subscription(&self, account: &Account) -> Result<Membership> {
        let running = self.subscription(account).await?;
        let running = running.ok_or_else(|| Error::not_found("this account has no subscription"))?;
        let ended = self.inner.payments.cancel(&running.id).await;
        self.witness("cancel_subscription", &account.email, &ended).await;
        let ended = Membership { tier: running.tier, created_at: running.created_at, ..ended? };
        let now = self.inner.clock.now();
        // The provider tells it too, by its own clock; until then this is no older than what it told.
        let known = self.inner.db.payment_mark(ended.id.clone()).await?;
        let news = PaymentNews {
            event: format!("cancelled:{}:{now}", ended.id),
            subscription: ended.id.clone(),
            at: known.map_or(running.created_at, |(at, _)| at),
            rank: PaymentNews::CHANGED,
        };
        self.inner.db.take_subscription(news, account.id, Some(ended.clone()), account.tier, now).await?;
        Ok(ended)
    }

    /// A page where an account sees to what it pays.
    ///
    /// # Errors
    /// `Unavailable` without a payment provider.
    pub async fn portal(&self, account: &Account) -> Result<PaymentPage> {
        let customer = self.customer(account).await?;
        self.inner.payments.portal(&customer).await
    }

    async fn customer(&self, account: &Account) -> Result<String> {
        if let Some(known) = self.inner.db.customer(account.id).await? {
            return Ok(known);
        }
        let customer = self.inner.payments.customer(account).await?;
        self.inner.db.set_customer(account.id, customer.clone()).await?;
        Ok(customer)
    }

    /// Takes a message of the payment provider, exactly as it came; whether it was new and changed something.
    ///
    /// # Errors
    /// `Unauthenticated` when it is not signed by the provider, `Invalid` when it cannot be read.
    pub async fn take_payment_event(&self, body: &[u8], signature: &str) -> Result<bool> {
        let secret = self.inner.payments.webhook_secret()?;
        let now = self.inner.clock.now();
        verify_signature(body, signature, &secret, now)?;
        let event: Value = serde_json::from_slice(body)
            .map_err(|e| Error::invalid(format!("the message is no JSON: {e}")))?;
        let id = event["id"].as_str().ok_or_else(|| Error::invalid("the message has no id"))?.to_owned();
        let kind = event["type"].as_str().unwrap_or_default();
        if !kind.starts_with("customer.subscription.") {
            return Ok(false);
        }
        let told = &event["data"]["object"];
        let customer = told["customer"].as_str().unwrap_or_default().to_owned();
        let Some(account) = self.inner.db.account_of_customer(customer).await? else { return Ok(false) };
        let news = PaymentNews {
            event: id,
            subscription: told["id"].as_str().unwrap_or_default().to_owned(),
            at: event["created"].as_i64().and_then(|s| Timestamp::from_second(s).ok()).unwrap_or(now),
            rank: match kind {
                "customer.subscription.created" => PaymentNews::BEGAN,
                "customer.subscription.deleted" => PaymentNews::ENDED,
                _ => PaymentNews::CHANGED,
            },
        };
        let told = self.newest_of(&news, told).await?;
        let (subscription, tier) = match self.read_subscription(&told) {
            Some(s) if news.rank != PaymentNews::ENDED && s.status != "canceled" => {
                // Who does not pay has what everybody has, until he does.
                let tier = if matches!(s.status.as_str(), "active" | "trialing" | "past_due") {
                    s.tier
                } else {
                    Tier::Free
                };
                (Some(s), tier)
            }
            _ => (None, Tier::Free),
        };
        let taken = self.inner.db.take_subscription(news, account.id, subscription, tier, now).await;
        self.witness("subscription", &account.email, &taken).await;
        taken
    }

    /// What is told of a subscription. Of two changes within one second nobody can say which came first: then the provider
    /// is asked how it stands.
    async fn newest_of(&self, news: &PaymentNews, told: &Value) -> Result<Value> {
        let known = self.inner.db.payment_mark(news.subscription.clone()).await?;
        if news.rank != PaymentNews::CHANGED || known != Some((news.at, news.rank)) {
            return Ok(told.clone());
        }
        match self.inner.payments.subscription(&news.subscription).await {
            Ok(now) if now["id"] == told["id"] => Ok(now),
            // Better what was told last than nothing.
            Ok(_) | Err(_) => Ok(told.clone()),
        }
    }

    fn read_subscription(&self, told: &Value) -> Option<Membership> {
        let item = &told["items"]["data"][0];
        let price = item["price"]["id"].as_str().or_else(|| told["plan"]["id"].as_str())?;
        let time = |name: &str| {
            // Newer versions of the provider's API say the period of each item.
            let seconds = told[name].as_i64().or_else(|| item[name].as_i64())?;
            Timestamp::from_second(seconds).ok()
        };
        Some(Membership {
            id: told["id"].as_str()?.to_owned(),
            tier: self.inner.payments.tier_of(price)?,
            status: told["status"].as_str()?.to_owned(),
            period_start: time("current_period_start")?,
            period_end: time("current_period_end")?,
            ends: told["cancel_at_period_end"].as_bool().unwrap_or_default(),
            created_at: time("created").or_else(|| time("start_date"))?,
        })
    }
}

/// Checks a signature `t=<seconds>,v1=<hex>` over `<seconds>.<body>`, in constant time.
///
/// # Errors
/// `Unauthenticated` when it is wrong or too old.
pub fn verify_signature(body: &[u8], signature: &str, secret: &Secret, now: Timestamp) -> Result<()> {
    let wrong = || Error::new(ErrorKind::Unauthenticated, "the signature is wrong, or too old");
    let parts: Vec<_> = signature.split(',').filter_map(|part| part.trim().split_once('=')).collect();
    let at = parts.iter().find(|(name, _)| *name == "t").map(|(_, at)| *at).ok_or_else(wrong)?;
    let seconds: i64 = at.parse().map_err(|_| wrong())?;
    if (now.as_second() - seconds).abs() > TOLERANCE {
        return Err(wrong());
    }
    let fits = parts.iter().filter(|(name, _)| *name == "v1").any(|(_, given)| {
        let Ok(given) = hex::decode(given) else { return false };
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()) else { return false };
        mac.update(at.as_bytes());
        mac.update(b".");
        mac.update(body);
        mac.verify_slice(&given).is_ok()
    });
    if fits { Ok(()) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(body: &[u8], secret: &str, at: i64) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("{at}.").as_bytes());
        mac.update(body);
        format!("t={at},v1={},v0=ffff", hex::encode(mac.finalize().into_bytes()))
    }

    #[test]
    fn only_what_the_provider_signed_lately_counts() {
        let secret = Secret::new("whsec_x".to_owned());
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let ok = signed(b"{}", "whsec_x", now.as_second());
        assert!(verify_signature(b"{}", &ok, &secret, now).is_ok());
        assert!(verify_signature(b"{ }", &ok, &secret, now).is_err());
        assert!(verify_signature(b"{}", &signed(b"{}", "other", now.as_second()), &secret, now).is_err());
        assert!(
            verify_signature(b"{}", &signed(b"{}", "whsec_x", now.as_second() - 301), &secret, now).is_err()
        );
        for bad in ["", "t=1", "v1=00", "t=x,v1=00"] {
            assert!(verify_signature(b"{}", bad, &secret, now).is_err(), "{bad}");
        }
    }
}
