//! Assignments to variables, and the variables that decide what other programs run.

use luna_model::Risk;
use tree_sitter::Node;

use crate::reader::{Reader, slice};
use crate::scope::Value;
use crate::statements::MOST_PICKS;

impl Reader<'_> {
    /// Assignments and `export`, `declare`, `local`, `readonly`, `unset`.
    pub(crate) fn declare(&mut self, node: Node<'_>, text: &str) {
        let mut cursor = node.walk();
        if node.kind() == "variable_assignment" {
            return self.assign(node, text, true);
        }
        for child in node.named_children(&mut cursor) {
            match child.kind() {
                "variable_assignment" => self.assign(child, text, true),
                "variable_name" if node.kind() == "unset_command" => {
                    self.set(slice(child, text), Value::one(""))
                }
                "variable_name" | "word" | "number" => {}
                _ => {
                    for word in self.words(slice(child, text)) {
                        if let Some((name, value)) = word.text.split_once('=') {
                            let value =
                                Value { opaque: word.opaque, remote: word.remote, ..Value::one(value) };
                            self.set(name, value);
                        }
                    }
                }
            }
        }
    }

    /// One assignment; unless it `stays`, it is only for the command behind it.
    pub(crate) fn assign(&mut self, node: Node<'_>, text: &str, stays: bool) {
        let Some(name) = node.child_by_field_name("name") else { return };
        let name = slice(name, text).split('[').next().unwrap_or_default().to_owned();
        let value_node = node.child_by_field_name("value");
        let raw = value_node.map_or("", |v| slice(v, text));
        let value = if value_node.is_some_and(|v| v.kind() == "array") {
            let mut words = Vec::new();
            if let Some(array) = value_node {
                let mut cursor = array.walk();
                for element in array.named_children(&mut cursor) {
                    words.extend(self.words(slice(element, text)));
                }
            }
            let (opaque, remote) = (words.iter().any(|w| w.opaque), words.iter().any(|w| w.remote));
            Value { opaque, remote, ..Value::list(words.into_iter().map(|w| w.text).collect()) }
        } else {
            self.seen.clear();
            let first = self.one_word(raw);
            let picks: usize = self.seen.iter().map(|(_, n)| n).product::<usize>().min(MOST_PICKS);
            let (opaque, remote) = (first.opaque, first.remote);
            let mut texts = vec![first.text];
            for pick in 1..picks.max(1) {
                self.pick = pick;
                texts.push(self.one_word(raw).text);
            }
            self.pick = 0;
            match slice(node, text).contains("+=") {
                true => self.appended(&name, &texts, opaque, remote),
                false => Value { opaque, remote, ..Value::any_of(texts) },
            }
        };
        for choice in &value.choices {
            self.variable_set(&name, &choice.join(" "), slice(node, text));
        }
        if stays {
            self.set(&name, value);
        }
    }

    pub(crate) fn appended(&self, name: &str, texts: &[String], opaque: bool, remote: bool) -> Value {
        let old = self.scope.variables.get(name).cloned().unwrap_or_else(|| Value::one(""));
        let first = |c: &Vec<String>| c.first().cloned().unwrap_or_default();
        let joined = old.choices.iter().flat_map(|c| texts.iter().map(move |t| first(c) + t));
        Value {
            opaque: opaque || old.opaque,
            remote: remote || old.remote,
            ..Value::any_of(joined.take(MOST_PICKS))
        }
    }

    /// A variable is set that changes what other programs run.
    pub(crate) fn variable_set(&mut self, name: &str, value: &str, words: &str) {
        const LOADS: [&str; 14] = [
            "LD_PRELOAD",
            "LD_LIBRARY_PATH",
            "LD_AUDIT",
            "DYLD_INSERT_LIBRARIES",
            "BASH_ENV",
            "ENV",
            "PYTHONSTARTUP",
            "PERL5OPT",
            "RUBYOPT",
            "NODE_OPTIONS",
            "PYTHONPATH",
            "PERL5LIB",
            "GCONV_PATH",
            "SHELLOPTS",
        ];
        const RUNS: [&str; 16] = [
            "PAGER",
            "GIT_PAGER",
            "MANPAGER",
            "EDITOR",
            "VISUAL",
            "GIT_EDITOR",
            "GIT_SSH_COMMAND",
            "GIT_EXTERNAL_DIFF",
            "PROMPT_COMMAND",
            "LESSOPEN",
            "BROWSER",
            "GIT_ASKPASS",
            "SUDO_ASKPASS",
            "GIT_SEQUENCE_EDITOR",
            "GIT_PROXY_COMMAND",
            "RUSTC_WRAPPER",
        ];
        if RUNS.contains(&name) {
            self.found.lasting = true;
            self.found.say(Risk::Moderate, false, words, format!("{name} decides what other programs run"));
            self.perhaps(|r| r.inner_script(value));
        } else if LOADS.contains(&name) || name.starts_with("BASH_FUNC_") {
            self.found.lasting = true;
            self.found.say(Risk::Dangerous, false, words, format!("{name} loads code into other programs"));
        } else if name == "PATH" && value.split(':').any(|p| !p.starts_with(['/', '$', '~'])) {
            self.found.lasting = true;
            self.found.say(Risk::Dangerous, false, words, "lets programs be found in the current folder");
        }
    }
}
