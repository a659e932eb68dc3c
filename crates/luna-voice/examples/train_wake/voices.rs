//! Who speaks in the training: synthesised voices of several programs with what they say, kept on the disk once they said
//! it; and, where their folder is, people who say other things.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use luna_core::ports::Voice as _;
use luna_testkit::HeldSecrets;
use luna_voice::LocalVoice;
use luna_voice::wake::RATE;
use rand::RngExt as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use sha2::{Digest as _, Sha256};

/// Accents of espeak-ng; German, Polish, Italian and Spanish as people from there may say it.
const ACCENTS: [&str; 11] = [
    "en",
    "en-us",
    "en-gb",
    "en-gb-scotland",
    "en-gb-x-rp",
    "en-gb-x-gbclan",
    "en-029",
    "en-us-nyc",
    "de",
    "pl",
    "it",
];
/// Variants of espeak-ng that no person sounds like.
const UNLIKE: [&str; 8] =
    ["whisper", "whisperf", "robosoft", "UniRobot", "fast_test", "croak", "Demonic", "grandpa"];
/// Accents that each variant of espeak-ng speaks in, by chance.
const SPOKEN_IN: usize = 3;
/// Every so many variants of espeak-ng one is kept for the test.
const KEPT: usize = 5;
/// The voices of the other programs, how many ways of speaking each has in the training (or the test), and whether it is
/// kept for the test. kal and slt are the same two people in flite and in festival. mbrola is never learnt from: its voices
/// may not be used for everything, and so the test has a way of making speech that the training has not.
const OTHERS: [(&str, &[&str], usize, bool); 7] = [
    ("flite", &["kal16", "awb"], 60, false),
    ("flite", &["slt", "rms"], 20, true),
    ("pico", &["en-GB", "de-DE", "it-IT", "fr-FR"], 36, false),
    ("pico", &["en-US", "es-ES"], 20, true),
    (
        "festival",
        &[
            "kal_diphone",
            "ked_diphone",
            "lp_diphone",
            "pc_diphone",
            "suo_fi_lj_diphone",
            "upc_ca_ona_hts",
            "czech_dita",
            "czech_krb",
            "czech_machac",
        ],
        6,
        false,
    ),
    ("festival", &["cmu_us_slt_arctic_hts", "hy_fi_mv_diphone", "czech_ph"], 6, true),
    ("mbrola", &["mb-us1", "mb-us2", "mb-us3", "mb-en1", "mb-de2"], 8, true),
];
const CALLS: [&str; 14] = [
    "Hey Luna",
    "Hey Luna",
    "Hey, Luna!",
    "Hey Luna?",
    "Hey, Luna.",
    "Hey Luna, what time is it?",
    "Hey Luna set the volume to thirty",
    "Hey Luna lock the screen please",
    "Hey Luna, how is the weather?",
    "Um, hey Luna",
    "Hey Luna remind me to call my mother at five",
    "Hey Luna open the browser",
    "Hey Luna, are you there?",
    "Hey Luna stop",
];
/// What sounds a little like it and is not.
const NEAR: [&str; 56] = [
    "Hey you",
    "Hey there",
    "Hey Lola, come here",
    "Hey Luke",
    "Hey Google",
    "Hey Siri",
    "Okay Google",
    "Alexa",
    "Hello Anna",
    "The lunar eclipse",
    "A lunatic",
    "My cat is called Luna",
    "Hay in the barn",
    "They soon came",
    "Hey Hannah",
    "Hey Lou",
    "Say no more",
    "Hey look at that",
    "Hey a new one",
    "Hey Lena",
    "Hey Linda",
    "Hey, let us go",
    "Hey Jarvis",
    "Hey Mycroft",
    "Okay moon",
    "May I leave now",
    "Pay the loan now",
    "A loaf of bread",
    "The moon is bright",
    "Stay longer",
    "Hey Laura",
    "Hey, who are you?",
    "Play a tune",
    "Hey soon enough",
    "Later in the afternoon",
    "They do know",
    "Hey John, do you know",
    "Can you hand me the spoon",
    "Hey Lina",
    "Hey Nina",
    "Hey Luca",
    "Hey Louis",
    "Hey Una",
    "Hey look",
    "Hey tuna",
    "Hey, let me know",
    "Hello na",
    "Hello, you know",
    "The luna park is closed",
    "The luna moth flies at night",
    "Way too long",
    "A new one",
    "He lost the key",
    "Hey Bruno",
    "Eileen, are you there?",
    "Hey lunch is ready",
];
const WORDS: &str = "the of and to in is you that it he was for on are as with his they at be this have from or one had by \
    word but not what all were we when your can said there use an each which she do how their if will up other about out many \
    then them these so some her would make like him into time has look two more write go see number no way could people my \
    than first water been call who oil its now find long down day did get come made may part over new sound take only little \
    work know place year live me back give most very after thing our just name good sentence man think say great where help \
    through much before line right too mean old any same tell boy follow came want show also around form three small set put \
    end does another well large must big even such because turn here why ask went men read need land different home us move \
    try kind hand picture again change off play spell air away animal house point page letter mother answer found study still \
    learn should world kitchen window garden monday yesterday coffee dinner train ticket music louder quiet morning evening";

/// A voice, and how it is made to speak.
#[derive(Clone)]
pub(crate) struct Voice {
    pub(crate) program: &'static str,
    arguments: Vec<String>,
}

/// What is said.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Call,
    Near,
    Other,
}

pub(crate) struct Clip {
    pub(crate) samples: Vec<f32>,
    pub(crate) kind: Kind,
    /// The program that spoke, or "people".
    pub(crate) by: &'static str,
}

/// The voices to learn from and those to test with.
pub(crate) fn voices(chance: &mut StdRng) -> (Vec<Voice>, Vec<Voice>) {
    let (mut heard, mut kept) = (vec![], vec![]);
    let listed = Command::new("espeak-ng").arg("--voices=variant").output().expect("espeak-ng is installed");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let variants = listed
        .lines()
        .skip(1)
        .filter_map(|line| line.split_whitespace().find_map(|word| word.strip_prefix("!v/")))
        .filter(|variant| !UNLIKE.contains(variant));
    for (n, variant) in variants.enumerate() {
        let into = if n % KEPT == KEPT - 1 { &mut kept } else { &mut heard };
        for accent in ACCENTS.sample(chance, SPOKEN_IN) {
            let (speed, pitch) = (chance.random_range(115..215), chance.random_range(25..80));
            let arguments =
                ["-v", &format!("{accent}+{variant}"), "-s", &speed.to_string(), "-p", &pitch.to_string()];
            into.push(Voice { program: "espeak-ng", arguments: arguments.map(String::from).into() });
        }
    }
    for (program, names, count, kept_back) in OTHERS {
        let into = if kept_back { &mut kept } else { &mut heard };
        for name in names {
            let voice = || Voice::by_chance(program, name, chance);
            into.extend(std::iter::repeat_with(voice).take(count));
        }
    }
    (heard, kept)
}

/// Each voice calls so often and says so much else.
pub(crate) fn spoken(voices: &[Voice], calls: usize, others: usize, chance: &mut StdRng) -> Vec<Clip> {
    let words: Vec<_> = WORDS.split_whitespace().collect();
    let mut wanted = vec![];
    for voice in voices {
        for _ in 0..calls {
            wanted.push((voice, (*CALLS.choose(chance).unwrap()).to_owned(), Kind::Call));
        }
        for n in 0..others {
            wanted.push(if n % 2 == 0 {
                (voice, (*NEAR.choose(chance).unwrap()).to_owned(), Kind::Near)
            } else {
                let count = chance.random_range(2..12);
                let text = (0..count).map(|_| *words.choose(chance).unwrap()).collect::<Vec<_>>().join(" ");
                (voice, text, Kind::Other)
            });
        }
    }
    let clip = |(voice, text, kind): &(&Voice, String, Kind)| {
        Some(Clip { samples: voice.says(text)?, kind: *kind, by: voice.program })
    };
    at_once(&wanted, clip).into_iter().flatten().collect()
}

/// Threads that work at once: more than there are cores, since a program that speaks is mostly waited for.
const THREADS: usize = 16;

/// Does it with all of them at once; in order.
pub(crate) fn at_once<T: Sync, U: Send>(all: &[T], deed: impl Fn(&T) -> U + Sync) -> Vec<U> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(vec![]));
    std::thread::scope(|scope| {
        for _ in 0..THREADS.min(all.len()) {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let Some(one) = all.get(n) else { break };
                    let made = deed(one);
                    done.lock().unwrap().push((n, made));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_unstable_by_key(|(n, _)| *n);
    done.into_iter().map(|(_, made)| made).collect()
}

impl Voice {
    /// A voice of a program at some speed and, where the program can, some pitch.
    fn by_chance(program: &'static str, name: &str, chance: &mut StdRng) -> Self {
        let slow: f64 = chance.random_range(0.75..1.35);
        let arguments = match program {
            "flite" => vec![
                "-voice".into(),
                name.into(),
                "--setf".into(),
                format!("duration_stretch={slow:.2}"),
                "--setf".into(),
                format!("int_f0_target_mean={}", chance.random_range(85..230)),
            ],
            "pico" => vec![
                name.into(),
                format!("<speed level='{:.0}'>", 100.0 / slow),
                format!("<pitch level='{}'>", chance.random_range(75..130)),
            ],
            "festival" => {
                let code = format!("(begin (voice_{name}) (Parameter.set 'Duration_Stretch {slow:.2}))");
                vec!["-eval".into(), code]
            }
            _ => vec!["-v".into(), name.into(), "-s".into(), format!("{:.0}", 150.0 / slow)],
        };
        Self { program, arguments }
    }

    /// What it said before, or says now and keeps. None when the program or the voice is not installed.
    fn says(&self, text: &str) -> Option<Vec<f32>> {
        let name = hex::encode(Sha256::digest(format!("{} {:?} {text}", self.program, self.arguments)));
        let kept = KEPT_IN.join(&name[..32]);
        if let Ok(bytes) = std::fs::read(&kept) {
            return Some(
                bytes
                    .chunks_exact(2)
                    .map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0)
                    .collect(),
            );
        }
        let said = self.says_now(text)?;
        let bytes: Vec<u8> = said.iter().flat_map(|s| ((s * 32_767.0) as i16).to_le_bytes()).collect();
        // Whole or not at all, also when the training is broken off.
        let new = kept.with_extension("new");
        std::fs::write(&new, bytes)
            .and_then(|()| std::fs::rename(&new, &kept))
            .expect("there is room on the disk");
        Some(said)
    }

    fn says_now(&self, text: &str) -> Option<Vec<f32>> {
        let file = tempfile::Builder::new().suffix(".wav").tempfile().ok()?;
        let words = tempfile::NamedTempFile::new().ok()?;
        let arguments = &self.arguments;
        let mut command = match self.program {
            "flite" => Command::new("flite"),
            "pico" => Command::new("pico2wave"),
            "festival" => Command::new("text2wave"),
            _ => Command::new("espeak-ng"),
        };
        match self.program {
            "flite" => command.args(arguments).args(["-t", text, "-o"]).arg(file.path()),
            "pico" => {
                let text = format!("{}{}{text}</pitch></speed>", arguments[1], arguments[2]);
                command.args(["-l", &arguments[0], "-w"]).arg(file.path()).arg(text)
            }
            "festival" => {
                std::fs::write(words.path(), text).ok()?;
                command.args(arguments).arg("-o").arg(file.path()).arg(words.path())
            }
            _ => command.args(arguments).arg("-w").arg(file.path()).arg(text),
        };
        command.output().ok()?;
        let samples = recording(file.path())?;
        let first = samples.iter().position(|s| s.abs() > 0.01)?;
        let last = samples.iter().rposition(|s| s.abs() > 0.01)?;
        (last - first > RATE / 10).then(|| samples[first..=last].to_vec())
    }
}

/// What the data folder holds: people who say something else, to learn from and to test with, and noises and rooms for
/// the test. The people of the test are not those of the training, whose recordings are free for every use. What is not
/// there is not used.
#[derive(Default)]
pub(crate) struct Recorded {
    pub(crate) heard: Vec<Clip>,
    pub(crate) kept: Vec<Clip>,
    pub(crate) noises: Vec<Vec<f32>>,
    pub(crate) rooms: Vec<Vec<f32>>,
}

impl Recorded {
    pub(crate) fn read(data: &Path) -> Self {
        let recordings = |folders: &[&str]| -> Vec<Vec<f32>> {
            let files = folders.iter().flat_map(|folder| files(&data.join(folder)));
            files.filter_map(|file| recording(&file)).collect()
        };
        let people = |folders| {
            let clip = |samples| Clip { samples, kind: Kind::Other, by: "people" };
            recordings(folders).into_iter().map(clip).collect()
        };
        Self {
            heard: people(&["speech/speechbrain/ASR"]),
            kept: people(&["emotion/emodb", "speech/librivox", "speech/whisper.cpp", "wakeword/clips"]),
            noises: recordings(&["speech/speechbrain/noise"]),
            rooms: recordings(&["speech/speechbrain/RIRs"]),
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let all = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut all: Vec<_> = all.filter(|path| path.extension().is_some_and(|end| end == "wav")).collect();
    all.sort();
    all
}

/// Reads recordings as Luna does.
static READER: LazyLock<(tokio::runtime::Runtime, LocalVoice)> = LazyLock::new(|| {
    let runtime = tokio::runtime::Runtime::new().expect("threads can be started");
    (runtime, LocalVoice::new(PathBuf::new(), Arc::new(HeldSecrets::default())))
});

/// Where what the voices said is kept: beside what was compiled.
static KEPT_IN: LazyLock<PathBuf> = LazyLock::new(|| {
    let me = std::env::current_exe().expect("it runs");
    let folder = me.ancestors().nth(3).expect("target/release/examples").join("train_wake");
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    folder
});

fn recording(file: &Path) -> Option<Vec<f32>> {
    let (runtime, reader) = &*READER;
    let bytes = std::fs::read(file).ok()?;
    Some(runtime.block_on(reader.decode(bytes)).ok()?.0.to_vec())
}

/// Played so much faster, pitch and all.
pub(crate) fn stretched(samples: &[f32], factor: f64) -> Vec<f32> {
    let count = (samples.len() as f64 / factor) as usize;
    (0..count.saturating_sub(1))
        .map(|n| {
            let at = n as f64 * factor;
            let (whole, part) = (at as usize, at.fract() as f32);
            samples[whole] * (1.0 - part) + samples[(whole + 1).min(samples.len() - 1)] * part
        })
        .collect()
}
