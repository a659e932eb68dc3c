//! Packages: what is taken in from elsewhere, and what it may do here.

use serde::{Deserialize, Serialize};

/// What a package may do. What is not in it, it may not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Capabilities {
    /// Reach other machines.
    pub network: bool,
    /// Run commands.
    pub shell: bool,
    /// Folders whose files it may touch.
    pub files: Vec<String>,
    /// Variables of the environment that it may read.
    pub env: Vec<String>,
    /// Tools that it may call.
    pub tools: Vec<String>,
}

impl Capabilities {
    /// What of these is not among those.
    #[must_use]
    pub fn beyond(&self, allowed: &Self) -> Self {
        let without = |wanted: &[String], known: &[String]| -> Vec<String> {
            wanted.iter().filter(|name| !known.contains(name)).cloned().collect()
        };
        Self {
            network: self.network && !allowed.network,
            shell: self.shell && !allowed.shell,
            files: without(&self.files, &allowed.files),
            env: without(&self.env, &allowed.env),
            tools: without(&self.tools, &allowed.tools),
        }
    }

    /// Whether nothing may be done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// All of it in words, the most far-reaching first; empty when there is nothing.
    #[must_use]
    pub fn words(&self) -> String {
        let named = |what: &str, names: &[String]| {
            (!names.is_empty()).then(|| format!("{what} {}", names.join(", ")))
        };
        let all = [
            self.shell.then(|| "run commands".to_owned()),
            self.network.then(|| "reach the network".to_owned()),
            named("read and write files in", &self.files),
            named("read the variables", &self.env),
            named("use the tools", &self.tools),
        ];
        all.into_iter().flatten().collect::<Vec<_>>().join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_new_is_beyond() {
        let names = |all: &[&str]| all.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let old = Capabilities { tools: names(&["recall"]), network: true, ..Capabilities::default() };
        let new =
            Capabilities { tools: names(&["recall", "vision"]), network: true, ..Capabilities::default() };
        assert_eq!(new.beyond(&old), Capabilities { tools: names(&["vision"]), ..Capabilities::default() });
        assert!(old.beyond(&new).is_empty());
        assert_eq!(new.words(), "reach the network; use the tools recall, vision");
    }
}
