//! `luna calendar accounts`: calendars at servers that are kept in agreement with Luna's.

use anyhow::{Result, bail};
use luna_model::{AccountCalendar, CalendarAccount, CalendarAccountState};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::args::AccountsDeed;
use crate::asking;
use crate::reach::Reach;
use crate::screen::{self, FAINT, STRONG, styled};

#[derive(Deserialize)]
struct There {
    url: String,
    name: String,
}

pub(crate) async fn accounts(reach: &Reach, deed: Option<&AccountsDeed>) -> Result<()> {
    match deed {
        None | Some(AccountsDeed::List) => {
            let all = all(reach).await?;
            if all.is_empty() {
                screen::line("There is no account; `luna calendar accounts add <url> <user>` adds one.")?;
            }
            all.iter().try_for_each(show)
        }
        Some(AccountsDeed::Add { url, user, name, calendars, unencrypted }) => {
            let password =
                tokio::task::spawn_blocking(|| asking::key("Password (one for programs): ")).await??;
            let mut input =
                json!({ "url": url, "user": user, "password": password, "unencrypted": unencrypted });
            if !calendars.is_empty() {
                let there: Vec<There> = reach.call("calendar.find", input.clone()).await?;
                let mut wanted = vec![];
                for name in calendars {
                    let Some(found) = there.iter().find(|c| c.name.eq_ignore_ascii_case(name)) else {
                        let names: Vec<_> = there.iter().map(|c| c.name.as_str()).collect();
                        bail!("there is no calendar {name:?}; there are {}", names.join(", "));
                    };
                    wanted.push(found.url.clone());
                }
                input["calendars"] = wanted.into();
            }
            if let Some(name) = name {
                input["name"] = name.clone().into();
            }
            let added: CalendarAccountState = reach.call("calendar.add_account", input).await?;
            synced(reach, &added.account).await
        }
        Some(AccountsDeed::Sync { account }) => {
            let all = all(reach).await?;
            let named: Vec<_> = match account {
                Some(name) => vec![account_named(&all, name)?],
                None => all.iter().map(|state| &state.account).collect(),
            };
            for account in named {
                synced(reach, account).await?;
            }
            Ok(())
        }
        Some(AccountsDeed::Password { account }) => {
            let account = account_named(&all(reach).await?, account)?.id;
            let password = tokio::task::spawn_blocking(|| asking::key("New password: ")).await??;
            let input = json!({ "account": account, "password": password });
            let _: Value = reach.call("calendar.set_password", input).await?;
            Ok(screen::line("It is taken.")?)
        }
        Some(AccountsDeed::Keep { calendar }) => choose(reach, calendar, true).await,
        Some(AccountsDeed::Leave { calendar }) => choose(reach, calendar, false).await,
        Some(AccountsDeed::Usual { calendar }) => {
            let all = all(reach).await?;
            let (found, usual) = match calendar {
                Some(name) => (Some(calendar_named(&all, name)?), true),
                None => (all.iter().flat_map(|s| &s.calendars).find(|c| c.usual), false),
            };
            if let Some(found) = found {
                let input = json!({ "calendar": found.id, "usual": usual });
                let _: AccountCalendar = reach.call("calendar.usual", input).await?;
            }
            let place = found.filter(|_| usual).map_or("Luna's own calendar", |c| c.name.as_str());
            Ok(screen::line(format!("What is new goes into {place}."))?)
        }
        Some(AccountsDeed::Remove { account }) => {
            let all = all(reach).await?;
            let account = account_named(&all, account)?;
            let _: Value = reach.call("calendar.remove_account", json!({ "account": account.id })).await?;
            Ok(screen::line(format!("Let go of {}; on the server everything is as it was.", account.name))?)
        }
    }
}

async fn all(reach: &Reach) -> Result<Vec<CalendarAccountState>> {
    reach.call("calendar.accounts", json!({})).await
}

async fn synced(reach: &Reach, account: &CalendarAccount) -> Result<()> {
    let now: CalendarAccountState = reach.call("calendar.sync", json!({ "account": account.id })).await?;
    show(&now)
}

async fn choose(reach: &Reach, name: &str, chosen: bool) -> Result<()> {
    let all = all(reach).await?;
    let id = calendar_named(&all, name)?.id;
    let now: AccountCalendar =
        reach.call("calendar.choose", json!({ "calendar": id, "chosen": chosen })).await?;
    let kept = if now.chosen { "is kept here" } else { "is no longer kept here" };
    Ok(screen::line(format!("{} {kept}.", now.name))?)
}

fn account_named<'a>(all: &'a [CalendarAccountState], name: &str) -> Result<&'a CalendarAccount> {
    let fits = |a: &&CalendarAccount| a.id.to_string() == name || a.name.eq_ignore_ascii_case(name);
    one(all.iter().map(|state| &state.account).filter(fits), name, "account")
}

fn calendar_named<'a>(all: &'a [CalendarAccountState], name: &str) -> Result<&'a AccountCalendar> {
    let fits = |c: &&AccountCalendar| c.id.to_string() == name || c.name.eq_ignore_ascii_case(name);
    one(all.iter().flat_map(|state| &state.calendars).filter(fits), name, "calendar")
}

fn one<T>(mut found: impl Iterator<Item = T>, name: &str, what: &str) -> Result<T> {
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        _ => bail!(
            "no {what}, or more than one, is called {name:?}; give its id as `luna calendar accounts` lists it"
        ),
    }
}

fn show(state: &CalendarAccountState) -> Result<()> {
    let account = &state.account;
    screen::line(format!("{}  {}", styled(STRONG, &account.name), styled(FAINT, account.id)))?;
    screen::line(format!("  {} at {}", account.user, account.url))?;
    let agreed = account.synced_at.map_or_else(|| "not yet".to_owned(), screen::moment);
    screen::line(format!("  agreed: {agreed}"))?;
    if let Some(failure) = &account.failure {
        screen::line(format!("  failed: {failure}"))?;
    }
    let row = |c: &AccountCalendar| {
        let mut notes = vec![if c.chosen { "kept here" } else { "not kept" }];
        notes.extend((!c.writable).then_some("may only be read"));
        notes.extend(c.usual.then_some("new things go here"));
        vec![format!("  {}", styled(FAINT, c.id)), c.name.clone(), notes.join(", ")]
    };
    Ok(screen::table(&state.calendars.iter().map(row).collect::<Vec<_>>())?)
}
