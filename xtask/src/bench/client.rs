//! HTTP as bytes on sockets, so that the client costs next to nothing: one-shot requests, keep-alive load, and event
//! streams whose tokens carry the time they were made.

use std::{
    sync::LazyLock,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// Longest silence that is waited for.
const SILENCE: Duration = Duration::from_secs(60);

/// The beginning of time for [`mark`]s, which are only compared within this process.
static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);

/// A token's text with the time of its making in it.
pub(super) fn mark() -> String {
    format!("@{}@ ", BEGINNING.elapsed().as_nanos())
}

/// A GET on a connection of its own; the status.
pub(super) async fn get_once(port: u16, path: &str) -> Result<u16> {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).await?;
    socket.write_all(get(port, path, "close").as_bytes()).await?;
    let mut reply = Vec::new();
    timeout(SILENCE, socket.read_to_end(&mut reply)).await??;
    status(&reply)
}

pub(super) fn get(port: u16, path: &str, connection: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: */*\r\nConnection: {connection}\r\n\r\n"
    )
}

/// A command of the table; what it answers.
pub(super) async fn rpc(port: u16, command: &str, asked: &Value, patience: Duration) -> Result<Value> {
    post(port, &format!("/rpc/{command}"), asked, patience).await
}

/// A POST of JSON on a connection of its own; the JSON that comes back.
pub(super) async fn post(port: u16, path: &str, asked: &Value, patience: Duration) -> Result<Value> {
    post_as(port, path, "", asked, patience).await
}

/// The same with a bearer token, where there is one.
pub(super) async fn post_as(
    port: u16,
    path: &str,
    token: &str,
    asked: &Value,
    patience: Duration,
) -> Result<Value> {
    let body = asked.to_string();
    let bearer = if token.is_empty() { String::new() } else { format!("Authorization: Bearer {token}\r\n") };
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n{bearer}Content-Length: \
         {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let mut socket = TcpStream::connect(("127.0.0.1", port)).await?;
    socket.write_all((head + &body).as_bytes()).await?;
    let mut reply = Vec::new();
    timeout(patience, socket.read_to_end(&mut reply))
        .await
        .with_context(|| format!("{path} is silent"))??;
    let at = reply.windows(4).position(|window| window == b"\r\n\r\n").context("no end of the head")?;
    let (status, body) = (status(&reply)?, &reply[at + 4..]);
    ensure!((200..300).contains(&status), "{path}: {status}: {}", String::from_utf8_lossy(body));
    serde_json::from_slice(body).with_context(|| format!("{path}: {}", String::from_utf8_lossy(body)))
}

/// Sends the same request so often, one after the other on one connection; how long each took, in milliseconds.
pub(super) async fn latencies(port: u16, request: &str, count: usize) -> Result<Vec<f64>> {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).await?;
    socket.set_nodelay(true)?;
    let (mut reply, mut took) = (Vec::with_capacity(4096), Vec::with_capacity(count));
    for _ in 0..count {
        let began = Instant::now();
        socket.write_all(request.as_bytes()).await?;
        reply.clear();
        while !is_whole(&reply)? {
            ensure!(socket.read_buf(&mut reply).await? > 0, "the connection was closed");
        }
        ensure!(status(&reply)? == 200, "{}", String::from_utf8_lossy(&reply));
        took.push(began.elapsed().as_secs_f64() * 1e3);
    }
    Ok(took)
}

fn status(reply: &[u8]) -> Result<u16> {
    let line = reply.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let text = String::from_utf8_lossy(line);
    text.split(' ').nth(1).and_then(|code| code.parse().ok()).with_context(|| format!("not HTTP: {text:?}"))
}

/// Sends one request after another on one connection until the time is up; how many were answered with 200.
pub(super) async fn keep_asking(port: u16, path: &str, until: Instant) -> Result<u64> {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).await?;
    socket.set_nodelay(true)?;
    let request = get(port, path, "keep-alive");
    let mut reply = Vec::with_capacity(4096);
    let mut answered = 0;
    while Instant::now() < until {
        socket.write_all(request.as_bytes()).await?;
        reply.clear();
        while !is_whole(&reply)? {
            ensure!(
                socket.read_buf(&mut reply).await? > 0,
                "the connection was closed after {answered} replies"
            );
        }
        ensure!(status(&reply)? == 200, "status {}", status(&reply)?);
        answered += 1;
    }
    Ok(answered)
}

/// Whether a reply with a `content-length` is all there.
fn is_whole(reply: &[u8]) -> Result<bool> {
    let Some(end) = reply.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(false) };
    let head = String::from_utf8_lossy(&reply[..end]).to_ascii_lowercase();
    let length =
        head.lines().find_map(|line| line.strip_prefix("content-length:")).context("no content-length")?;
    Ok(reply.len() >= end + 4 + length.trim().parse::<usize>()?)
}

/// An event stream whose tokens are [`mark`]s.
pub(super) struct Marks {
    socket: TcpStream,
    /// What was read and does not yet make a whole mark.
    rest: Vec<u8>,
    /// Everything, where it is wanted.
    text: Option<Vec<u8>>,
}

impl Marks {
    /// Sends a request and reads the head of its reply.
    pub(super) async fn open(port: u16, request: &str) -> Result<Self> {
        let mut socket = TcpStream::connect(("127.0.0.1", port)).await?;
        socket.set_nodelay(true)?;
        socket.write_all(request.as_bytes()).await?;
        let mut rest = Vec::with_capacity(8192);
        while !rest.windows(4).any(|window| window == b"\r\n\r\n") {
            let read = timeout(SILENCE, socket.read_buf(&mut rest)).await.context("no reply")??;
            ensure!(read > 0, "the connection was closed before a reply");
        }
        ensure!(status(&rest)? == 200, "{}", String::from_utf8_lossy(&rest));
        Ok(Self { socket, rest, text: None })
    }

    /// Keeps all that is read from now on.
    pub(super) fn keeping_text(mut self) -> Self {
        self.text = Some(self.rest.clone());
        self
    }

    /// Reads so many marks; how long each was on its way, in milliseconds.
    pub(super) async fn read(&mut self, wanted: usize) -> Result<Vec<f64>> {
        let mut took = Vec::with_capacity(wanted);
        loop {
            self.take(&mut took);
            if took.len() >= wanted {
                return Ok(took);
            }
            if self.more().await? == 0 {
                let said = String::from_utf8_lossy(&self.rest);
                bail!("the stream ended after {} of {wanted} tokens: …{said}", took.len());
            }
        }
    }

    /// Reads to the end of the stream; all its text when it was kept.
    pub(super) async fn finish(mut self) -> Result<String> {
        while self.more().await? > 0 {
            self.rest.clear();
        }
        Ok(String::from_utf8_lossy(&self.text.unwrap_or_default()).into_owned())
    }

    async fn more(&mut self) -> Result<usize> {
        let before = self.rest.len();
        let read = timeout(SILENCE, self.socket.read_buf(&mut self.rest))
            .await
            .context("the stream is silent")??;
        if let Some(text) = &mut self.text {
            text.extend_from_slice(&self.rest[before..]);
        }
        Ok(read)
    }

    /// Takes the whole marks out of what was read; they arrived now.
    fn take(&mut self, took: &mut Vec<f64>) {
        let now = BEGINNING.elapsed();
        let mut from = 0;
        while let Some(start) = self.rest[from..].iter().position(|byte| *byte == b'@').map(|at| from + at) {
            let digits = self.rest[start + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            match self.rest.get(start + 1 + digits) {
                None => {
                    self.rest.drain(..start);
                    return;
                }
                Some(b'@') if digits > 0 => {
                    let made = std::str::from_utf8(&self.rest[start + 1..=start + digits])
                        .ok()
                        .and_then(|d| d.parse().ok());
                    took.extend(
                        made.map(|nanos| now.saturating_sub(Duration::from_nanos(nanos)).as_secs_f64() * 1e3),
                    );
                    from = start + digits + 2;
                }
                Some(_) => from = start + 1,
            }
        }
        self.rest.clear();
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn marks_are_found_however_they_are_cut() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            // What is left unread would turn the end into a reset.
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                socket.read_buf(&mut request).await.unwrap();
            }
            let text =
                format!("HTTP/1.1 200 OK\r\n\r\ndata: {{\"text\":\"{}\"}}\n\nmail@x {}", mark(), mark());
            for byte in text.as_bytes() {
                socket.write_all(&[*byte]).await.unwrap();
                socket.flush().await.unwrap();
            }
        });
        let mut marks = Marks::open(port, &get(port, "/", "close")).await.unwrap().keeping_text();
        let took = marks.read(2).await.unwrap();
        assert_eq!(took.len(), 2);
        assert!(took.iter().all(|ms| (0.0..10_000.0).contains(ms)), "{took:?}");
        assert!(marks.finish().await.unwrap().contains("mail@x"));
    }

    #[test]
    fn a_reply_is_whole_with_its_body() {
        assert!(!is_whole(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{").unwrap());
        assert!(is_whole(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").unwrap());
        assert!(is_whole(b"HTTP/1.1 200 OK\r\n\r\n{}").is_err());
    }
}
