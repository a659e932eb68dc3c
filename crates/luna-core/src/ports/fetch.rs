//! The web: reading pages and searching. Whatever comes from here is text from outside.

use async_trait::async_trait;
use luna_model::Result;
use serde::{Deserialize, Serialize};

/// A page, made readable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Where it was found, after redirects.
    pub url: String,
    /// Its title, when it has one.
    pub title: Option<String>,
    /// Its main text: Markdown for HTML, the text itself for text, JSON and feeds.
    pub text: String,
    /// Whether the text was cut at the limit.
    pub truncated: bool,
}

/// A hit of a web search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchHit {
    /// Its title.
    pub title: String,
    /// Its address.
    pub url: String,
    /// A few words of it.
    pub snippet: String,
}

/// A file of the web, as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebFile {
    /// What is in it.
    pub bytes: Vec<u8>,
    /// What the other side calls this state of it, for asking whether it changed.
    pub tag: Option<String>,
}

impl WebFile {
    /// It as text.
    #[must_use]
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes)
    }
}

/// Reads the web.
#[async_trait]
pub trait Fetch: Send + Sync {
    /// Reads a page. `Invalid` for what is not http(s), `Forbidden` for private, loopback, link-local and metadata
    /// addresses (checked after resolving, and again after every redirect), `LimitReached` beyond size or time.
    async fn page(&self, url: &str, max_chars: usize) -> Result<Page>;

    /// Reads a file as it is from an address that somebody else chose, with the care of [`Fetch::page`]. `LimitReached`
    /// beyond so many bytes.
    async fn bytes(&self, url: &str, most: usize) -> Result<Vec<u8>>;

    /// Reads a file from an address that the user chose himself, which may therefore be private. None when it is
    /// still in the state `tag`. `LimitReached` beyond so many bytes.
    async fn file(&self, url: &str, tag: Option<&str>, most: usize) -> Result<Option<WebFile>>;

    /// Sends JSON to an address that the user chose himself, which may therefore be private, and gives what was answered.
    /// The receiver knows a repeated call by `key`. An answer that says it did not succeed is an error.
    async fn post(&self, url: &str, body: &serde_json::Value, key: &str) -> Result<String>;

    /// Searches the web.
    async fn search(&self, query: &str, limit: usize) -> Result<Vec<SearchHit>>;
}
