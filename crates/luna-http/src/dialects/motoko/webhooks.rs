//! Webhooks: doors for programs that tell Luna something. Who may come in is the core's affair.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use luna_core::ports::MailPush;
use luna_core::webhooks::Proof;
use luna_model::{self as core, ConversationId, Error, ErrorKind};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{Answer, Failed, Fault, Motoko, OK, Ok as Done, id, time};
use crate::App;
use crate::support::extract::{Body, Params};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(delete))
        .routes(routes!(toggle))
        .routes(routes!(trigger))
        .routes(routes!(gmail))
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Webhook {
    id: Uuid,
    name: String,
    secret: String,
    enabled: bool,
    target_conversation_id: Option<Uuid>,
    handler: String,
    last_triggered_at: Option<i64>,
    created_at: i64,
}

impl Webhook {
    fn new(w: core::Webhook) -> Self {
        Self {
            id: w.id.0,
            name: w.name,
            secret: w.secret,
            enabled: w.enabled,
            target_conversation_id: w.conversation.map(|c| c.0),
            handler: w.handler,
            last_triggered_at: w.triggered_at.map(time),
            created_at: time(w.created_at),
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = MotokoWebhooksNew)]
#[serde(rename_all = "camelCase")]
struct New {
    #[schema(required = true)]
    #[serde(default)]
    name: Option<String>,
    /// `default` or `answer`: Luna answers; `store`: it is only kept.
    #[serde(default)]
    handler: Option<String>,
    #[serde(default)]
    target_conversation_id: Option<String>,
}

/// The webhooks, with their secrets.
#[utoipa::path(get, path = "/api/webhooks", tag = "OpenMotoko", responses((status = 200, body = [Webhook])))]
async fn list(State(app): State<App>) -> Answer<Vec<Webhook>> {
    Ok(Json(app.luna.db().webhooks().await?.into_iter().map(Webhook::new).collect()))
}

/// Makes a webhook, with a secret.
#[utoipa::path(post, path = "/api/webhooks", tag = "OpenMotoko", request_body = New, responses(
    (status = 201, body = Webhook), (status = 400, body = Fault), (status = 404, body = Fault)))]
async fn create(
    State(app): State<App>,
    Body(q, _): Body<New, Motoko>,
) -> Result<(StatusCode, Json<Webhook>), Failed> {
    let conversation = q.target_conversation_id.as_deref().map(id::<ConversationId>).transpose()?;
    let made = app.luna.make_webhook(&q.name.unwrap_or_default(), q.handler, conversation).await?;
    Ok((StatusCode::CREATED, Json(Webhook::new(made))))
}

/// Deletes a webhook.
#[utoipa::path(delete, path = "/api/webhooks/{id}", tag = "OpenMotoko", params(("id" = String, Path)), responses(
    (status = 204), (status = 404, body = Fault)))]
async fn delete(State(app): State<App>, Path(text): Path<String>) -> Result<StatusCode, Failed> {
    app.luna.db().delete_webhook(id(&text)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Switches a webhook on or off.
#[utoipa::path(post, path = "/api/webhooks/{id}/toggle", tag = "OpenMotoko", params(("id" = String, Path)), responses(
    (status = 200, body = Webhook), (status = 404, body = Fault)))]
async fn toggle(State(app): State<App>, Path(text): Path<String>) -> Answer<Webhook> {
    Ok(Json(Webhook::new(app.luna.toggle_webhook(id(&text)?).await?)))
}

/// Tells Luna something. The secret is in `x-webhook-secret`, or the body is signed in `x-hub-signature-256`.
#[utoipa::path(post, path = "/api/webhooks/{id}/trigger", tag = "OpenMotoko", params(("id" = String, Path)), request_body = String,
    responses((status = 200, body = Done), (status = 401, body = Fault), (status = 403, body = Fault), (status = 404, body = Fault),
    (status = 409, body = Fault)))]
async fn trigger(
    State(app): State<App>,
    Path(text): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer<Done> {
    let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let proof = Proof {
        secret: header("x-webhook-secret"),
        signature: header("x-hub-signature-256").or_else(|| header("x-webhook-signature")),
    };
    if proof.secret.is_none() && proof.signature.is_none() {
        return Err(Error::new(ErrorKind::Unauthenticated, "the secret is missing: x-webhook-secret").into());
    }
    app.luna.trigger_webhook(id(&text)?, &proof, &body).await?;
    Ok(OK)
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Push {
    /// The secret, where one is agreed.
    token: Option<String>,
}

/// Takes what Gmail pushes over Pub/Sub: new letters come into a conversation.
#[utoipa::path(post, path = "/api/webhooks/gmail", tag = "OpenMotoko", params(Push), request_body = String, responses(
    (status = 200, body = Done), (status = 400, body = Fault), (status = 401, body = Fault), (status = 503, body = Fault)))]
async fn gmail(
    State(app): State<App>,
    Params(q, _): Params<Push, Motoko>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer<Done> {
    let authorization = headers.get("authorization").and_then(|v| v.to_str().ok()).map(str::to_owned);
    let push = MailPush { authorization, token: q.token, body: body.to_vec() };
    app.luna.take_mail_push(&push).await?;
    Ok(OK)
}
