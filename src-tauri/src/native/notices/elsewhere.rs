//! Notifications on Windows and macOS: title and text. A question is answered in the window, which a click opens.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::{Answers, Job, Notice};

pub(super) async fn work(mut jobs: mpsc::Receiver<Job>, _: Arc<Answers>) {
    while let Some(job) = jobs.recv().await {
        let Job::Show(notice) = job else { continue };
        let shown = tauri::async_runtime::spawn_blocking(move || show(&notice)).await;
        if let Ok(Err(error)) = shown {
            tracing::warn!(%error, "a notification was not shown");
        }
    }
}

fn show(notice: &Notice) -> notify_rust::error::Result<()> {
    notify_rust::Notification::new()
        .appname("Luna")
        .summary(&notice.title)
        .body(&notice.text)
        .show()
        .map(|_| ())
}

pub(super) async fn has_tray() -> Option<bool> {
    Some(true)
}
