//! Accounts, their keys, what they had done and what they pay for: rows and queries.

use luna_model::{Account, AccountId, ApiKey, ApiKeyId, Error, Membership, Result, Tier, Timestamp};
use rusqlite::{Connection, Row, params};

use crate::Db;
use crate::db::failure;
use crate::row::{all, id, micros, one, run, text, time, time_or_none, to_word, word};

/// What is known of an account's password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Password {
    /// The account.
    pub account: Account,
    /// The argon2id hash, with its salt and costs.
    pub hash: String,
    /// Wrong ones since the last right one.
    pub failures: u32,
    /// Until when none is looked at.
    pub locked_until: Option<Timestamp>,
}

/// How often an account had something done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Executions {
    /// Agents.
    pub agents: u32,
    /// Chains.
    pub chains: u32,
}

const COLUMNS: &str = "id, email, name, tier, created_at";
const KEY_COLUMNS: &str = "id, account, name, prefix, created_at, last_used_at";

/// Something that the payment provider told of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentNews {
    /// Its own id; the same when it is told again.
    pub event: String,
    /// Which subscription.
    pub subscription: String,
    /// When it happened, to the second.
    pub at: Timestamp,
    /// What comes after what within a second: [`PaymentNews::BEGAN`], `CHANGED`, `ENDED`.
    pub rank: u8,
}

impl PaymentNews {
    /// It began.
    pub const BEGAN: u8 = 0;
    /// It changed.
    pub const CHANGED: u8 = 1;
    /// It ended.
    pub const ENDED: u8 = 2;
}

impl Db {
    /// Stores a new account.
    ///
    /// # Errors
    /// `Conflict` when there is one with this address.
    pub async fn add_account(&self, account: Account, hash: String) -> Result<()> {
        self.write(move |c| {
            let added = run(
                c,
                "INSERT INTO accounts (id, email, name, tier, password, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (email) DO NOTHING",
                params![
                    account.id.to_string(),
                    account.email,
                    account.name,
                    to_word(&account.tier)?,
                    hash,
                    micros(account.created_at)
                ],
            )?;
            if added == 0 { Err(Error::conflict("Email already registered")) } else { Ok(()) }
        })
        .await
    }

    /// An account.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn account(&self, id: AccountId) -> Result<Option<Account>> {
        self.read(move |c| find(c, id)).await
    }

    /// The accounts, oldest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn accounts(&self) -> Result<Vec<Account>> {
        self.read(|c| all(c, &format!("SELECT {COLUMNS} FROM accounts ORDER BY created_at"), [], account))
            .await
    }

    /// The account with this address, and what is known of its password.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn password(&self, email: String) -> Result<Option<Password>> {
        self.read(move |c| {
            let sql =
                format!("SELECT {COLUMNS}, password, failures, locked_until FROM accounts WHERE email = ?1");
            one(c, &sql, [email], |row| {
                Ok(Password {
                    account: account(row)?,
                    hash: text(row, "password")?,
                    failures: row.get("failures").map_err(failure)?,
                    locked_until: time_or_none(row, "locked_until")?,
                })
            })
        })
        .await
    }

    /// Writes down how a try to sign in went.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn signed_in(
        &self,
        id: AccountId,
        failures: u32,
        locked_until: Option<Timestamp>,
    ) -> Result<()> {
        self.write(move |c| {
            run(
                c,
                "UPDATE accounts SET failures = ?2, locked_until = ?3 WHERE id = ?1",
                params![id.to_string(), failures, locked_until.map(micros)],
            )?;
            Ok(())
        })
        .await
    }

    /// Moves an account to another tier.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn set_tier(&self, id: AccountId, tier: Tier) -> Result<Account> {
        self.write(move |c| {
            run(c, "UPDATE accounts SET tier = ?2 WHERE id = ?1", params![id.to_string(), to_word(&tier)?])?;
            find(c, id)?.ok_or_else(|| Error::not_found("there is no such account"))
        })
        .await
    }

    /// The payment provider's name for an account.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn customer(&self, id: AccountId) -> Result<Option<String>> {
        self.read(move |c| {
            let sql = "SELECT customer FROM accounts WHERE id = ?1";
            let found: Option<Option<String>> =
                one(c, sql, [id.to_string()], |row| row.get("customer").map_err(failure))?;
            Ok(found.flatten())
        })
        .await
    }

    /// Keeps the payment provider's name for an account.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn set_customer(&self, id: AccountId, customer: String) -> Result<()> {
        self.write(move |c| {
            run(c, "UPDATE accounts SET customer = ?2 WHERE id = ?1", params![id.to_string(), customer])?;
            Ok(())
        })
        .await
    }

    /// The account that the payment provider calls so.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn account_of_customer(&self, customer: String) -> Result<Option<Account>> {
        self.read(move |c| {
            one(c, &format!("SELECT {COLUMNS} FROM accounts WHERE customer = ?1"), [customer], account)
        })
        .await
    }

    /// Stores a key, if the account has fewer than `most`.
    ///
    /// # Errors
    /// `LimitReached` when it has as many.
    pub async fn add_api_key(&self, key: ApiKey, digest: String, most: u32) -> Result<()> {
        self.write(move |c| {
            let count: u32 = one(
                c,
                "SELECT count(*) AS n FROM api_keys WHERE account = ?1",
                [key.account.to_string()],
                |row| row.get("n").map_err(failure),
            )?
            .unwrap_or_default();
            if count >= most {
                return Err(Error::limit(format!("an account has at most {most} keys; revoke one first")));
            }
            run(
                c,
                "INSERT INTO api_keys (id, account, name, prefix, digest, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    key.id.to_string(),
                    key.account.to_string(),
                    key.name,
                    key.prefix,
                    digest,
                    micros(key.created_at)
                ],
            )?;
            Ok(())
        })
        .await
    }

    /// The keys of an account, oldest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn api_keys(&self, account: AccountId) -> Result<Vec<ApiKey>> {
        self.read(move |c| {
            let sql =
                format!("SELECT {KEY_COLUMNS} FROM api_keys WHERE account = ?1 ORDER BY created_at, id");
            all(c, &sql, [account.to_string()], key)
        })
        .await
    }

    /// The account of the key with this digest, and the key.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn account_of_key(&self, digest: String) -> Result<Option<(Account, ApiKey)>> {
        self.read(move |c| {
            let sql = format!("SELECT {KEY_COLUMNS} FROM api_keys WHERE digest = ?1");
            let Some(key) = one(c, &sql, [digest], key)? else { return Ok(None) };
            Ok(find(c, key.account)?.map(|account| (account, key)))
        })
        .await
    }

    /// A key was used.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn api_key_used(&self, id: ApiKeyId, at: Timestamp) -> Result<()> {
        self.write(move |c| {
            run(
                c,
                "UPDATE api_keys SET last_used_at = ?2 WHERE id = ?1",
                params![id.to_string(), micros(at)],
            )?;
            Ok(())
        })
        .await
    }

    /// Deletes a key of an account.
    ///
    /// # Errors
    /// `NotFound` when it has none of this id.
    pub async fn delete_api_key(&self, account: AccountId, id: ApiKeyId) -> Result<()> {
        self.write(move |c| {
            let sql = "DELETE FROM api_keys WHERE id = ?1 AND account = ?2";
            match run(c, sql, params![id.to_string(), account.to_string()])? {
                0 => Err(Error::not_found("there is no such key")),
                _ => Ok(()),
            }
        })
        .await
    }

    /// How often an account had something done since then.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn executions(&self, account: AccountId, since: Timestamp) -> Result<Executions> {
        self.read(move |c| count(c, account, since)).await
    }

    /// Writes down that an account has something done, unless it had `most` since then already.
    ///
    /// # Errors
    /// `LimitReached` when it had.
    pub async fn add_execution(
        &self,
        account: AccountId,
        (kind, what): (&'static str, String),
        (since, most): (Timestamp, u32),
        at: Timestamp,
    ) -> Result<()> {
        self.write(move |c| {
            let had = count(c, account, since)?;
            if had.agents + had.chains >= most {
                return Err(Error::limit(format!("{most} executions a month are used up")));
            }
            run(
                c,
                "INSERT INTO executions (account, kind, what, at) VALUES (?1, ?2, ?3, ?4)",
                params![account.to_string(), kind, what, micros(at)],
            )?;
            Ok(())
        })
        .await
    }

    /// What an account has running with the payment provider.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn subscription(&self, account: AccountId) -> Result<Option<Membership>> {
        self.read(move |c| {
            let sql = "SELECT id, tier, status, period_start, period_end, ends, created_at FROM subscriptions WHERE account = ?1";
            one(c, sql, [account.to_string()], |row| {
                Ok(Membership {
                    id: text(row, "id")?,
                    tier: word(row, "tier")?,
                    status: text(row, "status")?,
                    period_start: time(row, "period_start")?,
                    period_end: time(row, "period_end")?,
                    ends: row.get("ends").map_err(failure)?,
                    created_at: time(row, "created_at")?,
                })
            })
        })
        .await
    }

    /// Takes what was told of a subscription, once and in the order in which it was said; whether it changed anything. An
    /// ended subscription (none) takes only itself away, and `tier` goes back to free only when nothing else runs.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn take_subscription(
        &self,
        told: PaymentNews,
        account: AccountId,
        subscription: Option<Membership>,
        tier: Tier,
        at: Timestamp,
    ) -> Result<bool> {
        self.write(move |c| {
            let sql = "INSERT INTO payment_events (id, at) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING";
            if run(c, sql, params![told.event, micros(at)])? == 0 || !newest(c, &told)? {
                return Ok(false);
            }
            let account = account.to_string();
            let sql = "SELECT id, created_at FROM subscriptions WHERE account = ?1";
            let running = one(c, sql, [&account], |row| Ok((text(row, "id")?, time(row, "created_at")?)))?;
            let other = running.filter(|(id, _)| *id != told.subscription);
            match (other, &subscription) {
                // The end of an earlier one, or news of it.
                (Some(_), None) => return Ok(false),
                (Some((_, began)), Some(s)) if s.created_at < began => return Ok(false),
                _ => {}
            }
            run(c, "DELETE FROM subscriptions WHERE account = ?1", [&account])?;
            if let Some(s) = subscription {
                run(
                    c,
                    "INSERT INTO subscriptions (account, id, tier, status, period_start, period_end, ends, created_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                    params![
                        account,
                        s.id,
                        to_word(&s.tier)?,
                        s.status,
                        micros(s.period_start),
                        micros(s.period_end),
                        s.ends,
                        micros(s.created_at)
                    ],
                )?;
            }
            run(c, "UPDATE accounts SET tier = ?2 WHERE id = ?1", params![account, to_word(&tier)?])?;
            Ok(true)
        })
        .await
    }

    /// The newest that was told of a subscription: when, and its rank.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn payment_mark(&self, subscription: String) -> Result<Option<(Timestamp, u8)>> {
        self.read(move |c| mark(c, &subscription)).await
    }
}

fn mark(c: &Connection, subscription: &str) -> Result<Option<(Timestamp, u8)>> {
    let sql = "SELECT at, rank FROM payment_marks WHERE subscription = ?1";
    one(c, sql, [subscription], |row| Ok((time(row, "at")?, row.get("rank").map_err(failure)?)))
}

/// Whether nothing newer was told of this subscription; then this is the newest.
fn newest(c: &Connection, told: &PaymentNews) -> Result<bool> {
    let known = mark(c, &told.subscription)?;
    let newest = known.is_none_or(|(at, rank)| {
        // What ended does not go on, whatever clocks say.
        rank < PaymentNews::ENDED && (told.rank == PaymentNews::ENDED || (told.at, told.rank) >= (at, rank))
    });
    if newest {
        let sql = "INSERT INTO payment_marks (subscription, at, rank) VALUES (?1, ?2, ?3)
                   ON CONFLICT (subscription) DO UPDATE SET at = excluded.at, rank = excluded.rank";
        run(c, sql, params![told.subscription, micros(told.at), told.rank])?;
    }
    Ok(newest)
}

fn find(c: &Connection, id: AccountId) -> Result<Option<Account>> {
    one(c, &format!("SELECT {COLUMNS} FROM accounts WHERE id = ?1"), [id.to_string()], account)
}

fn count(c: &Connection, account: AccountId, since: Timestamp) -> Result<Executions> {
    let sql = "SELECT kind, count(*) AS n FROM executions WHERE account = ?1 AND at >= ?2 GROUP BY kind";
    let mut had = Executions::default();
    for (kind, n) in all(c, sql, params![account.to_string(), micros(since)], |row| {
        Ok((text(row, "kind")?, row.get::<_, u32>("n").map_err(failure)?))
    })? {
        if kind == "chain" { had.chains = n } else { had.agents += n }
    }
    Ok(had)
}

fn account(row: &Row<'_>) -> Result<Account> {
    Ok(Account {
        id: id(row, "id")?,
        email: text(row, "email")?,
        name: text(row, "name")?,
        tier: word(row, "tier")?,
        created_at: time(row, "created_at")?,
    })
}

fn key(row: &Row<'_>) -> Result<ApiKey> {
    Ok(ApiKey {
        id: id(row, "id")?,
        account: id(row, "account")?,
        name: text(row, "name")?,
        prefix: text(row, "prefix")?,
        created_at: time(row, "created_at")?,
        last_used_at: time_or_none(row, "last_used_at")?,
    })
}
