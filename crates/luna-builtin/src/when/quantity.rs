//! Lengths of time: "45 minutes", "an hour and a half", and what they say with a word before or behind: "in", "for", "ago".

use std::sync::LazyLock;

use jiff::Span;
use regex::Regex;

use super::{
    cursor::{Cursor, Found},
    lexicon::{LEXICON, TimeUnit},
};
use crate::{number::cardinal, words::Word};

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
pub(super) fn quantity(c: Cursor<'_>) -> Found<'_, Span> {
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
pub(super) fn shift(c: Cursor<'_>) -> Found<'_, Span> {
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
pub(super) fn length(c: Cursor<'_>) -> Found<'_, Span> {
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
