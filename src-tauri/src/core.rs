//! Luna, for the rest of the program: woken here or used where she is awake already; one way to call her either way.
//! When a Luna in another process goes, this program wakes its own with the next call. Knows no window.

use std::sync::{Arc, OnceLock};

use futures::StreamExt as _;
use luna_app::desktop::{self, Desktop};
use luna_app::{App, Attended, Events, Failure, Reply, Setup, Table, There, attend};
use luna_model::{Error, ErrorKind};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::Mutex;

/// A failed call, as the window sees it.
#[derive(Debug, Serialize)]
pub(crate) struct Trouble {
    #[serde(flatten)]
    failure: Failure,
    /// Whether Luna was not reached at all.
    offline: bool,
}

impl Trouble {
    fn said(error: Error) -> Self {
        Self { failure: error.into(), offline: false }
    }

    pub(crate) fn unreached(error: Error) -> Self {
        Self { failure: error.into(), offline: true }
    }

    pub(crate) fn message(&self) -> &str {
        &self.failure.message
    }
}

/// Where Luna is.
#[derive(Clone)]
enum Seat {
    Here(Table),
    There(There),
}

struct Inner {
    setup: Setup,
    /// None until she was found, and again when she is gone. Whoever finds it empty looks for her; the others wait.
    seat: Mutex<Option<Seat>>,
    /// Luna in this process, with her doors.
    app: parking_lot::Mutex<Option<App>>,
    desktop: OnceLock<Arc<dyn Desktop>>,
}

/// Luna; cheap to clone.
#[derive(Clone)]
pub(crate) struct Core(Arc<Inner>);

impl Core {
    pub(crate) fn new(setup: Setup) -> Self {
        let (seat, app) = (Mutex::new(None), parking_lot::Mutex::new(None));
        Self(Arc::new(Inner { setup, seat, app, desktop: OnceLock::new() }))
    }

    /// Says who answers for the desktop.
    pub(crate) fn in_desktop(&self, desktop: Arc<dyn Desktop>) {
        let _ = self.0.desktop.set(desktop);
    }

    /// Begins to wake her up.
    pub(crate) fn wake(&self) {
        let core = self.clone();
        tauri::async_runtime::spawn(async move {
            if let Err(error) = core.find().await {
                tracing::error!(%error, source = ?error.source, "Luna does not wake up");
            }
        });
    }

    /// Calls a command that answers once.
    pub(crate) async fn call(&self, name: &str, input: Value) -> Result<Value, Trouble> {
        match self.seat().await? {
            Seat::Here(table) => match table.call(name, input).await.map_err(Trouble::said)? {
                Reply::Value(value) => Ok(value),
                Reply::Events(_) => Err(wrong_way(name)),
            },
            Seat::There(there) => {
                // Her window is another's; the desktop around this window is here.
                if let Some(desktop) = self.0.desktop.get()
                    && let Some(reply) = desktop::answer(Arc::clone(desktop), name, input.clone()).await
                {
                    return reply.map_err(Trouble::said);
                }
                match there.call(name, input).await {
                    Ok(value) => Ok(value),
                    Err(error) => Err(self.failed(error).await),
                }
            }
        }
    }

    /// Calls a command that answers with events. Dropping them stops it.
    pub(crate) async fn events(&self, name: &str, input: Value) -> Result<Events, Trouble> {
        match self.seat().await? {
            Seat::Here(table) => match table.call(name, input).await.map_err(Trouble::said)? {
                Reply::Events(events) => Ok(events.map(Ok).boxed()),
                Reply::Value(_) => Err(wrong_way(name)),
            },
            Seat::There(there) => match there.events(name, input).await {
                Ok(events) => Ok(events),
                Err(error) => Err(self.failed(error).await),
            },
        }
    }

    /// What a failure of another Luna means; when she is gone, the next call looks for one anew.
    pub(crate) async fn failed(&self, error: Error) -> Trouble {
        if !There::is_lost(&error) {
            return Trouble::said(error);
        }
        *self.0.seat.lock().await = None;
        Trouble::unreached(error)
    }

    /// The address of the Luna in another process, and why ports of our own are closed.
    pub(crate) async fn situation(&self) -> (Option<String>, Vec<String>) {
        let attached = match &*self.0.seat.lock().await {
            Some(Seat::There(there)) => Some(there.address().to_owned()),
            _ => None,
        };
        let closed =
            self.0.app.lock().as_ref().map_or_else(Vec::new, |app| {
                app.closed().iter().map(|error| error.message.clone()).collect()
            });
        (attached, closed)
    }

    /// Puts her to sleep, if she is ours.
    pub(crate) async fn stop(&self) {
        let app = self.0.app.lock().take();
        if let Some(app) = app {
            app.stop().await;
        }
    }

    pub(crate) fn data(&self) -> &std::path::Path {
        &self.0.setup.paths.data
    }

    async fn seat(&self) -> Result<Seat, Trouble> {
        self.find().await.map_err(Trouble::unreached)
    }

    async fn find(&self) -> luna_model::Result<Seat> {
        let mut seat = self.0.seat.lock().await;
        if let Some(seat) = &*seat {
            return Ok(seat.clone());
        }
        let found = match attend(&self.0.setup).await? {
            Attended::Theirs(there) => {
                tracing::info!(address = there.address(), "another Luna is awake; the window shows her");
                Seat::There(there)
            }
            Attended::Ours(app) => {
                let table = app.table().clone();
                if let Some(desktop) = self.0.desktop.get() {
                    table.in_desktop(Arc::clone(desktop));
                }
                for why in app.closed() {
                    tracing::warn!(%why, "a port stays closed; the window works without it");
                }
                *self.0.app.lock() = Some(*app);
                Seat::Here(table)
            }
        };
        Ok(seat.insert(found).clone())
    }
}

fn wrong_way(name: &str) -> Trouble {
    Trouble::said(Error::new(ErrorKind::Invalid, format!("{name} is not called in this way")))
}
