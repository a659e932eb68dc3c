//! Conversations: rows and queries.

use luna_model::{Conversation, ConversationId, Error, Result, Timestamp};
use rusqlite::{Connection, Row, params};

use crate::Db;
use crate::row::{all, id, micros, one, run, text, time};

/// Whose a conversation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConversationKind {
    /// The user's: listed and searched.
    User,
    /// A background task's own: neither.
    Task,
    /// With somebody who writes from elsewhere: neither.
    Guest,
}

impl ConversationKind {
    const fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Task => "task",
            Self::Guest => "guest",
        }
    }
}

const COLUMNS: &str = "id, title, pinned, message_count, created_at, updated_at";

impl Db {
    /// Makes a conversation.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn create_conversation(
        &self,
        id: ConversationId,
        kind: ConversationKind,
        title: String,
        at: Timestamp,
    ) -> Result<()> {
        self.write(move |c| {
            run(
                c,
                "INSERT INTO conversations (id, kind, title, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?4)",
                params![id.to_string(), kind.word(), title, micros(at)],
            )?;
            Ok(())
        })
        .await
    }

    /// The conversation, unless there is none or it was deleted.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn conversation(&self, id: ConversationId) -> Result<Option<Conversation>> {
        self.read(move |c| find(c, id)).await
    }

    /// The user's conversations, last used first, at most `limit`, older than `before`.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn conversations(&self, limit: u32, before: Option<Timestamp>) -> Result<Vec<Conversation>> {
        self.read(move |c| {
            let sql = format!(
                "SELECT {COLUMNS} FROM conversations WHERE kind = 'user' AND deleted_at IS NULL AND updated_at < ?1
                 ORDER BY updated_at DESC, id DESC LIMIT ?2"
            );
            all(c, &sql, params![before.map_or(i64::MAX, micros), limit], conversation)
        })
        .await
    }

    /// Changes title and pin; none = as it was. The conversation afterwards.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn change_conversation(
        &self,
        id: ConversationId,
        title: Option<String>,
        pinned: Option<bool>,
    ) -> Result<Conversation> {
        self.write(move |c| {
            run(
                c,
                "UPDATE conversations SET title = coalesce(?2, title), pinned = coalesce(?3, pinned)
                 WHERE id = ?1 AND deleted_at IS NULL",
                params![id.to_string(), title, pinned],
            )?;
            find(c, id)?.ok_or_else(missing)
        })
        .await
    }

    /// Takes a conversation out of sight; [`Db::restore_conversation`] brings it back until it is purged.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn hide_conversation(&self, id: ConversationId, at: Timestamp) -> Result<()> {
        self.write(move |c| {
            let changed = run(
                c,
                "UPDATE conversations SET deleted_at = ?2 WHERE id = ?1 AND deleted_at IS NULL",
                params![id.to_string(), micros(at)],
            )?;
            if changed == 0 { Err(missing()) } else { Ok(()) }
        })
        .await
    }

    /// Brings a hidden conversation back.
    ///
    /// # Errors
    /// `NotFound` when there is none, or it is gone for good.
    pub async fn restore_conversation(&self, id: ConversationId) -> Result<Conversation> {
        self.write(move |c| {
            run(c, "UPDATE conversations SET deleted_at = NULL WHERE id = ?1", [id.to_string()])?;
            find(c, id)?.ok_or_else(missing)
        })
        .await
    }

    /// Deletes a conversation and its messages for good.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn delete_conversation(&self, id: ConversationId) -> Result<()> {
        self.write(move |c| {
            let changed =
                run(c, "DELETE FROM conversations WHERE id = ?1 AND deleted_at IS NULL", [id.to_string()])?;
            if changed == 0 { Err(missing()) } else { Ok(()) }
        })
        .await
    }

    /// Deletes for good what was hidden before `before`; how many.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn purge_conversations(&self, before: Timestamp) -> Result<usize> {
        self.write(move |c| run(c, "DELETE FROM conversations WHERE deleted_at < ?1", [micros(before)])).await
    }
}

pub(crate) fn find(c: &Connection, id: ConversationId) -> Result<Option<Conversation>> {
    let sql = format!("SELECT {COLUMNS} FROM conversations WHERE id = ?1 AND deleted_at IS NULL");
    one(c, &sql, [id.to_string()], conversation)
}

fn conversation(row: &Row<'_>) -> Result<Conversation> {
    let count: i64 = row.get("message_count").map_err(crate::db::failure)?;
    Ok(Conversation {
        id: id(row, "id")?,
        title: text(row, "title")?,
        pinned: row.get("pinned").map_err(crate::db::failure)?,
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
        message_count: u64::try_from(count).unwrap_or_default(),
    })
}

pub(crate) fn missing() -> Error {
    Error::not_found("there is no such conversation")
}
