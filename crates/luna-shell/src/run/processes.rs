//! The processes of a command: started in a session of their own, found again and ended, all of them.

use std::io;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::{Pid, setsid};
use tokio::process::{Child, Command};

use super::Job;
use super::terminal::Terminal;

/// Starts bash on the two terminals, as the leader of a new session whose terminal is the first.
pub(super) fn start(job: &Job, main: &Terminal, errors: &Terminal) -> io::Result<Child> {
    let mut bash = Command::new("bash");
    bash.args(["--noprofile", "--norc", "-c", &job.command])
        .current_dir(&job.folder)
        .env_clear()
        .envs(job.environment.iter().map(|(name, value)| (name, value)))
        .stdin(main.stdio()?)
        .stdout(main.stdio()?)
        .stderr(errors.stdio()?);
    // SAFETY: between fork and exec only system calls that are safe there; nothing allocates or takes a lock.
    #[allow(unsafe_code, reason = "a session and its terminal can only be taken by the new process itself")]
    unsafe {
        bash.pre_exec(become_leader);
    }
    bash.spawn()
}

/// Runs in the new process: a session of its own, its terminal, no descriptors or signal settings of ours.
fn become_leader() -> io::Result<()> {
    setsid()?;
    // SAFETY: plain system calls on descriptors 0 and up; none of them touches memory of ours besides `none`.
    #[allow(unsafe_code, reason = "no safe wrapper exists for these calls")]
    unsafe {
        if libc::ioctl(0, libc::TIOCSCTTY as _, 0) == -1 {
            return Err(io::Error::last_os_error());
        }
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut());
        for signal in [libc::SIGPIPE, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM, libc::SIGHUP, libc::SIGCHLD]
        {
            libc::signal(signal, libc::SIG_DFL);
        }
        #[cfg(target_os = "linux")]
        {
            // Libraries that open files without close-on-exec must not lend them to the command. Older kernels: no call.
            libc::syscall(libc::SYS_close_range, 3_u32, u32::MAX, libc::CLOSE_RANGE_CLOEXEC);
            // Its thread is this command's own, so this fires only when Luna itself is gone.
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        }
    }
    Ok(())
}

/// What runs a command: its leader and all that came of it.
pub(crate) struct Processes {
    leader: Pid,
    mark: String,
}

impl Processes {
    pub(crate) fn of(child: &Child, mark: String) -> Option<Self> {
        let leader = i32::try_from(child.id()?).ok()?;
        Some(Self { leader: Pid::from_raw(leader), mark })
    }

    /// Asks all of them to end.
    pub(crate) fn ask(&self) {
        self.signal(Signal::SIGTERM);
        // A stopped process hears nothing before it goes on.
        self.signal(Signal::SIGCONT);
    }

    /// Ends all of them, and what they start meanwhile.
    pub(crate) fn end(&self) {
        const ROUNDS: usize = 8;
        for _ in 0..ROUNDS {
            if self.signal(Signal::SIGKILL) == 0 {
                return;
            }
        }
    }

    /// Sends the signal to the group and to whatever left it; says how many living ones were found outside the group's
    /// leader, where the system lets us look.
    fn signal(&self, signal: Signal) -> usize {
        // It may be gone already, which is what we want.
        let _ = killpg(self.leader, signal);
        let found = self.find();
        for pid in &found {
            let _ = kill(*pid, signal);
        }
        found.len()
    }

    /// Living processes of the session, and those that left it but carry its mark.
    #[cfg(target_os = "linux")]
    fn find(&self) -> Vec<Pid> {
        let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
        let mark = self.mark.as_bytes();
        entries
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
            .filter(|pid| {
                let Some((state, session)) = state_and_session(*pid) else { return false };
                state != 'Z'
                    && (session == self.leader.as_raw()
                        || std::fs::read(format!("/proc/{pid}/environ")).is_ok_and(|environment| {
                            environment.split(|b| *b == 0).any(|entry| entry == mark)
                        }))
            })
            .map(Pid::from_raw)
            .collect()
    }

    #[cfg(not(target_os = "linux"))]
    fn find(&self) -> Vec<Pid> {
        let _ = &self.mark;
        Vec::new()
    }
}

/// From /proc/<pid>/stat (proc_pid_stat(5)): `pid (name) state ppid pgrp session …`; the name may hold anything.
#[cfg(target_os = "linux")]
fn state_and_session(pid: i32) -> Option<(char, i32)> {
    let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    let stat = String::from_utf8_lossy(&stat);
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?.chars().next()?;
    let session = fields.nth(2)?.parse().ok()?;
    Some((state, session))
}
