//! The one way to change the calendar: all of a change or nothing, with what was there before kept under the action that
//! changed it, so that the action can be undone.

use luna_model::{ActionId, Error, EventId, Reminder, ReminderId, Result, Timestamp, Todo, TodoId};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use crate::Db;
use crate::calendar::{EVENT_COLUMNS, EventRow, event, put_event};
use crate::db::failure;
use crate::reminders::{put_reminder, reminder};
use crate::row::{all, from_json, id, micros, one, run, text, time_or_none, to_json};
use crate::todos::{TODO_COLUMNS, put_todo, todo};

/// Something of the calendar, to be written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", content = "row", rename_all = "snake_case")]
pub enum CalendarRow {
    /// An event.
    Event(EventRow),
    /// Something to be done.
    Todo(Todo),
    /// A reminder.
    Reminder(Reminder),
}

/// Something of the calendar, by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalendarKey {
    /// An event.
    Event(EventId),
    /// Something to be done.
    Todo(TodoId),
    /// A reminder.
    Reminder(ReminderId),
}

impl CalendarRow {
    /// What it is, by id.
    #[must_use]
    pub const fn key(&self) -> CalendarKey {
        match self {
            Self::Event(row) => CalendarKey::Event(row.event.id),
            Self::Todo(todo) => CalendarKey::Todo(todo.id),
            Self::Reminder(reminder) => CalendarKey::Reminder(reminder.id),
        }
    }
}

impl CalendarKey {
    fn parts(self) -> (&'static str, String) {
        match self {
            Self::Event(id) => ("events", id.to_string()),
            Self::Todo(id) => ("todos", id.to_string()),
            Self::Reminder(id) => ("reminders", id.to_string()),
        }
    }

    fn from_parts(kind: &str, id: &str) -> Result<Self> {
        let uuid: uuid::Uuid = id.parse().map_err(Error::internal)?;
        match kind {
            "events" => Ok(Self::Event(EventId(uuid))),
            "todos" => Ok(Self::Todo(TodoId(uuid))),
            "reminders" => Ok(Self::Reminder(ReminderId(uuid))),
            other => Err(Error::internal(format!("{other} is no part of the calendar"))),
        }
    }
}

/// A change of the calendar.
#[derive(Clone, Debug, Default)]
pub struct CalendarChange {
    /// What is new or changed.
    pub put: Vec<CalendarRow>,
    /// What is taken away. With a series goes what is held otherwise in it.
    pub gone: Vec<CalendarKey>,
}

impl Db {
    /// Changes the calendar. With an action, what was there before is kept for [`Db::undo_calendar`].
    ///
    /// # Errors
    /// `NotFound` when something to be taken away is not there, `Conflict` when an event is in its calendar already.
    pub async fn change_calendar(
        &self,
        change: CalendarChange,
        action: Option<ActionId>,
        at: Timestamp,
    ) -> Result<()> {
        self.write(move |c| apply(c, &change, action, at)).await
    }

    /// The last action that changed the calendar, is not undone and is no undo itself, and when it did.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn last_calendar_change(&self) -> Result<Option<(ActionId, Timestamp)>> {
        self.read(|c| {
            let sql = "SELECT action, at FROM calendar_changes
                       WHERE undone_by IS NULL AND action NOT IN
                         (SELECT undone_by FROM calendar_changes WHERE undone_by IS NOT NULL)
                       ORDER BY seq DESC LIMIT 1";
            let found = one(c, sql, [], |row| Ok((id(row, "action")?, time_or_none(row, "at")?)))?;
            Ok(found.and_then(|(action, at)| Some((action, at?))))
        })
        .await
    }

    /// Whether an action changed the calendar.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn changed_calendar(&self, action: ActionId) -> Result<bool> {
        self.read(move |c| {
            let sql = "SELECT id FROM calendar_changes WHERE action = ?1 LIMIT 1";
            Ok(one(c, sql, [action.to_string()], |row| text(row, "id"))?.is_some())
        })
        .await
    }

    /// Puts back what an action changed in the calendar; how many things. An undo can be undone by its own id, `by`.
    ///
    /// # Errors
    /// `NotFound` when the action changed nothing, `Conflict` when it is undone already, or when something of it was
    /// changed since and `force` is not set.
    pub async fn undo_calendar(
        &self,
        action: ActionId,
        by: ActionId,
        force: bool,
        at: Timestamp,
    ) -> Result<usize> {
        self.write(move |c| {
            let sql = "SELECT kind, id, before, undone_by FROM calendar_changes WHERE action = ?1 ORDER BY seq DESC";
            let kept = all(c, sql, [action.to_string()], |row| {
                let key = CalendarKey::from_parts(&text(row, "kind")?, &text(row, "id")?)?;
                let before: Option<String> = row.get("before").map_err(failure)?;
                let undone: Option<String> = row.get("undone_by").map_err(failure)?;
                Ok((key, before, undone.is_some()))
            })?;
            if kept.is_empty() {
                return Err(Error::not_found("this action changed nothing in the calendar"));
            }
            if kept.iter().any(|(_, _, undone)| *undone) {
                return Err(Error::conflict("this is undone already"));
            }
            if !force && changed_since(c, action)? {
                return Err(Error::conflict("this was changed since; undoing it would undo the later change too"));
            }
            let mut change = CalendarChange::default();
            for (key, before, _) in &kept {
                match before {
                    Some(before) => change.put.push(from_json(before)?),
                    None if present(c, *key)? => change.gone.push(*key),
                    None => {}
                }
            }
            // A series stands before what is held otherwise in it.
            change.put.sort_by_key(|row| matches!(row, CalendarRow::Event(row) if row.event.series.is_some()));
            apply(c, &change, Some(by), at)?;
            run(
                c,
                "UPDATE calendar_changes SET undone_by = ?2 WHERE action = ?1",
                params![action.to_string(), by.to_string()],
            )?;
            Ok(kept.len())
        })
        .await
    }

    /// Forgets what is older: what could be undone, reminders that were said.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn purge_calendar(&self, before: Timestamp) -> Result<()> {
        self.write(move |c| {
            let before = micros(before);
            run(c, "DELETE FROM calendar_changes WHERE at < ?1", [before])?;
            run(c, "DELETE FROM reminders WHERE said_at < ?1", [before])?;
            run(c, "DELETE FROM alarms_said WHERE said_at < ?1", [before]).map(drop)
        })
        .await
    }
}

/// Whether another action, that is no undo and is not undone, changed something of what this one changed.
fn changed_since(c: &Connection, action: ActionId) -> Result<bool> {
    let sql = "SELECT later.id FROM calendar_changes AS mine JOIN calendar_changes AS later
                 ON later.kind = mine.kind AND later.id = mine.id AND later.seq > mine.seq AND later.action <> mine.action
               WHERE mine.action = ?1 AND later.undone_by IS NULL
                 AND later.action NOT IN (SELECT undone_by FROM calendar_changes WHERE undone_by IS NOT NULL) LIMIT 1";
    Ok(one(c, sql, [action.to_string()], |row| text(row, "id"))?.is_some())
}

pub(crate) fn apply(
    c: &Connection,
    change: &CalendarChange,
    action: Option<ActionId>,
    at: Timestamp,
) -> Result<()> {
    for key in &change.gone {
        if let CalendarKey::Event(series) = key {
            let otherwise =
                all(c, "SELECT id FROM events WHERE series = ?1", [series.to_string()], |row| id(row, "id"))?;
            for one in otherwise {
                keep(c, CalendarKey::Event(one), action, at)?;
            }
        }
        keep(c, *key, action, at)?;
        let (table, id) = key.parts();
        if run(c, &format!("DELETE FROM {table} WHERE id = ?1"), [id])? == 0 {
            return Err(Error::not_found(format!("there is no such {}", name(*key))));
        }
    }
    for row in &change.put {
        keep(c, row.key(), action, at)?;
        match row {
            CalendarRow::Event(row) => put_event(c, row)?,
            CalendarRow::Todo(todo) => put_todo(c, todo)?,
            CalendarRow::Reminder(reminder) => put_reminder(c, reminder)?,
        }
    }
    Ok(())
}

const fn name(key: CalendarKey) -> &'static str {
    match key {
        CalendarKey::Event(_) => "event",
        CalendarKey::Todo(_) => "task",
        CalendarKey::Reminder(_) => "reminder",
    }
}

fn present(c: &Connection, key: CalendarKey) -> Result<bool> {
    let (table, id) = key.parts();
    Ok(one(c, &format!("SELECT id FROM {table} WHERE id = ?1"), [id], |row| text(row, "id"))?.is_some())
}

/// Keeps something as it is now under the action that is about to change it.
fn keep(c: &Connection, key: CalendarKey, action: Option<ActionId>, at: Timestamp) -> Result<()> {
    let Some(action) = action else { return Ok(()) };
    let before = match key {
        CalendarKey::Event(id) => {
            let sql = format!("SELECT {EVENT_COLUMNS}, over FROM events WHERE id = ?1");
            let read = |row: &rusqlite::Row<'_>| {
                Ok(CalendarRow::Event(EventRow { event: event(row)?, over: time_or_none(row, "over")? }))
            };
            one(c, &sql, [id.to_string()], read)?
        }
        CalendarKey::Todo(id) => {
            let sql = format!("SELECT {TODO_COLUMNS} FROM todos WHERE id = ?1");
            one(c, &sql, [id.to_string()], |row| Ok(CalendarRow::Todo(todo(row)?)))?
        }
        CalendarKey::Reminder(id) => {
            let sql = "SELECT * FROM reminders WHERE id = ?1";
            one(c, sql, [id.to_string()], |row| Ok(CalendarRow::Reminder(reminder(row)?)))?
        }
    };
    let before = before.map(|row| to_json(&row)).transpose()?;
    let (kind, id) = key.parts();
    run(
        c,
        "INSERT INTO calendar_changes (action, kind, id, before, at) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![action.to_string(), kind, id, before, micros(at)],
    )
    .map(drop)
}
