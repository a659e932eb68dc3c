//! Makes the weights of the emotion classifier from the Berlin Database of Emotional Speech (EmoDB, published by its
//! authors under CC0), and prints how often it is right for speakers it never heard:
//!
//!     cargo run --release -p luna-voice --example train_emotion -- ../shared/data/emotion/emodb [--write]
//!
//! The folder holds the clips and `labels.csv` (`file,speaker,text,emotion,take`).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a tool"
)]

use std::path::Path;

use luna_voice::emotion::{NAMES, Weights, features};

const CLASSES: [&str; 4] = ["neutral", "happiness", "sadness", "anger"];
/// Weight decay; chosen by the score on speakers left out.
const DECAY: f64 = 0.02;
const ROUNDS: usize = 1_500;
const PACE: f64 = 0.5;
/// What guessing gets.
const CHANCE: f64 = 0.25;

struct Clip {
    speaker: String,
    class: usize,
    features: Vec<f64>,
}

fn main() {
    let folder = std::env::args().nth(1).expect("the folder of the clips");
    let clips = read(Path::new(&folder));
    let mut speakers: Vec<_> = clips.iter().map(|c| c.speaker.clone()).collect();
    speakers.sort();
    speakers.dedup();
    println!("{} clips of {} speakers, {} features", clips.len(), speakers.len(), NAMES.len());

    let mut table = [[0_usize; 4]; 4];
    for speaker in &speakers {
        let (test, train): (Vec<&Clip>, Vec<&Clip>) = clips.iter().partition(|c| c.speaker == *speaker);
        let weights = fit(&train);
        for clip in test {
            let judged = weights.judge(&clip.features);
            let best = (0..4).max_by(|a, b| judged[*a].total_cmp(&judged[*b])).unwrap();
            table[clip.class][best] += 1;
        }
    }
    println!("rows: said; columns: heard as {CLASSES:?}");
    let mut recalls = vec![];
    for (class, row) in table.iter().enumerate() {
        let recall = row[class] as f64 / row.iter().sum::<usize>().max(1) as f64;
        recalls.push(recall);
        println!("{:>10} {row:?} recall {recall:.3}", CLASSES[class]);
    }
    println!(
        "unweighted average recall, speakers left out: {:.3} (chance {CHANCE})",
        recalls.iter().sum::<f64>() / 4.0
    );

    if std::env::args().any(|a| a == "--write") {
        let weights = rounded(fit(&clips.iter().collect::<Vec<_>>()));
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/emotion/weights.json");
        std::fs::write(&file, serde_json::to_string(&weights).unwrap() + "\n").unwrap();
        println!("written: {}", file.display());
    }
}

fn read(folder: &Path) -> Vec<Clip> {
    let labels = std::fs::read_to_string(folder.join("labels.csv")).expect("labels.csv");
    let mut clips = vec![];
    for line in labels.lines().skip(1) {
        let cells: Vec<_> = line.split(',').collect();
        let Some(class) = CLASSES.iter().position(|c| *c == cells[3]) else { continue };
        // The labels name clips that a copy may leave out.
        let Ok(clip) = std::fs::read(folder.join(cells[0])) else { continue };
        let samples = wav(&clip);
        match features(&samples) {
            Some(features) => clips.push(Clip { speaker: cells[1].into(), class, features }),
            None => println!("nothing voiced in {}", cells[0]),
        }
    }
    clips
}

/// The samples of a 16-bit mono WAV file at 16 kHz.
fn wav(bytes: &[u8]) -> Vec<f32> {
    let at = bytes.windows(4).position(|w| w == b"data").expect("a WAV file") + 8;
    bytes[at..].chunks_exact(2).map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0).collect()
}

/// Gradient descent on the cross entropy, each class counting the same.
fn fit(clips: &[&Clip]) -> Weights {
    let (n, width) = (clips.len() as f64, NAMES.len());
    let mean: Vec<f64> = (0..width).map(|f| clips.iter().map(|c| c.features[f]).sum::<f64>() / n).collect();
    let deviation: Vec<f64> = (0..width)
        .map(|f| (clips.iter().map(|c| (c.features[f] - mean[f]).powi(2)).sum::<f64>() / n).sqrt().max(1e-6))
        .collect();
    let mut weights = Weights { mean, deviation, classes: std::array::from_fn(|_| vec![0.0; width + 1]) };
    let counts: [f64; 4] =
        std::array::from_fn(|class| clips.iter().filter(|c| c.class == class).count() as f64);
    for round in 0..ROUNDS {
        let mut gradient: [Vec<f64>; 4] = std::array::from_fn(|_| vec![0.0; width + 1]);
        for clip in clips {
            let judged = weights.judge(&clip.features);
            let standard = clip.features.iter().zip(&weights.mean).zip(&weights.deviation);
            let standard: Vec<f64> = standard
                .map(|((x, mean), deviation)| ((x - mean) / deviation).clamp(-4.0, 4.0))
                .chain([1.0])
                .collect();
            for (class, row) in gradient.iter_mut().enumerate() {
                let wanted = if clip.class == class { 1.0 } else { 0.0 };
                let error = (judged[class] - wanted) / counts[clip.class] / 4.0;
                row.iter_mut().zip(&standard).for_each(|(sum, x)| *sum += error * x);
            }
        }
        let pace = PACE / (1.0 + round as f64 / 500.0);
        for (row, gradient) in weights.classes.iter_mut().zip(&gradient) {
            for (f, (weight, slope)) in row.iter_mut().zip(gradient).enumerate() {
                // The bias, at the end, does not decay.
                let decay = if f < width { DECAY * *weight } else { 0.0 };
                *weight -= pace * (slope + decay);
            }
        }
    }
    weights
}

/// Five digits are more than the ear of a regression needs.
fn rounded(mut weights: Weights) -> Weights {
    let round = |x: &mut f64| *x = (*x * 1e5).round() / 1e5;
    weights.mean.iter_mut().for_each(round);
    weights.deviation.iter_mut().for_each(|x| *x = (*x * 1e5).round().max(1.0) / 1e5);
    weights.classes.iter_mut().flatten().for_each(round);
    weights
}
