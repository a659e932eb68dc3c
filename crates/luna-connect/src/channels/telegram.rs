//! Telegram: updates of a bot, brought (with a secret token) or fetched (long polling), and messages sent.

use std::time::Duration;

use luna_core::ports::{Delivery, Received};
use luna_model::{Channel, Error, Incoming, Recipient, Result, Secret};
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

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
    let text = message.text.or(message.caption).filter(|t| !t.trim().is_empty())?;
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

pub(super) async fn send(services: &Services, to: &Recipient, text: &str) -> Result<()> {
    let token = services.needed("TELEGRAM_BOT_TOKEN").await?;
    for part in parts::of(text, LONGEST) {
        let mut body = json!({ "chat_id": to.place, "text": part, "parse_mode": "Markdown" });
        if let Some(thread) = to.thread.as_ref().and_then(|t| t.parse::<i64>().ok()) {
            body["message_thread_id"] = thread.into();
        }
        let url = method(services, &token, "sendMessage");
        let (status, answer) =
            services.ask("Telegram", services.client.post(&url).json(&body), PATIENCE).await?;
        if status == StatusCode::BAD_REQUEST {
            // Its Markdown is strict: what it cannot read goes as plain text.
            body.as_object_mut().map(|fields| fields.remove("parse_mode"));
            let (status, answer) =
                services.ask("Telegram", services.client.post(&url).json(&body), PATIENCE).await?;
            if !status.is_success() {
                return Err(refused(status, &answer));
            }
        } else if !status.is_success() {
            return Err(refused(status, &answer));
        }
    }
    Ok(())
}

fn method(services: &Services, token: &Secret, name: &str) -> String {
    format!("{}/bot{}/{name}", services.config.telegram.trim_end_matches('/'), token.expose())
}

fn refused(status: StatusCode, answer: &Value) -> Error {
    let why = answer.get("description").and_then(Value::as_str).unwrap_or_default();
    Error::invalid(format!("Telegram refused it ({status}): {why}"))
}
