//! What speech models write where nobody spoke: credits of films, thanks, marks of sounds, the same words over and over.

/// Whole answers that models give to noise and music, as they learnt them from subtitles.
const CREDITS: &[&str] = &[
    "thank you for watching",
    "thanks for watching",
    "thank you very much for watching",
    "please subscribe",
    "like and subscribe",
    "subtitles by",
    "subtitled by",
    "transcription by",
    "translated by",
    "amara org",
    "untertitel",
    "vielen dank fürs zuschauen",
    "vielen dank für s zuschauen",
    "copyright",
    "www mooji org",
];

/// Short answers to short noises; spoken for real they are longer than this.
const MURMURS: &[&str] = &["you", "thank you", "bye", "so", "oh", "okay", "the"];
const MURMUR_SECONDS: f64 = 0.35;

/// Names of sounds, which nobody says alone.
const SOUNDS: &[&str] =
    &["beep", "bleep", "boop", "ding", "dong", "click", "buzz", "hum", "mm", "hmm", "whoosh"];

/// Words a second that nobody speaks.
const TOO_FAST: f64 = 9.0;
/// How often the same words may follow each other.
const AT_MOST: usize = 3;
/// One word over and over for longer than this is a sound: "And, and, and, and", say models of a melody.
const SOUND_SECONDS: f64 = 3.0;

/// The text without what nobody said in so many seconds.
pub(super) fn without(text: &str, seconds: f64) -> String {
    let text = spoken(text);
    let plain = plain(&text);
    let words = plain.split_whitespace().count();
    let credit = CREDITS.iter().any(|credit| plain.starts_with(credit)) && words <= 10;
    let murmur = MURMURS.contains(&plain.as_str()) && seconds < MURMUR_SECONDS;
    let sounds = plain.split_whitespace().all(|word| SOUNDS.contains(&word));
    if sounds || credit || murmur || words as f64 > TOO_FAST * seconds + 4.0 {
        return String::new();
    }
    let once = unrepeated(&text);
    let one = words > 1 && !once.contains(' ');
    if one && seconds > SOUND_SECONDS { String::new() } else { once }
}

/// Without marks of sounds: "[BLANK_AUDIO]", "(music)", "♪".
fn spoken(text: &str) -> String {
    let mut depth = 0_u32;
    let kept: String = text
        .chars()
        .filter(|c| match c {
            '[' | '(' | '{' => {
                depth += 1;
                false
            }
            ']' | ')' | '}' => {
                depth = depth.saturating_sub(1);
                false
            }
            '♪' | '♫' | '*' => false,
            _ => depth == 0,
        })
        .collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn plain(text: &str) -> String {
    let letters: String =
        text.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    letters.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A loop ("I know. I know. I know. …") is cut to its first round.
fn unrepeated(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let plain: Vec<String> = words.iter().map(|word| plain(word)).collect();
    for long in 1..=8.min(words.len() / (AT_MOST + 1)) {
        for from in 0..=words.len() - long * (AT_MOST + 1) {
            let round = &plain[from..from + long];
            let rounds = plain[from..].chunks_exact(long).take_while(|next| *next == round).count();
            if rounds > AT_MOST {
                let rest = words[from + long * rounds..].join(" ");
                let first = words[..from + long].join(" ");
                return format!("{first} {}", unrepeated(&rest)).trim().to_owned();
            }
        }
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_models_imagine_is_dropped() {
        for (text, seconds) in [
            ("Thanks for watching!", 3.0),
            ("[BLANK_AUDIO]", 2.0),
            ("(upbeat music)", 5.0),
            ("♪ ♪ ♪", 5.0),
            (" you", 0.2),
            ("Beep, beep.", 2.0),
            ("And, and, and, and, and,", 4.0),
            ("", 2.0),
            ("Subtitles by the Amara.org community", 4.0),
            ("Untertitel der Amara.org-Community", 4.0),
            ("one two three four five six seven eight nine ten eleven twelve thirteen fourteen", 0.5),
        ] {
            assert_eq!(without(text, seconds), "", "{text}");
        }
    }

    #[test]
    fn what_was_said_stays() {
        for (text, seconds) in [
            ("Set the volume to 30.", 1.5),
            ("Thank you.", 0.8),
            ("No, no, no!", 1.2),
            ("Copyright law is what my thesis is about, I think, so please look that up for me.", 4.0),
            ("Stop.", 0.4),
        ] {
            assert_eq!(without(text, seconds), text);
        }
        assert_eq!(without("[music] Turn it off. (laughs)", 2.0), "Turn it off.");
    }

    #[test]
    fn a_loop_is_said_once() {
        assert_eq!(without("Well. I know. I know. I know. I know. I know. Bye.", 9.0), "Well. I know. Bye.");
        assert_eq!(without("la la la la la la", 2.0), "la");
    }
}
