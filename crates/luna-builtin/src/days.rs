//! Deeds on what is in the user's days: finds the one that is meant among what a look into the calendar gave, asks where
//! that is open, and understands the answer. What it calls is judged like any other call; it decides nothing there.

use jiff::Zoned;
use luna_model::{ModelEvent, ToolResult, Turn};
use serde_json::{Map, Value, json};

use crate::{
    answer::{Session, arguments, cannot, filled},
    grammar::{Ask, Deed, GRAMMAR, Verb},
    pronouns::{sentence, to_you},
    reply, when,
    words::read,
};

/// How far back a question may lie that is answered now: this many answers.
const MOST_ANSWERS: usize = 4;
/// An answer has at most so many words.
const MOST_WORDS: usize = 8;
/// What tools are called that have a title.
const TITLED: [&str; 6] =
    ["create_event", "update_event", "create_reminder", "update_reminder", "create_task", "update_task"];

/// Something that was found.
#[derive(Clone, Debug)]
struct Entry {
    title: String,
    /// `event`, `reminder` or `task`.
    kind: String,
    /// RFC 3339, or a day.
    start: Option<String>,
    end: Option<String>,
    place: Option<String>,
    /// How it repeats, in words.
    repeats: Option<String>,
}

/// What is known of which one is meant.
#[derive(Clone, Debug)]
struct Choice {
    entries: Vec<Entry>,
    /// They only come near.
    near: bool,
    /// All of them are meant.
    all: bool,
    /// How much of a series.
    reach: Option<String>,
}

/// What comes of it.
pub(crate) enum Next {
    Call(Vec<(String, Value)>),
    Say(String),
    Ask(String),
}

/// An answer to a question of ours.
enum Answer {
    Choice(Choice),
    No,
}

impl Session<'_> {
    /// What follows from a look into the calendar, for an ask that has a deed.
    pub(crate) fn deed_on(&self, ask: &Ask<'_>, deed: &Deed, result: &ToolResult) -> Next {
        if result.is_error {
            return Next::Say(reply::of(result, &Value::Null, self.text, self.now()));
        }
        self.next(ask, deed, &choice(deed, ask, &result.content))
    }

    /// The arguments of the look into the calendar: what was spoken of last stands for "it".
    pub(crate) fn look(&self, ask: &Ask<'_>) -> Option<Vec<Value>> {
        let mut slots = ask.slots.clone();
        if slots.get("what").and_then(|what| what.get("pronoun")).is_some() {
            slots.insert("what".to_owned(), json!({ "title": self.spoken_of()? }));
        }
        arguments(ask.intent, &slots)
    }

    /// The title of what a tool was called for last.
    fn spoken_of(&self) -> Option<String> {
        let calls = self.request.turns.iter().rev().filter_map(|turn| match turn {
            Turn::Assistant { calls, .. } => calls.last(),
            _ => None,
        });
        let last = calls.into_iter().find(|call| TITLED.contains(&call.name.as_str()))?;
        let field = |name: &str| last.input.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        field("title").or_else(|| field("text")).or_else(|| field("query")).map(str::to_owned)
    }

    /// What an answer to our own question about the user's days leads to; none when it is no such answer.
    pub(crate) fn answered(&self) -> Option<Next> {
        let turns = &self.request.turns;
        let (mut at, mut answers) = (self.asked, vec![self.text]);
        let (asked, results) = loop {
            let before = at.checked_sub(2)?;
            let Turn::Assistant { content: question, calls } = &turns[before + 1] else { return None };
            if !calls.is_empty() || !question.contains('?') || answers.len() > MOST_ANSWERS {
                return None;
            }
            match &turns[before] {
                Turn::User { content, .. } => answers.push(content),
                Turn::Tools { results } => {
                    let Turn::User { content, .. } = turns.get(before.checked_sub(2)?)? else { return None };
                    let whole = self.whole(before - 2, content);
                    break (whole.unwrap_or_else(|| content.clone()), results);
                }
                Turn::Assistant { .. } => return None,
            }
            at = before;
        };
        let asks = GRAMMAR.understand(&asked, self.now());
        let (ask, deed) = asks.iter().find_map(|ask| Some((ask, ask.intent.deed.as_ref()?)))?;
        let result = results.iter().find(|result| Some(&result.name) == ask.intent.tool.as_ref())?;
        let mut choice = choice(deed, ask, &result.content);
        let mut next = self.next(ask, deed, &choice);
        for answer in answers.iter().rev() {
            if !matches!(next, Next::Ask(_)) {
                return None;
            }
            choice = match choice.answer(answer, self.now())? {
                Answer::Choice(choice) => choice,
                Answer::No => return Some(Next::Say("All right, I leave it as it is.".to_owned())),
            };
            next = self.next(ask, deed, &choice);
        }
        Some(next)
    }

    fn next(&self, ask: &Ask<'_>, deed: &Deed, choice: &Choice) -> Next {
        let now = self.now();
        let wanted = ask.slots.get("what").and_then(|what| what.get("title")).and_then(Value::as_str);
        let nothing = wanted.map_or_else(
            || "I found nothing at that time".to_owned(),
            |words| format!("I found nothing like “{words}”"),
        );
        let list = || {
            let lines: Vec<String> = choice.entries.iter().map(|e| format!("- {}", e.said(now))).collect();
            lines.join("\n")
        };
        match (choice.entries.as_slice(), choice.near) {
            ([], _) if deed.what == Verb::When && self.of_the_user() => self.remembered(wanted),
            ([], _) => Next::Say(format!("{nothing} in your calendar, your reminders or your tasks.")),
            (_, true) if deed.what == Verb::When => {
                Next::Say(format!("{nothing} then. What comes near:\n{}", list()))
            }
            (entries, false) if deed.what == Verb::When => Next::Say(told(entries, now)),
            ([only], true) => Next::Ask(format!("{nothing}. Did you mean {}?", only.said(now))),
            (_, true) => {
                Next::Ask(format!("{nothing}. What comes near:\n{}\nWhich one do you mean?", list()))
            }
            (entries, false) if entries.len() > 1 && !choice.all => {
                Next::Ask(format!("There are several:\n{}\nWhich one do you mean?", list()))
            }
            (entries, false) => {
                // Which of a series is said by its time, unless all of it is meant.
                let timed = ask.slots.get("what").is_some_and(|what| what.get("from").is_some());
                if let [series] = entries
                    && let Some(repeats) = &series.repeats
                    && choice.reach.is_none()
                    && !timed
                {
                    return Next::Ask(format!(
                        "“{}” comes {repeats}; the next is {}. Only that one, or all of them?",
                        series.title,
                        series.at(now)
                    ));
                }
                self.calls(ask, deed, choice)
            }
        }
    }

    /// Whether the user asks for something of their own.
    fn of_the_user(&self) -> bool {
        read(self.text).iter().any(|word| matches!(word.norm.as_str(), "my" | "our"))
            && (self.known_answer().is_some() || self.offers("recall"))
    }

    /// What is not in the calendar may be remembered.
    fn remembered(&self, wanted: Option<&str>) -> Next {
        self.known_answer().map_or_else(
            || {
                Next::Call(vec![(
                    "recall".to_owned(),
                    json!({ "query": format!("my {}", wanted.unwrap_or_default()) }),
                )])
            },
            |fact| Next::Say(sentence(&to_you(fact))),
        )
    }

    fn calls(&self, ask: &Ask<'_>, deed: &Deed, choice: &Choice) -> Next {
        let mut calls = vec![];
        for entry in &choice.entries {
            let reach = choice.reach.as_deref();
            match entry.change(deed, &ask.slots, reach) {
                Ok((tool, _)) if !self.offers(&tool) => return Next::Say(cannot(ask.intent, &tool)),
                Ok(call) => calls.push(call),
                Err(why) => return Next::Say(why),
            }
        }
        Next::Call(calls)
    }

    /// The calls and sentences that follow from the first look of a turn; none when no ask had a deed.
    pub(crate) fn after_look(&self, asks: &[Ask<'_>], results: &[ToolResult]) -> Option<Vec<ModelEvent>> {
        if asks.iter().all(|ask| ask.intent.deed.is_none()) {
            return None;
        }
        let (mut calls, mut said, mut used) = (vec![], vec![], vec![]);
        for ask in asks {
            let Some(deed) = &ask.intent.deed else { continue };
            let looks = self.look(ask).unwrap_or_default();
            let found = results.iter().enumerate().find(|(n, result)| {
                !used.contains(n)
                    && Some(&result.name) == ask.intent.tool.as_ref()
                    && looks.contains(&self.input_of(result))
            });
            let Some((n, result)) = found else { continue };
            used.push(n);
            match self.deed_on(ask, deed, result) {
                Next::Call(more) => calls.extend(more),
                Next::Say(text) | Next::Ask(text) => said.push(text),
            }
        }
        let others = results.iter().enumerate().filter(|(n, _)| !used.contains(n));
        said.extend(others.map(|(_, r)| reply::of(r, &self.input_of(r), self.text, self.now())));
        Some(self.events(said, calls))
    }
}

/// What was found, and how much of it the ask names.
fn choice(deed: &Deed, ask: &Ask<'_>, content: &str) -> Choice {
    let listed: Vec<Value> = serde_json::from_str(reply::unmarked(content)).unwrap_or_default();
    let near = listed.first().is_some_and(|entry| entry.get("near").is_some());
    let all: Vec<Entry> = listed.iter().filter_map(Entry::read).collect();
    let named: Vec<Entry> =
        all.iter().filter(|e| deed.only.as_ref().is_none_or(|only| *only == e.kind)).cloned().collect();
    // What is called a reminder may be an event that comes every day.
    let entries = if named.is_empty() { all } else { named };
    let each = ask.slots.get("what").is_some_and(|what| what.get("each").is_some());
    let reach = deed.reach.clone().or_else(|| each.then(|| "all".to_owned()));
    Choice { entries, near, all: false, reach }
}

impl Choice {
    fn answer(&self, text: &str, now: Option<&Zoned>) -> Option<Answer> {
        let words: Vec<String> = read(text).into_iter().map(|word| word.norm).collect();
        if words.len() > MOST_WORDS {
            return None;
        }
        let has = |any: &[&str]| words.iter().any(|word| any.contains(&word.as_str()));
        if has(&["no", "none", "neither", "nope", "nothing", "forget", "never", "nevermind"]) {
            return Some(Answer::No);
        }
        let one = |entry: &Entry| Choice { entries: vec![entry.clone()], near: false, ..self.clone() };
        if let [only] = self.entries.as_slice() {
            if self.near {
                let yes = has(&[
                    "yes", "yeah", "yep", "yup", "sure", "right", "exactly", "okay", "correct", "please",
                ]);
                return yes.then(|| Answer::Choice(one(only)));
            }
            let onwards = ["from now on", "from then on", "following", "onwards", "after"];
            let lower = text.to_lowercase();
            let reach = if onwards.iter().any(|words| lower.contains(words)) {
                "following"
            } else if has(&["all", "every", "each", "whole", "series", "both", "everything"]) {
                "all"
            } else if has(&["only", "just", "this", "that", "next", "once", "one", "single", "first"]) {
                "this"
            } else {
                return None;
            };
            return Some(Answer::Choice(Choice { reach: Some(reach.to_owned()), ..one(only) }));
        }
        if has(&["both", "all", "every", "everything"]) {
            let reach = self.reach.clone().or_else(|| Some("all".to_owned()));
            return Some(Answer::Choice(Choice { all: true, near: false, reach, ..self.clone() }));
        }
        let found = self.named(text, &words, now);
        match found.as_slice() {
            [] => None,
            [only] => Some(Answer::Choice(one(only))),
            _ => Some(Answer::Choice(Choice { entries: found, ..self.clone() })),
        }
    }

    /// Those of several that an answer names: by place in the list, by time, by words.
    fn named(&self, text: &str, words: &[String], now: Option<&Zoned>) -> Vec<Entry> {
        let found = now.and_then(|now| when::extract(text, now));
        let said = found.as_ref().map(|found| {
            let (from, to) = found.when.range();
            let day = found.when.precision != when::Precision::Moment;
            let fits = |entry: &&Entry| {
                let at = now.and_then(|now| entry.begins(now));
                at.is_some_and(|at| if day { from <= at && at < to } else { at.time() == from.time() })
            };
            self.entries.iter().filter(fits).cloned().collect::<Vec<_>>()
        });
        if let Some(said) = said.filter(|said| !said.is_empty()) {
            return said;
        }
        const PLACES: [&[&str]; 5] = [
            &["first", "1st", "former", "1"],
            &["second", "2nd", "2"],
            &["third", "3rd", "3"],
            &["fourth", "4th", "4"],
            &["fifth", "5th", "5"],
        ];
        let place = PLACES.iter().position(|names| words.iter().any(|word| names.contains(&word.as_str())));
        let last = words.iter().any(|word| matches!(word.as_str(), "last" | "latter"));
        let place = place.or_else(|| last.then(|| self.entries.len().saturating_sub(1)));
        if let Some(entry) = place.and_then(|place| self.entries.get(place)) {
            return vec![entry.clone()];
        }
        let shares = |entry: &Entry| {
            let title: Vec<String> = read(&entry.title).into_iter().map(|word| word.norm).collect();
            let kind = words.contains(&entry.kind);
            words.iter().filter(|word| word.len() > 1 && title.contains(word)).count() + usize::from(kind)
        };
        let most = self.entries.iter().map(shares).max().unwrap_or(0);
        if most == 0 {
            return vec![];
        }
        self.entries.iter().filter(|entry| shares(entry) == most).cloned().collect()
    }
}

impl Entry {
    fn read(value: &Value) -> Option<Self> {
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            title: text("title")?,
            kind: text("kind").unwrap_or_else(|| "event".to_owned()),
            start: text("start"),
            end: text("end"),
            place: text("location"),
            repeats: text("recurrence").map(|rule| when::describe_rule(&rule)),
        })
    }

    fn begins(&self, now: &Zoned) -> Option<Zoned> {
        reply::moment(self.start.as_deref()?, now)
    }

    /// When it is, in words.
    fn at(&self, now: Option<&Zoned>) -> String {
        let at = now.and_then(|now| Some(when::describe(&self.begins(now)?, now)));
        at.or_else(|| self.start.clone()).unwrap_or_else(|| "at no time yet".to_owned())
    }

    /// Its title and time; what is no event says its kind.
    fn said(&self, now: Option<&Zoned>) -> String {
        let kind = if self.kind == "event" { String::new() } else { format!(" ({})", self.kind) };
        match &self.start {
            Some(_) => format!("{}{kind}, {}", self.title, self.at(now)),
            None => format!("{}{kind}", self.title),
        }
    }

    /// All of it as an answer to "when?".
    fn answer(&self, now: Option<&Zoned>) -> String {
        let until = now.and_then(|now| {
            let (from, to) = (self.begins(now)?, reply::moment(self.end.as_deref()?, now)?);
            (from.date() == to.date()).then(|| format!(" to {}", to.strftime("%H:%M")))
        });
        let time = format!("{}{}", self.at(now), until.unwrap_or_default());
        let place = self.place.as_ref().map(|place| format!(", {place}")).unwrap_or_default();
        let title = &self.title;
        match (self.kind.as_str(), &self.start, &self.repeats) {
            ("reminder", ..) => format!("I'll remind you {time}: {title}."),
            ("task", Some(_), _) => format!("“{title}” is on your list, due {time}."),
            ("task", None, _) => format!("“{title}” is on your list, without a date."),
            (_, _, Some(repeats)) => format!("“{title}” comes {repeats}; the next is {time}{place}."),
            _ => format!("“{title}” is {time}{place}."),
        }
    }

    /// The call that does the deed on it, or why there is none.
    fn change(
        &self,
        deed: &Deed,
        slots: &Map<String, Value>,
        reach: Option<&str>,
    ) -> Result<(String, Value), String> {
        let verb = if deed.what == Verb::Cancel { "delete" } else { "update" };
        let mut input = Map::new();
        input.insert("query".to_owned(), self.title.clone().into());
        if let Some(start) = &self.start {
            input.insert("on".to_owned(), start.clone().into());
        }
        for (name, template) in &deed.args {
            let name = match (self.kind.as_str(), name.as_str()) {
                ("event", name) | (_, name @ "shift") | ("task", name @ "title") => name,
                ("reminder", "start") => "at",
                ("reminder", "title") => "text",
                ("task", "start") => "due",
                (_, "length") if template.ends_with('?') => continue,
                (kind, _) => {
                    return Err(format!("“{}” is a {kind}: it has no length to change.", self.title));
                }
            };
            if let Some(value) = filled(template.trim_end_matches('?'), slots) {
                input.insert(name.to_owned(), value);
            }
        }
        if self.kind == "event" && self.repeats.is_some() {
            input.insert("reach".to_owned(), reach.unwrap_or("this").into());
        }
        Ok((format!("{verb}_{}", self.kind), Value::Object(input)))
    }
}

fn told(entries: &[Entry], now: Option<&Zoned>) -> String {
    match entries {
        [only] => only.answer(now),
        many => {
            let lines: Vec<String> = many.iter().map(|entry| format!("- {}", entry.said(now))).collect();
            format!("There are several:\n{}", lines.join("\n"))
        }
    }
}
