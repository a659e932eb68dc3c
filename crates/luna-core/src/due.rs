//! Waiting until something is due, by a clock on the wall that may jump and on a machine that may sleep.

use std::time::Duration;

use luna_model::{Event, Result, Timestamp};

use crate::Luna;

/// How long the clock on the wall is trusted not to have jumped: after a suspend or a change of the clock, what is due is
/// done at most so much late.
const TRUST: Duration = Duration::from_secs(20);

impl Luna {
    /// Does what is due, and again when the next is, or when something changed that it depends on; until Luna stops.
    /// `what_is_due` does it and says when the next is.
    pub(crate) async fn whenever_due<D>(
        &self,
        is_change: fn(&Event) -> bool,
        what_is_due: impl Fn() -> D + Send,
    ) where
        D: Future<Output = Result<Option<Timestamp>>> + Send,
    {
        let mut changes = self.bus().watch();
        loop {
            let next = match what_is_due().await {
                Ok(next) => next,
                Err(error) => {
                    tracing::warn!(%error, "what is due could not be done; it is tried again shortly");
                    None
                }
            };
            let ahead = next.map(|at| at.duration_since(self.clock().now()));
            let wait = ahead.and_then(|d| Duration::try_from(d).ok()).unwrap_or(TRUST).min(TRUST);
            tokio::select! {
                () = self.stopping().cancelled() => break,
                () = tokio::time::sleep(wait) => {}
                () = crate::events::until(&mut changes, is_change) => {}
            }
        }
    }
}
