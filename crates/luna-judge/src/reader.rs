//! Reads a command as bash does: walks the syntax tree, keeps track of variables, folders and what flows through pipes,
//! and hands each simple command over to be judged. Knows no program by name.

use std::collections::{HashMap, HashSet};

use luna_model::Risk;
use tree_sitter::{Node, ParseOptions, Parser};

use crate::findings::{Deed, Findings};
use crate::flow::Flow;
use crate::scope::{Scope, Value};
use crate::word::Word;
use crate::{places, rough};

/// Most simple commands judged in one command; more is refused.
const MOST_COMMANDS: usize = 2_000;
/// Deepest nesting of syntax and of shells in shells; deeper is refused.
const DEEPEST: usize = 60;
/// Most bytes read in all, with everything that is read again (`sh -c`, functions); more is refused.
const MOST_READ: usize = 1 << 20;
/// Most values of its variables for which one simple command is judged separately.
const MOST_PICKS: usize = 32;

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
    maybe: usize,
    depth: usize,
    commands: usize,
    read: usize,
    pick: usize,
    seen: Vec<(String, usize)>,
    calling: Vec<String>,
    spawns: Vec<(String, String, bool)>,
    substitutions: usize,
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
        self.read += text.len();
        if !self.descend(text) {
            return Flow::Unknown;
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
    fn descend(&mut self, text: &str) -> bool {
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

    /// What a file holds, when this command itself made it.
    pub(crate) fn content(&self, path: &str) -> Flow {
        self.paths(path).iter().find_map(|p| self.files.get(p)).cloned().unwrap_or(Flow::Unknown)
    }

    /// The children of a node as statements, in order.
    fn statements(&mut self, node: Node<'_>, text: &str) -> Flow {
        let mut cursor = node.walk();
        let children: Vec<Node<'_>> = node.children(&mut cursor).collect();
        let mut flow = Flow::None;
        for (i, child) in children.iter().enumerate() {
            if child.is_named() {
                let background = children.get(i + 1).is_some_and(|n| n.kind() == "&");
                flow = flow.then(self.statement(*child, text, background));
            }
        }
        flow
    }

    fn statement(&mut self, node: Node<'_>, text: &str, background: bool) -> Flow {
        if !self.descend(slice(node, text)) {
            return Flow::Unknown;
        }
        if background {
            self.note_spawns(node, text, true);
        }
        let flow = self.statement_of_kind(node, text);
        self.depth -= 1;
        flow
    }

    fn statement_of_kind(&mut self, node: Node<'_>, text: &str) -> Flow {
        match node.kind() {
            "comment" | "heredoc_end" | "heredoc_start" | "file_descriptor" => Flow::None,
            "command" => self.simple(node, text, &[], None),
            "list" => self.list(node, text),
            "pipeline" => self.pipeline(node, text, None),
            "redirected_statement" => self.redirected(node, text),
            "subshell" => {
                let scope = self.scope.clone();
                let flow = self.statements(node, text);
                self.scope = scope;
                flow
            }
            "if_statement" | "elif_clause" | "else_clause" | "do_group" | "case_item" => {
                self.perhaps(|r| r.statements(node, text))
            }
            "while_statement" => {
                if endless_spawn(node, text) {
                    self.found.say(Risk::Dangerous, false, slice(node, text), "starts processes without end");
                }
                self.perhaps(|r| r.statements(node, text))
            }
            "compound_statement" | "program" | "negated_command" | "ERROR" => self.statements(node, text),
            "for_statement" => self.for_each(node, text),
            "c_style_for_statement" | "case_statement" => self.perhaps(|r| r.statements(node, text)),
            "function_definition" => self.function(node, text),
            "variable_assignment" | "variable_assignments" | "declaration_command" | "unset_command" => {
                self.declare(node, text);
                Flow::None
            }
            "test_command"
            | "word"
            | "string"
            | "raw_string"
            | "ansi_c_string"
            | "concatenation"
            | "simple_expansion"
            | "expansion"
            | "command_substitution"
            | "process_substitution"
            | "number"
            | "regex"
            | "extglob_pattern"
            | "arithmetic_expansion"
            | "brace_expression"
            | "translated_string"
            | "command_name"
            | "unary_expression"
            | "binary_expression"
            | "postfix_expression"
            | "parenthesized_expression"
            | "ternary_expression"
            | "subscript"
            | "variable_name"
            | "special_variable_name"
            | "array"
            | "string_content"
            | "test_operator"
            | "heredoc_body" => {
                self.heredoc(slice(node, text));
                Flow::None
            }
            "file_redirect" | "herestring_redirect" | "heredoc_redirect" => {
                self.redirect(node, text);
                Flow::None
            }
            other => {
                let why = format!("holds syntax that is not known here ({other})");
                self.found.say(Risk::Dangerous, false, slice(node, text), why);
                self.found.lasting = true;
                self.statements(node, text)
            }
        }
    }

    /// `a && b || c`.
    fn list(&mut self, node: Node<'_>, text: &str) -> Flow {
        let mut cursor = node.walk();
        let (mut flow, mut maybe) = (Flow::None, false);
        for child in node.children(&mut cursor) {
            if child.is_named() {
                let out = if maybe {
                    self.perhaps(|r| r.statement(child, text, false))
                } else {
                    self.statement(child, text, false)
                };
                flow = flow.then(out);
            } else {
                maybe = child.kind() == "||";
            }
        }
        flow
    }

    /// `a | b | c`; `first`: what flows into it instead of the current input.
    fn pipeline(&mut self, node: Node<'_>, text: &str, first: Option<Flow>) -> Flow {
        self.note_spawns(node, text, true);
        let stdin = self.stdin.clone();
        let mut flow = first.unwrap_or_else(|| stdin.clone());
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            let scope = self.scope.clone();
            self.stdin = flow;
            flow = self.statement(child, text, false);
            self.scope = scope;
        }
        self.stdin = stdin;
        flow
    }

    fn for_each(&mut self, node: Node<'_>, text: &str) -> Flow {
        let mut cursor = node.walk();
        let raws: Vec<&str> =
            node.children_by_field_name("value", &mut cursor).map(|n| slice(n, text)).collect();
        let words: Vec<Word> = raws.into_iter().flat_map(|raw| self.words(raw)).collect();
        if let Some(name) = node.child_by_field_name("variable").map(|n| slice(n, text).to_owned()) {
            let opaque = words.is_empty() || words.iter().any(|w| w.opaque);
            let remote = words.iter().any(|w| w.remote);
            let value = Value { opaque, remote, ..Value::any_of(words.into_iter().map(|w| w.text)) };
            self.scope.set(&name, value, false);
        }
        match node.child_by_field_name("body") {
            Some(body) => self.statement(body, text, false),
            None => Flow::None,
        }
    }

    fn function(&mut self, node: Node<'_>, text: &str) -> Flow {
        let name = node.child_by_field_name("name").map(|n| slice(n, text).to_owned()).unwrap_or_default();
        let Some(body) = node.child_by_field_name("body") else { return Flow::None };
        let (scope, maybe) = (self.scope.clone(), self.maybe);
        self.calling.push(name.clone());
        self.note_spawns(body, text, false);
        // Its arguments come later: read it now with unknown ones, and again at each call.
        for parameter in ["@", "1", "2", "3"] {
            self.scope.set(parameter, Value::unknown(), false);
        }
        self.perhaps(|r| r.statement(body, text, false));
        self.calling.pop();
        (self.scope, self.maybe) = (scope, maybe);
        self.scope.functions.insert(name, slice(body, text).to_owned());
        Flow::None
    }

    /// Calls a function that the command defines.
    pub(crate) fn call(&mut self, name: &str, body: &str, arguments: &[Word]) -> Flow {
        if self.calling.iter().any(|c| c == name) {
            return Flow::Unknown;
        }
        self.calling.push(name.to_owned());
        let saved: Vec<(String, Option<Value>)> = self
            .arguments(arguments)
            .into_iter()
            .map(|n| (n.clone(), self.scope.variables.get(&n).cloned()))
            .collect();
        self.bind(arguments);
        let flow = self.script(body);
        for (name, value) in saved {
            match value {
                Some(value) => self.scope.variables.insert(name, value),
                None => self.scope.variables.remove(&name),
            };
        }
        self.calling.pop();
        flow
    }

    fn arguments(&self, arguments: &[Word]) -> Vec<String> {
        (1..=arguments.len().min(9)).map(|i| i.to_string()).chain(["@".to_owned()]).collect()
    }

    /// Sets `$1`, `$2` … and `$@`.
    pub(crate) fn bind(&mut self, arguments: &[Word]) {
        let opaque = arguments.iter().any(|a| a.opaque);
        for (i, argument) in arguments.iter().take(9).enumerate() {
            let value = Value {
                opaque: argument.opaque,
                remote: argument.remote,
                ..Value::one(argument.text.clone())
            };
            self.scope.set(&(i + 1).to_string(), value, false);
        }
        let all = Value { opaque, ..Value::list(arguments.iter().map(|a| a.text.clone()).collect()) };
        self.scope.set("@", all, false);
    }

    /// Notes which functions start which, to find the ones that multiply without end.
    fn note_spawns(&mut self, node: Node<'_>, text: &str, spawning: bool) {
        let Some(caller) = self.calling.last().cloned().or_else(|| spawning.then(|| "$0".to_owned())) else {
            return;
        };
        let mut open = vec![node];
        while let Some(next) = open.pop() {
            if next.kind() == "command_name" {
                let callee =
                    slice(next, text).trim_matches(['"', '\'']).replace('\\', "").replace("${0}", "$0");
                if callee == caller
                    || self.calling.contains(&callee)
                    || callee != "$0" && self.calling.len() == 1
                {
                    self.spawns.push((caller.clone(), callee, spawning));
                }
                continue;
            }
            let mut cursor = next.walk();
            open.extend(next.named_children(&mut cursor));
        }
    }

    /// Whether some function starts itself, on whatever way, in a pipe or in the background.
    pub(crate) fn multiplies(&self) -> Option<&str> {
        let mut next: HashMap<&str, Vec<(&str, bool)>> = HashMap::new();
        for (caller, callee, spawning) in &self.spawns {
            next.entry(caller).or_default().push((callee, *spawning));
        }
        self.spawns.iter().filter(|(_, _, spawning)| *spawning).find_map(|(caller, callee, _)| {
            let (mut open, mut done) = (vec![callee.as_str()], HashSet::new());
            while let Some(at) = open.pop() {
                if at == caller {
                    return Some(caller.as_str());
                }
                if done.insert(at) {
                    open.extend(next.get(at).into_iter().flatten().map(|(to, _)| *to));
                }
            }
            None
        })
    }

    /// Assignments and `export`, `declare`, `local`, `readonly`, `unset`.
    fn declare(&mut self, node: Node<'_>, text: &str) {
        let mut cursor = node.walk();
        if node.kind() == "variable_assignment" {
            return self.assign(node, text, None);
        }
        for child in node.named_children(&mut cursor) {
            match child.kind() {
                "variable_assignment" => self.assign(child, text, None),
                "variable_name" if node.kind() == "unset_command" => {
                    self.set(slice(child, text), Value::one(""))
                }
                "variable_name" | "word" | "number" => {}
                _ => {
                    for word in self.words(slice(child, text)) {
                        if let Some((name, value)) = word.text.split_once('=') {
                            let value =
                                Value { opaque: word.opaque, remote: word.remote, ..Value::one(value) };
                            self.set(name, value);
                        }
                    }
                }
            }
        }
    }

    /// One assignment; with `local`, only for one command, whose words are given.
    fn assign(&mut self, node: Node<'_>, text: &str, local: Option<&str>) {
        let Some(name) = node.child_by_field_name("name") else { return };
        let name = slice(name, text).split('[').next().unwrap_or_default().to_owned();
        let value_node = node.child_by_field_name("value");
        let raw = value_node.map_or("", |v| slice(v, text));
        let value = if value_node.is_some_and(|v| v.kind() == "array") {
            let mut words = Vec::new();
            if let Some(array) = value_node {
                let mut cursor = array.walk();
                for element in array.named_children(&mut cursor) {
                    words.extend(self.words(slice(element, text)));
                }
            }
            let (opaque, remote) = (words.iter().any(|w| w.opaque), words.iter().any(|w| w.remote));
            Value { opaque, remote, ..Value::list(words.into_iter().map(|w| w.text).collect()) }
        } else {
            self.seen.clear();
            let first = self.one_word(raw);
            let picks: usize = self.seen.iter().map(|(_, n)| n).product::<usize>().min(MOST_PICKS);
            let (opaque, remote) = (first.opaque, first.remote);
            let mut texts = vec![first.text];
            for pick in 1..picks.max(1) {
                self.pick = pick;
                texts.push(self.one_word(raw).text);
            }
            self.pick = 0;
            match slice(node, text).contains("+=") {
                true => self.appended(&name, &texts, opaque, remote),
                false => Value { opaque, remote, ..Value::any_of(texts) },
            }
        };
        for choice in &value.choices {
            self.variable_set(&name, &choice.join(" "), slice(node, text));
        }
        if local.is_none() {
            self.set(&name, value);
        }
    }

    fn appended(&self, name: &str, texts: &[String], opaque: bool, remote: bool) -> Value {
        let old = self.scope.variables.get(name).cloned().unwrap_or_else(|| Value::one(""));
        let first = |c: &Vec<String>| c.first().cloned().unwrap_or_default();
        let joined = old.choices.iter().flat_map(|c| texts.iter().map(move |t| first(c) + t));
        Value {
            opaque: opaque || old.opaque,
            remote: remote || old.remote,
            ..Value::any_of(joined.take(MOST_PICKS))
        }
    }

    /// A statement with redirects after it.
    fn redirected(&mut self, node: Node<'_>, text: &str) -> Flow {
        let mut cursor = node.walk();
        let redirects: Vec<Node<'_>> = node.children_by_field_name("redirect", &mut cursor).collect();
        match node.child_by_field_name("body") {
            Some(body) if body.kind() == "command" => self.simple(body, text, &redirects, None),
            body => {
                let stdin = self.stdin.clone();
                let mut effect = Redirects::default();
                for redirect in &redirects {
                    effect.add(self.redirect(*redirect, text));
                }
                if let Some(input) = effect.input.clone() {
                    self.stdin = input;
                }
                let flow = match body {
                    // A redirect behind a pipeline belongs to its last command.
                    Some(body) if body.kind() == "pipeline" => {
                        let input = self.stdin.clone();
                        let last = body.named_child_count().saturating_sub(1);
                        if let Some(last) = body.named_child(last).filter(|_| effect.input.is_some()) {
                            self.stdin = input;
                            self.statement(last, text, false);
                            self.stdin = stdin.clone();
                        }
                        self.pipeline(body, text, None)
                    }
                    Some(body) => self.statement(body, text, false),
                    None => Flow::None,
                };
                self.stdin = stdin;
                self.after(effect, flow, text)
            }
        }
    }

    /// What follows the redirects: the output goes to their files, or on through the heredoc's own pipe.
    fn after(&mut self, effect: Redirects<'_>, flow: Flow, text: &str) -> Flow {
        let mut flow = flow;
        for (path, append) in &effect.outputs {
            let old = if *append { self.files.remove(path) } else { None };
            self.files.insert(path.clone(), old.unwrap_or_default().then(flow.clone()));
        }
        if !effect.outputs.is_empty() {
            flow = Flow::None;
        }
        for (node, piped) in effect.rest {
            flow = if piped {
                self.pipeline(node, text, Some(flow))
            } else {
                flow.then(self.perhaps(|r| r.statement(node, text, false)))
            };
        }
        flow
    }

    /// A simple command with its assignments and redirects.
    fn simple<'t>(&mut self, node: Node<'t>, text: &str, outer: &[Node<'t>], stdin: Option<Flow>) -> Flow {
        self.commands += 1;
        if self.commands > MOST_COMMANDS {
            self.found.block(slice(node, text), "is more than can be judged: too many commands");
            return Flow::Unknown;
        }
        let mut cursor = node.walk();
        let (mut raws, mut redirects, mut assignments): (Vec<(usize, usize)>, Vec<Node<'_>>, Vec<Node<'_>>) =
            Default::default();
        for child in node.children(&mut cursor) {
            match child.kind() {
                "variable_assignment" => assignments.push(child),
                "file_redirect" | "herestring_redirect" | "heredoc_redirect" => redirects.push(child),
                _ => {
                    // What touches is one word, whatever the tree says.
                    let range = (child.start_byte(), child.end_byte());
                    match raws.last_mut().filter(|(_, end)| *end == range.0) {
                        Some(last) => last.1 = range.1,
                        None => raws.push(range),
                    }
                }
            }
        }
        redirects.extend(outer);
        for assignment in &assignments {
            self.assign(*assignment, text, (!raws.is_empty()).then_some(""));
        }
        let mut effect = Redirects::default();
        for redirect in redirects {
            effect.add(self.redirect(redirect, text));
        }
        let saved = self.stdin.clone();
        if let Some(input) = effect.input.clone().or(stdin) {
            self.stdin = input;
        }
        let raws: Vec<&str> = raws
            .iter()
            .filter_map(|(from, to)| text.get(*from..*to))
            .chain(effect.words.iter().copied())
            .collect();
        let flow = self.with_picks(&raws, &effect);
        self.stdin = saved;
        self.after(effect, flow, text)
    }

    /// Judges a simple command once for each combination of its variables' possible values.
    pub(crate) fn with_picks(&mut self, raws: &[&str], effect: &Redirects<'_>) -> Flow {
        if raws.is_empty() {
            return Flow::None;
        }
        let (outer_pick, outer_seen) = (self.pick, std::mem::take(&mut self.seen));
        let (mut flow, mut pick, mut picks) = (Flow::None, 0, 1);
        while pick < picks {
            self.pick = pick;
            let words: Vec<Word> = raws.iter().flat_map(|raw| self.words(raw)).collect();
            if pick == 0 {
                picks = self.seen.iter().map(|(_, n)| *n).fold(1usize, usize::saturating_mul);
                if picks > MOST_PICKS {
                    picks = self.seen.iter().map(|(_, n)| *n).max().unwrap_or(1);
                }
            }
            let seen = std::mem::take(&mut self.seen);
            self.pick = 0;
            flow = flow.then(self.run(raws, words, effect));
            self.seen = seen;
            pick += 1;
        }
        (self.pick, self.seen) = (outer_pick, outer_seen);
        flow
    }

    fn run(&mut self, raws: &[&str], words: Vec<Word>, effect: &Redirects<'_>) -> Flow {
        let Some(first) = words.first() else { return Flow::None };
        let alias = self.scope.aliases.get(&first.text).cloned();
        if let Some(alias) = alias.filter(|_| !self.calling.contains(&first.text)) {
            self.calling.push(first.text.clone());
            let flow = self.script(&format!("{alias} {}", raws.get(1..).unwrap_or_default().join(" ")));
            self.calling.pop();
            return flow;
        }
        if effect.socket && words.len() == 1 || effect.socket && first.text == "exec" {
            self.socket = true;
        }
        let remote = effect.socket || self.socket && effect.duplicates;
        self.command(&words, remote)
    }

    /// Judges one redirect and says what it does to the command.
    fn redirect<'t>(&mut self, node: Node<'t>, text: &'t str) -> Redirects<'t> {
        let mut effect = Redirects::default();
        match node.kind() {
            "herestring_redirect" => {
                let raw = slice(node, text).trim_start_matches(|c: char| c.is_ascii_digit());
                let word = self.one_word(raw.trim_start_matches("<<<").trim());
                effect.input = Some(flow_of(word, "\n"));
            }
            "heredoc_redirect" => self.heredoc_redirect(node, text, &mut effect),
            _ => {
                let mut cursor = node.walk();
                let targets: Vec<Node<'_>> =
                    node.children_by_field_name("destination", &mut cursor).collect();
                let mut cursor = node.walk();
                let operator = node.children(&mut cursor).find(|c| !c.is_named()).map_or(">", |c| c.kind());
                if let Some(target) = targets.first() {
                    let word = self.one_word(slice(*target, text));
                    self.redirect_to(operator, &word, slice(node, text), &mut effect);
                }
                effect.words.extend(targets.iter().skip(1).map(|n| slice(*n, text)));
            }
        }
        effect
    }

    /// A redirect to or from a file or descriptor.
    pub(crate) fn redirect_to(
        &mut self,
        operator: &str,
        target: &Word,
        source: &str,
        effect: &mut Redirects<'_>,
    ) {
        let number = target.text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        if operator.contains('&') && number {
            effect.duplicates = true;
            return;
        }
        self.found.opaque |= target.opaque;
        if target.text.starts_with("/dev/tcp/") || target.text.starts_with("/dev/udp/") {
            effect.socket = true;
            effect.input = Some(Flow::Remote);
            return self.found.say(Risk::Moderate, false, source, "opens a network connection");
        }
        if operator == "<" || operator == "<&" {
            effect.input = Some(self.content(&target.text));
            return;
        }
        let append = operator.ends_with(">>");
        self.found.program(&[Word::plain(if append { ">>" } else { ">" }), target.clone()]);
        self.change(if append { Deed::Append } else { Deed::Write }, target, source, false);
        for path in self.paths(&target.text) {
            effect.outputs.push((path, append));
        }
    }

    fn heredoc_redirect<'t>(&mut self, node: Node<'t>, text: &'t str, effect: &mut Redirects<'t>) {
        let mut cursor = node.walk();
        let mut quoted = false;
        for child in node.children(&mut cursor) {
            match child.kind() {
                "heredoc_start" => quoted = slice(child, text).contains(['\'', '"', '\\']),
                "heredoc_body" => {
                    let body = slice(child, text);
                    let word = if quoted { Word::plain(body) } else { self.heredoc(body) };
                    effect.input = Some(flow_of(word, ""));
                }
                "heredoc_end" | "file_descriptor" => {}
                "pipeline" => effect.rest.push((child, true)),
                "file_redirect" | "herestring_redirect" => effect.add(self.redirect(child, text)),
                _ if child.is_named()
                    && child.kind().ends_with("command")
                        | child.kind().ends_with("statement")
                        | (child.kind() == "list") =>
                {
                    effect.rest.push((child, false));
                }
                _ if child.is_named() => effect.words.push(slice(child, text)),
                _ => {}
            }
        }
    }
}

/// What the redirects of a command do to it.
#[derive(Default)]
pub(crate) struct Redirects<'t> {
    pub(crate) input: Option<Flow>,
    /// The files its output goes to, and whether they are appended to.
    pub(crate) outputs: Vec<(String, bool)>,
    /// A network connection is among them.
    pub(crate) socket: bool,
    /// A descriptor is made the copy of another.
    pub(crate) duplicates: bool,
    /// Words of the command that the grammar took for part of a redirect.
    pub(crate) words: Vec<&'t str>,
    /// What follows on a heredoc's first line, and whether through a pipe.
    pub(crate) rest: Vec<(Node<'t>, bool)>,
}

impl<'t> Redirects<'t> {
    pub(crate) fn add(&mut self, other: Redirects<'t>) {
        self.input = other.input.or(self.input.take());
        self.outputs.extend(other.outputs);
        self.socket |= other.socket;
        self.duplicates |= other.duplicates;
        self.words.extend(other.words);
        self.rest.extend(other.rest);
    }
}

pub(crate) fn flow_of(word: Word, end: &str) -> Flow {
    match (word.remote, word.opaque) {
        (true, _) => Flow::Remote,
        (_, true) => Flow::Unknown,
        _ => Flow::Text(word.text + end),
    }
}

/// `while true; do x & done`.
fn endless_spawn(node: Node<'_>, text: &str) -> bool {
    let condition = node.child_by_field_name("condition").map_or("", |c| slice(c, text));
    let mut cursor = node.walk();
    matches!(condition.trim(), "true" | ":" | "[ 1 ]")
        && node.child_by_field_name("body").is_some_and(|b| b.children(&mut cursor).any(|c| c.kind() == "&"))
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
        let bytes = text.as_bytes();
        let options = ParseOptions::new().progress_callback(&mut give_up);
        let tree =
            parser.parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or_default(), None, Some(options));
        if tree.is_none() {
            parser.reset();
        }
        tree
    })
}
