//! The calendar for models. Events are named by words, as people name them.

use jiff::SignedDuration;
use luna_model::{
    CalendarEvent, CalendarId, Error, EventId, EventPatch, Mode, NewEvent, Occurrence, Reach, Result, Times,
    Timestamp,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::times::{Move, beginning, last_moment, length_in_words, moment, moved, start_in_words, times};
use super::{Call, Described, Output, Tool};
use crate::Luna;
use crate::calendar::{Entry, Kind, Wanted, recurrence_word};

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
    /// Until when; a week later when left out, or with words however far ahead.
    #[serde(default)]
    to: Option<String>,
    /// Words of what is looked for.
    #[serde(default)]
    query: Option<String>,
}

pub(super) struct ListEvents;

impl Tool for ListEvents {
    const NAME: &'static str = "list_events";
    const DESCRIPTION: &'static str = "Lists what the user has between two times: events, repeated ones included, reminders, and tasks that are due. With words, what fits them best (of a repeated event the next); what only comes near is marked near.";
    const MODE: Mode = Mode::Allow;
    type Args = Stretch;

    fn describe(_: &Luna, _: &Stretch) -> Described {
        Described::reads("Look into the calendar".into())
    }

    async fn run(luna: Luna, args: Stretch, _: Call) -> Result<Output> {
        let now = luna.clock().local();
        let from = args.from.as_deref().map(|from| moment(from, &now)).transpose()?;
        let to = args.to.as_deref().map(|to| last_moment(to, &now)).transpose()?;
        let week = |from: Timestamp| from.saturating_add(SignedDuration::from_hours(24 * 7)).unwrap_or(from);
        let begin = from.unwrap_or_else(|| now.timestamp());
        let end = to.unwrap_or_else(|| week(begin));
        let query = args.query.map(|q| q.trim().to_owned()).filter(|q| !q.is_empty());
        let (entries, near) = match query {
            Some(words) => {
                let within = (from.is_some() || to.is_some()).then_some((begin, end));
                let found = luna.calendar().find(&Wanted { words, within }, &Kind::ALL).await?;
                (found.entries, found.near)
            }
            None => {
                let events = luna.calendar().occurrences(begin, end).await?.into_iter().map(Entry::Event);
                let also = reminders_and_tasks(&luna, begin, end).await?;
                (events.take(MOST).chain(also).collect(), false)
            }
        };
        // What others wrote into a calendar of theirs is their text.
        let subscribed = entries.iter().any(|e| matches!(e, Entry::Event(o) if o.event.calendar.is_some()));
        let count = entries.len();
        let content: Value = entries.iter().map(|e| entry(e, near, &luna)).collect();
        let mut output = told(format!("{count} entries"), content);
        output.origin = subscribed.then(|| "a subscribed calendar".into());
        Ok(output)
    }
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct EventChange {
    /// Words of its title; empty where its time alone names it.
    query: String,
    /// When it begins, to say which one is meant: RFC 3339, or a day as 2026-03-01.
    #[serde(default)]
    on: Option<String>,
    /// A new title.
    #[serde(default)]
    title: Option<String>,
    /// A new beginning: RFC 3339; a day, at the time it was; a time of day as 20:00, on the day it was; or a week as
    /// 2026-W12, on the weekday it was. It stays as long as it was, unless an end or a length is given.
    #[serde(default)]
    start: Option<String>,
    /// A new end.
    #[serde(default)]
    end: Option<String>,
    /// Begins so much later than it was to: PT30M, P1D; earlier: -PT30M.
    #[serde(default)]
    shift: Option<String>,
    /// Lasts so much longer: PT30M; shorter: -PT30M.
    #[serde(default)]
    longer: Option<String>,
    /// Lasts so long: PT1H30M.
    #[serde(default)]
    length: Option<String>,
    /// Another place.
    #[serde(default)]
    location: Option<String>,
    /// How it repeats from now on; "none" = it does not.
    #[serde(default)]
    recurrence: Option<String>,
    /// Of a repeated event: this (the one that is meant), following (and those after it) or all. Needed unless it is said
    /// which one (on); when the user did not say, ask.
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

/// What of the calendar a change is to reach.
struct Target {
    found: Occurrence,
    event: EventId,
    reach: Reach,
}

/// Finds the event that is meant, and how far a change to it goes.
async fn target(luna: &Luna, words: &str, on: Option<&str>, reach: Option<ReachArg>) -> Result<Target> {
    let found = luna.calendar().find_event(wanted(luna, words, on)?).await?;
    let repeats = found.event.rule.is_some() || found.event.series.is_some();
    if repeats && reach.is_none() && on.is_none() {
        let next = found.event.times.start(&luna.calendar().zone()).to_zoned(luna.calendar().zone());
        let next = luna_builtin::when::describe(&next, &luna.clock().local());
        let title = &found.event.title;
        return Err(Error::conflict(format!(
            "{title:?} comes again and again, next {next}: is only that one meant (reach: this), it and those after it (following), or all?"
        )));
    }
    let reach = reach.map_or(Reach::This, Into::into);
    // What is held otherwise than its series stands beside it.
    let event = match found.event.series {
        Some(series) if reach != Reach::This => series,
        _ => found.event.id,
    };
    Ok(Target { found, event, reach })
}

/// What is named by words and, perhaps, by when it is.
pub(super) fn wanted(luna: &Luna, words: &str, on: Option<&str>) -> Result<Wanted> {
    let within = on.map(|on| beginning(on, &luna.clock().local())).transpose()?;
    Ok(Wanted { words: words.to_owned(), within })
}

/// The words and the time that name something, as a question to the user says them.
pub(super) fn naming(luna: &Luna, words: &str, on: Option<&str>) -> String {
    let now = luna.clock().local();
    let at = on.and_then(|on| beginning(on, &now).ok());
    let at = at.map(|(at, _)| luna_builtin::when::describe(&at.to_zoned(now.time_zone().clone()), &now));
    match at {
        Some(at) if words.is_empty() => at,
        Some(at) => format!("{words:?}, {at}"),
        None => format!("{words:?}"),
    }
}

pub(super) struct UpdateEvent;

impl Tool for UpdateEvent {
    const NAME: &'static str = "update_event";
    const DESCRIPTION: &'static str =
        "Moves, renames or changes the event that fits the words (and the time, where several do).";
    const MODE: Mode = Mode::Confirm;
    type Args = EventChange;

    fn describe(luna: &Luna, args: &EventChange) -> Described {
        let reach = args.reach.map_or("", reaching);
        let by = |text: &str, more: &str, less: &str| {
            let word = if text.trim_start().starts_with('-') { less } else { more };
            format!("{} {word}", length_in_words(text))
        };
        let effect = match args {
            EventChange { start: Some(start), .. } => {
                format!("It moves to {}{reach}.", start_in_words(start, &luna.clock().local()))
            }
            EventChange { shift: Some(shift), .. } => {
                format!("It begins {}{reach}.", by(shift, "later", "earlier"))
            }
            EventChange { length: Some(length), .. } => {
                format!("It lasts {}{reach}.", length_in_words(length))
            }
            EventChange { longer: Some(longer), .. } => {
                format!("It lasts {}{reach}.", by(longer, "longer", "shorter"))
            }
            EventChange { title: Some(title), .. } => format!("It is called {title:?}{reach}."),
            _ => format!("What is given takes the place of what was{reach}."),
        };
        changes(format!("Change the event {}", naming(luna, &args.query, args.on.as_deref())), &effect)
    }

    async fn run(luna: Luna, args: EventChange, call: Call) -> Result<Output> {
        let Target { found, event, reach } =
            target(&luna, &args.query, args.on.as_deref(), args.reach).await?;
        let now = luna.clock().local();
        let change = Move {
            start: args.start.as_deref(),
            end: args.end.as_deref(),
            shift: args.shift.as_deref(),
            longer: args.longer.as_deref(),
            length: args.length.as_deref(),
        };
        let times = moved(&found.event, &change, &now)?;
        let conflicts = match &times {
            Some(times) => luna.calendar().conflicts(times, Some(event)).await?,
            None => vec![],
        };
        let patch = EventPatch {
            title: args.title,
            location: args.location,
            times: times.clone(),
            repeat: args.recurrence,
            ..EventPatch::default()
        };
        let event = luna.calendar().update(event, found.original, reach, patch, call.action.id).await?;
        // Of a series, what is told is the occurrence that was spoken of.
        let one = CalendarEvent { times: times.unwrap_or(found.event.times), ..event.clone() };
        let mut shown = shown(&Occurrence { original: None, event: one }, &luna);
        let also: Vec<_> = conflicts
            .iter()
            .filter(|o| o.event.id != found.event.id)
            .map(|o| o.event.title.clone())
            .collect();
        put(&mut shown, "at_the_same_time", (!also.is_empty()).then_some(also));
        Ok(told(format!("Changed in the calendar: {}", event.title), shown))
    }
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct OneEvent {
    /// Words of its title; empty where its time alone names it.
    query: String,
    /// When it begins, to say which one is meant: RFC 3339, or a day as 2026-03-01.
    #[serde(default)]
    on: Option<String>,
    /// Of a repeated event: this (the one that is meant), following (and those after it) or all. Needed unless it is said
    /// which one (on); when the user did not say, ask.
    #[serde(default)]
    reach: Option<ReachArg>,
}

pub(super) struct DeleteEvent;

impl Tool for DeleteEvent {
    const NAME: &'static str = "delete_event";
    const DESCRIPTION: &'static str =
        "Takes the event that fits the words (and the time, where several do) out of the calendar.";
    const MODE: Mode = Mode::Confirm;
    type Args = OneEvent;

    fn describe(luna: &Luna, args: &OneEvent) -> Described {
        let reach = args.reach.map_or("", reaching);
        changes(
            format!("Delete the event {}", naming(luna, &args.query, args.on.as_deref())),
            &format!("It is taken out of the calendar{reach}."),
        )
    }

    async fn run(luna: Luna, args: OneEvent, call: Call) -> Result<Output> {
        let Target { found, event, reach } =
            target(&luna, &args.query, args.on.as_deref(), args.reach).await?;
        luna.calendar().delete(event, found.original, reach, call.action.id).await?;
        Ok(told(format!("Deleted from the calendar: {}", found.event.title), shown(&found, &luna)))
    }
}

const fn reaching(reach: ReachArg) -> &'static str {
    match reach {
        ReachArg::This => ", this once",
        ReachArg::Following => ", and all after it",
        ReachArg::All => ", all of the series",
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
async fn reminders_and_tasks(luna: &Luna, from: Timestamp, to: Timestamp) -> Result<Vec<Entry>> {
    let within = |at: &Timestamp| (from..to).contains(at);
    let reminders = luna.calendar().reminders().await?.into_iter();
    // One of an event says what is in the calendar already.
    let own = reminders.filter(|r| r.event.is_none() && r.said_at.is_none() && within(&r.at));
    let tasks = luna.calendar().todos(Some(false), None).await?.into_iter();
    let due = tasks.filter_map(|t| Some((t.due.filter(within)?, Entry::Todo(t))));
    let mut all: Vec<_> = own.map(|r| (r.at, Entry::Reminder(r))).chain(due).collect();
    all.sort_by_key(|(at, _)| *at);
    Ok(all.into_iter().take(MOST).map(|(_, entry)| entry).collect())
}

/// An entry of a list; what is no event says its kind.
fn entry(entry: &Entry, near: bool, luna: &Luna) -> Value {
    let other = |kind: &str, at: Option<Timestamp>| {
        let mut shown = json!({ "title": entry.title(), "kind": kind });
        put(&mut shown, "start", at.map(|at| local(at, luna)));
        shown
    };
    let mut shown = match entry {
        Entry::Event(o) => shown(o, luna),
        Entry::Reminder(reminder) => other("reminder", Some(reminder.at)),
        Entry::Todo(todo) => other("task", todo.due),
    };
    put(&mut shown, "near", near.then_some(true));
    shown
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
