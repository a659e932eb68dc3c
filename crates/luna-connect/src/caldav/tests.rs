//! The protocol against a server on this machine, in the ways in which servers differ: with and without tokens, cut answers,
//! redirects, refusals. A whole server that somebody else wrote is met in `e2e/clients`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use luna_core::ports::{CalendarLogin, CalendarServers as _};
use luna_model::{ErrorKind, Secret};
use tokio::sync::Mutex;

use super::CalDav;

const PASSWORD: &str = "for programs only";

/// What the server does otherwise than usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Usual,
    /// It knows no tokens.
    NoTokens,
    /// It sends one change at a time.
    OneByOne,
    /// It sends on to another host.
    Elsewhere,
    /// It is in trouble.
    Broken,
    /// It is no calendar server.
    Website,
}

struct Shelf {
    way: Way,
    texts: BTreeMap<String, (u64, String)>,
    gone: Vec<(u64, String)>,
    step: u64,
    asked: Vec<String>,
}

type Shared = Arc<Mutex<Shelf>>;

async fn server(way: Way) -> (String, Shared) {
    let shelf = Shelf { way, texts: BTreeMap::new(), gone: vec![], step: 1, asked: vec![] };
    let shelf = Arc::new(Mutex::new(shelf));
    let router = Router::new().fallback(answer).with_state(Arc::clone(&shelf));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, shelf)
}

fn multistatus(inside: &str) -> Response {
    let body = format!(
        r#"<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:cs="http://calendarserver.org/ns/">{inside}</d:multistatus>"#
    );
    (StatusCode::MULTI_STATUS, [(header::CONTENT_TYPE, "application/xml")], body).into_response()
}

fn properties(href: &str, inside: &str) -> String {
    format!(
        "<d:response><d:href>{href}</d:href><d:propstat><d:prop>{inside}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
    )
}

async fn answer(
    State(shelf): State<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut shelf = shelf.lock().await;
    let (path, body) = (uri.path().to_owned(), String::from_utf8(body.to_vec()).unwrap());
    shelf.asked.push(format!("{method} {path}"));
    if shelf.way == Way::Website {
        return "<html><body>Welcome</body></html>".into_response();
    }
    if shelf.way == Way::Broken {
        return (StatusCode::SERVICE_UNAVAILABLE, PASSWORD).into_response();
    }
    use base64::Engine as _;
    let login = base64::engine::general_purpose::STANDARD.encode(format!("ada:{PASSWORD}"));
    if headers.get("authorization").is_none_or(|h| *h != format!("Basic {login}")) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    match (method.as_str(), path.as_str()) {
        ("PROPFIND", "/.well-known/caldav") => {
            let to = if shelf.way == Way::Elsewhere { "https://calendars.example.net/" } else { "/dav/" };
            (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, to)]).into_response()
        }
        ("PROPFIND", "/dav/") => multistatus(&properties(
            "/dav/",
            "<d:current-user-principal><d:href>/dav/ada/</d:href></d:current-user-principal>",
        )),
        ("PROPFIND", "/dav/ada/") => multistatus(&properties(
            "/dav/ada/",
            "<c:calendar-home-set><d:href>/dav/cal/ada/</d:href></c:calendar-home-set>",
        )),
        ("PROPFIND", "/dav/cal/ada/") => multistatus(&homes()),
        ("PROPFIND", "/dav/cal/ada/my%20home/") => {
            let mut inside =
                properties("/dav/cal/ada/my%20home/", &format!("<cs:getctag>{}</cs:getctag>", shelf.step));
            if headers.get("depth").is_some_and(|d| d == "1") {
                inside = shelf.texts.iter().map(|(href, (etag, _))| listed(href, *etag)).collect();
            }
            multistatus(&inside)
        }
        ("REPORT", "/dav/cal/ada/my%20home/") => report(&shelf, &body),
        ("PUT", _) => {
            let there = shelf.texts.get(&path).map(|(etag, _)| format!("\"{etag}\""));
            let wanted = headers.get("if-match").map(|h| h.to_str().unwrap().to_owned());
            if wanted != there || (there.is_some() && headers.contains_key("if-none-match")) {
                return StatusCode::PRECONDITION_FAILED.into_response();
            }
            shelf.step += 1;
            let step = shelf.step;
            shelf.texts.insert(path, (step, body));
            (StatusCode::CREATED, [(header::ETAG, format!("\"{step}\""))]).into_response()
        }
        ("DELETE", _) => {
            let Some((etag, _)) = shelf.texts.get(&path) else {
                return StatusCode::NOT_FOUND.into_response();
            };
            if headers.get("if-match").is_none_or(|h| *h != format!("\"{etag}\"")) {
                return StatusCode::PRECONDITION_FAILED.into_response();
            }
            shelf.step += 1;
            let step = shelf.step;
            shelf.texts.remove(&path);
            shelf.gone.push((step, path));
            StatusCode::NO_CONTENT.into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn homes() -> String {
    let home = "<d:resourcetype><d:collection/><c:calendar/></d:resourcetype><d:displayname>My home</d:displayname>\
        <a:calendar-color xmlns:a=\"http://apple.com/ns/ical/\">#FF2968FF</a:calendar-color>\
        <c:supported-calendar-component-set><c:comp name=\"VEVENT\"/></c:supported-calendar-component-set>\
        <d:current-user-privilege-set><d:privilege><d:read/></d:privilege></d:current-user-privilege-set>";
    let inbox = "<d:resourcetype><d:collection/><c:schedule-inbox/></d:resourcetype>";
    let plain = "<d:resourcetype><d:collection/><c:calendar/></d:resourcetype>";
    [
        properties("/dav/cal/ada/", "<d:resourcetype><d:collection/></d:resourcetype>"),
        properties("/dav/cal/ada/my%20home/", home),
        properties("/dav/cal/ada/inbox/", inbox),
        properties("/dav/cal/ada/plain/", plain).replace(
            "</d:propstat>",
            "</d:propstat><d:propstat><d:prop><d:displayname/><d:current-user-privilege-set/></d:prop>\
             <d:status>HTTP/1.1 404 Not Found</d:status></d:propstat>",
        ),
    ]
    .concat()
}

fn listed(href: &str, etag: u64) -> String {
    properties(href, &format!("<d:getetag>\"{etag}\"</d:getetag><d:resourcetype/>"))
}

fn report(shelf: &Shelf, body: &str) -> Response {
    if body.contains("calendar-multiget") {
        let wanted = shelf.texts.iter().filter(|(href, _)| body.contains(&format!(">{href}<")));
        let texts = wanted.map(|(href, (etag, text))| {
            properties(
                href,
                &format!("<d:getetag>\"{etag}\"</d:getetag><c:calendar-data>{text}</c:calendar-data>"),
            )
        });
        let lost = "<d:response><d:href>/dav/cal/ada/my%20home/lost.ics</d:href><d:status>HTTP/1.1 404 Not Found</d:status></d:response>";
        return multistatus(&texts.chain([lost.to_owned()]).collect::<String>());
    }
    if shelf.way == Way::NoTokens {
        return StatusCode::FORBIDDEN.into_response();
    }
    let token = body.split("sync-token>").nth(1).and_then(|rest| rest.split('<').next()).unwrap_or_default();
    if token == "forgotten" {
        let error = r#"<d:error xmlns:d="DAV:"><d:valid-sync-token/></d:error>"#;
        return (StatusCode::FORBIDDEN, error).into_response();
    }
    let since: u64 = token.parse().unwrap_or(0);
    let mut news: Vec<(u64, String)> = shelf
        .texts
        .iter()
        .filter(|(_, (step, _))| *step > since)
        .map(|(href, (step, _))| (*step, listed(href, *step)))
        .collect();
    let gone = |href: &str| {
        format!("<d:response><d:href>{href}</d:href><d:status>HTTP/1.1 404 Not Found</d:status></d:response>")
    };
    if since > 0 {
        news.extend(
            shelf.gone.iter().filter(|(step, _)| *step > since).map(|(step, href)| (*step, gone(href))),
        );
    }
    news.sort();
    let mut until = shelf.step;
    let mut inside: String;
    if shelf.way == Way::OneByOne && news.len() > 1 {
        news.truncate(1);
        until = news[0].0;
        inside = news[0].1.clone();
        inside.push_str("<d:response><d:href>/dav/cal/ada/my%20home/</d:href><d:status>HTTP/1.1 507 Insufficient Storage</d:status></d:response>");
    } else {
        inside = news.into_iter().map(|(_, one)| one).collect();
    }
    multistatus(&format!("{inside}<d:sync-token>{until}</d:sync-token>"))
}

fn login(url: &str) -> CalendarLogin {
    CalendarLogin {
        url: url.into(),
        user: "ada".into(),
        password: Secret::new(PASSWORD.into()),
        unencrypted: false,
    }
}

const TEXT: &str = "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n";

#[tokio::test]
async fn calendars_are_found_from_the_servers_name() {
    let (url, shelf) = server(Way::Usual).await;
    let found = CalDav::new().unwrap().find(&login(&url)).await.unwrap();
    let home = &found[0];
    assert_eq!(home.url, format!("{url}/dav/cal/ada/my%20home/"));
    assert_eq!((home.name.as_str(), home.colour.as_deref()), ("My home", Some("#ff2968")));
    assert!(!home.writable && home.events && !home.todos);
    let plain = &found[1];
    assert_eq!((plain.name.as_str(), plain.writable, plain.events, plain.todos), ("plain", true, true, true));
    assert_eq!(found.len(), 2);
    assert!(shelf.lock().await.asked.contains(&"PROPFIND /.well-known/caldav".to_owned()));
}

#[tokio::test]
async fn changes_come_by_token_by_state_and_in_parts() {
    for way in [Way::Usual, Way::NoTokens, Way::OneByOne] {
        let (url, shelf) = server(way).await;
        let (dav, login) = (CalDav::new().unwrap(), login(&url));
        let home = format!("{url}/dav/cal/ada/my%20home/");
        let mut states = vec![];
        for name in ["one", "two"] {
            let href = dav.place(&home, name).unwrap();
            assert_eq!(href, format!("/dav/cal/ada/my home/{name}.ics"), "as the crate wants it");
            states.push(dav.put(&login, &home, &href, TEXT, None).await.unwrap().unwrap());
        }
        let all = dav.news(&login, &home, None).await.unwrap();
        assert_eq!((all.all, all.there.len(), all.gone.len()), (true, 2, 0), "{way:?}");
        let hrefs: Vec<_> = all.there.iter().map(|(href, _)| href.clone()).collect();
        assert_eq!(hrefs[0], dav.place(&home, "one").unwrap(), "{way:?}: a place is said in one way only");
        let nothing = dav.news(&login, &home, all.tag.as_deref()).await.unwrap();
        assert!(!nothing.all && nothing.there.is_empty() && nothing.tag == all.tag, "{way:?}: {nothing:?}");
        // One is changed and the other goes.
        let new = dav
            .put(&login, &home, &hrefs[0], "BEGIN:VCALENDAR\r\nX-A:b\r\nEND:VCALENDAR\r\n", Some(&states[0]))
            .await;
        assert!(new.unwrap().is_some());
        let stale = dav.put(&login, &home, &hrefs[0], TEXT, Some(&states[0])).await.unwrap_err();
        assert_eq!(stale.kind, ErrorKind::Conflict);
        assert_eq!(
            dav.put(&login, &home, &hrefs[0], TEXT, None).await.unwrap_err().kind,
            ErrorKind::Conflict
        );
        assert_eq!(
            dav.delete(&login, &home, &hrefs[1], "\"0\"").await.unwrap_err().kind,
            ErrorKind::Conflict
        );
        dav.delete(&login, &home, &hrefs[1], &states[1]).await.unwrap();
        assert_eq!(
            dav.delete(&login, &home, &hrefs[1], &states[1]).await.unwrap_err().kind,
            ErrorKind::NotFound
        );
        let news = dav.news(&login, &home, all.tag.as_deref()).await.unwrap();
        assert_eq!(news.there.len(), 1);
        assert_eq!(news.gone, if news.all { vec![] } else { vec![hrefs[1].clone()] }, "{way:?}");
        assert_eq!(news.all, way == Way::NoTokens);
        let texts = dav.texts(&login, &home, &hrefs).await.unwrap();
        assert_eq!(texts.len(), 1, "what is lost meanwhile is left out");
        assert!(texts[0].text.contains("X-A:b") && texts[0].etag == news.there[0].1);
        if way == Way::Usual {
            let forgotten = dav.news(&login, &home, Some("sync forgotten")).await.unwrap();
            assert!(forgotten.all && forgotten.there.len() == 1);
        }
        assert!(!shelf.lock().await.asked.is_empty());
    }
}

#[tokio::test]
async fn a_password_goes_only_where_it_may_and_is_never_said() {
    let dav = CalDav::new().unwrap();
    let find = async |url: &str, password: &str| {
        let login = CalendarLogin { password: Secret::new(password.into()), ..login(url) };
        let error = dav.find(&login).await.unwrap_err();
        assert!(!error.message.contains(password) && !format!("{error:?}").contains(password), "{error:?}");
        error
    };
    let (usual, _) = server(Way::Usual).await;
    assert_eq!(find(&usual, "another").await.kind, ErrorKind::Unauthenticated);
    let (broken, _) = server(Way::Broken).await;
    assert_eq!(find(&broken, PASSWORD).await.kind, ErrorKind::Unavailable);
    let (website, _) = server(Way::Website).await;
    assert_eq!(find(&website, PASSWORD).await.kind, ErrorKind::NotFound);
    let (elsewhere, _) = server(Way::Elsewhere).await;
    let error = find(&elsewhere, PASSWORD).await;
    assert_eq!(error.kind, ErrorKind::Invalid);
    assert!(error.message.contains("calendars.example.net"), "{error}");
    // Unencrypted over the internet: not asked at all.
    for url in ["http://192.0.2.1/", "http://8.8.8.8/"] {
        assert_eq!(find(url, PASSWORD).await.kind, ErrorKind::Invalid, "{url}");
    }
    assert_eq!(find("https://ada:for@127.0.0.1/", PASSWORD).await.kind, ErrorKind::Invalid);
    let nobody = find("http://127.0.0.1:9/", PASSWORD).await;
    assert_eq!(nobody.kind, ErrorKind::Unavailable);
}
