//! A place among the words of a phrase, and how to move on from it.

use crate::words::Word;

/// A place among the words.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'w> {
    pub(super) words: &'w [Word],
    pub(super) at: usize,
}

impl<'w> Cursor<'w> {
    pub(super) fn norm(&self, ahead: usize) -> &'w str {
        self.words.get(self.at + ahead).filter(|w| w.quoted.is_none()).map_or("", |w| w.norm.as_str())
    }

    pub(super) fn peek(&self) -> &'w str {
        self.norm(0)
    }

    pub(super) fn rest(&self) -> &'w [Word] {
        self.words.get(self.at..).unwrap_or_default()
    }

    pub(super) fn skip(mut self, words: usize) -> Self {
        self.at += words;
        self
    }

    /// Past this word, if it is here.
    pub(super) fn eat(self, word: &str) -> Option<Self> {
        (self.peek() == word).then(|| self.skip(1))
    }

    pub(super) fn eat_any(self, words: &[&str]) -> Option<Self> {
        (!self.peek().is_empty() && words.contains(&self.peek())).then(|| self.skip(1))
    }

    /// Past these words, if they are all here.
    pub(super) fn eat_all(self, words: &str) -> Option<Self> {
        words.split(' ').try_fold(self, Self::eat)
    }

    pub(super) fn maybe(self, words: &[&str]) -> Self {
        self.eat_any(words).unwrap_or(self)
    }
}

pub(super) type Found<'w, T> = Option<(T, Cursor<'w>)>;
