//! Programs of others that are kept running: with a cleared environment, a folder of their own, limits, and only so much of
//! the machine as they may have; ended with all that came of them. What they mean by their lines is nothing to it.

use std::ffi::OsString;
use std::process::{ExitStatus, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use futures::future::{FusedFuture as _, FutureExt as _};
use luna_core::ports::{Confinement, Program, Programs, Started};
use luna_model::{Error, Result};
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::run::Processes;

/// Longest line from a program, in bytes.
const LONGEST: u64 = 1 << 20;
/// Lines that wait to be read, either way; who writes more waits.
const WAITING: usize = 32;
/// How long a program may take to end by itself once its input is closed, and once more when it was asked to.
const PATIENCE: Duration = Duration::from_secs(5);
const LAST_PATIENCE: Duration = Duration::from_secs(1);
/// Longest line of its errors that is logged, and how many of them in a while.
const LONGEST_LOGGED: u64 = 500;
const MOST_LOGGED: u32 = 60;
const WHILE: Duration = Duration::from_secs(60);
/// What every program is limited to: no core files, 256 open files, files of 512 MiB, 2 GiB of memory.
const LIMITS: &str = "ulimit -c 0; ulimit -n 256; ulimit -f 1048576; ulimit -d 2097152; exec \"$@\"";
/// Variables without which little runs.
const ALWAYS: [&str; 5] = ["PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ"];

/// Runs programs on this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct ChildPrograms;

impl Programs for ChildPrograms {
    fn start(&self, program: Program, stop: CancellationToken) -> Result<Started> {
        let failed = |e: std::io::Error| {
            Error::unavailable(format!("{} cannot be started: {e}", program.name)).because(e)
        };
        std::fs::create_dir_all(&program.data).map_err(failed)?;
        let confined = confinement();
        let mark = format!("LUNA_PROGRAM={}", Uuid::new_v4());
        let mut child = command(&program, confined, &mark).spawn().map_err(failed)?;
        let tree = Processes::of(&child, mark).map(Tree);
        let pipes = (tree, child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(tree), Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(Error::unavailable(format!("{} ended as soon as it was started", program.name)));
        };
        let (say, to_say) = mpsc::channel(WAITING);
        let (heard, lines) = mpsc::channel(WAITING);
        let run = async move {
            let aside = async {
                tokio::join!(speak(stdin, to_say, &stop), log(&program.name, stderr));
                std::future::pending::<()>().await;
            };
            let mut listening = Box::pin(listen(stdout, heard).fuse());
            let why = tokio::select! {
                why = end(child, &tree, &stop) => why,
                Some(why) = &mut listening => why,
                () = aside => String::new(),
            };
            // What it started may still hold its output open.
            tree.0.end();
            if !listening.is_terminated() {
                let _ = timeout(LAST_PATIENCE, listening).await;
            }
            why
        };
        Ok(Started { say, lines, confined, run: Box::pin(run) })
    }
}

/// A program with all that came of it; dropping it ends them.
struct Tree(Processes);

impl Drop for Tree {
    fn drop(&mut self) {
        self.0.end();
    }
}

fn command(program: &Program, confined: Confinement, mark: &str) -> Command {
    let mut words: Vec<OsString> = vec![];
    match confined {
        Confinement::Whole => words.extend(walls(program)),
        Confinement::Network if !program.network => words.extend(["unshare", "-rn", "--"].map(Into::into)),
        _ => {}
    }
    words.extend(["sh", "-c", LIMITS, "sh"].map(Into::into));
    words.extend(program.command.iter().map(Into::into));
    let mut command = Command::new(&words[0]);
    command
        .args(&words[1..])
        .current_dir(&program.folder)
        .env_clear()
        .envs(
            ALWAYS
                .iter()
                .copied()
                .chain(program.environment.iter().map(String::as_str))
                .filter_map(|name| Some((name.to_owned(), std::env::var_os(name)?))),
        )
        .env("HOME", &program.data)
        .env("TMPDIR", &program.data)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    if let Some((name, value)) = mark.split_once('=') {
        command.env(name, value);
    }
    command
}

/// Bubblewrap's words for a program: the system to read, nothing of the user's, its own folder to write.
fn walls(program: &Program) -> Vec<OsString> {
    let mut words: Vec<OsString> =
        ["bwrap", "--die-with-parent", "--unshare-pid", "--unshare-ipc"].map(Into::into).into();
    if !program.network {
        words.push("--unshare-net".into());
    }
    for system in
        ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/opt", "/nix", "/run/systemd/resolve"]
    {
        words.extend(["--ro-bind-try", system, system].map(Into::into));
    }
    words.extend(["--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"].map(Into::into));
    words.extend(["--ro-bind".into(), program.folder.clone().into(), program.folder.clone().into()]);
    words.extend(["--bind".into(), program.data.clone().into(), program.data.clone().into()]);
    words.extend(["--chdir".into(), program.folder.clone().into(), "--".into()]);
    words
}

/// What this machine can do to keep a program in: tried once, since it depends on more than what is installed.
fn confinement() -> Confinement {
    static FOUND: OnceLock<Confinement> = OnceLock::new();
    let works = |words: &[&str]| {
        let mut trial = std::process::Command::new(words[0]);
        trial.args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        cfg!(target_os = "linux") && trial.status().is_ok_and(|status| status.success())
    };
    *FOUND.get_or_init(|| {
        let walled = [
            "bwrap",
            "--ro-bind",
            "/",
            "/",
            "--dev",
            "/dev",
            "--proc",
            "/proc",
            "--unshare-net",
            "--unshare-pid",
            "--unshare-ipc",
            "true",
        ];
        if works(&walled) {
            Confinement::Whole
        } else if works(&["unshare", "-rn", "--", "true"]) {
            Confinement::Network
        } else {
            Confinement::None
        }
    })
}

/// Writes lines to a program, until it is to end; then its input is closed.
async fn speak(mut stdin: ChildStdin, mut lines: mpsc::Receiver<String>, stop: &CancellationToken) {
    let mut last = false;
    loop {
        let line = tokio::select! {
            biased;
            line = lines.recv() => line,
            () = stop.cancelled(), if !last => {
                // What was said before is still written.
                last = true;
                lines.close();
                continue;
            }
        };
        let Some(mut line) = line else { return };
        line.push('\n');
        if stdin.write_all(line.as_bytes()).await.is_err() || stdin.flush().await.is_err() {
            return;
        }
    }
}

/// Reads a program's lines; why it has to be ended, if so.
async fn listen(stdout: ChildStdout, heard: mpsc::Sender<String>) -> Option<String> {
    let mut stdout = BufReader::new(stdout);
    loop {
        match line(&mut stdout, LONGEST).await {
            Some((_, true)) => return Some(format!("it wrote a line of more than {} MiB", LONGEST >> 20)),
            Some((line, false)) => heard.send(line).await.ok()?,
            None => return None,
        }
    }
}

/// Logs what a program says of itself: so much and no more.
async fn log(name: &str, stderr: ChildStderr) {
    let mut stderr = BufReader::new(stderr);
    let (mut since, mut lines) = (Instant::now(), 0_u32);
    while let Some((line, _)) = line(&mut stderr, LONGEST_LOGGED).await {
        if since.elapsed() > WHILE {
            (since, lines) = (Instant::now(), 0);
        }
        lines += 1;
        match lines.cmp(&MOST_LOGGED) {
            std::cmp::Ordering::Less => {
                tracing::info!(program = name, said = line.trim_end(), "a package's program")
            }
            std::cmp::Ordering::Equal => {
                tracing::warn!(program = name, "it says too much; the rest of this minute is left out")
            }
            std::cmp::Ordering::Greater => {}
        }
    }
}

/// The next line, and whether it was cut.
async fn line(from: &mut (impl AsyncBufRead + Unpin), most: u64) -> Option<(String, bool)> {
    let mut bytes = vec![];
    from.take(most + 1).read_until(b'\n', &mut bytes).await.ok().filter(|n| *n > 0)?;
    let cut = bytes.len() as u64 > most && bytes.last() != Some(&b'\n');
    Some((String::from_utf8_lossy(&bytes).trim_end_matches(['\n', '\r']).to_owned(), cut))
}

/// Waits for a program's end, and brings it about when it is to stop; why it ended.
async fn end(mut child: Child, tree: &Tree, stop: &CancellationToken) -> String {
    tokio::select! {
        status = child.wait() => return ended(status),
        () = stop.cancelled() => {}
    }
    if let Ok(status) = timeout(PATIENCE, child.wait()).await {
        return ended(status);
    }
    tree.0.ask();
    if timeout(LAST_PATIENCE, child.wait()).await.is_err() {
        tree.0.end();
        let _ = timeout(LAST_PATIENCE, child.wait()).await;
    }
    "it did not end by itself".into()
}

fn ended(status: std::io::Result<ExitStatus>) -> String {
    status.map_or_else(|e| format!("it was lost: {e}"), |status| format!("it ended ({status})"))
}
