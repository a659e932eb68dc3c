//! `/api/ws`: what goes on, as it does. A view of the bus: everything to everybody, nothing is read from the client. One that
//! does not read misses the oldest events; nothing grows for it.

use std::collections::HashMap;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use luna_model::{ChildState, ConversationId, Event, MessageId, RunOutcome, TurnId};
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;

use super::artifacts::wire::type_name;
use super::{door, time};
use crate::App;
use crate::business::Visit;

/// Asks whether the client is still there.
const PING: Duration = Duration::from_secs(30);
/// How long a client may take no bytes before it is let go.
const STALLED: Duration = Duration::from_secs(60);
/// "Unauthorized", by the document.
const UNAUTHORIZED: u16 = 4001;
/// Turns whose conversation is remembered.
const TURNS: usize = 1_000;

pub(super) async fn connect(
    State(app): State<App>,
    headers: HeaderMap,
    uri: Uri,
    visit: Option<Extension<Visit>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let admitted = door::admits(&app, &headers, uri.query());
    upgrade.on_upgrade(async move |mut socket| match admitted {
        Ok(()) => {
            let _held = visit;
            Live { app, turns: HashMap::new() }.tell(socket).await;
        }
        Err(_) => {
            let frame = CloseFrame { code: UNAUTHORIZED, reason: "Unauthorized".into() };
            let _ = socket.send(Message::Close(Some(frame))).await;
        }
    })
}

struct Live {
    app: App,
    /// The conversation of each turn that goes on.
    turns: HashMap<TurnId, ConversationId>,
}

impl Live {
    async fn tell(mut self, mut socket: WebSocket) {
        let mut events = self.app.luna.bus().watch();
        let stopping = self.app.luna.stopping().clone();
        let mut ping = tokio::time::interval(PING);
        loop {
            let message = tokio::select! {
                event = events.recv() => match event {
                    Ok(event) => match self.frame(&event).await {
                        Some(frame) => Message::Text(frame.to_string().into()),
                        None => continue,
                    },
                    Err(RecvError::Lagged(_)) => continue,
                    Err(RecvError::Closed) => return,
                },
                _ = ping.tick() => Message::Ping(vec![].into()),
                heard = socket.recv() => match heard {
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                    Some(Ok(_)) => continue,
                },
                () = stopping.cancelled() => return,
            };
            if !matches!(tokio::time::timeout(STALLED, socket.send(message)).await, Ok(Ok(()))) {
                return;
            }
        }
    }

    /// An event in this API's words, with a time.
    async fn frame(&mut self, event: &Event) -> Option<Value> {
        let mut frame = self.words(event).await?;
        frame.as_object_mut()?.insert("timestamp".into(), time(self.app.luna.clock().now()).into());
        Some(frame)
    }

    async fn words(&mut self, event: &Event) -> Option<Value> {
        Some(match event {
            Event::TurnStarted { conversation, turn, message, .. } => {
                if self.turns.len() >= TURNS {
                    self.turns.clear();
                }
                self.turns.insert(*turn, *conversation);
                self.said("message:received", *conversation, "user", *message).await
            }
            Event::TurnEnded { conversation, turn, message, .. } => {
                self.turns.remove(turn);
                self.said("message:sent", *conversation, "assistant", *message).await
            }
            Event::TurnFailed { turn, .. } => {
                self.turns.remove(turn);
                return None;
            }
            Event::Token { turn, text } => {
                json!({ "type": "llm:stream", "conversationId": self.of(*turn)?, "chunk": text })
            }
            Event::ToolStarted { turn, call, .. } => {
                json!({ "type": "tool:called", "conversationId": self.of(*turn)?, "toolName": call.name, "args": call.input })
            }
            Event::ToolEnded { turn, result, .. } => {
                json!({ "type": "tool:result", "conversationId": self.of(*turn)?, "toolName": result.name, "result": result.content })
            }
            Event::Spent { conversation, provider, model, usage, cost } => json!({
                "type": "cost:updated", "conversationId": conversation.map(|c| c.0), "provider": provider, "model": model,
                "cost": cost, "tokens": usage.input_tokens + usage.output_tokens,
            }),
            Event::Notice { about: Some(about), .. } if about.get("budget").is_some() => {
                let (limit, percent) = (about["budget"].as_str()?, about["percent"].as_u64()?);
                json!({
                    "type": "cost:updated", "conversationId": null, "provider": "budget", "model": format!("{limit}:{percent}%"),
                    "cost": percent,
                })
            }
            Event::ArtifactChanged { artifact: a } => {
                let r#type = if a.version == 1 { "artifact:created" } else { "artifact:updated" };
                json!({
                    "type": r#type, "artifactId": a.id.0, "conversationId": a.conversation.0, "title": a.title,
                    "artifactType": type_name(a.kind), "version": a.version,
                })
            }
            Event::JobRan { name, job_run: run } => {
                let (r#type, more) = match (run.ended_at, run.outcome) {
                    (None, _) => ("scheduler:started", json!({})),
                    (_, RunOutcome::Done) => ("scheduler:completed", json!({ "duration": run.took_ms })),
                    _ => ("scheduler:failed", json!({ "error": run.output })),
                };
                let base = json!({ "type": r#type, "taskId": run.job.0, "taskName": name });
                merged(base, [more])
            }
            Event::ChildChanged { child: c } => {
                let base = json!({ "agentId": c.id.0, "parentId": c.parent.map(|p| p.0), "name": c.name });
                let (r#type, more) = match c.state {
                    ChildState::Running => ("agent:spawned", json!({ "model": c.model })),
                    ChildState::Waiting => return None,
                    ChildState::Completed | ChildState::Failed => {
                        let took = c.ended_at.map(|at| time(at) - time(c.created_at));
                        let r#type =
                            if c.state == ChildState::Completed { "agent:completed" } else { "agent:failed" };
                        (r#type, json!({ "output": c.output, "durationMs": took }))
                    }
                };
                merged(json!({ "type": r#type }), [base, more])
            }
            Event::ConfirmationAsked { confirmation: c } => json!({
                "type": "intent:created", "intentId": c.action.id.0, "summary": c.summary, "requiresApproval": true,
            }),
            Event::ConfirmationSettled { action, outcome } => {
                json!({ "type": "intent:resolved", "intentId": action.0, "status": outcome })
            }
            Event::SettingsChanged { .. } => json!({ "type": "config:changed" }),
            _ => return None,
        })
    }

    fn of(&self, turn: TurnId) -> Option<uuid::Uuid> {
        self.turns.get(&turn).map(|c| c.0)
    }

    async fn said(
        &self,
        r#type: &str,
        conversation: ConversationId,
        role: &str,
        message: MessageId,
    ) -> Value {
        let content = self.app.luna.db().message(message).await.ok().flatten().map(|m| m.content);
        json!({ "type": r#type, "conversationId": conversation.0, "role": role, "content": content.unwrap_or_default() })
    }
}

/// One object of several.
fn merged(mut all: Value, parts: impl IntoIterator<Item = Value>) -> Value {
    for part in parts {
        if let (Some(all), Value::Object(part)) = (all.as_object_mut(), part) {
            all.extend(part);
        }
    }
    all
}
