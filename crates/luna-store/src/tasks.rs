//! Background tasks of the agent: rows and queries.

use luna_model::{AgentTask, Error, Result, TaskId};
use rusqlite::{Row, params};

use crate::Db;
use crate::db::failure;
use crate::row::{all, id, id_or_none, json, micros, one, run, text, time, to_json, to_word, word};

const COLUMNS: &str = "id, title, description, state, steps, conversation, error, created_at, updated_at";

impl Db {
    /// Stores a task, new or changed. A task that was cancelled stays so, whatever was on its way to be written.
    ///
    /// # Errors
    /// `Cancelled` when it was cancelled before; when it cannot be written.
    pub async fn save_task(&self, task: AgentTask) -> Result<()> {
        self.write(move |c| {
            let saved = run(
                c,
                "INSERT INTO tasks (id, title, description, state, steps, conversation, error, created_at, updated_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                 ON CONFLICT (id) DO UPDATE SET state = excluded.state, steps = excluded.steps,
                   conversation = excluded.conversation, error = excluded.error, updated_at = excluded.updated_at
                 WHERE tasks.state <> 'cancelled'",
                params![
                    task.id.to_string(),
                    task.title,
                    task.description,
                    to_word(&task.state)?,
                    to_json(&task.steps)?,
                    task.conversation.map(|c| c.to_string()),
                    task.error,
                    micros(task.created_at),
                    micros(task.updated_at)
                ],
            )?;
            if saved == 0 { Err(Error::cancelled()) } else { Ok(()) }
        })
        .await
    }

    /// A task.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn task(&self, id: TaskId) -> Result<Option<AgentTask>> {
        self.read(move |c| {
            one(c, &format!("SELECT {COLUMNS} FROM tasks WHERE id = ?1"), [id.to_string()], task)
        })
        .await
    }

    /// The tasks, last moved first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn tasks(&self, limit: u32) -> Result<Vec<AgentTask>> {
        self.read(move |c| {
            all(
                c,
                &format!("SELECT {COLUMNS} FROM tasks ORDER BY updated_at DESC, id DESC LIMIT ?1"),
                [limit],
                task,
            )
        })
        .await
    }

    /// The tasks that were not finished, oldest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn unfinished_tasks(&self) -> Result<Vec<AgentTask>> {
        self.read(|c| {
            let sql = format!(
                "SELECT {COLUMNS} FROM tasks WHERE state IN ('queued', 'in_progress', 'waiting') ORDER BY created_at"
            );
            all(c, &sql, [], task)
        })
        .await
    }
}

fn task(row: &Row<'_>) -> Result<AgentTask> {
    Ok(AgentTask {
        id: id(row, "id")?,
        title: text(row, "title")?,
        description: text(row, "description")?,
        state: word(row, "state")?,
        steps: json(row, "steps")?,
        conversation: id_or_none(row, "conversation")?,
        error: row.get("error").map_err(failure)?,
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
    })
}
