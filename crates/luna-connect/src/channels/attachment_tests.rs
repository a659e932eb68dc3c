//! What is sent with messages: how each service says it, and that it is loaded from that service alone.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use luna_core::ports::Channels as _;
use luna_model::{Attachment, AttachmentKind, Channel, ErrorKind};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::ServicesConfig;
use super::tests::{delivery, services};

#[tokio::test]
async fn what_is_sent_with_a_message_is_read_from_each_service() {
    let secrets = vec![("TELEGRAM_SECRET_TOKEN", "t".into())];
    let telegram = services(ServicesConfig::default(), secrets);
    let update = |what: Value| {
        let mut message = json!({ "message_id": 1, "date": 1, "chat": { "id": 11, "type": "private" },
            "from": { "id": 42, "is_bot": false, "first_name": "Ada" } });
        message.as_object_mut().unwrap().extend(what.as_object().unwrap().clone());
        json!({ "update_id": 7, "message": message }).to_string()
    };
    let read = |body: String| {
        let headers = [("x-telegram-bot-api-secret-token", "t")];
        let (telegram, delivery) = (&telegram, delivery(Channel::Telegram, &headers, &body, 0));
        async move { telegram.read(&delivery).await.unwrap().incoming }
    };
    let voice = json!({ "voice": { "duration": 3, "mime_type": "audio/ogg", "file_id": "AwACAgI", "file_unique_id": "A", "file_size": 9417 } });
    let heard = read(update(voice)).await;
    assert_eq!((heard[0].text.as_str(), heard[0].attachments.len()), ("", 1));
    let note = &heard[0].attachments[0];
    assert_eq!((note.kind, note.at.as_str(), note.size), (AttachmentKind::Voice, "AwACAgI", Some(9417)));
    let photo = json!({ "caption": "What is this?", "photo": [
        { "file_id": "small", "file_unique_id": "s", "width": 90, "height": 67, "file_size": 1031 },
        { "file_id": "large", "file_unique_id": "l", "width": 800, "height": 600, "file_size": 68731 } ] });
    let seen = read(update(photo)).await;
    assert_eq!(seen[0].text, "What is this?");
    assert_eq!(
        (seen[0].attachments[0].kind, seen[0].attachments[0].at.as_str()),
        (AttachmentKind::Image, "large")
    );
    let document = json!({ "document": { "file_name": "notes.txt", "mime_type": "text/plain", "file_id": "D", "file_unique_id": "d", "file_size": 8 } });
    assert_eq!(read(update(document)).await[0].attachments[0].name, "notes.txt");
    assert!(read(update(json!({ "new_chat_title": "x" }))).await.is_empty(), "nothing was said");

    let slack = json!({ "type": "event_callback", "team_id": "T1", "event": { "type": "message", "subtype": "file_share",
        "user": "U1", "channel": "C1", "ts": "1.2", "text": "", "files": [ { "id": "F1", "name": "plan.csv", "mimetype": "text/csv",
        "size": 64, "url_private": "https://files.slack.com/files-pri/T1-F1/plan.csv",
        "url_private_download": "https://files.slack.com/files-pri/T1-F1/download/plan.csv" } ] } });
    let said = super::slack::message(&slack).unwrap();
    assert_eq!((said.text.as_str(), said.attachments[0].kind), ("", AttachmentKind::File));
    assert!(said.attachments[0].at.ends_with("/download/plan.csv"));

    let discord = json!({ "id": "1", "application_id": "2", "token": "x", "channel_id": "3", "type": 2,
        "member": { "user": { "id": "4", "username": "ada" } },
        "data": { "id": "5", "name": "ask", "options": [ { "name": "file", "type": 11, "value": "99" }, { "name": "words", "type": 3, "value": "Read it" } ],
        "resolved": { "attachments": { "99": { "id": "99", "filename": "cat.png", "content_type": "image/png", "size": 4,
        "url": "https://cdn.discordapp.com/ephemeral-attachments/1/2/cat.png", "proxy_url": "https://media.discordapp.net/x" } } } } });
    let asked = super::discord::asked(&discord).unwrap();
    assert_eq!((asked.text.as_str(), asked.attachments[0].kind), ("Read it", AttachmentKind::Image));
}

/// A service that keeps files: Telegram's behind two questions, Slack's behind a token, one that never ends.
async fn keeps_files() -> (String, Arc<Mutex<Vec<String>>>) {
    use axum::http::HeaderMap;
    use axum::response::{IntoResponse as _, Redirect};
    use axum::routing::{get, post};
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let asked = Arc::clone(&seen);
    let found = json!({ "ok": true, "result": { "file_id": "AwACAgI", "file_path": "voice/file_0.oga" } });
    let router = Router::new()
        .route(
            "/bot1:abc/getFile",
            post(|body: axum::Json<Value>| async move {
                if body["file_id"] == "AwACAgI" {
                    return axum::Json(found).into_response();
                }
                let refused =
                    json!({ "ok": false, "error_code": 400, "description": "Bad Request: file is too big" });
                (StatusCode::BAD_REQUEST, axum::Json(refused)).into_response()
            }),
        )
        .route("/file/bot1:abc/voice/file_0.oga", get(|| async { b"OggS a voice".to_vec() }))
        .route(
            "/files-pri/T1-F1/notes.txt",
            get(|headers: HeaderMap| async move {
                match headers.get("authorization").and_then(|h| h.to_str().ok()) {
                    Some("Bearer s") => "buy milk".into_response(),
                    _ => Redirect::to("/login").into_response(),
                }
            }),
        )
        .route(
            "/attachments/long.txt",
            get(|| async {
                axum::body::Body::from_stream(futures::stream::repeat_with(|| {
                    Ok::<_, std::io::Error>(vec![b'x'; 1024])
                }))
            }),
        )
        .layer(axum::middleware::from_fn(
            move |request: axum::extract::Request, next: axum::middleware::Next| {
                let asked = Arc::clone(&asked);
                async move {
                    asked.lock().await.push(request.uri().path().to_owned());
                    next.run(request).await
                }
            },
        ));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (format!("http://{address}"), seen)
}

#[tokio::test]
async fn what_was_sent_is_loaded_from_its_service_alone_within_limits_and_no_token_is_said() {
    let (url, asked) = keeps_files().await;
    let config = ServicesConfig {
        telegram: url.clone(),
        discord: url.clone(),
        slack: url.clone(),
        ..ServicesConfig::default()
    };
    let with = |slack: &str| {
        let secrets = vec![("TELEGRAM_BOT_TOKEN", "1:abc".into()), ("SLACK_BOT_TOKEN", slack.to_owned())];
        services(config.clone(), secrets)
    };
    let known = with("s");
    let sent = |at: &str| Attachment {
        kind: AttachmentKind::File,
        name: "it".into(),
        media_type: String::new(),
        size: None,
        at: at.into(),
    };
    let voice = known.attachment(Channel::Telegram, &sent("AwACAgI"), 1_000).await.unwrap();
    assert_eq!(voice, b"OggS a voice");
    let refused = known.attachment(Channel::Telegram, &sent("other"), 1_000).await.unwrap_err();
    assert!(
        refused.message.contains("file is too big") && !refused.message.contains("1:abc"),
        "{}",
        refused.message
    );
    let notes = format!("{url}/files-pri/T1-F1/notes.txt");
    assert_eq!(known.attachment(Channel::Slack, &sent(&notes), 1_000).await.unwrap(), b"buy milk");
    let unknown = with("other").attachment(Channel::Slack, &sent(&notes), 1_000).await.unwrap_err();
    assert_eq!(unknown.kind, ErrorKind::Unavailable, "a page to sign in is no file: {}", unknown.message);
    let long =
        known.attachment(Channel::Discord, &sent(&format!("{url}/attachments/long.txt")), 100_000).await;
    assert_eq!(long.unwrap_err().kind, ErrorKind::LimitReached);
    let before = asked.lock().await.len();
    let large = Attachment { size: Some(2_000), ..sent("AwACAgI") };
    assert_eq!(
        known.attachment(Channel::Telegram, &large, 1_000).await.unwrap_err().kind,
        ErrorKind::LimitReached
    );
    let elsewhere = known.attachment(Channel::Slack, &sent("http://169.254.169.254/latest"), 1_000).await;
    assert_eq!(elsewhere.unwrap_err().kind, ErrorKind::Forbidden);
    assert_eq!(asked.lock().await.len(), before, "nobody was asked for these");
}
