//! What the phrases of a time mean together, seen from now.

use jiff::{
    Span, ToSpan, Zoned,
    civil::{Date, Time, Weekday},
};

use super::{
    Precision, Recurrence, When,
    lexicon::{Part, TimeUnit},
    pieces::{Clock, Day, Said, Which, bit},
};

/// None when it cannot be (30 February, the year 20000) or says no time at all (a length alone).
pub(super) fn resolve(said: Said, now: &Zoned) -> Option<When> {
    let mut when = if let Some(shift) = said.shift { shifted(said, shift, now)? } else { placed(said, now)? };
    if let (Some(until), None) = (said.until, said.length) {
        let from = when.start.time();
        let until = time(until, said.part, Some(from))?;
        let end = when.start.with().time(until).build().ok()?;
        when.end = Some(if end > when.start { end } else { end.checked_add(1.day()).ok()? });
    } else if let Some(length) = said.length {
        when.end = Some(when.start.checked_add(length).ok()?);
    }
    when.recurrence = said.repeat;
    Some(when)
}

fn when(start: Zoned, precision: Precision) -> When {
    When { start, end: None, precision, recurrence: None }
}

/// "in 20 minutes", "in three days at noon".
fn shifted(said: Said, shift: Span, now: &Zoned) -> Option<When> {
    if said.day.is_some() {
        return None;
    }
    let moved = now.checked_add(shift).ok()?;
    let exact = shift.get_hours() != 0 || shift.get_minutes() != 0 || shift.get_seconds() != 0;
    if exact {
        return Some(when(moved, Precision::Moment));
    }
    on_day(said, moved.date(), 1, now)
}

fn placed(said: Said, now: &Zoned) -> Option<When> {
    let today = now.date();
    let Some(day) = said.day else { return undated(said, now) };
    let (mut date, days) = dates(day, today)?;
    // "Monday at nine", said on a Monday at eight, is today.
    if let Day::Weekday(_, Which::Coming) = day
        && date == today.checked_add(7.days()).ok()?
        && (said.clock.is_some() || said.part.is_some())
        && on_day(said, today, 1, now).is_some_and(|w| w.start > *now)
    {
        date = today;
    }
    let mut found = on_day(said, date, days, now)?;
    // The 3rd at nine, said on the 3rd at ten, is next month's.
    if found.precision == Precision::Moment && found.start <= *now && date == today {
        found = match day {
            Day::Numbered(n) => on_day(said, day_of_month(n, today.checked_add(1.day()).ok()?)?, 1, now)?,
            Day::Date { year: None, month, day } => {
                on_day(said, Date::new(today.year() + 1, month, day).ok()?, 1, now)?
            }
            _ => found,
        };
    }
    Some(found)
}

/// A time without a day: the next one ahead.
fn undated(said: Said, now: &Zoned) -> Option<When> {
    let today = match said.repeat {
        Some(Recurrence::On(days)) => first_of(days, now.date())?,
        _ => now.date(),
    };
    if said.clock.is_none() && said.part.is_none() {
        // "daily", "every week": from today.
        return said
            .repeat
            .filter(|r| *r != Recurrence::Other || said.length.is_none())
            .and_then(|_| on_day(said, today, 1, now));
    }
    let ahead = on_day(said, today, 1, now)?;
    if ahead.start > *now {
        return Some(ahead);
    }
    let tomorrow = today.checked_add(1.day()).ok()?;
    let next = match said.repeat {
        Some(Recurrence::Weekly) => today.checked_add(7.days()).ok()?,
        Some(Recurrence::On(days)) => first_of(days, tomorrow)?,
        _ => tomorrow,
    };
    on_day(said, next, 1, now)
}

/// The first of these days of the week, from a date on.
fn first_of(days: u8, from: Date) -> Option<Date> {
    (0..7).find_map(|n| from.checked_add(n.days()).ok().filter(|date| days & bit(date.weekday()) != 0))
}

fn on_day(said: Said, date: Date, days: i32, now: &Zoned) -> Option<When> {
    let zone = now.time_zone();
    if said.clock.is_none() && said.part.is_none() {
        let start = date.to_zoned(zone.clone()).ok()?;
        if days == 1 {
            return Some(when(start, Precision::Day));
        }
        let end = date.checked_add(days.days()).ok()?.to_zoned(zone.clone()).ok()?;
        return Some(When { end: Some(end), ..when(start, Precision::Days) });
    }
    // What comes again has its usual hour, whatever the time is now.
    let after = (date == now.date() && said.repeat.is_none()).then(|| now.time());
    let (time, precision) = match said.clock {
        Some(clock) => (time(clock, said.part, after)?, Precision::Moment),
        None => (Time::new(said.part?.at, 0, 0, 0).ok()?, Precision::PartOfDay),
    };
    let mut start = date.to_datetime(time).to_zoned(zone.clone()).ok()?;
    // "Tonight at half past twelve" and "at midnight tonight" are after this day's end.
    if time.hour() == 0 && said.part.is_some_and(|part| part.at >= 17) || midnight_ahead(said, &start, now) {
        start = start.checked_add(1.day()).ok()?;
    }
    let end = match (precision, said.part) {
        (Precision::PartOfDay, Some(part)) if part.to < 24 => start.with().hour(part.to).build().ok(),
        _ => None,
    };
    Some(When { end, ..when(start, precision) })
}

/// "today at midnight" is the one to come.
fn midnight_ahead(said: Said, start: &Zoned, now: &Zoned) -> bool {
    matches!(said.day, Some(Day::Offset(0))) && start.time() == Time::midnight() && start < now
}

/// The time of day meant by a clock: with "pm" or a part of the day it is plain; else the first one after `after`, and where
/// there is nothing to go by, the waking hours: 7 to 12, and 1 to 6 in the afternoon.
pub(super) fn time(clock: Clock, part: Option<Part>, after: Option<Time>) -> Option<Time> {
    let Clock { hour, minute, pm } = clock;
    let at = |hour: i8| Time::new(hour % 24, minute, 0, 0).ok();
    let late = |hour: i8| if hour < 12 { hour + 12 } else { hour };
    if hour > 12 {
        return at(hour);
    }
    let hour = match pm {
        Some(true) => late(hour),
        Some(false) => hour % 12,
        None => match part {
            Some(part) if part.at >= 17 && hour == 12 => 0,
            Some(part) if part.at >= 14 => late(hour),
            Some(part) if part.at == 12 && hour < 6 => late(hour),
            Some(_) => hour,
            None => {
                let usual = if (1..=6).contains(&hour) { hour + 12 } else { hour };
                let Some(after) = after else { return at(usual) };
                let hours = if hour == 12 { [12, 24] } else { [hour, late(hour)] };
                let ahead = hours.into_iter().find(|&h| h < 24 && at(h).is_some_and(|t| t > after));
                return at(ahead.unwrap_or(usual));
            }
        },
    };
    at(hour)
}

/// The first date of a day or of several, and how many they are.
fn dates(day: Day, today: Date) -> Option<(Date, i32)> {
    let monday = week_start(today)?;
    Some(match day {
        Day::Offset(days) => (today.checked_add(days.days()).ok()?, 1),
        Day::Weekday(weekday, which) => (weekday_date(weekday, which, today)?, 1),
        Day::Numbered(n) => (day_of_month(n, today)?, 1),
        Day::Date { year: Some(year), month, day } => (Date::new(year, month, day).ok()?, 1),
        Day::Date { year: None, month, day } => (next_date(month, day, today)?, 1),
        Day::Week(which) => {
            let start = monday.checked_add(steps(which).weeks()).ok()?;
            // What is left of this week.
            if start <= today && which != Which::Last {
                (today, 7 - days_between(start, today))
            } else {
                (start, 7)
            }
        }
        Day::Weekend(which) => {
            let ahead = if which == Which::Coming { 0 } else { steps(which) };
            (monday.checked_add(ahead.weeks()).ok()?.checked_add(5.days()).ok()?, 2)
        }
        Day::Month(which) => {
            month_dates(today.first_of_month().checked_add(steps(which).months()).ok()?, today)?
        }
        Day::Year(which) => {
            let first = Date::new(today.year().checked_add(i16::try_from(steps(which)).ok()?)?, 1, 1).ok()?;
            (
                if first <= today && which == Which::This { today } else { first },
                i32::from(first.days_in_year()),
            )
        }
        Day::NamedMonth(month) => {
            let year = if month < today.month() { today.year().checked_add(1)? } else { today.year() };
            month_dates(Date::new(year, month, 1).ok()?, today)?
        }
        Day::EndOf(unit, which) => (end_of(unit, which, today, monday)?, 1),
        Day::From(span, from) => {
            let from = from.map_or(Some(today), |weekday| weekday_date(weekday, Which::Coming, today))?;
            (from.checked_add(span).ok()?, 1)
        }
    })
}

fn end_of(unit: TimeUnit, which: Which, today: Date, monday: Date) -> Option<Date> {
    match unit {
        TimeUnit::Week => monday
            .checked_add(steps(which).weeks())
            .ok()?
            .checked_add(4.days())
            .ok()
            .map(|friday| friday.max(today)),
        TimeUnit::Month => {
            Some(today.first_of_month().checked_add(steps(which).months()).ok()?.last_of_month())
        }
        TimeUnit::Year => {
            Date::new(today.year().checked_add(i16::try_from(steps(which)).ok()?)?, 12, 31).ok()
        }
        _ => Some(today),
    }
}

const fn steps(which: Which) -> i64 {
    match which {
        Which::This => 0,
        Which::Coming | Which::Next => 1,
        Which::Last => -1,
    }
}

fn days_between(from: Date, to: Date) -> i32 {
    from.until(to).map_or(0, |span| span.get_days())
}

fn week_start(date: Date) -> Option<Date> {
    date.checked_sub(i64::from(date.weekday().to_monday_zero_offset()).days()).ok()
}

fn weekday_date(weekday: Weekday, which: Which, today: Date) -> Option<Date> {
    let in_week = |weeks: i64| {
        let monday = week_start(today)?.checked_add(weeks.weeks()).ok()?;
        monday.checked_add(i64::from(weekday.to_monday_zero_offset()).days()).ok()
    };
    match which {
        Which::Next => in_week(1),
        Which::Last => today.nth_weekday(-1, weekday).ok(),
        Which::This if in_week(0)? >= today => in_week(0),
        Which::This | Which::Coming => today.nth_weekday(1, weekday).ok(),
    }
}

/// This month's, or the next month's that has such a day.
fn day_of_month(n: i8, today: Date) -> Option<Date> {
    (0..12_i64).find_map(|months| {
        let first = today.first_of_month().checked_add(months.months()).ok()?;
        Date::new(first.year(), first.month(), n).ok().filter(|date| *date >= today)
    })
}

/// This year's, or the next year's that has such a day (29 February).
fn next_date(month: i8, day: i8, today: Date) -> Option<Date> {
    (0..=8).find_map(|years| {
        Date::new(today.year().checked_add(years)?, month, day).ok().filter(|date| *date >= today)
    })
}

/// What is left of a month.
fn month_dates(first: Date, today: Date) -> Option<(Date, i32)> {
    let start = if first <= today && today <= first.last_of_month() { today } else { first };
    Some((start, days_between(start, first.last_of_month()) + 1))
}
