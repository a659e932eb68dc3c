//! whisper.cpp on a thread of its own: one model at a time, loaded with the first request, freed when idle.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use luna_core::ports::{Hints, SPEECH_RATE, Speech, Transcript};
use luna_model::{Error, Result};
use parking_lot::Mutex;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
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
/// Whisper encodes half a minute in positions of 20 ms, however little was said, which takes longest. Where less was said fewer
/// do, with some seconds to spare, but not fewer than in whisper.cpp's own streaming examples.
const POSITIONS_A_SECOND: usize = 50;
const SPARE_SECONDS: usize = 3;
const LEAST_POSITIONS: usize = 768;
const ALL_POSITIONS: usize = 1_500;

/// How often, and how far apart, the machine must be found busy to be busy.
const LOOKS: u32 = 6;
const LOOK: Duration = Duration::from_millis(3);

/// A loaded model: makes words of speech. It gives up soon once the token says that nobody waits for them.
type Model = Box<dyn FnMut(&Speech, &Hints, &CancellationToken) -> Result<Transcript>>;
/// Loads the model in a file; on the thread, where it stays.
type Load = Arc<dyn Fn(&Path) -> Result<Model> + Send + Sync>;

struct Job {
    file: PathBuf,
    speech: Speech,
    hints: Hints,
    /// Who asked has stopped waiting: more was said since.
    gone: CancellationToken,
    done: oneshot::Sender<Result<Transcript>>,
}

/// The way to the thread, which starts with the first request.
pub(super) struct Thread {
    jobs: Mutex<Option<SyncSender<Job>>>,
    load: Load,
    keep: Duration,
}

impl Default for Thread {
    fn default() -> Self {
        Self::new(Arc::new(load), KEEP)
    }
}

impl Thread {
    /// Loads models like this, and keeps one in memory for so long after it was used last.
    fn new(load: Load, keep: Duration) -> Self {
        Self { jobs: Mutex::new(None), load, keep }
    }

    pub(super) async fn transcribe(&self, file: PathBuf, speech: Speech, hints: Hints) -> Result<Transcript> {
        let (done, transcript) = oneshot::channel();
        let gone = CancellationToken::new();
        let _waits = gone.clone().drop_guard();
        self.jobs()?
            .try_send(Job { file, speech, hints, gone, done })
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
        let (load, keep) = (Arc::clone(&self.load), self.keep);
        std::thread::Builder::new()
            .name("luna-whisper".into())
            .spawn(move || serve(&waiting, &load, keep))
            .map_err(|e| Error::unavailable("no thread is left for the recogniser").because(e))?;
        Ok(jobs.insert(sender).clone())
    }
}

/// Ends when the [`Thread`] is dropped.
fn serve(waiting: &Receiver<Job>, load: &Load, keep: Duration) {
    let mut loaded: Option<(PathBuf, Model)> = None;
    loop {
        let job = match waiting.recv_timeout(keep) {
            Ok(job) => job,
            Err(RecvTimeoutError::Timeout) => {
                loaded = None;
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return,
        };
        if job.gone.is_cancelled() {
            continue;
        }
        if loaded.as_ref().is_none_or(|(file, _)| *file != job.file) {
            drop(loaded.take());
            loaded = match load(&job.file) {
                Ok(model) => Some((job.file.clone(), model)),
                Err(error) => {
                    let _ = job.done.send(Err(error));
                    continue;
                }
            };
        }
        let Some((_, model)) = &mut loaded else { continue };
        let _ = job.done.send(model(&job.speech, &job.hints, &job.gone));
    }
}

fn load(file: &Path) -> Result<Model> {
    let context = WhisperContext::new_with_params(file, WhisperContextParameters::default());
    let state = context.and_then(|context| Ok((context.create_state()?, context.is_multilingual())));
    let (mut state, multilingual) = state.map_err(|e| {
        Error::unavailable(format!(
            "the speech model {} cannot be loaded ({e}); remove it and fetch it again",
            file.display()
        ))
        .because(e)
    })?;
    let asker = Arc::new(Mutex::new(CancellationToken::new()));
    // As whisper.cpp's own program does; what is only shown meanwhile may be a little worse and sooner.
    let whole = SamplingStrategy::BeamSearch { beam_size: 5, patience: -1.0 };
    let whole = parameters(Arc::clone(&asker), whole);
    let interim = parameters(Arc::clone(&asker), SamplingStrategy::Greedy { best_of: 1 });
    Ok(Box::new(move |speech: &Speech, hints: &Hints, gone: &CancellationToken| {
        *asker.lock() = gone.clone();
        // One that knows English only would still name some language if it were asked.
        let language = if multilingual { &hints.language } else { "en" };
        let parameters = if hints.interim { &interim } else { &whole };
        recognise(&mut state, parameters.clone(), speech, hints, language)
    }))
}

/// What holds for every request. whisper.cpp asks after each pass of the encoder and the decoder whether to give up.
/// Made twice a model, because whisper-rs never frees the closure.
fn parameters(
    asker: Arc<Mutex<CancellationToken>>,
    strategy: SamplingStrategy,
) -> FullParams<'static, 'static> {
    let mut parameters = FullParams::new(strategy);
    parameters.set_print_progress(false);
    parameters.set_print_realtime(false);
    parameters.set_print_special(false);
    parameters.set_print_timestamps(false);
    parameters.set_no_context(true);
    parameters.set_suppress_blank(true);
    parameters.set_suppress_nst(true);
    // Boxed here, because whisper-rs calls what it is given as if it were this type.
    let given_up: Box<dyn FnMut() -> bool> = Box::new(move || asker.lock().is_cancelled());
    parameters.set_abort_callback_safe::<_, Box<dyn FnMut() -> bool>>(given_up);
    parameters
}

fn recognise<'a>(
    state: &mut WhisperState,
    mut parameters: FullParams<'a, 'a>,
    speech: &Speech,
    hints: &'a Hints,
    language: &'a str,
) -> Result<Transcript> {
    parameters.set_n_threads(threads());
    parameters.set_audio_ctx(positions(speech.0.len()));
    parameters.set_language(Some(if language.is_empty() { "auto" } else { language }));
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

/// What is encoded of so many samples.
fn positions(samples: usize) -> i32 {
    let said = samples.div_ceil(SPEECH_RATE as usize) + SPARE_SECONDS;
    (said * POSITIONS_A_SECOND).clamp(LEAST_POSITIONS, ALL_POSITIONS) as i32
}

/// All cores when the machine has nothing else to do, half of them when it has.
fn threads() -> i32 {
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let look = || others(&std::fs::read_to_string("/proc/loadavg").unwrap_or_default());
    // What runs for a moment only is nothing.
    let busy = (0..LOOKS).all(|_| {
        let busy = look() >= cores;
        std::thread::sleep(if busy { LOOK } else { Duration::ZERO });
        busy
    });
    let free = if busy { cores / 2 } else { cores };
    i32::try_from(free.clamp(1, 8)).unwrap_or(2)
}

/// How many threads want to run in this moment besides the one that asks, as Linux says: "0.20 0.18 0.12 1/80 11206". The
/// averages before it would count what was recognised in the last minute.
fn others(loadavg: &str) -> usize {
    let running = loadavg.split_whitespace().nth(3).and_then(|field| field.split('/').next()?.parse().ok());
    running.map_or(0, |running: usize| running.saturating_sub(1))
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

    const PATIENCE: Duration = Duration::from_secs(20);

    fn speech(samples: usize) -> Speech {
        Speech(vec![0.1; samples].into())
    }

    /// Says that it was dropped.
    struct Held(std::sync::mpsc::Sender<&'static str>);

    impl Drop for Held {
        fn drop(&mut self) {
            let _ = self.0.send("freed");
        }
    }

    /// A thread whose models understand everything as the same, and what becomes of them.
    fn scripted(keep: Duration) -> (Thread, Receiver<&'static str>) {
        let (tell, told) = std::sync::mpsc::channel();
        let tell = Mutex::new(tell);
        let load: Load = Arc::new(move |_: &Path| -> Result<Model> {
            let held = Held(tell.lock().clone());
            let _ = held.0.send("loaded");
            Ok(Box::new(move |speech: &Speech, hints: &Hints, gone: &CancellationToken| {
                let _ = held.0.send("asked");
                let until = std::time::Instant::now() + PATIENCE;
                while hints.interim && !gone.is_cancelled() && std::time::Instant::now() < until {
                    std::thread::sleep(Duration::from_millis(1));
                }
                Ok(Transcript { text: format!("{} samples", speech.0.len()), language: None })
            }))
        });
        (Thread::new(load, keep), told)
    }

    #[tokio::test]
    async fn a_model_is_freed_when_idle_and_loaded_again_when_asked() {
        let (thread, told) = scripted(Duration::from_millis(50));
        let ask = |file: &str| thread.transcribe(file.into(), speech(3), Hints::default());
        for _ in 0..2 {
            assert_eq!(ask("a").await.unwrap().text, "3 samples");
            let said: Vec<_> = (0..3).map(|_| told.recv_timeout(PATIENCE).unwrap()).collect();
            assert_eq!(said, ["loaded", "asked", "freed"]);
        }
        assert!(told.recv_timeout(Duration::from_millis(200)).is_err(), "idle for good");
    }

    #[tokio::test]
    async fn a_model_in_use_stays_and_another_takes_its_place() {
        let (thread, told) = scripted(PATIENCE);
        for file in ["a", "a", "b"] {
            thread.transcribe(file.into(), speech(3), Hints::default()).await.unwrap();
        }
        let said: Vec<_> = told.try_iter().collect();
        assert_eq!(said, ["loaded", "asked", "asked", "freed", "loaded", "asked"]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_nobody_waits_for_any_more_holds_nothing_up() {
        let (thread, told) = scripted(PATIENCE);
        let thread = Arc::new(thread);
        let ask = |samples, interim| {
            let (thread, hints) = (Arc::clone(&thread), Hints { interim, ..Hints::default() });
            tokio::spawn(async move { thread.transcribe("a".into(), speech(samples), hints).await })
        };
        let so_far = ask(1, true);
        assert_eq!(told.recv_timeout(PATIENCE).unwrap(), "loaded");
        assert_eq!(told.recv_timeout(PATIENCE).unwrap(), "asked");
        let (overtaken, whole) = (ask(2, true), ask(3, false));
        so_far.abort();
        overtaken.abort();
        let began = std::time::Instant::now();
        assert_eq!(whole.await.unwrap().unwrap().text, "3 samples");
        assert!(began.elapsed() < PATIENCE / 2, "{:?}", began.elapsed());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn models_of_every_size_load_and_decode() {
        let thread = Thread::default();
        let Some(wav) = shared("jfk.wav") else { return };
        let speech = crate::decode::speech(std::fs::read(wav).unwrap()).unwrap();
        for model in ["for-tests-ggml-tiny.bin", "for-tests-ggml-tiny.en.bin", "for-tests-ggml-base.bin"] {
            let Some(file) = shared(model) else { return };
            for interim in [false, true] {
                let hints = Hints { words: "Luna, Ada.".into(), language: "en".into(), interim };
                let heard = thread.transcribe(file.clone(), speech.clone(), hints).await.unwrap();
                // Its weights are empty: that it decodes is all it can show.
                assert!(heard.text.len() < 2_000, "{}", heard.text);
            }
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_real_model_understands_what_is_said() {
        let Some((_, file)) = crate::recognise::tests::real_model() else { return };
        let text = "Please set the volume to thirty percent.";
        let said = tokio::task::spawn_blocking(|| crate::speech::tests::said(text)).await.unwrap();
        let Some(said) = said else { return };
        let thread = Thread::default();
        for interim in [false, true] {
            // One that knows English only has no other language to find.
            for language in ["", "en", "de"] {
                let hints = Hints { language: language.into(), interim, ..Hints::default() };
                let speech = Speech(said.clone().into());
                let heard = thread.transcribe(file.clone(), speech, hints).await.unwrap();
                let text = heard.text.to_lowercase();
                assert!(
                    text.contains("volume") && (text.contains("thirty") || text.contains("30")),
                    "{text}"
                );
                assert_eq!(heard.language.as_deref(), Some("en"));
            }
        }
    }

    #[test]
    fn who_else_wants_to_run_is_read_off() {
        assert_eq!(others("4.39 2.75 2.26 3/345 11206"), 2);
        assert_eq!(others("0.20 0.18 0.12 1/80 11206"), 0);
        assert_eq!(others(""), 0);
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
