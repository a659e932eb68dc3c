//! The tray icon and its menu: what people want in between. Entries whose deed does not exist are not there.

use std::sync::Arc;

use luna_model::{Settings, VoicePhase};
use serde_json::json;
use tauri::image::Image;
use tauri::menu::{CheckMenuItem, IsMenuItem, Menu, MenuEvent, MenuItem, PredefinedMenuItem};
use tauri::tray::{MouseButton, MouseButtonState, TrayIcon, TrayIconBuilder, TrayIconEvent};
use tauri::{AppHandle, Manager as _, Wry, include_image};

use super::playing::Song;
use super::talk::Talk;
use super::{Shell, quick, window};
use crate::words::{Words, words};

const OPEN: &str = "open";
const ASK: &str = "ask";
const TALK: &str = "talk";
const RUN: &str = "run";
const SCREEN: &str = "screen";
const SONG: &str = "song";
const PLAY: &str = "play";
const SKIP: &str = "skip";
const NEXT: &str = "next";
const WAITING: &str = "waiting";
const MUTE: &str = "mute";
const QUIET: &str = "quiet";
const SETTINGS: &str = "settings";
const QUIT: &str = "quit";

static CALM: Image<'_> = include_image!("icons/tray.png");
static ASKING: Image<'_> = include_image!("icons/tray-asking.png");
static LISTENING: Image<'_> = include_image!("icons/tray-listening.png");
static SILENT: Image<'_> = include_image!("icons/tray-quiet.png");

/// An entry, and its text in whatever language.
type Entry = (MenuItem<Wry>, fn(&Words) -> &'static str);

/// The icon, and the entries that change.
pub(super) struct Tray {
    icon: TrayIcon,
    entries: [Entry; 6],
    talk: MenuItem<Wry>,
    next: MenuItem<Wry>,
    waiting: MenuItem<Wry>,
    mute: CheckMenuItem<Wry>,
    quiet: CheckMenuItem<Wry>,
    player: Player,
    now: parking_lot::Mutex<Now>,
}

/// The buttons of a player, which are in the menu while there is something to play.
struct Player {
    menu: Menu<Wry>,
    song: MenuItem<Wry>,
    play: MenuItem<Wry>,
    skip: MenuItem<Wry>,
    line: PredefinedMenuItem<Wry>,
}

/// What the icon and its menu tell.
struct Now {
    words: &'static Words,
    song: Option<Song>,
    waiting: usize,
    quiet: bool,
    voice: VoicePhase,
}

impl Tray {
    pub(super) fn new(app: &AppHandle, settings: &Settings) -> tauri::Result<Self> {
        let words = words(&settings.language);
        let entry = |id: &str, text: fn(&Words) -> &'static str| {
            MenuItem::with_id(app, id, text(words), true, None::<&str>).map(|entry| (entry, text))
        };
        let [open, ask, run] = [entry(OPEN, |w| w.open)?, entry(ASK, |w| w.ask)?, entry(RUN, |w| w.run)?];
        let screen = entry(SCREEN, |w| w.screen)?;
        let [options, quit] = [entry(SETTINGS, |w| w.settings)?, entry(QUIT, |w| w.quit)?];
        let talk = MenuItem::with_id(app, TALK, words.talk, true, None::<&str>)?;
        let next = MenuItem::with_id(app, NEXT, words.nothing_next, true, None::<&str>)?;
        let waiting = MenuItem::with_id(app, WAITING, words.no_questions, false, None::<&str>)?;
        let switch = |id: &str, text: &str, on| CheckMenuItem::with_id(app, id, text, true, on, None::<&str>);
        let mute = switch(MUTE, words.mute, settings.voice.muted)?;
        let quiet = switch(QUIET, words.quiet, settings.do_not_disturb)?;
        let line = || PredefinedMenuItem::separator(app);
        let menu = Menu::with_items(
            app,
            &[
                &open.0,
                &ask.0,
                &talk,
                &run.0,
                &screen.0,
                &line()?,
                &next,
                &waiting,
                &mute,
                &quiet,
                &line()?,
                &options.0,
                &quit.0,
            ],
        )?;
        let icon = TrayIconBuilder::with_id("luna")
            .icon(CALM.clone())
            .tooltip("Luna")
            .menu(&menu)
            .show_menu_on_left_click(cfg!(target_os = "linux"))
            .on_menu_event(chosen)
            .on_tray_icon_event(clicked)
            .build(app)?;
        let player = Player {
            song: MenuItem::with_id(app, SONG, "", true, None::<&str>)?,
            play: MenuItem::with_id(app, PLAY, words.play, true, None::<&str>)?,
            skip: MenuItem::with_id(app, SKIP, words.next_song, true, None::<&str>)?,
            line: line()?,
            menu,
        };
        let now =
            Now { words, song: None, waiting: 0, quiet: settings.do_not_disturb, voice: VoicePhase::Off };
        let entries = [open, ask, run, screen, options, quit];
        Ok(Self { icon, entries, talk, next, waiting, mute, quiet, player, now: now.into() })
    }

    /// Shows what the settings say.
    pub(super) fn show(&self, settings: &Settings) {
        let words = words(&settings.language);
        let mut now = self.now.lock();
        (now.words, now.quiet) = (words, settings.do_not_disturb);
        let texts = self.entries.iter().try_for_each(|(entry, text)| entry.set_text(text(words)));
        let shown = texts
            .and_then(|()| self.mute.set_text(words.mute))
            .and_then(|()| self.mute.set_checked(settings.voice.muted))
            .and_then(|()| self.quiet.set_text(words.quiet))
            .and_then(|()| self.quiet.set_checked(now.quiet))
            .and_then(|()| self.player.write(&now))
            .and_then(|()| self.paint(&now));
        complain(shown);
    }

    /// Shows what plays.
    pub(super) fn song(&self, song: Option<Song>) {
        let mut now = self.now.lock();
        if now.song == song {
            return;
        }
        let was = std::mem::replace(&mut now.song, song).is_some();
        let placed = match (was, now.song.is_some()) {
            (false, true) => self.player.enter(),
            (true, false) => self.player.leave(),
            _ => Ok(()),
        };
        complain(placed.and_then(|()| self.player.write(&now)));
    }

    /// Whether it shows something that can be paused.
    pub(super) fn plays(&self) -> bool {
        self.now.lock().song.as_ref().is_some_and(|song| song.plays)
    }

    /// Shows what comes next in the calendar.
    pub(super) fn next(&self, line: &str) {
        complain(self.next.set_text(plain(line)));
    }

    /// Shows how many questions wait.
    pub(super) fn waiting(&self, count: usize) {
        let mut now = self.now.lock();
        now.waiting = count;
        complain(self.paint(&now));
    }

    /// Shows what she does with her ears and her mouth.
    pub(super) fn voice(&self, phase: VoicePhase) {
        let mut now = self.now.lock();
        now.voice = phase;
        complain(self.paint(&now));
    }

    fn paint(&self, now: &Now) -> tauri::Result<()> {
        let text = match now.waiting {
            0 => now.words.no_questions.to_owned(),
            1 => now.words.one_question.to_owned(),
            more => format!("{more} {}", now.words.questions),
        };
        self.waiting.set_text(&text)?;
        self.waiting.set_enabled(now.waiting > 0)?;
        let listens = now.voice == VoicePhase::Listening;
        let busy = matches!(now.voice, VoicePhase::Listening | VoicePhase::Thinking | VoicePhase::Speaking);
        self.talk.set_text(if busy { now.words.hush } else { now.words.talk })?;
        let icon = match now {
            // That she listens is seen before all else.
            Now { voice: VoicePhase::Listening, .. } => &LISTENING,
            Now { waiting: 1.., .. } => &ASKING,
            Now { quiet: true, .. } => &SILENT,
            _ => &CALM,
        };
        self.icon.set_icon(Some(icon.clone()))?;
        let tooltip = if listens {
            now.words.listens.to_owned()
        } else if now.waiting > 0 {
            format!("Luna: {text}")
        } else {
            "Luna".into()
        };
        self.icon.set_tooltip(Some(tooltip))
    }
}

impl Player {
    fn entries(&self) -> [&dyn IsMenuItem<Wry>; 4] {
        [&self.song, &self.play, &self.skip, &self.line]
    }

    /// Takes its place, before what comes next in the calendar.
    fn enter(&self) -> tauri::Result<()> {
        let all = self.menu.items()?;
        let place = all.iter().position(|entry| entry.id() == NEXT).unwrap_or(all.len());
        self.menu.insert_items(&self.entries(), place)
    }

    fn leave(&self) -> tauri::Result<()> {
        self.entries().into_iter().try_for_each(|entry| self.menu.remove(entry))
    }

    fn write(&self, now: &Now) -> tauri::Result<()> {
        let Some(song) = &now.song else { return Ok(()) };
        self.song.set_text(plain(&song.line))?;
        self.play.set_text(if song.plays { now.words.pause } else { now.words.play })?;
        self.skip.set_text(now.words.next_song)
    }
}

/// A text as it is: in an entry, `&` marks the letter that chooses it.
fn plain(text: &str) -> String {
    text.replace('&', "&&")
}

fn complain(shown: tauri::Result<()>) {
    if let Err(error) = shown {
        tracing::warn!(%error, "the tray does not show what is so");
    }
}

fn chosen(app: &AppHandle, event: MenuEvent) {
    match event.id().as_ref() {
        OPEN | WAITING => window::show(app, None),
        ASK => quick::show(app),
        TALK => app.state::<Arc<Shell>>().talk(Talk::Toggle),
        SCREEN => app.state::<Arc<Shell>>().ask_about_screen(),
        RUN => window::show(app, Some("/run")),
        SONG => window::show(app, Some("/dashboard")),
        PLAY => app.state::<Arc<Shell>>().play_or_pause(),
        SKIP => app.state::<Arc<Shell>>().order_music("spotify_next"),
        NEXT => window::show(app, Some("/today")),
        SETTINGS => window::show(app, Some("/settings")),
        MUTE => {
            let shell = app.state::<Arc<Shell>>();
            shell.patch(json!({ "voice": { "muted": !shell.settings().voice.muted } }));
        }
        QUIET => {
            let shell = app.state::<Arc<Shell>>();
            shell.patch(json!({ "do_not_disturb": !shell.settings().do_not_disturb }));
        }
        QUIT => app.exit(0),
        _ => {}
    }
}

fn clicked(icon: &TrayIcon, event: TrayIconEvent) {
    if let TrayIconEvent::Click { button: MouseButton::Left, button_state: MouseButtonState::Up, .. } = event
    {
        window::toggle(icon.app_handle());
    }
}
