//! The calendar: events with their series, things to do, and reminders. Reads stand here; what changes something passes
//! the gate ([`deeds`]) and can be undone.

mod accounts;
mod agreeing;
mod amending;
mod deeds;
mod draft;
mod entry;
mod exchange;
mod finding;
mod recurrence;
mod reminding;
mod series;
mod subscriptions;
mod syncing;

pub use accounts::NewCalendarAccount;
pub use deeds::Changed;
pub(crate) use draft::zone_name;
pub use finding::{Entry, Found, Kind, Wanted};
pub(crate) use recurrence::word as recurrence_word;

use std::sync::Arc;

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use luna_model::{
    ActionId, CalendarEvent, Error, Event, EventId, EventPatch, NewEvent, NewTodo, Occurrence, Reach,
    Reminder, ReminderId, Result, Times, Timestamp, Todo, TodoId, TodoPatch,
};
use luna_store::{CalendarChange, CalendarKey, CalendarRow, Db, EventRow};

use crate::events::Bus;
use crate::ports::Clock;

/// Minutes before an event at which she reminds of it, unless it says otherwise. Whole days are not reminded of.
const USUAL_REMINDER: u32 = 10;
const LONGEST_TITLE: usize = 500;
const LONGEST_NOTES: usize = 50_000;
/// Longest stretch whose occurrences are listed at once.
const LONGEST_STRETCH: SignedDuration = SignedDuration::from_hours(24 * 366 * 5);

/// The calendar; cheap to clone.
#[derive(Clone)]
pub struct Calendar {
    db: Db,
    clock: Arc<dyn Clock>,
    bus: Bus,
    turns: Arc<syncing::Turns>,
}

impl Calendar {
    pub(crate) fn new(db: Db, clock: Arc<dyn Clock>, bus: Bus) -> Self {
        Self { db, clock, bus, turns: Arc::default() }
    }

    /// The zone where the user is.
    #[must_use]
    pub fn zone(&self) -> TimeZone {
        self.clock.local().time_zone().clone()
    }

    /// What is between two moments, by its beginning; series are expanded.
    ///
    /// # Errors
    /// `Invalid` when the stretch ends before it begins or is longer than five years.
    pub async fn occurrences(&self, from: Timestamp, to: Timestamp) -> Result<Vec<Occurrence>> {
        if to <= from || to.duration_since(from) > LONGEST_STRETCH {
            return Err(Error::invalid(
                "give a stretch of time that ends after it begins and is at most five years long",
            ));
        }
        let (zone, events) = (self.zone(), self.db.events_between(from, to).await?);
        let expand = move || {
            let mut all: Vec<_> =
                events.iter().flat_map(|e| recurrence::between(e, from, to, &zone)).collect();
            all.sort_by_cached_key(|o| {
                (o.event.times.start(&zone), o.event.times.end(&zone), o.event.title.clone())
            });
            all
        };
        tokio::task::spawn_blocking(expand).await.map_err(Error::internal)
    }

    /// Events as they are kept, series unexpanded; those with these words.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn events(&self, words: Option<&str>) -> Result<Vec<CalendarEvent>> {
        self.db.all_events(words.map(str::to_owned)).await
    }

    /// An event.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn event(&self, id: EventId) -> Result<CalendarEvent> {
        self.db.event(id).await?.ok_or_else(|| Error::not_found("there is no such event"))
    }

    /// What else is at the times of something; whole days are in nobody's way.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn conflicts(&self, times: &Times, but: Option<EventId>) -> Result<Vec<Occurrence>> {
        let Times::Timed { start, end, .. } = times else { return Ok(vec![]) };
        let end = (*end).max(start.saturating_add(SignedDuration::from_secs(1)).unwrap_or(*end));
        let mut found = self.occurrences(*start, end).await?;
        found.retain(|o| {
            !o.event.times.all_day()
                && Some(o.event.id) != but
                && (o.event.series.is_none() || o.event.series != but)
        });
        Ok(found)
    }

    /// Things to do: open ones by when they are due, then done ones.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn todos(&self, completed: Option<bool>, words: Option<&str>) -> Result<Vec<Todo>> {
        self.db.todos(completed, words.map(str::to_owned)).await
    }

    /// Something to do.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn todo(&self, id: TodoId) -> Result<Todo> {
        self.db.todo(id).await?.ok_or_else(|| Error::not_found("there is no such task"))
    }

    /// The reminders that are still to be said, soonest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn reminders(&self) -> Result<Vec<Reminder>> {
        self.db.reminders().await
    }

    pub(crate) async fn add(&self, new: NewEvent, by: ActionId) -> Result<CalendarEvent> {
        let now = self.clock.now();
        let id = EventId::new();
        let rule = new.repeat.as_deref().map_or(Ok(None), |r| recurrence::rule(r, &new.times))?;
        let usual = if new.times.all_day() { vec![] } else { vec![USUAL_REMINDER] };
        let event = CalendarEvent {
            id,
            calendar: self.calendar_for(new.calendar, |calendar| calendar.events).await?,
            uid: id.to_string(),
            title: line(&new.title, "an event")?,
            notes: notes(&new.notes)?,
            location: new.location.trim().to_owned(),
            times: checked(new.times)?,
            rule,
            skipped: vec![],
            series: None,
            original: None,
            remind_before: new.remind_before.unwrap_or(usual),
            created_at: now,
            updated_at: now,
        };
        self.change(vec![CalendarRow::Event(row(event.clone()))], vec![], by).await?;
        Ok(event)
    }

    pub(crate) async fn update(
        &self,
        id: EventId,
        occurrence: Option<Timestamp>,
        reach: Reach,
        patch: EventPatch,
        by: ActionId,
    ) -> Result<CalendarEvent> {
        let _turn = self.turns.one().await;
        let event = self.own(id).await?;
        let patch = EventPatch {
            title: patch.title.map(|t| line(&t, "an event")).transpose()?,
            notes: patch.notes.map(|n| notes(&n)).transpose()?,
            times: patch.times.map(checked).transpose()?,
            ..patch
        };
        let otherwise = self.db.events_of_series(id).await?;
        let (changed, rows) = series::changed(event, otherwise, occurrence, reach, &patch, self.clock.now())?;
        self.change(rows.into_iter().map(|e| CalendarRow::Event(row(e))).collect(), vec![], by).await?;
        Ok(changed)
    }

    pub(crate) async fn delete(
        &self,
        id: EventId,
        occurrence: Option<Timestamp>,
        reach: Reach,
        by: ActionId,
    ) -> Result<()> {
        let _turn = self.turns.one().await;
        let event = self.own(id).await?;
        let otherwise = self.db.events_of_series(id).await?;
        let (put, gone) = series::without(event, &otherwise, occurrence, reach, self.clock.now())?;
        let put = put.into_iter().map(|e| CalendarRow::Event(row(e))).collect();
        self.change(put, gone.into_iter().map(CalendarKey::Event).collect(), by).await
    }

    pub(crate) async fn add_todo(&self, new: NewTodo, by: ActionId) -> Result<Todo> {
        let (now, id) = (self.clock.now(), TodoId::new());
        let todo = Todo {
            id,
            calendar: self.calendar_for(new.calendar, |calendar| calendar.todos).await?,
            uid: id.to_string(),
            title: line(&new.title, "a task")?,
            notes: notes(&new.notes)?,
            due: new.due,
            priority: new.priority,
            completed_at: None,
            created_at: now,
            updated_at: now,
        };
        self.change(vec![CalendarRow::Todo(todo.clone())], vec![], by).await?;
        Ok(todo)
    }

    pub(crate) async fn update_todo(&self, id: TodoId, patch: TodoPatch, by: ActionId) -> Result<Todo> {
        let _turn = self.turns.one().await;
        let now = self.clock.now();
        let mut todo = self.own_todo(id).await?;
        if let Some(title) = patch.title {
            todo.title = line(&title, "a task")?;
        }
        if let Some(text) = patch.notes {
            todo.notes = notes(&text)?;
        }
        todo.due = if patch.no_due { None } else { patch.due.or(todo.due) };
        todo.priority = patch.priority.unwrap_or(todo.priority);
        todo.completed_at = match patch.completed {
            Some(true) => todo.completed_at.or(Some(now)),
            Some(false) => None,
            None => todo.completed_at,
        };
        todo.updated_at = now;
        self.change(vec![CalendarRow::Todo(todo.clone())], vec![], by).await?;
        Ok(todo)
    }

    pub(crate) async fn delete_todo(&self, id: TodoId, by: ActionId) -> Result<()> {
        let _turn = self.turns.one().await;
        self.own_todo(id).await?;
        self.change(vec![], vec![CalendarKey::Todo(id)], by).await
    }

    pub(crate) async fn add_reminder(
        &self,
        text: &str,
        at: Timestamp,
        event: Option<EventId>,
        by: ActionId,
    ) -> Result<Reminder> {
        let now = self.clock.now();
        if at < now.saturating_sub(SignedDuration::from_mins(1)).unwrap_or(now) {
            return Err(Error::invalid("that time is already over; when shall it be?"));
        }
        let (text, id) = (line(text, "a reminder")?, ReminderId::new());
        let reminder = Reminder { id, text, at, event, said_at: None, created_at: now };
        self.change(vec![CalendarRow::Reminder(reminder.clone())], vec![], by).await?;
        Ok(reminder)
    }

    pub(crate) async fn delete_reminder(&self, id: ReminderId, by: ActionId) -> Result<()> {
        self.change(vec![], vec![CalendarKey::Reminder(id)], by).await
    }

    /// Changes what a reminder says, or when it is said.
    pub(crate) async fn update_reminder(
        &self,
        reminder: Reminder,
        text: Option<&str>,
        at: Timestamp,
        by: ActionId,
    ) -> Result<Reminder> {
        if at < self.clock.now() {
            return Err(Error::invalid("that time is already over; when shall it be?"));
        }
        let text = text.map_or(Ok(reminder.text), |text| line(text, "a reminder"))?;
        let reminder = Reminder { text, at, said_at: None, ..reminder };
        self.change(vec![CalendarRow::Reminder(reminder.clone())], vec![], by).await?;
        Ok(reminder)
    }

    /// Has a reminder said again at another time.
    pub(crate) async fn snooze(&self, id: ReminderId, until: Timestamp, by: ActionId) -> Result<Reminder> {
        let found = self.db.reminder(id).await?;
        let reminder = found.ok_or_else(|| Error::not_found("there is no such reminder"))?;
        let reminder = Reminder { at: until, said_at: None, ..reminder };
        self.change(vec![CalendarRow::Reminder(reminder.clone())], vec![], by).await?;
        Ok(reminder)
    }

    pub(crate) async fn undo(&self, action: ActionId, by: ActionId, force: bool) -> Result<usize> {
        let _turn = self.turns.one().await;
        let undone = self.db.undo_calendar(action, by, force, self.clock.now()).await?;
        self.bus.publish(Event::CalendarChanged);
        self.turns.changed();
        Ok(undone)
    }

    async fn change(&self, put: Vec<CalendarRow>, gone: Vec<CalendarKey>, by: ActionId) -> Result<()> {
        self.db.change_calendar(CalendarChange { put, gone }, Some(by), self.clock.now()).await?;
        self.bus.publish(Event::CalendarChanged);
        self.turns.changed();
        Ok(())
    }

    /// An event that may be changed here.
    async fn own(&self, id: EventId) -> Result<CalendarEvent> {
        let event = self.event(id).await?;
        self.may_write(event.calendar).await?;
        Ok(event)
    }

    async fn own_todo(&self, id: TodoId) -> Result<Todo> {
        let todo = self.todo(id).await?;
        self.may_write(todo.calendar).await?;
        Ok(todo)
    }
}

fn row(event: CalendarEvent) -> EventRow {
    EventRow { over: recurrence::over(&event), event }
}

fn line(text: &str, of: &str) -> Result<String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > LONGEST_TITLE || text.contains('\n') {
        return Err(Error::invalid(format!(
            "{of} needs a title: one line of at most {LONGEST_TITLE} characters"
        )));
    }
    Ok(text.to_owned())
}

fn notes(text: &str) -> Result<String> {
    if text.len() > LONGEST_NOTES {
        return Err(Error::limit(format!("notes are at most {LONGEST_NOTES} characters long")));
    }
    Ok(text.trim().to_owned())
}

fn checked(times: Times) -> Result<Times> {
    let backwards = || Error::invalid("it would end before it begins; give an end after the start");
    match &times {
        Times::Timed { start, end, .. } if end < start => Err(backwards()),
        Times::Days { first, until } if until <= first => Err(backwards()),
        Times::Timed { zone, .. } if TimeZone::get(zone).is_err() => {
            Err(Error::invalid(format!("{zone:?} is no time zone; give an IANA name such as Europe/Berlin")))
        }
        _ => Ok(times),
    }
}
