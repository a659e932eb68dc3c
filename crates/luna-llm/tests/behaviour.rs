//! What holds around the wire formats: who answers, retries, time limits, cancel, requests as they are sent.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may fail loudly"
)]

mod stand_in;

use std::time::{Duration, Instant};

use futures::StreamExt as _;
use luna_core::ports::Llm as _;
use luna_llm::{Config, ProviderConfig, Providers};
use luna_model::{
    EndReason, ErrorKind, Image, ModelEvent, ModelRequest, Provider, Secret, ToolCall, ToolResult, ToolSpec,
    Turn,
};
use serde_json::{Value, json};
use stand_in::{Answer, End, KEY, StandIn, ask, hello, patient};

const OPENAI: Provider = Provider::OpenaiCompatible;

/// Server-sent events of these chunks.
fn sse(chunks: &[Value], done: bool) -> Vec<u8> {
    let mut body: String = chunks.iter().map(|chunk| format!("data: {chunk}\n\n")).collect();
    if done {
        body.push_str("data: [DONE]\n\n");
    }
    body.into_bytes()
}

fn delta(delta: Value) -> Value {
    json!({"choices": [{"index": 0, "delta": delta, "finish_reason": null}]})
}

fn finish(reason: &str) -> Value {
    json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
}

fn says(text: &str) -> Answer {
    Answer::ok(sse(&[delta(json!({"content": text})), finish("stop")], true))
}

#[tokio::test]
async fn a_passing_failure_is_tried_again() {
    for failure in [
        Answer::status(500, "{}"),
        Answer::status(503, "<html>busy</html>"),
        Answer::status(429, "{}").header("retry-after", "0"),
    ] {
        let server = StandIn::new(vec![failure.clone(), failure, says("there")]).await;
        let told = ask(&server.providers(OPENAI), hello()).await;
        assert_eq!(told.text, "there");
        assert_eq!(server.requests().len(), 3);
    }
}

#[tokio::test]
async fn a_lasting_failure_ends_within_three_seconds() {
    let began = Instant::now();
    let server =
        StandIn::new(vec![Answer::status(500, r#"{"error":{"message":"scripted failure 500"}}"#)]).await;
    let error = ask(&server.providers(OPENAI), hello()).await.error.unwrap();
    assert!(error.message.contains("scripted failure 500"), "{error}");
    assert_eq!((error.kind, server.requests().len()), (ErrorKind::Unavailable, 3));
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
}

#[tokio::test]
async fn the_wait_a_provider_asks_for_is_kept_or_told() {
    let began = Instant::now();
    let server =
        StandIn::new(vec![Answer::status(429, "{}").header("retry-after", "1"), says("there")]).await;
    assert_eq!(ask(&server.providers(OPENAI), hello()).await.text, "there");
    assert!(began.elapsed() >= Duration::from_secs(1));

    let server = StandIn::new(vec![Answer::status(429, "{}").header("retry-after", "3600")]).await;
    let error = ask(&server.providers(OPENAI), hello()).await.error.unwrap();
    assert!(error.message.contains("Try again in 3600 s"), "{error}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn nothing_listening_is_told_with_its_address() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    for (provider, words) in
        [(OPENAI, "Nothing answers at http://127.0.0.1"), (Provider::Ollama, "Is Ollama running?")]
    {
        let set = ProviderConfig {
            base_url: Some(format!("http://127.0.0.1:{free}")),
            ..ProviderConfig::default()
        };
        let config =
            Config { chosen: Some(provider), providers: [(provider, set)].into(), timeouts: patient() };
        let error = ask(&Providers::new(config).unwrap(), hello()).await.error.unwrap();
        assert!(error.message.contains(words), "{error}");
        assert!(error.message.contains(&free.to_string()), "{error}");
    }
}

#[tokio::test]
async fn silence_before_the_first_token_ends_in_time() {
    let mut answer = says("never");
    answer.late = Duration::from_secs(60);
    let server = StandIn::new(vec![answer]).await;
    let began = Instant::now();
    let error = ask(&server.impatient(OPENAI), hello()).await.error.unwrap();
    assert!(error.message.contains("did not begin to answer within 1.5 s"), "{error}");
    assert!(began.elapsed() < Duration::from_secs(30));
    assert_eq!(server.requests().len(), 1, "a silent model is not asked twice");
}

#[tokio::test]
async fn silence_in_the_middle_ends_in_time_and_keeps_what_came() {
    let server =
        StandIn::new(vec![Answer::ok(sse(&[delta(json!({"content": "half"}))], false)).ending(End::Silent)])
            .await;
    let told = ask(&server.impatient(OPENAI), hello()).await;
    assert_eq!(told.text, "half");
    assert!(told.error.unwrap().message.contains("was cut off"));
}

#[tokio::test]
async fn an_answer_that_is_whole_but_for_the_last_marker_is_whole() {
    for (end, done) in [(End::Whole, false), (End::Dropped, false), (End::Silent, false), (End::Silent, true)]
    {
        let body = sse(&[delta(json!({"content": "all"})), finish("stop")], done);
        let server = StandIn::new(vec![Answer::ok(body).ending(end)]).await;
        let told = ask(&server.impatient(OPENAI), hello()).await;
        assert_eq!(
            (told.text.as_str(), told.end),
            ("all", Some(EndReason::Stop)),
            "{end:?} {:?}",
            told.error
        );
    }
}

#[tokio::test]
async fn dropping_the_stream_drops_the_request() {
    let server =
        StandIn::new(vec![Answer::ok(sse(&[delta(json!({"content": "one"}))], false)).ending(End::Silent)])
            .await;
    let mut stream = server.providers(OPENAI).stream(hello()).await.unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap(), ModelEvent::Text("one".into()));
    drop(stream);
    tokio::time::timeout(Duration::from_secs(2), server.connections_gone(1))
        .await
        .expect("the connection stayed open");
}

#[tokio::test]
async fn giving_up_before_the_first_token_drops_the_request_too() {
    let mut answer = says("never");
    answer.late = Duration::from_secs(60);
    let server = StandIn::new(vec![answer]).await;
    let providers = server.providers(OPENAI);
    let _ = tokio::time::timeout(Duration::from_millis(200), providers.stream(hello())).await;
    tokio::time::timeout(Duration::from_secs(2), server.connections_gone(1))
        .await
        .expect("the connection stayed open");
}

#[tokio::test]
async fn connections_are_kept() {
    let server = StandIn::new(vec![says("again")]).await;
    let providers = server.providers(OPENAI);
    for _ in 0..5 {
        assert_eq!(ask(&providers, hello()).await.text, "again");
    }
    let gone = tokio::time::timeout(Duration::from_millis(50), server.connections_gone(2)).await;
    assert!(gone.is_err(), "each request opened a connection of its own");
}

#[tokio::test]
async fn an_error_in_the_stream_is_an_error() {
    let error = json!({"error": {"message": "Provider returned error", "code": 502, "metadata": {"raw": "upstream fell over"}}});
    let server = StandIn::new(vec![Answer::ok(sse(&[delta(json!({"content": "he"})), error], true))]).await;
    let told = ask(&server.providers(OPENAI), hello()).await;
    assert_eq!(told.text, "he");
    assert!(told.error.unwrap().message.contains("upstream fell over"));

    let body = b"{\"error\":\"an error was encountered while running the model\"}\n".to_vec();
    let server = StandIn::new(vec![Answer::ok(body)]).await;
    let error = ask(&server.providers(Provider::Ollama), hello()).await.error.unwrap();
    assert!(error.message.contains("while running the model"), "{error}");
}

#[tokio::test]
async fn an_overload_told_in_the_stream_is_tried_again_only_before_the_first_event() {
    let overloaded = b"event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";
    let server = StandIn::new(vec![Answer::ok(*overloaded)]).await;
    let error = ask(&server.providers(Provider::Anthropic), hello()).await.error.unwrap();
    assert!(error.message.contains("Overloaded"), "{error}");
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn a_key_that_a_provider_repeats_is_not_shown() {
    for status in [400, 401, 403, 404, 418, 429, 500] {
        let body = json!({"error": {"message": format!("bad key {KEY} given")}}).to_string();
        let server = StandIn::new(vec![Answer::status(status, body)]).await;
        let told = ask(&server.providers(OPENAI), hello()).await; // checks that no error shows the key
        assert!(!told.error.unwrap().message.is_empty());
    }
}

#[tokio::test]
async fn a_redirect_does_not_carry_the_key_away() {
    let elsewhere = StandIn::new(vec![says("stolen")]).await;
    let to = format!("http://127.0.0.1:{}/v1/chat/completions", elsewhere.port);
    let server = StandIn::new(vec![Answer::status(307, "").header("location", to)]).await;
    let error = ask(&server.providers(OPENAI), hello()).await.error.unwrap();
    assert!(error.message.contains("sends requests on to"), "{error}");
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn refusals_filters_and_limits_are_told_apart() {
    let refusal = sse(
        &[delta(json!({"refusal": "I can't "})), delta(json!({"refusal": "help."})), finish("stop")],
        true,
    );
    let told = ask(&StandIn::new(vec![Answer::ok(refusal)]).await.providers(OPENAI), hello()).await;
    assert_eq!(told.text, "I can't help.");

    for (word, end) in
        [("length", EndReason::Length), ("content_filter", EndReason::Filtered), ("stop", EndReason::Stop)]
    {
        let body = sse(&[delta(json!({"content": "x"})), finish(word)], true);
        assert_eq!(
            ask(&StandIn::new(vec![Answer::ok(body)]).await.providers(OPENAI), hello()).await.end,
            Some(end)
        );
    }

    let blocked = sse(
        &[
            json!({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 4}}),
        ],
        false,
    );
    let told = ask(&StandIn::new(vec![Answer::ok(blocked)]).await.providers(Provider::Google), hello()).await;
    assert_eq!(told.end, Some(EndReason::Filtered), "{told:?}");
}

#[tokio::test]
async fn keep_alives_and_unknown_fields_do_no_harm() {
    let mut body = b": OPENROUTER PROCESSING\n\n".to_vec();
    body.extend(sse(&[json!({"odd": [1], "choices": [{"delta": {"content": "fine", "annotations": []}, "native_finish_reason": null, "finish_reason": null}]})], false));
    body.extend(b": OPENROUTER PROCESSING\n\n");
    body.extend(sse(&[finish("stop")], true));
    assert_eq!(
        ask(&StandIn::new(vec![Answer::ok(body)]).await.providers(OPENAI), hello()).await.text,
        "fine"
    );
}

#[tokio::test]
async fn a_request_says_all_that_was_asked() {
    let request = ModelRequest {
        system: "You are Luna.".into(),
        turns: vec![
            Turn::User {
                content: "What is this?".into(),
                images: vec![Image { media_type: "image/png".into(), data: "iVBORw0KGgo=".into() }],
            },
            Turn::Assistant {
                content: String::new(),
                calls: vec![ToolCall { id: "call_1".into(), name: "look".into(), input: json!({"at": 1}) }],
            },
            Turn::Tools {
                results: vec![ToolResult {
                    call_id: "call_1".into(),
                    name: "look".into(),
                    content: "a cat".into(),
                    is_error: false,
                    from_outside: true,
                }],
            },
        ],
        tools: vec![ToolSpec {
            name: "look".into(),
            description: "Looks.".into(),
            input_schema: json!({"type": "object", "properties": {"at": {"type": "integer"}}}),
        }],
        temperature: Some(0.5),
        max_tokens: Some(77),
        json_schema: Some(
            json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": false}),
        ),
        ..ModelRequest::default()
    };
    for (provider, parts) in [
        (
            OPENAI,
            vec![
                "data:image/png;base64,iVBORw0KGgo=",
                "\"tool_call_id\":\"call_1\"",
                "a cat",
                "\"max_tokens\":77",
                "\"json_schema\"",
                "\"temperature\":0.5",
                "You are Luna.",
                "\"stream\":true",
                "include_usage",
            ],
        ),
        (
            Provider::Anthropic,
            vec![
                "\"media_type\":\"image/png\"",
                "\"tool_use_id\":\"call_1\"",
                "a cat",
                "\"max_tokens\":77",
                "json_schema",
                "\"input_schema\"",
                "You are Luna.",
            ],
        ),
        (
            Provider::Google,
            vec![
                "inline_data",
                "functionResponse",
                "a cat",
                "maxOutputTokens\":77",
                "responseJsonSchema",
                "functionDeclarations",
                "systemInstruction",
            ],
        ),
        (
            Provider::Ollama,
            vec![
                "\"images\":[\"iVBORw0KGgo=\"]",
                "\"role\":\"tool\"",
                "a cat",
                "\"num_predict\":77",
                "\"format\":\"json\"",
                "\"tools\"",
            ],
        ),
        (Provider::Cohere, vec!["image_url", "\"tool_calls\"", "a cat", "\"tools\""]),
        (Provider::NvidiaNim, vec!["image_url", "\"tool_calls\"", "a cat", "\"tools\""]),
        (Provider::Groq, vec!["image_url", "\"tool_calls\"", "a cat", "\"tools\""]),
    ] {
        let server = StandIn::new(vec![Answer::status(400, "{}")]).await;
        ask(&server.providers(provider), request.clone()).await;
        let body = server.requests()[0].body.to_string();
        for part in parts {
            assert!(body.contains(part), "{provider:?} lacks {part}: {body}");
        }
    }
    let server = StandIn::new(vec![Answer::status(400, "{}")]).await;
    ask(&server.providers(Provider::Mistral), request).await;
    let body = &server.requests()[0].body;
    assert!(body.get("stream_options").is_none(), "Mistral refuses fields it does not know");
    let id = |path: &str| body.pointer(path).unwrap().as_str().unwrap().to_owned();
    assert_eq!(id("/messages/2/tool_calls/0/id"), id("/messages/3/tool_call_id"));
    assert_eq!(id("/messages/3/tool_call_id").len(), 9);
}

#[tokio::test]
async fn model_names_are_sent_as_they_are() {
    for name in ["mistral-medium", "qwen-max", "o3-mini-high", "meta-llama/llama-3.1:free", "gpt-oss-none"] {
        let server = StandIn::new(vec![says("x")]).await;
        ask(&server.providers(OPENAI), ModelRequest { model: Some(name.into()), ..hello() }).await;
        let body = &server.requests()[0].body;
        assert_eq!(body["model"], name);
        assert!(body.get("reasoning_effort").is_none(), "{body}");
    }
}

#[tokio::test]
async fn a_server_without_a_key_gets_no_header() {
    let server = StandIn::new(vec![says("free")]).await;
    let mut config = server.config(OPENAI);
    config.providers.get_mut(&OPENAI).unwrap().api_key = None;
    assert_eq!(ask(&Providers::new(config).unwrap(), hello()).await.text, "free");
    assert!(!server.requests()[0].head.contains("authorization"));
}

#[tokio::test]
async fn a_missing_key_is_told_before_anything_is_sent() {
    let providers = Providers::new(Config { chosen: Some(Provider::Groq), ..Config::default() }).unwrap();
    let error = ask(&providers, hello()).await.error.unwrap();
    assert!(error.message.contains("GROQ_API_KEY"), "{error}");
}

#[tokio::test]
async fn auto_takes_a_key_first_then_ollama_then_the_built_in() {
    let tags = r#"{"models":[{"name":"nomic-embed-text:latest"},{"name":"llama3.2:3b"}]}"#;
    let server = StandIn::new(vec![Answer::status(200, tags)]).await;
    let ollama = ProviderConfig {
        base_url: Some(format!("http://127.0.0.1:{}", server.port)),
        ..ProviderConfig::default()
    };
    let keyed = ProviderConfig { api_key: Some(Secret::new(KEY.into())), ..ProviderConfig::default() };
    let auto = |sets: Vec<(Provider, ProviderConfig)>| {
        Providers::new(Config { chosen: None, providers: sets.into_iter().collect(), timeouts: patient() })
            .unwrap()
    };

    let providers = auto(vec![
        (Provider::Ollama, ollama.clone()),
        (Provider::Mistral, keyed.clone()),
        (Provider::Groq, keyed),
    ]);
    assert_eq!(providers.active().await.provider, Provider::Groq, "the first in order that has a key");

    let active = auto(vec![(Provider::Ollama, ollama)]).active().await;
    assert_eq!((active.provider, active.name.as_str()), (Provider::Ollama, "llama3.2:3b"), "a model it has");

    let nobody = ProviderConfig { base_url: Some("http://127.0.0.1:9".into()), ..ProviderConfig::default() };
    let providers = auto(vec![(Provider::Ollama, nobody)]);
    assert_eq!(providers.active().await.provider, Provider::Builtin);
    assert!(ask(&providers, hello()).await.end.is_some(), "the built-in one always answers");
}

#[tokio::test]
async fn a_failing_provider_never_becomes_another() {
    let (failing, other) =
        (StandIn::new(vec![Answer::status(500, "{}")]).await, StandIn::new(vec![says("me")]).await);
    let mut config = failing.config(OPENAI);
    config.providers.extend(other.config(Provider::Groq).providers);
    let told = ask(&Providers::new(config).unwrap(), hello()).await;
    assert!(told.error.is_some());
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn a_new_configuration_and_a_request_of_its_own_take_effect_at_once() {
    let (one, two) = (StandIn::new(vec![says("one")]).await, StandIn::new(vec![says("two")]).await);
    let providers = one.providers(OPENAI);
    assert_eq!(ask(&providers, hello()).await.text, "one");

    let mut both = one.config(OPENAI);
    both.providers.extend(two.config(Provider::Groq).providers);
    providers.reconfigure(both).unwrap();
    let request = ModelRequest { provider: Some(Provider::Groq), model: Some("other".into()), ..hello() };
    assert_eq!(ask(&providers, request).await.text, "two");
    assert_eq!(two.requests()[0].body["model"], "other");

    providers.reconfigure(two.config(OPENAI)).unwrap();
    assert_eq!(ask(&providers, hello()).await.text, "two");
}

#[tokio::test]
async fn the_state_tells_how_each_has_fared() {
    let server = StandIn::new(vec![says("ok"), Answer::status(401, "{}")]).await;
    let providers = server.providers(OPENAI);
    let state = async || providers.providers().await.into_iter().find(|p| p.provider == OPENAI).unwrap();

    let fresh = state().await;
    assert!(fresh.configured && fresh.active && fresh.last_ok.is_none() && fresh.last_error.is_none());
    providers.test(OPENAI).await.unwrap();
    assert!(state().await.last_ok.is_some());
    assert!(providers.test(OPENAI).await.unwrap_err().message.contains("the key was refused"));
    assert!(state().await.last_error.unwrap().contains("the key was refused"));
    assert_eq!(providers.providers().await.len(), Provider::ALL.len());
    assert!(
        server.requests().iter().all(|seen| seen.path.ends_with("/chat/completions")),
        "the state asks nobody"
    );
}

#[tokio::test]
async fn models_are_listed_in_each_providers_form() {
    for (provider, path, body, wanted) in [
        (
            OPENAI,
            "/v1/models",
            r#"{"data":[{"id":"gpt-4o"},{"id":"text-embedding-3-small"},{"id":"whisper-1"}]}"#,
            "gpt-4o",
        ),
        (
            Provider::Anthropic,
            "/v1/models",
            r#"{"data":[{"type":"model","id":"claude-sonnet-4-5","display_name":"x"}],"has_more":false}"#,
            "claude-sonnet-4-5",
        ),
        (
            Provider::Google,
            "/v1beta/models",
            r#"{"models":[{"name":"models/gemini-2.0-flash","supportedGenerationMethods":["generateContent"]},{"name":"models/aqa","supportedGenerationMethods":["generateAnswer"]}]}"#,
            "gemini-2.0-flash",
        ),
        (
            Provider::Ollama,
            "/api/tags",
            r#"{"models":[{"name":"llava:7b"},{"name":"nomic-embed-text:latest"}]}"#,
            "llava:7b",
        ),
        (
            Provider::Mistral,
            "/v1/models",
            r#"{"data":[{"id":"pixtral-large","capabilities":{"completion_chat":true,"vision":true,"function_calling":true}},{"id":"mistral-ocr","capabilities":{"completion_chat":false}}]}"#,
            "pixtral-large",
        ),
        (
            Provider::Cohere,
            "/v1/models?endpoint=chat&page_size=200",
            r#"{"models":[{"name":"command-r-plus","endpoints":["chat"]},{"name":"embed-v4","endpoints":["embed"]}]}"#,
            "command-r-plus",
        ),
    ] {
        let server = StandIn::new(vec![Answer::status(200, body)]).await;
        let models = server.providers(provider).models(provider).await.unwrap();
        let names: Vec<_> = models.iter().map(|model| model.name.as_str()).collect();
        assert_eq!(names, [wanted], "{provider:?}");
        assert_eq!(server.requests()[0].path, path);
    }
    let server = StandIn::new(vec![Answer::status(200, "<html>")]).await;
    let error = server.providers(OPENAI).models(OPENAI).await.unwrap_err();
    assert!(error.message.contains("right address"), "{error}");
}

#[tokio::test]
async fn a_long_answer_and_long_arguments_cost_no_more_a_piece_than_short_ones() {
    let texts = vec![delta(json!({"content": "word "})); 20_000];
    let body = sse(&[texts, vec![finish("stop")]].concat(), true);
    let server = StandIn::new(vec![Answer::ok(body)]).await;
    let began = Instant::now();
    let told = ask(&server.providers(OPENAI), hello()).await;
    let each = began.elapsed() / 20_000;
    assert_eq!(told.texts, 20_000);
    eprintln!("a token took {each:?} from the server's write to the event, in this build");
    assert!(each < Duration::from_millis(1));

    let piece = |text: &str| delta(json!({"tool_calls": [{"index": 0, "function": {"arguments": text}}]}));
    let call = delta(
        json!({"tool_calls": [{"index": 0, "id": "a", "function": {"name": "write", "arguments": "{\"text\":\""}}]}),
    );
    let pieces =
        [vec![call], vec![piece("0123456789"); 20_000], vec![piece("\"}"), finish("tool_calls")]].concat();
    let server = StandIn::new(vec![Answer::ok(sse(&pieces, true))]).await;
    let began = Instant::now();
    let told = ask(&server.providers(OPENAI), hello()).await;
    assert_eq!(told.calls[0].input["text"].as_str().unwrap().len(), 200_000);
    assert!(began.elapsed() / 20_000 < Duration::from_millis(1), "{:?}", began.elapsed());
}
