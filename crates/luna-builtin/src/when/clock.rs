//! Times of day: "half past two", "9am", "from 2 to 3pm".

use std::sync::LazyLock;

use regex::Regex;

use super::{
    cursor::{Cursor, Found},
    lexicon::LEXICON,
    pieces::{Clock, Said},
};
use crate::{number::cardinal, words::Word};

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
pub(super) fn clock_phrase(c: Cursor<'_>, after_day: bool) -> Found<'_, Said> {
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
