//! whisper.cpp on a thread of its own: one model at a time, loaded with the first request, freed when idle.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use luna_core::ports::{Hints, Speech, Transcript};
use luna_model::{Error, Result};
use parking_lot::Mutex;
use tokio::sync::oneshot;
use whisper_rs::{FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperState};

/// Requests that may wait.
const QUEUE: usize = 8;
/// How long an unused model stays in memory.
const KEEP: Duration = Duration::from_secs(300);
/// Above this whisper thinks that nobody spoke, and below this it is not sure of its words; both drop a segment.
/// whisper.cpp's own thresholds are 0.6 and a log probability of -1 (0.37).
const NO_SPEECH: f32 = 0.6;
const UNSURE: f32 = 0.4;
/// What the model needs at least, in samples: it refuses less than a second.
const SHORTEST: usize = 17_600;

struct Job {
    file: PathBuf,
    speech: Speech,
    hints: Hints,
    done: oneshot::Sender<Result<Transcript>>,
}

/// The way to the thread, which starts with the first request.
#[derive(Default)]
pub(super) struct Thread {
    jobs: Mutex<Option<SyncSender<Job>>>,
}

impl Thread {
    pub(super) async fn transcribe(&self, file: PathBuf, speech: Speech, hints: Hints) -> Result<Transcript> {
        let (done, transcript) = oneshot::channel();
        self.jobs()?
            .try_send(Job { file, speech, hints, done })
            .map_err(|_| Error::unavailable("too much waits to be understood already; try again"))?;
        transcript.await.map_err(|_| Error::unavailable("the recogniser broke off"))?
    }

    fn jobs(&self) -> Result<SyncSender<Job>> {
        let mut jobs = self.jobs.lock();
        if let Some(sender) = &*jobs {
            return Ok(sender.clone());
        }
        // whisper.cpp writes to the terminal otherwise.
        whisper_rs::install_logging_hooks();
        let (sender, waiting) = sync_channel(QUEUE);
        std::thread::Builder::new()
            .name("luna-whisper".into())
            .spawn(move || serve(&waiting))
            .map_err(|e| Error::unavailable("no thread is left for the recogniser").because(e))?;
        Ok(jobs.insert(sender).clone())
    }
}

/// Ends when the [`Thread`] is dropped.
fn serve(waiting: &Receiver<Job>) {
    let mut loaded: Option<(PathBuf, WhisperState)> = None;
    loop {
        let job = match waiting.recv_timeout(KEEP) {
            Ok(job) => job,
            Err(RecvTimeoutError::Timeout) => {
                loaded = None;
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return,
        };
        // Who asked has stopped waiting: more was said since.
        if job.done.is_closed() {
            continue;
        }
        if loaded.as_ref().is_none_or(|(file, _)| *file != job.file) {
            drop(loaded.take());
            loaded = match load(&job.file) {
                Ok(state) => Some((job.file.clone(), state)),
                Err(error) => {
                    let _ = job.done.send(Err(error));
                    continue;
                }
            };
        }
        let Some((_, state)) = &mut loaded else { continue };
        let _ = job.done.send(recognise(state, &job.speech, &job.hints));
    }
}

fn load(file: &Path) -> Result<WhisperState> {
    let context = WhisperContext::new_with_params(file, WhisperContextParameters::default());
    context.and_then(|context| context.create_state()).map_err(|e| {
        Error::unavailable(format!(
            "the speech model {} cannot be loaded ({e}); remove it and fetch it again",
            file.display()
        ))
        .because(e)
    })
}

fn recognise(state: &mut WhisperState, speech: &Speech, hints: &Hints) -> Result<Transcript> {
    let mut parameters = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
    parameters.set_n_threads(threads());
    parameters.set_print_progress(false);
    parameters.set_print_realtime(false);
    parameters.set_print_special(false);
    parameters.set_print_timestamps(false);
    parameters.set_no_context(true);
    parameters.set_suppress_blank(true);
    parameters.set_suppress_nst(true);
    parameters.set_language(Some(if hints.language.is_empty() { "auto" } else { &hints.language }));
    if !hints.words.is_empty() {
        parameters.set_initial_prompt(&hints.words.replace('\0', " "));
    }
    let failed = |e: whisper_rs::WhisperError| Error::unavailable(format!("whisper failed: {e}")).because(e);
    if speech.0.len() < SHORTEST {
        let mut longer = speech.0.to_vec();
        longer.resize(SHORTEST, 0.0);
        state.full(parameters, &longer).map_err(failed)?;
    } else {
        state.full(parameters, &speech.0).map_err(failed)?;
    }
    let text: Vec<String> = state
        .as_iter()
        .filter(|segment| {
            let tokens = segment.n_tokens();
            let sure: f32 =
                (0..tokens).filter_map(|n| segment.get_token(n)).map(|t| t.token_probability()).sum();
            let sure = sure / (tokens.max(1) as f32);
            segment.no_speech_probability() < NO_SPEECH || sure > UNSURE
        })
        .filter_map(|segment| segment.to_str_lossy().ok().map(|text| text.trim().to_owned()))
        .collect();
    let language = whisper_rs::get_lang_str(state.full_lang_id_from_state()).map(str::to_owned);
    Ok(Transcript { text: text.join(" "), language })
}

/// All cores when the machine has nothing else to do, half of them when it has.
fn threads() -> i32 {
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let load = std::fs::read_to_string("/proc/loadavg").ok();
    let load = load.and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or(0.0);
    let free = if load > cores as f64 * 0.75 { cores / 2 } else { cores };
    i32::try_from(free.clamp(1, 8)).unwrap_or(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(file: &str) -> Option<PathBuf> {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/speech/whisper.cpp").join(file);
        if path.is_file() {
            return Some(path);
        }
        eprintln!("SKIPPED: ../shared/data/speech/whisper.cpp/{file} is not there");
        None
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn models_of_every_size_load_and_decode() {
        let thread = Thread::default();
        let Some(wav) = shared("jfk.wav") else { return };
        let speech = crate::decode::speech(std::fs::read(wav).unwrap()).unwrap();
        for model in ["for-tests-ggml-tiny.bin", "for-tests-ggml-tiny.en.bin", "for-tests-ggml-base.bin"] {
            let Some(file) = shared(model) else { return };
            let hints = Hints { words: "Luna, Ada.".into(), language: "en".into() };
            let heard = thread.transcribe(file, speech.clone(), hints).await.unwrap();
            // Its weights are empty: that it decodes is all it can show.
            assert!(heard.text.len() < 2_000, "{}", heard.text);
        }
    }

    #[tokio::test]
    async fn a_broken_model_is_said_to_be_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ggml-tiny.bin");
        std::fs::write(&file, b"this is no model").unwrap();
        let speech = Speech(vec![0.1; 32_000].into());
        let error = Thread::default().transcribe(file, speech, Hints::default()).await.unwrap_err();
        assert!(error.message.contains("cannot be loaded"), "{error}");
    }
}
