//! Accounts at servers that keep calendars.

use luna_core::calendar::NewCalendarAccount;
use luna_core::ports::FoundCalendar;
use luna_model::{AccountCalendar, CalendarAccountId, CalendarAccountState, CalendarId, Result, Secret};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::table::{Context, Done, Empty, Register};

async fn accounts(cx: Context, _: Empty) -> Result<Vec<CalendarAccountState>> {
    cx.luna.calendar_accounts().await
}

/// How Luna is let into a server.
#[derive(Deserialize, TS)]
#[ts(optional_fields)]
struct AddCalendarAccount {
    #[serde(default)]
    name: Option<String>,
    url: String,
    user: String,
    password: String,
    /// Whether the password may go unencrypted over the internet.
    #[serde(default)]
    unencrypted: Option<bool>,
    /// Addresses of the calendars that are kept here; none = all.
    #[serde(default)]
    calendars: Option<Vec<String>>,
}

impl AddCalendarAccount {
    fn into_core(self) -> NewCalendarAccount {
        NewCalendarAccount {
            name: self.name.unwrap_or_default(),
            url: self.url,
            user: self.user,
            password: Secret::new(self.password),
            unencrypted: self.unencrypted.unwrap_or_default(),
            calendars: self.calendars,
        }
    }
}

/// A calendar that a server has.
#[derive(Serialize, TS)]
struct CalendarThere {
    url: String,
    name: String,
    colour: Option<String>,
    writable: bool,
    events: bool,
    todos: bool,
}

async fn find(cx: Context, q: AddCalendarAccount) -> Result<Vec<CalendarThere>> {
    let there = |FoundCalendar { url, name, colour, writable, events, todos }| CalendarThere {
        url,
        name,
        colour,
        writable,
        events,
        todos,
    };
    Ok(cx.luna.find_calendars(&q.into_core()).await?.into_iter().map(there).collect())
}

async fn add(cx: Context, q: AddCalendarAccount) -> Result<CalendarAccountState> {
    Ok(cx.luna.add_calendar_account(q.into_core()).await?.now)
}

#[derive(Deserialize, TS)]
struct OneCalendarAccount {
    account: CalendarAccountId,
}

async fn sync(cx: Context, q: OneCalendarAccount) -> Result<CalendarAccountState> {
    cx.luna.sync_calendars_now(q.account).await
}

async fn remove(cx: Context, q: OneCalendarAccount) -> Result<Done> {
    cx.luna.remove_calendar_account(q.account).await?;
    Ok(Done {})
}

#[derive(Deserialize, TS)]
struct SetCalendarPassword {
    account: CalendarAccountId,
    password: String,
}

async fn set_password(cx: Context, q: SetCalendarPassword) -> Result<Done> {
    cx.luna.set_calendar_password(q.account, Secret::new(q.password)).await?;
    Ok(Done {})
}

#[derive(Deserialize, TS)]
struct ChooseCalendar {
    calendar: CalendarId,
    chosen: bool,
}

async fn choose(cx: Context, q: ChooseCalendar) -> Result<AccountCalendar> {
    cx.luna.choose_calendar(q.calendar, q.chosen).await
}

#[derive(Deserialize, TS)]
struct UsualCalendar {
    calendar: CalendarId,
    usual: bool,
}

async fn usual(cx: Context, q: UsualCalendar) -> Result<AccountCalendar> {
    cx.luna.make_usual_calendar(q.calendar, q.usual).await
}

pub(crate) fn register(r: &mut Register) {
    r.reply("calendar.accounts", accounts);
    r.reply("calendar.find", find);
    r.reply("calendar.add_account", add);
    r.reply("calendar.sync", sync);
    r.reply("calendar.set_password", set_password);
    r.reply("calendar.choose", choose);
    r.reply("calendar.usual", usual);
    r.reply("calendar.remove_account", remove);
}
