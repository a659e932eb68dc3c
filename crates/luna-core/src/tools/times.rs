//! Times as tools are given them, and where a move leads: from when something was to when it shall be. Pure.

use jiff::civil::{Date, DateTime, ISOWeekDate, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, ToSpan as _, Zoned};
use luna_builtin::when;
use luna_model::{CalendarEvent, Error, Result, Times, Timestamp};

use crate::calendar::zone_name;

/// Nine in the morning: when something is to be done on a day, if no more is known.
const NINE: Time = Time::constant(9, 0, 0, 0);
/// The hours in which things are, where the half of the day is open.
const WAKING: std::ops::Range<i8> = 7..24;

/// What is to be another time.
#[derive(Debug, Default)]
pub(super) struct Move<'a> {
    /// A new beginning.
    pub(super) start: Option<&'a str>,
    /// A new end.
    pub(super) end: Option<&'a str>,
    /// So much later (or earlier).
    pub(super) shift: Option<&'a str>,
    /// Ends so much later after its beginning than it did.
    pub(super) longer: Option<&'a str>,
    /// Lasts so long.
    pub(super) length: Option<&'a str>,
}

/// A new beginning as it was said, before it is known what is moved.
enum Begin {
    At(Timestamp),
    Day(Date),
    /// The same day of another week.
    Week(Date),
    /// A time of day, on a day or its own; whether the half of the day is open.
    Clock(Option<Date>, Time, bool),
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
pub(super) fn last_moment(text: &str, now: &Zoned) -> Result<Timestamp> {
    match text.trim().parse::<Date>() {
        Ok(day) if text.trim().len() == 10 => {
            let next = day.checked_add(1.day()).map_err(|_| Error::invalid("that day is out of reach"))?;
            Ok(luna_model::midnight(next, now.time_zone()))
        }
        _ => moment(text, now),
    }
}

pub(super) fn times(start: &str, end: Option<&str>, now: &Zoned) -> Result<Times> {
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

/// The stretch of time in which something begins that is named by when it is: a moment, or a day.
pub(super) fn beginning(on: &str, now: &Zoned) -> Result<(Timestamp, Timestamp)> {
    let from = moment(on, now)?;
    let to = last_moment(on, now)?.max(from.saturating_add(SignedDuration::from_mins(1)).unwrap_or(from));
    Ok((from, to))
}

fn begin(text: &str, now: &Zoned) -> Result<Begin> {
    let text = text.trim();
    if let Some(day) = text.parse::<Date>().ok().filter(|_| text.len() == 10) {
        return Ok(Begin::Day(day));
    }
    if text.contains("-W")
        && let Ok(monday) = format!("{text}-1").parse::<ISOWeekDate>()
    {
        return Ok(Begin::Week(monday.date()));
    }
    let (clock, open) = text.strip_suffix("o'clock").map_or((text, false), |clock| (clock.trim(), true));
    let (day, clock) = match clock.split_once(' ') {
        Some((day, clock)) => (Some(day.parse::<Date>().ok()), clock.trim()),
        None => (None, clock),
    };
    if day != Some(None)
        && let Some(time) = time_of_day(clock)
    {
        return Ok(Begin::Clock(day.flatten(), time, open));
    }
    moment(text, now).map(Begin::At)
}

/// "20:00", "8:30", "8".
fn time_of_day(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':').unwrap_or((text, "00"));
    if hour.is_empty() || hour.len() > 2 || minute.len() != 2 {
        return None;
    }
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

/// Of the two times that an open half of the day leaves, the waking one; of two such, the one nearer to when it was.
fn settled(time: Time, was: Time) -> Time {
    let other = time.with().hour((time.hour() + 12) % 24).build().unwrap_or(time);
    let waking = |t: &Time| WAKING.contains(&t.hour());
    match (waking(&time), waking(&other)) {
        (true, false) => time,
        (false, true) if was.hour() >= WAKING.start || time.hour() == 0 => other,
        _ => {
            let away = |t: Time| was.duration_until(t).abs();
            if away(other) < away(time) { other } else { time }
        }
    }
}

/// When something begins that began at `was` and is moved.
fn moved_start(was: &Zoned, start: &str, now: &Zoned) -> Result<Timestamp> {
    let at = |day: Date, time: Time| {
        let zone = was.time_zone().clone();
        day.to_datetime(time).to_zoned(zone).map(|z| z.timestamp()).map_err(Error::internal)
    };
    match begin(start, now)? {
        Begin::At(at) => Ok(at),
        Begin::Day(day) => at(day, was.time()),
        Begin::Week(monday) => {
            let days = i64::from(was.weekday().to_monday_zero_offset());
            let day = monday.checked_add(days.days()).map_err(|_| beyond())?;
            // What is in that week already is moved to the one after.
            let day = if day == was.date() { day.checked_add(1.week()).map_err(|_| beyond())? } else { day };
            at(day, was.time())
        }
        Begin::Clock(day, time, open) => {
            let time = if open { settled(time, was.time()) } else { time };
            at(day.unwrap_or(was.date()), time)
        }
    }
}

/// When something without a length is, that was at `was` (or at no time) and is moved; none when it stays.
pub(super) fn moved_moment(
    was: Option<Timestamp>,
    start: Option<&str>,
    shift: Option<&str>,
    now: &Zoned,
) -> Result<Option<Timestamp>> {
    if start.is_none() && shift.is_none() {
        return Ok(None);
    }
    let was = match was {
        Some(was) => was.to_zoned(now.time_zone().clone()),
        None => now.with().time(NINE).build().map_err(Error::internal)?,
    };
    let start = start.map_or(Ok(was.timestamp()), |start| moved_start(&was, start, now))?;
    let start = match shift {
        // What is over is put off from now on.
        Some(shift) => {
            let begin = start.to_zoned(now.time_zone().clone());
            let span = span(shift)?;
            let from = if begin < *now && span.is_positive() { now.clone() } else { begin };
            from.checked_add(span).map_err(|_| beyond())?.timestamp()
        }
        None => start,
    };
    Ok(Some(start))
}

/// The new times of an event; none when they stay. It lasts as long as it did, unless an end or a length is given.
pub(super) fn moved(event: &CalendarEvent, change: &Move<'_>, now: &Zoned) -> Result<Option<Times>> {
    let Move { start, end, shift, longer, length } = *change;
    if [start, end, shift, longer, length].iter().all(Option::is_none) {
        return Ok(None);
    }
    let old = match &event.times {
        Times::Timed { start, end, zone } => {
            let home = TimeZone::get(zone).unwrap_or_else(|_| now.time_zone().clone());
            (start.to_zoned(home.clone()), end.to_zoned(home), zone.clone())
        }
        Times::Days { first, until } => return moved_days((*first, *until), change, now).map(Some),
    };
    let (was, ended, zone) = old;
    let lasted = ended.duration_since(&was);
    let begins = start.map_or(Ok(was.timestamp()), |start| moved_start(&was, start, now))?;
    let begins = begins.to_zoned(was.time_zone().clone());
    let begins = match shift {
        Some(shift) => begins.checked_add(span(shift)?).map_err(|_| beyond())?,
        None => begins,
    };
    let usual = begins.checked_add(lasted).map_err(|_| beyond())?;
    let ends = match (end, length, longer) {
        (Some(end), ..) => moved_start(&usual, end, now)?.to_zoned(was.time_zone().clone()),
        (None, Some(length), _) => begins.checked_add(span(length)?).map_err(|_| beyond())?,
        (None, None, Some(longer)) => usual.checked_add(span(longer)?).map_err(|_| beyond())?,
        (None, None, None) => usual,
    };
    if ends <= begins && lasted.is_positive() {
        return Err(Error::invalid("it would end before it begins; say how long it shall last"));
    }
    Ok(Some(Times::Timed { start: begins.timestamp(), end: ends.timestamp(), zone }))
}

fn moved_days((first, until): (Date, Date), change: &Move<'_>, now: &Zoned) -> Result<Times> {
    let days = |text: &str| {
        let span = span(text)?;
        let whole = span.get_hours() == 0 && span.get_minutes() == 0 && span.get_seconds() == 0;
        whole.then_some(span).ok_or_else(|| {
            Error::invalid("it lasts whole days; move it by days, or give it a time of day first")
        })
    };
    let add = |date: Date, span: Span| date.checked_add(span).map_err(|_| beyond());
    let count = first.until(until).map_err(|_| beyond())?;
    let begins = match change.start.map(|start| begin(start, now)).transpose()? {
        None => first,
        Some(Begin::Day(day)) => day,
        Some(Begin::Week(monday)) => add(monday, i64::from(first.weekday().to_monday_zero_offset()).days())?,
        // A day becomes a time.
        Some(Begin::Clock(day, time, open)) => {
            let time = if open { settled(time, Time::constant(12, 0, 0, 0)) } else { time };
            let start = day.unwrap_or(first).to_datetime(time).to_zoned(now.time_zone().clone());
            let start = start.map_err(Error::internal)?.timestamp();
            return timed(start, change.end, change.length, now);
        }
        Some(Begin::At(at)) => return timed(at, change.end, change.length, now),
    };
    let begins = change.shift.map_or(Ok(begins), |shift| add(begins, days(shift)?))?;
    let until = match (change.end, change.length, change.longer) {
        (Some(end), ..) => return times(&begins.to_string(), Some(end), now),
        (None, Some(length), _) => add(begins, days(length)?)?,
        (None, None, Some(longer)) => add(add(begins, count)?, days(longer)?)?,
        (None, None, None) => add(begins, count)?,
    };
    Ok(Times::Days { first: begins, until })
}

fn timed(start: Timestamp, end: Option<&str>, length: Option<&str>, now: &Zoned) -> Result<Times> {
    let begins = start.to_zoned(now.time_zone().clone());
    let usual = length.map_or(Ok(1.hour()), span)?;
    let usual = begins.checked_add(usual).map_err(|_| beyond())?;
    let end = end.map_or(Ok(usual.timestamp()), |end| moved_start(&usual, end, now))?;
    Ok(Times::Timed { start, end, zone: zone_name(now) })
}

fn span(text: &str) -> Result<Span> {
    text.trim().parse().map_err(|_| {
        Error::invalid(format!("{text:?} is no length of time; write it as PT30M, PT1H, -PT15M or P1D"))
    })
}

/// A length of time as one says it, if it is one.
pub(super) fn length_in_words(text: &str) -> String {
    let span = span(text).map(|span| when::describe_length(span.abs()));
    span.unwrap_or_else(|_| text.to_owned())
}

/// A new beginning as one says it: a moment or a day in words, a time of day as it is.
pub(super) fn start_in_words(text: &str, now: &Zoned) -> String {
    let at = moment(text, now).map(|at| when::describe(&at.to_zoned(now.time_zone().clone()), now));
    at.unwrap_or_else(|_| text.to_owned())
}

fn beyond() -> Error {
    Error::invalid("that time is out of reach")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Zoned {
        "2026-03-11T10:00:00+01:00[Europe/Berlin]".parse().unwrap()
    }

    fn begun(was: &str, start: &str) -> String {
        let was: Zoned = format!("{was}[Europe/Berlin]").parse().unwrap();
        let at = moved_start(&was, start, &now()).unwrap().to_zoned(was.time_zone().clone());
        at.strftime("%Y-%m-%dT%H:%M").to_string()
    }

    #[test]
    fn a_move_leads_where_it_was_said() {
        let choir = "2026-03-12T19:00:00+01:00";
        for (said, there) in [
            ("20:00", "2026-03-12T20:00"),
            ("8 o'clock", "2026-03-12T20:00"),
            ("8:30 o'clock", "2026-03-12T20:30"),
            ("08:30", "2026-03-12T08:30"),
            ("2026-03-13", "2026-03-13T19:00"),
            ("2026-03-13 8 o'clock", "2026-03-13T20:00"),
            ("2026-W13", "2026-03-26T19:00"),
            ("2026-03-14T10:00:00+01:00", "2026-03-14T10:00"),
        ] {
            assert_eq!(begun(choir, said), there, "{said}");
        }
        let standup = "2026-03-12T09:00:00+01:00";
        for (said, there) in [
            ("4:30 o'clock", "2026-03-12T16:30"),
            ("12 o'clock", "2026-03-12T12:00"),
            ("10 o'clock", "2026-03-12T10:00"),
        ] {
            assert_eq!(begun(standup, said), there, "{said}");
        }
        // Seven in the evening stays seven when the clocks change.
        assert_eq!(begun(choir, "2026-03-30"), "2026-03-30T19:00");
        assert!(begin("soon", &now()).is_err());
    }

    #[test]
    fn what_has_no_time_gets_nine_and_what_is_over_is_put_off_from_now() {
        let at = |was: Option<&str>, start: Option<&str>, shift: Option<&str>| {
            let was = was.map(|was| was.parse().unwrap());
            let at = moved_moment(was, start, shift, &now()).unwrap();
            at.map(|at| at.to_zoned(now().time_zone().clone()).strftime("%Y-%m-%dT%H:%M").to_string())
        };
        assert_eq!(at(None, Some("2026-03-16"), None).as_deref(), Some("2026-03-16T09:00"));
        let over = Some("2026-03-11T08:00:00Z");
        assert_eq!(at(over, None, Some("PT30M")).as_deref(), Some("2026-03-11T10:30"));
        assert_eq!(at(over, None, None), None);
    }
}
