//! A package's manifest: what it is, what lies in it, what it may do.

use luna_model::{Capabilities, Error, Result};
use serde_json::Value;

/// Longest id of a package: it names a folder.
const LONGEST_ID: usize = 64;

/// A manifest that was read and checked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Manifest {
    pub(crate) id: String,
    pub(crate) version: String,
    pub(crate) kind: Kind,
    /// What it may do.
    pub(crate) capabilities: Capabilities,
    /// As it was written.
    pub(crate) whole: Value,
}

/// What a package is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Instructions that the model reads.
    Skill,
    /// A program that brings messages.
    Channel,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Skill => "skill",
            Self::Channel => "channel",
        }
    }
}

impl Manifest {
    /// Reads one.
    ///
    /// # Errors
    /// `Invalid` when it is none, or of a kind that is not known.
    pub(crate) fn read(whole: Value) -> Result<Self> {
        let text = |name: &str| {
            let text = whole[name].as_str().map(str::trim).filter(|t| !t.is_empty() && t.len() <= 120);
            text.ok_or_else(|| Error::invalid(format!("the package's manifest has no {name}")))
        };
        let id = text("id")?.to_owned();
        check_id(&id)?;
        let kind = match whole.get("kind").and_then(Value::as_str) {
            None | Some("skill") => Kind::Skill,
            Some("channel") => Kind::Channel,
            Some(other) => {
                return Err(Error::invalid(format!("this Luna knows no packages of the kind {other:?}")));
            }
        };
        let version = text("version")?.to_owned();
        text("name")?;
        Ok(Self { id, version, kind, capabilities: capabilities(&whole), whole })
    }

    pub(crate) fn name(&self) -> String {
        self.whole["name"].as_str().unwrap_or(&self.id).trim().to_owned()
    }
}

/// Whether this can be the id of a package.
pub(super) fn check_id(id: &str) -> Result<()> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    let begins = id.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    if begins && id.len() <= LONGEST_ID && id.chars().all(fits) && !id.ends_with('.') {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "{id:?} is no id of a package: small letters, digits and hyphens, at most {LONGEST_ID}"
    )))
}

/// What a manifest says that its package may do. What it does not say, or says in another form, it may not.
#[must_use]
pub fn capabilities(manifest: &Value) -> Capabilities {
    read_capabilities(&manifest["capabilities"])
}

/// The same, from the part of a manifest that says it.
#[must_use]
pub fn read_capabilities(of: &Value) -> Capabilities {
    let texts = |list: &Value| -> Vec<String> {
        list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let files = &of["filesystem"];
    Capabilities {
        network: of["network"] == true,
        shell: of["shell"] == true,
        files: if files["enabled"] == true { texts(&files["paths"]) } else { vec![] },
        env: texts(&of["env"]),
        tools: texts(&of["tools"]),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_said_is_not_allowed() {
        let manifest = json!({ "capabilities": {
            "network": true,
            "shell": "yes",
            "filesystem": { "enabled": false, "paths": ["workspace"] },
            "tools": ["read_file", 3],
        }});
        let tools = vec!["read_file".to_owned()];
        assert_eq!(capabilities(&manifest), Capabilities { network: true, tools, ..Capabilities::default() });
        assert_eq!(capabilities(&json!({})), Capabilities::default());
    }

    #[test]
    fn an_id_names_a_folder_and_nothing_else() {
        for good in ["research", "resume-checker", "a.b_c", "7up"] {
            check_id(good).unwrap();
        }
        for bad in ["", ".", "..", "_x", "-x", "a/b", "a\\b", "A", "a.", "ä", "a b", &"a".repeat(65)] {
            check_id(bad).unwrap_err();
        }
        let manifest = |id: &str, kind: &str| json!({ "id": id, "name": "N", "version": "1", "kind": kind });
        assert_eq!(Manifest::read(manifest("a", "skill")).unwrap().kind, Kind::Skill);
        Manifest::read(manifest("a", "driver")).unwrap_err();
        Manifest::read(manifest("../a", "skill")).unwrap_err();
    }
}
