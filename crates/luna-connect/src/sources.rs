//! Weather, markets and news: each source in a file of its own.

mod markets;
mod news;
#[cfg(test)]
mod tests;
mod weather;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use luna_core::ports::{Place, Secrets, Sources};
use luna_model::{Error, Headline, PlaceFound, Quote, Result, Secret, Weather};
use reqwest::Client;
use serde::de::DeserializeOwned;

use crate::reach::unreachable;

/// Where they are reached.
#[derive(Clone, Debug, Default)]
pub struct OutsideConfig {
    /// Open-Meteo.
    pub open_meteo: String,
    /// Open-Meteo's search of places.
    pub geocoding: String,
    /// Alpha Vantage.
    pub alpha_vantage: String,
    /// CoinGecko.
    pub coingecko: String,
    /// TheNewsAPI.
    pub news_api: String,
}

/// The sources.
pub struct Outside {
    config: OutsideConfig,
    secrets: Arc<dyn Secrets>,
    client: Client,
}

/// Most bytes that are read of an answer.
const LARGEST: usize = 4 << 20;

impl Outside {
    /// The sources as this configuration has them.
    ///
    /// # Errors
    /// `Internal` when no HTTP client can be made.
    pub fn new(config: OutsideConfig, secrets: Arc<dyn Secrets>) -> Result<Self> {
        let client = Client::builder()
            .connect_timeout(Duration::from_secs(8))
            .timeout(Duration::from_secs(12))
            .redirect(reqwest::redirect::Policy::limited(5))
            .user_agent(concat!("Luna/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(Error::internal)?;
        Ok(Self { config, secrets, client })
    }

    async fn key(&self, name: &str) -> Option<Secret> {
        self.secrets.get(name).await.ok().flatten().filter(|key| !key.expose().trim().is_empty())
    }

    /// Asks an address; what it answered. Its query is left out of what is said: a key may be in it.
    async fn bytes(&self, who: &str, request: reqwest::RequestBuilder) -> Result<Vec<u8>> {
        let failed = |error| unreachable(who, error);
        let mut reply = request.send().await.map_err(failed)?;
        if !reply.status().is_success() {
            return Err(Error::unavailable(format!("{who} does not answer now ({})", reply.status())));
        }
        let mut bytes = vec![];
        while let Some(chunk) = reply.chunk().await.map_err(failed)? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > LARGEST {
                return Err(Error::limit(format!("{who} sent too much")));
            }
        }
        Ok(bytes)
    }

    async fn json<T: DeserializeOwned>(&self, who: &str, request: reqwest::RequestBuilder) -> Result<T> {
        let bytes = self.bytes(who, request).await?;
        serde_json::from_slice(&bytes)
            .map_err(|e| Error::unavailable(format!("{who} answered in an unknown form ({e})")))
    }
}

#[async_trait]
impl Sources for Outside {
    async fn weather(&self, place: &Place) -> Result<Weather> {
        weather::of(self, place).await
    }

    async fn places(&self, words: &str, language: &str) -> Result<Vec<PlaceFound>> {
        weather::places(self, words, language).await
    }

    async fn stocks(&self, symbols: &[String]) -> Result<Vec<Quote>> {
        let key = self.key("ALPHA_VANTAGE_KEY").await;
        let key = key
            .ok_or_else(|| Error::unavailable("shares need a key of Alpha Vantage, which costs nothing; give it under Settings, Connections (ALPHA_VANTAGE_KEY)"))?;
        markets::stocks(self, &key, symbols).await
    }

    async fn coins(&self, names: &[String]) -> Result<Vec<Quote>> {
        markets::coins(self, names).await
    }

    async fn news(&self, feeds: &[String]) -> Result<Vec<Headline>> {
        news::latest(self, self.key("NEWS_API_KEY").await.as_ref(), feeds).await
    }
}
