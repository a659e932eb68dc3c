//! A provider on a free local port that answers as it is told: any status, any bytes, split anywhere, cut anywhere, late.
//! Small on purpose: a real server would not send what broken ones send.

#![allow(dead_code, reason = "each test program uses a part of it")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::StreamExt as _;
use luna_llm::{Config, ProviderConfig, Providers, Timeouts};
use luna_model::{EndReason, Error, ModelEvent, ModelRequest, Provider, Secret, ToolCall, Turn, Usage};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// The key that the tests configure; no error may ever show it.
pub(crate) const KEY: &str = "sk-test-0123456789abcdef";

/// What is answered to one request.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) kind: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) end: End,
    /// Where the body is split into writes.
    pub(crate) seed: u64,
    /// Wait before the headers.
    pub(crate) late: Duration,
}

/// How the body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// As HTTP wants it.
    Whole,
    /// The connection is dropped in the middle of the transfer.
    Dropped,
    /// The connection stays open and silent.
    Silent,
}

impl Answer {
    pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self {
            status: 200,
            kind: "text/event-stream",
            headers: Vec::new(),
            body: body.into(),
            end: End::Whole,
            seed: 1,
            late: Duration::ZERO,
        }
    }

    pub(crate) fn status(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, kind: "application/json", ..Self::ok(body) }
    }

    pub(crate) fn ending(mut self, end: End) -> Self {
        self.end = end;
        self
    }

    pub(crate) fn seeded(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A request that came in.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) head: String,
    pub(crate) body: Value,
}

pub(crate) struct StandIn {
    pub(crate) port: u16,
    pub(crate) seen: Arc<Mutex<Vec<Seen>>>,
    gone: watch::Receiver<usize>,
}

impl StandIn {
    /// Answers the first request with the first answer and so on; the last one is repeated.
    pub(crate) async fn new(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (count, gone) = watch::channel(0);
        let (log, count) = (Arc::clone(&seen), Arc::new(count));
        tokio::spawn(async move {
            let answers = Arc::new(Mutex::new(answers));
            while let Ok((socket, _)) = listener.accept().await {
                let (answers, log, count) = (Arc::clone(&answers), Arc::clone(&log), Arc::clone(&count));
                tokio::spawn(async move {
                    let _ = serve(socket, &answers, &log).await;
                    count.send_modify(|count| *count += 1);
                });
            }
        });
        Self { port, seen, gone }
    }

    pub(crate) fn requests(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Resolves once so many connections have ended.
    pub(crate) async fn connections_gone(&self, number: usize) {
        self.gone.clone().wait_for(|count| *count >= number).await.unwrap();
    }

    /// Providers of which this one is reached here.
    pub(crate) fn providers(&self, provider: Provider) -> Providers {
        Providers::new(self.config(provider)).unwrap()
    }

    /// The same, which give up soon: for tests of silence.
    pub(crate) fn impatient(&self, provider: Provider) -> Providers {
        Providers::new(Config { timeouts: short(), ..self.config(provider) }).unwrap()
    }

    pub(crate) fn config(&self, provider: Provider) -> Config {
        let base = match provider {
            Provider::Ollama => String::new(),
            Provider::Google => "/v1beta".into(),
            Provider::Groq => "/openai/v1".into(),
            Provider::Cohere => "/compatibility/v1".into(),
            _ => "/v1".into(),
        };
        let set = ProviderConfig {
            base_url: Some(format!("http://127.0.0.1:{}{base}", self.port)),
            api_key: (provider != Provider::Ollama).then(|| Secret::new(KEY.to_owned())),
            model: Some("a-model".into()),
        };
        Config { chosen: Some(provider), providers: [(provider, set)].into(), timeouts: patient() }
    }
}

/// Limits that no busy machine comes near.
pub(crate) fn patient() -> Timeouts {
    Timeouts {
        connect: Duration::from_secs(10),
        first_token: Duration::from_secs(60),
        idle: Duration::from_secs(60),
    }
}

/// Limits that let a test of silence end soon.
pub(crate) fn short() -> Timeouts {
    Timeouts {
        connect: Duration::from_secs(2),
        first_token: Duration::from_millis(1500),
        idle: Duration::from_millis(300),
    }
}

async fn serve(
    mut socket: TcpStream,
    answers: &Mutex<Vec<Answer>>,
    log: &Mutex<Vec<Seen>>,
) -> std::io::Result<()> {
    socket.set_nodelay(true)?;
    loop {
        let Some(seen) = read(&mut socket).await? else { return Ok(()) };
        log.lock().unwrap().push(seen);
        let answer = {
            let mut answers = answers.lock().unwrap();
            if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() }
        };
        if answer.late > Duration::ZERO {
            tokio::select! {
                () = tokio::time::sleep(answer.late) => {}
                _ = socket.read_u8() => return Ok(()),
            }
        }
        let mut head = format!(
            "HTTP/1.1 {} X\r\ncontent-type: {}\r\ntransfer-encoding: chunked\r\n",
            answer.status, answer.kind
        );
        for (name, value) in &answer.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        socket.write_all(format!("{head}\r\n").as_bytes()).await?;
        for piece in pieces(&answer.body, answer.seed) {
            let mut chunk = format!("{:x}\r\n", piece.len()).into_bytes();
            chunk.extend_from_slice(piece);
            chunk.extend_from_slice(b"\r\n");
            socket.write_all(&chunk).await?;
            tokio::task::yield_now().await;
        }
        match answer.end {
            End::Whole => socket.write_all(b"0\r\n\r\n").await?,
            End::Dropped => return Ok(()),
            End::Silent => {
                let _ = socket.read_u8().await;
                return Ok(());
            }
        }
    }
}

async fn read(socket: &mut TcpStream) -> std::io::Result<Option<Seen>> {
    let mut bytes = Vec::new();
    let head_end = loop {
        let mut buffer = [0; 4096];
        let read = socket.read(&mut buffer).await?;
        if read == 0 {
            return Ok(None);
        }
        bytes.extend_from_slice(&buffer[..read]);
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).to_lowercase();
    let length: usize = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .map_or(0, |length| length.trim().parse().unwrap());
    let mut body = bytes.split_off(head_end);
    let had = body.len();
    body.resize(length, 0);
    if length > had {
        socket.read_exact(&mut body[had..]).await?;
    }
    let path = String::from_utf8_lossy(&bytes).split(' ').nth(1).unwrap().to_owned();
    Ok(Some(Seen { path, head, body: serde_json::from_slice(&body).unwrap_or(Value::Null) }))
}

/// The body in pieces of 1 to 40 bytes, so that lines, numbers and letters are split.
fn pieces(body: &[u8], seed: u64) -> impl Iterator<Item = &[u8]> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut rest = body;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let longest = if rest.len() > 20_000 { 4000 } else { 40 };
        let (piece, after) = rest.split_at(usize::try_from(state % longest + 1).unwrap().min(rest.len()));
        rest = after;
        Some(piece)
    })
}

/// An answer taken together.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) text: String,
    pub(crate) texts: usize,
    pub(crate) thinking: String,
    pub(crate) calls: Vec<ToolCall>,
    pub(crate) usage: Option<Usage>,
    pub(crate) end: Option<EndReason>,
    pub(crate) error: Option<Error>,
}

/// Asks and takes the answer together; checks what must hold of every stream.
pub(crate) async fn ask(providers: &Providers, request: ModelRequest) -> Told {
    use luna_core::ports::Llm as _;
    let mut told = Told::default();
    let mut stream = match providers.stream(request).await {
        Ok(stream) => stream,
        Err(error) => return Told { error: Some(checked(error)), ..told },
    };
    while let Some(event) = stream.next().await {
        assert!(told.end.is_none() && told.error.is_none(), "something came after the end: {event:?}");
        match event {
            Ok(ModelEvent::Text(text)) => {
                told.texts += 1;
                told.text.push_str(&text);
            }
            Ok(ModelEvent::Thinking(text)) => told.thinking.push_str(&text),
            Ok(ModelEvent::ToolCall(call)) => told.calls.push(call),
            Ok(ModelEvent::Usage(usage)) => told.usage = Some(usage),
            Ok(ModelEvent::End(end)) => told.end = Some(end),
            Err(error) => told.error = Some(checked(error)),
        }
    }
    assert!(told.end.is_some() != told.error.is_some(), "neither end nor error: {told:?}");
    told
}

fn checked(error: Error) -> Error {
    assert!(!format!("{error:?}").contains(KEY), "the key is in {error:?}");
    error
}

/// A request that says hello.
pub(crate) fn hello() -> ModelRequest {
    ModelRequest {
        turns: vec![Turn::User { content: "hello".into(), images: Vec::new() }],
        ..ModelRequest::default()
    }
}
