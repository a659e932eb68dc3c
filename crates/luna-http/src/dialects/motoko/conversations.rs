//! Conversations and their messages.

mod wire;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use luna_core::costs::is_over_budget;
use luna_core::{ChatRequest, Talk};
use luna_model::{ConversationId, Error, ErrorKind};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Answer, Failed, Fault, Motoko, id};
use crate::App;
use crate::support::extract::Body;
use wire::{Answered, Conversation, New, Say, Whole};

/// Conversations that are listed, and messages that are shown.
const ALL: u32 = 100_000;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(whole)).routes(routes!(say))
}

/// All conversations, last used first.
#[utoipa::path(get, path = "/api/conversations", tag = "OpenMotoko", responses((status = 200, body = [Conversation])))]
async fn list(State(app): State<App>) -> Answer<Vec<Conversation>> {
    let mut all = vec![];
    for conversation in app.luna.conversations(ALL, None).await? {
        let traits = app.luna.traits(conversation.id).await?;
        all.push(Conversation::new(conversation, traits));
    }
    Ok(Json(all))
}

/// Begins a conversation.
#[utoipa::path(post, path = "/api/conversations", tag = "OpenMotoko", request_body = New, responses(
    (status = 201, body = Conversation), (status = 400, body = Fault)))]
async fn create(
    State(app): State<App>,
    Body(new, _): Body<New, Motoko>,
) -> Result<(StatusCode, Json<Conversation>), Failed> {
    let (title, traits) = new.into_core();
    let made = app.luna.begin_conversation(&title, traits.clone()).await?;
    Ok((StatusCode::CREATED, Json(Conversation::new(made, traits))))
}

/// A conversation with its messages, oldest first.
#[utoipa::path(get, path = "/api/conversations/{id}", tag = "OpenMotoko", params(("id" = String, Path)), responses(
    (status = 200, body = Whole), (status = 404, body = Fault)))]
async fn whole(State(app): State<App>, Path(text): Path<String>) -> Answer<Whole> {
    let id: ConversationId = id(&text)?;
    let conversation = app.luna.conversation(id).await?;
    let traits = app.luna.traits(id).await?;
    let messages = app.luna.messages(id, ALL, None).await?;
    Ok(Json(Whole::new(Conversation::new(conversation, traits), messages)))
}

/// Says something and waits for the answer. What happens meanwhile is on `/api/ws`.
#[utoipa::path(post, path = "/api/conversations/{id}/messages", tag = "OpenMotoko", params(("id" = String, Path)), request_body = Say,
    responses((status = 200, body = Answered), (status = 400, body = Fault), (status = 402, body = Fault), (status = 404, body = Fault),
    (status = 502, body = Fault)))]
async fn say(
    State(app): State<App>,
    Path(text): Path<String>,
    Body(say, _): Body<Say, Motoko>,
) -> Answer<Answered> {
    let conversation: ConversationId = id(&text)?;
    app.luna.conversation(conversation).await?;
    let message =
        say.content.filter(|c| !c.trim().is_empty()).ok_or_else(|| Error::invalid("content is missing"))?;
    let model = say.model.filter(|m| !m.trim().is_empty());
    let request = ChatRequest { conversation: Some(conversation), message, model, ..ChatRequest::default() };
    let turn = app.luna.chat(request).await?;
    let model = turn.model.clone();
    let told = Talk::new(app.luna.clone(), turn).to_the_end().await.map_err(failed)?;
    let usage = told.usage.unwrap_or_default();
    let cost = app.luna.llm().price(model.provider, &model.name).map_or(0.0, |p| p.of(usage));
    Ok(Json(Answered::new(conversation, told, &model, usage, cost)))
}

/// How a turn that began went wrong: the budget, or the model.
fn failed(error: Error) -> Failed {
    if is_over_budget(&error) {
        return Failed::coded(error, StatusCode::PAYMENT_REQUIRED, "BUDGET_EXCEEDED");
    }
    match error.kind {
        ErrorKind::Unavailable
        | ErrorKind::LimitReached
        | ErrorKind::Unauthenticated
        | ErrorKind::Invalid
        | ErrorKind::Forbidden => Failed::coded(error, StatusCode::BAD_GATEWAY, "LLM_ERROR"),
        _ => error.into(),
    }
}
