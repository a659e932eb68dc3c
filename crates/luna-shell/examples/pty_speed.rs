//! Measures the shell against the bare system: bytes a second against a plain read of one pseudo-terminal, and the time to
//! a command's first byte against starting bash on pipes.
#![cfg(unix)]
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    missing_docs,
    reason = "a program to be read, not a part of Luna"
)]

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use luna_core::ports::{CommandIo, Shell};
use luna_model::{CommandContext, CommandRequest};
use luna_shell::{PtyShell, ShellConfig};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

const BYTES: usize = 400_000_000;
const ROUNDS: usize = 5;
const STARTS: usize = 200;

#[tokio::main]
async fn main() {
    let folder = std::env::temp_dir().join(format!("luna-pty-speed-{}", std::process::id()));
    let shell = PtyShell::new(ShellConfig::new(folder.clone(), std::env::temp_dir())).unwrap();
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare.push(bare_drain());
        ours.push(our_drain(&shell).await);
    }
    let (ours, bare) = (median(ours), median(bare));
    println!(
        "drain: bare {:.0} MB/s, ours {:.0} MB/s, ratio {:.2}",
        rate(bare),
        rate(ours),
        rate(ours) / rate(bare)
    );

    let (mut ours, mut piped) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        piped.push(piped_start());
        ours.push(our_start(&shell).await);
    }
    println!("first byte: bash on pipes {:?}, ours {:?} (medians of {STARTS})", median(piped), median(ours));
    shell.shutdown().await;
    std::fs::remove_dir_all(folder).unwrap();
}

fn command() -> String {
    format!("head -c {BYTES} /dev/zero")
}

/// One pseudo-terminal without output processing, read in a loop; as little as anyone can do.
fn bare_drain() -> Duration {
    let pair = native_pty_system().openpty(PtySize::default()).unwrap();
    let mut bash = CommandBuilder::new("bash");
    bash.args(["--noprofile", "--norc", "-c", &format!("stty -opost; {}", command())]);
    let began = Instant::now();
    let mut child = pair.slave.spawn_command(bash).unwrap();
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().unwrap();
    let (mut buffer, mut count) = (vec![0; 1 << 16], 0);
    loop {
        match reader.read(&mut buffer).unwrap() {
            0 => break,
            n => count += n,
        }
    }
    child.wait().unwrap();
    assert_eq!(count, BYTES);
    began.elapsed()
}

async fn our_drain(shell: &PtyShell) -> Duration {
    let (began, count, _) = run(shell, &command()).await;
    assert_eq!(count, BYTES);
    began.elapsed()
}

async fn our_start(shell: &PtyShell) -> Duration {
    run(shell, "echo x").await.2
}

async fn run(shell: &PtyShell, command: &str) -> (Instant, usize, Duration) {
    let (output, mut read) = mpsc::channel(16);
    let (_input, input) = mpsc::channel(1);
    let io = CommandIo { output, input, cancel: CancellationToken::new() };
    let request = CommandRequest {
        command: command.into(),
        context: CommandContext::default(),
        timeout_s: None,
        size: None,
    };
    let began = Instant::now();
    let count = async {
        let (mut count, mut first) = (0, Duration::ZERO);
        while let Some(part) = read.recv().await {
            if count == 0 {
                first = began.elapsed();
            }
            count += part.data.len();
        }
        (count, first)
    };
    let (outcome, (count, first)) = tokio::join!(shell.run(request, io), count);
    assert_eq!(outcome.unwrap().exit_code, Some(0));
    (began, count, first)
}

fn piped_start() -> Duration {
    let began = Instant::now();
    let mut child = Command::new("bash")
        .args(["--noprofile", "--norc", "-c", "echo x"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut byte = [0];
    child.stdout.as_mut().unwrap().read_exact(&mut byte).unwrap();
    let first = began.elapsed();
    child.wait().unwrap();
    first
}

fn median(mut all: Vec<Duration>) -> Duration {
    all.sort_unstable();
    all[all.len() / 2]
}

#[allow(clippy::cast_precision_loss, reason = "a few hundred million")]
fn rate(took: Duration) -> f64 {
    BYTES as f64 / 1e6 / took.as_secs_f64()
}
