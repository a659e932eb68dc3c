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
    GetImage(oneshot::Sender<Result<Option<Vec<u8>>>>),
    SetImage(Vec<u8>, oneshot::Sender<Result<()>>),
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

    /// A picture, as PNG.
    pub(crate) async fn image(&self) -> Result<Option<Vec<u8>>> {
        self.ask(Request::GetImage).await
    }

    pub(crate) async fn set_image(&self, png: Vec<u8>) -> Result<()> {
        self.ask(|reply| Request::SetImage(png, reply)).await
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
            Request::GetImage(reply) => drop(reply.send(match clipboard.get_image() {
                Ok(image) => picture::png(image).map(Some),
                Err(arboard::Error::ContentNotAvailable) => Ok(None),
                Err(e) => Err(failed(e)),
            })),
            Request::SetImage(png, reply) => {
                let set = picture::pixels(&png).and_then(|image| clipboard.set_image(image).map_err(failed));
                drop(reply.send(set));
            }
        }
    }
}

fn refuse(request: Request, error: arboard::Error) {
    match request {
        Request::Get(reply) => drop(reply.send(Err(failed(error)))),
        Request::Set(_, reply) | Request::SetImage(_, reply) => drop(reply.send(Err(failed(error)))),
        Request::GetImage(reply) => drop(reply.send(Err(failed(error)))),
    }
}

fn failed(error: arboard::Error) -> Error {
    Error::unavailable(format!("the clipboard cannot be used: {error}")).because(error)
}

mod picture {
    //! Pictures between the clipboard's bare pixels and PNG.

    use std::io::Cursor;

    use arboard::ImageData;
    use image::{ImageFormat, RgbaImage};
    use luna_model::{Error, Result};

    /// Most pixels of a side that are taken; more is no picture to paste but an attack on memory.
    const LARGEST: u32 = 16_384;

    pub(super) fn png(pixels: ImageData<'_>) -> Result<Vec<u8>> {
        let unreadable = || Error::unavailable("the picture on the clipboard cannot be read");
        let side = |n: usize| u32::try_from(n).ok().filter(|n| *n <= LARGEST).ok_or_else(unreadable);
        let image = RgbaImage::from_raw(side(pixels.width)?, side(pixels.height)?, pixels.bytes.into_owned());
        let mut png = Cursor::new(Vec::new());
        image.ok_or_else(unreadable)?.write_to(&mut png, ImageFormat::Png).map_err(Error::internal)?;
        Ok(png.into_inner())
    }

    pub(super) fn pixels(png: &[u8]) -> Result<ImageData<'static>> {
        let mut reader = image::ImageReader::with_format(Cursor::new(png), ImageFormat::Png);
        let mut limits = image::Limits::default();
        (limits.max_image_width, limits.max_image_height) = (Some(LARGEST), Some(LARGEST));
        reader.limits(limits);
        let image = reader.decode().map_err(|e| Error::invalid(format!("that is no PNG picture: {e}")))?;
        let image = image.into_rgba8();
        let (width, height) = (image.width() as usize, image.height() as usize);
        Ok(ImageData { width, height, bytes: image.into_raw().into() })
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_picture_survives_both_ways() {
            let image = ImageData { width: 2, height: 1, bytes: vec![255, 0, 0, 255, 0, 0, 255, 128].into() };
            let back = pixels(&png(image.clone()).unwrap()).unwrap();
            assert_eq!((back.width, back.height, &back.bytes), (2, 1, &image.bytes));
            assert_eq!(pixels(b"no picture").unwrap_err().kind, luna_model::ErrorKind::Invalid);
        }
    }
}
