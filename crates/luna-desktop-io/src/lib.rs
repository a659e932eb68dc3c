//! The machine Luna lives on: facts, clipboard, applications, sound, screen, session. It decides nothing; what the
//! machine lacks is said at once and in plain words, and no program it asks can keep it waiting.

mod applications;
mod brightness;
mod camera;
mod clipboard;
mod facts;
#[cfg(target_os = "linux")]
mod focus;
mod presence;
mod program;
mod session;
mod sight;
mod sound;

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use luna_core::ports::{
    AppVolume, Application, Area, Camera, Desktop, Glance, Launched, Picture, Presence, Sight, SystemInfo,
    Volume, Window,
};
use luna_model::{Error, Result};

/// This machine.
#[derive(Debug)]
pub struct LocalDesktop {
    facts: Arc<facts::Facts>,
    clipboard: clipboard::Clipboard,
}

impl LocalDesktop {
    /// This machine; the disk that is reported is the one that holds `home`. Touches nothing yet.
    #[must_use]
    pub fn new(home: PathBuf) -> Self {
        Self { facts: Arc::new(facts::Facts::new(home)), clipboard: clipboard::Clipboard::default() }
    }
}

#[async_trait]
impl Desktop for LocalDesktop {
    async fn info(&self) -> Result<SystemInfo> {
        let facts = self.facts.clone();
        blocking(move || facts.gather()).await?
    }

    async fn clipboard(&self) -> Result<Option<String>> {
        self.clipboard.text().await
    }

    async fn set_clipboard(&self, text: String) -> Result<()> {
        self.clipboard.set_text(text).await
    }

    async fn clipboard_image(&self) -> Result<Option<Vec<u8>>> {
        self.clipboard.image().await
    }

    async fn set_clipboard_image(&self, png: Vec<u8>) -> Result<()> {
        self.clipboard.set_image(png).await
    }

    async fn applications(&self) -> Result<Vec<Application>> {
        blocking(applications::all).await
    }

    async fn launch(&self, name: &str) -> Result<Launched> {
        let name = name.to_owned();
        blocking(move || applications::bring(&name)).await?
    }

    async fn open_url(&self, url: &str) -> Result<()> {
        session::open_url(url).await
    }

    async fn volume(&self) -> Result<Volume> {
        sound::volume().await
    }

    async fn set_volume(&self, level: u8) -> Result<()> {
        sound::set_volume(percent(level)?).await
    }

    async fn set_muted(&self, muted: bool) -> Result<()> {
        sound::set_muted(muted).await
    }

    async fn app_volumes(&self) -> Result<Vec<AppVolume>> {
        sound::applications().await
    }

    async fn set_app_volume(&self, app: &str, level: u8) -> Result<AppVolume> {
        sound::set_application(app.to_owned(), percent(level)?).await
    }

    async fn brightness(&self) -> Result<u8> {
        brightness::get().await
    }

    async fn set_brightness(&self, level: u8) -> Result<()> {
        brightness::set(percent(level)?).await
    }

    async fn lock(&self) -> Result<()> {
        session::lock().await
    }

    async fn display_off(&self) -> Result<()> {
        session::display_off().await
    }

    async fn sleep(&self) -> Result<()> {
        session::sleep().await
    }

    async fn presence(&self) -> Presence {
        presence::now().await
    }
}

#[async_trait]
impl Sight for LocalDesktop {
    async fn windows(&self) -> Result<Vec<Window>> {
        sight::windows().await
    }

    async fn screen(&self, area: Area, private: &[String]) -> Result<Picture> {
        sight::screen(area, private).await
    }

    async fn glance(&self, window: u32) -> Result<Option<Glance>> {
        sight::glance(window).await
    }

    async fn cameras(&self) -> Result<Vec<Camera>> {
        camera::cameras().await
    }

    async fn camera(&self, id: &str) -> Result<Picture> {
        camera::camera(id).await
    }

    async fn read(&self, png: &[u8]) -> Result<String> {
        sight::read(png).await
    }
}

fn percent(level: u8) -> Result<u8> {
    if level > 100 {
        Err(Error::invalid(format!("{level} is more than 100; give a number from 0 to 100")))
    } else {
        Ok(level)
    }
}

/// Runs what reads files or asks the system where it may take its time.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)
}

/// Whether there is a screen to show something on.
fn require_display() -> Result<()> {
    let shown = cfg!(not(target_os = "linux"))
        || ["WAYLAND_DISPLAY", "DISPLAY"]
            .iter()
            .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
    if shown {
        Ok(())
    } else {
        Err(Error::unavailable(
            "there is no display here (neither WAYLAND_DISPLAY nor DISPLAY is set); run Luna inside a desktop session",
        ))
    }
}
