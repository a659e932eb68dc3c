//! The program itself, started in a folder of a test's own, and called over HTTP.

#![allow(dead_code, reason = "each test program takes what it needs")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic here is a failed test")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// The program with nothing of this machine's settings, keys or models in reach.
pub(crate) fn luna(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_luna"));
    let kept = ["PATH", "LANG", "TMPDIR", "USER"];
    command.env_clear().envs(std::env::vars_os().filter(|(name, _)| kept.iter().any(|k| name == k)));
    command
        .env("HOME", data)
        .env("HOST", "127.0.0.1")
        .env("PORT", "0")
        .env("EXECUTOR_PORT", "0")
        .env("LUNA_DATA_DIR", data.join("luna"))
        .env("LUNA_MODELS_DIR", data.join("models"))
        .env("LUNA_SECRET_STORE", "file")
        .env("LLM_PROVIDER", "builtin")
        .current_dir(data)
        .stdin(Stdio::null());
    command
}

/// Runs it to its end: exit code, standard output, standard error.
pub(crate) fn run(command: &mut Command) -> (Option<i32>, String, String) {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// `luna serve`, listening. Killed when it goes out of scope.
pub(crate) struct Served {
    pub(crate) child: Child,
    pub(crate) address: String,
    /// What it printed: one line.
    pub(crate) line: String,
    out: BufReader<ChildStdout>,
    client: reqwest::Client,
}

impl Served {
    pub(crate) fn start(data: &Path) -> Self {
        Self::of(luna(data).arg("serve"))
    }

    pub(crate) fn of(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let address = line.split_whitespace().find(|word| word.starts_with("http://"));
        let Some(address) = address.map(str::to_owned) else {
            let _ = child.kill();
            let output = child.wait_with_output().unwrap();
            panic!("no server: {line:?} {}", String::from_utf8_lossy(&output.stderr));
        };
        Self { child, address, line, out, client: reqwest::Client::builder().no_proxy().build().unwrap() }
    }

    /// A command of the table; what it answers, or what went wrong.
    pub(crate) async fn rpc(&self, command: &str, input: Value) -> Result<Value, String> {
        let response = self.post(command, input).await.map_err(|e| e.to_string())?;
        let (status, body) = (response.status(), response.text().await.map_err(|e| e.to_string())?);
        if status.is_success() { serde_json::from_str(&body).map_err(|e| e.to_string()) } else { Err(body) }
    }

    pub(crate) async fn post(&self, command: &str, input: Value) -> reqwest::Result<reqwest::Response> {
        self.client.post(format!("{}/rpc/{command}", self.address)).json(&input).send().await
    }

    /// Tells it to stop and waits: its exit code, how long it took, and what else it printed.
    #[cfg(unix)]
    pub(crate) fn terminate(mut self) -> (Option<i32>, Duration, String) {
        let began = Instant::now();
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
        let status = self.child.wait().unwrap();
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut self.out, &mut rest).unwrap();
        (status.code(), began.elapsed(), rest)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
