//! Sound as numbers: mono samples, other rates to and from them, WAV.

use luna_core::ports::{SPEECH_RATE, Speech};
use luna_model::{Error, Result};
use rubato::audioadapter_buffers::owned::InterleavedOwned;
use rubato::{Fft, FixedSync, Resampler as _};

/// Mono sound of some rate.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pcm {
    pub(crate) samples: Vec<f32>,
    pub(crate) rate: u32,
}

impl Pcm {
    /// As the recogniser takes it.
    pub(crate) fn into_speech(self) -> Result<Speech> {
        Ok(Speech(resampled(self, SPEECH_RATE)?.samples.into()))
    }

    pub(crate) fn seconds(&self) -> f64 {
        self.samples.len() as f64 / f64::from(self.rate.max(1))
    }
}

/// The same sound at another rate.
pub(crate) fn resampled(pcm: Pcm, rate: u32) -> Result<Pcm> {
    if pcm.rate == rate || pcm.samples.is_empty() {
        return Ok(Pcm { rate, ..pcm });
    }
    let frames = pcm.samples.len();
    let mut resampler = Fft::<f32>::new(pcm.rate as usize, rate as usize, 1024, 1, FixedSync::Both)
        .map_err(Error::internal)?;
    let input =
        InterleavedOwned::new_from(pcm.samples, 1, frames).map_err(|e| Error::internal(e.to_string()))?;
    let output = resampler.process_all(&input, frames, None).map_err(Error::internal)?;
    Ok(Pcm { samples: output.take_data(), rate })
}

/// A stream of one rate turned into [`SPEECH_RATE`], piece by piece.
pub(crate) struct Downsampler {
    resampler: Option<Fft<f32>>,
    waiting: Vec<f32>,
}

impl Downsampler {
    pub(crate) fn new(rate: u32) -> Result<Self> {
        let resampler = if rate == SPEECH_RATE {
            None
        } else {
            let fft = Fft::new(rate as usize, SPEECH_RATE as usize, 512, 1, FixedSync::Input);
            Some(fft.map_err(Error::internal)?)
        };
        Ok(Self { resampler, waiting: Vec::new() })
    }

    /// Takes samples; appends what is ready.
    pub(crate) fn push(&mut self, samples: &[f32], ready: &mut Vec<f32>) -> Result<()> {
        let Some(resampler) = &mut self.resampler else {
            ready.extend_from_slice(samples);
            return Ok(());
        };
        self.waiting.extend_from_slice(samples);
        loop {
            let wanted = resampler.input_frames_next();
            if self.waiting.len() < wanted {
                return Ok(());
            }
            let rest = self.waiting.split_off(wanted);
            let piece = std::mem::replace(&mut self.waiting, rest);
            let input =
                InterleavedOwned::new_from(piece, 1, wanted).map_err(|e| Error::internal(e.to_string()))?;
            let output = resampler.process(&input, None).map_err(Error::internal)?;
            ready.extend(output.take_data());
        }
    }
}

/// As a WAV file of 16 bits.
pub(crate) fn wav(samples: &[f32], rate: u32) -> Vec<u8> {
    let bytes = u32::try_from(samples.len() * 2).unwrap_or(u32::MAX - 36);
    let mut wav = Vec::with_capacity(44 + samples.len() * 2);
    wav.extend(b"RIFF");
    wav.extend((36 + bytes).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16_u32.to_le_bytes());
    // PCM, one channel.
    wav.extend([1, 0, 1, 0]);
    wav.extend(rate.to_le_bytes());
    wav.extend((rate * 2).to_le_bytes());
    wav.extend([2, 0, 16, 0]);
    wav.extend(b"data");
    wav.extend(bytes.to_le_bytes());
    for sample in samples {
        #[allow(clippy::cast_possible_truncation, reason = "clamped")]
        let sample = (sample.clamp(-1.0, 1.0) * 32_767.0).round() as i16;
        wav.extend(sample.to_le_bytes());
    }
    wav
}

/// The root of the mean square.
pub(crate) fn loudness(samples: &[f32]) -> f32 {
    if samples.is_empty() {
        return 0.0;
    }
    (samples.iter().map(|s| s * s).sum::<f32>() / samples.len() as f32).sqrt()
}

#[cfg(test)]
pub(crate) mod tests {
    use rand::rngs::StdRng;
    use rand::{RngExt as _, SeedableRng as _};

    use super::*;

    /// White noise, -1 to 1, always the same of a seed.
    pub(crate) fn noise(seed: u64, samples: usize) -> Vec<f32> {
        StdRng::seed_from_u64(seed).random_iter().take(samples).map(|x: f32| 2.0 * x - 1.0).collect()
    }

    /// Of this loudness or silent, in the course of syllables: 200 ms, and a pause of 100.
    pub(crate) fn syllables(loud: f32, silent: f32) -> impl Fn(usize) -> f32 {
        move |sample| if sample % 4_800 < 3_200 { loud } else { silent }
    }

    /// A tone of half the full loudness.
    pub(crate) fn tone(hertz: f32, seconds: f32, rate: u32) -> Vec<f32> {
        let step = std::f32::consts::TAU * hertz / rate as f32;
        (0..(seconds * rate as f32) as usize).map(|n| 0.5 * (step * n as f32).sin()).collect()
    }

    /// How often it crosses zero upwards in a second.
    fn pitch(samples: &[f32], rate: u32) -> f32 {
        let crossings = samples.windows(2).filter(|w| w[0] < 0.0 && w[1] >= 0.0).count();
        crossings as f32 * rate as f32 / samples.len() as f32
    }

    #[test]
    fn a_tone_keeps_its_pitch_length_and_loudness_at_another_rate() {
        for rate in [8_000, 22_050, 44_100, 48_000] {
            let pcm = Pcm { samples: tone(440.0, 1.0, rate), rate };
            let out = resampled(pcm, 16_000).unwrap();
            assert!((out.seconds() - 1.0).abs() < 0.01, "{rate}: {} s", out.seconds());
            let middle = &out.samples[2_000..14_000];
            assert!((pitch(middle, 16_000) - 440.0).abs() < 3.0, "{rate}: {} Hz", pitch(middle, 16_000));
            assert!((loudness(middle) - 0.354).abs() < 0.02, "{rate}: {}", loudness(middle));
        }
    }

    #[test]
    fn what_lies_above_the_new_band_does_not_fold_into_it() {
        let out = resampled(Pcm { samples: tone(11_000.0, 0.5, 48_000), rate: 48_000 }, 16_000).unwrap();
        assert!(loudness(&out.samples[1_000..7_000]) < 0.005);
    }

    #[test]
    fn piece_by_piece_gives_the_same_tone() {
        let mut down = Downsampler::new(44_100).unwrap();
        let mut ready = Vec::new();
        for piece in tone(440.0, 1.0, 44_100).chunks(441) {
            down.push(piece, &mut ready).unwrap();
        }
        assert!(ready.len() > 14_500, "{}", ready.len());
        assert!((pitch(&ready[1_000..14_000], 16_000) - 440.0).abs() < 4.0);
    }
}
