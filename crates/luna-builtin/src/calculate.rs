//! Arithmetic and units in words: translated into fend-core's language and worked out by it, with a bound on its work.

use std::{
    collections::HashMap,
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
};

use jiff::tz::{TimeZone, TimeZoneDatabase};
use regex::Regex;
use serde::Deserialize;

use crate::{number::cardinal, words::Word};

#[derive(Deserialize)]
struct Tables {
    operators: HashMap<String, String>,
    functions: HashMap<String, String>,
    convert: HashMap<String, String>,
    units: HashMap<String, String>,
    /// Money: its names and signs, each a unit of its own, since no rate is known here.
    money: HashMap<String, String>,
}

#[expect(clippy::expect_used, reason = "the table is part of the program and every test reads it")]
static TABLES: LazyLock<Tables> =
    LazyLock::new(|| toml::from_str(include_str!("calculate.toml")).expect("calculate.toml is well-formed"));

/// Figures with what arithmetic puts between and around them.
static FIGURES: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^[-+]?[(]*\d[\d.,+*/^()%×÷-]*=?$|^[()]+$").ok());
static COUNTED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^([\d,]+(?:\.\d+)?)([a-z°/€$£¥]+)$").ok());
static PRICED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^([€$£¥])([\d,]+(?:\.\d+)?)$").ok());
static LONG_FRACTION: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\d+\.\d{5,}").ok());

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Number,
    /// Figures that already hold an operation: "5+3".
    Sum,
    Operator,
    Function,
    Convert,
    Unit,
}

/// Each part of the expression and how fend writes it; none when a word is no part of arithmetic.
fn translate(words: &[Word]) -> Option<Vec<(Part, String)>> {
    let mut parts = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let (part, written, taken) = one(&words[at..])?;
        parts.push((part, written));
        at += taken;
    }
    Some(parts)
}

fn one(words: &[Word]) -> Option<(Part, String, usize)> {
    if words[0].quoted.is_some() {
        return None;
    }
    for taken in (1..=words.len().min(4)).rev() {
        let phrase = words[..taken].iter().map(|w| w.norm.as_str()).collect::<Vec<_>>().join(" ");
        let tables = [
            (Part::Operator, &TABLES.operators),
            (Part::Function, &TABLES.functions),
            (Part::Convert, &TABLES.convert),
            (Part::Unit, &TABLES.units),
            (Part::Unit, &TABLES.money),
        ];
        if let Some((part, written)) =
            tables.into_iter().find_map(|(part, table)| Some((part, table.get(&phrase)?)))
        {
            return Some((part, written.clone(), taken));
        }
    }
    let norm = words[0].norm.as_str();
    if FIGURES.as_ref().is_some_and(|figures| figures.is_match(norm)) {
        let sum = norm.trim_start_matches(['-', '+']).contains(['+', '*', '/', '^', '×', '÷', '-']);
        let written = norm.replace(',', "").replace('×', "*").replace('÷', "/");
        return Some((
            if sum { Part::Sum } else { Part::Number },
            written.trim_end_matches('=').to_owned(),
            1,
        ));
    }
    if let Some(counted) = COUNTED.as_ref().and_then(|counted| counted.captures(norm)) {
        let (count, unit) = (counted.get(1)?.as_str().replace(',', ""), counted.get(2)?.as_str());
        let unit = TABLES.units.get(unit).or_else(|| TABLES.money.get(unit))?;
        return Some((Part::Number, format!("{count} {unit}"), 1));
    }
    if let Some(priced) = PRICED.as_ref().and_then(|priced| priced.captures(norm)) {
        let (sign, count) = (priced.get(1)?.as_str(), priced.get(2)?.as_str().replace(',', ""));
        return Some((Part::Number, format!("{count} {}", TABLES.money.get(sign)?), 1));
    }
    if let Some((n, taken)) = cardinal(words) {
        return Some((Part::Number, n.to_string(), taken));
    }
    matches!(norm, "a" | "an" | "one").then(|| (Part::Number, "1".to_owned(), 1))
}

/// Whether these words are something to work out: a number with an operation, or with a unit to convert to.
pub(crate) fn is_expression(words: &[Word]) -> bool {
    // The cheapest test first: it is asked of many spans.
    if words.len() > 24 || words.iter().any(|w| w.quoted.is_some()) {
        return false;
    }
    let Some(parts) = translate(words) else { return false };
    let has = |wanted: Part| parts.iter().any(|(part, _)| *part == wanted);
    let operand = has(Part::Number) || has(Part::Sum);
    let whole = !matches!(parts.last(), Some((Part::Convert, _)))
        && !matches!(parts.first(), Some((Part::Convert, _)));
    let works = has(Part::Sum)
        || has(Part::Operator)
        || has(Part::Function)
        || has(Part::Convert) && has_unit_last(&parts);
    operand && whole && works && evaluate(&join(&parts)).is_some()
}

fn has_unit_last(parts: &[(Part, String)]) -> bool {
    matches!(parts.last(), Some((Part::Unit, _)))
}

fn join(parts: &[(Part, String)]) -> String {
    parts.iter().map(|(_, written)| written.as_str()).collect::<Vec<_>>().join(" ")
}

/// As fend writes it.
pub(crate) fn as_written(words: &[Word]) -> String {
    translate(words).map(|parts| join(&parts)).unwrap_or_default()
}

/// A unit's name as fend writes it, when it is one.
pub(crate) fn unit(name: &str) -> Option<&'static str> {
    TABLES.units.get(name.to_lowercase().trim()).map(String::as_str)
}

/// Stops a calculation that takes too many steps ("9^9^9^9"). Steps rather than time: nothing here reads a clock.
struct Steps(AtomicU32);

impl fend_core::Interrupt for Steps {
    fn should_interrupt(&self) -> bool {
        self.0.fetch_add(1, Ordering::Relaxed) >= MOST_STEPS
    }
}

const MOST_STEPS: u32 = 20_000;

/// What it comes to; none when it makes no sense or takes too long.
pub(crate) fn evaluate(expression: &str) -> Option<String> {
    let mut context = fend_core::Context::new();
    for name in TABLES.money.values() {
        // A base unit: euros and dollars cannot be added.
        context.define_custom_unit_v1(name, name, "!", &fend_core::CustomUnitAttribute::None);
    }
    let result =
        fend_core::evaluate_with_interrupt(expression, &mut context, &Steps(AtomicU32::new(0))).ok()?;
    let text = result.get_main_result();
    (!text.is_empty() && text.len() < 200).then(|| rounded(text))
}

/// Four decimals are enough to read.
fn rounded(text: &str) -> String {
    let text = text.replace("approx. ", "about ");
    let Some(long) = LONG_FRACTION.as_ref() else { return text };
    long.replace_all(&text, |found: &regex::Captures<'_>| {
        let value = found[0].parse::<f64>().unwrap_or_default();
        let short = if value.abs() < 0.001 { format!("{value:.8}") } else { format!("{value:.4}") };
        short.trim_end_matches('0').trim_end_matches('.').to_owned()
    })
    .into_owned()
}

/// The time zone of a place, by the city names of the time zone database: "Tokyo", "New York", "UTC".
pub(crate) fn zone_of(place: &str) -> Option<TimeZone> {
    static CITIES: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
        TimeZoneDatabase::bundled()
            .available()
            .filter_map(|name| {
                let name = name.to_string();
                let city = name.rsplit('/').next()?.replace('_', " ").to_lowercase();
                (city.len() > 2).then_some((city, name))
            })
            .collect()
    });
    let name = CITIES.get(&place.trim().to_lowercase())?;
    TimeZoneDatabase::bundled().get(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::read;

    #[test]
    fn arithmetic_and_units_in_words() {
        for (text, result) in [
            ("5 + 3", "8"),
            ("5+3*2", "11"),
            ("twelve times seven", "84"),
            ("15 percent of 80", "12"),
            ("15% of 80", "12"),
            ("the square root of 144", "12"),
            ("two to the power of ten", "1024"),
            ("nine squared", "81"),
            ("100 divided by 8", "12.5"),
            ("1,000 - 1", "999"),
            ("5 miles in km", "8.0467 km"),
            ("20 celsius to fahrenheit", "68 °F"),
            ("2 hours in minutes", "120 minutes"),
            ("10 / 3", "about 3.3333"),
            ("15% of 240 euros", "36 EUR"),
            ("3 times $19.50", "58.5 USD"),
            ("€1,200 divided by 12", "100 EUR"),
            ("20% of 50€", "10 EUR"),
        ] {
            let words = read(text);
            assert!(is_expression(&words), "{text}: {}", as_written(&words));
            assert_eq!(evaluate(&as_written(&words)).as_deref(), Some(result), "{text}");
        }
        for text in [
            "42",
            "two cats",
            "in a week",
            "5 /",
            "1 / 0",
            "five people",
            "9^9^9^9^9",
            "5 euros + 3 dollars",
            "5 euros in dollars",
        ] {
            assert!(!is_expression(&read(text)), "{text}");
        }
    }

    #[test]
    fn cities_have_zones() {
        assert_eq!(zone_of("New York").unwrap().iana_name(), Some("America/New_York"));
        assert!(zone_of("nowhere").is_none());
    }
}
