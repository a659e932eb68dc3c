//! What the operating system grants the process.

/// Enough for thousands of streams, and few enough that programs which close them all at start stay quick.
#[cfg(unix)]
const OPEN_FILES: u64 = 65_536;

/// Raises how many files and connections may be open, as far as this user may.
#[cfg(unix)]
pub(crate) fn raise_open_files() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let raised = getrlimit(Resource::RLIMIT_NOFILE).and_then(|(now, most)| {
        let wanted = most.min(OPEN_FILES);
        if now < wanted { setrlimit(Resource::RLIMIT_NOFILE, wanted, most) } else { Ok(()) }
    });
    if let Err(error) = raised {
        tracing::debug!(%error, "the limit of open files stays as it is");
    }
}

#[cfg(not(unix))]
pub(crate) const fn raise_open_files() {}
