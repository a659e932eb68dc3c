//! Plans and how their runs went: one JSON document a run, since it is always read and written whole.

use luna_model::{Result, Run, RunId};
use rusqlite::params;

use crate::Db;
use crate::row::{all, json, micros, one, run, to_json, to_word};

impl Db {
    /// Stores a run, new or changed.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn save_run(&self, document: Run) -> Result<()> {
        self.write(move |c| {
            run(
                c,
                "INSERT INTO runs (id, run, state, created_at) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (id) DO UPDATE SET run = excluded.run, state = excluded.state",
                params![
                    document.plan.id.to_string(),
                    to_json(&document)?,
                    to_word(&document.state)?,
                    micros(document.plan.created_at)
                ],
            )?;
            Ok(())
        })
        .await
    }

    /// A run.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn run(&self, id: RunId) -> Result<Option<Run>> {
        self.read(move |c| {
            one(c, "SELECT run FROM runs WHERE id = ?1", [id.to_string()], |row| json(row, "run"))
        })
        .await
    }

    /// The runs, newest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn runs(&self, limit: u32) -> Result<Vec<Run>> {
        self.read(move |c| {
            all(c, "SELECT run FROM runs ORDER BY created_at DESC, id DESC LIMIT ?1", [limit], |row| {
                json(row, "run")
            })
        })
        .await
    }

    /// Runs that were going on when Luna ended.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn interrupted_runs(&self) -> Result<Vec<Run>> {
        self.read(|c| all(c, "SELECT run FROM runs WHERE state = 'running'", [], |row| json(row, "run")))
            .await
    }
}
