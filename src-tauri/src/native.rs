//! What the desktop gives a program: windows, a tray, keys that work everywhere, notifications. [`Shell`] holds it
//! together and follows Luna's settings and events; it decides nothing about what she does.

mod front;
pub(crate) mod hotkeys;
pub(crate) mod links;
#[cfg(target_os = "linux")]
mod memory;
#[cfg(target_os = "linux")]
mod network;
mod next;
mod notices;
mod playing;
#[cfg(target_os = "linux")]
mod portal;
pub(crate) mod quick;
pub(crate) mod talk;
mod tray;
pub(crate) mod window;

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures::StreamExt as _;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use luna_app::Setup;
use luna_app::desktop::{Desktop, DesktopView, Hotkey, Show};
use luna_model::{Event, Occurrence, Settings, VoicePhase};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tauri::plugin::TauriPlugin;
use tauri::{AppHandle, Config, Manager as _, Wry};
use tauri_plugin_autostart::ManagerExt as _;
use tokio::sync::{Notify, mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::core::Core;
use crate::wish::Wish;
use crate::words::words;

/// Between two tries to reach a Luna who is gone.
const PAUSE: Duration = Duration::from_secs(2);
/// How often the tray looks what comes next: no event tells that time passes.
const MINUTE: Duration = Duration::from_secs(60);
/// A window that did not paint by then is not waited for.
const DRAWN: Duration = Duration::from_secs(3);
/// Until the music service knows itself what it was told to do.
const DONE: Duration = Duration::from_millis(500);
/// The module whose tools the player's buttons are.
const MUSIC: &str = "music";

/// The desktop side of the program.
pub(crate) struct Shell {
    app: AppHandle,
    core: Core,
    began: Instant,
    /// Whether the first screen was on the screen.
    painted: watch::Sender<bool>,
    settings: Mutex<Settings>,
    hotkeys: hotkeys::Hotkeys,
    tray: Mutex<Option<tray::Tray>>,
    pub(crate) window: window::Kept,
    notices: notices::Notices,
    talk: mpsc::Sender<talk::Talk>,
    /// The `data:` address of a picture of the screen that the quick bar has not fetched yet.
    screenshot: Mutex<Option<Value>>,
    /// What plays is looked at now.
    look_at_music: Notify,
    end: CancellationToken,
    /// The command line of a start that was handed over to this program when it was ending already.
    too_late: Mutex<Option<Vec<String>>>,
}

impl Shell {
    pub(crate) fn new(app: AppHandle, core: Core, began: Instant) -> Self {
        Self {
            hotkeys: hotkeys::Hotkeys::new(app.clone()),
            notices: notices::Notices::new(app.clone(), core.clone()),
            talk: talk::line(core.clone()),
            app,
            core,
            began,
            painted: watch::Sender::new(false),
            settings: Mutex::new(Settings::default()),
            tray: Mutex::new(None),
            screenshot: Mutex::new(None),
            window: window::Kept::default(),
            look_at_music: Notify::new(),
            end: CancellationToken::new(),
            too_late: Mutex::new(None),
        }
    }

    /// The settings as they were last seen.
    pub(crate) fn settings(&self) -> Settings {
        self.settings.lock().clone()
    }

    /// Where Luna keeps her data; the web view keeps its own there as well.
    pub(crate) fn data(&self) -> &std::path::Path {
        self.core.data()
    }

    /// Starts what lives as long as the program.
    pub(crate) fn begin(self: &Arc<Self>) -> tauri::Result<()> {
        match tray::Tray::new(&self.app, &self.settings()) {
            Ok(tray) => *self.tray.lock() = Some(tray),
            // A desktop without a tray is no reason not to have a window.
            Err(error) => tracing::warn!(%error, "there is no tray icon"),
        }
        let ending = Arc::clone(self);
        tauri::async_runtime::spawn(async move {
            told_to_end().await;
            ending.end();
            ending.app.exit(0);
        });
        let shell = Arc::clone(self);
        tauri::async_runtime::spawn(async move {
            let end = shell.end.clone();
            tokio::select! {
                () = end.cancelled() => {}
                () = shell.attend() => {}
                () = shell.listen() => {}
            }
        });
        Ok(())
    }

    /// From now on it only ends.
    pub(crate) fn end(&self) {
        self.end.cancel();
    }

    /// A second start was handed over to this one.
    fn started_again(&self, arguments: Vec<String>) {
        if self.end.is_cancelled() {
            *self.too_late.lock() = Some(arguments);
            return;
        }
        let wish = Wish::of(&arguments);
        if !wish.hidden {
            self.fulfil(&wish);
        }
    }

    /// The last thing before the program is gone: a start that it took while it was ending is given a program of its own.
    pub(crate) fn pass_on(&self) {
        // None is handed over any more.
        tauri_plugin_single_instance::destroy(&self.app);
        let Some(arguments) = self.too_late.lock().take() else { return };
        let started = std::env::current_exe()
            .and_then(|program| std::process::Command::new(program).args(arguments.iter().skip(1)).spawn());
        if let Err(error) = started {
            tracing::error!(%error, "a start while Luna was ending is lost");
        }
    }

    /// Does what a start of the program asked for.
    pub(crate) fn fulfil(&self, wish: &Wish) {
        if let Some(link) = &wish.link {
            links::open(&self.app, link);
        } else if wish.talk {
            self.talk(talk::Talk::Toggle);
        } else if wish.quick {
            quick::show(&self.app);
        } else if wish.toggle {
            window::toggle(&self.app);
        } else {
            window::show(&self.app, None);
        }
    }

    /// The talk key was pressed or let go.
    pub(crate) fn talk(&self, press: talk::Talk) {
        // A full line means that Luna is away; she says so herself.
        let _ = self.talk.try_send(press);
    }

    /// The window's screen can be used.
    pub(crate) fn painted(&self) {
        if self.painted.send_replace(true) {
            tracing::info!("the window is back");
        } else {
            let ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
            tracing::info!(ms, "the window shows its first screen");
        }
    }

    /// Follows Luna's settings and events for as long as the program runs.
    async fn attend(self: &Arc<Self>) {
        loop {
            if self.refresh().await
                && let Ok(mut events) = self.core.events("events", json!({})).await
            {
                let mut minute = tokio::time::interval(MINUTE);
                minute.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
                loop {
                    tokio::select! {
                        event = events.next() => match event {
                            Some(Ok(event)) => self.on(&event).await,
                            _ => break,
                        },
                        _ = minute.tick() => self.look_ahead().await,
                    }
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Follows what plays, for the tray.
    async fn listen(self: &Arc<Self>) {
        self.look_at_music.notified().await;
        loop {
            let lasts = self.show_music().await;
            tokio::select! {
                () = tokio::time::sleep(lasts) => {}
                () = self.look_at_music.notified() => {}
            }
        }
    }

    /// Shows what plays; how long that will do.
    async fn show_music(self: &Arc<Self>) -> Duration {
        let off = self.settings().modules_off.contains(MUSIC);
        let view = if off { None } else { self.core.call("music.get", json!({})).await.ok() };
        let view = view.and_then(read::<playing::View>);
        // What is not known stays as it was.
        if let Ok(song) = view.as_ref().map_or(Ok(None), playing::View::song) {
            let shell = Arc::clone(self);
            let _ = self.app.run_on_main_thread(move || {
                if let Some(tray) = &*shell.tray.lock() {
                    tray.song(song);
                }
            });
        }
        view.map_or(MINUTE, |view| view.lasts())
    }

    /// The button that is one for both.
    pub(crate) fn play_or_pause(self: &Arc<Self>) {
        let plays = self.tray.lock().as_ref().is_some_and(tray::Tray::plays);
        self.order_music(if plays { "spotify_pause" } else { "spotify_play" });
    }

    /// A button of the player was pressed, each of which is a tool.
    pub(crate) fn order_music(self: &Arc<Self>, tool: &'static str) {
        let shell = Arc::clone(self);
        tauri::async_runtime::spawn(async move {
            let done = shell.core.call("agent.use_tool", json!({ "tool": tool, "input": {} })).await;
            if let Err(trouble) = done {
                shell.notices.say(words(&shell.settings().language).no_music, trouble.message());
            }
            tokio::time::sleep(DONE).await;
            shell.look_at_music.notify_one();
        });
    }

    /// Reads what is shown outside the window; whether she answered.
    async fn refresh(self: &Arc<Self>) -> bool {
        let Ok(view) = self.core.call("settings.get", json!({})).await else { return false };
        if let Some(settings) = view.get("settings").cloned().and_then(read::<Settings>) {
            self.apply(settings);
        }
        self.count().await;
        if let Ok(view) = self.core.call("voice.state", json!({})).await
            && let Some(phase) = view.get("phase").cloned().and_then(read::<VoicePhase>)
        {
            self.show_voice(phase);
        }
        self.look_at_music.notify_one();
        true
    }

    fn apply(self: &Arc<Self>, settings: Settings) {
        *self.settings.lock() = settings.clone();
        self.take_hotkeys();
        let shell = Arc::clone(self);
        // Menus and windows belong to the main thread.
        let done = self.app.run_on_main_thread(move || {
            if let Some(tray) = &*shell.tray.lock() {
                tray.show(&settings);
            }
            let autostart = shell.app.autolaunch();
            if autostart.is_enabled().is_ok_and(|enabled| enabled != settings.start_at_login) {
                let changed = if settings.start_at_login { autostart.enable() } else { autostart.disable() };
                if let Err(error) = changed {
                    tracing::warn!(%error, "starting with the session could not be changed");
                }
            }
        });
        if let Err(error) = done {
            tracing::debug!(%error, "the program ends");
        }
    }

    /// Has the keys taken that the settings name, once the window is there: each key holds up the thread that draws it for
    /// some 50 ms.
    fn take_hotkeys(self: &Arc<Self>) {
        let shell = Arc::clone(self);
        tauri::async_runtime::spawn(async move {
            if !shell.app.webview_windows().is_empty() {
                let _ =
                    tokio::time::timeout(DRAWN, shell.painted.subscribe().wait_for(|painted| *painted)).await;
            }
            tauri::async_runtime::spawn_blocking(move || shell.hotkeys.apply(&shell.settings()));
        });
    }

    /// Counts the questions that wait, for the tray.
    async fn count(self: &Arc<Self>) {
        let Ok(list) = self.core.call("confirmations.list", json!({})).await else { return };
        let waiting = list.as_array().map_or(0, Vec::len);
        let shell = Arc::clone(self);
        let _ = self.app.run_on_main_thread(move || {
            if let Some(tray) = &*shell.tray.lock() {
                tray.waiting(waiting);
            }
        });
    }

    /// Looks what comes next in the calendar, for the tray.
    async fn look_ahead(self: &Arc<Self>) {
        let (now, zone) = (Timestamp::now(), TimeZone::system());
        let (from, to) = next::stretch(now, &zone);
        let found = self.core.call("calendar.occurrences", json!({ "from": from, "to": to })).await;
        let Some(occurrences) = found.ok().and_then(read::<Vec<Occurrence>>) else { return };
        let line = next::line(&occurrences, now, &zone, words(&self.settings().language));
        let shell = Arc::clone(self);
        let _ = self.app.run_on_main_thread(move || {
            if let Some(tray) = &*shell.tray.lock() {
                tray.next(&line);
            }
        });
    }

    /// Shows in the tray whether she listens.
    fn show_voice(self: &Arc<Self>, phase: VoicePhase) {
        let shell = Arc::clone(self);
        let _ = self.app.run_on_main_thread(move || {
            if let Some(tray) = &*shell.tray.lock() {
                tray.voice(phase);
            }
        });
    }

    async fn on(self: &Arc<Self>, event: &Event) {
        match event {
            Event::SettingsChanged { .. } => {
                self.refresh().await;
                self.look_ahead().await;
            }
            Event::CalendarChanged => self.look_ahead().await,
            Event::ConfirmationAsked { .. } | Event::ConfirmationSettled { .. } => self.count().await,
            Event::VoiceChanged { phase, .. } => self.show_voice(*phase),
            _ => {}
        }
        let settings = self.settings();
        let tells = settings.notifications && !settings.do_not_disturb && !window::is_looked_at(&self.app);
        if tells
            && self.notices.on(event, &settings)
            && let Event::Notice { text, .. } = event
        {
            // What Luna says by herself waits no more.
            let _ = self.core.call("initiative.shown", json!({ "text": text })).await;
        }
        if let Event::ConfirmationSettled { action, .. } = event {
            self.notices.settled(*action);
        }
    }

    /// Changes settings from the tray.
    pub(crate) fn patch(&self, patch: Value) {
        let core = self.core.clone();
        tauri::async_runtime::spawn(async move {
            if let Err(trouble) = core.call("settings.patch", json!({ "patch": patch })).await {
                tracing::warn!(why = trouble.message(), "a setting was not changed");
            }
        });
    }

    /// Takes a picture of the screen, then opens the quick bar to ask about it.
    pub(crate) fn ask_about_screen(self: &Arc<Self>) {
        let shell = Arc::clone(self);
        tauri::async_runtime::spawn(async move {
            match shell.core.call("sight.picture", json!({ "of": "screen" })).await {
                Ok(picture) => *shell.screenshot.lock() = picture.get("url").cloned(),
                Err(trouble) => {
                    let title = words(&shell.settings().language).no_screenshot;
                    return shell.notices.say(title, trouble.message());
                }
            }
            let app = shell.app.clone();
            let _ = shell.app.run_on_main_thread(move || quick::show(&app));
        });
    }

    pub(crate) fn take_screenshot(&self) -> Option<Value> {
        self.screenshot.lock().take()
    }

    /// Says, once, that the window is away and Luna is not.
    pub(crate) fn say_still_here(&self) {
        if !*self.painted.borrow() {
            return;
        }
        let (core, notices, settings) = (self.core.clone(), self.notices.clone(), self.settings());
        tauri::async_runtime::spawn(async move {
            let note = core.data().join("told-of-tray");
            if !note.exists() && tokio::fs::write(&note, "").await.is_ok() {
                notices.still_here(&settings);
            }
        });
    }
}

#[async_trait]
impl Desktop for Shell {
    async fn view(&self) -> DesktopView {
        let (attached_to, closed_ports) = self.core.situation().await;
        let (hotkeys, hotkeys_note, bind) = self.hotkeys.state();
        DesktopView {
            shown: window::is_shown(&self.app),
            hotkeys,
            hotkeys_note,
            bind,
            tray: notices::has_tray().await,
            starts_at_login: self.app.autolaunch().is_enabled().unwrap_or(false),
            updates: has_update_key(self.app.config()),
            attached_to,
            closed_ports,
        }
    }

    async fn try_hotkey(&self, keys: &str) -> Hotkey {
        self.hotkeys.attempt(keys)
    }

    async fn show(&self, what: Show, route: Option<String>) -> luna_model::Result<()> {
        let app = self.app.clone();
        let shown = self.app.run_on_main_thread(move || match what {
            Show::Window => window::show(&app, route.as_deref()),
            Show::Toggle => window::toggle(&app),
            Show::Quick => quick::toggle(&app),
        });
        shown.map_err(luna_model::Error::internal)
    }
}

/// Waits until the program is told to end from outside: the session is over, or someone is in a terminal.
async fn told_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(signal);
        let [Ok(mut a), Ok(mut b), Ok(mut c)] = kinds else { return std::future::pending().await };
        tokio::select! {
            _ = a.recv() => {}
            _ = b.recv() => {}
            _ = c.recv() => {}
        }
    }
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// One program a data folder; a second start is a wish to the first.
pub(crate) fn single_instance(setup: &Setup) -> TauriPlugin<Wry> {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    setup.paths.data.hash(&mut hasher);
    let builder = tauri_plugin_single_instance::Builder::new()
        .dbus_id(format!("app.luna.desktop.d{:016x}", hasher.finish()))
        .callback(|app: &AppHandle, arguments, _| {
            if let Some(shell) = app.try_state::<Arc<Shell>>() {
                shell.started_again(arguments);
            }
        });
    builder.build()
}

/// Whether updates can be checked: without a key nothing could be trusted, so nothing is looked for.
pub(crate) fn has_update_key(config: &Config) -> bool {
    let updater = config.plugins.0.get("updater");
    updater.and_then(|u| u.get("pubkey")).and_then(Value::as_str).is_some_and(|key| !key.is_empty())
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> Option<T> {
    serde_json::from_value(value).inspect_err(|error| tracing::warn!(%error, "Luna speaks otherwise")).ok()
}
