//! A Luna on two ports of this machine: scripted model, fixed clock, the real shell, and everything of HTTP.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use eventsource_stream::{Event, Eventsource as _};
use futures::stream::{BoxStream, StreamExt as _};
use luna_commands::{About, Table};
use luna_connect::{Spotify, SpotifyConfig};
use luna_core::ports::Secrets as _;
use luna_http::Doors;
use luna_model::Secret;
use luna_shell::{PtyShell, ShellConfig};
use luna_testkit::{CLIENT_ID, HeldSecrets, InMemory, Ingredients, SpotifyStandIn};
use reqwest::{Client, Response};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use tokio_util::sync::{CancellationToken, DropGuard};

/// Events as they come.
pub(crate) type Events = BoxStream<'static, Event>;
/// A live terminal.
pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What a test calls.
pub(crate) struct Stage {
    pub(crate) luna: InMemory,
    pub(crate) spotify: SpotifyStandIn,
    pub(crate) client: Client,
    pub(crate) main: SocketAddr,
    pub(crate) executor: SocketAddr,
    /// The home folder of the shell.
    pub(crate) home: TempDir,
    _stop: DropGuard,
}

impl Stage {
    pub(crate) async fn set() -> Self {
        let home = tempfile::tempdir().unwrap();
        let files = web_ui(home.path());
        let config = ShellConfig::new(home.path().join("outputs"), home.path().to_owned());
        let shell = Arc::new(PtyShell::new(config).unwrap());
        let spotify = SpotifyStandIn::start().await;
        let config = SpotifyConfig { api: spotify.api(), accounts: spotify.accounts(), redirect: None };
        let secrets = HeldSecrets::default();
        secrets.set("SPOTIFY_CLIENT_ID", Secret::new(CLIENT_ID.into())).await.unwrap();
        let music = Arc::new(Spotify::new(config, Arc::new(secrets)));
        let luna = InMemory::of(Ingredients { shell, music, ..Ingredients::default() }).await;
        let stop = CancellationToken::new();
        let about = About { version: VERSION, variant: "personal" };
        let main =
            luna_http::main_router((*luna).clone(), Table::new((*luna).clone(), about), doors(files.clone()));
        let executor = luna_http::executor_router((*luna).clone(), doors(files));
        let (main, executor) = (open(main, &stop).await, open(executor, &stop).await);
        let client = Client::builder().no_proxy().build().unwrap();
        Self { luna, spotify, client, main, executor, home, _stop: stop.drop_guard() }
    }

    /// An address on the main port.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.main)
    }

    /// Says something; the events of the answer.
    pub(crate) async fn say(&self, message: &str) -> Events {
        let path = format!("/api/chat/stream?message={}", message.replace(' ', "+"));
        events(self.client.get(self.url(&path)).send().await.unwrap())
    }

    /// The body of a reply that is JSON.
    pub(crate) async fn json(&self, path: &str) -> serde_json::Value {
        let reply = self.client.get(self.url(path)).send().await.unwrap();
        serde_json::from_str(&reply.text().await.unwrap()).unwrap()
    }

    /// A live terminal.
    pub(crate) async fn terminal(&self) -> Socket {
        let request = format!("ws://{}/ws", self.main).into_client_request().unwrap();
        tokio_tungstenite::connect_async(request).await.unwrap().0
    }
}

pub(crate) const VERSION: &str = "1.2.3";

/// A web UI of two files, so that nothing depends on whether the real one is built.
fn web_ui(below: &Path) -> PathBuf {
    let files = below.join("ui");
    std::fs::create_dir_all(files.join("assets")).unwrap();
    std::fs::write(files.join("index.html"), "<!doctype html><title>Luna</title>").unwrap();
    std::fs::write(files.join("assets/main-c0ffee.js"), "export {};").unwrap();
    std::fs::write(below.join("secret.txt"), "outside the web UI").unwrap();
    files
}

fn doors(files: PathBuf) -> Doors {
    Doors {
        allowed_hosts: vec![],
        allowed_origins: vec![],
        files: Some(files),
        variant: "personal",
        version: VERSION,
        password: None,
        proxies: vec![],
    }
}

async fn open(router: axum::Router, stop: &CancellationToken) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(luna_http::serve(listener, None, router, stop.clone()));
    address
}

/// The events of a reply.
pub(crate) fn events(reply: Response) -> Events {
    assert_eq!(reply.status(), 200);
    reply.bytes_stream().eventsource().map(|event| event.unwrap()).boxed()
}

/// The text of the next message; none when the socket was closed.
pub(crate) async fn heard(socket: &mut Socket) -> Option<String> {
    loop {
        match socket.next().await?.ok()? {
            Message::Text(text) => return Some(text.to_string()),
            Message::Close(_) => return None,
            _ => {}
        }
    }
}
