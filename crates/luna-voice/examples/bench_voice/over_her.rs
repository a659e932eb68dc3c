//! Whether somebody who speaks over her is noticed, and how soon, and whether she takes herself for somebody: in rooms that were
//! measured, where her voice comes back softer than theirs, as loud, and louder.

use std::path::Path;

use luna_core::ports::SPEECH_RATE;
use luna_model::{Error, Result};
use luna_voice::{LocalVoice, noticed_over};

use super::alarms::{recordings, said};
use super::barge_in::STORY;

/// How loud her voice comes back, of how loud they speak.
const LOUDER: [f32; 3] = [0.5, 1.0, 2.0];
const HERS: [&str; 4] = ["en-gb", "en-us", "en-gb+f2", "en-us+m7"];
const VOICES: [&str; 4] = ["en-us+f3", "en-gb-scotland", "en-us+m3", "en+f2"];
const WORDS: [&str; 3] = ["Please stop that now", "Hey Luna, stop", "Wait a moment, what did you say?"];
/// Seconds after which they speak.
const AFTER: [f32; 3] = [2.0, 3.1, 4.5];
/// From the loudspeaker to the microphone, in samples: 40 ms of buffers.
const LATE: usize = 640;
/// Of a room's response so much is used, in samples.
const RESPONSE: usize = 8_000;

/// Prints how it went.
pub(super) async fn measure(data: &Path, voice: &LocalVoice) -> Result<()> {
    let rooms = recordings(&data.join("speech/speechbrain/RIRs"), voice).await;
    if rooms.is_empty() || which::which("espeak-ng").is_err() {
        println!("SKIPPED: somebody speaks over her in measured rooms: there are none, or no espeak-ng");
        return Ok(());
    }
    let folder = tempfile::tempdir().map_err(Error::internal)?;
    let mut hers = vec![];
    for name in HERS {
        hers.push(said(folder.path(), name, "150", STORY, voice).await?);
    }
    let mut others = vec![];
    for name in VOICES {
        for words in WORDS {
            let said = said(folder.path(), name, "150", words, voice).await?;
            let begins = said.iter().position(|s| s.abs() > 0.01).unwrap_or_default();
            others.push(said[begins..].to_vec());
        }
    }
    println!("somebody speaks over her in {} measured rooms:", rooms.len());
    for louder in LOUDER {
        let (mut alone, mut tries, mut own, mut times) = (0, 0, 0, vec![]);
        for (n, hers) in hers.iter().enumerate() {
            for room in &rooms {
                let mut back = convolved(hers, &room[..room.len().min(RESPONSE)]);
                let gain = louder * loudness(hers) / loudness(&back).max(1e-9);
                back.iter_mut().for_each(|s| *s *= gain);
                alone += u32::from(noticed_over(hers, &back).is_some());
                for other in others.iter().skip(n).step_by(HERS.len()) {
                    let after = (AFTER[tries % AFTER.len()] * SPEECH_RATE as f32) as usize;
                    let mut heard = back.clone();
                    heard.iter_mut().skip(after).zip(other).for_each(|(sample, said)| *sample += said);
                    tries += 1;
                    match noticed_over(hers, &heard).map(|at| at.checked_sub(after)) {
                        Some(Some(late)) => times.push(late as u64 * 1_000 / u64::from(SPEECH_RATE)),
                        Some(None) => own += 1,
                        None => {}
                    }
                }
            }
        }
        println!(
            "  she comes back {louder} times as loud: of {tries} {} noticed, {own} after she had stopped by herself; nobody spoke, and \
             she stopped: {alone} of {}",
            times.len(),
            rooms.len() * HERS.len()
        );
        super::room::told("    first sample to noticed", times);
    }
    Ok(())
}

fn convolved(sound: &[f32], response: &[f32]) -> Vec<f32> {
    let mut out = vec![0.0; sound.len()];
    for (n, value) in sound.iter().enumerate().filter(|(_, value)| **value != 0.0) {
        for (to, part) in out.iter_mut().skip(n + LATE).zip(response) {
            *to += value * part;
        }
    }
    out
}

fn loudness(sound: &[f32]) -> f32 {
    (sound.iter().map(|s| s * s).sum::<f32>() / sound.len().max(1) as f32).sqrt()
}
