//! Recognises one phrase of a date or time at a given word: "next tuesday", "at half past two", "for 45 minutes". What the
//! phrases mean together is decided in `resolve`.

use std::sync::LazyLock;

use jiff::{Span, civil::Weekday};
use regex::Regex;

use super::{
    Period, Recurrence,
    clock::clock_phrase,
    cursor::{Cursor, Found},
    lexicon::{LEXICON, Part, TimeUnit},
    quantity::{length, quantity, shift},
};
use crate::{
    number::{cardinal, ordinal},
    words::Word,
};

/// Which of several weekdays, weeks or months.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// The first one ahead.
    Coming,
    This,
    Next,
    Last,
}

/// A day, as said.
#[derive(Clone, Copy, Debug)]
pub(super) enum Day {
    /// So many days from today.
    Offset(i32),
    Weekday(Weekday, Which),
    /// The next day of this number.
    Numbered(i8),
    Date {
        year: Option<i16>,
        month: i8,
        day: i8,
    },
    Week(Which),
    Weekend(Which),
    Month(Which),
    Year(Which),
    NamedMonth(i8),
    EndOf(TimeUnit, Which),
    /// So long after (or before) another day: "a week from monday".
    From(Span, Option<Weekday>),
}

/// A time of day, as said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    pub(super) hour: i8,
    pub(super) minute: i8,
    /// Whether it is after noon, when that was said (or is plain from the figures).
    pub(super) pm: Option<bool>,
}

/// What one or several phrases say together.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Said {
    pub(super) day: Option<Day>,
    pub(super) clock: Option<Clock>,
    pub(super) until: Option<Clock>,
    pub(super) part: Option<Part>,
    pub(super) length: Option<Span>,
    pub(super) shift: Option<Span>,
    pub(super) repeat: Option<Recurrence>,
}

impl Said {
    /// Both together, when they do not contradict each other.
    pub(super) fn with(self, other: Self) -> Option<Self> {
        fn one<T>(a: Option<T>, b: Option<T>) -> Option<Option<T>> {
            match (a, b) {
                (Some(_), Some(_)) => None,
                (a, b) => Some(a.or(b)),
            }
        }
        Some(Self {
            day: one(self.day, other.day)?,
            clock: one(self.clock, other.clock)?,
            until: one(self.until, other.until)?,
            part: one(self.part, other.part)?,
            length: one(self.length, other.length)?,
            shift: one(self.shift, other.shift)?,
            repeat: one(self.repeat, other.repeat)?,
        })
    }
}

/// The phrase at `at`, and where it ends. `after_day`: the phrase before it named a day, so that a bare "9" or "morning" is one.
pub(super) fn phrase(words: &[Word], at: usize, after_day: bool) -> Option<(Said, usize)> {
    let cursor = Cursor { words, at };
    if cursor.peek().is_empty() {
        return None;
    }
    repeat(cursor)
        .or_else(|| shift(cursor).map(|(shift, c)| (Said { shift: Some(shift), ..Said::default() }, c)))
        .or_else(|| length(cursor).map(|(length, c)| (Said { length: Some(length), ..Said::default() }, c)))
        .or_else(|| part(cursor, after_day))
        .or_else(|| clock_phrase(cursor, after_day))
        .or_else(|| day_phrase(cursor))
        .map(|(said, c)| (said, c.at))
}

/// A length of time at `at` without "for" or "in" before it, and where it ends.
pub(super) fn bare_length(words: &[Word], at: usize) -> Option<(Span, usize)> {
    quantity(Cursor { words, at }).map(|(span, c)| (span, c.at))
}

/// "in the morning", "this evening", "tonight", "at night"; a bare "morning" only behind a day.
fn part(c: Cursor<'_>, after_day: bool) -> Found<'_, Said> {
    let said = |part, day| Said { part: Some(part), day, ..Said::default() };
    let c = c.eat("first").and_then(|c| c.eat("thing")).unwrap_or(c);
    let today = Some(Day::Offset(0));
    for (lead, day) in [
        ("in the", None),
        ("at", None),
        ("during the", None),
        ("by", None),
        ("this", today),
        ("later this", today),
    ] {
        if let Some(inside) = c.eat_all(lead)
            && let Some(part) = LEXICON.part(inside.peek())
        {
            let day = if matches!(inside.peek(), "tonight" | "tonite") { today } else { day };
            return Some((said(part, day), inside.skip(1)));
        }
    }
    if matches!(c.peek(), "tonight" | "tonite") {
        return Some((said(LEXICON.part(c.peek())?, today), c.skip(1)));
    }
    let inside = c.eat_any(&["early", "late", "mid"]).unwrap_or(c);
    let part = after_day.then(|| LEXICON.part(inside.peek())).flatten()?;
    Some((said(part, None), inside.skip(1)))
}

/// "every monday at 9" (the time is its own phrase), "daily", "each month on the 3rd", "on mondays".
fn repeat(c: Cursor<'_>) -> Found<'_, Said> {
    let said = |repeat, day| Said { repeat: Some(repeat), day, ..Said::default() };
    let simple = match c.peek() {
        "daily" | "everyday" => Some(Recurrence::Daily),
        "weekly" => Some(Recurrence::Weekly),
        "monthly" => Some(Recurrence::Monthly),
        "yearly" | "annually" => Some(Recurrence::Yearly),
        _ => None,
    };
    if let Some(repeat) = simple {
        return Some((said(repeat, None), c.skip(1)));
    }
    if let Some(repeat) = usual(c.peek().trim_end_matches("ly")) {
        return Some((said(repeat, None), c.skip(1)));
    }
    if let Some(inside) = c.eat("on")
        && inside.peek().ends_with("days")
        && let Some((repeat, day, after)) = weekdays(inside)
    {
        return Some((said(repeat, day), after));
    }
    if let Some(repeat) = c.eat("on").and_then(|inside| usual(inside.peek())) {
        return Some((said(repeat, None), c.skip(2)));
    }
    let each = c
        .maybe(&["on"])
        .eat_any(&["every", "each"])
        .or_else(|| c.eat("once").and_then(|c| c.eat_any(&["a", "per", "every"])))?;
    let each = each.maybe(&["single"]);
    if let Some(repeat) = usual(each.peek()) {
        return Some((said(repeat, None), each.skip(1)));
    }
    let counted = match each.eat_any(&["other", "second"]) {
        Some(after) => Some((2, after)),
        None => cardinal(each.rest()).and_then(|(n, taken)| Some((u16::try_from(n).ok()?, each.skip(taken)))),
    };
    if let Some((count, after)) = counted {
        if let Some(unit) = LEXICON.unit(after.peek()) {
            return Some((said(every(count, unit), None), after.skip(1)));
        }
        let day = LEXICON.weekday(after.peek(), true)?;
        let day = Day::Weekday(day, Which::Coming);
        return Some((said(Recurrence::Every(count, Period::Week), Some(day)), after.skip(1)));
    }
    if let Some(part) = LEXICON.part(each.peek()) {
        return Some((Said { part: Some(part), ..said(Recurrence::Daily, None) }, each.skip(1)));
    }
    if let Some(unit) = LEXICON.unit(each.peek()) {
        return Some((said(every(1, unit), None), each.skip(1)));
    }
    if let Some((repeat, day, after)) = weekdays(each) {
        return Some((said(repeat, day), after));
    }
    let (day, after) = date(each)?;
    match day {
        Day::Numbered(_) => {
            Some((said(Recurrence::Monthly, Some(day)), after.eat_all("of the month").unwrap_or(after)))
        }
        Day::Date { year: None, .. } => Some((said(Recurrence::Yearly, Some(day)), after)),
        _ => None,
    }
}

/// Ways to repeat that have a word of their own.
fn usual(word: &str) -> Option<Recurrence> {
    Some(match word {
        "weekday" | "weekdays" | "workday" | "workdays" => Recurrence::WEEKDAYS,
        "weekend" | "weekends" => Recurrence::WEEKENDS,
        "fortnight" | "biweek" => Recurrence::Every(2, Period::Week),
        "quarter" => Recurrence::Every(3, Period::Month),
        "hour" => Recurrence::Other,
        _ => return None,
    })
}

fn every(count: u16, unit: TimeUnit) -> Recurrence {
    let (count, period) = match unit {
        TimeUnit::Day => (count, Period::Day),
        TimeUnit::Week => (count, Period::Week),
        TimeUnit::Fortnight => (count.saturating_mul(2), Period::Week),
        TimeUnit::Month => (count, Period::Month),
        TimeUnit::Year => (count, Period::Year),
        TimeUnit::Second | TimeUnit::Minute | TimeUnit::Hour => return Recurrence::Other,
    };
    match (count, period) {
        (0, _) => Recurrence::Other,
        (1, Period::Day) => Recurrence::Daily,
        (1, Period::Week) => Recurrence::Weekly,
        (1, Period::Month) => Recurrence::Monthly,
        (1, Period::Year) => Recurrence::Yearly,
        _ => Recurrence::Every(count, period),
    }
}

/// "monday", "mondays and thursdays", "monday, wednesday and friday".
fn weekdays(c: Cursor<'_>) -> Option<(Recurrence, Option<Day>, Cursor<'_>)> {
    let first = LEXICON.weekday(c.peek(), true)?;
    let (mut days, mut after) = (bit(first), c.skip(1));
    while let Some(day) = LEXICON.weekday(after.maybe(&["and", "or"]).peek(), true) {
        days |= bit(day);
        after = after.maybe(&["and", "or"]).skip(1);
    }
    if days == bit(first) {
        return Some((Recurrence::Weekly, Some(Day::Weekday(first, Which::Coming)), after));
    }
    Some((Recurrence::On(days), None, after))
}

/// A day of the week in [`Recurrence::On`].
pub(super) fn bit(day: Weekday) -> u8 {
    1 << day.to_monday_zero_offset()
}

fn day_phrase(c: Cursor<'_>) -> Found<'_, Said> {
    let lead = c.eat_any(&[
        "on", "by", "from", "starting", "before", "until", "for", "since", "during", "over", "in", "of", "at",
    ]);
    let inside = lead.unwrap_or(c).maybe(&["on"]);
    let sure = lead.is_some();
    // "of" and "in" lead only where a date follows them closely ("of march", "in june").
    let (day, after) = day(inside, sure, c.peek())?;
    let mut said = Said { day: Some(day), ..Said::default() };
    let mut after = after;
    if let Day::Numbered(_) = day
        && let Some(end) = after.eat_all("of every month").or_else(|| after.eat_all("of each month"))
    {
        (said.repeat, after) = (Some(Recurrence::Monthly), end);
    }
    Some((said, after))
}

fn which(word: &str) -> Option<Which> {
    Some(match word {
        "this" | "current" => Which::This,
        "coming" | "upcoming" => Which::Coming,
        "next" | "following" => Which::Next,
        "last" | "past" | "previous" => Which::Last,
        _ => return None,
    })
}

fn day<'w>(c: Cursor<'w>, sure: bool, lead: &str) -> Found<'w, Day> {
    for words in ["day after tomorrow", "day after tmrw", "overmorrow"] {
        if let Some(after) = c.maybe(&["the"]).eat_all(words) {
            return Some((Day::Offset(2), after));
        }
    }
    if let Some(after) = c.maybe(&["the"]).eat_all("day before yesterday") {
        return Some((Day::Offset(-2), after));
    }
    if let Some(offset) = LEXICON.day(c.peek()).filter(|_| !matches!(lead, "of" | "at")) {
        return Some((Day::Offset(offset), c.skip(1)));
    }
    if let Some(found) = named_day(c) {
        return Some(found);
    }
    if let Some(after) = c.maybe(&["the"]).eat("end").and_then(|c| c.eat("of")).map(|c| c.maybe(&["the"])) {
        let (whose, after) = which(after.peek()).map_or((Which::This, after), |w| (w, after.skip(1)));
        let unit = LEXICON
            .unit(after.peek())
            .filter(|u| matches!(u, TimeUnit::Day | TimeUnit::Week | TimeUnit::Month | TimeUnit::Year))?;
        return Some((Day::EndOf(unit, whose), after.skip(1)));
    }
    let the = c.maybe(&["the"]);
    if let Some(whose) = which(the.peek()) {
        let after = the.skip(1);
        let word = after.peek();
        let day = match word {
            "week" => Day::Week(whose),
            "weekend" => Day::Weekend(whose),
            "month" => Day::Month(whose),
            "year" => Day::Year(whose),
            _ => Day::Weekday(LEXICON.weekday(word, true)?, whose),
        };
        return Some((day, after.skip(1)));
    }
    if sure && the.peek() == "weekend" {
        return Some((Day::Weekend(Which::This), the.skip(1)));
    }
    if let Some(weekday) = LEXICON.weekday(c.peek(), sure) {
        let after = c.skip(1);
        if let Some(whose) = which(after.peek()).filter(|_| after.norm(1) == "week") {
            return Some((Day::Weekday(weekday, whose), after.skip(2)));
        }
        // "friday the 13th", "tuesday 17 march": the date says it better.
        if let Some(dated) = date(after) {
            return Some(dated);
        }
        return Some((Day::Weekday(weekday, Which::Coming), after));
    }
    if let Some((span, after)) = quantity(c)
        && let Some(after) = after.eat_any(&["from", "after"])
    {
        if let Some(weekday) = LEXICON.weekday(after.peek(), true) {
            return Some((Day::From(span, Some(weekday)), after.skip(1)));
        }
        if LEXICON.day(after.peek()) == Some(1) {
            return Some((
                Day::From(
                    span.checked_add(jiff::SpanArithmetic::from(Span::new().days(1)).days_are_24_hours())
                        .ok()?,
                    None,
                ),
                after.skip(1),
            ));
        }
    }
    date(c).or_else(|| {
        // A month alone needs "in" before it: "may" and "march" are verbs too.
        let month = matches!(lead, "in" | "during" | "of" | "by" | "until" | "before" | "since")
            .then(|| LEXICON.month(c.peek()))
            .flatten()?;
        Some((Day::NamedMonth(month), c.skip(1)))
    })
}

fn named_day(c: Cursor<'_>) -> Found<'_, Day> {
    (1..=3).rev().find_map(|count| {
        let words: Vec<&str> = (0..count).map(|n| c.norm(n)).collect();
        let [month, day] = LEXICON.named(&words.join(" "))?;
        Some((Day::Date { year: None, month, day }, c.skip(count)))
    })
}

static FIGURES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^(?:(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})([./])(\d{1,2})[./](\d{4}|\d{2})?)$").ok()
});

/// "3 march", "the 3rd of march 2027", "march 3rd", "the 15th", "2027-03-04", "4.3.2027".
fn date(c: Cursor<'_>) -> Found<'_, Day> {
    if let Some(found) = FIGURES.as_ref().and_then(|figures| figures.captures(c.peek())) {
        let number = |n: usize| found.get(n).and_then(|m| m.as_str().parse::<i16>().ok());
        let (year, month, day) = match number(1) {
            Some(year) => (Some(year), number(2)?, number(3)?),
            None => {
                let year = number(7).map(|y| if y < 100 { y + 2000 } else { y });
                let (first, second) = (number(4)?, number(6)?);
                // Day first, as most of the world writes it, unless that cannot be.
                if second > 12 { (year, first, second) } else { (year, second, first) }
            }
        };
        let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
        return ((1..=12).contains(&month) && (1..=31).contains(&day))
            .then(|| (Day::Date { year, month, day }, c.skip(1)));
    }
    let the = c.eat("the");
    let inside = the.unwrap_or(c);
    if let Some(month) = LEXICON.month(inside.peek()) {
        let after = inside.skip(1).maybe(&["the"]);
        let (day, taken) = ordinal(after.rest()).or_else(|| cardinal(after.rest()))?;
        let day = i8::try_from(day).ok().filter(|d| (1..=31).contains(d))?;
        let (year, after) = year(after.skip(taken));
        return Some((Day::Date { year, month, day }, after));
    }
    let as_ordinal = ordinal(inside.rest());
    let (n, taken) = as_ordinal.or_else(|| cardinal(inside.rest()))?;
    let n = i8::try_from(n).ok().filter(|d| (1..=31).contains(d))?;
    let after = inside.skip(taken);
    if let Some(month) = LEXICON.month(after.maybe(&["of"]).peek()) {
        let (year, after) = year(after.maybe(&["of"]).skip(1));
        return Some((Day::Date { year, month, day: n }, after));
    }
    let figures = inside.peek().starts_with(|first: char| first.is_ascii_digit());
    // "the second act" is no date; "the 2nd" and "on the second" are.
    let dated = as_ordinal.is_some()
        && (the.is_some() && figures
            || c.at > 0
                && matches!(
                    c.words.get(c.at - 1).map(|w| w.norm.as_str()),
                    Some("on" | "by" | "every" | "each")
                ));
    dated.then_some((Day::Numbered(n), after))
}

fn year(c: Cursor<'_>) -> (Option<i16>, Cursor<'_>) {
    match c.maybe(&["in"]).peek().parse::<i16>() {
        Ok(year @ 1900..=2200) => (Some(year), c.maybe(&["in"]).skip(1)),
        _ => (None, c),
    }
}
