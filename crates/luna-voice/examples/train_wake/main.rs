//! Makes the weights of the wake detector from voices that are synthesised here (espeak-ng, flite, pico and festival, in
//! many voices, accents and speeds; a program that is not installed is left out), in rooms and noises made by chance, and
//! from people who say other things; and prints, for voices and people it never heard, how often it misses the phrase and
//! how often an hour of speech wakes the recogniser in vain:
//!
//!     cargo run --release -p luna-voice --example train_wake -- [--data ../shared/data] [--few] [--write | --test]
//!
//! `--test` learns nothing and examines the weights that are there; `--few` takes a sixth of the voices, to try it. What
//! the voices said is kept beside what was compiled, so that a training that is broken off goes on where it was.
//!
//! Every fifth voice of espeak-ng, about a third of the others' and all of mbrola's are kept for the test, as are all
//! people but one, and the noises and rooms that were recorded. Nobody's "hey luna" was recorded.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a tool"
)]

mod rooms;
mod voices;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use candle_core::backprop::GradStore;
use candle_core::{D, DType, Device, Result, Tensor, Var};
use candle_nn::{Optimizer as _, VarBuilder, VarMap};
use luna_voice::wake::{BANDS, FRAMES, LAYERS, Layer, RATE, Weights, seen, threshold};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rooms::{alone, disturbed, placed};
use voices::{Clip, Kind, Recorded, Voice, at_once, spoken, voices};

/// Steps of the training, clips of a step, each disturbed anew, and clips that are looked at together.
const STEPS: usize = 800;
const STEP: usize = 64;
const PART: usize = 4;
/// Steps between two lines that say how it goes.
const TOLD_EVERY: usize = 20;
/// The share of the clips that are calls, and of the others that are people.
const CALLS: f64 = 0.4;
const PEOPLE: f64 = 0.1;
/// How often each program is heard beside the others, however many voices it has; the rest is espeak-ng.
const SHARES: [(&str, f64); 4] = [("espeak-ng", 0.35), ("flite", 0.25), ("pico", 0.25), ("festival", 0.15)];
const PACE: f64 = 2e-3;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (mut data, mut write, mut only_test, mut few) = (None, false, false, false);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--data" => data = arguments.next(),
            "--write" => write = true,
            "--test" => only_test = true,
            "--few" => few = true,
            other => panic!("there is no {other}; there is --data <folder>, --few, --write and --test"),
        }
    }
    let mut chance = StdRng::seed_from_u64(7);
    let (heard, kept) = voices(&mut chance);
    let share = if few { 6 } else { 1 };
    let [heard, kept] = [heard, kept].map(|all| all.into_iter().step_by(share).collect::<Vec<_>>());
    println!("{} voices to learn from, {} kept for the test", heard.len(), kept.len());
    let mut recorded = data.map(|data| Recorded::read(Path::new(&data))).unwrap_or_default();
    if only_test {
        let shipped = luna_voice::wake::shipped().expect("there are weights");
        examine(shipped, &kept, &mut recorded);
        return Ok(());
    }
    let mut train = spoken(&heard, 2, 3, &mut chance);
    train.append(&mut recorded.heard);
    println!("{} clips to learn from", train.len());
    let weights = learn(&train, STEPS / share, &mut chance)?;
    let bytes = Weights::write(&weights);
    if write {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/wake/weights.bin");
        std::fs::write(&file, &bytes).expect("the file is written");
        println!("{} bytes written to {}", bytes.len(), file.display());
    }
    examine(&Weights::read(&bytes).expect("the layers' own size"), &kept, &mut recorded);
    Ok(())
}

fn learn(clips: &[Clip], steps: usize, chance: &mut StdRng) -> Result<Vec<f32>> {
    let device = Device::Cpu;
    let variables = VarMap::new();
    let network = Network::new(&VarBuilder::from_varmap(&variables, DType::F32, &device))?;
    let parameters = candle_nn::ParamsAdamW { lr: PACE, weight_decay: 1e-3, ..Default::default() };
    let mut optimiser = candle_nn::AdamW::new(variables.all_vars(), parameters)?;
    let drawer = Drawer::new(clips);
    let (began, mut sum) = (Instant::now(), 0.0);
    for step in 0..steps {
        let done = step as f64 / steps as f64;
        optimiser.set_learning_rate(PACE * 0.5 * (1.0 + (std::f64::consts::PI * done).cos()) + 1e-5);
        let seeds: Vec<u64> = (0..STEP / PART).map(|_| chance.random()).collect();
        let parts = at_once(&seeds, |seed| {
            let mut chance = StdRng::seed_from_u64(*seed);
            let part: Vec<Looked> = (0..PART).map(|_| drawer.draw(done as f32, &mut chance)).collect();
            let (field, wanted) = tensors(&part, &device)?;
            let loss = candle_nn::loss::binary_cross_entropy_with_logit(&network.forward(&field)?, &wanted)?;
            Ok((loss.backward()?, loss.to_scalar::<f32>()?))
        });
        let parts: Vec<(GradStore, f32)> = parts.into_iter().collect::<Result<_>>()?;
        sum += parts.iter().map(|(_, loss)| loss).sum::<f32>() / parts.len() as f32;
        optimiser.step(&mean(parts, &variables.all_vars())?)?;
        if (step + 1) % TOLD_EVERY == 0 {
            let (loss, seconds) = (sum / TOLD_EVERY as f32, began.elapsed().as_secs());
            println!("step {:>4} of {steps}: loss {loss:.4} ({seconds} s)", step + 1);
            sum = 0.0;
        }
    }
    // The network here and the one that is shipped are the same arithmetic.
    let weights = network.weights()?;
    let bytes = Weights::write(&weights);
    let shipped = Weights::read(&bytes).expect("the layers' own size");
    let (field, _) = tensors(&[(seen(&clips[0].samples), true)], &device)?;
    let here = network.forward(&field)?.to_vec1::<f32>()?[0];
    let there = shipped.judge(&clips[0].samples);
    assert!((here - there).abs() < 0.1, "the two networks differ: {here} {there}");
    Ok(weights)
}

/// The mean gradients of parts of the same size.
fn mean(parts: Vec<(GradStore, f32)>, variables: &[Var]) -> Result<GradStore> {
    let count = parts.len() as f64;
    let mut all = parts.into_iter().map(|(gradients, _)| gradients);
    let mut whole = all.next().expect("there is a part");
    for gradients in all {
        for variable in variables {
            if let (Some(a), Some(b)) = (whole.get(variable), gradients.get(variable)) {
                let both = (a + b)?;
                whole.insert(variable, both);
            }
        }
    }
    for variable in variables {
        if let Some(sum) = whole.get(variable) {
            let mean = (sum / count)?;
            whole.insert(variable, mean);
        }
    }
    Ok(whole)
}

type Looked = (Vec<[f32; BANDS]>, bool);

/// Draws clips by chance, each disturbed anew.
struct Drawer<'a> {
    /// What is not a call, and so may be heard behind one.
    others: Vec<&'a Clip>,
    /// By who speaks, and whether it is a call.
    groups: BTreeMap<(&'a str, bool), Vec<&'a Clip>>,
}

impl<'a> Drawer<'a> {
    fn new(clips: &'a [Clip]) -> Self {
        let mut groups: BTreeMap<_, Vec<&Clip>> = BTreeMap::new();
        for clip in clips {
            groups.entry((clip.by, clip.kind == Kind::Call)).or_default().push(clip);
        }
        Self { others: clips.iter().filter(|clip| clip.kind != Kind::Call).collect(), groups }
    }

    /// One clip; in the beginning of the training it is disturbed less.
    fn draw(&self, done: f32, chance: &mut StdRng) -> Looked {
        let softest = 5.0 + 20.0 * (1.0 - 2.0 * done).max(0.0);
        let called = chance.random_bool(CALLS);
        let by = if !called && chance.random_bool(PEOPLE) { "people" } else { by_share(chance) };
        let group = self.groups.get(&(by, called)).unwrap_or_else(|| &self.groups[&("espeak-ng", called)]);
        let sound = disturbed(group.choose(chance).unwrap(), &self.others, softest..40.0, chance);
        (seen(&sound), called)
    }
}

fn by_share(chance: &mut StdRng) -> &'static str {
    let mut place = chance.random_range(0.0..1.0);
    let mut at = SHARES.iter().filter(|(_, share)| {
        place -= share;
        place < 0.0
    });
    at.next().map_or(SHARES[0].0, |(by, _)| by)
}

/// Clips, frames, bands.
fn tensors(part: &[Looked], device: &Device) -> Result<(Tensor, Tensor)> {
    let field: Vec<f32> = part.iter().flat_map(|(looked, _)| looked.as_flattened()).copied().collect();
    let wanted: Vec<f32> = part.iter().map(|(_, called)| f32::from(u8::from(*called))).collect();
    Ok((
        Tensor::from_vec(field, (part.len(), FRAMES, BANDS), device)?,
        Tensor::from_vec(wanted, part.len(), device)?,
    ))
}

/// The network that learns; [`Weights::judge`] is the one that is shipped. Weights are (taps × channels in, channels out),
/// so that a layer is one product of matrices: candle's own convolution computes wrong gradients of its kernel on a
/// processor.
struct Network(Vec<(Layer, Tensor, Tensor)>);

impl Network {
    fn new(variables: &VarBuilder) -> Result<Self> {
        let layer = |(n, layer): (usize, &Layer)| {
            let variables = variables.pp(n);
            let inputs = layer.from * layer.taps;
            let kaiming = candle_nn::Init::Randn { mean: 0.0, stdev: (2.0 / inputs as f64).sqrt() };
            let weights = variables.get_with_hints((inputs, layer.to), "weight", kaiming)?;
            let biases = variables.get_with_hints(layer.to, "bias", candle_nn::Init::Const(0.0))?;
            Ok((*layer, weights, biases))
        };
        Ok(Self(LAYERS.iter().enumerate().map(layer).collect::<Result<_>>()?))
    }

    /// The log odds of each clip: the logarithm of the mean odds of its moments.
    fn forward(&self, field: &Tensor) -> Result<Tensor> {
        let clips = field.dim(0)?;
        let mut field = field.clone();
        for (n, (layer, weights, biases)) in self.0.iter().enumerate() {
            let unfolded = unfolded(layer, &field)?;
            let long = unfolded.dim(1)?;
            field = unfolded.flatten(0, 1)?.matmul(weights)?.broadcast_add(biases)?;
            if n + 1 < self.0.len() {
                field = field.relu()?;
            }
            field = field.reshape((clips, long, layer.to))?;
        }
        field.squeeze(2)?.log_sum_exp(D::Minus1)?.affine(1.0, -(moments(FRAMES) as f64).ln())
    }

    /// As they are shipped: for each layer (out, in, tap), then the biases.
    fn weights(&self) -> Result<Vec<f32>> {
        let mut all = vec![];
        for (layer, weights, biases) in &self.0 {
            let weights = weights.reshape((layer.taps, layer.from, layer.to))?.permute((2, 1, 0))?;
            all.extend(weights.contiguous()?.flatten_all()?.to_vec1::<f32>()?);
            all.extend(biases.to_vec1::<f32>()?);
        }
        Ok(all)
    }
}

/// Outputs of the last layer.
fn moments(frames: usize) -> usize {
    LAYERS.iter().fold(frames, |length, layer| length.div_ceil(layer.step))
}

/// What each output of a layer looks at: (clips, outputs, taps × channels).
fn unfolded(layer: &Layer, field: &Tensor) -> Result<Tensor> {
    let (clips, length, channels) = field.dims3()?;
    let (long, step) = (length.div_ceil(layer.step), layer.step);
    let reach = (layer.taps - 1) * layer.spread;
    // So long that every tap finds its frames, in whole steps.
    let whole = (long + reach.div_ceil(step)) * step;
    let behind = whole - length - layer.padding();
    let steps =
        field.pad_with_zeros(1, layer.padding(), behind)?.reshape((clips, whole / step, step, channels))?;
    let taps = (0..layer.taps).map(|tap| {
        let ahead = tap * layer.spread;
        steps.narrow(1, ahead / step, long)?.narrow(2, ahead % step, 1)?.squeeze(2)
    });
    Tensor::cat(&taps.collect::<Result<Vec<_>>>()?, 2)
}

/// Prints what it misses and what it lets through at each sensitivity, beside what the recogniser is asked without it. All
/// sound is cut into utterances as the microphone's thread does, so that an hour of speech is as it is at home.
fn examine(weights: &Weights, voices: &[Voice], recorded: &mut Recorded) {
    // What is said in the test is the same whether something was learnt before or not.
    let chance = &mut StdRng::seed_from_u64(11);
    let mut test = spoken(voices, 2, 4, chance);
    test.append(&mut recorded.kept);
    let judged = |sound: &[f32]| -> Vec<f32> {
        luna_voice::utterances(sound).into_iter().map(|part| weights.judge(&sound[part])).collect()
    };
    // The log odds of what was said by somebody.
    let called = |place: &(dyn Fn(&Clip, &mut StdRng) -> Vec<f32> + Sync), chance: &mut StdRng| {
        let seeds = test.iter().filter(|clip| clip.kind == Kind::Call).map(|clip| (clip, chance.random()));
        let seeds: Vec<(&Clip, u64)> = seeds.collect();
        let mut odds: BTreeMap<&str, Vec<f32>> = BTreeMap::new();
        let all = at_once(&seeds, |(clip, seed)| {
            let heard = judged(&place(clip, &mut StdRng::seed_from_u64(*seed)));
            (clip.by, heard.into_iter().fold(f32::NEG_INFINITY, f32::max))
        });
        for (by, most) in all {
            odds.entry(by).or_default().push(most);
        }
        odds
    };
    let quiet = called(&|clip, chance| alone(&clip.samples, chance), chance);
    let noisy = called(
        &|clip, chance| match (recorded.rooms.choose(chance), recorded.noises.choose(chance)) {
            (Some(room), Some(noise)) => {
                let softer = chance.random_range(5.0..20.0);
                placed(&clip.samples, room, noise, softer, chance)
            }
            _ => vec![],
        },
        chance,
    );
    let other = |near: bool, people: bool, chance: &mut StdRng| {
        let kind = if near { Kind::Near } else { Kind::Other };
        let said = |clip: &&Clip| clip.kind == kind && (clip.by == "people") == people;
        let clips: Vec<(&Clip, u64)> = test.iter().filter(said).map(|clip| (clip, chance.random())).collect();
        let odds =
            at_once(&clips, |(clip, seed)| judged(&alone(&clip.samples, &mut StdRng::seed_from_u64(*seed))));
        let seconds = clips.iter().map(|(clip, _)| clip.samples.len()).sum::<usize>() as f64 / RATE as f64;
        (seconds / 3_600.0, odds.concat())
    };
    let (near, made, people) =
        (other(true, false, chance), other(false, false, chance), other(false, true, chance));
    let share = |odds: &[f32], counts: &dyn Fn(f32) -> bool| {
        100.0 * odds.iter().filter(|odds| counts(**odds)).count() as f64 / odds.len().max(1) as f64
    };
    let bars = [0, 25, 50, 75, 99].map(|sensitivity| (sensitivity.to_string(), threshold(sensitivity)));
    let bars = || bars.iter().cloned().chain([("without".to_owned(), f32::MIN)]);
    for (place, calls) in
        [("in a quiet room", &quiet), ("in measured rooms with recorded noise, 5 to 20 dB softer", &noisy)]
    {
        let count = calls.values().map(Vec::len).sum::<usize>();
        println!("the phrase missed, {place}, of {count} times:");
        println!("sensitivity | {}", calls.keys().map(|by| format!("{by:>9}")).collect::<Vec<_>>().join(" "));
        for (sensitivity, bar) in bars() {
            let missed = calls.values().map(|odds| format!("{:7.1} %", share(odds, &|odds| odds < bar)));
            println!("{sensitivity:>11} | {}", missed.collect::<Vec<_>>().join(" "));
        }
    }
    println!("what else the recogniser is asked, an hour of speech:");
    for (who, (hours, odds)) in
        [("words like it", &near), ("other words of made voices", &made), ("people", &people)]
    {
        println!("{who}: {:.1} minutes in {} utterances", hours * 60.0, odds.len());
    }
    println!("sensitivity |    words like it | made voices, an hour |   people, an hour");
    for (sensitivity, bar) in bars() {
        let hourly = |(hours, odds): &(f64, Vec<f32>)| {
            let count = odds.iter().filter(|odds| **odds >= bar).count() as f64;
            format!("{:8.1} ({:5.1} %)", count / hours.max(1e-9), share(odds, &|odds| odds >= bar))
        };
        println!("{sensitivity:>11} | {} | {:>20} | {}", hourly(&near), hourly(&made), hourly(&people));
    }
}
