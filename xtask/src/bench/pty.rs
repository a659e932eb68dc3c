//! Commands: how fast their output comes through the live terminal, against `cat` through a bare PTY, and how soon its
//! first byte, against fork and exec.

use std::{
    fs::File,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use futures::{SinkExt as _, StreamExt as _};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use serde_json::{Value, json};
use tokio::{net::TcpStream, task::spawn_blocking, time::timeout};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

use super::{Row, percentile, server::Server};

const LINES: usize = 400_000;
const LINE: &str = "0123456789 the quick brown fox jumps over the lazy dog 0123456789 \\ \"\n";
const TIMES: usize = 50;
const PATIENCE: Duration = Duration::from_secs(120);

pub(super) async fn run(luna: PathBuf) -> Result<Vec<Row>> {
    let folder = tempfile::tempdir()?;
    let big = folder.path().join("big.txt");
    let mut file = io::BufWriter::new(File::create(&big)?);
    (0..LINES).try_for_each(|_| file.write_all(LINE.as_bytes()))?;
    drop(file);
    #[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
    let megabytes = (LINES * LINE.len()) as f64 / 1e6;

    let mut luna = Server::luna(&luna, None)?;
    luna.ready().await?;
    let (mut terminal, _) = connect_async(format!("ws://127.0.0.1:{}/ws", luna.port)).await?;

    let path = big.clone();
    let bare = spawn_blocking(move || through_a_bare_pty(&path)).await??;
    let shown = show(&mut terminal, &format!("cat {}", big.display())).await?;
    ensure!(shown.bytes == LINES * LINE.len(), "{} of {} bytes came", shown.bytes, LINES * LINE.len());

    let (mut exec, mut first) = (Vec::new(), Vec::new());
    for _ in 0..TIMES {
        exec.push(spawn_blocking(fork_and_exec).await??.as_secs_f64() * 1e3);
        first.push(show(&mut terminal, "echo x").await?.first.as_secs_f64() * 1e3);
    }
    Ok(vec![
        Row::new("pty: output of cat", megabytes / shown.whole.as_secs_f64(), "MB/s")
            .against(megabytes / bare.as_secs_f64())
            .aim("ratio > 0.8"),
        Row::new("command: first byte, median of 50", percentile(&mut first, 0.5), "ms")
            .against(percentile(&mut exec, 0.5)),
    ])
}

struct Shown {
    /// Until the first output.
    first: Duration,
    /// Until the end of the command.
    whole: Duration,
    bytes: usize,
}

/// Runs a command in the live terminal.
async fn show(terminal: &mut WebSocketStream<MaybeTlsStream<TcpStream>>, command: &str) -> Result<Shown> {
    let began = Instant::now();
    terminal.send(Message::text(json!({"type": "execute", "command": command}).to_string())).await?;
    let (mut first, mut bytes) = (None, 0);
    loop {
        let frame = timeout(PATIENCE, terminal.next())
            .await
            .context("the terminal is silent")?
            .context("it hung up")??;
        let Message::Text(text) = frame else { continue };
        let message: Value = serde_json::from_str(&text)?;
        match message["type"].as_str() {
            Some("stdout") => {
                first.get_or_insert_with(|| began.elapsed());
                bytes += message["data"].as_str().unwrap_or_default().len();
            }
            Some("complete") => {
                let first = first.context("the command said nothing")?;
                return Ok(Shown { first, whole: began.elapsed(), bytes });
            }
            Some("ack" | "start" | "stderr") => {}
            _ => bail!("{command}: {text}"),
        }
    }
}

fn through_a_bare_pty(file: &Path) -> Result<Duration> {
    let pair = native_pty_system().openpty(PtySize::default())?;
    let mut reader = pair.master.try_clone_reader()?;
    let mut command = CommandBuilder::new("cat");
    command.arg(file);
    let began = Instant::now();
    let mut child = pair.slave.spawn_command(command)?;
    drop(pair.slave);
    let mut buffer = vec![0; 65_536];
    // The end of a terminal is an error on Linux, and an end elsewhere.
    while reader.read(&mut buffer).is_ok_and(|read| read > 0) {}
    child.wait()?;
    Ok(began.elapsed())
}

fn fork_and_exec() -> Result<Duration> {
    let began = Instant::now();
    let mut child = Command::new("bash").args(["-c", "echo x"]).stdout(Stdio::piped()).spawn()?;
    child.stdout.take().context("no output")?.read_exact(&mut [0])?;
    let took = began.elapsed();
    child.wait()?;
    Ok(took)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_baselines_run() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(LINE.repeat(10_000).as_bytes()).unwrap();
        assert!(through_a_bare_pty(file.path()).unwrap() > Duration::ZERO);
        assert!(fork_and_exec().unwrap() > Duration::ZERO);
    }
}
