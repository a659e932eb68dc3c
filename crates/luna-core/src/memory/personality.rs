//! The personality: five dimensions that the user can set, that drift a little with how she speaks, and go back.

use std::sync::LazyLock;

use luna_model::{Error, Personality, Result, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Share of the way towards what it suggests that one message moves a dimension.
const DRIFT: f64 = 0.12;
/// The farthest that drift alone leads from what the user set.
const BOUND: f64 = 0.25;
/// What is left of a drift a day later: moods pass, habits stay longer.
const MOOD_LEFT: f64 = 0.5;
const TRAIT_LEFT: f64 = 0.995;

/// The personality as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Grown {
    /// What the user set, or the default: where it goes back to.
    pub(crate) set: Personality,
    /// What it is now.
    pub(crate) now: Personality,
    /// Up to when days were counted.
    pub(crate) since: Timestamp,
}

impl Grown {
    pub(crate) fn new(at: Timestamp) -> Self {
        Self { set: Personality::default(), now: Personality::default(), since: at }
    }

    /// After a JSON object with some of the dimensions.
    pub(crate) fn patched(mut self, patch: &Map<String, Value>) -> Result<Self> {
        for (name, value) in patch {
            let Some(dimension) = DIMENSIONS.iter().find(|d| d.name == name) else {
                let names: Vec<_> = DIMENSIONS.iter().map(|d| d.name).collect();
                return Err(Error::invalid(format!(
                    "the personality has no {name:?}; it has {}",
                    names.join(", ")
                )));
            };
            let value = value.as_f64().filter(|v| (dimension.lowest..=1.0).contains(v)).ok_or_else(|| {
                Error::invalid(format!("{name} must be a number from {} to 1", dimension.lowest))
            })?;
            *(dimension.of)(&mut self.set) = value;
            *(dimension.of)(&mut self.now) = value;
        }
        Ok(self)
    }

    /// After a message of the user's.
    pub(crate) fn moved_by(mut self, said: &str) -> Self {
        let tone = Tone::of(said);
        let suggestions = [
            ("mood", tone.sentiment),
            ("energy", if tone.lively { 1.0 } else { 0.0 }),
            ("formality", if tone.formal { 1.0 } else { -0.6 * f64::from(u8::from(tone.casual)) }),
            ("humor", f64::from(u8::from(tone.joking)) - (-tone.sentiment).max(0.0)),
            ("emotional_support", (-tone.sentiment).max(0.0)),
        ];
        for (name, pull) in suggestions {
            let Some(d) = DIMENSIONS.iter().find(|d| d.name == name) else { continue };
            let set = *(d.of)(&mut self.set);
            let now = (d.of)(&mut self.now);
            let goal = (set + pull * BOUND).clamp(set - BOUND, set + BOUND).clamp(d.lowest, 1.0);
            if pull != 0.0 {
                *now = rounded(*now + DRIFT * (goal - *now));
            }
        }
        self
    }

    /// After the days that passed.
    pub(crate) fn at(mut self, at: Timestamp) -> Self {
        let days = at.duration_since(self.since).as_hours() / 24;
        if days <= 0 {
            return self;
        }
        for d in &DIMENSIONS {
            let left = if d.name == "mood" { MOOD_LEFT } else { TRAIT_LEFT }.powi(days.min(100_000) as i32);
            let set = *(d.of)(&mut self.set);
            let now = (d.of)(&mut self.now);
            *now = rounded(set + (*now - set) * left);
        }
        self.since = self.since.saturating_add(jiff::SignedDuration::from_hours(days * 24)).unwrap_or(at);
        self
    }
}

/// Three decimals are as much as anyone sees, and keep values that were set exactly as they were.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

struct Dimension {
    name: &'static str,
    lowest: f64,
    of: fn(&mut Personality) -> &mut f64,
    /// What it means for how Luna writes: from low to high, each up to its bound.
    means: &'static [(f64, &'static str)],
}

static DIMENSIONS: [Dimension; 5] = [
    Dimension {
        name: "mood",
        lowest: -1.0,
        of: |p| &mut p.mood,
        means: &[
            (-0.4, "The mood is low: be careful and gentle, no cheerfulness."),
            (-0.1, "The mood is a little low: be calm and warm."),
            (0.25, "The mood is even: be matter-of-fact and friendly."),
            (0.65, "The mood is good: be warm and friendly."),
            (1.0, "The mood is bright: be cheerful and upbeat."),
        ],
    },
    Dimension {
        name: "energy",
        lowest: 0.0,
        of: |p| &mut p.energy,
        means: &[
            (0.3, "Keep it short and quiet: the answer and nothing more."),
            (0.65, "Be concise; add a detail where it helps."),
            (0.85, "Be lively and forthcoming."),
            (1.0, "Be full of energy, and suggest what could come next."),
        ],
    },
    Dimension {
        name: "formality",
        lowest: 0.0,
        of: |p| &mut p.formality,
        means: &[
            (0.25, "Speak casually, as to an old friend; contractions and everyday words."),
            (0.6, "Speak plainly and relaxed."),
            (0.8, "Speak politely and properly."),
            (1.0, "Speak formally: full sentences, no slang, no contractions."),
        ],
    },
    Dimension {
        name: "humor",
        lowest: 0.0,
        of: |p| &mut p.humor,
        means: &[
            (0.2, "No jokes."),
            (0.5, "A light touch of humour now and then."),
            (0.75, "Be playful where the matter allows it."),
            (1.0, "Be witty: jokes and wordplay are welcome, never at the user's cost."),
        ],
    },
    Dimension {
        name: "emotional_support",
        lowest: 0.0,
        of: |p| &mut p.emotional_support,
        means: &[
            (0.25, "Stick to the matter; leave feelings aside unless asked."),
            (0.6, "Notice feelings and acknowledge them in a few words."),
            (1.0, "Feelings first: acknowledge them before any advice."),
        ],
    },
];

/// The personality in words, for the system prompt.
pub(crate) fn in_words(mut personality: Personality) -> String {
    let lines = DIMENSIONS.iter().filter_map(|d| {
        let value = *(d.of)(&mut personality);
        d.means.iter().find(|(bound, _)| value <= *bound).or(d.means.last()).map(|(_, words)| *words)
    });
    lines.collect::<Vec<_>>().join(" ")
}

#[derive(Deserialize)]
struct Words {
    good: Vec<String>,
    bad: Vec<String>,
    not: Vec<String>,
    more: Vec<String>,
    casual: Vec<String>,
    formal: Vec<String>,
    joking: Vec<String>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    #[allow(clippy::expect_used, reason = "a file of ours inside the program, read by every test run")]
    serde_json::from_str(include_str!("tone.json")).expect("tone.json is valid")
});

/// How a message sounds.
struct Tone {
    /// −1 to 1.
    sentiment: f64,
    lively: bool,
    formal: bool,
    casual: bool,
    joking: bool,
}

impl Tone {
    fn of(said: &str) -> Self {
        let lower = said.to_lowercase().replace('’', "'");
        let words: Vec<_> =
            lower.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|w| !w.is_empty()).collect();
        let has = |list: &[String]| {
            list.iter().any(|w| words.contains(&w.as_str()) || (w.contains(' ') && lower.contains(w)))
        };
        let mut sum: f64 = 0.0;
        for (at, word) in words.iter().enumerate() {
            let value = f64::from(i8::from(WORDS.good.iter().any(|w| w == word)))
                - f64::from(i8::from(WORDS.bad.iter().any(|w| w == word)));
            let before = &words[at.saturating_sub(3)..at];
            let turned = before.iter().any(|w| WORDS.not.iter().any(|n| n == w));
            let stronger = before.last().is_some_and(|w| WORDS.more.iter().any(|m| m == w));
            sum += value * if turned { -0.7 } else { 1.0 } * if stronger { 1.6 } else { 1.0 };
        }
        Self {
            // One clear word counts for half; several approach 1.
            sentiment: sum / (1.0 + sum.abs()),
            lively: said.contains('!'),
            formal: has(&WORDS.formal),
            casual: has(&WORDS.casual),
            joking: has(&WORDS.joking) || said.contains(['😂', '🤣', '😄', '😜']),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn at(days: i64) -> Timestamp {
        Timestamp::from_second(days * 86_400).unwrap()
    }

    fn patch(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_patch_changes_what_it_names_and_checks_ranges() {
        let grown =
            Grown::new(at(0)).patched(&patch(json!({"humor": 0.8, "formality": 0.2, "mood": -1}))).unwrap();
        assert_eq!((grown.now.humor, grown.now.formality, grown.now.mood), (0.8, 0.2, -1.0));
        assert_eq!(grown.now.energy, Personality::default().energy);
        for wrong in
            [json!({"humor": 12}), json!({"humor": -0.1}), json!({"grumpiness": 0.5}), json!({"mood": "low"})]
        {
            assert!(Grown::new(at(0)).patched(&patch(wrong.clone())).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sentiment_reads_negation_and_emphasis() {
        let sentiment = |said| Tone::of(said).sentiment;
        assert!(sentiment("this is great, thank you") > 0.4);
        assert!(sentiment("this is terrible") < -0.4);
        assert!(sentiment("this is not good") < 0.0);
        assert!(sentiment("I'm very sad") < sentiment("I'm sad"));
        assert_eq!(sentiment("the file is in the folder"), 0.0);
    }

    #[test]
    fn sadness_brings_support_and_passes() {
        let mut grown = Grown::new(at(0));
        for _ in 0..20 {
            grown = grown.moved_by("I feel awful, everything is terrible and sad");
        }
        assert!(grown.now.mood < 0.25 && grown.now.emotional_support > 0.65, "{grown:?}");
        assert_ne!(in_words(grown.now), in_words(grown.set));
        let later = grown.at(at(12));
        assert!((later.now.mood - later.set.mood).abs() < 0.01, "{later:?}");
        assert_eq!(grown.at(at(0)), grown);
    }

    #[test]
    fn it_visibly_shapes_the_prompt() {
        let words = |value: Value| in_words(Grown::new(at(0)).patched(&patch(value)).unwrap().now);
        assert!(words(json!({"formality": 1.0})).contains("Speak formally"));
        assert!(words(json!({"formality": 0.0})).contains("casually"));
        assert!(words(json!({"humor": 0.0})).contains("No jokes"));
    }

    proptest! {
        #[test]
        fn drift_stays_within_its_bounds(said in prop::collection::vec("(I love this!|awful|lol so fun|Dear Sir, kindly|no|great thanks!! )", 0..60), days in 0i64..40) {
            let mut grown = Grown::new(at(0));
            for message in &said {
                grown = grown.moved_by(message);
            }
            grown = grown.at(at(days));
            for d in &DIMENSIONS {
                let (set, now) = (*(d.of)(&mut grown.set), *(d.of)(&mut grown.now));
                prop_assert!((now - set).abs() <= BOUND + 1e-3 && (d.lowest..=1.0).contains(&now), "{} {now}", d.name);
            }
        }
    }
}
