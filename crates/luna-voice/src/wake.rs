//! Whether an utterance may begin with "hey luna": a small convolutional network over the spectrum, which keeps most of what
//! is not for Luna from the recogniser. What it lets through is confirmed by the words. Its weights are made by
//! `examples/train_wake`, which also prints how often it misses and how often it is wrong for voices it never heard.

mod mel;

use std::sync::LazyLock;

use half::f16;
pub use mel::BANDS;

/// The phrase that the weights were made for; any other is known by its words alone.
pub const PHRASE: &str = "hey luna";
/// Samples a second of what it hears.
pub const RATE: usize = luna_core::ports::SPEECH_RATE as usize;
/// The phrase stands at the beginning: so much of an utterance is looked at, in frames (2.7 s).
pub const FRAMES: usize = 268;
/// The layers.
pub const LAYERS: [Layer; 6] = [
    Layer { from: BANDS, to: 32, taps: 5, step: 2, spread: 1 },
    Layer { from: 32, to: 32, taps: 5, step: 2, spread: 1 },
    Layer { from: 32, to: 40, taps: 5, step: 2, spread: 1 },
    Layer { from: 40, to: 40, taps: 5, step: 1, spread: 1 },
    Layer { from: 40, to: 40, taps: 5, step: 1, spread: 2 },
    Layer { from: 40, to: 1, taps: 1, step: 1, spread: 1 },
];

/// A convolution along time, followed by a ramp (all but the last).
#[derive(Clone, Copy, Debug)]
pub struct Layer {
    /// Channels in.
    pub from: usize,
    /// Channels out.
    pub to: usize,
    /// Frames that one output looks at.
    pub taps: usize,
    /// Frames from one output to the next.
    pub step: usize,
    /// Frames from one tap to the next.
    pub spread: usize,
}

impl Layer {
    /// Zeros put before and behind, so that the length depends on the step alone.
    #[must_use]
    pub const fn padding(&self) -> usize {
        self.spread * (self.taps - 1) / 2
    }

    const fn weights(&self) -> usize {
        self.to * self.from * self.taps
    }
}

/// What the network sees of an utterance: its first [`FRAMES`] frames, and nothing after it where it is shorter.
#[must_use]
pub fn seen(samples: &[f32]) -> Vec<[f32; BANDS]> {
    let mut frames = mel::frames(&samples[..samples.len().min(mel::samples(FRAMES))]);
    frames.resize(FRAMES, [0.0; BANDS]);
    frames
}

/// What the network learnt: for each layer the weights (out, in, tap), then the biases.
#[derive(Clone, Debug)]
pub struct Weights(Vec<f32>);

impl Weights {
    /// Reads what [`Weights::write`] wrote.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let wanted: usize = LAYERS.iter().map(|layer| layer.weights() + layer.to).sum();
        let all: Vec<f32> =
            bytes.chunks_exact(2).map(|b| f16::from_le_bytes([b[0], b[1]]).to_f32()).collect();
        (all.len() == wanted && all.iter().all(|w| w.is_finite())).then_some(Self(all))
    }

    /// As halves, little-endian, which is fine enough.
    #[must_use]
    pub fn write(numbers: &[f32]) -> Vec<u8> {
        numbers.iter().flat_map(|number| f16::from_f32(*number).to_le_bytes()).collect()
    }

    /// The log odds that the phrase is said in the beginning.
    #[must_use]
    pub fn judge(&self, samples: &[f32]) -> f32 {
        let seen = seen(samples);
        // Channel by channel.
        let mut field: Vec<f32> =
            (0..BANDS).flat_map(|band| seen.iter().map(move |frame| frame[band])).collect();
        let mut length = FRAMES;
        let mut rest = self.0.as_slice();
        for (n, layer) in LAYERS.iter().enumerate() {
            let (weights, after) = rest.split_at(layer.weights());
            let (biases, after) = after.split_at(layer.to);
            rest = after;
            (field, length) = convolve(layer, &field, length, weights, biases);
            if n + 1 < LAYERS.len() {
                field.iter_mut().for_each(|x| *x = x.max(0.0));
            }
        }
        pooled(&field)
    }
}

/// The log odds of all moments as one: the logarithm of their mean odds. Close to the most of them, but each has a say,
/// without which the network hardly begins to learn.
fn pooled(moments: &[f32]) -> f32 {
    let most = moments.iter().copied().fold(f32::MIN, f32::max);
    let mean = moments.iter().map(|x| (x - most).exp()).sum::<f32>() / moments.len() as f32;
    most + mean.ln()
}

fn convolve(
    layer: &Layer,
    field: &[f32],
    length: usize,
    weights: &[f32],
    biases: &[f32],
) -> (Vec<f32>, usize) {
    let long = length.div_ceil(layer.step);
    let mut out = vec![0.0; layer.to * long];
    for (to, line) in out.chunks_exact_mut(long).enumerate() {
        line.fill(biases[to]);
        for from in 0..layer.from {
            let source = &field[from * length..(from + 1) * length];
            for tap in 0..layer.taps {
                let weight = weights[(to * layer.from + from) * layer.taps + tap];
                let ahead = tap * layer.spread;
                for (at, sum) in line.iter_mut().enumerate() {
                    let place = (at * layer.step + ahead).checked_sub(layer.padding());
                    if let Some(x) = place.and_then(|place| source.get(place)) {
                        *sum += weight * x;
                    }
                }
            }
        }
    }
    (out, long)
}

static WEIGHTS: LazyLock<Option<Weights>> =
    LazyLock::new(|| Weights::read(include_bytes!("wake/weights.bin")));

/// The weights that are part of the program; none when they do not fit the layers.
#[must_use]
pub fn shipped() -> Option<&'static Weights> {
    WEIGHTS.as_ref()
}

/// Whether a phrase is the one that the weights were made for, however it is written.
#[must_use]
pub fn knows(phrase: &str) -> bool {
    let letters = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    shipped().is_some() && letters(phrase) == letters(PHRASE)
}

/// Whether an utterance may begin with [`PHRASE`], at a sensitivity of 0 to 100.
#[must_use]
pub fn may_call(samples: &[f32], sensitivity: u8) -> bool {
    sensitivity >= ALL || shipped().is_none_or(|weights| weights.judge(samples) >= threshold(sensitivity))
}

/// At this sensitivity nothing is kept from the recogniser.
pub const ALL: u8 = 100;

/// The log odds that are enough at a sensitivity of 0 to 100.
#[must_use]
pub fn threshold(sensitivity: u8) -> f32 {
    STRICTEST + (LAXEST - STRICTEST) * f32::from(sensitivity.min(ALL)) / f32::from(ALL)
}

/// The log odds that are wanted at a sensitivity of 0 and of 100. Even odds would be much to ask: what is let through in
/// vain only costs the recogniser's time, and what is not is lost.
const STRICTEST: f32 = -2.0;
const LAXEST: f32 = -6.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_fit_the_layers() {
        assert!(shipped().is_some());
        assert!(Weights::read(&[0; 8]).is_none());
    }

    #[test]
    fn a_layer_looks_where_it_should() {
        // One channel, three taps, step 2: [x-1, x, x+1] with weights 1, 10, 100.
        let layer = Layer { from: 1, to: 1, taps: 3, step: 2, spread: 1 };
        let (out, long) = convolve(&layer, &[1.0, 2.0, 3.0, 4.0], 4, &[1.0, 10.0, 100.0], &[0.5]);
        assert_eq!((long, out), (2, vec![210.5, 432.5]));
    }

    #[test]
    fn only_her_own_phrase_is_known_by_its_sound() {
        assert!(knows("Hey, Luna!") && knows("hey luna "));
        assert!(!knows("computer") && !knows("luna"));
    }

    #[test]
    fn a_higher_sensitivity_wants_less() {
        let bars = [0, 25, 50, 75, 100, 255].map(threshold);
        assert!(bars[..5].is_sorted_by(|a, b| a > b), "{bars:?}");
        assert!((bars[4] - bars[5]).abs() < 1e-6, "more than all is all");
        assert!(may_call(&[0.0; 16_000], ALL));
    }

    #[test]
    fn her_name_is_told_from_other_words_and_from_silence() {
        assert!(!may_call(&[0.0; 16_000], 0));
        let said = crate::speech::tests::said;
        let (Some(name), Some(other)) = (said("Hey Luna"), said("Where did I put the keys")) else { return };
        assert!(may_call(&name, 50));
        assert!(!may_call(&other, 0));
    }
}
