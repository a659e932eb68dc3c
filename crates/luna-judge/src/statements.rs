//! Walks the syntax tree of a script statement by statement, down to simple commands. Knows no program.

use luna_model::Risk;
use tree_sitter::Node;

use crate::flow::Flow;
use crate::reader::{MOST_COMMANDS, Reader, slice};
use crate::redirects::Redirects;
use crate::scope::Value;
use crate::word::Word;

/// Most values of its variables for which one simple command is judged separately.
pub(crate) const MOST_PICKS: usize = 32;

impl Reader<'_> {
    /// The children of a node as statements, in order.
    pub(crate) fn statements(&mut self, node: Node<'_>, text: &str) -> Flow {
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

    pub(crate) fn statement(&mut self, node: Node<'_>, text: &str, background: bool) -> Flow {
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

    pub(crate) fn statement_of_kind(&mut self, node: Node<'_>, text: &str) -> Flow {
        match node.kind() {
            "comment" | "heredoc_end" | "heredoc_start" | "file_descriptor" => Flow::None,
            "command" => self.simple(node, text, &[]),
            "list" => self.list(node, text, &[]),
            "pipeline" => self.pipeline(node, text, None, &[]),
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

    /// `a && b || c`, with what is redirected behind it. The tree leans left, however long the list is.
    pub(crate) fn list<'t>(&mut self, node: Node<'t>, text: &str, redirects: &[Node<'t>]) -> Flow {
        let (mut parts, mut at) = (Vec::new(), Some(node));
        while let Some(list) = at.take() {
            let mut cursor = list.walk();
            let children: Vec<Node<'t>> =
                list.children(&mut cursor).filter(|c| c.kind() != "comment").collect();
            for (i, child) in children.iter().enumerate().rev() {
                if !child.is_named() {
                    continue;
                }
                if i == 0 && child.kind() == "list" {
                    at = Some(*child);
                } else {
                    parts.push((*child, i > 0 && children[i - 1].kind() == "||"));
                }
            }
        }
        let mut flow = Flow::None;
        while let Some((part, maybe)) = parts.pop() {
            let redirects = if parts.is_empty() { redirects } else { &[] };
            let out = match maybe {
                true => self.perhaps(|r| r.with_redirects(Some(part), text, redirects)),
                false => self.with_redirects(Some(part), text, redirects),
            };
            flow = flow.then(out);
        }
        flow
    }

    /// `a | b | c`; `first`: what flows into it instead of the current input; with what is redirected behind it.
    pub(crate) fn pipeline<'t>(
        &mut self,
        node: Node<'t>,
        text: &str,
        first: Option<Flow>,
        redirects: &[Node<'t>],
    ) -> Flow {
        self.note_spawns(node, text, true);
        let stdin = self.stdin.clone();
        let mut flow = first.unwrap_or_else(|| stdin.clone());
        let mut cursor = node.walk();
        let parts: Vec<Node<'t>> =
            node.named_children(&mut cursor).filter(|c| c.kind() != "comment").collect();
        for (i, part) in parts.iter().enumerate() {
            let scope = self.scope.clone();
            self.stdin = flow;
            let redirects = if i + 1 == parts.len() { redirects } else { &[] };
            flow = self.with_redirects(Some(*part), text, redirects);
            self.scope = scope;
        }
        self.stdin = stdin;
        flow
    }

    pub(crate) fn for_each(&mut self, node: Node<'_>, text: &str) -> Flow {
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

    /// A simple command with its assignments and redirects.
    pub(crate) fn simple<'t>(&mut self, node: Node<'t>, text: &str, outer: &[Node<'t>]) -> Flow {
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
            self.assign(*assignment, text, raws.is_empty());
        }
        let mut effect = Redirects::default();
        for redirect in redirects {
            effect.add(self.redirect(redirect, text));
        }
        let saved = self.stdin.clone();
        if let Some(input) = effect.input.clone() {
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

    pub(crate) fn run(&mut self, raws: &[&str], words: Vec<Word>, effect: &Redirects<'_>) -> Flow {
        let Some(first) = words.first() else { return Flow::None };
        let alias = self.scope.aliases.get(&first.text).cloned();
        if let Some(alias) = alias.filter(|_| !self.calling.contains(&first.text)) {
            self.calling.push(first.text.clone());
            let flow = self.script(&format!("{alias} {}", raws.get(1..).unwrap_or_default().join(" ")));
            self.calling.pop();
            return flow;
        }
        if effect.socket && (words.len() == 1 || first.text == "exec") {
            self.socket = true;
        }
        let remote = effect.socket || self.socket && effect.duplicates;
        self.command(&words, remote)
    }
}

/// `while true; do x & done`.
fn endless_spawn(node: Node<'_>, text: &str) -> bool {
    let condition = node.child_by_field_name("condition").map_or("", |c| slice(c, text));
    let mut cursor = node.walk();
    matches!(condition.trim(), "true" | ":" | "[ 1 ]")
        && node.child_by_field_name("body").is_some_and(|b| b.children(&mut cursor).any(|c| c.kind() == "&"))
}
