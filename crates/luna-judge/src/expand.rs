//! From a raw word to the words bash would make of it: quotes, tilde, variables, substitutions, splitting. Judges what
//! runs inside a substitution on the way. Knows no program.

use crate::flow::Flow;
use crate::reader::Reader;
use crate::scope::Value;
use crate::word::{Word, braces, skip_nested, skip_quoted, unescape};

/// A raw word longer than this is not brace-expanded (bytes); in a program's place it counts as unresolved.
const LONGEST_BRACES: usize = 4096;

/// Collects the pieces of one raw word into words.
#[derive(Default)]
struct Pieces {
    done: Vec<Word>,
    now: Option<Word>,
}

impl Pieces {
    fn word(&mut self) -> &mut Word {
        self.now.get_or_insert_default()
    }

    fn text(&mut self, text: &str) {
        self.word().text.push_str(text);
    }

    fn cut(&mut self) {
        self.done.extend(self.now.take());
    }

    /// Text that is split at blanks and may hold glob characters.
    fn split(&mut self, text: &str) {
        let mut first = true;
        for part in text.split([' ', '\t', '\n']) {
            if !first {
                self.cut();
            }
            first = false;
            if !part.is_empty() {
                let word = self.word();
                word.text.push_str(part);
                word.glob |= part.contains(['*', '?', '[']);
            }
        }
    }
}

impl Reader<'_> {
    /// The words that bash makes of a raw word.
    pub(crate) fn words(&mut self, raw: &str) -> Vec<Word> {
        let mut pieces = Pieces::default();
        let parts = if raw.len() <= LONGEST_BRACES { braces(raw) } else { vec![raw.to_owned()] };
        for part in parts {
            self.pieces(&part, &mut pieces);
            if raw.len() > LONGEST_BRACES && raw.contains('{') {
                pieces.word().opaque = true;
            }
            pieces.cut();
        }
        pieces.done
    }

    /// A raw word as one: no splitting (an assignment's value, a redirect's target, a here-string).
    pub(crate) fn one_word(&mut self, raw: &str) -> Word {
        let mut pieces = Pieces::default();
        self.pieces(raw, &mut pieces);
        pieces.cut();
        pieces.done.into_iter().reduce(join).unwrap_or_default()
    }

    /// Text in which only `$` and backticks work: a heredoc's body.
    pub(crate) fn heredoc(&mut self, body: &str) -> Word {
        let mut pieces = Pieces::default();
        self.double_quoted(body, &mut pieces);
        pieces.cut();
        pieces.done.into_iter().reduce(join).unwrap_or_default()
    }

    fn pieces(&mut self, raw: &str, out: &mut Pieces) {
        let bytes = raw.as_bytes();
        let mut at = 0;
        if raw.starts_with('~') {
            at = raw.find('/').unwrap_or(raw.len());
            match self.tilde(&raw[1..at]) {
                Some(home) => out.text(&home),
                None => out.text(&raw[..at]),
            }
        }
        while at < bytes.len() {
            match bytes[at] {
                b'\\' => {
                    let next = raw[at + 1..].chars().next();
                    if let Some(c) = next.filter(|c| *c != '\n') {
                        out.word().text.push(c);
                    }
                    at += 1 + next.map_or(0, char::len_utf8);
                }
                b'\'' => {
                    let end = skip_quoted(bytes, at);
                    out.text(raw.get(at + 1..end).unwrap_or_default());
                    at = end + 1;
                }
                b'"' => {
                    let end = skip_quoted(bytes, at);
                    out.text("");
                    self.double_quoted(raw.get(at + 1..end.min(raw.len())).unwrap_or_default(), out);
                    at = end + 1;
                }
                b'$' if bytes.get(at + 1) == Some(&b'\'') => {
                    let mut end = at + 2;
                    while end < bytes.len() && bytes[end] != b'\'' {
                        end += if bytes[end] == b'\\' { 2 } else { 1 };
                    }
                    out.text(&unescape(raw.get(at + 2..end.min(raw.len())).unwrap_or_default()));
                    at = end + 1;
                }
                b'$' if bytes.get(at + 1) == Some(&b'"') => at += 1,
                b'$' | b'`' => at = self.dollar(raw, at, false, out),
                b'<' | b'>' if bytes.get(at + 1) == Some(&b'(') => {
                    let end = skip_nested(bytes, at + 1, b'(', b')');
                    let inner = raw.get(at + 2..end.min(raw.len())).unwrap_or_default();
                    let name = self.process_substitution(inner, bytes[at] == b'<');
                    out.text(&name);
                    at = end + 1;
                }
                c => {
                    let next = raw[at..].chars().next().unwrap_or_default();
                    let word = out.word();
                    word.glob |= matches!(c, b'*' | b'?' | b'[');
                    word.text.push(next);
                    at += next.len_utf8().max(1);
                }
            }
        }
    }

    fn double_quoted(&mut self, text: &str, out: &mut Pieces) {
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            match bytes[at] {
                b'\\' if matches!(bytes.get(at + 1), Some(b'$' | b'`' | b'"' | b'\\')) => {
                    out.word().text.push(char::from(bytes[at + 1]));
                    at += 2;
                }
                b'\\' if bytes.get(at + 1) == Some(&b'\n') => at += 2,
                b'$' | b'`' => at = self.dollar(text, at, true, out),
                _ => {
                    let next = text[at..].chars().next().unwrap_or_default();
                    out.word().text.push(next);
                    at += next.len_utf8().max(1);
                }
            }
        }
    }

    /// What starts with `$` or a backtick at `at`; returns where the text goes on.
    fn dollar(&mut self, raw: &str, at: usize, quoted: bool, out: &mut Pieces) -> usize {
        if !self.descend(raw) {
            insert_unknown("$", out);
            return raw.len();
        }
        let next = self.dollar_here(raw, at, quoted, out);
        self.depth -= 1;
        next
    }

    fn dollar_here(&mut self, raw: &str, at: usize, quoted: bool, out: &mut Pieces) -> usize {
        let bytes = raw.as_bytes();
        let inside =
            |from: usize, end: usize| raw.get(from..end.min(raw.len())).unwrap_or_default().to_owned();
        if bytes[at] == b'`' {
            let end = skip_quoted(bytes, at);
            let flow = self.substitute(
                &inside(at + 1, end).replace("\\`", "`").replace("\\$", "$").replace("\\\\", "\\"),
            );
            insert_flow(flow, &inside(at, end + 1), quoted, out);
            return end + 1;
        }
        match bytes.get(at + 1) {
            Some(b'(') if is_arithmetic(bytes, at + 1) => {
                let end = skip_nested(bytes, at + 1, b'(', b')');
                self.arithmetic(&inside(at + 3, end.saturating_sub(1)));
                insert_unknown(&inside(at, end + 1), out);
                end + 1
            }
            Some(b'(') => {
                let end = skip_nested(bytes, at + 1, b'(', b')');
                let flow = self.substitute(&inside(at + 2, end));
                insert_flow(flow, &inside(at, end + 1), quoted, out);
                end + 1
            }
            Some(b'[') => {
                let end = skip_nested(bytes, at + 1, b'[', b']');
                self.arithmetic(&inside(at + 2, end));
                insert_unknown(&inside(at, end + 1), out);
                end + 1
            }
            Some(b'{') => {
                let end = skip_nested(bytes, at + 1, b'{', b'}');
                self.parameter(&inside(at + 2, end), quoted, out);
                end + 1
            }
            Some(c) if c.is_ascii_alphabetic() || *c == b'_' => {
                let end = (at + 1..bytes.len())
                    .find(|i| !bytes[*i].is_ascii_alphanumeric() && bytes[*i] != b'_')
                    .unwrap_or(bytes.len());
                self.variable(&inside(at + 1, end), quoted, out);
                end
            }
            Some(c) if c.is_ascii_digit() || b"@*#?$!-".contains(c) => {
                self.variable(&inside(at + 1, at + 2), quoted, out);
                at + 2
            }
            _ => {
                out.text("$");
                at + 1
            }
        }
    }

    /// Commands hide in arithmetic too: `$((a[$(cmd)]))`.
    pub(crate) fn arithmetic(&mut self, text: &str) {
        if text.contains("$(") || text.contains('`') {
            self.heredoc(text);
        }
    }

    /// `${…}`.
    fn parameter(&mut self, inside: &str, quoted: bool, out: &mut Pieces) {
        let source = format!("${{{inside}}}");
        let name_end = inside.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inside.len());
        let name_end =
            if name_end == 0 && inside.starts_with(['@', '*', '?', '$', '-']) { 1 } else { name_end };
        let (name, mut rest) = inside.split_at(name_end);
        if name.is_empty() {
            // `${#x}` is a number; `${!x}` names another variable.
            self.arithmetic(inside);
            return insert_unknown(&source, out);
        }
        let mut index = None;
        if rest.starts_with('[') {
            let end = skip_nested(rest.as_bytes(), 0, b'[', b']').min(rest.len().saturating_sub(1));
            index = Some(rest.get(1..end).unwrap_or_default().to_owned());
            rest = rest.get(end + 1..).unwrap_or_default();
        }
        if rest.is_empty() {
            return match index.as_deref() {
                Some("@" | "*") => self.all_elements(name, quoted, out),
                Some(index) => {
                    self.insert_choice(name, &source, quoted, out, |list| match index.parse::<usize>() {
                        Ok(i) => Some(list.get(i).cloned().unwrap_or_default()),
                        Err(_) => None,
                    })
                }
                None => self.variable(name, quoted, out),
            };
        }
        let (colon, operator) = match rest.strip_prefix(':') {
            Some(after) if after.starts_with(['-', '=', '+', '?']) => (true, after),
            _ => (false, rest),
        };
        let known = self.scope.variables.get(name).filter(|v| !v.opaque).is_some_and(|v| {
            v.choices.iter().all(|c| c.first().is_some_and(|first| !colon || !first.is_empty()))
        });
        let argument = operator.get(1..).unwrap_or_default();
        match operator.chars().next() {
            Some('-' | '=') if known => self.variable(name, quoted, out),
            Some('-' | '=' | '+') => {
                let mut word = self.one_word(argument);
                word.opaque |=
                    !self.scope.variables.contains_key(name) || operator.starts_with('+') && !known;
                if operator.starts_with('=') {
                    self.scope.set(name, Value::one(word.text.clone()), true);
                }
                insert_word(word, quoted, out);
            }
            Some('?') => self.variable(name, quoted, out),
            _ => {
                let argument =
                    self.one_word(rest.trim_start_matches(['#', '%', '/', ':', '^', ',', '@'])).text;
                let rest = rest.to_owned();
                self.insert_choice(name, &source, quoted, out, |list| {
                    transform(list.first()?, &rest, &argument)
                });
            }
        }
    }

    fn variable(&mut self, name: &str, quoted: bool, out: &mut Pieces) {
        if matches!(name, "@" | "*") {
            return self.all_elements(name, quoted, out);
        }
        let source = format!("${name}");
        self.insert_choice(name, &source, quoted, out, |list| {
            Some(list.first().cloned().unwrap_or_default())
        });
    }

    fn all_elements(&mut self, name: &str, quoted: bool, out: &mut Pieces) {
        let Some((elements, opaque, remote)) = self.choose(name) else {
            return insert_unknown(&format!("${{{name}[@]}}"), out);
        };
        let mut first = true;
        for element in elements {
            if !first {
                out.cut();
            }
            first = false;
            if quoted {
                out.text(&element)
            } else {
                out.split(&element)
            }
            out.word().opaque |= opaque;
            out.word().remote |= remote;
        }
    }

    fn insert_choice(
        &mut self,
        name: &str,
        source: &str,
        quoted: bool,
        out: &mut Pieces,
        read: impl Fn(&[String]) -> Option<String>,
    ) {
        match self.choose(name).and_then(|(list, opaque, remote)| Some((read(&list)?, opaque, remote))) {
            Some((text, opaque, remote)) => {
                if quoted {
                    out.text(&text)
                } else {
                    out.split(&text)
                }
                if opaque || remote {
                    out.word().opaque |= opaque;
                    out.word().remote |= remote;
                }
            }
            None => {
                let remote = self.scope.variables.get(name).is_some_and(|v| v.remote);
                insert_unknown(source, out);
                out.word().remote |= remote;
            }
        }
    }
}

/// Whether the bracket at `at` opens `((…))`, and not a subshell inside a substitution.
fn is_arithmetic(bytes: &[u8], at: usize) -> bool {
    bytes.get(at + 1) == Some(&b'(')
        && skip_nested(bytes, at + 1, b'(', b')') + 1 == skip_nested(bytes, at, b'(', b')')
}

fn join(mut a: Word, b: Word) -> Word {
    a.text.push(' ');
    a.text.push_str(&b.text);
    Word { text: a.text, glob: a.glob || b.glob, opaque: a.opaque || b.opaque, remote: a.remote || b.remote }
}

fn insert_word(word: Word, quoted: bool, out: &mut Pieces) {
    if quoted {
        out.text(&word.text)
    } else {
        out.split(&word.text)
    }
    if word.opaque || word.remote {
        out.word().opaque |= word.opaque;
        out.word().remote |= word.remote;
    }
}

fn insert_unknown(source: &str, out: &mut Pieces) {
    out.text(source);
    out.word().opaque = true;
}

fn insert_flow(flow: Flow, source: &str, quoted: bool, out: &mut Pieces) {
    match flow {
        Flow::None => {}
        Flow::Text(text) => insert_word(Word::plain(text.trim_end_matches('\n')), quoted, out),
        Flow::Unknown => insert_unknown(source, out),
        Flow::Remote => {
            insert_unknown(source, out);
            out.word().remote = true;
        }
    }
}

/// `${x%y}`, `${x/a/b}`, `${x:1:2}`, `${x^^}` on a known value, where the pattern is plain text.
fn transform(value: &str, operation: &str, argument: &str) -> Option<String> {
    let plain = !argument.contains(['*', '?', '[']);
    if operation.starts_with('%') {
        return plain.then(|| value.strip_suffix(argument).unwrap_or(value).to_owned());
    }
    if operation.starts_with('#') {
        return plain.then(|| value.strip_prefix(argument).unwrap_or(value).to_owned());
    }
    if operation.starts_with('/') {
        let (from, to) = argument.split_once('/').unwrap_or((argument, ""));
        return (plain && !from.is_empty()).then(|| match operation.starts_with("//") {
            true => value.replace(from, to),
            false => value.replacen(from, to, 1),
        });
    }
    if operation.starts_with(':') {
        let (offset, length) = argument.split_once(':').unwrap_or((argument, ""));
        let offset: usize = offset.trim().parse().ok()?;
        let length: usize = if length.is_empty() { usize::MAX } else { length.trim().parse().ok()? };
        return Some(value.chars().skip(offset).take(length).collect());
    }
    match operation {
        "^^" => Some(value.to_uppercase()),
        ",," => Some(value.to_lowercase()),
        _ => None,
    }
}
