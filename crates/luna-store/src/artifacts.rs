//! Artifacts and their versions: rows and queries.

use luna_model::{Artifact, ArtifactId, ArtifactVersion, ConversationId, Error, Result, Timestamp};
use rusqlite::{Connection, Row, params};

use crate::Db;
use crate::conversations;
use crate::db::failure;
use crate::row::{all, id, micros, one, run, text, time, to_word, word};

const COLUMNS: &str =
    "a.id, a.conversation, a.kind, a.title, a.language, a.version, a.created_at, a.updated_at,
    (SELECT v.content FROM artifact_versions v WHERE v.artifact = a.id AND v.version = a.version) AS content";

impl Db {
    /// Stores a new artifact.
    ///
    /// # Errors
    /// `NotFound` when the conversation is gone.
    pub async fn add_artifact(&self, artifact: Artifact) -> Result<()> {
        self.write(move |c| {
            if conversations::find(c, artifact.conversation)?.is_none() {
                return Err(conversations::missing());
            }
            run(
                c,
                "INSERT INTO artifacts (id, conversation, kind, title, language, version, created_at, updated_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![
                    artifact.id.to_string(),
                    artifact.conversation.to_string(),
                    to_word(&artifact.kind)?,
                    artifact.title,
                    artifact.language,
                    artifact.version,
                    micros(artifact.created_at),
                    micros(artifact.updated_at)
                ],
            )?;
            add_version(c, &artifact, artifact.created_at)
        })
        .await
    }

    /// Stores an artifact as it became: a version more.
    ///
    /// # Errors
    /// `Conflict` when somebody else changed it meanwhile.
    pub async fn change_artifact(&self, artifact: Artifact) -> Result<()> {
        self.write(move |c| {
            let changed = run(
                c,
                "UPDATE artifacts SET kind = ?2, title = ?3, language = ?4, version = ?5, updated_at = ?6
                 WHERE id = ?1 AND version = ?5 - 1",
                params![
                    artifact.id.to_string(),
                    to_word(&artifact.kind)?,
                    artifact.title,
                    artifact.language,
                    artifact.version,
                    micros(artifact.updated_at)
                ],
            )?;
            if changed == 0 {
                return Err(Error::conflict("it was changed meanwhile; look at it again"));
            }
            add_version(c, &artifact, artifact.updated_at)
        })
        .await
    }

    /// An artifact as it is now.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn artifact(&self, id: ArtifactId) -> Result<Option<Artifact>> {
        self.read(move |c| {
            one(c, &format!("SELECT {COLUMNS} FROM artifacts a WHERE a.id = ?1"), [id.to_string()], artifact)
        })
        .await
    }

    /// The artifacts of a conversation, last changed first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn artifacts(&self, conversation: Option<ConversationId>) -> Result<Vec<Artifact>> {
        self.read(move |c| {
            let sql = format!(
                "SELECT {COLUMNS} FROM artifacts a WHERE (?1 IS NULL OR a.conversation = ?1)
                 ORDER BY a.updated_at DESC, a.id DESC LIMIT 500"
            );
            all(c, &sql, [conversation.map(|c| c.to_string())], artifact)
        })
        .await
    }

    /// Deletes an artifact and all it ever was.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn delete_artifact(&self, id: ArtifactId) -> Result<bool> {
        self.write(move |c| Ok(run(c, "DELETE FROM artifacts WHERE id = ?1", [id.to_string()])? > 0)).await
    }

    /// What an artifact was, newest first.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn artifact_versions(&self, id: ArtifactId) -> Result<Vec<ArtifactVersion>> {
        self.read(move |c| {
            let sql =
                "SELECT id, artifact, version, content, created_at FROM artifact_versions WHERE artifact = ?1
                       ORDER BY version DESC";
            all(c, sql, [id.to_string()], version)
        })
        .await
    }
}

fn add_version(c: &Connection, artifact: &Artifact, at: Timestamp) -> Result<()> {
    run(
        c,
        "INSERT INTO artifact_versions (id, artifact, version, content, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            ArtifactId::new().to_string(),
            artifact.id.to_string(),
            artifact.version,
            artifact.content,
            micros(at)
        ],
    )?;
    Ok(())
}

fn artifact(row: &Row<'_>) -> Result<Artifact> {
    Ok(Artifact {
        id: id(row, "id")?,
        conversation: id(row, "conversation")?,
        kind: word(row, "kind")?,
        title: text(row, "title")?,
        content: text(row, "content")?,
        language: row.get("language").map_err(failure)?,
        version: row.get("version").map_err(failure)?,
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
    })
}

fn version(row: &Row<'_>) -> Result<ArtifactVersion> {
    Ok(ArtifactVersion {
        id: id(row, "id")?,
        artifact: id(row, "artifact")?,
        version: row.get("version").map_err(failure)?,
        content: text(row, "content")?,
        created_at: time(row, "created_at")?,
    })
}
