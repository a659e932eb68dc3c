//! Slack: events of the Events API, and messages sent.

use luna_core::ports::{Delivery, Received};
use luna_model::{Attachment, AttachmentKind, Channel, Error, Incoming, Recipient, Result, Secret};
use serde_json::{Value, json};

use super::markup::by_lines;
use super::{PATIENCE, Services, parts, signatures};

/// Longest text that Slack shows whole (chat.postMessage).
const LONGEST: usize = 4000;

pub(super) fn read(secret: &Secret, delivery: &Delivery) -> Result<Received> {
    let at = delivery.header("x-slack-request-timestamp").unwrap_or_default();
    let given = delivery.header("x-slack-signature").unwrap_or_default();
    let hex = given.strip_prefix("v0=").unwrap_or_default();
    signatures::hmac_sha256(secret, &[b"v0:", at.as_bytes(), b":", &delivery.body], hex)?;
    signatures::fresh(at, delivery.at)?;
    let body: Value = serde_json::from_slice(&delivery.body)
        .map_err(|e| Error::invalid(format!("this is no event: {e}")))?;
    if body["type"] == "url_verification" {
        return Ok(Received { answer: json!({ "challenge": body["challenge"] }), ..Received::default() });
    }
    Ok(Received {
        answer: json!({ "ok": true }),
        incoming: message(&body).into_iter().collect(),
        forward: vec![],
    })
}

/// The message in an event, if a person wrote one.
pub(super) fn message(body: &Value) -> Option<Incoming> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let event = body.get("event")?;
    let kind = event["type"].as_str()?;
    let plain = event.get("subtype").is_none_or(|subtype| subtype == "file_share");
    let by_person = event.get("bot_id").is_none() && plain;
    if !matches!(kind, "message" | "app_mention") || !by_person {
        return None;
    }
    let said = text(&event["text"]).unwrap_or_default();
    // "<@U123> hello": whom it is said to is clear.
    let said = said
        .trim_start()
        .strip_prefix("<@")
        .and_then(|s| s.split_once('>'))
        .map_or(said.as_str(), |(_, rest)| rest);
    let (channel, at) = (text(&event["channel"])?, text(&event["ts"])?);
    let thread = text(&event["thread_ts"]).or_else(|| (kind == "app_mention").then(|| at.clone()));
    let team = body["team_id"].as_str().unwrap_or_default();
    let said = said.trim();
    let files = event["files"].as_array().into_iter().flatten();
    let attachments: Vec<_> = files.filter_map(attached).collect();
    if said.is_empty() && attachments.is_empty() {
        return None;
    }
    Some(Incoming {
        channel: Channel::Slack,
        // A mention comes as a message too, under another event id but with the same time.
        delivery: format!("{channel}/{at}"),
        sender: format!("{team}/{}", text(&event["user"])?),
        name: text(&event["user"])?,
        to: Recipient { channel: Channel::Slack, place: channel, thread },
        text: said.to_owned(),
        attachments,
    })
}

fn attached(file: &Value) -> Option<Attachment> {
    let media_type = file["mimetype"].as_str().unwrap_or_default().to_owned();
    Some(Attachment {
        kind: AttachmentKind::of(&media_type),
        name: file["name"].as_str().unwrap_or("file").to_owned(),
        media_type,
        size: file["size"].as_u64(),
        at: file["url_private_download"].as_str().or_else(|| file["url_private"].as_str())?.to_owned(),
    })
}

pub(super) fn parts(text: &str) -> Vec<String> {
    parts::of(&markup(text), LONGEST)
}

pub(super) async fn send(services: &Services, to: &Recipient, part: &str) -> Result<()> {
    let token = services.needed("SLACK_BOT_TOKEN").await?;
    let mut body = json!({ "channel": to.place, "text": part, "mrkdwn": true });
    if let Some(thread) = &to.thread {
        body["thread_ts"] = thread.clone().into();
    }
    let url = format!("{}/chat.postMessage", services.config.slack.trim_end_matches('/'));
    let request = services.client.post(url).bearer_auth(token.expose()).json(&body);
    let (status, answer) = services.ask("Slack", request, PATIENCE).await?;
    if answer["ok"] == true {
        return Ok(());
    }
    let why = answer["error"].as_str().unwrap_or_default();
    Err(match why {
        "ratelimited" | "internal_error" | "fatal_error" => {
            Error::unavailable(format!("Slack cannot take it now: {why}"))
        }
        _ => Error::invalid(format!("Slack refused it ({status}): {why}")),
    })
}

/// Markdown in Slack's own way: `*bold*`, `_italic_`, `<address|text>`, and no headings.
fn markup(text: &str) -> String {
    by_lines(text, |line| links(&escaped(line)), escaped)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// `[text](address)` as `<address|text>`.
fn links(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find('[') {
        let found = rest[at..].split_once("](").and_then(|(inside, after)| {
            let (url, after) = after.split_once(')')?;
            let plain =
                !inside[1..].contains('[') && url.starts_with("http") && !url.contains(char::is_whitespace);
            plain.then(|| (inside[1..].to_owned(), url.to_owned(), after))
        });
        let Some((inside, url, after)) = found else {
            out.push_str(&rest[..=at]);
            rest = &rest[at + 1..];
            continue;
        };
        out.push_str(&rest[..at]);
        out.push_str(&format!("<{url}|{inside}>"));
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_becomes_slacks_own() {
        assert_eq!(
            markup("# Plan\n**Now** see [docs](https://a.b/c)\n- one"),
            "*Plan*\n*Now* see <https://a.b/c|docs>\n• one"
        );
        assert_eq!(markup("1 < 2 & [x]\n```rust\na < b\n```"), "1 &lt; 2 &amp; [x]\n```\na &lt; b\n```");
    }
}
