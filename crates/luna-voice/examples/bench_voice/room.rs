//! A room made of air: a sound server of the bench's own, with a loudspeaker and a microphone, and this program once more
//! inside of it. Measures what listening costs, what an answer costs in time, and whether samples are lost under load.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use luna_core::ports::{Sound, Voice as _};
use luna_model::{Error, Event, Result, VoicePhase, VoiceSettings, VoiceTurn};
use luna_testkit::{HeldSecrets, InMemory, Ingredients, Reply};
use luna_voice::{LocalVoice, models, wake};
use serde_json::json;

use super::{barge_in, wanted};

/// What is said to her, and what a recogniser without a model is told that it was.
const WISHES: [&str; 4] = [
    "Hey Luna, set the volume to thirty",
    "Hey Luna, what time is it?",
    "Hey Luna, lock the screen please",
    "Hey Luna, how is the weather today?",
];
/// How often each is said.
const TIMES: u64 = 5;
/// The sensitivity at which the wake detector is tried, beside that at which it is not asked.
const DETECTED: u8 = 50;
const ANSWER: &str = "It is done. Is there anything else that I can do?";
/// How long anything may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// Ends with what was measured.
pub(super) struct Running(pub(super) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the sound server, and this program once more inside.
pub(crate) fn around() -> Result<()> {
    let missing =
        ["pulseaudio", "paplay", "parec", "espeak-ng"].into_iter().find(|name| which::which(name).is_err());
    if let Some(missing) = missing {
        println!("SKIPPED: everything with a microphone: {missing} is not installed");
        return Ok(());
    }
    let folder = tempfile::tempdir().map_err(Error::internal)?;
    let socket = folder.path().join("native");
    let protocol = format!("module-native-protocol-unix socket={}", socket.display());
    let mut server = Command::new("pulseaudio");
    server.args(["-n", "--daemonize=no", "--exit-idle-time=-1", "-L", &protocol]);
    for module in [
        "module-null-sink sink_name=loudspeaker rate=48000",
        "module-null-sink sink_name=air rate=48000",
        "module-null-sink sink_name=mouth rate=48000",
        "module-remap-source source_name=microphone master=air.monitor",
    ] {
        server.args(["-L", module]);
    }
    server.env("HOME", folder.path()).env("XDG_RUNTIME_DIR", folder.path());
    let server = server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let _server = Running(server.map_err(Error::internal)?);
    let until = Instant::now() + PATIENCE;
    while !socket.exists() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
    }
    // Without this the loudspeaker wakes up every two seconds only, which no sound card does.
    let mut card = Command::new("parec");
    card.args(["--latency-msec=20", "-d", "loudspeaker.monitor"])
        .env("PULSE_SERVER", format!("unix:{}", socket.display()));
    let card = card.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let _card = Running(card.map_err(Error::internal)?);
    let me = std::env::current_exe().map_err(Error::internal)?;
    let mut inside = Command::new(me);
    inside.args(std::env::args().skip(1)).env("BENCH_INSIDE", "1");
    inside.env("PULSE_SERVER", format!("unix:{}", socket.display())).env("PULSE_SINK", "loudspeaker");
    inside.env("PULSE_SOURCE", "microphone");
    inside.env("HOME", folder.path()).env("XDG_RUNTIME_DIR", folder.path());
    inside.status().map(drop).map_err(Error::internal)
}

/// What is measured inside. `BENCH_SECONDS` says how long each state is listened to (60), `BENCH_LOAD_SECONDS` how long the
/// microphone is under load (600), and `BENCH_TIMES` how often each wish is said (5).
pub(crate) async fn inside(models: PathBuf, readings: &[PathBuf]) -> Result<()> {
    let voice = || Arc::new(LocalVoice::new(models.clone(), Arc::new(HeldSecrets::default())));
    for sensitivity in [wake::ALL, DETECTED].into_iter().filter(|_| wanted("room")) {
        awake(voice(), &models, readings, sensitivity).await?;
    }
    if wanted("load") {
        under_load(&voice(), readings, number("BENCH_LOAD_SECONDS", 600)).await?;
    }
    Ok(())
}

/// Luna with her wake word on, and a model that answers at once: what waiting costs, and how long an answer takes.
async fn awake(voice: Arc<LocalVoice>, models: &Path, readings: &[PathBuf], sensitivity: u8) -> Result<()> {
    let model = ["base", "tiny", "base.en", "tiny.en"]
        .into_iter()
        .find(|name| models::whisper(name).is_ok_and(|model| model.found(models).is_some()));
    let (script, url) = recogniser().await?;
    let mut settings = json!({ "wake_word": true, "wake_sensitivity": sensitivity, "engine": "espeak-ng", "language": "en", "follow_up_s": 0 });
    match model {
        Some(name) => settings["stt_model"] = name.into(),
        None => settings["stt_url"] = url.into(),
    }
    let by = model.map_or_else(|| "a script at once".into(), |name| format!("whisper {name}"));
    println!("with the wake word on, at a sensitivity of {sensitivity}; what is said is recognised by {by}:");
    let settings =
        json!({ "learn_facts": false, "voice": settings }).as_object().cloned().unwrap_or_default();
    let luna = InMemory::of(Ingredients { settings, voice: Some(voice), ..Ingredients::default() }).await;
    luna.model.improvise(|_| Reply::says(ANSWER));
    until_idle(&luna).await?;
    let mut turns: Vec<VoiceTurn> = vec![];
    let (mut missed, mut unasked, mut split) = (0, 0, 0);
    let folder = tempfile::tempdir().map_err(Error::internal)?;
    let calls = WISHES.len() * usize::try_from(number("BENCH_TIMES", TIMES)).unwrap_or_default();
    for n in 0..calls {
        let mut events = luna.bus().watch();
        let asked = script.asked.load(Ordering::Relaxed);
        say(folder.path(), n).await?;
        let ended = async {
            loop {
                if let Ok(event) = events.recv().await
                    && let Event::VoiceTurnEnded { turn } = &*event
                {
                    return turn.clone();
                }
            }
        };
        match tokio::time::timeout(Duration::from_secs(15), ended).await {
            Ok(turn) => turns.push(turn),
            Err(_) => {
                missed += 1;
                unasked += u32::from(script.asked.load(Ordering::Relaxed) == asked);
            }
        }
        split += u32::from(turns.last().is_some_and(|turn| turn.interrupted));
        // Nobody speaks before she waits again: what is said while she thinks is not for her. On a machine that is too
        // busy to play a sentence in one piece she answers its first half, and the second interrupts her.
        until_idle(&luna).await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        until_idle(&luna).await?;
    }
    println!("  {missed} of {calls} calls missed, {split} came in pieces");
    if model.is_none() {
        println!("  of those missed, {unasked} did not reach the recogniser");
    }
    told("  last word to text        ", turns.iter().map(|t| t.recognise_ms).collect());
    told("  last word to first sound ", turns.iter().filter_map(to_sound).collect());
    told("  first sentence to sound  ", turns.iter().filter_map(|turn| turn.sound_ms).collect());
    if sensitivity == wake::ALL {
        for room in [barge_in::Room::Headphones, barge_in::Room::Loudspeaker] {
            barge_in::measure(&luna, room).await?;
        }
    }

    let seconds = number("BENCH_SECONDS", 60);
    // Her voice is let go after a while; until then it costs more than listening.
    tokio::time::sleep(Duration::from_secs(21)).await;
    let cpu = spent(Duration::from_secs(seconds)).await;
    println!("  nobody speaks: {:.2} % of a core (should be below 3)", cpu * 100.0);
    let before = script.asked.load(Ordering::Relaxed);
    script.nothing.store(true, Ordering::Relaxed);
    let reading = read_aloud(readings)?;
    let cpu = spent(Duration::from_secs(seconds)).await;
    drop(reading);
    let asked = script.asked.load(Ordering::Relaxed) - before;
    println!("  somebody reads to others: {:.2} % of a core", cpu * 100.0);
    if model.is_none() {
        println!(
            "  and the recogniser was asked {:.1} times an hour",
            asked as f64 * 3_600.0 / seconds as f64
        );
    }
    luna.stop().await;
    Ok(())
}

/// What the environment says, or what is usual.
pub(super) fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|s| s.parse().ok()).unwrap_or(usual)
}

/// Waits until she waits for her name.
pub(super) async fn until_idle(luna: &InMemory) -> Result<()> {
    let until = Instant::now() + PATIENCE;
    while luna.voice_state().phase != VoicePhase::Idle {
        if Instant::now() > until {
            return Err(Error::unavailable(format!("she does not listen: {:?}", luna.voice_state())));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// From the last word to the first sound of the answer.
fn to_sound(turn: &VoiceTurn) -> Option<u64> {
    Some(turn.recognise_ms + turn.think_ms + turn.sound_ms?)
}

pub(super) fn told(what: &str, mut times: Vec<u64>) {
    times.sort_unstable();
    let at = |share: usize| times.get((times.len() * share / 100).min(times.len().saturating_sub(1)));
    match (at(50), at(95)) {
        (Some(half), Some(most)) => println!("{what} p50 {half} ms, p95 {most} ms of {}", times.len()),
        _ => println!("{what} was never measured"),
    }
}

/// Says a wish into the microphone; returns when it was said.
pub(super) async fn say(folder: &Path, n: usize) -> Result<()> {
    let voices = ["en-gb", "en-us+f3", "en-gb-scotland", "en-us+m3", "en+f2"];
    let (text, voice) = (WISHES[n % WISHES.len()], voices[n / WISHES.len() % voices.len()]);
    play(folder, &n.to_string(), voice, text, "air").await
}

/// Has it said by a voice of espeak-ng, and plays it there.
pub(super) async fn play(folder: &Path, name: &str, voice: &str, text: &str, sink: &str) -> Result<()> {
    let file = folder.join(format!("{name}.wav"));
    let made = Command::new("espeak-ng").args(["-v", voice, "-s", "150", "-w"]).arg(&file).arg(text).status();
    made.map_err(Error::internal)?;
    let mut play = tokio::process::Command::new("paplay");
    play.args(["-d", sink]).arg(&file).status().await.map(drop).map_err(Error::internal)
}

/// The recordings, again and again.
fn read_aloud(readings: &[PathBuf]) -> Result<Running> {
    let mut play = Command::new("sh");
    play.args(["-c", "while :; do for file; do paplay -d air \"$file\"; sleep 1; done; done", "sh"])
        .args(readings);
    play.stdin(Stdio::null()).stderr(Stdio::null()).spawn().map(Running).map_err(Error::internal)
}

/// A recogniser that knows what will be said.
#[derive(Default)]
struct Script {
    asked: AtomicUsize,
    /// From now on nothing is.
    nothing: AtomicBool,
}

/// One that listens, and where.
async fn recogniser() -> Result<(Arc<Script>, String)> {
    let script = Arc::new(Script::default());
    let known = Arc::clone(&script);
    // The body is read to its end: who answers before breaks the connection, now and then before the answer is read.
    let transcribe = move |_: axum::body::Bytes| async move {
        let n = known.asked.fetch_add(1, Ordering::Relaxed);
        let nothing = known.nothing.load(Ordering::Relaxed);
        axum::Json(json!({ "text": if nothing { "" } else { WISHES[n % WISHES.len()] } }))
    };
    let app = axum::Router::new().route("/v1/audio/transcriptions", axum::routing::post(transcribe));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.map_err(Error::internal)?;
    let address = listener.local_addr().map_err(Error::internal)?;
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok((script, format!("http://{address}/v1")))
}

/// The microphone alone, while every core is kept busy twice over.
async fn under_load(voice: &LocalVoice, readings: &[PathBuf], seconds: u64) -> Result<()> {
    let mut sounds = voice.listen(&VoiceSettings { wake_word: true, ..VoiceSettings::default() }).await?;
    let _reading = read_aloud(readings)?;
    let before = luna_voice::dropped_samples();
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let busy: Vec<Running> = (0..cores * 2)
        .filter_map(|_| Command::new("sh").args(["-c", "while :; do :; done"]).spawn().ok().map(Running))
        .collect();
    let end = tokio::time::Instant::now() + Duration::from_secs(seconds);
    let mut heard = 0;
    while let Ok(Some(sound)) = tokio::time::timeout_at(end, sounds.next()).await {
        heard += u32::from(matches!(sound, Sound::Ended { .. }));
    }
    drop(busy);
    let lost = luna_voice::dropped_samples() - before;
    println!(
        "the microphone under load for {seconds} s: {lost} samples lost (should be 0), {heard} utterances"
    );
    Ok(())
}

/// The share of a core that so long a time took.
async fn spent(time: Duration) -> f64 {
    let (began, before) = (Instant::now(), cpu());
    tokio::time::sleep(time).await;
    (cpu() - before) / began.elapsed().as_secs_f64()
}

/// Seconds of processor that this program took.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // After the name in brackets: user and system time are fields 14 and 15, in hundredths.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |n: usize| fields.get(n).and_then(|f| f.parse::<f64>().ok()).unwrap_or_default();
    (ticks(11) + ticks(12)) / 100.0
}
