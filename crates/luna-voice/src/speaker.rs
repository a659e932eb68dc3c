//! Who speaks: a recurrent network makes of some speech a direction, much the same whenever the same person speaks. It is
//! the voice encoder of Resemblyzer, whose weights `scripts/speaker-weights.py` takes as they are; what it must be given
//! (the spectrum, the pieces of 1.6 s) is as it was trained. It knows nobody: whose voice is whose is the core's affair.

mod spectrum;

use std::sync::LazyLock;
use std::time::Duration;

use half::f16;
use luna_core::ports::Speech;
use luna_model::{Error, Result};

use spectrum::{BANDS, frames};

/// Numbers of a direction, and of what a layer remembers.
const SIZE: usize = 256;
const LAYERS: usize = 3;
/// In, forget, cell, out.
const GATES: usize = 4 * SIZE;
/// Frames of a piece (1.6 s), and from one piece to the next.
const PIECE: usize = 160;
const ON: usize = 77;
/// A last piece is looked at when so much of it is there.
const ENOUGH: usize = PIECE * 3 / 4;
/// Less speech than this tells nobody's voice.
const SHORTEST: Duration = Duration::from_millis(500);

/// The direction of a voice, of length 1.
///
/// # Errors
/// `Invalid` when it is too short to tell, `Internal` when the weights are broken.
pub(crate) fn voice_of(speech: &Speech) -> Result<Vec<f32>> {
    if speech.duration() < SHORTEST {
        return Err(Error::invalid("that is too short to know a voice by; say a whole sentence"));
    }
    let network =
        NETWORK.as_ref().ok_or_else(|| Error::internal("the weights of the speaker check are broken"))?;
    let mut frames = frames(&speech.0);
    // Of little speech a piece is made by saying it again.
    let said = frames.len();
    for n in said..PIECE {
        frames.push(frames[n - said]);
    }
    let last = frames.len().saturating_sub(ENOUGH);
    let mut sum = vec![0.0; SIZE];
    for from in (0..=last).step_by(ON) {
        let mut piece = frames[from..frames.len().min(from + PIECE)].to_vec();
        piece.resize(PIECE, [0.0; BANDS]);
        sum.iter_mut().zip(network.voice(&piece)).for_each(|(sum, x)| *sum += x);
    }
    Ok(unit(sum))
}

static NETWORK: LazyLock<Option<Network>> =
    LazyLock::new(|| Network::read(include_bytes!("speaker/weights.bin")));

/// Everything a row for each thing that comes in, so that what comes out is added up in one line of memory.
struct Network {
    layers: Vec<Layer>,
    last: Vec<f32>,
    biases: Vec<f32>,
}

struct Layer {
    heard: Vec<f32>,
    remembered: Vec<f32>,
    biases: Vec<f32>,
}

impl Network {
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut numbers = bytes.chunks_exact(2).map(|b| f16::from_le_bytes([b[0], b[1]]).to_f32());
        let mut take = |count: usize| {
            let part: Vec<f32> = numbers.by_ref().take(count).collect();
            (part.len() == count).then_some(part)
        };
        let mut layers = vec![];
        for n in 0..LAYERS {
            let inputs = if n == 0 { BANDS } else { SIZE };
            layers.push(Layer {
                heard: take(inputs * GATES)?,
                remembered: take(SIZE * GATES)?,
                biases: take(GATES)?,
            });
        }
        let network = Self { layers, last: take(SIZE * SIZE)?, biases: take(SIZE)? };
        numbers.next().is_none().then_some(network)
    }

    /// The direction of a piece.
    fn voice(&self, piece: &[[f32; BANDS]]) -> Vec<f32> {
        let mut course: Vec<Vec<f32>> = piece.iter().map(|frame| frame.to_vec()).collect();
        for layer in &self.layers {
            course = layer.course(&course);
        }
        let mut voice = self.biases.clone();
        if let Some(end) = course.last() {
            add(&mut voice, end, &self.last);
        }
        unit(voice.into_iter().map(|x| x.max(0.0)).collect())
    }
}

impl Layer {
    /// What is remembered after each moment.
    fn course(&self, heard: &[Vec<f32>]) -> Vec<Vec<f32>> {
        let (mut memory, mut cell) = (vec![0.0; SIZE], vec![0.0; SIZE]);
        let mut course = Vec::with_capacity(heard.len());
        for moment in heard {
            let mut gates = self.biases.clone();
            add(&mut gates, moment, &self.heard);
            add(&mut gates, &memory, &self.remembered);
            for n in 0..SIZE {
                let [within, forget, new, out] = [0, 1, 2, 3].map(|gate| gates[gate * SIZE + n]);
                cell[n] = open(forget) * cell[n] + open(within) * new.tanh();
                memory[n] = open(out) * cell[n].tanh();
            }
            course.push(memory.clone());
        }
        course
    }
}

/// How far a gate is open.
fn open(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

fn add(sum: &mut [f32], inputs: &[f32], rows: &[f32]) {
    for (input, row) in inputs.iter().zip(rows.chunks_exact(sum.len())) {
        sum.iter_mut().zip(row).for_each(|(sum, weight)| *sum += input * weight);
    }
}

fn unit(mut direction: Vec<f32>) -> Vec<f32> {
    let long = direction.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-9);
    direction.iter_mut().for_each(|x| *x /= long);
    direction
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(a: &[f32], b: &[f32]) -> f32 {
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    }

    #[test]
    fn a_layer_remembers_as_its_gates_say() {
        // Everything at zero but the cell's bias: half of tanh(1) comes in, half of what that makes goes out.
        let mut biases = vec![0.0; GATES];
        biases[2 * SIZE] = 1.0;
        let layer = Layer { heard: vec![0.0; GATES], remembered: vec![0.0; SIZE * GATES], biases };
        let course = layer.course(&[vec![1.0], vec![1.0]]);
        let first = 0.5 * 1.0_f32.tanh();
        assert!((course[0][0] - 0.5 * first.tanh()).abs() < 1e-6);
        assert!((course[1][0] - 0.5 * (1.5 * first).tanh()).abs() < 1e-6);
        assert_eq!(course[1][1], 0.0);
    }

    #[test]
    fn a_voice_is_like_itself_and_unlike_another() {
        let say = |voice: &str, text: &str| {
            let samples = crate::speech::tests::said_by(voice, text)?;
            Some(voice_of(&Speech(samples.into())).unwrap())
        };
        let (Some(one), Some(again), Some(other)) = (
            say("en-gb", "Hey Luna, what time is it now?"),
            say("en-gb", "The train to the north leaves in the evening."),
            say("en-us+f3", "The train to the north leaves in the evening."),
        ) else {
            return;
        };
        let (same, different) = (alike(&one, &again), alike(&other, &again));
        assert!(same > different + 0.1, "{same} {different}");
        assert!((alike(&one, &one) - 1.0).abs() < 1e-4);
    }

    #[test]
    fn a_moment_is_nobodys_voice() {
        let error = voice_of(&Speech(vec![0.1; 3_000].into())).unwrap_err();
        assert_eq!(error.kind, luna_model::ErrorKind::Invalid);
    }
}
