//! The database's threads: one writer that commits in groups, a few readers, and the bridge from async code to both.
//!
//! A closure is sent to a thread over a bounded queue and its result comes back; no transaction spans an await. Writes
//! that wait together share one commit, so durability (`synchronous=FULL`) costs one flush for all of them, and a write
//! is acknowledged only after its commit. A panic in a closure ends there, as `Unavailable`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use luna_model::{Error, ErrorKind, Result};
use parking_lot::Mutex;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use tokio::sync::{mpsc, oneshot};

use crate::migrations;

/// Jobs that may wait for a thread; more wait in their callers.
const QUEUE: usize = 256;
/// Writes that share one commit at most.
const GROUP: usize = 128;
const READERS: usize = 3;
/// A file up to this size is checked before the start goes on (a few milliseconds); a larger one in the background.
const CHECK_AT_START: u64 = 16 << 20;

type Read = Box<dyn FnOnce(&Connection) + Send>;
/// Runs inside the group's transaction; what it returns is called with the outcome of the commit. The flag says
/// whether its changes are to be kept.
type Write = Box<dyn FnOnce(&Connection) -> (bool, Reply) + Send>;
type Reply = Box<dyn FnOnce(Option<&rusqlite::Error>) + Send>;

/// A handle on the database; cheap to clone.
#[derive(Clone)]
pub struct Db {
    shared: Arc<Shared>,
}

struct Shared {
    path: Option<PathBuf>,
    writer: Mutex<Option<mpsc::Sender<Write>>>,
    /// None in memory, where one connection does everything.
    readers: Mutex<Option<mpsc::Sender<Read>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Db {
    /// Opens the database file, makes it if it is not there, and brings its schema up to date. Blocks for a few
    /// milliseconds; called once, at start.
    ///
    /// # Errors
    /// `Unavailable` with a way out when the file is damaged, was written by a newer Luna, or cannot be opened.
    pub fn open(path: &Path) -> Result<Self> {
        let mut writer = connect(path).map_err(|e| opening(path, e))?;
        if std::fs::metadata(path).is_ok_and(|m| m.len() <= CHECK_AT_START) {
            check(&writer).map_err(|e| opening(path, e))?;
        }
        migrations::apply(&mut writer).map_err(|e| migrating(path, e))?;
        let readers = (0..READERS)
            .map(|_| connect(path))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|e| opening(path, e))?;
        for reader in &readers {
            reader.pragma_update(None, "query_only", true).map_err(failure)?;
        }
        Self::start(Some(path.to_owned()), writer, readers)
    }

    /// A database in memory, for tests.
    ///
    /// # Errors
    /// `Internal`, if SQLite cannot even do that.
    pub fn in_memory() -> Result<Self> {
        let mut connection = Connection::open_in_memory().and_then(prepare).map_err(failure)?;
        migrations::apply(&mut connection).map_err(|e| migrating(Path::new(":memory:"), e))?;
        Self::start(None, connection, vec![])
    }

    fn start(path: Option<PathBuf>, writer: Connection, readers: Vec<Connection>) -> Result<Self> {
        let (write_queue, writes) = mpsc::channel::<Write>(QUEUE);
        let (read_queue, reads) = mpsc::channel::<Read>(QUEUE);
        let read_queue = (!readers.is_empty()).then_some(read_queue);
        let mut threads = vec![spawn("luna-db-writer", move || write_in_groups(writer, writes))?];
        let reads = Arc::new(Mutex::new(reads));
        for connection in readers {
            let reads = Arc::clone(&reads);
            threads.push(spawn("luna-db-reader", move || {
                loop {
                    let job = reads.lock().blocking_recv();
                    let Some(job) = job else { break };
                    job(&connection);
                }
            })?);
        }
        Ok(Self {
            shared: Arc::new(Shared {
                path,
                writer: Mutex::new(Some(write_queue)),
                readers: Mutex::new(read_queue),
                threads: Mutex::new(threads),
            }),
        })
    }

    /// The file; none in memory.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.shared.path.as_deref()
    }

    /// Runs a closure that only reads, on a reader's connection.
    ///
    /// # Errors
    /// What the closure returns; `Unavailable` after [`Db::close`].
    pub async fn read<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let queue = self.shared.readers.lock().clone();
        let Some(queue) = queue else {
            return if self.shared.path.is_some() { Err(closed()) } else { self.write(job).await };
        };
        let (done, result) = oneshot::channel();
        let job: Read = Box::new(move |connection| {
            let _ = done.send(guarded(connection, job));
        });
        queue.send(job).await.map_err(|_| closed())?;
        result.await.map_err(|_| closed())?
    }

    /// Runs a closure in a transaction, on the writer's connection, and returns when that is safely on disk. When the
    /// closure fails, nothing of it stays.
    ///
    /// # Errors
    /// What the closure returns; `Unavailable` when it cannot be written (a full disk) or after [`Db::close`].
    pub async fn write<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let queue = self.shared.writer.lock().clone().ok_or_else(closed)?;
        let (done, result) = oneshot::channel();
        let job: Write = Box::new(move |connection| {
            let outcome = guarded(connection, job);
            let keep = outcome.is_ok();
            let reply: Reply = Box::new(move |commit| {
                let _ = done.send(match commit {
                    Some(error) if keep => Err(describe(error)),
                    _ => outcome,
                });
            });
            (keep, reply)
        });
        queue.send(job).await.map_err(|_| closed())?;
        result.await.map_err(|_| closed())?
    }

    /// Checks the whole file, page by page. Long on a large one.
    ///
    /// # Errors
    /// `Unavailable` with a way out when it is damaged.
    pub async fn verify(&self) -> Result<()> {
        let path = self.shared.path.clone().unwrap_or_default();
        self.read(move |c| check(c).map_err(|e| opening(&path, e))).await
    }

    /// Finishes what is queued, closes the file and joins the threads. Later calls are `Unavailable`. Blocks.
    pub fn close(&self) {
        self.shared.writer.lock().take();
        self.shared.readers.lock().take();
        for thread in std::mem::take(&mut *self.shared.threads.lock()) {
            let _ = thread.join();
        }
    }
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name.into()).spawn(body).map_err(Error::internal)
}

fn write_in_groups(connection: Connection, mut writes: mpsc::Receiver<Write>) {
    while let Some(first) = writes.blocking_recv() {
        let mut group = vec![first];
        while group.len() < GROUP
            && let Ok(next) = writes.try_recv()
        {
            group.push(next);
        }
        commit_together(&connection, group);
    }
    // Leaves no -wal file behind, so that a copy of the file alone is whole.
    if let Err(error) = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)") {
        tracing::warn!(%error, "the database's log could not be folded in at close");
    }
}

fn commit_together(connection: &Connection, group: Vec<Write>) {
    let begun = connection.execute_batch("BEGIN IMMEDIATE");
    let mut replies = Vec::with_capacity(group.len());
    let mut failed = begun.err();
    for job in group {
        if failed.is_none() {
            failed = connection.execute_batch("SAVEPOINT job").err();
        }
        let (keep, reply) = job(connection);
        replies.push(reply);
        let end = if keep { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" };
        if failed.is_none() {
            failed = connection.execute_batch(end).err();
        }
    }
    if failed.is_none() {
        failed = connection.execute_batch("COMMIT").err();
    }
    if failed.is_some() && !connection.is_autocommit() {
        let _ = connection.execute_batch("ROLLBACK");
    }
    for reply in replies {
        reply(failed.as_ref());
    }
}

fn guarded<T>(connection: &Connection, job: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(|| job(connection))).unwrap_or_else(|_| {
        tracing::error!("a database job panicked");
        Err(Error::unavailable("the database could not do that; the log has the details"))
    })
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags).and_then(prepare)
}

fn prepare(connection: Connection) -> rusqlite::Result<Connection> {
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.execute_batch(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY;
         PRAGMA cache_size=-4000; PRAGMA journal_size_limit=16777216;",
    )?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

fn check(connection: &Connection) -> rusqlite::Result<()> {
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" {
        return Ok(());
    }
    tracing::error!(%verdict, "the database is damaged");
    Err(rusqlite::Error::SqliteFailure(
        rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT),
        Some(verdict),
    ))
}

fn closed() -> Error {
    Error::unavailable("Luna is stopping")
}

fn opening(path: &Path, error: rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => damaged(path).because(error),
        _ => Error::unavailable(format!("the database {} could not be opened: {error}", path.display()))
            .because(error),
    }
}

fn damaged(path: &Path) -> Error {
    Error::unavailable(format!(
        "the database {} is damaged. `luna restore` lists the daily backups and brings one back; the damaged file is kept beside it",
        path.display()
    ))
}

fn migrating(path: &Path, error: rusqlite_migration::Error) -> Error {
    use rusqlite_migration::{Error as Migration, MigrationDefinitionError};
    match error {
        Migration::MigrationDefinition(MigrationDefinitionError::DatabaseTooFarAhead) => {
            Error::unavailable(format!(
                "the database {} was written by a newer version of Luna; install that version, or restore an older backup with `luna restore`",
                path.display()
            ))
        }
        Migration::RusqliteError { err, .. } => opening(path, err),
        other => Error::internal(other),
    }
}

/// What a query's failure means to the user.
pub(crate) fn failure(error: rusqlite::Error) -> Error {
    describe(&error).because(error)
}

fn describe(error: &rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => {
            Error::unavailable("the disk is full; nothing was changed. Free some space and try again")
        }
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            Error::unavailable("Luna may not write to her database; check the permissions of the data folder")
        }
        Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) => {
            Error::unavailable("the database file could not be written; check the disk of the data folder")
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            Error::unavailable("another program holds the database; close it and try again")
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            Error::unavailable("the database is damaged; `luna restore` brings back a daily backup")
        }
        _ => Error::new(ErrorKind::Internal, "internal error; the log has the details")
            .because(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(c: &Connection) -> Result<i64> {
        c.query_row("SELECT count(*) FROM documents", [], |r| r.get(0)).map_err(failure)
    }

    fn insert(c: &Connection, name: &str) -> Result<()> {
        c.execute("INSERT INTO documents(name, value) VALUES (?1, '1')", [name]).map(drop).map_err(failure)
    }

    #[tokio::test]
    async fn a_failed_write_leaves_nothing_and_its_neighbours_stay() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("luna.db")).unwrap();
        let writes = (0..40).map(|i| {
            db.write(move |c| {
                insert(c, &format!("n{i}"))?;
                if i % 4 == 0 { Err(Error::invalid("no")) } else { Ok(()) }
            })
        });
        let results = futures_join(writes).await;
        assert_eq!(results.iter().filter(|r| r.is_err()).count(), 10);
        assert_eq!(db.read(count).await.unwrap(), 30);
    }

    #[tokio::test]
    async fn a_panic_ends_at_the_threads_edge() {
        let db = Db::in_memory().unwrap();
        let error = db.write(|_| -> Result<()> { panic!("boom") }).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unavailable);
        db.write(|c| insert(c, "after")).await.unwrap();
    }

    #[tokio::test]
    async fn a_damaged_file_says_how_to_go_on() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("luna.db");
        std::fs::write(
            &path,
            b"this is not a database, not even nearly; it is some text of a certain length",
        )
        .unwrap();
        let error = Db::open(&path).err().unwrap();
        assert_eq!(error.kind, ErrorKind::Unavailable);
        assert!(error.message.contains("luna restore"), "{}", error.message);
    }

    #[tokio::test]
    async fn after_close_it_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("luna.db")).unwrap();
        db.write(|c| insert(c, "kept")).await.unwrap();
        db.close();
        assert_eq!(db.read(count).await.unwrap_err().kind, ErrorKind::Unavailable);
        assert!(!dir.path().join("luna.db-wal").exists(), "the log is folded in at close");
    }

    async fn futures_join<T>(all: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
        let mut out = vec![];
        let mut pending: Vec<_> = all.map(Box::pin).collect();
        for f in &mut pending {
            out.push(f.await);
        }
        out
    }
}
