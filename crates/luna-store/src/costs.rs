//! What requests to models took and cost: rows and sums.

use luna_model::{ConversationId, Result, Timestamp, Usage};
use rusqlite::{Row, params};

use crate::Db;
use crate::db::failure;
use crate::row::{all, id_or_none, micros, one, run, text, time};

/// A request to a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Spending {
    /// The conversation it answered, if it did.
    pub conversation: Option<ConversationId>,
    /// The provider's name.
    pub provider: String,
    /// The model's name.
    pub model: String,
    /// Tokens.
    pub usage: Usage,
    /// US dollars.
    pub cost: f64,
    /// When.
    pub at: Timestamp,
}

impl Db {
    /// Writes a request down.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn add_spending(&self, spent: Spending) -> Result<()> {
        self.write(move |c| {
            run(
                c,
                "INSERT INTO model_usage (conversation, provider, model, input_tokens, output_tokens, cost, at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    spent.conversation.map(|c| c.to_string()),
                    spent.provider,
                    spent.model,
                    whole(spent.usage.input_tokens),
                    whole(spent.usage.output_tokens),
                    spent.cost,
                    micros(spent.at)
                ],
            )?;
            Ok(())
        })
        .await
    }

    /// What was spent since then, in US dollars.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn spent_since(&self, since: Timestamp) -> Result<f64> {
        self.read(move |c| {
            let sql = "SELECT coalesce(sum(cost), 0.0) AS cost FROM model_usage WHERE at >= ?1";
            Ok(one(c, sql, [micros(since)], |row| row.get("cost").map_err(failure))?.unwrap_or_default())
        })
        .await
    }

    /// The requests since then, oldest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn spendings(&self, since: Timestamp) -> Result<Vec<Spending>> {
        self.read(move |c| {
            all(
                c,
                "SELECT conversation, provider, model, input_tokens, output_tokens, cost, at FROM model_usage
                 WHERE at >= ?1 ORDER BY at, seq",
                [micros(since)],
                spending,
            )
        })
        .await
    }

    /// What a conversation took and cost so far.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn spent_in(&self, conversation: ConversationId) -> Result<f64> {
        self.read(move |c| {
            let sql = "SELECT coalesce(sum(cost), 0.0) AS cost FROM model_usage WHERE conversation = ?1";
            let sum = one(c, sql, [conversation.to_string()], |row| row.get("cost").map_err(failure))?;
            Ok(sum.unwrap_or_default())
        })
        .await
    }
}

fn spending(row: &Row<'_>) -> Result<Spending> {
    let count = |name: &str| row.get::<_, i64>(name).map(i64::unsigned_abs).map_err(failure);
    Ok(Spending {
        conversation: id_or_none(row, "conversation")?,
        provider: text(row, "provider")?,
        model: text(row, "model")?,
        usage: Usage { input_tokens: count("input_tokens")?, output_tokens: count("output_tokens")? },
        cost: row.get("cost").map_err(failure)?,
        at: time(row, "at")?,
    })
}

fn whole(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
