//! Sessions: conversations under a client's own name, and the summaries of their stretches.

use luna_model::{ConversationId, Message, Result, Timestamp};
use rusqlite::params;

use crate::Db;
use crate::db::failure;
use crate::messages;
use crate::row::{all, id, micros, one, run, text, time};

/// What a stretch of a session was about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Its first message, counted from 1.
    pub first: u64,
    /// Its last message.
    pub last: u64,
    /// The text.
    pub text: String,
    /// When it was made.
    pub at: Timestamp,
}

impl Db {
    /// The conversation of a session.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn session(&self, name: String) -> Result<Option<ConversationId>> {
        self.read(move |c| {
            one(
                c,
                "SELECT s.conversation FROM sessions s JOIN conversations v ON v.id = s.conversation
                 WHERE s.name = ?1 AND v.deleted_at IS NULL",
                [name],
                |row| id(row, "conversation"),
            )
        })
        .await
    }

    /// The name under which a conversation is a session.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn session_name(&self, conversation: ConversationId) -> Result<Option<String>> {
        self.read(move |c| {
            let sql = "SELECT name FROM sessions WHERE conversation = ?1";
            one(c, sql, [conversation.to_string()], |row| text(row, "name"))
        })
        .await
    }

    /// Gives a conversation a session's name; one that had it before is a session no more.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn name_session(
        &self,
        name: String,
        conversation: ConversationId,
        at: Timestamp,
    ) -> Result<()> {
        self.write(move |c| {
            run(
                c,
                "INSERT INTO sessions (name, conversation, created_at) VALUES (?1, ?2, ?3)
                 ON CONFLICT (name) DO UPDATE SET conversation = excluded.conversation, created_at = excluded.created_at",
                params![name, conversation.to_string(), micros(at)],
            )?;
            Ok(())
        })
        .await
    }

    /// Messages of a conversation by their number, counted from 1, oldest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn stretch(&self, conversation: ConversationId, first: u64, last: u64) -> Result<Vec<Message>> {
        self.read(move |c| messages::numbered(c, conversation, first, last)).await
    }

    /// The newest summaries of a session, newest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn session_summaries(&self, conversation: ConversationId, limit: u32) -> Result<Vec<Stretch>> {
        self.read(move |c| {
            all(
                c,
                "SELECT first, last, text, created_at FROM session_summaries WHERE conversation = ?1
                 ORDER BY last DESC LIMIT ?2",
                params![conversation.to_string(), limit],
                |row| {
                    Ok(Stretch {
                        first: row.get::<_, i64>("first").map_err(failure)?.unsigned_abs(),
                        last: row.get::<_, i64>("last").map_err(failure)?.unsigned_abs(),
                        text: text(row, "text")?,
                        at: time(row, "created_at")?,
                    })
                },
            )
        })
        .await
    }

    /// Keeps a summary, and no more than `most` of a session's.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn add_session_summary(
        &self,
        conversation: ConversationId,
        stretch: Stretch,
        most: u32,
    ) -> Result<()> {
        self.write(move |c| {
            let conversation = conversation.to_string();
            run(
                c,
                "INSERT INTO session_summaries (conversation, first, last, text, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (conversation, last) DO NOTHING",
                params![
                    conversation,
                    i64::try_from(stretch.first).unwrap_or(i64::MAX),
                    i64::try_from(stretch.last).unwrap_or(i64::MAX),
                    stretch.text,
                    micros(stretch.at)
                ],
            )?;
            run(
                c,
                "DELETE FROM session_summaries WHERE conversation = ?1 AND last NOT IN
                   (SELECT last FROM session_summaries WHERE conversation = ?1 ORDER BY last DESC LIMIT ?2)",
                params![conversation, most],
            )?;
            Ok(())
        })
        .await
    }
}
