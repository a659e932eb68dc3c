//! Servers that keep calendars, at addresses that the user chose. Whatever comes from here is text from outside.

use async_trait::async_trait;
use luna_model::{Error, Result, Secret};

/// As whom a server is visited.
#[derive(Clone, Debug)]
pub struct CalendarLogin {
    /// Where the server is, as the user said it.
    pub url: String,
    /// The user there.
    pub user: String,
    /// Their password.
    pub password: Secret,
    /// Whether it may be said unencrypted outside of the own network.
    pub unencrypted: bool,
}

/// A calendar that was found on a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundCalendar {
    /// Where it is.
    pub url: String,
    /// What it is called.
    pub name: String,
    /// Its colour: `#ff0000`.
    pub colour: Option<String>,
    /// Whether this user may write it.
    pub writable: bool,
    /// Whether it takes events.
    pub events: bool,
    /// Whether it takes things to do.
    pub todos: bool,
}

/// What is otherwise in a calendar than it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CalendarNews {
    /// Resources with what the server calls their state.
    pub there: Vec<(String, String)>,
    /// Resources that are no more.
    pub gone: Vec<String>,
    /// Whether `there` is all there is: then what is not in it is no more.
    pub all: bool,
    /// The state that this leads to; to be asked with the next time.
    pub tag: Option<String>,
}

/// A resource as the server has it: an iCalendar text with one entry, in all its exceptions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarText {
    /// Where it is.
    pub href: String,
    /// What the server calls this state of it.
    pub etag: String,
    /// The text.
    pub text: String,
}

/// The servers. `Unauthenticated` where the password is not taken, `Unavailable` where trying again may help, `Invalid`
/// where it does not.
#[async_trait]
pub trait CalendarServers: Send + Sync {
    /// The calendars that the user has there.
    async fn find(&self, login: &CalendarLogin) -> Result<Vec<FoundCalendar>>;

    /// What changed in a calendar since a state; all there is when there is none, or the server forgot it.
    async fn news(&self, login: &CalendarLogin, calendar: &str, since: Option<&str>) -> Result<CalendarNews>;

    /// Resources of a calendar. What is no more by now is left out.
    async fn texts(
        &self,
        login: &CalendarLogin,
        calendar: &str,
        hrefs: &[String],
    ) -> Result<Vec<CalendarText>>;

    /// The resource at which a new entry of a calendar is kept.
    fn place(&self, calendar: &str, uid: &str) -> Result<String>;

    /// Writes a resource, if it is still in the state `etag` (none = if there is none yet); what the server calls its state
    /// now, where it says so. `Conflict` when it is in another.
    async fn put(
        &self,
        login: &CalendarLogin,
        calendar: &str,
        href: &str,
        text: &str,
        etag: Option<&str>,
    ) -> Result<Option<String>>;

    /// Deletes a resource, if it is still in the state `etag`. `Conflict` when it is in another, `NotFound` when it is gone.
    async fn delete(&self, login: &CalendarLogin, calendar: &str, href: &str, etag: &str) -> Result<()>;
}

/// No servers: for what has none.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoCalendars;

fn none<T>() -> Result<T> {
    Err(Error::unavailable("calendar servers cannot be reached from here"))
}

#[async_trait]
impl CalendarServers for NoCalendars {
    async fn find(&self, _: &CalendarLogin) -> Result<Vec<FoundCalendar>> {
        none()
    }

    async fn news(&self, _: &CalendarLogin, _: &str, _: Option<&str>) -> Result<CalendarNews> {
        none()
    }

    async fn texts(&self, _: &CalendarLogin, _: &str, _: &[String]) -> Result<Vec<CalendarText>> {
        none()
    }

    fn place(&self, _: &str, _: &str) -> Result<String> {
        none()
    }

    async fn put(
        &self,
        _: &CalendarLogin,
        _: &str,
        _: &str,
        _: &str,
        _: Option<&str>,
    ) -> Result<Option<String>> {
        none()
    }

    async fn delete(&self, _: &CalendarLogin, _: &str, _: &str, _: &str) -> Result<()> {
        none()
    }
}
