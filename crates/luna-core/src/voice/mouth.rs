//! An answer by voice: the chat turn runs, and each sentence is spoken as soon as it is whole.

use std::sync::Arc;
use std::time::Instant;

use futures::StreamExt as _;
use luna_model::{ChatMode, ConversationId, Event, Result, VoicePhase, VoiceSettings, VoiceTurn};
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::spoken::{Sentences, plain};
use crate::ports::Speech;
use crate::{ChatRequest, Luna};

/// Sentences that may wait to be spoken before the turn waits for the mouth.
const AHEAD: usize = 256;

/// Above these a stage is said to have been slow.
const SLOW_RECOGNITION_MS: u64 = 1_500;
const SLOW_THINKING_MS: u64 = 3_000;
const SLOW_SOUND_MS: u64 = 600;

/// What was spoken of an answer, with what is being spoken now.
pub(super) type Said = Arc<Mutex<String>>;

/// How an answer went.
#[derive(Debug, Default)]
pub(super) struct Answered {
    pub(super) conversation: Option<ConversationId>,
    pub(super) text: String,
    /// From the question to the first sentence.
    pub(super) think_ms: u64,
    /// From the first sentence to its first sound.
    pub(super) sound_ms: Option<u64>,
    pub(super) interrupted: bool,
    /// Why it could not be spoken.
    pub(super) trouble: Option<String>,
}

/// What was said to her.
pub(super) struct Heard {
    pub(super) text: String,
    pub(super) speech: Speech,
    pub(super) conversation: Option<ConversationId>,
}

/// Asks, and speaks the answer. `stop` ends both.
pub(super) async fn answer(
    luna: Luna,
    Heard { text, speech, conversation }: Heard,
    settings: VoiceSettings,
    said: Said,
    stop: CancellationToken,
) -> Answered {
    let asked = Instant::now();
    // Too short or not to be heard is no feeling.
    let tone = if settings.emotion { luna.voice().emotion(speech).await.ok() } else { None };
    let (sentences, waiting) = mpsc::channel::<String>(AHEAD);
    let speaking = tokio::spawn(speak(luna.clone(), waiting, settings, said, stop.clone()));
    let request =
        ChatRequest { conversation, message: text, mode: ChatMode::Voice, tone, ..ChatRequest::default() };
    let mut answered = Answered { conversation, ..Answered::default() };
    let mut first = None;
    let written = write(&luna, request, &mut answered, &stop, |sentence| {
        first.get_or_insert_with(|| asked.elapsed());
        // A full queue means a very long answer; the rest of it is on the screen.
        let _ = sentences.try_send(sentence);
    });
    if let Err(error) = written.await {
        let _ = sentences.try_send(error.message);
    }
    drop(sentences);
    let spoke = speaking.await.unwrap_or_default();
    answered.think_ms = millis(first.unwrap_or_else(|| asked.elapsed()));
    answered.sound_ms = spoke.first_sound_ms;
    answered.trouble = spoke.trouble;
    answered.interrupted = stop.is_cancelled() || spoke.stopped;
    answered
}

/// Runs the turn; gives each sentence away as soon as it is whole.
async fn write(
    luna: &Luna,
    request: ChatRequest,
    answered: &mut Answered,
    stop: &CancellationToken,
    mut say: impl FnMut(String),
) -> Result<()> {
    let mut turn = luna.chat(request).await?;
    answered.conversation = Some(turn.conversation);
    let mut sentences = Sentences::default();
    loop {
        let event = tokio::select! {
            event = turn.next() => event,
            // Dropping the turn stops it.
            () = stop.cancelled() => break,
        };
        match event {
            None => break,
            Some(Event::Token { text, .. }) => {
                answered.text.push_str(&text);
                sentences.push(&text).into_iter().for_each(&mut say);
            }
            Some(Event::ConfirmationAsked { confirmation }) => {
                say(format!("May I? {}. Please answer on the screen.", plain(&confirmation.summary)));
            }
            Some(Event::TurnFailed { message, .. }) => say(message),
            Some(_) => {}
        }
    }
    sentences.finish().into_iter().for_each(say);
    Ok(())
}

#[derive(Debug, Default)]
struct Spoke {
    first_sound_ms: Option<u64>,
    stopped: bool,
    trouble: Option<String>,
}

async fn speak(
    luna: Luna,
    mut sentences: mpsc::Receiver<String>,
    settings: VoiceSettings,
    so_far: Said,
    stop: CancellationToken,
) -> Spoke {
    let mut spoke = Spoke::default();
    let mut speaking = None;
    while let Some(sentence) = sentences.recv().await {
        if !settings.speak_answers || stop.is_cancelled() {
            continue;
        }
        let held = speaking.get_or_insert_with(|| luna.begin_to_speak());
        luna.voice_phase(VoicePhase::Speaking, None);
        so_far.lock().extend([sentence.as_str(), " "]);
        let said = tokio::select! {
            said = luna.voice().say(&sentence, &settings, held.quiet.clone()) => said,
            () = stop.cancelled() => {
                held.quiet.cancel();
                continue;
            }
        };
        match said {
            Ok(said) => {
                spoke.first_sound_ms = spoke.first_sound_ms.or(said.first_sound_ms);
                if said.stopped {
                    spoke.stopped = true;
                    stop.cancel();
                }
            }
            Err(error) => {
                tracing::warn!(%error, "an answer could not be spoken");
                spoke.trouble = Some(error.message);
                // It is on the screen; trying every sentence again would not help.
                sentences.close();
            }
        }
    }
    spoke
}

pub(super) fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// What was slow, and why, in a sentence.
pub(super) fn slow(turn: &VoiceTurn) -> Option<String> {
    let mut all = vec![];
    if turn.recognise_ms > SLOW_RECOGNITION_MS {
        all.push(format!(
            "understanding took {} ms; a smaller model (tiny, base) is quicker",
            turn.recognise_ms
        ));
    }
    if turn.think_ms > SLOW_THINKING_MS {
        all.push(format!("the model's first sentence took {} ms", turn.think_ms));
    }
    if let Some(ms) = turn.sound_ms.filter(|ms| *ms > SLOW_SOUND_MS) {
        all.push(format!("the voice needed {ms} ms to begin; espeak-ng is quicker"));
    }
    (!all.is_empty()).then(|| all.join("; "))
}
