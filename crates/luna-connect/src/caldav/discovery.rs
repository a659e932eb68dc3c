//! From an address, a user and a password to the user's calendars: the user's principal (RFC 5397), where their calendars are
//! (RFC 4791, 6.2.1), and what each of them takes.

use libdav::dav::Propfind;
use libdav::requests::DavRequest;
use libdav::{Depth, PropertyName, names};
use luna_core::ports::{CalendarLogin, FoundCalendar};
use luna_model::{Error, ErrorKind, Result};
use reqwest::Url;
use roxmltree::{Document, Node};

use super::{CalDav, Place, no_address, refused, unencrypted, unreadable};

/// Where a server says that its calendars are (RFC 6764, 5).
const WELL_KNOWN: &str = "/.well-known/caldav";
/// Longest way that is followed.
const MOST_REDIRECTS: usize = 5;
const PRIVILEGES: PropertyName<'static, 'static> =
    PropertyName::new(names::DAV, "current-user-privilege-set");

impl CalDav {
    pub(super) async fn discover(&self, login: &CalendarLogin) -> Result<Vec<FoundCalendar>> {
        let start = address(&login.url)?;
        let mut homes = self.homes(login, &start).await?;
        if homes.is_empty() {
            // Perhaps it is the calendar itself, or where they are.
            homes.push(start);
        }
        let mut found: Vec<FoundCalendar> = vec![];
        for home in homes {
            let calendars = self.calendars(login, &home).await?;
            found.extend(calendars);
        }
        found.sort_by(|a, b| a.url.cmp(&b.url));
        found.dedup_by(|a, b| a.url == b.url);
        if found.is_empty() {
            return Err(Error::not_found(
                "there is no calendar for this user at this address; look up the CalDAV address in the service's help",
            ));
        }
        Ok(found)
    }

    /// Where the user's calendars are.
    async fn homes(&self, login: &CalendarLogin, start: &Url) -> Result<Vec<Url>> {
        let mut last = None;
        for path in [start.path(), WELL_KNOWN, "/"] {
            let mut at = start.clone();
            at.set_path(path);
            match self.principal(login, at).await {
                Ok(Some(principal)) => return self.home_set(login, &principal).await,
                Ok(None) => {}
                Err(error)
                    if matches!(
                        error.kind,
                        ErrorKind::NotFound | ErrorKind::Invalid | ErrorKind::Forbidden
                    ) =>
                {
                    if last.is_none() || error.kind == ErrorKind::Invalid {
                        last = Some(error);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        match last {
            // A server without principals may still have a calendar at the very address.
            Some(error) if error.kind == ErrorKind::Invalid => Err(error),
            _ => Ok(vec![]),
        }
    }

    /// The user's principal, as the resource at an address says it.
    async fn principal(&self, login: &CalendarLogin, at: Url) -> Result<Option<Url>> {
        let names = [&names::CURRENT_USER_PRINCIPAL];
        let (at, body) = self.properties(login, at, &names, Depth::Zero).await?;
        Ok(hrefs(&body, names[0])
            .and_then(|hrefs| hrefs.into_iter().next())
            .and_then(|href| at.join(&href).ok()))
    }

    async fn home_set(&self, login: &CalendarLogin, principal: &Url) -> Result<Vec<Url>> {
        let names = [&names::CALENDAR_HOME_SET];
        let (at, body) = self.properties(login, principal.clone(), &names, Depth::Zero).await?;
        let homes = hrefs(&body, names[0]).unwrap_or_default();
        homes.iter().map(|href| at.join(href).map_err(|_| no_address())).collect()
    }

    /// The calendars at an address: it is one, or they are in it.
    async fn calendars(&self, login: &CalendarLogin, home: &Url) -> Result<Vec<FoundCalendar>> {
        let names = [
            &names::RESOURCETYPE,
            &names::DISPLAY_NAME,
            &names::CALENDAR_COLOUR,
            &names::SUPPORTED_CALENDAR_COMPONENT_SET,
            &PRIVILEGES,
        ];
        let (at, body) = self.properties(login, home.clone(), &names, Depth::One).await?;
        let document = parsed(&body)?;
        let responses = document.descendants().filter(|n| is(n, &libdav::names::RESPONSE));
        let mut found = vec![];
        for response in responses {
            let Some(kind) = child(&response, &libdav::names::RESOURCETYPE) else { continue };
            if !kind.children().any(|n| is(&n, &libdav::names::CALENDAR)) {
                continue;
            }
            let href = child(&response, &libdav::names::HREF).and_then(|n| n.text()).unwrap_or_default();
            let url = at.join(href.trim()).map_err(|_| no_address())?;
            allowed(login, &at, &url)?;
            found.push(calendar(&response, &url));
        }
        Ok(found)
    }

    /// Properties of what is at an address, and the address to which that led.
    async fn properties(
        &self,
        login: &CalendarLogin,
        at: Url,
        names: &[&PropertyName<'_, '_>],
        depth: Depth,
    ) -> Result<(Url, Vec<u8>)> {
        let mut at = at;
        for _ in 0..=MOST_REDIRECTS {
            let place = Place::of(at.as_str())?;
            let request = Propfind::new(&place.path).with_properties(names).with_depth(depth);
            let prepared = request.prepare_request(place.base).map_err(|_| no_address())?;
            let (parts, body) = self.send(login, prepared).await?;
            if parts.status.is_redirection() {
                let location = parts.headers.get(http::header::LOCATION).and_then(|l| l.to_str().ok());
                let next = location.and_then(|l| at.join(l).ok()).ok_or_else(no_address)?;
                allowed(login, &at, &next)?;
                at = next;
                continue;
            }
            if !parts.status.is_success() {
                return Err(refused(parts.status, &body));
            }
            let answer = request.parse_response(&parts, &body).map_err(|e| unreadable(&e.into()))?;
            return Ok((at, answer.body));
        }
        Err(Error::invalid("this address leads round in a circle"))
    }
}

/// The address as it was typed, made whole.
fn address(text: &str) -> Result<Url> {
    let text = text.trim();
    let whole = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let whole = whole.replacen("caldavs://", "https://", 1).replacen("caldav://", "https://", 1);
    let url = Url::parse(&whole).map_err(|_| no_address())?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::invalid("leave the user name and the password out of the address"));
    }
    if url.host_str().is_none() || url.query().is_some() {
        return Err(no_address());
    }
    Ok(url)
}

/// Whether the password may go from one address on to another: to the same server, or to an encrypted one of the same house.
fn allowed(login: &CalendarLogin, from: &Url, to: &Url) -> Result<()> {
    if to.origin() == from.origin() {
        return Ok(());
    }
    let more_secure = from.scheme() == "http" && to.scheme() == "https";
    if to.scheme() != "https" && !login.unencrypted {
        return Err(unencrypted());
    }
    let same_host = to.host_str() == from.host_str();
    if same_host && (more_secure || from.scheme() == to.scheme())
        || house(from).is_some() && house(from) == house(to)
    {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "the server sends on to {}, which may be somebody else's; give that address if you trust it",
        to.host_str().unwrap_or_default()
    )))
}

/// The end of a name that a house shares: `icloud.com` of `p01-caldav.icloud.com`. An address by number has none.
fn house(url: &Url) -> Option<String> {
    let name = url.domain()?;
    let parts: Vec<_> = name.rsplit('.').take(3).collect();
    // Of names such as `example.co.uk` three parts are needed.
    let short = parts.get(1).is_some_and(|second| second.len() <= 3) && parts[0].len() == 2;
    let need = if short { 3 } else { 2 };
    (parts.len() >= need).then(|| parts.into_iter().take(need).rev().collect::<Vec<_>>().join("."))
}

fn calendar(response: &Node<'_, '_>, url: &Url) -> FoundCalendar {
    let text = |name: &PropertyName<'_, '_>| {
        let found = child(response, name).and_then(|n| n.text()).map(str::trim);
        found.filter(|t| !t.is_empty()).map(|t| t.chars().take(200).collect::<String>())
    };
    let last = url.path_segments().and_then(|s| s.rev().find(|part| !part.is_empty()));
    let takes = child(response, &names::SUPPORTED_CALENDAR_COMPONENT_SET).map(|set| {
        let names = set.children().filter_map(|comp| comp.attribute("name"));
        names.map(str::to_ascii_uppercase).collect::<Vec<_>>()
    });
    // A server that does not say takes all (RFC 4791, 5.2.3).
    let takes = |name: &str| takes.as_ref().is_none_or(|all| all.is_empty() || all.iter().any(|n| n == name));
    let may = child(response, &PRIVILEGES).map(|set| {
        let privileges = set.descendants().map(|n| n.tag_name().name());
        privileges.into_iter().any(|p| matches!(p, "all" | "write" | "write-content" | "bind"))
    });
    let colour = text(&names::CALENDAR_COLOUR).and_then(|c| {
        let hex = c.strip_prefix('#').filter(|h| h.len() >= 6 && h.chars().all(|c| c.is_ascii_hexdigit()))?;
        Some(format!("#{}", hex[..6].to_ascii_lowercase()))
    });
    FoundCalendar {
        url: url.to_string(),
        name: text(&names::DISPLAY_NAME).or_else(|| last.map(str::to_owned)).unwrap_or_default(),
        colour,
        writable: may.unwrap_or(true),
        events: takes("VEVENT"),
        todos: takes("VTODO"),
    }
}

fn parsed(body: &[u8]) -> Result<Document<'_>> {
    let text = std::str::from_utf8(body).ok();
    text.and_then(|text| Document::parse(text).ok())
        .ok_or_else(|| Error::invalid("what is at this address does not answer as a calendar server does"))
}

fn is(node: &Node<'_, '_>, name: &PropertyName<'_, '_>) -> bool {
    *name == node.tag_name()
}

/// What is of this name in an answer, unless it is only said that it is not there.
fn child<'d, 'i>(node: &Node<'d, 'i>, name: &PropertyName<'_, '_>) -> Option<Node<'d, 'i>> {
    let there = |n: &Node<'_, '_>| {
        let stat = n.ancestors().find(|a| is(a, &names::PROPSTAT));
        let status = stat.and_then(|s| s.children().find(|c| is(c, &names::STATUS))).and_then(|s| s.text());
        status.is_none_or(|status| status.split(' ').nth(1) == Some("200"))
    };
    node.descendants().find(|n| is(n, name) && there(n))
}

/// The addresses in a property.
fn hrefs(body: &[u8], name: &PropertyName<'_, '_>) -> Option<Vec<String>> {
    let document = parsed(body).ok()?;
    let property = document.descendants().find(|n| is(n, name))?;
    let hrefs = property.descendants().filter(|n| is(n, &names::HREF)).filter_map(|n| n.text());
    Some(hrefs.map(|href| href.trim().to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_goes_no_further_than_the_house() {
        let login = CalendarLogin {
            url: String::new(),
            user: String::new(),
            password: luna_model::Secret::new(String::new()),
            unencrypted: false,
        };
        let url = |text: &str| Url::parse(text).unwrap();
        let goes = |from: &str, to: &str| allowed(&login, &url(from), &url(to)).is_ok();
        assert!(goes("https://a.example/x", "https://a.example/y"));
        assert!(goes("https://caldav.icloud.com/", "https://p01-caldav.icloud.com/1/"));
        assert!(goes("http://192.168.1.2/", "https://192.168.1.2/"));
        for (from, to) in [
            ("https://a.example/", "http://a.example/"),
            ("https://a.example/", "https://a.example.evil.test/"),
            ("https://a.co.uk/", "https://b.co.uk/"),
            ("https://a.example/", "https://10.0.0.1/"),
            ("https://10.0.0.1/", "https://10.0.0.2/"),
            ("http://localhost:5232/", "http://localhost:80/"),
        ] {
            assert!(!goes(from, to), "{from} to {to}");
        }
    }

    #[test]
    fn addresses_are_made_whole() {
        assert_eq!(address(" dav.example.com ").unwrap().as_str(), "https://dav.example.com/");
        assert_eq!(address("caldav://127.0.0.1:5232").unwrap().as_str(), "https://127.0.0.1:5232/");
        for wrong in ["https://ada:secret@dav.example.com", "mailto:ada@example.com", "https://x/?q=1", ""] {
            let error = address(wrong).unwrap_err();
            assert!(!error.message.contains("secret"), "{error}");
        }
    }
}
