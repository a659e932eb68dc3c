//! The functions of a text: what a test would be written for.

use tree_sitter::Node;

use crate::Language;

/// A function or method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// The names of its parameters, as far as they can be told.
    pub parameters: Vec<String>,
    /// Its first line, from 1.
    pub line: usize,
    /// Whether it decides anything: has an if, a match, a loop.
    pub branches: bool,
}

const BRANCHES: &[&str] =
    &["if", "match", "for", "while", "switch", "case", "conditional", "ternary", "try", "except", "catch"];

/// The functions of a text, in their order.
#[must_use]
pub fn functions(language: Language, text: &str) -> Vec<Function> {
    let mut found = vec![];
    if let Some(tree) = language.parse(text) {
        collect(language, tree.root_node(), text, &mut found);
    }
    found
}

fn collect(language: Language, node: Node<'_>, text: &str, found: &mut Vec<Function>) {
    let mut cursor = node.walk();
    for child in node.named_children(&mut cursor) {
        if language.kinds().functions.contains(&child.kind())
            && let Some((name, body)) = named(child, text)
        {
            found.push(Function {
                name,
                parameters: parameters(body, text),
                line: child.start_position().row + 1,
                branches: has(body, BRANCHES),
            });
        }
        collect(language, child, text, found);
    }
}

/// A definition's name, and the node that holds its parameters; none for a declaration that is no function.
pub(crate) fn named<'t>(node: Node<'t>, text: &str) -> Option<(String, Node<'t>)> {
    let said = |n: Node<'_>| text.get(n.byte_range()).map(str::to_owned);
    if matches!(node.kind(), "lexical_declaration" | "variable_declaration" | "public_field_definition") {
        let declared = if node.kind() == "public_field_definition" { node } else { node.named_child(0)? };
        let value = declared.child_by_field_name("value")?;
        let is_function =
            matches!(value.kind(), "arrow_function" | "function_expression" | "generator_function");
        return is_function.then(|| Some((said(declared.child_by_field_name("name")?)?, value)))?;
    }
    if let Some(name) = node.child_by_field_name("name") {
        return Some((said(name)?, node));
    }
    // C and C++ wrap the name into declarators.
    let mut declarator =
        node.child_by_field_name("declarator").or_else(|| node.child_by_field_name("type"))?;
    let holder = declarator;
    while let Some(inner) = declarator.child_by_field_name("declarator") {
        declarator = inner;
    }
    let name = said(declarator)?;
    let name = name.split('(').next().unwrap_or(&name).trim().trim_start_matches(['*', '&']).to_owned();
    Some((name, if node.child_by_field_name("body").is_some() { node } else { holder }))
}

fn parameters(node: Node<'_>, text: &str) -> Vec<String> {
    let mut holder = node;
    let list = loop {
        if let Some(list) =
            holder.child_by_field_name("parameters").or_else(|| holder.child_by_field_name("parameter"))
        {
            break list;
        }
        match holder.child_by_field_name("declarator") {
            Some(inner) => holder = inner,
            None => return vec![],
        }
    };
    if list.kind() == "identifier" {
        return text.get(list.byte_range()).map(str::to_owned).into_iter().collect();
    }
    let mut cursor = list.walk();
    let names = list.named_children(&mut cursor).filter(|p| !p.kind().contains("comment")).filter_map(|p| {
        let name = p
            .child_by_field_name("name")
            .or_else(|| p.child_by_field_name("pattern"))
            .or_else(|| p.child_by_field_name("declarator"))
            .or_else(|| first_identifier(p))
            .unwrap_or(p);
        text.get(name.byte_range()).map(|n| n.trim_start_matches(['*', '&', '$']).to_owned())
    });
    names
        .filter(|n| {
            !matches!(n.as_str(), "self" | "&self" | "this" | "void" | "cls" | "&mut self" | "mut self")
        })
        .collect()
}

fn first_identifier(node: Node<'_>) -> Option<Node<'_>> {
    if node.kind() == "identifier" || node.kind() == "variable_name" {
        return Some(node);
    }
    let mut cursor = node.walk();
    node.named_children(&mut cursor).find_map(first_identifier)
}

fn has(node: Node<'_>, parts: &[&str]) -> bool {
    let mut cursor = node.walk();
    node.named_children(&mut cursor)
        .any(|c| parts.iter().any(|part| c.kind().starts_with(part)) || has(c, parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(language: Language, text: &str) -> Vec<String> {
        functions(language, text)
            .into_iter()
            .map(|f| format!("{}({})", f.name, f.parameters.join(", ")))
            .collect()
    }

    #[test]
    fn functions_of_every_family_are_found_with_their_parameters() {
        assert_eq!(told(Language::Rust, "impl A { fn b(&self, mut c: u8) {} }\nfn d() {}"), ["b(c)", "d()"]);
        assert_eq!(
            told(Language::JavaScript, "const f = (a, b = 2) => a; class C { m(x) {} }\nfunction g() {}"),
            ["f(a, b)", "m(x)", "g()"]
        );
        assert_eq!(
            told(Language::Python, "class A:\n    def b(self, c, *d, e=1):\n        pass\n"),
            ["b(c, d, e)"]
        );
        assert_eq!(told(Language::Go, "func (a *A) B(c int, d string) error { return nil }"), ["B(c, d)"]);
        assert_eq!(told(Language::C, "static int *f(int a, char *b) { return 0; }"), ["f(a, b)"]);
        assert_eq!(told(Language::Java, "class A { int b(String c) { return 1; } }"), ["b(c)"]);
        assert_eq!(told(Language::Ruby, "def f(a, b)\nend"), ["f(a, b)"]);
        assert_eq!(told(Language::Php, "<?php function f($a, int $b) {}"), ["f(a, b)"]);
    }

    #[test]
    fn a_function_that_decides_is_told_from_one_that_does_not() {
        let found =
            functions(Language::Python, "def a(x):\n    return x\ndef b(x):\n    if x:\n        return 1\n");
        assert_eq!(found.iter().map(|f| f.branches).collect::<Vec<_>>(), [false, true]);
    }
}
