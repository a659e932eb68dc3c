//! Answers a request: asks become tool calls or sentences, results become a reply.

use jiff::Zoned;
use luna_model::{EndReason, ModelEvent, ModelRequest, PICTURE, ToolCall, ToolResult, Turn};
use serde_json::{Map, Value, json};

use crate::{
    days::Next,
    grammar::{Ask, GRAMMAR, Intent, Then},
    pronouns::{sentence, to_you},
    recalled, reply,
};

/// How to get a model that can do what this one cannot.
const ADD_A_MODEL: &str = "Add a model in Settings, or set LLM_PROVIDER and a key.";
/// What a reminder becomes that comes again and again.
const EVENT: &str = "create_event";
/// Most calls of one turn.
const MOST_CALLS: usize = 8;

/// What the built-in model answers. The last event is always `End`.
#[must_use]
pub fn answer(request: &ModelRequest) -> Vec<ModelEvent> {
    let Some(asked) = request.turns.iter().rposition(|turn| matches!(turn, Turn::User { .. })) else {
        return say("Hello! What can I do for you?".to_owned());
    };
    if request.json_schema.is_some() {
        return say(format!("The built-in model writes no structured data. {ADD_A_MODEL}"));
    }
    let (text, picture) = apart(content(&request.turns[asked]));
    let session = Session { request, asked, text, picture };
    match request.turns.last() {
        Some(Turn::Tools { results }) => session.after_tools(results),
        _ => session.respond(),
    }
}

/// What the user wrote, and what could be read in a picture that came with it.
fn apart(content: &str) -> (&str, Option<&str>) {
    let mark = format!("<outside from=\"{PICTURE}\">\n");
    content.split_once(&mark).map_or((content, None), |(said, read)| {
        (said.trim_end(), Some(read.split("\n</outside>").next().unwrap_or(read)))
    })
}

fn content(turn: &Turn) -> &str {
    match turn {
        Turn::User { content, .. } | Turn::Assistant { content, .. } => content,
        Turn::Tools { .. } => "",
    }
}

/// Text in the pieces in which it would be spoken, and the end.
fn say(text: String) -> Vec<ModelEvent> {
    let mut events: Vec<ModelEvent> =
        text.split_inclusive(' ').map(|piece| ModelEvent::Text(piece.to_owned())).collect();
    events.push(ModelEvent::End(EndReason::Stop));
    events
}

/// What comes of one ask.
enum Outcome {
    Call(Vec<(String, Value)>),
    Say(String),
}

/// A request, and what in it is to be answered.
pub(crate) struct Session<'r> {
    pub(crate) request: &'r ModelRequest,
    /// The turn of the user's last message.
    pub(crate) asked: usize,
    pub(crate) text: &'r str,
    /// What could be read in the picture that came with it.
    picture: Option<&'r str>,
}

impl Session<'_> {
    pub(crate) fn now(&self) -> Option<&Zoned> {
        self.request.now.as_ref()
    }

    pub(crate) fn offers(&self, tool: &str) -> bool {
        self.request.tools.iter().any(|spec| spec.name == tool)
    }

    fn respond(&self) -> Vec<ModelEvent> {
        let whole = self.with_question_before();
        let text = whole.as_deref().unwrap_or(self.text);
        if text.trim().is_empty() && self.picture.is_none() {
            return say("I'm listening.".to_owned());
        }
        let asks = GRAMMAR.understand(text, self.now());
        let looks = asks.iter().all(|ask| ask.intent.tool.as_deref() == Some("vision"));
        if let Some(read) = self.picture.filter(|_| looks) {
            return say(format!(
                "I cannot look at pictures; what I know of it:\n{read}\n\nTo have it seen: {ADD_A_MODEL}"
            ));
        }
        let recalls = asks.is_empty() || asks.iter().any(|ask| ask.intent.tool.as_deref() == Some("recall"));
        if asks.iter().all(|ask| matches!(ask.intent.name.as_str(), "yes" | "no"))
            && let Some(events) = self.to_our_question()
        {
            return events;
        }
        if recalls
            && asks.len() <= 1
            && let Some(fact) = self.known_answer()
        {
            return say(sentence(&to_you(fact)));
        }
        if asks.is_empty() {
            return say(self.offer().unwrap_or_else(|| self.not_understood()));
        }
        let (mut calls, mut said) = (Vec::new(), Vec::new());
        for ask in &asks {
            match self.outcome(ask) {
                Outcome::Call(more) => calls.extend(more),
                Outcome::Say(text) => said.push(text),
            }
        }
        self.events(said, calls)
    }

    /// What is said, and the calls that follow it.
    pub(crate) fn events(&self, said: Vec<String>, mut calls: Vec<(String, Value)>) -> Vec<ModelEvent> {
        if calls.is_empty() {
            let separator = if said.iter().any(|text| text.contains('\n')) { "\n\n" } else { " " };
            return say(said.join(separator));
        }
        calls.truncate(MOST_CALLS);
        let mut events: Vec<ModelEvent> =
            said.into_iter().map(|text| ModelEvent::Text(format!("{text}\n"))).collect();
        events.extend(calls.into_iter().enumerate().map(|(n, (name, input))| self.call(n, name, input)));
        events.push(ModelEvent::End(EndReason::Tools));
        events
    }

    /// What an answer to a question of ours leads to.
    fn to_our_question(&self) -> Option<Vec<ModelEvent>> {
        let next = self.answered().or_else(|| self.taken_up())?;
        Some(match next {
            Next::Call(calls) => self.events(vec![], calls),
            Next::Say(text) | Next::Ask(text) => say(text),
        })
    }

    fn call(&self, n: usize, name: String, input: Value) -> ModelEvent {
        ModelEvent::ToolCall(ToolCall {
            id: format!("builtin-{}-{n}", self.request.turns.len()),
            name,
            input,
        })
    }

    /// An answer to our own question ("When should I remind you?") belongs to what was asked before it.
    fn with_question_before(&self) -> Option<String> {
        self.whole(self.asked, self.text)
    }

    /// What the user said at a turn, with what they had said before where it answers a question for what was missing.
    pub(crate) fn whole(&self, at: usize, text: &str) -> Option<String> {
        let [.., Turn::User { content: before, .. }, Turn::Assistant { content: question, calls }] =
            &self.request.turns[..at]
        else {
            return None;
        };
        let ours = calls.is_empty()
            && GRAMMAR.intents().iter().any(|intent| intent.ask.as_deref() == Some(question.trim()));
        (ours && GRAMMAR.understand(text, self.now()).iter().all(|ask| ask.intent.tool.is_none()))
            .then(|| format!("{} {text}", before.trim_end_matches(['.', '!', '?', ' '])))
    }

    pub(crate) fn known_answer(&self) -> Option<&str> {
        recalled::is_question(self.text)
            .then(|| recalled::answering(self.text, &recalled::facts(&self.request.system)))
            .flatten()
    }

    fn outcome(&self, ask: &Ask<'_>) -> Outcome {
        let intent = ask.intent;
        if let Some(direct) = intent.direct {
            return Outcome::Say(self.direct(direct, ask));
        }
        let Some(tool) = &intent.tool else {
            let turn = self.request.turns.len() / 2;
            return Outcome::Say(intent.say.get(turn % intent.say.len().max(1)).cloned().unwrap_or_default());
        };
        let last = intent.then.as_ref().map_or(tool, |then| &then.tool);
        if let Some(missing) = [tool, last].into_iter().find(|tool| !self.offers(tool)) {
            return Outcome::Say(cannot(intent, missing));
        }
        let repeats = ask.slots.values().any(|slot| slot.get("recurrence").is_some());
        if repeats && tool == "create_task" {
            return Outcome::Say(
                "Tasks come once. For something regular, say “remind me every day at 8 to …”.".to_owned(),
            );
        }
        if flag(ask, "odd_recurrence") {
            return Outcome::Say(
                "I can repeat things every so many days, weeks, months or years, or on days of the week. How shall it be?"
                    .to_owned(),
            );
        }
        if flag(ask, "past") && matches!(tool.as_str(), "create_reminder" | "create_event") {
            return Outcome::Say("That time is already over. When shall it be?".to_owned());
        }
        if repeats && tool == "create_reminder" && self.offers(EVENT) {
            return match again_and_again(intent, &ask.slots) {
                Some(input) => Outcome::Call(vec![(EVENT.to_owned(), input)]),
                None => Outcome::Say(intent.ask.clone().unwrap_or_else(|| "At what time of day?".to_owned())),
            };
        }
        let inputs = match &intent.deed {
            Some(deed)
                if deed.args.values().all(|arg| arg.ends_with('?') || filled(arg, &ask.slots).is_some()) =>
            {
                self.look(ask)
            }
            Some(_) => None,
            None => arguments(intent, &ask.slots),
        };
        match inputs {
            Some(inputs) => Outcome::Call(inputs.into_iter().map(|input| (tool.clone(), input)).collect()),
            None => Outcome::Say(
                intent.ask.clone().unwrap_or_else(|| "Tell me a little more: what exactly?".to_owned()),
            ),
        }
    }

    /// What can be asked for here: only what the offered tools allow.
    pub(crate) fn help(&self) -> String {
        let lines: Vec<String> = self
            .possible()
            .filter_map(|intent| {
                Some(format!("- {}: “{}”", intent.can.as_deref()?, intent.example.as_deref()?))
            })
            .collect();
        format!("I can\n{}\n\nFor open questions and writing: {ADD_A_MODEL}", lines.join("\n"))
    }

    fn possible(&self) -> impl Iterator<Item = &'static Intent> {
        GRAMMAR.intents().iter().filter(|intent| {
            intent.direct.is_some() || intent.tool.as_deref().is_some_and(|tool| self.offers(tool))
        })
    }

    /// Honest, with a way to a model, and with what comes near.
    fn not_understood(&self) -> String {
        let said: Vec<String> = crate::words::read(self.text)
            .into_iter()
            .map(|word| word.norm)
            .filter(|word| word.len() > 3)
            .collect();
        let near = |intent: &&Intent| {
            let known = format!(
                "{} {}",
                intent.can.as_deref().unwrap_or_default(),
                intent.example.as_deref().unwrap_or_default()
            )
            .to_lowercase();
            said.iter().any(|word| known.split(|c: char| !c.is_alphanumeric()).any(|other| other == word))
        };
        let examples: Vec<String> = self
            .possible()
            .filter(|intent| intent.can.is_some())
            .filter(near)
            .filter_map(|i| i.example.as_ref())
            .take(3)
            .map(|e| format!("“{e}”"))
            .collect();
        let offer = match (examples.is_empty(), recalled::is_question(self.text) && self.offers("web_search"))
        {
            (false, _) => format!("What comes near and I can do: {}.", examples.join(", ")),
            (true, true) => "I can look it up, though: say “search the web for …”.".to_owned(),
            (true, false) => "Say “help” for what I can do.".to_owned(),
        };
        format!(
            "I can't answer that with the built-in model: it understands requests, not open questions. {ADD_A_MODEL} {offer}"
        )
    }

    fn after_tools(&self, results: &[ToolResult]) -> Vec<ModelEvent> {
        let rounds =
            self.request.turns[self.asked..].iter().filter(|turn| matches!(turn, Turn::Tools { .. })).count();
        let whole = self.with_question_before();
        let asks = GRAMMAR.understand(whole.as_deref().unwrap_or(self.text), self.now());
        if rounds == 1 {
            if let Some(events) = self.after_look(&asks, results) {
                return events;
            }
            let calls: Vec<ModelEvent> = asks
                .iter()
                .filter_map(|ask| second_call(ask.intent.then.as_ref()?, ask, results))
                .enumerate()
                .map(|(n, (name, input))| self.call(n, name, input))
                .collect();
            if !calls.is_empty() {
                return calls.into_iter().chain([ModelEvent::End(EndReason::Tools)]).collect();
            }
        }
        let replies: Vec<String> = results
            .iter()
            .map(|result| reply::of(result, &self.input_of(result), self.text, self.now()))
            .collect();
        let separator = if replies.iter().any(|reply| reply.contains('\n')) { "\n\n" } else { " " };
        say(replies.join(separator))
    }

    /// The arguments of the call that a result answers.
    pub(crate) fn input_of(&self, result: &ToolResult) -> Value {
        let calls = self.request.turns.iter().rev().filter_map(|turn| match turn {
            Turn::Assistant { calls, .. } => Some(calls),
            _ => None,
        });
        calls.flatten().find(|call| call.id == result.call_id).map_or(Value::Null, |call| call.input.clone())
    }
}

/// The call that follows from the first one's number: "louder" is the volume, and ten more.
fn second_call(then: &Then, ask: &Ask<'_>, results: &[ToolResult]) -> Option<(String, Value)> {
    let first = ask.intent.tool.as_deref()?;
    let level = results
        .iter()
        .find(|result| result.name == first && !result.is_error)
        .and_then(|result| reply::number(&result.content))?;
    let by = ask.slots.get("by").and_then(Value::as_i64).map_or(then.by, |by| by * then.by.signum());
    let mut input = Map::new();
    input.insert(then.argument.clone(), level.saturating_add(by).clamp(0, 100).into());
    Some((then.tool.clone(), Value::Object(input)))
}

fn flag(ask: &Ask<'_>, name: &str) -> bool {
    ask.slots.values().any(|slot| slot.get(name).and_then(Value::as_bool) == Some(true))
}

pub(crate) fn cannot(intent: &Intent, tool: &str) -> String {
    let deed = intent
        .can
        .as_deref()
        .or_else(|| {
            GRAMMAR
                .intents()
                .iter()
                .find(|other| other.name == intent.name)
                .and_then(|other| other.can.as_deref())
        })
        .unwrap_or("do that");
    format!("I understood, but this Luna cannot {deed}: it has no tool “{tool}” here.")
}

/// A reminder comes once; one that comes again is an event that is told of when it begins. None without a time of day.
fn again_and_again(intent: &Intent, slots: &Map<String, Value>) -> Option<Value> {
    let title = filled(intent.args.get("text")?, slots)?;
    let when = slots.values().find(|slot| slot.get("recurrence").is_some())?;
    let start = when.get("start").and_then(Value::as_str).filter(|start| start.contains('T'))?;
    Some(json!({
        "title": title,
        "start": start,
        "end": when.get("soon_after"),
        "recurrence": when.get("recurrence"),
        "remind_minutes_before": 0,
    }))
}

/// The arguments of each call; none when one that is needed was not said.
pub(crate) fn arguments(intent: &Intent, slots: &Map<String, Value>) -> Option<Vec<Value>> {
    let mut input = Map::new();
    for (name, template) in &intent.args {
        let (template, optional) =
            template.strip_suffix('?').map_or((template.as_str(), false), |template| (template, true));
        match filled(template, slots) {
            Some(value) => drop(input.insert(name.clone(), value)),
            None if optional => {}
            None => return None,
        }
    }
    let Some((each, list)) =
        intent.each.as_ref().and_then(|each| Some((each, input.get(each)?.as_str()?.to_owned())))
    else {
        return Some(vec![Value::Object(input)]);
    };
    let one = |part: &str| {
        let mut input = input.clone();
        input.insert(each.clone(), part.trim().into());
        Value::Object(input)
    };
    Some(
        list.split(" and ")
            .flat_map(|part| part.split(','))
            .filter(|part| !part.trim().is_empty())
            .map(one)
            .collect(),
    )
}

/// `{slot}` alone keeps its type; inside other text it is written out. `{slot.field|otherwise}`.
pub(crate) fn filled(template: &str, slots: &Map<String, Value>) -> Option<Value> {
    let lookup = |path: &str| {
        let (path, otherwise) =
            path.split_once('|').map_or((path, None), |(path, otherwise)| (path, Some(otherwise)));
        let mut parts = path.split('.');
        let first = slots.get(parts.next()?);
        let found = parts.fold(first, |value, part| value.and_then(|value| value.get(part)));
        found.filter(|value| !value.is_null()).cloned().or_else(|| otherwise.map(Value::from))
    };
    if let Some(path) =
        template.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).filter(|path| !path.contains('{'))
    {
        return lookup(path);
    }
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (path, after) = after.split_once('}')?;
        text.push_str(before);
        match lookup(path)? {
            Value::String(part) => text.push_str(&part),
            other => text.push_str(&other.to_string()),
        }
        rest = after;
    }
    text.push_str(rest);
    Some(text.into())
}
