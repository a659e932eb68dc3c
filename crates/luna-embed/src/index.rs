//! The texts of an engine, held for searching: distinct tokens of each, and its vector where there is one.
//!
//! Scores are exact. A pass over all texts with similarities rounded up to a byte gives each an upper bound, and whatever
//! its bound lets among the best is scored again in full.

use std::collections::HashMap;

use rayon::prelude::*;
use uuid::Uuid;

use crate::minilm::Vector;
use crate::scan::{LANES, Lanes, Wide, best, dot, weigh, widen};
use crate::table::{ROWS, inverse_length, is_word, rarity, row};
use crate::tokens::{Token, tokenize};

/// Most distinct tokens of a text that are kept.
const LONGEST_TEXT: usize = 1024;
/// Most distinct words of a query that count, the rarest ones.
const LONGEST_QUERY: usize = 4 * LANES;
/// Weights as integers: their sum over a query stays below 2¹⁶ × lanes.
const WEIGHT_SCALE: f32 = 4096.0;
const UNSEEN: u16 = u16::MAX;
/// Fewest texts, or tokens, that a core is given: below it, waking another costs more than it saves.
const SHARE: usize = 4096;

/// How far the two engines' scores spread over unrelated texts, as measured on LoCoMo; they stand in until there are
/// enough texts to tell.
const USUAL_SPREAD: Mix = Mix { words: 0.093, vector: 0.116 };
/// How many texts the usual spread counts for.
const USUAL_SPREAD_TEXTS: f32 = 50.0;

/// The spreads (standard deviations) by which two scores are made comparable. Adding them up in these units (the z-score
/// mix of the decision page) orders as their mean weighted by 1/spread does, which stays a cosine from −1 to 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mix {
    /// Of the words' scores.
    pub words: f32,
    /// Of the vectors' cosines.
    pub vector: f32,
}

impl Mix {
    fn mean(self, words: f32, vector: f32) -> f32 {
        (words / self.words + vector / self.vector) / (1.0 / self.words + 1.0 / self.vector)
    }
}

#[derive(Clone, Copy)]
struct Text {
    id: Uuid,
    start: usize,
    len: usize,
}

/// Texts, to be searched by meaning.
#[derive(Default)]
pub struct Index {
    texts: Vec<Text>,
    vectors: Vec<Option<Box<Vector>>>,
    places: HashMap<Uuid, usize>,
    /// The texts' distinct tokens by their numbers in `seen`, one text after another, with gaps where texts were removed.
    tokens: Vec<u16>,
    dropped: usize,
    /// Tokens that occur, by number, and in how many texts.
    seen: Vec<(Token, u32)>,
    /// A token's number; empty until the first text.
    numbers: Vec<u16>,
}

/// A word of a query.
struct Word {
    weight: f32,
    vector: Wide,
    inverse_length: f32,
}

impl Index {
    /// How many texts it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Adds or replaces a text.
    pub fn put(&mut self, id: Uuid, text: &str, vector: Option<Vector>) {
        self.remove(id);
        if self.numbers.is_empty() {
            self.numbers = vec![UNSEEN; ROWS];
        }
        let start = self.tokens.len();
        for token in distinct(text, LONGEST_TEXT) {
            let number = self.number(token);
            self.tokens.push(number);
            if let Some((_, texts)) = self.seen.get_mut(usize::from(number)) {
                *texts += 1;
            }
        }
        self.places.insert(id, self.texts.len());
        self.texts.push(Text { id, start, len: self.tokens.len() - start });
        self.vectors.push(vector.map(Box::new));
    }

    /// Removes a text, if it is there.
    pub fn remove(&mut self, id: Uuid) {
        let Some(place) = self.places.remove(&id) else { return };
        let text = self.texts.swap_remove(place);
        self.vectors.swap_remove(place);
        if let Some(moved) = self.texts.get(place) {
            self.places.insert(moved.id, place);
        }
        for &number in &self.tokens[text.start..text.start + text.len] {
            if let Some((_, texts)) = self.seen.get_mut(usize::from(number)) {
                *texts -= 1;
            }
        }
        self.dropped += text.len;
        if self.dropped > self.tokens.len() / 2 {
            self.close_gaps();
        }
    }

    fn close_gaps(&mut self) {
        let mut kept = Vec::with_capacity(self.tokens.len() - self.dropped);
        for text in &mut self.texts {
            let start = kept.len();
            kept.extend_from_slice(&self.tokens[text.start..text.start + text.len]);
            text.start = start;
        }
        self.tokens = kept;
        self.dropped = 0;
    }

    fn number(&mut self, token: Token) -> u16 {
        let number = &mut self.numbers[usize::from(token)];
        if *number == UNSEEN {
            *number = self.seen.len() as u16;
            self.seen.push((token, 0));
        }
        *number
    }

    /// Whether any text has a vector.
    pub fn has_vectors(&self) -> bool {
        self.vectors.iter().any(Option::is_some)
    }

    /// Texts without a vector, at most `limit`.
    pub fn without_vector(&self, limit: usize) -> Vec<Uuid> {
        let missing = self.texts.iter().zip(&self.vectors).filter(|(_, vector)| vector.is_none());
        missing.take(limit).map(|(text, _)| text.id).collect()
    }

    /// Gives a text its vector; a text that is gone meanwhile is left alone.
    pub fn set_vector(&mut self, id: Uuid, vector: Vector) {
        if let Some(&place) = self.places.get(&id) {
            self.vectors[place] = Some(Box::new(vector));
        }
    }

    /// The best texts for a query, best first, scored by the words alone, or mixed with a vector's cosines.
    #[must_use]
    pub fn search(&self, query: &str, vector: Option<&Vector>, limit: usize) -> Vec<(Uuid, f32)> {
        let words = self.words(query);
        if limit == 0 || (words.is_empty() && vector.is_none()) {
            return vec![];
        }
        let total: f32 = words.iter().map(|w| w.weight).sum::<f32>().max(f32::MIN_POSITIVE);
        let bounds = self.bounds(&words, total);
        let exact = |place: usize| self.score(place, &words) / total;
        let mut hits = match vector {
            None => best_within(&bounds, limit, exact),
            Some(vector) => {
                let cosines: Vec<_> =
                    self.vectors.iter().map(|v| v.as_ref().map(|v| v.cosine(vector))).collect();
                let mixed = mixed(&bounds, &cosines);
                best_within(&mixed.scores, limit, |place| mixed.again(exact(place), cosines[place]))
            }
        };
        hits.truncate(limit);
        hits.into_iter().map(|(place, score)| (self.texts[place].id, score.clamp(-1.0, 1.0))).collect()
    }

    /// The same by scoring every text in full, the plain way.
    #[must_use]
    pub fn search_exactly(&self, query: &str, limit: usize) -> Vec<(Uuid, f32)> {
        let words = self.words(query);
        let total: f32 = words.iter().map(|w| w.weight).sum::<f32>().max(f32::MIN_POSITIVE);
        let mut all: Vec<_> =
            (0..self.len()).map(|place| (place, self.score(place, &words) / total)).collect();
        all.sort_by(|a, b| b.1.total_cmp(&a.1));
        all.truncate(limit);
        all.into_iter().map(|(place, score)| (self.texts[place].id, score)).collect()
    }

    /// A query's distinct words with what each counts: how rare it is in English, and among these texts (the square
    /// root of BM25's inverse document frequency, so that "user" in every fact says nothing).
    fn words(&self, query: &str) -> Vec<Word> {
        let texts = self.len() as f32;
        let mut words: Vec<_> = distinct(query, usize::MAX)
            .into_iter()
            .map(|token| {
                let number = self.numbers.get(usize::from(token)).copied().unwrap_or(UNSEEN);
                let with = self.seen.get(usize::from(number)).map_or(0.0, |&(_, texts)| texts as f32);
                let here = (1.0 + (texts - with + 0.5) / (with + 0.5)).ln().sqrt();
                Word {
                    weight: rarity(token) * here,
                    vector: widen(row(token)),
                    inverse_length: inverse_length(token),
                }
            })
            .collect();
        words.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        words.truncate(LONGEST_QUERY);
        words
    }

    /// An upper bound of every text's score.
    fn bounds(&self, words: &[Word], total: f32) -> Vec<f32> {
        let mut sums = vec![0u32; self.len()];
        for words in words.chunks(LANES) {
            let similarities = self.similarities(words);
            let mut weights = [0; LANES];
            for (weight, word) in weights.iter_mut().zip(words) {
                *weight = (word.weight * WEIGHT_SCALE).ceil() as u16;
            }
            sums.par_iter_mut().zip(&self.texts).with_min_len(SHARE).for_each(|(sum, text)| {
                let tokens = &self.tokens[text.start..text.start + text.len];
                *sum += weigh(&best(tokens, &similarities), &weights);
            });
        }
        let unit = 1.0 / (255.0 * WEIGHT_SCALE * total);
        sums.into_iter().map(|sum| sum as f32 * unit).collect()
    }

    /// How near these words are to every token that occurs, by the tokens' numbers; never too low.
    fn similarities(&self, words: &[Word]) -> Vec<Lanes> {
        // In the table's own order, which memory likes better than that of first use.
        let near: Vec<(u16, Lanes)> = self
            .numbers
            .par_iter()
            .enumerate()
            .with_min_len(SHARE)
            .filter(|&(_, &number)| number != UNSEEN)
            .map(|(token, &number)| (number, lanes(token as Token, words)))
            .collect();
        let mut similarities = vec![[0; LANES]; self.seen.len()];
        for (number, lanes) in near {
            similarities[usize::from(number)] = lanes;
        }
        similarities
    }

    /// A text's score in full, times the words' total weight.
    fn score(&self, place: usize, words: &[Word]) -> f32 {
        let text = self.texts[place];
        let rows: Vec<_> = self.tokens[text.start..text.start + text.len]
            .iter()
            .map(|&number| self.seen[usize::from(number)].0)
            .map(|token| (widen(row(token)), inverse_length(token)))
            .collect();
        let best = |word: &Word| {
            let cosines = rows
                .iter()
                .map(|(row, inverse)| dot(row, &word.vector) as f32 * inverse * word.inverse_length);
            cosines.reduce(f32::max).unwrap_or(0.0)
        };
        words.iter().map(|word| word.weight * best(word)).sum()
    }
}

/// How near a token is to each of these words, rounded up.
fn lanes(token: Token, words: &[Word]) -> Lanes {
    let vector = widen(row(token));
    let scale = 255.0 * inverse_length(token);
    let mut lanes = [0; LANES];
    for (lane, word) in lanes.iter_mut().zip(words) {
        let cosine = dot(&vector, &word.vector) as f32 * scale * word.inverse_length;
        *lane = if cosine > 0.0 { (cosine as i32 + 1).min(255) as u8 } else { 0 };
    }
    lanes
}

/// The distinct tokens of a text that have a meaning, sorted.
fn distinct(text: &str, limit: usize) -> Vec<Token> {
    let mut tokens: Vec<_> = tokenize(text).into_iter().filter(|&t| is_word(t)).take(limit).collect();
    tokens.sort_unstable();
    tokens.dedup();
    tokens
}

/// The places of the best `limit` by exact score, given upper bounds: the most promising are scored first, then all
/// whose bound reaches the worst of the best.
fn best_within(bounds: &[f32], limit: usize, exact: impl Fn(usize) -> f32) -> Vec<(usize, f32)> {
    let by_score = |a: &(usize, f32), b: &(usize, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    let mut order: Vec<usize> = (0..bounds.len()).collect();
    let first = limit.saturating_mul(2).min(order.len());
    if first < order.len() {
        order.select_nth_unstable_by(first, |&a, &b| bounds[b].total_cmp(&bounds[a]));
    }
    let mut hits: Vec<_> = order[..first].iter().map(|&place| (place, exact(place))).collect();
    hits.sort_by(by_score);
    let enough = limit.checked_sub(1).and_then(|last| hits.get(last)).map_or(f32::MIN, |hit| hit.1);
    let more = order[first..].iter().filter(|&&place| bounds[place] >= enough);
    hits.extend(more.map(|&place| (place, exact(place))));
    hits.sort_by(by_score);
    hits
}

/// Words and vectors, mixed for every text.
struct Mixed {
    scores: Vec<f32>,
    spread: Mix,
    means: Mix,
}

impl Mixed {
    /// A text's mix from its exact score. One that has no vector yet counts as if its vector stood as far from the
    /// others as its words do.
    fn again(&self, words: f32, cosine: Option<f32>) -> f32 {
        let guess =
            || self.means.vector + self.spread.vector * (words - self.means.words) / self.spread.words;
        self.spread.mean(words, cosine.unwrap_or_else(guess))
    }
}

fn mixed(words: &[f32], cosines: &[Option<f32>]) -> Mixed {
    let (mean_words, spread_words) = spread(words.iter().copied(), USUAL_SPREAD.words);
    let (mean_vector, spread_vector) = spread(cosines.iter().flatten().copied(), USUAL_SPREAD.vector);
    let mut mixed = Mixed {
        scores: vec![],
        spread: Mix { words: spread_words, vector: spread_vector },
        means: Mix { words: mean_words, vector: mean_vector },
    };
    mixed.scores = words.iter().zip(cosines).map(|(&words, &cosine)| mixed.again(words, cosine)).collect();
    mixed
}

/// Mean and standard deviation, the latter drawn towards the usual one while there are few.
fn spread(scores: impl Iterator<Item = f32> + Clone, usual: f32) -> (f32, f32) {
    let count = scores.clone().count().max(1) as f32;
    let mean = scores.clone().sum::<f32>() / count;
    let squares: f32 = scores.map(|s| (s - mean).powi(2)).sum();
    let variance = (squares + USUAL_SPREAD_TEXTS * usual.powi(2)) / (count + USUAL_SPREAD_TEXTS);
    (mean, variance.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn index(texts: &[&str]) -> (Index, Vec<Uuid>) {
        let ids: Vec<_> = texts.iter().map(|_| Uuid::now_v7()).collect();
        let mut index = Index::default();
        for (id, text) in ids.iter().zip(texts) {
            index.put(*id, text, None);
        }
        (index, ids)
    }

    #[test]
    fn finds_by_meaning_without_a_shared_word() {
        let texts = [
            "user is vegetarian",
            "user doesn't like spicy food",
            "user drives a red bicycle to the office",
            "the standup is at nine",
        ];
        // As luna-core indexes them, with the day they were learnt.
        let dated: Vec<_> = texts.iter().map(|text| format!("{text} (22 November 2026)")).collect();
        let (index, ids) = index(&dated.iter().map(String::as_str).collect::<Vec<_>>());
        let hits = index.search("food preferences", None, 2);
        assert_eq!(hits.iter().map(|h| h.0).collect::<Vec<_>>(), [ids[1], ids[0]]);
        assert!(hits[0].1 >= hits[1].1 && hits[0].1 <= 1.0);
    }

    #[test]
    fn removed_and_replaced_texts_are_not_found() {
        let (mut index, ids) = index(&["the cat is called Biscuit", "the dog is called Rex", "it rains"]);
        index.remove(ids[0]);
        index.put(ids[1], "the parrot sings", None);
        assert_eq!(index.len(), 2);
        let best = index.search("dog called Rex", None, 1)[0];
        assert!(best.1 < 0.9, "{best:?}");
        assert!((index.search("the parrot sings", None, 1)[0].1 - 1.0).abs() < 1e-3);
        assert!(index.tokens.len() - index.dropped <= 8);
    }

    #[test]
    fn nothing_to_search_for_finds_nothing() {
        let (index, _) = index(&["a fact"]);
        assert!(index.search("", None, 5).is_empty());
        assert!(index.search("fact", None, 0).is_empty());
        assert!(Index::default().search("fact", None, 5).is_empty());
    }

    const WORDS: &[&str] = &[
        "user", "cat", "dog", "likes", "is", "the", "coffee", "tea", "office", "red", "bicycle", "Anna",
        "works", "at", "hospital", "piano", "quantum", "zzyzx", "monday", "!",
    ];

    proptest! {
        #[test]
        fn the_quick_search_is_the_exact_one(
            texts in prop::collection::vec(prop::collection::vec(0..WORDS.len(), 1..8), 1..80),
            query in prop::collection::vec(0..WORDS.len(), 1..40),
            removed in prop::collection::vec(any::<prop::sample::Index>(), 0..30),
            limit in 1usize..12,
        ) {
            let say = |words: &[usize]| words.iter().map(|&w| WORDS[w]).collect::<Vec<_>>().join(" ");
            let texts: Vec<_> = texts.iter().map(|t| say(t)).collect();
            let (mut index, ids) = index(&texts.iter().map(String::as_str).collect::<Vec<_>>());
            for at in removed {
                index.remove(*at.get(&ids));
            }
            let quick: Vec<_> = index.search(&say(&query), None, limit).into_iter().map(|h| h.1).collect();
            let exact: Vec<_> = index.search_exactly(&say(&query), limit).into_iter().map(|h| h.1).collect();
            prop_assert_eq!(quick.len(), exact.len());
            for (quick, exact) in quick.iter().zip(&exact) {
                prop_assert!((quick - exact).abs() < 1e-5, "{} {}", quick, exact);
            }
        }
    }
}
