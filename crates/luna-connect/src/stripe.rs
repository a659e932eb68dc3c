//! Stripe's REST API, as luna-core's `Payments` port: customers, checkout, the end of subscriptions, the customer portal.
//! Without a secret key everything is `Unavailable`, with what to set.

use std::time::Duration;

use async_trait::async_trait;
use luna_core::ports::{PaymentPage, Payments};
use luna_model::{Account, Error, ErrorKind, Membership, Result, Secret, Tier, Timestamp};
use serde_json::Value;

/// The version of the API whose shapes are read here.
const VERSION: &str = "2025-03-31.basil";
const TIMEOUT: Duration = Duration::from_secs(20);

/// What is configured.
#[derive(Clone, Debug, Default)]
pub struct StripeConfig {
    /// Where the API is, without a final `/`; empty = Stripe's.
    pub base_url: String,
    /// The secret key.
    pub key: Option<Secret>,
    /// What its messages are signed with.
    pub webhook_secret: Option<Secret>,
    /// The price of the tier for one.
    pub pro_price: Option<String>,
    /// The price of the tier for several.
    pub team_price: Option<String>,
    /// Where its pages lead back to.
    pub return_url: String,
}

/// Stripe.
#[derive(Debug)]
pub struct Stripe {
    config: StripeConfig,
    client: reqwest::Client,
}

impl Stripe {
    /// Stripe, as configured; asks nobody yet.
    ///
    /// # Errors
    /// `Unavailable` when this machine's certificates cannot be read.
    pub fn new(mut config: StripeConfig) -> Result<Self> {
        if config.base_url.is_empty() {
            config.base_url = "https://api.stripe.com".into();
        }
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .build()
            .map_err(|e| Error::unavailable("the payment provider cannot be reached").because(e))?;
        Ok(Self { config, client })
    }

    fn key(&self) -> Result<&Secret> {
        self.config.key.as_ref().ok_or_else(|| {
            Error::unavailable(
                "there is no payment provider: set STRIPE_SECRET_KEY. Tiers can be set by hand with `luna account tier`.",
            )
        })
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)], once: Option<&str>) -> Result<Value> {
        let request = self
            .client
            .post(format!("{}/v1/{path}", self.config.base_url))
            .bearer_auth(self.key()?.expose())
            .header("Stripe-Version", VERSION)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form(fields));
        let request = match once {
            Some(key) => request.header("Idempotency-Key", key),
            None => request,
        };
        answer(request).await
    }

    async fn get(&self, path: &str) -> Result<Value> {
        let request = self.client.get(format!("{}/v1/{path}", self.config.base_url));
        answer(request.bearer_auth(self.key()?.expose()).header("Stripe-Version", VERSION)).await
    }

    fn price(&self, tier: Tier) -> Result<&str> {
        let (price, variable) = match tier {
            Tier::Pro => (&self.config.pro_price, "STRIPE_PRICE_PRO"),
            Tier::Team => (&self.config.team_price, "STRIPE_PRICE_TEAM"),
            Tier::Free => return Err(Error::invalid("nobody pays for free")),
        };
        price.as_deref().ok_or_else(|| Error::unavailable(format!("the price is not known: set {variable}")))
    }
}

/// What is answered to a request, or why it was refused.
async fn answer(request: reqwest::RequestBuilder) -> Result<Value> {
    let reply = request
        .send()
        .await
        .map_err(|e| Error::unavailable("the payment provider does not answer").because(e))?;
    let status = reply.status();
    let body: Value = reply
        .json()
        .await
        .map_err(|e| Error::unavailable("the payment provider answered no JSON").because(e))?;
    if status.is_success() {
        return Ok(body);
    }
    let said = body["error"]["message"].as_str().unwrap_or("no reason given").to_owned();
    let kind = match status.as_u16() {
        404 => ErrorKind::NotFound,
        400 | 402 => ErrorKind::Invalid,
        _ => ErrorKind::Unavailable,
    };
    Err(Error::new(kind, format!("the payment provider refused: {said}")))
}

#[async_trait]
impl Payments for Stripe {
    async fn customer(&self, account: &Account) -> Result<String> {
        let id = account.id.to_string();
        let fields = [("email", account.email.as_str()), ("name", &account.name), ("metadata[account]", &id)];
        let made = self.post("customers", &fields, Some(&format!("customer-{id}"))).await?;
        text(&made, "id")
    }

    async fn checkout(&self, customer: &str, account: &Account, tier: Tier) -> Result<PaymentPage> {
        let (price, id, back) = (self.price(tier)?, account.id.to_string(), &self.config.return_url);
        let (success, cancel) = (format!("{back}?paid=yes"), format!("{back}?paid=no"));
        let fields = [
            ("mode", "subscription"),
            ("customer", customer),
            ("client_reference_id", &id),
            ("line_items[0][price]", price),
            ("line_items[0][quantity]", "1"),
            ("success_url", &success),
            ("cancel_url", &cancel),
        ];
        page(&self.post("checkout/sessions", &fields, None).await?)
    }

    async fn cancel(&self, subscription: &str) -> Result<Membership> {
        let path = format!("subscriptions/{subscription}");
        let told = self.post(&path, &[("cancel_at_period_end", "true")], None).await?;
        let item = &told["items"]["data"][0];
        let time = |name: &str| {
            let seconds = told[name].as_i64().or_else(|| item[name].as_i64());
            seconds.and_then(|s| Timestamp::from_second(s).ok()).ok_or_else(|| unreadable(name))
        };
        Ok(Membership {
            id: text(&told, "id")?,
            tier: item["price"]["id"].as_str().and_then(|p| self.tier_of(p)).unwrap_or(Tier::Pro),
            status: text(&told, "status")?,
            period_start: time("current_period_start")?,
            period_end: time("current_period_end")?,
            ends: told["cancel_at_period_end"].as_bool().unwrap_or(true),
            created_at: time("created")?,
        })
    }

    async fn subscription(&self, subscription: &str) -> Result<Value> {
        if !subscription.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err(Error::invalid("that is no subscription's id"));
        }
        self.get(&format!("subscriptions/{subscription}")).await
    }

    async fn portal(&self, customer: &str) -> Result<PaymentPage> {
        let fields = [("customer", customer), ("return_url", self.config.return_url.as_str())];
        page(&self.post("billing_portal/sessions", &fields, None).await?)
    }

    fn tier_of(&self, price: &str) -> Option<Tier> {
        [Tier::Pro, Tier::Team].into_iter().find(|tier| self.price(*tier).is_ok_and(|p| p == price))
    }

    fn webhook_secret(&self) -> Result<Secret> {
        self.config.webhook_secret.clone().ok_or_else(|| {
            Error::unavailable(
                "messages of the payment provider cannot be checked: set STRIPE_WEBHOOK_SECRET",
            )
        })
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn page(told: &Value) -> Result<PaymentPage> {
    Ok(PaymentPage { id: text(told, "id")?, url: text(told, "url")? })
}

fn text(told: &Value, name: &str) -> Result<String> {
    told[name].as_str().map(str::to_owned).ok_or_else(|| unreadable(name))
}

fn unreadable(name: &str) -> Error {
    Error::unavailable(format!("the payment provider's answer has no {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn without_a_key_it_says_what_to_set() {
        let stripe = Stripe::new(StripeConfig::default()).unwrap();
        let error = stripe.portal("cus_1").await.unwrap_err();
        assert!(error.kind == ErrorKind::Unavailable && error.message.contains("STRIPE_SECRET_KEY"));
        assert!(stripe.webhook_secret().is_err());
    }

    #[test]
    fn a_price_is_a_tiers() {
        let config = StripeConfig { pro_price: Some("price_p".into()), ..StripeConfig::default() };
        let stripe = Stripe::new(config).unwrap();
        assert_eq!(stripe.tier_of("price_p"), Some(Tier::Pro));
        assert_eq!(stripe.tier_of("price_x"), None);
        assert_eq!(form(&[("a[b]", "c d&e")]), "a%5Bb%5D=c+d%26e");
    }
}
