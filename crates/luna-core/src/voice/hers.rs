//! Whether what was understood is what she says herself: a loudspeaker brings her back into the microphone.

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// So many of the last words that she said may still be heard.
const LAST: usize = 60;
/// One word alone ("stop") may be anybody's.
const FEWEST: usize = 2;
/// Of what was understood at least so much is hers, in percent: recognisers mishear.
const SHARE: usize = 80;

/// Whether these words are some of the last that she said.
pub(super) fn said(heard: &str, hers: &str) -> bool {
    let (heard, hers) = (words(heard), words(hers));
    if heard.len() < FEWEST || hers.is_empty() {
        return false;
    }
    let last = &hers[hers.len().saturating_sub(LAST)..];
    // A stretch as long as what was heard, and a word that was left out.
    let stretches = last.windows((heard.len() + 1).min(last.len()));
    stretches.map(|stretch| alike(stretch, &heard)).any(|same| same * 100 >= heard.len() * SHARE)
}

/// How many words both have, in this order.
fn alike(a: &[String], b: &[String]) -> usize {
    let both = |op: &DiffOp| if let DiffOp::Equal { len, .. } = op { *len } else { 0 };
    capture_diff_slices(Algorithm::Myers, a, b).iter().map(both).sum()
}

fn words(text: &str) -> Vec<String> {
    let letters =
        |word: &str| word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    text.split_whitespace().map(letters).filter(|word: &String| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORY: &str =
        "Once upon a time there was a moon who lived alone, above a lake. It counted the stars.";

    #[test]
    fn her_own_words_are_known_also_misheard() {
        for heard in
            ["There was a moon who lived alone.", "a lake it counted the star", "above a lake", "Once upon"]
        {
            assert!(said(heard, STORY), "{heard}");
        }
    }

    #[test]
    fn others_words_are_not_hers() {
        for heard in [
            "",
            "stop",
            "moon",
            "Stop that please",
            "Who lived there?",
            "a moon, really? tell me more",
            "the time",
        ] {
            assert!(!said(heard, STORY), "{heard}");
        }
        assert!(!said("once upon a time", ""));
    }
}
