//! Webhooks and channels: rows and queries.

use luna_model::{ChannelSetup, Error, Result, Timestamp, Webhook, WebhookId};
use rusqlite::{Row, params};

use crate::Db;
use crate::db::failure;
use crate::row::{all, id, id_or_none, json, micros, one, run, text, time, time_or_none, to_json};

const COLUMNS: &str = "id, name, secret, enabled, conversation, handler, triggered_at, created_at";

impl Db {
    /// Stores a webhook, new or changed.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn save_webhook(&self, hook: Webhook) -> Result<()> {
        self.write(move |c| {
            run(
                c,
                "INSERT INTO webhooks (id, name, secret, enabled, conversation, handler, triggered_at, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                 ON CONFLICT (id) DO UPDATE SET name = excluded.name, enabled = excluded.enabled,
                   conversation = excluded.conversation, handler = excluded.handler",
                params![
                    hook.id.to_string(),
                    hook.name,
                    hook.secret,
                    hook.enabled,
                    hook.conversation.map(|c| c.to_string()),
                    hook.handler,
                    hook.triggered_at.map(micros),
                    micros(hook.created_at)
                ],
            )?;
            Ok(())
        })
        .await
    }

    /// A webhook was used.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn webhook_used(&self, id: WebhookId, at: Timestamp) -> Result<()> {
        self.write(move |c| {
            run(
                c,
                "UPDATE webhooks SET triggered_at = ?2 WHERE id = ?1",
                params![id.to_string(), micros(at)],
            )?;
            Ok(())
        })
        .await
    }

    /// The webhooks, newest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn webhooks(&self) -> Result<Vec<Webhook>> {
        self.read(|c| {
            all(c, &format!("SELECT {COLUMNS} FROM webhooks ORDER BY created_at DESC"), [], webhook)
        })
        .await
    }

    /// A webhook.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn webhook(&self, id: WebhookId) -> Result<Webhook> {
        self.read(move |c| {
            one(c, &format!("SELECT {COLUMNS} FROM webhooks WHERE id = ?1"), [id.to_string()], webhook)?
                .ok_or_else(|| Error::not_found("there is no such webhook"))
        })
        .await
    }

    /// Deletes a webhook.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn delete_webhook(&self, id: WebhookId) -> Result<()> {
        self.write(move |c| match run(c, "DELETE FROM webhooks WHERE id = ?1", [id.to_string()])? {
            0 => Err(Error::not_found("there is no such webhook")),
            _ => Ok(()),
        })
        .await
    }

    /// Stores a channel, new or changed.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn save_channel_setup(&self, channel: ChannelSetup) -> Result<()> {
        self.write(move |c| {
            run(
                c,
                "INSERT INTO channel_setups (id, kind, config, enabled, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (id) DO UPDATE SET config = excluded.config, enabled = excluded.enabled",
                params![
                    channel.id,
                    channel.kind,
                    to_json(&channel.config)?,
                    channel.enabled,
                    micros(channel.created_at)
                ],
            )?;
            Ok(())
        })
        .await
    }

    /// The channels that were ever set up.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn channel_setups(&self) -> Result<Vec<ChannelSetup>> {
        self.read(|c| {
            all(
                c,
                "SELECT id, kind, config, enabled, created_at FROM channel_setups ORDER BY id",
                [],
                |row| {
                    Ok(ChannelSetup {
                        id: text(row, "id")?,
                        kind: text(row, "kind")?,
                        config: json(row, "config")?,
                        enabled: row.get("enabled").map_err(failure)?,
                        created_at: time(row, "created_at")?,
                    })
                },
            )
        })
        .await
    }
}

fn webhook(row: &Row<'_>) -> Result<Webhook> {
    Ok(Webhook {
        id: id(row, "id")?,
        name: text(row, "name")?,
        secret: text(row, "secret")?,
        enabled: row.get("enabled").map_err(failure)?,
        conversation: id_or_none(row, "conversation")?,
        handler: text(row, "handler")?,
        triggered_at: time_or_none(row, "triggered_at")?,
        created_at: time(row, "created_at")?,
    })
}
