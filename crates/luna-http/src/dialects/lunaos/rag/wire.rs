//! The words of code search.

use luna_core::code::{CodeHit, CodeText, Indexed as Done};
use luna_model::Error;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The repository of files that name none.
const UNNAMED: &str = "default";
/// Results when no number is asked for.
const USUAL: usize = 5;

#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = LunaOsRagFile)]
struct File {
    path: String,
    content: String,
}

#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct Index {
    #[schema(required = true)]
    #[serde(default)]
    files: Option<Vec<File>>,
    #[serde(default)]
    repository: Option<String>,
}

impl Index {
    pub(super) fn into_core(self) -> Result<(String, Vec<CodeText>), Error> {
        let files =
            self.files.filter(|f| !f.is_empty()).ok_or_else(|| Error::invalid("files are missing"))?;
        let files = files.into_iter().map(|f| CodeText { path: f.path, content: f.content }).collect();
        Ok((self.repository.unwrap_or_else(|| UNNAMED.into()), files))
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Indexed {
    /// Files.
    indexed: usize,
    /// Pieces of them.
    vectors: usize,
    repository: String,
    message: String,
}

impl Indexed {
    pub(super) fn new(repository: String, done: Done) -> Self {
        let message = format!(
            "Indexed {} files as {} pieces; {} were as they had been",
            done.files, done.pieces, done.unchanged
        );
        Self { indexed: done.files, vectors: done.pieces, repository, message }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = LunaOsRagSearch)]
pub(super) struct Search {
    #[schema(required = true)]
    #[serde(default)]
    query: String,
    /// Only this repository; left out = all of the account's.
    #[serde(default)]
    repository: Option<String>,
    /// 1 to 20; 5 when left out.
    #[serde(default)]
    limit: Option<usize>,
}

impl Search {
    pub(super) fn into_core(self) -> (String, Option<String>, usize) {
        (self.query, self.repository, self.limit.unwrap_or(USUAL))
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LunaOsRagHit)]
struct Hit {
    path: String,
    content: String,
    /// 0 to 1.
    score: f32,
    /// Which piece of the file, from 0.
    chunk: u32,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Searched {
    results: Vec<Hit>,
    query: String,
    total: usize,
}

impl Searched {
    pub(super) fn new(query: String, hits: Vec<CodeHit>) -> Self {
        let hit = |h: CodeHit| Hit {
            path: h.piece.path,
            content: h.piece.text,
            score: (h.score * 1000.0).round() / 1000.0,
            chunk: h.piece.number,
        };
        Self { total: hits.len(), results: hits.into_iter().map(hit).collect(), query }
    }
}
