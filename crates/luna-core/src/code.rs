//! Code that can be searched: files cut into pieces, found by meaning and by words at once. Each owner and repository has a
//! shelf of its own; a file that did not change is not read again.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use luna_model::{Error, Event, Result};
use luna_store::{CodeFile, CodePiece, Db, Repository, Shelf};
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::Luna;
use crate::ports::{Clock, Recall, RecallItem};

/// The user's own shelves.
pub const OWN: &str = "";
/// Files of a request; a larger repository comes in several.
const MOST_FILES: usize = 2_000;
/// Longest file that is read, in bytes.
const LONGEST_FILE: usize = 1 << 20;
/// Files that are written together.
const BATCH: usize = 64;
/// Pieces that each way of searching proposes.
const PROPOSED: usize = 60;
/// Where reciprocal ranks begin to tell less (Cormack et al. 2009).
const RANK: f32 = 60.0;
/// Most pieces of an answer.
pub const MOST_HITS: usize = 20;
/// Indexes that are held in memory.
const HELD: usize = 16;

/// A file to be indexed.
#[derive(Clone, Debug)]
pub struct CodeText {
    /// Its path in the repository.
    pub path: String,
    /// Its text.
    pub content: String,
}

/// What came of indexing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Indexed {
    /// Files that were given.
    pub files: usize,
    /// Those of them that are as they were.
    pub unchanged: usize,
    /// Pieces of all of them.
    pub pieces: usize,
    /// Files that are gone.
    pub removed: usize,
    /// Bytes that were read.
    pub bytes: u64,
}

/// A piece of code that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct CodeHit {
    /// Its repository.
    pub repository: String,
    /// The piece.
    pub piece: CodePiece,
    /// How well it fits, 0 to 1.
    pub score: f32,
}

type Held = Arc<OnceCell<Arc<dyn Recall>>>;

/// The shelves; cheap to clone.
#[derive(Clone)]
pub struct Code {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    clock: Arc<dyn Clock>,
    recall: Arc<dyn Recall>,
    held: Mutex<HashMap<Shelf, Held>>,
    /// Folders that are being read, by repository.
    reading: Mutex<HashMap<String, CancellationToken>>,
}

impl Code {
    pub(crate) fn new(db: Db, clock: Arc<dyn Clock>, recall: Arc<dyn Recall>) -> Self {
        let (held, reading) = (Mutex::default(), Mutex::default());
        Self { inner: Arc::new(Inner { db, clock, recall, held, reading }) }
    }

    /// Indexes files, each in place of what was there of it.
    ///
    /// # Errors
    /// `Invalid` for a repository or a path without a name, `LimitReached` for too much at once.
    pub async fn index(&self, owner: &str, repository: &str, files: Vec<CodeText>) -> Result<Indexed> {
        let shelf = shelf(owner, repository)?;
        if files.len() > MOST_FILES {
            return Err(Error::limit(format!("give at most {MOST_FILES} files at once")));
        }
        if files.iter().any(|f| f.path.trim().is_empty() || f.path.len() > 1_000) {
            return Err(Error::invalid("every file has a path of 1 to 1000 characters"));
        }
        let known = self.inner.db.code_digests(shelf.clone()).await?;
        let mut done = Indexed { files: files.len(), ..Indexed::default() };
        let mut files = files.into_iter().peekable();
        while files.peek().is_some() {
            let batch: Vec<_> = files.by_ref().take(BATCH).collect();
            self.index_some(&shelf, batch, &known, &mut done).await?;
        }
        Ok(done)
    }

    async fn index_some(
        &self,
        shelf: &Shelf,
        batch: Vec<CodeText>,
        known: &BTreeMap<String, String>,
        done: &mut Indexed,
    ) -> Result<()> {
        done.bytes += batch.iter().map(|f| f.content.len() as u64).sum::<u64>();
        let cut = tokio::task::spawn_blocking(move || batch.into_iter().map(cut).collect::<Vec<_>>());
        let mut changed = vec![];
        for (file, pieces) in cut.await.map_err(Error::internal)? {
            done.pieces += pieces.len();
            if known.get(&file.path) == Some(&file.digest) {
                done.unchanged += 1;
            } else {
                changed.push((file, pieces));
            }
        }
        if changed.is_empty() {
            return Ok(());
        }
        let items =
            changed.iter().flat_map(|(_, pieces)| pieces).map(|p| item(p.id, p.indexed.clone())).collect();
        let gone = self.inner.db.put_code(shelf.clone(), changed, self.inner.clock.now()).await?;
        self.follow(shelf, gone, items).await
    }

    /// What is held of a shelf follows what is kept of it.
    async fn follow(&self, shelf: &Shelf, gone: Vec<Uuid>, items: Vec<RecallItem>) -> Result<()> {
        let held = self.inner.held.lock().get(shelf).cloned();
        if let Some(index) = held.as_ref().and_then(|h| h.get()) {
            index.remove(gone).await?;
            index.put(items).await?;
        }
        Ok(())
    }

    /// The pieces that fit a query best, of one repository or of all of an owner's.
    ///
    /// # Errors
    /// `Invalid` for an empty query or more than [`MOST_HITS`].
    pub async fn search(
        &self,
        owner: &str,
        repository: Option<&str>,
        query: &str,
        limit: usize,
    ) -> Result<Vec<CodeHit>> {
        let query = query.trim();
        if query.is_empty() || query.len() > 10_000 {
            return Err(Error::invalid("say what to look for"));
        }
        if !(1..=MOST_HITS).contains(&limit) {
            return Err(Error::invalid(format!("limit is from 1 to {MOST_HITS}")));
        }
        let names = match repository {
            Some(name) => vec![name.to_owned()],
            None => self.repositories(owner).await?.into_iter().map(|r| r.name).collect(),
        };
        let mut found = vec![];
        for name in names {
            found.extend(self.search_one(&shelf(owner, &name)?, query, limit).await?);
        }
        found.sort_by(|a, b| b.score.total_cmp(&a.score));
        found.truncate(limit);
        Ok(found)
    }

    async fn search_one(&self, shelf: &Shelf, query: &str, limit: usize) -> Result<Vec<CodeHit>> {
        let spelled = luna_code::spelled_out(query);
        let index = self.held(shelf).await?;
        let (by_words, by_meaning) = tokio::join!(
            self.inner.db.code_with_words(shelf.clone(), spelled.clone(), PROPOSED as u32),
            index.search(&spelled, PROPOSED)
        );
        let by_meaning: Vec<_> = by_meaning?.into_iter().map(|(id, _)| id).collect();
        let scores = fused(&[by_words?, by_meaning]);
        let mut best: Vec<_> = scores.into_iter().collect();
        best.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        best.truncate(limit);
        let pieces = self.inner.db.code_pieces(best.iter().map(|(id, _)| *id).collect()).await?;
        let hits = best.into_iter().filter_map(|(id, score)| {
            let piece = pieces.iter().find(|p| p.id == id)?.clone();
            Some(CodeHit { repository: shelf.repository.clone(), piece, score })
        });
        Ok(hits.collect())
    }

    /// The index of a shelf, made from what is kept where it is not in memory.
    async fn held(&self, shelf: &Shelf) -> Result<Arc<dyn Recall>> {
        let held = {
            let mut held = self.inner.held.lock();
            if held.len() >= HELD && !held.contains_key(shelf) {
                held.clear();
            }
            Arc::clone(held.entry(shelf.clone()).or_default())
        };
        let made = held.get_or_try_init(|| async {
            let index = self.inner.recall.another();
            let texts = self.inner.db.code_texts(shelf.clone()).await?;
            index.put(texts.into_iter().map(|(id, text)| item(id, text)).collect()).await?;
            Ok::<_, Error>(index)
        });
        made.await.cloned()
    }

    /// The repositories of an owner.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn repositories(&self, owner: &str) -> Result<Vec<Repository>> {
        self.inner.db.repositories(owner.to_owned()).await
    }

    /// Forgets a repository.
    ///
    /// # Errors
    /// `NotFound` when there is none of this name.
    pub async fn forget(&self, owner: &str, repository: &str) -> Result<()> {
        let shelf = shelf(owner, repository)?;
        self.inner.held.lock().remove(&shelf);
        match self.inner.db.drop_code(shelf, None).await?.is_empty() {
            true => Err(Error::not_found("there is no such repository")),
            false => Ok(()),
        }
    }

    /// Stops reading a folder; what was read of it so far stays.
    ///
    /// # Errors
    /// `NotFound` when no folder is read into this repository.
    pub fn stop_reading(&self, repository: &str) -> Result<()> {
        let reading = self.inner.reading.lock();
        let stop = reading.get(repository).ok_or_else(|| Error::not_found("no folder is read into it"))?;
        stop.cancel();
        Ok(())
    }

    /// Takes a repository for a folder that is read into it, until what it gives is dropped.
    fn begin_reading(&self, repository: &str, stop: CancellationToken) -> Result<Reading> {
        match self.inner.reading.lock().entry(repository.to_owned()) {
            Entry::Occupied(_) => Err(Error::conflict("a folder is being read into it already")),
            Entry::Vacant(free) => {
                free.insert(stop);
                Ok(Reading { code: self.clone(), repository: repository.to_owned() })
            }
        }
    }

    /// Takes away what a repository no longer has.
    async fn keep_only(&self, owner: &str, repository: &str, paths: &[String]) -> Result<usize> {
        let shelf = shelf(owner, repository)?;
        let known = self.inner.db.code_digests(shelf.clone()).await?;
        let gone: Vec<_> = known.into_keys().filter(|path| !paths.contains(path)).collect();
        let count = gone.len();
        if count > 0 {
            let pieces = self.inner.db.drop_code(shelf.clone(), Some(gone)).await?;
            self.follow(&shelf, pieces, vec![]).await?;
        }
        Ok(count)
    }
}

/// A folder is being read into a repository.
struct Reading {
    code: Code,
    repository: String,
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.code.inner.reading.lock().remove(&self.repository);
    }
}

impl Luna {
    /// Indexes a folder of the user's as a repository of his own: what `.gitignore` leaves, text only. How far it is goes
    /// to the bus; [`Code::stop_reading`] stops it.
    ///
    /// # Errors
    /// `NotFound` when there is no such folder, `Conflict` when one is read into this repository already, `Cancelled`.
    pub async fn index_folder(&self, folder: &Path, repository: Option<String>) -> Result<(String, Indexed)> {
        let folder = folder.canonicalize().map_err(|e| {
            Error::not_found(format!("the folder {} cannot be read: {e}", folder.display())).because(e)
        })?;
        // Users of a business share the machine, and of its folders only their own is theirs.
        let own = self.workspace().root().canonicalize().is_ok_and(|root| folder.starts_with(root));
        if self.house().is_some() && !own {
            return Err(Error::forbidden("only folders of your own workspace can be read here"));
        }
        let name = repository
            .or_else(|| folder.file_name().map(|n| n.to_string_lossy().into_owned()))
            .unwrap_or_else(|| "code".into());
        let stop = self.stopping().child_token();
        let _reading = self.code().begin_reading(&name, stop.clone())?;
        let root = folder.clone();
        let paths = tokio::task::spawn_blocking(move || walk(&root)).await.map_err(Error::internal)?;
        let (mut sum, mut kept, mut read_so_far) = (Indexed::default(), vec![], 0);
        for batch in paths.chunks(BATCH) {
            if stop.is_cancelled() {
                return Err(Error::cancelled());
            }
            let (root, some) = (folder.clone(), batch.to_vec());
            let texts =
                tokio::task::spawn_blocking(move || read(&root, &some)).await.map_err(Error::internal)?;
            kept.extend(texts.iter().map(|t| t.path.clone()));
            let done = self.code().index(OWN, &name, texts).await?;
            sum.files += done.files;
            sum.unchanged += done.unchanged;
            sum.pieces += done.pieces;
            sum.bytes += done.bytes;
            read_so_far += batch.len();
            self.bus().publish(Event::CodeIndexed {
                repository: name.clone(),
                files: read_so_far as u64,
                of: paths.len() as u64,
            });
        }
        sum.removed = self.code().keep_only(OWN, &name, &kept).await?;
        Ok((name, sum))
    }
}

fn walk(root: &Path) -> Vec<PathBuf> {
    let walk =
        ignore::WalkBuilder::new(root).require_git(false).max_filesize(Some(LONGEST_FILE as u64)).build();
    let files =
        walk.filter_map(std::result::Result::ok).filter(|e| e.file_type().is_some_and(|t| t.is_file()));
    files.map(ignore::DirEntry::into_path).collect()
}

fn read(root: &Path, paths: &[PathBuf]) -> Vec<CodeText> {
    let text = |path: &PathBuf| {
        let content = String::from_utf8(std::fs::read(path).ok()?).ok()?;
        let path = path.strip_prefix(root).ok()?.to_string_lossy().replace('\\', "/");
        (!content.contains('\0')).then_some(CodeText { path, content })
    };
    paths.iter().filter_map(text).collect()
}

fn shelf(owner: &str, repository: &str) -> Result<Shelf> {
    let repository = repository.trim();
    if repository.is_empty() || repository.len() > 200 {
        return Err(Error::invalid("a repository has a name of 1 to 200 characters"));
    }
    Ok(Shelf { owner: owner.to_owned(), repository: repository.to_owned() })
}

fn item(id: Uuid, text: String) -> RecallItem {
    RecallItem { id, text, vector: None }
}

fn cut(file: CodeText) -> (CodeFile, Vec<CodePiece>) {
    let CodeText { path, content } = file;
    let content = if content.len() > LONGEST_FILE { String::new() } else { content };
    let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let pieces =
        luna_code::pieces(&path, &content).into_iter().enumerate().map(|(number, piece)| CodePiece {
            id: Uuid::now_v7(),
            path: path.clone(),
            number: narrow(number),
            indexed: luna_code::spelled_out(&format!(
                "{path}\n{}\n{}",
                piece.name.as_deref().unwrap_or_default(),
                piece.text
            )),
            name: piece.name,
            kind: piece.kind.to_owned(),
            first_line: narrow(piece.first_line),
            last_line: narrow(piece.last_line),
            text: piece.text,
        });
    let pieces = pieces.collect();
    let digest = hex::encode(Sha256::digest(&content));
    (CodeFile { path, digest, size: content.len() as u64 }, pieces)
}

/// Ranks of several orders as one score, 1 for what is first in all of them.
fn fused(orders: &[Vec<Uuid>]) -> HashMap<Uuid, f32> {
    let mut scores = HashMap::new();
    for order in orders {
        for (rank, id) in (1_u8..).zip(order) {
            *scores.entry(*id).or_insert(0.0) +=
                (RANK + 1.0) / (RANK + f32::from(rank)) / orders.len() as f32;
        }
    }
    scores
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_orders_like_comes_first() {
        let [a, b, c] = [Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3)];
        let scores = fused(&[vec![a, b], vec![b, c]]);
        assert!(scores[&b] > scores[&a] && scores[&a] > scores[&c]);
        assert!((fused(&[vec![a], vec![a]])[&a] - 1.0).abs() < 1e-6);
    }

    #[test]
    fn a_folder_is_walked_as_git_sees_it() {
        let dir = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &[u8]| {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write(".gitignore", b"target\n");
        write("target/x.rs", b"fn x() {}");
        write("src/a.rs", b"fn a() {}");
        write("logo.png", &[0, 1, 255]);
        let texts = read(dir.path(), &walk(dir.path()));
        assert_eq!(texts.iter().map(|t| t.path.as_str()).collect::<Vec<_>>(), ["src/a.rs"]);
    }
}
