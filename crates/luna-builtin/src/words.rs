//! Text as words: where each stands, how it reads in lower case, what was quoted. Knows short forms ("what's"), no meaning.

use std::{collections::HashMap, ops::Range, sync::LazyLock};

use serde::Deserialize;

/// One word, or one quoted passage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// In lower case, short forms written out, punctuation around it left off.
    pub(crate) norm: String,
    /// Where it stands in the text, quotation marks included.
    pub(crate) span: Range<usize>,
    /// Where the quoted passage stands, without its marks.
    pub(crate) quoted: Option<Range<usize>>,
    /// The punctuation right behind it.
    pub(crate) mark: Option<char>,
}

#[derive(Deserialize)]
struct Table {
    expand: HashMap<String, String>,
}

#[expect(clippy::expect_used, reason = "the table is part of the program and a test reads it")]
static TABLE: LazyLock<Table> =
    LazyLock::new(|| toml::from_str(include_str!("words.toml")).expect("words.toml is well-formed"));

/// Punctuation that ends a word. Not in here: what begins a path or belongs to arithmetic.
const TRAILING: &[char] = &['.', ',', '!', '?', ';', ':', ')', ']', '}', '"', '\'', '”', '’', '…', '*', '_'];
const LEADING: &[char] = &['(', '[', '{', '"', '\'', '“', '‘', '¿', '¡', '*', '_'];

/// The words of a text.
pub(crate) fn read(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find(|c: char| !c.is_whitespace()).map(|n| at + n) {
        if let Some((inner, end)) = quotation(text, start) {
            let behind = text[end..].chars().next().filter(|c| TRAILING.contains(c));
            words.push(Word {
                norm: text[inner.clone()].to_lowercase(),
                span: start..end,
                quoted: Some(inner),
                mark: behind,
            });
            at = end + behind.map_or(0, char::len_utf8);
            continue;
        }
        let end = text[start..].find(char::is_whitespace).map_or(text.len(), |n| start + n);
        push(text, start..end, &mut words);
        at = end;
    }
    words
}

/// A quoted passage that begins here: where its inside stands, and where it ends.
fn quotation(text: &str, start: usize) -> Option<(Range<usize>, usize)> {
    let open = text[start..].chars().next()?;
    let close = match open {
        '`' | '"' => open,
        '“' => '”',
        '‘' => '’',
        '\'' => '\'',
        '«' => '»',
        _ => return None,
    };
    let inside = start + open.len_utf8();
    let closes = |at: usize| {
        // An apostrophe inside a word closes nothing.
        !matches!(close, '\'' | '’')
            || text[at + close.len_utf8()..].chars().next().is_none_or(|next| !next.is_alphanumeric())
    };
    let end = text[inside..].match_indices(close).map(|(n, _)| inside + n).find(|&at| closes(at))?;
    (!text[inside..end].trim().is_empty()).then_some((inside..end, end + close.len_utf8()))
}

fn push(text: &str, token: Range<usize>, words: &mut Vec<Word>) {
    let raw = &text[token.clone()];
    let bare = raw.trim_start_matches(LEADING).trim_end_matches(TRAILING);
    let mark = raw.chars().next_back().filter(|c| TRAILING.contains(c) && raw.len() > c.len_utf8());
    let dash = matches!(bare, "-" | "–" | "—");
    let between_figures = words.last().is_some_and(|w| w.norm.ends_with(|c: char| c.is_ascii_digit()));
    if raw == "*" {
        words.push(Word { norm: raw.to_owned(), span: token, quoted: None, mark: None });
        return;
    }
    if bare.is_empty() || dash && !between_figures {
        if let Some(last) = words.last_mut() {
            last.mark = last.mark.or(raw.chars().next());
        }
        return;
    }
    let start = token.start + (raw.len() - raw.trim_start_matches(LEADING).len());
    let span = start..start + bare.len();
    let norm = bare.to_lowercase().replace('’', "'");
    if let Some(long) = TABLE.expand.get(&norm) {
        for part in long.split(' ') {
            words.push(Word { norm: part.to_owned(), span: span.clone(), quoted: None, mark: None });
        }
    } else {
        words.push(Word { norm, span, quoted: None, mark: None });
    }
    if let Some(last) = words.last_mut() {
        last.mark = mark;
    }
}

/// The original text of these words; a single quoted passage without its marks.
pub(crate) fn slice<'t>(text: &'t str, words: &[Word]) -> &'t str {
    match words {
        [] => "",
        [Word { quoted: Some(inner), .. }] => text[inner.clone()].trim(),
        [first, .., last] => &text[first.span.start..last.span.end.max(first.span.start)],
        [only] => &text[only.span.clone()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn norms(text: &str) -> Vec<String> {
        read(text).into_iter().map(|word| word.norm).collect()
    }

    #[test]
    fn short_forms_are_written_out_and_punctuation_is_left_off() {
        assert_eq!(norms("What’s up, Luna?"), ["what", "is", "up", "luna"]);
        assert_eq!(norms("my sister's cat"), ["my", "sister's", "cat"]);
        assert_eq!(norms("read .env and ~/a.txt."), ["read", ".env", "and", "~/a.txt"]);
        assert_eq!(norms("5 * 3 - 2"), ["5", "*", "3", "-", "2"]);
        assert_eq!(norms("... ??? —"), Vec::<String>::new());
    }

    #[test]
    fn a_quoted_passage_is_one_word() {
        let text = "run `git status` and say 'it's done', ok";
        let words = read(text);
        assert_eq!(slice(text, &words[1..2]), "git status");
        assert_eq!(slice(text, &words[4..5]), "it's done");
        assert_eq!(words[4].mark, Some(','));
        assert_eq!(slice(text, &words[..2]), "run `git status`");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_and_every_span_is_inside_it(text in "\\PC{0,60}") {
            for word in read(&text) {
                proptest::prop_assert!(text.get(word.span.clone()).is_some());
                proptest::prop_assert!(!word.norm.is_empty());
            }
        }
    }
}
