//! What Luna remembers of her user: facts (learnt, searched, corrected, forgotten) and the personality that grows.
//!
//! Only two ways lead in: what the user wrote down, and what the user said in a conversation. What Luna recalled, what she
//! answered and what came from outside is never learnt. Knows no wire names and no engine; meaning is a port.

mod extract;
mod keys;
mod learning;
mod links;
mod personality;
mod rules;
mod said;
mod searching;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use luna_model::{Error, Event, Fact, FactId, FactSource, Message, Personality, Result, Timestamp};
use luna_store::{Db, FactRow, FactText, Stored};
use serde_json::{Map, Value};

use crate::events::Bus;
use crate::ports::{Clock, Recall, RecallItem};
use personality::Grown;

pub use links::{Link, LinkKind};

/// Longest fact, in characters.
const LONGEST: usize = 2_000;
/// How much surer a fact is when it is stated again.
const STRENGTHEN: f64 = 0.1;
/// Importance of a fact of which nothing else is known.
const USUAL_IMPORTANCE: f64 = 0.5;
/// What the personality is kept as.
const PERSONALITY: &str = "personality";
/// When facts last faded.
const FADED: &str = "facts_faded";
/// Texts that are indexed, or given vectors, in one go.
const PAGE: u32 = 2_000;
const DEEPEN: usize = 64;

/// The memory; cheap to clone.
#[derive(Clone)]
pub struct Memory {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    recall: Arc<dyn Recall>,
    clock: Arc<dyn Clock>,
    bus: Bus,
    /// Whether every fact is in the index of meaning; until then words alone find the rest.
    indexed: AtomicBool,
    /// Held while a fact changes in the database and in the index, and while a page of facts is indexed: so that one
    /// forgotten meanwhile does not come back.
    changing: tokio::sync::Mutex<()>,
    /// One at a time gives texts their vectors.
    deepening: tokio::sync::Mutex<()>,
    /// One at a time changes the personality.
    growing: tokio::sync::Mutex<()>,
}

/// Why something is remembered.
#[derive(Clone, Debug, PartialEq)]
pub struct Why {
    /// The fact.
    pub fact: Fact,
    /// The message in which it was said, if it came from one that still is there.
    pub said: Option<Message>,
    /// The facts whose place it took, latest first.
    pub earlier: Vec<Fact>,
}

/// A fact that no longer holds, and the one that holds in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Replaced {
    /// As it was.
    pub before: Fact,
    /// What took its place; none when that was forgotten since.
    pub now: Option<Fact>,
    /// Whether both said the same, so that they were merged; else the one contradicted the other.
    pub merged: bool,
}

/// What compaction did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compacted {
    /// Facts that said what another said, and were merged into it.
    pub merged: usize,
    /// Facts that lost some confidence because they were long unused.
    pub faded: usize,
}

impl Memory {
    /// The memory over a database. Returns at once; facts are indexed in the background.
    pub(crate) fn open(db: Db, recall: Arc<dyn Recall>, clock: Arc<dyn Clock>, bus: Bus) -> Self {
        let inner = Inner {
            db,
            recall,
            clock,
            bus,
            indexed: AtomicBool::new(false),
            changing: tokio::sync::Mutex::default(),
            deepening: tokio::sync::Mutex::default(),
            growing: tokio::sync::Mutex::default(),
        };
        let memory = Self { inner: Arc::new(inner) };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let weak = Arc::downgrade(&memory.inner);
            runtime.spawn(async move {
                let Some(inner) = weak.upgrade() else { return };
                let memory = Self { inner };
                if let Err(error) = memory.index().await {
                    tracing::warn!(%error, "facts could not be indexed; words alone find them");
                }
            });
        }
        memory
    }

    /// The facts that hold, last used first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn facts(&self) -> Result<Vec<Fact>> {
        self.inner.db.facts().await
    }

    /// Remembers a fact. One that says the same as a known one strengthens it; one that contradicts a known one (the cat's
    /// new name) takes its place.
    ///
    /// # Errors
    /// `Invalid` for an empty or overlong content or a confidence outside 0 to 1.
    pub async fn add(&self, content: &str, confidence: f64, source: FactSource) -> Result<Fact> {
        let importance = if matches!(source, FactSource::Learnt { .. }) { USUAL_IMPORTANCE } else { 0.7 };
        // "remember that my cat …" is told of the user, so that it is the same fact however it was learnt.
        let content =
            if matches!(source, FactSource::Asked { .. }) { said::told(content) } else { content.to_owned() };
        self.store(&content, confidence, importance, source).await
    }

    async fn store(
        &self,
        content: &str,
        confidence: f64,
        importance: f64,
        source: FactSource,
    ) -> Result<Fact> {
        let now = self.inner.clock.now();
        let content = checked(content, confidence)?;
        let fact = Fact {
            id: FactId::new(),
            content,
            confidence,
            importance,
            source,
            created_at: now,
            last_accessed: now,
            superseded_by: None,
            ended_at: None,
        };
        let row = row(fact);
        let _changing = self.inner.changing.lock().await;
        match self.inner.db.add_fact(row.clone(), STRENGTHEN).await? {
            Stored::Known(known) => {
                self.changed();
                Ok(known)
            }
            Stored::New { superseded } => {
                self.inner.recall.remove(superseded.into_iter().map(|id| id.0).collect()).await?;
                self.index_one(&row).await?;
                Ok(row.fact)
            }
        }
    }

    /// Rewrites a fact: its content, its confidence, or both.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` as for [`Memory::add`]; `Conflict` when another fact says the same.
    pub async fn edit(&self, id: FactId, content: Option<&str>, confidence: Option<f64>) -> Result<Fact> {
        let _changing = self.inner.changing.lock().await;
        let known = self.inner.db.facts_by_id(vec![id]).await?.pop().ok_or_else(no_such_fact)?;
        let confidence = confidence.unwrap_or(known.confidence);
        let content = checked(content.unwrap_or(&known.content), confidence)?;
        let row = row(Fact { content, confidence, last_accessed: self.inner.clock.now(), ..known });
        self.inner.db.edit_fact(row.clone()).await?;
        self.index_one(&row).await?;
        Ok(row.fact)
    }

    /// Forgets a fact for good, in every index, and with it what it had taken the place of.
    ///
    /// # Errors
    /// `NotFound` when there is no such fact.
    pub async fn forget(&self, id: FactId) -> Result<()> {
        let _changing = self.inner.changing.lock().await;
        self.inner.db.delete_fact(id).await?;
        self.inner.recall.remove(vec![id.0]).await?;
        self.changed();
        Ok(())
    }

    /// Why something is remembered: where it came from and what it replaced.
    ///
    /// # Errors
    /// `NotFound` when there is no such fact.
    pub async fn why(&self, id: FactId) -> Result<Why> {
        let fact = self.inner.db.fact(id).await?.ok_or_else(no_such_fact)?;
        let said = match fact.source {
            FactSource::Stated => None,
            FactSource::Asked { message, .. } | FactSource::Learnt { message, .. } => {
                self.inner.db.message(message).await?
            }
        };
        let earlier = self.inner.db.fact_history(id).await?;
        Ok(Why { fact, said, earlier })
    }

    /// Facts that were merged into others or that others replaced, latest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn replaced(&self, limit: u32) -> Result<Vec<Replaced>> {
        let mut replaced = vec![];
        for before in self.inner.db.superseded_facts(limit).await? {
            let now = match before.superseded_by {
                Some(id) => self.inner.db.fact(id).await?,
                None => None,
            };
            let same_attribute = |now: &Fact| {
                keys::attribute(&now.content).is_some_and(|a| keys::attribute(&before.content) == Some(a))
            };
            let merged = !now.as_ref().is_some_and(same_attribute);
            replaced.push(Replaced { before, now, merged });
        }
        Ok(replaced)
    }

    /// Forgets the index of all facts. The database is emptied by the caller.
    pub(crate) async fn forget_all(&self) -> Result<()> {
        let _changing = self.inner.changing.lock().await;
        let ids = self.facts().await?.into_iter().map(|f| f.id.0).collect();
        self.inner.recall.remove(ids).await?;
        self.changed();
        Ok(())
    }

    /// The personality as it is now.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn personality(&self) -> Result<Personality> {
        Ok(self.grown().await?.now)
    }

    /// Changes some dimensions: a JSON object of their names and values.
    ///
    /// # Errors
    /// `Invalid` for an unknown name or a value out of range; then nothing is changed.
    pub async fn patch_personality(&self, patch: &Map<String, Value>) -> Result<Personality> {
        let _growing = self.inner.growing.lock().await;
        let grown = self.grown().await?.patched(patch)?;
        self.inner.db.set_document(PERSONALITY, &grown).await?;
        Ok(grown.now)
    }

    /// The personality in words, for the system prompt.
    pub async fn personality_prompt(&self) -> String {
        let personality = self.personality().await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the personality could not be read");
            Personality::default()
        });
        personality::in_words(personality)
    }

    /// Lets the personality drift with what the user said.
    async fn feel(&self, said: &str) -> Result<()> {
        let _growing = self.inner.growing.lock().await;
        let before = self.grown().await?;
        let grown = before.moved_by(said);
        if grown == before { Ok(()) } else { self.inner.db.set_document(PERSONALITY, &grown).await }
    }

    async fn grown(&self) -> Result<Grown> {
        let now = self.inner.clock.now();
        let kept: Option<Grown> = self.inner.db.document(PERSONALITY).await?;
        Ok(kept.unwrap_or_else(|| Grown::new(now)).at(now))
    }

    /// Merges facts that say the same in other words, and lets long unused ones fade.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn compact(&self) -> Result<Compacted> {
        let merged = self.merge_alike().await?;
        let faded = self.fade_if_due().await?.unwrap_or_default();
        if merged + faded > 0 {
            self.changed();
        }
        Ok(Compacted { merged, faded })
    }

    /// Upkeep: compaction, vectors for what has none yet (an engine may have arrived meanwhile), and the personality's way
    /// back to what it was set to. The names of what was done.
    pub(crate) async fn tend(&self) -> Result<Vec<&'static str>> {
        let merged = self.merge_alike().await?;
        let faded = self.fade_if_due().await?;
        if merged + faded.unwrap_or_default() > 0 {
            self.changed();
        }
        self.settle().await?;
        self.deepen().await?;
        let mut done = vec!["daily_memory_compaction", "daily_personality_decay"];
        done.extend(faded.map(|_| "confidence_decay"));
        Ok(done)
    }

    /// Writes down how far the personality has come back by itself.
    async fn settle(&self) -> Result<()> {
        let _growing = self.inner.growing.lock().await;
        let Some(kept) = self.inner.db.document::<Grown>(PERSONALITY).await? else { return Ok(()) };
        let settled = kept.at(self.inner.clock.now());
        if settled == kept { Ok(()) } else { self.inner.db.set_document(PERSONALITY, &settled).await }
    }

    /// Facts not used for 30 days lose 0.04 of their confidence a week, down to 0.3. How many did; none when it is not due.
    async fn fade_if_due(&self) -> Result<Option<usize>> {
        let now = self.inner.clock.now();
        let last: Option<Timestamp> = self.inner.db.document(FADED).await?;
        let due = last.is_none_or(|last| now.duration_since(last).as_hours() >= 7 * 24);
        if !due {
            return Ok(None);
        }
        self.inner.db.set_document(FADED, &now).await?;
        // The first time only starts the clock.
        let Some(_) = last else { return Ok(None) };
        let long_ago =
            now.saturating_sub(jiff::SignedDuration::from_hours(30 * 24)).unwrap_or(Timestamp::MIN);
        self.inner.db.fade_facts(long_ago, 0.04, 0.3).await.map(Some)
    }

    /// Puts every fact into the index of meaning, then makes the vectors that are missing.
    async fn index(&self) -> Result<()> {
        let mut after = 0;
        loop {
            let engine = self.inner.recall.vectors();
            let _changing = self.inner.changing.lock().await;
            let (texts, last) = self.inner.db.fact_texts(engine, after, PAGE).await?;
            let Some(last) = last else { break };
            self.inner.recall.put(texts.into_iter().map(item).collect()).await?;
            after = last;
        }
        self.inner.indexed.store(true, Ordering::Release);
        self.deepen().await
    }

    async fn index_one(&self, row: &FactRow) -> Result<()> {
        let item = RecallItem { id: row.fact.id.0, text: row.indexed.clone(), vector: None };
        self.inner.recall.put(vec![item]).await?;
        self.changed();
        if self.inner.recall.vectors().is_some() {
            let memory = self.clone();
            tokio::spawn(async move {
                if let Err(error) = memory.deepen().await {
                    tracing::warn!(%error, "a fact got no vector; it is tried again later");
                }
            });
        }
        Ok(())
    }

    /// Makes and keeps the vectors of facts that have none, a few at a time; search goes on meanwhile.
    async fn deepen(&self) -> Result<()> {
        let Ok(_one) = self.inner.deepening.try_lock() else { return Ok(()) };
        while let Some(engine) = self.inner.recall.vectors() {
            let wanting = self.inner.recall.wanting(DEEPEN);
            if wanting.is_empty() {
                break;
            }
            let ids: Vec<_> = wanting.iter().copied().map(FactId).collect();
            let texts = self.inner.db.fact_texts_by_id(ids).await?;
            let gone = wanting.into_iter().filter(|id| !texts.iter().any(|t| t.id.0 == *id)).collect();
            self.inner.recall.remove(gone).await?;
            let made = self.inner.recall.deepen(texts.into_iter().map(item).collect()).await?;
            let made = made.into_iter().map(|(id, vector)| (FactId(id), vector)).collect();
            self.inner.db.keep_fact_vectors(engine, made).await?;
        }
        Ok(())
    }

    fn changed(&self) {
        self.inner.bus.publish(Event::MemoryChanged);
    }
}

fn item(text: FactText) -> RecallItem {
    RecallItem { id: text.id.0, text: text.indexed, vector: text.vector }
}

fn row(fact: Fact) -> FactRow {
    let day = fact.created_at.strftime("%-d %B %Y");
    FactRow {
        indexed: format!("{} ({day})", fact.content),
        sameness: keys::sameness(&fact.content),
        attribute: keys::attribute(&fact.content),
        fact,
    }
}

fn checked(content: &str, confidence: f64) -> Result<String> {
    let content = content.trim();
    if content.is_empty() {
        return Err(Error::invalid("a fact needs some content"));
    }
    if content.chars().count() > LONGEST {
        return Err(Error::invalid(format!(
            "a fact may have at most {LONGEST} characters; split it, or keep it in a file"
        )));
    }
    if !(0.0..=1.0).contains(&confidence) {
        return Err(Error::invalid("the confidence must be a number from 0 to 1"));
    }
    Ok(content.to_owned())
}

fn no_such_fact() -> Error {
    Error::not_found("there is no such fact")
}
