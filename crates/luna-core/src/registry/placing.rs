//! Where the files of packages lie: skills in the workspace, where the user reads and changes them; channels beside the data,
//! where no tool of the model reaches. A package's folder is there whole or not at all.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions};
use luna_model::{Error, Result};
use luna_store::Package;
use uuid::Uuid;

use super::archive::PackedFile;
use super::manifest::Kind;
use crate::Luna;

/// What a folder is called while it is written, and while it goes.
const COMING: &str = "_coming-";
const GOING: &str = "_going-";

impl Luna {
    /// The folder in which packages of a kind lie.
    fn packages_folder(&self, kind: &str) -> PathBuf {
        match kind {
            "channel" => self.data_dir().join("channels").join("packages"),
            _ => self.workspace().root().join("skills"),
        }
    }

    /// The folder of an installed package.
    #[must_use]
    pub fn package_folder(&self, package: &Package) -> PathBuf {
        self.packages_folder(&package.kind).join(&package.id)
    }

    /// Writes a package's files in place of those of its last version.
    pub(super) async fn place_package(&self, kind: Kind, id: &str, files: Vec<PackedFile>) -> Result<()> {
        let (folder, id) = (self.packages_folder(kind.name()), id.to_owned());
        aside(move || place(&open(&folder)?, &id, &files)).await
    }

    /// Deletes a package's files.
    pub(super) async fn remove_package_files(&self, package: &Package) -> Result<()> {
        let (folder, id) = (self.packages_folder(&package.kind), package.id.clone());
        aside(move || match open(&folder)?.remove_dir_all(&id) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        })
        .await
    }
}

async fn aside(work: impl FnOnce() -> io::Result<()> + Send + 'static) -> Result<()> {
    let done = tokio::task::spawn_blocking(work).await.map_err(Error::internal)?;
    done.map_err(|error| {
        Error::unavailable(format!("the package's files could not be changed: {error}. Is the disk full?"))
    })
}

fn open(folder: &Path) -> io::Result<Dir> {
    std::fs::create_dir_all(folder)?;
    Dir::open_ambient_dir(folder, ambient_authority())
}

fn place(parent: &Dir, id: &str, files: &[PackedFile]) -> io::Result<()> {
    sweep(parent)?;
    let coming = format!("{COMING}{}", Uuid::new_v4().simple());
    let going = format!("{GOING}{}", Uuid::new_v4().simple());
    parent.create_dir(&coming)?;
    let written = parent.open_dir(&coming).and_then(|folder| write(&folder, files));
    let moved = written.and_then(|()| {
        let had = match parent.rename(id, parent, &going) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(error),
        };
        parent.rename(&coming, parent, id).inspect_err(|_| {
            if had && let Err(error) = parent.rename(&going, parent, id) {
                tracing::error!(%error, "a package's last version could not be put back");
            }
        })
    });
    match &moved {
        Ok(()) => sweep(parent)?,
        Err(_) => parent.remove_dir_all(&coming)?,
    }
    moved
}

fn write(folder: &Dir, files: &[PackedFile]) -> io::Result<()> {
    for file in files {
        let path = Path::new(&file.path);
        if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
            folder.create_dir_all(parent)?;
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use cap_std::fs::OpenOptionsExt as _;
            options.mode(if file.runs { 0o700 } else { 0o600 });
        }
        let mut to = folder.open_with(path, &options)?;
        to.write_all(&file.bytes)?;
        to.sync_data()?;
    }
    Ok(())
}

/// Deletes what was left when the program ended in the middle.
fn sweep(parent: &Dir) -> io::Result<()> {
    for entry in parent.entries()?.flatten() {
        let name = entry.file_name();
        if name.to_string_lossy().starts_with(COMING) || name.to_string_lossy().starts_with(GOING) {
            parent.remove_dir_all(&name)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> PackedFile {
        PackedFile { path: path.into(), bytes: text.into(), runs: false }
    }

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(dir)
            .unwrap()
            .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_version_takes_the_place_of_the_last_whole_or_not_at_all() {
        let temp = tempfile::tempdir().unwrap();
        let parent = open(temp.path()).unwrap();
        place(&parent, "a", &[file("manifest.json", "1"), file("lib/old.py", "x")]).unwrap();
        place(&parent, "a", &[file("manifest.json", "2")]).unwrap();
        assert_eq!(names(temp.path()), ["a"]);
        assert_eq!(names(&temp.path().join("a")), ["manifest.json"]);
        // A file that is also a folder cannot be written: the last version stays, and nothing half is left.
        place(&parent, "a", &[file("x", "1"), file("x/y", "2")]).unwrap_err();
        assert_eq!(names(temp.path()), ["a"]);
        assert_eq!(std::fs::read_to_string(temp.path().join("a/manifest.json")).unwrap(), "2");
    }
}
