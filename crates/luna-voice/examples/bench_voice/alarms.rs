//! How often somebody who calls her is missed, and how often talk that is not for her wakes her, with a real model: made
//! voices call her in quiet and in noise, and read other people's conversations aloud; recorded people speak.

use std::path::{Path, PathBuf};
use std::time::Duration;

use luna_core::ports::{Hints, SPEECH_RATE, Speech, Voice as _};
use luna_core::voice::after_phrase;
use luna_model::{Error, Result, VoiceSettings};
use luna_voice::{LocalVoice, utterances, wake};

use super::room::number;

const PHRASE: &str = "hey luna";
/// What the recogniser is told to expect, as while she waits to be called.
const EXPECTED: &str = "Hey Luna.";
const CALLS: [&str; 3] = [
    "Hey Luna, what time is it?",
    "Hey Luna, set a timer for ten minutes.",
    "Hey Luna, turn the volume down.",
];
const VOICES: [&str; 8] =
    ["en-gb", "en-us", "en-gb-scotland", "en-us+f3", "en-us+m3", "en+f2", "en-gb+m7", "en-029"];
/// Voices of flite, where that is installed; the detector never learnt from these.
const FLITE: [&str; 2] = ["slt", "rms"];
/// Words a minute.
const SPEEDS: [&str; 3] = ["120", "150", "190"];
/// How much softer the noise is than the voice.
const NOISE_DB: f32 = 10.0;
/// The sensitivities at which the wake detector is tried; at the last it is not asked, and the words alone decide.
const SENSITIVITIES: [u8; 4] = [25, 50, 75, wake::ALL];

/// Prints the rates. `BENCH_ALARM_MINUTES` says how much is read aloud (30).
pub(super) async fn measure(data: &Path, voice: &LocalVoice, model: &str) -> Result<()> {
    let settings = VoiceSettings {
        stt_model: model.into(),
        language: "en".into(),
        wake_phrase: PHRASE.into(),
        ..VoiceSettings::default()
    };
    let folder = tempfile::tempdir().map_err(Error::internal)?;
    println!("called, and not called; the words are those of whisper {model}:");
    let by = SENSITIVITIES.map(|n| if n == wake::ALL { "none".into() } else { n.to_string() });
    println!("  {:<58} {:>6} {:>6} {:>6} {:>6}", "with the wake detector at", by[0], by[1], by[2], by[3]);
    let noise = recordings(&data.join("speech/speechbrain/noise"), voice).await.into_iter().next();
    for noise in [None, noise] {
        let mut calls = Vec::new();
        let flite = FLITE.iter().filter(|_| which::which("flite").is_ok());
        for (n, name) in VOICES.iter().chain(flite).enumerate() {
            for speed in SPEEDS {
                let mut call = said(folder.path(), name, speed, CALLS[n % CALLS.len()], voice).await?;
                if let Some(noise) = &noise {
                    add(&mut call, noise);
                }
                calls.push(tried(&call, voice, &settings).await?);
            }
        }
        let place = if noise.is_some() { "noise 10 dB softer" } else { "a quiet room" };
        let missed = |n: usize| calls.iter().filter(|call| !call.woken[n]).count() as f64;
        line(&format!("missed, of {} calls in {place}", calls.len()), 0, missed);
    }
    let mut people = Vec::new();
    for folder in [
        "speech/librivox",
        "speech/speechbrain/ASR",
        "speech/speechbrain/VAD",
        "emotion/emodb",
        "wakeword/clips",
    ] {
        people.extend(recordings(&data.join(folder), voice).await);
    }
    alarms("recorded people", people, voice, &settings).await?;
    let enough = Duration::from_secs(60 * number("BENCH_ALARM_MINUTES", 30)).as_secs_f64();
    let (mut read, mut seconds) = (Vec::new(), 0.0);
    for (n, line) in conversations(&data.join("memory/locomo/locomo_dev.json")).iter().enumerate() {
        let speed = SPEEDS[n / VOICES.len() % SPEEDS.len()];
        let speech = said(folder.path(), VOICES[n % VOICES.len()], speed, line, voice).await?;
        seconds += speech.len() as f64 / f64::from(SPEECH_RATE);
        read.push(speech);
        if seconds > enough {
            break;
        }
    }
    alarms("conversations read aloud", read, voice, &settings).await
}

/// How often an hour of this wakes her, and how much of it the recogniser is asked about.
async fn alarms(
    what: &str,
    spoken: Vec<Vec<f32>>,
    voice: &LocalVoice,
    settings: &VoiceSettings,
) -> Result<()> {
    if spoken.is_empty() {
        println!("  SKIPPED: {what}: there are none");
        return Ok(());
    }
    let hours = spoken.iter().map(Vec::len).sum::<usize>() as f64 / f64::from(SPEECH_RATE) / 3_600.0;
    let mut pieces = Vec::new();
    for speech in &spoken {
        pieces.push(tried(speech, voice, settings).await?);
    }
    let what = format!("{what}, {:.0} min in {} pieces", hours * 60.0, pieces.len());
    let woken = |n: usize| pieces.iter().filter(|piece| piece.woken[n]).count() as f64 / hours;
    line(&format!("false alarms an hour: {what}"), 1, woken);
    let asked =
        |n: usize| 100.0 * pieces.iter().filter(|piece| piece.asked[n]).count() as f64 / pieces.len() as f64;
    line("  % of them that go to the recogniser", 0, asked);
    Ok(())
}

/// What is printed of each sensitivity.
fn line(what: &str, digits: usize, of: impl Fn(usize) -> f64) {
    let numbers: Vec<String> = (0..SENSITIVITIES.len()).map(|n| format!("{:>6.digits$}", of(n))).collect();
    println!("  {what:<58} {}", numbers.join(" "));
}

/// What came of a recording at each sensitivity.
#[derive(Default)]
struct Tried {
    /// An utterance of it wakes her.
    woken: [bool; SENSITIVITIES.len()],
    /// The detector lets an utterance through to the recogniser.
    asked: [bool; SENSITIVITIES.len()],
}

async fn tried(speech: &[f32], voice: &LocalVoice, settings: &VoiceSettings) -> Result<Tried> {
    let mut tried = Tried::default();
    for part in utterances(speech) {
        let part = Speech(speech[part].into());
        let hints = Hints { words: EXPECTED.into(), language: settings.language.clone(), ..Hints::default() };
        let heard = voice.transcribe(part.clone(), settings, hints).await?;
        let called = after_phrase(&heard.text, PHRASE).is_some();
        for (n, wake_sensitivity) in SENSITIVITIES.into_iter().enumerate() {
            let settings = VoiceSettings { wake_sensitivity, ..settings.clone() };
            let asked = voice.may_be_called(&part, &settings).await;
            tried.asked[n] |= asked;
            tried.woken[n] |= asked && called;
        }
    }
    Ok(tried)
}

/// A sentence by a voice of espeak-ng or flite, with a pause before and after it.
pub(super) async fn said(
    folder: &Path,
    name: &str,
    speed: &str,
    text: &str,
    voice: &LocalVoice,
) -> Result<Vec<f32>> {
    let file = folder.join("said.wav");
    let mut program;
    if FLITE.contains(&name) {
        let slow = 150.0 / speed.parse::<f32>().unwrap_or(150.0);
        program = tokio::process::Command::new("flite");
        program
            .args(["-voice", name, "--setf", &format!("duration_stretch={slow}"), "-t", text, "-o"])
            .arg(&file);
    } else {
        program = tokio::process::Command::new("espeak-ng");
        program.args(["-v", name, "-s", speed, "-w"]).arg(&file).arg("--").arg(text);
    }
    program.status().await.map_err(Error::internal)?;
    let speech = voice.decode(std::fs::read(&file).unwrap_or_default()).await?;
    let pause = vec![0.0; SPEECH_RATE as usize];
    Ok([&pause, speech.0.as_ref(), &pause].concat())
}

/// Adds the noise, again and again, so much softer than the speech.
fn add(speech: &mut [f32], noise: &[f32]) {
    let power = |sound: &[f32]| sound.iter().map(|s| s * s).sum::<f32>() / sound.len().max(1) as f32;
    let gain = (power(speech) / power(noise).max(1e-12) / 10_f32.powf(NOISE_DB / 10.0)).sqrt();
    for (sample, noise) in speech.iter_mut().zip(noise.iter().cycle()) {
        *sample += noise * gain;
    }
}

pub(super) async fn recordings(folder: &Path, voice: &LocalVoice) -> Vec<Vec<f32>> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|e| e == "wav")).collect();
    files.sort();
    let mut all = Vec::new();
    for file in files {
        if let Ok(speech) = voice.decode(std::fs::read(file).unwrap_or_default()).await {
            all.push(speech.0.to_vec());
        }
    }
    all
}

/// What was said in the conversations, line by line.
fn conversations(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let all: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let sessions = all.as_array().into_iter().flatten().filter_map(|one| one["conversation"].as_object());
    let turns =
        sessions.flat_map(|sessions| sessions.values()).filter_map(serde_json::Value::as_array).flatten();
    turns.filter_map(|turn| turn["text"].as_str().map(str::to_owned)).collect()
}
