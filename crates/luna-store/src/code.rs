//! Code that can be searched: rows and queries.

use std::collections::BTreeMap;

use luna_model::{Result, Timestamp};
use rusqlite::{Row, params};
use uuid::Uuid;

use crate::Db;
use crate::db::failure;
use crate::messages::fts_query;
use crate::row::{all, id, micros, one, run, text, time};

/// Whose code, and of which repository.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Shelf {
    /// An account's id; empty = the user's own.
    pub owner: String,
    /// The repository's name.
    pub repository: String,
}

/// A piece of a file, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodePiece {
    /// Its id.
    pub id: Uuid,
    /// The file.
    pub path: String,
    /// Which piece of it, from 0.
    pub number: u32,
    /// What it defines.
    pub name: Option<String>,
    /// `function`, `type`, `block` or `text`.
    pub kind: String,
    /// Its first line, from 1.
    pub first_line: u32,
    /// Its last line.
    pub last_line: u32,
    /// Its text.
    pub text: String,
    /// Its text as it is searched.
    pub indexed: String,
}

/// A file, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeFile {
    /// Its path in the repository.
    pub path: String,
    /// SHA-256 of its text.
    pub digest: String,
    /// Bytes.
    pub size: u64,
}

/// A repository with what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// Its name.
    pub name: String,
    /// Files of it.
    pub files: u64,
    /// Pieces of these.
    pub pieces: u64,
    /// Bytes of these.
    pub bytes: u64,
    /// When a file of it was last indexed.
    pub indexed_at: Timestamp,
}

const COLUMNS: &str = "p.id, p.path, p.number, p.name, p.kind, p.first_line, p.last_line, p.text, p.indexed";

impl Db {
    /// The digests of a repository's files by path.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn code_digests(&self, shelf: Shelf) -> Result<BTreeMap<String, String>> {
        self.read(move |c| {
            let sql = "SELECT path, digest FROM code_files WHERE owner = ?1 AND repository = ?2";
            let rows = all(c, sql, [shelf.owner, shelf.repository], |row| {
                Ok((text(row, "path")?, text(row, "digest")?))
            })?;
            Ok(rows.into_iter().collect())
        })
        .await
    }

    /// Stores files in place of what was there of them; the ids of the pieces that went.
    ///
    /// # Errors
    /// When they cannot be written.
    pub async fn put_code(
        &self,
        shelf: Shelf,
        files: Vec<(CodeFile, Vec<CodePiece>)>,
        at: Timestamp,
    ) -> Result<Vec<Uuid>> {
        self.write(move |c| {
            let mut gone: Vec<Uuid> = vec![];
            for (file, pieces) in files {
                let key = params![shelf.owner, shelf.repository, file.path];
                gone.extend(all(
                    c,
                    "SELECT id FROM code_pieces WHERE owner = ?1 AND repository = ?2 AND path = ?3",
                    key,
                    |row| id::<Uuid>(row, "id"),
                )?);
                run(c, "DELETE FROM code_files WHERE owner = ?1 AND repository = ?2 AND path = ?3", key)?;
                run(
                    c,
                    "INSERT INTO code_files (owner, repository, path, digest, size, indexed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    params![
                        shelf.owner,
                        shelf.repository,
                        file.path,
                        file.digest,
                        i64::try_from(file.size).unwrap_or(i64::MAX),
                        micros(at)
                    ],
                )?;
                for piece in pieces {
                    run(
                        c,
                        "INSERT INTO code_pieces (id, owner, repository, path, number, name, kind, first_line, last_line, text, indexed)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                        params![
                            piece.id.to_string(),
                            shelf.owner,
                            shelf.repository,
                            piece.path,
                            piece.number,
                            piece.name,
                            piece.kind,
                            piece.first_line,
                            piece.last_line,
                            piece.text,
                            piece.indexed
                        ],
                    )?;
                }
            }
            Ok(gone)
        })
        .await
    }

    /// Takes files away; the ids of their pieces.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn drop_code(&self, shelf: Shelf, paths: Option<Vec<String>>) -> Result<Vec<Uuid>> {
        self.write(move |c| {
            let mut gone: Vec<Uuid> = vec![];
            let paths = match paths {
                Some(paths) => paths,
                None => all(
                    c,
                    "SELECT path FROM code_files WHERE owner = ?1 AND repository = ?2",
                    params![shelf.owner, shelf.repository],
                    |row| text(row, "path"),
                )?,
            };
            for path in paths {
                let key = params![shelf.owner, shelf.repository, path];
                gone.extend(all(
                    c,
                    "SELECT id FROM code_pieces WHERE owner = ?1 AND repository = ?2 AND path = ?3",
                    key,
                    |row| id::<Uuid>(row, "id"),
                )?);
                run(c, "DELETE FROM code_files WHERE owner = ?1 AND repository = ?2 AND path = ?3", key)?;
            }
            Ok(gone)
        })
        .await
    }

    /// All pieces of a repository, for its index: ids and texts as they are searched.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn code_texts(&self, shelf: Shelf) -> Result<Vec<(Uuid, String)>> {
        self.read(move |c| {
            let sql = "SELECT id, indexed FROM code_pieces WHERE owner = ?1 AND repository = ?2";
            all(c, sql, [shelf.owner, shelf.repository], |row| Ok((id(row, "id")?, text(row, "indexed")?)))
        })
        .await
    }

    /// The pieces with these words, best first, by id.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn code_with_words(&self, shelf: Shelf, words: String, limit: u32) -> Result<Vec<Uuid>> {
        self.read(move |c| {
            let Some(query) = fts_query(&words) else { return Ok(vec![]) };
            all(
                c,
                "SELECT p.id FROM code_fts f JOIN code_pieces p ON p.seq = f.rowid
                 WHERE f.code_fts MATCH ?1 AND p.owner = ?2 AND p.repository = ?3 ORDER BY bm25(code_fts) LIMIT ?4",
                params![query, shelf.owner, shelf.repository, limit],
                |row| id::<Uuid>(row, "id"),
            )
        })
        .await
    }

    /// Pieces by id, in no order; those that are gone are left out.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn code_pieces(&self, ids: Vec<Uuid>) -> Result<Vec<CodePiece>> {
        self.read(move |c| {
            let sql = format!("SELECT {COLUMNS} FROM code_pieces p WHERE p.id = ?1");
            let mut found = vec![];
            for id in ids {
                found.extend(one(c, &sql, [id.to_string()], piece)?);
            }
            Ok(found)
        })
        .await
    }

    /// The repositories of an owner, by name.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn repositories(&self, owner: String) -> Result<Vec<Repository>> {
        self.read(move |c| {
            all(
                c,
                "SELECT f.repository, count(*) AS files, sum(f.size) AS bytes, max(f.indexed_at) AS at,
                        (SELECT count(*) FROM code_pieces p WHERE p.owner = f.owner AND p.repository = f.repository) AS pieces
                 FROM code_files f WHERE f.owner = ?1 GROUP BY f.owner, f.repository ORDER BY f.repository",
                [owner],
                |row| {
                    let count = |name: &str| row.get::<_, i64>(name).map(i64::unsigned_abs).map_err(failure);
                    Ok(Repository {
                        name: text(row, "repository")?,
                        files: count("files")?,
                        pieces: count("pieces")?,
                        bytes: count("bytes")?,
                        indexed_at: time(row, "at")?,
                    })
                },
            )
        })
        .await
    }
}

fn piece(row: &Row<'_>) -> Result<CodePiece> {
    Ok(CodePiece {
        id: id(row, "id")?,
        path: text(row, "path")?,
        number: row.get("number").map_err(failure)?,
        name: row.get("name").map_err(failure)?,
        kind: text(row, "kind")?,
        first_line: row.get("first_line").map_err(failure)?,
        last_line: row.get("last_line").map_err(failure)?,
        text: text(row, "text")?,
        indexed: text(row, "indexed")?,
    })
}
