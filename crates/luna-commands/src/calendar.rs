//! The calendar: events, things to do, reminders, calendar files.

use luna_core::calendar::Changed;
use luna_model::{
    ActionId, CalendarEvent, CalendarId, Draft, EventId, EventPatch, Imported, NewEvent, NewTodo, Occurrence,
    Reach, Reminder, ReminderId, Result, Subscription, Timestamp, Todo, TodoId, TodoPatch,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::table::{Context, Done, Empty, Register};

/// The action by which what was done can be undone.
#[derive(Debug, Serialize, TS)]
struct Did {
    action: ActionId,
}

fn did<T>(changed: &Changed<T>) -> Did {
    Did { action: changed.action }
}

#[derive(Debug, Deserialize, TS)]
struct Stretch {
    from: Timestamp,
    to: Timestamp,
}

async fn occurrences(cx: Context, q: Stretch) -> Result<Vec<Occurrence>> {
    cx.luna.calendar().occurrences(q.from, q.to).await
}

#[derive(Debug, Deserialize, TS)]
struct SearchEvents {
    words: String,
}

async fn search(cx: Context, q: SearchEvents) -> Result<Vec<CalendarEvent>> {
    cx.luna.calendar().events(Some(&q.words)).await
}

#[derive(Debug, Deserialize, TS)]
struct AddEvent {
    event: NewEvent,
}

/// An event, and the action by which the change can be undone.
#[derive(Debug, Serialize, TS)]
struct ChangedEvent {
    action: ActionId,
    event: CalendarEvent,
}

async fn add_event(cx: Context, q: AddEvent) -> Result<ChangedEvent> {
    let changed = cx.luna.add_event(q.event).await?;
    Ok(ChangedEvent { action: changed.action, event: changed.now })
}

#[derive(Debug, Deserialize, TS)]
struct UpdateEvent {
    event: EventId,
    occurrence: Option<Timestamp>,
    reach: Reach,
    patch: EventPatch,
}

async fn update_event(cx: Context, q: UpdateEvent) -> Result<ChangedEvent> {
    let changed = cx.luna.update_event(q.event, q.occurrence, q.reach, q.patch).await?;
    Ok(ChangedEvent { action: changed.action, event: changed.now })
}

#[derive(Debug, Deserialize, TS)]
struct DeleteEvent {
    event: EventId,
    occurrence: Option<Timestamp>,
    reach: Reach,
}

async fn delete_event(cx: Context, q: DeleteEvent) -> Result<Did> {
    Ok(did(&cx.luna.delete_event(q.event, q.occurrence, q.reach).await?))
}

#[derive(Debug, Deserialize, TS)]
struct ListTodos {
    completed: Option<bool>,
}

async fn todos(cx: Context, q: ListTodos) -> Result<Vec<Todo>> {
    cx.luna.calendar().todos(q.completed, None).await
}

#[derive(Debug, Deserialize, TS)]
struct AddTodo {
    todo: NewTodo,
}

async fn add_todo(cx: Context, q: AddTodo) -> Result<Todo> {
    Ok(cx.luna.add_todo(q.todo).await?.now)
}

#[derive(Debug, Deserialize, TS)]
struct UpdateTodo {
    todo: TodoId,
    patch: TodoPatch,
}

async fn update_todo(cx: Context, q: UpdateTodo) -> Result<Todo> {
    Ok(cx.luna.update_todo(q.todo, q.patch).await?.now)
}

#[derive(Debug, Deserialize, TS)]
struct OneTodo {
    todo: TodoId,
}

async fn delete_todo(cx: Context, q: OneTodo) -> Result<Did> {
    Ok(did(&cx.luna.delete_todo(q.todo).await?))
}

async fn reminders(cx: Context, _: Empty) -> Result<Vec<Reminder>> {
    cx.luna.calendar().reminders().await
}

#[derive(Debug, Deserialize, TS)]
struct AddReminder {
    text: String,
    at: Timestamp,
    event: Option<EventId>,
}

async fn add_reminder(cx: Context, q: AddReminder) -> Result<Reminder> {
    Ok(cx.luna.add_reminder(&q.text, q.at, q.event).await?.now)
}

#[derive(Debug, Deserialize, TS)]
struct SnoozeReminder {
    reminder: ReminderId,
    until: Timestamp,
}

async fn snooze(cx: Context, q: SnoozeReminder) -> Result<Reminder> {
    Ok(cx.luna.snooze_reminder(q.reminder, q.until).await?.now)
}

#[derive(Debug, Deserialize, TS)]
struct OneReminder {
    reminder: ReminderId,
}

async fn delete_reminder(cx: Context, q: OneReminder) -> Result<Did> {
    Ok(did(&cx.luna.delete_reminder(q.reminder).await?))
}

#[derive(Debug, Deserialize, TS)]
struct CalendarWords {
    words: String,
}

async fn understand(cx: Context, q: CalendarWords) -> Result<Draft> {
    cx.luna.calendar().understand(&q.words).await
}

/// What was added, and the action by which it can be undone.
#[derive(Debug, Serialize, TS)]
struct QuickAdded {
    action: ActionId,
    draft: Draft,
}

async fn quick_add(cx: Context, q: CalendarWords) -> Result<QuickAdded> {
    let added = cx.luna.quick_add(&q.words).await?;
    Ok(QuickAdded { action: added.action, draft: added.now })
}

/// A calendar file (iCalendar).
#[derive(Debug, Deserialize, Serialize, TS)]
struct CalendarFile {
    ics: String,
}

async fn export(cx: Context, _: Empty) -> Result<CalendarFile> {
    Ok(CalendarFile { ics: cx.luna.export_calendar().await? })
}

async fn import(cx: Context, q: CalendarFile) -> Result<Imported> {
    Ok(cx.luna.import_calendar(&q.ics).await?.now)
}

async fn subscriptions(cx: Context, _: Empty) -> Result<Vec<Subscription>> {
    cx.luna.subscriptions().await
}

#[derive(Debug, Deserialize, TS)]
struct Subscribe {
    name: String,
    url: String,
}

async fn subscribe(cx: Context, q: Subscribe) -> Result<Subscription> {
    Ok(cx.luna.subscribe(&q.name, &q.url).await?.now)
}

#[derive(Debug, Deserialize, TS)]
struct OneCalendar {
    calendar: CalendarId,
}

async fn unsubscribe(cx: Context, q: OneCalendar) -> Result<Done> {
    cx.luna.unsubscribe(q.calendar).await?;
    Ok(Done {})
}

pub(crate) fn register(r: &mut Register) {
    r.reply("calendar.occurrences", occurrences);
    r.reply("calendar.search", search);
    r.reply("calendar.add_event", add_event);
    r.reply("calendar.update_event", update_event);
    r.reply("calendar.delete_event", delete_event);
    r.reply("calendar.todos", todos);
    r.reply("calendar.add_todo", add_todo);
    r.reply("calendar.update_todo", update_todo);
    r.reply("calendar.delete_todo", delete_todo);
    r.reply("calendar.reminders", reminders);
    r.reply("calendar.add_reminder", add_reminder);
    r.reply("calendar.snooze", snooze);
    r.reply("calendar.delete_reminder", delete_reminder);
    r.reply("calendar.understand", understand);
    r.reply("calendar.quick_add", quick_add);
    r.reply("calendar.export", export);
    r.reply("calendar.import", import);
    r.reply("calendar.subscriptions", subscriptions);
    r.reply("calendar.subscribe", subscribe);
    r.reply("calendar.unsubscribe", unsubscribe);
}
