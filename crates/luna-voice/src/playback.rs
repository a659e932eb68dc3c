//! The loudspeaker, on a thread of its own: one utterance after the other, stopped at once when told so. The device is
//! opened with the first sound and let go when nothing was said for a while.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use cpal::traits::HostTrait as _;
use luna_core::ports::{SPEECH_RATE, Spoken};
use luna_model::{Error, Result};
use parking_lot::Mutex;
use rodio::{ChannelCount, DeviceSinkBuilder, MixerDeviceSink, Player, SampleRate, Source};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::echo::{Played, SampleClock};
use crate::pcm::{Pcm, resampled};

/// Utterances that may wait.
const QUEUE: usize = 64;
/// How long an unused device is kept.
const KEEP: Duration = Duration::from_secs(20);
/// How often it is looked whether to stop.
const LOOK: Duration = Duration::from_millis(5);
/// Frames a buffer of the device: short, so that a stop is soon heard.
const BUFFER: u32 = 1_024;
/// How loud she is while somebody else speaks, of how loud she would be (-14 dB), and how long she takes to get there.
const DUCKED: f32 = 0.2;
const DUCKING: Duration = Duration::from_millis(60);
/// What the sound server may still hold when the last sample was given to it.
const STILL_PLAYING: Duration = Duration::from_millis(80);
/// What is noted at once for the microphone, in its samples: 10 ms. What is further off than two of them was a stutter.
const PIECE: usize = SPEECH_RATE as usize / 100;
const STUTTER: u64 = 2 * PIECE as u64;

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
    ducked: Arc<AtomicBool>,
}

impl Playback {
    pub(crate) fn new(played: Played) -> Self {
        Self { thread: Mutex::new(None), played, ducked: Arc::default() }
    }

    /// Softer from now on, or as loud as before.
    pub(crate) fn duck(&self, ducked: bool) {
        self.ducked.store(ducked, Ordering::Relaxed);
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
        let (played, ducked) = (self.played.clone(), Arc::clone(&self.ducked));
        std::thread::Builder::new()
            .name("luna-playback".into())
            .spawn(move || serve(&jobs, &played, &ducked))
            .map_err(|e| Error::unavailable("no thread is left for the loudspeaker").because(e))?;
        Ok(thread.insert(sender).clone())
    }
}

/// Ends when the [`Playback`] is dropped.
fn serve(jobs: &Receiver<Job>, played: &Played, ducked: &Arc<AtomicBool>) {
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
                    Ok(open) => play(open, &said, played, ducked),
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
            let config = sink.config();
            let course = Arc::new(Course {
                taken: AtomicU64::new(0),
                a_second: u64::from(config.sample_rate().get()) * u64::from(config.channel_count().get()),
                clock: Mutex::default(),
            });
            let silence = Silence {
                course: Arc::clone(&course),
                rate: config.sample_rate(),
                channels: config.channel_count(),
            };
            sink.mixer().add(silence);
            Open { device: id.to_owned(), sink, course }
        }
    };
    Ok(open.insert(opened))
}

/// Counts what a device has taken: when it plays what is next.
struct Course {
    /// Samples, of all channels.
    taken: AtomicU64,
    a_second: u64,
    /// Used by the audio callback alone.
    clock: Mutex<SampleClock>,
}

impl Course {
    fn now(&self) -> Instant {
        let passed =
            u128::from(self.taken.load(Ordering::Relaxed)) * 1_000_000 / u128::from(self.a_second.max(1));
        let passed = Duration::from_micros(u64::try_from(passed).unwrap_or(u64::MAX));
        self.clock.lock().at(passed, Instant::now())
    }
}

/// Is played all the time beneath what is said, and counts.
struct Silence {
    course: Arc<Course>,
    rate: SampleRate,
    channels: ChannelCount,
}

impl Iterator for Silence {
    type Item = f32;

    fn next(&mut self) -> Option<f32> {
        self.course.taken.fetch_add(1, Ordering::Relaxed);
        Some(0.0)
    }
}

impl Source for Silence {
    fn current_span_len(&self) -> Option<usize> {
        None
    }

    fn channels(&self) -> ChannelCount {
        self.channels
    }

    fn sample_rate(&self) -> SampleRate {
        self.rate
    }

    fn total_duration(&self) -> Option<Duration> {
        None
    }
}

/// Plays one utterance; whether the device broke off.
fn play(open: &Open, said: &Utterance, played: &Played, ducked: &Arc<AtomicBool>) -> (Result<Spoken>, bool) {
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
        gain: goal(ducked),
        ducked: Arc::clone(ducked),
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
    let began = Instant::now();
    let late = Duration::from_secs_f64(length) + Duration::from_secs(5);
    let mut stopped = false;
    while !player.empty() {
        if said.stop.is_cancelled() || said.done.is_closed() {
            player.stop();
            stopped = true;
            break;
        }
        if began.elapsed() > late {
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

/// What is played, at [`SPEECH_RATE`], noted for the microphone a hundredth of a second after the other.
struct Noted {
    reference: Arc<[f32]>,
    played: Played,
    course: Arc<Course>,
    pieces: usize,
    /// The sample at which the next piece is heard.
    next: Option<u64>,
}

impl Noted {
    /// The next piece goes out now, this loud.
    fn piece(&mut self, loud: f32) {
        let now = self.played.sample_at(self.course.now());
        // By count, so that pieces meet; by the clock where the device stuttered.
        let from = self.next.filter(|next| next.abs_diff(now) < STUTTER).unwrap_or(now);
        let from_reference = (self.pieces * PIECE).min(self.reference.len());
        let to = (from_reference + PIECE).min(self.reference.len());
        self.played.note(from, self.reference[from_reference..to].iter().map(|sample| sample * loud));
        self.pieces += 1;
        self.next = Some(from + PIECE as u64);
    }
}

/// An utterance as rodio draws it: notes when it began and what is played.
struct Sounding {
    samples: Arc<[f32]>,
    at: usize,
    rate: SampleRate,
    volume: f32,
    /// Of the volume; goes towards what [`Playback::duck`] said last, slowly enough not to click.
    gain: f32,
    ducked: Arc<AtomicBool>,
    /// Milliseconds from the question to the first sample; 0 = not yet.
    first: Arc<AtomicU64>,
    asked: Instant,
    echo: Noted,
}

/// What part of the volume she should have now.
fn goal(ducked: &AtomicBool) -> f32 {
    if ducked.load(Ordering::Relaxed) { DUCKED } else { 1.0 }
}

impl Iterator for Sounding {
    type Item = f32;

    fn next(&mut self) -> Option<f32> {
        let step = (1.0 - DUCKED) / (DUCKING.as_secs_f32() * self.rate.get() as f32);
        self.gain += (goal(&self.ducked) - self.gain).clamp(-step, step);
        let loud = self.volume * self.gain;
        let sample = *self.samples.get(self.at)? * loud;
        if self.at == 0 {
            let ms = u64::try_from(self.asked.elapsed().as_millis()).unwrap_or(u64::MAX);
            self.first.store(ms.max(1), Ordering::Relaxed);
        }
        if self.at * 100 >= self.echo.pieces * self.rate.get() as usize {
            self.echo.piece(loud);
        }
        self.at += 1;
        Some(sample)
    }
}

impl Source for Sounding {
    fn current_span_len(&self) -> Option<usize> {
        Some(self.samples.len() - self.at)
    }

    fn channels(&self) -> ChannelCount {
        NonZero::<u16>::MIN
    }

    fn sample_rate(&self) -> SampleRate {
        self.rate
    }

    fn total_duration(&self) -> Option<Duration> {
        Some(Duration::from_secs_f64(self.samples.len() as f64 / f64::from(self.rate.get())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course() -> Arc<Course> {
        Arc::new(Course { taken: AtomicU64::new(0), a_second: 16_000, clock: Mutex::default() })
    }

    #[test]
    fn what_is_played_is_noted_without_a_gap_for_the_microphone() {
        let played = Played::new();
        let course = course();
        // At a rate that a hundredth of a second does not divide.
        let rate = NonZero::new(22_050).unwrap();
        let reference: Vec<f32> = (1_u16..=1_600).map(f32::from).collect();
        let mut utterance = Sounding {
            samples: vec![0.0; 2_205].into(),
            at: 0,
            rate,
            volume: 1.0,
            gain: 1.0,
            ducked: Arc::default(),
            first: Arc::default(),
            asked: Instant::now(),
            echo: Noted {
                reference: reference.clone().into(),
                played: played.clone(),
                course: Arc::clone(&course),
                pieces: 0,
                next: None,
            },
        };
        let from = played.sample_at(course.now());
        let mut silence =
            Silence { course, rate: NonZero::new(16_000).unwrap(), channels: NonZero::<u16>::MIN };
        for n in 0..2_205_usize {
            if n * 160 % 220 < 160 {
                silence.next();
            }
            utterance.next();
        }
        let mut noted = vec![0.0; 1_700];
        played.read(from, &mut noted);
        let begins = noted.iter().position(|sample| *sample != 0.0).unwrap();
        assert!(begins < 50, "{begins} samples late");
        assert!(noted[begins..begins + 1_600] == reference[..], "in one piece");
    }

    #[test]
    fn she_is_softer_while_somebody_else_speaks() {
        let ducked = Arc::new(AtomicBool::new(false));
        let mut utterance = Sounding {
            samples: vec![1.0; 16_000].into(),
            at: 0,
            rate: NonZero::new(16_000).unwrap(),
            volume: 0.5,
            gain: 1.0,
            ducked: Arc::clone(&ducked),
            first: Arc::default(),
            asked: Instant::now(),
            echo: Noted {
                reference: [].into(),
                played: Played::new(),
                course: course(),
                pieces: 0,
                next: None,
            },
        };
        let mut after = |seconds: f32| -> f32 { utterance.nth((seconds * 16_000.0) as usize).unwrap() };
        assert!((after(0.1) - 0.5).abs() < 1e-3);
        ducked.store(true, Ordering::Relaxed);
        assert!(after(0.03) > 0.2, "not at once: that clicks");
        assert!((after(0.05) - 0.1).abs() < 1e-3);
        ducked.store(false, Ordering::Relaxed);
        assert!((after(0.1) - 0.5).abs() < 1e-3);
    }
}
