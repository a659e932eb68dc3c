//! The dashboard: weather, markets and news.

use axum::Json;
use axum::extract::State;
use luna_model::{Dashboard, Error, Panel};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Answer, Detail, Dialect, Failed, time};
use crate::App;
use crate::support::extract::Params;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(dashboard))
        .routes(routes!(weather))
        .routes(routes!(markets))
        .routes(routes!(news))
        .routes(routes!(article))
}

/// The weather, in metric units.
#[derive(Debug, Serialize, ToSchema)]
struct Weather {
    temperature: f64,
    condition: String,
    humidity: f64,
    wind_kph: f64,
    feels_like: f64,
    city: String,
    /// The source does not answer; this is what it said last.
    stale: bool,
}

/// A price in US dollars.
#[derive(Debug, Serialize, ToSchema)]
struct Quote {
    symbol: String,
    price: f64,
    change_pct: f64,
    stale: bool,
}

/// A piece of news.
#[derive(Debug, Serialize, ToSchema)]
struct Headline {
    title: String,
    source: String,
    url: String,
    published_at: Option<String>,
}

/// All of it; a part is null or empty when its source never answered.
#[derive(Debug, Serialize, ToSchema)]
struct All {
    weather: Option<Weather>,
    markets: Vec<Quote>,
    news: Vec<Headline>,
}

fn weather_of(panel: Panel<luna_model::Weather>) -> Option<Weather> {
    let stale = panel.stale;
    panel.value.map(|w| Weather {
        temperature: w.temperature,
        condition: w.condition,
        humidity: w.humidity,
        wind_kph: w.wind_kph,
        feels_like: w.feels_like,
        city: w.city,
        stale,
    })
}

fn markets_of(stocks: Panel<Vec<luna_model::Quote>>, coins: Panel<Vec<luna_model::Quote>>) -> Vec<Quote> {
    let all = [stocks, coins].into_iter().flat_map(|panel| {
        let stale = panel.stale;
        let quotes = panel.value.unwrap_or_default().into_iter();
        quotes.map(move |q| Quote { symbol: q.symbol, price: q.price, change_pct: q.change_pct, stale })
    });
    all.collect()
}

fn news_of(panel: Panel<Vec<luna_model::Headline>>) -> Vec<Headline> {
    let headline = |h: luna_model::Headline| Headline {
        title: h.title,
        source: h.source,
        url: h.url,
        published_at: h.published_at.map(time),
    };
    panel.value.unwrap_or_default().into_iter().map(headline).collect()
}

/// Nothing was ever had of a source: why.
fn missing(failure: Option<String>) -> Failed {
    Error::unavailable(failure.unwrap_or_else(|| "there is nothing yet".into())).into()
}

/// Weather, markets and news in one.
#[utoipa::path(get, path = "/api/luna/dashboard", tag = "Luna: dashboard", responses((status = 200, body = All)))]
async fn dashboard(State(app): State<App>) -> Answer<All> {
    let Dashboard { weather, stocks, coins, news } = app.luna.dashboard().await?;
    Ok(Json(All { weather: weather_of(weather), markets: markets_of(stocks, coins), news: news_of(news) }))
}

/// The weather now.
#[utoipa::path(get, path = "/api/luna/weather", tag = "Luna: dashboard", responses((status = 200, body = Weather), (status = 503, body = Detail)))]
async fn weather(State(app): State<App>) -> Answer<Weather> {
    let panel = app.luna.dashboard().await?.weather;
    let failure = panel.failure.clone();
    weather_of(panel).map(Json).ok_or_else(|| missing(failure))
}

/// Prices of the chosen symbols.
#[utoipa::path(get, path = "/api/luna/markets", tag = "Luna: dashboard", responses((status = 200, body = [Quote]), (status = 503, body = Detail)))]
async fn markets(State(app): State<App>) -> Answer<Vec<Quote>> {
    let Dashboard { stocks, coins, .. } = app.luna.dashboard().await?;
    if stocks.value.is_none() && coins.value.is_none() {
        return Err(missing(coins.failure.or(stocks.failure)));
    }
    Ok(Json(markets_of(stocks, coins)))
}

/// The latest news.
#[utoipa::path(get, path = "/api/luna/news", tag = "Luna: dashboard", responses((status = 200, body = [Headline]), (status = 503, body = Detail)))]
async fn news(State(app): State<App>) -> Answer<Vec<Headline>> {
    let panel = app.luna.dashboard().await?.news;
    if panel.value.is_none() {
        return Err(missing(panel.failure));
    }
    Ok(Json(news_of(panel)))
}

#[derive(Debug, Deserialize, IntoParams)]
struct Which {
    /// The article's address.
    url: String,
}

/// An article, made readable.
#[derive(Debug, Serialize, ToSchema)]
struct Article {
    title: Option<String>,
    body: String,
    url: String,
}

/// Reads an article of the news.
#[utoipa::path(get, path = "/api/luna/article", tag = "Luna: dashboard", params(Which), responses(
    (status = 200, body = Article), (status = 400, body = Detail), (status = 403, body = Detail)))]
async fn article(State(app): State<App>, Params(q, _): Params<Which, Dialect>) -> Answer<Article> {
    let page = app.luna.article(&q.url).await?;
    Ok(Json(Article { title: page.title, body: page.text, url: page.url }))
}
