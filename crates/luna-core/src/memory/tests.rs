//! The memory as a whole, over a real database in memory; meaning is stood in for by shared words.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt as _;
use jiff::{Timestamp, Zoned};
use luna_model::{
    ConversationId, EndReason, ErrorKind, FactSource, MessageId, ModelEvent, ModelInfo, ModelRequest,
    Provider, ProviderStatus, Result,
};
use luna_store::Db;
use parking_lot::Mutex;
use uuid::Uuid;

use super::Memory;
use crate::events::Bus;
use crate::ports::{Clock, Llm, ModelStream, Recall, RecallItem};

#[derive(Default)]
struct SharedWords {
    texts: Mutex<HashMap<Uuid, String>>,
    /// Of these the vectors were made; only if `network`.
    vectors: Mutex<HashMap<Uuid, Vec<u8>>>,
    network: bool,
}

fn overlap(query: &str, text: &str) -> f32 {
    let words = |t: &str| -> Vec<String> {
        let split = t.split(|c: char| !c.is_alphanumeric()).filter(|w| w.len() > 2 && *w != "user");
        split.map(|w| w.to_lowercase().trim_end_matches('s').to_owned()).collect()
    };
    let (query, text) = (words(query), words(text));
    query.iter().filter(|w| text.contains(w)).count() as f32 / query.len().max(1) as f32
}

#[async_trait]
impl Recall for SharedWords {
    fn another(&self) -> Arc<dyn Recall> {
        Arc::new(Self::default())
    }

    async fn put(&self, items: Vec<RecallItem>) -> Result<()> {
        for item in items {
            self.vectors.lock().remove(&item.id);
            self.vectors.lock().extend(item.vector.map(|v| (item.id, v)));
            self.texts.lock().insert(item.id, item.text);
        }
        Ok(())
    }

    async fn remove(&self, ids: Vec<Uuid>) -> Result<()> {
        self.texts.lock().retain(|id, _| !ids.contains(id));
        Ok(())
    }

    async fn search(&self, query: &str, limit: usize) -> Result<Vec<(Uuid, f32)>> {
        let mut hits: Vec<_> =
            self.texts.lock().iter().map(|(id, text)| (*id, overlap(query, text))).collect();
        hits.sort_by(|a, b| b.1.total_cmp(&a.1));
        hits.truncate(limit);
        Ok(hits)
    }

    async fn rank(&self, query: &str, texts: &[String]) -> Result<Vec<f32>> {
        Ok(texts.iter().map(|text| overlap(query, text)).collect())
    }

    fn engine(&self) -> String {
        "shared words".into()
    }

    fn vectors(&self) -> Option<&'static str> {
        self.network.then_some("test")
    }

    fn wanting(&self, limit: usize) -> Vec<Uuid> {
        let vectors = self.vectors.lock();
        let texts = self.texts.lock();
        texts.keys().filter(|id| self.network && !vectors.contains_key(*id)).take(limit).copied().collect()
    }

    async fn deepen(&self, items: Vec<RecallItem>) -> Result<Vec<(Uuid, Vec<u8>)>> {
        let made: Vec<_> = items.into_iter().map(|item| (item.id, item.text.into_bytes())).collect();
        self.vectors.lock().extend(made.clone());
        Ok(made)
    }
}

struct Hands(Mutex<Timestamp>);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        let mut now = self.0.lock();
        *now = now.saturating_add(Duration::from_millis(1)).unwrap();
        *now
    }

    fn local(&self) -> Zoned {
        self.now().to_zoned(jiff::tz::TimeZone::UTC)
    }
}

/// A model that answers with one text, or is the built-in one.
struct Answers(Option<String>);

#[async_trait]
impl Llm for Answers {
    async fn stream(&self, _: ModelRequest) -> Result<ModelStream> {
        let text = self.0.clone().unwrap_or_default();
        Ok(futures::stream::iter([Ok(ModelEvent::Text(text)), Ok(ModelEvent::End(EndReason::Stop))]).boxed())
    }

    async fn active(&self) -> ModelInfo {
        let provider = if self.0.is_some() { Provider::Ollama } else { Provider::Builtin };
        ModelInfo { provider, name: "scripted".into(), tools: false, images: false }
    }

    async fn providers(&self) -> Vec<ProviderStatus> {
        vec![]
    }

    async fn models(&self, _: Provider) -> Result<Vec<ModelInfo>> {
        Ok(vec![])
    }

    async fn test(&self, _: Provider) -> Result<()> {
        Ok(())
    }
}

struct World {
    db: Db,
    recall: Arc<SharedWords>,
    clock: Arc<Hands>,
    bus: Bus,
    memory: Memory,
}

fn world(network: bool) -> World {
    let db = Db::in_memory().unwrap();
    let recall = Arc::new(SharedWords { network, ..SharedWords::default() });
    let clock = Arc::new(Hands(Mutex::new("2026-01-10T09:00:00Z".parse().unwrap())));
    let bus = Bus::new();
    let memory = Memory::open(db.clone(), recall.clone(), clock.clone(), bus.clone());
    World { db, recall, clock, bus, memory }
}

impl World {
    async fn contents(&self) -> Vec<String> {
        self.memory.facts().await.unwrap().into_iter().map(|f| f.content).collect()
    }

    async fn stated(&self, content: &str) -> luna_model::Fact {
        self.memory.add(content, 0.9, FactSource::Stated).await.unwrap()
    }

    async fn told(&self, said: &str, model: Option<&str>) {
        let llm = Answers(model.map(Into::into));
        self.memory.learn_from(ConversationId::new(), MessageId::new(), said, &llm).await.unwrap();
    }
}

#[tokio::test]
async fn facts_are_checked_and_listed_by_use() {
    let w = world(false);
    for (content, confidence) in
        [("", 0.5), ("   ", 0.5), ("x", 7.0), ("x", f64::NAN), (&*"x".repeat(2001), 0.5)]
    {
        let error = w.memory.add(content, confidence, FactSource::Stated).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Invalid);
    }
    w.stated("user is vegetarian").await;
    w.stated("user plays the cello").await;
    w.stated("user drives a bicycle").await;
    w.memory.search("vegetarian", 1).await.unwrap();
    assert_eq!(w.contents().await, ["user is vegetarian", "user drives a bicycle", "user plays the cello"]);
    assert_eq!(w.memory.search(" ", 5).await.unwrap_err().kind, ErrorKind::Invalid);
}

#[tokio::test]
async fn the_same_merges_and_a_contradiction_supersedes() {
    let w = world(false);
    let first = w.stated("user's cat is called Biscuit").await;
    let again = w.stated("User's cat is called biscuit.").await;
    assert_eq!((again.id, again.confidence), (first.id, 1.0));
    let renamed = w.stated("user's cat is named Pickle").await;
    assert_eq!(w.contents().await, ["user's cat is named Pickle"]);
    let why = w.memory.why(renamed.id).await.unwrap();
    assert_eq!(why.earlier[0].id, first.id);
    assert!(why.earlier[0].ended_at.is_some() && why.said.is_none());
    assert!(w.memory.recall_for("Biscuit", 5).await.unwrap().is_empty());
}

#[tokio::test]
async fn forgetting_is_final() {
    let w = world(true);
    let fact = w.stated("user's code word is haddock").await;
    w.memory.tend().await.unwrap();
    w.memory.forget(fact.id).await.unwrap();
    assert!(w.memory.search("haddock", 5).await.unwrap().is_empty());
    assert!(w.recall.texts.lock().is_empty());
    assert_eq!(w.memory.forget(fact.id).await.unwrap_err().kind, ErrorKind::NotFound);
    assert_eq!(w.memory.why(fact.id).await.unwrap_err().kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn an_edit_changes_what_finds_it() {
    let w = world(false);
    let fact = w.stated("user plays the piano").await;
    w.memory.edit(fact.id, Some("user plays the violin"), Some(0.4)).await.unwrap();
    assert!(w.memory.recall_for("piano", 3).await.unwrap().is_empty());
    assert_eq!(w.memory.recall_for("violin", 3).await.unwrap()[0].fact.confidence, 0.4);
}

#[tokio::test]
async fn only_what_bears_on_the_words_is_recalled() {
    let w = world(false);
    w.stated("user's cat is called Biscuit").await;
    w.stated("the standup is at nine").await;
    let hits = w.memory.recall_for("what is my cat called?", 6).await.unwrap();
    assert_eq!(hits.iter().map(|h| &*h.fact.content).collect::<Vec<_>>(), ["user's cat is called Biscuit"]);
    assert!(w.memory.recall_for("install htop quickly", 6).await.unwrap().is_empty());
    assert_eq!(w.memory.search("install htop quickly", 6).await.unwrap().len(), 2);
}

#[tokio::test]
async fn after_a_restart_everything_is_found_again_and_no_vector_is_made_twice() {
    let w = world(true);
    let fact = w.stated("user is allergic to peanuts").await;
    w.memory.tend().await.unwrap();
    let recall = Arc::new(SharedWords { network: true, ..SharedWords::default() });
    let memory = Memory::open(w.db.clone(), recall.clone(), w.clock.clone(), w.bus.clone());
    // At once, by words, whether the index is made or not.
    assert_eq!(memory.search("peanuts", 1).await.unwrap()[0].fact.id, fact.id);
    memory.index().await.unwrap();
    assert!(recall.wanting(9).is_empty());
    assert_eq!(recall.vectors.lock().len(), 1);
}

#[tokio::test]
async fn the_rules_learn_with_where_it_came_from() {
    let w = world(false);
    w.told("Hi! My name is Anna. What's on today?", None).await;
    w.told("My name is Anna. Remember that the spare key is under the pot", None).await;
    assert_eq!(w.contents().await, ["the spare key is under the pot", "user's name is Anna"]);
    let facts = w.memory.facts().await.unwrap();
    assert!(matches!(facts[0].source, FactSource::Asked { .. }), "{:?}", facts[0].source);
    assert!(matches!(facts[1].source, FactSource::Learnt { .. }), "{:?}", facts[1].source);
}

#[tokio::test]
async fn a_model_learns_only_what_the_user_said() {
    let w = world(false);
    let said = "We finally adopted, and the kitten answers to Biscuit";
    let answer = |content: &str, words: &str| {
        format!(
            r#"{{"facts":[{{"content":"{content}","words":"{words}","confidence":0.9,"importance":0.6}}]}}"#
        )
    };
    w.told(said, Some(&answer("user lives on the moon", "I live on the moon"))).await;
    w.told(said, Some("I'd be glad to help!")).await;
    assert!(w.contents().await.is_empty());
    w.told(said, Some(&answer("user's kitten is called Biscuit", "the kitten answers to Biscuit"))).await;
    assert_eq!(w.contents().await, ["user's kitten is called Biscuit"]);
}

#[tokio::test]
async fn the_personality_is_patched_and_remembered() {
    let w = world(false);
    let before = w.memory.personality().await.unwrap();
    let patch = serde_json::json!({"humor": 0.8, "formality": 0.2});
    let after = w.memory.patch_personality(patch.as_object().unwrap()).await.unwrap();
    assert_eq!((after.humor, after.formality, after.energy), (0.8, 0.2, before.energy));
    assert_eq!(w.memory.personality().await.unwrap(), after);
    let wrong = serde_json::json!({"humor": 0.1, "grumpiness": 0.5});
    assert_eq!(
        w.memory.patch_personality(wrong.as_object().unwrap()).await.unwrap_err().kind,
        ErrorKind::Invalid
    );
    assert_eq!(w.memory.personality().await.unwrap(), after);
    w.told("I am so sad, everything is terrible", None).await;
    assert!(w.memory.personality().await.unwrap().mood < after.mood);
    assert!(w.memory.personality_prompt().await.contains("casually"));
}

#[tokio::test]
async fn compaction_merges_what_says_the_same_and_keeps_what_differs() {
    let w = world(false);
    w.stated("user plays chess online").await;
    w.stated("user online plays chess").await;
    w.stated("user likes 2 sugars in tea").await;
    w.stated("user likes 3 sugars in tea").await;
    let done = w.memory.compact().await.unwrap();
    assert_eq!(done.merged, 1);
    assert_eq!(w.contents().await.len(), 3);
}

#[tokio::test]
async fn long_unused_facts_fade_but_not_away() {
    let w = world(false);
    w.stated("user once owned a kite").await;
    w.memory.compact().await.unwrap();
    for _ in 0..40 {
        let later = w.clock.now().saturating_add(Duration::from_secs(8 * 86_400)).unwrap();
        *w.clock.0.lock() = later;
        w.memory.compact().await.unwrap();
    }
    let confidence = w.memory.facts().await.unwrap()[0].confidence;
    assert!((confidence - 0.3).abs() < 1e-9, "{confidence}");
}
