//! A voice behind an OpenAI-compatible address: `POST {base}/audio/speech`.

use std::time::Duration;

use luna_model::{Error, Result, Secret, VoiceSettings};
use serde_json::json;

use crate::decode;
use crate::pcm::Pcm;

const PATIENCE: Duration = Duration::from_secs(60);
/// The rate that such voices have at speed 1, in words a minute.
const USUAL_RATE: f64 = 150.0;

pub(super) async fn speak(
    base: &str,
    key: Option<&Secret>,
    text: &str,
    settings: &VoiceSettings,
) -> Result<Pcm> {
    let url = format!("{}/audio/speech", base.trim_end_matches('/'));
    let voice = if settings.voice.is_empty() { "alloy" } else { &settings.voice };
    let body = json!({
        "model": "tts-1",
        "input": text,
        "voice": voice,
        "response_format": "wav",
        "speed": (f64::from(settings.rate) / USUAL_RATE).clamp(0.25, 4.0),
    });
    let failed = |e: reqwest::Error| Error::unavailable(format!("{url} does not speak: {}", e.without_url()));
    let client = reqwest::Client::builder().timeout(PATIENCE).build().map_err(Error::internal)?;
    let mut request = client.post(&url).json(&body);
    if let Some(key) = key {
        request = request.bearer_auth(key.expose());
    }
    let response = request.send().await.and_then(reqwest::Response::error_for_status).map_err(failed)?;
    let sound = response.bytes().await.map_err(failed)?;
    decode::pcm(sound.into())
}
