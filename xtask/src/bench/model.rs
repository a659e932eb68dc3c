//! A model for measuring: speaks OpenAI's chat completions. To `STREAM <n> <per second>` it answers n tokens at that rate
//! (0 = at once), each with the time it was made; to anything else, "ok".

use std::{convert::Infallible, time::Duration};

use anyhow::Result;
use axum::{
    Json, Router,
    body::Body,
    http::header::CONTENT_TYPE,
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use futures::stream;
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    time::{Interval, interval},
};

use super::client;

/// Starts it; its port.
pub(super) async fn start() -> Result<u16> {
    let models =
        || async { Json(json!({"object": "list", "data": [{"id": "scripted", "object": "model"}]})) };
    let router = Router::new().route("/v1/chat/completions", post(complete)).route("/v1/models", get(models));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(port)
}

/// What to say to it.
pub(super) fn message(tokens: usize, per_second: u32) -> String {
    format!("STREAM {tokens} {per_second}")
}

/// The request that Luna would send, for the baseline without her.
pub(super) fn direct_request(port: u16, tokens: usize, per_second: u32) -> String {
    let content = message(tokens, per_second);
    let body =
        json!({"model": "scripted", "stream": true, "messages": [{"role": "user", "content": content}]})
            .to_string();
    format!(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

async fn complete(Json(request): Json<Value>) -> Response {
    let asked = last_user_text(&request);
    let mut words = asked.split_once("STREAM ").map_or("", |(_, rest)| rest).split_whitespace();
    let script =
        words.next().and_then(|n| n.parse().ok()).zip(words.next().and_then(|rate| rate.parse().ok()));
    if request["stream"] != json!(true) {
        let choice =
            json!({"index": 0, "message": {"role": "assistant", "content": "ok"}, "finish_reason": "stop"});
        return Json(
            json!({"id": "1", "object": "chat.completion", "model": "scripted", "choices": [choice]}),
        )
        .into_response();
    }
    let (tokens, rate): (usize, u32) = script.unwrap_or((0, 0));
    let answer = Answer {
        left: tokens,
        interval: (rate > 0).then(|| interval(Duration::from_secs(1) / rate)),
        plain: tokens == 0,
        ended: false,
    };
    let frames = stream::unfold(answer, |mut answer| async {
        answer.next().await.map(|f| (Ok::<_, Infallible>(f), answer))
    });
    ([(CONTENT_TYPE, "text/event-stream")], Body::from_stream(frames)).into_response()
}

fn last_user_text(request: &Value) -> String {
    let messages = request["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let last = messages.iter().rev().find(|message| message["role"] == "user");
    match last.map(|message| &message["content"]) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
        _ => String::new(),
    }
}

struct Answer {
    left: usize,
    interval: Option<Interval>,
    plain: bool,
    ended: bool,
}

impl Answer {
    async fn next(&mut self) -> Option<String> {
        if self.ended {
            return None;
        }
        if self.plain {
            self.plain = false;
            return Some(frame(&json!({"content": "ok"}), None));
        }
        if self.left > 0 {
            self.left -= 1;
            if let Some(interval) = &mut self.interval {
                interval.tick().await;
            }
            return Some(frame(&json!({"content": client::mark()}), None));
        }
        self.ended = true;
        Some(frame(&json!({}), Some("stop")) + "data: [DONE]\n\n")
    }
}

fn frame(delta: &Value, finish: Option<&str>) -> String {
    let choice = json!({"index": 0, "delta": delta, "finish_reason": finish});
    let chunk = json!({"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "scripted", "choices": [choice]});
    format!("data: {chunk}\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_streams_as_it_is_told() {
        let port = start().await.unwrap();
        let mut marks = client::Marks::open(port, &direct_request(port, 5, 0)).await.unwrap().keeping_text();
        assert_eq!(marks.read(5).await.unwrap().len(), 5);
        let text = marks.finish().await.unwrap();
        assert!(text.contains("\"finish_reason\":\"stop\"") && text.contains("[DONE]"), "{text}");
    }
}
