//! The queue of messages that Luna begins by herself. Whoever takes one out delivers it.

use luna_model::{OwnWord, Result};
use rusqlite::{Connection, Row, params};

use crate::Db;
use crate::db::failure;
use crate::row::{all, from_json, micros, one, run, text, time, to_json};

/// Most messages that are read at once.
const MOST: u32 = 200;

impl Db {
    /// Adds a message to the end of the queue.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn queue_proactive(&self, word: OwnWord) -> Result<()> {
        self.write(move |c| queue(c, &word)).await
    }

    /// Takes the oldest message out of the queue.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub async fn take_proactive(&self) -> Result<Option<OwnWord>> {
        self.write(|c| {
            let sql = "DELETE FROM proactive WHERE seq = (SELECT min(seq) FROM proactive) RETURNING *";
            one(c, sql, [], own_word)
        })
        .await
    }

    /// Takes the messages of this text out of the queue, and says whether there were any.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn take_proactive_of(&self, message: String) -> Result<bool> {
        self.write(move |c| Ok(run(c, "DELETE FROM proactive WHERE text = ?1", [message])? > 0)).await
    }

    /// The oldest messages of the queue, which stay in it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn waiting_proactive(&self) -> Result<Vec<OwnWord>> {
        self.read(|c| all(c, "SELECT * FROM proactive ORDER BY seq LIMIT ?1", [MOST], own_word)).await
    }
}

/// Adds a message to the end of the queue, in a write that does more.
pub(crate) fn queue(c: &Connection, word: &OwnWord) -> Result<()> {
    let about = word.about.as_ref().map(to_json).transpose()?;
    let sql = "INSERT INTO proactive (text, about, created_at) VALUES (?1, ?2, ?3)";
    run(c, sql, params![word.text, about, micros(word.at)]).map(drop)
}

fn own_word(row: &Row<'_>) -> Result<OwnWord> {
    let about: Option<String> = row.get("about").map_err(failure)?;
    Ok(OwnWord {
        text: text(row, "text")?,
        about: about.map(|about| from_json(&about)).transpose()?,
        at: time(row, "created_at")?,
    })
}
