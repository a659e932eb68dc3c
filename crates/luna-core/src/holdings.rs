//! All that is kept of the user: how much it is, taking it along as one file, and deleting it for good.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use luna_model::{Error, Provider, Result};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::Luna;
use crate::luna::key_name;

/// A part of the data folder with its size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// `database`, `workspace`, `undo`, `outputs`, `backups`, `audit`, `logs` or `exports`.
    pub name: &'static str,
    /// Where it lies.
    pub path: PathBuf,
    /// In bytes.
    pub size: u64,
}

/// Everything in one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// Where it lies.
    pub path: PathBuf,
    /// In bytes.
    pub size: u64,
}

impl Luna {
    /// What lies in the data folder, and how much it is.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub async fn holdings(&self) -> Result<Vec<Holding>> {
        let places = self.places();
        blocking(move || {
            Ok(places.into_iter().map(|(name, path)| Holding { size: size_of(&path), name, path }).collect())
        })
        .await
    }

    /// Writes all that is kept into one archive in the data folder: the database as a whole copy, facts and conversations
    /// as JSON, the workspace and the audit log. Keys are not in it.
    ///
    /// # Errors
    /// `Unavailable` when it cannot be written.
    pub async fn export_all(&self) -> Result<Exported> {
        let now = self.clock().now();
        let facts = serde_json::to_vec_pretty(&self.memory().facts().await?).map_err(Error::internal)?;
        let mut talks = vec![];
        for conversation in self.conversations(u32::MAX, None).await? {
            let messages = self.messages(conversation.id, u32::MAX, None).await?;
            talks.push(serde_json::json!({ "conversation": conversation, "messages": messages }));
        }
        let talks = serde_json::to_vec_pretty(&talks).map_err(Error::internal)?;
        // A whole copy, also while somebody writes; without a file there is no database to copy.
        let copy =
            tempfile::tempdir().map_err(|e| Error::unavailable(format!("no temporary folder: {e}")))?;
        let database = match self.db().path() {
            Some(_) => Some(self.db().backup(copy.path().to_owned(), 1, now).await?.path),
            None => None,
        };
        let (workspace, audit) = (self.workspace().root().to_owned(), self.data_dir().join("audit.log"));
        let folder = self.data_dir().join("exports");
        let path = folder.join(format!("luna-{}.zip", now.strftime("%Y%m%dT%H%M%SZ")));
        let exported = blocking(move || {
            let unwritable = |e: &dyn std::fmt::Display| {
                Error::unavailable(format!("the export {} could not be written: {e}", path.display()))
            };
            std::fs::create_dir_all(&folder).map_err(|e| unwritable(&e))?;
            let unfinished = path.with_extension("unfinished");
            let written = (|| -> std::io::Result<()> {
                let mut archive = Archive::begin(&unfinished)?;
                archive.bytes("facts.json", &facts)?;
                archive.bytes("conversations.json", &talks)?;
                if let Some(database) = &database {
                    archive.file("luna.db", database)?;
                }
                if audit.exists() {
                    archive.file("audit.log", &audit)?;
                }
                archive.folder("workspace", &workspace)?;
                archive.finish()
            })();
            written.and_then(|()| std::fs::rename(&unfinished, &path)).map_err(|e| unwritable(&e))?;
            let size = std::fs::metadata(&path).map_err(|e| unwritable(&e))?.len();
            Ok(Exported { path, size })
        });
        let exported = exported.await;
        drop(copy);
        exported
    }

    /// Deletes everything that is kept of the user: conversations, facts, settings, rules, tasks, runs, the audit log, kept
    /// files, backups, exports and keys; the files of the workspace when `workspace` says so. Log files hold nothing of the
    /// user's and stay. What goes on is stopped.
    ///
    /// # Errors
    /// `Unavailable` when some of it cannot be deleted; the rest is gone then.
    pub async fn delete_everything(&self, workspace: bool) -> Result<()> {
        self.running().stop_all();
        // Before the database, which knows the names of some.
        self.delete_secrets().await?;
        self.memory().forget_all().await?;
        self.db().wipe().await?;
        self.end_plugins().await;
        self.gate().forget_all().await;
        let mut emptied = vec!["undo", "outputs", "backups", "exports"];
        if workspace {
            emptied.push("workspace");
        }
        let places = self.places().into_iter().filter(|(name, _)| emptied.contains(name));
        let places: Vec<_> = places.map(|(_, path)| path).collect();
        let channels = self.data_dir().join("channels");
        blocking(move || places.iter().chain([&channels]).try_for_each(|folder| empty(folder))).await?;
        let settings = self.settings().reset(self.bus())?;
        self.apply(settings).await;
        self.channels_changed();
        Ok(())
    }

    /// Deletes the keys of models, what outside services gave, passwords of calendars, secrets of packages, the voice print,
    /// and what tokens are signed with.
    async fn delete_secrets(&self) -> Result<()> {
        let mut names: Vec<_> = Provider::ALL.into_iter().map(key_name).collect();
        names.extend(crate::connections::names().map(str::to_owned));
        names.extend(self.calendar_secrets().await?);
        names.extend(self.setup_secrets().await?);
        names.push(crate::accounts::SIGNING_KEY.to_owned());
        for name in names {
            self.secrets().delete(&name).await?;
        }
        self.music_sign_out().await?;
        self.delete_voice_print().await
    }

    fn places(&self) -> Vec<(&'static str, PathBuf)> {
        let data = self.data_dir();
        let database = self.db().path().map_or_else(|| data.join("luna.db"), Path::to_owned);
        vec![
            ("database", database),
            ("workspace", self.workspace().root().to_owned()),
            ("undo", data.join("undo")),
            ("outputs", data.join("outputs")),
            ("backups", self.backups_dir()),
            ("audit", data.join("audit.log")),
            ("logs", self.logs_dir()),
            ("exports", data.join("exports")),
        ]
    }
}

/// A zip file that is being written.
struct Archive {
    zip: ZipWriter<BufWriter<File>>,
    options: SimpleFileOptions,
}

impl Archive {
    fn begin(path: &Path) -> std::io::Result<Self> {
        let zip = ZipWriter::new(BufWriter::new(File::create(path)?));
        Ok(Self { zip, options: SimpleFileOptions::default().large_file(true) })
    }

    fn bytes(&mut self, name: &str, bytes: &[u8]) -> std::io::Result<()> {
        self.zip.start_file(name, self.options)?;
        self.zip.write_all(bytes)
    }

    fn file(&mut self, name: &str, path: &Path) -> std::io::Result<()> {
        self.zip.start_file(name, self.options)?;
        std::io::copy(&mut File::open(path)?, &mut self.zip)?;
        Ok(())
    }

    /// A folder with all that is in it; links are not followed, since they may lead anywhere.
    fn folder(&mut self, name: &str, path: &Path) -> std::io::Result<()> {
        for entry in std::fs::read_dir(path)?.flatten() {
            let (kind, inner) =
                (entry.file_type()?, format!("{name}/{}", entry.file_name().to_string_lossy()));
            if kind.is_dir() {
                self.folder(&inner, &entry.path())?;
            } else if kind.is_file() {
                self.file(&inner, &entry.path())?;
            }
        }
        Ok(())
    }

    fn finish(self) -> std::io::Result<()> {
        self.zip.finish()?.into_inner()?.sync_all()
    }
}

/// The bytes of a file, or of all files in a folder; what cannot be read counts nothing. The database's logs count with it.
fn size_of(path: &Path) -> u64 {
    let Ok(meta) = path.symlink_metadata() else { return 0 };
    if meta.is_dir() {
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        return entries.map(|entry| size_of(&entry.path())).sum();
    }
    let beside = |end: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        Path::new(&name).symlink_metadata().map_or(0, |m| m.len())
    };
    let logs = if path.extension().is_some_and(|x| x == "db") { beside("-wal") + beside("-shm") } else { 0 };
    meta.len() + logs
}

/// Deletes what is in a folder; the folder itself stays, since it may be open.
fn empty(folder: &Path) -> Result<()> {
    let entries = match std::fs::read_dir(folder) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        other => other.map_err(|e| undeletable(folder, &e))?,
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let gone = if is_folder { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        gone.map_err(|e| undeletable(&path, &e))?;
    }
    Ok(())
}

fn undeletable(path: &Path, error: &std::io::Error) -> Error {
    Error::unavailable(format!("{} could not be deleted: {error}", path.display()))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
}
