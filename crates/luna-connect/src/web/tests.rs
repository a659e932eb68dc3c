//! The web against a stand-in on this machine: what is refused, what is bounded, what is read.

use std::io::Write as _;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use flate2::{Compression, write::GzEncoder};
use luna_core::ports::Fetch as _;
use luna_model::ErrorKind;
use std::collections::HashMap;

use super::addresses::Allowed;
use super::{Web, WebConfig};

/// Serves these routes on a free port.
async fn site(routes: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    at
}

/// A web that may read this one site.
fn web(at: SocketAddr) -> Web {
    let config = WebConfig {
        search_base_url: format!("http://{at}/html/"),
        time_limit: Duration::from_secs(3),
        size_limit: 300_000,
        ..WebConfig::default()
    };
    Web::allowing(config, [at]).unwrap()
}

fn answer(kind: &'static str, body: impl Into<Body>) -> Response {
    ([(header::CONTENT_TYPE, kind)], body.into()).into_response()
}

/// A site with one page of this kind at `/`.
async fn one(kind: &'static str, body: impl Into<Bytes>) -> SocketAddr {
    let body = body.into();
    site(Router::new().route("/", get(move || async move { answer(kind, body) }))).await
}

const ARTICLE: &str = include_str!("../../tests/pages/article.html");

#[tokio::test]
async fn an_article_is_read_without_what_is_around_it() {
    let at = one("text/html; charset=utf-8", ARTICLE).await;
    let page = web(at).page(&format!("http://{at}/"), 10_000).await.unwrap();
    assert_eq!(page.title.as_deref(), Some("How tides work"));
    for wanted in
        ["twice a day", "## The moon", "[orbit](", "- spring tides", "très haute", "| Port | Range |"]
    {
        assert!(page.text.contains(wanted), "{wanted:?} is missing in:\n{}", page.text);
    }
    for unwanted in ["Subscribe", "cookie", "var tracking", "Sign in"] {
        assert!(!page.text.contains(unwanted), "{unwanted:?} is in:\n{}", page.text);
    }
    assert!(!page.truncated);
}

#[tokio::test]
async fn a_page_without_an_article_is_read_whole() {
    let at = one("text/html", "<title>Links</title><body><ul><li><a href=/a>First</a><li><a href=/b>Second</a></ul><script>x()</script>").await;
    let page = web(at).page(&format!("http://{at}/"), 10_000).await.unwrap();
    assert!(
        page.text.contains("First") && page.text.contains("Second") && !page.text.contains("x()"),
        "{}",
        page.text
    );
    assert_eq!(page.title.as_deref(), Some("Links"));
}

#[tokio::test]
async fn text_json_and_feeds_are_given_as_they_are() {
    for (kind, body) in [
        ("text/plain", "just <b>text</b>"),
        ("application/json", "{\"a\": 1}"),
        ("application/ld+json", "{\"b\": 2}"),
        ("application/rss+xml", "<rss><channel><title>News</title></channel></rss>"),
        ("application/atom+xml; charset=utf-8", "<feed><title>é</title></feed>"),
        ("text/csv", "a,b\n1,2"),
    ] {
        let at = one(kind, body).await;
        assert_eq!(web(at).page(&format!("http://{at}/"), 1000).await.unwrap().text, body, "{kind}");
    }
}

#[tokio::test]
async fn letters_are_read_in_the_pages_own_encoding() {
    let latin = encoding_rs::WINDOWS_1252.encode("<body>Où êtes-vous, Zoë? 5 €</body>").0.into_owned();
    let declared = encoding_rs::SHIFT_JIS
        .encode("<meta charset=\"Shift_JIS\"><body>日本語のページ</body>")
        .0
        .into_owned();
    let cyrillic = encoding_rs::KOI8_R.encode("Привет, мир").0.into_owned();
    let mut marked = vec![0xff, 0xfe];
    marked.extend("Grüße".encode_utf16().flat_map(u16::to_le_bytes));
    for (kind, body, wanted) in [
        ("text/html", latin, "Où êtes-vous, Zoë? 5 €"),
        ("text/html", declared, "日本語のページ"),
        ("text/plain; charset=koi8-r", cyrillic, "Привет, мир"),
        ("text/plain", marked, "Grüße"),
        ("text/plain", "naïve — 🌙".as_bytes().to_vec(), "naïve — 🌙"),
    ] {
        let at = one(kind, body).await;
        let page = web(at).page(&format!("http://{at}/"), 1000).await.unwrap();
        assert!(page.text.contains(wanted), "{wanted} as {:?}", page.text);
    }
}

#[tokio::test]
async fn what_is_no_text_is_refused_before_it_is_fetched() {
    for kind in ["application/pdf", "image/png", "video/mp4", "application/zip"] {
        let at = one(kind, vec![0_u8; 10]).await;
        let error = web(at).page(&format!("http://{at}/"), 1000).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Invalid);
        assert!(error.message.contains(kind), "{error}");
    }
}

#[tokio::test]
async fn other_schemes_and_nonsense_are_refused() {
    let web = Web::new(WebConfig::default()).unwrap();
    for url in [
        "file:///etc/passwd",
        "ftp://example.org/",
        "javascript:alert(1)",
        "gopher://x",
        "data:text/html,x",
        "not a url",
        "http://",
        "",
    ] {
        assert_eq!(web.page(url, 10).await.unwrap_err().kind, ErrorKind::Invalid, "{url}");
    }
}

#[tokio::test]
async fn private_addresses_are_refused() {
    let web = Web::new(WebConfig::default()).unwrap();
    for url in [
        "http://127.0.0.1:8899/api/system/health",
        "http://localhost/",
        "http://[::1]/",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://192.168.1.1/",
        "http://2130706433/",
        "http://0/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://100.64.0.1/",
        "http://[fd00:ec2::254]/",
        "http://224.0.0.1/",
        "http://user:pass@127.0.0.1/",
    ] {
        let error = web.page(url, 10).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Forbidden, "{url}: {error}");
    }
}

#[tokio::test]
async fn a_name_that_leads_inside_is_refused_and_never_connected_to() {
    let at = one("text/plain", "secret").await;
    let private = move |name: &str| match name {
        "rebind.example" => vec![SocketAddr::new("169.254.169.254".parse().unwrap(), 0)],
        "mapped.example" => vec![SocketAddr::new("::ffff:127.0.0.1".parse().unwrap(), 0)],
        _ => vec![SocketAddr::new(at.ip(), 0)],
    };
    let web = Web::with(WebConfig::default(), Allowed::default().resolving(private)).unwrap();
    for host in ["rebind.example", "mapped.example", "inside.example"] {
        let error = web.page(&format!("http://{host}:{}/", at.port()), 10).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Forbidden, "{error}");
        assert!(error.message.contains(host), "{error}");
    }
}

#[tokio::test]
async fn what_a_user_chose_may_be_private_unless_the_machine_is_shared() {
    let at = one("text/plain", "secret").await;
    let shared = || WebConfig { own_choice_may_be_private: false, ..WebConfig::default() };
    let inside = Allowed::default().resolving(move |_| vec![SocketAddr::new(at.ip(), 0)]);
    let web = Web::with(shared(), inside).unwrap();
    for url in [format!("http://{at}/"), format!("http://inside.example:{}/", at.port())] {
        assert!(web.file(&url, None, 100).await.is_err(), "{url}");
        assert!(web.post(&url, &serde_json::json!({}), "k").await.is_err(), "{url}");
    }
    let own = Web::new(WebConfig::default()).unwrap();
    assert_eq!(own.file(&format!("http://{at}/"), None, 100).await.unwrap().unwrap().text(), "secret");
}

#[tokio::test]
async fn a_name_is_connected_to_where_it_was_checked() {
    let at = one("text/plain", "found").await;
    let allowed = Allowed::new([at]).resolving(move |_| {
        vec![SocketAddr::new("10.0.0.1".parse().unwrap(), 0), SocketAddr::new(at.ip(), 0)]
    });
    let web = Web::with(WebConfig::default(), allowed).unwrap();
    assert_eq!(web.page(&format!("http://site.example:{}/", at.port()), 10).await.unwrap().text, "found");
}

#[tokio::test]
async fn every_hop_of_a_redirect_is_checked() {
    let routes = Router::new()
        .route("/meta", get(|| async { Redirect::temporary("http://169.254.169.254/latest/meta-data/") }))
        .route("/local", get(|| async { Redirect::permanent("http://127.0.0.1:1/") }))
        .route("/file", get(|| async { Redirect::to("file:///etc/passwd") }))
        .route("/twice", get(|| async { Redirect::to("/meta") }))
        .route("/loop", get(|| async { Redirect::to("/loop") }))
        .route("/good", get(|| async { Redirect::to("end?x=1#part") }))
        .route("/end", get(|| async { answer("text/plain", "arrived") }));
    let at = site(routes).await;
    let web = web(at);
    for (path, kind) in [
        ("meta", ErrorKind::Forbidden),
        ("local", ErrorKind::Forbidden),
        ("twice", ErrorKind::Forbidden),
        ("file", ErrorKind::Invalid),
        ("loop", ErrorKind::Unavailable),
    ] {
        let error = web.page(&format!("http://{at}/{path}"), 100).await.unwrap_err();
        assert_eq!(error.kind, kind, "{path}: {error}");
    }
    let page = web.page(&format!("http://{at}/good"), 100).await.unwrap();
    assert_eq!((page.text.as_str(), page.url), ("arrived", format!("http://{at}/end?x=1")));
}

#[tokio::test]
async fn a_huge_page_is_cut() {
    let endless = || async {
        let line = Bytes::from("word ".repeat(2000));
        answer(
            "text/plain",
            Body::from_stream(futures::stream::repeat_with(move || Ok::<_, std::io::Error>(line.clone()))),
        )
    };
    let at = site(Router::new().route("/", get(endless))).await;
    let page = web(at).page(&format!("http://{at}/"), usize::MAX).await.unwrap();
    assert!(page.truncated && page.text.len() == 300_000, "{}", page.text.len());

    let page = web(at).page(&format!("http://{at}/"), 12).await.unwrap();
    assert_eq!((page.text.as_str(), page.truncated), ("word word wo", true));
}

#[tokio::test]
async fn a_gzip_bomb_is_bounded() {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..200 {
        packed.write_all(&vec![b'a'; 1 << 20]).unwrap();
    }
    let packed = Bytes::from(packed.finish().unwrap());
    assert!(packed.len() < 300_000, "200 MB in {} bytes", packed.len());
    let bomb = move || async move {
        ([(header::CONTENT_TYPE, "text/plain"), (header::CONTENT_ENCODING, "gzip")], packed).into_response()
    };
    let at = site(Router::new().route("/", get(bomb))).await;
    let page = web(at).page(&format!("http://{at}/"), usize::MAX).await.unwrap();
    assert!(page.truncated && page.text.len() == 300_000, "{}", page.text.len());
}

#[tokio::test]
async fn deeply_nested_html_does_no_harm() {
    let mut html = String::from("<title>Deep</title><body><p>The top of the page can be read.</p>");
    html.push_str(&"<div>".repeat(50_000));
    let at = one("text/html", html).await;
    let page = web(at).page(&format!("http://{at}/"), 1000).await.unwrap();
    assert!(page.text.contains("The top of the page") && page.truncated, "{}", page.text);
}

#[tokio::test]
async fn a_slow_site_ends_in_time() {
    let routes =
        Router::new().route("/silent", get(|| async { std::future::pending::<&str>().await })).route(
            "/half",
            get(|| async {
                let stream = futures::StreamExt::chain(
                    futures::stream::iter([Ok::<_, std::io::Error>(Bytes::from("begun"))]),
                    futures::stream::pending(),
                );
                answer("text/plain", Body::from_stream(stream))
            }),
        );
    let at = site(routes).await;
    let config = WebConfig { time_limit: Duration::from_millis(300), ..WebConfig::default() };
    let web = Web::allowing(config, [at]).unwrap();
    for path in ["silent", "half"] {
        let began = Instant::now();
        let error = web.page(&format!("http://{at}/{path}"), 100).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::LimitReached, "{error}");
        assert!(began.elapsed() < Duration::from_secs(2));
    }
}

#[tokio::test]
async fn missing_and_closed_pages_are_told_apart() {
    let routes = Router::new()
        .route("/gone", get(|| async { StatusCode::GONE }))
        .route("/closed", get(|| async { StatusCode::FORBIDDEN }))
        .route("/broken", get(|| async { StatusCode::BAD_GATEWAY }));
    let at = site(routes).await;
    for (path, kind) in [
        ("gone", ErrorKind::NotFound),
        ("closed", ErrorKind::Unavailable),
        ("broken", ErrorKind::Unavailable),
    ] {
        assert_eq!(web(at).page(&format!("http://{at}/{path}"), 10).await.unwrap_err().kind, kind);
    }
}

/// A search engine that answers this page, and notes what it was asked.
async fn engine(
    kind: &'static str,
    status: StatusCode,
    body: &'static str,
) -> (SocketAddr, std::sync::Arc<std::sync::Mutex<Vec<String>>>) {
    let asked = std::sync::Arc::<std::sync::Mutex<Vec<String>>>::default();
    let reply = move |State(asked): State<std::sync::Arc<std::sync::Mutex<Vec<String>>>>,
                      Query(query): Query<HashMap<String, String>>,
                      _: HeaderMap| async move {
        asked.lock().unwrap().push(query["q"].clone());
        (status, [(header::CONTENT_TYPE, kind)], body).into_response()
    };
    let at = site(Router::new().route("/html/", get(reply)).with_state(std::sync::Arc::clone(&asked))).await;
    (at, asked)
}

#[tokio::test]
async fn results_of_every_form_are_read_and_unwrapped() {
    for (kind, body) in [
        ("text/html; charset=UTF-8", include_str!("../../tests/pages/duckduckgo_html.html")),
        ("text/html; charset=UTF-8", include_str!("../../tests/pages/duckduckgo_lite.html")),
        ("application/json", include_str!("../../tests/pages/searxng.json")),
    ] {
        let (at, asked) = engine(kind, StatusCode::OK, body).await;
        let hits = web(at).search("  tides & moon ", 6).await.unwrap();
        assert_eq!(*asked.lock().unwrap(), ["tides & moon"]);
        let urls: Vec<_> = hits.iter().map(|hit| hit.url.as_str()).collect();
        assert_eq!(
            urls,
            ["https://en.wikipedia.org/wiki/Tide", "https://oceans.example/tides?page=1&lang=en"],
            "{body:.60}"
        );
        assert_eq!(hits[0].title, "Tide - Wikipedia");
        assert_eq!(
            hits[0].snippet,
            "Tides are the rise and fall of sea levels caused by the Moon & the Sun."
        );
        assert_eq!(web(at).search("x", 1).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn no_results_a_block_page_and_another_page_are_told_apart() {
    let none = "<div class=\"no-results\">No results found for <b>qwxz</b></div>";
    let (at, _) = engine("text/html", StatusCode::OK, none).await;
    assert_eq!(web(at).search("qwxz", 5).await.unwrap(), []);

    let challenge = include_str!("../../tests/pages/duckduckgo_block.html");
    for status in [StatusCode::ACCEPTED, StatusCode::OK, StatusCode::TOO_MANY_REQUESTS] {
        let (at, _) = engine("text/html", status, challenge).await;
        let error = web(at).search("x", 5).await.unwrap_err();
        assert!(error.message.contains("asks for a human"), "{status}: {error}");
    }

    let (at, _) = engine("text/html", StatusCode::OK, "<h1>Welcome to nginx!</h1>").await;
    let error = web(at).search("x", 5).await.unwrap_err();
    assert!(error.message.contains("SEARCH_BASE_URL"), "{error}");
    assert_eq!(web(at).search("  ", 5).await.unwrap_err().kind, ErrorKind::Invalid);
}
