//! Whose token opens what: only the user's own, as long as it is good, and what goes on with it ends with it.

use futures::StreamExt as _;
use jsonwebtoken::{EncodingKey, Header};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;

use crate::place::{PATIENCE, Place, SECRET};

fn signed(claims: &Value, secret: &str) -> String {
    jsonwebtoken::encode(&Header::default(), claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

/// What a token says.
fn claims(token: &str) -> Value {
    let mut rules = jsonwebtoken::Validation::default();
    rules.validate_exp = false;
    let key = jsonwebtoken::DecodingKey::from_secret(SECRET.as_bytes());
    jsonwebtoken::decode(token, &key, &rules).unwrap().claims
}

#[tokio::test]
async fn only_a_good_token_opens_and_only_the_open_routes_need_none() {
    let place = Place::open(&[]).await;
    let (alice, bob) = (place.user("alice").await, place.user("bob").await);
    let good = claims(&alice.token);
    assert_eq!((&good["username"], &good["role"]), (&json!("alice"), &json!("user")));
    assert_eq!(good["exp"].as_i64().unwrap() - good["iat"].as_i64().unwrap(), 720 * 3600);
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        signed(&claims, SECRET)
    };
    let body = alice.token.split('.').nth(1).unwrap();
    let bad = [
        String::new(),
        "nonsense".into(),
        signed(&good, "another secret that is long enough too"),
        with("exp", json!(1_000_000_000)),
        with("sub", json!("0198c0de-0000-7000-8000-000000000000")),
        with("jti", json!("0198c0de-0000-7000-8000-000000000000")),
        // One user's token id does not make another user of its bearer.
        with("sub", json!(bob.id)),
        // {"alg":"none","typ":"JWT"}
        format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{body}."),
    ];
    for path in ["/api/chat/conversations", "/api/conversations", "/auth/me", "/api/memory/x", "/nothing"] {
        for token in &bad {
            let reply = place.get(path, token).await;
            assert_eq!(reply.status(), StatusCode::UNAUTHORIZED, "{path} {token}");
            let refused: Value = serde_json::from_str(&reply.text().await.unwrap()).unwrap();
            assert!(refused["detail"].is_string() && refused["error"].is_string(), "{refused}");
        }
    }
    for path in ["/api/chat/conversations", "/api/conversations", "/auth/me"] {
        assert_eq!(place.get(path, &alice.token).await.status(), StatusCode::OK, "{path}");
    }
    for path in ["/", "/health", "/api/system/health", "/api/health", "/api-docs/openapi.json", "/api/docs"] {
        assert_eq!(place.get(path, "").await.status(), StatusCode::OK, "{path}");
    }
    place.app.stop().await;
}

#[tokio::test]
async fn the_administration_wants_the_secret_and_nothing_else() {
    let place = Place::open(&[]).await;
    let alice = place.user("alice").await;
    for path in ["/api/admin/info", "/api/admin/users", "/api/admin/llm/providers"] {
        for token in ["", "wrong", &alice.token] {
            assert_eq!(place.get(path, token).await.status(), StatusCode::UNAUTHORIZED, "{path}");
        }
        assert_eq!(place.get(path, SECRET).await.status(), StatusCode::OK, "{path}");
    }
    for (body, status) in [
        (json!({ "username": " " }), StatusCode::BAD_REQUEST),
        (json!({ "username": "x", "role": "king" }), StatusCode::BAD_REQUEST),
        (json!({ "username": "ALICE" }), StatusCode::CONFLICT),
    ] {
        assert_eq!(place.post("/api/admin/users", SECRET, body).await.status(), status);
    }
    let users: Value =
        serde_json::from_str(&place.get("/api/admin/users", SECRET).await.text().await.unwrap()).unwrap();
    assert_eq!(users.as_array().unwrap().len(), 1);
    assert_eq!((&users[0]["id"], &users[0]["role"]), (&json!(alice.id), &json!("user")));
    // A user's window has no users to see to.
    let refused = place.post("/rpc/users.list", &alice.token, json!({})).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert!(place.done("/rpc/users.list", SECRET, json!({})).await["users"].is_array());
    place.app.stop().await;
}

#[tokio::test]
async fn what_goes_on_with_a_token_ends_with_it_and_what_was_said_stays() {
    // A model that takes what it is asked and never answers.
    let model = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/v1", model.local_addr().unwrap());
    let silent = tokio::spawn(async move {
        let mut held = vec![];
        while let Ok((connection, _)) = model.accept().await {
            held.push(connection);
        }
    });
    let place = Place::open(&[
        ("LLM_PROVIDER", "openai-compatible"),
        ("OPENAI_BASE_URL", &address),
        ("OPENAI_API_KEY", "k"),
    ])
    .await;
    let alice = place.user("alice").await;
    let reply =
        place.post("/api/chat/stream", &alice.token, json!({ "message": "Are you there, Luna?" })).await;
    assert_eq!(reply.status(), StatusCode::OK);
    let mut turn = reply.bytes_stream();
    turn.next().await.expect("the turn begins").unwrap();
    let mut events = place.events(&alice.token).await;
    let live = format!("{}/api/ws?token={}", place.base.replace("http", "ws"), alice.token);
    let (mut live, _) = tokio_tungstenite::connect_async(live).await.unwrap();

    let path = format!("/api/admin/users/{}/rotate-token", alice.id);
    let rotated = place.done(&path, SECRET, json!({})).await;
    let ends = async {
        while turn.next().await.is_some_and(|piece| piece.is_ok()) {}
        while events.next().await.is_some() {}
        while !matches!(live.next().await, None | Some(Err(_) | Ok(Message::Close(_)))) {}
    };
    tokio::time::timeout(PATIENCE, ends).await.expect("everything ends");

    let conversations = "/api/chat/conversations";
    assert_eq!(place.get(conversations, &alice.token).await.status(), StatusCode::UNAUTHORIZED);
    let new = rotated["token"].as_str().unwrap();
    let kept = place.get(conversations, new).await.text().await.unwrap();
    assert!(kept.contains("Are you there, Luna?"), "{kept}");

    let gone = place.request(Method::DELETE, &format!("/api/admin/users/{}", alice.id), SECRET).send().await;
    assert_eq!(gone.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(place.get(conversations, new).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(
        place.post(&path, SECRET, json!({})).await.status(),
        StatusCode::NOT_FOUND,
        "a user who is gone has no token"
    );
    place.app.stop().await;
    silent.abort();
}

#[tokio::test]
async fn what_reaches_for_the_machine_is_off_and_says_so() {
    let place = Place::open(&[("BUSINESS_NAME", "Quillwright"), ("BUSINESS_TONE", "concise")]).await;
    let alice = place.user("alice").await;
    for path in ["/api/system/info", "/api/system/volume", "/api/system/brightness", "/api/system/clipboard"]
    {
        let reply = place.get(path, &alice.token).await;
        let (status, text) = (reply.status(), reply.text().await.unwrap());
        assert_eq!(status, StatusCode::FORBIDDEN, "{path}: {text}");
        assert!(text.contains("business"), "{path}: {text}");
    }
    for (path, body) in [
        ("/api/system/launch", json!({ "app": "xterm" })),
        ("/api/system/lock", json!({})),
        ("/api/voice/speak", json!({ "text": "hello" })),
        ("/api/vision/screen", json!({})),
    ] {
        let status = place.post(path, &alice.token, body).await.status();
        assert!(status == StatusCode::FORBIDDEN, "{path}: {status}");
    }
    let folder = json!({ "folder": place.folder.path(), "repository": null });
    let refused = place.post("/rpc/code.index", &alice.token, folder).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN, "only a user's own folders are read");
    // Nor can a user send the house's keys elsewhere.
    let patch =
        json!({ "patch": { "providers": { "openai-compatible": { "base_url": "http://evil.example" } } } });
    let refused = place.post("/rpc/settings.patch", &alice.token, patch).await;
    assert_eq!(refused.status(), StatusCode::CONFLICT, "{}", refused.text().await.unwrap());
    place.app.stop().await;
}
