//! Paths by what losing them means: the root folder, homes, system trees, disks. Purely by name; looks at no disk.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::word::fits;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Places {
    trees: Vec<String>,
    homes: Vec<String>,
    critical: Vec<String>,
    disks: Vec<String>,
    nowhere: Vec<String>,
    scratch: Vec<String>,
    system: Vec<String>,
    startup: Vec<String>,
}

static PLACES: LazyLock<Places> =
    LazyLock::new(|| toml::from_str(include_str!("../data/places.toml")).unwrap_or_default());

/// What a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// Anything else outside home.
    Elsewhere,
    /// In the home folder.
    Inside,
    /// Output that goes nowhere.
    Nowhere,
    /// Temporary files.
    Scratch,
    /// A file of the system.
    System,
    /// A file that is run at login, or holds keys.
    Startup,
    /// A file the machine cannot do without.
    Critical,
    /// A home folder as a whole.
    Home,
    /// A system folder as a whole.
    Tree,
    /// A disk.
    Disk,
    /// The root folder.
    Root,
}

/// A path made absolute and normal by its text: `/a/./b//../c` → `/a/c`. With no folder to stand in, it stays relative.
pub(crate) fn normal(folder: &str, path: &str) -> String {
    let absolute = path.starts_with('/') || !folder.is_empty();
    let base = if path.starts_with('/') { "" } else { folder };
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|p| *p != "..") => {
                parts.pop();
            }
            ".." if absolute => {}
            part => parts.push(part),
        }
    }
    match absolute {
        true => format!("/{}", parts.join("/")),
        false => parts.join("/"),
    }
}

/// What an absolute normal path is; with `glob`, its components are patterns, and the worst that they may name counts.
/// `/etc/*` is `/etc` as a whole.
pub(crate) fn place(path: &str, glob: bool, home: &str) -> Place {
    let whole = everything_in(path, glob);
    let path = whole.unwrap_or(path);
    let path = if path.is_empty() { "/" } else { path };
    if path == "/" {
        return Place::Root;
    }
    let is = |list: &[String]| list.iter().any(|pattern| below(pattern, path, glob));
    let parent_of_home = home.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
    if is(&PLACES.disks) {
        Place::Disk
    } else if is(&PLACES.nowhere) {
        Place::Nowhere
    } else if is(&PLACES.trees) || parent_of_home {
        Place::Tree
    } else if path == home || is(&PLACES.homes) || glob && below(home, path, true) {
        Place::Home
    } else if is(&PLACES.critical) {
        Place::Critical
    } else if let Some(inside) = inside_home(path, home) {
        let startup = PLACES.startup.iter().any(|pattern| below(pattern, inside, glob));
        if startup && (whole.is_none() || !inside.contains('*')) { Place::Startup } else { Place::Inside }
    } else if is(&PLACES.scratch) {
        Place::Scratch
    } else if is(&PLACES.system) {
        Place::System
    } else {
        Place::Elsewhere
    }
}

/// The folder all of whose content a pattern takes: `/etc/*` → `/etc`, `~/.*` → `~`, `/etc/{.,}*`.
fn everything_in(path: &str, glob: bool) -> Option<&str> {
    let mut path = path;
    let mut found = None;
    while let Some((folder, last)) = path.rsplit_once('/').filter(|_| glob) {
        let all = matches!(last, "*" | ".*" | "**" | "[!.]*" | ".[!.]*" | "?*" | "*.*" | ".??*" | "*?");
        if !all {
            break;
        }
        found = Some(folder);
        path = folder;
    }
    found
}

fn inside_home<'p>(path: &'p str, home: &str) -> Option<&'p str> {
    if let Some(rest) = path.strip_prefix(home).and_then(|rest| rest.strip_prefix('/')) {
        return Some(rest);
    }
    let parts = if path.starts_with("/root/") { 2 } else { 3 };
    let at = path.match_indices('/').nth(parts - 1)?.0;
    PLACES.homes.iter().any(|h| below(h, &path[..at], false)).then(|| &path[at + 1..])
}

/// Whether a place's pattern holds a path, component by component; where the path is itself a pattern, either may fit.
fn below(pattern: &str, path: &str, glob: bool) -> bool {
    let mut names = path.split('/');
    let mut patterns = pattern.split('/');
    loop {
        match (patterns.next(), names.next()) {
            (Some("**"), Some(_)) => return true,
            (Some(p), Some(n)) if fits(p, n) || glob && fits(n, p) => {}
            (None, None) => return true,
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        assert!(toml::from_str::<Places>(include_str!("../data/places.toml")).is_ok());
    }

    #[test]
    fn paths_become_normal() {
        assert_eq!(normal("/home/u", "../../etc/./x//"), "/etc/x");
        assert_eq!(normal("/home/u", "/../.."), "/");
        assert_eq!(normal("", "a/../.."), "..");
    }

    #[test]
    fn places_are_told_apart() {
        let home = "/home/u";
        for (path, glob, wanted) in [
            ("/", false, Place::Root),
            ("/*", true, Place::Root),
            ("/etc/*", true, Place::Tree),
            ("/e*", true, Place::Tree),
            ("/home/u", false, Place::Home),
            ("/home/u/*", true, Place::Home),
            ("/home/other", false, Place::Home),
            ("/home", false, Place::Tree),
            ("/home/u/build", false, Place::Inside),
            ("/home/u/.ssh/config", false, Place::Startup),
            ("/etc/passwd", false, Place::Critical),
            ("/etc/hosts", false, Place::System),
            ("/dev/sda1", false, Place::Disk),
            ("/dev/null", false, Place::Nowhere),
            ("/tmp/x", false, Place::Scratch),
            ("/data/x", false, Place::Elsewhere),
        ] {
            assert_eq!(place(path, glob, home), wanted, "{path}");
        }
    }
}
