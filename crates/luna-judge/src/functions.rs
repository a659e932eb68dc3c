//! Functions that a command defines: their bodies, their calls, and whether they multiply without end.

use std::collections::{HashMap, HashSet};

use tree_sitter::Node;

use crate::flow::Flow;
use crate::reader::{Reader, slice};
use crate::scope::Value;
use crate::word::Word;

impl Reader<'_> {
    pub(crate) fn function(&mut self, node: Node<'_>, text: &str) -> Flow {
        let name = node.child_by_field_name("name").map(|n| slice(n, text).to_owned()).unwrap_or_default();
        let Some(body) = node.child_by_field_name("body") else { return Flow::None };
        let (scope, maybe) = (self.scope.clone(), self.maybe);
        self.calling.push(name.clone());
        self.note_spawns(body, text, false);
        // Its arguments come later: read it now with unknown ones, and again at each call.
        for parameter in ["@", "1", "2", "3"] {
            self.scope.set(parameter, Value::unknown(), false);
        }
        self.perhaps(|r| r.statement(body, text, false));
        self.calling.pop();
        (self.scope, self.maybe) = (scope, maybe);
        self.scope.functions.insert(name, slice(body, text).to_owned());
        Flow::None
    }

    /// Calls a function that the command defines.
    pub(crate) fn call(&mut self, name: &str, body: &str, arguments: &[Word]) -> Flow {
        if self.calling.iter().any(|c| c == name) {
            return Flow::Unknown;
        }
        self.calling.push(name.to_owned());
        let saved: Vec<(String, Option<Value>)> = self
            .arguments(arguments)
            .into_iter()
            .map(|n| (n.clone(), self.scope.variables.get(&n).cloned()))
            .collect();
        self.bind(arguments);
        let flow = self.script(body);
        for (name, value) in saved {
            match value {
                Some(value) => self.scope.variables.insert(name, value),
                None => self.scope.variables.remove(&name),
            };
        }
        self.calling.pop();
        flow
    }

    pub(crate) fn arguments(&self, arguments: &[Word]) -> Vec<String> {
        (1..=arguments.len().min(9)).map(|i| i.to_string()).chain(["@".to_owned()]).collect()
    }

    /// Sets `$1`, `$2` … and `$@`.
    pub(crate) fn bind(&mut self, arguments: &[Word]) {
        let opaque = arguments.iter().any(|a| a.opaque);
        for (i, argument) in arguments.iter().take(9).enumerate() {
            let value = Value {
                opaque: argument.opaque,
                remote: argument.remote,
                ..Value::one(argument.text.clone())
            };
            self.scope.set(&(i + 1).to_string(), value, false);
        }
        let all = Value { opaque, ..Value::list(arguments.iter().map(|a| a.text.clone()).collect()) };
        self.scope.set("@", all, false);
    }

    /// Notes which functions start which, to find the ones that multiply without end.
    pub(crate) fn note_spawns(&mut self, node: Node<'_>, text: &str, spawning: bool) {
        let Some(caller) = self.calling.last().cloned().or_else(|| spawning.then(|| "$0".to_owned())) else {
            return;
        };
        let mut open = vec![node];
        while let Some(next) = open.pop() {
            if next.kind() == "command_name" {
                let callee =
                    slice(next, text).trim_matches(['"', '\'']).replace('\\', "").replace("${0}", "$0");
                if callee == caller
                    || self.calling.contains(&callee)
                    || callee != "$0" && self.calling.len() == 1
                {
                    self.spawns.push((caller.clone(), callee, spawning));
                }
                continue;
            }
            let mut cursor = next.walk();
            open.extend(next.named_children(&mut cursor));
        }
    }

    /// Whether some function starts itself, on whatever way, in a pipe or in the background.
    pub(crate) fn multiplies(&self) -> Option<&str> {
        let mut next: HashMap<&str, Vec<(&str, bool)>> = HashMap::new();
        for (caller, callee, spawning) in &self.spawns {
            next.entry(caller).or_default().push((callee, *spawning));
        }
        self.spawns.iter().filter(|(_, _, spawning)| *spawning).find_map(|(caller, callee, _)| {
            let (mut open, mut done) = (vec![callee.as_str()], HashSet::new());
            while let Some(at) = open.pop() {
                if at == caller {
                    return Some(caller.as_str());
                }
                if done.insert(at) {
                    open.extend(next.get(at).into_iter().flatten().map(|(to, _)| *to));
                }
            }
            None
        })
    }
}
