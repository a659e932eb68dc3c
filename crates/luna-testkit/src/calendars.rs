//! A calendar server on paper: resources with their states, a history by which it knows what changed, and ways to fail.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use luna_core::ports::{CalendarLogin, CalendarNews, CalendarServers, CalendarText, FoundCalendar};
use luna_model::{Error, ErrorKind, Result};
use parking_lot::Mutex;

/// What a password must be there.
pub const CALENDAR_PASSWORD: &str = "app-password";

#[derive(Debug, Default)]
struct Shelf {
    texts: BTreeMap<String, (u64, String)>,
    /// At which step something became what, in order.
    history: Vec<(u64, String)>,
    step: u64,
    /// Tokens before this one are forgotten.
    forgotten: u64,
    away: bool,
    silent: bool,
    asked: Vec<String>,
}

/// A server with one calendar that may be written and one that may not. Cheap to clone; all clones are the same.
#[derive(Clone, Debug, Default)]
pub struct PaperCalendars {
    shelf: Arc<Mutex<Shelf>>,
}

impl PaperCalendars {
    /// The calendar that may be written.
    pub const HOME: &'static str = "https://paper.example/ada/home/";
    /// The one that may not.
    pub const WORK: &'static str = "https://paper.example/ada/work/";

    /// Somebody else writes something.
    pub fn write(&self, href: &str, text: &str) {
        let mut shelf = self.shelf.lock();
        shelf.set(href, Some(text.to_owned()));
    }

    /// Somebody else deletes something.
    pub fn erase(&self, href: &str) {
        self.shelf.lock().set(href, None);
    }

    /// What is there, by where.
    #[must_use]
    pub fn all(&self) -> BTreeMap<String, String> {
        self.shelf.lock().texts.iter().map(|(href, (_, text))| (href.clone(), text.clone())).collect()
    }

    /// The only resource.
    #[must_use]
    pub fn only(&self) -> (String, String) {
        let mut all = self.all().into_iter();
        let first = all.next().expect("a resource");
        assert!(all.next().is_none(), "more than one resource");
        first
    }

    /// It cannot be reached, or can again.
    pub fn be_away(&self, away: bool) {
        self.shelf.lock().away = away;
    }

    /// It does not say what it calls the state of what it was given.
    pub fn be_silent(&self) {
        self.shelf.lock().silent = true;
    }

    /// It forgets what changed before now.
    pub fn forget_history(&self) {
        let mut shelf = self.shelf.lock();
        shelf.forgotten = shelf.step + 1;
        shelf.step += 1;
    }

    /// What was asked since this was last called, in order.
    #[allow(clippy::must_use_candidate, reason = "also called to forget it")]
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.shelf.lock().asked)
    }

    fn enter(&self, login: &CalendarLogin, what: &str) -> Result<parking_lot::MutexGuard<'_, Shelf>> {
        let mut shelf = self.shelf.lock();
        shelf.asked.push(what.to_owned());
        if shelf.away {
            return Err(Error::unavailable("the calendar server could not be reached: no route"));
        }
        if login.password.expose() != CALENDAR_PASSWORD {
            return Err(Error::new(
                ErrorKind::Unauthenticated,
                "the calendar server does not take this password",
            ));
        }
        Ok(shelf)
    }
}

impl Shelf {
    fn set(&mut self, href: &str, text: Option<String>) -> u64 {
        self.step += 1;
        self.history.push((self.step, href.to_owned()));
        match text {
            Some(text) => drop(self.texts.insert(href.to_owned(), (self.step, text))),
            None => drop(self.texts.remove(href)),
        }
        self.step
    }

    fn state(&self, href: &str) -> Option<String> {
        self.texts.get(href).map(|(step, _)| format!("\"{step}\""))
    }
}

fn path(calendar: &str) -> &str {
    calendar.trim_start_matches("https://paper.example")
}

#[async_trait]
impl CalendarServers for PaperCalendars {
    async fn find(&self, login: &CalendarLogin) -> Result<Vec<FoundCalendar>> {
        let _shelf = self.enter(login, "find")?;
        let calendar = |url: &str, name: &str, writable| FoundCalendar {
            url: url.into(),
            name: name.into(),
            colour: Some("#00ff00".into()),
            writable,
            events: true,
            todos: true,
        };
        Ok(vec![calendar(Self::HOME, "Home", true), calendar(Self::WORK, "Work", false)])
    }

    async fn news(&self, login: &CalendarLogin, calendar: &str, since: Option<&str>) -> Result<CalendarNews> {
        let shelf = self.enter(login, "news")?;
        let known: Option<u64> = since.and_then(|s| s.parse().ok()).filter(|s| *s >= shelf.forgotten);
        let mine = |href: &&String| href.starts_with(path(calendar));
        let hrefs: std::collections::BTreeSet<_> = match known {
            Some(known) => shelf
                .history
                .iter()
                .filter(|(step, _)| *step > known)
                .map(|(_, href)| href)
                .filter(mine)
                .collect(),
            None => shelf.texts.keys().filter(mine).collect(),
        };
        let mut news = CalendarNews {
            all: known.is_none(),
            tag: Some(shelf.step.to_string()),
            ..CalendarNews::default()
        };
        for href in hrefs {
            match shelf.state(href) {
                Some(state) => news.there.push((href.clone(), state)),
                None => news.gone.push(href.clone()),
            }
        }
        Ok(news)
    }

    async fn texts(&self, login: &CalendarLogin, _: &str, hrefs: &[String]) -> Result<Vec<CalendarText>> {
        let shelf = self.enter(login, "texts")?;
        let found = hrefs.iter().filter_map(|href| {
            let (step, text) = shelf.texts.get(href)?;
            Some(CalendarText { href: href.clone(), etag: format!("\"{step}\""), text: text.clone() })
        });
        Ok(found.collect())
    }

    fn place(&self, calendar: &str, uid: &str) -> Result<String> {
        Ok(format!("{}{uid}.ics", path(calendar)))
    }

    async fn put(
        &self,
        login: &CalendarLogin,
        calendar: &str,
        href: &str,
        text: &str,
        etag: Option<&str>,
    ) -> Result<Option<String>> {
        let mut shelf = self.enter(login, "put")?;
        if calendar == Self::WORK {
            return Err(Error::forbidden("this calendar may not be written"));
        }
        if shelf.state(href).as_deref() != etag {
            return Err(Error::conflict("it was changed on the calendar server meanwhile (412)"));
        }
        let step = shelf.set(href, Some(text.to_owned()));
        Ok((!shelf.silent).then(|| format!("\"{step}\"")))
    }

    async fn delete(&self, login: &CalendarLogin, _: &str, href: &str, etag: &str) -> Result<()> {
        let mut shelf = self.enter(login, "delete")?;
        match shelf.state(href) {
            None => Err(Error::not_found("nothing is there")),
            Some(state) if state != etag => Err(Error::conflict("it was changed meanwhile (412)")),
            Some(_) => {
                shelf.set(href, None);
                Ok(())
            }
        }
    }
}
