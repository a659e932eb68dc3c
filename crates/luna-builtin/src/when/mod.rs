//! Dates and times in words: "next Tuesday at half past two for 45 minutes", "every Monday at 9", "in 20 minutes".
//!
//! Everything is relative to a given now and in its time zone; nothing here reads a clock. What has no year, no day or no half
//! of the day means the next one ahead. "Next Tuesday" is the Tuesday of the week after this one; weeks begin on Monday.

mod clock;
mod cursor;
mod destination;
mod lexicon;
mod pieces;
mod quantity;
mod resolve;
mod spoken;

use jiff::{Span, Zoned};
use serde::{Deserialize, Serialize};

pub use spoken::{describe, describe_length, describe_rule};

use crate::words::{Word, read};
pub(crate) use destination::{destination, end_of_destination};
use pieces::Said;

/// How often something comes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recurrence {
    /// Every day.
    Daily,
    /// Every week, on the day of its start.
    Weekly,
    /// Every month.
    Monthly,
    /// Every year.
    Yearly,
    /// Every week on these days: a bit each, Monday's the lowest.
    On(u8),
    /// Every so many of these.
    Every(u16, Period),
    /// Some other way (every hour) that an event cannot say.
    Other,
}

/// What a repetition counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// Days.
    Day,
    /// Weeks.
    Week,
    /// Months.
    Month,
    /// Years.
    Year,
}

impl Recurrence {
    /// Monday to Friday.
    pub const WEEKDAYS: Self = Self::On(0b001_1111);
    /// Saturday and Sunday.
    pub const WEEKENDS: Self = Self::On(0b110_0000);

    /// As an event's `recurrence` says it, in a word or as an RRULE (RFC 5545); none for [`Recurrence::Other`].
    #[must_use]
    pub fn name(self) -> Option<String> {
        Some(match self {
            Self::Daily => "daily".into(),
            Self::Weekly => "weekly".into(),
            Self::Monthly => "monthly".into(),
            Self::Yearly => "yearly".into(),
            Self::On(days) => {
                let names = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"].into_iter().enumerate();
                let named: Vec<_> =
                    names.filter(|(at, _)| days & (1 << at) != 0).map(|(_, name)| name).collect();
                format!("FREQ=WEEKLY;BYDAY={}", named.join(","))
            }
            Self::Every(count, period) => {
                let unit = match period {
                    Period::Day => "DAILY",
                    Period::Week => "WEEKLY",
                    Period::Month => "MONTHLY",
                    Period::Year => "YEARLY",
                };
                format!("FREQ={unit};INTERVAL={count}")
            }
            Self::Other => return None,
        })
    }
}

/// How exactly a time was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// To the minute or better.
    Moment,
    /// A part of a day ("tomorrow morning"): `start` is the hour that stands for it.
    PartOfDay,
    /// A day; `start` is its beginning.
    Day,
    /// Several days ("next week", "in June"): `start` is the beginning of the first.
    Days,
}

/// When something is.
#[derive(Clone, Debug, PartialEq)]
pub struct When {
    /// When it begins.
    pub start: Zoned,
    /// When it ends, if that was said ("for 45 minutes", "from 2 to 3") or follows from it ("next week").
    pub end: Option<Zoned>,
    /// How exactly it was said.
    pub precision: Precision,
    /// Whether it comes again.
    pub recurrence: Option<Recurrence>,
}

impl When {
    /// A moment in it that is fit for a reminder: the time said; nine in the morning of a day without a time, or in an hour
    /// when that is over.
    #[must_use]
    pub fn moment(&self, now: &Zoned) -> Zoned {
        if matches!(self.precision, Precision::Moment | Precision::PartOfDay) {
            return self.start.clone();
        }
        let nine = self.start.with().hour(9).minute(0).build().unwrap_or_else(|_| self.start.clone());
        if nine <= *now && self.start.date() == now.date() {
            now.saturating_add(Span::new().hours(1))
        } else {
            nine
        }
    }

    /// All of it, from its beginning to its end: a whole day for a day, the hours of a part of a day, an hour for a moment.
    #[must_use]
    pub fn range(&self) -> (Zoned, Zoned) {
        let end = match (&self.end, self.precision) {
            (Some(end), _) => end.clone(),
            (None, Precision::Moment) => self.start.saturating_add(Span::new().hours(1)),
            (None, Precision::PartOfDay) => self.start.saturating_add(Span::new().hours(4)),
            (None, Precision::Day | Precision::Days) => self.start.saturating_add(Span::new().days(1)),
        };
        (self.start.clone(), end)
    }
}

/// A time found in a text, and the text without it.
#[derive(Clone, Debug, PartialEq)]
pub struct Extracted {
    /// The time.
    pub when: When,
    /// What is left: "dentist" of "dentist tomorrow at nine".
    pub rest: String,
}

/// The time that this whole text says; none when any of it says something else.
#[must_use]
pub fn parse(text: &str, now: &Zoned) -> Option<When> {
    let words = read(text);
    let (said, end) = phrases(&words, 0, false)?;
    (end == words.len()).then(|| resolve::resolve(said, now)).flatten()
}

/// The time said anywhere in this text ("Lunch with Anna tomorrow at noon in the garden"), and the text without it.
#[must_use]
pub fn extract(text: &str, now: &Zoned) -> Option<Extracted> {
    let words = read(text);
    let (said, taken) = scattered(&words)?;
    let when = resolve::resolve(said, now)?;
    Some(Extracted { when, rest: without(text, &words, &taken) })
}

/// Small words that join a title to its time and belong to neither.
const JOINTS: [&str; 9] = ["to", "that", "about", "of", "for", "at", "on", "and", "called"];
/// Never the whole of a title, nor its last word.
const ARTICLES: [&str; 3] = ["a", "an", "the"];

/// The title in what is left of a text when the time is taken out; none when nothing is left that says anything.
#[must_use]
pub fn title(rest: &str) -> Option<String> {
    let mut title = rest.trim().trim_matches(['"', '“', '”', ',', '.', ':', '!', '?']).trim();
    let joint = |word: &str| JOINTS.contains(&word.to_lowercase().as_str());
    let idle = |word: &str| joint(word) || ARTICLES.contains(&word.to_lowercase().as_str());
    while let Some((_, after)) = title.split_once(' ').filter(|(first, _)| joint(first)) {
        title = after.trim_start();
    }
    while let Some((before, _)) = title.rsplit_once(' ').filter(|(_, last)| idle(last)) {
        title = before.trim_end();
    }
    (!title.is_empty() && !idle(title)).then(|| title.to_owned())
}

/// The length of time that this whole text says: "45 minutes", "an hour and a half".
#[must_use]
pub fn length(text: &str) -> Option<Span> {
    let words = read(text);
    pieces::bare_length(&words, 0).filter(|(_, end)| *end == words.len()).map(|(span, _)| span)
}

/// Where the time that begins at a word ends, when one begins there.
pub(crate) fn end_of(words: &[Word], at: usize) -> Option<usize> {
    phrases(words, at, false).map(|(_, end)| end)
}

/// Where the length of time that begins at a word ends, when one begins there.
pub(crate) fn end_of_length(words: &[Word], at: usize) -> Option<usize> {
    pieces::bare_length(words, at).map(|(_, end)| end)
}

/// All the phrases that follow each other from `at`. `expected`: a bare "8" or "morning" there is one.
fn phrases(words: &[Word], at: usize, expected: bool) -> Option<(Said, usize)> {
    let (mut said, mut end) = pieces::phrase(words, at, expected)?;
    while let Some((more, next)) = pieces::phrase(words, end, said.day.is_some() || said.repeat.is_some())
        && let Some(both) = said.with(more)
    {
        (said, end) = (both, next);
    }
    Some((said, end))
}

/// All the phrases anywhere among the words that fit together, and which words they take.
fn scattered(words: &[Word]) -> Option<(Said, Vec<bool>)> {
    let mut taken = vec![false; words.len()];
    let mut all: Option<Said> = None;
    let (mut at, mut after_day) = (0, false);
    while at < words.len() {
        let found = pieces::phrase(words, at, after_day)
            .and_then(|(said, end)| Some((all.unwrap_or_default().with(said)?, said, end)));
        match found {
            Some((both, said, end)) => {
                all = Some(both);
                taken[at..end].fill(true);
                after_day = said.day.is_some() || said.repeat.is_some();
                at = end;
            }
            None => (at, after_day) = (at + 1, false),
        }
    }
    all.filter(|said| {
        said.day.is_some()
            || said.clock.is_some()
            || said.shift.is_some()
            || said.part.is_some()
            || said.repeat.is_some()
    })
    .map(|said| (said, taken))
}

fn without(text: &str, words: &[Word], taken: &[bool]) -> String {
    let mut rest = String::new();
    let mut at = 0;
    while at < words.len() {
        let end = (at..words.len()).find(|&n| taken[n] != taken[at]).unwrap_or(words.len());
        if !taken[at] {
            if !rest.is_empty() {
                rest.push(' ');
            }
            rest.push_str(crate::words::slice(text, &words[at..end]));
        }
        at = end;
    }
    rest.trim_end_matches([',', ' ', '-']).to_owned()
}
