//! The clipboard, on a thread of its own: on X11 and Wayland what was copied is there only as long as its owner lives.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use luna_model::{Error, Result};
use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::require_display;

const PATIENCE: Duration = Duration::from_secs(5);
/// Requests that wait while the clipboard's owner answers; more would only time out.
const QUEUE: usize = 8;

enum Request {
    Get(oneshot::Sender<Result<Option<String>>>),
    Set(String, oneshot::Sender<Result<()>>),
}

/// The way to the thread, which starts at the first request.
#[derive(Default, Debug)]
pub(crate) struct Clipboard {
    thread: Mutex<Option<SyncSender<Request>>>,
}

impl Clipboard {
    pub(crate) async fn text(&self) -> Result<Option<String>> {
        self.ask(Request::Get).await
    }

    pub(crate) async fn set_text(&self, text: String) -> Result<()> {
        self.ask(|reply| Request::Set(text, reply)).await
    }

    async fn ask<T>(&self, request: impl FnOnce(oneshot::Sender<Result<T>>) -> Request) -> Result<T> {
        require_display()?;
        let (reply, answer) = oneshot::channel();
        let busy = || Error::unavailable("the clipboard does not answer; another program may be holding it");
        self.thread()?.try_send(request(reply)).map_err(|_| busy())?;
        match tokio::time::timeout(PATIENCE, answer).await {
            Ok(Ok(answered)) => answered,
            Ok(Err(_)) | Err(_) => Err(busy()),
        }
    }

    fn thread(&self) -> Result<SyncSender<Request>> {
        let mut thread = self.thread.lock();
        if let Some(sender) = &*thread {
            return Ok(sender.clone());
        }
        let (sender, requests) = sync_channel(QUEUE);
        std::thread::Builder::new()
            .name("luna-clipboard".into())
            .spawn(move || serve(&requests))
            .map_err(|e| Error::unavailable("no thread is left for the clipboard").because(e))?;
        Ok(thread.insert(sender).clone())
    }
}

/// Ends when the [`Clipboard`] is dropped.
fn serve(requests: &Receiver<Request>) {
    let mut held: Option<arboard::Clipboard> = None;
    while let Ok(request) = requests.recv() {
        if held.is_none() {
            held = match arboard::Clipboard::new() {
                Ok(clipboard) => Some(clipboard),
                Err(e) => {
                    refuse(request, e);
                    continue;
                }
            };
        }
        let Some(clipboard) = &mut held else { continue };
        // Who asked may have stopped waiting.
        match request {
            Request::Get(reply) => drop(reply.send(match clipboard.get_text() {
                Ok(text) => Ok(Some(text)),
                Err(arboard::Error::ContentNotAvailable) => Ok(None),
                Err(e) => Err(failed(e)),
            })),
            Request::Set(text, reply) => drop(reply.send(clipboard.set_text(text).map_err(failed))),
        }
    }
}

fn refuse(request: Request, error: arboard::Error) {
    match request {
        Request::Get(reply) => drop(reply.send(Err(failed(error)))),
        Request::Set(_, reply) => drop(reply.send(Err(failed(error)))),
    }
}

fn failed(error: arboard::Error) -> Error {
    Error::unavailable(format!("the clipboard cannot be used: {error}")).because(error)
}
