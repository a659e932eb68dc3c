//! Serving a router on a listener until it is told to stop, with TLS where there is a certificate.

use std::future::IntoFuture as _;
use std::net::SocketAddr;
use std::time::Duration;

use axum::serve::{Listener, ListenerExt as _};
use axum::{Extension, Router};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

use crate::support::guard::Listening;

/// How long connections may take to end after the stop.
const FAREWELL: Duration = Duration::from_secs(3);
/// How long a client may take to agree on a key.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Clients that agree on a key at the same time; more wait in the system's queue.
const HANDSHAKES: usize = 256;

/// Serves until `stop`; then no new connections, a few seconds for those that are open, and back.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let router = router.layer(Extension(Listening(listener.local_addr()?.port())));
    match tls {
        Some(tls) => on(Encrypted { listener, tls, shaking: JoinSet::new() }, router, stop).await,
        None => on(listener.tap_io(|stream| at_once(stream)), router, stop).await,
    }
}

async fn on<L>(listener: L, router: Router, stop: CancellationToken) -> std::io::Result<()>
where
    L: Listener<Addr = SocketAddr>,
{
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let serving =
        axum::serve(listener.tap_io(|_| {}), service).with_graceful_shutdown(stop.clone().cancelled_owned());
    tokio::select! {
        ended = serving.into_future() => ended,
        () = async { stop.cancelled().await; tokio::time::sleep(FAREWELL).await } => Ok(()),
    }
}

/// A token must leave when it is made, not when a packet is full.
fn at_once(stream: &TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection keeps its small packets");
    }
}

/// A listener whose connections are encrypted. Who is slow to agree on a key keeps nobody else waiting.
struct Encrypted {
    listener: TcpListener,
    tls: TlsAcceptor,
    shaking: JoinSet<Option<(TlsStream<TcpStream>, SocketAddr)>>,
}

impl Listener for Encrypted {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            tokio::select! {
                Some(agreed) = self.shaking.join_next() => {
                    if let Ok(Some(connection)) = agreed {
                        return connection;
                    }
                }
                (stream, peer) = Listener::accept(&mut self.listener), if self.shaking.len() < HANDSHAKES => {
                    at_once(&stream);
                    let tls = self.tls.clone();
                    self.shaking.spawn(async move {
                        let agreed = tokio::time::timeout(HANDSHAKE, tls.accept(stream)).await;
                        agreed.ok()?.ok().map(|stream| (stream, peer))
                    });
                }
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}
