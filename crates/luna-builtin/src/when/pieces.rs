//! Recognises one phrase of a date or time at a given word: "next tuesday", "at half past two", "for 45 minutes". What the
//! phrases mean together is decided in `resolve`.

use std::sync::LazyLock;

use jiff::{Span, civil::Weekday};
use regex::Regex;

use super::{
    Recurrence,
    lexicon::{LEXICON, Part, TimeUnit},
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

/// A place among the words.
#[derive(Clone, Copy)]
struct Cursor<'w> {
    words: &'w [Word],
    at: usize,
}

impl<'w> Cursor<'w> {
    fn norm(&self, ahead: usize) -> &'w str {
        self.words.get(self.at + ahead).filter(|w| w.quoted.is_none()).map_or("", |w| w.norm.as_str())
    }

    fn peek(&self) -> &'w str {
        self.norm(0)
    }

    fn rest(&self) -> &'w [Word] {
        self.words.get(self.at..).unwrap_or_default()
    }

    fn skip(mut self, words: usize) -> Self {
        self.at += words;
        self
    }

    /// Past this word, if it is here.
    fn eat(self, word: &str) -> Option<Self> {
        (self.peek() == word).then(|| self.skip(1))
    }

    fn eat_any(self, words: &[&str]) -> Option<Self> {
        (!self.peek().is_empty() && words.contains(&self.peek())).then(|| self.skip(1))
    }

    /// Past these words, if they are all here.
    fn eat_all(self, words: &str) -> Option<Self> {
        words.split(' ').try_fold(self, Self::eat)
    }

    fn maybe(self, words: &[&str]) -> Self {
        self.eat_any(words).unwrap_or(self)
    }
}

type Found<'w, T> = Option<(T, Cursor<'w>)>;

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

fn add(span: Span, unit: TimeUnit, n: i64) -> Option<Span> {
    match unit {
        TimeUnit::Second => span.try_seconds(n.checked_add(span.get_seconds())?),
        TimeUnit::Minute => span.try_minutes(n.checked_add(span.get_minutes())?),
        TimeUnit::Hour => span.try_hours(n.checked_add(i64::from(span.get_hours()))?),
        TimeUnit::Day => span.try_days(n),
        TimeUnit::Week => span.try_weeks(n),
        TimeUnit::Fortnight => span.try_weeks(n.checked_mul(2)?),
        TimeUnit::Month => span.try_months(n),
        TimeUnit::Year => span.try_years(n),
    }
    .ok()
}

/// The half of a unit, in a smaller one.
const fn half(unit: TimeUnit) -> Option<(TimeUnit, i64)> {
    match unit {
        TimeUnit::Minute => Some((TimeUnit::Second, 30)),
        TimeUnit::Hour => Some((TimeUnit::Minute, 30)),
        TimeUnit::Day => Some((TimeUnit::Hour, 12)),
        TimeUnit::Fortnight => Some((TimeUnit::Week, 1)),
        TimeUnit::Year => Some((TimeUnit::Month, 6)),
        TimeUnit::Second | TimeUnit::Week | TimeUnit::Month => None,
    }
}

static COMPACT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^(\d{1,5})(?:[.,](\d))?-?(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?)(?:(\d{1,2})m?)?$").ok()
});

/// "45 minutes", "half an hour", "an hour and a half", "two and a half hours", "1h30", "a couple of days".
fn quantity(c: Cursor<'_>) -> Found<'_, Span> {
    let (mut span, mut c, unit) = one_quantity(c)?;
    if let Some(after) = c.eat_all("and a half").or_else(|| c.eat("and").and_then(|c| c.eat("half")))
        && let Some((smaller, n)) = half(unit)
    {
        return Some((add(span, smaller, n)?, after));
    }
    for _ in 0..2 {
        let next = c.maybe(&["and"]);
        let Some((more, after, smaller)) = one_quantity(next).filter(|(_, _, smaller)| *smaller < unit)
        else {
            break;
        };
        span = span.checked_add(jiff::SpanArithmetic::from(more).days_are_24_hours()).ok()?;
        (c, _) = (after, smaller);
    }
    Some((span, c))
}

fn one_quantity(c: Cursor<'_>) -> Option<(Span, Cursor<'_>, TimeUnit)> {
    let unit_at = |c: Cursor<'_>| LEXICON.unit(c.peek()).filter(|_| c.peek().len() > 1 || c.at > 0);
    if let Some(after) = c.eat("half").or_else(|| c.eat("a").and_then(|c| c.eat("half"))) {
        let after = after.maybe(&["a", "an"]);
        let unit = unit_at(after)?;
        let (smaller, n) = half(unit)?;
        return Some((add(Span::new(), smaller, n)?, after.skip(1), smaller));
    }
    for (words, minutes) in [
        ("three quarters of an hour", 45),
        ("a quarter of an hour", 15),
        ("quarter of an hour", 15),
        ("a quarter hour", 15),
    ] {
        if let Some(after) = c.eat_all(words) {
            return Some((add(Span::new(), TimeUnit::Minute, minutes)?, after, TimeUnit::Minute));
        }
    }
    if let Some(parts) = COMPACT.as_ref().and_then(|compact| compact.captures(c.peek())) {
        let unit = LEXICON.unit(parts.get(3)?.as_str())?;
        let mut span = add(Span::new(), unit, parts.get(1)?.as_str().parse().ok()?)?;
        match (parts.get(2).map(|m| m.as_str()), parts.get(4).map(|m| m.as_str())) {
            (Some("5"), None) => span = half(unit).and_then(|(smaller, n)| add(span, smaller, n))?,
            (None, Some(minutes)) if unit == TimeUnit::Hour => {
                span = add(span, TimeUnit::Minute, minutes.parse().ok()?)?
            }
            (None, None) => {}
            _ => return None,
        }
        return Some((span, c.skip(1), unit));
    }
    if let Some((whole, fraction)) = c.peek().split_once('.')
        && fraction == "5"
        && let Some(unit) = LEXICON.unit(c.norm(1))
    {
        let (smaller, n) = half(unit)?;
        return Some((add(add(Span::new(), unit, whole.parse().ok()?)?, smaller, n)?, c.skip(2), unit));
    }
    let (n, after) = if let Some(after) =
        c.eat_all("a couple of").or_else(|| c.eat_all("a couple")).or_else(|| c.eat("couple"))
    {
        (2, after)
    } else if let Some(after) = c.eat_all("a few").or_else(|| c.eat("few")) {
        (3, after)
    } else if let Some((n, taken)) = cardinal(c.rest()) {
        (n, c.skip(taken))
    } else {
        (1, c.eat_any(&["a", "an"])?)
    };
    if let Some(after) = after.eat_all("and a half")
        && let Some(unit) = unit_at(after)
    {
        let (smaller, extra) = half(unit)?;
        return Some((add(add(Span::new(), unit, n)?, smaller, extra)?, after.skip(1), unit));
    }
    let after = after.maybe(&["more"]);
    let unit = unit_at(after)?;
    Some((add(Span::new(), unit, n)?, after.skip(1), unit))
}

/// "in 20 minutes", "3 days from now", "a week ago".
fn shift(c: Cursor<'_>) -> Found<'_, Span> {
    if let Some(inside) = c.eat_any(&["in", "within", "after"]).map(|c| c.maybe(&["about", "around"])) {
        let (span, after) = quantity(inside)?;
        // "in 5 minutes' time"
        let after = after.maybe(&["time"]);
        return Some((span, after.eat_all("from now").unwrap_or(after)));
    }
    let (span, after) = quantity(c)?;
    if let Some(after) =
        after.eat_all("from now").or_else(|| after.eat("hence")).or_else(|| after.eat_all("from today"))
    {
        return Some((span, after));
    }
    after.eat("ago").map(|after| (span.negate(), after))
}

/// "for 45 minutes", "lasting an hour", "30-minute".
fn length(c: Cursor<'_>) -> Found<'_, Span> {
    if let Some(inside) = c.eat_any(&["for", "lasting", "takes", "during"]) {
        return quantity(inside.maybe(&["about", "around"]));
    }
    // As an adjective the unit is in the singular: "a 30 minute call", "a two-hour walk".
    let c = c.eat("a").unwrap_or(c);
    if let Some((figures, unit)) = c.peek().split_once('-')
        && matches!(LEXICON.unit(unit), Some(TimeUnit::Minute | TimeUnit::Hour))
    {
        let n = figures.parse().ok().or_else(|| {
            let word = Word { norm: figures.to_owned(), span: 0..0, quoted: None, mark: None };
            cardinal(&[word]).map(|(n, _)| n)
        })?;
        return Some((add(Span::new(), LEXICON.unit(unit)?, n)?, c.skip(1)));
    }
    let (n, taken) = cardinal(c.rest()).filter(|(n, _)| *n > 1)?;
    let after = c.skip(taken);
    let unit = matches!(after.peek(), "minute" | "min" | "hour" | "hr")
        .then(|| LEXICON.unit(after.peek()))
        .flatten()?;
    (!after.norm(1).is_empty()).then_some((add(Span::new(), unit, n)?, after.skip(1)))
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

static TIME: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^(\d{1,2})(?:([:.h])(\d{2}))?(?:-|–)?(a\.?m|p\.?m|a|p|uhr|h)?$").ok());

/// How a time was written, apart from what it is.
struct Written {
    clock: Clock,
    /// Can only be a time: "9:30", "9am", "9 o'clock", "half past".
    certain: bool,
}

/// A time of day at the cursor, without a preposition.
fn clock(c: Cursor<'_>) -> Found<'_, Written> {
    let at = |hour, minute, pm| Written { clock: Clock { hour, minute, pm }, certain: true };
    match c.peek() {
        "noon" | "midday" | "lunchtime" => return Some((at(12, 0, Some(true)), c.skip(1))),
        "midnight" => return Some((at(0, 0, Some(false)), c.skip(1))),
        _ => {}
    }
    if let Some((minutes, past, after)) = minutes_past(c) {
        let (hour, after) = hour_word(after)?;
        let (pm, after) = meridiem(after);
        let total = i32::from(hour) * 60 + if past { minutes } else { -minutes };
        let total = total.rem_euclid(24 * 60);
        return Some((
            at(
                i8::try_from(total / 60).ok()?,
                i8::try_from(total % 60).ok()?,
                pm.or((hour > 12).then_some(true)),
            ),
            after,
        ));
    }
    if let Some(found) = TIME.as_ref().and_then(|time| time.captures(c.peek())) {
        let hour: i8 = found.get(1)?.as_str().parse().ok().filter(|h| (0..=24).contains(h))?;
        let minute: i8 =
            found.get(3).map_or(Some(0), |m| m.as_str().parse().ok()).filter(|m| (0..60).contains(m))?;
        let (separator, suffix) = (found.get(2).map(|m| m.as_str()), found.get(4).map(|m| m.as_str()));
        let written = suffix.and_then(|s| (!matches!(s, "uhr" | "h")).then(|| s.starts_with('p')));
        let (spoken, after) = meridiem(c.skip(1));
        let o_clock = after.eat_any(&["o'clock", "oclock", "uhr"]);
        let pm = written.or(spoken);
        if pm.is_some() && !(1..=12).contains(&hour) && hour != 0 {
            // "14:30 pm" says the same twice.
            return (hour > 12 && hour < 24).then(|| (at(hour, minute, Some(true)), after));
        }
        let certain =
            matches!(separator, Some(":" | "h")) || pm.is_some() || o_clock.is_some() || suffix.is_some();
        let plain = hour > 12 || hour == 0 || c.peek().starts_with('0');
        let clock = Clock { hour: hour % 24, minute, pm: pm.or(plain.then_some((12..24).contains(&hour))) };
        let after = o_clock.unwrap_or(after);
        let (late, after) = if pm.is_none() { meridiem(after) } else { (None, after) };
        return Some((Written { clock: Clock { pm: clock.pm.or(late), ..clock }, certain }, after));
    }
    let (hour, mut after) = hour_word(c)?;
    let mut minute = 0;
    if let Some((n, taken)) = cardinal(after.rest()).filter(|(n, _)| (10..60).contains(n)) {
        (minute, after) = (i8::try_from(n).ok()?, after.skip(taken));
    }
    let o_clock = after.eat_any(&["o'clock", "oclock"]);
    let (pm, after) = meridiem(o_clock.unwrap_or(after));
    Some((Written { clock: Clock { hour, minute, pm }, certain: o_clock.is_some() || pm.is_some() }, after))
}

/// "half past", "half", "quarter to", "ten past", "twenty minutes to": how many minutes, whether past the hour.
fn minutes_past(c: Cursor<'_>) -> Option<(i32, bool, Cursor<'_>)> {
    let c = c.maybe(&["a"]);
    let (minutes, after) = if let Some(after) = c.eat("half") {
        // British "half two" is half past two.
        return Some((30, true, after.maybe(&["past", "after"])));
    } else if let Some(after) = c.eat_any(&["quarter", "1/4"]) {
        (15, after)
    } else {
        let (n, taken) = cardinal(c.rest()).filter(|(n, _)| (1..60).contains(n))?;
        (i32::try_from(n).ok()?, c.skip(taken).maybe(&["minutes", "minute", "mins", "min"]))
    };
    if let Some(after) = after.eat_any(&["past", "after"]) {
        return Some((minutes, true, after));
    }
    let to = after.eat_any(&["to", "before", "of"])?;
    // "from 2 to 3" is a stretch of time, not 2:58.
    (minutes >= 5 && (minutes % 5 == 0 || minutes > 12)).then_some((minutes, false, to))
}

fn hour_word(c: Cursor<'_>) -> Found<'_, i8> {
    match c.peek() {
        "noon" | "midday" => return Some((12, c.skip(1))),
        "midnight" => return Some((0, c.skip(1))),
        _ => {}
    }
    let word = c.peek();
    let digits = word.trim_end_matches("am").trim_end_matches("pm");
    if let Ok(hour) = digits.parse::<i8>() {
        let late = word.ends_with("pm") && hour < 12;
        return (0..24).contains(&hour).then(|| (if late { hour + 12 } else { hour }, c.skip(1)));
    }
    // One word only: in "two thirty" the second is the minutes.
    let (n, taken) = cardinal(c.rest().get(..1)?).filter(|(n, _)| (1..=12).contains(n))?;
    Some((i8::try_from(n).ok()?, c.skip(taken)))
}

fn meridiem(c: Cursor<'_>) -> (Option<bool>, Cursor<'_>) {
    match c.peek() {
        "am" | "a.m" => (Some(false), c.skip(1)),
        "pm" | "p.m" => (Some(true), c.skip(1)),
        _ => (None, c),
    }
}

/// "at 9", "by half past two", "from 2 to 3pm", "9-10:30", "between two and four".
fn clock_phrase(c: Cursor<'_>, after_day: bool) -> Found<'_, Said> {
    if let Some((first, second)) = c.maybe(&["from", "at", "between"]).peek().split_once(['-', '–'])
        && let (Some(from), Some(to)) = (token_clock(first), token_clock(second))
        && (from.certain || to.certain || after_day || c.eat_any(&["from", "at", "between"]).is_some())
    {
        let lead = c.maybe(&["from", "at", "between"]);
        let (late, after) = meridiem(lead.skip(1));
        return Some((stretch(from.clock, Clock { pm: to.clock.pm.or(late), ..to.clock }), after));
    }
    let lead = c.eat_any(&[
        "at", "@", "by", "before", "from", "until", "after", "around", "between", "about", "starting",
        "since", "past",
    ]);
    let inside = lead.map_or(c, |c| c.maybe(&["around", "about", "exactly", "like", "at"]));
    let expected = matches!(c.peek(), "at" | "@" | "by" | "from" | "before" | "between" | "until" | "around")
        || after_day;
    let (from, after) = clock(inside)?;
    let joins: &[&str] = if c.peek() == "between" { &["and"] } else { &["to", "until", "-", "–"] };
    if let Some(next) = after.eat_any(joins)
        && let Some((to, end)) = clock(next)
        && (expected || from.certain || to.certain)
    {
        return Some((stretch(from.clock, to.clock), end));
    }
    if c.peek() == "between" {
        return None;
    }
    // "9 in the morning", "8 tomorrow": the word behind makes it a time.
    let followed = LEXICON.unit(after.peek()).is_none()
        && (after.eat_all("in the").is_some_and(|c| LEXICON.part(c.peek()).is_some())
            || after.eat_all("at night").is_some()
            || (LEXICON.day(after.peek()).is_some() && lead.is_none() && inside.at == c.at));
    let counted =
        LEXICON.unit(after.peek()).is_some() || matches!(after.peek(), "%" | "percent" | "people" | "times");
    (from.certain || followed || expected && !counted)
        .then_some((Said { clock: Some(from.clock), ..Said::default() }, after))
}

fn token_clock(token: &str) -> Option<Written> {
    let word = Word { norm: token.to_owned(), span: 0..0, quoted: None, mark: None };
    let words = [word];
    clock(Cursor { words: &words, at: 0 }).map(|(written, _)| written)
}

/// From one time to another; what was said of the second's half of the day holds for the first where that makes sense.
fn stretch(from: Clock, to: Clock) -> Said {
    let pm = from.pm.or_else(|| {
        to.pm.map(|late| if late && to.hour != 12 && from.hour % 12 > to.hour % 12 { false } else { late })
    });
    Said { clock: Some(Clock { pm, ..from }), until: Some(to), ..Said::default() }
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
    if matches!(c.peek(), "fortnightly" | "weekdays" | "quarterly" | "hourly" | "biweekly") {
        return Some((said(Recurrence::Other, None), c.skip(1)));
    }
    if let Some(inside) = c.eat("on")
        && inside.peek().ends_with("days")
        && let Some(day) = LEXICON.weekday(inside.peek(), true)
    {
        return Some((said(Recurrence::Weekly, Some(Day::Weekday(day, Which::Coming))), inside.skip(1)));
    }
    let each = c
        .maybe(&["on"])
        .eat_any(&["every", "each"])
        .or_else(|| c.eat("once").and_then(|c| c.eat_any(&["a", "per", "every"])))?;
    let each = each.maybe(&["single"]);
    if matches!(
        each.peek(),
        "other"
            | "second"
            | "weekday"
            | "weekdays"
            | "weekend"
            | "hour"
            | "quarter"
            | "fortnight"
            | "workday"
    ) {
        let after = each.skip(1);
        let unit = LEXICON.unit(after.peek()).is_some() || LEXICON.weekday(after.peek(), true).is_some();
        return Some((said(Recurrence::Other, None), if unit { after.skip(1) } else { after }));
    }
    if let Some((_, taken)) = cardinal(each.rest())
        && LEXICON.unit(each.skip(taken).peek()).is_some()
    {
        return Some((said(Recurrence::Other, None), each.skip(taken + 1)));
    }
    if let Some(part) = LEXICON.part(each.peek()) {
        return Some((Said { part: Some(part), ..said(Recurrence::Daily, None) }, each.skip(1)));
    }
    if let Some(unit) = LEXICON.unit(each.peek()) {
        let repeat = match unit {
            TimeUnit::Day => Recurrence::Daily,
            TimeUnit::Week => Recurrence::Weekly,
            TimeUnit::Month => Recurrence::Monthly,
            TimeUnit::Year => Recurrence::Yearly,
            _ => Recurrence::Other,
        };
        return Some((said(repeat, None), each.skip(1)));
    }
    if let Some(day) = LEXICON.weekday(each.peek(), true) {
        let after = each.skip(1);
        if after.eat_any(&["and", "or"]).is_some_and(|c| LEXICON.weekday(c.peek(), true).is_some()) {
            return Some((said(Recurrence::Other, None), after.skip(2)));
        }
        return Some((said(Recurrence::Weekly, Some(Day::Weekday(day, Which::Coming))), after));
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
