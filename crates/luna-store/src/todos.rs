//! What the user has to do: rows and queries. (The agent's own background tasks are another concept.)

use luna_model::{CalendarId, Result, Todo, TodoId};
use rusqlite::{Connection, Row, params};

use crate::Db;
use crate::calendar::like;
use crate::row::{all, id, id_or_none, micros, one, run, text, time, time_or_none, to_word, word};

pub(crate) const TODO_COLUMNS: &str =
    "id, calendar, uid, title, notes, due, priority, completed_at, created_at, updated_at";

impl Db {
    /// A thing to do.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn todo(&self, id: TodoId) -> Result<Option<Todo>> {
        let sql = format!("SELECT {TODO_COLUMNS} FROM todos WHERE id = ?1");
        self.read(move |c| one(c, &sql, [id.to_string()], todo)).await
    }

    /// The thing to do of Luna's own that other calendar programs know by this name.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn todo_by_uid(&self, uid: String) -> Result<Option<Todo>> {
        let sql = format!("SELECT {TODO_COLUMNS} FROM todos WHERE uid = ?1 AND calendar IS NULL");
        self.read(move |c| one(c, &sql, [uid], todo)).await
    }

    /// The things to do of one calendar (none = Luna's own).
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn todos_of(&self, calendar: Option<CalendarId>) -> Result<Vec<Todo>> {
        let sql = format!("SELECT {TODO_COLUMNS} FROM todos WHERE calendar IS ?1 ORDER BY created_at, id");
        self.read(move |c| all(c, &sql, [calendar.map(|c| c.to_string())], todo)).await
    }

    /// Things to do: open ones by when they are due (those without a time last), then done ones, last done first.
    /// `completed`: only these; `words`: only those with these words.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn todos(&self, completed: Option<bool>, words: Option<String>) -> Result<Vec<Todo>> {
        let sql = format!(
            "SELECT {TODO_COLUMNS} FROM todos WHERE (?1 IS NULL OR (completed_at IS NOT NULL) = ?1)
             AND (?2 IS NULL OR title LIKE ?2 ESCAPE '\\' OR notes LIKE ?2 ESCAPE '\\')
             ORDER BY completed_at IS NOT NULL, completed_at DESC, due IS NULL, due, created_at"
        );
        self.read(move |c| all(c, &sql, params![completed, words.as_deref().map(like)], todo)).await
    }
}

pub(crate) fn put_todo(c: &Connection, t: &Todo) -> Result<()> {
    run(
        c,
        "INSERT INTO todos (id, uid, title, notes, due, priority, completed_at, created_at, updated_at, calendar)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, (SELECT id FROM calendars WHERE id = ?10))
         ON CONFLICT (id) DO UPDATE SET title = excluded.title, notes = excluded.notes, due = excluded.due,
           priority = excluded.priority, completed_at = excluded.completed_at, updated_at = excluded.updated_at",
        params![
            t.id.to_string(),
            t.uid,
            t.title,
            t.notes,
            t.due.map(micros),
            to_word(&t.priority)?,
            t.completed_at.map(micros),
            micros(t.created_at),
            micros(t.updated_at),
            t.calendar.map(|c| c.to_string())
        ],
    )
    .map(drop)
}

pub(crate) fn todo(row: &Row<'_>) -> Result<Todo> {
    Ok(Todo {
        id: id(row, "id")?,
        calendar: id_or_none(row, "calendar")?,
        uid: text(row, "uid")?,
        title: text(row, "title")?,
        notes: text(row, "notes")?,
        due: time_or_none(row, "due")?,
        priority: word(row, "priority")?,
        completed_at: time_or_none(row, "completed_at")?,
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
    })
}
