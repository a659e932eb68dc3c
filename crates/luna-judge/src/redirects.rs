//! Redirects: what flows into a command from a file or a heredoc, and which files it writes.

use luna_model::Risk;
use tree_sitter::Node;

use crate::findings::Deed;
use crate::flow::Flow;
use crate::reader::{Reader, slice};
use crate::word::Word;

impl Reader<'_> {
    /// A statement with redirects after it.
    pub(crate) fn redirected(&mut self, node: Node<'_>, text: &str) -> Flow {
        let mut cursor = node.walk();
        let redirects: Vec<Node<'_>> = node.children_by_field_name("redirect", &mut cursor).collect();
        self.with_redirects(node.child_by_field_name("body"), text, &redirects)
    }

    /// A statement with these redirects; those behind a list or a pipeline belong to its last command.
    pub(crate) fn with_redirects<'t>(
        &mut self,
        body: Option<Node<'t>>,
        text: &str,
        redirects: &[Node<'t>],
    ) -> Flow {
        match body {
            Some(body) if redirects.is_empty() => return self.statement(body, text, false),
            Some(body) if body.kind() == "command" => return self.simple(body, text, redirects),
            Some(body) if body.kind() == "list" => return self.list(body, text, redirects),
            Some(body) if body.kind() == "pipeline" => return self.pipeline(body, text, None, redirects),
            _ => {}
        }
        let mut effect = Redirects::default();
        for redirect in redirects {
            effect.add(self.redirect(*redirect, text));
        }
        let stdin = self.stdin.clone();
        if let Some(input) = effect.input.clone() {
            self.stdin = input;
        }
        let flow = body.map_or(Flow::None, |body| self.statement(body, text, false));
        self.stdin = stdin;
        self.after(effect, flow, text)
    }

    /// What follows the redirects: the output goes to their files, or on through the heredoc's own pipe.
    pub(crate) fn after(&mut self, effect: Redirects<'_>, flow: Flow, text: &str) -> Flow {
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
                self.pipeline(node, text, Some(flow), &[])
            } else {
                flow.then(self.perhaps(|r| r.statement(node, text, false)))
            };
        }
        flow
    }

    /// Judges one redirect and says what it does to the command.
    pub(crate) fn redirect<'t>(&mut self, node: Node<'t>, text: &'t str) -> Redirects<'t> {
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

    pub(crate) fn heredoc_redirect<'t>(&mut self, node: Node<'t>, text: &'t str, effect: &mut Redirects<'t>) {
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
