//! What went on, told from what is kept of conversations: what was said, what was answered, which tools were called.

use luna_model::{ConversationId, Result, Timestamp};
use rusqlite::{Row, params};

use crate::Db;
use crate::db::failure;
use crate::row::{all, id, text, time};

/// Something that went on.
#[derive(Clone, Debug, PartialEq)]
pub struct Happened {
    /// An id of its own.
    pub id: String,
    /// `said`, `answered` or `called`.
    pub what: String,
    /// The conversation.
    pub conversation: ConversationId,
    /// The channel it is held on, if on one.
    pub channel: Option<String>,
    /// The model that answered.
    pub model: Option<String>,
    /// The tool that was called.
    pub tool: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// What of it is wanted; none = all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Only this.
    pub what: Option<String>,
    /// Only on this channel.
    pub channel: Option<String>,
    /// At most so many,
    pub limit: u32,
    /// after so many.
    pub offset: u32,
}

impl Db {
    /// What went on, newest first.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn activity(&self, wanted: Wanted) -> Result<Vec<Happened>> {
        self.read(move |c| {
            all(
                c,
                "SELECT * FROM (
                   SELECT m.id AS id, CASE m.role WHEN 'user' THEN 'said' ELSE 'answered' END AS what, m.seq AS seq, 0 AS n,
                          m.conversation, t.channel, m.model, NULL AS tool, m.created_at
                   FROM messages m JOIN conversations v ON v.id = m.conversation
                        LEFT JOIN conversation_traits t ON t.conversation = m.conversation
                   WHERE v.deleted_at IS NULL
                   UNION ALL
                   SELECT m.id || '#' || u.key, 'called', m.seq, -1, m.conversation, t.channel, m.model,
                          json_extract(u.value, '$.call.name'), m.created_at
                   FROM messages m JOIN conversations v ON v.id = m.conversation
                        LEFT JOIN conversation_traits t ON t.conversation = m.conversation, json_each(m.tools) u
                   WHERE v.deleted_at IS NULL AND m.tools <> '[]'
                 ) WHERE (?1 IS NULL OR what = ?1) AND (?2 IS NULL OR channel = ?2)
                 ORDER BY created_at DESC, seq DESC, n DESC LIMIT ?3 OFFSET ?4",
                params![wanted.what, wanted.channel, wanted.limit, wanted.offset],
                happened,
            )
        })
        .await
    }
}

fn happened(row: &Row<'_>) -> Result<Happened> {
    Ok(Happened {
        id: text(row, "id")?,
        what: text(row, "what")?,
        conversation: id(row, "conversation")?,
        channel: row.get("channel").map_err(failure)?,
        model: row.get("model").map_err(failure)?,
        tool: row.get("tool").map_err(failure)?,
        at: time(row, "created_at")?,
    })
}
