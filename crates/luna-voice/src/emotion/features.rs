//! What an utterance as a whole is measured by, in the spirit of eGeMAPS (Eyben et al. 2016): how each measure of its
//! frames lies and spreads. Loudness counts only against itself: how far away somebody sits is no feeling.

use super::spectrum::{CEPSTRA, Measured, measure};

/// Frames of voice that are needed.
const LEAST: usize = 10;
/// Decibels below the loud frames that are no speech any more.
const QUIET: f64 = 30.0;
/// Frames a second.
const RATE: f64 = 100.0;

/// The features, in their order.
pub const NAMES: &[&str] = &[
    "pitch.mean",
    "pitch.spread",
    "pitch.low",
    "pitch.high",
    "pitch.range",
    "pitch.rise",
    "pitch.fall",
    "pitch.end",
    "pitch.jitter",
    "loudness.spread",
    "loudness.range",
    "loudness.rise",
    "loudness.fall",
    "loudness.peaks",
    "loudness.shimmer",
    "clearness.mean",
    "clearness.spread",
    "alpha.mean",
    "alpha.spread",
    "hammarberg.mean",
    "hammarberg.spread",
    "centroid.mean",
    "centroid.spread",
    "flux.mean",
    "flux.spread",
    "voiced.share",
    "voiced.pieces",
    "voiced.length",
    "pause.share",
    "cepstrum1.mean",
    "cepstrum2.mean",
    "cepstrum3.mean",
    "cepstrum4.mean",
    "cepstrum5.mean",
    "cepstrum6.mean",
    "cepstrum1.spread",
    "cepstrum2.spread",
    "cepstrum3.spread",
    "cepstrum4.spread",
    "cepstrum5.spread",
    "cepstrum6.spread",
    "unvoiced.alpha",
    "unvoiced.centroid",
];

/// The features of an utterance at 16 kHz; none when hardly anything of it is voiced.
#[must_use]
pub fn features(samples: &[f32]) -> Option<Vec<f64>> {
    let mut frames = measure(samples);
    let loud = quantile(&frames.iter().map(|f| f.loudness).collect::<Vec<_>>(), 0.95);
    if loud < -60.0 {
        return None;
    }
    let is_loud = |f: &Measured| f.loudness > loud - QUIET;
    let first = frames.iter().position(is_loud)?;
    let last = frames.iter().rposition(is_loud)?;
    frames = frames.drain(first..=last).collect();
    let voiced: Vec<&Measured> = frames.iter().filter(|f| f.pitch.is_some() && is_loud(f)).collect();
    if voiced.len() < LEAST {
        return None;
    }
    let unvoiced: Vec<&Measured> = frames.iter().filter(|f| f.pitch.is_none() && is_loud(f)).collect();
    let of = |get: fn(&Measured) -> f64| voiced.iter().map(|f| get(f)).collect::<Vec<f64>>();
    let pitch: Vec<f64> = voiced.iter().filter_map(|f| f.pitch).collect();
    let loudness: Vec<f64> = frames.iter().filter(|f| is_loud(f)).map(|f| f.loudness).collect();
    let pieces = pieces(&frames, is_loud);
    let seconds = frames.len() as f64 / RATE;
    let tail = &pitch[pitch.len() - pitch.len() / 4 - 1..];

    let mut all = vec![
        mean(&pitch),
        deviation(&pitch),
        quantile(&pitch, 0.1),
        quantile(&pitch, 0.9),
        quantile(&pitch, 0.95) - quantile(&pitch, 0.05),
        slope(&pieces.pitch, true),
        slope(&pieces.pitch, false),
        mean(tail) - mean(&pitch),
        mean(
            &pieces
                .pitch
                .iter()
                .flat_map(|p| p.windows(2).map(|w| (w[1] - w[0]).abs().min(3.0)))
                .collect::<Vec<_>>(),
        ),
        deviation(&loudness),
        quantile(&loudness, 0.95) - quantile(&loudness, 0.2),
        slope(&pieces.loudness, true),
        slope(&pieces.loudness, false),
        peaks(&frames, loud) / seconds,
        mean(
            &pieces
                .loudness
                .iter()
                .flat_map(|p| p.windows(2).map(|w| (w[1] - w[0]).abs()))
                .collect::<Vec<_>>(),
        ),
    ];
    for get in [
        (|f: &Measured| f.clearness) as fn(&Measured) -> f64,
        |f| f.alpha,
        |f| f.hammarberg,
        |f| f.centroid,
        |f| f.flux,
    ] {
        let values = of(get);
        all.extend([mean(&values), deviation(&values)]);
    }
    let lengths: Vec<f64> = pieces.pitch.iter().map(|p| p.len() as f64 / RATE).collect();
    all.extend([
        voiced.len() as f64 / frames.len() as f64,
        lengths.len() as f64 / seconds,
        mean(&lengths),
        frames.iter().filter(|f| !is_loud(f)).count() as f64 / frames.len() as f64,
    ]);
    let cepstra: Vec<Vec<f64>> =
        (0..CEPSTRA).map(|k| voiced.iter().map(|f| f.cepstrum[k]).collect()).collect();
    all.extend(cepstra.iter().map(|values| mean(values)));
    all.extend(cepstra.iter().map(|values| deviation(values)));
    all.push(mean(&unvoiced.iter().map(|f| f.alpha).collect::<Vec<_>>()));
    all.push(mean(&unvoiced.iter().map(|f| f.centroid).collect::<Vec<_>>()));
    Some(all)
}

/// Stretches of voice without a gap.
#[derive(Default)]
struct Pieces {
    pitch: Vec<Vec<f64>>,
    loudness: Vec<Vec<f64>>,
}

fn pieces(frames: &[Measured], is_loud: impl Fn(&Measured) -> bool) -> Pieces {
    let mut pieces = Pieces::default();
    for run in frames.split(|f| f.pitch.is_none() || !is_loud(f)).filter(|run| run.len() >= 3) {
        pieces.pitch.push(run.iter().filter_map(|f| f.pitch).collect());
        pieces.loudness.push(run.iter().map(|f| f.loudness).collect());
    }
    pieces
}

/// The mean of the rises, or of the falls, from frame to frame.
fn slope(pieces: &[Vec<f64>], up: bool) -> f64 {
    let steps = pieces.iter().flat_map(|p| p.windows(2).map(|w| w[1] - w[0]));
    mean(&steps.filter(|step| (*step > 0.0) == up).map(|step| step.clamp(-6.0, 6.0)).collect::<Vec<_>>())
}

/// Syllables, roughly: tops of the smoothed loudness that stand out.
fn peaks(frames: &[Measured], loud: f64) -> f64 {
    let smooth: Vec<f64> =
        frames.windows(7).map(|w| w.iter().map(|f| f.loudness).sum::<f64>() / 7.0).collect();
    let tops = smooth
        .windows(9)
        .filter(|w| w[4] > loud - 20.0 && w.iter().all(|v| *v <= w[4]) && w[4] - w[0].min(w[8]) > 1.0);
    tops.count() as f64
}

fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}

fn deviation(values: &[f64]) -> f64 {
    let middle = mean(values);
    mean(&values.iter().map(|v| (v - middle).powi(2)).collect::<Vec<_>>()).sqrt()
}

fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = share * sorted.len().saturating_sub(1) as f64;
    sorted.get(at.round() as usize).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loudness_alone_changes_nothing() {
        let Some(voice) = crate::speech::tests::said("I went to the market and bought some bread.") else {
            return;
        };
        let soft: Vec<f32> = voice.iter().map(|s| s * 0.25).collect();
        let (a, b) = (features(&voice).unwrap(), features(&soft).unwrap());
        assert_eq!(a.len(), NAMES.len());
        for (name, (a, b)) in NAMES.iter().zip(a.iter().zip(&b)) {
            assert!((a - b).abs() < 0.05 * (1.0 + a.abs()), "{name}: {a} {b}");
        }
    }

    #[test]
    fn silence_has_no_features() {
        assert!(features(&vec![0.0; 32_000]).is_none());
    }
}
