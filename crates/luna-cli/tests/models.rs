//! Models as a user fetches them, from a hub of the test's own that is laid out as the real one is.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic here is a failed test")]

mod common;

use axum::http::{HeaderMap, StatusCode, Uri, header};
use common::{luna, run};
use serde_json::json;

const VOICE: &[u8] = b"the voice itself";
const SETTINGS: &[u8] = br#"{"audio":{"sample_rate":22050}}"#;

/// A hub with a Piper voice, whose list says that the voice has this MD5.
async fn hub(md5: &str) -> String {
    let folder = "en/en_US/lessac/medium/en_US-lessac-medium";
    let list = json!({ "en_US-lessac-medium": {
        "key": "en_US-lessac-medium", "name": "lessac", "quality": "medium", "num_speakers": 1, "speaker_id_map": {},
        "language": { "code": "en_US", "family": "en", "region": "US", "name_native": "English",
            "name_english": "English", "country_english": "United States" },
        "files": {
            format!("{folder}.onnx"): { "size_bytes": VOICE.len(), "md5_digest": md5 },
            format!("{folder}.onnx.json"):
                { "size_bytes": SETTINGS.len(), "md5_digest": "b8fdbf7aece2b82c578a5011911cf6cc" },
            "en/en_US/lessac/medium/MODEL_CARD": { "size_bytes": 1, "md5_digest": "0" },
        },
        "aliases": ["en-us-lessac-medium"],
    }})
    .to_string();
    let serve = move |uri: Uri, headers: HeaderMap| async move {
        let path = uri.path().strip_prefix("/rhasspy/piper-voices/resolve/main/").unwrap_or_default();
        let body = match path {
            "voices.json" => list.into_bytes(),
            "en/en_US/lessac/medium/en_US-lessac-medium.onnx" => VOICE.to_vec(),
            "en/en_US/lessac/medium/en_US-lessac-medium.onnx.json" => SETTINGS.to_vec(),
            _ => return (StatusCode::NOT_FOUND, vec![]),
        };
        match headers.get(header::RANGE).and_then(|range| range.to_str().ok()) {
            Some(range) => {
                let from: usize = range["bytes=".len()..range.len() - 1].parse().unwrap();
                (StatusCode::PARTIAL_CONTENT, body[from..].to_vec())
            }
            None => (StatusCode::OK, body),
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = axum::Router::new().fallback(serve);
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_piper_voice_is_fetched_with_its_settings_or_not_at_all() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("models/piper");
    let get = |hub: &str, model: &str| {
        run(luna(place.path()).args(["models", "get", model]).env("MODELS_HUB_BASE_URL", hub))
    };
    let broken = hub("00000000000000000000000000000000").await;
    let (code, _, err) = get(&broken, "piper-en_US-lessac-medium");
    assert_eq!(code, Some(1));
    assert!(err.contains("checksum"), "{err}");
    assert!(!folder.join("en_US-lessac-medium.onnx.json").exists(), "settings without a voice");

    let whole = hub("886f38ab9dc4c3103503fb285602f56c").await;
    std::fs::write(folder.join("en_US-lessac-medium.onnx.part"), &VOICE[..5]).unwrap();
    let (code, out, err) = get(&whole, "piper-en_US-lessac-medium");
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("en_US-lessac-medium.onnx") && err.contains("100 %"), "{out}{err}");
    assert_eq!(std::fs::read(folder.join("en_US-lessac-medium.onnx")).unwrap(), VOICE);
    assert_eq!(std::fs::read(folder.join("en_US-lessac-medium.onnx.json")).unwrap(), SETTINGS);

    let (code, _, err) = get(&whole, "piper-en_US-nobody-low");
    assert_eq!(code, Some(1));
    assert!(err.contains("en_US-lessac-medium"), "{err}");
    let (_, _, err) = get(&whole, "siri");
    assert!(err.contains("piper-"), "{err}");
}
