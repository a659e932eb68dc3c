//! File changes: what undo knows. The bytes themselves lie in the undo folder under their hash.

use luna_model::{ActionId, FileChange, Result, Timestamp, TurnId};
use rusqlite::{Row, params};

use crate::Db;
use crate::db::failure;
use crate::row::{all, id, id_or_none, json, micros, run, text, time};

/// All that one action changed, as listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedBy {
    /// The action.
    pub action: ActionId,
    /// Its turn.
    pub turn: TurnId,
    /// The tool.
    pub tool: String,
    /// A line.
    pub summary: String,
    /// When.
    pub at: Timestamp,
    /// The files, by absolute path.
    pub files: Vec<String>,
    /// The action that undid it.
    pub undone_by: Option<ActionId>,
}

impl Db {
    /// Writes changes down.
    ///
    /// # Errors
    /// When they cannot be written.
    pub async fn add_changes(&self, tool: String, summary: String, changes: Vec<FileChange>) -> Result<()> {
        self.write(move |c| {
            for change in &changes {
                run(
                    c,
                    "INSERT INTO file_changes (action, turn, tool, summary, path, before, after, at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                    params![
                        change.action.to_string(),
                        change.turn.to_string(),
                        tool,
                        summary,
                        change.path.to_string_lossy(),
                        change.before,
                        change.after,
                        micros(change.at)
                    ],
                )?;
            }
            Ok(())
        })
        .await
    }

    /// What an action changed, in the order it did.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn changes_of_action(&self, action: ActionId) -> Result<Vec<FileChange>> {
        self.changes_where("action = ?1", action.to_string()).await
    }

    /// What a turn changed and was not undone, in the order it did.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn changes_of_turn(&self, turn: TurnId) -> Result<Vec<FileChange>> {
        self.changes_where("turn = ?1 AND undone_by IS NULL", turn.to_string()).await
    }

    async fn changes_where(&self, condition: &'static str, key: String) -> Result<Vec<FileChange>> {
        self.read(move |c| {
            let sql =
                format!("SELECT action, turn, path, before, after, at FROM file_changes WHERE {condition} ORDER BY seq");
            all(c, &sql, [key], change)
        })
        .await
    }

    /// Marks actions as undone by another; none takes the mark away.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn mark_undone(&self, actions: Vec<ActionId>, by: Option<ActionId>) -> Result<()> {
        self.write(move |c| {
            for action in &actions {
                run(
                    c,
                    "UPDATE file_changes SET undone_by = ?2 WHERE action = ?1",
                    params![action.to_string(), by.map(|b| b.to_string())],
                )?;
            }
            Ok(())
        })
        .await
    }

    /// What changed files, newest first.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn changed_by(&self, limit: u32) -> Result<Vec<ChangedBy>> {
        self.read(move |c| {
            all(
                c,
                "SELECT action, turn, tool, summary, max(at) AS at, json_group_array(path) AS files, max(undone_by) AS undone_by
                 FROM file_changes GROUP BY action, turn, tool, summary ORDER BY max(seq) DESC LIMIT ?1",
                [limit],
                |row| {
                    Ok(ChangedBy {
                        action: id(row, "action")?,
                        turn: id(row, "turn")?,
                        tool: text(row, "tool")?,
                        summary: text(row, "summary")?,
                        at: time(row, "at")?,
                        files: json(row, "files")?,
                        undone_by: id_or_none(row, "undone_by")?,
                    })
                },
            )
        })
        .await
    }

    /// The hashes of all contents that some change still refers to.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn kept_contents(&self) -> Result<Vec<String>> {
        self.read(|c| {
            all(
                c,
                "SELECT before AS hash FROM file_changes WHERE before IS NOT NULL
                 UNION SELECT after FROM file_changes WHERE after IS NOT NULL",
                [],
                |row| text(row, "hash"),
            )
        })
        .await
    }

    /// Forgets changes older than this; how many.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn forget_changes(&self, before: Timestamp) -> Result<usize> {
        self.write(move |c| run(c, "DELETE FROM file_changes WHERE at < ?1", [micros(before)])).await
    }
}

fn change(row: &Row<'_>) -> Result<FileChange> {
    Ok(FileChange {
        action: id(row, "action")?,
        turn: id(row, "turn")?,
        path: text(row, "path")?.into(),
        before: row.get("before").map_err(failure)?,
        after: row.get("after").map_err(failure)?,
        at: time(row, "at")?,
    })
}
