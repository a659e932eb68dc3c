//! Kinds of slots: which words can fill one, and what they then say.

use jiff::Zoned;
use serde_json::{Map, Value, json};

use super::entry;
use crate::{
    calculate,
    number::cardinal,
    when::{self, Recurrence},
    words::{Word, slice},
};

/// A text and its words.
pub(crate) struct Utterance<'t> {
    pub(crate) text: &'t str,
    pub(crate) words: Vec<Word>,
}

/// What a slot takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Anything.
    Text,
    /// Anything, perhaps with a time in it.
    Timed,
    /// A whole number.
    Number,
    /// 0 to 100: "30", "30 %", "half", "max".
    Level,
    /// A date or time and nothing else.
    When,
    /// A length of time.
    Length,
    /// A file or folder.
    Path,
    /// A program's name: up to four words.
    App,
    /// A web address.
    Url,
    /// Arithmetic or units.
    Expr,
    /// A shell command: it begins with the name of a program.
    Command,
    /// A unit of measurement.
    Unit,
    /// One word.
    Word,
    /// A quoted passage.
    Quoted,
    /// A place whose time zone is known.
    Place,
    /// What names something of the user's days: words, perhaps with a time.
    Entry,
    /// When it shall be: as [`Kind::When`], and a bare "8".
    To,
}

impl Kind {
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "text" => Self::Text,
            "timed" => Self::Timed,
            "number" => Self::Number,
            "level" => Self::Level,
            "when" => Self::When,
            "length" => Self::Length,
            "path" => Self::Path,
            "app" => Self::App,
            "url" => Self::Url,
            "expr" => Self::Expr,
            "command" => Self::Command,
            "unit" => Self::Unit,
            "word" => Self::Word,
            "quoted" => Self::Quoted,
            "place" => Self::Place,
            "entry" => Self::Entry,
            "to" => Self::To,
            _ => return None,
        })
    }

    /// Whether it takes any words at all.
    pub(super) const fn takes_anything(self) -> bool {
        matches!(self, Self::Text | Self::Timed | Self::Entry)
    }

    /// Whether a pattern may be nothing but this.
    pub(super) const fn speaks_for_itself(self) -> bool {
        matches!(self, Self::Expr)
    }

    /// What it adds to a match's score, by the number of words: much for what few words fit, little for what any do.
    pub(super) fn worth(self, words: usize) -> f32 {
        match self {
            Self::Text | Self::Timed | Self::Entry => 0.25 - 0.01 * words.min(20) as f32,
            Self::Word | Self::App => 0.4 - 0.05 * words as f32,
            Self::Path | Self::Command | Self::Unit => 0.7,
            Self::Place => 1.2,
            Self::Number | Self::Level | Self::Quoted | Self::Url => 0.9,
            Self::When | Self::To | Self::Length | Self::Expr => 0.8 + 0.1 * words.min(10) as f32,
        }
    }

    /// Whether exactly these words fill it.
    pub(super) fn fits(self, utterance: &Utterance<'_>, from: usize, to: usize) -> bool {
        if self == Self::Entry {
            return entry::names(&utterance.words[from..to]);
        }
        from < to
            && (!self.takes_anything() || !matches!(utterance.words[from].norm.as_str(), "," | "and" | "or"))
    }

    /// Where a slot that begins at `from` can end.
    pub(super) fn ends(self, utterance: &Utterance<'_>, from: usize, to: usize) -> Vec<usize> {
        let words = &utterance.words[..to];
        let Some(first) = words.get(from) else { return Vec::new() };
        let one = |fits: bool| if fits { vec![from + 1] } else { Vec::new() };
        match self {
            Self::Text | Self::Timed => (from + 1..=to).collect(),
            Self::Entry => (from + 1..=to).filter(|&end| entry::names(&words[from..end])).collect(),
            Self::To => when::end_of_destination(words, from).into_iter().collect(),
            Self::Word => {
                let norm = first.norm.as_str();
                one(!DETERMINERS.contains(&norm) && !CHANGING.contains(&norm))
            }
            Self::Quoted => one(first.quoted.is_some()),
            Self::Number => cardinal(&words[from..]).map(|(_, n)| from + n).into_iter().collect(),
            Self::Level => level(&words[from..]).map(|(_, n)| from + n).into_iter().collect(),
            Self::When => when::end_of(words, from).into_iter().collect(),
            Self::Length => when::end_of_length(words, from).into_iter().collect(),
            Self::Path => one(first.quoted.is_some() || is_path(&first.norm)),
            Self::Url => one(is_url(&first.norm)),
            Self::Command if first.quoted.is_none() && !PROGRAMS.contains(&first.norm.as_str()) => Vec::new(),
            Self::Command => (from + 1..=to).collect(),
            Self::Unit => (from + 1..=to.min(from + 3))
                .filter(|&end| calculate::unit(slice(utterance.text, &words[from..end])).is_some())
                .collect(),
            Self::App => (from + 1..=to.min(from + 6))
                .take_while(|&end| !NO_NAME.contains(&words[end - 1].norm.as_str()))
                .collect(),
            Self::Expr => (from + 1..=to)
                .rev()
                .filter(|&end| calculate::is_expression(&words[from..end]))
                .take(1)
                .collect(),
            Self::Place => (from + 1..=to.min(from + 3))
                .filter(|&end| calculate::zone_of(slice(utterance.text, &words[from..end])).is_some())
                .collect(),
        }
    }

    /// What these words say in such a slot.
    pub(super) fn value(
        self,
        utterance: &Utterance<'_>,
        from: usize,
        to: usize,
        now: Option<&Zoned>,
    ) -> Value {
        let words = &utterance.words[from..to];
        let text = || slice(utterance.text, words);
        match self {
            Self::Number => cardinal(words).map_or(Value::Null, |(n, _)| n.into()),
            Self::Level => level(words).map_or(Value::Null, |(n, _)| n.into()),
            Self::When => now
                .and_then(|now| Some((now, when::parse(text(), now)?)))
                .map_or(Value::Null, |(now, w)| time(&w, now)),
            Self::Length => length(text(), now),
            Self::Entry => entry::value(text(), now),
            Self::To => destination(text(), now),
            Self::Timed => timed(text(), now),
            Self::Url => url(text()).into(),
            Self::Path => text().trim_end_matches(['.', ',']).into(),
            Self::Expr => calculate::as_written(words).into(),
            Self::App => {
                let named = words.iter().position(|w| !DETERMINERS.contains(&w.norm.as_str())).unwrap_or(0);
                slice(utterance.text, &words[named..]).into()
            }
            Self::Text | Self::Command | Self::Unit | Self::Word | Self::Quoted | Self::Place => {
                text().into()
            }
        }
    }
}

fn time(when: &when::When, now: &Zoned) -> Value {
    let stamp = |z: &Zoned| z.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
    let (from, to) = when.range();
    let moment = when.moment(now);
    let mut value = json!({
        "at": stamp(&moment),
        "start": stamp(&moment),
        "soon_after": stamp(&moment.saturating_add(jiff::Span::new().minutes(5))),
        "from": stamp(&from),
        "to": stamp(&to),
        "said": when::describe(&moment, now),
        "day": when::describe(&from.start_of_day().unwrap_or(from.clone()), now),
        "past": moment <= *now,
    });
    let end = match when.end {
        Some(ref end) if when.precision == when::Precision::Moment => stamp(end),
        _ => stamp(&moment.saturating_add(jiff::Span::new().hours(1))),
    };
    value["end"] = end.into();
    match when.recurrence.map(Recurrence::name) {
        Some(Some(name)) => value["recurrence"] = name.into(),
        Some(None) => value["odd_recurrence"] = true.into(),
        None => {}
    }
    value
}

fn length(text: &str, now: Option<&Zoned>) -> Value {
    let Some((span, now)) = when::length(text).zip(now) else { return Value::Null };
    let Ok(end) = now.checked_add(span) else { return Value::Null };
    json!({
        "said": when::describe_length(span),
        "iso": span.to_string(),
        "at": end.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
    })
}

fn destination(text: &str, now: Option<&Zoned>) -> Value {
    now.and_then(|now| when::destination(text, now))
        .map_or(Value::Null, |found| json!({ "start": found.start, "length": found.length }))
}

fn timed(text: &str, now: Option<&Zoned>) -> Value {
    let found = now.and_then(|now| Some((now, when::extract(text, now)?)));
    let (mut value, rest) = match found {
        Some((now, found)) => (time(&found.when, now), found.rest),
        None => (Value::Object(Map::new()), text.to_owned()),
    };
    if let Some(title) = when::title(&rest) {
        value["title"] = title.into();
    }
    value
}

/// "30", "30%", "30 percent", "thirty", "half", "max", "full", "zero", "a quarter".
fn level(words: &[Word]) -> Option<(i64, usize)> {
    let first = words.first().filter(|w| w.quoted.is_none())?;
    let (n, taken) = match first.norm.as_str() {
        "half" | "halfway" => (50, 1),
        "max" | "maximum" | "full" | "highest" => (100, 1),
        "min" | "minimum" | "lowest" => (0, 1),
        figures if figures.ends_with('%') => (figures.trim_end_matches('%').parse().ok()?, 1),
        _ => cardinal(words)?,
    };
    let norm = |at: usize| words.get(at).map_or("", |word| word.norm.as_str());
    let sign = match (norm(taken), norm(taken + 1)) {
        ("%" | "percent" | "percents" | "pct", _) => 1,
        ("per", "cent") => 2,
        _ => 0,
    };
    (0..=100).contains(&n).then_some((n, taken + sign))
}

/// Words before a name that are no part of it.
const DETERMINERS: [&str; 7] = ["the", "a", "an", "my", "this", "that", "your"];
/// Verbs that change what there is: "cancel my appointment tomorrow" names no appointment "cancel".
const CHANGING: [&str; 14] = [
    "cancel",
    "delete",
    "remove",
    "erase",
    "scrap",
    "move",
    "reschedule",
    "postpone",
    "push",
    "delay",
    "defer",
    "rename",
    "extend",
    "shorten",
];
/// Words that are in no program's name: with one of them a sentence goes on.
const NO_NAME: [&str; 20] = [
    "about", "because", "that", "when", "if", "is", "was", "are", "were", "for", "with", "has", "have",
    "remain", "remains", "your", "their", "his", "her", "up",
];

/// Programs by whose name a bare command is known.
const PROGRAMS: [&str; 40] = [
    "ls",
    "git",
    "df",
    "du",
    "ps",
    "uname",
    "cat",
    "echo",
    "pwd",
    "whoami",
    "date",
    "uptime",
    "free",
    "cargo",
    "npm",
    "node",
    "python",
    "python3",
    "pip",
    "make",
    "docker",
    "grep",
    "find",
    "top",
    "ping",
    "curl",
    "wget",
    "ssh",
    "tar",
    "apt",
    "systemctl",
    "journalctl",
    "rm",
    "cp",
    "mv",
    "mkdir",
    "touch",
    "head",
    "tail",
    "sudo",
];

fn is_path(norm: &str) -> bool {
    let extension = norm.rsplit_once('.').is_some_and(|(_, end)| {
        (1..=10).contains(&end.len())
            && end.chars().all(|c| c.is_ascii_alphanumeric())
            && end.chars().any(|c| c.is_ascii_alphabetic())
    });
    !norm.contains("://")
        && (norm.contains('/') && norm != "/" && norm.len() > 1
            || extension
            || norm.starts_with('.')
            || norm == "~")
        || matches!(norm, "makefile" | "dockerfile" | "readme" | "license" | "changelog")
}

/// Endings that make a bare name a web address rather than a file.
const DOMAINS: [&str; 26] = [
    "com", "org", "net", "io", "dev", "de", "uk", "edu", "gov", "eu", "fr", "ch", "at", "nl", "it", "es",
    "ca", "us", "info", "app", "ai", "co", "me", "tv", "pl", "se",
];

fn is_url(norm: &str) -> bool {
    if let Some((scheme, rest)) = norm.split_once("://") {
        return matches!(scheme, "http" | "https") && !rest.is_empty();
    }
    let host = norm.split('/').next().unwrap_or_default();
    let labels_are_names = host
        .split('.')
        .all(|label| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-'));
    host == "localhost"
        || host.starts_with("localhost:")
        || labels_are_names && host.rsplit_once('.').is_some_and(|(_, end)| DOMAINS.contains(&end))
}

fn url(text: &str) -> String {
    if text.contains("://") {
        return text.to_owned();
    }
    let scheme = if text.starts_with("localhost") { "http" } else { "https" };
    format!("{scheme}://{text}")
}
