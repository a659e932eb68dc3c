//! Code in other languages inside a command: interpreters' `-c` and `-e`, awk, sed, SQL. Reads no grammar of theirs: looks
//! for what is known to be bad, and takes the rest for dangerous unless it is plainly harmless.

use std::sync::LazyLock;

use luna_model::Risk;
use serde::Deserialize;

use crate::command::Call;
use crate::findings::Deed;
use crate::flow::Flow;
use crate::reader::Reader;
use crate::table::Kind;
use crate::word::Word;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Code {
    blocked: Vec<Bad>,
    calls: Calls,
    harmless: Words,
    sql: Sql,
}

#[derive(Debug, Default, Deserialize)]
struct Bad {
    words: Vec<String>,
    why: String,
}

#[derive(Debug, Default, Deserialize)]
struct Calls {
    shell: Vec<String>,
    delete: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Words {
    words: Vec<String>,
    modules: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Sql {
    dangerous: Vec<String>,
    moderate: Vec<String>,
}

static CODE: LazyLock<Code> =
    LazyLock::new(|| toml::from_str(include_str!("../data/code.toml")).unwrap_or_default());

/// Code beyond this is not looked into (bytes).
const MOST_CODE: usize = 16 * 1024;

impl Reader<'_> {
    pub(crate) fn coded(&mut self, kind: Kind, call: &Call<'_>) -> Flow {
        match kind {
            Kind::Awk => self.awk(call),
            Kind::Sed => self.sed(call),
            Kind::Sql => self.sql(call),
            _ => self.interpreter(call),
        }
    }

    fn interpreter(&mut self, call: &Call<'_>) -> Flow {
        let (mut any, mut quiet) = (false, true);
        for flag in call.entry.code.split_whitespace() {
            for (_, value) in call.entry.values(call.words, flag) {
                if let Some(code) = value {
                    any = true;
                    quiet &= self.code(&code, call);
                }
            }
        }
        let operands = self.operands(call);
        if call.entry.writes.split_whitespace().any(|f| call.entry.has(call.words, f)) {
            for file in &operands {
                self.change(Deed::Write, file, call.shown, false);
            }
            quiet = false;
        }
        let modules: Vec<Word> =
            call.entry.values(call.words, "-m").into_iter().filter_map(|(_, v)| v).collect();
        any |= !modules.is_empty() && modules.iter().all(|m| CODE.harmless.modules.contains(&m.text));
        if !any && modules.is_empty() {
            let source = match operands.first().filter(|w| w.text != "-") {
                Some(file) if file.remote => Some(Flow::Remote),
                Some(file) => Some(self.content(&file.text)).filter(|f| *f != Flow::Unknown),
                None => Some(self.stdin.clone()),
            };
            match source {
                Some(Flow::Text(text)) => {
                    quiet &= self.code(&Word::plain(text), call);
                    any = true;
                }
                Some(Flow::Remote) => self.found.block(call.shown, "runs what comes from the network"),
                Some(Flow::Unknown) => {
                    self.found.opaque = true;
                    self.found.say(
                        Risk::Dangerous,
                        false,
                        call.shown,
                        "runs whatever another program prints",
                    );
                }
                _ => {}
            }
        }
        if !any {
            self.found.lasting = true;
            self.found.say(Risk::Moderate, false, call.shown, "runs a program in another language");
        }
        self.found.lasting |= !quiet;
        self.passed_on()
    }

    /// Judges code; true when it is plainly harmless.
    fn code(&mut self, code: &Word, call: &Call<'_>) -> bool {
        if code.remote {
            self.found.block(call.shown, "runs what comes from the network");
        }
        self.found.opaque |= code.opaque;
        let text = code.text.get(..MOST_CODE).unwrap_or(&code.text);
        let words = identifiers(text, false);
        let has = |w: &String| words.contains(w);
        for bad in CODE.blocked.iter().filter(|bad| bad.words.iter().all(has)) {
            self.found.block(call.shown, bad.why.clone());
        }
        let texts = quoted(text);
        if CODE.calls.shell.iter().any(has) || text.contains('`') {
            let joined = texts.join(" ");
            for command in texts.iter().chain([&joined]) {
                self.only_if_blocked(|r| r.inner_script(command));
            }
        }
        if CODE.calls.delete.iter().any(has) {
            for path in &texts {
                let path = self.one_word(path);
                self.change(Deed::Delete, &path, call.shown, true);
            }
        }
        let plain = identifiers(text, true);
        let harmless = !code.opaque
            && !text.contains(['`', '\\'])
            && plain.iter().all(|w| CODE.harmless.words.contains(w));
        if !harmless {
            self.found.say(
                Risk::Dangerous,
                false,
                call.shown,
                "runs code of another language, which is not read here",
            );
        }
        harmless
    }

    fn awk(&mut self, call: &Call<'_>) -> Flow {
        let operands = self.operands(call);
        let file = call.entry.has(call.words, "-f|--file");
        if let Some(program) = operands.first().filter(|_| !file) {
            let text = program.text.as_str();
            let bare = without_texts(text);
            if bare.contains("system")
                || bare.contains('|')
                    && !bare.replace("||", "").trim().is_empty()
                    && bare.replace("||", "").contains('|')
            {
                self.found.lasting = true;
                self.found.say(Risk::Dangerous, false, call.shown, "runs commands from awk");
                for command in quoted(text) {
                    self.inner_script(&command);
                }
            }
            if text.contains("/inet/") {
                self.found.block(call.shown, "opens a connection from awk");
            }
            let prints: Vec<String> = text
                .split("print")
                .skip(1)
                .filter_map(|p| p.split_once('>'))
                .filter_map(|(_, t)| quoted(t.split([';', '}']).next()?).into_iter().next())
                .collect();
            for target in prints {
                self.change(Deed::Write, &Word::plain(target), call.shown, false);
            }
            self.found.opaque |= program.opaque;
        }
        if call
            .entry
            .values(call.words, "-i")
            .iter()
            .any(|(_, v)| v.as_ref().is_some_and(|v| v.text == "inplace"))
        {
            for target in operands.iter().skip(1) {
                self.change(Deed::Write, target, call.shown, false);
            }
        }
        self.passed_on()
    }

    fn sed(&mut self, call: &Call<'_>) -> Flow {
        let mut operands = self.operands(call);
        let mut scripts: Vec<Word> = ["-e", "--expression"]
            .iter()
            .flat_map(|f| call.entry.values(call.words, f))
            .filter_map(|(_, v)| v)
            .collect();
        if scripts.is_empty() && !call.entry.has(call.words, "-f|--file") && !operands.is_empty() {
            scripts.push(operands.remove(0).clone());
        }
        // `-i` may be followed by an empty suffix of its own (BSD).
        operands.retain(|w| !w.text.is_empty());
        for script in &scripts {
            match sed_does(&script.text) {
                SedDoes::Runs => {
                    self.found.lasting = true;
                    self.found.say(Risk::Dangerous, false, call.shown, "runs commands from sed");
                    let inner = script
                        .text
                        .trim_start_matches(|c: char| c.is_ascii_digit() || "$, ".contains(c))
                        .trim_start_matches('e');
                    self.only_if_blocked(|r| r.inner_script(inner));
                }
                SedDoes::Writes(path) => self.change(Deed::Write, &Word::plain(path), call.shown, false),
                SedDoes::Prints => {}
            }
            self.found.opaque |= script.opaque;
        }
        if call.entry.has(call.words, "-i|--in-place") || call.words.iter().any(|w| w.text.starts_with("-i"))
        {
            for target in operands {
                self.change(Deed::Write, target, call.shown, false);
            }
        }
        match self.stdin.clone() {
            Flow::Text(_) => Flow::Unknown,
            _ => self.passed_on(),
        }
    }

    fn sql(&mut self, call: &Call<'_>) -> Flow {
        let mut texts: Vec<String> = call
            .entry
            .code
            .split_whitespace()
            .flat_map(|f| call.entry.values(call.words, f))
            .filter_map(|(_, v)| v)
            .map(|w| w.text)
            .collect();
        if let Flow::Text(text) = &self.stdin {
            texts.push(text.clone());
        }
        texts.extend(
            self.operands(call)
                .iter()
                .filter(|w| w.text.contains(' ') || call.name.starts_with("redis"))
                .map(|w| w.text.clone()),
        );
        let mut read = !texts.is_empty();
        for text in texts {
            let words = identifiers(&text, false);
            if let Some(command) = [r"\!", ".shell", ".system"].iter().find_map(|mark| text.split_once(mark))
            {
                self.inner_script(command.1);
            }
            if let Some(word) = CODE.sql.dangerous.iter().find(|w| words.contains(w)) {
                self.found.say(
                    Risk::Dangerous,
                    false,
                    call.shown,
                    format!("changes or deletes what is in the database ({word})"),
                );
                read = false;
            } else if CODE.sql.moderate.iter().any(|w| words.contains(w)) {
                self.found.say(Risk::Moderate, false, call.shown, "changes what is in the database");
                read = false;
            }
        }
        if !read {
            self.found.lasting = true;
            self.found.say(Risk::Moderate, false, call.shown, "works on a database");
        }
        self.passed_on()
    }
}

/// The words of a piece of code, in lower case; `outside`: only those outside plain texts.
fn identifiers(code: &str, outside: bool) -> Vec<String> {
    let bare = if outside { without_texts(code) } else { code.to_owned() };
    bare.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|w| w.starts_with(|c: char| c.is_alphabetic() || c == '_'))
        .map(str::to_lowercase)
        .collect()
}

/// The texts in quotes.
fn quoted(code: &str) -> Vec<String> {
    let mut texts = Vec::new();
    scan(code, |_, text| texts.extend(text.map(str::to_owned)));
    texts
}

/// The code with its texts taken out; texts that may hold code (Python's f"", Perl's and Ruby's "") stay.
fn without_texts(code: &str) -> String {
    let mut bare = String::new();
    scan(code, |between, text| {
        bare.push_str(between);
        let kept =
            text.filter(|t| t.contains('{') || t.contains("$(") || t.contains('@') || between.ends_with('`'));
        bare.push_str(kept.unwrap_or(" "));
    });
    bare
}

fn scan(code: &str, mut take: impl FnMut(&str, Option<&str>)) {
    let mut rest = code;
    while let Some(start) = rest.find(['"', '\'', '`']) {
        let quote = rest.as_bytes()[start];
        let body = &rest[start + 1..];
        let mut end = 0;
        while end < body.len() && body.as_bytes()[end] != quote {
            end += if body.as_bytes()[end] == b'\\' { 2 } else { 1 };
        }
        let end = end.min(body.len());
        take(&rest[..start], body.get(..end));
        rest = body.get(end + 1..).unwrap_or_default();
    }
    take(rest, None);
}

enum SedDoes {
    Prints,
    Runs,
    Writes(String),
}

/// Whether a sed script runs commands (`e`, `s///e`) or writes files (`w`, `s///w`).
fn sed_does(script: &str) -> SedDoes {
    for line in script.split(['\n', ';']) {
        let command = line.trim_start_matches(|c: char| c.is_ascii_digit() || "$,!~+ {\t".contains(c));
        if command == "e" || command.starts_with("e ") {
            return SedDoes::Runs;
        }
        if let Some(file) = command.strip_prefix("w ").or_else(|| command.strip_prefix("W ")) {
            return SedDoes::Writes(file.trim().to_owned());
        }
    }
    let mut at = 0;
    while let Some(found) = script.get(at..).and_then(|s| s.find('s')) {
        let start = at + found;
        at = start + 1;
        let before = script[..start].trim_end().chars().next_back();
        let Some(mark) =
            script[at..].chars().next().filter(|c| !c.is_alphanumeric() && !c.is_whitespace() && *c != '\\')
        else {
            continue;
        };
        if before.is_some_and(|c| !";{}/,$!0123456789\n".contains(c)) {
            continue;
        }
        let mut parts = script[at + mark.len_utf8()..].splitn(3, mark);
        let (_, _, Some(flags)) = (parts.next(), parts.next(), parts.next()) else { continue };
        let letters: String = flags.chars().take_while(|c| c.is_ascii_alphanumeric()).collect();
        if letters.contains('e') && letters.chars().all(|c| "gpiIemM0123456789".contains(c)) {
            return SedDoes::Runs;
        }
        if let Some(file) = flags.trim_start_matches(['g', 'p', 'i', 'I']).strip_prefix("w ") {
            return SedDoes::Writes(file.trim().to_owned());
        }
    }
    SedDoes::Prints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        toml::from_str::<Code>(include_str!("../data/code.toml")).unwrap();
    }

    #[test]
    fn sed_scripts_are_told_apart() {
        for text in ["1,5p", "s/a/b/g", "s|e|x|", "/e /d", "s/see/e x/"] {
            assert!(matches!(sed_does(text), SedDoes::Prints), "{text}");
        }
        for text in ["e ls", "1e ls", "s/x/ls/e", "s#x#ls#ge"] {
            assert!(matches!(sed_does(text), SedDoes::Runs), "{text}");
        }
        assert!(matches!(sed_does("s/a/b/w /etc/passwd"), SedDoes::Writes(p) if p == "/etc/passwd"));
    }
}
