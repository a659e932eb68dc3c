//! Voice: words of a recording, how it was said, speaking, and how hearing stands.

mod wire;

use axum::Json;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{DefaultBodyLimit, Multipart, State};
use axum::http::StatusCode;
use luna_core::voice::Press;
use luna_model::Error;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Detail, Dialect, Machine};
use crate::App;
use crate::support::extract::Body;
use wire::{EmotionReply, Recording, Said, Speak, Status, Toggled, Words};

/// Largest recording, as large as any body may be: eight minutes of WAV at 16 kHz.
const LARGEST: usize = 16 << 20;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(transcribe))
        .routes(routes!(emotion))
        .layer(DefaultBodyLimit::max(LARGEST))
        .routes(routes!(speak))
        .routes(routes!(status))
        .routes(routes!(toggle))
}

type Form = Result<Multipart, MultipartRejection>;

/// The words of a recording: WAV, WebM, Ogg, MP3 or FLAC.
#[utoipa::path(post, path = "/api/voice/transcribe", tag = "Luna: voice",
    request_body(content = Recording, content_type = "multipart/form-data"), responses(
    (status = 200, body = Words), (status = 400, body = Detail), (status = 501, body = Detail)))]
async fn transcribe(State(app): State<App>, form: Form) -> Machine<Words> {
    let transcript = app.luna.transcribe(recording(form).await?).await?;
    Ok(Json(Words { text: transcript.text, language: transcript.language }))
}

/// How a recording was spoken.
#[utoipa::path(post, path = "/api/voice/emotion", tag = "Luna: voice",
    request_body(content = Recording, content_type = "multipart/form-data"), responses(
    (status = 200, body = EmotionReply), (status = 400, body = Detail), (status = 403, body = Detail)))]
async fn emotion(State(app): State<App>, form: Form) -> Machine<EmotionReply> {
    Ok(Json(EmotionReply::from_core(app.luna.emotion_of(recording(form).await?).await?)))
}

/// Says a text aloud; answers when it was said.
#[utoipa::path(post, path = "/api/voice/speak", tag = "Luna: voice", request_body = Speak, responses(
    (status = 200, body = Said), (status = 400, body = Detail), (status = 403, body = Detail), (status = 501, body = Detail)))]
async fn speak(State(app): State<App>, Body(q, _): Body<Speak, Dialect>) -> Machine<Said> {
    app.luna.speak(&q.text).await?;
    Ok(Json(Said { ok: true }))
}

/// How hearing and speaking stand.
#[utoipa::path(get, path = "/api/voice/status", tag = "Luna: voice", responses((status = 200, body = Status)))]
async fn status(State(app): State<App>) -> Json<Status> {
    let settings = app.luna.settings().current().voice;
    Json(Status::from_core(settings, app.luna.voice_state(), app.luna.voice_ready().await))
}

/// Presses the button: listens, or stops listening or speaking.
#[utoipa::path(post, path = "/api/voice/toggle", tag = "Luna: voice", responses((status = 200, body = Toggled), (status = 501, body = Detail)))]
async fn toggle(State(app): State<App>) -> Machine<Toggled> {
    app.luna.press(Press::Toggle).await?;
    Ok(Json(Toggled { ok: true }))
}

/// The recording of a form: its field `file`, or `audio`.
async fn recording(form: Form) -> Result<Vec<u8>, Error> {
    let broken = |e: axum::extract::multipart::MultipartError| {
        if e.status() == StatusCode::PAYLOAD_TOO_LARGE {
            Error::limit("the recording is larger than 16 MiB")
        } else {
            Error::invalid(format!("the form is broken: {}", e.body_text()))
        }
    };
    let mut form = form.map_err(|_| missing())?;
    while let Some(field) = form.next_field().await.map_err(broken)? {
        if matches!(field.name(), Some("file" | "audio")) {
            return Ok(field.bytes().await.map_err(broken)?.into());
        }
    }
    Err(missing())
}

fn missing() -> Error {
    Error::invalid("send the recording as the field \"file\" of a multipart form")
}
