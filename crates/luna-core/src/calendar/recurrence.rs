//! How events repeat: RFC 5545 rules, expanded by the crate rrule in the time of a clock on the wall and only then put
//! into a zone, so that "every day at nine" stays at nine when the clocks change. Pure.

use chrono::{Datelike as _, TimeZone as _, Timelike as _};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use luna_model::{CalendarEvent, Error, Occurrence, Result, Times, Timestamp};
use rrule::{RRule, RRuleSet, Tz, Unvalidated};

/// Steps that a rule is followed for one question; beyond this it is taken as ended.
const MOST_STEPS: usize = 100_000;

/// A rule as it is kept, from the words that an event may say or from an RRULE.
///
/// # Errors
/// `Invalid` when it is neither, or repeats more often than once an hour.
pub(crate) fn rule(text: &str, times: &Times) -> Result<Option<String>> {
    let text = text.trim();
    let text = text.strip_prefix("RRULE:").unwrap_or(text);
    let rule = match text.to_ascii_lowercase().as_str() {
        "" | "none" | "never" => return Ok(None),
        "daily" => "FREQ=DAILY".to_owned(),
        "weekly" => "FREQ=WEEKLY".to_owned(),
        "monthly" => "FREQ=MONTHLY".to_owned(),
        "yearly" | "annually" => "FREQ=YEARLY".to_owned(),
        "weekdays" => "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR".to_owned(),
        _ => text.to_ascii_uppercase(),
    };
    set(&rule, times).map_err(|why| {
        Error::invalid(format!(
            "{text:?} is no way to repeat. Say daily, weekly, monthly or yearly, or give an RRULE as in RFC 5545 ({why})"
        ))
    })?;
    Ok(Some(rule))
}

/// A rule in one word, where it has one: `weekly`.
pub(crate) fn word(rule: &str) -> Option<&'static str> {
    match rule {
        "FREQ=DAILY" => Some("daily"),
        "FREQ=WEEKLY" => Some("weekly"),
        "FREQ=MONTHLY" => Some("monthly"),
        "FREQ=YEARLY" => Some("yearly"),
        _ => None,
    }
}

/// The occurrences of an event that lie between two moments, for someone in `zone`.
pub(crate) fn between(
    event: &CalendarEvent,
    from: Timestamp,
    to: Timestamp,
    zone: &TimeZone,
) -> Vec<Occurrence> {
    let overlaps = |times: &Times| {
        let (start, end) = (times.start(zone), times.end(zone));
        start < to && (end > from || start == end && start >= from)
    };
    let Some(rule) = &event.rule else {
        let single = Occurrence { event: event.clone(), original: event.original };
        return if overlaps(&event.times) { vec![single] } else { vec![] };
    };
    let home = home(&event.times);
    // An occurrence that began before `from` may still last; whole days reach a day further, whatever the zone.
    let length = event.times.end(&home).duration_since(event.times.start(&home));
    let first =
        from.saturating_sub(length).and_then(|t| t.saturating_sub(jiff::SignedDuration::from_hours(48)));
    let first = wall(first.unwrap_or(Timestamp::MIN), &home);
    let last = wall(to.saturating_add(jiff::SignedDuration::from_hours(48)).unwrap_or(Timestamp::MAX), &home);
    let held = steps(rule, &event.times).skip_while(|begin| *begin < first).take_while(|begin| *begin < last);
    let occurrences = held.filter_map(|begin| {
        let original = moment(begin, &home);
        if event.skipped.contains(&original) {
            return None;
        }
        let times = begun(&event.times, begin, original)?;
        overlaps(&times)
            .then(|| Occurrence { event: CalendarEvent { times, ..event.clone() }, original: Some(original) })
    });
    occurrences.collect()
}

/// The next occurrence that begins after a moment.
pub(crate) fn next_after(event: &CalendarEvent, after: Timestamp, zone: &TimeZone) -> Option<Occurrence> {
    let mut reach = jiff::SignedDuration::from_hours(24 * 40);
    for _ in 0..6 {
        let to = after.saturating_add(reach).unwrap_or(Timestamp::MAX);
        let found = between(event, after, to, zone);
        if let Some(next) = found.into_iter().find(|o| o.event.times.start(zone) > after) {
            return Some(next);
        }
        event.rule.as_ref()?;
        reach = reach.saturating_mul(4);
    }
    None
}

/// Whether the rule gives this beginning (and it is not skipped).
pub(crate) fn holds(event: &CalendarEvent, original: Timestamp) -> bool {
    let Some(rule) = &event.rule else { return event.times.start(&home(&event.times)) == original };
    let home = home(&event.times);
    let wanted = wall(original, &home);
    !event.skipped.contains(&original)
        && steps(rule, &event.times)
            .take_while(|begin| *begin <= wanted)
            .any(|begin| moment(begin, &home) == original)
}

/// The last moment anything of an event is; none when it goes on for ever.
pub(crate) fn over(event: &CalendarEvent) -> Option<Timestamp> {
    let home = home(&event.times);
    let Some(rule) = &event.rule else { return Some(event.times.end(&home)) };
    if !rule.contains("COUNT=") && !rule.contains("UNTIL=") {
        return None;
    }
    let last = steps(rule, &event.times).last()?;
    begun(&event.times, last, moment(last, &home)).map(|times| times.end(&home))
}

/// A rule that ends before this beginning, and what is left of it from there on. None where nothing is left before.
pub(crate) fn split(event: &CalendarEvent, original: Timestamp) -> Result<(Option<String>, String)> {
    let rule = event.rule.as_deref().ok_or_else(|| Error::invalid("this event does not repeat"))?;
    let home = home(&event.times);
    let at = wall(original, &home);
    let before: Vec<_> = steps(rule, &event.times).take_while(|begin| *begin < at).collect();
    let part = |name: &str| rule.split(';').find_map(|p| p.strip_prefix(name)).map(str::to_owned);
    let kept: Vec<&str> =
        rule.split(';').filter(|p| !p.starts_with("COUNT=") && !p.starts_with("UNTIL=")).collect();
    let mut later = kept.join(";");
    if let Some(count) = part("COUNT=").and_then(|c| c.parse::<usize>().ok()) {
        later = format!("{later};COUNT={}", count.saturating_sub(before.len()).max(1));
    } else if let Some(until) = part("UNTIL=") {
        later = format!("{later};UNTIL={until}");
    }
    let earlier = before.last().map(|last| {
        let until = if event.times.all_day() {
            last.strftime("%Y%m%d").to_string()
        } else {
            moment(*last, &home).strftime("%Y%m%dT%H%M%SZ").to_string()
        };
        format!("{};UNTIL={until}", kept.join(";"))
    });
    Ok((earlier, later))
}

/// The zone by whose clock an event repeats. Whole days have none: they are reckoned in UTC.
pub(crate) fn home(times: &Times) -> TimeZone {
    match times {
        Times::Timed { zone, .. } => TimeZone::get(zone).unwrap_or(TimeZone::UTC),
        Times::Days { .. } => TimeZone::UTC,
    }
}

/// What a clock on the wall shows.
pub(crate) fn wall(at: Timestamp, zone: &TimeZone) -> DateTime {
    at.to_zoned(zone.clone()).datetime()
}

/// When a clock on the wall shows this: of an hour that comes twice the first, and of one that is left out the one after
/// (RFC 5545, 3.3.5).
pub(crate) fn moment(at: DateTime, zone: &TimeZone) -> Timestamp {
    zone.to_ambiguous_timestamp(at).compatible().unwrap_or(Timestamp::MAX)
}

/// An event's times, begun at another moment: as long by the clock's seconds, whole days as many.
fn begun(times: &Times, begin: DateTime, at: Timestamp) -> Option<Times> {
    Some(match times {
        Times::Timed { start, end, zone } => Times::Timed {
            start: at,
            end: at.checked_add(end.duration_since(*start)).ok()?,
            zone: zone.clone(),
        },
        Times::Days { first, until } => {
            let first_now = begin.date();
            Times::Days { first: first_now, until: first_now.checked_add(first.until(*until).ok()?).ok()? }
        }
    })
}

/// The beginnings that a rule gives, on the wall clock of the event's zone. The first is always the event's own.
fn steps(rule: &str, times: &Times) -> impl Iterator<Item = DateTime> + use<> {
    let first = first(times);
    let set = set(rule, times).ok();
    let given = set.into_iter().flat_map(|set| (&set).into_iter()).filter_map(|at| civil_of(&at));
    std::iter::once(first).chain(given.filter(move |begin| *begin > first)).take(MOST_STEPS)
}

fn first(times: &Times) -> DateTime {
    match times {
        Times::Timed { start, .. } => wall(*start, &home(times)),
        Times::Days { first, .. } => first.to_datetime(jiff::civil::Time::midnight()),
    }
}

/// The rule, made ready to be followed on the wall clock (which rrule is told is UTC, that has no gaps).
fn set(rule: &str, times: &Times) -> Result<RRuleSet> {
    let wrong = |why: String| Error::invalid(why);
    let begin = first(times);
    let rule = until_on_the_wall(rule, times);
    let parsed: RRule<Unvalidated> = rule.parse().map_err(|e: rrule::RRuleError| wrong(e.to_string()))?;
    if matches!(parsed.get_freq(), rrule::Frequency::Secondly | rrule::Frequency::Minutely) {
        return Err(wrong("more often than once an hour".into()));
    }
    let begin = chrono_of(begin).ok_or_else(|| wrong("its beginning is out of reach".into()))?;
    parsed.build(begin).map(RRuleSet::limit).map_err(|e| wrong(e.to_string()))
}

/// A rule's UNTIL says a moment in UTC; on the wall clock it is another time, or the whole of a day.
fn until_on_the_wall(rule: &str, times: &Times) -> String {
    let on_the_wall = |until: &str| -> Option<String> {
        let at = if let Some(utc) = until.strip_suffix('Z') {
            let utc = DateTime::strptime("%Y%m%dT%H%M%S", utc).ok()?;
            wall(utc.to_zoned(TimeZone::UTC).ok()?.timestamp(), &home(times))
        } else if until.len() == 8 {
            jiff::civil::Date::strptime("%Y%m%d", until).ok()?.at(23, 59, 59, 0)
        } else {
            DateTime::strptime("%Y%m%dT%H%M%S", until).ok()?
        };
        Some(at.strftime("%Y%m%dT%H%M%SZ").to_string())
    };
    let parts = rule.split(';').map(|part| match part.strip_prefix("UNTIL=").and_then(on_the_wall) {
        Some(until) => format!("UNTIL={until}"),
        None => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join(";")
}

fn chrono_of(at: DateTime) -> Option<chrono::DateTime<Tz>> {
    let part = |n: i8| u32::try_from(n).ok();
    Tz::UTC
        .with_ymd_and_hms(
            i32::from(at.year()),
            part(at.month())?,
            part(at.day())?,
            part(at.hour())?,
            part(at.minute())?,
            part(at.second())?,
        )
        .single()
}

fn civil_of(at: &chrono::DateTime<Tz>) -> Option<DateTime> {
    let part = |n: u32| i8::try_from(n).ok();
    DateTime::new(
        i16::try_from(at.year()).ok()?,
        part(at.month())?,
        part(at.day())?,
        part(at.hour())?,
        part(at.minute())?,
        part(at.second())?,
        0,
    )
    .ok()
}
