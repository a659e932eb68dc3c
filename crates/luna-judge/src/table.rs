//! The table of programs: what each does, how risky it is, which subcommands and flags change that. The facts are data
//! (`data/programs/*.toml`, their form in `data/README.md`); this file finds them.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use luna_model::Risk;
use serde::Deserialize;

use crate::word::{Word, fits};

/// How the words of a program have to be read beyond its table entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    Alias,
    Awk,
    Base64,
    Cat,
    Cd,
    Copy,
    Dd,
    Delete,
    Device,
    Download,
    Echo,
    Edit,
    Eval,
    Find,
    Git,
    Hook,
    Interpreter,
    Make,
    Mode,
    Move,
    Netcat,
    Parallel,
    Printf,
    Read,
    Sed,
    Set,
    Shell,
    ShellWords,
    Silent,
    Source,
    Sql,
    Ssh,
    Trap,
    Wrapper,
    Write,
    Xargs,
}

/// A level and what to say: `"moderate: writes files"`.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Line {
    pub(crate) risk: Risk,
    pub(crate) blocks: bool,
    pub(crate) does: String,
}

impl TryFrom<String> for Line {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (level, does) = text.split_once(": ").ok_or_else(|| format!("no level in {text:?}"))?;
        let (risk, blocks) = match level {
            "safe" => (Risk::Safe, false),
            "moderate" => (Risk::Moderate, false),
            "dangerous" => (Risk::Dangerous, false),
            "blocked" => (Risk::Dangerous, true),
            other => return Err(format!("no such level: {other:?}")),
        };
        Ok(Self { risk, blocks, does: does.to_owned() })
    }
}

/// A program or one of its subcommands.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    is: Line,
    pub(crate) kind: Option<Kind>,
    /// Flags that take the next word as their value.
    #[serde(default)]
    value: String,
    /// Flags that raise or, when they are the only sign, lower the level.
    #[serde(default)]
    flags: BTreeMap<String, Line>,
    #[serde(default)]
    sub: BTreeMap<String, Sub>,
    /// False: no "always allow" may be stored for it.
    #[serde(default = "yes")]
    pub(crate) rule: bool,
    /// The word after the subcommand names what is run, and belongs to a rule (`npm run build`).
    #[serde(default)]
    pub(crate) names: bool,
    /// Its long options have one dash, so `-rf` is never `-r -f`.
    #[serde(default)]
    long: bool,
    /// Words a wrapper takes before the command it runs (`timeout 5`).
    #[serde(default)]
    pub(crate) skip: usize,
    /// Flags whose value is code or a command.
    #[serde(default)]
    pub(crate) code: String,
    /// Flags whose value is a file that is written, or that put the program into writing in place.
    #[serde(default)]
    pub(crate) writes: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Sub {
    Line(Line),
    Entry(Box<Entry>),
}

fn yes() -> bool {
    true
}

type Table = HashMap<String, Entry>;

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table::new();
    for (_, text) in FILES {
        let file: BTreeMap<String, Entry> = toml::from_str(text).unwrap_or_default();
        for (names, entry) in file {
            table.extend(names.split(' ').map(|name| (name.to_owned(), entry.clone())));
        }
    }
    table
});

const FILES: [(&str, &str); 6] = [
    ("shell", include_str!("../data/programs/shell.toml")),
    ("files", include_str!("../data/programs/files.toml")),
    ("system", include_str!("../data/programs/system.toml")),
    ("network", include_str!("../data/programs/network.toml")),
    ("development", include_str!("../data/programs/development.toml")),
    ("services", include_str!("../data/programs/services.toml")),
];

/// The entry of a program by its bare name.
pub(crate) fn entry(name: &str) -> Option<&'static Entry> {
    let versioned = || name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '-');
    TABLE
        .get(name)
        .or_else(|| TABLE.get(name.to_lowercase().as_str()))
        .or_else(|| {
            name.split_once('.').filter(|(n, _)| *n == "mkfs" || *n == "fsck").and_then(|(n, _)| TABLE.get(n))
        })
        .or_else(|| TABLE.get(name.strip_suffix(".exe")?))
        .or_else(|| {
            TABLE
                .get(versioned())
                .filter(|e| e.kind.is_some_and(|k| matches!(k, Kind::Interpreter | Kind::Shell | Kind::Awk)))
        })
}

/// The programs whose name fits a glob pattern.
pub(crate) fn fitting(pattern: &str) -> impl Iterator<Item = &'static str> {
    TABLE.keys().map(String::as_str).filter(move |name| fits(pattern, name))
}

/// What the table says about the words after a program's name.
pub(crate) struct Match {
    /// The line of the subcommand, then those of the flags, each with the words that decided.
    pub(crate) lines: Vec<(&'static Line, String)>,
    /// How many words the subcommand has.
    pub(crate) depth: usize,
    /// Where the arguments after the subcommand begin.
    pub(crate) after: usize,
    /// The most exact entry for further reading.
    pub(crate) entry: Option<&'static Entry>,
    /// A flag said that less happens than the name suggests.
    pub(crate) lowered: bool,
}

impl Match {
    /// The risk by the program and subcommand, before flags.
    pub(crate) fn usual(&self) -> Risk {
        self.lines.first().map_or(Risk::Moderate, |(line, _)| line.risk)
    }
}

impl Entry {
    pub(crate) fn does(&self) -> &str {
        &self.is.does
    }

    /// Finds the subcommand and the flags that decide.
    pub(crate) fn judge(&'static self, words: &[Word]) -> Match {
        let operands = self.operands(words);
        let mut best: Option<(&Sub, usize, usize)> = None;
        for (key, sub) in self.sub.iter().flat_map(|(keys, sub)| keys.split(',').map(move |key| (key, sub))) {
            let parts: Vec<&str> = key.split(' ').collect();
            // A literal word is more exact than a pattern.
            let exactness = |(part, at): (&&str, &usize)| {
                let fitting = part.split('|').filter(|p| fits(p, &words[*at].text));
                fitting.map(|p| if p.contains('*') { p.len() } else { 1000 }).max()
            };
            let exact: Option<usize> = parts.iter().zip(&operands).map(exactness).sum();
            let Some(exact) = exact.filter(|_| parts.len() <= operands.len()) else { continue };
            if best.is_none_or(|(_, depth, old)| (parts.len(), exact) > (depth, old)) {
                best = Some((sub, parts.len(), exact));
            }
        }
        let depth = best.map_or(0, |(_, depth, _)| depth);
        let after = if depth == 0 { 0 } else { operands[depth - 1] + 1 };
        let (base, entry) = match best {
            Some((Sub::Line(line), ..)) => (line, None),
            Some((Sub::Entry(entry), ..)) => (&entry.is, Some(entry.as_ref())),
            None => (&self.is, Some(self)),
        };
        let mut lines = vec![(
            base,
            operands.iter().take(depth).map(|at| words[*at].text.as_str()).collect::<Vec<_>>().join(" "),
        )];
        let first = operands.first().map_or(0, |at| at + 1);
        let own = entry.filter(|_| depth > 0).and_then(|e| Some((e, words.get(first..)?)));
        let mut lowered = false;
        // What stands behind the command that a wrapper runs is not the wrapper's.
        let wraps = matches!(
            self.kind,
            Some(Kind::Wrapper | Kind::Xargs | Kind::Parallel | Kind::ShellWords | Kind::Ssh)
        );
        let flags = if wraps { operands.first().map_or(words, |at| &words[..*at]) } else { words };
        let tables = [Some((self, flags)), own];
        for (owner, words) in tables.into_iter().flatten() {
            for (flag, line) in &owner.flags {
                if let Some(found) = owner.flag(words, flag) {
                    // A flag may also say that less happens than the name suggests; one of the program (`route -n`) says so
                    // about a subcommand only when it means that nothing is done at all.
                    let about = !std::ptr::eq(owner, self) || depth == 0 || flag.contains("dry-run");
                    if about && line.risk <= base.risk && line.risk == Risk::Safe
                        || about && line.risk < base.risk
                    {
                        lines[0].0 = line;
                        lowered = true;
                    }
                    lines.push((line, found));
                }
            }
        }
        Match { lines, depth, after, entry, lowered }
    }

    /// The indices of the words that are neither flags nor their values.
    pub(crate) fn operands(&self, words: &[Word]) -> Vec<usize> {
        let (mut found, mut at, mut plain) = (Vec::new(), 0, false);
        while at < words.len() {
            let text = words[at].text.as_str();
            if plain || !text.starts_with('-') || text == "-" {
                found.push(at);
            } else if text == "--" {
                plain = true;
            } else if self.takes_next(text) {
                at += 1;
            }
            at += 1;
        }
        found
    }

    /// Whether a flag takes the next word as its value.
    pub(crate) fn takes_next(&self, flag: &str) -> bool {
        let takes = |f: &str| self.value.split(' ').any(|v| v == f);
        if flag.starts_with("--") || self.long {
            return !flag.contains('=') && takes(flag);
        }
        // In `-xf`, the value belongs to the first letter that takes one, and is the next word only for the last.
        let letters: Vec<char> = flag.chars().skip(1).collect();
        let first = letters.iter().position(|c| takes(&format!("-{c}")));
        takes(flag) || first.is_some_and(|i| i + 1 == letters.len())
    }

    /// Whether a flag, given as `-f|--force` or `-X DELETE`, is among the words; returns it as written.
    pub(crate) fn flag(&self, words: &[Word], flag: &str) -> Option<String> {
        flag.split('|').find_map(|alternative| {
            let (flag, wanted) =
                alternative.split_once(' ').map_or((alternative, None), |(f, v)| (f, Some(v)));
            self.values(words, flag).into_iter().find_map(|(written, value)| match (wanted, value) {
                (None, _) => Some(written),
                (Some(wanted), Some(value)) => fits(&wanted.to_lowercase(), &value.text.to_lowercase())
                    .then(|| format!("{written} {}", value.text)),
                _ => None,
            })
        })
    }

    pub(crate) fn has(&self, words: &[Word], flag: &str) -> bool {
        self.flag(words, flag).is_some()
    }

    /// The uses of one flag (`-f`, `--force`) and the values they may have.
    pub(crate) fn values(&self, words: &[Word], flag: &str) -> Vec<(String, Option<Word>)> {
        let mut found = Vec::new();
        for (at, word) in words.iter().enumerate() {
            let text = word.text.as_str();
            if text == "--" {
                found.extend((flag == "--").then(|| (text.to_owned(), None)));
                break;
            }
            let next = || words.get(at + 1).cloned();
            if text == flag {
                found.push((text.to_owned(), next()));
            } else if let Some((name, value)) =
                text.split_once('=').filter(|(name, _)| *name == flag || abbreviates(name, flag))
            {
                found.push((name.to_owned(), Some(word.with_text(value))));
            } else if abbreviates(text, flag) {
                found.push((text.to_owned(), next()));
            } else if let Some(value) = self.clustered(text, flag) {
                let value = if value.is_empty() { next() } else { Some(word.with_text(value)) };
                found.push((text.to_owned(), value));
            }
        }
        found
    }

    /// `-rf` holds `-f`; returns what follows the letter.
    fn clustered<'w>(&self, text: &'w str, flag: &str) -> Option<&'w str> {
        let letter =
            flag.strip_prefix('-').and_then(|f| f.chars().next().filter(|c| f.len() == c.len_utf8()))?;
        let cluster = text.strip_prefix('-').filter(|t| !t.starts_with('-') && !self.long)?;
        for (i, c) in cluster.char_indices() {
            if c == letter {
                return cluster.get(i + c.len_utf8()..);
            }
            if self.takes_next(&format!("-{c}")) {
                return None;
            }
        }
        None
    }
}

/// GNU long options may be cut short: `--recurs`.
fn abbreviates(text: &str, flag: &str) -> bool {
    text.len() >= 5 && text.starts_with("--") && flag.starts_with(text) && text != flag
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_read() {
        for (name, text) in FILES {
            if let Err(error) = toml::from_str::<BTreeMap<String, Entry>>(text) {
                panic!("{name}.toml: {error}");
            }
        }
        assert!(TABLE.len() > 400, "{} programs", TABLE.len());
    }

    #[test]
    fn flags_are_found_however_written() {
        let rm = entry("rm").unwrap();
        let words = |text: &str| text.split(' ').map(Word::plain).collect::<Vec<_>>();
        for text in ["-rf x", "-fr x", "x -r", "--recursive", "--recurs x", "-v -R"] {
            assert!(rm.has(&words(text), "-r|-R|--recursive"), "{text}");
        }
        for text in ["-f x", "-- -r", "r", "--force"] {
            assert!(!rm.has(&words(text), "-r|-R|--recursive"), "{text}");
        }
    }
}
