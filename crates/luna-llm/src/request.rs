//! A model request in genai's words. Pure: no I/O, no provider state.

use std::fmt::Write as _;

use genai::chat::{
    Binary, ChatMessage, ChatOptions, ChatRequest, ContentPart, JsonSpec, MessageContent, ReasoningEffort,
    Tool, ToolCall, ToolResponse,
};
use luna_model::{ModelRequest, Provider, Turn};
use serde_json::{Map, Value};

use crate::target::Wire;

/// The conversation and the tools.
pub(crate) fn chat(provider: Provider, request: &ModelRequest) -> ChatRequest {
    let messages = request.turns.iter().map(|turn| message(provider, turn)).collect();
    let mut chat = ChatRequest::from_messages(messages);
    if !request.system.is_empty() {
        chat = chat.with_system(request.system.as_str());
    }
    if !request.tools.is_empty() {
        chat = chat.with_tools(
            request
                .tools
                .iter()
                .map(|tool| {
                    Tool::new(tool.name.as_str())
                        .with_description(tool.description.as_str())
                        .with_schema(tool.input_schema.clone())
                })
                .collect::<Vec<_>>(),
        );
    }
    chat
}

/// Temperature, limits and format, and which of genai's guesses to turn off.
pub(crate) fn options(provider: Provider, wire: Wire, request: &ModelRequest) -> ChatOptions {
    // Mistral refuses fields it does not know; its last chunk carries the usage unasked.
    let mut options = ChatOptions::default().with_capture_usage(provider != Provider::Mistral);
    if wire == Wire::OpenAi {
        // Otherwise genai reads `mistral-medium` or `qwen-max` as a model plus a reasoning effort and asks for `mistral`.
        // A budget has no field on this wire, so nothing is sent in its stead.
        options = options.with_reasoning_effort(ReasoningEffort::Budget(0));
    }
    if let Some(temperature) = request.temperature {
        options = options.with_temperature(temperature);
    }
    if let Some(max_tokens) = request.max_tokens {
        options = options.with_max_tokens(max_tokens);
    }
    if let Some(schema) = &request.json_schema {
        // Ollama's own field for a schema is not in genai's reach; JSON as such is.
        options = if wire == Wire::Ollama {
            options.with_response_format(genai::chat::ChatResponseFormat::JsonMode)
        } else {
            options.with_response_format(JsonSpec::new("answer", schema.clone()))
        };
    }
    options
}

fn message(provider: Provider, turn: &Turn) -> ChatMessage {
    match turn {
        Turn::User { content, images } if images.is_empty() => ChatMessage::user(content.as_str()),
        Turn::User { content, images } => {
            let text = (!content.is_empty()).then(|| ContentPart::from_text(content.as_str()));
            let images = images.iter().map(|image| {
                ContentPart::Binary(Binary::from_base64(image.media_type.as_str(), image.data.as_str(), None))
            });
            ChatMessage::user(MessageContent::from_parts(text.into_iter().chain(images).collect::<Vec<_>>()))
        }
        Turn::Assistant { content, calls } => {
            // An empty text block is refused by Anthropic.
            let text = (!content.is_empty()).then(|| ContentPart::from_text(content.as_str()));
            let calls = calls.iter().map(|call| {
                ContentPart::ToolCall(ToolCall {
                    call_id: call_id(provider, &call.id),
                    fn_name: call.name.clone(),
                    fn_arguments: if call.input.is_object() {
                        call.input.clone()
                    } else {
                        Value::Object(Map::new())
                    },
                    thought_signatures: None,
                })
            });
            ChatMessage::assistant(MessageContent::from_parts(
                text.into_iter().chain(calls).collect::<Vec<_>>(),
            ))
        }
        Turn::Tools { results } => ChatMessage::tool(MessageContent::from_parts(
            results
                .iter()
                .map(|result| {
                    ContentPart::ToolResponse(
                        ToolResponse::new(call_id(provider, &result.call_id), result.content.as_str())
                            .with_fn_name(result.name.as_str()),
                    )
                })
                .collect::<Vec<_>>(),
        )),
    }
}

/// The id of a call as this provider takes it. A conversation may have begun with another provider, whose ids this one
/// would refuse: Mistral wants exactly nine letters or digits, the others letters, digits, `_` and `-`, at most 64.
fn call_id(provider: Provider, id: &str) -> String {
    let fits = if provider == Provider::Mistral {
        id.len() == 9 && id.bytes().all(|b| b.is_ascii_alphanumeric())
    } else {
        (1..=64).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
    };
    if fits {
        return id.to_owned();
    }
    // FNV-1a: stable over runs, so a call and its result keep the same id however often they are sent.
    let hash = id
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, b| (hash ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    let mut short = String::with_capacity(9);
    let _ = write!(short, "c{:08x}", (hash >> 32) ^ (hash & 0xffff_ffff));
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_call_ids_are_made_to_fit_and_stay_the_same() {
        let mistral = call_id(Provider::Mistral, "toolu_01AbCdEf");
        assert_eq!(mistral.len(), 9);
        assert!(mistral.bytes().all(|b| b.is_ascii_alphanumeric()));
        assert_eq!(mistral, call_id(Provider::Mistral, "toolu_01AbCdEf"));
        assert_ne!(mistral, call_id(Provider::Mistral, "toolu_01AbCdEg"));
        assert_eq!(call_id(Provider::Anthropic, "toolu_01AbCdEf"), "toolu_01AbCdEf");
        assert!(!call_id(Provider::Anthropic, "call#read#0").contains('#'));
    }
}
