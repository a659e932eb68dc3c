//! Tending: what has to be done now and then so that nothing grows without end and a day's work can be brought back.

use std::time::Duration;

use jiff::SignedDuration;
use luna_model::{Result, Timestamp};

use crate::Luna;

/// How often it is looked whether something is due.
const EVERY: Duration = Duration::from_secs(600);
/// Daily backups that are kept.
pub const BACKUPS_KEPT: usize = 7;
/// How long a deleted conversation can be brought back.
const RESTORABLE: SignedDuration = SignedDuration::from_hours(1);
/// How long file changes can be undone.
const UNDOABLE: SignedDuration = SignedDuration::from_hours(24 * 30);

impl Luna {
    /// Begins to tend in the background.
    pub(crate) fn tend(&self) {
        let luna = self.clone();
        self.tasks().spawn(async move {
            let mut ticks = tokio::time::interval(EVERY);
            ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
            // The first tick is at once; start-up has better things to do.
            ticks.tick().await;
            loop {
                tokio::select! {
                    () = luna.stopping().cancelled() => break,
                    _ = ticks.tick() => {}
                }
                if let Err(error) = luna.tend_once().await {
                    tracing::warn!(%error, "tending did not succeed; it is tried again later");
                }
            }
        });
    }

    /// Does what is due: the daily backup, what can no longer be restored or undone, summaries of long conversations,
    /// the memory's own upkeep.
    ///
    /// # Errors
    /// The first that failed; the rest waits for the next time.
    pub async fn tend_once(&self) -> Result<()> {
        let now = self.clock().now();
        self.processes().ran("memory_maintenance", now);
        self.back_up_if_due(now).await?;
        self.db().purge_conversations(now.saturating_sub(RESTORABLE).unwrap_or(Timestamp::MIN)).await?;
        self.undo().forget(now.saturating_sub(UNDOABLE).unwrap_or(Timestamp::MIN)).await?;
        self.db().purge_calendar(now.saturating_sub(UNDOABLE).unwrap_or(Timestamp::MIN)).await?;
        self.db().purge_runs(now.saturating_sub(UNDOABLE).unwrap_or(Timestamp::MIN)).await?;
        self.db()
            .purge_inbox(now.saturating_sub(crate::channels::REMEMBERED).unwrap_or(Timestamp::MIN))
            .await?;
        self.refresh_subscriptions().await?;
        if let Err(error) = self.watch_mail().await {
            tracing::warn!(%error, "the mail service could not be asked to go on; it is tried again");
        }
        self.summarise_long_conversations().await?;
        let tended = self.memory().tend().await?;
        for name in tended {
            self.processes().ran(name, now);
        }
        Ok(())
    }

    /// Summarises, for the prompt, what lies before the window of long conversations.
    ///
    /// # Errors
    /// When the model or the database does not answer.
    pub async fn summarise_long_conversations(&self) -> Result<()> {
        let window = self.settings().current().history_messages;
        for conversation in self.db().conversations_to_summarise(window + 40).await? {
            self.summarise(conversation.id).await?;
        }
        Ok(())
    }

    async fn back_up_if_due(&self, now: Timestamp) -> Result<()> {
        if self.db().path().is_none() {
            return Ok(());
        }
        let folder = self.backups_dir();
        let today = now.strftime("%Y-%m-%d").to_string();
        let newest = luna_store::backups(&folder)?.into_iter().next();
        if newest.is_some_and(|b| b.made_at.strftime("%Y-%m-%d").to_string() == today) {
            return Ok(());
        }
        let made = self.db().backup(folder, BACKUPS_KEPT, now).await?;
        tracing::info!(bytes = made.size, "the daily backup was made");
        Ok(())
    }

    /// The folder of the backups.
    #[must_use]
    pub fn backups_dir(&self) -> std::path::PathBuf {
        self.data_dir().join("backups")
    }

    /// Makes a backup now.
    ///
    /// # Errors
    /// `Unavailable` when it cannot be written.
    pub async fn back_up(&self) -> Result<luna_store::BackupFile> {
        self.db().backup(self.backups_dir(), BACKUPS_KEPT, self.clock().now()).await
    }
}
