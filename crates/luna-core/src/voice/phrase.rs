//! Whether what was understood begins with the wake phrase, as recognisers write it: "Hey, Luna.", "hey lunar", "Hailuna"; and
//! whether it only asks for quiet.

/// How alike the beginning must be. Below it other names begin ("hey Lisa" is 0.87, "hey lunar" 0.98).
const ALIKE: f64 = 0.9;

/// What follows the wake phrase, when the text begins with it; what people say before it ("um, ok") is skipped.
#[must_use]
pub fn after(text: &str, phrase: &str) -> Option<String> {
    let wanted = letters(phrase);
    let count = phrase.split_whitespace().count();
    let words: Vec<&str> = text.split_whitespace().collect();
    // One word more or less, since recognisers join and split words.
    for skipped in 0..=2.min(words.len()) {
        let best = (count.saturating_sub(1).max(1)..=count + 1)
            .filter(|taken| skipped + taken <= words.len())
            .map(|taken| {
                let said = letters(&words[skipped..skipped + taken].concat());
                (
                    strsim::jaro_winkler(&said, &wanted),
                    said.chars().count().abs_diff(wanted.chars().count()),
                    taken,
                )
            })
            .filter(|(alike, longer, _)| *alike >= ALIKE && *longer <= 2)
            .max_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((_, _, taken)) = best {
            let rest = words[skipped + taken..].join(" ");
            return Some(rest.trim_start_matches(|c: char| !c.is_alphanumeric()).to_owned());
        }
    }
    None
}

/// The phrase as recognisers write it: "Hey Luna".
pub(super) fn written(phrase: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().into_iter().flat_map(char::to_uppercase);
        first.chain(letters).collect::<String>()
    };
    phrase.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
}

/// What is said over her by who only wants her to be quiet; and what may stand around it.
const ENOUGH: [&str; 17] = [
    "stop",
    "stop it",
    "stop that",
    "be quiet",
    "quiet",
    "shut up",
    "hush",
    "enough",
    "thats enough",
    "that is enough",
    "stopp",
    "halt",
    "sei still",
    "ruhe",
    "genug",
    "das reicht",
    "hör auf",
];
const AROUND: [&str; 10] = ["please", "ok", "okay", "now", "no", "luna", "bitte", "jetzt", "nein", "gut"];

/// Whether it only asks for quiet.
pub(super) fn is_enough(text: &str) -> bool {
    let words = text.split_whitespace().map(letters).filter(|word| !AROUND.contains(&word.as_str()));
    ENOUGH.contains(&words.collect::<Vec<_>>().join(" ").as_str())
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_phrase_is_heard_in_many_spellings() {
        for (text, rest) in [
            ("Hey Luna, what time is it?", "what time is it?"),
            ("hey, luna. Set volume to 30", "Set volume to 30"),
            ("Hey Lunar set the volume", "set the volume"),
            ("Heyluna, lock the screen", "lock the screen"),
            ("Um, hey Luna!", ""),
            ("hey luna", ""),
        ] {
            assert_eq!(after(text, "hey luna").as_deref(), Some(rest), "{text}");
        }
        assert_eq!(after("Computer, stop", "computer").as_deref(), Some("stop"));
    }

    #[test]
    fn it_is_written_as_a_name() {
        assert_eq!(written("hey luna"), "Hey Luna");
        assert_eq!(written(" ärmel  x "), "Ärmel X");
        assert_eq!(written(""), "");
    }

    #[test]
    fn who_only_wants_quiet_is_understood() {
        for text in ["Stop.", "No, stop that please!", "That's enough now.", "Bitte sei still.", "STOP"] {
            assert!(is_enough(text), "{text}");
        }
        for text in ["", "please", "Stop the music", "When does the bus stop?", "quiet places near me"] {
            assert!(!is_enough(text), "{text}");
        }
    }

    #[test]
    fn other_words_do_not_wake_her() {
        for text in [
            "Hey Lisa, what time is it?",
            "the moon is called luna in Latin",
            "hey you",
            "",
            "Luna park is closed",
            "hello there",
        ] {
            assert_eq!(after(text, "hey luna"), None, "{text}");
        }
    }
}
