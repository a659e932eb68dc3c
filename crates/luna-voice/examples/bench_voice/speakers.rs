//! How well voices are told apart: everybody in the data enrols with five sentences, many times; whoever says another is
//! that person or is not. Where as many strangers get in as friends are kept out is the equal-error rate.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use luna_core::ports::{SPEECH_RATE, Speech, Voice as _, VoicePrint};
use luna_core::voice::ALIKE;
use luna_voice::LocalVoice;

type Said = BTreeMap<String, Vec<VoicePrint>>;

/// Sentences that somebody enrols with, how often everybody does, and how many more there must be to try.
const SENTENCES: usize = 5;
const TIMES: usize = 8;
const TRIES: usize = 4;

/// Feelings in EmoDB's file names; this one is none.
const NEUTRAL: char = 'N';
/// "Hey Luna" and a word more.
const BEGINNING: usize = 13 * SPEECH_RATE as usize / 10;

/// Prints the rates.
pub(crate) async fn measure(data: &Path, voice: &LocalVoice) {
    let (mut plain, mut all, mut begun) = (Said::new(), Said::new(), Said::new());
    for (who, file, feels) in recordings(data) {
        let Ok(speech) = voice.decode(std::fs::read(&file).unwrap_or_default()).await else { continue };
        let Some(first) = luna_voice::utterances(&speech.0).first().cloned() else { continue };
        let said = &speech.0[first.start..];
        let print = async |part: &[f32]| voice.voice_print(&Speech(part.into())).await.ok();
        let Some(whole) = print(said).await else { continue };
        if !feels {
            plain.entry(who.clone()).or_default().push(whole.clone());
            let beginning = print(&said[..said.len().min(BEGINNING)]).await;
            begun.entry(who.clone()).or_default().push(beginning.unwrap_or_else(|| whole.clone()));
        }
        all.entry(who).or_default().push(whole);
    }
    if plain.values().filter(|said| said.len() >= SENTENCES + TRIES).count() < 2 {
        println!(
            "SKIPPED: telling voices apart: there are no two people with {} sentences",
            SENTENCES + TRIES
        );
        return;
    }
    println!(
        "who speaks, after {SENTENCES} sentences of everybody (network of others, these people never heard):"
    );
    for (what, enrolled, said) in [
        ("plain sentences", &plain, &plain),
        ("their first 1.3 s", &plain, &begun),
        ("acted feelings too", &all, &all),
    ] {
        let (friends, strangers) = tried(enrolled, said);
        let (rate, alike) = equal(&friends, &strangers);
        let (out, within) = confused(&friends, &strangers, ALIKE);
        println!(
            "  by {what:<18}  equal-error rate {:4.1} % (at {alike:.2}); as it is set ({ALIKE:.2}) {:4.1} % of friends kept out, \
             {:4.1} % of strangers let in; {} and {} tries",
            rate * 100.0,
            out * 100.0,
            within * 100.0,
            friends.len(),
            strangers.len()
        );
    }
}

/// Everybody enrols, many times; how alike what is said is then, by themselves and by others.
fn tried(enrolled: &Said, said: &Said) -> (Vec<f32>, Vec<f32>) {
    let (mut friends, mut strangers) = (vec![], vec![]);
    for (who, sentences) in enrolled.iter().filter(|(_, all)| all.len() >= SENTENCES + TRIES) {
        let apart = sentences.len() / SENTENCES;
        for time in 0..TIMES.min(apart) {
            let chosen: Vec<usize> = (0..SENTENCES).map(|n| n * apart + time).collect();
            let known: Vec<VoicePrint> = chosen.iter().map(|n| sentences[*n].clone()).collect();
            let known = VoicePrint::mean(&known);
            for (other, prints) in said {
                let prints = prints.iter().enumerate();
                let tries = if other == who { &mut friends } else { &mut strangers };
                tries.extend(
                    prints
                        .filter(|(n, _)| other != who || !chosen.contains(n))
                        .map(|(_, print)| known.alike(print)),
                );
            }
        }
    }
    (friends, strangers)
}

/// The share of friends that are kept out, and of strangers that are let in.
fn confused(friends: &[f32], strangers: &[f32], bar: f32) -> (f32, f32) {
    let share = |tries: &[f32], counts: &dyn Fn(f32) -> bool| {
        tries.iter().filter(|alike| counts(**alike)).count() as f32 / tries.len().max(1) as f32
    };
    (share(friends, &|alike| alike < bar), share(strangers, &|alike| alike >= bar))
}

/// The rate where both shares are the same, or closest, and how alike voices must be for it.
fn equal(friends: &[f32], strangers: &[f32]) -> (f32, f32) {
    let apart = |bar: f32| {
        let (out, within) = confused(friends, strangers, bar);
        (out - within).abs()
    };
    let bar = friends.iter().copied().min_by(|a, b| apart(*a).total_cmp(&apart(*b))).unwrap_or_default();
    let (out, within) = confused(friends, strangers, bar);
    (f32::midpoint(out, within), bar)
}

/// EmoDB's recordings: who speaks, and whether with feeling; both are in the file names. All say the same ten sentences, as
/// whoever says a wake phrase does; people from elsewhere would be told apart by their microphones.
fn recordings(data: &Path) -> Vec<(String, PathBuf, bool)> {
    let files = std::fs::read_dir(data.join("emotion/emodb")).into_iter().flatten().flatten();
    let files = files.map(|entry| entry.path());
    let mut files: Vec<_> = files.filter(|file| file.extension().is_some_and(|end| end == "wav")).collect();
    files.sort();
    let named = |file: PathBuf| {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        (name.chars().take(2).collect(), file, name.chars().nth(5) != Some(NEUTRAL))
    };
    files.into_iter().map(named).collect()
}
