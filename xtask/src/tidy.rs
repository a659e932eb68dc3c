//! Holds the walls of the house. Each check is a name, a rule in words and a function from the tree to findings; all run
//! by `cargo xtask tidy` and among the tests.

mod crates;
mod routes;
mod text;
mod tree;

use std::{fmt, path::Path};

use anyhow::{Result, bail};

use tree::Tree;

/// Something that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    /// The file, or the crate.
    place: String,
    /// What is wrong, and what to do.
    what: String,
}

impl Finding {
    fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

struct Check {
    name: &'static str,
    rule: &'static str,
    find: fn(&Tree) -> Vec<Finding>,
}

const CHECKS: &[Check] = &[
    Check { name: "direction", rule: "crates depend on each other only downwards", find: crates::direction },
    Check { name: "lints", rule: "every crate takes the workspace's lints", find: crates::lints },
    Check { name: "tauri", rule: "only src-tauri knows tauri", find: crates::tauri },
    Check { name: "database", rule: "only luna-store knows rusqlite", find: crates::database },
    Check { name: "dialects", rule: "below luna-http nothing knows a dialect", find: text::dialects },
    Check { name: "openings", rule: "every Rust file opens with //! lines", find: text::openings },
    Check { name: "length", rule: "a file has one subject, so at most 500 lines", find: text::length },
    Check { name: "names", rule: "files are named for concepts of the field", find: text::names },
    Check { name: "machine", rule: "no path of one machine is in the tree", find: text::machine },
    Check { name: "routes", rule: "every route stands in docs/wire", find: routes::documented },
];

/// Runs every check and says what it found.
pub(crate) fn run(root: &Path) -> Result<()> {
    let tree = Tree::read(root)?;
    let mut broken = 0;
    for check in CHECKS {
        let findings = (check.find)(&tree);
        let mark = if findings.is_empty() { "ok  " } else { "FELL" };
        println!("{mark}  {:<10} {}", check.name, check.rule);
        findings.iter().for_each(|finding| println!("        {finding}"));
        broken += findings.len();
    }
    if broken > 0 {
        bail!("{broken} findings");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_tidy() {
        let tree = Tree::read(&crate::root()).unwrap();
        let found: Vec<_> = CHECKS
            .iter()
            .flat_map(|check| {
                (check.find)(&tree).into_iter().map(|finding| format!("{}: {finding}", check.name))
            })
            .collect();
        assert!(found.is_empty(), "\n{}", found.join("\n"));
    }
}
