//! How people name something of their days: "the dentist", "choir tomorrow", "my 3 o'clock", "tomorrow's yoga", "it".

use jiff::{Span, Zoned};
use serde_json::{Value, json};

use crate::{
    when::{self, Precision},
    words::{Word, read},
};

/// More words name nothing any more.
const MOST_WORDS: usize = 12;
/// Words before a name that are no part of it.
const LEADING: [&str; 11] = ["the", "a", "an", "my", "our", "this", "that", "next", "upcoming", "with", "of"];
/// What was spoken of last.
const PRONOUNS: [&str; 3] = ["it", "that", "this"];
/// With these no name begins.
const NO_NAME: [&str; 32] = [
    "it",
    "them",
    "they",
    "he",
    "she",
    "you",
    "me",
    "i",
    "we",
    "there",
    "here",
    "everything",
    "anything",
    "nothing",
    "something",
    "all",
    "to",
    "and",
    "or",
    "is",
    "not",
    "every",
    "both",
    "what",
    "who",
    "how",
    "why",
    "when",
    "where",
    "which",
    "everyone",
    "everybody",
];
/// "The first one", "the other ones": they choose among what was spoken of and name nothing.
const CHOOSING: [&str; 7] = ["first", "second", "third", "last", "other", "one", "ones"];
/// What ends so is remembered rather than entered.
const REMEMBERED: [&str; 3] = ["birthday", "birthdays", "anniversary"];

/// Whether these words may name something.
pub(super) fn names(words: &[Word]) -> bool {
    let norm = |word: &Word| word.norm.clone();
    match words {
        [] => false,
        [only] if PRONOUNS.contains(&norm(only).as_str()) => true,
        [first, ..] => {
            words.len() <= MOST_WORDS
                && !NO_NAME.contains(&norm(first).as_str())
                && !chooses(words)
                && !words.iter().all(|word| LEADING.contains(&norm(word).as_str()))
                && !words.last().is_some_and(|last| REMEMBERED.contains(&norm(last).as_str()))
        }
    }
}

fn chooses(words: &[Word]) -> bool {
    let mut bare = words.iter().map(|w| w.norm.as_str()).skip_while(|w| LEADING.contains(w));
    let first = bare.next().unwrap_or_default();
    let next = bare.next();
    first == "one" || CHOOSING.contains(&first) && next.is_none_or(|next| matches!(next, "one" | "ones"))
}

/// What they say: its title, from when to when it begins, whether all of a series are meant, whether it is a pronoun.
pub(super) fn value(text: &str, now: Option<&Zoned>) -> Value {
    let text = without_possessives(text, now);
    let words = read(&text);
    if let [only] = words.as_slice()
        && PRONOUNS.contains(&only.norm.as_str())
    {
        return json!({ "pronoun": true });
    }
    let found = now.and_then(|now| when::extract(&text, now));
    let (when, rest) = found.map_or((None, text), |found| (Some(found.when), found.rest));
    let mut value = json!({ "title": title(&rest) });
    if let Some(when) = when {
        if when.recurrence.is_some() {
            value["each"] = true.into();
            return value;
        }
        let stamp = |z: &Zoned| z.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
        let (from, to) = match when.precision {
            Precision::Moment => (when.start.clone(), when.start.saturating_add(Span::new().minutes(1))),
            _ => when.range(),
        };
        value["from"] = stamp(&from).into();
        value["to"] = stamp(&to).into();
    }
    value
}

/// "tomorrow's yoga" is yoga tomorrow.
fn without_possessives(text: &str, now: Option<&Zoned>) -> String {
    let plain = |word: &str| {
        let stem = word.strip_suffix("'s").or_else(|| word.strip_suffix("’s"))?;
        let time =
            matches!(stem.to_lowercase().as_str(), "week" | "month" | "morning" | "evening" | "afternoon")
                || now.is_some_and(|now| when::parse(stem, now).is_some());
        time.then(|| stem.to_owned())
    };
    let words = text.split_whitespace().map(|word| plain(word).unwrap_or_else(|| word.to_owned()));
    words.collect::<Vec<_>>().join(" ")
}

fn title(rest: &str) -> Option<String> {
    let mut title = when::title(rest)?;
    while let Some((first, after)) = title.split_once(' ')
        && LEADING.contains(&first.to_lowercase().as_str())
    {
        title = after.trim_start().to_owned();
    }
    let title = title.trim_end_matches("'s").to_owned();
    (!LEADING.contains(&title.to_lowercase().as_str())).then_some(title)
}
