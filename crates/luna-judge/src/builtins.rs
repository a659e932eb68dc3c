//! Programs whose output or effect on the shell is known from their words: `echo`, `printf`, `cat`, `base64`, `tr`, `cd`,
//! `read`, `alias`.

use crate::command::{Call, join};
use crate::flow::Flow;
use crate::reader::Reader;
use crate::scope::Value;
use crate::word::{Word, unescape};

impl Reader<'_> {
    pub(crate) fn printf(&mut self, call: &Call<'_>) -> Flow {
        let mut words = call.words;
        let mut variable = None;
        if let [flag, name, rest @ ..] = words
            && flag.text == "-v"
        {
            (variable, words) = (Some(name.text.clone()), rest);
        }
        let words = if words.first().is_some_and(|w| w.text == "--") { &words[1..] } else { words };
        let flow = Flow::Text(formatted(words)).opaque_if(words);
        match variable {
            Some(name) => {
                let value = match flow {
                    Flow::Text(text) => Value::one(text),
                    _ => Value::unknown(),
                };
                self.set(&name, value);
                Flow::None
            }
            None => flow,
        }
    }

    pub(crate) fn cat(&mut self, call: &Call<'_>) -> Flow {
        let files: Vec<&Word> = self.operands(call);
        if call.name == "rev" && files.is_empty() {
            return self
                .stdin
                .clone()
                .map(|t| Some(t.lines().map(|l| l.chars().rev().collect::<String>() + "\n").collect()));
        }
        if call.name == "tr" {
            let sets: Vec<String> = files.iter().map(|w| w.text.clone()).collect();
            return self.stdin.clone().map(|t| translated(t, &sets, call.words));
        }
        if files.is_empty() {
            return self.stdin.clone();
        }
        files.iter().fold(Flow::None, |flow, file| {
            let content = if file.text == "-" { self.stdin.clone() } else { self.content(&file.text) };
            flow.then(content)
        })
    }

    pub(crate) fn base64(&mut self, call: &Call<'_>) -> Flow {
        use base64::Engine;
        self.written_files(call);
        let decodes = call.entry.has(call.words, "-d|-D|--decode")
            || call.name == "xxd" && call.entry.has(call.words, "-r");
        let input = match self.operands(call).first() {
            Some(file) => self.content(&file.text),
            None => self.stdin.clone(),
        };
        if !decodes {
            return input.map(|t| {
                (call.name == "base64").then(|| base64::engine::general_purpose::STANDARD.encode(t) + "\n")
            });
        }
        let name = call.name;
        input.map(|text| {
            let packed: String = text.chars().filter(|c| !c.is_whitespace()).collect();
            let bytes = match name {
                "base64" => base64::engine::general_purpose::STANDARD_NO_PAD
                    .decode(packed.trim_end_matches('='))
                    .ok()?,
                "xxd" => (0..packed.len() / 2)
                    .map(|i| packed.get(2 * i..2 * i + 2).and_then(|h| u8::from_str_radix(h, 16).ok()))
                    .collect::<Option<_>>()?,
                _ => return None,
            };
            String::from_utf8(bytes).ok()
        })
    }

    pub(crate) fn changes_folder(&mut self, call: &Call<'_>) -> Flow {
        match self.operands(call).first() {
            None if call.words.iter().any(|w| w.text == "-") => self.go(None),
            None => self.go(Some(vec![self.home.to_owned()])),
            Some(target) if target.opaque || target.text == "-" => self.go(None),
            Some(target) => {
                let paths = self.paths(&target.text);
                let paths = if target.glob {
                    paths.iter().map(|p| p.split("/*").next().unwrap_or(p).to_owned()).collect()
                } else {
                    paths
                };
                self.go((!paths.iter().any(|p| !p.starts_with('/'))).then_some(paths));
            }
        }
        Flow::None
    }

    /// `set -- a b`, `shift`, `unset`, `declare` in words.
    pub(crate) fn sets(&mut self, call: &Call<'_>) -> Flow {
        if call.name == "set"
            && let Some(at) = call.words.iter().position(|w| w.text == "--")
        {
            self.bind(&call.words[at + 1..]);
        }
        for word in call.words {
            if let Some((name, value)) = word.text.split_once('=') {
                self.variable_set(name, value, &word.text);
                let value = Value { opaque: word.opaque, remote: word.remote, ..Value::one(value) };
                self.set(name, value);
            }
        }
        Flow::None
    }

    /// `read x y`: from known input, each line's words are possible values.
    pub(crate) fn reads(&mut self, call: &Call<'_>) -> Flow {
        let names: Vec<String> = self.operands(call).iter().map(|w| w.text.clone()).collect();
        for (i, name) in names.iter().enumerate() {
            let last = i + 1 == names.len();
            let value = match &self.stdin {
                Flow::Text(text) => Value::any_of(text.lines().take(64).map(|line| {
                    let mut fields = line.split_whitespace().skip(i);
                    if last {
                        fields.collect::<Vec<_>>().join(" ")
                    } else {
                        fields.next().unwrap_or_default().to_owned()
                    }
                })),
                Flow::Remote => Value { remote: true, ..Value::unknown() },
                _ => Value::unknown(),
            };
            self.set(name, value);
        }
        Flow::None
    }

    pub(crate) fn aliases(&mut self, call: &Call<'_>) -> Flow {
        for word in call.words {
            if let Some((name, value)) = word.text.split_once('=') {
                self.perhaps(|r| r.inner_script(value));
                self.scope.aliases.insert(name.to_owned(), value.to_owned());
            }
        }
        Flow::None
    }
}

impl Flow {
    pub(crate) fn opaque_if(self, words: &[Word]) -> Flow {
        if words.iter().any(|w| w.remote) {
            Flow::Remote
        } else if words.iter().any(|w| w.opaque) {
            Flow::Unknown
        } else {
            self
        }
    }
}

pub(crate) fn echoed(words: &[Word]) -> String {
    let flags = words
        .iter()
        .take_while(|w| {
            w.text.len() > 1 && w.text.starts_with('-') && w.text[1..].chars().all(|c| "neE".contains(c))
        })
        .count();
    let text = join(&words[flags..]);
    let has = |c: char| words[..flags].iter().any(|w| w.text.contains(c));
    let text = if has('e') { unescape(&text) } else { text };
    if has('n') { text } else { text + "\n" }
}

/// What `printf` prints: `%s` and friends take the next word, the format repeats while there are words.
fn formatted(words: &[Word]) -> String {
    let Some((format, arguments)) = words.split_first() else { return String::new() };
    let format = unescape(&format.text);
    let (mut out, mut rest) = (String::new(), arguments.iter());
    loop {
        let before = rest.len();
        let mut chars = format.chars();
        while let Some(c) = chars.next() {
            if c != '%' {
                out.push(c);
                continue;
            }
            let verb = chars.by_ref().find(|c| !c.is_ascii_digit() && !"-+ #.*'".contains(*c));
            match verb {
                Some('%') | None => out.push('%'),
                Some('b') => out.push_str(&rest.next().map(|w| unescape(&w.text)).unwrap_or_default()),
                Some(_) => out.push_str(rest.next().map_or("", |w| w.text.as_str())),
            }
        }
        if rest.len() == 0 || rest.len() == before {
            return out;
        }
    }
}

/// `tr a-z b-za`, `tr -d x`.
fn translated(text: &str, sets: &[String], flags: &[Word]) -> Option<String> {
    let spread = |set: &str| -> Option<Vec<char>> {
        let set: Vec<char> = unescape(set).chars().collect();
        if set.starts_with(&['[', ':']) {
            return None;
        }
        let mut all = Vec::new();
        let mut i = 0;
        while i < set.len() {
            match (set.get(i + 1), set.get(i + 2)) {
                (Some('-'), Some(end))
                    if all.len() < 512 && (*end as u32).saturating_sub(set[i] as u32) < 512 =>
                {
                    all.extend(set[i]..=*end);
                    i += 3;
                }
                _ => {
                    all.push(set[i]);
                    i += 1;
                }
            }
        }
        Some(all)
    };
    let from = spread(sets.first()?)?;
    if flags.iter().any(|w| w.text == "-d") {
        return Some(text.chars().filter(|c| !from.contains(c)).collect());
    }
    if flags.iter().any(|w| w.text.starts_with('-') && w.text.len() > 1) {
        return None;
    }
    let to = spread(sets.get(1)?)?;
    let last = *to.last()?;
    Some(
        text.chars()
            .map(|c| from.iter().rposition(|f| *f == c).map_or(c, |i| *to.get(i).unwrap_or(&last)))
            .collect(),
    )
}
