//! Documented signature vectors and examples, and a service that stands in for the real ones.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri};
use luna_core::ports::{Channels as _, Delivery, Secrets};
use luna_model::{Channel, ErrorKind, Recipient, Result, Secret, Timestamp};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::{Services, ServicesConfig, github};

struct Given(Vec<(&'static str, String)>);

#[async_trait]
impl Secrets for Given {
    async fn get(&self, name: &str) -> Result<Option<Secret>> {
        Ok(self.0.iter().find(|(n, _)| *n == name).map(|(_, value)| Secret::new(value.clone())))
    }

    async fn set(&self, _: &str, _: Secret) -> Result<()> {
        Ok(())
    }

    async fn delete(&self, _: &str) -> Result<()> {
        Ok(())
    }

    fn is_given(&self, _: &str) -> bool {
        true
    }

    fn place(&self) -> String {
        "a test".into()
    }
}

pub(super) fn services(config: ServicesConfig, secrets: Vec<(&'static str, String)>) -> Services {
    Services::new(config, Arc::new(Given(secrets))).unwrap()
}

pub(super) fn delivery(channel: Channel, headers: &[(&str, &str)], body: &str, at: i64) -> Delivery {
    Delivery {
        channel,
        headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
        body: body.as_bytes().to_vec(),
        peer: Some([203, 0, 113, 7].into()),
        at: Timestamp::from_second(at).unwrap(),
    }
}

/// The shared samples; None, said aloud, where they are not there.
fn samples() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/webhooks");
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("SKIPPED: no samples at {}", path.display());
    None
}

fn sample(path: &str) -> Option<String> {
    samples().map(|samples| std::fs::read_to_string(samples.join(path)).unwrap())
}

#[tokio::test]
async fn slacks_documented_signature_holds_for_five_minutes_and_no_other_does() {
    let Some(vector) = sample("vectors/slack_v0.json") else { return };
    let vector: Value = serde_json::from_str(&vector).unwrap();
    let secret = vector["signing_secret"].as_str().unwrap().to_owned();
    let slack = services(ServicesConfig::default(), vec![("SLACK_SIGNING_SECRET", secret)]);
    let signature = vector["headers"]["X-Slack-Signature"].as_str().unwrap();
    let body = vector["body"].as_str().unwrap();
    let read = |signature: &str, at: &str, body: &str, now: i64| {
        let headers = [("x-slack-signature", signature), ("x-slack-request-timestamp", at)];
        let (slack, delivery) = (&slack, delivery(Channel::Slack, &headers, body, now));
        async move { slack.read(&delivery).await.unwrap_err().kind }
    };
    // Its body is a form, no event: that is said after the signature was found right.
    assert_eq!(read(signature, "1531420618", body, 1_531_420_700).await, ErrorKind::Invalid);
    assert_eq!(
        read(signature, "1531420618", body, 1_531_421_000).await,
        ErrorKind::Unauthenticated,
        "too old"
    );
    assert_eq!(read(signature, "1531420619", body, 1_531_420_700).await, ErrorKind::Unauthenticated);
    assert_eq!(read(signature, "1531420618", &body[1..], 1_531_420_700).await, ErrorKind::Unauthenticated);
    assert_eq!(read("", "1531420618", body, 1_531_420_700).await, ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn discords_signatures_are_checked_on_the_very_bytes() {
    let Some(vectors) = sample("vectors/discord_ed25519.json") else { return };
    let vectors: Value = serde_json::from_str(&vectors).unwrap();
    let key = vectors["public_key"].as_str().unwrap().to_owned();
    let discord = services(ServicesConfig::default(), vec![("DISCORD_PUBLIC_KEY", key)]);
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 4);
    for case in cases {
        let field = |name: &str| case[name].as_str().unwrap();
        let headers =
            [("x-signature-ed25519", field("signature")), ("x-signature-timestamp", field("timestamp"))];
        let now = field("timestamp").parse::<i64>().unwrap_or(1_700_000_000);
        let read = discord.read(&delivery(Channel::Discord, &headers, field("body"), now)).await;
        match case["valid"].as_bool().unwrap() {
            true => assert!(read.is_ok_and(|r| matches!(r.answer["type"].as_i64(), Some(1 | 5))), "{case}"),
            false => assert_eq!(read.unwrap_err().kind, ErrorKind::Unauthenticated, "{case}"),
        }
        let old = discord.read(&delivery(Channel::Discord, &headers, field("body"), now + 301)).await;
        assert_eq!(old.unwrap_err().kind, ErrorKind::Unauthenticated, "a replay");
    }
}

#[tokio::test]
async fn telegrams_updates_need_the_secret_token() {
    let body = json!({
        "update_id": 7,
        "message": { "message_id": 1, "date": 1, "chat": { "id": 11, "type": "private" },
                     "from": { "id": 42, "is_bot": false, "first_name": "Ada" }, "text": "hello" },
    });
    let telegram = services(ServicesConfig::default(), vec![("TELEGRAM_SECRET_TOKEN", "t0ken".into())]);
    let read = |token: &str| {
        let headers = [("x-telegram-bot-api-secret-token", token)];
        let (telegram, delivery) = (&telegram, delivery(Channel::Telegram, &headers, &body.to_string(), 0));
        async move { telegram.read(&delivery).await }
    };
    let received = read("t0ken").await.unwrap();
    let message = &received.incoming[0];
    assert_eq!(
        (message.sender.as_str(), message.to.place.as_str(), message.text.as_str()),
        ("42", "11", "hello")
    );
    for wrong in ["", "t0keN", "t0ken "] {
        assert_eq!(read(wrong).await.unwrap_err().kind, ErrorKind::Unauthenticated);
    }
    let unset = services(ServicesConfig::default(), vec![]);
    for channel in [Channel::Telegram, Channel::Slack, Channel::Discord, Channel::Github, Channel::Webhook] {
        let refused = unset.read(&delivery(channel, &[], "{}", 0)).await.unwrap_err();
        assert_eq!(refused.kind, ErrorKind::Unavailable, "{channel:?} is off, not open");
    }
}

#[tokio::test]
async fn a_webhook_from_elsewhere_is_signed_or_knows_the_secret_and_names_its_user() {
    let webhook = services(ServicesConfig::default(), vec![("WEBHOOK_SECRET", "s3cret".into())]);
    let body = r#"{"user_id": "u1", "user_name": "Alice", "text": "hi"}"#;
    let read = |headers: &[(&str, &str)], body: &str, peer: [u8; 4]| {
        let delivery = Delivery { peer: Some(peer.into()), ..delivery(Channel::Webhook, headers, body, 0) };
        let webhook = &webhook;
        async move { webhook.read(&delivery).await.map(|r| r.incoming[0].sender.clone()).map_err(|e| e.kind) }
    };
    let (here, elsewhere) = ([127, 0, 0, 1], [203, 0, 113, 7]);
    assert_eq!(read(&[], body, here).await.as_deref(), Ok("u1"));
    assert_eq!(
        read(&[("x-forwarded-for", "203.0.113.7")], body, here).await,
        Err(ErrorKind::Unauthenticated)
    );
    assert_eq!(read(&[], body, elsewhere).await, Err(ErrorKind::Unauthenticated));
    assert_eq!(read(&[("authorization", "Bearer s3cret")], body, elsewhere).await.as_deref(), Ok("u1"));
    assert_eq!(
        read(&[("authorization", "Bearer s3cre")], body, elsewhere).await,
        Err(ErrorKind::Unauthenticated)
    );
    // HMAC-SHA256 of the body under "s3cret".
    let signature = "sha256=77782927db7e5b3aa5ae2887abbd1345456331bf8892c36e3e3b94e776b5d30f";
    assert_eq!(read(&[("x-webhook-signature", signature)], body, elsewhere).await.as_deref(), Ok("u1"));
    assert_eq!(
        read(&[("x-webhook-signature", signature)], &format!("{body} "), elsewhere).await,
        Err(ErrorKind::Unauthenticated)
    );
    assert_eq!(read(&[], r#"{"text": "no user"}"#, here).await, Err(ErrorKind::Invalid));
}

#[tokio::test]
async fn every_documented_update_is_read_or_passed_over() {
    let Some(folder) = samples() else { return };
    let telegram = services(ServicesConfig::default(), vec![("TELEGRAM_SECRET_TOKEN", "t".into())]);
    for entry in std::fs::read_dir(folder.join("telegram")).unwrap().flatten() {
        if entry.path().extension().is_some_and(|x| x == "json") {
            let body = std::fs::read_to_string(entry.path()).unwrap();
            let headers = [("x-telegram-bot-api-secret-token", "t")];
            let read = telegram.read(&delivery(Channel::Telegram, &headers, &body, 0)).await;
            assert_eq!(read.unwrap().answer, json!({ "ok": true }), "{:?}", entry.path());
        }
    }
}

/// Every example that octokit publishes, by its event; None, said aloud, where its package is not there.
fn octokit() -> Option<Vec<(String, Value)>> {
    let package = "../../node_modules/@octokit/webhooks-examples/api.github.com/index.json";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(package);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("SKIPPED: no examples at {}; npm install brings them", path.display());
        return None;
    };
    let kinds: Vec<Value> = serde_json::from_str(&text).unwrap();
    let examples = |kind: Value| {
        let name = kind["name"].as_str().unwrap().to_owned();
        let bodies = kind["examples"].as_array().cloned().unwrap_or_default();
        bodies.into_iter().map(move |body| (name.clone(), body))
    };
    Some(kinds.into_iter().flat_map(examples).collect())
}

#[tokio::test]
async fn every_event_that_octokit_shows_is_summed_up_and_what_matters_is_passed_on() {
    let Some(examples) = octokit() else { return };
    let config = ServicesConfig {
        notify_slack: Some("C1".into()),
        notify_telegram: Some("11".into()),
        ..ServicesConfig::default()
    };
    let sign = |text: &str| {
        use hmac::{KeyInit as _, Mac as _};
        let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(b"s3cret").unwrap();
        mac.update(text.as_bytes());
        format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
    };
    let hooks = services(config, vec![("GITHUB_WEBHOOK_SECRET", "s3cret".into())]);
    let (mut kinds, mut passed_on) = (std::collections::BTreeSet::new(), std::collections::BTreeSet::new());
    for (event, body) in &examples {
        let text = body.to_string();
        let signature = sign(&text);
        let headers = [("x-github-event", event.as_str()), ("x-hub-signature-256", signature.as_str())];
        let received = hooks.read(&delivery(Channel::Github, &headers, &text, 0)).await.unwrap();
        assert_eq!(received.answer["ok"], true);
        assert!(received.incoming.is_empty(), "an event orders nothing");
        kinds.insert(event.clone());
        if event == "ping" {
            assert!(received.answer["zen"].is_string());
            continue;
        }
        let line = received.answer["summary"].as_str().unwrap();
        assert!(line.starts_with("[GitHub] ") && !line.contains('\n') && line.len() < 900, "{event}: {line}");
        assert!(!line.ends_with(": ") && !line.contains("somebody"), "{event}: {line}");
        if !received.forward.is_empty() {
            let to: Vec<_> = received.forward.iter().map(|(to, _)| (to.channel, to.place.as_str())).collect();
            assert_eq!(to, [(Channel::Slack, "C1"), (Channel::Telegram, "11")]);
            assert!(received.forward.iter().all(|(_, said)| said == line), "{event}: {:?}", received.forward);
            passed_on.insert(event.as_str());
        }
    }
    assert!(kinds.len() >= 50 && examples.len() >= 300, "{} of {} kinds", examples.len(), kinds.len());
    for event in ["push", "pull_request", "issues", "issue_comment", "release"] {
        assert!(passed_on.contains(event), "{event} is never passed on; {passed_on:?} are");
    }
    assert!(!passed_on.contains("label") && !passed_on.contains("check_run"), "{passed_on:?}");
}

#[tokio::test]
async fn githubs_documented_signature_holds_for_its_body_alone() {
    // GitHub's documents, Validating webhook deliveries: its body is no event, which is said after the signature was right.
    let secret = "It's a Secret to Everybody".to_owned();
    let github = services(ServicesConfig::default(), vec![("GITHUB_WEBHOOK_SECRET", secret)]);
    let right = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    for (signature, body, kind) in [
        (right, "Hello, World!", ErrorKind::Invalid),
        (right, "Hello, World.", ErrorKind::Unauthenticated),
        (&right[7..], "Hello, World!", ErrorKind::Unauthenticated),
        ("sha256=", "Hello, World!", ErrorKind::Unauthenticated),
    ] {
        let headers = [("x-hub-signature-256", signature), ("x-github-event", "push")];
        let read = github.read(&delivery(Channel::Github, &headers, body, 0)).await;
        assert_eq!(read.unwrap_err().kind, kind, "{signature} {body}");
    }
}

#[test]
fn a_push_is_said_as_documented() {
    let body = json!({
        "ref": "refs/heads/main", "sender": { "login": "alice" }, "repository": { "full_name": "owner/repo" },
        "commits": [{}, {}], "head_commit": { "message": "fix login bug\n\nmore" },
    });
    let said = github::worth_telling("push", &body).unwrap();
    assert_eq!(said, "[GitHub] alice pushed 2 commits to owner/repo/main: fix login bug");
}

/// A service that answers as it is told and remembers what it was sent.
#[derive(Clone, Default)]
struct StandIn {
    calls: Arc<Mutex<Vec<(Method, String, Value)>>>,
    answers: Arc<Mutex<Vec<(StatusCode, Value)>>>,
}

impl StandIn {
    async fn serve(&self) -> String {
        let router = Router::new().fallback(answer).with_state(self.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}")
    }
}

async fn answer(
    State(it): State<StandIn>,
    method: Method,
    uri: Uri,
    body: Bytes,
) -> (StatusCode, axum::Json<Value>) {
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    it.calls.lock().await.push((method, uri.to_string(), body));
    let mut answers = it.answers.lock().await;
    let (status, value) =
        if answers.is_empty() { (StatusCode::OK, json!({ "ok": true })) } else { answers.remove(0) };
    (status, axum::Json(value))
}

fn to(channel: Channel, thread: Option<&str>) -> Recipient {
    Recipient { channel, place: "c1".into(), thread: thread.map(str::to_owned) }
}

#[tokio::test]
async fn long_texts_go_in_parts_and_what_telegram_cannot_read_goes_plain() {
    let service = StandIn::default();
    let url = service.serve().await;
    let config = ServicesConfig { telegram: url.clone(), ..ServicesConfig::default() };
    let telegram = services(config, vec![("TELEGRAM_BOT_TOKEN", "1:abc".into())]);
    let text = format!("{}\n\n{}", "a".repeat(4000), "b".repeat(4000));
    telegram.send(&to(Channel::Telegram, None), &text, 0).await.unwrap();
    let calls = std::mem::take(&mut *service.calls.lock().await);
    assert_eq!(calls.len(), 2);
    assert_eq!((calls[0].1.as_str(), calls[0].2["chat_id"].as_str()), ("/bot1:abc/sendMessage", Some("c1")));
    *service.answers.lock().await =
        vec![(StatusCode::BAD_REQUEST, json!({ "description": "can't parse entities" }))];
    telegram.send(&to(Channel::Telegram, None), "a_b", 0).await.unwrap();
    let calls = std::mem::take(&mut *service.calls.lock().await);
    assert_eq!((calls.len(), calls[1].2.get("parse_mode")), (2, None));
    // What was sent before a part failed is not sent again.
    let done = || (StatusCode::OK, json!({ "ok": true }));
    *service.answers.lock().await = vec![done(), (StatusCode::BAD_GATEWAY, json!({}))];
    let cut = telegram.send(&to(Channel::Telegram, None), &text, 0).await.unwrap_err();
    assert_eq!((cut.parts, cut.why.kind), (1, ErrorKind::Unavailable));
    telegram.send(&to(Channel::Telegram, None), &text, cut.parts).await.unwrap();
    let calls = std::mem::take(&mut *service.calls.lock().await);
    assert_eq!(calls.len(), 3);
    assert!(calls[2].2["text"].as_str().unwrap().starts_with('b'), "only the second part goes again");
    telegram
        .send(&to(Channel::Telegram, None), "# Plan\n**now**: [this](https://a.b)\n- one", 0)
        .await
        .unwrap();
    let calls = std::mem::take(&mut *service.calls.lock().await);
    assert_eq!(calls[0].2["text"], "*Plan*\n*now*: [this](https://a.b)\n• one", "in its own markup");
    *service.answers.lock().await = vec![(StatusCode::TOO_MANY_REQUESTS, json!({}))];
    let busy = telegram.send(&to(Channel::Telegram, None), "x", 0).await.unwrap_err().why;
    assert_eq!(busy.kind, ErrorKind::Unavailable, "it is tried again");
    assert!(!busy.message.contains("1:abc"));
    let gone = services(
        ServicesConfig { telegram: "http://127.0.0.1:1".into(), ..ServicesConfig::default() },
        vec![("TELEGRAM_BOT_TOKEN", "1:abc".into())],
    );
    let gone = gone.send(&to(Channel::Telegram, None), "x", 0).await.unwrap_err().why;
    assert!(!gone.message.contains("1:abc"), "no token in what is said: {}", gone.message);
}

#[tokio::test]
async fn telegram_is_asked_for_updates_where_it_cannot_bring_them() {
    let service = StandIn::default();
    let url = service.serve().await;
    let message = |id: i64| {
        json!({ "update_id": id, "message": { "message_id": 1, "date": 1, "chat": { "id": 1, "type": "private" },
        "from": { "id": 5, "is_bot": false, "first_name": "Ada" }, "text": format!("n{id}") } })
    };
    *service.answers.lock().await = vec![
        (StatusCode::OK, json!({ "ok": true, "result": [message(10), { "update_id": 11, "poll": {} }] })),
        (StatusCode::OK, json!({ "ok": true, "result": [message(12)] })),
    ];
    let telegram = services(
        ServicesConfig { telegram: url, ..ServicesConfig::default() },
        vec![("TELEGRAM_BOT_TOKEN", "1:a".into())],
    );
    assert_eq!(telegram.fetch(Channel::Telegram).await.unwrap()[0].text, "n10");
    assert_eq!(telegram.fetch(Channel::Telegram).await.unwrap()[0].text, "n12");
    let calls = service.calls.lock().await;
    assert!(calls[1].1.contains("offset=12"), "{}", calls[1].1);
}

#[tokio::test]
async fn discords_answer_takes_the_place_of_thinking_and_slacks_goes_into_the_thread() {
    let service = StandIn::default();
    let url = service.serve().await;
    let config = ServicesConfig { discord: url.clone(), slack: url, ..ServicesConfig::default() };
    let secrets = vec![("DISCORD_BOT_TOKEN", "d".into()), ("SLACK_BOT_TOKEN", "s".into())];
    let both = services(config, secrets);
    both.send(&to(Channel::Discord, Some("app/tok")), "hello", 0).await.unwrap();
    both.send(&to(Channel::Discord, None), "hello", 0).await.unwrap();
    both.send(&to(Channel::Slack, Some("1.2")), "**hello**", 0).await.unwrap();
    let calls = service.calls.lock().await;
    assert_eq!((&calls[0].0, calls[0].1.as_str()), (&Method::PATCH, "/webhooks/app/tok/messages/@original"));
    assert_eq!(calls[1].1, "/channels/c1/messages");
    assert_eq!(
        (calls[2].2["text"].as_str(), calls[2].2["thread_ts"].as_str()),
        (Some("*hello*"), Some("1.2"))
    );
}
