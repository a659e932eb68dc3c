//! Search by meaning, where meaning is the words two texts share: enough to tell texts apart in a test, and nothing to
//! load.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use luna_core::ports::{Recall, RecallItem};
use luna_model::Result;
use parking_lot::Mutex;
use uuid::Uuid;

/// Scores by the share of words in common (Jaccard).
#[derive(Clone, Debug, Default)]
pub struct SharedWords {
    texts: Arc<Mutex<BTreeMap<Uuid, String>>>,
}

fn words(text: &str) -> HashSet<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|w| w.len() > 2);
    words.map(|w| w.to_lowercase().trim_end_matches('s').to_owned()).collect()
}

#[allow(clippy::cast_precision_loss, reason = "counts of words")]
fn score(a: &str, b: &str) -> f32 {
    let (a, b) = (words(a), words(b));
    let either = a.union(&b).count();
    if either == 0 { 0.0 } else { a.intersection(&b).count() as f32 / either as f32 }
}

#[async_trait]
impl Recall for SharedWords {
    async fn put(&self, items: Vec<RecallItem>) -> Result<()> {
        self.texts.lock().extend(items.into_iter().map(|i| (i.id, i.text)));
        Ok(())
    }

    async fn remove(&self, ids: Vec<Uuid>) -> Result<()> {
        self.texts.lock().retain(|id, _| !ids.contains(id));
        Ok(())
    }

    async fn search(&self, query: &str, limit: usize) -> Result<Vec<(Uuid, f32)>> {
        let mut found: Vec<_> =
            self.texts.lock().iter().map(|(id, text)| (*id, score(query, text))).collect();
        found.retain(|(_, score)| *score > 0.0);
        found.sort_by(|a, b| b.1.total_cmp(&a.1));
        found.truncate(limit);
        Ok(found)
    }

    async fn rank(&self, query: &str, texts: &[String]) -> Result<Vec<f32>> {
        Ok(texts.iter().map(|text| score(query, text)).collect())
    }

    fn another(&self) -> Arc<dyn Recall> {
        Arc::new(Self::default())
    }

    fn engine(&self) -> String {
        "shared words".into()
    }

    fn vectors(&self) -> Option<&'static str> {
        None
    }

    fn wanting(&self, _: usize) -> Vec<Uuid> {
        vec![]
    }

    async fn deepen(&self, _: Vec<RecallItem>) -> Result<Vec<(Uuid, Vec<u8>)>> {
        Ok(vec![])
    }
}
