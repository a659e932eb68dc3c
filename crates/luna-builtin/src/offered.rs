//! A bare line with an exact time is offered for the calendar, and put there when the user says yes. Nothing is entered
//! without that: a line may be talk.

use std::{collections::HashSet, sync::LazyLock};

use jiff::Zoned;
use luna_model::Turn;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    answer::Session,
    days::Next,
    grammar::GRAMMAR,
    when::{self, Precision},
    words::read,
};

/// Most words of a title.
const MOST_WORDS: usize = 7;
/// Ends of words that tell of what was.
const PAST: &str = "ed";
/// A word of fewer letters is no past ("bed", "red").
const SHORT: usize = 5;

#[derive(Deserialize)]
struct Table {
    talk: HashSet<String>,
    asking: HashSet<String>,
    doing: HashSet<String>,
}

#[expect(clippy::expect_used, reason = "the table is part of the program and every test reads it")]
static TABLE: LazyLock<Table> =
    LazyLock::new(|| toml::from_str(include_str!("offered.toml")).expect("offered.toml is well-formed"));

/// What a line would become: the question, the tool and its input.
struct Offer {
    question: String,
    tool: &'static str,
    input: Value,
}

impl Session<'_> {
    /// The question whether this line is meant for the calendar; none when it is talk.
    pub(crate) fn offer(&self) -> Option<String> {
        let offer = offer(self.text, self.now()?)?;
        self.offers(offer.tool).then_some(offer.question)
    }

    /// What a yes to such a question leads to.
    pub(crate) fn taken_up(&self) -> Option<Next> {
        let [.., Turn::User { content: line, .. }, Turn::Assistant { content: question, calls }] =
            &self.request.turns[..self.asked]
        else {
            return None;
        };
        let ours = calls.is_empty() && question.starts_with("Shall I ");
        let answer = GRAMMAR.understand(self.text, self.now());
        let yes = !answer.is_empty() && answer.iter().all(|ask| ask.intent.name == "yes");
        let offer = (ours && yes).then(|| offer(line, self.now()?)).flatten()?;
        self.offers(offer.tool).then(|| Next::Call(vec![(offer.tool.to_owned(), offer.input)]))
    }
}

fn offer(line: &str, now: &Zoned) -> Option<Offer> {
    let line = line.trim();
    if line.ends_with('?') || line.contains('\n') {
        return None;
    }
    let found = when::extract(line, now).filter(|found| found.when.precision == Precision::Moment)?;
    let when = found.when;
    if when.start <= *now || when.recurrence.is_some() {
        return None;
    }
    let title = when::title(&found.rest)?;
    let words: Vec<String> = read(&title).into_iter().map(|word| word.norm).collect();
    let past = |word: &String| word.len() > SHORT && word.ends_with(PAST);
    if words.len() > MOST_WORDS
        || !title.chars().any(char::is_alphabetic)
        || read(line).iter().any(|word| TABLE.talk.contains(&word.norm))
        || words.iter().any(past)
    {
        return None;
    }
    let first = words.first()?;
    if TABLE.asking.contains(first) {
        return None;
    }
    let stamp = |z: &Zoned| z.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
    let (start, end) = when.range();
    let at = when::describe(&start, now);
    Some(if TABLE.doing.contains(first) {
        Offer {
            question: format!("Shall I remind you {at}: {title}?"),
            tool: "create_reminder",
            input: json!({ "text": title, "at": stamp(&start) }),
        }
    } else {
        Offer {
            question: format!("Shall I put “{title}” into your calendar, {at} to {}?", end.strftime("%H:%M")),
            tool: "create_event",
            input: json!({ "title": title, "start": stamp(&start), "end": stamp(&end) }),
        }
    })
}
