//! The static token table: a vector a token, distilled from all-MiniLM-L6-v2 by scripts/static-table.py, used where it
//! lies in the program's file, so that only the pages of words in use are ever read.

use crate::tokens::Token;

/// Axes of a vector.
pub(crate) const AXES: usize = 256;
/// Tokens of the vocabulary.
pub(crate) const ROWS: usize = 30_522;
/// Rows before this one are marks and reserved; they stand for no word and have no vector.
const FIRST_WORD: Token = 999;
/// Row of "the", the most frequent word: from here on the vocabulary is ordered by how often a word is used.
const MOST_FREQUENT: Token = 1996;

const HEAD: usize = 16;
static FILE: &[u8; HEAD + ROWS * AXES + ROWS * 4] = include_bytes!("../data/static-minilm.bin");

/// Whether a token has a meaning of its own.
#[inline]
pub(crate) fn is_word(token: Token) -> bool {
    (FIRST_WORD..ROWS as Token).contains(&token)
}

/// A token's vector, as signed bytes.
#[inline]
pub(crate) fn row(token: Token) -> &'static [u8] {
    let start = HEAD + usize::from(token) * AXES;
    FILE.get(start..start + AXES).unwrap_or(&[])
}

/// One over the length of a token's vector; 0 for one without a vector.
#[inline]
pub(crate) fn inverse_length(token: Token) -> f32 {
    let start = HEAD + ROWS * AXES + usize::from(token) * 4;
    FILE.get(start..start + 4).and_then(|b| b.try_into().ok()).map_or(0.0, f32::from_le_bytes)
}

/// How much a token says, by how rare it is in English: smooth inverse frequency (Arora et al. 2017) with a = 10⁻³ and
/// Zipf's law for the frequency, as measured best in the table's decision page.
pub(crate) fn rarity(token: Token) -> f32 {
    /// Σ 1/i for i in 2..=29 524, the frequencies' sum.
    const HARMONIC: f32 = 9.870_191;
    const A: f32 = 1e-3;
    let rank = f32::from(token.saturating_sub(MOST_FREQUENT - 2).max(2));
    A / (A + 1.0 / (rank * HARMONIC))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::tokenize;

    fn cosine(a: &str, b: &str) -> f32 {
        let (a, b) = (tokenize(a)[0], tokenize(b)[0]);
        let dot: i32 =
            row(a).iter().zip(row(b)).map(|(&x, &y)| i32::from(x as i8) * i32::from(y as i8)).sum();
        dot as f32 * inverse_length(a) * inverse_length(b)
    }

    #[test]
    fn the_file_is_what_its_head_says() {
        assert_eq!(&FILE[..8], b"LUNAVEC1");
        assert_eq!(u32::from_le_bytes(FILE[8..12].try_into().unwrap()) as usize, ROWS);
        assert_eq!(u32::from_le_bytes(FILE[12..16].try_into().unwrap()) as usize, AXES);
    }

    #[test]
    fn the_harmonic_constant_is_the_sum() {
        let sum: f64 = (2..=29_524).map(|i| 1.0 / f64::from(i)).sum();
        let word = rarity(MOST_FREQUENT + 998);
        assert!((f64::from(word) - 1e-3 / (1e-3 + 1.0 / (1000.0 * sum))).abs() < 1e-4);
    }

    #[test]
    fn near_words_are_near() {
        assert!((cosine("cat", "cat") - 1.0).abs() < 1e-5);
        assert!(cosine("cat", "kitten") > cosine("cat", "bicycle") + 0.2);
        assert!(cosine("food", "vegetarian") > cosine("food", "standup"));
        assert!(rarity(tokenize("the")[0]) < 0.05 && rarity(tokenize("biscuit")[0]) > 0.9);
    }
}
