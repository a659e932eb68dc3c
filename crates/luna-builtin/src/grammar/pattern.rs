//! Patterns: how the grammar's lines are written, and how one is laid over an utterance.
//!
//! `word`, `(one|the other)`, `[perhaps]`, `<group>` (synonyms named in the grammar), `{slot}` or `{slot:kind}`. A pattern
//! has to account for every word of an utterance; only filler words may be left over. That keeps a sentence about deleting
//! files from deleting any.

use std::collections::HashMap;

use super::slot::Kind;

/// A number for each word the grammar knows.
#[derive(Default)]
pub(super) struct Vocabulary {
    ids: HashMap<String, u16>,
}

impl Vocabulary {
    pub(super) fn get(&self, word: &str) -> Option<u16> {
        self.ids.get(word).copied()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, u16)> {
        self.ids.iter().map(|(word, id)| (word.as_str(), *id))
    }

    fn intern(&mut self, word: &str) -> u16 {
        let next = u16::try_from(self.ids.len()).unwrap_or(u16::MAX);
        *self.ids.entry(word.to_owned()).or_insert(next)
    }
}

/// A compiled pattern.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Word(u16),
    Seq(Vec<Node>),
    Any(Vec<Node>),
    Perhaps(Box<Node>),
    Slot(u8, Kind),
}

impl Node {
    /// The words without which it fits nothing: of each set one.
    pub(super) fn needs(&self) -> Vec<Vec<u16>> {
        match self {
            Self::Word(id) => vec![vec![*id]],
            Self::Seq(parts) => parts.iter().flat_map(Self::needs).collect(),
            Self::Any(all) => {
                let first: Option<Vec<_>> = all.iter().map(|one| one.needs().into_iter().next()).collect();
                first.map(|sets| sets.concat()).into_iter().collect()
            }
            Self::Perhaps(_) | Self::Slot(..) => vec![],
        }
    }
}

/// Compiles patterns that share a vocabulary, groups and slot names.
#[derive(Default)]
pub(super) struct Compiler {
    pub(super) vocabulary: Vocabulary,
    pub(super) slots: Vec<String>,
    groups: HashMap<String, Node>,
}

impl Compiler {
    /// Names a group for `<name>`.
    pub(super) fn group(&mut self, name: &str, pattern: &str) -> Result<(), String> {
        let node = self.compile(pattern)?;
        self.groups.insert(name.to_owned(), node);
        Ok(())
    }

    /// A pattern, or what is wrong with it.
    pub(super) fn compile(&mut self, pattern: &str) -> Result<Node, String> {
        let mut rest = pattern;
        let node = self.alternatives(&mut rest).map_err(|why| format!("{why} in pattern: {pattern}"))?;
        if !rest.is_empty() {
            return Err(format!("a stray {rest:?} in pattern: {pattern}"));
        }
        Ok(node)
    }

    fn alternatives(&mut self, rest: &mut &str) -> Result<Node, String> {
        let mut all = vec![self.sequence(rest)?];
        while let Some(after) = rest.strip_prefix('|') {
            *rest = after;
            all.push(self.sequence(rest)?);
        }
        Ok(if all.len() == 1 { all.swap_remove(0) } else { Node::Any(all) })
    }

    fn sequence(&mut self, rest: &mut &str) -> Result<Node, String> {
        let mut parts = Vec::new();
        loop {
            *rest = rest.trim_start();
            let Some(first) = rest.chars().next() else { break };
            match first {
                '|' | ')' | ']' => break,
                '(' => parts.push(self.enclosed(rest, ')')?),
                '[' => parts.push(Node::Perhaps(Box::new(self.enclosed(rest, ']')?))),
                '<' => {
                    let name = bracketed(rest, '>')?;
                    parts.push(self.groups.get(name).cloned().ok_or_else(|| format!("no group <{name}>"))?);
                }
                '{' => {
                    let slot = bracketed(rest, '}')?;
                    let (name, kind) = slot.split_once(':').unwrap_or((slot, slot));
                    let kind = Kind::from_name(kind).ok_or_else(|| format!("no slot kind {kind}"))?;
                    parts.push(Node::Slot(self.slot(name), kind));
                }
                _ => {
                    let end = rest.find([' ', '|', ')', ']', '(', '[']).unwrap_or(rest.len());
                    parts.push(Node::Word(self.vocabulary.intern(&rest[..end])));
                    *rest = &rest[end..];
                }
            }
        }
        if parts.is_empty() { Err("nothing".to_owned()) } else { Ok(Node::Seq(parts)) }
    }

    fn enclosed(&mut self, rest: &mut &str, close: char) -> Result<Node, String> {
        *rest = &rest[1..];
        let node = self.alternatives(rest)?;
        *rest = rest.strip_prefix(close).ok_or_else(|| format!("no {close}"))?;
        Ok(node)
    }

    fn slot(&mut self, name: &str) -> u8 {
        let at = self.slots.iter().position(|known| known == name).unwrap_or_else(|| {
            self.slots.push(name.to_owned());
            self.slots.len() - 1
        });
        u8::try_from(at).unwrap_or(u8::MAX)
    }
}

fn bracketed<'p>(rest: &mut &'p str, close: char) -> Result<&'p str, String> {
    let (inside, after) = rest[1..].split_once(close).ok_or_else(|| format!("no {close}"))?;
    *rest = after;
    Ok(inside)
}
