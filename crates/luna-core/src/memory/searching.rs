//! Finding facts: meaning and words together, recency and importance between equals.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use luna_model::{Error, Fact, FactHit, FactId, Result, Timestamp};

use super::{Memory, keys};

/// How much the words' own search (BM25) adds to the meaning's score: enough for names and numbers that the vocabulary
/// lacks. On LoCoMo 0.04 costs no recall@10, 0.1 costs 1.4 points.
const WORDS: f64 = 0.04;
/// What the most recent and the most important add at most; less than meaning differs by, so they break ties.
const RECENCY: f64 = 0.01;
const IMPORTANCE: f64 = 0.01;
/// From this score on a fact is taken to be about what was said. Over twenty facts and the static table this keeps the
/// right fact for 15 of 20 questions that mostly share no word with it, and lets a fact through for 5 of 20 requests that
/// are about something else: a fact too many in the prompt does less harm than the one that is missing.
const RELEVANT: f64 = 0.32;
/// Facts that say the same in other words find each other at least this well, both ways.
const ALIKE: f64 = 0.97;
const LONGEST_QUERY: usize = 4_000;

impl Memory {
    /// The facts that fit a query best, best first. What was found counts as used.
    ///
    /// # Errors
    /// `Invalid` for an empty query.
    pub async fn search(&self, query: &str, limit: usize) -> Result<Vec<FactHit>> {
        let query = query.trim();
        if query.is_empty() {
            return Err(Error::invalid("say what to look for: the query is empty"));
        }
        if limit == 0 {
            return Err(Error::invalid("the limit must be at least 1"));
        }
        let hits = self.find(query, limit).await?;
        self.used(hits).await
    }

    /// The facts that bear on what was said, best first: none when nothing does, which is most of the time.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn recall_for(&self, text: &str, limit: usize) -> Result<Vec<FactHit>> {
        if text.trim().is_empty() || limit == 0 {
            return Ok(vec![]);
        }
        let mut hits = self.find(text, limit).await?;
        hits.retain(|hit| hit.score >= RELEVANT);
        self.used(hits).await
    }

    async fn find(&self, query: &str, limit: usize) -> Result<Vec<FactHit>> {
        let query: String = query.chars().take(LONGEST_QUERY).collect();
        let wide = limit.saturating_mul(4).saturating_add(16).min(1_000);
        let meant = self.inner.recall.search(&query, wide);
        let worded = self.inner.db.search_facts(telling_words(&query), wide as u32);
        let (meant, worded) = tokio::join!(meant, worded);
        let meant = meant.unwrap_or_else(|error| {
            tracing::warn!(%error, "words alone were searched");
            vec![]
        });
        let scores = self
            .mixed(meant.into_iter().map(|(id, score)| (FactId(id), f64::from(score))).collect(), worded?);
        let facts = self.inner.db.facts_by_id(scores.keys().copied().collect()).await?;
        let now = self.inner.clock.now();
        let mut hits: Vec<_> = facts
            .into_iter()
            .map(|fact| {
                let score = scores.get(&fact.id).copied().unwrap_or_default() + between_equals(&fact, now);
                FactHit { score: (score / (1.0 + WORDS + RECENCY + IMPORTANCE)).clamp(-1.0, 1.0), fact }
            })
            .collect();
        hits.sort_by(|a, b| {
            b.score.total_cmp(&a.score).then(b.fact.last_accessed.cmp(&a.fact.last_accessed))
        });
        hits.truncate(limit);
        Ok(hits)
    }

    /// Meaning's scores with what the words add. A fact that only its words found is as near in meaning as the last that
    /// meaning found, or, while the index is being made, as its words alone suggest.
    fn mixed(&self, meant: Vec<(FactId, f64)>, worded: Vec<(FactId, f64)>) -> HashMap<FactId, f64> {
        let last = meant.last().map(|hit| hit.1);
        let complete = self.inner.indexed.load(Ordering::Acquire);
        let most = worded.iter().map(|hit| hit.1).fold(f64::MIN_POSITIVE, f64::max);
        let mut scores: HashMap<_, _> = meant.into_iter().collect();
        for (id, score) in worded {
            let share = (score / most).clamp(0.0, 1.0);
            let without = if complete { last.unwrap_or(0.0) } else { 0.6 * share };
            *scores.entry(id).or_insert(without) += WORDS * share;
        }
        scores
    }

    async fn used(&self, mut hits: Vec<FactHit>) -> Result<Vec<FactHit>> {
        let now = self.inner.clock.now();
        let ids: Vec<_> = hits.iter().map(|hit| hit.fact.id).collect();
        if !ids.is_empty() {
            self.inner.db.touch_facts(ids, now).await?;
        }
        for hit in &mut hits {
            hit.fact.last_accessed = hit.fact.last_accessed.max(now);
        }
        Ok(hits)
    }

    /// Merges facts that say the same in other words into the surer one; how many went.
    pub(super) async fn merge_alike(&self) -> Result<usize> {
        /// Facts that are compared in one go, most recent first.
        const MOST: usize = 500;
        let facts = self.facts().await?;
        let mut gone = std::collections::HashSet::new();
        for fact in facts.iter().take(MOST) {
            if gone.contains(&fact.id) {
                continue;
            }
            let near = self.inner.recall.search(&fact.content, 4).await?;
            for (id, score) in near {
                let Some(other) = facts.iter().find(|f| f.id.0 == id && f.id != fact.id) else { continue };
                if gone.contains(&other.id) || f64::from(score) < ALIKE || !self.alike(fact, other).await? {
                    continue;
                }
                let (kept, merged) =
                    if fact.confidence >= other.confidence { (fact, other) } else { (other, fact) };
                self.inner.db.merge_fact(merged.id, kept.id, self.inner.clock.now()).await?;
                self.inner.recall.remove(vec![merged.id.0]).await?;
                gone.insert(merged.id);
            }
        }
        Ok(gone.len())
    }

    /// Whether two facts say the same, both ways, with the same numbers, names and noes.
    async fn alike(&self, a: &Fact, b: &Fact) -> Result<bool> {
        if telling(&a.content) != telling(&b.content)
            || keys::attribute(&a.content) != keys::attribute(&b.content)
        {
            return Ok(false);
        }
        let back = self.inner.recall.rank(&b.content, std::slice::from_ref(&a.content)).await?;
        Ok(back.first().is_some_and(|score| f64::from(*score) >= ALIKE))
    }
}

/// A query without the words that every sentence has. When it has no others, nothing is searched by words.
fn telling_words(query: &str) -> String {
    const EMPTY: &str = " a about am an and any are as at be been but by can could did do does for from get had has have \
        he her him his how i if in into is it its just like ll m me my no not of on or our please re s she should so some \
        t than that the their them then there these they this to us user users ve was we were what when where which who \
        whose why will with would you your ";
    let lower = query.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
    words.filter(|word| !EMPTY.contains(&format!(" {word} "))).collect::<Vec<_>>().join(" ")
}

/// What meaning is blind to: numbers, names and noes of a fact, in order of the alphabet.
fn telling(content: &str) -> Vec<String> {
    const NOES: [&str; 10] =
        ["not", "no", "never", "doesn't", "isn't", "can't", "dislikes", "hates", "without", "cannot"];
    let words = content.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|w| !w.is_empty());
    let mut telling: Vec<_> = words
        .filter(|w| {
            w.chars().any(|c| c.is_numeric() || c.is_uppercase()) || NOES.contains(&w.to_lowercase().as_str())
        })
        .map(str::to_lowercase)
        .collect();
    telling.sort();
    telling
}

fn between_equals(fact: &Fact, now: Timestamp) -> f64 {
    let days = now.duration_since(fact.last_accessed).as_secs_f64().max(0.0) / 86_400.0;
    RECENCY / (1.0 + 0.15 * days) + IMPORTANCE * fact.importance
}
