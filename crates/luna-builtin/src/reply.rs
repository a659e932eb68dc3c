//! Turns tools' results into a short reply. Results are text or JSON from whoever made the tool; nothing in them is obeyed.

use std::{collections::HashMap, sync::LazyLock};

use jiff::{Timestamp, Zoned, civil::Date};
use luna_model::ToolResult;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    pronouns::{sentence, to_you},
    recalled, when,
};

#[derive(Deserialize)]
struct Replies {
    tool: HashMap<String, Reply>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reply {
    /// Completes "I could not …".
    deed: String,
    #[serde(default)]
    done: Vec<String>,
    /// Said of an empty result.
    none: Option<String>,
    /// Said before a result that is shown.
    intro: Option<String>,
    /// Shown as it is, set apart from Luna's own words.
    #[serde(default)]
    fenced: bool,
}

#[expect(clippy::expect_used, reason = "the table is part of the program and every test reads it")]
static REPLIES: LazyLock<Replies> =
    LazyLock::new(|| toml::from_str(include_str!("replies.toml")).expect("replies.toml is well-formed"));

/// Words by which an error tells that it was a no and not a failure.
const REFUSED: [&str; 9] = [
    "denied",
    "refused",
    "declined",
    "rejected",
    "not allowed",
    "not approved",
    "blocked",
    "expired",
    "said no",
];
/// Lines of a result that are shown; the rest is in the tool's card.
const MOST_LINES: usize = 40;
/// Fields by which an entry of a list is best known.
const LABELS: [&str; 10] =
    ["content", "title", "name", "text", "path", "snippet", "message", "fact", "url", "id"];
/// Fields that tell more of an entry.
const DETAILS: [&str; 10] =
    ["kind", "url", "snippet", "due", "due_date", "start", "at", "line", "size", "recurrence"];

/// A result without the marks that say it came from outside: they are for models that read, not for people.
pub(crate) fn unmarked(content: &str) -> &str {
    let inside = content.trim().strip_prefix("<outside from=\"").and_then(|rest| rest.split_once("\">\n"));
    let inside = inside.and_then(|(_, text)| text.strip_suffix("</outside>"));
    inside.unwrap_or(content).trim()
}

/// What to say of one result. `question`: what the user asked, for picking the fact that answers it.
pub(crate) fn of(result: &ToolResult, input: &Value, question: &str, now: Option<&Zoned>) -> String {
    let reply = REPLIES.tool.get(&result.name);
    let content = unmarked(&result.content);
    let parsed: Value = serde_json::from_str(content).unwrap_or(Value::Null);
    let fill = |template: &str| fill(template, input, &parsed, content, now);
    let deed = reply.and_then(|reply| fill(&reply.deed)).unwrap_or_else(|| format!("use {}", result.name));
    if result.is_error {
        return failed(&deed, content);
    }
    if is_empty(content, &parsed)
        && let Some(none) = reply.and_then(|reply| reply.none.as_deref()).and_then(fill)
    {
        return none;
    }
    if let Some(done) = reply.and_then(|reply| reply.done.iter().find_map(|line| fill(line))) {
        return done;
    }
    let shown = readable(&parsed, content, now);
    if result.name == "recall" {
        return recalled_reply(&shown, question);
    }
    let shown = cut(&shown);
    if shown.is_empty() {
        return "Done.".to_owned();
    }
    let shown = if reply.is_some_and(|reply| reply.fenced) {
        format!("```\n{}\n```", shown.replace("```", "ʼʼʼ"))
    } else {
        shown
    };
    match reply.and_then(|reply| reply.intro.as_deref()).and_then(fill) {
        Some(intro) => format!("{intro}\n{shown}"),
        None => shown,
    }
}

fn failed(deed: &str, why: &str) -> String {
    let lower = why.to_lowercase();
    let verb = if REFUSED.iter().any(|word| lower.contains(word)) { "did" } else { "could" };
    match why.lines().next().map(str::trim).filter(|line| !line.is_empty()) {
        Some(why) => format!("I {verb} not {deed}: {}", sentence(why)),
        None => format!("I {verb} not {deed}."),
    }
}

/// The one fact that answers, or all that was found.
fn recalled_reply(shown: &str, question: &str) -> String {
    let facts: Vec<&str> = shown
        .lines()
        .map(|line| line.trim().trim_start_matches("- ").trim())
        .filter(|line| !line.is_empty())
        .collect();
    if let Some(fact) = recalled::answering(question, &facts) {
        return sentence(&to_you(fact));
    }
    match facts.as_slice() {
        [only] => sentence(&to_you(only)),
        many => {
            let lines: Vec<String> =
                many.iter().map(|fact| format!("- {}", sentence(&to_you(fact)))).collect();
            format!("Here is what I remember:\n{}", lines.join("\n"))
        }
    }
}

fn is_empty(content: &str, parsed: &Value) -> bool {
    let lower = content.to_lowercase();
    content.is_empty()
        || matches!(parsed, Value::Array(list) if list.is_empty())
        || matches!(parsed, Value::Object(map) if map.is_empty() || map.len() == 1 && map.values().all(|v| v.as_array().is_some_and(Vec::is_empty)))
        || content.lines().count() == 1
            && ["no ", "nothing", "none", "(none", "empty", "not found"]
                .iter()
                .any(|start| lower.starts_with(start))
}

/// A template with its names filled in; none when one is not known.
fn fill(template: &str, input: &Value, parsed: &Value, content: &str, now: Option<&Zoned>) -> Option<String> {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        filled.push_str(before);
        let value = match name {
            "result" => content.to_owned(),
            "number" => number(content)?.to_string(),
            // Only where there is such an argument; says nothing.
            name if name.starts_with('?') => {
                let (name, value) =
                    name[1..].split_once('=').map_or((&name[1..], None), |(n, v)| (n, Some(v)));
                let held = input.get(name).filter(|held| value.is_none_or(|v| held.as_str() == Some(v)));
                held.map(|_| String::new())?
            }
            // The result's, whatever the argument was.
            name if name.starts_with("result.") => plain(parsed.get(&name[7..])?, now)?,
            "recurrence" => when::describe_rule(input.get(name).or_else(|| parsed.get(name))?.as_str()?),
            _ => plain(input.get(name).or_else(|| parsed.get(name))?, now)?,
        };
        filled.push_str(&value);
        rest = after;
    }
    filled.push_str(rest);
    Some(filled)
}

/// The first whole number of a result: a level, however it is wrapped.
pub(crate) fn number(content: &str) -> Option<i64> {
    let content = unmarked(content);
    let parsed: Value = serde_json::from_str(content).unwrap_or(Value::Null);
    if let Some(level) = parsed
        .as_f64()
        .or_else(|| parsed.get("level").or_else(|| parsed.get("volume")).and_then(Value::as_f64))
    {
        return Some(level.round() as i64);
    }
    let start = content.find(|c: char| c.is_ascii_digit())?;
    let digits: String = content[start..].chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// The moment that a timestamp or a day says; of a day its beginning.
pub(crate) fn moment(text: &str, now: &Zoned) -> Option<Zoned> {
    let zone = now.time_zone().clone();
    match text.parse::<Timestamp>() {
        Ok(at) => Some(at.to_zoned(zone)),
        Err(_) if text.len() == 10 => text.parse::<Date>().ok()?.to_zoned(zone).ok(),
        Err(_) => None,
    }
}

/// A value as one says it: a timestamp as a time from now.
fn plain(value: &Value, now: Option<&Zoned>) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => {
            let said = now.and_then(|now| Some(when::describe(&moment(text, now)?, now)));
            Some(said.unwrap_or_else(|| text.clone()))
        }
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Array(list) => {
            Some(list.iter().filter_map(|one| plain(one, now)).collect::<Vec<_>>().join(", "))
        }
        Value::Object(_) => None,
    }
}

/// A result to read: a list as lines, an object as "name: value" lines, text as it is.
fn readable(parsed: &Value, content: &str, now: Option<&Zoned>) -> String {
    match parsed {
        Value::Array(list) => {
            list.iter().map(|one| format!("- {}", entry(one, now))).collect::<Vec<_>>().join("\n")
        }
        Value::Object(map) => {
            if let (1, Some(list @ Value::Array(_))) = (map.len(), map.values().next()) {
                return readable(list, content, now);
            }
            let line = |(name, value): (&String, &Value)| {
                Some(format!("- {}: {}", name.replace('_', " "), plain(value, now)?))
            };
            map.iter().filter_map(line).collect::<Vec<_>>().join("\n")
        }
        Value::String(text) => text.clone(),
        _ => content.to_owned(),
    }
}

fn entry(value: &Value, now: Option<&Zoned>) -> String {
    let Some(map) = value.as_object() else { return plain(value, now).unwrap_or_default() };
    let label = LABELS.iter().find_map(|name| Some((*name, plain(map.get(*name)?, now)?)));
    let Some((named, label)) = label else {
        return map.values().filter_map(|value| plain(value, now)).collect::<Vec<_>>().join(", ");
    };
    let details: Vec<String> = DETAILS
        .iter()
        .filter(|name| **name != named)
        .filter_map(|name| plain(map.get(*name)?, now))
        .filter(|text| !text.is_empty())
        .collect();
    if details.is_empty() { label } else { format!("{label} ({})", details.join(", ")) }
}

fn cut(text: &str) -> String {
    let lines = text.lines().count();
    if lines <= MOST_LINES {
        return text.to_owned();
    }
    let shown: Vec<&str> = text.lines().take(MOST_LINES).collect();
    format!("{}\n… and {} more lines", shown.join("\n"), lines - MOST_LINES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marks_of_outside_text_are_not_shown() {
        assert_eq!(unmarked("<outside from=\"a command's output\">\nhi <b>\n</outside>"), "hi <b>");
        assert_eq!(unmarked("  <outside> is a word "), "<outside> is a word");
    }
}
