//! Answers from facts: which of the remembered lines answers a question.

use std::collections::HashSet;

use crate::words::read;

/// The heading under which the system prompt lists what was recalled for this turn, a `- ` line a fact.
const HEADING: &str = "what you remember";
/// The share of a question's words that a fact has to hold.
const ENOUGH: f32 = 0.6;

/// Words that say nothing of what is asked for.
const EMPTY: &[&str] = &[
    "a", "an", "the", "is", "are", "am", "was", "were", "be", "do", "does", "did", "i", "me", "my", "we",
    "our", "you", "your", "what", "who", "where", "when", "which", "how", "of", "in", "on", "at", "to",
    "for", "and", "or", "it", "that", "this", "user", "user's", "know", "remember", "tell", "about", "have",
    "has", "had", "again", "please", "luna", "many", "much", "old", "can", "could", "with", "from", "as",
    "so",
];

/// Words that ask for one another.
const RELATED: &[&[&str]] = &[
    &["name", "named", "call", "called"],
    &["live", "lives", "address", "home", "city"],
    &["work", "works", "job", "profession", "employer"],
    &["birthday", "born", "birth"],
    &["favourite", "favorite", "like", "likes", "love", "loves", "prefer", "prefers"],
    &["eat", "food", "diet", "vegetarian", "vegan"],
    &["wife", "husband", "partner", "spouse"],
    &["mum", "mom", "mother"],
    &["dad", "father"],
    &["drive", "drives", "car"],
];

/// The facts that the system prompt lists.
pub(crate) fn facts(system: &str) -> Vec<&str> {
    let mut lines = system.lines().map(str::trim);
    let mut facts = Vec::new();
    while let Some(line) = lines.next() {
        let heading = line.trim_matches(|c: char| matches!(c, '#' | '*' | ':' | ' ')).to_lowercase();
        if !line.starts_with('-') && heading.starts_with(HEADING) {
            facts.extend(
                lines
                    .by_ref()
                    .skip_while(|line| line.is_empty())
                    .map_while(|line| line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")))
                    .map(str::trim),
            );
        }
    }
    facts
}

/// Whether a text asks something.
pub(crate) fn is_question(text: &str) -> bool {
    const ASKING: [&str; 20] = [
        "what", "who", "where", "when", "which", "how", "whose", "why", "do", "does", "did", "am", "is",
        "are", "was", "can", "have", "tell", "remind", "name",
    ];
    text.trim_end().ends_with('?')
        || read(text).first().is_some_and(|first| ASKING.contains(&first.norm.as_str()))
}

fn content(text: &str) -> HashSet<String> {
    read(text)
        .into_iter()
        .map(|word| word.norm.trim_end_matches("'s").to_owned())
        .filter(|word| !EMPTY.contains(&word.as_str()))
        .map(|word| {
            let group = RELATED.iter().find(|group| group.contains(&word.as_str()));
            group.map_or_else(|| stem(&word), |group| group[0].to_owned())
        })
        .collect()
}

/// Enough of a stem to match "cats" with "cat" and "parked" with "park".
fn stem(word: &str) -> String {
    let ends = ["ing", "ed", "es", "s"];
    let stem = ends.iter().find_map(|end| word.strip_suffix(end).filter(|stem| stem.len() >= 3));
    stem.unwrap_or(word).to_owned()
}

/// The fact that answers this question, when one holds enough of its words.
pub(crate) fn answering<'f>(question: &str, facts: &[&'f str]) -> Option<&'f str> {
    let asked = content(question);
    if asked.is_empty() {
        return None;
    }
    facts
        .iter()
        .map(|fact| {
            let said = content(fact);
            let shared = asked.intersection(&said).count() as f32 / asked.len() as f32;
            // Of two that hold as much of the question, the shorter says less else.
            (shared - 0.001 * said.len() as f32, shared, *fact)
        })
        .filter(|(_, shared, _)| *shared >= ENOUGH)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(.., fact)| fact)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SYSTEM: &str = "You are Luna.\n\n## What you remember\n- my cat is called Biscuit\n- user lives in Lisbon\n- My dog is called Rex\n\n## Rules\n- be brief";

    #[test]
    fn the_fact_with_the_words_of_the_question_answers_it() {
        let facts = facts(SYSTEM);
        assert_eq!(facts.len(), 3);
        for (question, fact) in [
            ("what's my cat called?", Some("my cat is called Biscuit")),
            ("what is the name of my dog", Some("My dog is called Rex")),
            ("where do I live?", Some("user lives in Lisbon")),
            ("what's my parrot called?", None),
            ("who am i?", None),
        ] {
            assert_eq!(answering(question, &facts), fact, "{question}");
        }
    }
}
