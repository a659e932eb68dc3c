//! Sources of what is going on outside: weather, markets, news. Each call asks the source itself; nothing is kept here.

use async_trait::async_trait;
use luna_model::{Headline, PlaceFound, Quote, Result, Weather};

/// A place on earth.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// Its name.
    pub city: String,
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
}

/// The sources. What needs a key that is not there is `Unavailable` and says which.
#[async_trait]
pub trait Sources: Send + Sync {
    /// The weather at a place.
    async fn weather(&self, place: &Place) -> Result<Weather>;

    /// Places of this name, the best known first; named in this language (`en`) where that is known.
    async fn places(&self, words: &str, language: &str) -> Result<Vec<PlaceFound>>;

    /// Shares and funds, by their symbols. Those that cannot be had are left out; an error when none can.
    async fn stocks(&self, symbols: &[String]) -> Result<Vec<Quote>>;

    /// Coins, by the names that the source gives them (`bitcoin`).
    async fn coins(&self, names: &[String]) -> Result<Vec<Quote>>;

    /// The news: of the news service where there is a key, and of these feeds; latest first, each once.
    async fn news(&self, feeds: &[String]) -> Result<Vec<Headline>>;
}

/// No sources: for what has none.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSources;

#[async_trait]
impl Sources for NoSources {
    async fn weather(&self, _: &Place) -> Result<Weather> {
        Err(luna_model::Error::unavailable("there is no source of weather"))
    }

    async fn places(&self, _: &str, _: &str) -> Result<Vec<PlaceFound>> {
        Err(luna_model::Error::unavailable("there is no source of places"))
    }

    async fn stocks(&self, _: &[String]) -> Result<Vec<Quote>> {
        Err(luna_model::Error::unavailable("there is no source of prices"))
    }

    async fn coins(&self, _: &[String]) -> Result<Vec<Quote>> {
        Err(luna_model::Error::unavailable("there is no source of prices"))
    }

    async fn news(&self, _: &[String]) -> Result<Vec<Headline>> {
        Err(luna_model::Error::unavailable("there is no source of news"))
    }
}
