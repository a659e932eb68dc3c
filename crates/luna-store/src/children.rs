//! Child agents: rows and queries.

use luna_model::{Child, ChildId, Result};
use rusqlite::{Row, params};

use crate::Db;
use crate::db::failure;
use crate::row::{all, id, id_or_none, micros, one, run, text, time, time_or_none, to_word, word};

const COLUMNS: &str =
    "id, parent, name, model, instructions, state, budget, spent, conversation, output, created_at, ended_at";

impl Db {
    /// Stores a child agent, new or changed. One that ended stays so.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn save_child(&self, child: Child) -> Result<()> {
        self.write(move |c| {
            run(
                c,
                "INSERT INTO children (id, parent, name, model, instructions, state, budget, spent, conversation, output, created_at, ended_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
                 ON CONFLICT (id) DO UPDATE SET state = excluded.state, spent = excluded.spent, output = excluded.output,
                   ended_at = excluded.ended_at WHERE children.ended_at IS NULL",
                params![
                    child.id.to_string(),
                    child.parent.map(|p| p.to_string()),
                    child.name,
                    child.model,
                    child.instructions,
                    to_word(&child.state)?,
                    child.budget,
                    child.spent,
                    child.conversation.to_string(),
                    child.output,
                    micros(child.created_at),
                    child.ended_at.map(micros)
                ],
            )?;
            Ok(())
        })
        .await
    }

    /// The child agents, newest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn children(&self, limit: u32) -> Result<Vec<Child>> {
        self.read(move |c| {
            all(
                c,
                &format!("SELECT {COLUMNS} FROM children ORDER BY created_at DESC, id DESC LIMIT ?1"),
                [limit],
                child,
            )
        })
        .await
    }

    /// A child agent.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn child(&self, id: ChildId) -> Result<Option<Child>> {
        self.read(move |c| {
            one(c, &format!("SELECT {COLUMNS} FROM children WHERE id = ?1"), [id.to_string()], child)
        })
        .await
    }
}

fn child(row: &Row<'_>) -> Result<Child> {
    Ok(Child {
        id: id(row, "id")?,
        parent: id_or_none(row, "parent")?,
        name: text(row, "name")?,
        model: text(row, "model")?,
        instructions: text(row, "instructions")?,
        state: word(row, "state")?,
        budget: row.get("budget").map_err(failure)?,
        spent: row.get("spent").map_err(failure)?,
        conversation: id(row, "conversation")?,
        output: row.get("output").map_err(failure)?,
        created_at: time(row, "created_at")?,
        ended_at: time_or_none(row, "ended_at")?,
    })
}
