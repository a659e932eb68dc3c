//! What a conversation has of its own: a model, instructions, the channel it is held on.

use luna_model::{ConversationId, Result};
use rusqlite::params;

use crate::Db;
use crate::db::failure;
use crate::row::{one, run};

/// What a conversation has of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traits {
    /// The model that answers.
    pub model: Option<String>,
    /// What holds in it, besides what always holds.
    pub instructions: Option<String>,
    /// The channel it is held on.
    pub channel: Option<String>,
}

impl Db {
    /// What a conversation has of its own.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn traits(&self, conversation: ConversationId) -> Result<Traits> {
        self.read(move |c| {
            let sql = "SELECT model, instructions, channel FROM conversation_traits WHERE conversation = ?1";
            let found = one(c, sql, [conversation.to_string()], |row| {
                Ok(Traits {
                    model: row.get("model").map_err(failure)?,
                    instructions: row.get("instructions").map_err(failure)?,
                    channel: row.get("channel").map_err(failure)?,
                })
            })?;
            Ok(found.unwrap_or_default())
        })
        .await
    }

    /// Sets what a conversation has of its own.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn set_traits(&self, conversation: ConversationId, traits: Traits) -> Result<()> {
        self.write(move |c| {
            run(
                c,
                "INSERT INTO conversation_traits (conversation, model, instructions, channel) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (conversation) DO UPDATE SET model = excluded.model, instructions = excluded.instructions,
                   channel = excluded.channel",
                params![conversation.to_string(), traits.model, traits.instructions, traits.channel],
            )?;
            Ok(())
        })
        .await
    }
}
