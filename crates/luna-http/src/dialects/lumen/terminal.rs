//! `/ws`: commands with live output. Several may run at once; a message of the server carries the `id` that the client
//! gave with its `execute`. Beyond the document: `cancel`, `stdin` and `resize`, each with that `id`.
//!
//! Everything to the client goes through one bounded queue: a client that does not read stops its commands' output, and
//! nothing grows.

mod wire;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use futures::stream::SplitStream;
use futures::{SinkExt as _, StreamExt as _};
use luna_core::ports::{CommandInput, CommandOutput};
use luna_model::{CommandContext, CommandRequest, Error, ErrorKind, OutputStream};
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::App;
use crate::business::Visit;
use wire::{FromClient, Outcome, Saying, ToClient};

/// Messages to the client that may wait.
const QUEUE: usize = 64;
/// Commands of one socket at once.
const AT_ONCE: usize = 16;
/// Longest message of a client.
const LONGEST: usize = 1 << 20;
/// How long a client may take no bytes before it is let go.
const STALLED: Duration = Duration::from_secs(60);

pub(super) async fn connect(
    State(app): State<App>,
    visit: Option<Extension<Visit>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    upgrade.max_message_size(LONGEST).on_upgrade(async move |socket| {
        let _held = visit;
        Terminal::serve(app, socket).await;
    })
}

type Id = Option<serde_json::Value>;

struct Command {
    cancel: CancellationToken,
    input: mpsc::Sender<CommandInput>,
}

#[derive(Clone)]
struct Terminal {
    app: App,
    out: mpsc::Sender<ToClient>,
    running: Arc<Mutex<HashMap<String, Command>>>,
    closed: CancellationToken,
    tasks: TaskTracker,
}

impl Terminal {
    async fn serve(app: App, socket: WebSocket) {
        let (mut sink, stream) = socket.split();
        let (out, mut queue) = mpsc::channel::<ToClient>(QUEUE);
        let closed = app.luna.stopping().child_token();
        let terminal =
            Self { app, out, running: Arc::default(), closed: closed.clone(), tasks: TaskTracker::new() };
        let writer = async move {
            while let Some(message) = queue.recv().await {
                let Ok(text) = serde_json::to_string(&message) else { continue };
                match tokio::time::timeout(STALLED, sink.send(Message::Text(text.into()))).await {
                    Ok(Ok(())) => {}
                    _ => break,
                }
            }
            let _ = sink.close().await;
        };
        let tasks = terminal.tasks.clone();
        let reader = terminal.read(stream);
        tokio::select! {
            () = writer => {}
            () = reader => {}
            () = closed.cancelled() => {}
        }
        // The client is gone: so are its commands.
        closed.cancel();
        tasks.close();
        tasks.wait().await;
    }

    async fn read(self, mut stream: SplitStream<WebSocket>) {
        while let Some(Ok(message)) = stream.next().await {
            let text = match message {
                Message::Text(text) => text,
                Message::Close(_) => break,
                _ => continue,
            };
            match serde_json::from_str::<FromClient>(&text) {
                Ok(asked) => self.take(asked).await,
                Err(error) => {
                    self.say(
                        None,
                        Saying::Error { message: format!("Invalid message: {error}"), command: None },
                    )
                    .await
                }
            }
        }
    }

    async fn take(&self, asked: FromClient) {
        let key = asked.id.as_ref().map(ToString::to_string).unwrap_or_default();
        let (id, running) = (asked.id.clone(), |key: &str| {
            self.running.lock().get(key).map(|c| (c.cancel.clone(), c.input.clone()))
        });
        match asked.kind.as_str() {
            "execute" => self.execute(asked, key).await,
            "cancel" => match running(&key) {
                Some((cancel, _)) => cancel.cancel(),
                None => self.nothing_runs(id).await,
            },
            "stdin" => match running(&key) {
                Some((_, input)) => {
                    let _ = input.send(CommandInput::Data(asked.data.unwrap_or_default().into_bytes())).await;
                }
                None => self.nothing_runs(id).await,
            },
            "resize" => match (running(&key), asked.cols, asked.rows) {
                (Some((_, input)), Some(cols), Some(rows)) if cols > 0 && rows > 0 => {
                    let _ = input.send(CommandInput::Resize(cols, rows)).await;
                }
                (Some(_), ..) => self.say(id, Saying::error("resize needs cols and rows")).await,
                (None, ..) => self.nothing_runs(id).await,
            },
            other => self.say(id, Saying::error(&format!("Unknown message type {other:?}"))).await,
        }
    }

    async fn nothing_runs(&self, id: Id) {
        self.say(id, Saying::error("No command with this id is running")).await;
    }

    async fn execute(&self, asked: FromClient, key: String) {
        let id = asked.id;
        let Some(command) = asked.command.filter(|c| !c.trim().is_empty()) else {
            return self.say(id, Saying::error("Command is required")).await;
        };
        let message = "Command execution started".to_owned();
        self.say(id.clone(), Saying::Ack { command: command.clone(), message }).await;
        let (input, lines) = mpsc::channel(QUEUE);
        let cancel = self.closed.child_token();
        let Some(key) = self.take_place(&id, key, Command { cancel: cancel.clone(), input }) else {
            return self.say(id, Saying::error("Too many commands at once, or this id is in use")).await;
        };
        let context = CommandContext {
            cwd: asked.cwd.filter(|c| !c.is_empty()).map(Into::into),
            ..CommandContext::default()
        };
        let request = CommandRequest { command, context, timeout_s: None, size: asked.cols.zip(asked.rows) };
        let this = self.clone();
        self.tasks.spawn(async move {
            this.run(id, request, lines, cancel).await;
            this.running.lock().remove(&key);
        });
    }

    /// The key under which a command runs; none when there is no place, or its id is in use.
    fn take_place(&self, id: &Id, key: String, command: Command) -> Option<String> {
        let mut running = self.running.lock();
        // Without ids of the client's, commands cannot be told apart, and need not be.
        let key = if id.is_none() { format!("#{}", uuid::Uuid::now_v7()) } else { key };
        if running.len() >= AT_ONCE || running.contains_key(&key) {
            return None;
        }
        running.insert(key.clone(), command);
        Some(key)
    }

    async fn run(
        &self,
        id: Id,
        request: CommandRequest,
        input: mpsc::Receiver<CommandInput>,
        cancel: CancellationToken,
    ) {
        let (command, cwd) = (request.command.clone(), request.context.cwd.clone());
        let timeout_ms = self.app.luna.settings().current().command_timeout_s * 1000;
        let (output, mut written) = mpsc::channel::<CommandOutput>(16);
        let (started_in, started) = oneshot::channel();
        let running = self.app.luna.run_typed(request, output, input, cancel, started_in);
        let show = async {
            if started.await.is_ok() {
                let cwd = cwd.map_or_else(|| "~".into(), |c| c.display().to_string());
                self.say(id.clone(), Saying::Start { command: command.clone(), cwd }).await;
            }
            let mut texts = [wire::Text::default(), wire::Text::default()];
            while let Some(CommandOutput { stream, data }) = written.recv().await {
                let text = texts[usize::from(stream == OutputStream::Stderr)].push(&data);
                self.show(&id, stream, text).await;
            }
            for (text, stream) in texts.into_iter().zip([OutputStream::Stdout, OutputStream::Stderr]) {
                self.show(&id, stream, text.end()).await;
            }
        };
        let (outcome, ()) = tokio::join!(running, show);
        match outcome {
            Ok(outcome) => {
                if outcome.timed_out {
                    let message = format!("Command exceeded {timeout_ms}ms timeout");
                    self.say(id.clone(), Saying::Timeout { message }).await;
                }
                self.say(id, Saying::Complete { result: Outcome::from_core(outcome) }).await;
            }
            Err(error) => {
                self.say(id, Saying::Error { message: failure(error), command: Some(command) }).await
            }
        }
    }

    async fn show(&self, id: &Id, stream: OutputStream, data: String) {
        if data.is_empty() {
            return;
        }
        let saying = match stream {
            OutputStream::Stdout => Saying::Stdout { data },
            OutputStream::Stderr => Saying::Stderr { data },
        };
        self.say(id.clone(), saying).await;
    }

    async fn say(&self, id: Id, saying: Saying) {
        let timestamp = self.app.luna.clock().now().as_millisecond();
        if self.out.send(ToClient { saying, id, timestamp }).await.is_err() {
            self.closed.cancel();
        }
    }
}

/// This dialect's one way to say that something failed.
fn failure(error: Error) -> String {
    match error.kind {
        ErrorKind::Forbidden => format!("Command blocked: {}", error.message.trim_start_matches("blocked: ")),
        ErrorKind::Internal => {
            tracing::error!(source = ?error.source, "a terminal command failed");
            error.message
        }
        _ => error.message,
    }
}
