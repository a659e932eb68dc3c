//! Accounts of those who call Luna from outside, with their keys.

use luna_model::{Account, AccountId, ApiKey, ApiKeyId, Error, Result, Secret, Tier, Timestamp};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::table::{Context, Done, Empty, Register};

async fn list(cx: Context, _: Empty) -> Result<Vec<Account>> {
    cx.luna.accounts().all().await
}

#[derive(Debug, Deserialize, TS)]
struct CreateAccount {
    email: String,
    password: String,
    name: String,
}

async fn create(cx: Context, q: CreateAccount) -> Result<Account> {
    let (account, _token) = cx.luna.accounts().sign_up(&q.email, &Secret::new(q.password), &q.name).await?;
    Ok(account)
}

#[derive(Debug, Deserialize, TS)]
struct SetTier {
    email: String,
    tier: Tier,
}

async fn set_tier(cx: Context, q: SetTier) -> Result<Account> {
    cx.luna.accounts().set_tier(&q.email, q.tier).await
}

#[derive(Debug, Deserialize, TS)]
struct OneAccount {
    account: AccountId,
}

/// An account with its keys, and what it used of what it may.
#[derive(Debug, Serialize, TS)]
struct AccountView {
    account: Account,
    keys: Vec<ApiKey>,
    /// How many it may have.
    most_keys: u32,
    requests_a_minute: u32,
    /// Agents and chains this month,
    used: u32,
    /// of so many,
    limit: u32,
    /// until then.
    until: Timestamp,
}

async fn get(cx: Context, q: OneAccount) -> Result<AccountView> {
    let accounts = cx.luna.accounts();
    let account = accounts.all().await?.into_iter().find(|a| a.id == q.account);
    let account = account.ok_or_else(|| Error::not_found("there is no such account"))?;
    let usage = accounts.usage(&account).await?;
    Ok(AccountView {
        keys: accounts.keys(account.id).await?,
        most_keys: luna_core::accounts::MOST_KEYS,
        requests_a_minute: account.tier.requests_a_minute(),
        used: usage.used(),
        limit: usage.limit,
        until: usage.until,
        account,
    })
}

#[derive(Debug, Deserialize, TS)]
struct MakeKey {
    account: AccountId,
    name: String,
}

/// A key with its secret, which is shown this once.
#[derive(Debug, Serialize, TS)]
struct MadeKey {
    key: ApiKey,
    secret: String,
}

async fn make_key(cx: Context, q: MakeKey) -> Result<MadeKey> {
    let (key, secret) = cx.luna.accounts().make_key(q.account, &q.name).await?;
    Ok(MadeKey { key, secret: secret.expose().to_owned() })
}

#[derive(Debug, Deserialize, TS)]
struct RevokeKey {
    account: AccountId,
    key: ApiKeyId,
}

async fn revoke_key(cx: Context, q: RevokeKey) -> Result<Done> {
    cx.luna.accounts().revoke_key(q.account, q.key).await?;
    Ok(Done {})
}

pub(crate) fn register(r: &mut Register) {
    r.reply("accounts.list", list);
    r.reply("accounts.create", create);
    r.reply("accounts.get", get);
    r.reply("accounts.set_tier", set_tier);
    r.reply("accounts.make_key", make_key);
    r.reply("accounts.revoke_key", revoke_key);
}
