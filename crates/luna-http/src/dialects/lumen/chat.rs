//! Chat in sessions: what was said, what was run, what wants a yes; and what a session remembers.

mod wire;

use axum::Json;
use axum::extract::{Path, State};
use luna_core::sessions::Exchanged;
use luna_model::{ActionId, Confirmation};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Answer, Failed, Fault, Lumen};
use crate::App;
use crate::support::extract::Body;
use wire::{Approve, Cleared, MemoryStatus, Said, Say};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(chat))
        .routes(routes!(approve))
        .routes(routes!(memory))
        .routes(routes!(clear))
}

/// Says something in a session. The answer is of type `response`, `code`, `terminal` or `approval_required`.
#[utoipa::path(post, path = "/api/chat", tag = "Lumen", request_body = Say, responses(
    (status = 200, body = Said), (status = 400, body = Fault), (status = 502, body = Fault)))]
async fn chat(State(app): State<App>, Body(say, _): Body<Say, Lumen>) -> Answer<Said> {
    let (session, message, approve) = say.into_core()?;
    let exchanged = app.luna.exchange(&session, &message, approve).await?;
    answer(&app, session, exchanged).await
}

/// Answers an `approval_required` response: the command is run, or dropped. Each can be answered once.
#[utoipa::path(post, path = "/api/chat/approve", tag = "Lumen", request_body = Approve, responses(
    (status = 200, body = Said), (status = 400, body = Fault), (status = 404, body = Fault)))]
async fn approve(State(app): State<App>, Body(q, _): Body<Approve, Lumen>) -> Answer<Said> {
    let id =
        q.approval_id.ok_or(Failed::Missing { parameter: "approvalId", say: "approvalId is required" })?;
    let exchanged = app.luna.exchange_on(ActionId(id), q.approved).await?;
    let session = match &exchanged {
        Exchanged::Over(talk) => app.luna.session_of(talk.turn.conversation).await?,
        _ => None,
    };
    answer(&app, session.unwrap_or_default(), exchanged).await
}

async fn answer(app: &App, session: String, exchanged: Exchanged) -> Answer<Said> {
    let status = async |session: &str| match app.luna.session(session).await {
        Ok(memory) => Some(MemoryStatus::brief(memory)),
        Err(_) => None,
    };
    Ok(Json(match exchanged {
        Exchanged::Asked(question) => Said::asked(session, &question, command_of(&question)),
        Exchanged::Worked { agent, value } => {
            let memory = status(&session).await;
            Said::worked(session, agent, value, memory)
        }
        Exchanged::Over(talk) => {
            let memory = status(&session).await;
            let command = talk.last_call("run_command").cloned();
            let outcome = command.as_ref().and_then(|c| app.luna.outcome_of(c.action?));
            match command {
                Some(command) => Said::ran(session, &talk.told.said, &command, outcome, memory),
                None => Said::answered(session, &talk.told.said, memory),
            }
        }
    }))
}

/// The command that a question is about; for other deeds, what they are in words.
fn command_of(question: &Confirmation) -> String {
    let command = question.action.input.get("command").and_then(|c| c.as_str());
    command.map_or_else(|| question.summary.clone(), str::to_owned)
}

/// What a session remembers.
#[utoipa::path(get, path = "/api/memory/{session}", tag = "Lumen", params(("session" = String, Path)), responses(
    (status = 200, body = MemoryStatus), (status = 404, body = Fault)))]
async fn memory(State(app): State<App>, Path(session): Path<String>) -> Answer<MemoryStatus> {
    Ok(Json(MemoryStatus::whole(app.luna.session(&session).await?)))
}

/// Forgets a session. One that is not there is forgotten already.
#[utoipa::path(delete, path = "/api/session/{session}", tag = "Lumen", params(("session" = String, Path)), responses(
    (status = 200, body = Cleared)))]
async fn clear(State(app): State<App>, Path(session): Path<String>) -> Answer<Cleared> {
    match app.luna.forget_session(&session).await {
        Err(error) if error.kind != luna_model::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(Json(Cleared { status: "cleared" })),
    }
}
