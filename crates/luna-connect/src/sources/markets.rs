//! Prices: shares and funds of Alpha Vantage (with a key), coins of CoinGecko (without).

use luna_model::{Error, Quote, Result, Secret};
use serde::Deserialize;
use serde_json::Value;

use super::Outside;
use crate::address::address;

/// Prices of a coin's last week that are kept.
const POINTS: usize = 42;

pub(super) async fn stocks(outside: &Outside, key: &Secret, symbols: &[String]) -> Result<Vec<Quote>> {
    let mut found = vec![];
    let mut failure = None;
    // One after the other: it takes no more than a few questions a minute.
    for symbol in symbols {
        match stock(outside, key, symbol).await {
            Ok(quote) => found.push(quote),
            Err(error) => failure = Some(error),
        }
    }
    match failure {
        Some(error) if found.is_empty() => Err(error),
        _ => Ok(found),
    }
}

async fn stock(outside: &Outside, key: &Secret, symbol: &str) -> Result<Quote> {
    let query: [(&str, &str); 3] =
        [("function", "GLOBAL_QUOTE"), ("symbol", symbol), ("apikey", key.expose())];
    let answer: Value = outside
        .json("Alpha Vantage", outside.client.get(address(&outside.config.alpha_vantage, "/query", &query)?))
        .await?;
    // A used-up quota is a 200 with a sentence.
    if let Some(said) = ["Information", "Note", "Error Message"].iter().find_map(|name| answer[name].as_str())
    {
        let said: String = said.replace(key.expose(), "…").chars().take(160).collect();
        return Err(Error::unavailable(format!("Alpha Vantage says: {said}")));
    }
    let quote = &answer["Global Quote"];
    let number =
        |name: &str| quote[name].as_str().and_then(|text| text.trim_end_matches('%').parse::<f64>().ok());
    let (Some(price), Some(change_pct)) = (number("05. price"), number("10. change percent")) else {
        return Err(Error::unavailable(format!("Alpha Vantage knows no {symbol}")));
    };
    Ok(Quote { symbol: symbol.to_owned(), price, change_pct, history: vec![] })
}

#[derive(Deserialize)]
struct Coin {
    symbol: String,
    current_price: Option<f64>,
    price_change_percentage_24h: Option<f64>,
    #[serde(default)]
    sparkline_in_7d: Sparkline,
}

#[derive(Default, Deserialize)]
struct Sparkline {
    #[serde(default)]
    price: Vec<f64>,
}

pub(super) async fn coins(outside: &Outside, names: &[String]) -> Result<Vec<Quote>> {
    let ids = names.join(",");
    let query = [("vs_currency", "usd"), ("ids", ids.as_str()), ("sparkline", "true")];
    let all: Vec<Coin> = outside
        .json("CoinGecko", outside.client.get(address(&outside.config.coingecko, "/coins/markets", &query)?))
        .await?;
    let quote = |coin: Coin| {
        let step = coin.sparkline_in_7d.price.len().div_ceil(POINTS).max(1);
        Some(Quote {
            symbol: coin.symbol.to_uppercase(),
            price: coin.current_price?,
            change_pct: coin.price_change_percentage_24h.unwrap_or_default(),
            history: coin.sparkline_in_7d.price.into_iter().step_by(step).collect(),
        })
    };
    Ok(all.into_iter().filter_map(quote).collect())
}
