//! Discord: interactions (a command, a button), answered at once with "wait" and then in full.

use std::time::Duration;

use luna_core::ports::{Delivery, Received};
use luna_model::{Attachment, AttachmentKind, Channel, Error, Incoming, Recipient, Result};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{PATIENCE, Services, parts, signatures};

/// Longest message (Create Message).
const LONGEST: usize = 2000;
/// How long saying "wait" may take: after three seconds Discord takes it no more.
const WAITS: Duration = Duration::from_secs(3);
/// Kinds of interactions: a ping, a command, a component.
const PING: i64 = 1;
const COMMAND: i64 = 2;
const COMPONENT: i64 = 3;
/// The kind of a command's option that is a file.
const ATTACHMENT: i64 = 11;
/// Answers: pong; the answer comes later.
const PONG: i64 = 1;
const DEFERRED: i64 = 5;

pub(super) fn read(key: &str, delivery: &Delivery) -> Result<Received> {
    let at = delivery.header("x-signature-timestamp").unwrap_or_default();
    let signed = [at.as_bytes(), &delivery.body].concat();
    signatures::ed25519(key, &signed, delivery.header("x-signature-ed25519").unwrap_or_default())?;
    signatures::fresh(at, delivery.at)?;
    let body: Value = serde_json::from_slice(&delivery.body)
        .map_err(|e| Error::invalid(format!("this is no interaction: {e}")))?;
    let answer = |kind: i64| json!({ "type": kind });
    match body["type"].as_i64() {
        Some(PING) => Ok(Received { answer: answer(PONG), ..Received::default() }),
        Some(COMMAND | COMPONENT) => {
            let incoming =
                asked(&body).ok_or_else(|| Error::invalid("this interaction has no user or channel"))?;
            Ok(Received { answer: answer(DEFERRED), incoming: vec![incoming], forward: vec![] })
        }
        _ => Ok(Received { answer: answer(DEFERRED), ..Received::default() }),
    }
}

/// What is asked by an interaction, if it is one by which something is asked.
pub(super) fn asked(body: &Value) -> Option<Incoming> {
    if !matches!(body["type"].as_i64(), Some(COMMAND | COMPONENT)) {
        return None;
    }
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let user = body.pointer("/member/user").or_else(|| body.get("user"))?;
    let data = &body["data"];
    let files = data.pointer("/resolved/attachments").and_then(Value::as_object);
    let attachments: Vec<_> = files.into_iter().flat_map(|all| all.values()).filter_map(attached).collect();
    let options = data["options"].as_array().into_iter().flatten();
    let option = options.filter(|option| option["type"] != ATTACHMENT).find_map(|option| option.get("value"));
    let said = option
        .map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned))
        .or_else(|| (!attachments.is_empty()).then(String::new))
        .or_else(|| text(&data["custom_id"]))
        .or_else(|| text(&data["name"]))?;
    Some(Incoming {
        channel: Channel::Discord,
        delivery: text(&body["id"])?,
        sender: text(&user["id"])?,
        name: text(&user["global_name"]).or_else(|| text(&user["username"]))?,
        to: Recipient {
            channel: Channel::Discord,
            place: text(&body["channel_id"])?,
            thread: Some(format!("{}/{}", text(&body["application_id"])?, text(&body["token"])?)),
        },
        attachments,
        text: said,
    })
}

pub(super) fn attached(file: &Value) -> Option<Attachment> {
    let media_type = file["content_type"].as_str().unwrap_or_default().to_owned();
    Some(Attachment {
        kind: AttachmentKind::of(&media_type),
        name: file["filename"].as_str().unwrap_or("file").to_owned(),
        media_type,
        size: file["size"].as_u64(),
        at: file["url"].as_str()?.to_owned(),
    })
}

pub(super) fn parts(text: &str) -> Vec<String> {
    parts::of(text, LONGEST)
}

/// Says that the answer to an interaction that came over the gateway comes later. Where that fails, it is written to the
/// channel.
pub(super) async fn wait(services: &Services, interaction: &Value) {
    let base = services.config.discord.trim_end_matches('/');
    let (Some(id), Some(token)) = (interaction["id"].as_str(), interaction["token"].as_str()) else { return };
    let url = format!("{base}/interactions/{id}/{token}/callback");
    let request = services.client.post(url).json(&json!({ "type": DEFERRED }));
    if let Err(error) = services.ask("Discord", request, WAITS).await {
        tracing::info!(%error, "an interaction could not be told to wait");
    }
}

/// Sends a part; the first takes the place of "thinking".
pub(super) async fn send(services: &Services, to: &Recipient, part: &str, first: bool) -> Result<()> {
    let base = services.config.discord.trim_end_matches('/');
    let body = json!({ "content": part, "allowed_mentions": { "parse": [] } });
    // That holds for a quarter of an hour.
    if let Some(interaction) = &to.thread {
        let url = format!("{base}/webhooks/{interaction}");
        let request = if first {
            services.client.patch(format!("{url}/messages/@original"))
        } else {
            services.client.post(url)
        };
        let (status, _) = services.ask("Discord", request.json(&body), PATIENCE).await?;
        if status.is_success() {
            return Ok(());
        }
    }
    let token = services.needed("DISCORD_BOT_TOKEN").await?;
    let request = services
        .client
        .post(format!("{base}/channels/{}/messages", to.place))
        .header("Authorization", format!("Bot {}", token.expose()))
        .json(&body);
    let (status, answer) = services.ask("Discord", request, PATIENCE).await?;
    if status.is_success() { Ok(()) } else { Err(refused(status, &answer)) }
}

fn refused(status: StatusCode, answer: &Value) -> Error {
    let why = answer.get("message").and_then(Value::as_str).unwrap_or_default();
    Error::invalid(format!("Discord refused it ({status}): {why}"))
}
