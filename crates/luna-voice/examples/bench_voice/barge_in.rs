//! How soon she is silent when somebody speaks over her: from the first sample of the voice in the microphone to the last
//! of hers in the loudspeaker, both recorded from the sound server by one clock.

use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use luna_core::voice::Press;
use luna_model::{Error, Event, Result, VoicePhase};
use luna_testkit::{InMemory, Reply};

use super::room::{PATIENCE, Running, play, say, told, until_idle};

/// How often it is tried.
const TRIES: usize = 12;
/// What she says: one sentence, so that she herself makes no pause.
pub(super) const STORY: &str = "Once upon a time there was a moon who lived alone above a lake where nobody ever came and who counted \
    the fishes and the stars and the boats that went by and never forgot a single one of them until somebody told it to stop";
/// She is heard for so long first, as by anybody who interrupts.
const HEARD: Duration = Duration::from_secs(2);
/// Softer than this is silence.
const SILENT: f32 = 0.004;
/// A piece of what is recorded, in samples at 16 kHz, and how long it is.
const PIECE: usize = 80;
const LONG: Duration = Duration::from_millis(5);

/// She is silent at least so long between two answers.
const PAUSE: Duration = Duration::from_millis(150);

/// What of her the microphone hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// Nothing.
    Headphones,
    /// All that comes out of the loudspeaker, as loud as it is played, 60 ms later and more.
    Loudspeaker,
}

impl Room {
    /// What carries sounds through the room while it lives. Who speaks does so where only they are heard, and is carried too.
    fn air(self) -> Result<Vec<Loopback>> {
        match self {
            Self::Headphones => Ok(vec![]),
            Self::Loudspeaker => Ok(vec![Loopback::of("loudspeaker", 60)?, Loopback::of("mouth", 10)?]),
        }
    }

    /// Where somebody speaks, and where they are heard first.
    fn mouth(self) -> (&'static str, &'static str) {
        match self {
            Self::Headphones => ("air", "microphone"),
            Self::Loudspeaker => ("mouth", "mouth.monitor"),
        }
    }
}

/// Carries what one sink plays into the air.
struct Loopback(String);

impl Loopback {
    fn of(sink: &str, late_ms: u32) -> Result<Self> {
        let (source, late) = (format!("source={sink}.monitor"), format!("latency_msec={late_ms}"));
        let mut command = Command::new("pactl");
        command.args(["load-module", "module-loopback", &source, "sink=air", &late]);
        let output = command.output().map_err(Error::internal)?;
        if !output.status.success() {
            return Err(Error::unavailable("the sound server carries nothing through the air"));
        }
        Ok(Self(String::from_utf8_lossy(&output.stdout).trim().to_owned()))
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        let _ = Command::new("pactl").args(["unload-module", &self.0]).status();
    }
}

/// Tries it, and prints how it went. Her microphone is open, and what she hears is a wish.
pub(super) async fn measure(luna: &InMemory, room: Room) -> Result<()> {
    let _air = room.air()?;
    luna.model.improvise(|_| Reply::says(STORY));
    let folder = tempfile::tempdir().map_err(Error::internal)?;
    let (mut silent, mut noticed, mut unheard, mut alone, mut in_vain) = (vec![], vec![], 0, 0, 0);
    // In the first she learns whether her voice comes back here; another room is another pair of headphones.
    for n in 0..=TRIES {
        let course = Course::of(luna);
        let went = once(luna, &course, folder.path(), n, room).await?;
        // Where a model understood what stopped her, that is answered too.
        luna.press(Press::Hush).await?;
        match went {
            _ if n == 0 => {}
            Went::Stopped { stopped, quiet, in_vain: paused } => {
                noticed.push(stopped);
                silent.push(quiet);
                in_vain += paused;
            }
            Went::Unheard => unheard += 1,
            Went::Alone => alone += 1,
        }
        until_idle(luna).await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        until_idle(luna).await?;
    }
    let through = match room {
        Room::Headphones => "headphones",
        Room::Loudspeaker => "a loudspeaker as loud as they",
    };
    println!(
        "  somebody speaks over her, {through}, {TRIES} times: {unheard} times she spoke on, {alone} times she had stopped by \
         herself, {in_vain} times paused in vain:"
    );
    told("  first sample to her stop ", noticed);
    told("  first sample to silence  ", silent);
    println!("  (should be below 200 ms; what lies between the two is the sound server's)");
    Ok(())
}

/// How a try went.
enum Went {
    /// Milliseconds from the first sample of the voice until she paused for it, and until nothing was heard of her; and how
    /// often she had paused before, for nobody.
    Stopped { stopped: u64, quiet: u64, in_vain: usize },
    /// She spoke on, or never began.
    Unheard,
    /// Her own voice stopped her before.
    Alone,
}

/// When she paused in an answer, and when an answer ended and whether that was before its time.
#[derive(Clone, Default)]
struct Course {
    paused: Arc<Mutex<Vec<Instant>>>,
    ended: Arc<Mutex<Option<(Instant, bool)>>>,
}

impl Course {
    fn of(luna: &InMemory) -> Self {
        let course = Self::default();
        let kept = course.clone();
        let mut events = luna.bus().watch();
        tokio::spawn(async move {
            let mut speaks = false;
            while let Ok(event) = events.recv().await {
                match &*event {
                    Event::VoiceChanged { phase, .. } => {
                        if speaks && *phase == VoicePhase::Listening {
                            lock(&kept.paused).push(Instant::now());
                        }
                        speaks = *phase == VoicePhase::Speaking;
                    }
                    Event::VoiceTurnEnded { turn } => {
                        *lock(&kept.ended) = Some((Instant::now(), turn.interrupted));
                        return;
                    }
                    _ => {}
                }
            }
        });
        course
    }
}

fn lock<T>(held: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn once(luna: &InMemory, course: &Course, folder: &Path, n: usize, room: Room) -> Result<Went> {
    say(folder, n).await?;
    let speaks = async {
        while !luna.voice_state().speaking {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    if tokio::time::timeout(PATIENCE / 4, speaks).await.is_err() {
        return Ok(Went::Unheard);
    }
    let (mouth, heard) = room.mouth();
    let (microphone, loudspeaker) = (Meter::of(heard)?, Meter::of("loudspeaker.monitor")?);
    tokio::time::sleep(HEARD).await;
    if !luna.voice_state().speaking {
        return Ok(Went::Alone);
    }
    let ended = async {
        while lock(&course.ended).is_none() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let voice = ["en-gb", "en-us+f3", "en-gb-scotland", "en-us+m3"][n % 4];
    let name = format!("over-{n}");
    let over = play(folder, &name, voice, "Please stop that now, and be quiet", mouth);
    let (ended, over) = tokio::join!(tokio::time::timeout(PATIENCE / 4, ended), over);
    over?;
    // What was played last is still on its way.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let Some((ended, true)) = ended.ok().and_then(|()| *lock(&course.ended)) else {
        return Ok(Went::Unheard);
    };
    let first = microphone.loud().first().copied();
    let Some(first) = first else { return Ok(Went::Unheard) };
    if ended < first {
        return Ok(Went::Alone);
    }
    let paused = lock(&course.paused).clone();
    let in_vain = paused.iter().filter(|paused| **paused < first).count();
    let Some(stopped) = paused.get(in_vain).copied() else { return Ok(Went::Unheard) };
    let millis =
        |until: Instant| until.saturating_duration_since(first).as_millis().try_into().unwrap_or(u64::MAX);
    // What comes after a pause is her next answer.
    let heard = loudspeaker.loud();
    let next = heard.windows(2).position(|pair| pair[1] > stopped && pair[1] > pair[0] + PAUSE);
    let last = next.map_or_else(|| heard.last(), |n| heard.get(n)).copied().unwrap_or(stopped);
    Ok(Went::Stopped { stopped: millis(stopped), quiet: millis(last + LONG), in_vain })
}

/// How loud a source of the sound server is, piece by piece.
struct Meter {
    /// When each piece came, and how loud it is.
    pieces: Arc<Mutex<Vec<(Instant, f32)>>>,
    _recorder: Running,
}

impl Meter {
    fn of(source: &str) -> Result<Self> {
        let mut command = Command::new("parec");
        command.args(["-d", source, "--rate=16000", "--channels=1", "--format=s16le", "--latency-msec=10"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut recorder = command.spawn().map_err(Error::internal)?;
        let sound = recorder.stdout.take();
        let recorder = Running(recorder);
        let pieces = Arc::new(Mutex::new(vec![]));
        let kept = Arc::clone(&pieces);
        std::thread::spawn(move || {
            let Some(mut sound) = sound else { return };
            let mut piece = [0; 2 * PIECE];
            while sound.read_exact(&mut piece).is_ok() {
                let samples =
                    piece.chunks_exact(2).map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0);
                let loud = (samples.map(|s| s * s).sum::<f32>() / PIECE as f32).sqrt();
                lock(&kept).push((Instant::now(), loud));
            }
        });
        Ok(Self { pieces, _recorder: recorder })
    }

    /// When it was not silent. Pieces come in lumps; the one that came soonest after it was heard sets the clock.
    fn loud(&self) -> Vec<Instant> {
        let pieces = lock(&self.pieces);
        let began = |(n, (came, _)): (usize, &(Instant, f32))| {
            *came - LONG * u32::try_from(n + 1).unwrap_or(u32::MAX)
        };
        let Some(began) = pieces.iter().enumerate().map(began).min() else { return vec![] };
        let loud = pieces.iter().enumerate().filter(|(_, (_, loud))| *loud > SILENT);
        loud.map(|(n, _)| began + LONG * u32::try_from(n).unwrap_or(u32::MAX)).collect()
    }
}
