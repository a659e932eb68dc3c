//! Sound as the voice encoder was trained on it: the power in forty bands of Slaney's mel scale, a hundred times a second,
//! not too soft.

use luna_core::ports::SPEECH_RATE;
use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

use crate::pcm::loudness;

/// Bands of the mel scale.
pub(super) const BANDS: usize = 40;
/// Samples of a frame, and from one frame to the next.
const FRAME: usize = 400;
const STEP: usize = 160;
/// What is softer than −30 dB is brought up to it.
const SOFTEST: f32 = 0.031_622_776;

/// The frames of a recording at 16 kHz, each around its moment.
pub(super) fn frames(samples: &[f32]) -> Vec<[f32; BANDS]> {
    let louder = (SOFTEST / loudness(samples).max(1e-9)).max(1.0);
    let around = vec![0.0; FRAME / 2];
    let samples = [&around, samples, &around].concat();
    let fft = FftPlanner::new().plan_fft_forward(FRAME);
    let bands = bands();
    let mut line = vec![Complex::default(); FRAME];
    samples
        .windows(FRAME)
        .step_by(STEP)
        .map(|frame| {
            for (n, (spot, sample)) in line.iter_mut().zip(frame).enumerate() {
                let window = 0.5 - 0.5 * (std::f32::consts::TAU * n as f32 / FRAME as f32).cos();
                *spot = Complex::new(sample * louder * window, 0.0);
            }
            fft.process(&mut line);
            std::array::from_fn(|band| {
                bands[band].iter().map(|(bin, share)| line[*bin].norm_sqr() * share).sum()
            })
        })
        .collect()
}

/// Triangles of the same area, as wide as the ear tells apart: for each the bins it covers and their shares.
fn bands() -> Vec<Vec<(usize, f32)>> {
    let highest = mel(SPEECH_RATE as f32 / 2.0);
    let edge = |n: usize| hertz(highest * n as f32 / (BANDS + 1) as f32);
    let width = SPEECH_RATE as f32 / FRAME as f32;
    (0..BANDS)
        .map(|band| {
            let (from, middle, to) = (edge(band), edge(band + 1), edge(band + 2));
            (0..=FRAME / 2)
                .filter_map(|bin| {
                    let hz = bin as f32 * width;
                    let share = ((hz - from) / (middle - from)).min((to - hz) / (to - middle));
                    (share > 0.0).then_some((bin, share * 2.0 / (to - from)))
                })
                .collect()
        })
        .collect()
}

/// Slaney's scale (Auditory Toolbox, 1998): straight up to 1 kHz, a logarithm above it.
const STRAIGHT_TO: f32 = 1_000.0;
const HERTZ_A_MEL: f32 = 200.0 / 3.0;
/// ln 6.4 / 27.
const LOG_STEP: f32 = 0.068_751_78;

fn mel(hertz: f32) -> f32 {
    if hertz < STRAIGHT_TO {
        hertz / HERTZ_A_MEL
    } else {
        STRAIGHT_TO / HERTZ_A_MEL + (hertz / STRAIGHT_TO).ln() / LOG_STEP
    }
}

fn hertz(mel: f32) -> f32 {
    let straight = STRAIGHT_TO / HERTZ_A_MEL;
    if mel < straight { mel * HERTZ_A_MEL } else { STRAIGHT_TO * ((mel - straight) * LOG_STEP).exp() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pcm::tests::tone;

    #[test]
    fn the_scale_goes_both_ways() {
        assert!((mel(500.0) - 7.5).abs() < 1e-4);
        assert!((mel(6_400.0) - 42.0).abs() < 1e-3);
        for hz in [100.0, 999.0, 1_500.0, 8_000.0] {
            assert!((hertz(mel(hz)) - hz).abs() < 0.1, "{hz}");
        }
    }

    #[test]
    fn a_soft_tone_is_brought_up_and_stands_in_its_band() {
        let samples = tone(500.0, 0.5, SPEECH_RATE);
        let soft: Vec<f32> = samples.iter().map(|s| s * 0.001).collect();
        let (usual, brought) = (frames(&samples), frames(&soft));
        assert_eq!(usual.len(), samples.len() / STEP + 1);
        let loudest =
            |frame: &[f32; BANDS]| (0..BANDS).max_by(|a, b| frame[*a].total_cmp(&frame[*b])).unwrap();
        assert_eq!(loudest(&usual[20]), loudest(&brought[20]));
        assert!(brought[20][loudest(&brought[20])] > 0.01);
    }
}
