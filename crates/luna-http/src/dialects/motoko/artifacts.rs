//! Artifacts and their versions.

pub(super) mod wire;

use axum::Json;
use axum::extract::{Path, State};
use luna_core::artifacts::{ArtifactChange, NewArtifact};
use luna_model::{ArtifactId, ConversationId, Error};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Answer, Fault, Motoko, SUCCESS, Success, id};
use crate::App;
use crate::support::extract::{Body, Params};
use wire::{Artifact, Change, New, Of, Two, Version};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(one, change, delete))
        .routes(routes!(versions))
        .routes(routes!(version))
        .routes(routes!(restore))
        .routes(routes!(diff))
}

/// The artifacts of a conversation, last changed first.
#[utoipa::path(get, path = "/api/artifacts", tag = "OpenMotoko", params(Of), responses(
    (status = 200, body = [Artifact]), (status = 400, body = Fault)))]
async fn list(State(app): State<App>, Params(q, _): Params<Of, Motoko>) -> Answer<Vec<Artifact>> {
    let given = q.conversation_id.filter(|c| !c.is_empty());
    let given = given.ok_or_else(|| Error::invalid("conversationId is missing"))?;
    let Ok(conversation) = id::<ConversationId>(&given) else { return Ok(Json(vec![])) };
    let all = app.luna.db().artifacts(Some(conversation)).await?;
    Ok(Json(all.into_iter().map(Artifact::new).collect()))
}

/// Makes an artifact.
#[utoipa::path(post, path = "/api/artifacts", tag = "OpenMotoko", request_body = New, responses(
    (status = 200, body = Artifact), (status = 400, body = Fault), (status = 404, body = Fault)))]
async fn create(State(app): State<App>, Body(q, _): Body<New, Motoko>) -> Answer<Artifact> {
    let new = NewArtifact {
        conversation: id(&q.conversation_id)?,
        kind: wire::kind(&q.r#type)?,
        title: q.title,
        content: q.content,
        language: q.language,
    };
    Ok(Json(Artifact::new(app.luna.make_artifact(new).await?)))
}

/// An artifact as it is now.
#[utoipa::path(get, path = "/api/artifacts/{id}", tag = "OpenMotoko", params(("id" = String, Path)), responses(
    (status = 200, body = Artifact), (status = 404, body = Fault)))]
async fn one(State(app): State<App>, Path(text): Path<String>) -> Answer<Artifact> {
    Ok(Json(Artifact::new(app.luna.artifact(id(&text)?).await?)))
}

/// Changes an artifact: a version more.
#[utoipa::path(patch, path = "/api/artifacts/{id}", tag = "OpenMotoko", params(("id" = String, Path)), request_body = Change,
    responses((status = 200, body = Artifact), (status = 400, body = Fault), (status = 404, body = Fault)))]
async fn change(
    State(app): State<App>,
    Path(text): Path<String>,
    Body(q, _): Body<Change, Motoko>,
) -> Answer<Artifact> {
    let content = q.content.ok_or_else(|| Error::invalid("content is missing"))?;
    let kind = q.r#type.as_deref().map(wire::kind).transpose()?;
    let change = ArtifactChange { content: Some(content), title: q.title, kind, language: q.language };
    Ok(Json(Artifact::new(app.luna.change_artifact(id(&text)?, change).await?)))
}

/// Deletes an artifact. One that is not there is deleted already.
#[utoipa::path(delete, path = "/api/artifacts/{id}", tag = "OpenMotoko", params(("id" = String, Path)), responses(
    (status = 200, body = Success)))]
async fn delete(State(app): State<App>, Path(text): Path<String>) -> Answer<Success> {
    if let Ok(artifact) = id::<ArtifactId>(&text) {
        app.luna.db().delete_artifact(artifact).await?;
    }
    Ok(SUCCESS)
}

/// What an artifact was, newest first.
#[utoipa::path(get, path = "/api/artifacts/{id}/versions", tag = "OpenMotoko", params(("id" = String, Path)), responses(
    (status = 200, body = [Version])))]
async fn versions(State(app): State<App>, Path(text): Path<String>) -> Answer<Vec<Version>> {
    let Ok(artifact) = id::<ArtifactId>(&text) else { return Ok(Json(vec![])) };
    let all = app.luna.db().artifact_versions(artifact).await?;
    Ok(Json(all.into_iter().map(Version::new).collect()))
}

/// What an artifact was at a version.
#[utoipa::path(get, path = "/api/artifacts/{id}/versions/{version}", tag = "OpenMotoko",
    params(("id" = String, Path), ("version" = u32, Path)), responses((status = 200, body = Version), (status = 404, body = Fault)))]
async fn version(State(app): State<App>, Path((text, version)): Path<(String, String)>) -> Answer<Version> {
    let version = version.parse().map_err(|_| Error::not_found("there is no such version"))?;
    Ok(Json(Version::new(app.luna.artifact_version(id(&text)?, version).await?)))
}

/// Brings an artifact back to what it was at a version: as a new one.
#[utoipa::path(post, path = "/api/artifacts/{id}/versions/{version}/restore", tag = "OpenMotoko",
    params(("id" = String, Path), ("version" = u32, Path)), responses((status = 200, body = Artifact), (status = 404, body = Fault)))]
async fn restore(State(app): State<App>, Path((text, version)): Path<(String, String)>) -> Answer<Artifact> {
    let version = version.parse().map_err(|_| Error::not_found("there is no such version"))?;
    Ok(Json(Artifact::new(app.luna.restore_artifact(id(&text)?, version).await?)))
}

/// What differs between two versions, as a unified diff.
#[utoipa::path(get, path = "/api/artifacts/{id}/diff", tag = "OpenMotoko", params(("id" = String, Path), Two), responses(
    (status = 200, body = wire::Diff), (status = 400, body = Fault), (status = 404, body = Fault)))]
async fn diff(
    State(app): State<App>,
    Path(text): Path<String>,
    Params(q, _): Params<Two, Motoko>,
) -> Answer<wire::Diff> {
    Ok(Json(wire::Diff { diff: app.luna.diff_artifact(id(&text)?, q.from, q.to).await? }))
}
