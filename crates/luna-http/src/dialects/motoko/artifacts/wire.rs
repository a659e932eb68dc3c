//! The words of artifacts.

use luna_model::{self as core, ArtifactKind, Error, Result};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::super::time;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct Of {
    /// Whose.
    #[param(required = true)]
    pub(super) conversation_id: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Two {
    pub(super) from: u32,
    pub(super) to: u32,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Diff {
    pub(super) diff: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = MotokoArtifactsNew)]
#[serde(rename_all = "camelCase")]
pub(super) struct New {
    pub(super) conversation_id: String,
    /// `code`, `markdown`, `html`, `mermaid` or `text`.
    pub(super) r#type: String,
    pub(super) title: String,
    pub(super) content: String,
    #[serde(default)]
    pub(super) language: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct Change {
    #[schema(required = true)]
    #[serde(default)]
    pub(super) content: Option<String>,
    #[serde(default)]
    pub(super) title: Option<String>,
    #[serde(default)]
    pub(super) r#type: Option<String>,
    #[serde(default)]
    pub(super) language: Option<String>,
}

pub(super) fn kind(name: &str) -> Result<ArtifactKind> {
    serde_json::from_value(name.into())
        .map_err(|_| Error::invalid("type is code, markdown, html, mermaid or text"))
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Artifact {
    id: Uuid,
    conversation_id: Uuid,
    r#type: &'static str,
    title: String,
    content: String,
    language: Option<String>,
    version: u32,
    created_at: i64,
    updated_at: i64,
}

pub(in super::super) const fn type_name(kind: ArtifactKind) -> &'static str {
    match kind {
        ArtifactKind::Code => "code",
        ArtifactKind::Markdown => "markdown",
        ArtifactKind::Html => "html",
        ArtifactKind::Mermaid => "mermaid",
        ArtifactKind::Text => "text",
    }
}

impl Artifact {
    pub(super) fn new(a: core::Artifact) -> Self {
        Self {
            id: a.id.0,
            conversation_id: a.conversation.0,
            r#type: type_name(a.kind),
            title: a.title,
            content: a.content,
            language: a.language,
            version: a.version,
            created_at: time(a.created_at),
            updated_at: time(a.updated_at),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Version {
    id: Uuid,
    artifact_id: Uuid,
    version: u32,
    content: String,
    created_at: i64,
}

impl Version {
    pub(super) fn new(v: core::ArtifactVersion) -> Self {
        Self {
            id: v.id.0,
            artifact_id: v.artifact.0,
            version: v.version,
            content: v.content,
            created_at: time(v.created_at),
        }
    }
}
