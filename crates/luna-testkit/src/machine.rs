//! A machine, a web and a place for secrets that are only data.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use async_trait::async_trait;
use luna_core::ports::{
    AppVolume, Application, Area, Camera, Desktop, Disk, Fetch, Glance, Launched, Page, Picture, Presence,
    SearchHit, Secrets, Sight, SystemInfo, Volume, WebFile, Window,
};
use luna_model::{Error, Result, Secret};
use parking_lot::Mutex;
use tokio::sync::Barrier;

/// A machine on paper: what is done to it can be read off it.
#[derive(Clone, Debug, Default)]
pub struct PaperMachine {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    clipboard: Option<String>,
    volume: u8,
    muted: bool,
    brightness: u8,
    opened: Vec<String>,
    image: Option<Vec<u8>>,
    player: u8,
    rests: Vec<&'static str>,
    glances: VecDeque<Option<Glance>>,
    presence: Presence,
}

impl Default for State {
    fn default() -> Self {
        Self {
            clipboard: None,
            volume: 50,
            muted: false,
            brightness: 70,
            opened: vec![],
            image: None,
            player: 80,
            rests: vec![],
            glances: VecDeque::new(),
            presence: Presence::default(),
        }
    }
}

impl PaperMachine {
    /// Applications and addresses that were opened, in order.
    #[must_use]
    pub fn opened(&self) -> Vec<String> {
        self.state.lock().opened.clone()
    }

    /// How it was laid to rest, in order: `lock`, `display off`, `sleep`.
    #[must_use]
    pub fn rests(&self) -> Vec<&'static str> {
        self.state.lock().rests.clone()
    }

    /// What each glance at a window shows, one after another; the last for ever.
    pub fn show(&self, glances: impl IntoIterator<Item = Option<Glance>>) {
        self.state.lock().glances.extend(glances);
    }

    /// Nothing was touched for so many seconds; whether it is locked.
    pub fn leave(&self, idle_s: u64, locked: bool) {
        self.state.lock().presence = Presence { idle_s: Some(idle_s), locked: Some(locked) };
    }

    /// Whether the sound is off.
    #[must_use]
    pub fn muted(&self) -> bool {
        self.state.lock().muted
    }
}

#[async_trait]
impl Desktop for PaperMachine {
    async fn info(&self) -> Result<SystemInfo> {
        Ok(SystemInfo {
            os: "Linux".into(),
            version: "6.1".into(),
            machine: "x86_64".into(),
            host: "paper".into(),
            cpu: "Paper 1".into(),
            cores: 4,
            cpu_pct: 12.5,
            ram_gb: 16.0,
            ram_used_gb: 4.0,
            disk_gb: 512.0,
            disk_free_gb: 256.0,
            battery_pct: None,
            uptime_s: 3600,
            disks: vec![Disk { mount: "/".into(), gb: 512.0, free_gb: 256.0 }],
            networks: vec![],
            temperatures: vec![],
        })
    }

    async fn clipboard(&self) -> Result<Option<String>> {
        Ok(self.state.lock().clipboard.clone())
    }

    async fn set_clipboard(&self, text: String) -> Result<()> {
        self.state.lock().clipboard = Some(text);
        Ok(())
    }

    async fn clipboard_image(&self) -> Result<Option<Vec<u8>>> {
        Ok(self.state.lock().image.clone())
    }

    async fn set_clipboard_image(&self, png: Vec<u8>) -> Result<()> {
        self.state.lock().image = Some(png);
        Ok(())
    }

    async fn applications(&self) -> Result<Vec<Application>> {
        let application = |name: &str| Application { name: name.into(), id: name.to_lowercase() };
        Ok(["Firefox", "Calculator"].map(application).into())
    }

    async fn launch(&self, name: &str) -> Result<Launched> {
        let all = self.applications().await?;
        let found = all.into_iter().find(|a| a.name.eq_ignore_ascii_case(name));
        let found = found.ok_or_else(|| Error::not_found(format!("no application is called {name}")))?;
        let opened = &mut self.state.lock().opened;
        let was_running = opened.contains(&found.name);
        opened.push(found.name.clone());
        Ok(Launched { application: found, was_running })
    }

    async fn open_url(&self, url: &str) -> Result<()> {
        self.state.lock().opened.push(url.to_owned());
        Ok(())
    }

    async fn volume(&self) -> Result<Volume> {
        let state = self.state.lock();
        Ok(Volume { level: state.volume, muted: state.muted })
    }

    async fn app_volumes(&self) -> Result<Vec<AppVolume>> {
        Ok(vec![AppVolume { name: "Player".into(), level: self.state.lock().player, muted: false }])
    }

    async fn set_app_volume(&self, app: &str, level: u8) -> Result<AppVolume> {
        if !"player".contains(&app.to_lowercase()) {
            return Err(Error::not_found(format!(
                "no application called {app:?} plays sound; there is: Player"
            )));
        }
        self.state.lock().player = level;
        Ok(AppVolume { name: "Player".into(), level, muted: false })
    }

    async fn set_volume(&self, level: u8) -> Result<()> {
        self.state.lock().volume = level;
        Ok(())
    }

    async fn set_muted(&self, muted: bool) -> Result<()> {
        self.state.lock().muted = muted;
        Ok(())
    }

    async fn brightness(&self) -> Result<u8> {
        Ok(self.state.lock().brightness)
    }

    async fn set_brightness(&self, level: u8) -> Result<()> {
        self.state.lock().brightness = level;
        Ok(())
    }

    async fn lock(&self) -> Result<()> {
        self.state.lock().rests.push("lock");
        Ok(())
    }

    async fn display_off(&self) -> Result<()> {
        self.state.lock().rests.push("display off");
        Ok(())
    }

    async fn sleep(&self) -> Result<()> {
        self.state.lock().rests.push("sleep");
        Ok(())
    }

    async fn presence(&self) -> Presence {
        self.state.lock().presence
    }
}

#[async_trait]
impl Sight for PaperMachine {
    async fn windows(&self) -> Result<Vec<Window>> {
        let window = |id, title: &str, app: &str, focused| Window {
            id,
            title: title.into(),
            app: app.into(),
            width: 800,
            height: 600,
            focused,
        };
        Ok(vec![window(1, "main.py - Editor", "Editor", true), window(2, "My vault", "KeePassXC", false)])
    }

    async fn screen(&self, area: Area, private: &[String]) -> Result<Picture> {
        if let Area::Window(name) = &area
            && !"main.py - Editor".to_lowercase().contains(&name.to_lowercase())
        {
            return Err(Error::not_found(format!(
                "no window is called {name:?}; there is: main.py - Editor"
            )));
        }
        let (width, height) = match area {
            Area::Region { width, height, .. } => (width, height),
            _ => (1_920, 1_080),
        };
        let hidden = private.iter().any(|p| p == "keepass").then(|| "KeePassXC".to_owned());
        Ok(Picture {
            width,
            height,
            png: b"Traceback: ZeroDivisionError".to_vec(),
            for_model: b"small".to_vec(),
            colors: vec![("dark grey".into(), 0.8), ("white".into(), 0.1)],
            sketch: vec![self.state.lock().brightness; 16],
            hidden: hidden.into_iter().collect(),
            passwords: 1,
            unchecked: vec![],
        })
    }

    async fn glance(&self, _: u32) -> Result<Option<Glance>> {
        let glances = &mut self.state.lock().glances;
        let next = if glances.len() > 1 { glances.pop_front() } else { glances.front().cloned() };
        Ok(next.unwrap_or_else(|| Some(Glance { title: "main.py - Editor".into(), sketch: None })))
    }

    async fn cameras(&self) -> Result<Vec<Camera>> {
        Ok(vec![Camera { id: "paper".into(), name: "Paper camera".into() }])
    }

    async fn camera(&self, _: &str) -> Result<Picture> {
        Ok(Picture {
            width: 640,
            height: 480,
            png: vec![],
            colors: vec![("brown".into(), 0.6)],
            ..Picture::default()
        })
    }

    async fn read(&self, png: &[u8]) -> Result<String> {
        Ok(String::from_utf8_lossy(png).into_owned())
    }
}

/// A web of the pages that a test wrote.
#[derive(Clone, Debug, Default)]
pub struct CannedWeb {
    pages: Arc<Mutex<BTreeMap<String, String>>>,
    together: Arc<Mutex<Option<Arc<Barrier>>>>,
    posted: Arc<Mutex<Vec<Posted>>>,
}

/// An address, what was sent to it, and the key of the call.
type Posted = (String, serde_json::Value, String);

impl CannedWeb {
    /// Puts a page on it.
    pub fn put(&self, url: &str, text: &str) {
        self.pages.lock().insert(url.to_owned(), text.to_owned());
    }

    /// What was sent, in order.
    #[must_use]
    pub fn posted(&self) -> Vec<Posted> {
        self.posted.lock().clone()
    }

    /// From now on a page is only answered when so many are asked for at the same time.
    pub fn answer_only_together(&self, count: usize) {
        *self.together.lock() = Some(Arc::new(Barrier::new(count)));
    }
}

#[async_trait]
impl Fetch for CannedWeb {
    async fn page(&self, url: &str, max_chars: usize) -> Result<Page> {
        let together = self.together.lock().clone();
        if let Some(together) = together {
            together.wait().await;
        }
        let text = self.pages.lock().get(url).cloned();
        let text = text.ok_or_else(|| Error::not_found(format!("there is no page at {url}")))?;
        let kept: String = text.chars().take(max_chars).collect();
        Ok(Page { url: url.to_owned(), title: None, truncated: kept.len() < text.len(), text: kept })
    }

    async fn file(&self, url: &str, tag: Option<&str>, _: usize) -> Result<Option<WebFile>> {
        let text = self.pages.lock().get(url).cloned();
        let text = text.ok_or_else(|| Error::not_found(format!("there is nothing at {url}")))?;
        let now = format!("{} bytes", text.len());
        Ok((tag != Some(&now)).then_some(WebFile { bytes: text.into_bytes(), tag: Some(now) }))
    }

    async fn bytes(&self, url: &str, most: usize) -> Result<Vec<u8>> {
        let file = self.file(url, None, most).await?;
        Ok(file.map(|file| file.bytes).unwrap_or_default())
    }

    async fn post(&self, url: &str, body: &serde_json::Value, key: &str) -> Result<String> {
        if !self.pages.lock().contains_key(url) {
            return Err(Error::unavailable(format!("nobody answers at {url}")));
        }
        self.posted.lock().push((url.to_owned(), body.clone(), key.to_owned()));
        Ok("ok".into())
    }

    async fn search(&self, query: &str, limit: usize) -> Result<Vec<SearchHit>> {
        let pages = self.pages.lock();
        let fits = pages.iter().filter(|(_, text)| text.to_lowercase().contains(&query.to_lowercase()));
        let hit = |(url, text): (&String, &String)| SearchHit {
            title: url.clone(),
            url: url.clone(),
            snippet: text.chars().take(80).collect(),
        };
        Ok(fits.take(limit).map(hit).collect())
    }
}

/// Secrets in memory.
#[derive(Clone, Debug, Default)]
pub struct HeldSecrets {
    held: Arc<Mutex<BTreeMap<String, Secret>>>,
}

impl HeldSecrets {
    /// The names of what is held.
    pub fn names(&self) -> Vec<String> {
        self.held.lock().keys().cloned().collect()
    }
}

#[async_trait]
impl Secrets for HeldSecrets {
    async fn get(&self, name: &str) -> Result<Option<Secret>> {
        Ok(self.held.lock().get(name).cloned())
    }

    async fn set(&self, name: &str, value: Secret) -> Result<()> {
        self.held.lock().insert(name.to_owned(), value);
        Ok(())
    }

    async fn delete(&self, name: &str) -> Result<()> {
        self.held.lock().remove(name);
        Ok(())
    }

    fn is_given(&self, _: &str) -> bool {
        false
    }

    fn place(&self) -> String {
        "memory, for a test".into()
    }
}
