//! A file cut into the pieces that a search should find: functions, methods and types whole where they are small enough,
//! with the comments before them; what stands between them as blocks; other texts by paragraphs.

use tree_sitter::Node;

use crate::Language;
use crate::functions::named;

/// Most lines of a piece; longer ones are cut, with the name kept.
const MOST_LINES: usize = 80;
/// A type up to this long is one piece with all its members.
const SMALL_TYPE: usize = 40;
/// Lines of a piece of a text without a grammar.
const TEXT_LINES: usize = 40;
/// Longest line that is kept: beyond it there is no code but data.
const LONGEST_LINE: usize = 2_000;

/// A piece of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What it defines, with the type around it (`Circle.area`); none for a block.
    pub name: Option<String>,
    /// `function`, `type`, `block` or `text`.
    pub kind: &'static str,
    /// Its first line, from 1.
    pub first_line: usize,
    /// Its last line.
    pub last_line: usize,
    /// Its text.
    pub text: String,
}

/// The pieces of a file, in their order. Empty for an empty one.
#[must_use]
pub fn pieces(path: &str, text: &str) -> Vec<Piece> {
    let lines: Vec<_> = text.lines().collect();
    let tree = Language::of_path(path).and_then(|language| Some((language, language.parse(text)?)));
    let Some((language, tree)) = tree else { return by_lines(&lines) };
    let mut cutter = Cutter { language, text, lines: &lines, pieces: vec![], done: 0 };
    cutter.cut(tree.root_node(), None);
    cutter.block(lines.len());
    cutter.pieces
}

/// The words of a text as a search should see them: names taken apart at their humps and underscores.
#[must_use]
pub fn spelled_out(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    let mut before = ' ';
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        let hump = c.is_uppercase()
            && (before.is_lowercase()
                || (before.is_uppercase() && letters.peek().is_some_and(|n| n.is_lowercase())));
        if hump
            || (c.is_ascii_digit() != before.is_ascii_digit()
                && before.is_alphanumeric()
                && c.is_alphanumeric())
        {
            out.push(' ');
        }
        out.push(if c == '_' || c == '-' || c == '/' || c == '.' { ' ' } else { c });
        before = c;
    }
    out
}

struct Cutter<'t> {
    language: Language,
    text: &'t str,
    lines: &'t [&'t str],
    pieces: Vec<Piece>,
    /// Lines that are in a piece already.
    done: usize,
}

impl Cutter<'_> {
    fn cut(&mut self, node: Node<'_>, inside: Option<&str>) {
        let kinds = self.language.kinds();
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            let kind = child.kind();
            if kinds.functions.contains(&kind) {
                if let Some((name, _)) = named(child, self.text) {
                    self.define(node, child, within(inside, &name), "function");
                }
            } else if kinds.types.contains(&kind) {
                let name = named(child, self.text).map(|(name, _)| within(inside, &name));
                let rows = child.end_position().row - child.start_position().row;
                match name {
                    Some(name) if rows < SMALL_TYPE || !self.has_functions(child) => {
                        self.define(node, child, name, "type");
                    }
                    Some(name) => self.cut_members(child, &name),
                    None => {}
                }
            } else if kinds.wrappers.contains(&kind) {
                self.cut(child, inside);
            }
        }
    }

    fn cut_members(&mut self, node: Node<'_>, name: &str) {
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            if self.language.kinds().wrappers.contains(&child.kind())
                || matches!(
                    child.kind(),
                    "block" | "class_body" | "declaration_list" | "field_declaration_list" | "body_statement"
                )
            {
                self.cut(child, Some(name));
            }
        }
    }

    fn has_functions(&self, node: Node<'_>) -> bool {
        let mut cursor = node.walk();
        node.named_children(&mut cursor).any(|child| {
            (self.language.kinds().functions.contains(&child.kind()) && named(child, self.text).is_some())
                || self.has_functions(child)
        })
    }

    /// A definition, with the wrapper that only holds it (decorators, `export`) and the comments right before it.
    fn define(&mut self, around: Node<'_>, node: Node<'_>, name: String, kind: &'static str) {
        let lone = self.language.kinds().wrappers.contains(&around.kind())
            && matches!(around.kind(), "export_statement" | "decorated_definition" | "template_declaration");
        let whole = if lone { around } else { node };
        let mut first = whole.start_position().row;
        let mut before = whole.prev_sibling();
        while let Some(comment) = before.filter(|n| {
            (n.kind().contains("comment") || n.kind() == "attribute_item")
                && n.end_position().row + 1 >= first
        }) {
            first = comment.start_position().row.min(first);
            before = comment.prev_sibling();
        }
        let end = whole.end_position();
        let last = if end.column == 0 { end.row } else { end.row + 1 };
        if first < self.done && last <= self.done {
            return;
        }
        let first = first.max(self.done);
        self.block(first);
        self.add(Some(name), kind, first, last);
        self.done = last;
    }

    /// What lies between definitions.
    fn block(&mut self, until: usize) {
        let from = self.done;
        self.done = self.done.max(until);
        if from < until {
            self.add(None, "block", from, until);
        }
    }

    fn add(&mut self, name: Option<String>, kind: &'static str, first: usize, last: usize) {
        for from in (first..last).step_by(MOST_LINES) {
            let to = (from + MOST_LINES).min(last);
            self.pieces.extend(piece(self.lines, from, to, name.clone(), kind));
        }
    }
}

fn within(inside: Option<&str>, name: &str) -> String {
    inside.map_or_else(|| name.to_owned(), |outer| format!("{outer}.{name}"))
}

/// A piece of these lines; none when they say nothing.
fn piece(lines: &[&str], from: usize, to: usize, name: Option<String>, kind: &'static str) -> Option<Piece> {
    let part = lines.get(from..to)?;
    let blank = part.iter().take_while(|l| l.trim().is_empty()).count();
    let part = &part[blank..];
    let said = part.iter().rposition(|l| !l.trim().is_empty())? + 1;
    let part = &part[..said];
    if kind == "block" && part.iter().all(|l| !l.chars().any(char::is_alphanumeric)) {
        return None;
    }
    let text: Vec<_> = part.iter().map(|l| cut(l)).collect();
    Some(Piece {
        name,
        kind,
        first_line: from + blank + 1,
        last_line: from + blank + said,
        text: text.join("\n"),
    })
}

fn cut(line: &str) -> &str {
    line.char_indices().nth(LONGEST_LINE).map_or(line, |(at, _)| &line[..at])
}

/// Pieces of a text without a grammar: some lines each, ending at an empty line where there is one.
fn by_lines(lines: &[&str]) -> Vec<Piece> {
    let mut pieces = vec![];
    let mut from = 0;
    while from < lines.len() {
        let most = (from + TEXT_LINES).min(lines.len());
        let empty =
            lines[from..most].iter().rposition(|l| l.trim().is_empty()).filter(|at| *at > TEXT_LINES / 2);
        let to = if most == lines.len() { most } else { empty.map_or(most, |at| from + at + 1) };
        pieces.extend(piece(lines, from, to, None, "text"));
        from = to;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(path: &str, text: &str) -> Vec<String> {
        let name =
            |p: Piece| format!("{} {} {}-{}", p.kind, p.name.unwrap_or_default(), p.first_line, p.last_line);
        pieces(path, text).into_iter().map(name).collect()
    }

    #[test]
    fn functions_with_their_comments_and_what_is_between() {
        let text = "use a::b;\n\n/// Says.\n#[inline]\nfn say() {\n    b();\n}\n\nconst X: u8 = 1;\n\nfn other() {}\n";
        assert_eq!(
            told("x.rs", text),
            ["block  1-1", "function say 3-7", "block  9-9", "function other 11-11"]
        );
    }

    #[test]
    fn a_long_class_is_its_methods_and_a_short_one_is_itself() {
        let body = "        x = 1\n".repeat(25);
        let text = format!(
            "class A:\n    def b(self):\n{body}\n    @property\n    def c(self):\n{body}\n\nclass D:\n    e = 1\n"
        );
        let found = told("x.py", &text);
        assert_eq!(found[1], "function A.b 2-27");
        assert!(found[2].starts_with("function A.c 29-"), "{found:?}");
        assert_eq!(found[3], "type D 58-59");
    }

    #[test]
    fn every_line_that_says_something_is_in_a_piece_and_in_one_only() {
        let text = include_str!("pieces.rs");
        let found = pieces("pieces.rs", text);
        let mut covered = vec![0; text.lines().count()];
        for piece in &found {
            covered[piece.first_line - 1..piece.last_line].iter_mut().for_each(|n| *n += 1);
        }
        for (line, count) in text.lines().zip(&covered) {
            assert!(*count <= 1, "{line} is in {count} pieces");
            let brackets = !line.chars().any(char::is_alphanumeric);
            assert!(*count == 1 || brackets, "{line:?} is in no piece");
        }
    }

    #[test]
    fn text_is_cut_at_paragraphs() {
        let text = format!("{}\n\n{}", "line\n".repeat(30), "more\n".repeat(30));
        assert_eq!(told("notes.md", &text), ["text  1-30", "text  33-62"]);
        assert!(told("empty.md", "\n \n").is_empty());
    }

    #[test]
    fn names_are_taken_apart() {
        assert_eq!(
            spelled_out("parseHTTPResponse get_user2 src/a.ts"),
            "parse HTTP Response get user 2 src a ts"
        );
    }
}
