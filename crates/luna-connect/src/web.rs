//! Reading pages and searching. A page may come from anywhere but the machine's own surroundings ([`addresses`]); what is
//! read is bounded in size, time and redirects ([`page`]) and made readable ([`readable`]).

mod addresses;
mod file;
mod near;
mod page;
mod readable;
mod search;
#[cfg(test)]
mod tests;

pub(crate) use near::{NearBy, is_near, not_near};

use std::net::SocketAddr;
use std::time::Duration;

use async_trait::async_trait;
use luna_core::ports::{Fetch, Page, SearchHit, WebFile};
use luna_model::{Error, Result};
use url::Url;

use addresses::Allowed;

/// What can be set of it.
#[derive(Clone, Debug)]
pub struct WebConfig {
    /// Where to search: a page in DuckDuckGo's HTML form, or a SearXNG. The user's own choice, so it may be private.
    pub search_base_url: String,
    /// Whether an address that the user chose may be private. Not where users share the machine: her network is not theirs.
    pub own_choice_may_be_private: bool,
    /// Longest time for a page or a search, redirects included.
    pub time_limit: Duration,
    /// Most bytes that are read of a page, after decompression.
    pub size_limit: usize,
}

impl Default for WebConfig {
    fn default() -> Self {
        Self {
            search_base_url: "https://html.duckduckgo.com/html/".into(),
            own_choice_may_be_private: true,
            time_limit: Duration::from_secs(20),
            size_limit: 4 * 1024 * 1024,
        }
    }
}

/// The web.
pub struct Web {
    config: WebConfig,
    search_base: Url,
    allowed: Allowed,
    pages: reqwest::Client,
    searches: reqwest::Client,
    files: reqwest::Client,
    posts: reqwest::Client,
}

impl Web {
    /// The web as this configuration has it.
    ///
    /// # Errors
    /// `Invalid` when the search address is none; `Internal` when no HTTP client can be made.
    pub fn new(config: WebConfig) -> Result<Self> {
        Self::with(config, Allowed::default())
    }

    /// The same, but these addresses may be read although they are not public: for tests that stand in for a site. No
    /// setting reaches this.
    ///
    /// # Errors
    /// As [`Web::new`].
    pub fn allowing(config: WebConfig, addresses: impl IntoIterator<Item = SocketAddr>) -> Result<Self> {
        Self::with(config, Allowed::new(addresses))
    }

    fn with(config: WebConfig, allowed: Allowed) -> Result<Self> {
        let search_base = http_url(&config.search_base_url)?;
        let client = || {
            reqwest::Client::builder()
                .connect_timeout(Duration::from_secs(10).min(config.time_limit))
                .redirect(reqwest::redirect::Policy::none())
                // Some sites answer nothing else; the name stays honest about who asks.
                .user_agent(concat!("Mozilla/5.0 (compatible; Luna/", env!("CARGO_PKG_VERSION"), ")"))
        };
        let private = config.own_choice_may_be_private;
        let chosen = |client: reqwest::ClientBuilder| {
            if private { client } else { client.no_proxy().dns_resolver(allowed.resolver()) }
        };
        Ok(Self {
            search_base,
            // A proxy would resolve names itself, behind our back.
            pages: client().no_proxy().dns_resolver(allowed.resolver()).build().map_err(Error::internal)?,
            searches: client().build().map_err(Error::internal)?,
            files: chosen(client().redirect(redirects(&config, &allowed)))
                .build()
                .map_err(Error::internal)?,
            posts: chosen(client()).build().map_err(Error::internal)?,
            allowed,
            config,
        })
    }

    /// An address that the user chose.
    fn chosen(&self, text: &str) -> Result<Url> {
        let url = http_url(text)?;
        if !self.config.own_choice_may_be_private {
            self.allowed.check(&url)?;
        }
        Ok(url)
    }

    async fn in_time<T>(&self, what: &str, work: impl Future<Output = Result<T>>) -> Result<T> {
        let limit = self.config.time_limit;
        tokio::time::timeout(limit, work).await.unwrap_or_else(|_| {
            Err(Error::limit(format!(
                "{what} took longer than {} s. Try another source.",
                limit.as_secs_f32()
            )))
        })
    }
}

#[async_trait]
impl Fetch for Web {
    async fn page(&self, url: &str, max_chars: usize) -> Result<Page> {
        let start = http_url(url)?;
        let name = start.host_str().unwrap_or_default().to_owned();
        self.in_time(&name, page::read(&self.pages, &self.allowed, start, self.config.size_limit, max_chars))
            .await
    }

    async fn bytes(&self, url: &str, most: usize) -> Result<Vec<u8>> {
        let start = http_url(url)?;
        let name = start.host_str().unwrap_or_default().to_owned();
        self.in_time(&name, page::bytes(&self.pages, &self.allowed, start, most)).await
    }

    async fn file(&self, url: &str, tag: Option<&str>, most: usize) -> Result<Option<WebFile>> {
        let url = self.chosen(url)?;
        let name = url.host_str().unwrap_or_default().to_owned();
        self.in_time(&name, file::read(&self.files, url, tag, most)).await
    }

    async fn post(&self, url: &str, body: &serde_json::Value, key: &str) -> Result<String> {
        let url = self.chosen(url)?;
        let name = url.host_str().unwrap_or_default().to_owned();
        self.in_time(&name, file::post(&self.posts, url, body, key)).await
    }

    async fn search(&self, query: &str, limit: usize) -> Result<Vec<SearchHit>> {
        self.in_time("The search", search::search(&self.searches, &self.search_base, query, limit)).await
    }
}

/// Where an address that the user chose may lead: five times on, and not to where it could not have led at once.
fn redirects(config: &WebConfig, allowed: &Allowed) -> reqwest::redirect::Policy {
    if config.own_choice_may_be_private {
        return reqwest::redirect::Policy::limited(5);
    }
    let allowed = allowed.clone();
    reqwest::redirect::Policy::custom(move |attempt| {
        if attempt.previous().len() > 5 || allowed.check(attempt.url()).is_err() {
            attempt.stop()
        } else {
            attempt.follow()
        }
    })
}

/// An address on the web, without a user name in it.
fn http_url(text: &str) -> Result<Url> {
    let bad = |why: &str| {
        Error::invalid(format!(
            "{text:?} cannot be read: {why}. Give an address that begins with https:// or http://."
        ))
    };
    let mut url = Url::parse(text.trim()).map_err(|_| bad("it is no address"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(bad("only http and https are read"));
    }
    if url.host().is_none() {
        return Err(bad("it names no host"));
    }
    // Neither credentials nor the fragment belong into a request that others may log.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_fragment(None);
    Ok(url)
}
