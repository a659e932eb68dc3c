//! Recorded replies of real providers, replayed in random pieces and compared with a plain reading of the same bytes.
//!
//! The recordings are not part of the repository (`../shared/data/llm_wire`); without them this says so and passes. The
//! formats themselves are held by `wire.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may fail loudly"
)]

mod stand_in;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use luna_llm::{Config, Providers, Timeouts};
use luna_model::{ErrorKind, Provider};
use serde::Deserialize;
use serde_json::Value;
use stand_in::{Answer, StandIn, Told, ask, hello};

/// Streams and errors that must be found, and the part of them that must be read as they were meant. What differs are
/// Gemini streams with Google's own code execution, which go on after their end marker; Luna never asks for that.
const AT_LEAST: usize = 600;
const AGREEING: f64 = 0.985;

#[derive(Deserialize)]
struct Recording {
    when: When,
    then: Then,
}

#[derive(Deserialize)]
struct When {
    #[serde(default)]
    path: String,
}

#[derive(Deserialize)]
struct Then {
    status: u16,
    #[serde(default)]
    body: Option<String>,
}

/// What a reply says, read from its bytes in the simplest way.
#[derive(Debug, Default, PartialEq)]
struct Meant {
    text: String,
    calls: Vec<(String, Value)>,
    ended: bool,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recorded_replies_are_read_as_they_were_meant() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/llm_wire");
    if !folder.is_dir() {
        eprintln!("SKIPPED: no recordings at {}", folder.display());
        return;
    }
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut cuts = (0, 0);
    for (provider, file, recording) in recordings(&folder) {
        let body = recording.then.body.unwrap_or_default();
        let seed = body.len() as u64;
        let (agrees, why) = if recording.then.status == 200 {
            let meant = meaning(provider, &body);
            let told = replay(provider, Answer::ok(body.clone()).seeded(seed)).await;
            if meant.ended && body.len() > 400 {
                cuts.1 += 1;
                cuts.0 += usize::from(is_cut(provider, &body, &meant).await);
            }
            (agree(&meant, &told), format!("meant {meant:?}\n   told {told:?}"))
        } else {
            let told = replay(provider, Answer::status(recording.then.status, body)).await;
            (
                told.error.as_ref().is_some_and(|error| error.kind != ErrorKind::Internal),
                format!("{:?}", told.error),
            )
        };
        let count = counts.entry(provider.name()).or_default();
        count.1 += 1;
        count.0 += usize::from(agrees);
        if !agrees {
            eprintln!("DIFFERS {}: {why}", file.display());
        }
    }
    let (agreeing, all) = counts.values().fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
    eprintln!(
        "recorded replies read as meant: {agreeing} of {all} {counts:?}; cut ones noticed: {} of {}",
        cuts.0, cuts.1
    );
    assert!(all >= AT_LEAST, "only {all} recordings were found");
    #[allow(clippy::cast_precision_loss, reason = "a few hundred")]
    let part = agreeing as f64 / all as f64;
    assert!(part >= AGREEING, "{agreeing} of {all}");
    assert_eq!(cuts.0, cuts.1, "a cut stream was taken for a whole one");
}

/// The chat streams and chat errors among the recordings.
fn recordings(folder: &Path) -> Vec<(Provider, PathBuf, Recording)> {
    let mut found = Vec::new();
    for (name, provider) in [
        ("openai", Provider::OpenaiCompatible),
        ("openrouter", Provider::OpenaiCompatible),
        ("llamacpp", Provider::OpenaiCompatible),
        ("groq", Provider::Groq),
        ("mistral", Provider::Mistral),
        ("anthropic", Provider::Anthropic),
        ("gemini", Provider::Google),
        ("ollama", Provider::Ollama),
    ] {
        for file in files(&folder.join("rig/tests/cassettes").join(name), "yaml") {
            let text = std::fs::read_to_string(&file).unwrap();
            for document in text.split("\n---\n") {
                // Other calls of a recorded session (files, embeddings) have bodies of other shapes.
                let Ok(recording) = serde_saphyr::from_str::<Recording>(document) else { continue };
                let path = &recording.when.path;
                let chat = ["/chat/completions", "/messages", ":streamGenerateContent", "/api/chat"];
                let body = recording.then.body.as_deref().unwrap_or_default();
                let streamed =
                    if provider == Provider::Ollama { body.contains("\"done\":false") } else { is_sse(body) };
                if chat.iter().any(|end| path.ends_with(end)) && (recording.then.status != 200 || streamed) {
                    found.push((provider, file.clone(), recording));
                }
            }
        }
    }
    for file in files(&folder.join("nvidia_nim"), "sse") {
        let body = Some(std::fs::read_to_string(&file).unwrap());
        let recording = Recording { when: When { path: String::new() }, then: Then { status: 200, body } };
        found.push((Provider::NvidiaNim, file, recording));
    }
    found
}

fn is_sse(body: &str) -> bool {
    body.lines().any(|line| line.starts_with("data:"))
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|found| found == ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// One set of HTTP clients for all: making them takes longer than a reply.
static PROVIDERS: LazyLock<Providers> = LazyLock::new(|| Providers::new(Config::default()).unwrap());

async fn replay(provider: Provider, answer: Answer) -> Told {
    // A status that is tried again would be: tell the client to wait longer than it will.
    let server = StandIn::new(vec![answer.header("retry-after", "9999")]).await;
    PROVIDERS.reconfigure(Config { timeouts: Timeouts::default(), ..server.config(provider) }).unwrap();
    ask(&PROVIDERS, hello()).await
}

/// Cuts the same reply just before its end marker and asks whether that was noticed.
async fn is_cut(provider: Provider, body: &str, meant: &Meant) -> bool {
    let ended = |at: usize| meaning(provider, body.get(..at).unwrap_or_default()).ended;
    let ends: Vec<_> = body.char_indices().map(|(at, _)| at).collect();
    // Once a prefix has the end marker, so have all longer ones.
    let Some(&at) = ends.partition_point(|at| !ended(*at)).checked_sub(1).and_then(|last| ends.get(last))
    else {
        return true;
    };
    let told = replay(provider, Answer::ok(&body.as_bytes()[..at])).await;
    told.end.is_none() && told.error.is_some() && meant.text.starts_with(&told.text)
}

fn agree(meant: &Meant, told: &Told) -> bool {
    let calls: Vec<_> = told.calls.iter().map(|call| (call.name.clone(), call.input.clone())).collect();
    // A call that ran into the token limit has no whole arguments to compare.
    let whole: Vec<_> = meant.calls.iter().filter(|(_, input)| !input.is_string()).cloned().collect();
    meant.ended == told.end.is_some() && meant.text == told.text && (meant.calls == calls || whole == calls)
}

fn meaning(provider: Provider, body: &str) -> Meant {
    let mut meant = Meant::default();
    let mut pieces: BTreeMap<u64, (String, String)> = BTreeMap::new();
    for line in body.lines() {
        let data = if provider == Provider::Ollama {
            line
        } else {
            line.strip_prefix("data:").unwrap_or_default().trim()
        };
        meant.ended |= data == "[DONE]" || line == "event: message_stop";
        let Ok(frame) = serde_json::from_str::<Value>(data) else { continue };
        let text = |path: &str| frame.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        match provider {
            Provider::Anthropic => {
                let index = frame["index"].as_u64().unwrap_or(0);
                if frame["content_block"]["type"] == "tool_use" {
                    pieces.insert(index, (text("/content_block/name"), String::new()));
                }
                if let Some(piece) = pieces.get_mut(&index) {
                    piece.1.push_str(&text("/delta/partial_json"));
                }
                meant.text.push_str(&text("/delta/text"));
            }
            Provider::Google => {
                for part in frame
                    .pointer("/candidates/0/content/parts")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                {
                    if part["thought"] != true {
                        meant.text.push_str(part["text"].as_str().unwrap_or_default());
                    }
                    if let Some(call) = part.get("functionCall") {
                        meant.calls.push((call["name"].as_str().unwrap().into(), call["args"].clone()));
                    }
                }
                meant.ended |= frame.pointer("/candidates/0/finishReason").is_some();
            }
            Provider::Ollama => {
                meant.text.push_str(&text("/message/content"));
                for call in
                    frame.pointer("/message/tool_calls").and_then(Value::as_array).into_iter().flatten()
                {
                    meant.calls.push((
                        call["function"]["name"].as_str().unwrap().into(),
                        call["function"]["arguments"].clone(),
                    ));
                }
                meant.ended |= frame["done"] == true;
            }
            _ => {
                match frame.pointer("/choices/0/delta/content") {
                    Some(Value::String(content)) => meant.text.push_str(content),
                    Some(Value::Array(parts)) => {
                        parts
                            .iter()
                            .filter_map(|part| part["text"].as_str())
                            .for_each(|text| meant.text.push_str(text));
                    }
                    _ => {}
                }
                meant.text.push_str(&text("/choices/0/delta/refusal"));
                for call in frame
                    .pointer("/choices/0/delta/tool_calls")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                {
                    let piece = pieces.entry(call["index"].as_u64().unwrap_or(0)).or_default();
                    if piece.0.is_empty() {
                        piece.0 = call["function"]["name"].as_str().unwrap_or_default().to_owned();
                    }
                    piece.1.push_str(call["function"]["arguments"].as_str().unwrap_or_default());
                }
                meant.ended |=
                    frame.pointer("/choices/0/finish_reason").is_some_and(|reason| !reason.is_null());
            }
        }
    }
    for (name, arguments) in pieces.into_values() {
        let input = if matches!(arguments.as_str(), "" | "null") {
            serde_json::json!({})
        } else {
            serde_json::from_str(&arguments).unwrap_or(Value::String(arguments))
        };
        meant.calls.push((name, input));
    }
    meant
}
