//! Voices that are programs: the text goes in on standard input, so that no word of it is ever an option or a command.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use luna_model::{Error, Result, VoiceSettings};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::decode;
use crate::pcm::Pcm;

const PATIENCE: Duration = Duration::from_secs(30);
/// The voice of espeak-ng where none is wanted.
const ESPEAK_USUAL: &str = "en-us";
/// The rate at which Piper's voices were recorded, roughly, in words a minute.
const PIPER_RATE: f64 = 160.0;

pub(super) async fn espeak(text: &str, settings: &VoiceSettings) -> Result<Pcm> {
    match (settings.voice.as_str(), settings.language.as_str()) {
        ("", "") => espeak_as(ESPEAK_USUAL, text, settings).await,
        // Recognisers know languages that it does not speak.
        ("", language) => match espeak_as(language, text, settings).await {
            Err(_) => espeak_as(ESPEAK_USUAL, text, settings).await,
            spoken => spoken,
        },
        (voice, _) => espeak_as(voice, text, settings).await,
    }
}

async fn espeak_as(voice: &str, text: &str, settings: &VoiceSettings) -> Result<Pcm> {
    let mut command = Command::new("espeak-ng");
    command.args(["--stdin", "--stdout", "-b", "1", "-s", &settings.rate.to_string(), "-v", voice]);
    wav("espeak-ng", command, text).await
}

pub(super) async fn piper(voice: &Path, text: &str, settings: &VoiceSettings) -> Result<Pcm> {
    let mut command = Command::new("piper");
    let pace = format!("{:.2}", PIPER_RATE / f64::from(settings.rate.max(1)));
    command.arg("--model").arg(voice).args(["--length_scale", &pace, "--output_file", "-"]);
    // Piper speaks a line at a time.
    wav("piper", command, &text.replace('\n', " ")).await
}

#[cfg(target_os = "macos")]
pub(super) async fn system(text: &str, settings: &VoiceSettings) -> Result<Pcm> {
    let file = tempfile::Builder::new().suffix(".wav").tempfile().map_err(Error::internal)?;
    let mut command = Command::new("say");
    command.args(["-f", "-", "--data-format=LEI16@22050", "-r", &settings.rate.to_string(), "-o"]);
    command.arg(file.path());
    if !settings.voice.is_empty() {
        command.args(["-v", &settings.voice]);
    }
    output("say", command, text).await?;
    read(file.path()).await
}

#[cfg(windows)]
pub(super) async fn system(text: &str, settings: &VoiceSettings) -> Result<Pcm> {
    const SCRIPT: &str = "[Console]::InputEncoding=[Text.Encoding]::UTF8; Add-Type -AssemblyName System.Speech; \
        $s=New-Object System.Speech.Synthesis.SpeechSynthesizer; $s.Rate=[int]$env:LUNA_SPEAK_RATE; \
        $s.SetOutputToWaveFile($env:LUNA_SPEAK_FILE); $s.Speak([Console]::In.ReadToEnd()); $s.Dispose()";
    let file = tempfile::Builder::new().suffix(".wav").tempfile().map_err(Error::internal)?;
    let mut command = Command::new("powershell.exe");
    // SAPI's rate goes from -10 to 10 around 150 words a minute.
    let rate = (i64::from(settings.rate) - 150) / 20;
    command.args(["-NoProfile", "-NonInteractive", "-Command", SCRIPT]);
    command.env("LUNA_SPEAK_RATE", rate.clamp(-10, 10).to_string()).env("LUNA_SPEAK_FILE", file.path());
    output("powershell", command, text).await?;
    read(file.path()).await
}

#[cfg(any(target_os = "macos", windows))]
async fn read(file: &Path) -> Result<Pcm> {
    decode::pcm(tokio::fs::read(file).await.map_err(Error::internal)?)
}

#[cfg(not(any(target_os = "macos", windows)))]
#[allow(clippy::unused_async, reason = "elsewhere it waits for a program")]
pub(super) async fn system(_: &str, _: &VoiceSettings) -> Result<Pcm> {
    Err(Error::unavailable("this system has no voice of its own; choose espeak-ng or piper"))
}

async fn wav(name: &str, command: Command, text: &str) -> Result<Pcm> {
    let sound = output(name, command, text).await?;
    decode::pcm(sound)
        .map_err(|e| Error::unavailable(format!("{name} gave no sound: {}", e.message)).because(e))
}

/// Gives it the text; what it printed.
async fn output(name: &str, mut command: Command, text: &str) -> Result<Vec<u8>> {
    let failed = |what: String| Error::unavailable(format!("{name} could not speak: {what}"));
    let mut running = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|e| failed(e.to_string()).because(e))?;
    let mut input = running.stdin.take();
    let text = text.to_owned();
    let write = async move {
        if let Some(input) = &mut input {
            // One that ends early says why on its own.
            let _ = input.write_all(text.as_bytes()).await;
            let _ = input.shutdown().await;
        }
    };
    let whole = async { tokio::join!(write, running.wait_with_output()).1 };
    let output = tokio::time::timeout(PATIENCE, whole)
        .await
        .map_err(|_| failed(format!("it took longer than {} seconds", PATIENCE.as_secs())))?
        .map_err(|e| failed(e.to_string()).because(e))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(failed(said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it gave no reason").to_owned()))
}
