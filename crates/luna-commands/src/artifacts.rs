//! Artifacts: what they are, what they were, and going back.

use luna_core::artifacts::ArtifactChange;
use luna_model::{
    Artifact, ArtifactId, ArtifactKind, ArtifactVersion, ConversationId, Error, Result, Timestamp,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::table::{Context, Done, Register};

#[derive(Debug, Deserialize, TS)]
struct ListArtifacts {
    /// None = of all conversations.
    conversation: Option<ConversationId>,
}

/// An artifact without what it holds.
#[derive(Debug, Serialize, TS)]
struct ArtifactItem {
    id: ArtifactId,
    conversation: ConversationId,
    kind: ArtifactKind,
    title: String,
    language: Option<String>,
    version: u32,
    updated_at: Timestamp,
}

async fn list(cx: Context, q: ListArtifacts) -> Result<Vec<ArtifactItem>> {
    let item = |a: Artifact| ArtifactItem {
        id: a.id,
        conversation: a.conversation,
        kind: a.kind,
        title: a.title,
        language: a.language,
        version: a.version,
        updated_at: a.updated_at,
    };
    Ok(cx.luna.db().artifacts(q.conversation).await?.into_iter().map(item).collect())
}

#[derive(Debug, Deserialize, TS)]
struct OneArtifact {
    artifact: ArtifactId,
}

async fn get(cx: Context, q: OneArtifact) -> Result<Artifact> {
    cx.luna.artifact(q.artifact).await
}

async fn versions(cx: Context, q: OneArtifact) -> Result<Vec<ArtifactVersion>> {
    cx.luna.db().artifact_versions(q.artifact).await
}

#[derive(Debug, Deserialize, TS)]
struct DiffArtifact {
    artifact: ArtifactId,
    from: u32,
    to: u32,
}

/// What two versions do not have in common.
#[derive(Debug, Serialize, TS)]
struct ArtifactDiff {
    /// Unified; empty when they are the same.
    diff: String,
}

async fn diff(cx: Context, q: DiffArtifact) -> Result<ArtifactDiff> {
    Ok(ArtifactDiff { diff: cx.luna.diff_artifact(q.artifact, q.from, q.to).await? })
}

#[derive(Debug, Deserialize, TS)]
struct RestoreArtifact {
    artifact: ArtifactId,
    version: u32,
}

async fn restore(cx: Context, q: RestoreArtifact) -> Result<Artifact> {
    cx.luna.restore_artifact(q.artifact, q.version).await
}

#[derive(Debug, Deserialize, TS)]
struct RenameArtifact {
    artifact: ArtifactId,
    title: String,
}

async fn rename(cx: Context, q: RenameArtifact) -> Result<Artifact> {
    let change = ArtifactChange { title: Some(q.title), ..ArtifactChange::default() };
    cx.luna.change_artifact(q.artifact, change).await
}

async fn delete(cx: Context, q: OneArtifact) -> Result<Done> {
    match cx.luna.db().delete_artifact(q.artifact).await? {
        true => Ok(Done {}),
        false => Err(Error::not_found("there is no such artifact")),
    }
}

pub(crate) fn register(r: &mut Register) {
    r.reply("artifacts.list", list);
    r.reply("artifacts.get", get);
    r.reply("artifacts.versions", versions);
    r.reply("artifacts.diff", diff);
    r.reply("artifacts.restore", restore);
    r.reply("artifacts.rename", rename);
    r.reply("artifacts.delete", delete);
}
