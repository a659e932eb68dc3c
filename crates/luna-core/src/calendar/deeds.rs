//! Changes of the calendar that the user makes directly (a click, a route, a line in the terminal): each passes the gate
//! under the name of the tool that does the same for a model, and can be undone by its action.

use luna_model::{
    ActionId, CalendarEvent, Draft, EventId, EventPatch, NewEvent, NewTodo, Reach, Reminder, ReminderId,
    Result, Timestamp, Todo, TodoId, TodoPatch,
};
use serde_json::json;

use crate::Luna;

/// What a change gave, and the action by which it can be undone.
#[derive(Clone, Debug)]
pub struct Changed<T> {
    /// The action.
    pub action: ActionId,
    /// What is now.
    pub now: T,
}

impl Luna {
    /// Adds an event.
    ///
    /// # Errors
    /// `Invalid` without a title, when it ends before it begins, or repeats in no known way.
    pub async fn add_event(&self, new: NewEvent) -> Result<Changed<CalendarEvent>> {
        let by = ActionId::new();
        let summary = format!("Add to the calendar: {}", new.title.trim());
        let input = json!({ "event": new });
        self.by_user(by, "create_event", summary, input, self.calendar().add(new, by)).await
    }

    /// Changes an event, or of a series one occurrence (named by when the rule says it begins), it and the following, or
    /// all. Gives the event that now stands for what was changed.
    ///
    /// # Errors
    /// `NotFound` when there is none, `Invalid` when it does not fit, `Conflict` for an event of a calendar kept elsewhere.
    pub async fn update_event(
        &self,
        id: EventId,
        occurrence: Option<Timestamp>,
        reach: Reach,
        patch: EventPatch,
    ) -> Result<Changed<CalendarEvent>> {
        let by = ActionId::new();
        let title = self.calendar().event(id).await?.title;
        let input = json!({ "event": id, "occurrence": occurrence, "reach": reach, "patch": patch });
        let deed = self.calendar().update(id, occurrence, reach, patch, by);
        self.by_user(by, "update_event", format!("Change in the calendar: {title}"), input, deed).await
    }

    /// Takes an event out of the calendar, or of a series one occurrence, it and the following, or all.
    ///
    /// # Errors
    /// As [`Luna::update_event`].
    pub async fn delete_event(
        &self,
        id: EventId,
        occurrence: Option<Timestamp>,
        reach: Reach,
    ) -> Result<Changed<()>> {
        let by = ActionId::new();
        let title = self.calendar().event(id).await?.title;
        let input = json!({ "event": id, "occurrence": occurrence, "reach": reach });
        let deed = self.calendar().delete(id, occurrence, reach, by);
        self.by_user(by, "delete_event", format!("Delete from the calendar: {title}"), input, deed).await
    }

    /// Adds something to do.
    ///
    /// # Errors
    /// `Invalid` without a title.
    pub async fn add_todo(&self, new: NewTodo) -> Result<Changed<Todo>> {
        let by = ActionId::new();
        let (summary, input) = (format!("Add to the tasks: {}", new.title.trim()), json!({ "task": new }));
        self.by_user(by, "create_task", summary, input, self.calendar().add_todo(new, by)).await
    }

    /// Changes something to do, or ticks it off.
    ///
    /// # Errors
    /// `NotFound` when there is none, `Invalid` when it does not fit.
    pub async fn update_todo(&self, id: TodoId, patch: TodoPatch) -> Result<Changed<Todo>> {
        let by = ActionId::new();
        let title = self.calendar().todo(id).await?.title;
        let (tool, verb) = if patch.completed == Some(true) {
            ("complete_task", "Tick off")
        } else {
            ("update_task", "Change the task")
        };
        let input = json!({ "task": id, "patch": patch });
        self.by_user(by, tool, format!("{verb}: {title}"), input, self.calendar().update_todo(id, patch, by))
            .await
    }

    /// Takes something off the list without having done it.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn delete_todo(&self, id: TodoId) -> Result<Changed<()>> {
        let by = ActionId::new();
        let title = self.calendar().todo(id).await?.title;
        let deed = self.calendar().delete_todo(id, by);
        self.by_user(by, "delete_task", format!("Delete the task: {title}"), json!({ "task": id }), deed)
            .await
    }

    /// Has something said at a time.
    ///
    /// # Errors
    /// `Invalid` without a text or for a time that is over.
    pub async fn add_reminder(
        &self,
        text: &str,
        at: Timestamp,
        event: Option<EventId>,
    ) -> Result<Changed<Reminder>> {
        let by = ActionId::new();
        let input = json!({ "text": text, "at": at });
        let deed = self.calendar().add_reminder(text, at, event, by);
        self.by_user(by, "create_reminder", format!("Remind: {}", text.trim()), input, deed).await
    }

    /// Forgets a reminder.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn delete_reminder(&self, id: ReminderId) -> Result<Changed<()>> {
        let by = ActionId::new();
        let deed = self.calendar().delete_reminder(id, by);
        self.by_user(by, "delete_reminder", "Delete a reminder".into(), json!({ "reminder": id }), deed).await
    }

    /// Has a reminder said at another time, again if it was said.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn snooze_reminder(&self, id: ReminderId, until: Timestamp) -> Result<Changed<Reminder>> {
        let by = ActionId::new();
        let input = json!({ "reminder": id, "until": until });
        let deed = self.calendar().snooze(id, until, by);
        self.by_user(by, "create_reminder", "Put off a reminder".into(), input, deed).await
    }

    /// Adds what words say ("Dentist next Tuesday at half past two for 45 minutes"), without a model.
    ///
    /// # Errors
    /// `Invalid` when the words say nothing that can be added.
    pub async fn quick_add(&self, words: &str) -> Result<Changed<Draft>> {
        let draft = self.calendar().understand(words).await?;
        let action = match draft.clone() {
            Draft::Event { event, .. } => self.add_event(event).await?.action,
            Draft::Todo { todo } => self.add_todo(todo).await?.action,
            Draft::Reminder { text, at } => self.add_reminder(&text, at, None).await?.action,
        };
        Ok(Changed { action, now: draft })
    }
}
