//! Reminders, and which of them were said. What is said goes into the queue of Luna's own messages in the same write, so
//! that a reminder is said exactly once, whenever the program ends.

use luna_model::{EventId, OwnWord, Reminder, ReminderId, Result, Timestamp};
use rusqlite::{Connection, Row, params};

use crate::Db;
use crate::row::{all, id, id_or_none, micros, one, run, text, time, time_or_none};

/// Which reminder of an event: the event, when its occurrence begins by the rule, and how many minutes before.
pub type AlarmKey = (EventId, Timestamp, u32);

impl Db {
    /// A reminder.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn reminder(&self, id: ReminderId) -> Result<Option<Reminder>> {
        self.read(move |c| one(c, "SELECT * FROM reminders WHERE id = ?1", [id.to_string()], reminder)).await
    }

    /// The reminders that are still to be said, soonest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn reminders(&self) -> Result<Vec<Reminder>> {
        self.read(|c| all(c, "SELECT * FROM reminders WHERE said_at IS NULL ORDER BY at, id", [], reminder))
            .await
    }

    /// Takes a reminder as said and queues its message; whether it was this call that did so.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn say_reminder(&self, id: ReminderId, message: OwnWord) -> Result<bool> {
        self.write(move |c| {
            let said = "UPDATE reminders SET said_at = ?2 WHERE id = ?1 AND said_at IS NULL";
            let first = run(c, said, params![id.to_string(), micros(message.at)])? > 0;
            queue_if(c, first, &message)
        })
        .await
    }

    /// Whether a reminder of an event was said.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn alarm_said(&self, (event, original, minutes): AlarmKey) -> Result<bool> {
        self.read(move |c| {
            let sql = "SELECT said_at FROM alarms_said WHERE event = ?1 AND original = ?2 AND minutes = ?3";
            let key = params![event.to_string(), micros(original), minutes];
            Ok(one(c, sql, key, |row| time(row, "said_at"))?.is_some())
        })
        .await
    }

    /// Takes a reminder of an event as said and queues its message, if there is one to say; whether it was this call
    /// that did so.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn say_alarm(
        &self,
        (event, original, minutes): AlarmKey,
        message: Option<OwnWord>,
        at: Timestamp,
    ) -> Result<bool> {
        self.write(move |c| {
            let first = run(
                c,
                "INSERT INTO alarms_said (event, original, minutes, said_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
                params![event.to_string(), micros(original), minutes, micros(at)],
            )? > 0;
            match message {
                Some(message) => queue_if(c, first, &message),
                None => Ok(false),
            }
        })
        .await
    }
}

fn queue_if(c: &Connection, first: bool, word: &OwnWord) -> Result<bool> {
    if first {
        crate::proactive::queue(c, word)?;
    }
    Ok(first)
}

pub(crate) fn put_reminder(c: &Connection, r: &Reminder) -> Result<()> {
    run(
        c,
        "INSERT INTO reminders (id, text, at, event, said_at, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (id) DO UPDATE SET text = excluded.text, at = excluded.at, said_at = excluded.said_at",
        params![
            r.id.to_string(),
            r.text,
            micros(r.at),
            r.event.map(|e| e.to_string()),
            r.said_at.map(micros),
            micros(r.created_at)
        ],
    )
    .map(drop)
}

pub(crate) fn reminder(row: &Row<'_>) -> Result<Reminder> {
    Ok(Reminder {
        id: id(row, "id")?,
        text: text(row, "text")?,
        at: time(row, "at")?,
        event: id_or_none(row, "event")?,
        said_at: time_or_none(row, "said_at")?,
        created_at: time(row, "created_at")?,
    })
}
