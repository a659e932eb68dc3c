//! Programs of others: what they see and may write, how much they may say, and that nothing is left of them.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a panic here is a failed test"
)]

use std::time::Duration;

use luna_core::ports::{Confinement, Program, Programs as _, Started};
use luna_shell::ChildPrograms;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// What a program may see of the environment, with what a shell adds itself.
const KNOWN: [&str; 12] = [
    "PATH",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "HOME",
    "TMPDIR",
    "LUNA_PROGRAM",
    "PWD",
    "OLDPWD",
    "SHLVL",
    "_",
];

struct Kept {
    started: Started,
    stop: CancellationToken,
    folder: tempfile::TempDir,
}

fn start(script: &str, network: bool) -> Kept {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("package")).unwrap();
    let stop = CancellationToken::new();
    let program = Program {
        name: "test".into(),
        command: vec!["sh".into(), "-c".into(), script.into()],
        folder: folder.path().join("package"),
        data: folder.path().join("data"),
        environment: vec![],
        network,
    };
    Kept { started: ChildPrograms.start(program, stop.clone()).unwrap(), stop, folder }
}

/// What it says until it ends, and why it did.
async fn all(kept: Kept) -> (Vec<String>, String) {
    let Started { mut lines, run, say: _say, .. } = kept.started;
    let heard = async {
        let mut all = vec![];
        while let Some(line) = lines.recv().await {
            all.push(line);
        }
        all
    };
    let both = async { tokio::join!(heard, run) };
    timeout(Duration::from_secs(30), both).await.expect("it ends")
}

#[tokio::test]
async fn it_has_its_own_folder_and_a_cleared_environment() {
    let script = "echo $HOME; echo x > $HOME/mine && echo wrote; env | cut -d= -f1 | sort | tr '\\n' ' '";
    let kept = start(script, true);
    let data = kept.folder.path().join("data");
    let (lines, why) = all(kept).await;
    assert_eq!(lines[0], data.display().to_string(), "{why}");
    assert_eq!(lines[1], "wrote");
    for name in lines[2].split_whitespace() {
        assert!(KNOWN.contains(&name), "{name} is none of its business");
    }
}

#[tokio::test]
async fn it_does_not_see_the_users_files_nor_the_network() {
    let secret = tempfile::tempdir_in("/var/tmp").unwrap();
    std::fs::write(secret.path().join("x"), "private").unwrap();
    let script = format!("cat {}/x; cat /proc/net/dev | wc -l", secret.path().display());
    let kept = start(&script, false);
    let confined = kept.started.confined;
    let (lines, _) = all(kept).await;
    if confined != Confinement::Whole {
        eprintln!("SKIPPED: bubblewrap does not work here");
        return;
    }
    // Two lines of heading and the loopback.
    assert_eq!(lines, ["3"]);
}

#[tokio::test]
async fn it_is_ended_with_all_that_came_of_it() {
    let kept = start("trap '' TERM; (trap '' TERM; sleep 600) & echo up; while :; do sleep 1; done", false);
    let Kept { started: Started { mut lines, run, say, .. }, stop, folder } = kept;
    let running = tokio::spawn(run);
    assert_eq!(lines.recv().await.as_deref(), Some("up"));
    stop.cancel();
    let why = timeout(Duration::from_secs(30), running).await.expect("it is ended").unwrap();
    assert_eq!(why, "it did not end by itself");
    assert_eq!(lines.recv().await, None, "nothing holds its output any more");
    drop((say, folder));
}

#[tokio::test]
async fn a_line_without_end_ends_it() {
    let (lines, why) = all(start("echo first; yes | tr -d '\\n'", false)).await;
    assert_eq!((lines.len(), why.as_str()), (1, "it wrote a line of more than 1 MiB"));
}

#[tokio::test]
async fn what_is_said_is_heard_and_what_was_said_last_is_not_lost() {
    let kept = start("while read -r line; do echo \"got $line\"; done; echo bye", false);
    let Kept { started: Started { mut lines, run, say, .. }, stop, folder } = kept;
    say.send("one".into()).await.unwrap();
    let running = tokio::spawn(run);
    assert_eq!(lines.recv().await.as_deref(), Some("got one"));
    say.send("two".into()).await.unwrap();
    stop.cancel();
    assert_eq!(lines.recv().await.as_deref(), Some("got two"));
    assert_eq!(lines.recv().await.as_deref(), Some("bye"));
    let why = timeout(Duration::from_secs(30), running).await.expect("it ends").unwrap();
    assert!(why.contains('0'), "{why}");
    drop(folder);
}
