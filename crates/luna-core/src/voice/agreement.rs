//! Which words of what is understood so far will stay, while somebody still speaks: those on which two hypotheses in a row
//! agree from the beginning. The field calls it LocalAgreement (Liu et al., "Low-Latency Sequence-to-Sequence Speech
//! Recognition and Translation by Partial Hypothesis Selection", Interspeech 2020; for Whisper: Macháček et al., "Turning
//! Whisper into Real-Time Transcription System", 2023).

/// The hypotheses about one utterance.
#[derive(Debug, Default)]
pub(super) struct Agreement {
    stable: Vec<String>,
    last: Vec<String>,
}

impl Agreement {
    /// Takes the next hypothesis; the words that stay, and those behind them that may still change.
    pub(super) fn with(&mut self, hypothesis: &str) -> (String, String) {
        let words: Vec<String> = hypothesis.split_whitespace().map(str::to_owned).collect();
        let alike = |(word, before): &(&String, &String)| letters(word) == letters(before);
        let agreed = words.iter().zip(&self.last).take_while(alike).count();
        // The last word may be cut in two, and ends as a sentence would.
        let agreed = agreed.min(words.len().saturating_sub(1));
        self.stable.extend(words.iter().take(agreed).skip(self.stable.len()).cloned());
        let tentative: Vec<&str> = words.iter().skip(self.stable.len()).map(String::as_str).collect();
        let shown = (self.stable.join(" "), tentative.join(" "));
        self.last = words;
        shown
    }
}

fn letters(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stays and what may change, after each.
    fn after(hypotheses: &[&str]) -> Vec<(String, String)> {
        let mut agreement = Agreement::default();
        hypotheses.iter().map(|hypothesis| agreement.with(hypothesis)).collect()
    }

    #[test]
    fn words_stay_once_two_in_a_row_agree_on_them() {
        let shown =
            after(&["Set the.", "set the volume", "Set the volume to thirteen.", "Set the volume to thirty"]);
        let shown: Vec<_> = shown.iter().map(|(stable, rest)| format!("{stable}|{rest}")).collect();
        assert_eq!(
            shown,
            ["|Set the.", "set the|volume", "set the volume|to thirteen.", "set the volume to|thirty"]
        );
    }

    #[test]
    fn what_was_shown_to_stay_does_so_whatever_is_thought_next() {
        let mut before = String::new();
        let thoughts = [
            "I want to",
            "I want two",
            "I want two tickets",
            "I want to take",
            "",
            "Aye",
            "I want to take the train to",
            "I want to take the train too",
            "a",
            "I want to take the train tomorrow morning",
        ];
        for (stable, _) in after(&thoughts) {
            assert!(stable.starts_with(&before), "{before:?} became {stable:?}");
            before = stable;
        }
        assert_eq!(before, "I want two take the train");
    }

    #[test]
    fn a_word_that_is_being_said_is_never_taken_for_whole() {
        assert_eq!(after(&["turn it of", "turn it of"])[1], ("turn it".into(), "of".into()));
    }
}
