//! What is going on outside: weather, markets, news.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

/// The weather at a place, now and in the hours to come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Weather {
    /// The place.
    pub city: String,
    /// Degrees Celsius.
    pub temperature: f64,
    /// What it feels like, in degrees Celsius.
    pub feels_like: f64,
    /// Relative humidity, 0 to 100.
    pub humidity: f64,
    /// Wind, in km/h.
    pub wind_kph: f64,
    /// The weather as the WMO numbers it (code table 4677).
    pub code: u32,
    /// The weather in words.
    pub condition: String,
    /// The next hours.
    pub hours: Vec<HourAhead>,
    /// Today and the days to come.
    #[serde(default)]
    pub days: Vec<DayAhead>,
}

/// A day to come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct DayAhead {
    /// Which, at the place.
    pub date: Date,
    /// The weather in words.
    pub condition: String,
    /// The coldest, in degrees Celsius.
    pub low: f64,
    /// The warmest, in degrees Celsius.
    pub high: f64,
    /// How likely it rains or snows, 0 to 100; none where that is not known.
    pub rain: Option<f64>,
}

/// An hour to come.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct HourAhead {
    /// Its beginning.
    pub at: Timestamp,
    /// Degrees Celsius.
    pub temperature: f64,
    /// How likely it rains or snows, 0 to 100; none where that is not known.
    pub rain: Option<f64>,
}

/// A price.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Quote {
    /// What of: `SPY`, `BTC`.
    pub symbol: String,
    /// US dollars.
    pub price: f64,
    /// Against the day before, in per cent.
    pub change_pct: f64,
    /// Prices of the last week, oldest first; empty where they are not known.
    pub history: Vec<f64>,
}

/// A piece of news.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Headline {
    /// Its title.
    pub title: String,
    /// Who says so.
    pub source: String,
    /// Where it can be read.
    pub url: String,
    /// When it was published.
    pub published_at: Option<Timestamp>,
}

/// A part of the dashboard: the last value that could be had, and how things stand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Panel<T> {
    /// The value; none when there never was one.
    pub value: Option<T>,
    /// When it was had.
    pub at: Option<Timestamp>,
    /// Whether it is older than it should be, because the source failed.
    pub stale: bool,
    /// Why the source failed, or what is missing.
    pub failure: Option<String>,
}

impl<T> Default for Panel<T> {
    fn default() -> Self {
        Self { value: None, at: None, stale: false, failure: None }
    }
}

/// A place that was found by its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PlaceFound {
    /// Its name.
    pub name: String,
    /// Where that is: region and country; may be empty.
    pub region: String,
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
}

/// All of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default)]
pub struct Dashboard {
    /// The weather.
    pub weather: Panel<Weather>,
    /// Shares and funds.
    pub stocks: Panel<Vec<Quote>>,
    /// Coins.
    pub coins: Panel<Vec<Quote>>,
    /// The news, latest first.
    pub news: Panel<Vec<Headline>>,
}
