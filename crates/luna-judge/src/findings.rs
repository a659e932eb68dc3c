//! What reading a command found, and the verdict made of it.

use luna_model::{Reason, Risk, Verdict};

use crate::word::Word;

/// What happens to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Delete,
    Write,
    Append,
    MoveAway,
}

/// A path that a command changes.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    /// Absolute and normal; a trailing part may be a glob pattern.
    pub(crate) path: String,
}

impl Change {
    /// What has to be kept to undo it: the path, or the folder in which its pattern chooses.
    pub(crate) fn kept(&self) -> &str {
        match self.path.find(['*', '?', '[', '…', '$', '`']) {
            Some(at) => self.path[..at].rsplit_once('/').map_or("", |(folder, _)| folder),
            None => &self.path,
        }
    }
}

/// A simple command as it was found, for the explanation.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) words: String,
    pub(crate) does: String,
}

/// Collects everything while a command is read.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) reasons: Vec<Reason>,
    pub(crate) programs: Vec<Vec<String>>,
    pub(crate) parts: Vec<Part>,
    pub(crate) changes: Vec<Change>,
    pub(crate) opaque: bool,
    /// Something changes that is not a file which can be kept first.
    pub(crate) lasting: bool,
}

/// Words shown in a reason are cut here (characters).
const LONGEST_WORDS: usize = 120;

impl Findings {
    pub(crate) fn say(&mut self, risk: Risk, blocks: bool, words: &str, why: impl Into<String>) {
        let reason = Reason { risk, blocks, words: shorten(words), why: why.into() };
        if risk > Risk::Safe && !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }

    pub(crate) fn block(&mut self, words: &str, why: impl Into<String>) {
        self.say(Risk::Dangerous, true, words, why);
    }

    pub(crate) fn blocked(&self) -> bool {
        self.reasons.iter().any(|r| r.blocks)
    }

    pub(crate) fn program(&mut self, words: &[Word]) {
        self.opaque |= words.iter().any(|w| w.opaque);
        let words: Vec<String> = words.iter().map(|w| w.text.clone()).collect();
        if !self.programs.contains(&words) {
            self.programs.push(words);
        }
    }

    pub(crate) fn verdict(mut self) -> Verdict {
        self.reasons.sort_by_key(|r| std::cmp::Reverse((r.blocks, r.risk)));
        let risk = self.reasons.first().map_or(Risk::Safe, |r| r.risk);
        let blocked = self.blocked();
        Verdict {
            risk,
            blocked,
            reasons: self.reasons,
            programs: self.programs,
            opaque: self.opaque,
            reversible: !self.opaque && !blocked && !self.lasting,
        }
    }
}

pub(crate) fn shorten(words: &str) -> String {
    let words = words.trim();
    match words.char_indices().nth(LONGEST_WORDS) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words.to_owned(),
    }
}
