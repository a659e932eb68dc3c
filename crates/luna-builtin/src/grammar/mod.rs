//! The grammar: reads `grammar.toml` once and says what an utterance asks for. Knows no tool and no reply.

mod entry;
mod matcher;
mod pattern;
mod slot;

use std::{
    collections::{BTreeMap, HashSet},
    sync::LazyLock,
};

use jiff::Zoned;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::words::{Word, read};
use matcher::{Known, lay};
use pattern::{Compiler, Node, Vocabulary};
use slot::Utterance;

/// What an intent's answer is when no tool gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Direct {
    /// The time here.
    Time,
    /// The time elsewhere.
    TimeIn,
    /// Today's date.
    Date,
    /// The date of a day.
    DateOf,
    /// How long it is until a day.
    DaysUntil,
    /// What an expression comes to.
    Calculate,
    /// So much of one unit in another.
    Convert,
    /// What Luna can do.
    Help,
    /// The user said something of themselves.
    SelfStatement,
}

/// A second call that needs the first one's result: its number, moved by so much, is the argument.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Then {
    pub(crate) tool: String,
    pub(crate) argument: String,
    /// How far, unless the user said `{by}`; the sign is the direction.
    pub(crate) by: i64,
}

/// What is to be done with something of the user's days, once it is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verb {
    /// It is taken out.
    Cancel,
    /// It is changed.
    Change,
    /// Its time is told.
    When,
}

/// A deed on something that the intent's tool finds by words and time.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Deed {
    pub(crate) what: Verb,
    /// The kind that was named: `event`, `reminder`, `task`.
    pub(crate) only: Option<String>,
    /// How much of a series: `all`, `following`.
    pub(crate) reach: Option<String>,
    /// What changes, filled in as a tool's arguments are.
    #[serde(default)]
    pub(crate) args: BTreeMap<String, String>,
}

/// Something that can be asked for or said, as `grammar.toml` writes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Intent {
    pub(crate) name: String,
    patterns: Vec<String>,
    /// Added to the score, to settle which of two that both fit is meant.
    #[serde(default)]
    weight: f32,
    /// The tool, and its arguments with `{slot}` and `{slot.field}` filled in; `?` behind it leaves the argument out when empty.
    pub(crate) tool: Option<String>,
    #[serde(default)]
    pub(crate) args: BTreeMap<String, String>,
    /// What to ask when a needed argument was not said.
    pub(crate) ask: Option<String>,
    pub(crate) then: Option<Then>,
    pub(crate) deed: Option<Deed>,
    /// The argument that may name several things, each for a call of its own.
    pub(crate) each: Option<String>,
    pub(crate) direct: Option<Direct>,
    /// Fixed replies, in turn.
    #[serde(default)]
    pub(crate) say: Vec<String>,
    /// What it does, for help and for "this Luna cannot …".
    pub(crate) can: Option<String>,
    /// How one might say it.
    pub(crate) example: Option<String>,
}

impl Intent {
    /// Whether it asks for something, rather than being talk.
    fn asks(&self) -> bool {
        self.tool.is_some() || self.direct.is_some_and(|direct| direct != Direct::SelfStatement)
    }
}

#[derive(Deserialize)]
struct File {
    filler: Vec<String>,
    lead: Vec<String>,
    trail: Vec<String>,
    group: Vec<(String, String)>,
    intent: Vec<Intent>,
}

/// The compiled grammar.
pub(crate) struct Grammar {
    filler: HashSet<String>,
    lead: Vec<Vec<String>>,
    trail: Vec<Vec<String>>,
    intents: Vec<Intent>,
    /// The intent, the pattern, and the words that it needs.
    patterns: Vec<(usize, Node, Vec<Vec<u16>>)>,
    vocabulary: Vocabulary,
    slots: Vec<String>,
}

/// Something that was asked for, with what its slots say.
#[derive(Clone, Debug)]
pub(crate) struct Ask<'g> {
    pub(crate) intent: &'g Intent,
    pub(crate) slots: Map<String, Value>,
    score: f32,
}

#[expect(clippy::expect_used, reason = "the grammar is part of the program and every test reads it")]
pub(crate) static GRAMMAR: LazyLock<Grammar> =
    LazyLock::new(|| Grammar::read(include_str!("../grammar.toml")).expect("grammar.toml is well-formed"));

/// More than this is not an ask but a text.
const MOST_WORDS: usize = 160;
/// More clauses than this are not looked for.
const MOST_BREAKS: usize = 6;
/// How much better several asks must explain a sentence than one that swallows them as its text.
const SPLIT_GAIN: f32 = 0.5;

impl Grammar {
    fn read(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        let mut compiler = Compiler::default();
        for (name, pattern) in &file.group {
            compiler.group(name, pattern)?;
        }
        let mut patterns = Vec::new();
        for (n, intent) in file.intent.iter().enumerate() {
            for pattern in &intent.patterns {
                let node = compiler.compile(pattern)?;
                let needs = node.needs();
                patterns.push((n, node, needs));
            }
        }
        let sequences = |mut list: Vec<String>| {
            list.sort_by_key(|words| std::cmp::Reverse(words.len()));
            list.iter().map(|words| words.split(' ').map(str::to_owned).collect()).collect()
        };
        Ok(Self {
            filler: file.filler.into_iter().collect(),
            lead: sequences(file.lead),
            trail: sequences(file.trail),
            intents: file.intent,
            patterns,
            vocabulary: compiler.vocabulary,
            slots: compiler.slots,
        })
    }

    /// All that can be asked for.
    pub(crate) fn intents(&self) -> &[Intent] {
        &self.intents
    }

    /// What this text asks for, in order; nothing when it is not understood.
    pub(crate) fn understand(&self, text: &str, now: Option<&Zoned>) -> Vec<Ask<'_>> {
        let utterance = Utterance { text, words: read(text) };
        if utterance.words.len() > MOST_WORDS {
            return Vec::new();
        }
        let known = Known::new(&utterance, &self.vocabulary, &|word| self.filler.contains(word));
        let reading = Reading { grammar: self, utterance: &utterance, known: &known, now };
        let mut asks = reading.clauses(0, &breaks(&utterance.words)).unwrap_or_default();
        // A greeting before an ask needs no reply of its own.
        if asks.iter().any(|ask| ask.intent.asks()) {
            asks.retain(|ask| ask.intent.asks());
        }
        asks
    }
}

/// Where a new clause may begin: the word that joins it, and its first word.
fn breaks(words: &[Word]) -> Vec<(usize, usize)> {
    let joins =
        |word: &Word| word.quoted.is_none() && matches!(word.norm.as_str(), "and" | "then" | "also" | "plus");
    let mut breaks = Vec::new();
    let mut at = 1;
    while at < words.len() && breaks.len() < MOST_BREAKS {
        let mark = words[at - 1].mark.is_some_and(|mark| matches!(mark, ',' | ';' | '.' | '!' | '?' | ':'));
        let begin = (at..words.len()).find(|&n| !joins(&words[n])).unwrap_or(words.len());
        if (mark || begin > at) && begin < words.len() {
            breaks.push((at, begin));
        }
        at = begin.max(at) + 1;
    }
    breaks
}

struct Reading<'g, 'u> {
    grammar: &'g Grammar,
    utterance: &'u Utterance<'u>,
    known: &'u Known,
    now: Option<&'u Zoned>,
}

impl<'g> Reading<'g, '_> {
    /// The words from `from` on as one ask, or as several joined at the breaks, whichever explains them better.
    fn clauses(&self, from: usize, breaks: &[(usize, usize)]) -> Option<Vec<Ask<'g>>> {
        let whole = self.clause(from, self.utterance.words.len());
        let several = breaks.iter().enumerate().find_map(|(n, &(end, begin))| {
            let first = self.clause(from, end)?;
            let rest = self.clauses(begin, &breaks[n + 1..])?;
            let asked = rest.iter().all(|ask| ask.intent.asks()) && (whole.is_none() || first.intent.asks());
            (asked || whole.is_none()).then(|| std::iter::once(first).chain(rest).collect::<Vec<_>>())
        });
        match (whole, several) {
            (Some(whole), Some(several)) => {
                let together: f32 = several.iter().map(|ask| ask.score).sum();
                Some(if together > whole.score + SPLIT_GAIN { several } else { vec![whole] })
            }
            (whole, several) => several.or_else(|| whole.map(|whole| vec![whole])),
        }
    }

    /// The words as one ask, politeness around it left off.
    fn clause(&self, from: usize, to: usize) -> Option<Ask<'g>> {
        let (inner_from, inner_to) = self.without_frame(from, to);
        let inner = self.best(inner_from, inner_to);
        if (inner_from, inner_to) == (from, to) {
            return inner;
        }
        let outer = self.best(from, to);
        match (inner, outer) {
            (Some(inner), Some(outer)) => Some(if outer.score > inner.score + 1.0 { outer } else { inner }),
            (inner, outer) => inner.or(outer),
        }
    }

    /// Past "hey luna, could you please" and before "for me, thanks".
    fn without_frame(&self, mut from: usize, mut to: usize) -> (usize, usize) {
        let words = &self.utterance.words;
        let here = |at: usize, phrase: &[String]| {
            phrase
                .iter()
                .enumerate()
                .all(|(n, word)| words[at + n].quoted.is_none() && words[at + n].norm == *word)
        };
        while let Some(phrase) = self.grammar.lead.iter().find(|p| from + p.len() < to && here(from, p)) {
            from += phrase.len();
        }
        while let Some(phrase) =
            self.grammar.trail.iter().find(|p| from + p.len() < to && here(to - p.len(), p))
        {
            to -= phrase.len();
        }
        (from, to)
    }

    fn best(&self, from: usize, to: usize) -> Option<Ask<'g>> {
        if from >= to {
            return None;
        }
        let (intent, found) = self
            .grammar
            .patterns
            .iter()
            .filter(|(_, _, needs)| self.known.meet(needs, from, to))
            .filter_map(|(intent, node, _)| {
                let mut found = lay(node, self.utterance, self.known, from, to)?;
                found.score += self.grammar.intents[*intent].weight;
                Some((*intent, found))
            })
            .max_by(|a, b| a.1.score.total_cmp(&b.1.score).then(b.0.cmp(&a.0)))?;
        let slots = found
            .slots
            .into_iter()
            .map(|(slot, kind, from, to)| {
                (
                    self.grammar.slots[usize::from(slot)].clone(),
                    kind.value(self.utterance, from, to, self.now),
                )
            })
            .collect();
        Some(Ask { intent: &self.grammar.intents[intent], slots, score: found.score })
    }
}
