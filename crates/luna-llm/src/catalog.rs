//! Which models a provider has, and what they can do where it tells. Plain GET requests: genai's lists are static for some
//! providers and go to a fixed address for others.

use std::time::Duration;

use luna_model::{Error, ModelInfo, Provider, Result};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::config::defaults;
use crate::failure::Asked;
use crate::target::{Clients, Target, Wire};

/// How long a list may take.
const LIST_LIMIT: Duration = Duration::from_secs(15);

/// How long a local Ollama may take to show that it is there.
const PROBE_LIMIT: Duration = Duration::from_millis(700);

/// What a model can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Abilities {
    pub(crate) tools: bool,
    pub(crate) images: bool,
}

/// The models of a provider that can chat, as it lists them now.
pub(crate) async fn models(clients: &Clients, target: &Target) -> Result<Vec<ModelInfo>> {
    let request = clients.http(target).get(list_address(target)?).timeout(LIST_LIMIT);
    let listed = ask(with_key(request, target), target).await?;
    let entries = ["/data", "/models", ""].iter().find_map(|path| listed.pointer(path)?.as_array());
    let Some(entries) = entries else {
        return Err(Error::unavailable(format!(
            "{} did not send a list of models. Is {} the right address?",
            defaults(target.provider).title,
            target.base
        )));
    };
    Ok(entries
        .iter()
        .filter(|entry| can_chat(entry))
        .filter_map(|entry| info(target.provider, entry))
        .collect())
}

/// The models of an Ollama that answers within a moment; none when it does not.
pub(crate) async fn probe(clients: &Clients, target: &Target) -> Option<Vec<String>> {
    let request = clients.http(target).get(target.at("api/tags").ok()?);
    let listed: Value =
        tokio::time::timeout(PROBE_LIMIT, async { request.send().await.ok()?.json().await.ok() })
            .await
            .ok()??;
    let names = listed.get("models")?.as_array()?.iter().filter(|entry| can_chat(entry));
    Some(names.filter_map(|entry| entry.get("name")?.as_str().map(str::to_owned)).collect())
}

/// What an Ollama says its model can do; none when it does not say.
pub(crate) async fn ollama_abilities(clients: &Clients, target: &Target, model: &str) -> Option<Abilities> {
    let request = clients.http(target).post(target.at("api/show").ok()?).json(&json!({ "model": model }));
    let shown: Value = tokio::time::timeout(PROBE_LIMIT, async {
        with_key(request, target).send().await.ok()?.error_for_status().ok()?.json().await.ok()
    })
    .await
    .ok()??;
    let can = shown.get("capabilities")?.as_array()?;
    let has = |word: &str| can.iter().any(|ability| ability == word);
    Some(Abilities { tools: has("tools"), images: has("vision") })
}

/// What a model can do, from its name: for providers that do not tell.
pub(crate) fn guess(provider: Provider, model: &str) -> Abilities {
    let name = model.to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    let images = match provider {
        Provider::Anthropic | Provider::Google => true,
        // Anything may stand behind the name; a server that cannot see says so, while an image held back is just missing.
        Provider::OpenaiCompatible => {
            !has(&["gpt-3.5", "o1-mini", "o3-mini", "deepseek", "coder", "codellama", "gpt-oss"])
        }
        Provider::Mistral => has(&["pixtral", "medium", "small", "ministral", "mistral-large-latest"]),
        Provider::Groq | Provider::NvidiaNim => {
            has(&["vision", "llama-4", "scout", "maverick", "-vl", "pixtral", "gemma-3"])
        }
        Provider::Cohere => has(&["vision"]),
        Provider::Ollama => has(&["llava", "vision", "-vl", "gemma3", "moondream", "llama4", "minicpm-v"]),
        Provider::Builtin => false,
    };
    Abilities { tools: true, images }
}

fn list_address(target: &Target) -> Result<url::Url> {
    if target.provider == Provider::Cohere && target.base.path().ends_with("/compatibility/v1/") {
        // The compatible door has no list; the native one has.
        return target.at("../../v1/models?endpoint=chat&page_size=200");
    }
    target.at(if target.wire == Wire::Ollama { "api/tags" } else { "models" })
}

fn with_key(request: RequestBuilder, target: &Target) -> RequestBuilder {
    let Some(key) = target.key.as_ref().map(|key| key.expose().trim()) else { return request };
    match target.wire {
        Wire::Anthropic => request.header("x-api-key", key).header("anthropic-version", "2023-06-01"),
        Wire::Gemini => request.header("x-goog-api-key", key),
        Wire::OpenAi | Wire::Ollama => request.bearer_auth(key),
    }
}

async fn ask(request: RequestBuilder, target: &Target) -> Result<Value> {
    let asked = Asked::new(target, "");
    let reply = request.send().await.map_err(|error| asked.unreachable(error, false).error)?;
    let (status, headers) = (reply.status(), reply.headers().clone());
    let body = reply.text().await.map_err(|error| asked.unreachable(error, false).error)?;
    if !status.is_success() {
        return Err(asked.status(status, &body, &headers).error);
    }
    serde_json::from_str(&body).map_err(|cause| {
        let title = defaults(target.provider).title;
        Error::unavailable(format!("{title} sent no list of models. Is {} the right address?", target.base))
            .because(cause)
    })
}

/// Lists name embedding, speech and image models too; a chat with those fails.
fn can_chat(entry: &Value) -> bool {
    let told = |path: &str, word: &str| {
        entry.pointer(path).and_then(Value::as_array).map(|all| all.iter().any(|item| item == word))
    };
    if let Some(told) =
        told("/supportedGenerationMethods", "generateContent").or_else(|| told("/endpoints", "chat"))
    {
        return told;
    }
    if let Some(told) = entry.pointer("/capabilities/completion_chat").and_then(Value::as_bool) {
        return told;
    }
    let name = name(entry).unwrap_or_default().to_lowercase();
    let other = [
        "embed",
        "whisper",
        "tts",
        "dall-e",
        "gpt-image",
        "moderation",
        "rerank",
        "transcribe",
        "davinci",
        "babbage",
        "sora",
    ];
    !other.iter().any(|word| name.contains(word))
}

fn name(entry: &Value) -> Option<&str> {
    let name = entry.get("id").or_else(|| entry.get("name"))?.as_str()?;
    Some(name.strip_prefix("models/").unwrap_or(name))
}

fn info(provider: Provider, entry: &Value) -> Option<ModelInfo> {
    let name = name(entry)?.to_owned();
    let guess = guess(provider, &name);
    let told = |path: &str| entry.pointer(path).and_then(Value::as_bool);
    Some(ModelInfo {
        provider,
        tools: told("/capabilities/function_calling").unwrap_or(guess.tools),
        images: told("/capabilities/vision").unwrap_or(guess.images),
        name,
    })
}
