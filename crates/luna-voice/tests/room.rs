//! Hearing and speaking in a room made of air: a PulseAudio of the test's own, with a loudspeaker whose sound is recorded and
//! a microphone into which recordings are played. Everything is real but the recogniser, which answers from a script.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a panic here is a failed test"
)]

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::extract::Multipart;
use luna_core::ports::{Hints, Secrets, Speech, Voice};
use luna_model::{Event, VoiceSettings, VoiceTurn};
use luna_testkit::{HeldSecrets, InMemory, Ingredients, PATIENCE, Reply};
use luna_voice::{LocalVoice, models};
use serde_json::json;
use tokio_util::sync::CancellationToken;

const RATE: usize = 16_000;

/// Runs the tests marked `inside` in a process of their own whose sound server is the room's.
#[test]
fn a_room() {
    let programs = ["pulseaudio", "pactl", "parec", "paplay", "espeak-ng"];
    if let Some(missing) = programs.iter().find(|program| which::which(program).is_err()) {
        eprintln!("SKIPPED: {missing} is not installed");
        return;
    }
    let room = Room::new();
    let me = std::env::current_exe().unwrap();
    let mut inside = Command::new(me);
    inside.args(["--ignored", "--test-threads=1", "--nocapture", "inside_"]);
    let status = room.around(&mut inside).status().unwrap();
    assert!(status.success(), "what happened in the room is said above");
}

struct Room {
    server: Child,
    folder: tempfile::TempDir,
}

impl Room {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("native");
        let protocol = format!("module-native-protocol-unix socket={}", socket.display());
        let mut command = Command::new("pulseaudio");
        command.args(["-n", "--daemonize=no", "--exit-idle-time=-1", "--disallow-exit", "-L", &protocol]);
        for module in [
            "module-null-sink sink_name=loudspeaker rate=48000",
            "module-null-sink sink_name=air rate=48000",
            "module-remap-source source_name=microphone master=air.monitor",
        ] {
            command.args(["-L", module]);
        }
        command.env("HOME", folder.path()).env("XDG_RUNTIME_DIR", folder.path());
        let server =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let room = Self { server, folder };
        let until = Instant::now() + PATIENCE;
        while !room.pactl(&["set-default-sink", "loudspeaker"]) {
            assert!(Instant::now() < until, "the sound server does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(room.pactl(&["set-default-source", "microphone"]));
        room
    }

    fn around<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("PULSE_SERVER", format!("unix:{}", self.folder.path().join("native").display()))
            .env("HOME", self.folder.path())
            .env("XDG_RUNTIME_DIR", self.folder.path())
    }

    fn pactl(&self, arguments: &[&str]) -> bool {
        let mut command = Command::new("pactl");
        command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
        self.around(&mut command).status().unwrap().success()
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// What comes out of the loudspeaker, until it is asked for.
struct Recording(Child, PathBuf);

impl Recording {
    fn begin(folder: &Path) -> Self {
        let file = folder.join("recorded.raw");
        let mut command = Command::new("parec");
        command.args([
            "-d",
            "loudspeaker.monitor",
            "--rate=16000",
            "--channels=1",
            "--format=s16le",
            "--latency-msec=20",
        ]);
        let child =
            command.stdout(std::fs::File::create(&file).unwrap()).stderr(Stdio::null()).spawn().unwrap();
        let recording = Self(child, file);
        let until = Instant::now() + PATIENCE;
        while recording.samples().len() < RATE / 20 {
            assert!(Instant::now() < until, "nothing is recorded");
            std::thread::sleep(Duration::from_millis(10));
        }
        recording
    }

    fn samples(&self) -> Vec<f32> {
        let bytes = std::fs::read(&self.1).unwrap();
        bytes.chunks_exact(2).map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0).collect()
    }

    /// How many seconds of it are not silent, and how many frames of those are speech.
    fn end(mut self) -> (f64, f64) {
        // What was played last is still on its way.
        std::thread::sleep(Duration::from_millis(300));
        let _ = self.0.kill();
        let _ = self.0.wait();
        let samples = self.samples();
        let mut network = Box::<earshot::Detector>::default();
        let (mut loud, mut speech) = (0_u32, 0_u32);
        for frame in samples.chunks_exact(256) {
            let sure = network.predict_f32(frame) > 0.5;
            if frame.iter().map(|s| s * s).sum::<f32>() / 256.0 > 1e-5 {
                loud += 1;
                speech += u32::from(sure);
            }
        }
        let seconds = f64::from(loud) * 256.0 / RATE as f64;
        (seconds, f64::from(speech) / f64::from(loud.max(1)))
    }
}

/// Says it with espeak-ng into the microphone; returns when it was said.
async fn into_the_microphone(folder: &Path, text: &str) {
    at_speed(150, folder, text).await;
}

/// The same at so many words a minute.
async fn at_speed(speed: u32, folder: &Path, text: &str) {
    let file = folder.join(format!("said-{}.wav", text.len()));
    let made = Command::new("espeak-ng")
        .args(["-v", "en-gb", "-s", &speed.to_string(), "-w"])
        .arg(&file)
        .arg(text)
        .status();
    assert!(made.unwrap().success());
    let mut play = tokio::process::Command::new("paplay");
    let played = play.args(["-d", "air"]).arg(&file).status().await.unwrap();
    assert!(played.success());
}

/// A recogniser that gives these answers, one after the other, to whatever speech it is sent; the seconds it was sent.
async fn recogniser(answers: &[&str]) -> (String, Arc<Mutex<Vec<f64>>>) {
    let waiting: VecDeque<String> = answers.iter().map(|a| (*a).to_owned()).collect();
    let waiting = Arc::new(Mutex::new(waiting));
    let heard = Arc::new(Mutex::new(vec![]));
    let seen = Arc::clone(&heard);
    let transcribe = move |mut form: Multipart| async move {
        while let Some(field) = form.next_field().await.unwrap() {
            if field.name() == Some("file") {
                let bytes = field.bytes().await.unwrap();
                seen.lock().unwrap().push((bytes.len() - 44) as f64 / 2.0 / RATE as f64);
            }
        }
        // The last answer stands: what is understood ahead of the end is asked again at the end.
        let mut waiting = waiting.lock().unwrap();
        let text = if waiting.len() > 1 { waiting.pop_front() } else { waiting.front().cloned() };
        axum::Json(json!({ "text": text.unwrap_or_default() }))
    };
    let app = axum::Router::new().route("/v1/audio/transcriptions", axum::routing::post(transcribe));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    (format!("http://{address}/v1"), heard)
}

fn voice() -> Arc<LocalVoice> {
    let secrets: Arc<dyn Secrets> = Arc::new(HeldSecrets::default());
    Arc::new(LocalVoice::new(std::env::temp_dir().join("no-models-here"), secrets))
}

async fn luna(stt_url: &str) -> InMemory {
    let settings = json!({ "wake_word": true, "stt_url": stt_url, "engine": "espeak-ng", "language": "en" });
    awake(&settings, voice()).await
}

/// Luna with these ears and this mouth, who listens.
async fn awake(settings: &serde_json::Value, voice: Arc<dyn Voice>) -> InMemory {
    let settings = json!({ "learn_facts": false, "voice": settings }).as_object().cloned().unwrap();
    let luna = InMemory::of(Ingredients { settings, voice: Some(voice), ..Ingredients::default() }).await;
    let listens = async {
        while luna.voice_state().phase != luna_model::VoicePhase::Idle {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, listens).await.expect("the microphone opens");
    assert_eq!(luna.voice_state().trouble, None);
    luna
}

async fn turn(events: &mut tokio::sync::broadcast::Receiver<Arc<Event>>) -> VoiceTurn {
    let ended = async {
        loop {
            match events.recv().await {
                Ok(event) => {
                    if let Event::VoiceTurnEnded { turn } = &*event {
                        return turn.clone();
                    }
                }
                Err(error) => panic!("{error}"),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(40), ended).await.expect("a turn ends")
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "runs inside of a_room"]
async fn inside_what_is_said_comes_out_of_the_loudspeaker() {
    let folder = tempfile::tempdir().unwrap();
    let (voice, settings) =
        (voice(), VoiceSettings { engine: "espeak-ng".into(), ..VoiceSettings::default() });
    let ready = voice.ready(&settings).await;
    assert!(ready.outputs.iter().any(|device| device.id.contains("loudspeaker")), "{ready:?}");
    assert!(ready.inputs.iter().any(|device| device.id.contains("microphone")), "{ready:?}");

    let recording = Recording::begin(folder.path());
    let text = "The weather today is sunny and twenty two degrees.";
    let said = voice.say(text, &settings, CancellationToken::new()).await.unwrap();
    assert!(!said.stopped && said.first_sound_ms.is_some());
    let (seconds, speech) = recording.end();
    assert!((2.0..6.0).contains(&seconds), "{seconds} s of sound");
    assert!(speech > 0.6, "{speech} of it is speech");
    eprintln!("first sound after {:?} ms", said.first_sound_ms);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "runs inside of a_room"]
async fn inside_a_stop_is_soon_heard() {
    let folder = tempfile::tempdir().unwrap();
    let (voice, settings) =
        (voice(), VoiceSettings { engine: "espeak-ng".into(), ..VoiceSettings::default() });
    let recording = Recording::begin(folder.path());
    let stop = CancellationToken::new();
    let text = "This sentence is very long, and it goes on and on, and on, until somebody stops it, or until it ends by itself.";
    let (talking, cancel) = (Arc::clone(&voice), stop.clone());
    let saying = tokio::spawn(async move { talking.say(text, &settings, cancel).await });
    let until = Instant::now() + PATIENCE;
    while recording.samples().iter().all(|s| s.abs() < 0.02) {
        assert!(Instant::now() < until, "nothing is said");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let asked = Instant::now();
    stop.cancel();
    assert!(saying.await.unwrap().unwrap().stopped);
    eprintln!("stopped after {} ms", asked.elapsed().as_millis());
    let (seconds, _) = recording.end();
    assert!(seconds < 3.0, "{seconds} s were heard of a sentence of seven");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "runs inside of a_room"]
async fn inside_a_spoken_wish_is_heard_done_and_answered_aloud() {
    let folder = tempfile::tempdir().unwrap();
    let (url, heard) = recogniser(&["Hey Luna, set the volume to 30."]).await;
    let luna = luna(&url).await;
    let mut events = luna.bus().watch();
    luna.model.then(Reply::calls("set_volume", json!({ "level": 30 })));
    luna.model.then(Reply::says("The volume is thirty per cent now."));
    let recording = Recording::begin(folder.path());
    into_the_microphone(folder.path(), "Hey Luna, set the volume to thirty").await;
    let turn = turn(&mut events).await;
    assert_eq!(turn.heard, "set the volume to 30.");
    assert_eq!(luna.desktop().volume().await.unwrap().level, 30);
    let (seconds, speech) = recording.end();
    assert!(seconds > 1.0 && speech > 0.6, "{seconds} s of sound, {speech} of it speech");
    assert!(heard.lock().unwrap().iter().all(|s| (0.5..8.0).contains(s)), "{heard:?}");
    eprintln!("{turn:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "runs inside of a_room"]
async fn inside_a_real_model_hears_two_wishes_and_understands_her_answer() {
    let models = std::env::var_os("LUNA_MODELS_DIR").map(PathBuf::from);
    let found = models.filter(|folder| matches!(models::nearest("tiny.en", "en", folder), Ok(Some(_))));
    let Some(folder) = found else {
        eprintln!("SKIPPED: no whisper model under LUNA_MODELS_DIR");
        return;
    };
    let voice = Arc::new(LocalVoice::new(folder, Arc::new(HeldSecrets::default())));
    let settings =
        json!({ "wake_word": true, "stt_model": "tiny.en", "engine": "espeak-ng", "language": "en" });
    let luna = awake(&settings, Arc::clone(&voice) as Arc<dyn Voice>).await;
    luna.model.improvise(|request| luna_builtin::answer(request).into_iter().collect());
    let mut events = luna.bus().watch();
    let mut place = tempfile::tempdir().unwrap();
    let mut recording = Recording::begin(place.path());
    let (mut turns, wishes) = (vec![], "Hey Luna, set the volume to thirty and lock the screen");
    // As anybody would: who is misunderstood says it again.
    for speed in [150, 130, 140] {
        at_speed(speed, place.path(), wishes).await;
        turns.push(turn(&mut events).await);
        if luna.machine.rests() == ["lock"] {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        place = tempfile::tempdir().unwrap();
        recording = Recording::begin(place.path());
    }
    eprintln!("{turns:?}");
    assert_eq!(luna.machine.rests(), ["lock"], "{turns:?}");
    assert_eq!(luna.desktop().volume().await.unwrap().level, 30, "{turns:?}");
    // What came out of the loudspeaker is understood again.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let speech = Speech(recording.samples().into());
    let settings = luna.settings().current().voice;
    let heard = voice.transcribe(speech, &settings, Hints::default()).await.unwrap().text.to_lowercase();
    assert!(heard.contains("volume") && heard.contains("locked"), "{heard}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "runs inside of a_room"]
async fn inside_who_speaks_over_her_stops_her() {
    let folder = tempfile::tempdir().unwrap();
    // What is understood ahead of the end is asked again at the end.
    let (url, _) =
        recogniser(&["Hey Luna, tell me a story.", "Hey Luna, tell me a story.", "No, stop that."]).await;
    let luna = luna(&url).await;
    let mut events = luna.bus().watch();
    // Somebody listens to the loudspeaker: without, the sound server wakes up every two seconds only, as no sound card does.
    let _card = Recording::begin(folder.path());
    let story = "Once upon a time there was a moon who lived alone. ".repeat(8);
    luna.model.then(Reply::says(&story));
    into_the_microphone(folder.path(), "Hey Luna, tell me a story").await;
    let speaks = async {
        while !luna.voice_state().speaking {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, speaks).await.expect("she speaks");
    // She is heard for a while first, as by anybody who interrupts.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    let over = into_the_microphone(folder.path(), "No, stop that please, and be quiet now");
    let (turn, ()) = tokio::join!(turn(&mut events), over);
    assert!(turn.interrupted, "{turn:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "runs inside of a_room"]
async fn inside_her_own_voice_neither_stops_nor_wakes_her() {
    let folder = tempfile::tempdir().unwrap();
    let (url, heard) = recogniser(&["Hey Luna, tell me something."]).await;
    let luna = luna(&url).await;
    let mut events = luna.bus().watch();
    let _air = Air::open();
    luna.model.then(Reply::says(
        "The moon goes around the earth. It takes about a month. Luna is its name in Latin.",
    ));
    into_the_microphone(folder.path(), "Hey Luna, tell me something").await;
    let turn = turn(&mut events).await;
    assert!(!turn.interrupted, "{turn:?}");
    let asked = heard.lock().unwrap().len();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(heard.lock().unwrap().len(), asked, "she listened to herself");
}

/// While it lives, the microphone hears the loudspeaker, as in any room.
struct Air(String);

impl Air {
    fn open() -> Self {
        let mut command = Command::new("pactl");
        command.args([
            "load-module",
            "module-loopback",
            "source=loudspeaker.monitor",
            "sink=air",
            "latency_msec=60",
        ]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        Self(String::from_utf8(output.stdout).unwrap().trim().to_owned())
    }
}

impl Drop for Air {
    fn drop(&mut self) {
        let _ = Command::new("pactl").args(["unload-module", &self.0]).status();
    }
}
