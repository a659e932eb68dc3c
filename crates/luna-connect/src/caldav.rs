//! CalDAV (RFC 4791) as a client: finding a user's calendars (RFC 6764), what changed in one (RFC 6578, or by what the server
//! calls its states), and reading and writing entries. The protocol's words are the crate libdav's; they are sent here, so that
//! passwords, redirects, addresses and sizes are looked after in one place.
//!
//! The password goes to the server that the user named, and from there on only to encrypted ones of the same house. It is in
//! no message and no log.

mod answers;
mod discovery;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt as _;
use http::Uri;
use libdav::caldav::GetCalendarResources;
use libdav::dav::{Delete, GetProperties, ListResources, PutResource, SyncCollection, WebDavError};
use libdav::requests::DavRequest;
use libdav::{PropertyName, names};
use luna_core::ports::{CalendarLogin, CalendarNews, CalendarServers, CalendarText, FoundCalendar};
use luna_model::{Error, Result};
use reqwest::{Client, StatusCode, Url};

use crate::web::{NearBy, is_near};
use answers::{refused, unreadable};

/// How long a server may take for one answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// Largest answer that is read.
const LARGEST: usize = 64 << 20;
/// Parts of an answer about changes that are asked for one after the other.
const MOST_PARTS: usize = 200;
/// A state of a server that knows what changed since (RFC 6578), and of one that only knows whether something did.
const BY_TOKEN: &str = "sync ";
const BY_STATE: &str = "state ";
/// What a server calls the state of a whole calendar.
const CTAG: PropertyName<'static, 'static> = PropertyName::new(names::CALENDAR_SERVER, "getctag");
const CALENDAR_TEXT: &str = "text/calendar; charset=utf-8";

/// Servers that speak CalDAV.
pub struct CalDav {
    /// Only encrypted.
    encrypted: Client,
    /// Unencrypted, but only on this machine and its own network.
    near: Client,
    /// Unencrypted anywhere: the user said so.
    anywhere: Client,
}

impl CalDav {
    /// The servers.
    ///
    /// # Errors
    /// `Internal` when no HTTP client can be made.
    pub fn new() -> Result<Self> {
        let builder = || {
            Client::builder()
                .connect_timeout(Duration::from_secs(15))
                .redirect(reqwest::redirect::Policy::none())
                .user_agent(concat!("Luna/", env!("CARGO_PKG_VERSION")))
        };
        Ok(Self {
            encrypted: builder().https_only(true).build().map_err(Error::internal)?,
            near: builder().no_proxy().dns_resolver(Arc::new(NearBy)).build().map_err(Error::internal)?,
            anywhere: builder().build().map_err(Error::internal)?,
        })
    }

    /// The client that may be used for an address.
    fn client(&self, login: &CalendarLogin, url: &Url) -> Result<&Client> {
        match url.scheme() {
            "https" => Ok(&self.encrypted),
            "http" if login.unencrypted => Ok(&self.anywhere),
            "http" if is_near(url) => Ok(&self.near),
            "http" => Err(unencrypted()),
            _ => Err(Error::invalid("an address of a calendar server begins with https://")),
        }
    }

    /// Sends a request of the protocol; its head and body. Redirects are told, not followed.
    async fn send(
        &self,
        login: &CalendarLogin,
        request: http::Request<String>,
    ) -> Result<(http::response::Parts, Vec<u8>)> {
        let url = Url::parse(&request.uri().to_string()).map_err(|_| Error::invalid("that is no address"))?;
        let (head, body) = request.into_parts();
        let request = self
            .client(login, &url)?
            .request(head.method, url)
            .headers(head.headers)
            .basic_auth(&login.user, Some(login.password.expose()))
            .timeout(PATIENCE)
            .body(body);
        let reply = request.send().await.map_err(unreachable)?;
        let mut parts = http::Response::new(()).into_parts().0;
        (parts.status, parts.headers) = (reply.status(), reply.headers().clone());
        let (mut stream, mut body) = (reply.bytes_stream(), vec![]);
        while let Some(part) = stream.next().await {
            body.extend_from_slice(&part.map_err(unreachable)?);
            if body.len() > LARGEST {
                return Err(Error::limit("the calendar server's answer is too large to be read"));
            }
        }
        Ok((parts, body))
    }

    /// Asks at an address; what was answered, understood.
    async fn ask<R>(&self, login: &CalendarLogin, base: &Uri, request: R) -> Result<R::Response>
    where
        R: DavRequest,
        WebDavError<std::convert::Infallible>: From<R::ParseError>,
    {
        let prepared = request.prepare_request(base.clone()).map_err(|_| no_address())?;
        let (parts, body) = self.send(login, prepared).await?;
        if parts.status.is_redirection() {
            return Err(Error::invalid(
                "the calendar moved on its server; take the account away and add it again",
            ));
        }
        if !parts.status.is_success() {
            return Err(refused(parts.status, &body));
        }
        request.parse_response(&parts, &body).map_err(|e| unreadable(&WebDavError::from(e)))
    }

    /// What changed since a token; none when the server does not know the token any more, or no tokens at all.
    async fn changes(
        &self,
        login: &CalendarLogin,
        at: &Place,
        token: Option<&str>,
    ) -> Result<Option<CalendarNews>> {
        let mut news = CalendarNews { all: token.is_none(), ..CalendarNews::default() };
        let mut token = token.map(str::to_owned);
        for _ in 0..MOST_PARTS {
            let mut request = SyncCollection::new(&at.path);
            if let Some(token) = &token {
                request = request.with_sync_token(token);
            }
            let prepared = request.prepare_request(at.base.clone()).map_err(|_| no_address())?;
            let (parts, body) = self.send(login, prepared).await?;
            if matches!(parts.status.as_u16(), 400 | 403 | 405 | 409 | 410 | 412 | 415 | 501) {
                return Ok(None);
            }
            if !parts.status.is_success() {
                return Err(refused(parts.status, &body));
            }
            let Ok(answer) = request.parse_response(&parts, &body) else { return Ok(None) };
            let there = answer.changed.into_iter().filter(|r| !r.resource_type.is_collection);
            news.there.extend(there.filter_map(|r| Some((r.href, r.etag?))));
            news.gone.extend(answer.deleted);
            news.tag = Some(format!("{BY_TOKEN}{}", answer.new_sync_token));
            let same = token.as_ref() == Some(&answer.new_sync_token);
            token = Some(answer.new_sync_token);
            // RFC 6578, 3.6: what did not fit comes with the next question.
            if same || !answers::cut_short(&body) {
                return Ok(Some(news));
            }
        }
        Err(Error::limit("the calendar server sends its changes in too many parts"))
    }

    /// All there is, by a server that knows no tokens; nothing when its state is the one that was read.
    async fn listing(&self, login: &CalendarLogin, at: &Place, state: Option<&str>) -> Result<CalendarNews> {
        let asked = self.ask(login, &at.base, GetProperties::new(&at.path, &[&CTAG])).await;
        let now = asked.ok().and_then(|found| found.values.into_iter().find_map(|(_, value)| value));
        let tag = now.as_ref().map(|now| format!("{BY_STATE}{now}"));
        if now.is_some() && now.as_deref() == state {
            return Ok(CalendarNews { tag, ..CalendarNews::default() });
        }
        let listed = self.ask(login, &at.base, ListResources::new(&at.path)).await?.resources;
        let files = listed.into_iter().filter(|r| !r.resource_type.is_collection);
        let there = files.filter_map(|r| Some((r.href, r.etag?))).collect();
        Ok(CalendarNews { there, gone: vec![], all: true, tag })
    }
}

/// A server and a path on it, as libdav wants them.
struct Place {
    base: Uri,
    path: String,
}

impl Place {
    fn of(url: &str) -> Result<Self> {
        let base: Uri = url.parse().map_err(|_| no_address())?;
        let path = libdav::encoding::normalise_percent_encoded(base.path()).map_err(|_| no_address())?;
        let path = path.into_owned();
        Ok(Self { base, path })
    }
}

#[async_trait]
impl CalendarServers for CalDav {
    async fn find(&self, login: &CalendarLogin) -> Result<Vec<FoundCalendar>> {
        self.discover(login).await
    }

    async fn news(&self, login: &CalendarLogin, calendar: &str, since: Option<&str>) -> Result<CalendarNews> {
        let at = Place::of(calendar)?;
        if let Some(state) = since.and_then(|since| since.strip_prefix(BY_STATE)) {
            return self.listing(login, &at, Some(state)).await;
        }
        let token = since.and_then(|since| since.strip_prefix(BY_TOKEN));
        if let Some(token) = token
            && let Some(news) = self.changes(login, &at, Some(token)).await?
        {
            return Ok(news);
        }
        match self.changes(login, &at, None).await? {
            Some(news) => Ok(news),
            None => self.listing(login, &at, None).await,
        }
    }

    async fn texts(
        &self,
        login: &CalendarLogin,
        calendar: &str,
        hrefs: &[String],
    ) -> Result<Vec<CalendarText>> {
        let at = Place::of(calendar)?;
        let hrefs = hrefs.iter().map(|href| libdav::encoding::strict_percent_encoded(href));
        let request = GetCalendarResources::new(&at.path).with_hrefs(hrefs);
        let found = self.ask(login, &at.base, request).await?.resources;
        let mut texts = vec![];
        for resource in found {
            match resource.content {
                Ok(content) => {
                    texts.push(CalendarText { href: resource.href, etag: content.etag, text: content.data })
                }
                Err(StatusCode::NOT_FOUND | StatusCode::GONE) => {}
                Err(status) => return Err(refused(status, b"")),
            }
        }
        Ok(texts)
    }

    fn place(&self, calendar: &str, uid: &str) -> Result<String> {
        let at = Place::of(calendar)?;
        // Some servers take no other characters in names, and a name is only a name.
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@');
        let name = if uid.len() <= 120 && uid.chars().all(plain) && !uid.starts_with('.') {
            uid.to_owned()
        } else {
            use sha2::{Digest as _, Sha256};
            hex::encode(Sha256::digest(uid))
        };
        Ok(format!("{}/{name}.ics", at.path.trim_end_matches('/')))
    }

    async fn put(
        &self,
        login: &CalendarLogin,
        calendar: &str,
        href: &str,
        text: &str,
        etag: Option<&str>,
    ) -> Result<Option<String>> {
        let at = Place::of(calendar)?;
        let request = PutResource::new(href);
        let put = match etag {
            None => self.ask(login, &at.base, request.create(text, CALENDAR_TEXT)).await?,
            Some(etag) => self.ask(login, &at.base, request.update(text, CALENDAR_TEXT, etag)).await?,
        };
        // A weak one says that the server may have made another text of it.
        Ok(put.etag.filter(|etag| !etag.starts_with("W/")))
    }

    async fn delete(&self, login: &CalendarLogin, calendar: &str, href: &str, etag: &str) -> Result<()> {
        let at = Place::of(calendar)?;
        self.ask(login, &at.base, Delete::new(href).with_etag(etag)).await.map(drop)
    }
}

fn unencrypted() -> Error {
    Error::invalid(
        "this address is not encrypted, so everybody on the way could read the password. Use https://, or say that this is as you want it",
    )
}

fn no_address() -> Error {
    Error::invalid("this is no address of a calendar server; give one as https://calendar.example.com")
}

/// What is said when no answer came.
fn unreachable(error: reqwest::Error) -> Error {
    if crate::web::not_near(&error) {
        return unencrypted();
    }
    crate::reach::unreachable("the calendar server", error)
}
