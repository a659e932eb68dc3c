//! Notifications over D-Bus (the Desktop Notifications Specification 1.2), with buttons, taken back when their question
//! is settled. One task shows them all and hears of what was pressed.

use std::collections::HashMap;
use std::sync::Arc;

use futures::StreamExt as _;
use tokio::sync::mpsc;
use zbus::zvariant::Value;

use super::{Answers, Job, Notice, Pressed};

#[zbus::proxy(
    interface = "org.freedesktop.Notifications",
    default_service = "org.freedesktop.Notifications",
    default_path = "/org/freedesktop/Notifications"
)]
trait Notifications {
    #[allow(clippy::too_many_arguments, reason = "the specification's")]
    fn notify(
        &self,
        app_name: &str,
        replaces_id: u32,
        app_icon: &str,
        summary: &str,
        body: &str,
        actions: &[&str],
        hints: HashMap<&str, Value<'_>>,
        expire_timeout: i32,
    ) -> zbus::Result<u32>;
    fn close_notification(&self, id: u32) -> zbus::Result<()>;
    #[zbus(signal)]
    fn action_invoked(&self, id: u32, action_key: String) -> zbus::Result<()>;
    #[zbus(signal)]
    fn notification_closed(&self, id: u32, reason: u32) -> zbus::Result<()>;
}

pub(super) async fn work(mut jobs: mpsc::Receiver<Job>, answers: Arc<Answers>) {
    // Asked for with the first notice: until then nothing needs the bus.
    while let Some(first) = jobs.recv().await {
        match serve(first, &mut jobs, &answers).await {
            Ok(()) => return,
            Err(error) => tracing::warn!(%error, "this desktop shows no notifications"),
        }
    }
}

async fn serve(first: Job, jobs: &mut mpsc::Receiver<Job>, answers: &Answers) -> zbus::Result<()> {
    let bus = zbus::Connection::session().await?;
    let desktop = NotificationsProxy::new(&bus).await?;
    let mut pressed = desktop.receive_action_invoked().await?;
    let mut closed = desktop.receive_notification_closed().await?;
    let mut shown: HashMap<u32, Notice> = HashMap::new();
    let mut next = Some(first);
    loop {
        match next.take() {
            Some(Job::Show(notice)) => {
                shown.insert(show(&desktop, &notice).await?, *notice);
            }
            Some(Job::Settled(action)) => {
                let id = shown.iter().find(|(_, notice)| notice.question == Some(action)).map(|(id, _)| *id);
                if let Some(id) = id {
                    shown.remove(&id);
                    desktop.close_notification(id).await?;
                }
            }
            None => {}
        }
        tokio::select! {
            job = jobs.recv() => match job {
                Some(job) => next = Some(job),
                None => return Ok(()),
            },
            Some(signal) = pressed.next() => {
                let signal = signal.args()?;
                if let Some(notice) = shown.get(&signal.id) {
                    answers.pressed(notice, Pressed::named(&signal.action_key)).await;
                }
            }
            Some(signal) = closed.next() => {
                shown.remove(&signal.args()?.id);
            }
        }
    }
}

async fn show(desktop: &NotificationsProxy<'_>, notice: &Notice) -> zbus::Result<u32> {
    let buttons: Vec<&str> = notice.buttons.iter().flat_map(|(key, label)| [*key, *label]).collect();
    // Most desktops read the text as a little HTML.
    let text = notice.text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let urgency: u8 = if notice.question.is_some() { 2 } else { 1 };
    let hints = HashMap::from([("desktop-entry", Value::from("Luna")), ("urgency", Value::from(urgency))]);
    desktop.notify("Luna", 0, "luna-desktop", &notice.title, &text, &buttons, hints, -1).await
}

/// Whether someone on this desktop shows tray icons (StatusNotifierItem).
pub(super) async fn has_tray() -> Option<bool> {
    let bus = zbus::Connection::session().await.ok()?;
    let names = zbus::fdo::DBusProxy::new(&bus).await.ok()?;
    let watcher = "org.kde.StatusNotifierWatcher".try_into().ok()?;
    names.name_has_owner(watcher).await.ok()
}
