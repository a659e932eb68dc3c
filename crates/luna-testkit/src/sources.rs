//! Weather, markets and news on paper: always the same, and shares for which there is no key.

use async_trait::async_trait;
use luna_core::ports::{Place, Sources};
use luna_model::{Error, Headline, PlaceFound, Quote, Result, Weather};

/// Sources that always answer the same.
#[derive(Clone, Copy, Debug, Default)]
pub struct PaperSources;

#[async_trait]
impl Sources for PaperSources {
    async fn weather(&self, place: &Place) -> Result<Weather> {
        Ok(Weather {
            city: place.city.clone(),
            temperature: 22.4,
            feels_like: 23.0,
            humidity: 58.0,
            wind_kph: 14.0,
            code: 2,
            condition: "partly cloudy".into(),
            hours: vec![],
            days: vec![],
        })
    }

    async fn places(&self, words: &str, _: &str) -> Result<Vec<PlaceFound>> {
        Ok(vec![PlaceFound {
            name: words.into(),
            region: "Illinois".into(),
            latitude: 41.7,
            longitude: -87.6,
        }])
    }

    async fn stocks(&self, _: &[String]) -> Result<Vec<Quote>> {
        Err(Error::unavailable("shares need a key of Alpha Vantage (ALPHA_VANTAGE_KEY)"))
    }

    async fn coins(&self, _: &[String]) -> Result<Vec<Quote>> {
        Ok(vec![Quote { symbol: "BTC".into(), price: 521.4, change_pct: 0.32, history: vec![] }])
    }

    async fn news(&self, _: &[String]) -> Result<Vec<Headline>> {
        let published_at = "2024-01-15T08:00:00Z".parse().ok();
        Ok(vec![Headline {
            title: "News".into(),
            source: "BBC".into(),
            url: "https://bbc.example/1".into(),
            published_at,
        }])
    }
}
