//! BERT's uncased WordPiece over the vocabulary of all-MiniLM-L6-v2: text to token ids, as `tokenizers` makes them.
//!
//! Our own because both engines need nothing else of that crate, which parses half a megabyte of JSON at start and
//! brings a C library; a test holds the two to the same ids on any text.

use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_categories::UnicodeCategories as _;
use unicode_normalization::UnicodeNormalization as _;

/// A row of the vocabulary.
pub(crate) type Token = u16;

pub(crate) const CLS: Token = 101;
pub(crate) const SEP: Token = 102;
const UNKNOWN: Token = 100;
/// Longer words are unknown, as in BERT.
const LONGEST_WORD: usize = 100;

static VOCABULARY: &str = include_str!("../data/vocab.txt");

struct Vocabulary {
    /// Pieces that begin a word.
    first: HashMap<&'static str, Token>,
    /// Pieces that go on (`##ing`), without their marks.
    next: HashMap<&'static str, Token>,
}

static PIECES: LazyLock<Vocabulary> = LazyLock::new(|| {
    let mut first = HashMap::with_capacity(25_000);
    let mut next = HashMap::with_capacity(6_000);
    for (token, piece) in (0..).zip(VOCABULARY.lines()) {
        match piece.strip_prefix("##") {
            Some(rest) if !rest.is_empty() => next.insert(rest, token),
            _ => first.insert(piece, token),
        };
    }
    Vocabulary { first, next }
});

/// The token ids of a text, without [CLS] and [SEP].
#[must_use]
pub fn tokenize(text: &str) -> Vec<u16> {
    let mut tokens = Vec::with_capacity(text.len() / 4);
    let mut word = String::new();
    // BERT's order: drop control characters, set Chinese characters apart, decompose, drop accents, lower the case.
    let kept = text.chars().filter(|&c| c != '\u{fffd}' && (is_space(c) || !c.is_other()));
    let apart = kept.flat_map(|c| {
        let around = is_chinese(c).then_some(' ');
        around.into_iter().chain([if is_space(c) { ' ' } else { c }]).chain(around)
    });
    let letters = apart.nfd().filter(|c| !c.is_mark_nonspacing()).flat_map(char::to_lowercase);
    for c in letters {
        if c.is_whitespace() {
            flush(&mut word, &mut tokens);
        } else if c.is_ascii_punctuation() || c.is_punctuation() {
            flush(&mut word, &mut tokens);
            word.push(c);
            flush(&mut word, &mut tokens);
        } else {
            word.push(c);
        }
    }
    flush(&mut word, &mut tokens);
    tokens
}

/// Splits a word into the longest pieces there are, from its beginning.
fn flush(word: &mut String, tokens: &mut Vec<Token>) {
    if word.is_empty() {
        return;
    }
    let before = tokens.len();
    let mut rest = word.as_str();
    let mut pieces = &PIECES.first;
    if word.chars().count() > LONGEST_WORD {
        tokens.push(UNKNOWN);
        rest = "";
    }
    while !rest.is_empty() {
        let ends = rest.char_indices().map(|(at, c)| at + c.len_utf8()).rev();
        match ends.into_iter().find_map(|end| pieces.get(&rest[..end]).map(|&token| (end, token))) {
            Some((end, token)) => {
                tokens.push(token);
                rest = &rest[end..];
                pieces = &PIECES.next;
            }
            None => {
                tokens.truncate(before);
                tokens.push(UNKNOWN);
                break;
            }
        }
    }
    word.clear();
}

fn is_space(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r') || c.is_whitespace()
}

fn is_chinese(c: char) -> bool {
    matches!(u32::from(c),
        0x4E00..=0x9FFF | 0x3400..=0x4DBF | 0x20000..=0x2A6DF | 0x2A700..=0x2B73F | 0x2B740..=0x2B81F
        | 0x2B920..=0x2CEAF | 0xF900..=0xFAFF | 0x2F800..=0x2FA1F)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tokenizers::models::wordpiece::WordPiece;
    use tokenizers::{Tokenizer, normalizers::BertNormalizer, pre_tokenizers::bert::BertPreTokenizer};

    fn reference() -> Tokenizer {
        let vocabulary = concat!(env!("CARGO_MANIFEST_DIR"), "/data/vocab.txt");
        let pieces = WordPiece::from_file(vocabulary).unk_token("[UNK]".into()).build().unwrap();
        let mut tokenizer = Tokenizer::new(pieces);
        tokenizer.with_normalizer(Some(BertNormalizer::default())).unwrap();
        tokenizer.with_pre_tokenizer(Some(BertPreTokenizer));
        tokenizer
    }

    fn theirs(tokenizer: &Tokenizer, text: &str) -> Vec<u32> {
        tokenizer.encode(text, false).unwrap().get_ids().to_vec()
    }

    fn ours(text: &str) -> Vec<u32> {
        tokenize(text).into_iter().map(u32::from).collect()
    }

    #[test]
    fn known_texts() {
        let tokenizer = reference();
        for text in [
            "user's cat is called Biscuit",
            "Caroline (1:56 pm on 8 May, 2023): LGBTQ support group, it's naïve!",
            "Ünïcödé façade — “quotes” … 東京タワー 🙂 e\u{301}te",
            "a\u{0}b\u{200b}c\u{fffd}d\te\r\nf ##ing",
            "",
            "ǅ İstanbul ẞ ﬁ",
        ] {
            assert_eq!(ours(text), theirs(&tokenizer, text), "{text:?}");
        }
        assert_eq!(tokenize(&"x".repeat(101)), [UNKNOWN]);
    }

    #[test]
    fn as_the_reference_on_any_text() {
        let tokenizer = reference();
        proptest!(ProptestConfig::with_cases(2000), |(text in "(\\PC|[a-zA-Z' .,0-9\u{e9}\u{301}\u{4e2d}\n]){0,60}")| {
            prop_assert_eq!(ours(&text), theirs(&tokenizer, &text));
        });
    }
}
