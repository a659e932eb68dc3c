//! Recordings sent as forms: the one part of the voice routes that no transcript can write down.

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::stage::Stage;

async fn send(stage: &Stage, path: &str, form: Form) -> (u16, Value) {
    let url = format!("http://{}{path}", stage.main);
    let reply = stage.client.post(url).multipart(form).send().await.unwrap();
    (reply.status().as_u16(), serde_json::from_str(&reply.text().await.unwrap()).unwrap())
}

fn file(bytes: &[u8]) -> Part {
    Part::bytes(bytes.to_vec()).file_name("said.wav").mime_str("audio/wav").unwrap()
}

#[tokio::test]
async fn a_recording_comes_back_as_its_words_and_its_feeling() {
    let stage = Stage::set().await;
    // The ears on paper take a recording's bytes for its words.
    for field in ["file", "audio"] {
        let form = Form::new().text("language", "en").part(field, file(b"What's the weather like today?"));
        let (status, words) = send(&stage, "/api/voice/transcribe", form).await;
        assert_eq!((status, words), (200, json!({ "text": "What's the weather like today?" })));
    }
    let (status, feeling) = send(&stage, "/api/voice/emotion", Form::new().part("file", file(b"Hm."))).await;
    assert_eq!(status, 200);
    assert_eq!(
        feeling,
        json!({
            "emotion": "neutral",
            "confidence": 0.7,
            "scores": { "neutral": 0.7, "happy": 0.2, "sad": 0.06, "angry": 0.04 },
        })
    );
}

#[tokio::test]
async fn what_is_no_recording_is_refused() {
    let stage = Stage::set().await;
    let (status, said) =
        send(&stage, "/api/voice/transcribe", Form::new().part("file", file(&[0xff, 0xfe]))).await;
    assert_eq!((status, &said["detail"]), (400, &json!("that is no recording")));
    let (status, said) = send(&stage, "/api/voice/transcribe", Form::new().text("other", "x")).await;
    assert_eq!(status, 400);
    assert!(said["detail"].as_str().unwrap().contains("\"file\""), "{said}");
    let large = Form::new().part("file", file(&vec![b'a'; (16 << 20) + 1]));
    let url = format!("http://{}/api/voice/transcribe", stage.main);
    assert_eq!(stage.client.post(url).multipart(large).send().await.unwrap().status(), 413);
}
