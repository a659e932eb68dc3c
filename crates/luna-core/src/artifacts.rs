//! Artifacts: things made in a conversation that are looked at beside it. Each change is a version; none is ever lost.

use luna_model::{Artifact, ArtifactId, ArtifactKind, ArtifactVersion, ConversationId, Error, Event, Result};

use crate::Luna;

/// Longest content, in bytes.
const LONGEST: usize = 1 << 20;

/// What an artifact is made of.
#[derive(Clone, Debug)]
pub struct NewArtifact {
    /// The conversation it is made in.
    pub conversation: ConversationId,
    /// What it is.
    pub kind: ArtifactKind,
    /// What it is called.
    pub title: String,
    /// What it holds.
    pub content: String,
    /// The programming language, of code.
    pub language: Option<String>,
}

/// What is changed of an artifact.
#[derive(Clone, Debug, Default)]
pub struct ArtifactChange {
    /// What it holds from now on.
    pub content: Option<String>,
    /// What it is called from now on.
    pub title: Option<String>,
    /// What it is from now on.
    pub kind: Option<ArtifactKind>,
    /// Its language from now on.
    pub language: Option<String>,
}

impl Luna {
    /// Makes an artifact.
    ///
    /// # Errors
    /// `Invalid` without a title or with too much content, `NotFound` when the conversation is gone.
    pub async fn make_artifact(&self, new: NewArtifact) -> Result<Artifact> {
        check(&new.title, &new.content)?;
        let now = self.clock().now();
        let artifact = Artifact {
            id: ArtifactId::new(),
            conversation: new.conversation,
            kind: new.kind,
            title: new.title.trim().to_owned(),
            content: new.content,
            language: new.language.filter(|l| !l.trim().is_empty()),
            version: 1,
            created_at: now,
            updated_at: now,
        };
        self.db().add_artifact(artifact.clone()).await?;
        self.bus().publish(Event::ArtifactChanged { artifact: Box::new(artifact.clone()) });
        Ok(artifact)
    }

    /// Changes an artifact: a version more.
    ///
    /// # Errors
    /// `NotFound` when there is none, `Invalid` for a content that is too long.
    pub async fn change_artifact(&self, id: ArtifactId, change: ArtifactChange) -> Result<Artifact> {
        let mut artifact = self.artifact(id).await?;
        artifact.content = change.content.unwrap_or(artifact.content);
        artifact.title = change.title.unwrap_or(artifact.title);
        artifact.kind = change.kind.unwrap_or(artifact.kind);
        artifact.language = change.language.or(artifact.language);
        check(&artifact.title, &artifact.content)?;
        artifact.version += 1;
        artifact.updated_at = self.clock().now();
        self.db().change_artifact(artifact.clone()).await?;
        self.bus().publish(Event::ArtifactChanged { artifact: Box::new(artifact.clone()) });
        Ok(artifact)
    }

    /// Brings an artifact back to what it once was: as a new version.
    ///
    /// # Errors
    /// `NotFound` when there is no such version.
    pub async fn restore_artifact(&self, id: ArtifactId, version: u32) -> Result<Artifact> {
        let was = self.artifact_version(id, version).await?;
        self.change_artifact(id, ArtifactChange { content: Some(was.content), ..ArtifactChange::default() })
            .await
    }

    /// An artifact as it is now.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn artifact(&self, id: ArtifactId) -> Result<Artifact> {
        self.db().artifact(id).await?.ok_or_else(|| Error::not_found("there is no such artifact"))
    }

    /// What an artifact was at a version.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn artifact_version(&self, id: ArtifactId, version: u32) -> Result<ArtifactVersion> {
        let versions = self.db().artifact_versions(id).await?;
        let found = versions.into_iter().find(|v| v.version == version);
        found.ok_or_else(|| Error::not_found("there is no such version"))
    }

    /// Lines that two versions do not have in common, as a unified diff.
    ///
    /// # Errors
    /// `NotFound` when there is no such version.
    pub async fn diff_artifact(&self, id: ArtifactId, from: u32, to: u32) -> Result<String> {
        let (old, new) = tokio::try_join!(self.artifact_version(id, from), self.artifact_version(id, to))?;
        let diff = similar::TextDiff::from_lines(&old.content, &new.content);
        Ok(diff.unified_diff().header(&format!("version {from}"), &format!("version {to}")).to_string())
    }
}

fn check(title: &str, content: &str) -> Result<()> {
    if title.trim().is_empty() || title.chars().count() > 200 {
        return Err(Error::invalid("a title has 1 to 200 characters"));
    }
    if content.len() > LONGEST {
        return Err(Error::invalid("the content is longer than 1 MiB"));
    }
    Ok(())
}
