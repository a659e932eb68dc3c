//! Notifications of the system, for what asks for attention while the window is away: questions, finished tasks, what
//! Luna says by herself, reminders above all. A question that is not dangerous can be answered right there, a reminder put off.

use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use luna_model::{ActionId, AgentTask, Confirmation, Event, ReminderId, Risk, Settings, TaskState};
use serde_json::{Value, json};
use tauri::AppHandle;
use tokio::sync::mpsc;

use super::window;
use crate::core::Core;
use crate::words::words;

/// Notices that wait to be shown; more than these at once nobody reads.
const WAITING: usize = 32;
/// How long a reminder is put off by its button.
const LATER: SignedDuration = SignedDuration::from_mins(10);

/// A notification, before any system has seen it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Notice {
    pub(super) title: String,
    pub(super) text: String,
    /// The question that its buttons answer.
    pub(super) question: Option<ActionId>,
    /// The reminder that its button puts off.
    pub(super) reminder: Option<ReminderId>,
    /// The kind of message by Luna herself that its button makes rarer.
    pub(super) initiative: Option<String>,
    /// Buttons: what they do and what they say.
    pub(super) buttons: Vec<(&'static str, &'static str)>,
    /// Where a click leads.
    pub(super) route: Option<String>,
}

enum Job {
    Show(Box<Notice>),
    Settled(ActionId),
}

/// Shows notifications; cheap to clone.
#[derive(Clone)]
pub(super) struct Notices(mpsc::Sender<Job>);

/// What a user did with one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pressed {
    Allow,
    Deny,
    Later,
    Less,
    Open,
}

impl Pressed {
    pub(super) fn named(name: &str) -> Self {
        match name {
            "allow" => Self::Allow,
            "deny" => Self::Deny,
            "later" => Self::Later,
            "less" => Self::Less,
            _ => Self::Open,
        }
    }
}

/// Does what was pressed.
struct Answers {
    app: AppHandle,
    core: Core,
}

impl Answers {
    async fn pressed(&self, notice: &Notice, pressed: Pressed) {
        let answer = match pressed {
            Pressed::Allow => "once",
            Pressed::Deny => "no",
            Pressed::Later => {
                let until = Timestamp::now().saturating_add(LATER).unwrap_or(Timestamp::MAX);
                if let Some(reminder) = notice.reminder {
                    let input = json!({ "reminder": reminder, "until": until });
                    if let Err(trouble) = self.core.call("calendar.snooze", input).await {
                        tracing::warn!(why = trouble.message(), "a reminder was not put off");
                    }
                }
                return;
            }
            Pressed::Less => {
                if let Some(kind) = &notice.initiative
                    && let Err(trouble) = self.core.call("initiative.less", json!({ "kind": kind })).await
                {
                    tracing::warn!(why = trouble.message(), "there is as much of this as before");
                }
                return;
            }
            Pressed::Open => {
                let (app, route) = (self.app.clone(), notice.route.clone());
                let _ = self.app.run_on_main_thread(move || window::show(&app, route.as_deref()));
                return;
            }
        };
        if let Some(action) = notice.question {
            let input = json!({ "action": action, "answer": answer });
            if let Err(trouble) = self.core.call("confirmations.answer", input).await {
                tracing::info!(why = trouble.message(), "an answer came too late");
            }
        }
    }
}

impl Notices {
    pub(super) fn new(app: AppHandle, core: Core) -> Self {
        let (jobs, waiting) = mpsc::channel(WAITING);
        tauri::async_runtime::spawn(system::work(waiting, Arc::new(Answers { app, core })));
        Self(jobs)
    }

    /// Tells of an event, where it is one to tell of; whether it is.
    pub(super) fn on(&self, event: &Event, settings: &Settings) -> bool {
        notice(event, settings).map(|notice| self.show(notice)).is_some()
    }

    /// A question needs no answer any more.
    pub(super) fn settled(&self, action: ActionId) {
        let _ = self.0.try_send(Job::Settled(action));
    }

    /// A file was saved.
    pub(super) fn saved(&self, path: &Path) {
        let title = words("system").saved.to_owned();
        self.show(Notice { title, text: path.display().to_string(), ..Notice::default() });
    }

    /// The window is away, Luna is not.
    pub(super) fn still_here(&self, settings: &Settings) {
        let words = words(&settings.language);
        let text = format!("{} {}.", words.still_here_how, settings.hotkey_open);
        self.show(Notice { title: words.still_here.into(), text, ..Notice::default() });
    }

    /// Something that was asked for outside the window did not work.
    pub(super) fn say(&self, title: &str, text: &str) {
        self.show(Notice { title: title.into(), text: text.into(), ..Notice::default() });
    }

    fn show(&self, notice: Notice) {
        if self.0.try_send(Job::Show(Box::new(notice))).is_err() {
            tracing::debug!("too many notifications at once; one is left out");
        }
    }
}

fn notice(event: &Event, settings: &Settings) -> Option<Notice> {
    match event {
        Event::ConfirmationAsked { confirmation } => Some(question(confirmation, settings)),
        Event::TaskChanged { task } => task_over(task, settings),
        Event::Notice { text, about: Some(about), .. } => said(text, about, settings),
        _ => None,
    }
}

/// What Luna begins by herself: a message, a reminder, an event that is near.
fn said(text: &str, about: &Value, settings: &Settings) -> Option<Notice> {
    let words = words(&settings.language);
    let plain = Notice { title: settings.luna_name.clone(), text: text.into(), ..Notice::default() };
    match about.as_str().or_else(|| about.get("kind")?.as_str())? {
        "proactive" => Some(plain),
        // What she says at times, and of it what the user may want less of.
        "job" | "greeting" => {
            let initiative = about.get("initiative").and_then(|kind| kind.as_str()).map(str::to_owned);
            let buttons = initiative.iter().map(|_| ("less", words.less)).collect();
            Some(Notice { initiative, buttons, ..plain })
        }
        "reminder" => Some(Notice {
            reminder: about.get("reminder").and_then(|id| serde_json::from_value(id.clone()).ok()),
            buttons: vec![("later", words.later), ("default", words.look)],
            route: Some("/today/agenda".into()),
            ..plain
        }),
        "event" => {
            Some(Notice { buttons: vec![("default", words.look)], route: Some("/today/day".into()), ..plain })
        }
        _ => None,
    }
}

fn question(confirmation: &Confirmation, settings: &Settings) -> Notice {
    let words = words(&settings.language);
    let mut buttons = vec![("deny", words.deny), ("default", words.look)];
    // What is dangerous is read in whole before it is allowed.
    if !matches!(confirmation.risk, Some(Risk::Dangerous)) {
        buttons.insert(0, ("allow", words.allow));
    }
    Notice {
        title: words.wants.into(),
        text: confirmation.summary.clone(),
        question: Some(confirmation.action.id),
        buttons,
        ..Notice::default()
    }
}

fn task_over(task: &AgentTask, settings: &Settings) -> Option<Notice> {
    let words = words(&settings.language);
    let (title, text) = match task.state {
        TaskState::Completed => (words.task_done, task.title.clone()),
        TaskState::Failed => (
            words.task_failed,
            task.error.as_ref().map_or(task.title.clone(), |e| format!("{}: {e}", task.title)),
        ),
        _ => return None,
    };
    let buttons = vec![("default", words.look)];
    let route = Some("/agent/tasks".into());
    Some(Notice { title: title.into(), text, buttons, route, ..Notice::default() })
}

/// Whether anything on this desktop shows tray icons; none where it does not say.
pub(super) async fn has_tray() -> Option<bool> {
    system::has_tray().await
}

#[cfg(target_os = "linux")]
#[path = "notices/linux.rs"]
mod system;
#[cfg(not(target_os = "linux"))]
#[path = "notices/elsewhere.rs"]
mod system;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_asks_for_attention_is_told() {
        let settings = Settings { language: "en".into(), ..Settings::default() };
        let said = |about: Option<serde_json::Value>| Event::Notice {
            level: "info".into(),
            text: "Rain soon".into(),
            about,
        };
        let shown = notice(&said(Some("proactive".into())), &settings).unwrap();
        assert_eq!((shown.title.as_str(), shown.text.as_str()), ("Luna", "Rain soon"));
        let reminder = json!({"kind": "reminder", "reminder": "0199d0f4-6f0e-7000-8000-000000000000", "text": "Rain soon"});
        let shown = notice(&said(Some(reminder)), &settings).unwrap();
        assert!(shown.reminder.is_some() && shown.buttons[0].0 == "later");
        let brief = json!({"kind": "job", "job": "1", "run": "2", "initiative": "brief"});
        let shown = notice(&said(Some(brief)), &settings).unwrap();
        assert_eq!((shown.initiative.as_deref(), shown.buttons[0].0), (Some("brief"), "less"));
        let own = json!({"kind": "job", "job": "1", "run": "2", "initiative": null});
        assert_eq!(notice(&said(Some(own)), &settings).unwrap().buttons, vec![]);
        assert_eq!(notice(&said(Some("lagged".into())), &settings), None);
        assert_eq!(notice(&said(None), &settings), None);
        assert_eq!(notice(&Event::MemoryChanged, &settings), None);
    }

    #[test]
    fn what_is_dangerous_cannot_be_allowed_by_a_button() {
        let mut asked: Confirmation = serde_json::from_value(json!({
            "action": {
                "id": "0199d0f4-6f0e-7000-8000-000000000000", "turn": "0199d0f4-6f0e-7000-8000-000000000001",
                "tool": "run_command", "input": {"command": "ls"}, "actor": {"kind": "user"}, "evidence": [], "reversible": true
            },
            "summary": "Run a command: ls", "effect": "", "why": "", "risk": "safe", "always": null,
            "asked_at": "2026-01-01T00:00:00Z", "expires_at": "2026-01-01T00:05:00Z"
        }))
        .unwrap();
        let settings = Settings { language: "en".into(), ..Settings::default() };
        let names = |c: &Confirmation| question(c, &settings).buttons.iter().map(|b| b.0).collect::<Vec<_>>();
        assert_eq!(names(&asked), ["allow", "deny", "default"]);
        asked.risk = Some(Risk::Dangerous);
        assert_eq!(names(&asked), ["deny", "default"]);
    }
}
