//! The loudspeaker, on a thread of its own: one utterance after the other, paused or stopped at once when told so. The device is
//! opened with the first sound and let go when nothing was said for a while.

mod sounding;

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use cpal::traits::HostTrait as _;
use luna_core::ports::{Manner, SPEECH_RATE, Spoken};
use luna_model::{Error, Result};
use parking_lot::Mutex;
use rodio::{DeviceSinkBuilder, MixerDeviceSink, Player};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use self::sounding::{Course, Goal, Noted, Silence, Sounding};
use crate::echo::Played;
use crate::pcm::{Pcm, resampled};

/// Utterances that may wait.
const QUEUE: usize = 64;
/// How long an unused device is kept.
const KEEP: Duration = Duration::from_secs(20);
/// How often it is looked whether to stop.
const LOOK: Duration = Duration::from_millis(5);
/// Frames a buffer of the device: short, so that a stop is soon heard.
const BUFFER: u32 = 1_024;
/// What the sound server may still hold when the last sample was given to it.
const STILL_PLAYING: Duration = Duration::from_millis(80);
/// What the thread is asked for.
enum Job {
    /// To open this device, since something will be said soon.
    Open(String),
    Say(Utterance),
}

struct Utterance {
    pcm: Pcm,
    volume: f32,
    device: String,
    stop: CancellationToken,
    asked: Instant,
    done: oneshot::Sender<Result<Spoken>>,
}

/// The way to the thread, which starts with the first sound.
pub(crate) struct Playback {
    thread: Mutex<Option<SyncSender<Job>>>,
    played: Played,
    goal: Goal,
}

impl Playback {
    pub(crate) fn new(played: Played) -> Self {
        Self { thread: Mutex::new(None), played, goal: Goal::default() }
    }

    /// Speaks like this from now on.
    pub(crate) fn speak_so(&self, manner: Manner) {
        self.goal.set(manner);
    }

    /// Opens the device, if it is not open, for what will be said soon. What is wrong with it is said then.
    pub(crate) fn open(&self, device: &str) {
        if let Ok(thread) = self.thread() {
            // One that has much to say has it open.
            let _ = thread.try_send(Job::Open(device.to_owned()));
        }
    }

    /// Plays it after what is played already; returns at its end.
    pub(crate) async fn play(
        &self,
        pcm: Pcm,
        volume: f32,
        device: &str,
        stop: CancellationToken,
        asked: Instant,
    ) -> Result<Spoken> {
        let (done, ended) = oneshot::channel();
        let said = Utterance { pcm, volume, device: device.to_owned(), stop, asked, done };
        let job = Job::Say(said);
        self.thread()?.try_send(job).map_err(|_| Error::unavailable("too much waits to be said already"))?;
        ended.await.map_err(|_| Error::unavailable("the loudspeaker's thread broke off"))?
    }

    fn thread(&self) -> Result<SyncSender<Job>> {
        let mut thread = self.thread.lock();
        if let Some(sender) = &*thread {
            return Ok(sender.clone());
        }
        let (sender, jobs) = sync_channel(QUEUE);
        let (played, goal) = (self.played.clone(), self.goal.clone());
        std::thread::Builder::new()
            .name("luna-playback".into())
            .spawn(move || serve(&jobs, &played, &goal))
            .map_err(|e| Error::unavailable("no thread is left for the loudspeaker").because(e))?;
        Ok(thread.insert(sender).clone())
    }
}

/// Ends when the [`Playback`] is dropped.
fn serve(jobs: &Receiver<Job>, played: &Played, goal: &Goal) {
    let mut open: Option<Open> = None;
    loop {
        match jobs.recv_timeout(KEEP) {
            Ok(Job::Open(device)) => {
                if let Err(error) = opened(&mut open, &device) {
                    tracing::debug!(%error, "the loudspeaker could not be opened ahead");
                }
            }
            Ok(Job::Say(said)) if said.stop.is_cancelled() => {
                let _ = said.done.send(Ok(Spoken { first_sound_ms: None, stopped: true }));
            }
            Ok(Job::Say(said)) => {
                let (spoken, broken) = match opened(&mut open, &said.device) {
                    Ok(open) => play(open, &said, played, goal),
                    Err(error) => (Err(error), true),
                };
                if broken {
                    open = None;
                }
                let _ = said.done.send(spoken);
            }
            Err(RecvTimeoutError::Timeout) => open = None,
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// A device, and how far it is with playing.
struct Open {
    device: String,
    sink: MixerDeviceSink,
    course: Arc<Course>,
}

/// The device of this name, which becomes the open one.
fn opened<'a>(open: &'a mut Option<Open>, id: &str) -> Result<&'a Open> {
    let opened = match open.take().filter(|open| open.device == id) {
        Some(open) => open,
        None => {
            let sink = output(id)?;
            let course = Arc::new(Course::new(sink.config()));
            let silence = Silence::new(Arc::clone(&course), sink.config());
            sink.mixer().add(silence);
            Open { device: id.to_owned(), sink, course }
        }
    };
    Ok(open.insert(opened))
}

/// Plays one utterance; whether the device broke off.
fn play(open: &Open, said: &Utterance, played: &Played, goal: &Goal) -> (Result<Spoken>, bool) {
    let pcm = &said.pcm;
    let (Some(rate), length) = (NonZero::new(pcm.rate), pcm.seconds()) else {
        return (Err(Error::internal("a sound without a rate")), false);
    };
    let reference = match resampled(pcm.clone(), SPEECH_RATE) {
        Ok(reference) => reference.samples.into(),
        Err(error) => return (Err(error), false),
    };
    let first = Arc::new(AtomicU64::new(0));
    let source = Sounding {
        samples: pcm.samples.clone().into(),
        at: 0,
        rate,
        volume: said.volume,
        gain: goal.part(),
        goal: goal.clone(),
        first: Arc::clone(&first),
        asked: said.asked,
        echo: Noted {
            reference,
            played: played.clone(),
            course: Arc::clone(&open.course),
            pieces: 0,
            next: None,
        },
    };
    let player = Player::connect_new(open.sink.mixer());
    player.append(source);
    let mut late = Instant::now() + Duration::from_secs_f64(length) + Duration::from_secs(5);
    let mut looked = Instant::now();
    let mut stopped = false;
    while !player.empty() {
        if said.stop.is_cancelled() || said.done.is_closed() {
            player.stop();
            stopped = true;
            break;
        }
        if goal.pauses() {
            late += looked.elapsed();
        }
        looked = Instant::now();
        if looked > late {
            let error = "the loudspeaker stopped taking sound; is it still plugged in?";
            return (Err(Error::unavailable(error)), true);
        }
        std::thread::sleep(LOOK);
    }
    if !stopped {
        std::thread::sleep(STILL_PLAYING);
    }
    let first_sound_ms = Some(first.load(Ordering::Relaxed)).filter(|ms| *ms > 0);
    (Ok(Spoken { first_sound_ms, stopped }), false)
}

fn output(id: &str) -> Result<MixerDeviceSink> {
    let missing = |e: &dyn std::fmt::Display| {
        Error::unavailable(format!(
            "no loudspeaker can be used ({e}); plug one in, or start PipeWire or PulseAudio"
        ))
    };
    let host = cpal::default_host();
    let device = match id {
        "" => host.default_output_device(),
        id => id.parse().ok().and_then(|id| host.device_by_id(&id)),
    };
    let device = device.ok_or_else(|| missing(&"there is none"))?;
    let built = DeviceSinkBuilder::from_device(device).map_err(|e| missing(&e))?;
    let built = built.with_buffer_size(cpal::BufferSize::Fixed(BUFFER)).with_error_callback(|error| {
        tracing::warn!(%error, "the loudspeaker has trouble");
    });
    let mut sink = built.open_sink_or_fallback().map_err(|e| missing(&e))?;
    sink.log_on_drop(false);
    Ok(sink)
}
