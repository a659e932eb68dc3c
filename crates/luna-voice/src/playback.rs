//! The loudspeaker, on a thread of its own: one utterance after the other, stopped at once when told so. The device is
//! opened with the first sound and let go when nothing was said for a while.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use cpal::traits::HostTrait as _;
use luna_core::ports::Spoken;
use luna_model::{Error, Result};
use parking_lot::Mutex;
use rodio::{ChannelCount, DeviceSinkBuilder, MixerDeviceSink, Player, SampleRate, Source};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::echo::{Played, SampleClock};
use crate::pcm::Pcm;

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
    let mut open: Option<(String, MixerDeviceSink)> = None;
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
                    Ok(sink) => play(sink, &said, played, ducked),
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

/// The device of this name, which becomes the open one.
fn opened<'a>(open: &'a mut Option<(String, MixerDeviceSink)>, id: &str) -> Result<&'a MixerDeviceSink> {
    let sink = match open.take().filter(|(device, _)| device == id) {
        Some(open) => open,
        None => (id.to_owned(), output(id)?),
    };
    Ok(&open.insert(sink).1)
}

/// Plays one utterance; whether the device broke off.
fn play(
    sink: &MixerDeviceSink,
    said: &Utterance,
    played: &Played,
    ducked: &Arc<AtomicBool>,
) -> (Result<Spoken>, bool) {
    let pcm = &said.pcm;
    let (Some(rate), length) = (NonZero::new(pcm.rate), pcm.seconds()) else {
        return (Err(Error::internal("a sound without a rate")), false);
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
        played: played.clone(),
        clock: SampleClock::default(),
    };
    let player = Player::connect_new(sink.mixer());
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

/// An utterance as rodio draws it: notes when it began and how loud it is.
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
    played: Played,
    clock: SampleClock,
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
        // Once for each 10 ms that begin.
        let piece = (self.rate.get() / 100) as usize;
        if self.at.is_multiple_of(piece) {
            let now = Instant::now();
            if self.at == 0 {
                let ms = u64::try_from(self.asked.elapsed().as_millis()).unwrap_or(u64::MAX);
                self.first.store(ms.max(1), Ordering::Relaxed);
            }
            let end = (self.at + piece).min(self.samples.len());
            let passed = Duration::from_millis(self.at as u64 * 1_000 / u64::from(self.rate.get()));
            let at = self.clock.at(passed, now);
            self.played.note(at, crate::pcm::loudness(&self.samples[self.at..end]) * loud);
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
            played: Played::new(),
            clock: SampleClock::default(),
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
