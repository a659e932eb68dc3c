//! The calendar for models. Events are named by words, as people name them.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan as _, Zoned};
use luna_model::{
    CalendarEvent, CalendarId, Error, EventPatch, Mode, NewEvent, Occurrence, Reach, Result, Times, Timestamp,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, Described, Output, Tool};
use crate::Luna;
use crate::calendar::{recurrence_word, zone_name};

/// Most entries of a list that a model is given.
pub(super) const MOST: usize = 100;

#[derive(Deserialize, JsonSchema)]
pub(super) struct NewEventArgs {
    /// A line: "Lunch with Anna".
    title: String,
    /// When it begins: RFC 3339, or a day as 2026-03-01 for a whole day.
    start: String,
    /// When it ends; an hour later when left out. Of whole days, the last day.
    #[serde(default)]
    end: Option<String>,
    /// daily, weekly, monthly, yearly, weekdays, or an RRULE as in RFC 5545 (FREQ=WEEKLY;BYDAY=MO,WE).
    #[serde(default)]
    recurrence: Option<String>,
    /// Where.
    #[serde(default)]
    location: Option<String>,
    /// More about it.
    #[serde(default)]
    notes: Option<String>,
    /// How many minutes before to remind of it; 10 when left out.
    #[serde(default)]
    remind_minutes_before: Option<u32>,
    /// The name of the calendar it goes into, as list_calendars says it; where new things go when left out.
    #[serde(default)]
    calendar: Option<String>,
}

pub(super) struct CreateEvent;

impl Tool for CreateEvent {
    const NAME: &'static str = "create_event";
    const DESCRIPTION: &'static str = "Adds an event to the user's calendar; says what else is at that time.";
    const MODE: Mode = Mode::Allow;
    type Args = NewEventArgs;

    fn describe(_: &Luna, args: &NewEventArgs) -> Described {
        let repeats = args.recurrence.as_ref().map(|r| format!(", {r}")).unwrap_or_default();
        let effect = format!("It is in the calendar from {}{repeats}.", args.start);
        changes(format!("Add to the calendar: {}", args.title), &effect)
    }

    async fn run(luna: Luna, args: NewEventArgs, call: Call) -> Result<Output> {
        let times = times(&args.start, args.end.as_deref(), &luna.clock().local())?;
        let conflicts = luna.calendar().conflicts(&times, None).await?;
        let new = NewEvent {
            title: args.title,
            notes: args.notes.unwrap_or_default(),
            location: args.location.unwrap_or_default(),
            times,
            repeat: args.recurrence,
            remind_before: args.remind_minutes_before.map(|m| vec![m]),
            calendar: calendar_named(&luna, args.calendar.as_deref()).await?,
        };
        let event = luna.calendar().add(new, call.action.id).await?;
        let mut shown = shown(&Occurrence { original: None, event: event.clone() }, &luna);
        let also: Vec<_> = conflicts.iter().map(|o| o.event.title.clone()).collect();
        put(&mut shown, "at_the_same_time", (!also.is_empty()).then_some(also));
        Ok(told(format!("Added to the calendar: {}", event.title), shown))
    }
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct Stretch {
    /// From when: RFC 3339 or a day; now when left out.
    #[serde(default)]
    from: Option<String>,
    /// Until when; a week later when left out.
    #[serde(default)]
    to: Option<String>,
    /// Only those with these words.
    #[serde(default)]
    query: Option<String>,
}

pub(super) struct ListEvents;

impl Tool for ListEvents {
    const NAME: &'static str = "list_events";
    const DESCRIPTION: &'static str = "Lists what the user has between two times: events, repeated ones included, reminders, and tasks that are due.";
    const MODE: Mode = Mode::Allow;
    type Args = Stretch;

    fn describe(_: &Luna, _: &Stretch) -> Described {
        Described::reads("Look into the calendar".into())
    }

    async fn run(luna: Luna, args: Stretch, _: Call) -> Result<Output> {
        let now = luna.clock().local();
        let from = args.from.as_deref().map_or(Ok(now.timestamp()), |from| moment(from, &now))?;
        let week = from.saturating_add(SignedDuration::from_hours(24 * 7)).unwrap_or(from);
        let to = args.to.as_deref().map_or(Ok(week), |to| last_moment(to, &now))?;
        let mut found = luna.calendar().occurrences(from, to).await?;
        if let Some(words) = &args.query {
            let words = words.to_lowercase();
            found.retain(|o| o.event.title.to_lowercase().contains(&words));
        }
        let mut also = reminders_and_tasks(&luna, from, to).await?;
        if let Some(words) = &args.query {
            let words = words.to_lowercase();
            also.retain(|one| {
                one["title"].as_str().is_some_and(|title| title.to_lowercase().contains(&words))
            });
        }
        let subscribed = found.iter().any(|o| o.event.calendar.is_some());
        let count = found.len() + also.len();
        let content: Value = found.iter().take(MOST).map(|o| shown(o, &luna)).chain(also).collect();
        let mut output = told(format!("{count} entries"), content);
        // What others wrote into a calendar of theirs is their text.
        output.origin = subscribed.then(|| "a subscribed calendar".into());
        Ok(output)
    }
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct EventChange {
    /// Words of its title.
    query: String,
    /// A new title.
    #[serde(default)]
    title: Option<String>,
    /// A new beginning: RFC 3339 or a day. It stays as long as it was, unless an end is given.
    #[serde(default)]
    start: Option<String>,
    /// A new end.
    #[serde(default)]
    end: Option<String>,
    /// Another place.
    #[serde(default)]
    location: Option<String>,
    /// How it repeats from now on; "none" = it does not.
    #[serde(default)]
    recurrence: Option<String>,
    /// Of a repeated event: this (the next one), following or all; this when left out.
    #[serde(default)]
    reach: Option<ReachArg>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ReachArg {
    This,
    Following,
    All,
}

impl From<ReachArg> for Reach {
    fn from(reach: ReachArg) -> Self {
        match reach {
            ReachArg::This => Self::This,
            ReachArg::Following => Self::Following,
            ReachArg::All => Self::All,
        }
    }
}

pub(super) struct UpdateEvent;

impl Tool for UpdateEvent {
    const NAME: &'static str = "update_event";
    const DESCRIPTION: &'static str = "Moves or changes the next event that fits the words.";
    const MODE: Mode = Mode::Confirm;
    type Args = EventChange;

    fn describe(_: &Luna, args: &EventChange) -> Described {
        let effect = match &args.start {
            Some(start) => format!("It moves to {start}."),
            None => "What is given takes the place of what was.".into(),
        };
        changes(format!("Change the event {:?}", args.query), &effect)
    }

    async fn run(luna: Luna, args: EventChange, call: Call) -> Result<Output> {
        let found = luna.calendar().find_event(&args.query).await?;
        let now = luna.clock().local();
        let patch = EventPatch {
            title: args.title,
            location: args.location,
            times: moved(&found.event, args.start.as_deref(), args.end.as_deref(), &now)?,
            repeat: args.recurrence,
            ..EventPatch::default()
        };
        let reach = args.reach.map_or(Reach::This, Into::into);
        let (id, by) = (found.event.id, call.action.id);
        let event = luna.calendar().update(id, found.original, reach, patch, by).await?;
        let shown = shown(&Occurrence { original: None, event: event.clone() }, &luna);
        Ok(told(format!("Changed in the calendar: {}", event.title), shown))
    }
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct OneEvent {
    /// Words of its title.
    query: String,
    /// Of a repeated event: this (the next one), following or all; this when left out.
    #[serde(default)]
    reach: Option<ReachArg>,
}

pub(super) struct DeleteEvent;

impl Tool for DeleteEvent {
    const NAME: &'static str = "delete_event";
    const DESCRIPTION: &'static str = "Takes the next event that fits the words out of the calendar.";
    const MODE: Mode = Mode::Confirm;
    type Args = OneEvent;

    fn describe(_: &Luna, args: &OneEvent) -> Described {
        changes(
            format!("Delete the event {:?}", args.query),
            "The next event that fits is taken out of the calendar.",
        )
    }

    async fn run(luna: Luna, args: OneEvent, call: Call) -> Result<Output> {
        let found = luna.calendar().find_event(&args.query).await?;
        let reach = args.reach.map_or(Reach::This, Into::into);
        luna.calendar().delete(found.event.id, found.original, reach, call.action.id).await?;
        Ok(told(format!("Deleted from the calendar: {}", found.event.title), shown(&found, &luna)))
    }
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct NoArgs {}

pub(super) struct ListCalendars;

impl Tool for ListCalendars {
    const NAME: &'static str = "list_calendars";
    const DESCRIPTION: &'static str = "Lists the calendars of the user's accounts at other services, and whether they could be reached lately.";
    const MODE: Mode = Mode::Allow;
    type Args = NoArgs;

    fn describe(_: &Luna, _: &NoArgs) -> Described {
        Described::reads("Look which calendars there are".into())
    }

    async fn run(luna: Luna, _: NoArgs, _: Call) -> Result<Output> {
        let accounts = luna.calendar_accounts().await?;
        let shown = accounts.iter().flat_map(|state| {
            state.calendars.iter().filter(|c| c.chosen).map(|c| {
                let mut shown =
                    json!({ "name": c.name, "account": state.account.name, "writable": c.writable });
                put(&mut shown, "last_synced", state.account.synced_at.map(|at| local(at, &luna)));
                put(&mut shown, "failure", state.account.failure.clone());
                put(&mut shown, "new_things_go_here", c.usual.then_some(true));
                shown
            })
        });
        let content: Vec<_> = shown.collect();
        Ok(told(format!("{} calendars", content.len()), content.into()))
    }
}

/// The calendar of a name.
pub(super) async fn calendar_named(luna: &Luna, name: Option<&str>) -> Result<Option<CalendarId>> {
    let Some(name) = name.map(str::trim).filter(|n| !n.is_empty()) else { return Ok(None) };
    let all = luna.calendar_accounts().await?;
    let mut found =
        all.iter().flat_map(|s| &s.calendars).filter(|c| c.chosen && c.name.eq_ignore_ascii_case(name));
    match (found.next(), found.next()) {
        (Some(calendar), None) => Ok(Some(calendar.id)),
        (None, _) => Err(Error::not_found(format!("there is no calendar called {name:?}"))),
        (Some(_), Some(_)) => Err(Error::conflict(format!("more than one calendar is called {name:?}"))),
    }
}

pub(super) fn changes(summary: String, effect: &str) -> Described {
    Described { reversible: true, ..Described::changes(summary, effect) }
}

pub(super) fn told(summary: String, content: Value) -> Output {
    Output { content: content.to_string(), summary, origin: None, failed: false }
}

pub(super) fn put(object: &mut Value, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        object[name] = value.into();
    }
}

/// A moment with the offset of where the user is, as models and people read it.
pub(super) fn local(at: Timestamp, luna: &Luna) -> String {
    at.to_zoned(luna.calendar().zone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// What is to be said and to be done in a stretch of time, in its order.
async fn reminders_and_tasks(luna: &Luna, from: Timestamp, to: Timestamp) -> Result<Vec<Value>> {
    let within = |at: &Timestamp| (from..to).contains(at);
    let reminders = luna.calendar().reminders().await?.into_iter();
    // One of an event says what is in the calendar already.
    let own = reminders.filter(|r| r.event.is_none() && r.said_at.is_none() && within(&r.at));
    let tasks = luna.calendar().todos(Some(false), None).await?.into_iter();
    let due = tasks.filter_map(|t| Some((t.due.filter(within)?, t.title, "task")));
    let mut all: Vec<_> = own.map(|r| (r.at, r.text, "reminder")).chain(due).collect();
    all.sort();
    let entry = |(at, title, kind)| json!({ "title": title, "start": local(at, luna), "kind": kind });
    Ok(all.into_iter().take(MOST).map(entry).collect())
}

fn shown(o: &Occurrence, luna: &Luna) -> Value {
    let e = &o.event;
    let mut shown = json!({ "title": e.title });
    match &e.times {
        Times::Timed { start, end, .. } => {
            put(&mut shown, "start", Some(local(*start, luna)));
            put(&mut shown, "end", Some(local(*end, luna)));
        }
        Times::Days { first, until } => {
            put(&mut shown, "start", Some(first.to_string()));
            let last = until.yesterday().unwrap_or(*first);
            put(&mut shown, "last_day", (last != *first).then(|| last.to_string()));
        }
    }
    put(&mut shown, "location", (!e.location.is_empty()).then(|| e.location.clone()));
    put(&mut shown, "notes", (!e.notes.is_empty()).then(|| super::cut(&e.notes, 300)));
    put(
        &mut shown,
        "recurrence",
        e.rule.as_deref().map(|rule| recurrence_word(rule).unwrap_or(rule).to_owned()),
    );
    shown
}

/// A moment from what a model writes: RFC 3339, a time without an offset (where the user is), or a day (its beginning).
pub(super) fn moment(text: &str, now: &Zoned) -> Result<Timestamp> {
    let text = text.trim();
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let civil = text.parse::<DateTime>().ok().or_else(|| Some(text.parse::<Date>().ok()?.at(0, 0, 0, 0)));
    civil.and_then(|at| at.to_zoned(now.time_zone().clone()).ok()).map(|z| z.timestamp()).ok_or_else(|| {
        Error::invalid(format!(
            "{text:?} is no time; write it as 2026-03-01T14:30:00+01:00, or a day as 2026-03-01"
        ))
    })
}

/// The end of a stretch: of a day, its end.
fn last_moment(text: &str, now: &Zoned) -> Result<Timestamp> {
    match text.trim().parse::<Date>() {
        Ok(day) if text.trim().len() == 10 => {
            let next = day.checked_add(1.day()).map_err(|_| Error::invalid("that day is out of reach"))?;
            Ok(luna_model::midnight(next, now.time_zone()))
        }
        _ => moment(text, now),
    }
}

fn times(start: &str, end: Option<&str>, now: &Zoned) -> Result<Times> {
    let day = |text: &str| text.trim().parse::<Date>().ok().filter(|_| text.trim().len() == 10);
    if let Some(first) = day(start) {
        let last = end.and_then(day).unwrap_or(first).max(first);
        let until = last.checked_add(1.day()).map_err(|_| Error::invalid("that day is out of reach"))?;
        return Ok(Times::Days { first, until });
    }
    let start = moment(start, now)?;
    let hour = start.saturating_add(SignedDuration::from_hours(1)).unwrap_or(start);
    let end = end.map_or(Ok(hour), |end| moment(end, now))?;
    Ok(Times::Timed { start, end, zone: zone_name(&now.with_time_zone(now.time_zone().clone())) })
}

/// The new times of an event that is moved: as long as it was, unless an end is given.
fn moved(
    event: &CalendarEvent,
    start: Option<&str>,
    end: Option<&str>,
    now: &Zoned,
) -> Result<Option<Times>> {
    let zone: TimeZone = now.time_zone().clone();
    Ok(match (start, end) {
        (None, None) => None,
        (None, Some(end)) => match &event.times {
            Times::Timed { start, zone, .. } => {
                Some(Times::Timed { start: *start, end: moment(end, now)?, zone: zone.clone() })
            }
            Times::Days { first, .. } => Some(times(&first.to_string(), Some(end), now)?),
        },
        (Some(start), end) => {
            let given = times(start, end, now)?;
            let length = event.times.end(&zone).duration_since(event.times.start(&zone));
            match (given, end, &event.times) {
                (Times::Timed { start, .. }, None, Times::Timed { zone, .. }) => {
                    let end = start.saturating_add(length).unwrap_or(start);
                    Some(Times::Timed { start, end, zone: zone.clone() })
                }
                // A timed event moved to a day keeps its time of day.
                (Times::Days { first, .. }, None, Times::Timed { start: old, zone: name, .. }) => {
                    let home = TimeZone::get(name).unwrap_or(zone);
                    let time = old.to_zoned(home.clone()).time();
                    let start = first.to_datetime(time).to_zoned(home).map_err(Error::internal)?.timestamp();
                    let end = start.saturating_add(length).unwrap_or(start);
                    Some(Times::Timed { start, end, zone: name.clone() })
                }
                (given, _, _) => Some(given),
            }
        }
    })
}
