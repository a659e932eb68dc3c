//! Single documents by name: the settings, the interface's state, the personality.

use luna_model::Result;
use rusqlite::params;
use serde::{Serialize, de::DeserializeOwned};

use crate::Db;
use crate::row::{from_json, one, run, text, to_json};

impl Db {
    /// The document of this name, if there is one.
    ///
    /// # Errors
    /// When it cannot be read, or is of another shape.
    pub async fn document<T: DeserializeOwned + Send + 'static>(
        &self,
        name: &'static str,
    ) -> Result<Option<T>> {
        self.read(move |c| {
            let found =
                one(c, "SELECT value FROM documents WHERE name = ?1", [name], |row| text(row, "value"))?;
            found.map(|t| from_json(&t)).transpose()
        })
        .await
    }

    /// Stores a document, replacing what was there.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn set_document<T: Serialize>(&self, name: &'static str, value: &T) -> Result<()> {
        let value = to_json(value)?;
        self.write(move |c| {
            run(
                c,
                "INSERT INTO documents (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                params![name, value],
            )?;
            Ok(())
        })
        .await
    }
}
