//! The words of the calendar routes.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan as _};
use luna_core::calendar::{Calendar, Changed};
use luna_model::{self as core, Draft, Error, Priority, Reach, Result, Times, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::super::time;

/// A moment as it is given: RFC 3339, or without an offset and then where the user is, or a day.
pub(super) fn moment(text: &str, zone: &TimeZone) -> Result<Timestamp> {
    let civil = || text.parse::<DateTime>().ok().or_else(|| Some(text.parse::<Date>().ok()?.at(0, 0, 0, 0)));
    let found = text.parse().ok().or_else(|| civil()?.to_zoned(zone.clone()).ok().map(|z| z.timestamp()));
    found.ok_or_else(|| Error::invalid(format!("{text:?} is no time; write it as 2024-01-16T17:00:00Z")))
}

fn given(text: Option<&String>, zone: &TimeZone) -> Result<Option<Timestamp>> {
    text.map(|text| moment(text, zone)).transpose()
}

fn priority(word: &str) -> Result<Priority> {
    match word {
        "low" => Ok(Priority::Low),
        "medium" => Ok(Priority::Medium),
        "high" => Ok(Priority::High),
        other => Err(Error::invalid(format!("priority is low, medium or high, not {other:?}"))),
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Tasks {
    /// Only done ones, or only open ones.
    pub(super) completed: Option<bool>,
    /// Only those with these words.
    pub(super) q: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = LunaCalendarNewTask)]
pub(super) struct NewTask {
    title: String,
    description: Option<String>,
    due_date: Option<String>,
    /// `low`, `medium` (when left out) or `high`.
    priority: Option<String>,
}

impl NewTask {
    pub(super) fn into_core(self, calendar: &Calendar) -> Result<core::NewTodo> {
        Ok(core::NewTodo {
            title: self.title,
            notes: self.description.unwrap_or_default(),
            due: given(self.due_date.as_ref(), &calendar.zone())?,
            priority: self.priority.as_deref().map_or(Ok(Priority::Medium), priority)?,
            calendar: None,
        })
    }
}

#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct ChangeTask {
    title: Option<String>,
    description: Option<String>,
    /// An empty text takes it away.
    due_date: Option<String>,
    priority: Option<String>,
    completed: Option<bool>,
}

impl ChangeTask {
    pub(super) fn into_core(self, calendar: &Calendar) -> Result<core::TodoPatch> {
        let no_due = self.due_date.as_deref() == Some("");
        Ok(core::TodoPatch {
            title: self.title,
            notes: self.description,
            due: given(self.due_date.as_ref().filter(|_| !no_due), &calendar.zone())?,
            no_due,
            priority: self.priority.as_deref().map(priority).transpose()?,
            completed: self.completed,
        })
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LunaCalendarTask)]
pub(super) struct Task {
    id: Uuid,
    title: String,
    description: String,
    due_date: Option<String>,
    completed: bool,
    completed_at: Option<String>,
    #[schema(value_type = String)]
    priority: Priority,
    created_at: String,
}

impl Task {
    pub(super) fn from_core(t: core::Todo) -> Self {
        Self {
            id: t.id.0,
            title: t.title,
            description: t.notes,
            due_date: t.due.map(time),
            completed: t.completed_at.is_some(),
            completed_at: t.completed_at.map(time),
            priority: t.priority,
            created_at: time(t.created_at),
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Events {
    /// From when; then series are expanded.
    from: Option<String>,
    /// Until when; thirty days after `from` when left out.
    to: Option<String>,
    /// What is still to come, for a year.
    upcoming_only: Option<bool>,
    /// Only those with these words.
    pub(super) q: Option<String>,
}

impl Events {
    pub(super) fn stretch(&self, now: Timestamp, zone: &TimeZone) -> Result<Option<(Timestamp, Timestamp)>> {
        let days = |from: Timestamp, days: i64| {
            from.saturating_add(SignedDuration::from_hours(24 * days)).unwrap_or(from)
        };
        let (from, to) = (given(self.from.as_ref(), zone)?, given(self.to.as_ref(), zone)?);
        Ok(match (from, to) {
            (None, None) if self.upcoming_only == Some(true) => Some((now, days(now, 365))),
            (None, None) => None,
            (from, to) => {
                let from = from.unwrap_or(now);
                Some((from, to.unwrap_or_else(|| days(from, 30))))
            }
        })
    }
}

#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct NewEvent {
    title: String,
    description: Option<String>,
    location: Option<String>,
    /// RFC 3339; of a whole day `2024-01-16`.
    #[serde(alias = "start_datetime")]
    start: String,
    /// An hour after the start when left out; of whole days, the last of them.
    #[serde(alias = "end_datetime")]
    end: Option<String>,
    /// `daily`, `weekly`, `monthly`, `yearly`, or an RRULE of RFC 5545.
    #[serde(alias = "recurring")]
    recurrence: Option<String>,
    /// By whose clock it repeats: an IANA name; the user's own when left out.
    time_zone: Option<String>,
    all_day: Option<bool>,
    /// Minutes before, at which to remind of it; 10 when left out.
    reminders: Option<Vec<u32>>,
}

impl NewEvent {
    pub(super) fn into_core(self, calendar: &Calendar) -> Result<core::NewEvent> {
        let zone = zone_name(self.time_zone, calendar);
        let times = times(&self.start, self.end.as_deref(), self.all_day, zone, calendar)?;
        Ok(core::NewEvent {
            title: self.title,
            notes: self.description.unwrap_or_default(),
            location: self.location.unwrap_or_default(),
            times,
            repeat: self.recurrence,
            remind_before: self.reminders,
            calendar: None,
        })
    }
}

#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct ChangeEvent {
    title: Option<String>,
    description: Option<String>,
    location: Option<String>,
    #[serde(alias = "start_datetime")]
    start: Option<String>,
    #[serde(alias = "end_datetime")]
    end: Option<String>,
    /// An empty text: it does not repeat.
    #[serde(alias = "recurring")]
    recurrence: Option<String>,
    time_zone: Option<String>,
    all_day: Option<bool>,
    reminders: Option<Vec<u32>>,
}

impl ChangeEvent {
    /// What is left out of the times is as it was: of an occurrence, of that one.
    pub(super) fn into_core(
        self,
        old: &core::CalendarEvent,
        occurrence: Option<Timestamp>,
        calendar: &Calendar,
    ) -> Result<core::EventPatch> {
        let home = calendar.zone();
        let was = old.times.start(&home);
        let length = old.times.end(&home).duration_since(was);
        let was = occurrence.unwrap_or(was);
        let unmoved =
            self.start.is_none() && self.end.is_none() && self.time_zone.is_none() && self.all_day.is_none();
        let all_day = self.all_day.unwrap_or(old.times.all_day());
        let zone = match &old.times {
            Times::Timed { zone, .. } if self.time_zone.is_none() => zone.clone(),
            _ => zone_name(self.time_zone, calendar),
        };
        let start = self.start.unwrap_or_else(|| if all_day { day_of(was, old, &home) } else { time(was) });
        let times = if unmoved {
            None
        } else if all_day {
            let last = self.end.or_else(|| last_day(&start, length));
            Some(times(&start, last.as_deref(), Some(true), zone, calendar)?)
        } else {
            let begin = moment(&start, &home)?;
            let end = given(self.end.as_ref(), &home)?;
            let end = end.unwrap_or_else(|| begin.saturating_add(length).unwrap_or(begin));
            Some(Times::Timed { start: begin, end, zone })
        };
        Ok(core::EventPatch {
            title: self.title,
            notes: self.description,
            location: self.location,
            times,
            repeat: self.recurrence,
            remind_before: self.reminders,
        })
    }
}

fn day_of(at: Timestamp, old: &core::CalendarEvent, home: &TimeZone) -> String {
    // The occurrences of whole days are named by their midnights in UTC.
    let zone = if old.times.all_day() { TimeZone::UTC } else { home.clone() };
    at.to_zoned(zone).date().to_string()
}

fn last_day(first: &str, length: SignedDuration) -> Option<String> {
    let days = (length.as_hours() / 24 - 1).max(0);
    Some(first.parse::<Date>().ok()?.checked_add(days.days()).ok()?.to_string())
}

fn zone_name(given: Option<String>, calendar: &Calendar) -> String {
    given.unwrap_or_else(|| calendar.zone().iana_name().unwrap_or("UTC").to_owned())
}

fn times(
    start: &str,
    end: Option<&str>,
    all_day: Option<bool>,
    zone: String,
    calendar: &Calendar,
) -> Result<Times> {
    let home = calendar.zone();
    let plain = |text: &str| if text.len() == 10 { text.parse::<Date>().ok() } else { None };
    let day = |text: &str| -> Result<Date> {
        plain(text).map_or_else(|| Ok(moment(text, &home)?.to_zoned(home.clone()).date()), Ok)
    };
    if all_day == Some(true) || all_day.is_none() && plain(start).is_some() {
        let first = day(start)?;
        let last = end.map_or(Ok(first), day)?;
        let until = last.checked_add(1.day()).map_err(|_| Error::invalid("that day is out of reach"))?;
        return Ok(Times::Days { first, until });
    }
    let start = moment(start, &home)?;
    let hour = start.saturating_add(SignedDuration::from_hours(1)).unwrap_or(start);
    Ok(Times::Timed { start, end: end.map_or(Ok(hour), |end| moment(end, &home))?, zone })
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Of a series: the occurrence, by its `occurrence`.
    occurrence: Option<String>,
    /// `this`, `following` or `all` (when left out).
    scope: Option<String>,
}

impl Which {
    pub(super) fn into_core(self, calendar: &Calendar) -> Result<(Option<Timestamp>, Reach)> {
        let reach = match self.scope.as_deref() {
            None | Some("all") => Reach::All,
            Some("this") => Reach::This,
            Some("following") => Reach::Following,
            Some(other) => {
                return Err(Error::invalid(format!("scope is this, following or all, not {other:?}")));
            }
        };
        if reach != Reach::All && self.occurrence.is_none() {
            return Err(Error::invalid("say which occurrence: give its `occurrence`"));
        }
        Ok((given(self.occurrence.as_ref(), &calendar.zone())?, reach))
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Event {
    id: Uuid,
    title: String,
    description: String,
    location: String,
    start: String,
    end: String,
    all_day: bool,
    /// IANA name; null for whole days.
    time_zone: Option<String>,
    /// `daily`, `weekly`, `monthly`, `yearly`, or an RRULE; null when it is held once.
    recurrence: Option<String>,
    /// What tells this time from the others of its series.
    occurrence: Option<String>,
    /// Minutes before.
    reminders: Vec<u32>,
    /// The subscribed calendar it comes from.
    feed: Option<Uuid>,
    created_at: String,
}

impl Event {
    pub(super) fn from_core(e: core::CalendarEvent, occurrence: Option<Timestamp>, zone: &TimeZone) -> Self {
        let word = |rule: String| match rule.as_str() {
            "FREQ=DAILY" => "daily".to_owned(),
            "FREQ=WEEKLY" => "weekly".to_owned(),
            "FREQ=MONTHLY" => "monthly".to_owned(),
            "FREQ=YEARLY" => "yearly".to_owned(),
            _ => rule,
        };
        Self {
            id: e.id.0,
            start: time(e.times.start(zone)),
            end: time(e.times.end(zone)),
            all_day: e.times.all_day(),
            time_zone: match &e.times {
                Times::Timed { zone, .. } => Some(zone.clone()),
                Times::Days { .. } => None,
            },
            title: e.title,
            description: e.notes,
            location: e.location,
            recurrence: e.rule.map(word),
            occurrence: occurrence.map(time),
            reminders: e.remind_before,
            feed: e.calendar.map(|c| c.0),
            created_at: time(e.created_at),
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = LunaCalendarWords)]
pub(super) struct Words {
    pub(super) text: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Quick {
    /// `event`, `task` or `reminder`.
    kind: &'static str,
    title: String,
    /// When it begins, is due, or is said.
    at: Option<String>,
    end: Option<String>,
    recurrence: Option<String>,
    /// What else is then.
    conflicts: Vec<String>,
    /// By which it can be undone: `POST /api/agent/undo`.
    action: Uuid,
}

impl Quick {
    pub(super) fn from_core(added: Changed<Draft>, zone: &TimeZone) -> Self {
        let action = added.action.0;
        let empty = |kind, title, at: Option<Timestamp>| Self {
            kind,
            title,
            at: at.map(time),
            end: None,
            recurrence: None,
            conflicts: vec![],
            action,
        };
        match added.now {
            Draft::Todo { todo } => empty("task", todo.title, todo.due),
            Draft::Reminder { text, at } => empty("reminder", text, Some(at)),
            Draft::Event { event, conflicts } => Self {
                end: Some(time(event.times.end(zone))),
                recurrence: event.repeat,
                conflicts,
                ..empty("event", event.title, Some(event.times.start(zone)))
            },
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct NewReminder {
    pub(super) text: String,
    /// RFC 3339.
    pub(super) at: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Reminder {
    id: Uuid,
    text: String,
    at: String,
}

impl Reminder {
    pub(super) fn from_core(r: core::Reminder) -> Self {
        Self { id: r.id.0, text: r.text, at: time(r.at) }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct Snooze {
    /// From now; 10 when left out.
    minutes: Option<u32>,
}

impl Snooze {
    pub(super) fn until(&self, now: Timestamp) -> Result<Timestamp> {
        let minutes = self.minutes.unwrap_or(10);
        if minutes == 0 || minutes > 60 * 24 * 366 {
            return Err(Error::invalid("minutes are from 1 to a year"));
        }
        Ok(now.saturating_add(SignedDuration::from_mins(i64::from(minutes))).unwrap_or(now))
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = LunaCalendarFile)]
pub(super) struct File {
    pub(super) ics: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Imported {
    events: u32,
    tasks: u32,
    /// Entries that could not be understood.
    left_out: u32,
}

impl Imported {
    pub(super) fn from_core(i: core::Imported) -> Self {
        Self { events: i.events, tasks: i.todos, left_out: i.left_out }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct NewSubscription {
    /// What it calls itself when left out.
    pub(super) name: Option<String>,
    #[schema(required = true)]
    pub(super) url: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Subscription {
    id: Uuid,
    name: String,
    url: String,
    read_at: Option<String>,
    failure: Option<String>,
}

impl Subscription {
    pub(super) fn from_core(s: core::Subscription) -> Self {
        Self { id: s.id.0, name: s.name, url: s.url, read_at: s.read_at.map(time), failure: s.failure }
    }
}
