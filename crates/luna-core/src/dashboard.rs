//! The dashboard: weather, markets and news side by side. Each part is kept for a while, so that no source is asked more
//! often than it allows; when one fails, its last good value stays and is marked, and the others are not held up.

use std::time::Duration;

use jiff::SignedDuration;
use luna_model::{
    Dashboard, Error, Headline, Panel, PlaceFound, Quote, Result, Settings, Timestamp, Weather,
};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::Luna;
use crate::ports::{Page, Place};

const DOCUMENT: &str = "dashboard";
/// How long a part is good. Weather changes every quarter of an hour at the source; the others as the first Luna had it.
const WEATHER: SignedDuration = SignedDuration::from_mins(10);
const COINS: SignedDuration = SignedDuration::from_secs(90);
const NEWS: SignedDuration = SignedDuration::from_mins(5);
/// Alpha Vantage answers 25 questions a day without pay, and each symbol is one: an hour a symbol is within that.
const STOCKS_EACH: SignedDuration = SignedDuration::from_hours(1);
/// How long a failed source is left alone.
const AFTER_FAILURE: SignedDuration = SignedDuration::from_secs(60);
/// How long a part may take; its last value is shown then.
const PATIENCE: Duration = Duration::from_secs(15);
/// Most characters of an article.
const LONGEST_ARTICLE: usize = 60_000;

/// A part with what is to be known of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
struct Kept<T> {
    panel: Panel<T>,
    /// When the source was last asked.
    asked: Option<Timestamp>,
    /// What it was asked for; another question makes the value void.
    of: String,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { panel: Panel::default(), asked: None, of: String::new() }
    }
}

impl<T> Kept<T> {
    /// Whether the source is to be asked.
    fn due(&self, of: &str, good_for: SignedDuration, now: Timestamp) -> bool {
        let pause = if self.panel.failure.is_some() { AFTER_FAILURE.min(good_for) } else { good_for };
        self.of != of || self.asked.is_none_or(|asked| now.duration_since(asked) >= pause || now < asked)
    }

    fn failed_is_due(&mut self) {
        if self.panel.failure.is_some() {
            self.asked = None;
        }
    }

    fn take(&mut self, of: String, answer: Result<T>, now: Timestamp) {
        if self.of != of {
            *self = Self { of, ..Self::default() };
        }
        self.asked = Some(now);
        match answer {
            Ok(value) => {
                self.panel = Panel { value: Some(value), at: Some(now), stale: false, failure: None }
            }
            Err(error) => {
                self.panel.stale = self.panel.value.is_some();
                self.panel.failure = Some(error.message);
            }
        }
    }
}

/// What is kept of all of it, also over restarts.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct All {
    weather: Kept<Weather>,
    stocks: Kept<Vec<Quote>>,
    coins: Kept<Vec<Quote>>,
    news: Kept<Vec<Headline>>,
}

/// What is kept; whoever asks while it is being asked waits for the same answer.
#[derive(Debug, Default)]
pub(crate) struct Sights {
    kept: Mutex<Option<All>>,
}

impl Luna {
    /// Weather, markets and news, each as fresh as its source allows. Never fails because of a source.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn dashboard(&self) -> Result<Dashboard> {
        let mut kept = self.sights().kept.lock().await;
        let mut all = match kept.take() {
            Some(all) => all,
            None => self.db().document::<All>(DOCUMENT).await?.unwrap_or_default(),
        };
        let (settings, now) = (self.settings().current(), self.clock().now());
        let asked = self.ask_sources(&all, &settings, now).await;
        let any = asked.weather.is_some()
            || asked.stocks.is_some()
            || asked.coins.is_some()
            || asked.news.is_some();
        if let Some((of, answer)) = asked.weather {
            all.weather.take(of, answer, now);
        }
        if let Some((of, answer)) = asked.stocks {
            all.stocks.take(of, answer, now);
        }
        if let Some((of, answer)) = asked.coins {
            all.coins.take(of, answer, now);
        }
        if let Some((of, answer)) = asked.news {
            all.news.take(of, answer, now);
        }
        if any {
            self.db().set_document(DOCUMENT, &all).await?;
        }
        let shown = all.clone();
        *kept = Some(all);
        Ok(Dashboard {
            weather: shown.weather.panel,
            stocks: shown.stocks.panel,
            coins: shown.coins.panel,
            news: shown.news.panel,
        })
    }

    /// Places of this name, for the weather.
    ///
    /// # Errors
    /// `Invalid` for words that are none, `Unavailable` when the source cannot be reached.
    pub async fn find_places(&self, words: &str, language: &str) -> Result<Vec<PlaceFound>> {
        let words = words.trim();
        if words.is_empty() || words.chars().count() > 100 {
            return Err(Error::invalid("a place's name has 1 to 100 characters"));
        }
        self.sources().places(words, language).await
    }

    /// The weather at a place that is named, or where the user has it on the dashboard.
    ///
    /// # Errors
    /// `NotFound` when there is no such place, `Unavailable` when the source cannot be reached.
    pub async fn weather(&self, place: Option<&str>) -> Result<Weather> {
        let Some(words) = place else {
            let panel = self.dashboard().await?.weather;
            let why = panel.failure.unwrap_or_else(|| "there is no weather yet".into());
            return panel.value.ok_or_else(|| Error::unavailable(why));
        };
        let found = self.find_places(words, "en").await?.into_iter().next();
        let found = found.ok_or_else(|| Error::not_found(format!("no place called {words} is known")))?;
        let place = Place { city: found.name, latitude: found.latitude, longitude: found.longitude };
        self.sources().weather(&place).await
    }

    /// Lets the sources that failed be asked at once: a key may be there now.
    pub(crate) async fn try_sources_again(&self) {
        if let Some(all) = self.sights().kept.lock().await.as_mut() {
            all.stocks.failed_is_due();
            all.news.failed_is_due();
        }
    }

    /// Asks those sources that are due, side by side.
    async fn ask_sources(&self, all: &All, settings: &Settings, now: Timestamp) -> Asked {
        let place = Place {
            city: settings.weather_city.clone(),
            latitude: settings.weather_lat,
            longitude: settings.weather_lon,
        };
        let (symbols, coins, feeds) = (&settings.stock_symbols, &settings.coins, &settings.news_feeds);
        let stocks_for = STOCKS_EACH.saturating_mul(i32::try_from(symbols.len().max(1)).unwrap_or(24));
        let sources = self.sources();
        let (of_weather, of_stocks, of_coins, of_news) =
            (format!("{place:?}"), symbols.join(","), coins.join(","), feeds.join(","));
        let weather = asked(all.weather.due(&of_weather, WEATHER, now), of_weather, sources.weather(&place));
        let stocks = asked(
            !symbols.is_empty() && all.stocks.due(&of_stocks, stocks_for, now),
            of_stocks,
            sources.stocks(symbols),
        );
        let coins =
            asked(!coins.is_empty() && all.coins.due(&of_coins, COINS, now), of_coins, sources.coins(coins));
        let news = asked(all.news.due(&of_news, NEWS, now), of_news, sources.news(feeds));
        let (weather, stocks, coins, news) = tokio::join!(weather, stocks, coins, news);
        Asked { weather, stocks, coins, news }
    }

    /// An article of the news, made readable.
    ///
    /// # Errors
    /// As [`crate::ports::Fetch::page`].
    pub async fn article(&self, url: &str) -> Result<Page> {
        self.fetch().page(url, LONGEST_ARTICLE).await
    }
}

type Answer<T> = Option<(String, Result<T>)>;

/// What the sources answered; none for those that were not asked.
struct Asked {
    weather: Answer<Weather>,
    stocks: Answer<Vec<Quote>>,
    coins: Answer<Vec<Quote>>,
    news: Answer<Vec<Headline>>,
}

async fn asked<T>(due: bool, of: String, question: impl Future<Output = Result<T>>) -> Answer<T> {
    if !due {
        return None;
    }
    let late = || Err(luna_model::Error::unavailable("it did not answer in time"));
    let answer = tokio::time::timeout(PATIENCE, question).await.unwrap_or_else(|_| late());
    Some((of, answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_that_fails_keeps_its_last_value_and_is_left_alone_for_a_while() {
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        let mut kept = Kept::<u32>::default();
        assert!(kept.due("a", NEWS, at(0)));
        kept.take("a".into(), Ok(1), at(0));
        assert!(!kept.due("a", NEWS, at(299)) && kept.due("a", NEWS, at(300)) && kept.due("b", NEWS, at(1)));
        kept.take("a".into(), Err(luna_model::Error::unavailable("gone")), at(300));
        assert_eq!((kept.panel.value, kept.panel.stale, kept.panel.at), (Some(1), true, Some(at(0))));
        assert!(!kept.due("a", NEWS, at(330)) && kept.due("a", NEWS, at(360)));
        kept.take("b".into(), Err(luna_model::Error::unavailable("gone")), at(400));
        assert_eq!(
            (kept.panel.value, kept.panel.stale),
            (None, false),
            "another question has another answer"
        );
    }
}
