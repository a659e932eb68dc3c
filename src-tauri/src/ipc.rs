//! The command table over IPC: `rpc` answers once, `follow` streams over a channel. A stream ends when its page says so,
//! or is reloaded, or is gone; and it waits when its page does not keep up. Which commands there are is the table's
//! affair; which of these functions a window may call is said in capabilities/.

use std::collections::HashMap;
use std::sync::Arc;

use futures::StreamExt as _;
use luna_app::Events;
use luna_model::Event;
use parking_lot::Mutex;
use serde::Serialize;
use serde_json::Value;
use tauri::ipc::Channel;
use tauri::{AppHandle, Manager as _, State, WebviewWindow};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::core::{Core, Trouble};
use crate::native::{Shell, quick, window};

/// Events that travel together at most, when more wait than one.
const TOGETHER: usize = 256;
/// Packets that a page may be behind; then the stream waits for it.
const AHEAD: usize = 64;

/// What travels over a stream's channel.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Packet {
    Events(Vec<Event>),
    End(Option<Arc<Trouble>>),
}

/// The streams that go on, by window and the number its page gave them.
#[derive(Clone, Default)]
pub(crate) struct Streams(Arc<Mutex<HashMap<(String, u32), Stream>>>);

struct Stream {
    name: String,
    end: CancellationToken,
    room: Arc<Semaphore>,
}

impl Streams {
    fn begin(&self, window: &str, id: u32, name: &str) -> (CancellationToken, Arc<Semaphore>) {
        let stream = Stream {
            name: name.into(),
            end: CancellationToken::new(),
            room: Arc::new(Semaphore::new(AHEAD)),
        };
        let handles = (stream.end.clone(), Arc::clone(&stream.room));
        if let Some(old) = self.0.lock().insert((window.into(), id), stream) {
            old.end.cancel();
        }
        handles
    }

    fn end(&self, window: &str, id: u32) {
        if let Some(stream) = self.0.lock().remove(&(window.to_owned(), id)) {
            stream.end.cancel();
        }
    }

    /// Ends every stream of a window: its page is gone.
    pub(crate) fn end_all(&self, window: &str) {
        self.0.lock().retain(|(owner, _), stream| {
            if owner == window {
                stream.end.cancel();
            }
            owner != window
        });
    }

    /// Whether a window's page follows something that would end with it: an answer, a run.
    pub(crate) fn busy(&self, window: &str) -> bool {
        self.0.lock().iter().any(|((owner, _), stream)| owner == window && stream.name != "events")
    }
}

#[tauri::command]
pub(crate) async fn rpc(core: State<'_, Core>, name: String, input: Value) -> Result<Value, Trouble> {
    core.call(&name, input).await
}

#[tauri::command]
pub(crate) async fn follow(
    webview: WebviewWindow,
    core: State<'_, Core>,
    streams: State<'_, Streams>,
    id: u32,
    name: String,
    input: Value,
    channel: Channel<Packet>,
) -> Result<(), Trouble> {
    let (end, room) = streams.begin(webview.label(), id, &name);
    let events = match core.events(&name, input).await {
        Ok(events) => events,
        Err(trouble) => {
            streams.end(webview.label(), id);
            return Err(trouble);
        }
    };
    let (core, streams, label) = (core.inner().clone(), streams.inner().clone(), webview.label().to_owned());
    tauri::async_runtime::spawn(async move {
        let outcome = tokio::select! {
            () = end.cancelled() => return,
            outcome = pump(events, &channel, &room) => outcome,
        };
        let trouble = match outcome {
            Ok(()) => None,
            Err(error) => Some(Arc::new(core.failed(error).await)),
        };
        // A page that is gone needs no end.
        let _ = channel.send(Packet::End(trouble));
        streams.end(&label, id);
    });
    Ok(())
}

async fn pump(events: Events, channel: &Channel<Packet>, room: &Semaphore) -> luna_model::Result<()> {
    let mut waiting = events.ready_chunks(TOGETHER);
    while let Some(together) = waiting.next().await {
        let mut whole = Vec::with_capacity(together.len());
        let mut failed = None;
        for event in together {
            match event {
                Ok(event) => whole.push(event),
                Err(error) => failed = Some(error),
            }
        }
        let Ok(place) = room.acquire().await else { return Ok(()) };
        place.forget();
        if channel.send(Packet::Events(whole)).is_err() {
            return Ok(());
        }
        if let Some(error) = failed {
            return Err(error);
        }
    }
    Ok(())
}

#[tauri::command]
pub(crate) fn unfollow(webview: WebviewWindow, streams: State<'_, Streams>, id: u32) {
    streams.end(webview.label(), id);
}

/// The page has worked off so many packets of a stream.
#[tauri::command]
pub(crate) fn received(webview: WebviewWindow, streams: State<'_, Streams>, id: u32, count: u32) {
    if let Some(stream) = streams.0.lock().get(&(webview.label().to_owned(), id)) {
        let behind = AHEAD.saturating_sub(stream.room.available_permits());
        stream.room.add_permits(behind.min(count as usize));
    }
}

/// The page can be used.
#[tauri::command]
pub(crate) fn painted(webview: WebviewWindow, shell: State<'_, Arc<Shell>>) {
    if webview.label() == quick::LABEL {
        quick::show(webview.app_handle());
    } else {
        shell.painted();
    }
}

/// What is selected, and what is in the clipboard, when the quick bar opens; a picture of the screen is handed out once.
#[tauri::command]
pub(crate) async fn context(shell: State<'_, Arc<Shell>>) -> Result<quick::Surroundings, ()> {
    let mut around = tauri::async_runtime::spawn_blocking(quick::surroundings).await.unwrap_or_default();
    around.screenshot = shell.take_screenshot();
    Ok(around)
}

/// The quick bar grows and shrinks with what it shows.
#[tauri::command]
pub(crate) fn fit(webview: WebviewWindow, height: f64) {
    quick::fit(&webview, height);
}

/// The quick bar goes; with a route, the window opens there.
#[tauri::command]
pub(crate) async fn dismiss(app: AppHandle, route: Option<String>) {
    quick::hide(&app);
    if let Some(route) = route {
        window::show(&app, Some(&route));
    }
}
