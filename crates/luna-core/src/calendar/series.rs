//! Changes to a series: to one occurrence, to it and those after it, or to all. Pure: from the rows there are to the rows
//! there shall be.

use luna_model::{CalendarEvent, Error, EventId, EventPatch, Reach, Result, Times, Timestamp};

use super::recurrence::{self, home, moment, wall};

/// A series split at an occurrence: what is before (none when that is nothing), and the new series from there on with
/// what is held otherwise in it.
type Split = (Option<CalendarEvent>, CalendarEvent, Vec<CalendarEvent>);

/// An event as the change leaves it, and every row that is to be written.
pub(super) fn changed(
    event: CalendarEvent,
    otherwise: Vec<CalendarEvent>,
    occurrence: Option<Timestamp>,
    reach: Reach,
    patch: &EventPatch,
    now: Timestamp,
) -> Result<(CalendarEvent, Vec<CalendarEvent>)> {
    let Some(original) = occurrence.filter(|_| event.rule.is_some()) else {
        return all(event, otherwise, None, patch, now);
    };
    if reach != Reach::All && !recurrence::holds(&event, original) {
        return Err(Error::not_found("this series has nothing at that time"));
    }
    match reach {
        Reach::All => all(event, otherwise, Some(original), patch, now),
        Reach::This => this(event, original, patch, now),
        Reach::Following => {
            let (before, later, moved) = cut(event, otherwise, original, now)?;
            let (changed, mut rows) = all(later, moved, Some(original), patch, now)?;
            rows.splice(0..0, before);
            Ok((changed, rows))
        }
    }
}

/// What is to be written and what is to go, so that occurrences are no longer held.
pub(super) fn without(
    event: CalendarEvent,
    otherwise: &[CalendarEvent],
    occurrence: Option<Timestamp>,
    reach: Reach,
    now: Timestamp,
) -> Result<(Vec<CalendarEvent>, Vec<EventId>)> {
    let Some(original) = occurrence.filter(|_| event.rule.is_some() && reach != Reach::All) else {
        return Ok((vec![], vec![event.id]));
    };
    if !recurrence::holds(&event, original) {
        return Err(Error::not_found("this series has nothing at that time"));
    }
    if reach == Reach::This {
        let mut event = CalendarEvent { updated_at: now, ..event };
        event.skipped.push(original);
        return Ok((vec![event], vec![]));
    }
    let later = otherwise.iter().filter(|e| e.original.is_some_and(|o| o >= original)).map(|e| e.id);
    match recurrence::split(&event, original)?.0 {
        None => Ok((vec![], vec![event.id])),
        Some(rule) => {
            Ok((vec![CalendarEvent { rule: Some(rule), updated_at: now, ..event }], later.collect()))
        }
    }
}

fn this(
    event: CalendarEvent,
    original: Timestamp,
    patch: &EventPatch,
    now: Timestamp,
) -> Result<(CalendarEvent, Vec<CalendarEvent>)> {
    if patch.repeat.as_deref().is_some_and(|r| !r.is_empty()) {
        return Err(Error::invalid(
            "one occurrence does not repeat by itself; change this and the following ones",
        ));
    }
    let mut one = CalendarEvent {
        id: EventId::new(),
        times: at_original(&event, original)?,
        rule: None,
        skipped: vec![],
        series: Some(event.id),
        original: Some(original),
        created_at: now,
        ..event.clone()
    };
    apply(&mut one, patch, now)?;
    let mut event = CalendarEvent { updated_at: now, ..event };
    event.skipped.push(original);
    Ok((one.clone(), vec![event, one]))
}

/// Changes a whole series. When an occurrence is moved, all are moved by as much of the clock.
fn all(
    event: CalendarEvent,
    otherwise: Vec<CalendarEvent>,
    occurrence: Option<Timestamp>,
    patch: &EventPatch,
    now: Timestamp,
) -> Result<(CalendarEvent, Vec<CalendarEvent>)> {
    let old = event.times.clone();
    let mut event = event;
    let mut patch = patch.clone();
    if let (Some(times), Some(original)) = (&patch.times, occurrence) {
        patch.times = Some(moved_with(&old, original, times)?);
    }
    apply(&mut event, &patch, now)?;
    if event.rule.is_none() || event.times == old {
        return Ok((event.clone(), vec![event]));
    }
    let (from, to) = (recurrence_start(&old), recurrence_start(&event.times));
    let by = from.until(to).map_err(Error::internal)?;
    if from.date() != to.date() && patch.repeat.is_none() {
        event.rule = event.rule.map(|rule| on_other_days(&rule, to.date())).transpose()?;
    }
    let (was, is) = (home(&old), home(&event.times));
    let shift = |at: Timestamp| wall(at, &was).checked_add(by).map_or(at, |at| moment(at, &is));
    event.skipped = event.skipped.iter().copied().map(shift).collect();
    let mut rows = vec![event.clone()];
    rows.extend(otherwise.into_iter().map(|e| CalendarEvent {
        original: e.original.map(shift),
        updated_at: now,
        ..e
    }));
    Ok((event, rows))
}

/// Splits a series at an occurrence.
fn cut(
    event: CalendarEvent,
    otherwise: Vec<CalendarEvent>,
    original: Timestamp,
    now: Timestamp,
) -> Result<Split> {
    let (earlier, later) = recurrence::split(&event, original)?;
    let Some(earlier) = earlier else { return Ok((None, event, otherwise)) };
    let (after, before): (Vec<_>, Vec<_>) = event.skipped.iter().copied().partition(|at| *at >= original);
    let id = EventId::new();
    let new = CalendarEvent {
        id,
        uid: id.to_string(),
        times: at_original(&event, original)?,
        rule: Some(later),
        skipped: after,
        created_at: now,
        updated_at: now,
        ..event.clone()
    };
    let moved = otherwise.into_iter().filter(|e| e.original.is_some_and(|o| o >= original));
    let moved = moved.map(|e| CalendarEvent { series: Some(id), uid: new.uid.clone(), ..e }).collect();
    let old = CalendarEvent { rule: Some(earlier), skipped: before, updated_at: now, ..event };
    Ok((Some(old), new, moved))
}

fn apply(event: &mut CalendarEvent, patch: &EventPatch, now: Timestamp) -> Result<()> {
    if let Some(title) = &patch.title {
        event.title.clone_from(title);
    }
    if let Some(notes) = &patch.notes {
        event.notes.clone_from(notes);
    }
    if let Some(location) = &patch.location {
        event.location = location.trim().to_owned();
    }
    if let Some(times) = &patch.times {
        event.times = times.clone();
    }
    if let Some(repeat) = &patch.repeat {
        let rule = recurrence::rule(repeat, &event.times)?;
        if rule != event.rule {
            event.skipped.clear();
        }
        event.rule = rule;
    }
    if let Some(minutes) = &patch.remind_before {
        event.remind_before.clone_from(minutes);
    }
    event.updated_at = now;
    Ok(())
}

/// The times of an occurrence that is held as the rule says.
fn at_original(event: &CalendarEvent, original: Timestamp) -> Result<Times> {
    let begin = wall(original, &home(&event.times));
    let beyond = || Error::invalid("that time is out of reach");
    Ok(match &event.times {
        Times::Timed { start, end, zone } => {
            let end = original.checked_add(end.duration_since(*start)).map_err(|_| beyond())?;
            Times::Timed { start: original, end, zone: zone.clone() }
        }
        Times::Days { first, until } => {
            let days = first.until(*until).map_err(|_| beyond())?;
            Times::Days { first: begin.date(), until: begin.date().checked_add(days).map_err(|_| beyond())? }
        }
    })
}

/// The first times of a series, when its occurrence at `original` gets these times.
fn moved_with(old: &Times, original: Timestamp, times: &Times) -> Result<Times> {
    let beyond = |_| Error::invalid("that time is out of reach");
    let from = wall(original, &home(old));
    let to = recurrence_start(times);
    let by = from.until(to).map_err(beyond)?;
    let begin = recurrence_start(old).checked_add(by).map_err(beyond)?;
    Ok(match times {
        Times::Timed { start, end, zone } => {
            let begin = moment(begin, &home(times));
            let end = begin.checked_add(end.duration_since(*start)).map_err(beyond)?;
            Times::Timed { start: begin, end, zone: zone.clone() }
        }
        Times::Days { first, until } => {
            let days = first.until(*until).map_err(beyond)?;
            Times::Days { first: begin.date(), until: begin.date().checked_add(days).map_err(beyond)? }
        }
    })
}

fn recurrence_start(times: &Times) -> jiff::civil::DateTime {
    match times {
        Times::Timed { start, .. } => wall(*start, &home(times)),
        Times::Days { first, .. } => first.to_datetime(jiff::civil::Time::midnight()),
    }
}

/// A rule whose series is moved to another day: a single weekday, day or month of it goes along.
fn on_other_days(rule: &str, day: jiff::civil::Date) -> Result<String> {
    let code = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
        [usize::try_from(day.weekday().to_monday_zero_offset()).unwrap_or(0)];
    let parts = rule.split(';').map(|part| match part.split_once('=') {
        Some(("BYDAY", days)) if days.len() == 2 => Ok(format!("BYDAY={code}")),
        Some(("BYMONTHDAY", days)) if !days.contains(',') && !days.starts_with('-') => {
            Ok(format!("BYMONTHDAY={}", day.day()))
        }
        Some(("BYMONTH", months)) if !months.contains(',') => Ok(format!("BYMONTH={}", day.month())),
        Some((name, _)) if name.starts_with("BY") && name != "BYHOUR" => Err(Error::invalid(
            "this series is held on several days; say on which it shall be held instead of moving it",
        )),
        _ => Ok(part.to_owned()),
    });
    Ok(parts.collect::<Result<Vec<_>>>()?.join(";"))
}
