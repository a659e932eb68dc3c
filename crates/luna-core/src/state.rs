//! The interface's own state (what is open, how wide), kept for it between sessions. Its shape is the interface's affair.

use luna_model::{Error, Result};
use serde_json::{Map, Value};

use crate::Luna;

const DOCUMENT: &str = "state";
const LONGEST: usize = 1 << 20;

impl Luna {
    /// The state that was last kept; empty at first.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn state(&self) -> Result<Map<String, Value>> {
        Ok(self.db().document(DOCUMENT).await?.unwrap_or_default())
    }

    /// Keeps the state in place of what was there.
    ///
    /// # Errors
    /// `LimitReached` beyond 1 MiB.
    pub async fn set_state(&self, state: Map<String, Value>) -> Result<()> {
        if serde_json::to_string(&state).is_ok_and(|text| text.len() > LONGEST) {
            return Err(Error::limit("the state is larger than 1 MiB"));
        }
        self.db().set_document(DOCUMENT, &state).await
    }
}
