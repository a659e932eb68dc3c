//! Reads a command as bash does: walks the syntax tree, keeps track of variables, folders and what flows through pipes,
//! and hands each simple command over to be judged. Knows no program by name.

use std::collections::HashMap;

use luna_model::Risk;
use tree_sitter::{Node, ParseOptions, Parser};

use crate::findings::Findings;
use crate::flow::Flow;
use crate::scope::{Scope, Value};
use crate::word::without_joints;
use crate::{places, rough};

/// Most simple commands judged in one command; more is refused.
pub(crate) const MOST_COMMANDS: usize = 2_000;
/// Deepest nesting of syntax and of shells in shells; deeper is refused.
const DEEPEST: usize = 60;
/// Most bytes read in all, with everything that is read again (`sh -c`, functions); more is refused.
const MOST_READ: usize = 512 * 1024;
/// What reading a script costs besides its length, in bytes.
const SCRIPT_COSTS: usize = 1024;

/// The state of reading one command.
pub(crate) struct Reader<'a> {
    pub(crate) home: &'a str,
    pub(crate) scope: Scope,
    pub(crate) found: Findings,
    /// Files that the command itself has written, by path.
    pub(crate) files: HashMap<String, Flow>,
    pub(crate) stdin: Flow,
    /// A connection was opened on a file descriptor.
    pub(crate) socket: bool,
    /// How many conditions the current statement hangs on.
    pub(crate) maybe: usize,
    pub(crate) depth: usize,
    pub(crate) commands: usize,
    pub(crate) read: usize,
    pub(crate) pick: usize,
    pub(crate) seen: Vec<(String, usize)>,
    pub(crate) calling: Vec<String>,
    pub(crate) spawns: Vec<(String, String, bool)>,
    pub(crate) substitutions: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(
        home: &'a str,
        folder: String,
        variables: impl Iterator<Item = (String, String)>,
    ) -> Self {
        let mut scope = Scope { folders: vec![folder], ..Scope::default() };
        for (name, value) in [("HOME", home), ("IFS", " ")] {
            scope.set(name, Value::one(value), false);
        }
        for (name, value) in variables {
            scope.set(&name, Value::one(value), false);
        }
        Self {
            home,
            scope,
            found: Findings::default(),
            files: HashMap::new(),
            stdin: Flow::None,
            socket: false,
            maybe: 0,
            depth: 0,
            commands: 0,
            read: 0,
            pick: 0,
            seen: Vec::new(),
            calling: Vec::new(),
            spawns: Vec::new(),
            substitutions: 0,
        }
    }

    /// Reads text as a script and returns what it prints.
    pub(crate) fn script(&mut self, text: &str) -> Flow {
        let joined = without_joints(text);
        let flow = self.script_as_it_is(&joined);
        if joined != text {
            // Where a backslash at a line's end joins nothing (in a comment, say), whoever is right, a block counts.
            self.only_if_blocked(|r| r.script_as_it_is(text));
        }
        flow
    }

    /// Reads what may be read that way: what it finds counts only when it would be blocked.
    pub(crate) fn only_if_blocked(&mut self, read: impl FnOnce(&mut Self) -> Flow) {
        let (found, scope) = (std::mem::take(&mut self.found), self.scope.clone());
        read(self);
        let other = std::mem::replace(&mut self.found, found);
        self.scope = scope;
        self.found.reasons.extend(other.reasons.into_iter().filter(|r| r.blocks));
    }

    fn script_as_it_is(&mut self, text: &str) -> Flow {
        self.read += text.len() + SCRIPT_COSTS;
        if !self.descend(text) {
            return Flow::Unknown;
        }
        if unusual_mark(text) {
            self.found.say(Risk::Dangerous, false, text, "ends a heredoc with unusual characters");
        }
        let flow = match parse(text) {
            Some(tree) => {
                let flow = self.statements(tree.root_node(), text);
                if tree.root_node().has_error() {
                    self.found.say(Risk::Dangerous, false, text, "cannot be read as a bash command");
                    self.found.lasting = true;
                    rough::read(self, text);
                    Flow::Unknown
                } else {
                    flow
                }
            }
            None => {
                self.found.block(text, "is too tangled to be read");
                Flow::Unknown
            }
        };
        self.depth -= 1;
        flow
    }

    /// One level deeper; false, with a block, when that is too deep or too much.
    pub(crate) fn descend(&mut self, text: &str) -> bool {
        if self.depth >= DEEPEST || self.read > MOST_READ || self.commands > MOST_COMMANDS {
            self.found.block(text, "is too large or too deeply nested to be judged");
            return false;
        }
        self.depth += 1;
        true
    }

    /// Reads text as a script of another shell: what it sets stays in it.
    pub(crate) fn inner_script(&mut self, text: &str) -> Flow {
        let (scope, calling) = (self.scope.clone(), std::mem::take(&mut self.calling));
        let flow = self.script(text);
        (self.scope, self.calling) = (scope, calling);
        flow
    }

    /// Runs something that may not happen.
    pub(crate) fn perhaps<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        self.maybe += 1;
        let result = read(self);
        self.maybe -= 1;
        result
    }

    pub(crate) fn set(&mut self, name: &str, value: Value) {
        let maybe = self.maybe > 0;
        self.scope.set(name, value, maybe);
    }

    pub(crate) fn go(&mut self, to: Option<Vec<String>>) {
        let maybe = self.maybe > 0;
        self.scope.go(to, maybe);
    }

    /// The absolute normal paths a word may mean.
    pub(crate) fn paths(&self, text: &str) -> Vec<String> {
        if text.starts_with('/') || self.scope.folders.is_empty() {
            return vec![places::normal("", text)];
        }
        self.scope.folders.iter().map(|folder| places::normal(folder, text)).collect()
    }

    /// The value of a variable that counts for the current pick: its elements, whether more is possible, whether it is remote.
    pub(crate) fn choose(&mut self, name: &str) -> Option<(Vec<String>, bool, bool)> {
        if name == "PWD" {
            return self.scope.folders.first().map(|f| (vec![f.clone()], false, false));
        }
        let value = self.scope.variables.get(name)?;
        let count = value.choices.len();
        if count == 0 {
            return None;
        }
        let mut pick = self.pick;
        if count > 1 {
            for (seen, size) in &self.seen {
                if seen == name {
                    break;
                }
                pick /= size;
            }
            if !self.seen.iter().any(|(seen, _)| seen == name) {
                self.seen.push((name.to_owned(), count));
            }
        }
        Some((value.choices[pick % count].clone(), value.opaque, value.remote))
    }

    pub(crate) fn tilde(&self, user: &str) -> Option<String> {
        match user {
            "" => Some(self.choice_of_home()),
            "+" => self.scope.folders.first().cloned(),
            "-" => None,
            "root" => Some("/root".to_owned()),
            user if user.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c)) => {
                Some(format!("/home/{user}"))
            }
            _ => None,
        }
    }

    fn choice_of_home(&self) -> String {
        let set = self.scope.variables.get("HOME").and_then(|v| v.choices.first()?.first().cloned());
        set.unwrap_or_else(|| self.home.to_owned())
    }

    /// `$(…)`.
    pub(crate) fn substitute(&mut self, text: &str) -> Flow {
        let (pick, seen) = (self.pick, std::mem::take(&mut self.seen));
        if let Some(file) = text.trim().strip_prefix('<').filter(|t| !t.starts_with(['<', '('])) {
            let path = self.one_word(file.trim());
            return self.content(&path.text);
        }
        let flow = self.inner_script(text);
        (self.pick, self.seen) = (pick, seen);
        flow
    }

    /// `<(…)` or `>(…)`: the name of the file it stands for.
    pub(crate) fn process_substitution(&mut self, text: &str, reads: bool) -> String {
        self.substitutions += 1;
        let name = format!("/dev/fd/{}", 60 + self.substitutions);
        let flow = self.substitute(text);
        if reads {
            self.files.insert(name.clone(), flow);
        }
        name
    }

    /// Whether this command itself makes a file.
    pub(crate) fn makes(&self, path: &str) -> bool {
        self.paths(path).iter().any(|p| self.files.contains_key(p))
    }

    /// What a file holds, when this command itself made it.
    pub(crate) fn content(&self, path: &str) -> Flow {
        self.paths(path).iter().find_map(|p| self.files.get(p)).cloned().unwrap_or(Flow::Unknown)
    }
}

pub(crate) fn slice<'t>(node: Node<'_>, text: &'t str) -> &'t str {
    text.get(node.byte_range()).unwrap_or_default()
}

/// The syntax tree; none when the parser needs too long for it.
fn parse(text: &str) -> Option<tree_sitter::Tree> {
    thread_local! {
        static PARSER: std::cell::RefCell<Option<Parser>> = const { std::cell::RefCell::new(None) };
    }
    PARSER.with_borrow_mut(|slot| {
        let parser = match slot {
            Some(parser) => parser,
            None => {
                let mut parser = Parser::new();
                parser.set_language(&tree_sitter_bash::LANGUAGE.into()).ok()?;
                slot.insert(parser)
            }
        };
        // Counted steps and not time, so that the same command always gets the same verdict.
        let mut steps = 2_000 + text.len();
        let mut give_up = |_: &tree_sitter::ParseState| {
            steps = steps.saturating_sub(1);
            steps == 0
        };
        let bytes = stand_in(text);
        let options = ParseOptions::new().progress_callback(&mut give_up);
        let tree =
            parser.parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or_default(), None, Some(options));
        if tree.is_none() {
            parser.reset();
        }
        tree
    })
}

/// The text as the parser sees it: each byte beyond ASCII as a letter, so that every offset stays the same. To bash such
/// characters are letters like any other; the grammar's tables crash on some (tree-sitter-bash issue 337).
fn stand_in(text: &str) -> Vec<u8> {
    text.bytes().map(|b| if b.is_ascii() { b } else { b'A' + b % 26 }).collect()
}

/// Whether a heredoc ends at a mark that `stand_in` might confuse with another.
fn unusual_mark(text: &str) -> bool {
    let mark = |rest: &str| {
        rest.trim_start_matches(['<', '-', ' ', '\t'])
            .split_whitespace()
            .next()
            .is_some_and(|m| !m.is_ascii())
    };
    !text.is_ascii()
        && text.match_indices("<<").any(|(at, _)| text.get(at..at + 256).or(text.get(at..)).is_some_and(mark))
}
