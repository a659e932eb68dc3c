//! Accounts at servers that keep calendars, and which of their calendars are kept here too.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{CalendarAccountId, CalendarId};

/// An account at a server that keeps calendars. Its password lies with the secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct CalendarAccount {
    /// Its id.
    pub id: CalendarAccountId,
    /// What the user calls it.
    pub name: String,
    /// Where the server is.
    pub url: String,
    /// As whom Luna goes there.
    pub user: String,
    /// Whether the password may go unencrypted over the internet: the user said so.
    pub unencrypted: bool,
    /// When here and there last agreed.
    pub synced_at: Option<Timestamp>,
    /// Why they could not be brought to agree the last time, and what can be done.
    pub failure: Option<String>,
    /// How often that has gone wrong since it last went well.
    pub failures: u32,
    /// When it is tried again.
    pub next_at: Option<Timestamp>,
    /// When it was added.
    pub created_at: Timestamp,
}

/// A calendar of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct AccountCalendar {
    /// Its id.
    pub id: CalendarId,
    /// The account.
    pub account: CalendarAccountId,
    /// What it is called.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// Its colour as the server says it: `#ff0000`.
    pub colour: Option<String>,
    /// Whether it is kept here.
    pub chosen: bool,
    /// Whether it may be written.
    pub writable: bool,
    /// Whether it takes events.
    pub events: bool,
    /// Whether it takes things to do.
    pub todos: bool,
    /// Whether what is new goes here unless another calendar is named.
    pub usual: bool,
}

/// An account, and its calendars.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct CalendarAccountState {
    /// The account.
    pub account: CalendarAccount,
    /// Its calendars.
    pub calendars: Vec<AccountCalendar>,
}
