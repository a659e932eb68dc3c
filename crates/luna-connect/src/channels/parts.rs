//! Long texts in parts: cut between paragraphs where that fits, else between lines, sentences or words. Pure.

const FENCE: &str = "```";
/// What a part needs at most to end a block of code and begin it again.
const AROUND: usize = 8;

/// The parts of a text, each at most so many UTF-16 units long (what the services count). A block of code that is cut ends
/// in its part and begins again in the next.
pub(super) fn of(text: &str, most: usize) -> Vec<String> {
    if units(text.trim()) <= most {
        return Some(text.trim().to_owned()).filter(|text| !text.is_empty()).into_iter().collect();
    }
    let mut in_code = false;
    let cut = cut(text, most.saturating_sub(AROUND).max(1));
    let whole = cut.into_iter().map(|part| {
        let begins = if in_code { "```\n" } else { "" };
        in_code ^= part.matches(FENCE).count() % 2 == 1;
        let ends = if in_code { "\n```" } else { "" };
        format!("{begins}{part}{ends}")
    });
    whole.collect()
}

fn cut(text: &str, most: usize) -> Vec<String> {
    let mut parts = vec![];
    let mut rest = text.trim();
    while units(rest) > most {
        let end = prefix(rest, most);
        let window = &rest[..end];
        let at = ["\n\n", "\n", ". ", " "].iter().find_map(|gap| {
            let found = window.rfind(gap)? + gap.len();
            // A part that is nearly empty helps nobody.
            (found > end / 3).then_some(found)
        });
        let (part, after) = rest.split_at(at.unwrap_or(end));
        parts.push(part.trim_end().to_owned());
        rest = after.trim_start_matches('\n');
        rest = if part.ends_with(' ') { rest.trim_start() } else { rest };
    }
    if !rest.is_empty() {
        parts.push(rest.to_owned());
    }
    parts
}

fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// How many bytes of a text make at most so many units.
fn prefix(text: &str, most: usize) -> usize {
    let mut sum = 0;
    for (at, c) in text.char_indices() {
        sum += c.len_utf16();
        if sum > most {
            return at;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_end_where_the_text_pauses_and_lose_nothing() {
        let text = format!("{}\n\n{}", "a".repeat(60), "b ".repeat(50).trim());
        let all = of(&text, 100);
        assert_eq!(all[0], "a".repeat(60));
        assert_eq!(all[1..].join(" "), "b ".repeat(50).trim());
        assert!(all.iter().all(|part| units(part) <= 100));
        assert_eq!(of(&"x".repeat(250), 100).iter().map(String::len).collect::<Vec<_>>(), [92, 92, 66]);
        assert_eq!(of(&"x".repeat(100), 100).len(), 1);
        assert_eq!(of(&"🙂".repeat(60), 100).iter().map(|p| units(p)).collect::<Vec<_>>(), [92, 28]);
        assert!(of(" \n ", 10).is_empty());
    }

    #[test]
    fn a_block_of_code_is_whole_in_every_part() {
        let text = format!("Look:\n```\n{}```\nDone.", "    let x = 1;\n".repeat(20));
        let all = of(&text, 100);
        assert!(all.len() > 2 && all.iter().all(|part| units(part) <= 100), "{all:?}");
        assert!(all.iter().all(|part| part.matches(FENCE).count() % 2 == 0), "{all:?}");
        assert!(all[1].starts_with("```\n    let x"), "indented as before: {:?}", all[1]);
        assert!(all.last().unwrap().ends_with("```\nDone."), "{all:?}");
    }
}
