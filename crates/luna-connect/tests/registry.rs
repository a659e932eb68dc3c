//! A registry over HTTP, as a whole: found, checked, shown, taken in, held to what it was allowed, and old when it is gone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic here is a failed test")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use ed25519_dalek::{Signer as _, SigningKey};
use flate2::Compression;
use flate2::write::GzEncoder;
use luna_connect::{Web, WebConfig};
use luna_core::ChatRequest;
use luna_core::registry::{Rating, RegistryPlace, Sought, capabilities};
use luna_model::{ErrorKind, Mode};
use luna_testkit::{InMemory, Ingredients, Reply, tell};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// What the registry has at the moment, and what it was asked.
#[derive(Default)]
struct Stock {
    key: Option<SigningKey>,
    /// Another key than the one that signs.
    shows: Option<SigningKey>,
    packages: Vec<Package>,
    down: bool,
    lists: usize,
    rated: Vec<Value>,
}

#[derive(Clone)]
struct Package {
    manifest: Value,
    archive: Vec<u8>,
    sum: Option<String>,
    unsigned: bool,
}

type Shared = Arc<Mutex<Stock>>;

impl Stock {
    fn entry(&self, package: &Package) -> Value {
        let m = &package.manifest;
        let id = m["id"].as_str().unwrap();
        let sum = package.sum.clone().unwrap_or_else(|| hex::encode(Sha256::digest(&package.archive)));
        let mut entry = json!({
            "id": id, "name": m["name"], "version": m["version"], "description": "Brew tea in a pot",
            "manifestUrl": format!("/files/{id}.json"), "downloadUrl": format!("files/{id}.tgz"),
            "checksumSha256": sum, "downloads": 7, "verified": true, "tags": ["kitchen"],
        });
        if let Some(key) = self.key.as_ref().filter(|_| !package.unsigned) {
            entry["signature"] = hex::encode(key.sign(&package.archive).to_bytes()).into();
        }
        entry
    }
}

async fn list(State(stock): State<Shared>, headers: HeaderMap) -> Response {
    let mut stock = stock.lock().unwrap();
    if stock.down {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    let all: Vec<_> = stock.packages.iter().map(|p| stock.entry(p)).collect();
    let shown = stock.shows.as_ref().or(stock.key.as_ref());
    let key = shown.map(|k| hex::encode(k.verifying_key().as_bytes()));
    let body = json!({ "skills": all, "publicKey": key }).to_string();
    let tag = format!("\"{}\"", hex::encode(Sha256::digest(&body)));
    if headers.get(header::IF_NONE_MATCH).is_some_and(|t| t.to_str().unwrap() == tag) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    stock.lists += 1;
    ([(header::ETAG, tag)], body).into_response()
}

async fn about(State(stock): State<Shared>, Path(id): Path<String>) -> Response {
    let stock = stock.lock().unwrap();
    match stock.packages.iter().find(|p| p.manifest["id"] == id.as_str()) {
        Some(package) if !stock.down => {
            let mut entry = stock.entry(package);
            entry["ratings"] = json!([{ "userId": "bea", "stars": 4, "comment": "fine", "createdAt": 1 }]);
            entry["securityScan"] = json!({ "passed": true, "issues": [], "scannedAt": 1 });
            Json(entry).into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn file(State(stock): State<Shared>, Path(name): Path<String>) -> Response {
    let stock = stock.lock().unwrap();
    let (id, kind) = name.rsplit_once('.').unwrap();
    let package = stock.packages.iter().find(|p| p.manifest["id"] == id).unwrap();
    match kind {
        "json" => Json(package.manifest.clone()).into_response(),
        _ => package.archive.clone().into_response(),
    }
}

async fn rate(State(stock): State<Shared>, Json(rating): Json<Value>) -> Json<Value> {
    stock.lock().unwrap().rated.push(rating);
    Json(json!({ "success": true }))
}

async fn serve(stock: &Shared) -> SocketAddr {
    let routes = Router::new()
        .route("/r/api/skills", get(list))
        .route("/r/api/skills/{id}", get(about))
        .route("/r/api/skills/{id}/rate", post(rate))
        .route("/files/{name}", get(file))
        .route("/r/files/{name}", get(file))
        .with_state(Arc::clone(stock));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    at
}

async fn luna(at: SocketAddr, key: Option<String>) -> InMemory {
    let registry = RegistryPlace { url: Some(format!("http://{at}/r")), key };
    let fetch = Some(Arc::new(Web::new(WebConfig::default()).unwrap()) as _);
    InMemory::of(Ingredients { registry, fetch, ..Ingredients::default() }).await
}

fn tgz(files: &[(&str, &str)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(vec![], Compression::default()));
    for (name, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, text.as_bytes()).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

/// A skill of these tools.
fn tea(version: &str, network: bool, tools: &[&str]) -> Package {
    let manifest = json!({
        "id": "tea", "name": "Tea", "version": version, "description": "Brew tea in a pot",
        "capabilities": { "network": network, "tools": tools },
    });
    let skill = format!("# Brew tea in a pot\n\nWater of version {version}.");
    let archive = tgz(&[("tea/manifest.json", &manifest.to_string()), ("tea/SKILL.md", &skill)]);
    Package { manifest, archive, sum: None, unsigned: false }
}

fn stock(packages: Vec<Package>) -> Shared {
    Arc::new(Mutex::new(Stock { packages, ..Stock::default() }))
}

#[tokio::test]
async fn a_package_is_found_shown_taken_in_and_taken_away() {
    let stock = stock(vec![tea("1.0.0", false, &["recall"])]);
    let luna = luna(serve(&stock).await, None).await;
    let sought = Sought { words: Some("TEA".into()), ..Sought::default() };
    let shelf = luna.registry(&sought).await.unwrap();
    assert_eq!((shelf.entries.len(), shelf.stale), (1, None));
    assert_eq!((shelf.entries[0].downloads, shelf.entries[0].verified), (7, true));
    let offer = luna.registry_entry("tea").await.unwrap();
    assert_eq!(capabilities(&offer.manifest).tools, ["recall"]);
    assert_eq!((offer.ratings[0].user.as_str(), offer.ratings[0].stars), ("bea", 4));
    assert_eq!(offer.scan.unwrap()["passed"], true);

    let package = luna.install_package("tea", None).await.unwrap();
    assert_eq!(package.sha256, offer.entry.checksum_sha256.unwrap());
    assert!(package.origin.ends_with("/r/"));
    assert_eq!(luna.workspace().read("skills/tea/SKILL.md").await.unwrap().lines().count(), 3);
    assert!(luna.skills().all().await.unwrap().iter().any(|s| s.id == "tea" && !s.shipped));

    let at = luna.clock().now();
    let rating = Rating { user: "ada".into(), stars: 5, comment: "warm".into(), at };
    luna.rate_package("tea", rating).await.unwrap();
    assert_eq!(stock.lock().unwrap().rated, [json!({ "userId": "ada", "stars": 5, "comment": "warm" })]);
    let users: Vec<_> =
        luna.registry_entry("tea").await.unwrap().ratings.into_iter().map(|r| r.user).collect();
    assert_eq!(users, ["ada", "bea"]);

    luna.uninstall_package("tea").await.unwrap();
    luna.workspace().read("skills/tea/SKILL.md").await.unwrap_err();
    assert_eq!(luna.uninstall_package("tea").await.unwrap_err().kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn what_was_read_is_asked_for_by_tag_and_stays_when_the_registry_is_gone() {
    let stock = stock(vec![tea("1.0.0", false, &[])]);
    let luna = luna(serve(&stock).await, None).await;
    let all = luna.registry(&Sought::default()).await.unwrap().entries.len();
    assert!(all >= 10, "the registry's and the bundled ones");
    luna.refresh_registry().await.unwrap();
    assert_eq!(stock.lock().unwrap().lists, 1, "the second time nothing had changed");
    stock.lock().unwrap().down = true;
    let shelf = luna.refresh_registry().await.unwrap();
    assert_eq!(shelf.entries.len(), all);
    assert!(shelf.stale.is_some_and(|why| why.contains("502")) && shelf.read_at.is_some());
    // What comes with Luna can still be had.
    luna.install_package("research", None).await.unwrap();
    stock.lock().unwrap().down = false;
    assert_eq!(luna.refresh_registry().await.unwrap().stale, None);
}

#[tokio::test]
async fn a_registry_that_never_answered_leaves_the_bundled_packages() {
    let stock = stock(vec![]);
    stock.lock().unwrap().down = true;
    let luna = luna(serve(&stock).await, None).await;
    let shelf = luna.registry(&Sought::default()).await.unwrap();
    assert!(shelf.entries.iter().all(|e| e.origin.is_empty()) && shelf.entries.len() >= 9);
    assert!(shelf.stale.is_some() && shelf.read_at.is_none());
}

#[tokio::test]
async fn what_is_not_what_was_promised_is_not_taken() {
    let wrong = Package { sum: Some(hex::encode([0_u8; 32])), ..tea("1.0.0", false, &[]) };
    let none = Package { sum: Some(String::new()), ..tea("1.0.0", false, &[]) };
    // The archive wants the network, which the registry did not show.
    let more = Package { archive: tea("1.0.0", true, &[]).archive, ..tea("1.0.0", false, &[]) };
    let other = Package { archive: tea("0.9.0", false, &[]).archive, ..tea("1.0.0", false, &[]) };
    for bad in [wrong, none, more, other] {
        let stock = stock(vec![bad]);
        let luna = luna(serve(&stock).await, None).await;
        assert_eq!(luna.install_package("tea", None).await.unwrap_err().kind, ErrorKind::Invalid);
        assert!(!luna.folder().join("workspace/skills/tea").exists());
        luna.package("tea").await.unwrap_err();
    }
}

#[tokio::test]
async fn a_registry_with_a_key_signs_and_keeps_its_key() {
    let (key, other) = (SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32]));
    let stock = stock(vec![tea("1.0.0", false, &[])]);
    stock.lock().unwrap().key = Some(key);
    let at = serve(&stock).await;
    let first = luna(at, None).await;
    first.install_package("tea", None).await.unwrap();

    stock.lock().unwrap().packages = vec![Package { unsigned: true, ..tea("1.1.0", false, &[]) }];
    first.refresh_registry().await.unwrap();
    assert_eq!(first.install_package("tea", None).await.unwrap_err().kind, ErrorKind::Invalid);

    // Somebody took the registry over: with a key of his own he is not believed, nor when he shows the old one.
    stock.lock().unwrap().packages = vec![tea("1.2.0", false, &[])];
    stock.lock().unwrap().key = Some(other.clone());
    assert!(first.refresh_registry().await.unwrap().stale.is_some_and(|why| why.contains("another key")));
    stock.lock().unwrap().shows = Some(SigningKey::from_bytes(&[1; 32]));
    assert_eq!(first.refresh_registry().await.unwrap().stale, None);
    assert_eq!(first.install_package("tea", None).await.unwrap_err().kind, ErrorKind::Invalid);
    assert_eq!(first.package("tea").await.unwrap().version, "1.0.0");

    // The key that was configured is the one that counts.
    let configured = hex::encode(other.verifying_key().as_bytes());
    luna(at, Some(configured)).await.install_package("tea", None).await.unwrap();
}

#[tokio::test]
async fn a_version_that_asks_for_more_asks_again() {
    let stock = stock(vec![tea("1.0.0", false, &["recall"])]);
    let luna = luna(serve(&stock).await, None).await;
    luna.install_package("tea", None).await.unwrap();
    stock.lock().unwrap().packages = vec![tea("1.0.1", false, &[])];
    luna.refresh_registry().await.unwrap();
    luna.install_package("tea", None).await.unwrap();
    // It needs less now, so what it had before is not its own any more.
    stock.lock().unwrap().packages = vec![tea("1.1.0", true, &["recall", "web_search"])];
    luna.refresh_registry().await.unwrap();
    let refused = luna.install_package("tea", None).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::NeedsApproval);
    assert!(refused.message.contains("network") && refused.message.contains("web_search"), "{refused}");
    assert_eq!(luna.package("tea").await.unwrap().version, "1.0.1");
    let shown = capabilities(&luna.registry_entry("tea").await.unwrap().manifest);
    // Between what was shown and what is had now there may be a newer version: the yes was for what was shown.
    stock.lock().unwrap().packages = vec![tea("1.2.0", true, &["recall", "web_search", "run_command"])];
    luna.refresh_registry().await.unwrap();
    let refused = luna.install_package("tea", Some(shown)).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::NeedsApproval);
    let shown = capabilities(&luna.registry_entry("tea").await.unwrap().manifest);
    luna.install_package("tea", Some(shown)).await.unwrap();
    assert_eq!(luna.package("tea").await.unwrap().version, "1.2.0");
}

#[tokio::test]
async fn the_gate_holds_a_skill_to_what_its_package_was_allowed() {
    let stock = stock(vec![tea("1.0.0", false, &["web_search", "list_tasks"])]);
    let luna = luna(serve(&stock).await, None).await;
    luna.install_package("tea", None).await.unwrap();
    for tool in ["web_search", "list_tasks", "get_volume"] {
        luna.gate().set_mode(tool, Mode::Allow).await.unwrap();
    }
    luna.model
        .then(
            Reply::calls("web_search", json!({ "query": "tea" }))
                .call("list_tasks", json!({}))
                .call("get_volume", json!({})),
        )
        .then(Reply::says("There."));
    let message = "Brew tea in a pot".to_owned();
    let request = ChatRequest { message, ..ChatRequest::default() };
    let story = tell(&luna, request, Some(luna_model::Answer::No)).await;
    assert!(luna.model.asked()[0].system.contains("Water of version"), "the skill was read");
    let result = |name: &str| story.results.iter().find(|r| r.name == name).unwrap();
    assert!(result("web_search").content.contains("may not reach the network"), "{:?}", story.results);
    assert!(!result("list_tasks").is_error);
    assert_eq!(story.asked.len(), 1);
    assert!(story.asked[0].action.tool == "get_volume" && story.asked[0].why.contains("Tea"));
}

#[tokio::test]
async fn what_a_skill_has_done_later_is_held_to_the_same() {
    let tools = ["create_agent_task", "spawn_agent", "create_schedule"];
    let stock = stock(vec![tea("1.0.0", false, &tools)]);
    let luna = luna(serve(&stock).await, None).await;
    luna.install_package("tea", None).await.unwrap();
    for tool in tools.into_iter().chain(["web_search"]) {
        luna.gate().set_mode(tool, Mode::Allow).await.unwrap();
    }
    luna.model.improvise(move |asked| {
        let said = format!("{:?}", asked.turns);
        match () {
            () if said.contains("may not reach the network") => Reply::says("I may not."),
            () if said.contains("is at work") => Reply::says("They are set to work."),
            () if said.contains("Look it up") => Reply::calls("web_search", json!({ "query": "tea" })),
            () if asked.system.contains("Water of version") => {
                let task = json!({ "title": "Later", "description": "Look it up." });
                let job = json!({ "name": "Daily", "when": "every day at 9", "prompt": "Look it up." });
                Reply::calls("spawn_agent", json!({ "task": "Look it up." }))
                    .call("create_agent_task", task)
                    .call("create_schedule", job)
            }
            () => Reply::says(r#"{"steps": ["look it up"]}"#),
        }
    });
    let request = ChatRequest { message: "Brew tea in a pot".into(), ..ChatRequest::default() };
    let story = tell(&luna, request, None).await;
    assert!(story.results.iter().all(|result| !result.is_error), "{:?}", story.results);
    let job = luna.jobs().await.unwrap().into_iter().find(|job| job.name == "Daily").unwrap();
    luna.run_job(job.id).await.unwrap();
    let refused = || {
        let all = luna.model.asked();
        let of = |request: &luna_model::ModelRequest| {
            format!("{:?}", request.turns.last()).contains("may not reach the network")
        };
        all.iter().filter(|request| of(request)).count()
    };
    tokio::time::timeout(Duration::from_secs(30), async {
        while refused() < 3 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("the agent, the task and the job are refused what the package may not do");
}
