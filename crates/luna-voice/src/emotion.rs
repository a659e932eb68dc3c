//! How something was said: neutral, happy, sad or angry, from pitch, loudness, rhythm, spectrum and voice quality. A
//! multinomial logistic regression; its weights are made by `examples/train_emotion.rs`, which also prints how often it is
//! right for speakers it never heard.

mod features;
mod spectrum;

use std::sync::LazyLock;

use luna_core::ports::Speech;
use luna_model::{Emotion, Error, Result};
use serde::{Deserialize, Serialize};

pub use features::{NAMES, features};

/// Less than this tells nothing.
const SHORTEST: std::time::Duration = std::time::Duration::from_millis(400);

/// What the regression learnt.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Weights {
    /// The mean of each feature in training.
    pub mean: Vec<f64>,
    /// Its standard deviation.
    pub deviation: Vec<f64>,
    /// A row a class (neutral, happy, sad, angry): a weight a feature, then the bias.
    pub classes: [Vec<f64>; 4],
}

impl Weights {
    /// The probabilities of the classes.
    #[must_use]
    pub fn judge(&self, features: &[f64]) -> [f64; 4] {
        let scores: [f64; 4] = std::array::from_fn(|class| {
            let row = &self.classes[class];
            let standard = features.iter().zip(&self.mean).zip(&self.deviation);
            // Beyond four deviations lies what was never heard in training: it counts no more than that.
            let sum: f64 = standard
                .zip(row)
                .map(|(((x, mean), deviation), weight)| ((x - mean) / deviation).clamp(-4.0, 4.0) * weight)
                .sum();
            sum + row.last().copied().unwrap_or_default()
        });
        let most = scores.iter().copied().fold(f64::MIN, f64::max);
        let powers = scores.map(|score| (score - most).exp());
        let sum: f64 = powers.iter().sum();
        powers.map(|power| power / sum)
    }
}

static WEIGHTS: LazyLock<Option<Weights>> =
    LazyLock::new(|| serde_json::from_str(include_str!("emotion/weights.json")).ok());

/// How it was said.
///
/// # Errors
/// `Invalid` when it is too short to tell.
pub fn of(speech: &Speech) -> Result<Emotion> {
    if speech.duration() < SHORTEST {
        return Err(Error::invalid("the recording is too short to tell a feeling; half a second is enough"));
    }
    let weights =
        WEIGHTS.as_ref().ok_or_else(|| Error::internal("the weights of the emotions are broken"))?;
    let Some(features) = features(&speech.0) else {
        // Nobody spoke, so nobody felt.
        return Ok(Emotion { neutral: 1.0, happy: 0.0, sad: 0.0, angry: 0.0 });
    };
    let [neutral, happy, sad, angry] = weights.judge(&features);
    Ok(Emotion { neutral, happy, sad, angry })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pcm::tests::tone;

    #[test]
    fn the_weights_fit_the_features() {
        let weights = WEIGHTS.as_ref().unwrap();
        assert_eq!((weights.mean.len(), weights.deviation.len()), (NAMES.len(), NAMES.len()));
        assert!(weights.classes.iter().all(|row| row.len() == NAMES.len() + 1));
        assert!(weights.deviation.iter().all(|d| *d > 0.0));
    }

    #[test]
    fn probabilities_sum_to_one_whatever_is_heard() {
        let tones = tone(200.0, 1.5, 16_000);
        for samples in [vec![0.0; 16_000], tones, vec![1.0; 16_000]] {
            let e = of(&Speech(samples.into())).unwrap();
            let sum = e.neutral + e.happy + e.sad + e.angry;
            assert!(
                (sum - 1.0).abs() < 1e-6
                    && [e.neutral, e.happy, e.sad, e.angry].iter().all(|p| (0.0..=1.0).contains(p))
            );
        }
        assert!(of(&Speech(vec![0.1; 1_000].into())).is_err());
    }
}
