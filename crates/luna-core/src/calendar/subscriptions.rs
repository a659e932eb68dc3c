//! Calendars that are kept elsewhere and read here, and calendar files that are taken in and given out.

use std::collections::HashMap;

use jiff::SignedDuration;
use luna_model::{
    ActionId, CalendarEvent, CalendarId, Error, Event, EventId, Imported, Result, Subscription, Todo,
};
use luna_store::{CalendarChange, CalendarKey, CalendarRow};
use serde_json::json;

use super::{Calendar, Changed, exchange, row};
use crate::Luna;

/// How often a subscribed calendar is read anew.
const EVERY: SignedDuration = SignedDuration::from_hours(1);
/// Largest calendar file.
const LARGEST: usize = 16 << 20;

impl Luna {
    /// Luna's own events and things to do as an iCalendar file.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn export_calendar(&self) -> Result<String> {
        let (events, todos) = (self.db().events_of(None).await?, self.db().todos_of(None).await?);
        Ok(exchange::write(&events, &todos, self.clock().now()))
    }

    /// Takes in an iCalendar file. What is known already by its uid is brought up to date.
    ///
    /// # Errors
    /// `Invalid` when it is no calendar file.
    pub async fn import_calendar(&self, text: &str) -> Result<Changed<Imported>> {
        let by = ActionId::new();
        let input = json!({ "bytes": text.len() });
        let deed = self.calendar().take_in(text, None, Some(by));
        self.by_user(by, "import_calendar", "Import a calendar file".into(), input, deed).await
    }

    /// The calendars that are kept elsewhere.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn subscriptions(&self) -> Result<Vec<Subscription>> {
        self.db().calendars().await
    }

    /// Subscribes to a calendar file on the web, and reads it.
    ///
    /// # Errors
    /// `Invalid` when there is no calendar at the address, `Unavailable` when it cannot be reached.
    pub async fn subscribe(&self, name: &str, url: &str) -> Result<Changed<Subscription>> {
        let by = ActionId::new();
        let url = url.trim().replacen("webcal://", "https://", 1);
        let input = json!({ "url": url });
        let summary = format!("Subscribe to the calendar at {url}");
        let deed = async {
            let now = self.clock().now();
            let mut subscription = Subscription {
                id: CalendarId::new(),
                name: name.trim().to_owned(),
                url,
                read_at: None,
                failure: None,
                created_at: now,
            };
            let text = self.fetch().file(&subscription.url, None, LARGEST).await?;
            let text = text.ok_or_else(|| Error::unavailable("the calendar was not sent"))?;
            if subscription.name.is_empty() {
                let found = exchange::read(&text.text(), &self.calendar().zone(), now).name;
                subscription.name = found.unwrap_or_else(|| subscription.url.clone());
            }
            self.db().save_calendar(subscription.clone(), None).await?;
            let read = self.calendar().take_in(&text.text(), Some(subscription.id), None).await;
            if let Err(error) = read {
                self.db().delete_calendar(subscription.id).await?;
                return Err(error);
            }
            subscription.read_at = Some(now);
            self.db().save_calendar(subscription.clone(), text.tag).await?;
            Ok(subscription)
        };
        self.by_user(by, "subscribe_calendar", summary, input, deed).await
    }

    /// Ends a subscription; its events go.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn unsubscribe(&self, id: CalendarId) -> Result<()> {
        let deed = self.db().delete_calendar(id);
        let input = json!({ "calendar": id });
        let summary = "End a calendar's subscription".to_owned();
        self.by_user(ActionId::new(), "subscribe_calendar", summary, input, deed).await?;
        self.bus().publish(Event::CalendarChanged);
        Ok(())
    }

    /// Reads the subscribed calendars that were not read for an hour. One that fails is left as it was, and says why.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub async fn refresh_subscriptions(&self) -> Result<()> {
        let now = self.clock().now();
        for mut subscription in self.subscriptions().await? {
            if subscription.read_at.is_some_and(|at| now.duration_since(at) < EVERY) {
                continue;
            }
            let tag = self.db().calendar_tag(subscription.id).await?;
            let read = async {
                let Some(file) = self.fetch().file(&subscription.url, tag.as_deref(), LARGEST).await? else {
                    return Ok(tag.clone());
                };
                self.calendar().take_in(&file.text(), Some(subscription.id), None).await?;
                Ok::<_, Error>(file.tag)
            };
            let tag = match read.await {
                Ok(tag) => {
                    subscription.failure = None;
                    tag
                }
                Err(error) => {
                    tracing::warn!(calendar = %subscription.id, kind = ?error.kind, "a subscribed calendar could not be read");
                    subscription.failure = Some(error.message);
                    tag
                }
            };
            subscription.read_at = Some(now);
            self.db().save_calendar(subscription, tag).await?;
        }
        Ok(())
    }
}

impl Calendar {
    /// Takes in a calendar file: into Luna's own calendar, where it adds and brings up to date, or as the new state of one
    /// that is kept elsewhere, where what it no longer has goes.
    pub(super) async fn take_in(
        &self,
        text: &str,
        calendar: Option<CalendarId>,
        by: Option<ActionId>,
    ) -> Result<Imported> {
        if text.len() > LARGEST {
            return Err(Error::limit("a calendar file is at most 16 MiB large"));
        }
        if !text
            .trim_start_matches('\u{feff}')
            .trim_start()
            .to_ascii_uppercase()
            .starts_with("BEGIN:VCALENDAR")
        {
            return Err(Error::invalid(
                "this is no calendar file; an iCalendar file begins with BEGIN:VCALENDAR",
            ));
        }
        let (zone, now, owned) =
            (self.zone(), self.clock.now(), text.trim_start_matches('\u{feff}').to_owned());
        let contents = tokio::task::spawn_blocking(move || exchange::read(&owned, &zone, now));
        let contents = contents.await.map_err(Error::internal)?;
        let known = self.db.events_of(calendar).await?;
        let (events, gone) = merged(contents.events, known, calendar, true);
        let mut imported = Imported { left_out: contents.left_out, ..Imported::default() };
        imported.events = u32::try_from(events.len()).unwrap_or(u32::MAX);
        let mut put: Vec<_> = events.into_iter().map(|e| CalendarRow::Event(row(e))).collect();
        if calendar.is_none() {
            for todo in contents.todos {
                let known = self.db.todo_by_uid(todo.uid.clone()).await?;
                let todo = Todo { id: known.as_ref().map_or(todo.id, |k| k.id), ..todo };
                if known.as_ref() != Some(&todo) {
                    imported.todos += 1;
                    put.push(CalendarRow::Todo(todo));
                }
            }
        }
        let gone =
            if calendar.is_some() { gone.into_iter().map(CalendarKey::Event).collect() } else { vec![] };
        self.db.change_calendar(CalendarChange { put, gone }, by, now).await?;
        self.bus.publish(Event::CalendarChanged);
        Ok(imported)
    }
}

/// What was read, under the ids by which it is known; and what is known and was not read. What is as it was is left out.
/// `own_reminders`: who says nothing of reminders leaves those that are set here.
pub(super) fn merged(
    read: Vec<CalendarEvent>,
    known: Vec<CalendarEvent>,
    calendar: Option<CalendarId>,
    own_reminders: bool,
) -> (Vec<CalendarEvent>, Vec<EventId>) {
    let mut known: HashMap<_, _> = known.into_iter().map(|e| ((e.uid.clone(), e.original), e)).collect();
    let mut ids: HashMap<EventId, EventId> = HashMap::new();
    let mut seen = std::collections::HashSet::new();
    let mut changed = vec![];
    for mut event in read {
        if !seen.insert((event.uid.clone(), event.original)) {
            continue;
        }
        let old = known.remove(&(event.uid.clone(), event.original));
        if let Some(old) = &old {
            ids.insert(event.id, old.id);
            event.id = old.id;
            event.created_at = old.created_at;
            if own_reminders && event.remind_before.is_empty() {
                event.remind_before.clone_from(&old.remind_before);
            }
        }
        event.calendar = calendar;
        event.series = event.series.map(|id| ids.get(&id).copied().unwrap_or(id));
        let same = old.is_some_and(|old| CalendarEvent { updated_at: event.updated_at, ..old } == event);
        if !same {
            changed.push(event);
        }
    }
    let gone: Vec<_> = known.into_values().collect();
    let series: Vec<_> = gone.iter().map(|e| e.id).collect();
    // With a series goes what is held otherwise in it.
    let gone =
        gone.into_iter().filter(|e| e.series.is_none_or(|s| !series.contains(&s))).map(|e| e.id).collect();
    (changed, gone)
}
