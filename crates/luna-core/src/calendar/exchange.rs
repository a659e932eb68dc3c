//! iCalendar (RFC 5545): events and things to do as text that other programs read, and from what they write. The format
//! is the crate calcard's; what is said in it is translated here. Pure.

use calcard::common::PartialDateTime;
use calcard::common::timezone::Tz;
use calcard::icalendar::{
    ICalendar, ICalendarAction, ICalendarComponent, ICalendarComponentType as Kind, ICalendarDuration,
    ICalendarEntry, ICalendarParameter, ICalendarProperty as Property, ICalendarRecurrenceRule,
    ICalendarStatus, ICalendarValue, ICalendarValueType,
};
use calcard::{Entry, Parser};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use luna_model::{CalendarEvent, EventId, Priority, Times, Todo, TodoId, midnight};

use super::recurrence::{self, home, moment, wall};

/// What a calendar file holds.
#[derive(Debug, Default)]
pub(super) struct Contents {
    /// Events; what is held otherwise than a series says comes after its series.
    pub(super) events: Vec<CalendarEvent>,
    /// Things to do.
    pub(super) todos: Vec<Todo>,
    /// What the calendar calls itself.
    pub(super) name: Option<String>,
    /// Occurrences of series that are not held, said as entries of their own.
    cancelled: Vec<(String, Timestamp)>,
    /// Entries that could not be understood.
    pub(super) left_out: u32,
}

/// Events and things to do as a calendar file.
pub(super) fn write(events: &[CalendarEvent], todos: &[Todo], now: Timestamp) -> String {
    let mut root = ICalendarComponent::new(Kind::VCalendar);
    root.add_property(Property::Version, "2.0");
    root.add_property(Property::Prodid, "-//Luna//Luna//EN");
    let mut calendar = ICalendar { components: vec![root] };
    for event in events {
        push_event(&mut calendar, event, written(event, events, now));
    }
    for todo in todos {
        push(&mut calendar, 0, written_todo(todo, now));
    }
    calendar.add_missing_timezones();
    calendar.to_string()
}

/// Puts an event into a calendar, with what reminds of it.
pub(super) fn push_event(calendar: &mut ICalendar, event: &CalendarEvent, written: ICalendarComponent) {
    let at = push(calendar, 0, written);
    for minutes in &event.remind_before {
        push(calendar, at, alarm(event, *minutes));
    }
}

pub(super) fn push(calendar: &mut ICalendar, parent: usize, component: ICalendarComponent) -> usize {
    let at = calendar.components.len();
    calendar.components.push(component);
    calendar.components[parent].component_ids.push(u32::try_from(at).unwrap_or(u32::MAX));
    at
}

/// An event as it is written; `all` are the events among which its series, or what is held otherwise in it, is found.
pub(super) fn written(e: &CalendarEvent, all: &[CalendarEvent], now: Timestamp) -> ICalendarComponent {
    let otherwise: Vec<_> =
        all.iter().filter(|o| o.series == Some(e.id)).filter_map(|o| o.original).collect();
    // When an occurrence would be held is said as its series says its times.
    let series = e.series.and_then(|id| all.iter().find(|o| o.id == id)).unwrap_or(e);
    let mut c = ICalendarComponent::new(Kind::VEvent);
    c.add_uid(&e.uid);
    c.add_dtstamp(utc(now));
    c.add_property(Property::Created, utc(e.created_at));
    c.add_property(Property::LastModified, utc(e.updated_at));
    c.add_property(Property::Summary, e.title.as_str());
    if !e.notes.is_empty() {
        c.add_property(Property::Description, e.notes.as_str());
    }
    if !e.location.is_empty() {
        c.add_property(Property::Location, e.location.as_str());
    }
    let zone = home(&e.times);
    c.entries.push(at(Property::Dtstart, e.times.start(&zone), &e.times));
    c.entries.push(at(Property::Dtend, e.times.end(&zone), &e.times));
    if let Some(rule) = e.rule.as_deref().and_then(parsed_rule) {
        c.add_property(Property::Rrule, rule);
    }
    for skipped in e.skipped.iter().filter(|s| !otherwise.contains(s)) {
        c.entries.push(at(Property::Exdate, *skipped, &e.times));
    }
    if let Some(original) = e.original {
        c.entries.push(at(Property::RecurrenceId, original, &series.times));
    }
    c
}

pub(super) fn alarm(event: &CalendarEvent, minutes: u32) -> ICalendarComponent {
    let mut c = ICalendarComponent::new(Kind::VAlarm);
    c.add_property(Property::Action, ICalendarAction::Display);
    c.add_property(Property::Description, event.title.as_str());
    c.add_property(Property::Trigger, ICalendarDuration::from_seconds(-60 * i64::from(minutes)));
    c
}

pub(super) fn written_todo(t: &Todo, now: Timestamp) -> ICalendarComponent {
    let mut c = ICalendarComponent::new(Kind::VTodo);
    c.add_uid(&t.uid);
    c.add_dtstamp(utc(now));
    c.add_property(Property::Created, utc(t.created_at));
    c.add_property(Property::LastModified, utc(t.updated_at));
    c.add_property(Property::Summary, t.title.as_str());
    if !t.notes.is_empty() {
        c.add_property(Property::Description, t.notes.as_str());
    }
    if let Some(due) = t.due {
        c.add_property(Property::Due, utc(due));
    }
    let priority = match t.priority {
        Priority::High => 1i64,
        Priority::Medium => 5,
        Priority::Low => 9,
    };
    c.add_property(Property::Priority, priority);
    let status =
        if t.completed_at.is_some() { ICalendarStatus::Completed } else { ICalendarStatus::NeedsAction };
    c.add_property(Property::Status, status);
    if let Some(done) = t.completed_at {
        c.add_property(Property::Completed, utc(done));
    }
    c
}

fn utc(at: Timestamp) -> PartialDateTime {
    PartialDateTime::from_utc_timestamp(at.as_second())
}

/// A property with a moment, in the way in which an event says its times.
fn at(name: Property, at: Timestamp, times: &Times) -> ICalendarEntry {
    let entry = ICalendarEntry::new(name);
    let naive =
        |zone: &TimeZone| wall(at, zone).to_zoned(TimeZone::UTC).map_or(0, |z| z.timestamp().as_second());
    match times {
        Times::Days { .. } => entry
            .with_param(ICalendarParameter::value(ICalendarValueType::Date))
            .with_value(PartialDateTime::from_date_timestamp(at.as_second())),
        Times::Timed { zone, .. } if zone == "UTC" || zone == "Etc/UTC" => entry.with_value(utc(at)),
        Times::Timed { zone, .. } => entry
            .with_param(ICalendarParameter::tzid(zone.clone()))
            .with_value(PartialDateTime::from_naive_timestamp(naive(&home(times)))),
    }
}

fn parsed_rule(rule: &str) -> Option<ICalendarRecurrenceRule> {
    let text = format!("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nRRULE:{rule}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
    let calendar = ICalendar::parse(text).ok()?;
    let entry = calendar.components.iter().find_map(|c| c.property(&Property::Rrule))?;
    match entry.values.first()? {
        ICalendarValue::RecurrenceRule(rule) => Some((**rule).clone()),
        _ => None,
    }
}

/// What a calendar file says. `zone`: where times without a zone are.
pub(super) fn read(text: &str, zone: &TimeZone, now: Timestamp) -> Contents {
    let mut contents = Contents::default();
    let mut parser = Parser::new(text);
    loop {
        match parser.entry() {
            Entry::ICalendar(calendar) => read_calendar(&calendar, zone, now, &mut contents),
            Entry::Eof => break,
            _ => contents.left_out += 1,
        }
    }
    link(&mut contents.events, &contents.cancelled);
    contents
}

/// The zones that a calendar names, as they are known here. `zone`: where times without a zone are.
fn zones(calendar: &ICalendar, zone: &TimeZone) -> impl Fn(Option<&str>) -> TimeZone {
    let zones = calendar.build_tz_resolver();
    move |name| {
        let known = name.and_then(|name| zones.resolve(name)).and_then(|tz: Tz| tz.name());
        known.and_then(|name| TimeZone::get(&name).ok()).unwrap_or_else(|| zone.clone())
    }
}

/// The component of a calendar that is an event: the one that is the series (or single), or is held otherwise than at this
/// time. What is called off is none.
pub(super) fn component_of(
    calendar: &ICalendar,
    original: Option<Timestamp>,
    zone: &TimeZone,
) -> Option<usize> {
    let zone_of = zones(calendar, zone);
    calendar.components.iter().position(|c| {
        c.component_type == Kind::VEvent && !called_off(c) && original_of(c, &zone_of) == original
    })
}

fn called_off(c: &ICalendarComponent) -> bool {
    matches!(c.status(), Some(ICalendarStatus::Cancelled))
}

fn original_of(c: &ICalendarComponent, zone_of: &dyn Fn(Option<&str>) -> TimeZone) -> Option<Timestamp> {
    first_moment(c, &Property::RecurrenceId, zone_of).map(stamp)
}

/// A moment as it is kept; of a day, its midnight in UTC.
fn stamp(said: Said) -> Timestamp {
    match said {
        Said::Time(at, _) => at,
        Said::Day(day) => midnight(day, &TimeZone::UTC),
    }
}

fn read_calendar(calendar: &ICalendar, zone: &TimeZone, now: Timestamp, contents: &mut Contents) {
    let zone_of = zones(calendar, zone);
    if let Some(root) = calendar.components.first() {
        let other = Property::Other("X-WR-CALNAME".into());
        contents.name = said(root, &Property::Name).or_else(|| said(root, &other)).or(contents.name.take());
    }
    for component in &calendar.components {
        match component.component_type {
            Kind::VEvent if called_off(component) && component.has_property(&Property::RecurrenceId) => {
                let uid = component.uid().map(str::to_owned);
                contents.cancelled.extend(uid.zip(original_of(component, &zone_of)));
            }
            Kind::VEvent => match read_event(calendar, component, &zone_of, now) {
                Some(event) => contents.events.push(event),
                None => contents.left_out += 1,
            },
            Kind::VTodo => match read_todo(component, &zone_of, now) {
                Some(todo) => contents.todos.push(todo),
                None => contents.left_out += 1,
            },
            _ => {}
        }
    }
}

/// A moment as it is said: a day, or a time in a zone.
enum Said {
    Day(jiff::civil::Date),
    Time(Timestamp, TimeZone),
}

fn read_moment(
    entry: &ICalendarEntry,
    value: &ICalendarValue,
    zone_of: &dyn Fn(Option<&str>) -> TimeZone,
) -> Option<Said> {
    use calcard::icalendar::ICalendarParameterName as Name;
    let at = value.as_partial_date_time()?;
    let part = |n: Option<u8>| i8::try_from(n.unwrap_or(0)).ok();
    let day = jiff::civil::Date::new(i16::try_from(at.year?).ok()?, part(at.month)?, part(at.day)?).ok()?;
    if at.hour.is_none() {
        return Some(Said::Day(day));
    }
    let time = day.at(part(at.hour)?, part(at.minute)?, part(at.second)?.min(59), 0);
    let zone = match (at.tz_hour, at.tz_minute) {
        (Some(0), Some(0) | None) => TimeZone::UTC,
        (Some(hours), minutes) => {
            let seconds = i32::from(hours) * 3600 + i32::from(minutes.unwrap_or(0)) * 60;
            let seconds = if at.tz_minus { -seconds } else { seconds };
            TimeZone::fixed(jiff::tz::Offset::from_seconds(seconds).ok()?)
        }
        _ => zone_of(entry.parameter(&Name::Tzid).and_then(|p| p.as_text())),
    };
    Some(Said::Time(moment(time, &zone), zone))
}

fn first_moment(
    c: &ICalendarComponent,
    name: &Property,
    zone_of: &dyn Fn(Option<&str>) -> TimeZone,
) -> Option<Said> {
    let entry = c.property(name)?;
    read_moment(entry, entry.values.first()?, zone_of)
}

fn read_event(
    calendar: &ICalendar,
    c: &ICalendarComponent,
    zone_of: &dyn Fn(Option<&str>) -> TimeZone,
    now: Timestamp,
) -> Option<CalendarEvent> {
    if called_off(c) {
        return None;
    }
    let start = first_moment(c, &Property::Dtstart, zone_of)?;
    let end = first_moment(c, &Property::Dtend, zone_of);
    let lasts = c.property(&Property::Duration).and_then(|e| match e.values.first()? {
        ICalendarValue::Duration(d) => Some(SignedDuration::from_secs(d.as_seconds().max(0))),
        _ => None,
    });
    let times = times(start, end, lasts)?;
    let moments = |name: &Property| -> Vec<Timestamp> {
        let all = c.properties(name).flat_map(|e| e.values.iter().map(move |v| (e, v)));
        all.filter_map(|(e, v)| read_moment(e, v, zone_of)).map(stamp).collect()
    };
    let written = c.property(&Property::Rrule).and_then(|e| match e.values.first()? {
        ICalendarValue::RecurrenceRule(rule) => Some(rule.to_string()),
        _ => None,
    });
    let rule = written.map(|r| recurrence::rule(&r, &times)).transpose().ok()?.flatten();
    let at = |name: &Property| first_moment(c, name, zone_of).map(stamp);
    let index = calendar.components.iter().position(|other| std::ptr::eq(other, c))?;
    let alarms = calendar.alarms_for_id(u32::try_from(index).ok()?);
    Some(CalendarEvent {
        id: EventId::new(),
        calendar: None,
        uid: c.uid().map_or_else(|| EventId::new().to_string(), str::to_owned),
        title: said(c, &Property::Summary).unwrap_or_else(|| "(no title)".into()),
        notes: said(c, &Property::Description).unwrap_or_default(),
        location: said(c, &Property::Location).unwrap_or_default(),
        rule,
        skipped: moments(&Property::Exdate),
        series: None,
        original: original_of(c, zone_of),
        remind_before: alarms.filter_map(minutes_before).take(8).collect(),
        created_at: at(&Property::Created).unwrap_or(now),
        updated_at: at(&Property::LastModified).unwrap_or(now),
        times,
    })
}

pub(super) fn minutes_before(alarm: &ICalendarComponent) -> Option<u32> {
    match alarm.property(&Property::Trigger)?.values.first()? {
        ICalendarValue::Duration(d) => u32::try_from(-d.as_seconds() / 60).ok(),
        _ => None,
    }
}

fn times(start: Said, end: Option<Said>, lasts: Option<SignedDuration>) -> Option<Times> {
    Some(match start {
        Said::Day(first) => {
            let days = lasts.map_or(1, |l| (l.as_hours() / 24).max(1));
            let one = first.checked_add(jiff::Span::new().days(days)).ok()?;
            let until = match end {
                Some(Said::Day(until)) if until > first => until,
                _ => one,
            };
            Times::Days { first, until }
        }
        Said::Time(start, zone) => {
            let end = match end {
                Some(Said::Time(end, _)) => end,
                Some(Said::Day(day)) => midnight(day, &zone),
                None => start.checked_add(lasts.unwrap_or_default()).ok()?,
            };
            let zone = zone.iana_name().unwrap_or("UTC").to_owned();
            Times::Timed { start, end: end.max(start), zone }
        }
    })
}

fn read_todo(
    c: &ICalendarComponent,
    zone_of: &dyn Fn(Option<&str>) -> TimeZone,
    now: Timestamp,
) -> Option<Todo> {
    let at = |name: &Property| match first_moment(c, name, zone_of)? {
        Said::Time(at, _) => Some(at),
        Said::Day(day) => Some(midnight(day, &zone_of(None))),
    };
    let done = matches!(c.status(), Some(ICalendarStatus::Completed)) || c.has_property(&Property::Completed);
    let urgency = c.property(&Property::Priority).and_then(|e| e.values.first()?.as_integer());
    let id = TodoId::new();
    Some(Todo {
        id,
        calendar: None,
        uid: c.uid().map_or_else(|| id.to_string(), str::to_owned),
        title: said(c, &Property::Summary)?,
        notes: said(c, &Property::Description).unwrap_or_default(),
        due: at(&Property::Due),
        priority: match urgency {
            Some(1..=4) => Priority::High,
            Some(6..=9) => Priority::Low,
            _ => Priority::Medium,
        },
        completed_at: done.then(|| at(&Property::Completed).unwrap_or(now)),
        created_at: at(&Property::Created).unwrap_or(now),
        updated_at: at(&Property::LastModified).unwrap_or(now),
    })
}

fn said(c: &ICalendarComponent, name: &Property) -> Option<String> {
    let text = c.property(name)?.values.first()?.as_text()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Joins what is held otherwise to its series, in which the rule's own time is then skipped.
fn link(events: &mut [CalendarEvent], cancelled: &[(String, Timestamp)]) {
    events.sort_by_key(|e| e.original.is_some());
    let series: Vec<_> =
        events.iter().filter(|e| e.original.is_none()).map(|e| (e.uid.clone(), e.id)).collect();
    let id_of = |uid: &String| series.iter().find(|(of, _)| of == uid).map(|(_, id)| *id);
    let mut skipped: Vec<_> = cancelled.iter().filter_map(|(uid, at)| id_of(uid).zip(Some(*at))).collect();
    for event in events.iter_mut().filter(|e| e.original.is_some()) {
        event.rule = None;
        event.series = id_of(&event.uid);
        skipped.extend(event.series.zip(event.original));
    }
    for event in events.iter_mut() {
        event.skipped.extend(skipped.iter().filter(|(id, _)| *id == event.id).map(|(_, at)| *at));
        event.skipped.sort();
        event.skipped.dedup();
    }
}
