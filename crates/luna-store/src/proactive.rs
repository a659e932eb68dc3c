//! The queue of messages that Luna begins by herself.

use luna_model::{Result, Timestamp};
use rusqlite::params;

use crate::Db;
use crate::row::{micros, one, run, text};

impl Db {
    /// Adds a message to the end of the queue.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn queue_proactive(&self, message: String, at: Timestamp) -> Result<()> {
        self.write(move |c| {
            run(c, "INSERT INTO proactive (text, created_at) VALUES (?1, ?2)", params![message, micros(at)])
                .map(drop)
        })
        .await
    }

    /// Takes the oldest message out of the queue.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub async fn take_proactive(&self) -> Result<Option<String>> {
        self.write(|c| {
            let sql = "DELETE FROM proactive WHERE seq = (SELECT min(seq) FROM proactive) RETURNING text";
            one(c, sql, [], |row| text(row, "text"))
        })
        .await
    }
}
