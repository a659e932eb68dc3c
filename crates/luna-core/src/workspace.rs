//! The workspace: the one folder whose files Luna's tools may read and write. Every path is relative to it and is opened
//! beneath it by handle (cap-std), so neither `..` nor a symbolic link nor a race leads out.

use std::io::{Read as _, Write as _};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions};
use luna_model::{Error, Result, Timestamp, WorkspaceFile};
use regex::RegexBuilder;

/// Largest file that is read.
const MOST_BYTES: u64 = 10_000_000;
/// Most files that are listed or searched.
const MOST_FILES: usize = 10_000;

/// A line that a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The file.
    pub path: String,
    /// The line's number, from 1.
    pub line: usize,
    /// The line, cut to 300 characters.
    pub text: String,
}

/// The workspace; cheap to clone.
#[derive(Clone, Debug)]
pub struct Workspace {
    root: Arc<Path>,
    dir: Arc<Dir>,
}

impl Workspace {
    /// Opens the folder, making it if it is not there.
    ///
    /// # Errors
    /// `Unavailable` when it cannot be opened.
    pub fn open(root: &Path) -> Result<Self> {
        let failed = |e: std::io::Error| {
            Error::unavailable(format!("the workspace {} cannot be opened: {e}", root.display()))
        };
        std::fs::create_dir_all(root).map_err(failed)?;
        let root = root.canonicalize().map_err(failed)?;
        let dir = Dir::open_ambient_dir(&root, ambient_authority()).map_err(failed)?;
        Ok(Self { root: root.into(), dir: Arc::new(dir) })
    }

    /// Where it lies on the disk.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where a file of it lies on the disk, by its words alone; for showing and for undo.
    ///
    /// # Errors
    /// `Invalid` for a path that leads out.
    pub fn absolute(&self, path: &str) -> Result<PathBuf> {
        Ok(self.root.join(checked(path)?))
    }

    /// All files, by path.
    ///
    /// # Errors
    /// `Unavailable` when the folder cannot be read.
    pub async fn list(&self) -> Result<Vec<WorkspaceFile>> {
        let this = self.clone();
        blocking(move || this.files(&this.dir, Path::new(""))).await
    }

    /// The files below one folder, by path; none when there is no such folder. What lies beside it is not read.
    ///
    /// # Errors
    /// `Invalid` for a path that leads out, `Unavailable` when the folder cannot be read.
    pub async fn list_below(&self, folder: &str) -> Result<Vec<WorkspaceFile>> {
        let (this, folder) = (self.clone(), folder.to_owned());
        blocking(move || match this.dir.open_dir(checked(&folder)?) {
            Ok(dir) => this.files(&dir, Path::new(&folder)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(vec![]),
            Err(error) => Err(failed(&folder, error)),
        })
        .await
    }

    fn files(&self, dir: &Dir, path: &Path) -> Result<Vec<WorkspaceFile>> {
        let mut files = vec![];
        self.walk(dir, path, &mut |path, dir, name| {
            let meta = dir.symlink_metadata(name)?;
            let modified = meta
                .modified()
                .map_or(Timestamp::UNIX_EPOCH, |t| Timestamp::try_from(t.into_std()).unwrap_or_default());
            files.push(WorkspaceFile { path: path.to_owned(), size: meta.len(), modified });
            Ok(())
        })?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    /// The text of a file.
    ///
    /// # Errors
    /// `NotFound`, `Invalid` for a path that leads out or a file that is no text, `LimitReached` beyond 10 MB.
    pub async fn read(&self, path: &str) -> Result<String> {
        let (this, path) = (self.clone(), path.to_owned());
        blocking(move || {
            let file = this.dir.open(checked(&path)?).map_err(|e| failed(&path, e))?;
            let meta = file.metadata().map_err(|e| failed(&path, e))?;
            if !meta.is_file() {
                return Err(Error::invalid(format!("{path} is no file")));
            }
            if meta.len() > MOST_BYTES {
                return Err(Error::limit(format!("{path} is larger than {} MB", MOST_BYTES / 1_000_000)));
            }
            let mut bytes = vec![];
            file.take(MOST_BYTES).read_to_end(&mut bytes).map_err(|e| failed(&path, e))?;
            String::from_utf8(bytes).map_err(|_| Error::invalid(format!("{path} is not a text file")))
        })
        .await
    }

    /// Writes a file, and the folders it needs. The old text stays until the new one is whole.
    ///
    /// # Errors
    /// `Invalid` for a path that leads out, `LimitReached` beyond 10 MB, `Unavailable` when the disk is full.
    pub async fn write(&self, path: &str, content: String) -> Result<()> {
        let (this, path) = (self.clone(), path.to_owned());
        blocking(move || {
            if content.len() as u64 > MOST_BYTES {
                return Err(Error::limit(format!(
                    "that is more than {} MB for one file",
                    MOST_BYTES / 1_000_000
                )));
            }
            let relative = checked(&path)?;
            let (parent, name) = this.parent_of(&relative, &path)?;
            if parent.symlink_metadata(&name).is_ok_and(|m| m.is_dir()) {
                return Err(Error::invalid(format!("{path} is a folder")));
            }
            let unfinished = PathBuf::from(format!(".{}.luna-unfinished", name.display()));
            let written = (|| {
                let mut file = parent
                    .open_with(&unfinished, OpenOptions::new().write(true).create(true).truncate(true))?;
                file.write_all(content.as_bytes())?;
                file.sync_data()?;
                parent.rename(&unfinished, &parent, &name)
            })();
            if written.is_err() {
                let _ = parent.remove_file(&unfinished);
            }
            written.map_err(|e| failed(&path, e))
        })
        .await
    }

    /// Lines that match a pattern: a regular expression, or plain words when it is none. At most `limit`.
    ///
    /// # Errors
    /// `Invalid` for an empty pattern.
    pub async fn search(&self, pattern: &str, below: &str, limit: usize) -> Result<Vec<Found>> {
        if pattern.is_empty() {
            return Err(Error::invalid("what should be searched for?"));
        }
        let regex = RegexBuilder::new(pattern).case_insensitive(true).size_limit(1 << 20).build();
        let regex =
            regex.or_else(|_| RegexBuilder::new(&regex::escape(pattern)).case_insensitive(true).build());
        let regex = regex.map_err(|e| Error::invalid(format!("that pattern cannot be used: {e}")))?;
        let (this, below) = (self.clone(), checked(below).unwrap_or_default());
        blocking(move || {
            let mut found = vec![];
            this.walk(&this.dir, Path::new(""), &mut |path, dir, name| {
                if found.len() >= limit
                    || !Path::new(path).starts_with(&below)
                    || dir.symlink_metadata(name)?.len() > MOST_BYTES
                {
                    return Ok(());
                }
                // What is not text is not searched.
                let Ok(text) = dir.read_to_string(name) else { return Ok(()) };
                let lines = text.lines().enumerate().filter(|(_, line)| regex.is_match(line));
                for (at, line) in lines.take(limit - found.len()) {
                    found.push(Found {
                        path: path.to_owned(),
                        line: at + 1,
                        text: line.chars().take(300).collect(),
                    });
                }
                Ok(())
            })?;
            Ok(found)
        })
        .await
    }

    fn parent_of(&self, relative: &Path, shown: &str) -> Result<(Dir, PathBuf)> {
        let name =
            relative.file_name().map(PathBuf::from).ok_or_else(|| Error::invalid("a file needs a name"))?;
        let dir = match relative.parent().filter(|p| !p.as_os_str().is_empty()) {
            None => self.dir.try_clone(),
            Some(parent) => self.dir.create_dir_all(parent).and_then(|()| self.dir.open_dir(parent)),
        };
        Ok((dir.map_err(|e| failed(shown, e))?, name))
    }

    /// Calls `file` for every regular file, without following links.
    fn walk(
        &self,
        dir: &Dir,
        at: &Path,
        file: &mut impl FnMut(&str, &Dir, &Path) -> std::io::Result<()>,
    ) -> Result<usize> {
        let mut seen = 0;
        let entries = dir.entries().map_err(|e| failed(&at.to_string_lossy(), e))?;
        for entry in entries.flatten() {
            let (name, Ok(kind)) = (PathBuf::from(entry.file_name()), entry.file_type()) else { continue };
            let path = at.join(&name);
            if kind.is_dir() {
                if let Ok(inner) = dir.open_dir(&name) {
                    seen += self.walk(&inner, &path, file)?;
                }
            } else if kind.is_file() && !name.to_string_lossy().ends_with(".luna-unfinished") {
                let shown = path.to_string_lossy().replace('\\', "/");
                // A file that goes away or may not be read while we look is left out.
                if let Err(error) = file(&shown, dir, &name) {
                    tracing::debug!(%error, "a workspace file was left out");
                }
                seen += 1;
            }
            if seen > MOST_FILES {
                break;
            }
        }
        Ok(seen)
    }
}

/// A path in its normal form: relative, with no part that leads out.
fn checked(path: &str) -> Result<PathBuf> {
    let outside =
        || Error::invalid(format!("{path:?} is outside the workspace; use a path like notes/ideas.md"));
    if path.contains(['\\', '\0']) || path.contains(':') && cfg!(windows) {
        return Err(outside());
    }
    let mut relative = PathBuf::new();
    for part in Path::new(path).components() {
        match part {
            Component::Normal(name) => relative.push(name),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return Err(outside()),
        }
    }
    Ok(relative)
}

fn failed(path: &str, error: std::io::Error) -> Error {
    use std::io::ErrorKind as Io;
    match error.kind() {
        Io::NotFound | Io::NotADirectory => {
            Error::not_found(format!("there is no file {path} in the workspace"))
        }
        // cap-std answers so when a link would lead out.
        Io::PermissionDenied => {
            Error::forbidden(format!("{path} leads out of the workspace, or may not be opened"))
                .because(error)
        }
        Io::StorageFull => Error::unavailable("the disk is full; nothing was changed").because(error),
        Io::IsADirectory => Error::invalid(format!("{path} is a folder")),
        _ => Error::unavailable(format!("{path}: {error}")).because(error),
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
}

#[cfg(test)]
mod tests {
    use luna_model::ErrorKind;

    use super::*;

    fn place() -> (tempfile::TempDir, Workspace) {
        let dir = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(&dir.path().join("workspace")).unwrap();
        (dir, workspace)
    }

    #[tokio::test]
    async fn what_is_written_is_read_listed_and_found() {
        let (_dir, ws) = place();
        ws.write("notes/ideas.md", "# Ideas\nA pineapple.\n".into()).await.unwrap();
        assert_eq!(ws.read("notes/./ideas.md").await.unwrap(), "# Ideas\nA pineapple.\n");
        let listed = ws.list().await.unwrap();
        assert_eq!((listed[0].path.as_str(), listed[0].size), ("notes/ideas.md", 21));
        let found = ws.search("PINE+apple", "", 10).await.unwrap();
        assert_eq!((found[0].line, found[0].text.as_str()), (2, "A pineapple."));
        assert!(ws.search("[", "", 10).await.unwrap().is_empty(), "what is no expression is plain words");
    }

    #[tokio::test]
    async fn nothing_leads_out() {
        let (dir, ws) = place();
        std::fs::write(dir.path().join("secret"), "s").unwrap();
        std::os::unix::fs::symlink("../secret", ws.root().join("link")).unwrap();
        std::os::unix::fs::symlink("..", ws.root().join("up")).unwrap();
        std::os::unix::fs::symlink("/etc", ws.root().join("etc")).unwrap();
        for path in [
            "../secret",
            "/etc/passwd",
            "a/../../secret",
            "..\\secret",
            "link",
            "up/secret",
            "etc/passwd",
            "a\0b",
            "",
        ] {
            assert!(ws.read(path).await.is_err(), "read {path:?}");
            let error = ws.write(path, "x".into()).await.err();
            // A link itself may be replaced by a file: that stays inside.
            assert!(error.is_some() || path == "link", "write {path:?}");
        }
        assert_eq!(std::fs::read_to_string(dir.path().join("secret")).unwrap(), "s");
    }

    #[tokio::test]
    async fn a_missing_and_a_binary_file_say_so() {
        let (_dir, ws) = place();
        assert_eq!(ws.read("none.md").await.unwrap_err().kind, ErrorKind::NotFound);
        std::fs::write(ws.root().join("b"), [0xff, 0xfe]).unwrap();
        assert_eq!(ws.read("b").await.unwrap_err().kind, ErrorKind::Invalid);
    }
}
