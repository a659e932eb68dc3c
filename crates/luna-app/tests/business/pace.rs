//! How often one may call: counted by the user, else by the address, and neither can be made up.

use reqwest::{Method, Response, StatusCode};
use serde_json::json;

use crate::place::{Place, SECRET};

const PACED: [(&str, &str); 3] =
    [("RATE_LIMIT_ENABLED", "true"), ("RATE_LIMIT_PER_MINUTE", "3"), ("RATE_LIMIT_BURST", "2")];

fn header(reply: &Response, name: &str) -> Option<i64> {
    reply.headers().get(name)?.to_str().ok()?.parse().ok()
}

#[tokio::test]
async fn a_user_is_counted_whatever_they_say_of_themselves() {
    let place = Place::open(&PACED).await;
    let (alice, bob) = (place.user("alice").await, place.user("bob").await);
    let call = async |n: usize| {
        let request = place.request(Method::GET, "/api/state", &alice.token);
        let request = request.header("x-forwarded-for", format!("198.51.100.{n}"));
        request.header("x-luna-user", format!("user{n}")).send().await.unwrap()
    };
    for n in 0..5 {
        let reply = call(n).await;
        assert_eq!(reply.status(), StatusCode::OK, "{n}");
        assert_eq!(header(&reply, "x-ratelimit-limit"), Some(5));
        assert_eq!(header(&reply, "x-ratelimit-remaining"), Some(4 - n as i64));
    }
    let refused = call(9).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!((1..=60).contains(&header(&refused, "retry-after").unwrap()));
    assert!(refused.text().await.unwrap().contains("detail"));
    assert_eq!(
        place.get("/api/state", &bob.token).await.status(),
        StatusCode::OK,
        "bob has a count of his own"
    );
    assert_eq!(place.get("/api/system/health", "").await.status(), StatusCode::OK);

    // The administrator gives her more.
    let limits = format!("/api/admin/users/{}/limits", alice.id);
    let more = place.request(Method::PUT, &limits, SECRET).json(&json!({ "per_minute": 100, "burst": 0 }));
    assert_eq!(more.send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(call(10).await.status(), StatusCode::OK);
    place.app.stop().await;
}

#[tokio::test]
async fn who_guesses_is_counted_by_where_they_are() {
    let place = Place::open(&PACED).await;
    let guess = async |n: usize| {
        let request = place.request(Method::GET, "/api/state", &format!("guess{n}"));
        request.header("x-forwarded-for", format!("198.51.100.{n}")).send().await.unwrap().status()
    };
    for n in 0..5 {
        assert_eq!(guess(n).await, StatusCode::UNAUTHORIZED, "{n}");
    }
    assert_eq!(guess(9).await, StatusCode::TOO_MANY_REQUESTS, "the header makes nobody another one");
    place.app.stop().await;
}

#[tokio::test]
async fn a_named_proxy_is_believed() {
    let named = [PACED[0], PACED[1], PACED[2], ("TRUSTED_PROXIES", "127.0.0.1")];
    let place = Place::open(&named).await;
    let guess = async |chain: String| {
        let request = place.request(Method::GET, "/api/state", "guess");
        request.header("x-forwarded-for", chain).send().await.unwrap().status()
    };
    for n in 0..5 {
        // Whoever calls the proxy may write what they like before what it adds.
        assert_eq!(guess(format!("10.9.8.{n}, 198.51.100.1")).await, StatusCode::UNAUTHORIZED, "{n}");
    }
    assert_eq!(guess("10.9.8.7, 198.51.100.1".into()).await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(guess("198.51.100.2".into()).await, StatusCode::UNAUTHORIZED);
    place.app.stop().await;
}
