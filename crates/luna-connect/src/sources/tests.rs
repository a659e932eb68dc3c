//! The sources in their real formats, served on this machine.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::response::IntoResponse as _;
use luna_core::ports::{Place, Secrets, Sources as _};
use luna_model::{ErrorKind, Result, Secret};

use super::{Outside, OutsideConfig, weather};

struct Keys(Vec<&'static str>);

#[async_trait]
impl Secrets for Keys {
    async fn get(&self, name: &str) -> Result<Option<Secret>> {
        Ok(self.0.contains(&name).then(|| Secret::new("k3y".into())))
    }

    async fn set(&self, _: &str, _: Secret) -> Result<()> {
        Ok(())
    }

    async fn delete(&self, _: &str) -> Result<()> {
        Ok(())
    }

    fn is_given(&self, _: &str) -> bool {
        true
    }

    fn place(&self) -> String {
        "a test".into()
    }
}

/// Serves one answer for each path.
async fn serve(answers: Vec<(&'static str, String)>) -> String {
    let answer = |State(answers): State<Arc<Vec<(&'static str, String)>>>, uri: Uri| async move {
        match answers.iter().find(|(path, _)| *path == uri.path()) {
            Some((_, body)) => body.clone().into_response(),
            None => axum::http::StatusCode::SERVICE_UNAVAILABLE.into_response(),
        }
    };
    let router = Router::new().fallback(answer).with_state(Arc::new(answers));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

fn outside(base: &str, keys: Vec<&'static str>) -> Outside {
    let base = base.to_owned();
    let config = OutsideConfig {
        open_meteo: base.clone(),
        geocoding: base.clone(),
        alpha_vantage: base.clone(),
        coingecko: base.clone(),
        news_api: base,
    };
    Outside::new(config, Arc::new(Keys(keys))).unwrap()
}

fn place() -> Place {
    Place { city: "Chicago".into(), latitude: 41.7, longitude: -87.6 }
}

#[tokio::test]
async fn weather_is_read_as_the_service_sends_it() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/apis/open_meteo/current_chicago_imperial.json");
    let Ok(body) = std::fs::read_to_string(&path) else {
        eprintln!("SKIPPED: no sample at {}", path.display());
        return;
    };
    let base = serve(vec![("/v1/forecast", body)]).await;
    let weather = outside(&base, vec![]).weather(&place()).await.unwrap();
    assert_eq!(
        (weather.condition.as_str(), weather.humidity, weather.city.as_str()),
        ("overcast", 64.0, "Chicago")
    );
    assert!(weather.hours.is_empty(), "this answer has no hours");
}

#[tokio::test]
async fn the_week_ahead_has_the_dates_of_the_place() {
    // As documented at open-meteo.com/en/docs, for a place ten hours ahead of UTC: its Monday begins on Sunday in UTC.
    let body = r#"{"latitude":-33.9,"longitude":151.2,"utc_offset_seconds":36000,"timezone":"Australia/Sydney",
        "current":{"time":1780236000,"temperature_2m":14.2,"relative_humidity_2m":70,"apparent_temperature":13.0,
        "weather_code":61,"wind_speed_10m":9.4},"daily":{"time":[1780236000,1780322400],"weather_code":[61,0],
        "temperature_2m_min":[9.1,8.0],"temperature_2m_max":[17.3,18.9],"precipitation_probability_max":[80,null]}}"#;
    let base = serve(vec![("/v1/forecast", body.into())]).await;
    let days = outside(&base, vec![]).weather(&place()).await.unwrap().days;
    assert_eq!((days[0].date.to_string().as_str(), days[0].condition.as_str()), ("2026-06-01", "light rain"));
    assert_eq!((days[0].rain, days[1].rain, days[1].high), (Some(80.0), None, 18.9));
}

#[tokio::test]
async fn places_are_found_with_where_they_are() {
    // As documented at open-meteo.com/en/docs/geocoding-api; without a hit `results` is left out.
    let body = r#"{"results":[{"id":2950159,"name":"Berlin","latitude":52.52437,"longitude":13.41053,"elevation":74.0,
        "feature_code":"PPLC","country_code":"DE","admin1_id":2950157,"timezone":"Europe/Berlin","population":3426354,
        "country":"Germany","admin1":"State of Berlin"},{"name":"Berlin","latitude":44.47,"longitude":-71.18}],
        "generationtime_ms":0.6}"#;
    let base = serve(vec![("/v1/search", body.into())]).await;
    let found = outside(&base, vec![]).places("Berlin", "en").await.unwrap();
    assert_eq!((found[0].region.as_str(), found[0].latitude), ("State of Berlin, Germany", 52.52437));
    assert_eq!(found[1].region, "");
    let base = serve(vec![("/v1/search", r#"{"generationtime_ms":0.2}"#.into())]).await;
    assert_eq!(outside(&base, vec![]).places("Xyzzy", "en").await.unwrap(), []);
    let nowhere = outside("http://127.0.0.1:1", vec![]).places("Berlin", "en").await.unwrap_err();
    assert!(nowhere.message.contains("Is this computer online?"), "{nowhere}");
}

#[tokio::test]
async fn shares_need_a_key_and_a_used_up_quota_is_said() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/apis/alpha_vantage/global_quote.json");
    let symbols = ["MSFT".to_owned()];
    let none = outside("http://127.0.0.1:1", vec![]).stocks(&symbols).await.unwrap_err();
    assert!(none.message.contains("ALPHA_VANTAGE_KEY"));
    let used_up = serve(vec![("/query", r#"{"Information": "k3y: 25 requests per day"}"#.into())]).await;
    let said = outside(&used_up, vec!["ALPHA_VANTAGE_KEY"]).stocks(&symbols).await.unwrap_err();
    assert!(said.message.contains("25 requests") && !said.message.contains("k3y"), "{}", said.message);
    let Ok(body) = std::fs::read_to_string(&path) else {
        eprintln!("SKIPPED: no sample at {}", path.display());
        return;
    };
    let base = serve(vec![("/query", body)]).await;
    let quotes = outside(&base, vec!["ALPHA_VANTAGE_KEY"]).stocks(&symbols).await.unwrap();
    assert_eq!((quotes[0].price, quotes[0].change_pct), (112.13, -0.5852));
}

#[tokio::test]
async fn coins_come_with_their_last_week() {
    let week: Vec<_> = (0..168).map(f64::from).collect();
    let body = serde_json::json!([{ "id": "bitcoin", "symbol": "btc", "current_price": 42000.5,
        "price_change_percentage_24h": -1.5, "sparkline_in_7d": { "price": week } }]);
    let base = serve(vec![("/coins/markets", body.to_string())]).await;
    let coins = outside(&base, vec![]).coins(&["bitcoin".into()]).await.unwrap();
    assert_eq!((coins[0].symbol.as_str(), coins[0].price, coins[0].history.len()), ("BTC", 42000.5, 42));
}

#[tokio::test]
async fn news_come_of_all_sources_latest_first_each_once_and_one_that_fails_is_left_out() {
    let rss = r#"<?xml version="1.0"?><rss version="2.0"><channel><title>The Daily</title><link>https://d.example</link>
        <description>d</description>
        <item><title>Old</title><link>https://d.example/1</link><pubDate>Mon, 15 Jan 2024 08:00:00 GMT</pubDate></item>
        <item><title>New</title><link>https://d.example/2</link><pubDate>Tue, 16 Jan 2024 08:00:00 GMT</pubDate></item>
        <item><title>Bad</title><link>javascript:alert(1)</link></item></channel></rss>"#;
    let api = r#"{"data": [{"title": "new", "url": "https://n.example/2", "source": "n.example",
        "published_at": "2024-01-15T12:00:00.000000Z"}]}"#;
    let base = serve(vec![("/feed", rss.into()), ("/news/top", api.into())]).await;
    let feeds = [format!("{base}/feed"), format!("{base}/gone")];
    let news = outside(&base, vec!["NEWS_API_KEY"]).news(&feeds).await.unwrap();
    let said: Vec<_> = news.iter().map(|h| (h.title.as_str(), h.source.as_str())).collect();
    assert_eq!(said, [("New", "The Daily"), ("Old", "The Daily")]);
    let gone = outside(&base, vec![]).news(&feeds[1..]).await.unwrap_err();
    assert_eq!(gone.kind, ErrorKind::Unavailable);
}

#[test]
fn every_kind_of_weather_has_words() {
    for code in [
        0, 1, 2, 3, 45, 48, 51, 53, 55, 56, 57, 61, 63, 65, 66, 67, 71, 73, 75, 77, 80, 81, 82, 85, 86, 95,
        96, 99,
    ] {
        assert_ne!(weather::condition(code), "unknown", "{code}");
    }
}
