//! Where it is said: microphones, walls, noise, and others who speak, all by chance; and, for the test, recorded noise in
//! measured rooms.

use luna_voice::wake::RATE;
use rand::RngExt as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

use crate::voices::{Clip, stretched};

/// A beginning as the microphone's thread cuts it: a little of the room before the first word and after the last.
pub(crate) fn begun(samples: &[f32], chance: &mut StdRng) -> Vec<f32> {
    let before = chance.random_range(1_600..8_000);
    let after = chance.random_range(2_400..6_400);
    let room = 10_f32.powf(chance.random_range(-4.5..-3.0));
    let mut all: Vec<f32> = (0..before).map(|_| chance.random_range(-room..room)).collect();
    all.extend(samples.iter().map(|s| s + chance.random_range(-room..room)));
    all.extend((0..after).map(|_| chance.random_range(-room..room)));
    all
}

/// More than the network ever sees of a clip, at whatever speed it is played.
const MOST: usize = 4 * RATE;

/// The clip at another speed, in a room, with noise or others speaking, softer by so many decibels.
pub(crate) fn disturbed(
    clip: &Clip,
    others: &[&Clip],
    softer: std::ops::Range<f32>,
    chance: &mut StdRng,
) -> Vec<f32> {
    let said = &clip.samples[..clip.samples.len().min(MOST)];
    let mut samples = begun(&stretched(said, chance.random_range(0.88..1.14)), chance);
    if chance.random_bool(0.6) {
        samples = echoed(&samples, chance);
    }
    // Another microphone: duller or sharper.
    let tilt = chance.random_range(-0.5_f32..0.7);
    let mut before = 0.0;
    for s in &mut samples {
        let now = *s;
        *s -= tilt * before;
        before = now;
    }
    let noise = noise(samples.len(), others, chance);
    let gain = gain(&samples, &noise, chance.random_range(softer));
    samples.iter_mut().zip(&noise).for_each(|(s, n)| *s += n * gain);
    let loud = 10_f32.powf(chance.random_range(-1.3..0.0));
    samples.iter_mut().for_each(|s| *s *= loud);
    samples
}

/// A sound with a second of nearly nothing around it, as in a quiet room.
pub(crate) fn alone(samples: &[f32], chance: &mut StdRng) -> Vec<f32> {
    let mut all = [&vec![0.0; RATE], samples, &vec![0.0; RATE]].concat();
    all.iter_mut().for_each(|s| *s += chance.random_range(-3e-4..3e-4));
    all
}

/// The same in a room that was measured, with a noise that was recorded, softer by so many decibels.
pub(crate) fn placed(
    samples: &[f32],
    room: &[f32],
    noise: &[f32],
    softer: f32,
    chance: &mut StdRng,
) -> Vec<f32> {
    let said = convolved(samples, room);
    let gain = gain(&said, noise, softer);
    let shift = chance.random_range(0..noise.len());
    let mut all = alone(&said, chance);
    all.iter_mut().zip(noise.iter().cycle().skip(shift)).for_each(|(s, n)| *s += n * gain);
    let loudest = all.iter().fold(1e-6_f32, |most, s| most.max(s.abs()));
    all.iter_mut().for_each(|s| *s *= 0.5 / loudest);
    all
}

/// What makes the noise softer than the sound by so many decibels.
fn gain(samples: &[f32], noise: &[f32], softer: f32) -> f32 {
    let power = |x: &[f32]| x.iter().map(|s| s * s).sum::<f32>() / x.len().max(1) as f32;
    (power(samples) / power(noise).max(1e-9) / 10_f32.powf(softer / 10.0)).sqrt()
}

/// What the room makes of a sound: the response to a clap, for every sample.
fn convolved(samples: &[f32], room: &[f32]) -> Vec<f32> {
    let long = (samples.len() + room.len()).next_power_of_two();
    let mut planner = FftPlanner::new();
    let there = planner.plan_fft_forward(long);
    let turned = |x: &[f32]| {
        let mut line: Vec<Complex<f32>> = x.iter().map(|s| Complex::new(*s, 0.0)).collect();
        line.resize(long, Complex::default());
        there.process(&mut line);
        line
    };
    let mut both: Vec<_> = turned(samples).iter().zip(turned(room)).map(|(a, b)| a * b).collect();
    planner.plan_fft_inverse(long).process(&mut both);
    both[..samples.len()].iter().map(|c| c.re / long as f32).collect()
}

/// A hiss, a rumble, a hum, or a few people.
fn noise(length: usize, others: &[&Clip], chance: &mut StdRng) -> Vec<f32> {
    match chance.random_range(0..5) {
        0 => (0..length).map(|_| chance.random_range(-1.0..1.0)).collect(),
        1 => {
            let (mut low, pace) = (0.0, chance.random_range(0.01..0.2));
            (0..length)
                .map(|_| {
                    low += pace * (chance.random_range(-1.0..1.0_f32) - low);
                    low
                })
                .collect()
        }
        2 => {
            let hertz = chance.random_range(50.0..400.0_f32);
            (0..length)
                .map(|n| {
                    let turn = std::f32::consts::TAU * hertz * n as f32 / RATE as f32;
                    turn.sin() + 0.5 * (2.0 * turn).sin() + chance.random_range(-0.3..0.3)
                })
                .collect()
        }
        _ => {
            let mut babble = vec![0.0; length];
            for _ in 0..chance.random_range(1..4) {
                let other = &others.choose(chance).unwrap().samples;
                let shift = chance.random_range(0..other.len());
                babble.iter_mut().zip(other.iter().cycle().skip(shift)).for_each(|(s, o)| *s += o);
            }
            babble
        }
    }
}

/// A few walls: echoes that get weaker.
fn echoed(samples: &[f32], chance: &mut StdRng) -> Vec<f32> {
    let mut all = samples.to_vec();
    let fade = chance.random_range(0.05..0.35_f32);
    for _ in 0..chance.random_range(4..14) {
        let delay = chance.random_range(40..6_000_usize);
        let gain = chance.random_range(-0.6..0.6_f32) * (-(delay as f32) / RATE as f32 / fade * 3.0).exp();
        for n in delay..samples.len() {
            all[n] += gain * samples[n - delay];
        }
    }
    all
}
