//! How often somebody who calls her is missed, and how often talk that is not for her wakes her, with a real model: made
//! voices call her in quiet and in noise, and read other people's conversations aloud; recorded people speak.

use std::path::{Path, PathBuf};
use std::time::Duration;

use luna_core::ports::{Hints, SPEECH_RATE, Speech, Voice as _};
use luna_core::voice::after_phrase;
use luna_model::{Error, Result, VoiceSettings};
use luna_voice::{LocalVoice, utterances};

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
const SPEEDS: [&str; 3] = ["120", "150", "190"];
/// How much softer the noise is than the voice.
const NOISE_DB: f32 = 10.0;
/// The sensitivity at which the wake detector is tried, beside the words alone.
const DETECTED: u8 = 50;

/// Prints the rates. `BENCH_ALARM_MINUTES` says how much is read aloud (30).
pub(super) async fn measure(data: &Path, voice: &LocalVoice, model: &str) -> Result<()> {
    let settings = |wake_sensitivity| VoiceSettings {
        stt_model: model.into(),
        language: "en".into(),
        wake_phrase: PHRASE.into(),
        wake_sensitivity,
        ..VoiceSettings::default()
    };
    let (words, detected) = (settings(100), settings(DETECTED));
    let folder = tempfile::tempdir().map_err(Error::internal)?;
    println!("called, and not called; whisper {model}:");
    let noise = recordings(&data.join("speech/speechbrain/noise"), voice).await.into_iter().next();
    for noise in [None, noise] {
        let (mut calls, mut missed, mut unheard) = (0, 0, 0);
        for (n, name) in VOICES.iter().enumerate() {
            for speed in SPEEDS {
                let mut call = said(folder.path(), name, speed, CALLS[n % CALLS.len()], voice).await?;
                if let Some(noise) = &noise {
                    add(&mut call, noise);
                }
                calls += 1;
                missed += u32::from(!wakes(&call, voice, &words).await?.0);
                unheard += u32::from(!wakes(&call, voice, &detected).await?.0);
            }
        }
        let place = if noise.is_some() { "noise 10 dB softer" } else { "a quiet room" };
        println!(
            "  of {calls} calls in {place} {missed} missed by the words alone, {unheard} with the detector at {DETECTED}"
        );
    }
    let mut people = Vec::new();
    for folder in ["speech/librivox", "speech/speechbrain/ASR", "speech/speechbrain/VAD", "emotion/emodb"] {
        people.extend(recordings(&data.join(folder), voice).await);
    }
    alarms("recorded people", people, voice, [&words, &detected]).await?;
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
    alarms("conversations read aloud", read, voice, [&words, &detected]).await
}

async fn alarms(
    what: &str,
    spoken: Vec<Vec<f32>>,
    voice: &LocalVoice,
    settings: [&VoiceSettings; 2],
) -> Result<()> {
    let hours = spoken.iter().map(Vec::len).sum::<usize>() as f64 / f64::from(SPEECH_RATE) / 3_600.0;
    let (mut woken, mut woken_detected, mut asked) = (0, 0, 0);
    for speech in &spoken {
        let [words, detected] = settings;
        let (wakes, _) = wakes(speech, voice, words).await?;
        let called = may_be_called(speech, voice, detected).await;
        woken += u32::from(wakes);
        woken_detected += u32::from(wakes && called);
        asked += u32::from(called);
    }
    if spoken.is_empty() {
        println!("  SKIPPED: {what}: there are none");
        return Ok(());
    }
    let hourly = |count: u32| f64::from(count) / hours;
    println!(
        "  {what}, {:.0} minutes in {} pieces: {:.1} false alarms an hour by the words alone, {:.1} with the detector at \
         {DETECTED}, which lets {:.0} % through to them",
        hours * 60.0,
        spoken.len(),
        hourly(woken),
        hourly(woken_detected),
        100.0 * f64::from(asked) / spoken.len() as f64
    );
    Ok(())
}

/// Whether any utterance of it would wake her, and how many there are.
async fn wakes(speech: &[f32], voice: &LocalVoice, settings: &VoiceSettings) -> Result<(bool, usize)> {
    let parts = utterances(speech);
    let mut wakes = false;
    for part in &parts {
        let part = Speech(speech[part.clone()].into());
        if voice.may_be_called(&part, settings).await {
            let hints =
                Hints { words: EXPECTED.into(), language: settings.language.clone(), ..Hints::default() };
            let heard = voice.transcribe(part, settings, hints).await?;
            wakes |= after_phrase(&heard.text, PHRASE).is_some();
        }
    }
    Ok((wakes, parts.len()))
}

async fn may_be_called(speech: &[f32], voice: &LocalVoice, settings: &VoiceSettings) -> bool {
    for part in utterances(speech) {
        if voice.may_be_called(&Speech(speech[part].into()), settings).await {
            return true;
        }
    }
    false
}

/// A sentence by a voice of espeak-ng, with a pause before and after it.
pub(super) async fn said(
    folder: &Path,
    name: &str,
    speed: &str,
    text: &str,
    voice: &LocalVoice,
) -> Result<Vec<f32>> {
    let file = folder.join("said.wav");
    let mut espeak = tokio::process::Command::new("espeak-ng");
    espeak.args(["-v", name, "-s", speed, "-w"]).arg(&file).arg("--").arg(text);
    espeak.status().await.map_err(Error::internal)?;
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
