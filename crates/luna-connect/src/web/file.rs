//! Getting a file as it is, unless it is still the one that was read before, and sending JSON. The address is the
//! user's own choice, so it may be private.

use luna_core::ports::WebFile;
use luna_model::{Error, Result};
use reqwest::header::{ETAG, IF_NONE_MATCH};
use reqwest::{Client, StatusCode};
use url::Url;

use super::page::{body, unreachable};

/// Most bytes that are kept of an answer.
const ANSWER: usize = 64 << 10;

pub(super) async fn read(
    client: &Client,
    url: Url,
    tag: Option<&str>,
    most: usize,
) -> Result<Option<WebFile>> {
    let mut request = client.get(url.clone());
    if let Some(tag) = tag {
        request = request.header(IF_NONE_MATCH, tag);
    }
    let reply = request.send().await.map_err(|error| unreachable(&url, error))?;
    let status = reply.status();
    if status == StatusCode::NOT_MODIFIED {
        return Ok(None);
    }
    let host = url.host_str().unwrap_or_default();
    if !status.is_success() {
        return Err(match status.as_u16() {
            404 | 410 => Error::not_found(format!("there is nothing at {url}")),
            401 | 403 => Error::unavailable(format!("{host} does not let this be read ({status})")),
            _ => Error::unavailable(format!("{host} failed to send it ({status}); it is tried again later")),
        });
    }
    let tag = reply.headers().get(ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned);
    let (bytes, cut) = body(reply, most).await?;
    if cut {
        return Err(Error::limit(format!(
            "what {host} sent is larger than {} MiB, or broke off",
            most >> 20
        )));
    }
    Ok(Some(WebFile { bytes, tag }))
}

pub(super) async fn post(client: &Client, url: Url, json: &serde_json::Value, key: &str) -> Result<String> {
    let request = client.post(url.clone()).header("Idempotency-Key", key).json(json);
    let reply = request.send().await.map_err(|error| unreachable(&url, error))?;
    let status = reply.status();
    let (bytes, _) = body(reply, ANSWER).await?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    if status.is_success() {
        return Ok(text);
    }
    let host = url.host_str().unwrap_or_default();
    let said: String = text.chars().take(200).collect();
    Err(Error::unavailable(format!("{host} answered {status}: {said}")))
}
