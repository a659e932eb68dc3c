//! Reading what a user said: which sentences are plain statements of hers, and how "my" and "I" read when told of her.
//!
//! Knows nothing of storage. Whatever is quoted, asked, supposed, or told as a story is left out: a memory that holds
//! what was never stated is worse than one that misses something.

use std::sync::LazyLock;

use regex::Regex;

/// The plain statements in a message, each without what leads into it ("Hi Luna, by the way …").
pub(crate) fn statements(message: &str) -> Vec<String> {
    let own = without_quotations(message);
    sentences(&own).into_iter().map(|s| without_lead(&s)).filter(|s| is_statement(s)).collect()
}

/// What is left of a message without code, quotations, pasted lines and links.
pub(crate) fn without_quotations(message: &str) -> String {
    static FENCED: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?s)```.*?(?:```|\z)|`[^`\n]*`"));
    static QUOTED: LazyLock<Regex> = LazyLock::new(|| {
        pattern("(?s)[\"“„«][^\"”»“]*[\"”»“]|(?:^|[\\s(:])[‘'][^'’\n]{2,}['’](?:$|[\\s).,!?])")
    });
    static URL: LazyLock<Regex> = LazyLock::new(|| pattern(r"https?://\S+"));
    let plain = FENCED.replace_all(message, " … ");
    let lines = plain.lines().filter(|line| {
        let line = line.trim_start();
        !line.starts_with('>')
            && !line.starts_with('|')
            && !line.starts_with("On ") | !line.ends_with("wrote:")
    });
    let joined = lines.collect::<Vec<_>>().join("\n");
    let unquoted = QUOTED.replace_all(&joined, " … ");
    URL.replace_all(&unquoted, " … ").into_owned()
}

fn sentences(text: &str) -> Vec<String> {
    let mut out = vec![];
    let mut current = String::new();
    let chars: Vec<char> = text.replace('’', "'").chars().collect();
    for (at, &c) in chars.iter().enumerate() {
        let ends = match c {
            '\n' | ';' => true,
            '!' | '?' => true,
            '.' => chars.get(at + 1).is_none_or(|next| next.is_whitespace()) && !abbreviated(&current),
            _ => false,
        };
        if c != '\n' && c != ';' {
            current.push(c);
        }
        if ends {
            push_trimmed(&mut out, &mut current);
        }
    }
    push_trimmed(&mut out, &mut current);
    out
}

fn push_trimmed(out: &mut Vec<String>, current: &mut String) {
    let trimmed = current.split_whitespace().collect::<Vec<_>>().join(" ");
    if !trimmed.is_empty() {
        out.push(trimmed);
    }
    current.clear();
}

fn abbreviated(before: &str) -> bool {
    let word = before.rsplit(char::is_whitespace).next().unwrap_or_default().to_lowercase();
    matches!(word.as_str(), "mr" | "mrs" | "ms" | "dr" | "st" | "prof" | "e.g" | "i.e" | "vs" | "no")
        || (word.chars().count() == 1 && word.chars().all(char::is_alphabetic) && word != "i")
}

fn without_lead(sentence: &str) -> String {
    static LEAD: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)^(?:(?:hi|hello|hey)(?: there)?(?: luna)?|luna|ok(?:ay)?|well|so|oh|ah|yes|yeah|yep|no|nope|nah|sure|thanks|thank you|btw|by the way|fyi|for your information|just so you know|for the record|actually|honestly|to be honest|also|and|but|anyway|you know|you should know(?: that)?|i (?:think )?(?:i )?(?:already )?told you(?: before)? that|in fact|as you know|correction|sorry|um+|hmm+)\b(?:\s*[,:.!–-]+\s*|\s+)",
        )
    });
    let mut rest = sentence.trim();
    while let Some(lead) = LEAD.find(rest) {
        rest = rest[lead.end()..].trim_start();
    }
    rest.to_owned()
}

fn is_statement(sentence: &str) -> bool {
    static SUPPOSED: LazyLock<Regex> = LazyLock::new(|| {
        pattern(concat!(
            r"(?i)^(?:if|suppose|supposing|imagine|assume|assuming|pretend|say|let's say|what if|unless|when|whenever|maybe|perhaps|possibly|hypothetically|in the (?:story|book|movie|film|game|song|novel)|",
            r"write|draft|translate|rewrite|summari[sz]e|compose|generate|create|explain|tell|give|show|make|help|find|fix|correct|proofread|complete|act|act as|play|reply|answer|respond|send|email|text|add|set|open|run|repeat|paraphrase|convert|spell)\b",
            r"|(?i)\b(?:if i|if my|as if|as though|i wish|i could|i would|i'd be|i might|i may|my character|the character|he said|she said|they said|says that|said that|someone said|told me|pretend|for example|e\.g|hypothetical|quote|lyrics|is it true|not sure|i doubt|i guess|used to)\b"
        ))
    });
    let remember = sentence.get(..8).is_some_and(|head| head.eq_ignore_ascii_case("remember"));
    !sentence.ends_with('?')
        && !sentence.contains('…')
        && (remember || !SUPPOSED.is_match(sentence))
        && sentence.split_whitespace().count() >= 2
        && sentence.chars().count() <= 400
}

/// A clause of the user's as it is told of her: "my cat likes me" → "user's cat likes user".
pub(crate) fn told(clause: &str) -> String {
    static WORDS: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)\b(?:i am|i'm|i've|i have|i'll|i was|i do|i don't|i|me|my|mine|myself|we are|we're|we|us|our|ours)\b",
        )
    });
    let text =
        WORDS.replace_all(clause, |found: &regex::Captures<'_>| match found[0].to_lowercase().as_str() {
            "i am" | "i'm" => "user is",
            "i've" | "i have" => "user has",
            "i'll" => "user will",
            "i was" => "user was",
            "i do" => "user does",
            "i don't" => "user doesn't",
            "my" => "user's",
            "mine" => "user's",
            "myself" => "themselves",
            "our" | "ours" => "user's",
            "we are" | "we're" => "user and company are",
            "we" => "user and company",
            "us" => "user and company",
            _ => "user",
        });
    static DOES: LazyLock<Regex> = LazyLock::new(|| pattern(r"^user ([a-z]+)\b"));
    let text = DOES.replace(&text, |found: &regex::Captures<'_>| match &found[1] {
        verb if BARE.contains(&verb) => format!("user {}", third_person(verb)),
        other => format!("user {other}"),
    });
    tidy(&text)
}

/// Verbs that are told in the third person after "user" when nothing else in the clause says how.
const BARE: [&str; 32] = [
    "need", "want", "like", "love", "hate", "prefer", "live", "work", "play", "use", "drive", "drink", "eat",
    "own", "speak", "study", "teach", "wear", "take", "go", "start", "finish", "sleep", "wake", "park",
    "keep", "store", "pay", "visit", "meet", "run", "believe",
];

/// A clause without its end mark and outer spaces.
pub(crate) fn tidy(text: &str) -> String {
    text.trim().trim_end_matches(['.', '!', ',', ' ', ':']).to_owned()
}

/// The third person of a verb: "play" → "plays".
pub(crate) fn third_person(verb: &str) -> String {
    match verb {
        "am" => "is".into(),
        "have" => "has".into(),
        "do" => "does".into(),
        "go" => "goes".into(),
        "don't" => "doesn't".into(),
        _ if verb.ends_with("ss") || verb.ends_with("sh") || verb.ends_with("ch") || verb.ends_with('x') => {
            format!("{verb}es")
        }
        _ => match verb.strip_suffix('y') {
            Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
            _ => format!("{verb}s"),
        },
    }
}

/// A pattern of ours; the tests of this module and of the rules compile every one.
pub(crate) fn pattern(text: &str) -> Regex {
    #[allow(clippy::expect_used, reason = "a constant, compiled by every test run")]
    Regex::new(text).expect("the pattern is valid")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_statements_are_left() {
        let message = "Hi Luna! By the way, I live in St. Gallen. Do I live in Rome? \
            He said \"I live in Paris\".\n> I live in Oslo\nIf I live in Bern, what then.\n```\nI live in Kiel\n```\nAnd my age is 3.5 years";
        assert_eq!(statements(message), ["I live in St. Gallen.", "my age is 3.5 years"]);
    }

    #[test]
    fn told_of_the_user() {
        assert_eq!(told("my sister's dog likes me."), "user's sister's dog likes user");
        assert_eq!(told("I'm at our cabin"), "user is at user's cabin");
        assert_eq!(
            [third_person("play"), third_person("study"), third_person("watch")],
            ["plays", "studies", "watches"]
        );
    }
}
