//! Keeping calendars in agreement with their servers, in the background. Each account by itself: one that fails waits
//! longer each time and is in nobody's way. What was changed here without a connection goes out when there is one.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::SignedDuration;
use luna_model::{
    AccountCalendar, ActionId, CalendarAccount, CalendarAccountId, CalendarId, Error, ErrorKind, Event,
    Result, Timestamp,
};
use luna_store::{CalendarResource, CalendarSynced, Db};
use parking_lot::Mutex;
use serde_json::json;
use tokio::sync::{Mutex as Turn, MutexGuard, Notify};

use super::agreeing::{self, Here, How, Met, Outgoing};
use super::entry::Entry;
use crate::Luna;
use crate::ports::{CalendarLogin, CalendarText};
use crate::processes::CALENDARS;

/// How often a server is asked.
const EVERY: SignedDuration = SignedDuration::from_mins(5);
/// How often it is looked whether an account is due.
const LOOK: Duration = Duration::from_secs(60);
/// How long it is waited after a change, since another often follows.
const SETTLE: Duration = Duration::from_secs(2);
/// Longest that an account may take.
const PATIENCE: Duration = Duration::from_secs(600);
/// Resources that are asked for at once.
const AT_ONCE: usize = 50;
/// How often both sides are compared in one go, where the server is changed meanwhile.
const ROUNDS: usize = 4;

/// Who may change the calendar now, and which accounts are at work.
#[derive(Debug, Default)]
pub(super) struct Turns {
    turn: Turn<()>,
    wake: Notify,
    accounts: Mutex<HashMap<CalendarAccountId, Arc<Desk>>>,
}

/// Where an account is worked on: by one at a time, with at most one waiting.
#[derive(Debug, Default)]
struct Desk {
    work: Turn<()>,
    waiting: AtomicBool,
}

impl Turns {
    /// From reading what is there to writing what it becomes, nobody else does. Nothing slow is done meanwhile.
    pub(super) async fn one(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    /// Something was changed here.
    pub(super) fn changed(&self) {
        self.wake.notify_one();
    }

    fn desk(&self, account: CalendarAccountId) -> Arc<Desk> {
        Arc::clone(self.accounts.lock().entry(account).or_default())
    }
}

impl Luna {
    /// Begins to keep calendars in agreement, in the background.
    pub(crate) fn keep_calendars(&self) {
        let luna = self.clone();
        self.tasks().spawn(async move {
            let mut changed = false;
            loop {
                if let Err(error) = luna.sync_due(changed).await {
                    tracing::warn!(%error, "calendar accounts could not be looked at; it is tried again shortly");
                }
                changed = tokio::select! {
                    () = luna.stopping().cancelled() => break,
                    () = tokio::time::sleep(LOOK) => false,
                    () = luna.calendar().turns.wake.notified() => true,
                };
                if changed {
                    tokio::select! {
                        () = luna.stopping().cancelled() => break,
                        () = tokio::time::sleep(SETTLE) => {}
                    }
                }
            }
        });
    }

    /// Begins with the accounts that are due, or, after a change here, with all that do not wait because they failed.
    async fn sync_due(&self, changed: bool) -> Result<()> {
        let now = self.clock().now();
        for account in self.db().calendar_accounts().await? {
            let due = account.next_at.is_none_or(|at| at <= now);
            let desk = self.calendar().turns.desk(account.id);
            if !(due || changed && account.failures == 0) || desk.waiting.swap(true, Ordering::AcqRel) {
                continue;
            }
            let luna = self.clone();
            self.tasks().spawn(async move {
                let stopping = luna.stopping().clone();
                tokio::select! {
                    // Its outcome stands with the account.
                    _ = luna.sync_account(account.id) => {}
                    () = stopping.cancelled() => {}
                }
            });
        }
        Ok(())
    }

    /// Brings an account's calendars to agree now.
    ///
    /// # Errors
    /// `NotFound` when there is no such account; otherwise what stands with the account as its failure.
    pub async fn sync_account(&self, id: CalendarAccountId) -> Result<()> {
        let desk = self.calendar().turns.desk(id);
        let _work = desk.work.lock().await;
        desk.waiting.store(false, Ordering::Release);
        self.processes().ran(CALENDARS, self.clock().now());
        let found = self.db().calendar_accounts().await?.into_iter().find(|a| a.id == id);
        let account = found.ok_or_else(|| Error::not_found("there is no such calendar account"))?;
        let outcome = match tokio::time::timeout(PATIENCE, self.sync_calendars_of(&account)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Error::unavailable("the server takes too long; it is tried again later")),
        };
        let account = after(account, &outcome, self.clock().now());
        self.db().update_calendar_account(account).await?;
        self.bus().publish(Event::CalendarChanged);
        outcome
    }

    async fn sync_calendars_of(&self, account: &CalendarAccount) -> Result<()> {
        let login = self.calendar_login(account).await?;
        let chosen = self.db().account_calendars().await?;
        let mut failed = None;
        for calendar in chosen.into_iter().filter(|c| c.account == account.id && c.chosen) {
            if let Err(error) = (Visit { luna: self, login: &login, calendar: &calendar }).agree().await {
                tracing::warn!(calendar = %calendar.id, kind = ?error.kind, "a calendar could not be brought to agree");
                let everywhere = matches!(error.kind, ErrorKind::Unauthenticated | ErrorKind::Unavailable);
                let message = format!("{}: {}", calendar.name, error.message);
                failed.get_or_insert(Error::new(error.kind, message));
                if everywhere {
                    break;
                }
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// A calendar as it is here.
    pub(super) async fn here(&self, calendar: CalendarId) -> Result<Here> {
        let events = self.db().events_of(Some(calendar)).await?;
        let todos = self.db().todos_of(Some(calendar)).await?;
        Ok(Here { entries: Entry::all(events, todos), known: known(self.db(), calendar).await? })
    }
}

/// A visit to the server for one calendar.
struct Visit<'v> {
    luna: &'v Luna,
    login: &'v CalendarLogin,
    calendar: &'v AccountCalendar,
}

impl Visit<'_> {
    async fn agree(&self) -> Result<()> {
        let mut met = None;
        for _ in 0..ROUNDS {
            self.pull().await?;
            met = if self.calendar.writable { self.push().await? } else { None };
            if met.is_none() {
                break;
            }
        }
        met.map_or(Ok(()), Err)
    }

    /// Takes what changed on the server.
    async fn pull(&self) -> Result<()> {
        let (id, at) = (self.calendar.id, self.calendar.url.as_str());
        let (servers, login) = (self.luna.calendar_servers(), self.login);
        let tag = self.luna.db().calendar_tag(id).await?;
        let news = servers.news(login, at, tag.as_deref()).await?;
        let known = known(self.luna.db(), id).await?;
        let is_new = |(href, etag): &&(String, String)| known.get(href).is_none_or(|k| k.etag != *etag);
        let wanted: Vec<_> = news.there.iter().filter(is_new).map(|(href, _)| href.clone()).collect();
        let mut gone = news.gone;
        if news.all {
            let there: std::collections::HashSet<_> = news.there.iter().map(|(href, _)| href).collect();
            gone.extend(known.keys().filter(|href| !there.contains(href)).cloned());
        }
        let mut texts = vec![];
        for part in wanted.chunks(AT_ONCE) {
            texts.extend(servers.texts(login, at, part).await?);
        }
        if texts.is_empty() && gone.is_empty() && news.tag == tag {
            return Ok(());
        }
        self.take(texts, gone, Some(news.tag)).await
    }

    /// Puts what the server sent into what is here, in one go.
    async fn take(
        &self,
        texts: Vec<CalendarText>,
        gone: Vec<String>,
        tag: Option<Option<String>>,
    ) -> Result<()> {
        let (zone, now) = (self.luna.calendar().zone(), self.luna.clock().now());
        let calendar = self.calendar.id;
        let turn = self.luna.calendar().turns.one().await;
        let here = self.luna.here(calendar).await?;
        let decide = move || agreeing::taken(&here, calendar, texts, &gone, &zone, now);
        let (synced, met) = tokio::task::spawn_blocking(decide).await.map_err(Error::internal)?;
        let synced = CalendarSynced { tag, ..synced };
        let changed = !synced.change.put.is_empty() || !synced.change.gone.is_empty();
        self.luna.db().save_calendar_synced(calendar, synced, ActionId::new(), now).await?;
        drop(turn);
        if changed {
            self.luna.bus().publish(Event::CalendarChanged);
        }
        met.iter().for_each(|met| self.tell_of(met));
        Ok(())
    }

    /// Sends what was changed here. Gives what met another change, so that the server is asked again.
    async fn push(&self) -> Result<Option<Error>> {
        let (zone, now) = (self.luna.calendar().zone(), self.luna.clock().now());
        let here = self.luna.here(self.calendar.id).await?;
        let out = tokio::task::spawn_blocking(move || agreeing::outgoing(&here, &zone, now));
        let (mut met, mut refused) = (None, None);
        for outgoing in out.await.map_err(Error::internal)? {
            let title = match &outgoing {
                Outgoing::Put { title, .. } => title.clone(),
                Outgoing::Delete { .. } => "a deletion".to_owned(),
            };
            match self.send(outgoing).await {
                Ok(()) => {}
                // The others go out all the same.
                Err(Error { kind, message, .. })
                    if matches!(kind, ErrorKind::Conflict | ErrorKind::Invalid | ErrorKind::Forbidden) =>
                {
                    let why = Error::new(kind, format!("the server does not take {title:?}: {message}"));
                    if kind == ErrorKind::Conflict { &mut met } else { &mut refused }.get_or_insert(why);
                }
                Err(error) => return Err(error),
            }
        }
        refused.map_or(Ok(met), Err)
    }

    async fn send(&self, out: Outgoing) -> Result<()> {
        let (servers, login) = (self.luna.calendar_servers(), self.login);
        let (id, at) = (self.calendar.id, self.calendar.url.as_str());
        let mut synced = CalendarSynced::default();
        match out {
            Outgoing::Delete { href, etag } => match servers.delete(login, at, &href, &etag).await {
                Err(error) if error.kind != ErrorKind::NotFound => return Err(error),
                _ => synced.gone.push(href),
            },
            Outgoing::Put { uid, old, text, print, .. } => {
                let (href, etag) = match old {
                    Some((href, etag)) => (href, Some(etag)),
                    None => (servers.place(at, &uid)?, None),
                };
                let state = match servers.put(login, at, &href, &text, etag.as_deref()).await {
                    // It was deleted there meanwhile: that is news.
                    Err(error) if error.kind == ErrorKind::NotFound && etag.is_some() => {
                        return Err(Error::conflict("it is no longer on the server"));
                    }
                    state => state?,
                };
                // A server that keeps another text than it was sent does not say the state: it is read, as news.
                let etag = state.unwrap_or_default();
                synced.kept.push(CalendarResource { href, uid: Some(uid), etag, content: text, print });
            }
        }
        self.luna.db().save_calendar_synced(id, synced, ActionId::new(), self.luna.clock().now()).await
    }

    fn tell_of(&self, met: &Met) {
        let title = &met.title;
        let text = match met.how {
            How::ChangedTwice => format!(
                "“{title}” was changed here and elsewhere. What the server has stands; yours is beside it in Luna's own calendar."
            ),
            How::DeletedThere => format!(
                "“{title}” was changed here and deleted elsewhere. Yours is kept in Luna's own calendar."
            ),
            How::DeletedHere => {
                format!("“{title}” was deleted here and changed elsewhere, so it is back.")
            }
        };
        let about = Some(json!({ "kind": "calendar_conflict", "title": title }));
        self.luna.bus().publish(Event::Notice { level: "info".into(), text, about });
    }
}

async fn known(db: &Db, calendar: CalendarId) -> Result<HashMap<String, CalendarResource>> {
    let known = db.calendar_resources(calendar).await?;
    Ok(known.into_iter().map(|k| (k.href.clone(), k)).collect())
}

/// An account after it was tried.
fn after(account: CalendarAccount, outcome: &Result<()>, now: Timestamp) -> CalendarAccount {
    let later = |by: SignedDuration| now.checked_add(by).ok();
    match outcome {
        Ok(()) => CalendarAccount {
            synced_at: Some(now),
            failure: None,
            failures: 0,
            next_at: later(EVERY),
            ..account
        },
        Err(error) => {
            let failures = account.failures.saturating_add(1);
            // A password that is not taken is not tried often: some servers close an account then.
            let minutes = match error.kind {
                ErrorKind::Unauthenticated => 60,
                _ => (1_i64 << failures.min(6)).min(60),
            };
            let next_at = later(SignedDuration::from_mins(minutes));
            CalendarAccount { failure: Some(error.message.clone()), failures, next_at, ..account }
        }
    }
}
