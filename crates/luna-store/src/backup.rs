//! Backups by SQLite's online backup: a whole, consistent copy while the database is in use.

use std::path::{Path, PathBuf};
use std::time::Duration;

use luna_model::{Error, Result, Timestamp};
use rusqlite::{Connection, OpenFlags, backup::Backup};

use crate::Db;
use crate::db::failure;

/// Pages copied at a time; readers and the writer get their turn in between.
const PAGES_A_STEP: i32 = 256;

/// A backup file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupFile {
    /// Where it is.
    pub path: PathBuf,
    /// When it was made.
    pub made_at: Timestamp,
    /// In bytes.
    pub size: u64,
}

impl Db {
    /// Copies the database into `folder` as `luna-<time>.db`, then removes all but the newest `keep` there. The copy is
    /// written under another name first, so a file with that name is always whole.
    ///
    /// # Errors
    /// `Unavailable` when it cannot be written.
    pub async fn backup(&self, folder: PathBuf, keep: usize, at: Timestamp) -> Result<BackupFile> {
        let Some(source) = self.path().map(Path::to_owned) else {
            return Err(Error::unavailable("a database in memory has no backups"));
        };
        let made = tokio::task::spawn_blocking(move || copy(&source, &folder, keep, at)).await;
        made.map_err(Error::internal)?
    }
}

fn copy(source: &Path, folder: &Path, keep: usize, at: Timestamp) -> Result<BackupFile> {
    let unwritable = |e: std::io::Error| {
        Error::unavailable(format!("the backup could not be written to {}: {e}", folder.display())).because(e)
    };
    std::fs::create_dir_all(folder).map_err(unwritable)?;
    let path = folder.join(format!("luna-{}.db", at.strftime("%Y%m%dT%H%M%S%.6fZ")));
    let unfinished = path.with_extension("unfinished");
    let from = Connection::open_with_flags(source, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(failure)?;
    let mut to = Connection::open(&unfinished).map_err(failure)?;
    Backup::new(&from, &mut to)
        .and_then(|b| b.run_to_completion(PAGES_A_STEP, Duration::from_millis(1), None))
        .map_err(failure)?;
    to.pragma_update(None, "journal_mode", "DELETE").map_err(failure)?;
    to.close().map_err(|(_, e)| failure(e))?;
    std::fs::File::open(&unfinished).and_then(|f| f.sync_all()).map_err(unwritable)?;
    std::fs::rename(&unfinished, &path).map_err(unwritable)?;
    for old in backups(folder)?.into_iter().skip(keep.max(1)) {
        std::fs::remove_file(&old.path).map_err(unwritable)?;
    }
    let size = std::fs::metadata(&path).map_err(unwritable)?.len();
    Ok(BackupFile { path, made_at: at, size })
}

/// The backups in a folder, newest first; none when there is no such folder.
///
/// # Errors
/// `Unavailable` when the folder cannot be read.
pub fn backups(folder: &Path) -> Result<Vec<BackupFile>> {
    let entries = match std::fs::read_dir(folder) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(vec![]),
        other => {
            other.map_err(|e| Error::unavailable(format!("{} cannot be read: {e}", folder.display())))?
        }
    };
    let mut found: Vec<_> = entries.flatten().filter_map(|entry| file(&entry.path())).collect();
    found.sort_by_key(|b| std::cmp::Reverse(b.made_at));
    Ok(found)
}

fn file(path: &Path) -> Option<BackupFile> {
    let stamp = path.file_name()?.to_str()?.strip_prefix("luna-")?.strip_suffix("Z.db")?;
    let made_at = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%S%.f", stamp).ok()?;
    let made_at = made_at.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    Some(BackupFile { path: path.to_owned(), made_at, size: std::fs::metadata(path).ok()?.len() })
}

/// Puts a backup in the place of the database while Luna does not run. What was there is kept beside it; its new name
/// is returned, when there was something.
///
/// # Errors
/// `Invalid` when the backup is itself damaged, `Conflict` when another process has the database open.
pub fn restore(backup: &Path, database: &Path, at: Timestamp) -> Result<Option<PathBuf>> {
    let source = Connection::open_with_flags(backup, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .map_err(|e| Error::not_found(format!("{} cannot be opened: {e}", backup.display())))?;
    let whole = source.query_row("PRAGMA integrity_check(1)", [], |r| r.get::<_, String>(0));
    if !matches!(whole.as_deref(), Ok("ok")) {
        return Err(Error::invalid(format!(
            "the backup {} is damaged itself; choose another",
            backup.display()
        )));
    }
    drop(source);
    let io = |e: std::io::Error| Error::unavailable(format!("{}: {e}", database.display())).because(e);
    let kept = database.with_extension(format!("replaced-{}.db", at.strftime("%Y%m%dT%H%M%S%.fZ")));
    let staged = database.with_extension("restoring");
    std::fs::copy(backup, &staged).map_err(io)?;
    std::fs::File::open(&staged).and_then(|f| f.sync_all()).map_err(io)?;
    let was_there = database.exists();
    if was_there {
        std::fs::rename(database, &kept).map_err(io)?;
        for log in ["-wal", "-shm"] {
            let mut beside = database.as_os_str().to_owned();
            beside.push(log);
            let mut kept_log = kept.as_os_str().to_owned();
            kept_log.push(log);
            match std::fs::rename(&beside, &kept_log) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(io(e)),
                _ => {}
            }
        }
    }
    std::fs::rename(&staged, database).map_err(io)?;
    Ok(was_there.then_some(kept))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_backup_brings_back_what_was_there_and_seven_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let (file, folder) = (dir.path().join("luna.db"), dir.path().join("backups"));
        let db = Db::open(&file).unwrap();
        db.set_document("state", &serde_json::json!({"before": true})).await.unwrap();
        let start: Timestamp = "2026-03-01T04:00:00Z".parse().unwrap();
        for day in 0..9 {
            let at = start + jiff::SignedDuration::from_hours(24 * day);
            db.backup(folder.clone(), 7, at).await.unwrap();
        }
        let made = backups(&folder).unwrap();
        assert_eq!(made.len(), 7);
        assert_eq!(made[0].made_at, "2026-03-09T04:00:00Z".parse().unwrap());
        db.set_document("state", &serde_json::json!({"after": true})).await.unwrap();
        db.close();

        let kept = restore(&made[0].path, &file, start).unwrap().unwrap();
        assert!(kept.exists());
        let db = Db::open(&file).unwrap();
        let state: Option<serde_json::Value> = db.document("state").await.unwrap();
        assert_eq!(state, Some(serde_json::json!({"before": true})));
    }

    #[test]
    fn a_damaged_backup_is_not_restored() {
        let dir = tempfile::tempdir().unwrap();
        let backup = dir.path().join("luna-20260301T040000.000000Z.db");
        std::fs::write(&backup, b"not a database at all").unwrap();
        let error = restore(&backup, &dir.path().join("luna.db"), Timestamp::UNIX_EPOCH).unwrap_err();
        assert!(error.message.contains("damaged"));
    }
}
