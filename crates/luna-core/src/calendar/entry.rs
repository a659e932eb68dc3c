//! An entry of a calendar as other programs know it: all that has one uid. A series with what is held otherwise in it, or
//! something to do. Pure.

use std::collections::HashMap;

use luna_model::{CalendarEvent, CalendarId, EventId, Timestamp, Todo, TodoId};
use luna_store::{CalendarKey, CalendarRow};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::exchange::Contents;
use super::row;

/// What a copy's title says that was kept when two changes met.
const KEPT: &str = " (kept from here)";

/// All that has one uid in a calendar.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Entry {
    /// A series before what is held otherwise in it.
    pub(super) events: Vec<CalendarEvent>,
    pub(super) todo: Option<Todo>,
}

impl Entry {
    /// The entries of a calendar, by uid.
    pub(super) fn all(events: Vec<CalendarEvent>, todos: Vec<Todo>) -> HashMap<String, Self> {
        let mut entries: HashMap<String, Self> = HashMap::new();
        for event in events {
            entries.entry(event.uid.clone()).or_default().events.push(event);
        }
        for todo in todos {
            let entry = entries.entry(todo.uid.clone()).or_default();
            entry.todo.get_or_insert(todo);
        }
        for entry in entries.values_mut() {
            entry.events.sort_by_key(|e| e.original);
        }
        entries
    }

    /// The entry that a resource of a server holds, and its uid.
    pub(super) fn read(contents: Contents, calendar: CalendarId) -> Option<(String, Self)> {
        let events = contents.events.into_iter().map(|e| CalendarEvent { calendar: Some(calendar), ..e });
        let todos = contents.todos.into_iter().map(|t| Todo { calendar: Some(calendar), ..t });
        Self::all(events.collect(), todos.collect()).into_iter().next()
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.events.is_empty() && self.todo.is_none()
    }

    pub(super) fn title(&self) -> &str {
        let todo = self.todo.as_ref().map(|todo| todo.title.as_str());
        self.events.first().map(|event| event.title.as_str()).or(todo).unwrap_or_default()
    }

    /// What tells one state of an entry from another: equal where nothing that matters differs. Nothing has none.
    pub(super) fn print(&self) -> String {
        if self.is_empty() {
            return String::new();
        }
        let events: Vec<_> = self
            .events
            .iter()
            .map(|e| {
                let mut skipped = e.skipped.clone();
                skipped.sort();
                json!([e.original, e.title, e.notes, e.location, e.times, e.rule, skipped, e.remind_before])
            })
            .collect();
        let todo = self.todo.as_ref().map(|t| json!([t.title, t.notes, t.due, t.priority, t.completed_at]));
        hex::encode(Sha256::digest(json!([events, todo]).to_string()))
    }

    /// What is to be deleted so that it is gone. What is held otherwise in a series goes with it.
    pub(super) fn keys(&self) -> Vec<CalendarKey> {
        let ids: Vec<_> = self.events.iter().map(|e| e.id).collect();
        let alone = self.events.iter().filter(|e| e.series.is_none_or(|series| !ids.contains(&series)));
        let events = alone.map(|e| CalendarKey::Event(e.id));
        events.chain(self.todo.iter().map(|todo| CalendarKey::Todo(todo.id))).collect()
    }

    /// The same in Luna's own calendar, under names of its own, so that nothing of it is lost.
    pub(super) fn copy(&self, now: Timestamp) -> Vec<CalendarRow> {
        let uid = EventId::new().to_string();
        let ids: HashMap<_, _> = self.events.iter().map(|e| (e.id, EventId::new())).collect();
        let events = self.events.iter().map(|e| CalendarEvent {
            id: ids[&e.id],
            calendar: None,
            uid: uid.clone(),
            title: kept(&e.title),
            series: e.series.and_then(|series| ids.get(&series).copied()),
            updated_at: now,
            ..e.clone()
        });
        let todo = self.todo.iter().map(|t| Todo {
            id: TodoId::new(),
            calendar: None,
            uid: uid.clone(),
            title: kept(&t.title),
            updated_at: now,
            ..t.clone()
        });
        events.map(|e| CalendarRow::Event(row(e))).chain(todo.map(CalendarRow::Todo)).collect()
    }
}

fn kept(title: &str) -> String {
    let most = super::LONGEST_TITLE - KEPT.chars().count();
    title.chars().take(most).chain(KEPT.chars()).collect()
}
