//! Weather of Open-Meteo: free, without a key.

use jiff::{Timestamp, tz::TimeZone};
use luna_core::ports::Place;
use luna_model::{DayAhead, HourAhead, PlaceFound, Result, Weather};
use serde::Deserialize;

use super::Outside;
use crate::address::address;

#[derive(Deserialize)]
struct Forecast {
    current: Current,
    hourly: Option<Hourly>,
    daily: Option<Daily>,
    #[serde(default)]
    utc_offset_seconds: i64,
}

#[derive(Deserialize)]
struct Current {
    temperature_2m: f64,
    relative_humidity_2m: f64,
    apparent_temperature: f64,
    weather_code: u32,
    wind_speed_10m: f64,
}

#[derive(Deserialize)]
struct Hourly {
    time: Vec<i64>,
    temperature_2m: Vec<Option<f64>>,
    #[serde(default)]
    precipitation_probability: Vec<Option<f64>>,
}

#[derive(Deserialize)]
struct Daily {
    time: Vec<i64>,
    weather_code: Vec<Option<u32>>,
    temperature_2m_min: Vec<Option<f64>>,
    temperature_2m_max: Vec<Option<f64>>,
    #[serde(default)]
    precipitation_probability_max: Vec<Option<f64>>,
}

/// Hours ahead that are shown.
const HOURS: &str = "24";

#[derive(Deserialize)]
struct Found {
    #[serde(default)]
    results: Vec<Spot>,
}

#[derive(Deserialize)]
struct Spot {
    name: String,
    admin1: Option<String>,
    country: Option<String>,
    latitude: f64,
    longitude: f64,
}

/// Places that are found: as many as one looks at.
const PLACES: &str = "8";

/// Places of this name, the best known first (Open-Meteo's geocoding, which is GeoNames').
pub(super) async fn places(outside: &Outside, words: &str, language: &str) -> Result<Vec<PlaceFound>> {
    let query = [("name", words), ("count", PLACES), ("language", language), ("format", "json")];
    let request = outside.client.get(address(&outside.config.geocoding, "/v1/search", &query)?);
    let Found { results } = outside.json("Open-Meteo", request).await?;
    let place = |spot: Spot| PlaceFound {
        region: [spot.admin1, spot.country].into_iter().flatten().collect::<Vec<_>>().join(", "),
        name: spot.name,
        latitude: spot.latitude,
        longitude: spot.longitude,
    };
    Ok(results.into_iter().map(place).collect())
}

pub(super) async fn of(outside: &Outside, place: &Place) -> Result<Weather> {
    let (latitude, longitude) = (place.latitude.to_string(), place.longitude.to_string());
    let query = [
        ("latitude", latitude.as_str()),
        ("longitude", longitude.as_str()),
        ("current", "temperature_2m,relative_humidity_2m,apparent_temperature,weather_code,wind_speed_10m"),
        ("hourly", "temperature_2m,precipitation_probability"),
        ("forecast_hours", HOURS),
        ("daily", "weather_code,temperature_2m_min,temperature_2m_max,precipitation_probability_max"),
        ("timezone", "auto"),
        ("timeformat", "unixtime"),
        ("temperature_unit", "celsius"),
        ("wind_speed_unit", "kmh"),
    ];
    let request = outside.client.get(address(&outside.config.open_meteo, "/v1/forecast", &query)?);
    let Forecast { current, hourly, daily, utc_offset_seconds } = outside.json("Open-Meteo", request).await?;
    Ok(Weather {
        city: place.city.clone(),
        temperature: current.temperature_2m,
        feels_like: current.apparent_temperature,
        humidity: current.relative_humidity_2m,
        wind_kph: current.wind_speed_10m,
        code: current.weather_code,
        condition: condition(current.weather_code).into(),
        hours: hourly.map(hours).unwrap_or_default(),
        days: daily.map(|daily| days(&daily, utc_offset_seconds)).unwrap_or_default(),
    })
}

/// A day's time is its midnight at the place; with the offset it has the place's date in UTC.
fn days(all: &Daily, offset: i64) -> Vec<DayAhead> {
    let day = |(n, at): (usize, &i64)| {
        let begins = Timestamp::from_second(at.checked_add(offset)?).ok()?;
        Some(DayAhead {
            date: begins.to_zoned(TimeZone::UTC).date(),
            condition: condition((*all.weather_code.get(n)?)?).into(),
            low: (*all.temperature_2m_min.get(n)?)?,
            high: (*all.temperature_2m_max.get(n)?)?,
            rain: all.precipitation_probability_max.get(n).copied().flatten(),
        })
    };
    all.time.iter().enumerate().filter_map(day).collect()
}

fn hours(all: Hourly) -> Vec<HourAhead> {
    let rain = |n: usize| all.precipitation_probability.get(n).copied().flatten();
    let each = all.time.iter().zip(&all.temperature_2m).enumerate();
    each.filter_map(|(n, (at, temperature))| {
        Some(HourAhead { at: Timestamp::from_second(*at).ok()?, temperature: (*temperature)?, rain: rain(n) })
    })
    .collect()
}

/// The weather in words (WMO code table 4677, as Open-Meteo's documents list it).
pub(super) const fn condition(code: u32) -> &'static str {
    match code {
        0 => "clear sky",
        1 => "mainly clear",
        2 => "partly cloudy",
        3 => "overcast",
        45 | 48 => "fog",
        51 | 53 | 55 => "drizzle",
        56 | 57 => "freezing drizzle",
        61 => "light rain",
        63 => "rain",
        65 => "heavy rain",
        66 | 67 => "freezing rain",
        71 => "light snow",
        73 => "snow",
        75 => "heavy snow",
        77 => "snow grains",
        80..=82 => "rain showers",
        85 | 86 => "snow showers",
        95 => "thunderstorm",
        96 | 99 => "thunderstorm with hail",
        _ => "unknown",
    }
}
