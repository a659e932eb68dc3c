//! Discord: interactions (a command, a button), answered at once with "wait" and then in full.

use luna_core::ports::{Delivery, Received};
use luna_model::{Channel, Error, Incoming, Recipient, Result};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{PATIENCE, Services, parts, signatures};

/// Longest message (Create Message).
const LONGEST: usize = 2000;
/// Kinds of interactions: a ping, a command, a component.
const PING: i64 = 1;
const COMMAND: i64 = 2;
const COMPONENT: i64 = 3;
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
                message(&body).ok_or_else(|| Error::invalid("this interaction has no user or channel"))?;
            Ok(Received { answer: answer(DEFERRED), incoming: vec![incoming], forward: vec![] })
        }
        _ => Ok(Received { answer: answer(DEFERRED), ..Received::default() }),
    }
}

fn message(body: &Value) -> Option<Incoming> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let user = body.pointer("/member/user").or_else(|| body.get("user"))?;
    let data = &body["data"];
    let option = data.pointer("/options/0/value");
    let said = option
        .map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned))
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
        text: said,
    })
}

pub(super) async fn send(services: &Services, to: &Recipient, text: &str) -> Result<()> {
    let base = services.config.discord.trim_end_matches('/');
    for (n, part) in parts::of(text, LONGEST).into_iter().enumerate() {
        let body = json!({ "content": part, "allowed_mentions": { "parse": [] } });
        // The first part takes the place of "thinking"; that holds for a quarter of an hour.
        if let Some(interaction) = &to.thread {
            let url = format!("{base}/webhooks/{interaction}");
            let request = if n == 0 {
                services.client.patch(format!("{url}/messages/@original"))
            } else {
                services.client.post(url)
            };
            let (status, _) = services.ask("Discord", request.json(&body), PATIENCE).await?;
            if status.is_success() {
                continue;
            }
        }
        let token = services.needed("DISCORD_BOT_TOKEN").await?;
        let request = services
            .client
            .post(format!("{base}/channels/{}/messages", to.place))
            .header("Authorization", format!("Bot {}", token.expose()))
            .json(&body);
        let (status, answer) = services.ask("Discord", request, PATIENCE).await?;
        if !status.is_success() {
            return Err(refused(status, &answer));
        }
    }
    Ok(())
}

fn refused(status: StatusCode, answer: &Value) -> Error {
    let why = answer.get("message").and_then(Value::as_str).unwrap_or_default();
    Error::invalid(format!("Discord refused it ({status}): {why}"))
}
