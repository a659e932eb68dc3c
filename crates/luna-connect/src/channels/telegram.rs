//! Telegram: updates of a bot, brought (with a secret token) or fetched (long polling), and messages sent.

use std::time::Duration;

use luna_core::ports::{Delivery, Received};
use luna_model::{Attachment, AttachmentKind, Channel, Error, Incoming, Recipient, Result, Secret};
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::markup::by_lines;
use super::{PATIENCE, Services, parts, signatures};
use crate::address::address;

/// Longest message (Bot API, sendMessage).
const LONGEST: usize = 4096;
/// Seconds that Telegram keeps a question for updates open.
const OPEN_FOR: u64 = 50;

#[derive(Deserialize)]
struct Update {
    update_id: i64,
    #[serde(alias = "edited_message")]
    message: Option<Message>,
}

#[derive(Deserialize)]
struct Message {
    message_thread_id: Option<i64>,
    from: Option<User>,
    chat: Chat,
    text: Option<String>,
    caption: Option<String>,
    voice: Option<File>,
    audio: Option<File>,
    document: Option<File>,
    video: Option<File>,
    video_note: Option<File>,
    /// One picture in several sizes, the largest last.
    #[serde(default)]
    photo: Vec<File>,
}

#[derive(Deserialize)]
struct File {
    file_id: String,
    file_name: Option<String>,
    mime_type: Option<String>,
    file_size: Option<u64>,
}

impl File {
    fn attached(self, name: &str, media_type: &str) -> Attachment {
        let media_type = self.mime_type.unwrap_or_else(|| media_type.to_owned());
        Attachment {
            kind: AttachmentKind::of(&media_type),
            name: self.file_name.unwrap_or_else(|| name.to_owned()),
            media_type,
            size: self.file_size,
            at: self.file_id,
        }
    }
}

#[derive(Deserialize)]
struct User {
    id: i64,
    #[serde(default)]
    is_bot: bool,
    first_name: String,
    last_name: Option<String>,
}

#[derive(Deserialize)]
struct Chat {
    id: i64,
}

pub(super) fn read(secret: &Secret, delivery: &Delivery) -> Result<Received> {
    signatures::same(secret, delivery.header("x-telegram-bot-api-secret-token").unwrap_or_default())?;
    let update: Update = serde_json::from_slice(&delivery.body)
        .map_err(|e| Error::invalid(format!("this is no update: {e}")))?;
    Ok(Received {
        answer: json!({ "ok": true }),
        incoming: message(update).into_iter().collect(),
        forward: vec![],
    })
}

/// The message in an update, if somebody wrote one.
fn message(update: Update) -> Option<Incoming> {
    let message = update.message?;
    let from = message.from.filter(|from| !from.is_bot)?;
    let text = message.text.or(message.caption).unwrap_or_default();
    let attachments: Vec<_> = [
        message.voice.map(|file| file.attached("voice.ogg", "audio/ogg")),
        message.audio.map(|file| file.attached("audio", "audio/mpeg")),
        message.photo.into_iter().next_back().map(|file| file.attached("photo.jpg", "image/jpeg")),
        message.document.map(|file| file.attached("file", "")),
        message.video.or(message.video_note).map(|file| file.attached("video.mp4", "video/mp4")),
    ]
    .into_iter()
    .flatten()
    .collect();
    if text.trim().is_empty() && attachments.is_empty() {
        return None;
    }
    Some(Incoming {
        channel: Channel::Telegram,
        delivery: update.update_id.to_string(),
        sender: from.id.to_string(),
        name: [Some(from.first_name), from.last_name].into_iter().flatten().collect::<Vec<_>>().join(" "),
        to: Recipient {
            channel: Channel::Telegram,
            place: message.chat.id.to_string(),
            thread: message.message_thread_id.map(|t| t.to_string()),
        },
        text,
        attachments,
    })
}

pub(super) async fn fetch(services: &Services, token: &Secret) -> Result<Vec<Incoming>> {
    let mut next = services.next_update.lock().await;
    let query = [("timeout", OPEN_FOR.to_string()), ("offset", next.to_string())];
    let query = query.each_ref().map(|(name, value)| (*name, value.as_str()));
    let request = services.client.get(address(&method(services, token, "getUpdates"), "", &query)?);
    let (status, answer) = services.ask("Telegram", request, Duration::from_secs(OPEN_FOR + 10)).await?;
    let updates = answer.get("result").and_then(Value::as_array).filter(|_| status.is_success());
    let updates = updates.ok_or_else(|| refused(status, &answer))?;
    let mut messages = vec![];
    for update in updates {
        if let Some(id) = update.get("update_id").and_then(Value::as_i64) {
            *next = (*next).max(id + 1);
        }
        // What is no message, or of a kind that came later, is passed over.
        messages.extend(serde_json::from_value::<Update>(update.clone()).ok().and_then(message));
    }
    Ok(messages)
}

pub(super) fn parts(text: &str) -> Vec<String> {
    // Its Markdown has one asterisk for bold, and neither headings nor bullets.
    parts::of(&by_lines(text, str::to_owned, str::to_owned), LONGEST)
}

pub(super) async fn send(services: &Services, to: &Recipient, part: &str) -> Result<()> {
    let token = services.needed("TELEGRAM_BOT_TOKEN").await?;
    let mut body = json!({ "chat_id": to.place, "text": part, "parse_mode": "Markdown" });
    if let Some(thread) = to.thread.as_ref().and_then(|t| t.parse::<i64>().ok()) {
        body["message_thread_id"] = thread.into();
    }
    let url = method(services, &token, "sendMessage");
    let mut sent = services.ask("Telegram", services.client.post(&url).json(&body), PATIENCE).await?;
    if sent.0 == StatusCode::BAD_REQUEST {
        // It reads Markdown strictly: what it cannot read goes as plain text.
        body.as_object_mut().map(|fields| fields.remove("parse_mode"));
        sent = services.ask("Telegram", services.client.post(&url).json(&body), PATIENCE).await?;
    }
    let (status, answer) = sent;
    if status.is_success() { Ok(()) } else { Err(refused(status, &answer)) }
}

pub(super) fn method(services: &Services, token: &Secret, name: &str) -> String {
    format!("{}/bot{}/{name}", services.config.telegram.trim_end_matches('/'), token.expose())
}

pub(super) fn refused(status: StatusCode, answer: &Value) -> Error {
    let why = answer.get("description").and_then(Value::as_str).unwrap_or_default();
    Error::invalid(format!("Telegram refused it ({status}): {why}"))
}
