//! The languages that can be read, how each names what it defines, and how one is told from another.

use serde::{Deserialize, Serialize};
use tree_sitter::{Parser, Tree};

/// A language with a grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Rust.
    Rust,
    /// TypeScript.
    TypeScript,
    /// TypeScript with markup in it.
    Tsx,
    /// JavaScript.
    JavaScript,
    /// Python.
    Python,
    /// Go.
    Go,
    /// Java.
    Java,
    /// C.
    C,
    /// C++.
    Cpp,
    /// C#.
    CSharp,
    /// Ruby.
    Ruby,
    /// PHP.
    Php,
}

/// The kinds of node in which a language defines things.
pub(crate) struct Kinds {
    /// Functions and methods.
    pub(crate) functions: &'static [&'static str],
    /// Types with members.
    pub(crate) types: &'static [&'static str],
    /// What only stands around definitions.
    pub(crate) wrappers: &'static [&'static str],
}

/// Shapes that give a language away, with what each one counts.
const SIGNS: &[(Language, &[&str])] = &[
    (
        Language::Rust,
        &["fn ", "let mut ", "impl ", "-> Result", "pub fn", "::new(", "&str", "unwrap()", "use std::"],
    ),
    (
        Language::Python,
        &["def ", "import ", "self.", "elif ", "None", "print(", "    return ", "lambda ", "f\""],
    ),
    (
        Language::TypeScript,
        &[": string", ": number", "interface ", ": boolean", "export type ", " as const", ": Promise<"],
    ),
    (
        Language::JavaScript,
        &["function ", "const ", "=> ", "let ", "===", "require(", "console.log", "var ", "await "],
    ),
    (Language::Go, &["func ", ":= ", "package ", "fmt.", "err != nil", "chan ", "defer "]),
    (
        Language::Java,
        &["public class ", "public static ", "System.out", "private final ", "@Override", "new ArrayList"],
    ),
    (
        Language::CSharp,
        &["using System", "namespace ", "Console.Write", "public async Task", "string.Format", "var "],
    ),
    (Language::Cpp, &["std::", "#include <", "cout <<", "template <", "nullptr", "::"]),
    (Language::C, &["#include <", "printf(", "malloc(", "int main(", "char *", "struct ", "NULL"]),
    (Language::Ruby, &["def ", "\nend", "puts ", ".each do", "require '", "nil", "@"]),
    (Language::Php, &["<?php", "$this->", "function ", "echo ", "$_GET", "$_POST", "->"]),
];

impl Language {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Rust,
        Self::TypeScript,
        Self::Tsx,
        Self::JavaScript,
        Self::Python,
        Self::Go,
        Self::Java,
        Self::C,
        Self::Cpp,
        Self::CSharp,
        Self::Ruby,
        Self::Php,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::TypeScript => "typescript",
            Self::Tsx => "tsx",
            Self::JavaScript => "javascript",
            Self::Python => "python",
            Self::Go => "go",
            Self::Java => "java",
            Self::C => "c",
            Self::Cpp => "cpp",
            Self::CSharp => "csharp",
            Self::Ruby => "ruby",
            Self::Php => "php",
        }
    }

    /// The language a file of this name is in; none for what has no grammar here.
    #[must_use]
    pub fn of_path(path: &str) -> Option<Self> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let (_, ending) = name.rsplit_once('.')?;
        Some(match ending.to_ascii_lowercase().as_str() {
            "rs" => Self::Rust,
            "ts" | "mts" | "cts" => Self::TypeScript,
            "tsx" => Self::Tsx,
            "js" | "mjs" | "cjs" | "jsx" => Self::JavaScript,
            "py" | "pyi" => Self::Python,
            "go" => Self::Go,
            "java" => Self::Java,
            "c" | "h" => Self::C,
            "cc" | "cpp" | "cxx" | "hpp" | "hh" | "hxx" => Self::Cpp,
            "cs" => Self::CSharp,
            "rb" | "rake" => Self::Ruby,
            "php" => Self::Php,
            _ => return None,
        })
    }

    /// The language that a text without a name is most likely in: the one whose signs it shows most of and that can be
    /// read with the fewest faults. None for what looks like no language.
    #[must_use]
    pub fn guess(text: &str) -> Option<Self> {
        let shown = |signs: &[&str]| signs.iter().filter(|sign| text.contains(**sign)).count();
        let mut likely: Vec<_> =
            SIGNS.iter().map(|(language, signs)| (shown(signs), *language)).filter(|(n, _)| *n > 0).collect();
        likely.sort_by_key(|(signs, _)| std::cmp::Reverse(*signs));
        likely.truncate(4);
        let best = likely.into_iter().min_by_key(|(signs, language)| {
            (language.parse(text).map_or(usize::MAX, |t| faults(&t)), usize::MAX - signs)
        });
        best.map(|(_, language)| language)
    }

    pub(crate) fn grammar(self) -> tree_sitter::Language {
        match self {
            Self::Rust => tree_sitter_rust::LANGUAGE.into(),
            Self::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
            Self::Tsx => tree_sitter_typescript::LANGUAGE_TSX.into(),
            Self::JavaScript => tree_sitter_javascript::LANGUAGE.into(),
            Self::Python => tree_sitter_python::LANGUAGE.into(),
            Self::Go => tree_sitter_go::LANGUAGE.into(),
            Self::Java => tree_sitter_java::LANGUAGE.into(),
            Self::C => tree_sitter_c::LANGUAGE.into(),
            Self::Cpp => tree_sitter_cpp::LANGUAGE.into(),
            Self::CSharp => tree_sitter_c_sharp::LANGUAGE.into(),
            Self::Ruby => tree_sitter_ruby::LANGUAGE.into(),
            // Also what does not begin with `<?php`.
            Self::Php => tree_sitter_php::LANGUAGE_PHP.into(),
        }
    }

    /// The tree of a text; faults in the text are nodes of it.
    pub(crate) fn parse(self, text: &str) -> Option<Tree> {
        let mut parser = Parser::new();
        let grammar = match self {
            Self::Php if !text.contains("<?") => tree_sitter_php::LANGUAGE_PHP_ONLY.into(),
            _ => self.grammar(),
        };
        parser.set_language(&grammar).ok()?;
        parser.parse(text, None)
    }

    pub(crate) const fn kinds(self) -> Kinds {
        match self {
            Self::Rust => Kinds {
                functions: &["function_item", "macro_definition"],
                types: &["impl_item", "struct_item", "enum_item", "trait_item", "union_item"],
                wrappers: &["mod_item", "declaration_list"],
            },
            Self::TypeScript | Self::Tsx | Self::JavaScript => Kinds {
                functions: &[
                    "function_declaration",
                    "generator_function_declaration",
                    "method_definition",
                    "lexical_declaration",
                    "variable_declaration",
                    "public_field_definition",
                ],
                types: &[
                    "class_declaration",
                    "abstract_class_declaration",
                    "interface_declaration",
                    "type_alias_declaration",
                    "enum_declaration",
                ],
                wrappers: &["export_statement", "internal_module", "module", "statement_block", "class_body"],
            },
            Self::Python => Kinds {
                functions: &["function_definition"],
                types: &["class_definition"],
                wrappers: &["decorated_definition", "block"],
            },
            Self::Go => Kinds {
                functions: &["function_declaration", "method_declaration"],
                types: &["type_declaration"],
                wrappers: &[],
            },
            Self::Java => Kinds {
                functions: &[
                    "method_declaration",
                    "constructor_declaration",
                    "compact_constructor_declaration",
                ],
                types: &[
                    "class_declaration",
                    "interface_declaration",
                    "enum_declaration",
                    "record_declaration",
                    "annotation_type_declaration",
                ],
                wrappers: &["class_body", "interface_body", "enum_body", "enum_body_declarations"],
            },
            Self::C => Kinds {
                functions: &["function_definition"],
                types: &["struct_specifier", "enum_specifier", "union_specifier", "type_definition"],
                wrappers: &["preproc_ifdef", "preproc_if", "linkage_specification", "declaration_list"],
            },
            Self::Cpp => Kinds {
                functions: &["function_definition"],
                types: &["class_specifier", "struct_specifier", "enum_specifier", "concept_definition"],
                wrappers: &[
                    "template_declaration",
                    "namespace_definition",
                    "declaration_list",
                    "field_declaration_list",
                    "preproc_ifdef",
                    "preproc_if",
                    "linkage_specification",
                ],
            },
            Self::CSharp => Kinds {
                functions: &[
                    "method_declaration",
                    "constructor_declaration",
                    "local_function_statement",
                    "operator_declaration",
                ],
                types: &[
                    "class_declaration",
                    "interface_declaration",
                    "struct_declaration",
                    "record_declaration",
                    "enum_declaration",
                ],
                wrappers: &["namespace_declaration", "file_scoped_namespace_declaration", "declaration_list"],
            },
            Self::Ruby => Kinds {
                functions: &["method", "singleton_method"],
                types: &["class", "module", "singleton_class"],
                wrappers: &["body_statement"],
            },
            Self::Php => Kinds {
                functions: &["function_definition", "method_declaration"],
                types: &[
                    "class_declaration",
                    "interface_declaration",
                    "trait_declaration",
                    "enum_declaration",
                ],
                wrappers: &["namespace_definition", "compound_statement", "declaration_list"],
            },
        }
    }
}

/// How many bytes of a text its grammar could make nothing of.
fn faults(tree: &Tree) -> usize {
    let mut cursor = tree.walk();
    let mut sum = 0;
    loop {
        let node = cursor.node();
        if node.is_error() || node.is_missing() {
            sum += node.byte_range().len().max(1);
        } else if node.has_error() && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return sum;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_grammar_is_one_that_this_parser_reads() {
        for language in Language::ALL {
            assert!(language.parse("x = 1").is_some(), "{language:?}");
        }
    }

    #[test]
    fn a_text_shows_its_language() {
        for (text, language) in [
            ("pub fn area(r: f64) -> f64 { r * r }", Language::Rust),
            ("def area(r):\n    return r * r\n", Language::Python),
            ("function area(r) { return r === 0 ? 0 : r * r; }", Language::JavaScript),
            ("function f(a: string): number { return a.length }", Language::TypeScript),
            ("func area(r float64) float64 {\n\tx := r * r\n\treturn x\n}", Language::Go),
            ("#include <stdio.h>\nint main(void) { printf(\"x\"); }", Language::C),
            ("<?php function f() { echo $_GET['x']; }", Language::Php),
            ("def area(r)\n  puts r\nend\n", Language::Ruby),
        ] {
            assert_eq!(Language::guess(text), Some(language), "{text}");
        }
        assert_eq!(Language::guess("Dear Ada"), None);
    }
}
