//! A transcript: what is asked, and what is answered, as text. Playing one asks everything again and writes the answers
//! down; a transcript holds when that gives the same text.
//!
//! ```text
//! # A remark.
//! ! {"model": {"says": "Hello."}}             what is arranged before, see `Arrange`
//! > GET /api/chat/stream?message=Hi           a request, its headers, an empty line and its body when it has them
//! < 200 text/event-stream                     the reply: status and type, named headers, the body
//! > CONTINUE                                  reads on after a `confirmation` event
//! > SOCKET /ws                                opens the live terminal
//! > SEND {"type": "execute", …}               a message on it, and what comes until the command is over
//! ```
//!
//! What differs from time to time has a name: `<id 1>` is the first UUID that was seen, `<data>` and `<home>` the folders,
//! `<port>` the port, `<time>` a time of the machine's own clock, `<any>` a field that was named so. Names in a request
//! stand for what they were in the replies before.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use jiff::{SignedDuration, Timestamp};
use luna_core::ports::Clock as _;
use luna_model::{ErrorKind, Event, TaskState};
use luna_testkit::Reply;
use regex::Regex;
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use serde::Deserialize;
use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::stage::{Events, Socket, Stage, events, heard};

/// How long a case may wait for anything; beyond that it hangs, which is a fault.
const PATIENCE: Duration = Duration::from_secs(30);

/// How a port is written down.
const PORT: &str = ":<port>";

/// What is arranged between requests.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Arrange {
    /// What the model does the next time it is asked.
    Model(Says),
    /// Fields whose values are not looked at.
    Any(Vec<String>),
    /// Headers of replies that are written down.
    Headers(Vec<String>),
    /// The port for what follows.
    On(Port),
    /// The clock moves on by so many seconds.
    Advance(i64),
    /// A page on the web.
    Page { url: String, text: String },
    /// A message that Luna begins by herself.
    Proactive(String),
    /// Spotify falls asleep, or its user says no.
    Spotify(Spotify),
    /// Waits until all background tasks are over.
    Quiet {},
    /// An account with this address, whose token is `<token>` from now on.
    Account(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Port {
    Main,
    Executor,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Spotify {
    Asleep,
    Denies,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Says {
    says: Option<String>,
    #[serde(default)]
    calls: Vec<(String, Value)>,
    /// Fails then, or at once when nothing was said, as an unreachable provider does.
    fails: Option<String>,
    #[serde(default)]
    cut_off: bool,
}

impl Says {
    fn reply(self) -> Reply {
        let mut reply = match (&self.says, self.calls.is_empty(), &self.fails) {
            (None, true, Some(message)) => return Reply::refuses(ErrorKind::Unavailable, message),
            _ => self.says.map_or_else(Reply::default, |text| Reply::says(&text)),
        };
        for (tool, input) in self.calls {
            reply = reply.call(&tool, input);
        }
        if let Some(message) = self.fails {
            reply = reply.fail(ErrorKind::Unavailable, &message);
        }
        if self.cut_off { reply.cut_off() } else { reply }
    }
}

/// Plays a transcript; the text as it is seen now.
pub(crate) async fn play(text: String) -> String {
    let mut player = Player::new().await;
    let mut lines = text.lines().peekable();
    let mut seen = String::new();
    while let Some(line) = lines.next() {
        if line.starts_with('<') {
            continue;
        }
        seen.push_str(line);
        seen.push('\n');
        if let Some(arranged) = line.strip_prefix("! ") {
            player.arrange(serde_json::from_str(arranged).unwrap_or_else(|e| panic!("{line}: {e}"))).await;
        } else if let Some(first) = line.strip_prefix("> ") {
            let mut request = vec![first];
            while let Some(line) = lines.next_if(|line| line.starts_with('>')) {
                seen.push_str(line);
                seen.push('\n');
                request.push(line[1..].trim());
            }
            let answer = tokio::time::timeout(PATIENCE, player.ask(&request)).await;
            for line in answer.unwrap_or_else(|_| panic!("no end of the answer to {first}")).lines() {
                seen.push_str(format!("< {line}").trim_end());
                seen.push('\n');
            }
        }
    }
    seen
}

struct Player {
    stage: Stage,
    names: Names,
    headers: Vec<String>,
    on_executor: bool,
    stream: Option<Events>,
    socket: Option<Socket>,
}

impl Player {
    async fn new() -> Self {
        let stage = Stage::set().await;
        let folder = |path: &std::path::Path| path.canonicalize().unwrap().display().to_string();
        let folders = vec![
            (folder(stage.luna.folder()), "<data>"),
            (stage.luna.folder().display().to_string(), "<data>"),
            (folder(stage.home.path()), "<home>"),
            (stage.home.path().display().to_string(), "<home>"),
            (format!(":{}", stage.main.port()), PORT),
            (format!(":{}", stage.executor.port()), PORT),
        ];
        let names = Names::new(folders, stage.luna.clock.now());
        Self { stage, names, headers: vec![], on_executor: false, stream: None, socket: None }
    }

    async fn arrange(&mut self, arrange: Arrange) {
        match arrange {
            Arrange::Model(says) => drop(self.stage.luna.model.then(says.reply())),
            Arrange::Any(fields) => self.names.any.extend(fields),
            Arrange::Headers(names) => self.headers = names,
            Arrange::On(port) => self.on_executor = matches!(port, Port::Executor),
            Arrange::Advance(seconds) => self.stage.luna.clock.advance(SignedDuration::from_secs(seconds)),
            Arrange::Page { url, text } => self.stage.luna.web.put(&url, &text),
            Arrange::Proactive(text) => {
                let now = self.stage.luna.clock.now();
                self.stage
                    .luna
                    .db()
                    .queue_proactive(luna_model::OwnWord { text, about: None, at: now })
                    .await
                    .unwrap();
            }
            Arrange::Spotify(Spotify::Asleep) => self.stage.spotify.fall_asleep(),
            Arrange::Spotify(Spotify::Denies) => self.stage.spotify.deny(),
            Arrange::Quiet {} => self.quiet().await,
            Arrange::Account(email) => {
                let password = luna_model::Secret::new("correct horse 9".to_owned());
                let made = self.stage.luna.accounts().sign_up(&email, &password, "Ada").await;
                self.names.token = made.unwrap().1.expose().clone();
            }
        }
    }

    async fn quiet(&mut self) {
        let mut watch = self.stage.luna.bus().watch();
        let over = async {
            loop {
                let tasks = self.stage.luna.agent_tasks(100).await.unwrap();
                if tasks.iter().all(|t| !matches!(t.state, TaskState::Queued | TaskState::InProgress)) {
                    break;
                }
                while !matches!(*watch.recv().await.unwrap(), Event::TaskChanged { .. }) {}
            }
        };
        tokio::time::timeout(PATIENCE, over).await.expect("the tasks come to an end");
    }

    async fn ask(&mut self, request: &[&str]) -> String {
        let port = if self.on_executor { self.stage.executor } else { self.stage.main };
        let request: Vec<_> = request.iter().map(|line| self.names.reveal(line, port.port())).collect();
        let (method, rest) = request[0].split_once(' ').unwrap_or((&request[0], ""));
        match method {
            "CONTINUE" => self.read_stream().await,
            "SEND" => self.send(rest).await,
            "SOCKET" => self.connect(port, rest, &request[1..]).await,
            _ => {
                let empty = request.iter().position(String::is_empty).unwrap_or(request.len());
                let body = request[empty..].join("\n");
                let url = format!("http://{port}{rest}");
                let mut call = self.stage.client.request(method.parse().unwrap(), url);
                for header in &request[1..empty] {
                    let (name, value) = header.split_once(": ").expect("a header as in `Name: value`");
                    call = call.header(name, value);
                }
                if !body.trim().is_empty() {
                    let typed =
                        request[1..empty].iter().any(|h| h.to_lowercase().starts_with("content-type:"));
                    call = if typed { call } else { call.header(CONTENT_TYPE, "application/json") };
                    call = call.body(body.trim().to_owned());
                }
                self.reply(call.send().await.unwrap()).await
            }
        }
    }

    async fn reply(&mut self, reply: Response) -> String {
        let kind =
            reply.headers().get(CONTENT_TYPE).map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().to_owned();
        let mut text = format!("{} {kind}\n", reply.status().as_u16());
        for name in &self.headers {
            let value = reply.headers().get(name).map_or("(none)", |v| v.to_str().unwrap());
            text += &format!("{name}: {}\n", self.names.hide(value));
        }
        match kind.as_str() {
            "text/event-stream" => {
                self.stream = Some(events(reply));
                text += &self.read_stream().await;
            }
            "application/json" => {
                let value = serde_json::from_str(&reply.text().await.unwrap()).unwrap();
                text += &serde_json::to_string_pretty(&self.names.hide_in(value)).unwrap();
            }
            "text/plain" => text += &self.names.hide(&reply.text().await.unwrap()),
            _ => drop(reply.bytes().await.unwrap()),
        }
        text
    }

    /// Events up to the end, or to a question.
    async fn read_stream(&mut self) -> String {
        let stream = self.stream.as_mut().expect("a stream is open");
        let mut text = String::new();
        while let Some(event) = stream.next().await {
            let data: Value = serde_json::from_str(&event.data).expect("the data of an event is JSON");
            let asks = event.event == "confirmation" || data["type"] == "confirmation_asked";
            // Without a name of its own an event is called so.
            if event.event != "message" {
                text += &format!("event: {}\n", event.event);
            }
            text += &format!("data: {}\n\n", self.names.hide_in(data));
            if asks {
                return text;
            }
        }
        self.stream = None;
        text
    }

    async fn connect(&mut self, port: std::net::SocketAddr, path: &str, headers: &[String]) -> String {
        let mut request = format!("ws://{port}{path}").into_client_request().unwrap();
        for header in headers {
            let (name, value) = header.split_once(": ").expect("a header as in `Name: value`");
            let name = name.parse::<axum::http::HeaderName>().unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        match tokio_tungstenite::connect_async(request).await {
            Ok((socket, reply)) => {
                self.socket = Some(socket);
                reply.status().as_u16().to_string()
            }
            Err(tokio_tungstenite::tungstenite::Error::Http(reply)) => reply.status().as_u16().to_string(),
            Err(error) => panic!("{error}"),
        }
    }

    async fn send(&mut self, message: &str) -> String {
        let socket = self.socket.as_mut().expect("a socket is open");
        socket.send(Message::text(message)).await.unwrap();
        let mut text = String::new();
        loop {
            let heard = heard(socket).await.expect("the socket stays open");
            let value: Value = serde_json::from_str(&heard).unwrap();
            let over = matches!(value["type"].as_str(), Some("complete" | "error"));
            text += &format!("{}\n", self.names.hide_in(value));
            if over {
                return text;
            }
        }
    }
}

/// Names for what differs from time to time.
struct Names {
    ids: BTreeMap<String, String>,
    folders: Vec<(String, &'static str)>,
    any: Vec<String>,
    /// The token of an account, once there is one.
    token: String,
    uuid: Regex,
    now: Timestamp,
}

impl Names {
    fn new(folders: Vec<(String, &'static str)>, now: Timestamp) -> Self {
        let uuid = Regex::new("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").unwrap();
        Self { ids: BTreeMap::new(), folders, any: vec![], token: String::new(), uuid, now }
    }

    fn hide_in(&mut self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.hide(&text)),
            Value::Array(values) => values.into_iter().map(|v| self.hide_in(v)).collect(),
            Value::Object(fields) => {
                let hidden = fields.into_iter().map(|(name, value)| {
                    let any = self.any.contains(&name);
                    let value = if any { "<any>".into() } else { self.hide_in(value) };
                    (self.hide(&name), value)
                });
                Value::Object(hidden.collect())
            }
            other => other,
        }
    }

    fn hide(&mut self, text: &str) -> String {
        if text
            .parse::<Timestamp>()
            .is_ok_and(|at| self.now.duration_until(at).abs() > SignedDuration::from_hours(48))
        {
            return "<time>".into();
        }
        let mut text = text.to_owned();
        for (folder, name) in &self.folders {
            text = text.replace(folder, name);
        }
        let found: Vec<_> = self.uuid.find_iter(&text).map(|m| m.as_str().to_owned()).collect();
        for id in found {
            let next = format!("<id {}>", self.ids.len() + 1);
            text = text.replace(&id, self.ids.entry(id.clone()).or_insert(next));
        }
        text
    }

    fn reveal(&self, text: &str, port: u16) -> String {
        let mut text = text.replace(PORT, &format!(":{port}")).replace("<token>", &self.token);
        for (id, name) in &self.ids {
            text = text.replace(name, id);
        }
        for (folder, name) in self.folders.iter().filter(|(_, name)| *name != PORT) {
            text = text.replace(name, folder);
        }
        text
    }
}
