//! What a reply's raw frames say beyond its text. genai hands over text as it comes, but it does not tell a finished stream
//! from one that was cut off, loses tool calls of servers that leave out the index, and copies all arguments so far at every
//! fragment of a call. It does show every frame to a sink; this is that sink. Reads only the fields it needs, so
//! fields it does not know cannot hurt.

use genai::chat::{ChatFrameSink, FrameCtx, RawFrameRef};
use luna_model::{ToolCall, Usage};
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::target::Wire;

/// The sink of one reply.
pub(crate) struct Frames {
    wire: Wire,
    facts: Mutex<Facts>,
}

/// What was seen so far.
#[derive(Default)]
pub(crate) struct Facts {
    /// Frames of any kind, keep-alives too.
    pub(crate) count: u64,
    /// The provider's own end marker was there.
    pub(crate) ended: bool,
    /// Why it ended, in the provider's word.
    pub(crate) finish: Option<String>,
    /// Tokens, where the wire's frames carry them.
    pub(crate) usage: Option<Usage>,
    /// Text that genai passes over: a refusal.
    pub(crate) refusal: String,
    /// The prompt was refused by the provider's filter.
    pub(crate) blocked: bool,
    /// An error that was sent as a frame and that genai passes over.
    pub(crate) error: Option<String>,
    calls: Vec<Fragments>,
}

/// A tool call that comes in pieces.
#[derive(Default)]
struct Fragments {
    index: Option<i64>,
    id: String,
    name: String,
    arguments: String,
    whole: Option<Value>,
}

impl Frames {
    pub(crate) fn new(wire: Wire) -> Self {
        Self { wire, facts: Mutex::default() }
    }

    /// Looks at what was seen.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&mut Facts) -> T) -> T {
        look(&mut self.facts.lock())
    }
}

impl ChatFrameSink for Frames {
    fn on_frame(&self, _: &FrameCtx, frame: RawFrameRef<'_>) {
        let mut facts = self.facts.lock();
        facts.count += 1;
        if frame.data.is_empty() {
            return;
        }
        match self.wire {
            Wire::OpenAi => facts.open_ai(frame.data),
            Wire::Anthropic => facts.anthropic(frame.event, frame.data),
            Wire::Gemini => facts.gemini(frame.data),
            Wire::Ollama => facts.ollama(frame.data),
        }
    }
}

impl Facts {
    /// The calls that came in pieces, joined. Where the reply ran into its token limit the last call is cut short and left
    /// out; arguments that are no JSON otherwise are handed on as they are, so that the model can be told.
    pub(crate) fn take_calls(&mut self, cut_short: bool) -> Vec<ToolCall> {
        std::mem::take(&mut self.calls)
            .into_iter()
            .enumerate()
            .filter_map(|(at, call)| {
                let id = if call.id.is_empty() { format!("call_{at}_{}", call.name) } else { call.id };
                let input = match (call.arguments.trim(), call.whole) {
                    ("", Some(whole)) => whole,
                    ("", None) => Value::Object(Map::new()),
                    (text, _) => match serde_json::from_str(text) {
                        // Some servers send `null`, and some wrap the object in a string.
                        Ok(Value::Null) => Value::Object(Map::new()),
                        Ok(Value::String(inner)) => {
                            serde_json::from_str(&inner).unwrap_or(Value::String(inner))
                        }
                        Ok(value) => value,
                        Err(_) if cut_short => return None,
                        Err(_) => Value::String(text.to_owned()),
                    },
                };
                (!call.name.is_empty()).then_some(ToolCall { id, name: call.name, input })
            })
            .collect()
    }

    fn open_ai(&mut self, data: &str) {
        if data == "[DONE]" {
            self.ended = true;
            return;
        }
        let Ok(frame) = serde_json::from_str::<OpenAiFrame>(data) else { return };
        if let Some(usage) = frame.usage.or(frame.x_groq.and_then(|groq| groq.usage)) {
            self.usage =
                Some(Usage { input_tokens: usage.prompt_tokens, output_tokens: usage.completion_tokens });
        }
        let Some(choice) = frame.choices.into_iter().flatten().next() else { return };
        if let Some(delta) = choice.delta {
            self.refusal.push_str(delta.refusal.as_deref().unwrap_or_default());
            for call in delta.tool_calls.into_iter().flatten() {
                self.open_ai_call(call);
            }
        }
        if let Some(finish) = choice.finish_reason {
            self.ended = true;
            self.finish = Some(finish);
        }
    }

    /// A fragment belongs to the call of its index; without one to the last call. A new name under a new id begins a call
    /// even where the index is the same: some servers number every call 0.
    fn open_ai_call(&mut self, fragment: OpenAiCall) {
        let function = fragment.function.unwrap_or_default();
        let (id, name) = (fragment.id.unwrap_or_default(), function.name.unwrap_or_default());
        let same_place = |call: &&mut Fragments| fragment.index.is_none() || call.index == fragment.index;
        let begins = |call: &Fragments| !id.is_empty() && !name.is_empty() && id != call.id;
        let call = match self.calls.iter_mut().rev().find(same_place) {
            Some(call) if !begins(call) => call,
            _ => self.calls.push_mut(Fragments { index: fragment.index, ..Fragments::default() }),
        };
        if !id.is_empty() && call.id.is_empty() {
            call.id = id;
        }
        if call.name.is_empty() {
            call.name = name;
        }
        match function.arguments {
            Some(Value::String(piece)) => call.arguments.push_str(&piece),
            Some(Value::Null) | None => {}
            Some(whole) => call.whole = Some(whole),
        }
    }

    fn anthropic(&mut self, event: Option<&str>, data: &str) {
        match event {
            Some("message_stop") => self.ended = true,
            Some("content_block_start") => {
                let Ok(start) = serde_json::from_str::<AnthropicStart>(data) else { return };
                if start.content_block.kind == "tool_use" {
                    self.calls.push(Fragments {
                        index: Some(start.index),
                        id: start.content_block.id,
                        name: start.content_block.name,
                        arguments: String::new(),
                        whole: start.content_block.input,
                    });
                }
            }
            // Most deltas are text, which genai hands over; only pieces of arguments are worth a look.
            Some("content_block_delta") if data.contains("input_json_delta") => {
                let Ok(delta) = serde_json::from_str::<AnthropicDelta>(data) else { return };
                if let Some(call) = self.calls.iter_mut().rev().find(|call| call.index == Some(delta.index)) {
                    call.arguments.push_str(&delta.delta.partial_json);
                }
            }
            _ => {}
        }
    }

    fn gemini(&mut self, data: &str) {
        let Ok(frame) = serde_json::from_str::<GeminiFrame>(data) else { return };
        if let Some(finish) =
            frame.candidates.into_iter().flatten().find_map(|candidate| candidate.finish_reason)
        {
            self.ended = true;
            self.finish = Some(finish);
        }
        if frame.prompt_feedback.and_then(|feedback| feedback.block_reason).is_some() {
            self.ended = true;
            self.blocked = true;
        }
    }

    fn ollama(&mut self, data: &str) {
        let Ok(line) = serde_json::from_str::<OllamaLine>(data) else { return };
        self.ended |= line.done;
        if let Some(error) = line.error {
            self.error = Some(error);
        }
    }
}

#[derive(Deserialize)]
struct OpenAiFrame {
    choices: Option<Vec<OpenAiChoice>>,
    usage: Option<OpenAiUsage>,
    x_groq: Option<OpenAiGroq>,
}

#[derive(Deserialize)]
struct OpenAiGroq {
    usage: Option<OpenAiUsage>,
}

#[derive(Deserialize)]
struct OpenAiUsage {
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
}

#[derive(Deserialize)]
struct OpenAiChoice {
    delta: Option<OpenAiDelta>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct OpenAiDelta {
    refusal: Option<String>,
    tool_calls: Option<Vec<OpenAiCall>>,
}

#[derive(Deserialize)]
struct OpenAiCall {
    index: Option<i64>,
    id: Option<String>,
    function: Option<OpenAiFunction>,
}

#[derive(Default, Deserialize)]
struct OpenAiFunction {
    name: Option<String>,
    arguments: Option<Value>,
}

#[derive(Deserialize)]
struct AnthropicStart {
    index: i64,
    content_block: AnthropicBlock,
}

#[derive(Deserialize)]
struct AnthropicBlock {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    id: String,
    #[serde(default)]
    name: String,
    input: Option<Value>,
}

#[derive(Deserialize)]
struct AnthropicDelta {
    index: i64,
    delta: AnthropicJson,
}

#[derive(Deserialize)]
struct AnthropicJson {
    #[serde(default)]
    partial_json: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GeminiFrame {
    candidates: Option<Vec<GeminiCandidate>>,
    prompt_feedback: Option<GeminiFeedback>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GeminiCandidate {
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GeminiFeedback {
    block_reason: Option<String>,
}

#[derive(Deserialize)]
struct OllamaLine {
    #[serde(default)]
    done: bool,
    error: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn joined(deltas: &[Value]) -> Vec<(String, String, Value)> {
        let mut facts = Facts::default();
        for delta in deltas {
            facts.open_ai(&json!({"choices": [{"delta": {"tool_calls": [delta]}}]}).to_string());
        }
        facts.take_calls(false).into_iter().map(|call| (call.id, call.name, call.input)).collect()
    }

    #[test]
    fn interleaved_fragments_are_joined_by_index() {
        let calls = joined(&[
            json!({"index": 0, "id": "a", "function": {"name": "read", "arguments": ""}}),
            json!({"index": 1, "id": "b", "function": {"name": "list", "arguments": "{\"p"}}),
            json!({"index": 0, "function": {"arguments": "{\"x\":1}"}}),
            json!({"index": 1, "function": {"arguments": "\":2}"}}),
        ]);
        assert_eq!(
            calls,
            [("a".into(), "read".into(), json!({"x": 1})), ("b".into(), "list".into(), json!({"p": 2})),]
        );
    }

    #[test]
    fn calls_without_an_index_are_kept() {
        let calls = joined(&[
            json!({"id": "a", "function": {"name": "read", "arguments": "{\"x\""}}),
            json!({"function": {"arguments": ":1}"}}),
            json!({"id": "b", "function": {"name": "read", "arguments": "{}"}}),
        ]);
        assert_eq!(
            calls,
            [("a".into(), "read".into(), json!({"x": 1})), ("b".into(), "read".into(), json!({})),]
        );
    }

    #[test]
    fn two_calls_under_one_index_stay_two() {
        let calls = joined(&[
            json!({"index": 0, "id": "a", "function": {"name": "read", "arguments": "{}"}}),
            json!({"index": 0, "id": "b", "function": {"name": "read", "arguments": "{\"x\":1}"}}),
        ]);
        assert_eq!(calls.len(), 2);
        assert_eq!(calls[1].2, json!({"x": 1}));
    }

    #[test]
    fn a_repeated_id_and_name_is_no_new_call() {
        let piece =
            |text: &str| json!({"index": 0, "id": "a", "function": {"name": "read", "arguments": text}});
        assert_eq!(joined(&[piece("{\"x\""), piece(":1}")]), [("a".into(), "read".into(), json!({"x": 1}))]);
    }

    #[test]
    fn arguments_as_an_object_null_or_a_string_in_a_string_are_understood() {
        let one = |arguments: Value| {
            joined(&[json!({"id": "a", "function": {"name": "f", "arguments": arguments}})])[0].2.clone()
        };
        assert_eq!(one(json!({"x": 1})), json!({"x": 1}));
        assert_eq!(one(json!("null")), json!({}));
        assert_eq!(one(json!("\"{\\\"x\\\":1}\"")), json!({"x": 1}));
        assert_eq!(one(json!("{broken")), json!("{broken"));
    }

    #[test]
    fn a_call_cut_by_the_token_limit_is_left_out() {
        let mut facts = Facts::default();
        for text in ["{}", "{\"x\": \"unfin"] {
            let call = json!({"id": text, "function": {"name": "f", "arguments": text}});
            facts.open_ai(&json!({"choices": [{"delta": {"tool_calls": [call]}}]}).to_string());
        }
        assert_eq!(facts.take_calls(true).len(), 1);
    }
}
