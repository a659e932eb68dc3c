//! Undo: every file that a tool is about to write, move or delete is first kept, by its content, outside the workspace;
//! undoing an action or a turn brings back exactly that, and is itself an action that can be undone.
//!
//! A content is named by a file's SHA-256 and mode (`<hex>:644`), a link's target (`link:…`), or `dir`.

mod keeper;

use std::path::PathBuf;
use std::sync::Arc;

use luna_model::{ActionId, Error, FileChange, Result, Timestamp, TurnId};
use luna_store::{ChangedBy, Db};

pub(crate) use keeper::Keeper;

/// Files as they are before an action, so that what it changed can be told afterwards.
#[derive(Debug)]
pub struct Before {
    files: Vec<(PathBuf, Option<String>)>,
}

/// What undo knows; cheap to clone.
#[derive(Clone)]
pub struct Undo {
    db: Db,
    keeper: Arc<Keeper>,
}

impl Undo {
    pub(crate) const fn new(db: Db, keeper: Arc<Keeper>) -> Self {
        Self { db, keeper }
    }

    /// Whether all that lies at these paths is small enough to be kept. Looks at sizes alone.
    pub async fn can_keep(&self, paths: Vec<PathBuf>) -> bool {
        !paths.is_empty() && blocking(move || keeper::measure(&paths)).await.is_ok()
    }

    /// Keeps these files and folders (all that is in them) as they are now.
    ///
    /// # Errors
    /// `LimitReached` when they are too large to keep, `Unavailable` when they cannot be read or the disk is full: then
    /// the action would not be undoable.
    pub async fn keep(&self, paths: Vec<PathBuf>) -> Result<Before> {
        let keeper = Arc::clone(&self.keeper);
        let files = blocking(move || keeper.keep_all(&paths)).await?;
        Ok(Before { files })
    }

    /// Writes down what the action changed since [`Undo::keep`]; how many files.
    ///
    /// # Errors
    /// When it cannot be written down.
    pub async fn record(
        &self,
        before: Before,
        action: ActionId,
        turn: TurnId,
        tool: &str,
        summary: &str,
        at: Timestamp,
    ) -> Result<usize> {
        let keeper = Arc::clone(&self.keeper);
        let changes = blocking(move || keeper.compare(before.files, action, turn, at)).await?;
        let count = changes.len();
        if count > 0 {
            self.db.add_changes(tool.to_owned(), summary.to_owned(), changes).await?;
        }
        Ok(count)
    }

    /// What changed files, newest first.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn list(&self, limit: u32) -> Result<Vec<ChangedBy>> {
        self.db.changed_by(limit).await
    }

    /// The last action that is not undone and is no undo itself.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn last(&self) -> Result<Option<ChangedBy>> {
        Ok(self.db.changed_by(200).await?.into_iter().find(|c| c.undone_by.is_none() && c.tool != TOOL))
    }

    /// Brings back what one action changed. The files, as they are now, are kept first, under the action `by`.
    ///
    /// # Errors
    /// `NotFound` when the action changed no file. `Conflict` when it is undone already, or a file was changed since and
    /// `force` is not set; then nothing is touched.
    pub async fn action(
        &self,
        action: ActionId,
        by: ActionId,
        force: bool,
        at: Timestamp,
    ) -> Result<Vec<PathBuf>> {
        let changes = self.db.changes_of_action(action).await?;
        if changes.is_empty() {
            return Err(Error::not_found("that action changed no file, so there is nothing to undo"));
        }
        self.undo(changes, by, force, at).await
    }

    /// Brings back all that one turn changed.
    ///
    /// # Errors
    /// As [`Undo::action`].
    pub async fn turn(&self, turn: TurnId, by: ActionId, force: bool, at: Timestamp) -> Result<Vec<PathBuf>> {
        let changes = self.db.changes_of_turn(turn).await?;
        if changes.is_empty() {
            return Err(Error::not_found("nothing of that turn is left to undo"));
        }
        self.undo(changes, by, force, at).await
    }

    async fn undo(
        &self,
        changes: Vec<FileChange>,
        by: ActionId,
        force: bool,
        at: Timestamp,
    ) -> Result<Vec<PathBuf>> {
        let mut undone: Vec<ActionId> = changes.iter().map(|c| c.action).collect();
        undone.dedup();
        let all = self.db.changed_by(u32::MAX).await?;
        if all.iter().any(|c| undone.contains(&c.action) && c.undone_by.is_some()) {
            return Err(Error::conflict("that is undone already"));
        }
        let keeper = Arc::clone(&self.keeper);
        let turn = TurnId::new();
        let (restored, made) = blocking(move || keeper.restore(&changes, by, turn, force, at)).await?;
        if !made.is_empty() {
            let names = restored.iter().filter_map(|p| p.file_name()).map(|n| n.to_string_lossy());
            let summary = format!("Undo: {}", names.take(3).collect::<Vec<_>>().join(", "));
            self.db.add_changes(TOOL.into(), summary, made).await?;
        }
        self.db.mark_undone(undone.clone(), Some(by)).await?;
        // Undoing an undo brings the first action's work back, so that one counts as done again.
        let redone = all.into_iter().filter(|c| c.undone_by.is_some_and(|u| undone.contains(&u)));
        let redone: Vec<_> = redone.map(|c| c.action).collect();
        self.db.mark_undone(redone, None).await?;
        Ok(restored)
    }

    /// Forgets what is older than `before`, and the contents that nothing refers to any more.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn forget(&self, before: Timestamp) -> Result<()> {
        self.db.forget_changes(before).await?;
        let kept = self.db.kept_contents().await?;
        let keeper = Arc::clone(&self.keeper);
        blocking(move || keeper.sweep(&kept)).await
    }
}

/// The tool's name under which an undo is written down.
pub(crate) const TOOL: &str = "undo";

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Place {
        dir: tempfile::TempDir,
        undo: Undo,
    }

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    impl Place {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let keeper = Keeper::open(dir.path().join("undo")).unwrap();
            Self { undo: Undo::new(Db::in_memory().unwrap(), Arc::new(keeper)), dir }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.dir.path().join(name)
        }

        async fn act(&self, paths: &[&str], deed: impl FnOnce()) -> (ActionId, TurnId) {
            let (action, turn) = (ActionId::new(), TurnId::new());
            let before = self.undo.keep(paths.iter().map(|p| self.path(p)).collect()).await.unwrap();
            deed();
            self.undo.record(before, action, turn, "test", "a deed", NOW).await.unwrap();
            (action, turn)
        }
    }

    #[tokio::test]
    async fn a_file_written_over_comes_back_and_goes_again() {
        let place = Place::new();
        let file = place.path("a.txt");
        std::fs::write(&file, "first").unwrap();
        let (action, _) = place.act(&["a.txt"], || std::fs::write(&file, "second").unwrap()).await;
        let undo = ActionId::new();
        place.undo.action(action, undo, false, NOW).await.unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "first");
        assert!(place.undo.action(action, ActionId::new(), false, NOW).await.is_err(), "undone already");
        place.undo.action(undo, ActionId::new(), false, NOW).await.unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "second");
        place.undo.action(action, ActionId::new(), false, NOW).await.unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "first");
    }

    #[tokio::test]
    async fn a_deleted_folder_comes_back_with_links_and_modes() {
        use std::os::unix::fs::PermissionsExt as _;
        let place = Place::new();
        let folder = place.path("d");
        std::fs::create_dir_all(folder.join("empty")).unwrap();
        std::fs::create_dir_all(folder.join("sub")).unwrap();
        std::fs::write(folder.join("sub/run.sh"), "#!/bin/sh\n").unwrap();
        std::fs::set_permissions(folder.join("sub/run.sh"), std::fs::Permissions::from_mode(0o750)).unwrap();
        std::os::unix::fs::symlink("sub/run.sh", folder.join("link")).unwrap();
        let (_, turn) = place.act(&["d"], || std::fs::remove_dir_all(&folder).unwrap()).await;
        assert!(!folder.exists());
        place.undo.turn(turn, ActionId::new(), false, NOW).await.unwrap();
        assert!(folder.join("empty").is_dir());
        assert_eq!(std::fs::read_link(folder.join("link")).unwrap(), PathBuf::from("sub/run.sh"));
        assert_eq!(std::fs::metadata(folder.join("sub/run.sh")).unwrap().permissions().mode() & 0o777, 0o750);
    }

    #[tokio::test]
    async fn a_new_file_goes_and_a_file_changed_since_is_not_touched() {
        let place = Place::new();
        let (action, _) =
            place.act(&["new", "other"], || std::fs::write(place.path("new"), "x").unwrap()).await;
        std::fs::write(place.path("new"), "edited by hand").unwrap();
        let error = place.undo.action(action, ActionId::new(), false, NOW).await.unwrap_err();
        assert!(error.message.contains("changed since"), "{}", error.message);
        assert_eq!(std::fs::read_to_string(place.path("new")).unwrap(), "edited by hand");
        let by = ActionId::new();
        place.undo.action(action, by, true, NOW).await.unwrap();
        assert!(!place.path("new").exists());
        place.undo.action(by, ActionId::new(), false, NOW).await.unwrap();
        assert_eq!(std::fs::read_to_string(place.path("new")).unwrap(), "edited by hand");
    }
}
