//! Accounts at servers that keep calendars, their calendars, and what the servers keep in them: rows and queries.

use luna_model::{
    AccountCalendar, ActionId, CalendarAccount, CalendarAccountId, CalendarId, Error, Result, Timestamp,
};
use rusqlite::{Connection, Row, params};

use crate::Db;
use crate::calendar_changes::{CalendarChange, apply};
use crate::db::failure;
use crate::row::{all, id, micros, one, run, text, time, time_or_none};

/// What the server keeps for one entry, as it was when here and there agreed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarResource {
    /// Where on the server.
    pub href: String,
    /// The entry; none when nothing in it could be understood.
    pub uid: Option<String>,
    /// What the server calls this state of it.
    pub etag: String,
    /// As the server sent it.
    pub content: String,
    /// Of the rows here when they agreed.
    pub print: String,
}

/// What came of bringing a calendar to agree, written all or not at all.
#[derive(Clone, Debug, Default)]
pub struct CalendarSynced {
    /// What becomes of the rows here.
    pub change: CalendarChange,
    /// Resources that are new or another.
    pub kept: Vec<CalendarResource>,
    /// Resources that are no more.
    pub gone: Vec<String>,
    /// The state of the server up to which it was read; none = as before.
    pub tag: Option<Option<String>>,
}

impl Db {
    /// The accounts, in the order in which they were added.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn calendar_accounts(&self) -> Result<Vec<CalendarAccount>> {
        self.read(|c| all(c, "SELECT * FROM calendar_accounts ORDER BY created_at, id", [], account)).await
    }

    /// Stores an account, new or changed.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn save_calendar_account(&self, a: CalendarAccount) -> Result<()> {
        self.write(move |c| save(c, &a)).await
    }

    /// Stores an account that is still there; whether it was.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn update_calendar_account(&self, a: CalendarAccount) -> Result<bool> {
        self.write(move |c| {
            let there = "SELECT id FROM calendar_accounts WHERE id = ?1";
            let there = one(c, there, [a.id.to_string()], |row| text(row, "id"))?.is_some();
            if there {
                save(c, &a)?;
            }
            Ok(there)
        })
        .await
    }

    /// Forgets an account with its calendars and all that is in them.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn delete_calendar_account(&self, id: CalendarAccountId) -> Result<()> {
        self.write(move |c| match run(c, "DELETE FROM calendar_accounts WHERE id = ?1", [id.to_string()])? {
            0 => Err(Error::not_found("there is no such calendar account")),
            _ => Ok(()),
        })
        .await
    }

    /// The calendars of all accounts.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn account_calendars(&self) -> Result<Vec<AccountCalendar>> {
        let sql = "SELECT * FROM calendars WHERE account IS NOT NULL ORDER BY created_at, name, id";
        self.read(move |c| all(c, sql, [], calendar)).await
    }

    /// Stores a calendar of an account, new or changed.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn save_account_calendar(&self, k: AccountCalendar, at: Timestamp) -> Result<()> {
        self.write(move |c| {
            if k.usual {
                run(c, "UPDATE calendars SET usual = 0 WHERE id <> ?1", [k.id.to_string()])?;
            }
            run(
                c,
                "INSERT INTO calendars (id, account, name, url, colour, chosen, writable, events, todos, usual, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
                 ON CONFLICT (id) DO UPDATE SET name = excluded.name, url = excluded.url, colour = excluded.colour,
                   chosen = excluded.chosen, writable = excluded.writable, events = excluded.events, todos = excluded.todos,
                   usual = excluded.usual",
                params![
                    k.id.to_string(),
                    k.account.to_string(),
                    k.name,
                    k.url,
                    k.colour,
                    k.chosen,
                    k.writable,
                    k.events,
                    k.todos,
                    k.usual,
                    micros(at)
                ],
            )
            .map(drop)
        })
        .await
    }

    /// Empties a calendar of an account here; on the server nothing changes.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn empty_account_calendar(&self, id: CalendarId) -> Result<()> {
        self.write(move |c| {
            let id = id.to_string();
            run(c, "DELETE FROM events WHERE calendar = ?1", [&id])?;
            run(c, "DELETE FROM todos WHERE calendar = ?1", [&id])?;
            run(c, "DELETE FROM calendar_resources WHERE calendar = ?1", [&id])?;
            run(c, "UPDATE calendars SET tag = NULL WHERE id = ?1", [&id]).map(drop)
        })
        .await
    }

    /// What the server keeps in a calendar, as it was when here and there agreed.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn calendar_resources(&self, calendar: CalendarId) -> Result<Vec<CalendarResource>> {
        let sql = "SELECT * FROM calendar_resources WHERE calendar = ?1 ORDER BY href";
        self.read(move |c| all(c, sql, [calendar.to_string()], resource)).await
    }

    /// Keeps what came of bringing a calendar to agree. What the rows were before is kept under the action.
    ///
    /// # Errors
    /// `NotFound` when the calendar is no more; when it cannot be written.
    pub async fn save_calendar_synced(
        &self,
        calendar: CalendarId,
        synced: CalendarSynced,
        action: ActionId,
        at: Timestamp,
    ) -> Result<()> {
        self.write(move |c| {
            let id = calendar.to_string();
            let there = "SELECT id FROM calendars WHERE id = ?1 AND chosen = 1";
            if one(c, there, [&id], |row| text(row, "id"))?.is_none() {
                return Err(Error::not_found("this calendar is no longer kept here"));
            }
            apply(c, &synced.change, Some(action), at)?;
            for href in &synced.gone {
                run(c, "DELETE FROM calendar_resources WHERE calendar = ?1 AND href = ?2", params![id, href])?;
            }
            for r in &synced.kept {
                run(
                    c,
                    "INSERT INTO calendar_resources (calendar, href, uid, etag, content, print) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                     ON CONFLICT (calendar, href) DO UPDATE SET uid = excluded.uid, etag = excluded.etag,
                       content = excluded.content, print = excluded.print",
                    params![id, r.href, r.uid, r.etag, r.content, r.print],
                )?;
            }
            if let Some(tag) = &synced.tag {
                run(c, "UPDATE calendars SET tag = ?2, read_at = ?3 WHERE id = ?1", params![id, tag, micros(at)])?;
            }
            Ok(())
        })
        .await
    }
}

fn save(c: &Connection, a: &CalendarAccount) -> Result<()> {
    run(
        c,
        "INSERT INTO calendar_accounts (id, name, url, login, unencrypted, synced_at, failure, failures, next_at, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, url = excluded.url, login = excluded.login,
           unencrypted = excluded.unencrypted, synced_at = excluded.synced_at, failure = excluded.failure,
           failures = excluded.failures, next_at = excluded.next_at",
        params![
            a.id.to_string(),
            a.name,
            a.url,
            a.user,
            a.unencrypted,
            a.synced_at.map(micros),
            a.failure,
            a.failures,
            a.next_at.map(micros),
            micros(a.created_at)
        ],
    )
    .map(drop)
}

fn account(row: &Row<'_>) -> Result<CalendarAccount> {
    Ok(CalendarAccount {
        id: id(row, "id")?,
        name: text(row, "name")?,
        url: text(row, "url")?,
        user: text(row, "login")?,
        unencrypted: row.get("unencrypted").map_err(failure)?,
        synced_at: time_or_none(row, "synced_at")?,
        failure: row.get("failure").map_err(failure)?,
        failures: row.get("failures").map_err(failure)?,
        next_at: time_or_none(row, "next_at")?,
        created_at: time(row, "created_at")?,
    })
}

fn calendar(row: &Row<'_>) -> Result<AccountCalendar> {
    let flag = |column: &str| row.get(column).map_err(failure);
    Ok(AccountCalendar {
        id: id(row, "id")?,
        account: id(row, "account")?,
        name: text(row, "name")?,
        url: text(row, "url")?,
        colour: row.get("colour").map_err(failure)?,
        chosen: flag("chosen")?,
        writable: flag("writable")?,
        events: flag("events")?,
        todos: flag("todos")?,
        usual: flag("usual")?,
    })
}

fn resource(row: &Row<'_>) -> Result<CalendarResource> {
    Ok(CalendarResource {
        href: text(row, "href")?,
        uid: row.get("uid").map_err(failure)?,
        etag: text(row, "etag")?,
        content: text(row, "content")?,
        print: text(row, "print")?,
    })
}
