//! Numbers in figures and in words. Knows nothing of what is counted.

use crate::words::Word;

const ONES: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const ORDINALS: [&str; 20] = [
    "zeroth",
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
];

fn position<const N: usize>(list: &[&str; N], word: &str) -> Option<i64> {
    list.iter().position(|&name| name == word).and_then(|n| i64::try_from(n).ok())
}

/// Zero to ninety-nine, one word: `seven`, `twenty`, `twenty-five`.
fn below_hundred(word: &str) -> Option<i64> {
    if let Some((tens, ones)) = word.split_once('-') {
        return Some(tens_of(tens)? + position(&ONES, ones).filter(|n| (1..10).contains(n))?);
    }
    position(&ONES, word).or_else(|| tens_of(word))
}

fn tens_of(word: &str) -> Option<i64> {
    position(&TENS, word).or_else(|| (word == "fourty").then_some(2)).map(|n| (n + 2) * 10)
}

/// A whole number at the head of these words, and how many of them it takes: `45`, `twenty five`, `a hundred and five`.
pub(crate) fn cardinal(words: &[Word]) -> Option<(i64, usize)> {
    let first = words.first().filter(|w| w.quoted.is_none())?;
    if first.norm.starts_with(|c: char| c.is_ascii_digit()) {
        return first.norm.replace(',', "").parse().ok().map(|n| (n, 1));
    }
    let norm = |n: usize| words.get(n).map_or("", |w| w.norm.as_str());
    let (mut total, mut current, mut at) = (0_i64, None::<i64>, 0);
    if matches!(norm(0), "a" | "one") && matches!(norm(1), "hundred" | "thousand" | "million") {
        (current, at) = (Some(1), 1);
    }
    loop {
        match norm(at) {
            "hundred" => current = Some(current?.checked_mul(100)?),
            "thousand" => (total, current) = (total.checked_add(current?.checked_mul(1_000)?)?, Some(0)),
            "million" => (total, current) = (total.checked_add(current?.checked_mul(1_000_000)?)?, Some(0)),
            "and"
                if current.is_some_and(|n| n >= 100 || n == 0 && total > 0)
                    && below_hundred(norm(at + 1)).is_some() => {}
            word => match (below_hundred(word), current) {
                (Some(n), None) => current = Some(n),
                (Some(n), Some(so_far)) if so_far % 100 == 0 && (so_far > 0 || total > 0) => {
                    current = Some(so_far + n)
                }
                (Some(n @ 1..=9), Some(so_far)) if so_far % 100 >= 20 && so_far % 10 == 0 => {
                    current = Some(so_far + n)
                }
                _ => break,
            },
        }
        at += 1;
    }
    current.and_then(|n| total.checked_add(n)).map(|n| (n, at))
}

/// An ordinal at the head of these words: `3rd`, `third`, `twenty first`, `21st`.
pub(crate) fn ordinal(words: &[Word]) -> Option<(i64, usize)> {
    let word = words.first().filter(|w| w.quoted.is_none())?.norm.as_str();
    if let Some(figures) = ["st", "nd", "rd", "th"].iter().find_map(|end| word.strip_suffix(end))
        && let Ok(n) = figures.parse::<u32>()
    {
        return Some((i64::from(n), 1));
    }
    if let Some(n) = position(&ORDINALS, word) {
        return Some((n, 1));
    }
    match word {
        "twentieth" => return Some((20, 1)),
        "thirtieth" => return Some((30, 1)),
        _ => {}
    }
    let (tens, ones, taken) = match word.split_once('-') {
        Some((tens, ones)) => (tens, ones, 1),
        None => (word, words.get(1)?.norm.as_str(), 2),
    };
    Some((tens_of(tens)? + position(&ORDINALS, ones).filter(|n| (1..10).contains(n))?, taken))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::read;

    #[test]
    fn numbers_in_words() {
        for (text, value, taken) in [
            ("45 minutes", 45, 1),
            ("1,500 km", 1500, 1),
            ("twenty five percent", 25, 2),
            ("twenty-five", 25, 1),
            ("a hundred and five things", 105, 4),
            ("two thousand and twenty six", 2026, 5),
            ("three million", 3_000_000, 2),
            ("two three", 2, 1),
            ("zero", 0, 1),
        ] {
            assert_eq!(cardinal(&read(text)), Some((value, taken)), "{text}");
        }
        for text in ["hundred", "and", "a cat", "million", "", "99999999999999999999"] {
            assert_eq!(cardinal(&read(text)), None, "{text}");
        }
    }

    #[test]
    fn ordinals() {
        for (text, value) in [
            ("3rd", 3),
            ("third", 3),
            ("twenty first", 21),
            ("twenty-second", 22),
            ("31st", 31),
            ("thirtieth", 30),
        ] {
            assert_eq!(ordinal(&read(text)).map(|(n, _)| n), Some(value), "{text}");
        }
        assert_eq!(ordinal(&read("twenty")), None);
        assert_eq!(ordinal(&read("worst")), None);
    }
}
