//! Measures hearing: for each whisper model that is in LUNA_MODELS_DIR the word error rate and the real-time factor on read
//! sentences with known words, beside whisper.cpp's own program where it is installed; how fast recordings are read and
//! feelings heard; how well voices are told apart; and, with a microphone made of air, what listening costs, how long an
//! answer takes and how soon she is silent when somebody speaks over her, there and in measured rooms; and how often she is called in vain, or wakes though
//! nobody called.
//!
//!     cargo run --release -p luna-voice --example bench_voice [folder of speech data]
//!
//! `BENCH_ONLY` chooses a part: `words`, `alarms`, `speakers`, `over`, `room` or `load`.
#![allow(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a program whose product is what it prints"
)]

mod alarms;
mod barge_in;
mod over_her;
mod room;
mod speakers;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use luna_core::ports::{Hints, Voice as _};
use luna_model::{Result, VoiceSettings};
use luna_testkit::HeldSecrets;
use luna_voice::{LocalVoice, models};

#[tokio::main]
async fn main() -> Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let data =
        std::env::args().nth(1).map_or_else(|| here.join("../../../shared/data/speech"), PathBuf::from);
    let folder = std::env::var_os("LUNA_MODELS_DIR").map_or_else(|| PathBuf::from("models"), PathBuf::from);
    let sentences = sentences(&data.join("librivox"));
    if sentences.is_empty() {
        println!("SKIPPED: there is no speech in {}", data.display());
        return Ok(());
    }
    if std::env::var_os("BENCH_INSIDE").is_some() {
        let readings: Vec<_> = sentences.into_iter().map(|(file, _)| file).collect();
        return room::inside(folder, &readings).await;
    }
    let voice = LocalVoice::new(folder.clone(), Arc::new(HeldSecrets::default()));
    if wanted("words") {
        words(&folder, &sentences, &voice).await?;
    }
    let best = models::WHISPER.iter().rev().find(|model| model.found(&folder).is_some());
    let data = data.parent().unwrap_or(&data);
    if let Some(model) = best.filter(|_| wanted("alarms") && which::which("espeak-ng").is_ok()) {
        alarms::measure(data, &voice, model.name).await?;
    }
    if wanted("speakers") {
        speakers::measure(data, &voice).await;
    }
    if wanted("over") {
        over_her::measure(data, &voice).await?;
    }
    if wanted("room") || wanted("load") {
        room::around()?;
    }
    Ok(())
}

/// Whether this part is wanted: `BENCH_ONLY` names one.
fn wanted(part: &str) -> bool {
    std::env::var("BENCH_ONLY").map_or(true, |only| only == part)
}

/// How well and how fast recordings become words and feelings.
async fn words(folder: &Path, sentences: &[(PathBuf, String)], voice: &LocalVoice) -> Result<()> {
    let (mut seconds, mut reading, mut feeling) = (0.0, 0.0, 0.0);
    for (file, _) in sentences {
        let bytes = std::fs::read(file).unwrap_or_default();
        let began = Instant::now();
        let speech = voice.decode(bytes).await?;
        reading += began.elapsed().as_secs_f64();
        seconds += speech.duration().as_secs_f64();
        let began = Instant::now();
        voice.emotion(speech).await?;
        feeling += began.elapsed().as_secs_f64();
    }
    println!("{} sentences, {seconds:.1} s of speech", sentences.len());
    println!("reading a recording      {:.4} of real time", reading / seconds);
    println!("hearing a feeling        {:.4} of real time", feeling / seconds);
    let mut any = false;
    for (model, file) in models::WHISPER.iter().filter_map(|model| Some((model, model.found(folder)?))) {
        any = true;
        let settings = VoiceSettings { stt_model: model.name.into(), ..VoiceSettings::default() };
        let (mut wrong, mut words, mut took) = (0, 0, 0.0);
        for (file, said) in sentences {
            let speech = voice.decode(std::fs::read(file).unwrap_or_default()).await?;
            let began = Instant::now();
            let hints = Hints { language: "en".into(), ..Hints::default() };
            let heard = voice.transcribe(speech, &settings, hints).await?;
            took += began.elapsed().as_secs_f64();
            let (said, heard) = (plain(said), plain(&heard.text));
            wrong += distance(&said, &heard);
            words += said.len();
        }
        println!(
            "whisper {:<16} word error rate {:.3}, {:.3} of real time",
            model.name,
            wrong as f64 / words as f64,
            took / seconds
        );
        beside(&file, sentences, seconds);
    }
    if !any {
        println!("SKIPPED: no whisper model is in {} (luna models get whisper-base)", folder.display());
    }
    println!();
    Ok(())
}

/// The same by whisper.cpp's own program.
fn beside(model: &Path, sentences: &[(PathBuf, String)], seconds: f64) {
    let Ok(program) = which::which("whisper-cli") else {
        println!("SKIPPED: beside it, whisper.cpp's own whisper-cli: it is not installed");
        return;
    };
    let (mut wrong, mut words, mut took) = (0, 0, 0.0);
    for (file, said) in sentences {
        let mut command = std::process::Command::new(&program);
        command.arg("-m").arg(model).arg("-f").arg(file).args(["-l", "en", "-nt", "-np"]);
        let began = Instant::now();
        let heard = command.output().map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        took += began.elapsed().as_secs_f64();
        let (said, heard) = (plain(said), plain(&heard.unwrap_or_default()));
        wrong += distance(&said, &heard);
        words += said.len();
    }
    let (wrong, took) = (wrong as f64 / words as f64, took / seconds);
    println!(
        "  whisper-cli beside it    word error rate {wrong:.3}, {took:.3} of real time, loading included"
    );
}

/// Recordings with their words: a `.wav` and a `.txt` of the same name.
fn sentences(folder: &Path) -> Vec<(PathBuf, String)> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|end| end == "wav"))
        .filter_map(|path| Some((path.clone(), std::fs::read_to_string(path.with_extension("txt")).ok()?)))
        .collect();
    found.sort();
    found
}

fn plain(text: &str) -> Vec<String> {
    let letters: String =
        text.to_lowercase().chars().map(|c| if c.is_alphanumeric() || c == '\'' { c } else { ' ' }).collect();
    letters.split_whitespace().map(str::to_owned).collect()
}

/// Levenshtein's, in words.
fn distance(said: &[String], heard: &[String]) -> usize {
    let mut row: Vec<usize> = (0..=heard.len()).collect();
    for (i, word) in said.iter().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, other) in heard.iter().enumerate() {
            let swap = before + usize::from(word != other);
            before = row[j + 1];
            row[j + 1] = swap.min(row[j] + 1).min(before + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}
