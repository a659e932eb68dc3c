//! One Luna a data folder. The kernel's lock on a file says whether one is awake and lets go however she ends; a note
//! beside it says who she is and where she listens, and is believed only while the lock is held.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write as _},
    net::SocketAddr,
    path::{Path, PathBuf},
};

use luna_model::{Error, Result};
use serde::{Deserialize, Serialize};

const LOCK: &str = "luna.lock";
const NOTE: &str = "run.json";

/// The data folder, held for as long as this lives.
#[derive(Debug)]
pub struct Claim {
    note: PathBuf,
    _lock: File,
}

/// The Luna that holds a data folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Her process; none in the moment before she wrote it down.
    pub pid: Option<u32>,
    /// Where she can be called, when she listens: `http://127.0.0.1:8899`.
    pub address: Option<String>,
}

/// What came of reaching for a data folder.
#[derive(Debug)]
pub enum Taken {
    /// It is ours.
    Ours(Claim),
    /// Another Luna has it.
    By(Holder),
}

impl Claim {
    /// Takes a data folder, if nobody has it.
    ///
    /// # Errors
    /// `Unavailable` when the folder cannot be written.
    pub fn take(data: &Path) -> Result<Taken> {
        let path = data.join(LOCK);
        let cannot = |e: io::Error| Error::unavailable(format!("{} cannot be used: {e}", path.display()));
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(cannot)?;
        let note = data.join(NOTE);
        match lock.try_lock() {
            Ok(()) => {
                let claim = Self { note, _lock: lock };
                claim.write(None)?;
                Ok(Taken::Ours(claim))
            }
            Err(TryLockError::WouldBlock) => {
                let holder = fs::read(&note).ok().and_then(|json| serde_json::from_slice(&json).ok());
                Ok(Taken::By(holder.unwrap_or_default()))
            }
            Err(TryLockError::Error(error)) => Err(cannot(error)),
        }
    }

    /// Writes down where she can be called from now on.
    ///
    /// # Errors
    /// `Unavailable` when the folder cannot be written.
    pub fn announce(&self, address: SocketAddr) -> Result<()> {
        self.write(Some(format!("http://{}", reachable(address))))
    }

    fn write(&self, address: Option<String>) -> Result<()> {
        let holder = Holder { pid: Some(std::process::id()), address };
        let json = serde_json::to_vec(&holder).map_err(Error::internal)?;
        write_private(&self.note, &json)
            .map_err(|e| Error::unavailable(format!("{} cannot be written: {e}", self.note.display())))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // The lock goes after this, with its file.
        let _ = fs::remove_file(&self.note);
    }
}

impl Holder {
    /// The note in a data folder, if the folder is this user's. Whether its lock is held is not asked.
    pub(crate) fn own_note(data: &Path) -> Option<Self> {
        let note = data.join(NOTE);
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            let owner = fs::symlink_metadata(&note).ok()?.uid();
            if owner != nix::unistd::Uid::effective().as_raw() {
                return None;
            }
        }
        serde_json::from_slice(&fs::read(note).ok()?).ok()
    }

    /// Why nothing else can work on the folder now, and what to do.
    #[must_use]
    pub fn in_the_way(&self, data: &Path) -> Error {
        let who = self.pid.map_or_else(String::new, |pid| format!(" (process {pid})"));
        let at = self.address.as_ref().map_or_else(String::new, |address| format!(", at {address}"));
        Error::conflict(format!(
            "another Luna{who} works with {} already{at}. Stop her, or give this one a folder of its own with --data-dir or \
             LUNA_DATA_DIR.",
            data.display()
        ))
    }
}

/// An address to call for a listener's: "every address" cannot be called, this machine can.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        let loopback = if address.is_ipv4() {
            std::net::Ipv4Addr::LOCALHOST.into()
        } else {
            std::net::Ipv6Addr::LOCALHOST.into()
        };
        address.set_ip(loopback);
    }
    address
}

/// Whole or not at all, and for its owner alone.
fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let fresh = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&fresh)?.write_all(bytes)?;
    fs::rename(&fresh, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_held_by_one_and_free_again_afterwards() {
        let place = tempfile::tempdir().unwrap();
        let Taken::Ours(claim) = Claim::take(place.path()).unwrap() else { panic!("nobody has it") };
        claim.announce("0.0.0.0:8899".parse().unwrap()).unwrap();
        let Taken::By(holder) = Claim::take(place.path()).unwrap() else { panic!("it is held") };
        assert_eq!(holder.pid, Some(std::process::id()));
        assert_eq!(holder.address.as_deref(), Some("http://127.0.0.1:8899"));
        let said = holder.in_the_way(place.path()).message;
        assert!(said.contains(&std::process::id().to_string()) && said.contains("LUNA_DATA_DIR"), "{said}");
        drop(claim);
        assert!(!place.path().join(NOTE).exists());
        assert!(matches!(Claim::take(place.path()).unwrap(), Taken::Ours(_)));
    }

    #[test]
    fn a_note_that_someone_left_is_not_believed() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join(NOTE), r#"{"pid":1,"address":"http://127.0.0.1:1"}"#).unwrap();
        assert!(matches!(Claim::take(place.path()).unwrap(), Taken::Ours(_)));
    }

    #[cfg(unix)]
    #[test]
    fn the_note_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let place = tempfile::tempdir().unwrap();
        let Taken::Ours(_claim) = Claim::take(place.path()).unwrap() else { panic!("nobody has it") };
        let mode = fs::metadata(place.path().join(NOTE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
