//! Tool calls written as text, for models without native ones: a JSON object with a `tool_call` key, `[TOOL_CALL:{…}]`,
//! and the bracket commands of the Luna documentation. Found while the text streams; what may yet become one is held
//! back, everything else passes at once. What is found goes through the same gate as any other call.

use luna_model::ToolCall;
use serde_json::{Value, json};

/// The bracket commands: the word, the tool, and the names of its arguments, separated by `|` in the brackets.
const BRACKETS: [(&str, &str, &[&str]); 9] = [
    ("WEB_SEARCH", "web_search", &["query"]),
    ("WEB_RESEARCH", "web_search", &["query"]),
    ("WEB_FETCH", "web_fetch", &["url"]),
    ("BROWSE", "browser_open", &["url"]),
    ("LAUNCH", "launch_app", &["app"]),
    ("WORKSPACE_READ", "read_file", &["path"]),
    ("WORKSPACE_WRITE", "write_file", &["path", "content"]),
    ("TASK", "create_task", &["title", "due", "priority"]),
    ("EVENT", "create_event", &["title", "start", "minutes"]),
];
const JSON_BRACKET: &str = "TOOL_CALL";
/// Longest call that is waited for; beyond it the text passes as it is.
const LONGEST: usize = 256 << 10;

/// Splits a stream of text into what is said and what is called.
#[derive(Debug, Default)]
pub(crate) struct TextCalls {
    held: String,
    found: u32,
}

impl TextCalls {
    /// Takes some text; gives what can be shown by now, and the calls that became whole.
    pub(crate) fn push(&mut self, text: &str) -> (String, Vec<ToolCall>) {
        self.held.push_str(text);
        self.drain(false)
    }

    /// The end of the text: what was held back and became no call is text after all.
    pub(crate) fn end(&mut self) -> (String, Vec<ToolCall>) {
        self.drain(true)
    }

    fn drain(&mut self, at_end: bool) -> (String, Vec<ToolCall>) {
        let (mut shown, mut calls) = (String::new(), Vec::new());
        while let Some(at) = self.held.find(['[', '{']) {
            shown.push_str(&self.held[..at]);
            self.held.drain(..at);
            match read(&self.held) {
                Read::Call { name, input, length } => {
                    self.found += 1;
                    calls.push(ToolCall { id: format!("text_{}", self.found), name, input });
                    self.held.drain(..length);
                }
                Read::Unfinished if !at_end && self.held.len() < LONGEST => return (shown, calls),
                Read::Unfinished | Read::Text => {
                    let first = self.held.remove(0);
                    shown.push(first);
                }
            }
        }
        shown.push_str(&std::mem::take(&mut self.held));
        (shown, calls)
    }
}

enum Read {
    Call {
        name: String,
        input: Value,
        length: usize,
    },
    /// May become a call when more text comes.
    Unfinished,
    /// Is none.
    Text,
}

fn read(text: &str) -> Read {
    if text.starts_with('{') { json_call(text) } else { bracket(text) }
}

fn json_call(text: &str) -> Read {
    let inside = text[1..].trim_start();
    let key = "\"tool_call\"";
    let begins = inside.len() < key.len() && key.starts_with(inside);
    if !begins && !inside.starts_with(key) {
        return Read::Text;
    }
    match object(text) {
        None => Read::Unfinished,
        Some((value, length)) => {
            named(&value["tool_call"]).map_or(Read::Text, |(name, input)| Read::Call { name, input, length })
        }
    }
}

/// The first JSON value of a text and where it ends; none when it is not whole.
fn object(text: &str) -> Option<(Value, usize)> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let value = values.next()?.ok()?;
    Some((value, values.byte_offset()))
}

fn named(call: &Value) -> Option<(String, Value)> {
    let name = call.get("tool").or_else(|| call.get("name"))?.as_str()?;
    let input = call.get("args").or_else(|| call.get("input")).or_else(|| call.get("arguments"));
    Some((name.to_owned(), input.cloned().unwrap_or_else(|| json!({}))))
}

fn bracket(text: &str) -> Read {
    let word_end = text[1..].find(|c: char| !c.is_ascii_uppercase() && c != '_').map(|at| at + 1);
    let Some(word_end) = word_end else {
        let known = BRACKETS.iter().map(|b| b.0).chain([JSON_BRACKET]).any(|w| w.starts_with(&text[1..]));
        return if known { Read::Unfinished } else { Read::Text };
    };
    let word = &text[1..word_end];
    if !text[word_end..].starts_with(':') {
        return Read::Text;
    }
    let rest = &text[word_end + 1..];
    if word == JSON_BRACKET {
        let Some((value, length)) = object(rest) else { return Read::Unfinished };
        let after = &rest[length..];
        return match (named(&value), after.trim_start().starts_with(']')) {
            (Some((name, input)), true) => {
                let closing = after.find(']').unwrap_or_default();
                Read::Call { name, input, length: word_end + 1 + length + closing + 1 }
            }
            (Some(_), false) if after.trim().is_empty() => Read::Unfinished,
            _ => Read::Text,
        };
    }
    let Some((_, tool, names)) = BRACKETS.iter().find(|b| b.0 == word) else { return Read::Text };
    let Some(end) = rest.find(']') else { return Read::Unfinished };
    let values = rest[..end].splitn(names.len(), '|').map(str::trim);
    let input: serde_json::Map<_, _> = names
        .iter()
        .zip(values)
        .filter(|(_, v)| !v.is_empty())
        .map(|(n, v)| ((*n).to_owned(), Value::from(v)))
        .collect();
    Read::Call { name: (*tool).to_owned(), input: input.into(), length: word_end + 1 + end + 1 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(text: &str, sizes: &[usize]) -> (String, Vec<(String, Value)>) {
        let (mut reader, mut shown, mut calls) = (TextCalls::default(), String::new(), vec![]);
        let chars: Vec<_> = text.chars().collect();
        let (mut at, mut turn) = (0, 0);
        while at < chars.len() {
            let size = sizes[turn % sizes.len()].max(1).min(chars.len() - at);
            let (s, c) = reader.push(&chars[at..at + size].iter().collect::<String>());
            shown.push_str(&s);
            calls.extend(c);
            (at, turn) = (at + size, turn + 1);
        }
        let (s, c) = reader.end();
        shown.push_str(&s);
        calls.extend(c);
        (shown, calls.into_iter().map(|c| (c.name, c.input)).collect())
    }

    #[test]
    fn every_form_is_found() {
        let cases = [
            (
                r#"{"tool_call": {"tool": "read_file", "args": {"path": "a}.md"}, "speak": "one moment"}}"#,
                "read_file",
                json!({"path": "a}.md"}),
            ),
            (
                r#"[TOOL_CALL:{"tool":"recall","args":{"query":"cat [x]"}}]"#,
                "recall",
                json!({"query": "cat [x]"}),
            ),
            ("[WEB_SEARCH:best tea]", "web_search", json!({"query": "best tea"})),
            (
                "[WORKSPACE_WRITE:notes/a.md|one|two]",
                "write_file",
                json!({"path": "notes/a.md", "content": "one|two"}),
            ),
        ];
        for (text, name, input) in cases {
            let (shown, calls) = split(&format!("Sure. {text} Done."), &[1]);
            assert_eq!(calls, [(name.to_owned(), input)], "{text}");
            assert_eq!(shown, "Sure.  Done.");
        }
    }

    #[test]
    fn what_only_looks_like_one_is_text() {
        for text in [
            "a [link](x) and {json: 1}",
            "[TODO: later]",
            "fn f() { 1 }",
            "[WEB_SEARCH:never closed",
            "{\"tool_call\": 5}",
            "[[",
        ] {
            assert_eq!(split(text, &[3]), (text.to_owned(), vec![]));
        }
    }

    proptest! {
        /// How the stream is cut changes nothing, and nothing is lost.
        #[test]
        fn cuts_do_not_matter(text in r#"([a-z \[\]{}":]|\[WEB_FETCH:[a-z]{1,4}\]|\{"tool_call":\{"tool":"t","args":\{\}\}\}){0,20}"#, sizes in prop::collection::vec(1usize..9, 1..6)) {
            prop_assert_eq!(split(&text, &sizes), split(&text, &[usize::MAX]));
        }
    }
}
