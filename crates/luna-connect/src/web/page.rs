//! Getting a page: every hop of a redirect is checked anew, and no more is read than the limit, however well it was packed.

use futures::StreamExt as _;
use luna_core::ports::Page;
use luna_model::{Error, Result};
use reqwest::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use reqwest::{Client, Response};
use url::Url;

use super::addresses::{Allowed, NotPublic, refused};
use super::readable::{self, Document};

/// Most redirects that are followed.
const REDIRECTS: usize = 5;

const WANTED: &str = "text/html, application/xhtml+xml, application/json;q=0.9, application/xml;q=0.9, text/*;q=0.9, */*;q=0.1";

/// Reads a page.
pub(super) async fn read(
    client: &Client,
    allowed: &Allowed,
    start: Url,
    most: usize,
    max_chars: usize,
) -> Result<Page> {
    let (url, reply) = follow(client, allowed, start).await?;
    let status = reply.status();
    if !status.is_success() {
        let host = url.host_str().unwrap_or_default();
        return Err(match status.as_u16() {
            404 | 410 => Error::not_found(format!("There is no such page: {url}")),
            401 | 403 => Error::unavailable(format!(
                "{host} does not let this page be read ({status}). Try another source."
            )),
            429 => Error::unavailable(format!(
                "{host} asks for fewer requests (429). Try later, or another source."
            )),
            _ => Error::unavailable(format!(
                "{host} failed to send the page ({status}). Try later, or another source."
            )),
        });
    }
    let kind =
        reply.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_owned();
    // Before the body is fetched: a film or an archive is not read.
    readable::check_kind(&kind)?;
    let (body, cut) = body(reply, most).await?;
    let document = Document { kind, body, url: url.to_string() };
    let readable =
        tokio::task::spawn_blocking(move || readable::read(&document)).await.map_err(Error::internal)??;
    let (text, over) = shorten(readable.text, max_chars);
    Ok(Page { url: url.into(), title: readable.title, text, truncated: cut || over || readable.cut })
}

/// Reads what lies at an address, whatever it is.
pub(super) async fn bytes(client: &Client, allowed: &Allowed, start: Url, most: usize) -> Result<Vec<u8>> {
    let (url, reply) = follow(client, allowed, start).await?;
    let host = url.host_str().unwrap_or_default();
    match reply.status() {
        status if status.is_success() => {}
        status if matches!(status.as_u16(), 404 | 410) => {
            return Err(Error::not_found(format!("there is nothing at {url}")));
        }
        status => return Err(Error::unavailable(format!("{host} failed to send it ({status})"))),
    }
    match body(reply, most).await? {
        (bytes, false) => Ok(bytes),
        (_, true) => {
            Err(Error::limit(format!("what {host} sent is larger than {} MiB, or broke off", most >> 20)))
        }
    }
}

/// Goes to an address, and on where it points, as long as it stays among what is allowed.
async fn follow(client: &Client, allowed: &Allowed, start: Url) -> Result<(Url, Response)> {
    let mut url = start;
    for _ in 0..=REDIRECTS {
        allowed.check(&url)?;
        let reply = client
            .get(url.clone())
            .header(ACCEPT, WANTED)
            .send()
            .await
            .map_err(|error| unreachable(&url, error))?;
        let to = reply.headers().get(LOCATION).and_then(|to| std::str::from_utf8(to.as_bytes()).ok());
        let Some(to) = to.filter(|_| reply.status().is_redirection()) else { return Ok((url, reply)) };
        let next = url.join(to).map_err(|cause| {
            Error::unavailable(format!("{url} points to {to:?}, which is no address.")).because(cause)
        })?;
        url = super::http_url(next.as_str())?;
    }
    Err(Error::unavailable(format!(
        "{url} is a chain of more than {REDIRECTS} redirects. Try another source."
    )))
}

pub(super) fn unreachable(url: &Url, error: reqwest::Error) -> Error {
    let host = url.host_str().unwrap_or_default();
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(inner) = cause {
        if inner.is::<NotPublic>() {
            return refused(host);
        }
        cause = inner.source();
    }
    let message = if error.is_timeout() {
        format!("{host} could not be reached in time. Try later, or another source.")
    } else if error.is_connect() {
        format!("{host} cannot be reached. Check the address and the network.")
    } else {
        format!("{host} did not answer as a web server does. Try another source.")
    };
    Error::unavailable(message).because(error.without_url())
}

/// The body up to the limit, counted after decompression, and whether there was more.
pub(super) async fn body(reply: Response, most: usize) -> Result<(Vec<u8>, bool)> {
    let mut body = Vec::new();
    let mut stream = reply.bytes_stream();
    while let Some(chunk) = stream.next().await {
        let chunk = match chunk {
            Ok(chunk) => chunk,
            // What came is worth reading even when the rest is lost.
            Err(_) if !body.is_empty() => return Ok((body, true)),
            Err(error) => {
                return Err(Error::unavailable("The page broke off before anything came. Try again.")
                    .because(error.without_url()));
            }
        };
        let room = most - body.len();
        if chunk.len() > room {
            body.extend_from_slice(&chunk[..room]);
            return Ok((body, true));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((body, false))
}

fn shorten(mut text: String, max_chars: usize) -> (String, bool) {
    match text.char_indices().nth(max_chars) {
        Some((at, _)) => {
            text.truncate(at);
            (text, true)
        }
        None => (text, false),
    }
}
