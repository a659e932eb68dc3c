//! Messages that Luna begins by herself: a queue that survives restarts; each is delivered once.

use luna_model::{Event, Result};

use crate::Luna;

impl Luna {
    /// Puts a message into the queue and tells those who watch.
    ///
    /// # Errors
    /// When it cannot be stored.
    pub(crate) async fn say_by_herself(&self, text: &str) -> Result<()> {
        self.db().queue_proactive(text.to_owned(), self.clock().now()).await?;
        self.bus().publish(Event::Notice {
            level: "info".into(),
            text: text.to_owned(),
            about: Some("proactive".into()),
        });
        Ok(())
    }

    /// The oldest message of the queue, which is then out of it; none when nothing waits.
    ///
    /// # Errors
    /// When the queue cannot be read.
    pub async fn take_proactive(&self) -> Result<Option<String>> {
        self.db().take_proactive().await
    }
}
