//! Nothing crosses users. One puts a mark wherever anything can be put; the other then walks every route and every command
//! with everything the first one knows about ids, and must never see the mark.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::place::{PATIENCE, Person, Place};

/// Stands in everything that is hers.
const MARK: &str = "albatross";
/// Stands beside it, and is what he searches for.
const WORD: &str = "quokka";
/// How long a stream that does not end is listened to.
const LISTEN: Duration = Duration::from_millis(400);
const AT_ONCE: usize = 8;

/// What is known of what is hers.
struct Known {
    /// Every id that came back.
    ids: Vec<String>,
    /// One body for every route and command: whatever they call what is hers, there it is.
    body: Value,
}

/// A body that searches for what is hers.
fn searching() -> Value {
    json!({
        "query": WORD, "q": WORD, "text": WORD, "words": WORD, "message": WORD, "prompt": WORD, "content": WORD,
        "path": format!("{WORD}.rs"), "sessionId": format!("{WORD}-session"), "limit": 100, "offset": 0,
        "before": null, "after": null, "from": "2031-01-01T00:00:00Z", "to": "2033-01-01T00:00:00Z",
        "images": [], "patch": {},
    })
}

/// Puts the mark everywhere.
async fn plant(place: &Place, alice: &Person) -> Known {
    let said = format!("the {WORD} {MARK}");
    let token = &alice.token;
    let (mut ids, mut body) = (BTreeSet::new(), searching());
    place.say(&format!("Please note {said}"), token).await;
    let conversation = place.done("/api/conversations", token, json!({ "title": said })).await;
    let of = conversation["id"].as_str().unwrap();
    gather(&conversation, &mut ids);
    for name in ["conversation", "conversation_id", "conversationId"] {
        body[name] = json!(of);
    }
    let file = json!({ "path": format!("{WORD}.rs"), "content": format!("fn {MARK}() {{ /* {said} */ }}") });
    let at = "2032-01-16T10:00:00Z";
    let job = json!({ "name": said, "description": said, "cron": "0 3 * * *", "handler": "prompt", "payload": { "text": said } });
    let artifact =
        json!({ "conversationId": of, "type": "code", "title": said, "content": said, "language": "text" });
    for (name, path, asked) in [
        ("fact", "/api/memory/facts", json!({ "content": format!("The code word is {said}") })),
        ("todo", "/api/calendar/tasks", json!({ "title": said })),
        ("event", "/api/calendar/events", json!({ "title": said, "start": at })),
        ("reminder", "/api/calendar/reminders", json!({ "text": said, "at": at })),
        ("task", "/api/agent/tasks", json!({ "title": said, "description": said })),
        ("artifact", "/api/artifacts", artifact),
        ("job", "/api/scheduler/tasks", job),
        ("webhook", "/api/webhooks", json!({ "name": said })),
        ("key", "/api-keys", json!({ "name": said })),
        ("", "/api/agent/workspace/write", file.clone()),
        ("", "/rag/index", json!({ "repository": said, "files": [file] })),
        (
            "",
            "/api/chat",
            json!({ "message": format!("Please note {said}"), "sessionId": format!("{WORD}-session") }),
        ),
        ("", "/rpc/settings.patch", json!({ "patch": { "instructions": said } })),
    ] {
        let made = place.done(path, token, asked).await;
        gather(&made, &mut ids);
        if !name.is_empty() {
            body[name] = made["id"].clone();
        }
    }
    let kept = place.request(Method::PUT, "/api/state", token).json(&json!({ "note": said })).send().await;
    assert_eq!(kept.unwrap().status(), StatusCode::OK);
    for path in ["/api/chat/conversations", "/api/agent/audit", "/api/memory/facts"] {
        let listed = place.get(path, token).await.text().await.unwrap();
        gather(&serde_json::from_str(&listed).unwrap(), &mut ids);
    }
    let mut ids: Vec<_> = ids.into_iter().collect();
    ids.truncate(40);
    ids.extend([format!("{WORD}-session"), format!("{WORD}.rs")]);
    Known { ids, body }
}

fn gather(value: &Value, ids: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => fields.values().for_each(|value| gather(value, ids)),
        Value::Array(values) => values.iter().for_each(|value| gather(value, ids)),
        Value::String(text) if Uuid::parse_str(text).is_ok() => drop(ids.insert(text.clone())),
        _ => {}
    }
}

/// A request of the walk.
#[derive(Clone, Debug)]
struct Step {
    method: Method,
    path: String,
    body: Value,
}

/// Every route of the document, each with every id where it takes one, and every command.
async fn steps(place: &Place, Known { ids, body }: &Known) -> Vec<Step> {
    let document = place.get("/api-docs/openapi.json", "").await.text().await.unwrap();
    let document: Value = serde_json::from_str(&document).unwrap();
    let asks = format!("?q={WORD}&query={WORD}&path={WORD}.rs&limit=100&message={WORD}");
    let mut steps = vec![];
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let ids = if path.contains('{') { &ids[..] } else { &ids[..1] };
            steps.extend(ids.iter().map(|id| {
                let filled = path.split('/').map(|part| if part.starts_with('{') { id } else { part });
                let path = format!("{}{asks}", filled.collect::<Vec<_>>().join("/"));
                Step { method: method.clone(), path, body: body.clone() }
            }));
        }
    }
    assert!(steps.len() > 500, "{} steps", steps.len());
    let commands = place.app.table().names();
    steps.extend(commands.map(|command| {
        let path = format!("/rpc/{command}");
        Step { method: Method::POST, path, body: body.clone() }
    }));
    steps
}

/// Walks; the routes where the mark was seen.
async fn walk(place: &Place, token: &str, steps: Vec<Step>) -> BTreeSet<String> {
    let seen = stream::iter(steps).map(move |step: Step| async move {
        let request = place.request(step.method.clone(), &step.path, token);
        let request = if step.method == Method::GET { request } else { request.json(&step.body) };
        let reply = tokio::time::timeout(PATIENCE, request.send()).await;
        let reply = reply.unwrap_or_else(|_| panic!("{step:?} is not answered")).unwrap();
        assert_ne!(reply.status(), StatusCode::INTERNAL_SERVER_ERROR, "{step:?}");
        let streams = reply.headers().get("content-type").is_some_and(|kind| kind == "text/event-stream");
        let mut text: Vec<u8> =
            reply.headers().values().flat_map(|value| value.as_bytes().iter().copied()).collect();
        let mut pieces = reply.bytes_stream();
        let patience = if streams { LISTEN } else { PATIENCE };
        while let Ok(Some(Ok(piece))) = tokio::time::timeout(patience, pieces.next()).await {
            text.extend(piece);
        }
        let seen = String::from_utf8_lossy(&text).contains(MARK);
        seen.then(|| format!("{} {}", step.method, step.path.split('?').next().unwrap_or_default()))
    });
    seen.buffer_unordered(AT_ONCE).filter_map(std::future::ready).collect().await
}

/// What only asks.
fn reads(steps: &[Step]) -> Vec<Step> {
    // A GET, but it says or takes something.
    let changes = ["/api/chat/stream", "/api/chat/proactive"];
    let asks =
        |step: &&Step| step.method == Method::GET && !changes.iter().any(|path| step.path.starts_with(path));
    steps.iter().filter(asks).cloned().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_crosses_users() {
    let place = Place::open(&[]).await;
    let (alice, bob) = (place.user("alice").await, place.user("bob").await);
    let known = plant(&place, &alice).await;
    let all = steps(&place, &known).await;
    // What she asks for shows the mark in many places, so that its absence says something.
    let hers = walk(&place, &alice.token, reads(&all)).await;
    for route in [
        "/api/chat/conversations",
        "/api/conversations",
        "/api/memory/facts",
        "/api/calendar/tasks",
        "/api/calendar/events",
        "/api/calendar/reminders",
        "/api/calendar/export",
        "/api/agent/workspace/read",
        "/api/agent/tasks",
        "/api/scheduler/tasks",
        "/api/webhooks",
        "/api/artifacts",
        "/api-keys",
        "/api/state",
    ] {
        let shown = hers.iter().any(|seen| seen.starts_with(&format!("GET {route}")));
        assert!(shown, "{route} does not show her own: {hers:#?}");
    }
    let his = walk(&place, &bob.token, all.clone()).await;
    assert!(his.is_empty(), "he sees what is hers: {his:#?}");
    // And nothing that he did, deletions among it, touched what is hers.
    let still = walk(&place, &alice.token, reads(&all)).await;
    assert!(hers.is_subset(&still), "gone: {:#?}", hers.difference(&still));
    place.app.stop().await;
}

#[tokio::test]
async fn no_stream_carries_what_others_say() {
    let place = Place::open(&[]).await;
    let (alice, bob) = (place.user("alice").await, place.user("bob").await);
    let mut events = place.events(&bob.token).await;
    let live = format!("{}/api/ws?token={}", place.base.replace("http", "ws"), bob.token);
    let (mut live, _) = tokio_tungstenite::connect_async(live).await.unwrap();
    place.say(&format!("The word is {MARK}"), &alice.token).await;
    place.say("These are my own words", &bob.token).await;
    let until_his_own = async {
        let mut heard = String::new();
        while !heard.contains("my own words") {
            heard.push_str(&live.next().await.unwrap().unwrap().into_text().unwrap());
        }
        while !heard.contains("turn_ended") {
            heard.push_str(&events.next().await.unwrap());
        }
        heard
    };
    let heard = tokio::time::timeout(PATIENCE, until_his_own).await.expect("he hears himself");
    assert!(!heard.contains(MARK), "{heard}");
    place.app.stop().await;
}
