//! Language models.

use async_trait::async_trait;
use futures::stream::BoxStream;
use luna_model::{Error, ModelEvent, ModelInfo, ModelPrice, ModelRequest, Provider, ProviderStatus, Result};

/// A stream of a model's events. Ends with [`ModelEvent::End`], or with an error: a stream that just stops was cut off
/// and the adapter says so (`Unavailable`). Dropping it cancels the request.
pub type ModelStream = BoxStream<'static, Result<ModelEvent, Error>>;

/// The configured model providers.
#[async_trait]
pub trait Llm: Send + Sync {
    /// Asks a model. Errors before the first event (no such provider, no key, refused, timed out) come from here;
    /// later ones come in the stream. Retries happen before the first event only.
    async fn stream(&self, request: ModelRequest) -> Result<ModelStream>;

    /// The provider and model that answer a request which names none, after `auto` was resolved.
    async fn active(&self) -> ModelInfo;

    /// Every provider with its state; cheap, asks nobody.
    async fn providers(&self) -> Vec<ProviderStatus>;

    /// The models a provider offers, asked of the provider now.
    async fn models(&self, provider: Provider) -> Result<Vec<ModelInfo>>;

    /// What a model costs by its provider's public list, as far as it is known.
    fn price(&self, _provider: Provider, _model: &str) -> Option<ModelPrice> {
        None
    }

    /// Asks a provider for a word, to see that key, URL and model work.
    async fn test(&self, provider: Provider) -> Result<()>;
}
