//! A line that is kept open to a service (a WebSocket), over which it brings messages where it cannot reach this machine. It
//! is opened by the HTTP client that everything else goes through, so that certificates and proxies are the same.

use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use luna_model::{Error, Result};
use reqwest::{Client, StatusCode, Upgraded, header};
use serde_json::Value;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};

use crate::reach::unreachable;

/// How long a line may take to open.
const OPENS_WITHIN: Duration = Duration::from_secs(20);
/// A line that breaks sooner is not opened again at once: services count how often that is done.
const HOLDS_AT_LEAST: Duration = Duration::from_secs(30);
/// Largest message of a service, in bytes.
const LARGEST: usize = 4 << 20;

/// What comes over a line.
#[derive(Debug)]
pub(super) enum Heard {
    /// A message.
    Said(Value),
    /// A sign of life.
    Alive,
    /// The other side hung up, perhaps saying why.
    Closed(Option<u16>),
}

/// An open line.
#[derive(Debug)]
pub(super) struct Line {
    service: &'static str,
    socket: WebSocketStream<Upgraded>,
    since: Instant,
}

impl Line {
    /// Opens a line. `client` speaks HTTP/1.1. The address is in nothing that is said: a ticket may be in it.
    pub(super) async fn open(client: &Client, service: &'static str, url: &str) -> Result<Self> {
        let strange = || Error::unavailable(format!("{service} does not open a line as it should"));
        let url = match url.split_once("://") {
            Some(("wss", rest)) => format!("https://{rest}"),
            Some(("ws", rest)) => format!("http://{rest}"),
            _ => return Err(strange()),
        };
        let key = generate_key();
        let request = client
            .get(url)
            .header(header::CONNECTION, "Upgrade")
            .header(header::UPGRADE, "websocket")
            .header(header::SEC_WEBSOCKET_VERSION, "13")
            .header(header::SEC_WEBSOCKET_KEY, &key);
        let open = async {
            let reply = request.send().await.map_err(|e| unreachable(service, e))?;
            let accepted = reply.headers().get(header::SEC_WEBSOCKET_ACCEPT);
            if reply.status() != StatusCode::SWITCHING_PROTOCOLS
                || accepted.is_none_or(|accepted| accepted != &derive_accept_key(key.as_bytes()))
            {
                return Err(strange());
            }
            reply.upgrade().await.map_err(|e| unreachable(service, e))
        };
        let late = |_| Error::unavailable(format!("{service} did not open a line in time"));
        let upgraded = tokio::time::timeout(OPENS_WITHIN, open).await.map_err(late)??;
        let config = WebSocketConfig::default().max_message_size(Some(LARGEST)).max_frame_size(Some(LARGEST));
        let socket = WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(config)).await;
        Ok(Self { service, socket, since: Instant::now() })
    }

    pub(super) async fn say(&mut self, value: &Value) -> Result<()> {
        self.send(Message::text(value.to_string())).await
    }

    /// Asks for a sign of life.
    pub(super) async fn ping(&mut self) -> Result<()> {
        self.send(Message::Ping(Vec::new().into())).await
    }

    async fn send(&mut self, message: Message) -> Result<()> {
        let service = self.service;
        let broken = |_| Error::unavailable(format!("{service} broke the connection off"));
        self.socket.send(message).await.map_err(broken)
    }

    /// What comes next. Nothing is lost when this is given up while it waits.
    pub(super) async fn hear(&mut self) -> Heard {
        match self.socket.next().await {
            // What is no JSON says nothing to us.
            Some(Ok(Message::Text(text))) => {
                serde_json::from_str(text.as_str()).map_or(Heard::Alive, Heard::Said)
            }
            Some(Ok(Message::Close(frame))) => Heard::Closed(frame.map(|frame| frame.code.into())),
            Some(Ok(_)) => Heard::Alive,
            Some(Err(_)) | None => Heard::Closed(None),
        }
    }

    /// Whether it may be opened again at once now that it broke: an error, to be waited after, when it hardly held.
    pub(super) fn broke(self) -> Result<()> {
        if self.since.elapsed() < HOLDS_AT_LEAST {
            return Err(Error::unavailable(format!(
                "{} broke the line off soon after it was open",
                self.service
            )));
        }
        Ok(())
    }

    /// Hangs up, as far as the other side still listens.
    pub(super) async fn close(mut self) {
        // Not "normal" (1000): with that Discord forgets what was not brought yet.
        let frame = CloseFrame { code: CloseCode::Library(4000), reason: "".into() };
        let _ = tokio::time::timeout(Duration::from_secs(2), self.socket.close(Some(frame))).await;
    }
}
