//! From a message to facts: the rules always, the model when there is one, and where each came from.

use futures::StreamExt as _;
use luna_model::{ConversationId, Event, Fact, FactSource, MessageId, ModelEvent, Provider, Result};

use super::rules::Candidate;
use super::{Memory, extract, rules, said};
use crate::ports::Llm;

impl Memory {
    /// Learns from what the user said in a turn, by the rules and, unless it is the built-in one, by the model; lets the
    /// personality drift. Only the user's own words are given: never an answer, a tool's result or recalled facts.
    ///
    /// # Errors
    /// When the database does not answer. A model that fails or answers nonsense leaves what the rules found.
    pub async fn learn_from(
        &self,
        conversation: ConversationId,
        message: MessageId,
        said: &str,
        llm: &dyn Llm,
    ) -> Result<Vec<Fact>> {
        self.feel(said).await?;
        let mut candidates = rules::learn(said);
        if candidates.is_empty() && worth_asking(said) && llm.active().await.provider != Provider::Builtin {
            match ask(llm, said).await {
                Ok(found) => candidates = found,
                Err(error) => tracing::info!(%error, "the model found no facts; the rules did alone"),
            }
        }
        let mut learnt = vec![];
        for Candidate { content, confidence, importance, asked } in candidates {
            let source = if asked {
                FactSource::Asked { conversation, message }
            } else {
                FactSource::Learnt { conversation, message }
            };
            learnt.push(self.store(&content, confidence, importance, source).await?);
        }
        if !learnt.is_empty() {
            self.inner.bus.publish(Event::MemoryChanged);
        }
        Ok(learnt)
    }
}

/// Whether a message may hold a fact at all: a statement of some length that speaks of the one who wrote it.
fn worth_asking(message: &str) -> bool {
    said::statements(message).iter().any(|statement| {
        let words: Vec<_> =
            statement.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
        words.len() > 4
            && words.iter().any(|w| ["i", "my", "me", "we", "our"].contains(&w.to_lowercase().as_str()))
    })
}

async fn ask(llm: &dyn Llm, said: &str) -> Result<Vec<Candidate>> {
    let mut stream = llm.stream(extract::request(said)).await?;
    let mut answer = String::new();
    while let Some(event) = stream.next().await {
        if let ModelEvent::Text(text) = event? {
            answer.push_str(&text);
        }
    }
    Ok(extract::facts(&answer, said).unwrap_or_default())
}
