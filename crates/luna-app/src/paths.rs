//! Where things are on disk: the data folder and what is in it, the models folder. Makes folders that only their owner
//! can enter; knows nothing of what is written into them.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use directories::BaseDirs;
use luna_model::{Error, ErrorKind, Result};

use crate::config::Config;

/// The places of one installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// The data folder, which everything below is in unless said otherwise.
    pub data: PathBuf,
    /// The database file; may be elsewhere.
    pub database: PathBuf,
    /// The files Luna may work on; may be elsewhere.
    pub workspace: PathBuf,
    /// The audit log.
    pub audit: PathBuf,
    /// Copies of the database.
    pub backups: PathBuf,
    /// What was changed or deleted, kept by content.
    pub undo: PathBuf,
    /// Long outputs of commands.
    pub outputs: PathBuf,
    /// Logs.
    pub logs: PathBuf,
    /// Keys and tokens, where there is no keyring.
    pub secrets: PathBuf,
    /// Models, shared by all data folders.
    pub models: PathBuf,
}

impl Paths {
    /// The places that the configuration says, else the platform's own.
    pub fn of(config: &Config) -> Result<Self> {
        let platform = BaseDirs::new();
        let or_platform = |given: &Option<PathBuf>, name: &str, folder: fn(&BaseDirs) -> PathBuf| {
            given.clone().or_else(|| platform.as_ref().map(folder)).ok_or_else(|| {
                Error::unavailable(format!("there is no home folder to keep data in; set {name} to a folder"))
            })
        };
        let data = or_platform(&config.data_dir, "LUNA_DATA_DIR", |dirs| dirs.data_local_dir().join("luna"))?;
        let models =
            or_platform(&config.models_dir, "LUNA_MODELS_DIR", |dirs| dirs.cache_dir().join("luna/models"))?;
        let mut paths = Self::within(data, models);
        if let Some(database) = &config.database {
            paths.database.clone_from(database);
        }
        if let Some(workspace) = &config.workspace {
            paths.workspace.clone_from(workspace);
        }
        Ok(paths)
    }

    /// The layout of a data folder.
    #[must_use]
    pub fn within(data: PathBuf, models: PathBuf) -> Self {
        Self {
            database: data.join("luna.db"),
            workspace: data.join("workspace"),
            audit: data.join("audit.log"),
            backups: data.join("backups"),
            undo: data.join("undo"),
            outputs: data.join("outputs"),
            logs: data.join("logs"),
            secrets: data.join("secrets.json"),
            models,
            data,
        }
    }

    /// Makes the folders that are missing, for their owner alone. A data folder that was there before is closed to others
    /// when it is Luna's own already, or empty.
    pub fn create(&self) -> Result<()> {
        create_private(&self.data)?;
        if self.is_ours().map_err(|error| cannot_make(&self.data, error))? {
            close_to_others(&self.data).map_err(|error| cannot_make(&self.data, error))?;
        }
        for folder in [&self.workspace, &self.backups, &self.undo, &self.outputs, &self.logs] {
            create_private(folder)?;
        }
        if let Some(folder) = self.database.parent() {
            create_private(folder)?;
        }
        fs::create_dir_all(&self.models).map_err(|error| cannot_make(&self.models, error))
    }

    fn is_ours(&self) -> io::Result<bool> {
        Ok(self.data.join("luna.db").exists() || fs::read_dir(&self.data)?.next().is_none())
    }
}

fn create_private(folder: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| cannot_make(folder, error))
}

#[cfg(unix)]
fn close_to_others(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut permissions = fs::metadata(folder)?.permissions();
    if permissions.mode() & 0o077 == 0 {
        return Ok(());
    }
    permissions.set_mode(0o700);
    fs::set_permissions(folder, permissions)
}

#[cfg(not(unix))]
fn close_to_others(_: &Path) -> io::Result<()> {
    Ok(())
}

fn cannot_make(folder: &Path, error: io::Error) -> Error {
    let message = format!("{} cannot be made or used as a folder: {error}", folder.display());
    Error::new(ErrorKind::Unavailable, message).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(environment: &[(&str, &str)], cwd: &Path) -> Config {
        Config::load([], environment.iter().map(|(n, v)| (n.into(), v.into())), cwd).unwrap()
    }

    #[test]
    fn the_configuration_says_where() {
        let place = tempfile::tempdir().unwrap();
        let paths =
            Paths::of(&config(&[("LUNA_DATA_DIR", "data"), ("LUNA_MODELS_DIR", "m")], place.path())).unwrap();
        assert_eq!(paths.database, place.path().join("data/luna.db"));
        assert_eq!(paths.models, place.path().join("m"));
        let more = [("LUNA_DATA_DIR", "data"), ("WORKSPACE_ROOT", "files"), ("DB_PATH", "elsewhere/x.db")];
        let paths = Paths::of(&config(&more, place.path())).unwrap();
        assert_eq!(paths.workspace, place.path().join("files"));
        assert_eq!(paths.database, place.path().join("elsewhere/x.db"));
        assert_eq!(paths.audit, place.path().join("data/audit.log"));
    }

    #[cfg(unix)]
    #[test]
    fn folders_are_for_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |folder: &Path| fs::metadata(folder).unwrap().permissions().mode() & 0o777;
        let place = tempfile::tempdir().unwrap();
        let paths = Paths::within(place.path().join("a/data"), place.path().join("models"));
        paths.create().unwrap();
        paths.create().unwrap();
        for folder in [&paths.data, &paths.workspace, &paths.backups, &paths.undo, &paths.logs] {
            assert_eq!(mode(folder), 0o700, "{}", folder.display());
        }

        // Someone else's folder that was merely named is left as it is; what is made in it is private all the same.
        let shared = place.path().join("shared");
        fs::create_dir(&shared).unwrap();
        fs::set_permissions(&shared, fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(shared.join("theirs"), "").unwrap();
        let paths = Paths::within(shared.clone(), place.path().join("models"));
        paths.create().unwrap();
        assert_eq!((mode(&shared), mode(&paths.logs)), (0o755, 0o700));
        fs::write(shared.join("luna.db"), "").unwrap();
        paths.create().unwrap();
        assert_eq!(mode(&shared), 0o700);
    }

    #[test]
    fn a_file_in_the_way_is_named() {
        let place = tempfile::tempdir().unwrap();
        let data = place.path().join("data");
        fs::write(&data, "").unwrap();
        let error = Paths::within(data.clone(), place.path().join("models")).create().unwrap_err();
        assert!(error.message.contains(&data.display().to_string()), "{error}");
    }
}
