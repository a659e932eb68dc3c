//! The server: ports first, then Luna, then the doors between them; and the way back.

use std::net::SocketAddr;

use luna_core::Luna;
use luna_http::Doors;
use luna_model::{Error, Result};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{
    VERSION,
    home::{Home, variant_name},
    limits,
    listeners::Ports,
    setup::Setup,
    tls,
};

/// Luna, awake and listening.
pub struct App {
    home: Home,
    address: Option<SocketAddr>,
    executor_address: Option<SocketAddr>,
    scheme: &'static str,
    closed: Vec<Error>,
    stop: CancellationToken,
    doors: JoinSet<std::io::Result<()>>,
}

/// Starts a server. It answers when this returns; who called earlier has waited.
///
/// # Errors
/// `Unavailable` when a port is taken or something Luna needs is not there, `Conflict` when another Luna has the data
/// folder. Each says what to do.
pub async fn start(setup: &Setup) -> Result<App> {
    limits::raise_open_files();
    tls::acceptor(&setup.config)?;
    let ports = Ports::open(&setup.config).await.all()?;
    let home = Home::open(setup).await?;
    App::open(setup, home, ports)
}

/// What the guard at a listener's door lets in besides this machine's own names.
fn doors_at(setup: &Setup, address: SocketAddr) -> Doors {
    let config = &setup.config;
    let mut allowed_hosts = config.allowed_hosts.clone();
    if !address.ip().is_loopback() && !address.ip().is_unspecified() {
        allowed_hosts.push(address.to_string());
    }
    Doors {
        allowed_hosts,
        allowed_origins: config.allowed_origins.clone(),
        files: config.frontend_dist.clone(),
        variant: variant_name(config.variant),
        version: VERSION,
        password: config.password.clone(),
        proxies: config.proxies.clone(),
    }
}

impl App {
    /// Opens the doors of a Luna who is awake.
    pub(crate) fn open(setup: &Setup, home: Home, ports: Ports) -> Result<Self> {
        let stop = home.luna.stopping().clone();
        let tls = tls::acceptor(&setup.config)?;
        let mut doors = JoinSet::new();
        let (address, executor_address) = (ports.main_address(), ports.executor_address());
        if setup.config.password.is_some() {
            home.luna.callers().with_password();
        }
        let any = address.or(executor_address).map(|address| doors_at(setup, address));
        let business = home.lunas().zip(any).map(|(lunas, doors)| lunas.open(doors));
        if let Some((listener, address)) = ports.main {
            home.luna.callers().opened("main", address.to_string());
            let (luna, table, at) = (home.luna.clone(), home.table.clone(), doors_at(setup, address));
            let router = match business.clone() {
                Some(business) => luna_http::business_router(luna, table, at, business),
                None => luna_http::main_router(luna, table, at),
            };
            doors.spawn(luna_http::serve(listener, tls.clone(), router, stop.clone()));
            // Programs of this machine would not know the certificate.
            if tls.is_none() {
                home.announce(address)?;
            }
        }
        if let Some((listener, address)) = ports.executor {
            home.luna.callers().opened("executor", address.to_string());
            let (luna, at) = (home.luna.clone(), doors_at(setup, address));
            let router = match business {
                Some(business) => luna_http::business_executor_router(luna, at, business),
                None => luna_http::executor_router(luna, at),
            };
            doors.spawn(luna_http::serve(listener, tls.clone(), router, stop.clone()));
        }
        tracing::info!(?address, data = %setup.paths.data.display(), version = VERSION, "Luna is awake");
        let scheme = if tls.is_some() { "https" } else { "http" };
        Ok(Self { home, address, executor_address, scheme, closed: ports.refused, stop, doors })
    }

    /// Herself.
    #[must_use]
    pub fn luna(&self) -> &Luna {
        &self.home.luna
    }

    /// Her commands.
    #[must_use]
    pub fn table(&self) -> &luna_commands::Table {
        &self.home.table
    }

    /// Where every API and the web UI are; none when that port could not be had.
    #[must_use]
    pub const fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// `https` where there is a certificate, else `http`.
    #[must_use]
    pub const fn scheme(&self) -> &'static str {
        self.scheme
    }

    /// Why ports are not listened on that should be; each says who has it and what to do.
    #[must_use]
    pub fn closed(&self) -> &[Error] {
        &self.closed
    }

    /// Where the executor listens for itself, if it does.
    #[must_use]
    pub const fn executor_address(&self) -> Option<SocketAddr> {
        self.executor_address
    }

    /// Serves until `until` is over, or a door fails; then stops.
    ///
    /// # Errors
    /// `Unavailable` when a door failed.
    pub async fn run_until(mut self, until: impl Future<Output = ()>) -> Result<()> {
        let failed = tokio::select! {
            () = until => None,
            ended = self.doors.join_next() => ended.map(|ended| match ended {
                Ok(Ok(())) => Error::unavailable("a listener ended by itself"),
                Ok(Err(error)) => Error::unavailable(format!("a listener failed: {error}")).because(error),
                Err(error) => Error::internal(error),
            }),
        };
        self.stop().await;
        failed.map_or(Ok(()), Err)
    }

    /// Stops: no new callers, those that are here are answered, what goes on is kept. Takes a few seconds at most.
    pub async fn stop(mut self) {
        self.stop.cancel();
        while let Some(ended) = self.doors.join_next().await {
            if let Ok(Err(error)) = ended {
                tracing::warn!(%error, "a listener did not end well");
            }
        }
        self.home.stop().await;
        tracing::info!("Luna is asleep");
    }
}
