//! Chat: the stream of a turn, its confirmations, conversations, and messages Luna begins by herself.

mod wire;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Json, routing::post};
use luna_core::ChatRequest;
use luna_model::{ActionId, Answer as Yes, ChatMode, ConversationId, Error, MessageId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Answer, Detail, Dialect, Failed};
use crate::App;
use crate::support::extract::{Body, Id, Params};
use crate::support::stream::{ServerSentEvent, sse};
use wire::{Confirm, Confirmed, Conversation, Message, Page, Proactive, Say, frame};

/// Messages read from the database at a time.
const PAGE: u32 = 500;
/// Conversations listed when no limit is asked for.
const ALL: u32 = 100_000;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(stream))
        .route("/api/chat/stream", post(stream_body))
        .routes(routes!(confirm))
        .route("/api/chat/confirm/{request_id}", post(confirm_path))
        .routes(routes!(conversations))
        .routes(routes!(messages))
        .routes(routes!(delete))
        .routes(routes!(proactive))
}

/// Says something to Luna and streams her answer as Server-Sent Events: `metadata`, `token`, `command`, `confirmation`,
/// then `done` or `error`. Closing the connection stops her; what she said so far is kept. `POST` takes the same as JSON.
#[utoipa::path(get, path = "/api/chat/stream", tag = "Luna: chat", params(Say), responses(
    (status = 200, content_type = "text/event-stream", body = ServerSentEvent),
    (status = 400, body = Detail), (status = 404, body = Detail), (status = 409, body = Detail)))]
async fn stream(State(app): State<App>, Params(say, _): Params<Say, Dialect>) -> Result<Response, Failed> {
    answer(&app, say).await
}

async fn stream_body(State(app): State<App>, Body(say, _): Body<Say, Dialect>) -> Result<Response, Failed> {
    answer(&app, say).await
}

async fn answer(app: &App, say: Say) -> Result<Response, Failed> {
    let turn = app.luna.chat(say.into_core()?).await?;
    Ok(sse(turn, frame))
}

/// Answers a `confirmation` event. Each question can be answered once.
#[utoipa::path(post, path = "/api/chat/confirm", tag = "Luna: chat", request_body = Confirm, responses(
    (status = 200, body = Confirmed), (status = 400, body = Detail), (status = 404, body = Detail)))]
async fn confirm(State(app): State<App>, Body(q, _): Body<Confirm, Dialect>) -> Answer<Confirmed> {
    let id = q.request_id.ok_or_else(|| Error::invalid("request_id is missing"))?;
    settle(&app, ActionId(id), q.approved)
}

async fn confirm_path(
    State(app): State<App>,
    Id(id, _): Id<ActionId, Dialect>,
    Body(q, _): Body<Confirm, Dialect>,
) -> Answer<Confirmed> {
    settle(&app, id, q.approved)
}

fn settle(app: &App, id: ActionId, approved: bool) -> Answer<Confirmed> {
    app.luna.gate().answer(id, if approved { Yes::Once } else { Yes::No })?;
    Ok(Json(Confirmed { ok: true, request_id: id.0, approved }))
}

/// All conversations, last used first.
#[utoipa::path(get, path = "/api/chat/conversations", tag = "Luna: chat", params(Page), responses(
    (status = 200, body = [Conversation]), (status = 400, body = Detail)))]
async fn conversations(
    State(app): State<App>,
    Params(page, _): Params<Page, Dialect>,
) -> Answer<Vec<Conversation>> {
    let found = app.luna.conversations(page.limit.unwrap_or(ALL).clamp(1, ALL), None).await?;
    Ok(Json(found.into_iter().map(Conversation::from_core).collect()))
}

/// All messages of a conversation, oldest first; with `limit`, the last ones, with `before`, those before a message.
#[utoipa::path(get, path = "/api/chat/conversations/{id}/messages", tag = "Luna: chat", params(("id" = uuid::Uuid, Path), Page), responses(
    (status = 200, body = [Message]), (status = 400, body = Detail), (status = 404, body = Detail)))]
async fn messages(
    State(app): State<App>,
    Id(id, _): Id<ConversationId, Dialect>,
    Params(page, _): Params<Page, Dialect>,
) -> Answer<Vec<Message>> {
    let mut before = page.before.map(MessageId);
    let mut left = page.limit.unwrap_or(u32::MAX);
    let mut pages = vec![];
    while left > 0 {
        let found = app.luna.messages(id, left.min(PAGE), before).await?;
        let count = u32::try_from(found.len()).unwrap_or(u32::MAX);
        before = found.first().map(|m| m.id);
        let last = count < left.min(PAGE);
        pages.push(found);
        left -= count.min(left);
        if last {
            break;
        }
    }
    Ok(Json(pages.into_iter().rev().flatten().map(Message::from_core).collect()))
}

/// Deletes a conversation and all its messages for good.
#[utoipa::path(delete, path = "/api/chat/conversations/{id}", tag = "Luna: chat", params(("id" = uuid::Uuid, Path)), responses(
    (status = 204), (status = 400, body = Detail), (status = 404, body = Detail)))]
async fn delete(
    State(app): State<App>,
    Id(id, _): Id<ConversationId, Dialect>,
) -> Result<StatusCode, Failed> {
    app.luna.delete_conversation(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The oldest waiting message that Luna begins by herself, and takes it from the queue.
#[utoipa::path(get, path = "/api/chat/proactive", tag = "Luna: chat", responses((status = 200, body = Proactive)))]
async fn proactive(State(app): State<App>) -> Answer<Proactive> {
    Ok(Json(Proactive { message: app.luna.take_proactive().await? }))
}

impl Say {
    /// The core's request.
    fn into_core(self) -> Result<ChatRequest, Error> {
        let conversation = self.conversation_id.as_deref().filter(|id| !id.is_empty());
        let conversation = conversation
            .map(|id| id.parse::<ConversationId>().map_err(|_| Error::invalid("conversation_id is no UUID")))
            .transpose()?;
        let mode = match self.mode.as_deref() {
            None | Some("" | "chat") => ChatMode::Chat,
            Some("voice") => ChatMode::Voice,
            Some(other) => return Err(Error::invalid(format!("mode is chat or voice, not {other:?}"))),
        };
        let message = self.message.ok_or_else(|| Error::invalid("message is missing"))?;
        Ok(ChatRequest { conversation, message, mode, ..ChatRequest::default() })
    }
}
