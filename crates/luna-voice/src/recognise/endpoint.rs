//! A recogniser behind an OpenAI-compatible address: `POST {base}/audio/transcriptions`.

use std::time::Duration;

use luna_core::ports::{Hints, SPEECH_RATE, Speech, Transcript};
use luna_model::{Error, Result, Secret};
use reqwest::multipart::{Form, Part};
use serde::Deserialize;

const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Deserialize)]
struct Answer {
    text: String,
    language: Option<String>,
}

pub(super) async fn transcribe(
    base: &str,
    key: Option<&Secret>,
    speech: Speech,
    hints: &Hints,
) -> Result<Transcript> {
    let url = format!("{}/audio/transcriptions", base.trim_end_matches('/'));
    let failed =
        |e: reqwest::Error| Error::unavailable(format!("{url} does not transcribe: {}", e.without_url()));
    let sound = crate::pcm::wav(&speech.0, SPEECH_RATE);
    let file = Part::bytes(sound).file_name("speech.wav").mime_str("audio/wav").map_err(failed)?;
    let mut form = Form::new().part("file", file).text("model", "whisper-1").text("response_format", "json");
    if !hints.words.is_empty() {
        form = form.text("prompt", hints.words.clone());
    }
    if !hints.language.is_empty() {
        form = form.text("language", hints.language.clone());
    }
    let client = reqwest::Client::builder().timeout(PATIENCE).build().map_err(Error::internal)?;
    let mut request = client.post(&url).multipart(form);
    if let Some(key) = key {
        request = request.bearer_auth(key.expose());
    }
    let response = request.send().await.and_then(reqwest::Response::error_for_status).map_err(failed)?;
    let answer: Answer = response.json().await.map_err(failed)?;
    Ok(Transcript { text: answer.text.trim().to_owned(), language: answer.language })
}
