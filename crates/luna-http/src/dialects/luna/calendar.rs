//! The calendar: tasks, events, reminders, and calendar files.

mod wire;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use luna_model::{CalendarId, Error, EventId, ReminderId, TodoId, TodoPatch};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Answer, Detail, Dialect, Failed};
use crate::App;
use crate::support::extract::{Body, Id, Params};
use wire::{
    ChangeEvent, ChangeTask, Event, Events, Imported, NewEvent, NewReminder, NewSubscription, NewTask,
    Reminder, Snooze, Subscription, Task, Tasks, Which, Words,
};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(tasks, create_task))
        .routes(routes!(update_task, delete_task))
        .routes(routes!(complete_task))
        .routes(routes!(events, create_event))
        .routes(routes!(update_event, delete_event))
        .routes(routes!(quick))
        .routes(routes!(reminders, create_reminder))
        .routes(routes!(delete_reminder))
        .routes(routes!(snooze))
        .routes(routes!(export))
        .routes(routes!(import))
        .routes(routes!(feeds, subscribe))
        .routes(routes!(unsubscribe))
}

/// The tasks: open ones by when they are due, then done ones.
#[utoipa::path(get, path = "/api/calendar/tasks", tag = "Luna: calendar", params(Tasks), responses(
    (status = 200, body = [Task]), (status = 400, body = Detail)))]
async fn tasks(State(app): State<App>, Params(q, _): Params<Tasks, Dialect>) -> Answer<Vec<Task>> {
    let todos = app.luna.calendar().todos(q.completed, q.q.as_deref()).await?;
    Ok(Json(todos.into_iter().map(Task::from_core).collect()))
}

/// Adds a task.
#[utoipa::path(post, path = "/api/calendar/tasks", tag = "Luna: calendar", request_body = NewTask, responses(
    (status = 201, body = Task), (status = 400, body = Detail)))]
async fn create_task(
    State(app): State<App>,
    Body(q, _): Body<NewTask, Dialect>,
) -> Result<(StatusCode, Json<Task>), Failed> {
    let todo = app.luna.add_todo(q.into_core(app.luna.calendar())?).await?;
    Ok((StatusCode::CREATED, Json(Task::from_core(todo.now))))
}

/// Changes a task: what is left out stays.
#[utoipa::path(put, path = "/api/calendar/tasks/{id}", tag = "Luna: calendar", params(("id" = uuid::Uuid, Path)), request_body = ChangeTask,
    responses((status = 200, body = Task), (status = 400, body = Detail), (status = 404, body = Detail)))]
async fn update_task(
    State(app): State<App>,
    Id(id, _): Id<TodoId, Dialect>,
    Body(q, _): Body<ChangeTask, Dialect>,
) -> Answer<Task> {
    Ok(Json(Task::from_core(app.luna.update_todo(id, q.into_core(app.luna.calendar())?).await?.now)))
}

/// Ticks a task off.
#[utoipa::path(patch, path = "/api/calendar/tasks/{id}/complete", tag = "Luna: calendar", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = Task), (status = 400, body = Detail), (status = 404, body = Detail)))]
async fn complete_task(State(app): State<App>, Id(id, _): Id<TodoId, Dialect>) -> Answer<Task> {
    let patch = TodoPatch { completed: Some(true), ..TodoPatch::default() };
    Ok(Json(Task::from_core(app.luna.update_todo(id, patch).await?.now)))
}

/// Deletes a task.
#[utoipa::path(delete, path = "/api/calendar/tasks/{id}", tag = "Luna: calendar", params(("id" = uuid::Uuid, Path)),
    responses((status = 204), (status = 400, body = Detail), (status = 404, body = Detail)))]
async fn delete_task(State(app): State<App>, Id(id, _): Id<TodoId, Dialect>) -> Result<StatusCode, Failed> {
    app.luna.delete_todo(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The events. With `from` and `to`, every time that one is held between them; without, each event once, series unexpanded.
#[utoipa::path(get, path = "/api/calendar/events", tag = "Luna: calendar", params(Events), responses(
    (status = 200, body = [Event]), (status = 400, body = Detail)))]
async fn events(State(app): State<App>, Params(q, _): Params<Events, Dialect>) -> Answer<Vec<Event>> {
    let calendar = app.luna.calendar();
    let zone = calendar.zone();
    let Some((from, to)) = q.stretch(app.luna.clock().now(), &zone)? else {
        let events = calendar.events(q.q.as_deref()).await?;
        return Ok(Json(events.into_iter().map(|e| Event::from_core(e, None, &zone)).collect()));
    };
    let mut found = calendar.occurrences(from, to).await?;
    if let Some(words) = q.q.map(|q| q.to_lowercase()) {
        found.retain(|o| o.event.title.to_lowercase().contains(&words));
    }
    Ok(Json(found.into_iter().map(|o| Event::from_core(o.event, o.original, &zone)).collect()))
}

/// Adds an event.
#[utoipa::path(post, path = "/api/calendar/events", tag = "Luna: calendar", request_body = NewEvent, responses(
    (status = 201, body = Event), (status = 400, body = Detail)))]
async fn create_event(
    State(app): State<App>,
    Body(q, _): Body<NewEvent, Dialect>,
) -> Result<(StatusCode, Json<Event>), Failed> {
    let calendar = app.luna.calendar();
    let event = app.luna.add_event(q.into_core(calendar)?).await?;
    Ok((StatusCode::CREATED, Json(Event::from_core(event.now, None, &calendar.zone()))))
}

/// Changes an event: what is left out stays. Of a series, `occurrence` and `scope` say how much of it.
#[utoipa::path(put, path = "/api/calendar/events/{id}", tag = "Luna: calendar", params(("id" = uuid::Uuid, Path), Which),
    request_body = ChangeEvent, responses((status = 200, body = Event), (status = 400, body = Detail), (status = 404, body = Detail)))]
async fn update_event(
    State(app): State<App>,
    Id(id, _): Id<EventId, Dialect>,
    Params(which, _): Params<Which, Dialect>,
    Body(q, _): Body<ChangeEvent, Dialect>,
) -> Answer<Event> {
    let calendar = app.luna.calendar();
    let (occurrence, reach) = which.into_core(calendar)?;
    let patch = q.into_core(&calendar.event(id).await?, occurrence, calendar)?;
    let event = app.luna.update_event(id, occurrence, reach, patch).await?;
    Ok(Json(Event::from_core(event.now, None, &calendar.zone())))
}

/// Deletes an event. Of a series, `occurrence` and `scope` say how much of it.
#[utoipa::path(delete, path = "/api/calendar/events/{id}", tag = "Luna: calendar", params(("id" = uuid::Uuid, Path), Which),
    responses((status = 204), (status = 400, body = Detail), (status = 404, body = Detail)))]
async fn delete_event(
    State(app): State<App>,
    Id(id, _): Id<EventId, Dialect>,
    Params(which, _): Params<Which, Dialect>,
) -> Result<StatusCode, Failed> {
    let (occurrence, reach) = which.into_core(app.luna.calendar())?;
    app.luna.delete_event(id, occurrence, reach).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Adds what words say, without a model: "Dentist next Tuesday at half past two for 45 minutes".
#[utoipa::path(post, path = "/api/calendar/quick", tag = "Luna: calendar", request_body = Words, responses(
    (status = 201, body = wire::Quick), (status = 400, body = Detail)))]
async fn quick(
    State(app): State<App>,
    Body(q, _): Body<Words, Dialect>,
) -> Result<(StatusCode, Json<wire::Quick>), Failed> {
    let added = app.luna.quick_add(&q.text).await?;
    Ok((StatusCode::CREATED, Json(wire::Quick::from_core(added, &app.luna.calendar().zone()))))
}

/// The reminders that are still to come.
#[utoipa::path(get, path = "/api/calendar/reminders", tag = "Luna: calendar", responses((status = 200, body = [Reminder])))]
async fn reminders(State(app): State<App>) -> Answer<Vec<Reminder>> {
    Ok(Json(app.luna.calendar().reminders().await?.into_iter().map(Reminder::from_core).collect()))
}

/// Adds a reminder.
#[utoipa::path(post, path = "/api/calendar/reminders", tag = "Luna: calendar", request_body = NewReminder, responses(
    (status = 201, body = Reminder), (status = 400, body = Detail)))]
async fn create_reminder(
    State(app): State<App>,
    Body(q, _): Body<NewReminder, Dialect>,
) -> Result<(StatusCode, Json<Reminder>), Failed> {
    let at = wire::moment(&q.at, &app.luna.calendar().zone())?;
    let reminder = app.luna.add_reminder(&q.text, at, None).await?;
    Ok((StatusCode::CREATED, Json(Reminder::from_core(reminder.now))))
}

/// Deletes a reminder.
#[utoipa::path(delete, path = "/api/calendar/reminders/{id}", tag = "Luna: calendar", params(("id" = uuid::Uuid, Path)),
    responses((status = 204), (status = 400, body = Detail), (status = 404, body = Detail)))]
async fn delete_reminder(
    State(app): State<App>,
    Id(id, _): Id<ReminderId, Dialect>,
) -> Result<StatusCode, Failed> {
    app.luna.delete_reminder(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Puts a reminder off, also one that was said.
#[utoipa::path(post, path = "/api/calendar/reminders/{id}/snooze", tag = "Luna: calendar", params(("id" = uuid::Uuid, Path)),
    request_body = Snooze, responses((status = 200, body = Reminder), (status = 400, body = Detail), (status = 404, body = Detail)))]
async fn snooze(
    State(app): State<App>,
    Id(id, _): Id<ReminderId, Dialect>,
    Body(q, _): Body<Snooze, Dialect>,
) -> Answer<Reminder> {
    let until = q.until(app.luna.clock().now())?;
    Ok(Json(Reminder::from_core(app.luna.snooze_reminder(id, until).await?.now)))
}

/// Luna's own events and tasks as an iCalendar file.
#[utoipa::path(get, path = "/api/calendar/export", tag = "Luna: calendar", responses((status = 200, content_type = "text/calendar")))]
async fn export(State(app): State<App>) -> Result<impl IntoResponse, Failed> {
    let name = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"luna.ics\""),
    ];
    Ok((name, app.luna.export_calendar().await?))
}

/// Takes in an iCalendar file, given as `{"ics": "BEGIN:VCALENDAR…"}`.
#[utoipa::path(post, path = "/api/calendar/import", tag = "Luna: calendar", request_body = wire::File, responses(
    (status = 200, body = Imported), (status = 400, body = Detail)))]
async fn import(State(app): State<App>, Body(q, _): Body<wire::File, Dialect>) -> Answer<Imported> {
    Ok(Json(Imported::from_core(app.luna.import_calendar(&q.ics).await?.now)))
}

/// The calendars that are kept elsewhere and read here.
#[utoipa::path(get, path = "/api/calendar/feeds", tag = "Luna: calendar", responses((status = 200, body = [Subscription])))]
async fn feeds(State(app): State<App>) -> Answer<Vec<Subscription>> {
    Ok(Json(app.luna.subscriptions().await?.into_iter().map(Subscription::from_core).collect()))
}

/// Subscribes to a calendar file on the web.
#[utoipa::path(post, path = "/api/calendar/feeds", tag = "Luna: calendar", request_body = NewSubscription, responses(
    (status = 201, body = Subscription), (status = 400, body = Detail)))]
async fn subscribe(
    State(app): State<App>,
    Body(q, _): Body<NewSubscription, Dialect>,
) -> Result<(StatusCode, Json<Subscription>), Failed> {
    let url = q.url.ok_or_else(|| Error::invalid("url is missing"))?;
    let made = app.luna.subscribe(q.name.as_deref().unwrap_or_default(), &url).await?;
    Ok((StatusCode::CREATED, Json(Subscription::from_core(made.now))))
}

/// Ends a subscription.
#[utoipa::path(delete, path = "/api/calendar/feeds/{id}", tag = "Luna: calendar", params(("id" = uuid::Uuid, Path)),
    responses((status = 204), (status = 400, body = Detail), (status = 404, body = Detail)))]
async fn unsubscribe(
    State(app): State<App>,
    Id(id, _): Id<CalendarId, Dialect>,
) -> Result<StatusCode, Failed> {
    app.luna.unsubscribe(id).await?;
    Ok(StatusCode::NO_CONTENT)
}
