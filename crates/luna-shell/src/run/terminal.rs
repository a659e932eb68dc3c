//! One pseudo-terminal: opened without echo or newline rewriting, read and written without blocking, resized.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::os::unix::fs::OpenOptionsExt;
use std::process::Stdio;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::termios::{LocalFlags, OutputFlags, SetArg, tcgetattr, tcsetattr};
use portable_pty::{MasterPty, PtySize, native_pty_system};
use tokio::io::unix::AsyncFd;

/// A pseudo-terminal: our side of it, and for as long as the command runs the command's side.
pub(super) struct Terminal {
    master: Box<dyn MasterPty + Send>,
    ours: File,
    /// Kept open while the command runs, so that a moment without any other holder does not look like the end.
    theirs: Option<File>,
}

impl Terminal {
    /// Opens one, for the runtime of this thread.
    pub(super) fn open((columns, rows): (u16, u16)) -> io::Result<AsyncFd<Self>> {
        let pair = native_pty_system().openpty(pty_size(columns, rows)).map_err(io::Error::other)?;
        let master = pair.master;
        let (Some(fd), Some(name)) = (master.as_raw_fd(), master.tty_name()) else {
            return Err(io::Error::other("the system's pseudo-terminal has no name"));
        };
        let theirs = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags((OFlag::O_NOCTTY | OFlag::O_CLOEXEC).bits())
            .open(name)?;
        // SAFETY: the descriptor belongs to `master`, which is alive for the whole of this borrow.
        #[allow(unsafe_code, reason = "portable-pty hands its descriptor out as a bare number")]
        let ours = File::from(unsafe { BorrowedFd::borrow_raw(fd) }.try_clone_to_owned()?);

        let mut modes = tcgetattr(&theirs)?;
        modes.output_flags.remove(OutputFlags::OPOST);
        modes.local_flags.remove(LocalFlags::ECHO | LocalFlags::ECHONL);
        tcsetattr(&theirs, SetArg::TCSANOW, &modes)?;
        let flags = OFlag::from_bits_retain(fcntl(&ours, FcntlArg::F_GETFL)?);
        fcntl(&ours, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
        let terminal = Self { master, ours, theirs: Some(theirs) };
        // SAFETY: the descriptor it is registered by is that of `ours`, which it owns and never replaces.
        #[allow(unsafe_code, reason = "tokio has no safe way to register a type of our own")]
        let registered = unsafe { AsyncFd::register(terminal) };
        registered.map_err(Into::into)
    }

    /// The command's side, for its standard input, output or error.
    pub(super) fn stdio(&self) -> io::Result<Stdio> {
        match &self.theirs {
            Some(theirs) => Ok(theirs.try_clone()?.into()),
            None => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// Gives up the command's side: when its last holder is gone too, reading ends.
    pub(super) fn release(&mut self) {
        self.theirs = None;
    }

    pub(super) fn resize(&self, columns: u16, rows: u16) -> io::Result<()> {
        self.master.resize(pty_size(columns, rows)).map_err(io::Error::other)
    }

    /// Reads what is there. 0 = nobody holds the other side any more.
    pub(super) fn read(&self, into: &mut [u8]) -> io::Result<usize> {
        match (&self.ours).read(into) {
            Err(e) if e.raw_os_error() == Some(libc::EIO) => Ok(0),
            other => other,
        }
    }

    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        (&self.ours).write(bytes)
    }
}

impl AsRawFd for Terminal {
    fn as_raw_fd(&self) -> RawFd {
        self.ours.as_raw_fd()
    }
}

fn pty_size(cols: u16, rows: u16) -> PtySize {
    PtySize { rows: rows.max(1), cols: cols.max(1), pixel_width: 0, pixel_height: 0 }
}
