//! What the user has to do, and reminders, for models. Things are named by words, as people name them.

use luna_model::{Mode, NewTodo, Priority, Result, TodoPatch};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::calendar::{MOST, calendar_named, changes, local, naming, put, told, wanted};
use super::times::{moment, moved_moment};
use super::{Call, Described, Output, Tool};
use crate::Luna;

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Weight {
    Low,
    Medium,
    High,
}

impl From<Weight> for Priority {
    fn from(weight: Weight) -> Self {
        match weight {
            Weight::Low => Self::Low,
            Weight::Medium => Self::Medium,
            Weight::High => Self::High,
        }
    }
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct NewTask {
    /// A line: "buy milk".
    title: String,
    /// By when: RFC 3339, or a day as 2026-03-01.
    #[serde(default)]
    due: Option<String>,
    /// How much it matters; medium when left out.
    #[serde(default)]
    priority: Option<Weight>,
    /// More about it.
    #[serde(default)]
    notes: Option<String>,
    /// The name of the calendar whose list it goes on, as list_calendars says it; where new things go when left out.
    #[serde(default)]
    calendar: Option<String>,
}

pub(super) struct CreateTask;

impl Tool for CreateTask {
    const NAME: &'static str = "create_task";
    const DESCRIPTION: &'static str = "Adds something to the user's task list (what the user has to do).";
    const MODE: Mode = Mode::Allow;
    type Args = NewTask;

    fn describe(_: &Luna, args: &NewTask) -> Described {
        changes(format!("Add to the tasks: {}", args.title), "It is on the list until it is ticked off.")
    }

    async fn run(luna: Luna, args: NewTask, call: Call) -> Result<Output> {
        let due = args.due.as_deref().map(|due| moment(due, &luna.clock().local())).transpose()?;
        let new = NewTodo {
            title: args.title,
            notes: args.notes.unwrap_or_default(),
            due,
            priority: args.priority.map_or(Priority::Medium, Into::into),
            calendar: calendar_named(&luna, args.calendar.as_deref()).await?,
        };
        let todo = luna.calendar().add_todo(new, call.action.id).await?;
        Ok(told(format!("Added the task: {}", todo.title), json!({ "title": todo.title, "due": todo.due })))
    }
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct ListTasksArgs {
    /// Also those that are done.
    #[serde(default)]
    done: Option<bool>,
    /// Only those with these words.
    #[serde(default)]
    query: Option<String>,
}

pub(super) struct ListTasks;

impl Tool for ListTasks {
    const NAME: &'static str = "list_tasks";
    const DESCRIPTION: &'static str = "Lists the user's tasks: open ones by when they are due.";
    const MODE: Mode = Mode::Allow;
    type Args = ListTasksArgs;

    fn describe(_: &Luna, _: &ListTasksArgs) -> Described {
        Described::reads("List the tasks".into())
    }

    async fn run(luna: Luna, args: ListTasksArgs, _: Call) -> Result<Output> {
        let done = if args.done == Some(true) { None } else { Some(false) };
        let todos = luna.calendar().todos(done, args.query.as_deref()).await?;
        let shown = todos.iter().take(MOST).map(|t| {
            let mut shown = json!({ "title": t.title });
            put(&mut shown, "due", t.due.map(|due| local(due, &luna)));
            put(&mut shown, "priority", (t.priority != Priority::Medium).then(|| json!(t.priority)));
            put(&mut shown, "done", t.completed_at.map(|_| true));
            shown
        });
        Ok(told(format!("{} tasks", todos.len()), shown.collect()))
    }
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct OneTask {
    /// Words of its title.
    query: String,
    /// When it is due, to say which one is meant: RFC 3339, or a day as 2026-03-01.
    #[serde(default)]
    on: Option<String>,
}

pub(super) struct CompleteTask;

impl Tool for CompleteTask {
    const NAME: &'static str = "complete_task";
    const DESCRIPTION: &'static str = "Ticks off the open task that fits the words.";
    const MODE: Mode = Mode::Allow;
    type Args = OneTask;

    fn describe(luna: &Luna, args: &OneTask) -> Described {
        let task = naming(luna, &args.query, args.on.as_deref());
        changes(format!("Tick off the task {task}"), "The task counts as done.")
    }

    async fn run(luna: Luna, args: OneTask, call: Call) -> Result<Output> {
        let todo = luna.calendar().find_todo(wanted(&luna, &args.query, args.on.as_deref())?).await?;
        let patch = TodoPatch { completed: Some(true), ..TodoPatch::default() };
        let todo = luna.calendar().update_todo(todo.id, patch, call.action.id).await?;
        Ok(told(format!("Ticked off: {}", todo.title), json!({ "title": todo.title, "done": true })))
    }
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct TaskChange {
    /// Words of its title.
    query: String,
    /// When it is due, to say which one is meant: RFC 3339, or a day as 2026-03-01.
    #[serde(default)]
    on: Option<String>,
    /// A new title.
    #[serde(default)]
    title: Option<String>,
    /// A new time by when: RFC 3339, a day, a time of day as 20:00, or a week as 2026-W12.
    #[serde(default)]
    due: Option<String>,
    /// Due so much later: PT2H, P1D; earlier: -P1D.
    #[serde(default)]
    shift: Option<String>,
    /// How much it matters.
    #[serde(default)]
    priority: Option<Weight>,
}

pub(super) struct UpdateTask;

impl Tool for UpdateTask {
    const NAME: &'static str = "update_task";
    const DESCRIPTION: &'static str = "Changes the open task that fits the words.";
    const MODE: Mode = Mode::Allow;
    type Args = TaskChange;

    fn describe(luna: &Luna, args: &TaskChange) -> Described {
        let task = naming(luna, &args.query, args.on.as_deref());
        changes(format!("Change the task {task}"), "What is given takes the place of what was.")
    }

    async fn run(luna: Luna, args: TaskChange, call: Call) -> Result<Output> {
        let todo = luna.calendar().find_todo(wanted(&luna, &args.query, args.on.as_deref())?).await?;
        let due = moved_moment(todo.due, args.due.as_deref(), args.shift.as_deref(), &luna.clock().local())?;
        let patch = TodoPatch {
            title: args.title,
            due,
            priority: args.priority.map(Into::into),
            ..TodoPatch::default()
        };
        let todo = luna.calendar().update_todo(todo.id, patch, call.action.id).await?;
        let shown = json!({ "title": todo.title, "due": todo.due.map(|due| local(due, &luna)) });
        Ok(told(format!("Changed the task: {}", todo.title), shown))
    }
}

pub(super) struct DeleteTask;

impl Tool for DeleteTask {
    const NAME: &'static str = "delete_task";
    const DESCRIPTION: &'static str =
        "Takes the task that fits the words off the list, without it being done.";
    const MODE: Mode = Mode::Confirm;
    type Args = OneTask;

    fn describe(luna: &Luna, args: &OneTask) -> Described {
        let task = naming(luna, &args.query, args.on.as_deref());
        changes(format!("Delete the task {task}"), "It is taken off the list.")
    }

    async fn run(luna: Luna, args: OneTask, call: Call) -> Result<Output> {
        let todo = luna.calendar().find_todo(wanted(&luna, &args.query, args.on.as_deref())?).await?;
        luna.calendar().delete_todo(todo.id, call.action.id).await?;
        Ok(told(format!("Deleted the task: {}", todo.title), json!({ "title": todo.title })))
    }
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct NewReminder {
    /// What to say.
    text: String,
    /// When: RFC 3339.
    at: String,
}

pub(super) struct CreateReminder;

impl Tool for CreateReminder {
    const NAME: &'static str = "create_reminder";
    const DESCRIPTION: &'static str = "Reminds the user of something at a time.";
    const MODE: Mode = Mode::Allow;
    type Args = NewReminder;

    fn describe(_: &Luna, args: &NewReminder) -> Described {
        changes(format!("Remind at {}: {}", args.at, args.text), "She says it then.")
    }

    async fn run(luna: Luna, args: NewReminder, call: Call) -> Result<Output> {
        let at = moment(&args.at, &luna.clock().local())?;
        let reminder = luna.calendar().add_reminder(&args.text, at, None, call.action.id).await?;
        let shown = json!({ "text": reminder.text, "at": local(reminder.at, &luna) });
        Ok(told(format!("Will remind: {}", reminder.text), shown))
    }
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct NoArgs {}

pub(super) struct ListReminders;

impl Tool for ListReminders {
    const NAME: &'static str = "list_reminders";
    const DESCRIPTION: &'static str = "Lists the reminders that are still to come.";
    const MODE: Mode = Mode::Allow;
    type Args = NoArgs;

    fn describe(_: &Luna, _: &NoArgs) -> Described {
        Described::reads("List the reminders".into())
    }

    async fn run(luna: Luna, _: NoArgs, _: Call) -> Result<Output> {
        let all = luna.calendar().reminders().await?;
        let shown = all.iter().take(MOST).map(|r| json!({ "text": r.text, "at": local(r.at, &luna) }));
        Ok(told(format!("{} reminders", all.len()), shown.collect()))
    }
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct ReminderChange {
    /// Words of what it says; empty where its time alone names it.
    query: String,
    /// When it is said, to say which one is meant: RFC 3339, or a day as 2026-03-01.
    #[serde(default)]
    on: Option<String>,
    /// What to say instead.
    #[serde(default)]
    text: Option<String>,
    /// A new time: RFC 3339, a day, a time of day as 20:00, or a week as 2026-W12.
    #[serde(default)]
    at: Option<String>,
    /// Said so much later: PT30M, P1D; earlier: -PT30M.
    #[serde(default)]
    shift: Option<String>,
}

pub(super) struct UpdateReminder;

impl Tool for UpdateReminder {
    const NAME: &'static str = "update_reminder";
    const DESCRIPTION: &'static str =
        "Moves or changes the reminder that fits the words (and the time, where several do).";
    const MODE: Mode = Mode::Allow;
    type Args = ReminderChange;

    fn describe(luna: &Luna, args: &ReminderChange) -> Described {
        let reminder = naming(luna, &args.query, args.on.as_deref());
        changes(format!("Change the reminder {reminder}"), "What is given takes the place of what was.")
    }

    async fn run(luna: Luna, args: ReminderChange, call: Call) -> Result<Output> {
        let found = luna.calendar().find_reminder(wanted(&luna, &args.query, args.on.as_deref())?).await?;
        let now = luna.clock().local();
        let at = moved_moment(Some(found.at), args.at.as_deref(), args.shift.as_deref(), &now)?;
        let at = at.unwrap_or(found.at);
        let changed =
            luna.calendar().update_reminder(found, args.text.as_deref(), at, call.action.id).await?;
        let shown = json!({ "text": changed.text, "at": local(changed.at, &luna) });
        Ok(told(format!("Changed the reminder: {}", changed.text), shown))
    }
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct OneReminder {
    /// Words of what it says; empty where its time alone names it.
    query: String,
    /// When it is said, to say which one is meant: RFC 3339, or a day as 2026-03-01.
    #[serde(default)]
    on: Option<String>,
}

pub(super) struct DeleteReminder;

impl Tool for DeleteReminder {
    const NAME: &'static str = "delete_reminder";
    const DESCRIPTION: &'static str =
        "Takes back the reminder that fits the words (and the time, where several do).";
    const MODE: Mode = Mode::Allow;
    type Args = OneReminder;

    fn describe(luna: &Luna, args: &OneReminder) -> Described {
        let reminder = naming(luna, &args.query, args.on.as_deref());
        changes(format!("Delete the reminder {reminder}"), "It is not said.")
    }

    async fn run(luna: Luna, args: OneReminder, call: Call) -> Result<Output> {
        let found = luna.calendar().find_reminder(wanted(&luna, &args.query, args.on.as_deref())?).await?;
        luna.calendar().delete_reminder(found.id, call.action.id).await?;
        let shown = json!({ "text": found.text, "at": local(found.at, &luna) });
        Ok(told(format!("Deleted the reminder: {}", found.text), shown))
    }
}
