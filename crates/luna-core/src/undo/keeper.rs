//! The folder of kept contents, and files brought back from it. Synchronous; [`super::Undo`] calls it off the runtime.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use luna_model::{ActionId, Error, FileChange, Result, Timestamp, TurnId};
use sha2::{Digest, Sha256};

/// Most bytes that are kept for one action, and most files. Beyond it the action cannot be undone, and is told so before.
const MOST_BYTES: u64 = 1 << 30;
const MOST_FILES: usize = 50_000;

/// Contents by their hash, in a folder of their own.
#[derive(Debug)]
pub(crate) struct Keeper {
    root: PathBuf,
}

impl Keeper {
    /// The keeper of a folder, made if it is not there.
    ///
    /// # Errors
    /// `Unavailable` when it cannot be made.
    pub(crate) fn open(root: PathBuf) -> Result<Self> {
        fs::create_dir_all(&root).map_err(|e| unwritable(&root, e))?;
        Ok(Self { root })
    }

    /// Keeps all that lies at these paths; each with its content's name, none where there is nothing. Parents of what
    /// does not exist yet are listed too, so that folders made by the action can be taken away again.
    pub(super) fn keep_all(&self, paths: &[PathBuf]) -> Result<Vec<(PathBuf, Option<String>)>> {
        let (mut kept, mut budget) = (Vec::new(), Budget { bytes: MOST_BYTES, files: MOST_FILES });
        let mut seen = BTreeSet::new();
        for path in paths {
            for missing in missing_parents(path) {
                if seen.insert(missing.clone()) {
                    kept.push((missing, None));
                }
            }
            self.walk(
                path,
                &mut |path, content| {
                    if seen.insert(path.to_owned()) {
                        kept.push((path.to_owned(), content));
                    }
                },
                &mut budget,
            )?;
        }
        Ok(kept)
    }

    /// What differs from before, in the order in which it would have been made. New files in kept folders are found too.
    pub(super) fn compare(
        &self,
        before: Vec<(PathBuf, Option<String>)>,
        action: ActionId,
        turn: TurnId,
        at: Timestamp,
    ) -> Result<Vec<FileChange>> {
        let known: BTreeSet<_> = before.iter().map(|(path, _)| path.clone()).collect();
        let mut budget = Budget { bytes: MOST_BYTES, files: MOST_FILES };
        let mut found: Vec<(PathBuf, Option<String>, Option<String>)> = Vec::new();
        for (path, before) in before {
            let after = self.keep_one(&path, &mut budget)?;
            let made_here = before.is_none() && after.as_deref() == Some(DIR);
            found.push((path.clone(), before.clone(), after));
            if made_here || before.as_deref() == Some(DIR) {
                self.walk(
                    &path,
                    &mut |inner, content| {
                        if !known.contains(inner) {
                            found.push((inner.to_owned(), None, content));
                        }
                    },
                    &mut budget,
                )?;
            }
        }
        let mut listed = BTreeSet::new();
        found.retain(|(path, before, after)| before != after && listed.insert(path.clone()));
        Ok(found
            .into_iter()
            .map(|(path, before, after)| FileChange { action, turn, path, before, after, at })
            .collect())
    }

    /// Brings the files of these changes back to what they were before. First all are looked at: when one was changed
    /// since and `force` is not set, nothing is touched.
    pub(super) fn restore(
        &self,
        changes: &[FileChange],
        by: ActionId,
        turn: TurnId,
        force: bool,
        at: Timestamp,
    ) -> Result<(Vec<PathBuf>, Vec<FileChange>)> {
        let mut budget = Budget { bytes: u64::MAX, files: usize::MAX };
        // A path that was changed twice goes back to what it was before the first time.
        let mut wanted: Vec<(PathBuf, Option<String>, Option<String>)> = Vec::new();
        for change in changes {
            match wanted.iter_mut().find(|(path, ..)| *path == change.path) {
                Some((_, _, last)) => last.clone_from(&change.after),
                None => wanted.push((change.path.clone(), change.before.clone(), change.after.clone())),
            }
        }
        let mut plan = Vec::new();
        for (path, before, expected) in wanted {
            let now = self.keep_one(&path, &mut budget)?;
            if now != expected && now != before && !force {
                return Err(Error::conflict(format!(
                    "{} was changed since; nothing was undone. Undo the later change first, or force it (what is there now is kept)",
                    path.display()
                )));
            }
            if now != before {
                plan.push((path, now, before));
            }
        }
        // What must go, goes deepest first; what comes back, comes folders first.
        plan.sort_by_key(|(path, ..)| path.components().count());
        for (path, now, before) in plan.iter().rev() {
            if before.is_none() || (now.as_deref() == Some(DIR)) != (before.as_deref() == Some(DIR)) {
                remove(path, now.as_deref())?;
            }
        }
        for (path, _, before) in &plan {
            if let Some(content) = before {
                self.put_back(path, content)?;
            }
        }
        let made = plan.iter().map(|(path, now, before)| FileChange {
            action: by,
            turn,
            path: path.clone(),
            before: now.clone(),
            after: before.clone(),
            at,
        });
        let made: Vec<_> = made.collect();
        Ok((plan.into_iter().map(|(path, ..)| path).collect(), made))
    }

    /// Removes the contents that are not in the list.
    pub(super) fn sweep(&self, kept: &[String]) -> Result<()> {
        let kept: BTreeSet<_> =
            kept.iter().filter_map(|c| c.split_once(':')).map(|(hash, _)| hash.to_owned()).collect();
        for shelf in fs::read_dir(&self.root).map_err(|e| unreadable(&self.root, e))?.flatten() {
            for entry in fs::read_dir(shelf.path()).into_iter().flatten().flatten() {
                let hash =
                    format!("{}{}", shelf.file_name().to_string_lossy(), entry.file_name().to_string_lossy());
                if !kept.contains(&hash) {
                    fs::remove_file(entry.path()).map_err(|e| unwritable(&entry.path(), e))?;
                }
            }
        }
        Ok(())
    }

    /// Calls `found` for a path and all below it.
    fn walk(
        &self,
        path: &Path,
        found: &mut impl FnMut(&Path, Option<String>),
        budget: &mut Budget,
    ) -> Result<()> {
        let content = self.keep_one(path, budget)?;
        let is_dir = content.as_deref() == Some(DIR);
        found(path, content);
        if is_dir {
            let mut inner: Vec<_> =
                fs::read_dir(path).map_err(|e| unreadable(path, e))?.flatten().map(|e| e.path()).collect();
            inner.sort();
            for path in inner {
                self.walk(&path, found, budget)?;
            }
        }
        Ok(())
    }

    /// Keeps what lies at one path; its name.
    fn keep_one(&self, path: &Path, budget: &mut Budget) -> Result<Option<String>> {
        let meta = match fs::symlink_metadata(path) {
            Err(e)
                if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) =>
            {
                return Ok(None);
            }
            other => other.map_err(|e| unreadable(path, e))?,
        };
        budget.take(meta.is_file().then_some(meta.len()))?;
        if meta.is_dir() {
            return Ok(Some(DIR.into()));
        }
        if meta.file_type().is_symlink() {
            let target = fs::read_link(path).map_err(|e| unreadable(path, e))?;
            return Ok(Some(format!("{LINK}{}", target.to_string_lossy())));
        }
        if !meta.is_file() {
            return Err(Error::invalid(format!("{} is no regular file and cannot be kept", path.display())));
        }
        let hash = self.store(path)?;
        Ok(Some(format!("{hash}:{:o}", mode(&meta))))
    }

    fn store(&self, path: &Path) -> Result<String> {
        let mut source = File::open(path).map_err(|e| unreadable(path, e))?;
        let mut copy = tempfile::NamedTempFile::new_in(&self.root).map_err(|e| unwritable(&self.root, e))?;
        let (mut digest, mut block) = (Sha256::new(), vec![0; 128 << 10]);
        loop {
            let n = source.read(&mut block).map_err(|e| unreadable(path, e))?;
            if n == 0 {
                break;
            }
            digest.update(&block[..n]);
            copy.write_all(&block[..n]).map_err(|e| unwritable(&self.root, e))?;
        }
        let hash = hex::encode(digest.finalize());
        let place = self.place(&hash);
        if !place.exists() {
            let shelf = place.parent().unwrap_or(&self.root);
            fs::create_dir_all(shelf).map_err(|e| unwritable(shelf, e))?;
            copy.as_file().sync_data().map_err(|e| unwritable(&place, e))?;
            copy.persist(&place).map_err(|e| unwritable(&place, e.error))?;
        }
        Ok(hash)
    }

    fn place(&self, hash: &str) -> PathBuf {
        let (shelf, rest) = hash.split_at(hash.len().min(2));
        self.root.join(shelf).join(rest)
    }

    fn put_back(&self, path: &Path, content: &str) -> Result<()> {
        let parent = path.parent().unwrap_or(Path::new("/"));
        fs::create_dir_all(parent).map_err(|e| unwritable(parent, e))?;
        if content == DIR {
            return fs::create_dir_all(path).map_err(|e| unwritable(path, e));
        }
        if let Some(target) = content.strip_prefix(LINK) {
            let _ = fs::remove_file(path);
            return link(target, path).map_err(|e| unwritable(path, e));
        }
        let (hash, mode) = content.split_once(':').unwrap_or((content, "644"));
        let kept = self.place(hash);
        let mut source = File::open(&kept).map_err(|e| unreadable(&kept, e))?;
        let mut copy = tempfile::NamedTempFile::new_in(parent).map_err(|e| unwritable(parent, e))?;
        std::io::copy(&mut source, &mut copy).map_err(|e| unwritable(path, e))?;
        set_mode(copy.as_file(), mode).map_err(|e| unwritable(path, e))?;
        copy.as_file().sync_data().map_err(|e| unwritable(path, e))?;
        copy.persist(path).map_err(|e| unwritable(path, e.error))?;
        Ok(())
    }
}

const DIR: &str = "dir";
const LINK: &str = "link:";

struct Budget {
    bytes: u64,
    files: usize,
}

impl Budget {
    fn take(&mut self, bytes: Option<u64>) -> Result<()> {
        let too_much =
            || Error::limit("this touches more files than Luna keeps for undo (1 GiB or 50,000 files)");
        self.files = self.files.checked_sub(1).ok_or_else(too_much)?;
        self.bytes = self.bytes.checked_sub(bytes.unwrap_or_default()).ok_or_else(too_much)?;
        Ok(())
    }
}

/// Fails when there is more at these paths than is kept for one action, or something that cannot be read.
pub(crate) fn measure(paths: &[PathBuf]) -> Result<()> {
    fn take(path: &Path, budget: &mut Budget) -> Result<()> {
        let meta = match fs::symlink_metadata(path) {
            Err(e)
                if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) =>
            {
                return Ok(());
            }
            other => other.map_err(|e| unreadable(path, e))?,
        };
        budget.take(meta.is_file().then_some(meta.len()))?;
        if meta.is_dir() {
            for entry in fs::read_dir(path).map_err(|e| unreadable(path, e))?.flatten() {
                take(&entry.path(), budget)?;
            }
        }
        Ok(())
    }
    let mut budget = Budget { bytes: MOST_BYTES, files: MOST_FILES };
    paths.iter().try_for_each(|path| take(path, &mut budget))
}

fn missing_parents(path: &Path) -> Vec<PathBuf> {
    let mut missing: Vec<_> = path
        .ancestors()
        .skip(1)
        .take_while(|p| fs::symlink_metadata(p).is_err())
        .map(Path::to_owned)
        .collect();
    missing.retain(|p| !p.as_os_str().is_empty());
    missing.reverse();
    missing
}

fn remove(path: &Path, now: Option<&str>) -> Result<()> {
    let removed = match now {
        None => Ok(()),
        // Not recursive: a folder that holds something the action did not make stays.
        Some(DIR) => fs::remove_dir(path)
            .or_else(|e| if e.kind() == std::io::ErrorKind::DirectoryNotEmpty { Ok(()) } else { Err(e) }),
        Some(_) => fs::remove_file(path),
    };
    removed.map_err(|e| unwritable(path, e))
}

#[cfg(unix)]
fn mode(meta: &fs::Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    meta.permissions().mode() & 0o7777
}

#[cfg(not(unix))]
fn mode(meta: &fs::Metadata) -> u32 {
    if meta.permissions().readonly() { 0o444 } else { 0o644 }
}

#[cfg(unix)]
fn set_mode(file: &File, mode: &str) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = u32::from_str_radix(mode, 8).unwrap_or(0o644);
    file.set_permissions(fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(file: &File, mode: &str) -> std::io::Result<()> {
    let mut permissions = file.metadata()?.permissions();
    permissions.set_readonly(mode == "444");
    file.set_permissions(permissions)
}

#[cfg(unix)]
fn link(target: &str, path: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

#[cfg(windows)]
fn link(target: &str, path: &Path) -> std::io::Result<()> {
    std::os::windows::fs::symlink_file(target, path)
}

fn unreadable(path: &Path, error: std::io::Error) -> Error {
    Error::unavailable(format!("{} cannot be read, so it cannot be kept for undo: {error}", path.display()))
        .because(error)
}

fn unwritable(path: &Path, error: std::io::Error) -> Error {
    Error::unavailable(format!("{} cannot be written: {error}", path.display())).because(error)
}
