//! Frames of sound and what is measured of each: loudness, pitch with its clearness, spectrum.

use std::sync::Arc;

use luna_core::ports::SPEECH_RATE;
use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};

/// Samples of a frame (64 ms: four periods of the deepest voice), and from one to the next (10 ms).
const FRAME: usize = 1_024;
const STEP: usize = 160;
/// Bands of the mel scale.
const BANDS: usize = 26;
/// Cepstral coefficients that are kept, without the first (loudness).
pub(super) const CEPSTRA: usize = 6;
/// The pitch of people: from a deep voice to a cry.
const LOWEST_HZ: usize = 65;
const HIGHEST_HZ: usize = 500;
/// How clearly a frame must repeat itself to be voiced.
const VOICED: f64 = 0.5;

/// What is measured of a frame.
#[derive(Clone, Debug)]
pub(super) struct Measured {
    /// Decibels.
    pub(super) loudness: f64,
    /// Semitones above 55 Hz; none when it is not voiced.
    pub(super) pitch: Option<f64>,
    /// Harmonics over noise, in decibels.
    pub(super) clearness: f64,
    /// Energy of 50–1000 Hz over 1–5 kHz, in decibels: a pressed voice has less.
    pub(super) alpha: f64,
    /// Strongest of 0–2 kHz over strongest of 2–5 kHz, in decibels (Hammarberg).
    pub(super) hammarberg: f64,
    /// The middle of the spectrum, in kHz.
    pub(super) centroid: f64,
    /// How much the spectrum changed since the last frame.
    pub(super) flux: f64,
    pub(super) cepstrum: [f64; CEPSTRA],
}

/// Measures every frame.
pub(super) fn measure(samples: &[f32]) -> Vec<Measured> {
    let lab = Lab::new();
    let mut before: Option<Vec<f64>> = None;
    let frames = samples.windows(FRAME).step_by(STEP);
    frames
        .map(|frame| {
            let (measured, spectrum) = lab.frame(frame, before.as_deref());
            before = Some(spectrum);
            measured
        })
        .collect()
}

struct Lab {
    window: Vec<f64>,
    fft: Arc<dyn Fft<f64>>,
    /// Twice as long, so that the autocorrelation does not wrap around.
    long: Arc<dyn Fft<f64>>,
    /// The window's own autocorrelation, which the frame's is divided by (Boersma 1993).
    own: Vec<f64>,
    bands: Vec<Vec<(usize, f64)>>,
}

impl Lab {
    fn new() -> Self {
        let mut planner = FftPlanner::new();
        let window: Vec<f64> =
            (0..FRAME).map(|n| 0.5 - 0.5 * (std::f64::consts::TAU * n as f64 / FRAME as f64).cos()).collect();
        let (fft, long) = (planner.plan_fft_forward(FRAME), planner.plan_fft_forward(FRAME * 2));
        let own = correlation(&window, long.as_ref());
        Self { window, fft, long, own, bands: mel_bands() }
    }

    fn frame(&self, frame: &[f32], before: Option<&[f64]>) -> (Measured, Vec<f64>) {
        let energy = frame.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / FRAME as f64;
        let mean = frame.iter().map(|s| f64::from(*s)).sum::<f64>() / FRAME as f64;
        let shaped: Vec<f64> =
            frame.iter().zip(&self.window).map(|(s, w)| (f64::from(*s) - mean) * w).collect();
        let mut buffer: Vec<Complex<f64>> = shaped.iter().map(|s| Complex::new(*s, 0.0)).collect();
        self.fft.process(&mut buffer);
        let power: Vec<f64> = buffer[..=FRAME / 2].iter().map(Complex::norm_sqr).collect();
        let (pitch, clearness) = self.pitch(&shaped);
        let sum = |from: f64, to: f64| power[bin(from)..bin(to)].iter().sum::<f64>();
        let most = |from: f64, to: f64| power[bin(from)..bin(to)].iter().copied().fold(0.0, f64::max);
        let total: f64 = power.iter().sum::<f64>().max(1e-12);
        let weighted: f64 = power.iter().enumerate().map(|(n, p)| n as f64 * hertz() * p).sum();
        let norm = total.sqrt();
        let spectrum: Vec<f64> = power.iter().map(|p| p.sqrt() / norm).collect();
        let flux = before
            .map_or(0.0, |old| spectrum.iter().zip(old).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt());
        let measured = Measured {
            loudness: decibels(energy),
            pitch,
            clearness,
            alpha: decibels(sum(50.0, 1_000.0)) - decibels(sum(1_000.0, 5_000.0)),
            hammarberg: decibels(most(0.0, 2_000.0)) - decibels(most(2_000.0, 5_000.0)),
            centroid: weighted / total / 1_000.0,
            flux,
            cepstrum: self.cepstrum(&power),
        };
        (measured, spectrum)
    }

    /// The pitch by autocorrelation, and how clear it is.
    fn pitch(&self, shaped: &[f64]) -> (Option<f64>, f64) {
        let correlation = correlation(shaped, self.long.as_ref());
        let zero = correlation[0].max(1e-12);
        let (shortest, longest) = (SPEECH_RATE as usize / HIGHEST_HZ, SPEECH_RATE as usize / LOWEST_HZ);
        let at = |lag: usize| correlation[lag] / zero / (self.own[lag] / self.own[0]).max(0.05);
        // Shorter periods are favoured a little, or every pitch would also be found an octave lower.
        let favoured = |lag: usize| at(lag) - 0.01 * (lag as f64 / shortest as f64).log2();
        let best = (shortest + 1..longest.min(FRAME - 1))
            .filter(|lag| at(*lag) > at(lag - 1) && at(*lag) >= at(lag + 1))
            .max_by(|a, b| favoured(*a).total_cmp(&favoured(*b)));
        let Some(lag) = best else { return (None, -10.0) };
        let clear = at(lag).clamp(0.001, 0.999);
        let clearness = 10.0 * (clear / (1.0 - clear)).log10();
        // The top lies between the samples: a parabola through three of them.
        let (a, b, c) = (at(lag - 1), at(lag), at(lag + 1));
        let shift = 0.5 * (a - c) / (a - 2.0 * b + c).min(-1e-9);
        let hertz = f64::from(SPEECH_RATE) / (lag as f64 + shift.clamp(-0.5, 0.5));
        ((clear > VOICED).then(|| 12.0 * (hertz / 55.0).log2()), clearness)
    }

    fn cepstrum(&self, power: &[f64]) -> [f64; CEPSTRA] {
        let logs: Vec<f64> = self
            .bands
            .iter()
            .map(|band| band.iter().map(|(bin, weight)| power[*bin] * weight).sum::<f64>().max(1e-10).ln())
            .collect();
        std::array::from_fn(|k| {
            let turn = std::f64::consts::PI * (k + 1) as f64 / BANDS as f64;
            logs.iter().enumerate().map(|(n, log)| log * (turn * (n as f64 + 0.5)).cos()).sum::<f64>()
                / BANDS as f64
        })
    }
}

/// By the Wiener-Khinchin theorem.
fn correlation(samples: &[f64], long: &dyn Fft<f64>) -> Vec<f64> {
    let mut buffer: Vec<Complex<f64>> = samples.iter().map(|s| Complex::new(*s, 0.0)).collect();
    buffer.resize(FRAME * 2, Complex::default());
    long.process(&mut buffer);
    buffer.iter_mut().for_each(|c| *c = Complex::new(c.norm_sqr(), 0.0));
    // Even and real, so forward is as good as back.
    long.process(&mut buffer);
    buffer[..FRAME].iter().map(|c| c.re).collect()
}

fn hertz() -> f64 {
    f64::from(SPEECH_RATE) / FRAME as f64
}

fn bin(frequency: f64) -> usize {
    ((frequency / hertz()).round() as usize).min(FRAME / 2)
}

fn decibels(power: f64) -> f64 {
    10.0 * power.max(1e-10).log10()
}

/// Triangles of equal width on the mel scale (O'Shaughnessy 1987) from 20 Hz to 8 kHz.
fn mel_bands() -> Vec<Vec<(usize, f64)>> {
    let mel = |hertz: f64| 2_595.0 * (1.0 + hertz / 700.0).log10();
    let back = |mel: f64| 700.0 * (10_f64.powf(mel / 2_595.0) - 1.0);
    let (low, high) = (mel(20.0), mel(8_000.0));
    let edge = |n: usize| back(low + (high - low) * n as f64 / (BANDS + 1) as f64);
    (0..BANDS)
        .map(|n| {
            let (from, middle, to) = (edge(n), edge(n + 1), edge(n + 2));
            (0..=FRAME / 2)
                .filter_map(|bin| {
                    let f = bin as f64 * hertz();
                    let weight = ((f - from) / (middle - from)).min((to - f) / (to - middle));
                    (weight > 0.0).then_some((bin, weight))
                })
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pcm::tests::{noise, tone};

    #[test]
    fn the_pitch_of_a_buzz_is_found_and_a_hiss_has_none() {
        for hertz in [90.0_f32, 150.0, 240.0, 400.0] {
            let buzz: Vec<f32> =
                (1..8).map(|n| tone(hertz * n as f32, 0.3, 16_000)).fold(vec![0.0; 4_800], |mut sum, t| {
                    sum.iter_mut().zip(t).for_each(|(s, t)| *s += t / 8.0);
                    sum
                });
            let frames = measure(&buzz);
            let wanted = 12.0 * (f64::from(hertz) / 55.0).log2();
            for frame in &frames {
                assert!((frame.pitch.unwrap() - wanted).abs() < 0.3, "{hertz}: {frame:?}");
            }
        }
        let hiss = noise(7, 8_000);
        let frames = measure(&hiss);
        let voiced = frames.iter().filter(|f| f.pitch.is_some()).count();
        assert!(voiced * 10 < frames.len(), "{voiced} of {}", frames.len());
    }
}
