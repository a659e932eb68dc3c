//! Events of the calendar and the calendars they come from: rows and queries. Rules are not expanded here.

use jiff::tz::TimeZone;
use luna_model::{
    CalendarEvent, CalendarId, Error, EventId, Result, Subscription, Times, Timestamp, midnight,
};
use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};

use crate::Db;
use crate::db::failure;
use crate::row::{all, id, id_or_none, json, micros, one, run, text, time, time_or_none, to_json};

pub(crate) const EVENT_COLUMNS: &str = "id, calendar, uid, title, notes, location, starts, ends, zone, rule, skipped, series, original, \
     remind_before, created_at, updated_at";

/// An event to be written, with the last moment anything of it is (none = it goes on for ever).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EventRow {
    /// The event.
    pub event: CalendarEvent,
    /// Its last moment.
    pub over: Option<Timestamp>,
}

impl Db {
    /// An event.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn event(&self, id: EventId) -> Result<Option<CalendarEvent>> {
        let sql = format!("SELECT {EVENT_COLUMNS} FROM events WHERE id = ?1");
        self.read(move |c| one(c, &sql, [id.to_string()], event)).await
    }

    /// What is held otherwise in a series.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn events_of_series(&self, series: EventId) -> Result<Vec<CalendarEvent>> {
        let sql = format!("SELECT {EVENT_COLUMNS} FROM events WHERE series = ?1 ORDER BY original");
        self.read(move |c| all(c, &sql, [series.to_string()], event)).await
    }

    /// Events of which something may be between two moments (whole days reach a day further on either side, whatever
    /// the zone of who asks).
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn events_between(&self, from: Timestamp, to: Timestamp) -> Result<Vec<CalendarEvent>> {
        const DAY: i64 = 24 * 3600 * 1_000_000;
        let sql =
            format!("SELECT {EVENT_COLUMNS} FROM events WHERE starts < ?2 AND (over IS NULL OR over > ?1)");
        let (from, to) = (micros(from).saturating_sub(DAY), micros(to).saturating_add(DAY));
        self.read(move |c| all(c, &sql, [from, to], event)).await
    }

    /// All events, single ones and series, by their beginning; those whose title, notes or place have these words.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn all_events(&self, words: Option<String>) -> Result<Vec<CalendarEvent>> {
        let sql = format!(
            "SELECT {EVENT_COLUMNS} FROM events WHERE (?1 IS NULL OR title LIKE ?1 ESCAPE '\\' OR notes LIKE ?1 ESCAPE '\\' OR location LIKE ?1 ESCAPE '\\') ORDER BY starts"
        );
        self.read(move |c| all(c, &sql, [words.as_deref().map(like)], event)).await
    }

    /// The events of one calendar (none = Luna's own) with what the other side calls them.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn events_of(&self, calendar: Option<CalendarId>) -> Result<Vec<CalendarEvent>> {
        let sql = format!("SELECT {EVENT_COLUMNS} FROM events WHERE calendar IS ?1 ORDER BY starts, id");
        self.read(move |c| all(c, &sql, [calendar.map(|c| c.to_string())], event)).await
    }

    /// The calendars that are kept elsewhere and only read.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn calendars(&self) -> Result<Vec<Subscription>> {
        self.read(|c| {
            all(c, "SELECT * FROM calendars WHERE account IS NULL ORDER BY created_at, id", [], subscription)
        })
        .await
    }

    /// What the other side called the state of a calendar that was last read.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn calendar_tag(&self, id: CalendarId) -> Result<Option<String>> {
        self.read(move |c| {
            let tag = one(c, "SELECT tag FROM calendars WHERE id = ?1", [id.to_string()], |row| {
                row.get("tag").map_err(failure)
            })?;
            Ok(tag.flatten())
        })
        .await
    }

    /// Writes a calendar that is kept elsewhere, new or changed.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn save_calendar(&self, calendar: Subscription, tag: Option<String>) -> Result<()> {
        self.write(move |c| {
            run(
                c,
                "INSERT INTO calendars (id, name, url, tag, read_at, failure, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                 ON CONFLICT (id) DO UPDATE SET name = excluded.name, url = excluded.url, tag = excluded.tag,
                   read_at = excluded.read_at, failure = excluded.failure",
                params![
                    calendar.id.to_string(),
                    calendar.name,
                    calendar.url,
                    tag,
                    calendar.read_at.map(micros),
                    calendar.failure,
                    micros(calendar.created_at)
                ],
            )
            .map(drop)
        })
        .await
    }

    /// Forgets a calendar that is kept elsewhere, with its events.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn delete_calendar(&self, id: CalendarId) -> Result<()> {
        self.write(move |c| match run(c, "DELETE FROM calendars WHERE id = ?1", [id.to_string()])? {
            0 => Err(Error::not_found("there is no such calendar")),
            _ => Ok(()),
        })
        .await
    }
}

/// A pattern for `LIKE` that finds words anywhere.
pub(crate) fn like(words: &str) -> String {
    let words = words.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{words}%")
}

pub(crate) fn put_event(c: &Connection, EventRow { event: e, over }: &EventRow) -> Result<()> {
    let (starts, ends, zone) = match &e.times {
        Times::Timed { start, end, zone } => (*start, *end, Some(zone)),
        Times::Days { first, until } => {
            (midnight(*first, &TimeZone::UTC), midnight(*until, &TimeZone::UTC), None)
        }
    };
    let taken = "SELECT id FROM events WHERE coalesce(calendar, '') = coalesce(?1, '') AND uid = ?2
                 AND coalesce(original, 0) = coalesce(?3, 0) AND id <> ?4";
    let calendar = e.calendar.map(|c| c.to_string());
    let original = e.original.map(micros);
    if one(c, taken, params![calendar, e.uid, original, e.id.to_string()], |r| text(r, "id"))?.is_some() {
        return Err(Error::conflict("this event is in the calendar already"));
    }
    run(
        c,
        "INSERT INTO events (id, calendar, uid, title, notes, location, starts, ends, zone, rule, over, skipped, series, original,
           remind_before, created_at, updated_at)
         VALUES (?1, (SELECT id FROM calendars WHERE id = ?2), ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
         ON CONFLICT (id) DO UPDATE SET title = excluded.title, notes = excluded.notes, location = excluded.location,
           starts = excluded.starts, ends = excluded.ends, zone = excluded.zone, rule = excluded.rule, over = excluded.over,
           skipped = excluded.skipped, series = excluded.series, original = excluded.original,
           remind_before = excluded.remind_before, updated_at = excluded.updated_at",
        params![
            e.id.to_string(),
            calendar,
            e.uid,
            e.title,
            e.notes,
            e.location,
            micros(starts),
            micros(ends),
            zone,
            e.rule,
            over.map(micros),
            to_json(&e.skipped)?,
            e.series.map(|s| s.to_string()),
            original,
            to_json(&e.remind_before)?,
            micros(e.created_at),
            micros(e.updated_at)
        ],
    )
    .map(drop)
}

pub(crate) fn event(row: &Row<'_>) -> Result<CalendarEvent> {
    let (start, end) = (time(row, "starts")?, time(row, "ends")?);
    let zone: Option<String> = row.get("zone").map_err(failure)?;
    let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
    let times = match zone {
        Some(zone) => Times::Timed { start, end, zone },
        None => Times::Days { first: day(start), until: day(end) },
    };
    Ok(CalendarEvent {
        id: id(row, "id")?,
        calendar: id_or_none(row, "calendar")?,
        uid: text(row, "uid")?,
        title: text(row, "title")?,
        notes: text(row, "notes")?,
        location: text(row, "location")?,
        times,
        rule: row.get("rule").map_err(failure)?,
        skipped: json(row, "skipped")?,
        series: id_or_none(row, "series")?,
        original: time_or_none(row, "original")?,
        remind_before: json(row, "remind_before")?,
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
    })
}

fn subscription(row: &Row<'_>) -> Result<Subscription> {
    Ok(Subscription {
        id: id(row, "id")?,
        name: text(row, "name")?,
        url: text(row, "url")?,
        read_at: time_or_none(row, "read_at")?,
        failure: row.get("failure").map_err(failure)?,
        created_at: time(row, "created_at")?,
    })
}
