//! The processes under measurement: Luna in a fresh data folder, and a plain axum server as her baseline. Ends them when
//! dropped.

use std::{
    convert::Infallible,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use axum::{
    Json, Router,
    response::sse::{Event, Sse},
    routing::get,
};
use futures::{StreamExt as _, stream};
use nix::{sys::signal, unistd::Pid};
use serde_json::json;
use tempfile::TempDir;
use tokio::time::{interval, sleep};

use super::client;

pub(super) const HEALTH: &str = "/api/system/health";
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) struct Server {
    child: Child,
    pub(super) port: u16,
    began: Instant,
    /// Kept until the server has ended.
    _data: Option<TempDir>,
}

impl Server {
    /// Luna, with a model at this port where she is to talk to one.
    pub(super) fn luna(program: &Path, model: Option<u16>) -> Result<Self> {
        let data = tempfile::tempdir()?;
        let folder = data.path().to_owned();
        let mut server = Self::luna_in(program, &folder, model)?;
        server._data = Some(data);
        Ok(server)
    }

    /// The Luna of a business with this secret, with a model at this port.
    pub(super) fn business(program: &Path, secret: &str, model: u16) -> Result<Self> {
        let data = tempfile::tempdir()?;
        let (port, mut command) = Self::command(program, data.path(), Some(model))?;
        command.env("LUNA_VARIANT", "business").env("JWT_SECRET", secret);
        let mut server = Self::begin(command, port)?;
        server._data = Some(data);
        Ok(server)
    }

    /// Luna, in this data folder.
    pub(super) fn luna_in(program: &Path, data: &Path, model: Option<u16>) -> Result<Self> {
        let (port, command) = Self::command(program, data, model)?;
        Self::begin(command, port)
    }

    fn command(program: &Path, data: &Path, model: Option<u16>) -> Result<(u16, Command)> {
        let port = free_port()?;
        let mut command = Command::new(program);
        command.arg("serve").current_dir(data).env("HOST", "127.0.0.1").env("PORT", port.to_string());
        command
            .env("EXECUTOR_PORT", "0")
            .env("LUNA_DATA_DIR", data.join("data"))
            .env("LUNA_SECRET_STORE", "file");
        command.env("LUNA_VARIANT", "personal").env("LUNA_LOG", "warn").env_remove("LUNA_ENV_FILE");
        match model {
            Some(model) => {
                command.env("LLM_PROVIDER", "openai-compatible").env("OPENAI_API_KEY", "sk-none");
                command
                    .env("OPENAI_BASE_URL", format!("http://127.0.0.1:{model}/v1"))
                    .env("OPENAI_MODEL", "scripted");
            }
            None => drop(command.env("LLM_PROVIDER", "builtin")),
        }
        Ok((port, command))
    }

    /// The plain server, in a process of its own as Luna is.
    pub(super) fn plain() -> Result<Self> {
        let port = free_port()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["bench", "--plain-server", &port.to_string()]);
        Self::begin(command, port)
    }

    fn begin(mut command: Command, port: u16) -> Result<Self> {
        let began = Instant::now();
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .context("the server does not start")?;
        Ok(Self { child, port, began, _data: None })
    }

    /// Waits for the first 200 and says how long after the start it came.
    pub(super) async fn ready(&mut self) -> Result<Duration> {
        loop {
            if client::get_once(self.port, HEALTH).await.is_ok_and(|status| status == 200) {
                return Ok(self.began.elapsed());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended before it answered: {status}");
            }
            if self.began.elapsed() > PATIENCE {
                bail!("the server did not answer {HEALTH} within {PATIENCE:?}");
            }
            sleep(Duration::from_millis(1)).await;
        }
    }

    /// Resident memory in MB.
    pub(super) fn resident_mb(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kib * 1024.0 / 1e6)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let stopped =
            i32::try_from(self.child.id()).map(|id| signal::kill(Pid::from_raw(id), signal::SIGTERM));
        if !matches!(stopped, Ok(Ok(()))) {
            let _ = self.child.kill();
        }
        let asked = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) {
            if asked.elapsed() > Duration::from_secs(10) {
                eprintln!("the server did not end within 10 s of SIGTERM and was killed");
                let _ = self.child.kill();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

pub(super) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// The least that such a server can do: the health route, and a stream with a tick a second.
pub(super) async fn serve_plain(port: u16) -> Result<()> {
    let began = Instant::now();
    let health = move || async move {
        Json(json!({"status": "ok", "version": "0", "uptime_seconds": began.elapsed().as_secs()}))
    };
    let ticks = || async {
        let ticks = stream::unfold(interval(Duration::from_secs(1)), |mut interval| async {
            interval.tick().await;
            Some((Ok::<_, Infallible>(Event::default().data(client::mark())), interval))
        });
        Sse::new(ticks.boxed())
    };
    let router = Router::new().route(HEALTH, get(health)).route("/ticks", get(ticks));
    axum::serve(tokio::net::TcpListener::bind(("127.0.0.1", port)).await?, router).await?;
    Ok(())
}
