//! A second, rougher reading for text the grammar cannot read: cuts it where bash would cut commands, and judges each piece.
//! It only adds to what was found, so that a slip of the grammar, or bash reading line by line up to the error, hides nothing.

use crate::flow::Flow;
use crate::reader::Reader;
use crate::redirects::{Redirects, flow_of};
use crate::word::{skip_nested, skip_quoted};

/// Words that may stand before a command.
const BEFORE: [&str; 12] =
    ["if", "then", "else", "elif", "while", "until", "do", "!", "{", "time", "coproc", "in"];

pub(crate) fn read(reader: &mut Reader<'_>, text: &str) {
    if let Some(name) = bomb(text) {
        reader.found.block(text, format!("multiplies without end: {name} starts itself again and again"));
    }
    let (mut words, mut start, mut at, mut piped) = (Vec::<&str>::new(), None, 0, Flow::None);
    let mut waiting: Option<&str> = None;
    let bytes = text.as_bytes();
    while at <= bytes.len() {
        let c = bytes.get(at).copied().unwrap_or(b'\n');
        let ends_word =
            matches!(c, b' ' | b'\t' | b'\r' | b'\n' | b';' | b'|' | b'&' | b'(' | b')' | b'<' | b'>');
        if ends_word && let Some(from) = start.take() {
            words.extend(text.get(from..at));
        }
        match c {
            b'<' | b'>' if bytes.get(at + 1) == Some(&b'(') => {
                start = Some(at);
                at = skip_nested(bytes, at + 1, b'(', b')');
            }
            b'<' | b'>' | b'&' if c != b'&' || matches!(bytes.get(at + 1), Some(b'>')) => {
                let end = (at..bytes.len()).find(|i| !b"<>&|-".contains(&bytes[*i])).unwrap_or(bytes.len());
                words.extend(text.get(at..end));
                at = end.saturating_sub(1);
            }
            b'#' if start.is_none() => {
                at = text[at..].find('\n').map_or(bytes.len(), |n| at + n).saturating_sub(1);
            }
            b'\n' | b';' | b'|' | b'&' | b'(' | b')' => {
                if c == b'\n' {
                    // A heredoc's body is data up to its end mark.
                    if let Some(mark) =
                        words.iter().position(|w| w.starts_with("<<") && !w.starts_with("<<<"))
                    {
                        waiting = words.get(mark + 1).copied();
                        words.truncate(mark);
                    }
                    if let Some(mark) = waiting.take().map(|m| m.trim_matches(['\'', '"', '\\'])) {
                        let body = text.get(at + 1..).unwrap_or_default();
                        let length = body
                            .split_inclusive('\n')
                            .take_while(|l| l.trim() != mark)
                            .map(str::len)
                            .sum::<usize>();
                        piped = Flow::Text(body.get(..length).unwrap_or_default().to_owned());
                        at += 1 + length;
                        at = text.get(at..).and_then(|t| t.find('\n')).map_or(bytes.len(), |n| at + n);
                    }
                }
                let out = command(reader, std::mem::take(&mut words), std::mem::take(&mut piped));
                if c == b'|' && bytes.get(at + 1) != Some(&b'|') {
                    piped = out;
                }
            }
            b' ' | b'\t' | b'\r' => {}
            _ => {
                start = start.or(Some(at));
                match c {
                    b'\\' => at += 1,
                    b'\'' | b'"' | b'`' => at = skip_quoted(bytes, at),
                    b'$' if bytes.get(at + 1) == Some(&b'(') => at = skip_nested(bytes, at + 1, b'(', b')'),
                    b'$' if bytes.get(at + 1) == Some(&b'{') => at = skip_nested(bytes, at + 1, b'{', b'}'),
                    _ => {}
                }
            }
        }
        at += 1;
    }
}

/// The name of a function that calls itself in a pipe, as in `:(){ :|: };:`, which only nearly is bash.
fn bomb(text: &str) -> Option<&str> {
    text.match_indices("()").take(64).find_map(|(at, _)| {
        let name = text[..at]
            .trim_end()
            .rsplit(|c: char| c.is_whitespace() || ";&|(){}".contains(c))
            .next()
            .filter(|n| !n.is_empty())?;
        let (_, body) = text[at + 2..].split_once('{')?;
        let mut calls = body.split('|').map(str::trim);
        let first = calls.next().is_some_and(|c| c.ends_with(name));
        (first && calls.next().is_some_and(|c| c.starts_with(name))).then_some(name)
    })
}

/// One command, as raw words and redirect operators.
fn command(reader: &mut Reader<'_>, words: Vec<&str>, piped: Flow) -> Flow {
    let mut effect = Redirects { input: (piped != Flow::None).then_some(piped), ..Redirects::default() };
    let mut raws = Vec::new();
    let mut rest = words.into_iter().skip_while(|w| BEFORE.contains(w));
    while let Some(word) = rest.next() {
        if !word.starts_with(['<', '>', '&']) || word.starts_with("<(") || word.starts_with(">(") {
            raws.push(word);
        } else if let Some(target) = rest.next() {
            let target = reader.one_word(target);
            if word == "<<<" {
                effect.input = Some(flow_of(target, "\n"));
            } else {
                reader.redirect_to(word, &target, &format!("{word} {}", target.text), &mut effect);
            }
        }
    }
    let saved = reader.stdin.clone();
    if let Some(input) = effect.input.clone() {
        reader.stdin = input;
    }
    while let Some((name, value)) =
        raws.first().and_then(|raw| raw.split_once('=')).filter(|(n, _)| is_name(n))
    {
        let value = reader.one_word(value);
        reader
            .set(name, crate::scope::Value { opaque: value.opaque, ..crate::scope::Value::one(value.text) });
        raws.remove(0);
    }
    let flow = reader.with_picks(&raws, &effect);
    reader.stdin = saved;
    flow
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
