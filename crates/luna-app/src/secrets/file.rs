//! A JSON file of secrets that only its owner can read, replaced whole so that it is never half written. Several
//! processes may use it at once: a lock beside it lets one change it at a time.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use luna_model::{Error, Result, Secret};
use uuid::Uuid;

type Entries = BTreeMap<String, String>;

#[derive(Clone, Debug)]
pub(super) struct SecretFile(PathBuf);

impl SecretFile {
    pub(super) const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub(super) async fn get(&self, name: &str) -> Result<Option<Secret>> {
        let (path, name) = (self.0.clone(), name.to_owned());
        off_thread(move || Ok(read(&path)?.remove(&name).map(Secret::new))).await
    }

    pub(super) async fn set(&self, name: &str, value: Secret) -> Result<()> {
        let name = name.to_owned();
        self.change(move |entries| {
            entries.insert(name, value.expose().clone()).as_ref() != Some(value.expose())
        })
        .await
    }

    pub(super) async fn delete(&self, name: &str) -> Result<()> {
        let name = name.to_owned();
        self.change(move |entries| entries.remove(&name).is_some()).await
    }

    /// Changes the entries under the lock; nothing is written when the change says that it changed nothing.
    async fn change(&self, change: impl FnOnce(&mut Entries) -> bool + Send + 'static) -> Result<()> {
        let path = self.0.clone();
        off_thread(move || {
            let lock = private_options().create(true).truncate(false).open(path.with_extension("lock"));
            let lock = lock.map_err(|error| unusable(&path, error))?;
            lock.lock().map_err(|error| unusable(&path, error))?;
            let mut entries = read(&path)?;
            if change(&mut entries) {
                replace(&path, &entries).map_err(|error| unusable(&path, error))?;
            }
            Ok(())
        })
        .await
    }
}

/// The name under which this data folder's entries stand in the keyring: made once, kept beside the secrets, so that a
/// folder which moves keeps its keys and a new one starts without.
pub(super) async fn namespace(secrets: &Path) -> Result<String> {
    let path = secrets.with_file_name("keyring-id");
    off_thread(move || {
        if let Ok(id) = fs::read_to_string(&path)
            && let Ok(id) = Uuid::parse_str(id.trim())
        {
            return Ok(id.to_string());
        }
        let id = Uuid::new_v4().to_string();
        write_whole(&path, id.as_bytes()).map_err(|error| unusable(&path, error))?;
        Ok(id)
    })
    .await
}

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
}

fn read(path: &Path) -> Result<Entries> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Entries::new()),
        Err(error) => return Err(unusable(path, error)),
    };
    close_to_others(path, &file).map_err(|error| unusable(path, error))?;
    // The error of a JSON parser may repeat what it read, so it is not kept.
    serde_json::from_reader(io::BufReader::new(file)).map_err(|_| {
        Error::unavailable(format!(
            "{} is damaged and its keys cannot be read; move it away and enter them again",
            path.display()
        ))
    })
}

fn replace(path: &Path, entries: &Entries) -> io::Result<()> {
    let mut json = serde_json::to_vec_pretty(entries)?;
    json.push(b'\n');
    write_whole(path, &json)
}

/// Puts a file in place in one go: written and synced beside it, then renamed over it.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let fresh = path.with_extension("new");
    let mut file = private_options().create(true).truncate(true).open(&fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn private_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(unix)]
fn close_to_others(path: &Path, file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut permissions = file.metadata()?.permissions();
    if permissions.mode() & 0o077 == 0 {
        return Ok(());
    }
    tracing::warn!(
        file = %path.display(),
        "other users of this machine could read Luna's keys; that is closed now, but think of them as known"
    );
    permissions.set_mode(0o600);
    file.set_permissions(permissions)
}

#[cfg(not(unix))]
fn close_to_others(_: &Path, _: &File) -> io::Result<()> {
    Ok(())
}

fn unusable(path: &Path, error: io::Error) -> Error {
    Error::unavailable(format!("{} cannot be used: {error}", path.display())).because(error)
}
