//! The microphone, on a thread of its own: the device's callback only pushes into a ring, the thread makes utterances of
//! it. A device that goes away is said and looked for again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cpal::traits::{DeviceTrait as _, HostTrait as _, StreamTrait as _};
use cpal::{FromSample as _, SampleFormat, SizedSample};
use luna_core::ports::Sound;
use luna_model::{Error, Result};
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};

use crate::activity::{Activity, Vad};
use crate::echo::{Echo, Played};
use crate::pcm::Downsampler;

/// Sounds that may wait; a listener that is slower than that loses levels and what was said so far
/// first.
const QUEUE: usize = 256;
/// How often the ring is emptied.
const DRAIN: Duration = Duration::from_millis(16);
/// Seconds that the ring holds.
const RING_SECONDS: usize = 4;
/// A microphone that brings nothing for so long is gone.
const SILENT: Duration = Duration::from_secs(4);
/// How often a lost device is looked for.
const AGAIN: Duration = Duration::from_secs(1);

/// Samples that came when the ring was full, since the program began.
static DROPPED: AtomicU64 = AtomicU64::new(0);

/// Samples that were lost because the thread was too slow, since the program began.
#[must_use]
pub fn dropped_samples() -> u64 {
    DROPPED.load(Ordering::Relaxed)
}

/// What was learnt of the way from the loudspeaker to the microphone of this name, while nobody listens to it.
pub(crate) type Learnt = Arc<Mutex<Option<(String, Echo)>>>;

/// Opens the microphone. `Unavailable` when there is none; later losses come as sounds.
pub(crate) async fn listen(
    device: String,
    vad: Vad,
    learnt: Learnt,
    played: Played,
) -> Result<mpsc::Receiver<Sound>> {
    let (sounds, heard) = mpsc::channel(QUEUE);
    let (opened, outcome) = oneshot::channel();
    std::thread::Builder::new()
        .name("luna-microphone".into())
        .spawn(move || {
            let known = learnt.lock().take().filter(|(known, _)| *known == device);
            let mut echo = known.map_or_else(|| Echo::new(played), |(_, echo)| echo);
            run(&device, vad, &mut echo, &sounds, opened);
            *learnt.lock() = Some((device, echo));
        })
        .map_err(|e| Error::unavailable("no thread is left for the microphone").because(e))?;
    outcome.await.map_err(|_| Error::unavailable("the microphone's thread broke off"))??;
    Ok(heard)
}

/// An open device and the other end of its ring.
struct Microphone {
    ring: rtrb::Consumer<f32>,
    rate: u32,
    trouble: Arc<Mutex<Option<String>>>,
    _stream: cpal::Stream,
}

/// Ends when nobody listens any more.
fn run(
    device: &str,
    vad: Vad,
    echo: &mut Echo,
    sounds: &mpsc::Sender<Sound>,
    opened: oneshot::Sender<Result<()>>,
) {
    let mut microphone = match open(device) {
        Ok(microphone) => {
            let _ = opened.send(Ok(()));
            microphone
        }
        Err(error) => {
            let _ = opened.send(Err(error));
            return;
        }
    };
    while let Some(why) = follow(microphone, vad, echo, sounds) {
        if sounds.blocking_send(Sound::Lost(why)).is_err() {
            return;
        }
        microphone = loop {
            std::thread::sleep(AGAIN);
            if sounds.is_closed() {
                return;
            }
            if let Ok(found) = open(device) {
                break found;
            }
        };
        if sounds.blocking_send(Sound::Back).is_err() {
            return;
        }
    }
}

/// Makes sounds of what the device brings, until it is lost (and why) or nobody listens.
fn follow(
    mut microphone: Microphone,
    vad: Vad,
    echo: &mut Echo,
    sounds: &mpsc::Sender<Sound>,
) -> Option<String> {
    let mut down = Downsampler::new(microphone.rate).ok()?;
    let mut activity = Activity::new(vad);
    let (mut raw, mut ready) = (Vec::new(), Vec::new());
    let mut last = Instant::now();
    while !sounds.is_closed() {
        if let Some(why) = microphone.trouble.lock().take() {
            return Some(why);
        }
        let waiting = microphone.ring.slots();
        if waiting == 0 {
            if last.elapsed() > SILENT {
                return Some("the microphone brings no sound".into());
            }
            std::thread::sleep(DRAIN);
            continue;
        }
        last = Instant::now();
        raw.clear();
        raw.extend(std::iter::from_fn(|| microphone.ring.pop().ok()).take(waiting));
        ready.clear();
        if let Err(error) = down.push(&raw, &mut ready) {
            return Some(error.message);
        }
        activity.push(
            &ready,
            |frame| echo.remove(frame),
            |sound| match sound {
                Sound::Level(_) | Sound::Speaking(_) => drop(sounds.try_send(sound)),
                // Closed is noticed above.
                sound => drop(sounds.blocking_send(sound)),
            },
        );
        std::thread::sleep(DRAIN);
    }
    None
}

fn open(id: &str) -> Result<Microphone> {
    let missing = |e: &dyn std::fmt::Display| {
        Error::unavailable(format!(
            "no microphone can be used ({e}); plug one in, allow Luna to use it, or start PipeWire or PulseAudio"
        ))
    };
    let host = cpal::default_host();
    let device = match id {
        "" => host.default_input_device(),
        id => id.parse().ok().and_then(|id| host.device_by_id(&id)),
    };
    let device = device.ok_or_else(|| missing(&"there is none"))?;
    let config = device.default_input_config().map_err(|e| missing(&e))?;
    let (rate, channels) = (config.sample_rate(), usize::from(config.channels()));
    let (ring, consumer) = rtrb::RingBuffer::new(rate as usize * RING_SECONDS);
    let trouble = Arc::new(Mutex::new(None));
    let format = config.sample_format();
    let (told, config) = (Arc::clone(&trouble), config.config());
    let stream = match format {
        SampleFormat::I8 => stream::<i8>(&device, config, channels, ring, told),
        SampleFormat::I16 => stream::<i16>(&device, config, channels, ring, told),
        SampleFormat::I32 => stream::<i32>(&device, config, channels, ring, told),
        SampleFormat::U8 => stream::<u8>(&device, config, channels, ring, told),
        SampleFormat::U16 => stream::<u16>(&device, config, channels, ring, told),
        SampleFormat::F32 => stream::<f32>(&device, config, channels, ring, told),
        SampleFormat::F64 => stream::<f64>(&device, config, channels, ring, told),
        other => return Err(missing(&format!("it gives samples as {other}, which are not known"))),
    };
    let stream = stream.map_err(|e| missing(&e))?;
    stream.play().map_err(|e| missing(&e))?;
    Ok(Microphone { ring: consumer, rate, trouble, _stream: stream })
}

fn stream<T: SizedSample + Send + 'static>(
    device: &cpal::Device,
    config: cpal::StreamConfig,
    channels: usize,
    mut ring: rtrb::Producer<f32>,
    trouble: Arc<Mutex<Option<String>>>,
) -> std::result::Result<cpal::Stream, cpal::Error>
where
    f32: cpal::FromSample<T>,
{
    let share = 1.0 / channels.max(1) as f32;
    let push = move |data: &[T], _: &cpal::InputCallbackInfo| {
        for frame in data.chunks_exact(channels.max(1)) {
            let sample = frame.iter().map(|s| f32::from_sample_(*s)).sum::<f32>() * share;
            if ring.push(sample).is_err() {
                DROPPED.fetch_add(1, Ordering::Relaxed);
            }
        }
    };
    let fail = move |error: cpal::Error| match error.kind() {
        cpal::ErrorKind::Xrun | cpal::ErrorKind::RealtimeDenied | cpal::ErrorKind::DeviceChanged => {
            tracing::debug!(%error, "the microphone stumbled");
        }
        _ => *trouble.lock() = Some(format!("the microphone went away: {error}")),
    };
    device.build_input_stream(config, push, fail, None)
}
