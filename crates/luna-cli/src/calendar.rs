//! `luna calendar`, `luna tasks`, `luna remind`: what is on, what is to be done, and being reminded.

use anyhow::{Result, bail};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _, Zoned};
use luna_model::{CalendarEvent, Draft, Imported, Occurrence, Reminder, Subscription, Times, Todo};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::args::{Calendar, CalendarDeed, Remind, Tasks, TasksDeed};
use crate::reach::Reach;
use crate::screen::{self, FAINT, STRONG, styled};

#[derive(Deserialize)]
struct Added {
    draft: Draft,
}

pub(crate) async fn calendar(reach: &Reach, args: &Calendar) -> Result<()> {
    match &args.deed {
        None => agenda(reach, 7, false).await,
        Some(CalendarDeed::List { days, form }) => agenda(reach, *days, form.json).await,
        Some(CalendarDeed::Add { words }) => add(reach, &words.join(" ")).await,
        Some(CalendarDeed::Delete { event, occurrence }) => {
            let reach_of = if occurrence.is_some() { "this" } else { "all" };
            let input = json!({ "event": event, "occurrence": occurrence, "reach": reach_of });
            let _: Value = reach.call("calendar.delete_event", input).await?;
            Ok(screen::line("Deleted; `luna undo` brings it back.")?)
        }
        Some(CalendarDeed::Search { words }) => {
            let found: Vec<CalendarEvent> =
                reach.call("calendar.search", json!({ "words": words.join(" ") })).await?;
            let zone = TimeZone::system();
            let row = |e: &CalendarEvent| {
                vec![
                    styled(FAINT, e.id),
                    e.times.start(&zone).to_zoned(zone.clone()).date().to_string(),
                    e.title.clone(),
                ]
            };
            Ok(screen::table(&found.iter().map(row).collect::<Vec<_>>())?)
        }
        Some(CalendarDeed::Export { file }) => {
            let exported: Value = reach.call("calendar.export", json!({})).await?;
            let ics = exported["ics"].as_str().unwrap_or_default();
            match file {
                None => Ok(screen::raw(ics.as_bytes(), false)?),
                Some(file) => Ok(std::fs::write(file, ics)?),
            }
        }
        Some(CalendarDeed::Import { file }) => {
            let done: Imported =
                reach.call("calendar.import", json!({ "ics": std::fs::read_to_string(file)? })).await?;
            screen::line(format!("Took in {} events and {} tasks.", done.events, done.todos))?;
            if done.left_out > 0 {
                screen::remark(format!(
                    "{} entries could not be understood and were left out.",
                    done.left_out
                ));
            }
            Ok(())
        }
        Some(CalendarDeed::Subscribe { url, name }) => {
            let input = json!({ "url": url, "name": name.clone().unwrap_or_default() });
            let made: Subscription = reach.call("calendar.subscribe", input).await?;
            Ok(screen::line(format!("Subscribed to {}; it is read anew every hour.", made.name))?)
        }
        Some(CalendarDeed::Accounts { deed }) => {
            crate::calendar_accounts::accounts(reach, deed.as_ref()).await
        }
    }
}

pub(crate) async fn tasks(reach: &Reach, args: &Tasks) -> Result<()> {
    match &args.deed {
        None => {
            let todos: Vec<Todo> = reach.call("calendar.todos", json!({ "completed": false })).await?;
            if args.form.json {
                return todos.iter().try_for_each(|t| Ok(screen::line(serde_json::to_string(t)?)?));
            }
            if todos.is_empty() {
                screen::line("Nothing is to be done.")?;
            }
            let row = |t: &Todo| {
                vec![styled(FAINT, t.id), t.due.map(screen::moment).unwrap_or_default(), t.title.clone()]
            };
            Ok(screen::table(&todos.iter().map(row).collect::<Vec<_>>())?)
        }
        Some(TasksDeed::Add { words }) => add(reach, &format!("todo {}", words.join(" "))).await,
        Some(TasksDeed::Done { words }) => {
            let todos: Vec<Todo> = reach.call("calendar.todos", json!({ "completed": false })).await?;
            let wanted = words.join(" ").to_lowercase();
            let fits = |t: &&Todo| t.id.to_string() == wanted || t.title.to_lowercase().contains(&wanted);
            let mut fitting = todos.iter().filter(fits);
            let (Some(todo), None) = (fitting.next(), fitting.next()) else {
                bail!("no task, or more than one, is like {wanted:?}; give its id as `luna tasks` lists it");
            };
            let input = json!({ "todo": todo.id, "patch": { "completed": true } });
            let _: Value = reach.call("calendar.update_todo", input).await?;
            Ok(screen::line(format!("Done: {}", todo.title))?)
        }
    }
}

pub(crate) async fn remind(reach: &Reach, args: &Remind) -> Result<()> {
    if args.words.is_empty() {
        let all: Vec<Reminder> = reach.call("calendar.reminders", json!({})).await?;
        if all.is_empty() {
            screen::line("No reminder is to come.")?;
        }
        let row = |r: &Reminder| vec![styled(FAINT, r.id), when(r.at), r.text.clone()];
        return Ok(screen::table(&all.iter().map(row).collect::<Vec<_>>())?);
    }
    add(reach, &format!("remind me {}", args.words.join(" "))).await
}

async fn add(reach: &Reach, words: &str) -> Result<()> {
    let added: Added = reach.call("calendar.quick_add", json!({ "words": words })).await?;
    let said = match added.draft {
        Draft::Todo { todo } => {
            let due = todo.due.map(|due| format!(", by {}", when(due))).unwrap_or_default();
            format!("On the list: {}{due}", todo.title)
        }
        Draft::Reminder { text, at } => format!("Will remind {}: {text}", when(at)),
        Draft::Event { event, conflicts } => {
            let repeats = event.repeat.map(|r| format!(", {r}")).unwrap_or_default();
            let zone = TimeZone::system();
            let start = if event.times.all_day() {
                event.times.start(&zone).to_zoned(zone).strftime("%A, %-d %B %Y").to_string()
            } else {
                when(event.times.start(&zone))
            };
            screen::line(format!("In the calendar: {}, {start}{repeats}", event.title))?;
            if !conflicts.is_empty() {
                screen::remark(format!("At the same time: {}", conflicts.join(", ")));
            }
            return Ok(());
        }
    };
    Ok(screen::line(said)?)
}

fn when(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%A, %-d %B %Y at %H:%M").to_string()
}

async fn agenda(reach: &Reach, days: u16, as_json: bool) -> Result<()> {
    let now = Zoned::now();
    let from = now.start_of_day()?;
    let to = from.checked_add(i64::from(days.max(1)).days())?;
    let input = json!({ "from": from.timestamp(), "to": to.timestamp() });
    let found: Vec<Occurrence> = reach.call("calendar.occurrences", input).await?;
    if as_json {
        return found.iter().try_for_each(|o| Ok(screen::line(serde_json::to_string(o)?)?));
    }
    if found.is_empty() {
        screen::line(format!("Nothing is in the calendar for the next {days} days."))?;
    }
    let zone = now.time_zone();
    let mut last = None;
    for o in found {
        let start = o.event.times.start(zone).to_zoned(zone.clone());
        let day = start.date().max(now.date());
        if last != Some(day) {
            screen::line(styled(STRONG, day.strftime("%A, %-d %B")))?;
            last = Some(day);
        }
        let hours = match &o.event.times {
            Times::Timed { end, .. } => {
                format!("{}–{}", start.strftime("%H:%M"), end.to_zoned(zone.clone()).strftime("%H:%M"))
            }
            Times::Days { .. } => "all day".into(),
        };
        screen::line(format!("  {hours:<12} {}  {}", o.event.title, styled(FAINT, o.event.id)))?;
    }
    Ok(())
}
