//! Accounts: who calls Luna from outside under a name of their own. They sign in with a password or a key, have a tier with
//! its limits, and pay for it with a payment provider. Every security event of theirs is written into the audit log.

mod billing;
mod passwords;
mod rate;
mod tokens;

use std::sync::Arc;

use luna_model::{Account, AccountId, ApiKey, ApiKeyId, Error, ErrorKind, Result, Secret, Tier, Timestamp};
use luna_store::{Db, Executions};
use serde_json::json;

use crate::gate::Gate;
use crate::ports::{Clock, Payments, Secrets};
use rate::Rate;

pub use billing::{Checkout, verify_signature};
pub use rate::Admitted;
pub(crate) use tokens::SIGNING_KEY;

/// Keys that an account may have.
pub const MOST_KEYS: u32 = 5;
/// Fewest characters of a password, and most.
const PASSWORD_LENGTH: std::ops::RangeInclusive<usize> = 8..=256;
/// Longest name of an account or a key.
const LONGEST_NAME: usize = 100;
/// Wrong passwords that are free; each one more locks for twice as long as the one before.
const FREE_FAILURES: u32 = 5;
/// The first lock, in seconds, and the longest one.
const LOCK: (i64, i64) = (30, 900);
/// A key's last use is written down so often at most, in seconds.
const USE_NOTED: i64 = 60;
/// The address of the account that is the user's own; the domain is one that nobody can have (RFC 2606).
const OWN: &str = "own@luna.invalid";
/// What a wrong address and a wrong password both get.
const WRONG: &str = "the email address or the password is wrong";

/// What an account used this month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MonthlyUsage {
    /// What was done.
    pub done: Executions,
    /// What its tier allows.
    pub limit: u32,
    /// The month, from
    pub from: Timestamp,
    /// up to.
    pub until: Timestamp,
}

impl MonthlyUsage {
    /// How much of it is used.
    #[must_use]
    pub const fn used(&self) -> u32 {
        self.done.agents + self.done.chains
    }
}

/// The accounts; cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    gate: Gate,
    clock: Arc<dyn Clock>,
    secrets: Arc<dyn Secrets>,
    payments: Arc<dyn Payments>,
    rate: Rate,
    passwords: passwords::Passwords,
    signing: tokio::sync::OnceCell<Secret>,
}

impl Accounts {
    pub(crate) fn new(
        db: Db,
        gate: Gate,
        clock: Arc<dyn Clock>,
        secrets: Arc<dyn Secrets>,
        payments: Arc<dyn Payments>,
    ) -> Self {
        let inner = Inner {
            db,
            gate,
            clock,
            secrets,
            payments,
            rate: Rate::default(),
            passwords: passwords::Passwords::default(),
            signing: tokio::sync::OnceCell::new(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Makes an account; its first token.
    ///
    /// # Errors
    /// `Invalid` for an address or a password that is none, `Conflict` when the address has an account.
    pub async fn sign_up(&self, email: &str, password: &Secret, name: &str) -> Result<(Account, Secret)> {
        let email = address(email)?;
        let length = password.expose().chars().count();
        if !PASSWORD_LENGTH.contains(&length) {
            return Err(Error::invalid("a password has 8 to 256 characters"));
        }
        let name = match name.trim() {
            "" => email.split('@').next().unwrap_or_default().to_owned(),
            name if name.chars().count() > LONGEST_NAME => {
                return Err(Error::invalid("the name is too long"));
            }
            name => name.to_owned(),
        };
        let hash = self.inner.passwords.hash(password).await?;
        let account = Account {
            id: AccountId::new(),
            email,
            name,
            tier: Tier::Free,
            created_at: self.inner.clock.now(),
        };
        let added = self.inner.db.add_account(account.clone(), hash).await;
        self.witness("sign_up", &account.email, &added).await;
        added?;
        let token = self.token(&account).await?;
        Ok((account, token))
    }

    /// The account of the one whose Luna this is, made when it is first asked for: for a user of a business, whose token
    /// has said already who calls. Nobody signs in to it with a password.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub async fn own(&self, name: &str) -> Result<Account> {
        if let Some(known) = self.inner.db.password(OWN.to_owned()).await? {
            return Ok(known.account);
        }
        let hash = self.inner.passwords.hash(&tokens::new_signing_key()).await?;
        let account = Account {
            id: AccountId::new(),
            email: OWN.to_owned(),
            name: name.chars().take(LONGEST_NAME).collect(),
            tier: Tier::Team,
            created_at: self.inner.clock.now(),
        };
        match self.inner.db.add_account(account.clone(), hash).await {
            // Two first requests at once.
            Err(error) if error.kind == ErrorKind::Conflict => {
                let known = self.inner.db.password(OWN.to_owned()).await?;
                known.map(|known| known.account).ok_or(error)
            }
            added => added.map(|()| account),
        }
    }

    /// Signs in with a password; a new token. A wrong address takes as long as a wrong password.
    ///
    /// # Errors
    /// `Unauthenticated` when either is wrong, `LimitReached` while the account is locked.
    pub async fn sign_in(&self, email: &str, password: &Secret) -> Result<(Account, Secret)> {
        let tried = self.try_password(email, password).await;
        self.witness("sign_in", email, &tried).await;
        let account = tried?;
        let token = self.token(&account).await?;
        Ok((account, token))
    }

    async fn try_password(&self, email: &str, password: &Secret) -> Result<Account> {
        let wrong = || Error::new(ErrorKind::Unauthenticated, WRONG);
        let email = email.trim().to_lowercase();
        let Some(known) = self.inner.db.password(email).await? else {
            self.inner.passwords.waste(password).await?;
            return Err(wrong());
        };
        let now = self.inner.clock.now();
        if let Some(until) = known.locked_until.filter(|until| *until > now) {
            let seconds = until.as_second() - now.as_second();
            return Err(Error::limit(format!("too many wrong passwords; try again in {seconds} seconds")));
        }
        if self.inner.passwords.fits(password, &known.hash).await? {
            if known.failures > 0 {
                self.inner.db.signed_in(known.account.id, 0, None).await?;
            }
            return Ok(known.account);
        }
        let failures = known.failures + 1;
        let locked = failures
            .checked_sub(FREE_FAILURES)
            .map(|more| LOCK.0.saturating_mul(1 << more.min(10)).min(LOCK.1));
        let until = locked.and_then(|s| now.checked_add(jiff::SignedDuration::from_secs(s)).ok());
        self.inner.db.signed_in(known.account.id, failures, until).await?;
        Err(wrong())
    }

    /// Whose token or key this is.
    ///
    /// # Errors
    /// `Unauthenticated` when it is nobody's, or ran out.
    pub async fn whose(&self, bearer: &str) -> Result<Account> {
        let unknown = || Error::new(ErrorKind::Unauthenticated, "the token or key is wrong, or ran out");
        if !bearer.starts_with(tokens::KEY_MARK) {
            let id = tokens::read(bearer, &self.signing_key().await?, self.inner.clock.now())
                .ok_or_else(unknown)?;
            return self.inner.db.account(id).await?.ok_or_else(unknown);
        }
        let (account, key) =
            self.inner.db.account_of_key(tokens::digest(bearer)).await?.ok_or_else(unknown)?;
        let now = self.inner.clock.now();
        if key.last_used_at.is_none_or(|last| now.as_second() - last.as_second() >= USE_NOTED) {
            self.inner.db.api_key_used(key.id, now).await?;
        }
        Ok(account)
    }

    /// Counts a request of an account.
    ///
    /// # Errors
    /// `LimitReached` when its minute is used up; `Admitted` says until when either way.
    pub fn admit(&self, account: &Account) -> Admitted {
        self.inner.rate.admit(
            &account.id.to_string(),
            account.tier.requests_a_minute(),
            self.inner.clock.now(),
        )
    }

    /// Counts a request of nobody known, by where it comes from.
    #[must_use]
    pub fn admit_stranger(&self, from: &str) -> Admitted {
        self.inner.rate.admit(from, Tier::Free.requests_a_minute(), self.inner.clock.now())
    }

    /// Makes a key. It is shown this once.
    ///
    /// # Errors
    /// `Invalid` for no name, `LimitReached` when the account has as many as it may.
    pub async fn make_key(&self, account: AccountId, name: &str) -> Result<(ApiKey, Secret)> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > LONGEST_NAME {
            return Err(Error::invalid("a key has a name of 1 to 100 characters"));
        }
        let secret = tokens::new_key();
        let key = ApiKey {
            id: ApiKeyId::new(),
            account,
            name: name.to_owned(),
            prefix: tokens::prefix(&secret),
            created_at: self.inner.clock.now(),
            last_used_at: None,
        };
        let added = self.inner.db.add_api_key(key.clone(), tokens::digest(secret.expose()), MOST_KEYS).await;
        self.witness("make_key", &account.to_string(), &added).await;
        added.map(|()| (key, secret))
    }

    /// The keys of an account.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn keys(&self, account: AccountId) -> Result<Vec<ApiKey>> {
        self.inner.db.api_keys(account).await
    }

    /// Revokes a key; it does not work from this moment.
    ///
    /// # Errors
    /// `NotFound` when the account has none of this id.
    pub async fn revoke_key(&self, account: AccountId, key: ApiKeyId) -> Result<()> {
        let revoked = self.inner.db.delete_api_key(account, key).await;
        self.witness("revoke_key", &account.to_string(), &revoked).await;
        revoked
    }

    /// All accounts, oldest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn all(&self) -> Result<Vec<Account>> {
        self.inner.db.accounts().await
    }

    /// Moves an account to another tier by hand.
    ///
    /// # Errors
    /// `NotFound` when there is none with this address.
    pub async fn set_tier(&self, email: &str, tier: Tier) -> Result<Account> {
        let known = self.inner.db.password(email.trim().to_lowercase()).await?;
        let known = known.ok_or_else(|| Error::not_found("there is no account with this address"))?;
        let moved = self.inner.db.set_tier(known.account.id, tier).await;
        self.witness("set_tier", email, &moved).await;
        moved
    }

    /// What an account used this month (UTC).
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn usage(&self, account: &Account) -> Result<MonthlyUsage> {
        let (from, until) = self.month();
        let done = self.inner.db.executions(account.id, from).await?;
        Ok(MonthlyUsage { done, limit: account.tier.executions_a_month(), from, until })
    }

    /// Counts an execution against the month.
    ///
    /// # Errors
    /// `LimitReached` when the month is used up.
    pub async fn spend(&self, account: &Account, kind: &'static str, what: &str) -> Result<()> {
        let most = (self.month().0, account.tier.executions_a_month());
        self.inner.db.add_execution(account.id, (kind, what.to_owned()), most, self.inner.clock.now()).await
    }

    fn month(&self) -> (Timestamp, Timestamp) {
        let now = self.inner.clock.now().to_zoned(jiff::tz::TimeZone::UTC);
        let first = now.first_of_month().and_then(|day| day.start_of_day());
        let next = first.clone().and_then(|day| day.checked_add(jiff::Span::new().months(1)));
        let or_now =
            |at: std::result::Result<jiff::Zoned, _>| at.map_or(now.timestamp(), |at| at.timestamp());
        (or_now(first), or_now(next))
    }

    async fn token(&self, account: &Account) -> Result<Secret> {
        tokens::make(account, &self.signing_key().await?, self.inner.clock.now())
    }

    /// What tokens are signed with: what was given from outside, else one of our own that is made once.
    async fn signing_key(&self) -> Result<Secret> {
        let made = self.inner.signing.get_or_try_init(|| async {
            let secrets = &self.inner.secrets;
            if let Some(given) = secrets.get(tokens::SIGNING_KEY).await? {
                return Ok::<_, Error>(given);
            }
            let fresh = tokens::new_signing_key();
            secrets.set(tokens::SIGNING_KEY, fresh.clone()).await?;
            Ok(fresh)
        });
        made.await.cloned()
    }

    async fn witness<T>(&self, what: &str, whose: &str, outcome: &Result<T>) {
        let input = json!({ "account": whose });
        self.inner.gate.witness(&format!("account.{what}"), input, outcome.as_ref().map(drop)).await;
    }
}

/// An address, in lower case.
fn address(text: &str) -> Result<String> {
    let text = text.trim().to_lowercase();
    let parts = text.split_once('@').filter(|(name, host)| {
        !name.is_empty()
            && host.contains('.')
            && !host.starts_with('.')
            && !host.ends_with('.')
            && !host.contains('@')
            && !text.contains(char::is_whitespace)
    });
    if parts.is_none() || text.len() > 254 {
        return Err(Error::invalid("that is no email address"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        assert_eq!(address(" Ada@Example.com ").unwrap(), "ada@example.com");
        for bad in ["", "x", "not an address", "@a.b", "a@b", "a@.b", "a@b@c.d"] {
            assert!(address(bad).is_err(), "{bad}");
        }
    }
}
