//! What Luna remembers of her user: facts and the personality that grew with them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ConversationId, FactId, MessageId};

/// Where a fact came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FactSource {
    /// The user wrote it down as a fact (memory screen, API, terminal).
    Stated,
    /// The user asked her to remember it in a conversation.
    Asked {
        /// Where.
        conversation: ConversationId,
        /// Which message.
        message: MessageId,
    },
    /// Learnt from what the user said in a conversation.
    Learnt {
        /// Where.
        conversation: ConversationId,
        /// Which message.
        message: MessageId,
    },
}

/// One remembered fact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Fact {
    /// Its id.
    pub id: FactId,
    /// The fact in a sentence: "user is vegetarian".
    pub content: String,
    /// How sure, 0 to 1.
    pub confidence: f64,
    /// How much it matters, 0 to 1.
    pub importance: f64,
    /// Where it came from.
    pub source: FactSource,
    /// When it was learnt.
    pub created_at: Timestamp,
    /// When it was last used for an answer or a search.
    pub last_accessed: Timestamp,
    /// The fact that took its place, when it was superseded.
    pub superseded_by: Option<FactId>,
    /// When it was superseded or forgotten; none while it holds.
    pub ended_at: Option<Timestamp>,
}

/// A fact found by search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct FactHit {
    /// The fact.
    pub fact: Fact,
    /// How well it fits, −1 to 1; higher is better.
    pub score: f64,
}

/// How Luna speaks. `mood` is −1 to 1, the others 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Personality {
    /// −1 low … 1 bright.
    pub mood: f64,
    /// 0 quiet and concise … 1 lively.
    pub energy: f64,
    /// 0 casual … 1 formal.
    pub formality: f64,
    /// 0 earnest … 1 playful.
    pub humor: f64,
    /// 0 matter-of-fact … 1 feelings first.
    pub emotional_support: f64,
}

impl Default for Personality {
    /// The seed document's example values.
    fn default() -> Self {
        Self { mood: 0.4, energy: 0.7, formality: 0.3, humor: 0.6, emotional_support: 0.5 }
    }
}
