//! Language models: what is asked of one, what streams back, and which there are.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Image, ToolCall, ToolResult, ToolSpec};

/// The providers, by the names used in settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Provider {
    /// A local Ollama.
    Ollama,
    /// Anything that speaks OpenAI's chat completions: OpenAI, LM Studio, llama.cpp, Jan, vLLM, OpenRouter.
    OpenaiCompatible,
    /// Anthropic.
    Anthropic,
    /// Google Gemini.
    Google,
    /// Groq.
    Groq,
    /// Cohere.
    Cohere,
    /// Mistral.
    Mistral,
    /// NVIDIA NIM.
    NvidiaNim,
    /// Luna's own, always there.
    Builtin,
}

impl Provider {
    /// All of them, in the order `auto` looks for one with a key.
    pub const ALL: [Self; 9] = [
        Self::Anthropic,
        Self::OpenaiCompatible,
        Self::Google,
        Self::Groq,
        Self::Mistral,
        Self::Cohere,
        Self::NvidiaNim,
        Self::Ollama,
        Self::Builtin,
    ];

    /// The name used in settings and by the APIs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ollama => "ollama",
            Self::OpenaiCompatible => "openai-compatible",
            Self::Anthropic => "anthropic",
            Self::Google => "google",
            Self::Groq => "groq",
            Self::Cohere => "cohere",
            Self::Mistral => "mistral",
            Self::NvidiaNim => "nvidia-nim",
            Self::Builtin => "builtin",
        }
    }

    /// The provider of this name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.name() == name)
    }
}

/// Where text comes from that stands for a picture, for a model that does not see.
pub const PICTURE: &str = "the picture";

/// One entry of what the model is given to read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "role", rename_all = "snake_case")]
pub enum Turn {
    /// The user said this.
    User {
        /// The text.
        content: String,
        /// Images with it.
        images: Vec<Image>,
    },
    /// The model said this, and asked for these tools.
    Assistant {
        /// The text; may be empty when only tools were asked for.
        content: String,
        /// The calls.
        calls: Vec<ToolCall>,
    },
    /// What the tools gave back.
    Tools {
        /// A result a call.
        results: Vec<ToolResult>,
    },
}

/// A request to a model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelRequest {
    /// Which model; none = the configured one.
    pub model: Option<String>,
    /// Which provider; none = the configured one.
    pub provider: Option<Provider>,
    /// The system prompt.
    pub system: String,
    /// The conversation, oldest first; the last is the user's or the tools'.
    pub turns: Vec<Turn>,
    /// What it may call.
    pub tools: Vec<ToolSpec>,
    /// 0 to 2; none = the provider's default.
    pub temperature: Option<f64>,
    /// Most tokens to answer with.
    pub max_tokens: Option<u32>,
    /// Where set, the answer must be JSON of this schema.
    pub json_schema: Option<Value>,
    /// The conversation it answers, if it does: what it costs is counted there.
    pub conversation: Option<crate::ConversationId>,
    /// Now and where, for what depends on it ("tomorrow at nine").
    pub now: Option<jiff::Zoned>,
}

/// What streams back. The last one is always `End`, or the stream ends with an error.
#[derive(Clone, Debug, PartialEq)]
pub enum ModelEvent {
    /// Some text, as it was made.
    Text(String),
    /// Some of the model's thinking; never shown as the answer and never stored as said.
    Thinking(String),
    /// A whole tool call (providers' fragments are joined before).
    ToolCall(ToolCall),
    /// What it cost. May come once, before the end.
    Usage(Usage),
    /// It is done.
    End(EndReason),
}

/// Why a model stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// It said what it had to say.
    Stop,
    /// It waits for its tools.
    Tools,
    /// It ran into the token limit.
    Length,
    /// The provider's filter stopped it.
    Filtered,
}

/// Tokens of one request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Usage {
    /// Tokens read.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
}

/// A model that can be chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ModelInfo {
    /// Whose it is.
    pub provider: Provider,
    /// Its name at the provider.
    pub name: String,
    /// Whether it can call tools natively.
    pub tools: bool,
    /// Whether it can see images.
    pub images: bool,
}

/// A provider's state, for settings and doctor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ProviderStatus {
    /// Which.
    pub provider: Provider,
    /// Has what it needs (a key, or a URL that needs none).
    pub configured: bool,
    /// The one that `auto` or the setting chose.
    pub active: bool,
    /// The configured model.
    pub model: String,
    /// Where it is reached; none for `builtin`.
    pub base_url: Option<String>,
    /// When it last answered, and whether well.
    pub last_ok: Option<Timestamp>,
    /// What went wrong last, when something did.
    pub last_error: Option<String>,
}

/// What a model costs, by its provider's public list: US dollars for a million tokens.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ModelPrice {
    /// For what the model reads.
    pub input: f64,
    /// For what it writes.
    pub output: f64,
}

impl ModelPrice {
    /// What so many tokens cost, in US dollars.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "counts of tokens")]
    pub fn of(self, usage: Usage) -> f64 {
        (usage.input_tokens as f64).mul_add(self.input, usage.output_tokens as f64 * self.output) / 1e6
    }
}
