//! News: of TheNewsAPI where there is a key, and of feeds (RSS, Atom, JSON).

use std::collections::HashSet;

use jiff::Timestamp;
use luna_model::{Error, Headline, Result, Secret};
use serde::Deserialize;

use super::Outside;
use crate::address::address;

/// Most headlines.
const MOST: usize = 60;
/// Headlines whose titles begin alike (so many characters) are one.
const ALIKE: usize = 60;

#[derive(Deserialize)]
struct Answer {
    data: Vec<Article>,
}

#[derive(Deserialize)]
struct Article {
    title: String,
    url: String,
    source: String,
    published_at: Option<String>,
}

pub(super) async fn latest(
    outside: &Outside,
    key: Option<&Secret>,
    feeds: &[String],
) -> Result<Vec<Headline>> {
    let service = async {
        match key {
            Some(key) => Some(of_service(outside, key).await),
            None => None,
        }
    };
    let feeds = futures::future::join_all(feeds.iter().map(|url| of_feed(outside, url)));
    let (service, feeds) = tokio::join!(service, feeds);
    let (mut all, mut failure) = (vec![], None);
    for answer in service.into_iter().chain(feeds) {
        match answer {
            Ok(headlines) => all.extend(headlines),
            Err(error) => failure = Some(error),
        }
    }
    if all.is_empty() {
        return Err(failure.unwrap_or_else(|| {
            Error::unavailable("there is no source of news; add a feed in the settings")
        }));
    }
    all.sort_by_key(|headline| std::cmp::Reverse(headline.published_at));
    let mut seen = HashSet::new();
    all.retain(|h| seen.insert(h.title.to_lowercase().chars().take(ALIKE).collect::<String>()));
    all.truncate(MOST);
    Ok(all)
}

async fn of_service(outside: &Outside, key: &Secret) -> Result<Vec<Headline>> {
    let query: [(&str, &str); 3] = [("api_token", key.expose()), ("language", "en"), ("limit", "50")];
    let answer: Answer = outside
        .json("TheNewsAPI", outside.client.get(address(&outside.config.news_api, "/news/top", &query)?))
        .await?;
    let headline = |a: Article| Headline {
        title: a.title,
        source: a.source,
        url: a.url,
        published_at: a.published_at.and_then(|at| at.parse::<Timestamp>().ok()),
    };
    Ok(answer.data.into_iter().map(headline).filter(fit).collect())
}

async fn of_feed(outside: &Outside, url: &str) -> Result<Vec<Headline>> {
    let host = url.split('/').nth(2).unwrap_or(url);
    let bytes = outside.bytes(host, outside.client.get(url)).await?;
    let unknown = |e| Error::unavailable(format!("{host} sent no feed ({e})"));
    let feed = feed_rs::parser::parse(bytes.as_slice()).map_err(unknown)?;
    let source = feed.title.map_or_else(|| host.to_owned(), |title| title.content);
    let headline = |entry: feed_rs::model::Entry| {
        let at = entry.published.or(entry.updated);
        Some(Headline {
            title: entry.title?.content.split_whitespace().collect::<Vec<_>>().join(" "),
            source: source.clone(),
            url: entry.links.into_iter().next()?.href,
            published_at: at.and_then(|at| Timestamp::from_second(at.timestamp()).ok()),
        })
    };
    Ok(feed.entries.into_iter().filter_map(headline).filter(fit).collect())
}

/// What has a title and can be opened.
fn fit(headline: &Headline) -> bool {
    !headline.title.is_empty()
        && (headline.url.starts_with("https://") || headline.url.starts_with("http://"))
}
