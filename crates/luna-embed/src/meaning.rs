//! The `Recall` port: the index behind a lock, the network behind a lazy load, and the work off the async runtime.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::available_parallelism;

use async_trait::async_trait;
use luna_core::ports::{Recall, RecallItem};
use luna_model::{Error, Result};
use parking_lot::{Mutex, RwLock};
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::index::Index;
use crate::minilm::{MiniLm, Vector};

/// Texts that go through the network together.
const BATCH: usize = 16;

/// Search by meaning: the static table, and MiniLM when its file is in the folder of models.
#[derive(Clone)]
pub struct Meaning {
    shared: Arc<Shared>,
}

struct Shared {
    models: Option<PathBuf>,
    index: RwLock<Index>,
    /// Heavy, and the same for every index.
    network: Arc<Mutex<Network>>,
    /// The texts that were ranked last, and their index: they are the same ones turn after turn.
    ranked: Mutex<Option<(Vec<String>, Arc<Index>)>>,
    /// A permit a core for searches, so that many at once wait here and not on the machine's scheduler, where they would
    /// take the time of the answers that are being streamed.
    cores: Arc<Semaphore>,
}

enum Network {
    NotLoaded,
    Loaded(Arc<MiniLm>),
    /// It could not be loaded; said once, and the table does alone until the next start.
    Broken,
}

impl Meaning {
    /// An empty index. `models` is the folder of all models; none = the static table only. Reads nothing yet.
    #[must_use]
    pub fn new(models: Option<PathBuf>) -> Self {
        let cores = available_parallelism().map_or(1, usize::from);
        let shared = Shared {
            models,
            index: RwLock::default(),
            network: Arc::new(Mutex::new(Network::NotLoaded)),
            ranked: Mutex::default(),
            cores: Arc::new(Semaphore::new(cores)),
        };
        Self { shared: Arc::new(shared) }
    }
}

impl Shared {
    /// Whether there is a network to use; asked each time, since its file may arrive while Luna runs.
    fn has_network(&self) -> bool {
        !matches!(*self.network.lock(), Network::Broken)
            && self.models.as_ref().is_some_and(|models| MiniLm::file(models).is_file())
    }

    /// The network, loaded. Blocks for a moment the first time.
    fn network(&self) -> Option<Arc<MiniLm>> {
        let models = self.models.as_ref().filter(|_| self.has_network())?;
        let mut network = self.network.lock();
        if let Network::NotLoaded = *network {
            *network = match MiniLm::load(models) {
                Ok(loaded) => Network::Loaded(Arc::new(loaded)),
                Err(error) => {
                    tracing::warn!(%error, "search goes on with the static table alone");
                    Network::Broken
                }
            };
        }
        match &*network {
            Network::Loaded(loaded) => Some(Arc::clone(loaded)),
            _ => None,
        }
    }

    /// How near each text is to the query, by the words alone.
    fn rank(&self, query: &str, texts: Vec<String>) -> Vec<f32> {
        let mut scores = vec![0.0; texts.len()];
        for (id, score) in self.ranked(texts).search(query, None, scores.len()) {
            scores[id.as_u128() as usize] = score;
        }
        scores
    }

    fn ranked(&self, texts: Vec<String>) -> Arc<Index> {
        let mut ranked = self.ranked.lock();
        if let Some((_, index)) = ranked.as_ref().filter(|(last, _)| *last == texts) {
            return Arc::clone(index);
        }
        let mut index = Index::default();
        for (number, text) in texts.iter().enumerate() {
            index.put(Uuid::from_u128(number as u128), text, None);
        }
        Arc::clone(&ranked.insert((texts, Arc::new(index))).1)
    }

    fn search(&self, query: &str, limit: usize) -> Vec<(Uuid, f32)> {
        let mixes = self.has_network() && self.index.read().has_vectors();
        let vector = mixes.then(|| self.network()).flatten().and_then(|network| {
            network
                .embed(&[query])
                .inspect_err(|error| tracing::warn!(%error, "the query got no vector"))
                .ok()
        });
        let vector = vector.as_ref().and_then(|v| v.first());
        self.index.read().search(query, vector, limit)
    }
}

#[async_trait]
impl Recall for Meaning {
    async fn put(&self, items: Vec<RecallItem>) -> Result<()> {
        self.off_the_runtime(move |shared| {
            for chunk in items.chunks(512) {
                // A lock a chunk, so that searches get in between while many are put.
                let mut index = shared.index.write();
                for item in chunk {
                    index.put(item.id, &item.text, item.vector.as_deref().and_then(Vector::from_bytes));
                }
            }
        })
        .await
    }

    async fn remove(&self, ids: Vec<Uuid>) -> Result<()> {
        let mut index = self.shared.index.write();
        ids.into_iter().for_each(|id| index.remove(id));
        Ok(())
    }

    async fn search(&self, query: &str, limit: usize) -> Result<Vec<(Uuid, f32)>> {
        let query = query.to_owned();
        self.in_turn(move |shared| shared.search(&query, limit)).await
    }

    async fn rank(&self, query: &str, texts: &[String]) -> Result<Vec<f32>> {
        let (query, texts) = (query.to_owned(), texts.to_vec());
        self.in_turn(move |shared| shared.rank(&query, texts)).await
    }

    fn another(&self) -> Arc<dyn Recall> {
        let shared = Shared {
            models: self.shared.models.clone(),
            index: RwLock::default(),
            network: Arc::clone(&self.shared.network),
            ranked: Mutex::default(),
            cores: Arc::clone(&self.shared.cores),
        };
        Arc::new(Self { shared: Arc::new(shared) })
    }

    fn engine(&self) -> String {
        if self.shared.has_network() { "static table and MiniLM".into() } else { "static table".into() }
    }

    fn vectors(&self) -> Option<&'static str> {
        self.shared.has_network().then_some("all-MiniLM-L6-v2/i8")
    }

    fn wanting(&self, limit: usize) -> Vec<Uuid> {
        if self.shared.has_network() { self.shared.index.read().without_vector(limit) } else { vec![] }
    }

    async fn deepen(&self, items: Vec<RecallItem>) -> Result<Vec<(Uuid, Vec<u8>)>> {
        self.off_the_runtime(move |shared| {
            let Some(network) = shared.network() else { return Ok(vec![]) };
            let mut made = Vec::with_capacity(items.len());
            for batch in items.chunks(BATCH) {
                let texts: Vec<_> = batch.iter().map(|item| item.text.as_str()).collect();
                for (item, vector) in batch.iter().zip(network.embed(&texts)?) {
                    made.push((item.id, vector.to_bytes()));
                    shared.index.write().set_vector(item.id, vector);
                }
            }
            Ok(made)
        })
        .await?
    }
}

impl Meaning {
    /// Off the runtime, when a core is free for it.
    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> T + Send + 'static,
    ) -> Result<T> {
        let permit = Arc::clone(&self.shared.cores).acquire_owned().await;
        self.off_the_runtime(move |shared| {
            let _held = permit;
            work(shared)
        })
        .await
    }

    async fn off_the_runtime<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> T + Send + 'static,
    ) -> Result<T> {
        let shared = Arc::clone(&self.shared);
        tokio::task::spawn_blocking(move || work(&shared)).await.map_err(|error| {
            tracing::error!(%error, "a search ended in a panic");
            Error::unavailable("the memory could not be searched; the log has the details")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(id: Uuid, text: &str) -> RecallItem {
        RecallItem { id, text: text.into(), vector: None }
    }

    #[tokio::test]
    async fn the_table_does_alone() {
        let meaning = Meaning::new(None);
        let ids: Vec<_> = (0..2).map(|_| Uuid::now_v7()).collect();
        meaning
            .put(vec![item(ids[0], "user's cat is called Biscuit"), item(ids[1], "it rains")])
            .await
            .unwrap();
        assert_eq!(meaning.search("what is my cat called?", 1).await.unwrap()[0].0, ids[0]);
        assert_eq!((meaning.engine().as_str(), meaning.vectors()), ("static table", None));
        assert!(meaning.wanting(9).is_empty());
        meaning.remove(vec![ids[0]]).await.unwrap();
        assert_eq!(meaning.search("what is my cat called?", 5).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_broken_network_leaves_the_table() {
        let models = tempfile::tempdir().unwrap();
        let file = MiniLm::file(models.path());
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, b"not a model").unwrap();
        let meaning = Meaning::new(Some(models.path().into()));
        let id = Uuid::now_v7();
        let vector = Some(vec![1; crate::minilm::AXES]);
        meaning.put(vec![RecallItem { id, text: "the sea".into(), vector }]).await.unwrap();
        assert_eq!(meaning.engine(), "static table and MiniLM");
        assert_eq!(meaning.search("the sea", 1).await.unwrap()[0].0, id);
        assert_eq!(meaning.engine(), "static table");
    }

    #[tokio::test]
    async fn with_minilm_texts_are_deepened_while_they_can_be_searched() {
        let Some(models) =
            std::env::var_os("LUNA_MODELS_DIR").map(PathBuf::from).filter(|m| MiniLm::file(m).exists())
        else {
            eprintln!("SKIPPED: no MiniLM under LUNA_MODELS_DIR");
            return;
        };
        let meaning = Meaning::new(Some(models));
        let texts = ["user is vegetarian", "user prefers dark mode interfaces", "user owns a bicycle"];
        let items: Vec<_> = texts.iter().map(|t| item(Uuid::now_v7(), t)).collect();
        meaning.put(items.clone()).await.unwrap();
        assert_eq!(meaning.wanting(9).len(), 3);
        assert_eq!(meaning.search("vegetarian", 1).await.unwrap()[0].0, items[0].id);
        let made = meaning.deepen(items[..1].to_vec()).await.unwrap();
        assert_eq!(made[0].1.len(), crate::minilm::AXES);
        assert_eq!(meaning.search("what does the user eat?", 1).await.unwrap()[0].0, items[0].id);
        meaning.deepen(items[1..].to_vec()).await.unwrap();
        assert!(meaning.wanting(9).is_empty());
        assert_eq!(meaning.search("what does the user eat?", 1).await.unwrap()[0].0, items[0].id);
    }
}
