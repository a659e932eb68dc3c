//! Web search: DuckDuckGo's pages for browsers without scripts, in both their forms, or a SearXNG that answers JSON. What
//! the answer is decides, not the address.

use dom_query::{Document, Selection};
use luna_core::ports::SearchHit;
use luna_model::{Error, Result};
use reqwest::Client;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde::Deserialize;
use url::Url;

/// More than any result page has.
const SIZE_LIMIT: usize = 2 * 1024 * 1024;

/// Asks for a query.
pub(super) async fn search(client: &Client, base: &Url, query: &str, limit: usize) -> Result<Vec<SearchHit>> {
    if query.trim().is_empty() {
        return Err(Error::invalid("There is nothing to search for. Give some words."));
    }
    let mut url = base.clone();
    url.query_pairs_mut().append_pair("q", query.trim());
    if !is_duckduckgo(base) {
        url.query_pairs_mut().append_pair("format", "json");
    }
    let host = base.host_str().unwrap_or_default();
    let mut reply =
        client.get(url).header(ACCEPT, "text/html, application/json").send().await.map_err(|error| {
            Error::unavailable(format!(
                "The search at {host} cannot be reached. Check the network, or SEARCH_BASE_URL."
            ))
            .because(error.without_url())
        })?;
    let status = reply.status();
    let json = reply
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    let mut body = Vec::new();
    while let Some(chunk) = reply.chunk().await.map_err(|error| {
        Error::unavailable(format!("The search at {host} broke off. Try again.")).because(error.without_url())
    })? {
        body.extend_from_slice(&chunk[..chunk.len().min(SIZE_LIMIT - body.len())]);
        if body.len() == SIZE_LIMIT {
            break;
        }
    }
    let body = String::from_utf8_lossy(&body);
    // DuckDuckGo sends its "are you human" page as 202.
    if status.as_u16() == 202 || matches!(status.as_u16(), 403 | 418 | 429) {
        return Err(blocked(host));
    }
    if !status.is_success() {
        return Err(Error::unavailable(format!(
            "The search at {host} failed ({status}). Try later, or set SEARCH_BASE_URL."
        )));
    }
    let found = if json || body.trim_start().starts_with('{') {
        searxng(&body, host)?
    } else {
        duckduckgo(&body, base, host)?
    };
    Ok(found.into_iter().take(limit).collect())
}

fn is_duckduckgo(base: &Url) -> bool {
    base.host_str().is_some_and(|host| host == "duckduckgo.com" || host.ends_with(".duckduckgo.com"))
}

fn blocked(host: &str) -> Error {
    Error::unavailable(format!(
        "{host} takes this for too many searches and asks for a human. Wait some minutes, or set SEARCH_BASE_URL to a SearXNG."
    ))
}

#[derive(Deserialize)]
struct Answer {
    results: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    url: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    content: Option<String>,
}

fn searxng(body: &str, host: &str) -> Result<Vec<SearchHit>> {
    let answer: Answer = serde_json::from_str(body).map_err(|cause| {
        Error::unavailable(format!(
            "The search at {host} did not answer as a SearXNG does. Check SEARCH_BASE_URL."
        ))
        .because(cause)
    })?;
    let hits = answer.results.into_iter().filter_map(|entry| {
        let url = web_address(&Url::parse(&entry.url).ok()?)?;
        let title = if entry.title.trim().is_empty() { url.clone() } else { words(&entry.title) };
        Some(SearchHit { title, url, snippet: words(entry.content.as_deref().unwrap_or_default()) })
    });
    Ok(hits.collect())
}

fn duckduckgo(body: &str, base: &Url, host: &str) -> Result<Vec<SearchHit>> {
    let page = Document::from(body);
    let hits: Vec<_> = full_form(&page, base).into_iter().chain(lite_form(&page, base)).collect();
    if !hits.is_empty() {
        return Ok(hits);
    }
    if page.select(".no-results, .result--no-result, .no-results-message").exists()
        || body.contains("No results")
    {
        return Ok(hits);
    }
    if page.select("#challenge-form, .anomaly-modal__modal, form[action*='anomaly']").exists() {
        return Err(blocked(host));
    }
    Err(Error::unavailable(format!(
        "The search at {host} sent a page without results in a form known here. Try later, or set SEARCH_BASE_URL to a SearXNG."
    )))
}

/// `html.duckduckgo.com/html/`: a block a result.
fn full_form(page: &Document, base: &Url) -> Vec<SearchHit> {
    let blocks = page.select(".result:not(.result--ad)");
    blocks
        .iter()
        .filter_map(|block| hit(&block.select("a.result__a"), &block.select(".result__snippet"), base))
        .collect()
}

/// `lite.duckduckgo.com/lite/`: rows of a table, the link before its snippet.
fn lite_form(page: &Document, base: &Url) -> Vec<SearchHit> {
    let links = page.select("tr:not(.result-sponsored) a.result-link");
    let rows = links.iter().map(|link| {
        let mut row = link.ancestors(None).filter("tr").first().next_sibling();
        while row.exists() && !row.select(".result-snippet").exists() && !row.select("a.result-link").exists()
        {
            row = row.next_sibling();
        }
        (link.clone(), row.select(".result-snippet"))
    });
    rows.filter_map(|(link, snippet)| hit(&link, &snippet, base)).collect()
}

fn hit(link: &Selection, snippet: &Selection, base: &Url) -> Option<SearchHit> {
    let link = link.first();
    let url = web_address(&base.join(&link.attr("href")?).ok()?)?;
    // An advertisement leads over the search engine's own counter.
    if Url::parse(&url).is_ok_and(|url| is_duckduckgo(&url)) {
        return None;
    }
    Some(SearchHit { title: words(&link.text()), url, snippet: words(&snippet.first().text()) })
}

/// The address that a result means: DuckDuckGo wraps it as `/l/?uddg=…`. None for what is not on the web.
fn web_address(url: &Url) -> Option<String> {
    let wrapped =
        url.path().starts_with("/l/").then(|| url.query_pairs().find(|(name, _)| name == "uddg")).flatten();
    let meant = match wrapped {
        Some((_, inner)) => Url::parse(&inner).ok()?,
        None => url.clone(),
    };
    matches!(meant.scheme(), "http" | "https").then(|| meant.into())
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
