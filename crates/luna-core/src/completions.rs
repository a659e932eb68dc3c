//! Completions: a program brings a whole conversation and its own tools, and gets Luna's next words, with what she remembers.
//! Nothing is kept of it but what it cost; tools are the program's, so calls of them are given back and never run here.

use luna_model::{ChatMode, Error, ModelInfo, ModelRequest, Result, ToolSpec, Turn};

use crate::Luna;
use crate::chat::own_words;
use crate::modules::MEMORY;
use crate::ports::ModelStream;

/// Longest conversation, in bytes.
const LONGEST: usize = 4 << 20;

/// What a program asks.
#[derive(Clone, Debug, Default)]
pub struct Completion {
    /// What the program says of itself and its wishes.
    pub system: String,
    /// The conversation, oldest first.
    pub turns: Vec<Turn>,
    /// The program's own tools.
    pub tools: Vec<ToolSpec>,
    /// Another model than the configured one.
    pub model: Option<String>,
    /// 0 to 2.
    pub temperature: Option<f64>,
    /// Most tokens to answer with.
    pub max_tokens: Option<u32>,
    /// Where set, the answer is JSON of this schema.
    pub json_schema: Option<serde_json::Value>,
}

impl Luna {
    /// Goes on with a conversation that a program brings; the model that answers, and what it says. Dropping the stream stops
    /// it.
    ///
    /// # Errors
    /// `Invalid` without a conversation, `LimitReached` for one that is too long, and those of the model.
    pub async fn complete(&self, asked: Completion) -> Result<(ModelInfo, ModelStream)> {
        let last = asked.turns.iter().rev().find_map(|turn| match turn {
            Turn::User { content, .. } => Some(content.clone()),
            _ => None,
        });
        let said = last.ok_or_else(|| Error::invalid("messages has no message of the user"))?;
        if said.len() + asked.system.len() > LONGEST {
            return Err(Error::limit("the conversation is longer than 4 MiB"));
        }
        let settings = self.settings().current();
        let most = if self.has_module(MEMORY) { settings.recalled_facts as usize } else { 0 };
        // Memory that does not answer must not keep Luna from answering.
        let facts = self.memory().recall_for(&said, most).await.unwrap_or_default();
        let personality = self.memory().personality_prompt().await;
        let system = own_words(
            &settings,
            &self.clock().local(),
            ChatMode::Chat,
            (personality, self.house().map(crate::house::House::words)),
            &facts,
            &[Some(&settings.instructions), Some(&asked.system)],
        );
        let mut model = self.llm().active().await;
        if let Some(name) = &asked.model {
            model.name.clone_from(name);
        }
        let request = ModelRequest {
            model: asked.model,
            system,
            turns: asked.turns,
            tools: asked.tools,
            temperature: asked.temperature,
            max_tokens: asked.max_tokens,
            json_schema: asked.json_schema,
            now: Some(self.clock().local()),
            ..ModelRequest::default()
        };
        Ok((model, self.llm().stream(request).await?))
    }
}
