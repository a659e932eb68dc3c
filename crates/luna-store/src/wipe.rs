//! Forgetting everything: every row of every table, overwritten and not only unlinked.

use luna_model::Result;

use crate::Db;
use crate::db::failure;
use crate::row::{all, run, text};

/// Tables that hold what Luna knows. Those of a full-text index follow by their triggers. Who may come in is not what she
/// knows, and stays.
const TABLES: &str =
    "SELECT t.name FROM sqlite_schema t WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name <> 'users'
   AND NOT EXISTS (SELECT 1 FROM sqlite_schema v WHERE v.sql LIKE 'CREATE VIRTUAL TABLE%'
                     AND (t.name = v.name OR t.name LIKE v.name || '_%'))";

impl Db {
    /// Deletes every row. The schema stays.
    ///
    /// # Errors
    /// When it cannot be written; then everything is still there.
    pub async fn wipe(&self) -> Result<()> {
        self.write(|c| {
            c.pragma_update(None, "secure_delete", true).map_err(failure)?;
            c.pragma_update(None, "defer_foreign_keys", true).map_err(failure)?;
            for table in all(c, TABLES, [], |row| text(row, "name"))? {
                run(c, &format!("DELETE FROM \"{table}\""), [])?;
            }
            Ok(())
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_is_left_and_all_can_begin_again() {
        let db = Db::in_memory().unwrap();
        let (conversation, now) = (luna_model::ConversationId::new(), luna_model::Timestamp::UNIX_EPOCH);
        db.create_conversation(conversation, crate::ConversationKind::User, "secret".into(), now)
            .await
            .unwrap();
        db.set_document("state", &serde_json::json!({"a": 1})).await.unwrap();
        db.wipe().await.unwrap();
        assert!(db.conversations(10, None).await.unwrap().is_empty());
        assert_eq!(db.document::<serde_json::Value>("state").await.unwrap(), None);
        assert!(db.search_messages("secret".into(), 10).await.unwrap().is_empty());
        db.create_conversation(conversation, crate::ConversationKind::User, "new".into(), now).await.unwrap();
    }
}
