//! Messages that Luna begins by herself: a queue that survives restarts; each is delivered once. A face that shows a message
//! takes it out; what nobody was there for waits.

use luna_model::{Event, OwnWord, Result};
use serde_json::Value;

use crate::Luna;

impl Luna {
    /// Puts a message into the queue and tells those who watch.
    ///
    /// # Errors
    /// When it cannot be stored.
    pub(crate) async fn say_by_herself(&self, text: &str, about: Value) -> Result<()> {
        let word = OwnWord { text: text.to_owned(), about: Some(about), at: self.clock().now() };
        self.db().queue_proactive(word.clone()).await?;
        self.speak_up(word);
        Ok(())
    }

    /// Tells those who watch of a message that is in the queue.
    pub(crate) fn speak_up(&self, word: OwnWord) {
        self.bus().publish(Event::Notice { level: "info".into(), text: word.text, about: word.about });
    }

    /// The oldest message of the queue, which is then out of it; none when nothing waits.
    ///
    /// # Errors
    /// When the queue cannot be read.
    pub async fn take_proactive(&self) -> Result<Option<String>> {
        Ok(self.db().take_proactive().await?.map(|word| word.text))
    }

    /// What waits in the queue, the oldest first. It waits on until it was shown ([`Self::took_proactive`]).
    ///
    /// # Errors
    /// When the queue cannot be read.
    pub async fn waiting_proactive(&self) -> Result<Vec<OwnWord>> {
        self.db().waiting_proactive().await
    }

    /// A message of this text was shown, and need not wait; whether it still did.
    ///
    /// # Errors
    /// When the queue cannot be written.
    pub async fn took_proactive(&self, text: &str) -> Result<bool> {
        self.db().take_proactive_of(text.to_owned()).await
    }
}
