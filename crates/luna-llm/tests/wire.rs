//! Each of the eight providers in its own wire format: a streamed answer, a tool call, an error, and an answer cut off,
//! however the bytes are split on the way.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may fail loudly"
)]

mod stand_in;

use std::path::Path;

use luna_model::{EndReason, ErrorKind, Provider, Usage};
use serde_json::json;
use stand_in::{Answer, End, KEY, StandIn, ask, hello};

const TEXT: &str = "The moon is 384,400 km away — très loin 🌙.";
const EIGHT: [Provider; 8] = [
    Provider::Ollama,
    Provider::OpenaiCompatible,
    Provider::Anthropic,
    Provider::Google,
    Provider::Groq,
    Provider::Cohere,
    Provider::Mistral,
    Provider::NvidiaNim,
];

fn fixture(provider: Provider, name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire").join(provider.name());
    let kind = match (name, provider) {
        ("error", _) => "json",
        (_, Provider::Ollama) => "ndjson",
        _ => "sse",
    };
    std::fs::read(folder.join(format!("{name}.{kind}"))).unwrap()
}

#[tokio::test]
async fn text_streams_whole_and_in_pieces() {
    for provider in EIGHT {
        for seed in 1..=12 {
            let server = StandIn::new(vec![Answer::ok(fixture(provider, "text")).seeded(seed)]).await;
            let told = ask(&server.providers(provider), hello()).await;
            assert_eq!(told.text, TEXT, "{provider:?} {told:?}");
            assert!(told.texts >= 4, "{provider:?} came in {} pieces", told.texts);
            assert_eq!(told.end, Some(EndReason::Stop), "{provider:?}");
            assert_eq!(told.usage, Some(Usage { input_tokens: 21, output_tokens: 11 }), "{provider:?}");
        }
    }
}

#[tokio::test]
async fn a_tool_call_comes_whole() {
    for provider in EIGHT {
        for seed in 1..=12 {
            let server = StandIn::new(vec![Answer::ok(fixture(provider, "tool")).seeded(seed)]).await;
            let told = ask(&server.providers(provider), hello()).await;
            assert_eq!(told.calls.len(), 1, "{provider:?} {told:?}");
            let call = &told.calls[0];
            assert_eq!(
                (call.name.as_str(), &call.input),
                ("get_weather", &json!({"city": "Zürich", "days": 3}))
            );
            assert!(!call.id.is_empty() && !call.id.contains('#'), "{provider:?} {}", call.id);
            assert_eq!(told.end, Some(EndReason::Tools), "{provider:?}");
            assert_eq!(told.text, "", "{provider:?}: thinking is no text");
        }
    }
}

#[tokio::test]
async fn a_stream_that_just_ends_was_cut_off() {
    for provider in EIGHT {
        for end in [End::Whole, End::Dropped] {
            let server = StandIn::new(vec![Answer::ok(fixture(provider, "cut")).ending(end)]).await;
            let told = ask(&server.providers(provider), hello()).await;
            assert!(
                TEXT.starts_with(&told.text) && !told.text.is_empty(),
                "{provider:?}: what came is kept: {told:?}"
            );
            let error = told
                .error
                .unwrap_or_else(|| panic!("{provider:?} took a cut stream for a whole one ({end:?})"));
            assert_eq!(error.kind, ErrorKind::Unavailable);
            assert!(error.message.contains("was cut off"), "{provider:?}: {error}");
            assert_eq!(
                server.requests().len(),
                1,
                "{provider:?}: nothing is tried again after the first event"
            );
        }
    }
}

#[tokio::test]
async fn a_cut_anywhere_before_the_end_marker_is_seen() {
    for provider in EIGHT {
        let whole = fixture(provider, "text");
        for at in (whole.len() / 7..whole.len() / 2).step_by(97) {
            let server = StandIn::new(vec![Answer::ok(&whole[..at])]).await;
            let told = ask(&server.providers(provider), hello()).await;
            assert!(told.error.is_some(), "{provider:?} cut at {at}");
        }
    }
}

#[tokio::test]
async fn errors_are_told_in_plain_words() {
    for (provider, status, kind, words) in [
        (Provider::OpenaiCompatible, 404, ErrorKind::Unavailable, "no model \"a-model\""),
        (Provider::Anthropic, 401, ErrorKind::Unavailable, "the key was refused"),
        (Provider::Google, 400, ErrorKind::Unavailable, "the key was refused"),
        (Provider::Groq, 429, ErrorKind::LimitReached, "Rate limit reached"),
        (Provider::Mistral, 422, ErrorKind::Invalid, "Extra inputs are not permitted"),
        (Provider::Cohere, 400, ErrorKind::Invalid, "the message is too long"),
        (Provider::NvidiaNim, 403, ErrorKind::Unavailable, "Authorization failed"),
        (Provider::Ollama, 404, ErrorKind::Unavailable, "ollama pull a-model"),
    ] {
        let server = StandIn::new(vec![Answer::status(status, fixture(provider, "error"))]).await;
        let error = ask(&server.providers(provider), hello()).await.error.unwrap();
        assert!(error.message.contains(words), "{provider:?}: {error}");
        assert_eq!(error.kind, kind, "{provider:?}: {error}");
        let tries = if status == 429 { 3 } else { 1 };
        assert_eq!(server.requests().len(), tries, "{provider:?}");
    }
}

#[tokio::test]
async fn the_key_goes_where_the_provider_wants_it_and_nowhere_else() {
    for provider in EIGHT {
        let server = StandIn::new(vec![Answer::ok(fixture(provider, "text"))]).await;
        ask(&server.providers(provider), hello()).await;
        let seen = &server.requests()[0];
        let wanted = match provider {
            Provider::Anthropic => format!("x-api-key: {KEY}"),
            Provider::Google => format!("x-goog-api-key: {KEY}"),
            Provider::Ollama => String::new(),
            _ => format!("authorization: bearer {KEY}"),
        };
        assert!(seen.head.contains(&wanted), "{provider:?}: {}", seen.head);
        assert!(!seen.path.contains(KEY));
        let path = match provider {
            Provider::Anthropic => "/v1/messages",
            Provider::Google => "/v1beta/models/a-model:streamGenerateContent?alt=sse",
            Provider::Ollama => "/api/chat",
            Provider::Groq => "/openai/v1/chat/completions",
            Provider::Cohere => "/compatibility/v1/chat/completions",
            _ => "/v1/chat/completions",
        };
        assert_eq!(seen.path, path);
    }
}
