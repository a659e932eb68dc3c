//! Long texts in parts: cut between paragraphs where that fits, else between lines, sentences or words. Pure.

/// The parts of a text, each at most so many UTF-16 units long (what the services count).
pub(super) fn of(text: &str, most: usize) -> Vec<String> {
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
        rest = after.trim_start();
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
        assert_eq!(of(&"x".repeat(250), 100).iter().map(String::len).collect::<Vec<_>>(), [100, 100, 50]);
        assert_eq!(of(&"🙂".repeat(60), 100).iter().map(|p| units(p)).collect::<Vec<_>>(), [100, 20]);
        assert!(of(" \n ", 10).is_empty());
    }
}
