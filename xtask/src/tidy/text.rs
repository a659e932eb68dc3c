//! What the text of files must and must not hold.

use super::{
    Finding,
    crates::expression,
    tree::{File, Tree},
};

/// Lines a file may have, its tests not counted.
const LONGEST: usize = 500;

/// Files that may be longer, each with the reason. Only flat tables have one.
const LONG: &[(&str, &str)] = &[
    ("ui/src/i18n/de.ts", "a flat table: the interface's words in German"),
    ("ui/src/i18n/en.ts", "a flat table: the interface's words in English"),
];

/// Crates in which a dialect may be named: the one that speaks them, and those that start it, measure it or test it.
const MAY_NAME_DIALECTS: &[&str] = &["luna-http", "luna-app", "luna-cli", "luna-testkit"];

/// Names that say nothing about the field.
const EMPTY_NAMES: &[&str] = &[
    "util", "utils", "helper", "helpers", "manager", "service", "services", "common", "misc", "shared",
    "base",
];

pub(super) fn dialects(tree: &Tree) -> Vec<Finding> {
    let names = expression(r"(?i)\b(open)?motoko|\blumen(_|\b)|\bluna_?os\b|\bexecutor_(api|dialect|wire)\b");
    let below = |file: &&File| file.crate_name().is_some_and(|name| !MAY_NAME_DIALECTS.contains(&name));
    let mut findings = Vec::new();
    for file in tree.rust().filter(below) {
        if let Some(found) = names.find(&file.text) {
            let what = format!("names {:?}; the core's words must not be one dialect's", found.as_str());
            findings.push(Finding::new(&file.path, what));
        }
    }
    findings
}

pub(super) fn openings(tree: &Tree) -> Vec<Finding> {
    let opens = |file: &File| {
        let first = file.text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        first.strip_prefix("//!").is_some_and(|words| words.trim().len() > 10)
    };
    tree.rust()
        .filter(|file| !opens(file))
        .map(|file| Finding::new(&file.path, "open it with //! lines: what it owns, what it must not know"))
        .collect()
}

pub(super) fn length(tree: &Tree) -> Vec<Finding> {
    too_long(tree, LONG)
}

fn too_long(tree: &Tree, may_be: &[(&str, &str)]) -> Vec<Finding> {
    let counted = |file: &&File| {
        let code = [".rs", ".ts", ".svelte", ".mjs"].iter().any(|end| file.path.ends_with(end));
        code && !file.is_test() && !file.path.starts_with("ui/src/wire/")
    };
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(counted) {
        let lines = lines_before_tests(&file.text);
        let excused = may_be.iter().any(|(path, _)| *path == file.path);
        match (lines > LONGEST, excused) {
            (true, false) => {
                findings.push(Finding::new(&file.path, format!("{lines} lines: which two files is it?")))
            }
            (false, true) => {
                findings.push(Finding::new(&file.path, "is short again: take it off the list in text.rs"))
            }
            _ => {}
        }
    }
    let gone = may_be.iter().filter(|(path, _)| tree.file(path).is_none());
    findings.extend(gone.map(|(path, _)| Finding::new(*path, "is gone: take it off the list in text.rs")));
    findings
}

fn lines_before_tests(text: &str) -> usize {
    let tests = text.find("\n#[cfg(test)]\nmod ").or_else(|| text.find("\n#[cfg(test)]\n#[path"));
    tests.map_or(text, |at| &text[..at]).lines().count()
}

pub(super) fn names(tree: &Tree) -> Vec<Finding> {
    // `tests/common/` is cargo's own word for what test programs share.
    let code = tree
        .files
        .iter()
        .filter(|file| !file.is_test() && (file.is_rust() || file.path.starts_with("ui/src/")));
    code.filter(|file| {
        let mut parts = file.path.split(['/', '.']);
        parts.any(|part| EMPTY_NAMES.contains(&part))
    })
    .map(|file| Finding::new(&file.path, "name it for what it holds"))
    .collect()
}

pub(super) fn machine(tree: &Tree) -> Vec<Finding> {
    let home = std::env::home_dir();
    let places = home.as_deref().into_iter().chain(tree.root.parent()).chain([tree.root.as_path()]);
    // These are on every machine, and the judge of commands must name them.
    const EVERYWHERE: [&str; 9] = ["/", "/tmp", "/root", "/home", "/usr", "/opt", "/var", "/srv", "/mnt"];
    let own = places.filter(|place| !EVERYWHERE.iter().any(|shared| *place == std::path::Path::new(shared)));
    let places: Vec<_> = own.map(|place| format!("{}/", place.display())).collect();
    let mut findings = Vec::new();
    for file in &tree.files {
        if let Some(place) = places.iter().find(|place| names_place(&file.text, place)) {
            findings.push(Finding::new(&file.path, format!("names {place}, which is on this machine only")));
        }
    }
    findings
}

/// Whether a text holds this path from its start; `/a/b/` is not in `/x/a/b/`.
fn names_place(text: &str, place: &str) -> bool {
    let within = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '~' | '}' | '*');
    text.match_indices(place).any(|(at, _)| !text[..at].ends_with(within))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(findings: Vec<Finding>) -> Vec<String> {
        findings.into_iter().map(|finding| finding.place).collect()
    }

    #[test]
    fn a_dialect_below_http_is_found() {
        let tree = Tree::of(
            &[
                ("crates/luna-core/src/a.rs", "/// As LunaOS wants it."),
                ("crates/luna-core/src/b.rs", "fn lumen_reply() {}"),
                ("crates/luna-core/src/c.rs", "an executor of tasks, a luna on an OS, illumened"),
                ("crates/luna-http/src/dialects/lumen/mod.rs", "mod lumen;"),
            ],
            &[],
        );
        assert_eq!(places(dialects(&tree)), ["crates/luna-core/src/a.rs", "crates/luna-core/src/b.rs"]);
    }

    #[test]
    fn a_file_without_an_opening_is_found() {
        let tree = Tree::of(
            &[
                ("a.rs", "//! What it owns.\n"),
                ("b.rs", "use x;\n"),
                ("c.rs", "//!\n"),
                ("d.rs", ""),
                ("e.ts", ""),
            ],
            &[],
        );
        assert_eq!(places(openings(&tree)), ["b.rs", "c.rs", "d.rs"]);
    }

    #[test]
    fn a_long_file_is_found_its_tests_not_counted() {
        let long = "x\n".repeat(501);
        let with_tests = format!("{}\n#[cfg(test)]\nmod tests {{\n{long}", "x\n".repeat(400));
        let tree = Tree::of(
            &[
                ("a.rs", &long),
                ("b.rs", &with_tests),
                ("crates/luna-core/tests/c.rs", &long),
                ("ui/src/wire/d.ts", &long),
                ("ui/src/e.svelte", &long),
                ("docs/f.md", &long),
            ],
            &[],
        );
        assert_eq!(places(too_long(&tree, &[])), ["a.rs", "ui/src/e.svelte"]);
        let excused = [("a.rs", "a table"), ("b.rs", "was a table"), ("gone.rs", "a table")];
        assert_eq!(places(too_long(&tree, &excused)), ["b.rs", "ui/src/e.svelte", "gone.rs"]);
    }

    #[test]
    fn an_empty_name_is_found() {
        let files =
            ["crates/luna-core/src/utils.rs", "ui/src/helpers/a.ts", "crates/luna-core/src/memory.rs"];
        let tree = Tree::of(&files.map(|path| (path, "")), &[]);
        assert_eq!(places(names(&tree)), [files[0], files[1]]);
    }

    #[test]
    fn a_path_of_this_machine_is_found() {
        let tree = Tree::of(
            &[
                ("a.md", "see /somewhere/luna/docs"),
                ("b.md", "see /somewhere/shared"),
                ("c.md", "see x/somewhere/luna, ~/somewhere/luna and /elsewhere/luna"),
            ],
            &[],
        );
        assert_eq!(places(machine(&tree)), ["a.md", "b.md"]);
    }
}
