//! The words of dates and times, read once from `lexicon.toml`, with room for slips of the keyboard in the long ones.

use std::{collections::HashMap, sync::LazyLock};

use jiff::civil::Weekday;
use serde::Deserialize;

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Hash)]
#[serde(rename_all = "lowercase")]
pub(super) enum TimeUnit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Fortnight,
    Month,
    Year,
}

/// A part of the day: the hour that stands for it, and the hours it reaches over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Part {
    pub(super) at: i8,
    pub(super) from: i8,
    pub(super) to: i8,
}

#[derive(Deserialize)]
struct Tables {
    weekdays: HashMap<String, Vec<String>>,
    months: HashMap<String, Vec<String>>,
    days: HashMap<String, i32>,
    parts: HashMap<String, Part>,
    units: HashMap<TimeUnit, Vec<String>>,
    named: HashMap<String, [i8; 2]>,
}

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Everything, by the word as written.
pub(super) struct Lexicon {
    weekdays: HashMap<String, Weekday>,
    months: HashMap<String, i8>,
    days: HashMap<String, i32>,
    parts: HashMap<String, Part>,
    units: HashMap<String, TimeUnit>,
    named: HashMap<String, [i8; 2]>,
}

#[expect(clippy::expect_used, reason = "the table is part of the program and every test reads it")]
pub(super) static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let tables: Tables = toml::from_str(include_str!("lexicon.toml")).expect("lexicon.toml is well-formed");
    Lexicon {
        weekdays: WEEKDAYS
            .into_iter()
            .flat_map(|(name, day)| forms(&tables.weekdays, name).map(move |form| (form, day)))
            .collect(),
        months: (1..)
            .zip(MONTHS)
            .flat_map(|(number, name)| forms(&tables.months, name).map(move |form| (form, number)))
            .collect(),
        days: tables.days,
        parts: tables.parts,
        units: tables
            .units
            .into_iter()
            .flat_map(|(unit, forms)| forms.into_iter().map(move |form| (form, unit)))
            .collect(),
        named: tables.named,
    }
});

fn forms<'t>(table: &'t HashMap<String, Vec<String>>, name: &str) -> impl Iterator<Item = String> + use<'t> {
    table.get(name).into_iter().flatten().cloned()
}

/// Exactly this word, or, when it is long, one that is a slip away from it.
fn near<T: Copy>(table: &HashMap<String, T>, word: &str) -> Option<T> {
    table.get(word).copied().or_else(|| {
        let length = word.chars().count();
        let slips = match length {
            0..=5 => return None,
            6 | 7 => 1,
            8..=12 => 2,
            _ => return None,
        };
        table
            .iter()
            .filter(|(form, _)| {
                form.len() >= 6
                    && form.chars().next() == word.chars().next()
                    && form.len().abs_diff(length) <= slips
            })
            .filter_map(|(form, value)| {
                let distance = strsim::osa_distance(form, word);
                (distance <= slips).then_some((distance, form, *value))
            })
            .min_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)))
            .map(|(_, _, value)| value)
    })
}

impl Lexicon {
    /// A weekday's name. The short forms that are also words ("sat", "sun") count only when `sure`.
    pub(super) fn weekday(&self, word: &str, sure: bool) -> Option<Weekday> {
        (sure || !matches!(word, "sat" | "sun" | "wed" | "mon")).then(|| near(&self.weekdays, word)).flatten()
    }

    pub(super) fn month(&self, word: &str) -> Option<i8> {
        near(&self.months, word)
    }

    pub(super) fn day(&self, word: &str) -> Option<i32> {
        near(&self.days, word)
    }

    pub(super) fn part(&self, word: &str) -> Option<Part> {
        near(&self.parts, word)
    }

    pub(super) fn unit(&self, word: &str) -> Option<TimeUnit> {
        self.units.get(word).copied()
    }

    pub(super) fn named(&self, words: &str) -> Option<[i8; 2]> {
        self.named.get(words).copied()
    }
}
