//! `luna backup` and `luna restore`: copies of the database. They work on the files, so that they work when Luna does not.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use luna_app::{Claim, Setup, Taken, store};
use luna_model::Timestamp;

use crate::screen::{self, FAINT, GOOD, styled};

/// Makes a backup, whether Luna runs or not.
pub(crate) async fn backup(setup: &Setup) -> Result<()> {
    let paths = &setup.paths;
    if !paths.database.exists() {
        bail!("there is no database yet at {}", paths.database.display());
    }
    let db = store::Db::open(&paths.database)?;
    let made = db.backup(paths.backups.clone(), luna_core::BACKUPS_KEPT, Timestamp::now()).await;
    tokio::task::spawn_blocking(move || db.close()).await?;
    let made = made?;
    Ok(screen::line(format!("{} {} ({})", styled(GOOD, "✓"), made.path.display(), size(made.size)))?)
}

/// Puts a backup in the database's place, or lists the backups.
pub(crate) fn restore(setup: &Setup, backup: Option<&Path>) -> Result<()> {
    let Some(backup) = backup else { return list(setup) };
    let paths = &setup.paths;
    let _claim = match Claim::take(&paths.data)? {
        Taken::Ours(claim) => claim,
        Taken::By(holder) => return Err(holder.in_the_way(&paths.data).into()),
    };
    let backup = find(backup, &paths.backups);
    let replaced = store::restore(&backup, &paths.database, Timestamp::now())?;
    screen::line(format!("{} the database is that of {}", styled(GOOD, "✓"), backup.display()))?;
    if let Some(replaced) = replaced {
        screen::line(styled(FAINT, format!("  the one before is kept as {}", replaced.display())))?;
    }
    Ok(())
}

/// A name without a folder is one of the backups, unless there is such a file here.
fn find(backup: &Path, folder: &Path) -> PathBuf {
    let bare = backup.components().count() == 1 && !backup.exists();
    if bare { folder.join(backup) } else { backup.to_owned() }
}

fn list(setup: &Setup) -> Result<()> {
    let folder = &setup.paths.backups;
    let backups = store::backups(folder)?;
    if backups.is_empty() {
        return Ok(screen::line(format!(
            "There are no backups in {} yet; `luna backup` makes one.",
            folder.display()
        ))?);
    }
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let row = |b: &store::BackupFile| vec![screen::moment(b.made_at), size(b.size), name(&b.path)];
    screen::table(&backups.iter().map(row).collect::<Vec<_>>())?;
    Ok(screen::line(styled(FAINT, "`luna restore FILE` puts one in the place of the database."))?)
}

#[allow(clippy::cast_precision_loss, reason = "a size for the eye")]
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{:.0} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}
