//! What a command has set up so far: variables, functions, aliases and the folder it stands in.

use std::collections::HashMap;

/// A variable: each of its possible values is a list of elements (one, for a plain variable).
#[derive(Clone, Debug, Default)]
pub(crate) struct Value {
    pub(crate) choices: Vec<Vec<String>>,
    /// It may also hold something unknown.
    pub(crate) opaque: bool,
    /// It may hold something from the network.
    pub(crate) remote: bool,
}

impl Value {
    pub(crate) fn one(text: impl Into<String>) -> Self {
        Self { choices: vec![vec![text.into()]], ..Self::default() }
    }

    pub(crate) fn list(elements: Vec<String>) -> Self {
        Self { choices: vec![elements], ..Self::default() }
    }

    pub(crate) fn any_of(values: impl IntoIterator<Item = String>) -> Self {
        Self { choices: values.into_iter().map(|v| vec![v]).collect(), ..Self::default() }
    }

    pub(crate) fn unknown() -> Self {
        Self { opaque: true, ..Self::default() }
    }
}

/// Most possible values of a variable, and most folders a command may stand in, that are told apart.
const MOST_CHOICES: usize = 64;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    pub(crate) variables: HashMap<String, Value>,
    pub(crate) functions: HashMap<String, String>,
    pub(crate) aliases: HashMap<String, String>,
    /// The folders it may stand in; empty = unknown.
    pub(crate) folders: Vec<String>,
}

impl Scope {
    /// Sets a variable; `maybe`: the assignment may not happen, so the values it had stay possible.
    pub(crate) fn set(&mut self, name: &str, value: Value, maybe: bool) {
        match self.variables.get_mut(name).filter(|_| maybe) {
            Some(old) => {
                for choice in value.choices {
                    if !old.choices.contains(&choice) {
                        old.choices.push(choice);
                    }
                }
                old.opaque |= value.opaque || old.choices.len() > MOST_CHOICES;
                old.remote |= value.remote;
                old.choices.truncate(MOST_CHOICES);
            }
            None => {
                self.variables.insert(name.to_owned(), value);
            }
        }
    }

    /// Changes the folder; `None`: to somewhere unknown.
    pub(crate) fn go(&mut self, to: Option<Vec<String>>, maybe: bool) {
        match to {
            None => self.folders.clear(),
            Some(to) if !maybe || self.folders.is_empty() => self.folders = to,
            Some(to) => {
                for folder in to {
                    if !self.folders.contains(&folder) && self.folders.len() < MOST_CHOICES {
                        self.folders.push(folder);
                    }
                }
            }
        }
    }
}
