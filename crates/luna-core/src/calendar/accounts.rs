//! Accounts at servers that keep calendars: letting Luna in, choosing what is kept here, and letting go.

use luna_model::{
    AccountCalendar, ActionId, CalendarAccount, CalendarAccountId, CalendarAccountState, CalendarId, Error,
    Event, Result, Secret,
};
use luna_store::{CalendarChange, CalendarRow};
use serde_json::json;

use super::{Calendar, Changed};
use crate::Luna;
use crate::ports::{CalendarLogin, FoundCalendar};

/// The permission under which all this is done.
const TOOL: &str = "sync_calendar";

/// What is said of a new account.
#[derive(Clone, Debug)]
pub struct NewCalendarAccount {
    /// What the user calls it; empty = the server's name.
    pub name: String,
    /// Where the server is.
    pub url: String,
    /// As whom Luna goes there.
    pub user: String,
    /// The password there; many services want one that is made for programs.
    pub password: Secret,
    /// Whether the password may go unencrypted over the internet.
    pub unencrypted: bool,
    /// Addresses of the calendars that are kept here; none = all.
    pub calendars: Option<Vec<String>>,
}

impl NewCalendarAccount {
    fn login(&self) -> CalendarLogin {
        CalendarLogin {
            url: self.url.trim().to_owned(),
            user: self.user.trim().to_owned(),
            password: self.password.clone(),
            unencrypted: self.unencrypted,
        }
    }
}

/// The name under which an account's password lies with the secrets.
fn secret_name(id: CalendarAccountId) -> String {
    format!("CALENDAR_PASSWORD_{id}")
}

impl Luna {
    /// Under which names the passwords of the accounts are kept.
    pub(crate) async fn calendar_secrets(&self) -> Result<Vec<String>> {
        Ok(self.db().calendar_accounts().await?.into_iter().map(|account| secret_name(account.id)).collect())
    }

    /// The accounts with their calendars.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn calendar_accounts(&self) -> Result<Vec<CalendarAccountState>> {
        let calendars = self.db().account_calendars().await?;
        let of = |account: &CalendarAccount| {
            calendars.iter().filter(|c| c.account == account.id).cloned().collect()
        };
        let accounts = self.db().calendar_accounts().await?;
        Ok(accounts
            .into_iter()
            .map(|account| CalendarAccountState { calendars: of(&account), account })
            .collect())
    }

    /// The calendars that a server has for a user, without keeping anything.
    ///
    /// # Errors
    /// `Unauthenticated` when the password is not taken, `Invalid` when there is no calendar server at the address or the
    /// password would go unencrypted, `Unavailable` when it cannot be reached.
    pub async fn find_calendars(&self, new: &NewCalendarAccount) -> Result<Vec<FoundCalendar>> {
        self.calendar_servers().find(&new.login()).await
    }

    /// Adds an account; its calendars come in the background.
    ///
    /// # Errors
    /// As [`Luna::find_calendars`], and `Conflict` when the account is there already.
    pub async fn add_calendar_account(
        &self,
        new: NewCalendarAccount,
    ) -> Result<Changed<CalendarAccountState>> {
        let login = new.login();
        let input = json!({ "url": login.url, "user": login.user });
        let summary = format!("Keep the calendars of {} at {}", login.user, login.url);
        let deed = async {
            let there = self.db().calendar_accounts().await?;
            if there.iter().any(|a| a.url == login.url && a.user == login.user) {
                return Err(Error::conflict(
                    "this account is there already; to change its password, set a new one",
                ));
            }
            let found = self.calendar_servers().find(&login).await?;
            let now = self.clock().now();
            let name = Some(new.name.trim().to_owned()).filter(|n| !n.is_empty());
            let account = CalendarAccount {
                id: luna_model::CalendarAccountId::new(),
                name: name.unwrap_or_else(|| host(&login.url)),
                url: login.url.clone(),
                user: login.user.clone(),
                unencrypted: new.unencrypted,
                synced_at: None,
                failure: None,
                failures: 0,
                next_at: None,
                created_at: now,
            };
            self.secrets().set(&secret_name(account.id), new.password.clone()).await?;
            self.db().save_calendar_account(account.clone()).await?;
            for found in found {
                let chosen = new.calendars.as_ref().is_none_or(|wanted| wanted.contains(&found.url));
                let id = CalendarId::new();
                self.db().save_account_calendar(calendar(id, account.id, found, chosen, false), now).await?;
            }
            let calendars = self.db().account_calendars().await?;
            let calendars = calendars.into_iter().filter(|c| c.account == account.id).collect();
            Ok(CalendarAccountState { account, calendars })
        };
        let added = self.by_user(ActionId::new(), TOOL, summary, input, deed).await?;
        self.bus().publish(Event::CalendarChanged);
        self.calendar().turns.changed();
        Ok(added)
    }

    /// Gives an account another password, which is tried at once.
    ///
    /// # Errors
    /// `NotFound` when there is no such account; `Unauthenticated` when the password is not taken either.
    pub async fn set_calendar_password(&self, id: CalendarAccountId, password: Secret) -> Result<()> {
        let account = self.calendar_account(id).await?;
        let deed = async {
            self.calendar_servers().find(&login(&account, password.clone())).await?;
            self.secrets().set(&secret_name(id), password).await
        };
        let input = json!({ "account": id });
        let summary = format!("Give Luna a new password for {}", account.name);
        self.by_user(ActionId::new(), TOOL, summary, input, deed).await?;
        let account = CalendarAccount { failure: None, failures: 0, next_at: None, ..account };
        self.db().update_calendar_account(account).await?;
        self.calendar().turns.changed();
        Ok(())
    }

    /// Asks a server which calendars there are now, and brings all that is kept here to agree.
    ///
    /// # Errors
    /// `NotFound` when there is no such account; as [`Luna::find_calendars`].
    pub async fn sync_calendars_now(&self, id: CalendarAccountId) -> Result<CalendarAccountState> {
        let account = self.calendar_account(id).await?;
        self.look_for_calendars(&account).await?;
        // How it went stands with the account.
        let _ = self.sync_account(id).await;
        let all = self.calendar_accounts().await?;
        let found = all.into_iter().find(|state| state.account.id == id);
        found.ok_or_else(|| Error::not_found("there is no such calendar account"))
    }

    /// New calendars are there to be chosen; those that are known have the name they have now.
    async fn look_for_calendars(&self, account: &CalendarAccount) -> Result<()> {
        let found = match self.calendar_login(account).await {
            Ok(login) => self.calendar_servers().find(&login).await,
            Err(error) => Err(error),
        };
        // A server that does not answer is met again when it is asked what is new.
        let Ok(found) = found else { return Ok(()) };
        let known = self.db().account_calendars().await?;
        for found in found {
            let known = known.iter().find(|c| c.account == account.id && c.url == found.url);
            let (id, chosen, usual) =
                known.map_or((CalendarId::new(), false, false), |c| (c.id, c.chosen, c.usual));
            let calendar = calendar(id, account.id, found, chosen, usual);
            self.db().save_account_calendar(calendar, self.clock().now()).await?;
        }
        Ok(())
    }

    /// Keeps a calendar of an account here, or no longer. What was changed here and is not on the server yet goes into Luna's own
    /// calendar then.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn choose_calendar(&self, id: CalendarId, chosen: bool) -> Result<AccountCalendar> {
        let calendar = self.account_calendar(id).await?;
        let input = json!({ "calendar": id, "kept": chosen });
        let verb = if chosen { "Keep" } else { "No longer keep" };
        let summary = format!("{verb} the calendar {}", calendar.name);
        let deed = async {
            if calendar.chosen && !chosen {
                self.let_go(&calendar).await?;
            }
            let usual = calendar.usual && chosen;
            let calendar = AccountCalendar { chosen, usual, ..calendar };
            self.db().save_account_calendar(calendar.clone(), self.clock().now()).await?;
            Ok(calendar)
        };
        let chosen = self.by_user(ActionId::new(), TOOL, summary, input, deed).await?.now;
        self.bus().publish(Event::CalendarChanged);
        self.calendar().turns.changed();
        Ok(chosen)
    }

    /// Says that what is new goes into a calendar of an account, or (`false`) into Luna's own again.
    ///
    /// # Errors
    /// `NotFound` when there is none, `Invalid` when it is not kept here or may not be written.
    pub async fn make_usual_calendar(&self, id: CalendarId, usual: bool) -> Result<AccountCalendar> {
        let calendar = self.account_calendar(id).await?;
        if usual && !(calendar.chosen && calendar.writable) {
            return Err(Error::invalid(format!("{} is not kept here, or may only be read", calendar.name)));
        }
        let calendar = AccountCalendar { usual, ..calendar };
        self.db().save_account_calendar(calendar.clone(), self.clock().now()).await?;
        self.bus().publish(Event::CalendarChanged);
        Ok(calendar)
    }

    /// Lets go of an account; on the server nothing changes.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn remove_calendar_account(&self, id: CalendarAccountId) -> Result<()> {
        let account = self.calendar_account(id).await?;
        let summary = format!("Let go of the calendars of {}", account.name);
        let deed = async {
            for calendar in
                self.db().account_calendars().await?.iter().filter(|c| c.account == id && c.chosen)
            {
                self.let_go(calendar).await?;
            }
            self.secrets().delete(&secret_name(id)).await?;
            self.db().delete_calendar_account(id).await
        };
        self.by_user(ActionId::new(), TOOL, summary, json!({ "account": id }), deed).await?;
        self.bus().publish(Event::CalendarChanged);
        Ok(())
    }

    /// Empties a calendar here, after what only is here was taken over.
    async fn let_go(&self, calendar: &AccountCalendar) -> Result<()> {
        let _turn = self.calendar().turns.one().await;
        let (here, now) = (self.here(calendar.id).await?, self.clock().now());
        let agreed = |uid: &str, print: &str| {
            here.known.values().any(|k| k.uid.as_deref() == Some(uid) && k.print == print)
        };
        let only_here = here.entries.iter().filter(|(uid, entry)| !agreed(uid, &entry.print()));
        let put: Vec<CalendarRow> = only_here.flat_map(|(_, entry)| entry.copy(now)).collect();
        self.db().change_calendar(CalendarChange { put, gone: vec![] }, None, now).await?;
        self.db().empty_account_calendar(calendar.id).await
    }

    /// As whom Luna visits the server of an account.
    pub(super) async fn calendar_login(&self, account: &CalendarAccount) -> Result<CalendarLogin> {
        let password = self.secrets().get(&secret_name(account.id)).await?.ok_or_else(|| {
            let why = "its password is no longer where secrets are kept; set it again";
            Error::new(luna_model::ErrorKind::Unauthenticated, why)
        })?;
        Ok(login(account, password))
    }

    async fn calendar_account(&self, id: CalendarAccountId) -> Result<CalendarAccount> {
        let found = self.db().calendar_accounts().await?.into_iter().find(|a| a.id == id);
        found.ok_or_else(|| Error::not_found("there is no such calendar account"))
    }

    async fn account_calendar(&self, id: CalendarId) -> Result<AccountCalendar> {
        let found = self.db().account_calendars().await?.into_iter().find(|c| c.id == id);
        found.ok_or_else(|| Error::not_found("there is no such calendar"))
    }
}

impl Calendar {
    /// The calendar that something new goes into: the one that is named, or the usual one if it takes such things.
    pub(super) async fn calendar_for(
        &self,
        named: Option<CalendarId>,
        takes: impl Fn(&AccountCalendar) -> bool,
    ) -> Result<Option<CalendarId>> {
        let mut all = self.db.account_calendars().await?.into_iter();
        let fits = |c: &AccountCalendar| c.chosen && c.writable && takes(c);
        match named {
            None => Ok(all.find(|c| c.usual && fits(c)).map(|c| c.id)),
            Some(id) => match all.find(|c| c.id == id) {
                Some(calendar) if fits(&calendar) => Ok(Some(id)),
                Some(calendar) => Err(Error::invalid(format!("{} does not take this", calendar.name))),
                None => Err(Error::not_found("there is no such calendar, or it can only be read")),
            },
        }
    }

    /// Whether what is in a calendar may be changed here.
    pub(super) async fn may_write(&self, calendar: Option<CalendarId>) -> Result<()> {
        let Some(id) = calendar else { return Ok(()) };
        match self.db.account_calendars().await?.into_iter().find(|c| c.id == id) {
            Some(calendar) if calendar.writable => Ok(()),
            Some(calendar) => Err(Error::conflict(format!(
                "{} may only be read; its server takes no changes from this account",
                calendar.name
            ))),
            None => {
                Err(Error::conflict("this comes from a calendar that is kept elsewhere; change it there"))
            }
        }
    }
}

fn login(account: &CalendarAccount, password: Secret) -> CalendarLogin {
    CalendarLogin {
        url: account.url.clone(),
        user: account.user.clone(),
        password,
        unencrypted: account.unencrypted,
    }
}

fn calendar(
    id: CalendarId,
    account: CalendarAccountId,
    found: FoundCalendar,
    chosen: bool,
    usual: bool,
) -> AccountCalendar {
    let FoundCalendar { url, name, colour, writable, events, todos } = found;
    AccountCalendar { id, account, name, url, colour, chosen, writable, events, todos, usual }
}

/// The server's name in an address.
fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest).to_owned()
}
