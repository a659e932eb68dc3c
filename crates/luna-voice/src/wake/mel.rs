//! Sound as the wake detector sees it: loudness in forty bands, a hundred times a second, without the room's own colour.

use std::sync::{Arc, LazyLock};

use luna_core::ports::SPEECH_RATE;
use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};

/// Bands of the mel scale.
pub const BANDS: usize = 40;
/// Samples of a frame (25 ms), of its transform, and from one frame to the next (10 ms).
const FRAME: usize = 400;
const LONG: usize = 512;
const STEP: usize = 160;
const LOWEST_HZ: f32 = 80.0;
const HIGHEST_HZ: f32 = 7_600.0;
/// Softer than this is all the same.
const FLOOR: f32 = 1e-6;

/// The samples that so many frames look at.
pub(super) const fn samples(frames: usize) -> usize {
    FRAME + (frames - 1) * STEP
}

/// What every frame needs.
struct Tools {
    fft: Arc<dyn Fft<f32>>,
    window: [f32; FRAME],
    bands: Vec<Vec<(usize, f32)>>,
}

static TOOLS: LazyLock<Tools> = LazyLock::new(|| Tools {
    fft: FftPlanner::new().plan_fft_forward(LONG),
    window: std::array::from_fn(|n| 0.5 - 0.5 * (std::f32::consts::TAU * n as f32 / FRAME as f32).cos()),
    bands: bands(),
});

/// The frames of a recording at 16 kHz.
pub(super) fn frames(samples: &[f32]) -> Vec<[f32; BANDS]> {
    let Tools { fft, window, bands } = &*TOOLS;
    let mut line = vec![Complex::default(); LONG];
    let mut frames: Vec<[f32; BANDS]> = samples
        .windows(FRAME)
        .step_by(STEP)
        .map(|frame| {
            line.fill(Complex::default());
            for ((place, sample), share) in line.iter_mut().zip(frame).zip(window) {
                place.re = sample * share;
            }
            fft.process(&mut line);
            let mut loud = [0.0; BANDS];
            for (loud, band) in loud.iter_mut().zip(bands) {
                let power: f32 = band.iter().map(|(bin, share)| line[*bin].norm_sqr() * share).sum();
                *loud = (power + FLOOR).ln();
            }
            loud
        })
        .collect();
    level(&mut frames);
    frames
}

/// Takes the mean of each band away, and brings the whole to one size: how loud it is and through which microphone it
/// came does not matter.
fn level(frames: &mut [[f32; BANDS]]) {
    let count = frames.len().max(1) as f32;
    let mut mean = [0.0; BANDS];
    for frame in frames.iter() {
        for (mean, x) in mean.iter_mut().zip(frame) {
            *mean += x / count;
        }
    }
    let mut square = 0.0;
    for frame in frames.iter_mut() {
        for (x, mean) in frame.iter_mut().zip(&mean) {
            *x -= mean;
            square += *x * *x;
        }
    }
    let size = (square / count / BANDS as f32).sqrt().max(0.1);
    for x in frames.iter_mut().flatten() {
        *x /= size;
    }
}

/// Triangles, equally wide on the mel scale: for each the bins it covers and their shares.
fn bands() -> Vec<Vec<(usize, f32)>> {
    let mel = |hz: f32| 2_595.0 * (1.0 + hz / 700.0).log10();
    let hertz = |mel: f32| 700.0 * (10_f32.powf(mel / 2_595.0) - 1.0);
    let (low, high) = (mel(LOWEST_HZ), mel(HIGHEST_HZ));
    let edge = |n: usize| hertz(low + (high - low) * n as f32 / (BANDS + 1) as f32);
    let width = SPEECH_RATE as f32 / LONG as f32;
    (0..BANDS)
        .map(|band| {
            let (from, middle, to) = (edge(band), edge(band + 1), edge(band + 2));
            (0..LONG / 2)
                .filter_map(|bin| {
                    let hz = bin as f32 * width;
                    let share = ((hz - from) / (middle - from)).min((to - hz) / (to - middle));
                    (share > 0.0).then_some((bin, share))
                })
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pcm::tests::tone;

    #[test]
    fn a_tone_is_loudest_in_its_own_band_however_loud_it_is() {
        // Silence first, so that the tone stands out of the mean.
        let sound = |gain: f32| -> Vec<f32> {
            [vec![0.0; 16_000], tone(1_000.0, 0.5, 16_000).iter().map(|s| s * gain).collect()].concat()
        };
        let loudest = |frames: &[[f32; BANDS]]| {
            let frame = frames[frames.len() - 10];
            (0..BANDS).max_by(|a, b| frame[*a].total_cmp(&frame[*b])).unwrap()
        };
        let (soft, loud) = (frames(&sound(0.05)), frames(&sound(0.8)));
        assert_eq!(loudest(&soft), loudest(&loud));
        assert!((12..=16).contains(&loudest(&loud)), "{}", loudest(&loud));
        assert!(frames(&[0.0; 100]).is_empty());
    }
}
