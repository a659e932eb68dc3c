//! OpenAI's words for completions.

use luna_core::completions::Completion;
use luna_model::{
    EndReason, Error, Image, ModelEvent, ModelInfo, Provider, Result, ToolCall, ToolResult, ToolSpec, Turn,
    Usage,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

/// Names that mean whatever is configured.
const OURS: [&str; 5] = ["luna", "fast", "balanced", "smart", ""];

#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = MotokoCompletionsMessage)]
struct Message {
    role: String,
    /// A text, or parts of text and images.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    content: Value,
    #[serde(default)]
    tool_calls: Vec<Called>,
    #[serde(default)]
    tool_call_id: Option<String>,
}

#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
struct Called {
    id: String,
    #[serde(default = "function")]
    r#type: String,
    function: CalledFunction,
}

fn function() -> String {
    "function".into()
}

#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
struct CalledFunction {
    name: String,
    /// JSON text.
    #[serde(default)]
    arguments: String,
}

#[derive(Debug, Deserialize, ToSchema)]
struct Tool {
    function: ToolFunction,
}

#[derive(Debug, Deserialize, ToSchema)]
struct ToolFunction {
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    parameters: Option<Value>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
struct StreamOptions {
    #[serde(default)]
    include_usage: bool,
}

#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct Ask {
    /// A model of the configured provider; `luna` = the configured one.
    #[serde(default)]
    model: String,
    #[schema(required = true)]
    #[serde(default)]
    messages: Vec<Message>,
    #[serde(default)]
    tools: Vec<Tool>,
    #[serde(default)]
    temperature: Option<f64>,
    #[serde(default)]
    max_tokens: Option<u32>,
    #[serde(default)]
    max_completion_tokens: Option<u32>,
    #[serde(default)]
    pub(super) stream: bool,
    #[serde(default)]
    stream_options: Option<StreamOptions>,
    #[serde(default)]
    response_format: Option<Value>,
}

impl Ask {
    pub(super) fn wants_usage(&self) -> bool {
        self.stream_options.as_ref().is_some_and(|o| o.include_usage)
    }

    pub(super) fn into_core(self) -> Result<Completion> {
        let (mut system, mut turns) = (vec![], vec![]);
        let mut names = std::collections::HashMap::new();
        for message in self.messages {
            let (text, images) = parts(&message.content)?;
            match message.role.as_str() {
                "system" | "developer" => system.push(text),
                "user" => turns.push(Turn::User { content: text, images }),
                "assistant" => {
                    let calls = message.tool_calls.into_iter().map(|c| {
                        names.insert(c.id.clone(), c.function.name.clone());
                        let input = serde_json::from_str(&c.function.arguments).unwrap_or_else(|_| json!({}));
                        ToolCall { id: c.id, name: c.function.name, input }
                    });
                    turns.push(Turn::Assistant { content: text, calls: calls.collect() });
                }
                "tool" => {
                    let call_id = message.tool_call_id.unwrap_or_default();
                    let name = names.get(&call_id).cloned().unwrap_or_default();
                    let result =
                        ToolResult { call_id, name, content: text, is_error: false, from_outside: true };
                    // Results of one round belong together.
                    match turns.last_mut() {
                        Some(Turn::Tools { results }) => results.push(result),
                        _ => turns.push(Turn::Tools { results: vec![result] }),
                    }
                }
                other => return Err(Error::invalid(format!("there is no role {other:?}"))),
            }
        }
        let tools = self.tools.into_iter().map(|t| ToolSpec {
            name: t.function.name,
            description: t.function.description,
            input_schema: t.function.parameters.unwrap_or_else(|| json!({ "type": "object" })),
        });
        let schema = self.response_format.and_then(|f| f["json_schema"]["schema"].as_object().cloned());
        Ok(Completion {
            system: system.join("\n\n"),
            turns,
            tools: tools.collect(),
            model: (!OURS.contains(&self.model.as_str())).then_some(self.model),
            temperature: self.temperature,
            max_tokens: self.max_completion_tokens.or(self.max_tokens),
            json_schema: schema.map(Value::Object),
        })
    }
}

/// The text and the images of a message's content.
fn parts(content: &Value) -> Result<(String, Vec<Image>)> {
    match content {
        Value::Null => Ok((String::new(), vec![])),
        Value::String(text) => Ok((text.clone(), vec![])),
        Value::Array(parts) => {
            let (mut text, mut images) = (String::new(), vec![]);
            for part in parts {
                if let Some(words) = part["text"].as_str() {
                    text.push_str(words);
                } else if let Some(url) = part["image_url"]["url"].as_str() {
                    let image = url.strip_prefix("data:").and_then(|d| d.split_once(";base64,"));
                    let (kind, data) =
                        image.ok_or_else(|| Error::invalid("an image is given as a data: URL in base64"))?;
                    images.push(Image { media_type: kind.to_owned(), data: data.to_owned() });
                }
            }
            Ok((text, images))
        }
        _ => Err(Error::invalid("content is a text or a list of parts")),
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MotokoCompletionsSaid)]
struct Said {
    role: &'static str,
    content: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<Called>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Choice {
    index: u32,
    message: Said,
    finish_reason: &'static str,
}

#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
struct Tokens {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
}

impl Tokens {
    const fn of(usage: Usage) -> Self {
        Self {
            prompt_tokens: usage.input_tokens,
            completion_tokens: usage.output_tokens,
            total_tokens: usage.input_tokens + usage.output_tokens,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MotokoCompletionsWhole)]
pub(super) struct Whole {
    id: String,
    object: &'static str,
    created: i64,
    model: String,
    choices: Vec<Choice>,
    usage: Tokens,
}

/// What was told so far.
pub(super) struct Telling {
    id: String,
    model: String,
    created: i64,
    text: String,
    calls: Vec<Called>,
    usage: Usage,
    end: &'static str,
}

impl Telling {
    pub(super) fn new(model: String, created: i64) -> Self {
        let id = format!("chatcmpl-{}", uuid::Uuid::now_v7());
        Self { id, model, created, text: String::new(), calls: vec![], usage: Usage::default(), end: "stop" }
    }

    pub(super) fn take(&mut self, event: ModelEvent) {
        match event {
            ModelEvent::Text(text) => self.text.push_str(&text),
            ModelEvent::Thinking(_) => {}
            ModelEvent::ToolCall(call) => self.calls.push(called(&call)),
            ModelEvent::Usage(usage) => self.usage = usage,
            ModelEvent::End(reason) => {
                self.end = match reason {
                    EndReason::Stop if self.calls.is_empty() => "stop",
                    EndReason::Stop | EndReason::Tools => "tool_calls",
                    EndReason::Length => "length",
                    EndReason::Filtered => "content_filter",
                }
            }
        }
    }

    pub(super) fn whole(self) -> Whole {
        let content = (!self.text.is_empty() || self.calls.is_empty()).then_some(self.text);
        let message = Said { role: "assistant", content, tool_calls: self.calls };
        Whole {
            id: self.id,
            object: "chat.completion",
            created: self.created,
            model: self.model,
            choices: vec![Choice { index: 0, message, finish_reason: self.end }],
            usage: Tokens::of(self.usage),
        }
    }

    fn delta(&self, delta: &Value, end: Option<&str>) -> String {
        json!({
            "id": self.id, "object": "chat.completion.chunk", "created": self.created, "model": self.model,
            "choices": [{ "index": 0, "delta": delta, "finish_reason": end }],
        })
        .to_string()
    }

    pub(super) fn first(&self) -> String {
        self.delta(&json!({ "role": "assistant", "content": "" }), None)
    }

    /// An event as a chunk; called before [`Telling::take`].
    pub(super) fn chunk(&self, event: &ModelEvent) -> Option<String> {
        match event {
            ModelEvent::Text(text) => Some(self.delta(&json!({ "content": text }), None)),
            ModelEvent::ToolCall(call) => {
                let mut whole = serde_json::to_value(called(call)).ok()?;
                whole.as_object_mut()?.insert("index".into(), self.calls.len().into());
                Some(self.delta(&json!({ "tool_calls": [whole] }), None))
            }
            _ => None,
        }
    }

    pub(super) fn last(&self, usage: bool) -> Vec<String> {
        let mut chunks = vec![self.delta(&json!({}), Some(self.end))];
        if usage {
            chunks.push(
                json!({
                    "id": self.id, "object": "chat.completion.chunk", "created": self.created, "model": self.model,
                    "choices": [], "usage": Tokens::of(self.usage),
                })
                .to_string(),
            );
        }
        chunks
    }
}

fn called(call: &ToolCall) -> Called {
    Called {
        id: call.id.clone(),
        r#type: function(),
        function: CalledFunction { name: call.name.clone(), arguments: call.input.to_string() },
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MotokoCompletionsModel)]
struct Model {
    id: String,
    object: &'static str,
    created: i64,
    owned_by: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MotokoCompletionsListed)]
pub(super) struct Listed {
    object: &'static str,
    data: Vec<Model>,
}

impl Listed {
    pub(super) fn new(provider: Provider, models: Vec<ModelInfo>) -> Self {
        let model = |id: String| Model { id, object: "model", created: 0, owned_by: provider.name() };
        let names = std::iter::once("luna".to_owned()).chain(models.into_iter().map(|m| m.name));
        Self { object: "list", data: names.map(model).collect() }
    }
}
