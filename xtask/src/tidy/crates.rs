//! Who may depend on whom.

use regex::Regex;

use super::{Finding, tree::Tree};

/// The crates that each may depend on; the picture is in ARCHITECTURE.md.
const MAY_USE: &[(&str, &[&str])] = &[
    ("luna-model", &[]),
    ("luna-judge", &["luna-model"]),
    ("luna-builtin", &["luna-model"]),
    ("luna-code", &["luna-model"]),
    ("luna-store", &["luna-model"]),
    ("luna-core", &["luna-model", "luna-store", "luna-builtin", "luna-code"]),
    ("luna-shell", &["luna-model", "luna-core", "luna-judge"]),
    ("luna-llm", &["luna-model", "luna-core", "luna-builtin"]),
    ("luna-embed", &["luna-model", "luna-core"]),
    ("luna-voice", &["luna-model", "luna-core"]),
    ("luna-desktop-io", &["luna-model", "luna-core"]),
    ("luna-connect", &["luna-model", "luna-core"]),
    ("luna-commands", &["luna-model", "luna-core"]),
    ("luna-http", &["luna-model", "luna-core", "luna-commands"]),
    (
        "luna-app",
        &[
            "luna-model",
            "luna-store",
            "luna-core",
            "luna-judge",
            "luna-shell",
            "luna-llm",
            "luna-builtin",
            "luna-embed",
            "luna-voice",
            "luna-connect",
            "luna-desktop-io",
            "luna-commands",
            "luna-http",
        ],
    ),
    ("luna-cli", &["luna-model", "luna-core", "luna-judge", "luna-app"]),
    ("luna-desktop", &["luna-model", "luna-core", "luna-commands", "luna-app"]),
    ("luna-testkit", &["luna-model", "luna-store", "luna-core"]),
    // Measures the parts as well as the whole.
    ("xtask", &["luna-model", "luna-store", "luna-core", "luna-embed", "luna-testkit"]),
];

pub(super) fn direction(tree: &Tree) -> Vec<Finding> {
    let ours = |name: &str| name.starts_with("luna-");
    let mut findings = Vec::new();
    for member in &tree.crates {
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == member.name) else {
            let what = "is new; say in xtask/src/tidy/crates.rs and ARCHITECTURE.md what it may use";
            findings.push(Finding::new(&member.name, what));
            continue;
        };
        for used in member.dependencies.iter().filter(|used| ours(used) && !allowed.contains(&used.as_str()))
        {
            findings.push(Finding::new(&member.manifest, format!("{} must not use {used}", member.name)));
        }
    }
    findings
}

pub(super) fn lints(tree: &Tree) -> Vec<Finding> {
    let takes = |text: &str| text.contains("[lints]\nworkspace = true");
    let manifests = tree.crates.iter().filter_map(|member| tree.file(&member.manifest));
    manifests
        .filter(|file| !takes(&file.text))
        .map(|file| Finding::new(&file.path, "add [lints] with workspace = true"))
        .collect()
}

pub(super) fn tauri(tree: &Tree) -> Vec<Finding> {
    let mut findings = only(tree, "luna-desktop", |dependency| dependency.starts_with("tauri"));
    let names = expression(r"\btauri(_\w+)?::|\bAppHandle\b");
    for file in tree.rust().filter(|file| file.path.starts_with("crates/")) {
        if let Some(found) = names.find(&file.text) {
            findings.push(Finding::new(
                &file.path,
                format!("names {}; that belongs into src-tauri", found.as_str()),
            ));
        }
    }
    findings
}

pub(super) fn database(tree: &Tree) -> Vec<Finding> {
    let mut findings = only(tree, "luna-store", |dependency| dependency.contains("rusqlite"));
    let name = expression(r"\brusqlite\w*::");
    for file in tree.rust().filter(|file| file.crate_name().is_some_and(|name| name != "luna-store")) {
        if name.is_match(&file.text) {
            findings.push(Finding::new(&file.path, "names rusqlite; ask luna-store for a verb instead"));
        }
    }
    findings
}

/// Findings for every crate but one that depends on such a crate.
fn only(tree: &Tree, owner: &str, is_such: fn(&str) -> bool) -> Vec<Finding> {
    let others = tree.crates.iter().filter(|member| member.name != owner);
    let uses = others.flat_map(|member| member.dependencies.iter().map(move |used| (member, used)));
    uses.filter(|(_, used)| is_such(used))
        .map(|(member, used)| Finding::new(&member.manifest, format!("only {owner} may use {used}")))
        .collect()
}

/// A fixed expression; one that is wrong fails every test of this crate.
#[allow(clippy::expect_used, reason = "the expressions are literals of this crate")]
pub(super) fn expression(text: &str) -> Regex {
    Regex::new(text).expect("the expression is well formed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_upwards_is_found() {
        let tree = Tree::of(&[], &[("luna-core", &["luna-model", "luna-http", "serde"]), ("luna-new", &[])]);
        let places: Vec<_> = direction(&tree).into_iter().map(|f| f.place).collect();
        assert_eq!(places, ["crates/luna-core/Cargo.toml", "luna-new"]);
    }

    #[test]
    fn the_table_has_no_way_back_up() {
        for (at, (name, used)) in MAY_USE.iter().enumerate() {
            for used in *used {
                let place = MAY_USE.iter().position(|(other, _)| other == used).unwrap();
                assert!(place < at, "{name} uses {used}, which stands below it");
            }
        }
    }

    #[test]
    fn tauri_and_rusqlite_stay_behind_their_walls() {
        let files = [
            ("crates/luna-http/src/a.rs", "use tauri::AppHandle;"),
            ("crates/luna-http/src/b.rs", "// http://tauri.localhost and tauri://localhost are origins"),
            ("crates/luna-core/src/c.rs", "use rusqlite::Connection;"),
            ("crates/luna-store/src/d.rs", "use rusqlite::Connection;"),
            ("src-tauri/src/main.rs", "use tauri::AppHandle;"),
        ];
        let crates: &[(&str, &[&str])] = &[
            ("luna-app", &["tauri-plugin-shell"]),
            ("luna-desktop", &["tauri"]),
            ("luna-core", &["rusqlite"]),
        ];
        let tree = Tree::of(&files, crates);
        let places = |findings: Vec<Finding>| findings.into_iter().map(|f| f.place).collect::<Vec<_>>();
        assert_eq!(places(super::tauri(&tree)), ["crates/luna-app/Cargo.toml", "crates/luna-http/src/a.rs"]);
        assert_eq!(places(database(&tree)), ["crates/luna-core/Cargo.toml", "crates/luna-core/src/c.rs"]);
    }

    #[test]
    fn a_crate_without_the_lints_is_found() {
        let files = [
            ("crates/luna-core/Cargo.toml", "[package]\n"),
            ("crates/luna-model/Cargo.toml", "[package]\n\n[lints]\nworkspace = true\n"),
        ];
        let tree = Tree::of(&files, &[("luna-core", &[]), ("luna-model", &[])]);
        assert_eq!(lints(&tree).len(), 1);
    }
}
