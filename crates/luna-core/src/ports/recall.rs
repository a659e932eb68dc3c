//! Search by meaning over short texts: facts now, other things later.

use async_trait::async_trait;
use luna_model::Result;
use uuid::Uuid;

/// A text to be found again. `text` holds who and when too, since both are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecallItem {
    /// What it stands for.
    pub id: Uuid,
    /// The text.
    pub text: String,
    /// Its vector, kept from an earlier [`Recall::deepen`] of the same [`Recall::vectors`]; none when there is none yet.
    pub vector: Option<Vec<u8>>,
}

/// An index of meaning, held in memory and made again from the database at start.
///
/// A text is found as soon as it was put. An engine with a network behind it finds it better once it has its vector:
/// the owner asks what is [`wanting`](Recall::wanting), has it [`deepen`](Recall::deepen)ed in the background and keeps
/// the vectors for the next start. Texts with and without vectors can be searched together at any time.
#[async_trait]
pub trait Recall: Send + Sync {
    /// Adds or replaces texts. Cheap: runs no network.
    async fn put(&self, items: Vec<RecallItem>) -> Result<()>;

    /// Removes texts; unknown ids are ignored.
    async fn remove(&self, ids: Vec<Uuid>) -> Result<()>;

    /// The best texts for a query, best first, with a score from −1 to 1.
    async fn search(&self, query: &str, limit: usize) -> Result<Vec<(Uuid, f32)>>;

    /// How well each of a few texts fits a query, −1 to 1, in their order. For what is too small to be an index.
    async fn rank(&self, query: &str, texts: &[String]) -> Result<Vec<f32>>;

    /// Another index of the same engine, empty.
    fn another(&self) -> std::sync::Arc<dyn Recall>;

    /// The engine in use, in words: "static table", "static table and MiniLM".
    fn engine(&self) -> String;

    /// The name of the vectors the engine makes now; vectors of another name are of no use to it. None when it makes none.
    fn vectors(&self) -> Option<&'static str>;

    /// Texts that still want a vector, at most `limit`; none when the engine makes none.
    fn wanting(&self, limit: usize) -> Vec<Uuid>;

    /// Makes the vectors of these texts, uses them from now on, and returns them to be kept. Slow (about 25 ms a text).
    async fn deepen(&self, items: Vec<RecallItem>) -> Result<Vec<(Uuid, Vec<u8>)>>;
}
