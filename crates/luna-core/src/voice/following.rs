//! Has what is being said put into words before its end: at each breath, so that the text is there when the sentence ends,
//! and now and then while somebody goes on, so that it can be shown. What is shown does not flicker.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use luna_model::{Event, Result, VoiceSettings};
use parking_lot::Mutex;
use tokio_util::task::AbortOnDropHandle;

use super::agreement::Agreement;
use super::phrase;
use crate::Luna;
use crate::ports::{Hints, Speech, Transcript};

/// Less speech than this is not worth showing.
const FIRST: Duration = Duration::from_millis(800);
/// Between the beginnings of two interim requests, at least.
const APART: Duration = Duration::from_millis(1_200);

/// Something that was said and is being understood. What nobody waits for any more is not worth the processor.
pub(super) struct Understanding {
    pub(super) task: AbortOnDropHandle<Result<Transcript>>,
    samples: usize,
}

/// What its beginning told of an utterance.
#[derive(Debug, Default)]
struct Beginning {
    /// It sounded as if it began with her name. Then it does to its end: what follows may only hide it.
    called: AtomicBool,
    /// Its words did begin with her name.
    named: AtomicBool,
    agreement: Mutex<Agreement>,
}

/// What is being said now.
pub(super) struct Following {
    luna: Luna,
    beginning: Arc<Beginning>,
    /// What was said up to the last breath, understood ahead of its end.
    ahead: Option<Understanding>,
    interim: Option<AbortOnDropHandle<()>>,
    /// When the next interim request may begin.
    next: Arc<Mutex<Instant>>,
}

impl Following {
    pub(super) fn new(luna: Luna) -> Self {
        let next = Arc::new(Mutex::new(Instant::now()));
        Self { luna, beginning: Arc::default(), ahead: None, interim: None, next }
    }

    /// Somebody begins to speak; or goes on, after a pause in what is one question.
    pub(super) fn begin(&mut self, goes_on: bool) {
        self.forget();
        if !goes_on {
            self.beginning = Arc::default();
        }
    }

    /// A breath, after this was said. `attended`: it is for her, whatever its words.
    pub(super) fn breath(&mut self, speech: &Speech, settings: &VoiceSettings, attended: bool) {
        self.interim = None;
        self.ahead = Some(self.understand(speech, settings, attended, true));
    }

    /// Somebody speaks on, and said this so far. It is understood when it is known to be for her, by a recogniser of this
    /// machine (others may cost money), one request at a time, and at most half of the time.
    pub(super) fn so_far(&mut self, speech: &Speech, settings: &VoiceSettings, attended: bool) {
        let for_her = attended || self.beginning.named.load(Ordering::Relaxed);
        let busy = self.interim.as_ref().is_some_and(|task| !task.is_finished())
            || self.ahead.as_ref().is_some_and(|ahead| !ahead.task.is_finished());
        if !for_her || busy || settings.stt_url.is_some() || speech.duration() < FIRST {
            return;
        }
        let (began, next) = (Instant::now(), Arc::clone(&self.next));
        if began < *next.lock() {
            return;
        }
        *next.lock() = began + APART;
        let (luna, settings, speech) = (self.luna.clone(), settings.clone(), speech.clone());
        let beginning = Arc::clone(&self.beginning);
        let interim = async move {
            let hints = Hints { interim: true, ..luna.hints(!attended).await };
            match luna.voice().transcribe(speech, &settings, hints).await {
                Ok(transcript) => show(&luna, &beginning, &transcript.text, &settings),
                // The end is understood whatever became of this.
                Err(error) => tracing::debug!(%error, "what is being said could not be understood so far"),
            }
            let ended = Instant::now();
            let mut next = next.lock();
            *next = (*next).max(ended + (ended - began));
        };
        self.interim = Some(AbortOnDropHandle::new(tokio::spawn(interim)));
    }

    /// All was said. What was understood at the last breath is taken where nothing was said since.
    pub(super) fn whole(
        &mut self,
        speech: &Speech,
        settings: &VoiceSettings,
        attended: bool,
    ) -> Understanding {
        self.interim = None;
        let ahead = self.ahead.take().filter(|ahead| ahead.samples == speech.0.len());
        ahead.unwrap_or_else(|| self.understand(speech, settings, attended, false))
    }

    /// What is said now matters no more.
    pub(super) fn forget(&mut self) {
        (self.ahead, self.interim) = (None, None);
    }

    /// Has it put into words; `shown` while it is not all.
    fn understand(
        &self,
        speech: &Speech,
        settings: &VoiceSettings,
        attended: bool,
        shown: bool,
    ) -> Understanding {
        let (luna, settings, speech) = (self.luna.clone(), settings.clone(), speech.clone());
        let (samples, beginning) = (speech.0.len(), Arc::clone(&self.beginning));
        let task = tokio::spawn(async move {
            if !attended && !beginning.called.load(Ordering::Relaxed) {
                if !luna.voice().may_be_called(&speech, &settings).await {
                    return Ok(Transcript::default());
                }
                beginning.called.store(true, Ordering::Relaxed);
            }
            let hints = luna.hints(!attended).await;
            let transcript = luna.voice().transcribe(speech.clone(), &settings, hints).await?;
            let named = !attended && phrase::after(&transcript.text, &settings.wake_phrase).is_some();
            if named && settings.only_known && !luna.said_by_owner(&speech).await {
                tracing::debug!("somebody else said the wake phrase");
                return Ok(Transcript::default());
            }
            if named && settings.speak_answers {
                luna.voice().about_to_say(&settings);
            }
            beginning.named.fetch_or(named, Ordering::Relaxed);
            if shown && (attended || named) {
                show(&luna, &beginning, &transcript.text, &settings);
            }
            Ok(transcript)
        });
        Understanding { task: AbortOnDropHandle::new(task), samples }
    }
}

/// Shows what is understood so far, without her name.
fn show(luna: &Luna, beginning: &Beginning, text: &str, settings: &VoiceSettings) {
    let rest = phrase::after(text, &settings.wake_phrase);
    let said = rest.as_deref().unwrap_or(text).trim();
    if !said.is_empty() {
        let (text, tentative) = beginning.agreement.lock().with(said);
        luna.bus().publish(Event::VoiceHeard { text, tentative, whole: false });
    }
}
