//! Lays a pattern over an utterance and says how well it fits.

use super::{
    pattern::{Node, Vocabulary},
    slot::{Kind, Utterance},
};

/// What a match is worth: a word of the pattern counts more than a slot that takes anything, a slip of the keyboard less
/// than the word itself, and each word that was only filler a little less than none.
const WORD: f32 = 1.0;
const SLIP: f32 = 0.7;
const FILLER: f32 = -0.05;

/// An utterance's words as the grammar knows them.
pub(super) struct Known {
    /// For each word: its number, and whether it was read past a slip.
    ids: Vec<Option<(u16, bool)>>,
    filler: Vec<bool>,
}

impl Known {
    pub(super) fn new(
        utterance: &Utterance<'_>,
        vocabulary: &Vocabulary,
        filler: &dyn Fn(&str) -> bool,
    ) -> Self {
        let known = |norm: &str| {
            vocabulary.get(norm).map(|id| (id, false)).or_else(|| slip(norm, vocabulary).map(|id| (id, true)))
        };
        Self {
            ids: utterance
                .words
                .iter()
                .map(|w| if w.quoted.is_some() { None } else { known(&w.norm) })
                .collect(),
            filler: utterance.words.iter().map(|w| w.quoted.is_none() && filler(&w.norm)).collect(),
        }
    }
}

impl Known {
    /// Whether the words from `from` to `to` hold one of each set.
    pub(super) fn meet(&self, needs: &[Vec<u16>], from: usize, to: usize) -> bool {
        let held =
            |id: &u16| self.ids[from..to].iter().any(|known| known.is_some_and(|(word, _)| word == *id));
        needs.iter().all(|set| set.iter().any(held))
    }
}

/// The grammar's word that this one was probably meant to be.
fn slip(norm: &str, vocabulary: &Vocabulary) -> Option<u16> {
    let length = norm.chars().count();
    if length < 4 || !norm.chars().all(char::is_alphabetic) {
        return None;
    }
    vocabulary
        .iter()
        .filter(|(word, _)| {
            let long = word.len();
            let swapped = long == 4 && length == 4 && sorted(word) == sorted(norm);
            (long >= 5 && length >= 5 && long.abs_diff(length) <= 1 || swapped)
                && word.chars().next() == norm.chars().next()
        })
        // "opens", "opened" and "locking" tell of something; they ask for nothing.
        .filter(|(word, _)| !inflected(word, norm) && !inflected(norm, word))
        .filter(|(word, _)| strsim::osa_distance(word, norm) == 1)
        .min_by_key(|(word, _)| *word)
        .map(|(_, id)| id)
}

fn inflected(word: &str, longer: &str) -> bool {
    longer.strip_prefix(word).is_some_and(|end| matches!(end, "s" | "d" | "r" | "y" | "n"))
        || word
            .strip_suffix(['e', 's', 'd'])
            .is_some_and(|stem| longer.strip_suffix(['s', 'd']) == Some(stem))
}

fn sorted(word: &str) -> Vec<char> {
    let mut letters: Vec<char> = word.chars().collect();
    letters.sort_unstable();
    letters
}

/// How far a match has come.
#[derive(Clone)]
struct State {
    at: usize,
    score: f32,
    /// Whether a word of the pattern itself was found: exactly, or past a slip when it does not stand alone.
    anchored: bool,
    slots: Vec<(u8, Kind, usize, usize)>,
}

/// A pattern that accounts for all the words.
pub(super) struct Match {
    pub(super) score: f32,
    /// Slot, kind, first word, end.
    pub(super) slots: Vec<(u8, Kind, usize, usize)>,
}

/// The best way in which this pattern accounts for the words from `from` to `to`.
pub(super) fn lay(
    node: &Node,
    utterance: &Utterance<'_>,
    known: &Known,
    from: usize,
    to: usize,
) -> Option<Match> {
    let over = Over { utterance, known, to };
    let start = State { at: from, score: 0.0, anchored: false, slots: Vec::new() };
    over.advance(node, start, true)
        .into_iter()
        .filter_map(|state| {
            let left = over.skip_filler(state.at, over.to);
            (left == to
                && (state.anchored || state.slots.iter().any(|(_, kind, ..)| kind.speaks_for_itself())))
            .then(|| (state.score + FILLER * (to - state.at) as f32, state.slots))
        })
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(score, slots)| Match { score, slots })
}

struct Over<'u> {
    utterance: &'u Utterance<'u>,
    known: &'u Known,
    to: usize,
}

impl Over<'_> {
    /// Past filler words from `at`, at most to `limit`.
    fn skip_filler(&self, at: usize, limit: usize) -> usize {
        (at..limit).find(|&n| !self.known.filler[n]).unwrap_or(limit)
    }

    /// All the states that a node leads to. `last`: nothing of the pattern follows it.
    fn advance(&self, node: &Node, state: State, last: bool) -> Vec<State> {
        match node {
            Node::Word(id) => self.word(*id, state).into_iter().collect(),
            Node::Seq(parts) => {
                let mut states = vec![state];
                for (n, part) in parts.iter().enumerate() {
                    let last = last && n + 1 == parts.len();
                    states = states.into_iter().flat_map(|state| self.advance(part, state, last)).collect();
                    if states.is_empty() {
                        break;
                    }
                }
                states
            }
            Node::Any(all) => all.iter().flat_map(|one| self.advance(one, state.clone(), last)).collect(),
            Node::Perhaps(inner) => {
                let mut states = self.advance(inner, state.clone(), last);
                states.push(state);
                states
            }
            Node::Slot(slot, kind) => self.slot(*slot, *kind, &state, last),
        }
    }

    fn word(&self, id: u16, state: State) -> Option<State> {
        let mut at = state.at;
        while at < self.to {
            match self.known.ids[at] {
                Some((found, slipped)) if found == id => {
                    return Some(State {
                        at: at + 1,
                        score: state.score
                            + if slipped { SLIP } else { WORD }
                            + FILLER * (at - state.at) as f32,
                        anchored: state.anchored || !slipped || self.to > 1,
                        slots: state.slots,
                    });
                }
                _ if self.known.filler[at] => at += 1,
                _ => return None,
            }
        }
        None
    }

    fn slot(&self, slot: u8, kind: Kind, state: &State, last: bool) -> Vec<State> {
        let start = if kind.takes_anything() { state.at } else { self.before_slot(state.at, kind) };
        let take = |end: usize| {
            let mut slots = state.slots.clone();
            slots.push((slot, kind, start, end));
            let skipped = FILLER * (start - state.at) as f32;
            State {
                at: end,
                score: state.score + kind.worth(end - start) + skipped,
                anchored: state.anchored,
                slots,
            }
        };
        if last && kind.takes_anything() {
            // The rest is its.
            return (start < self.to && kind.fits(self.utterance, start, self.to))
                .then(|| take(self.to))
                .into_iter()
                .collect();
        }
        kind.ends(self.utterance, start, self.to).into_iter().map(take).collect()
    }

    /// "the 30", "about 30": filler before a slot of a certain kind, unless the slot begins with it ("a hundred").
    fn before_slot(&self, at: usize, kind: Kind) -> usize {
        let after = self.skip_filler(at, self.to);
        (at..=after).find(|&n| !kind.ends(self.utterance, n, self.to).is_empty()).unwrap_or(at)
    }
}
