//! Measures search by meaning: recall on LoCoMo an engine and mixed, embeddings a second, and the time of a search at
//! 1,000, 10,000 and 100,000 texts as a ratio to the plain scan in the same run.
//!
//!     cargo run --release -p luna-embed --example bench_memory [path to locomo_dev.json]
//!
//! MiniLM takes part when it is in LUNA_MODELS_DIR.
#![allow(clippy::print_stdout, reason = "a program whose product is what it prints")]

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use luna_embed::exact::{Index, MiniLm, Vector, tokenize};
use luna_model::{Fact, FactId, FactSource, Timestamp};
use luna_store::{Db, FactRow};
use serde_json::Value;
use uuid::Uuid;

#[tokio::main]
async fn main() -> Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let data = std::env::args()
        .nth(1)
        .map_or_else(|| here.join("../../../shared/data/memory/locomo/locomo_dev.json"), PathBuf::from);
    let network = std::env::var_os("LUNA_MODELS_DIR").map(PathBuf::from);
    let network =
        network.filter(|models| MiniLm::file(models).is_file()).map(|m| MiniLm::load(&m)).transpose()?;
    if data.is_file() {
        recall(&data, network.as_ref()).await?;
    } else {
        println!("SKIPPED: no LoCoMo at {}", data.display());
    }
    speed(network.as_ref())?;
    for size in [1_000, 10_000, 100_000] {
        latency(size);
    }
    Ok(())
}

struct Talk {
    units: Vec<String>,
    questions: Vec<(String, HashSet<usize>)>,
}

/// The conversations: units "Speaker (date): text", questions of categories 1 to 4 with the units that answer them.
fn talks(path: &Path) -> Result<Vec<Talk>> {
    let file: Vec<Value> = serde_json::from_slice(&std::fs::read(path)?)?;
    let evidence = regex::Regex::new(r"D:?(\d+):(\d+)")?;
    let mut talks = vec![];
    for talk in &file {
        let conversation = talk["conversation"].as_object().context("no conversation")?;
        let sessions: BTreeMap<u32, &Vec<Value>> = conversation
            .iter()
            .filter_map(|(key, value)| Some((key.strip_prefix("session_")?.parse().ok()?, value.as_array()?)))
            .collect();
        let mut units = vec![];
        let mut places = HashMap::new();
        for (number, turns) in sessions {
            let date = conversation[&format!("session_{number}_date_time")].as_str().unwrap_or_default();
            for turn in turns {
                let text = |name: &str| turn[name].as_str().unwrap_or_default();
                places.insert(text("dia_id").to_owned(), units.len());
                units.push(format!("{} ({date}): {}", text("speaker"), text("text")));
            }
        }
        let mut questions = vec![];
        for question in talk["qa"].as_array().context("no questions")? {
            let answers: HashSet<usize> = question["evidence"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .flat_map(|ids| evidence.captures_iter(ids).map(|c| (c[1].to_owned(), c[2].to_owned())))
                .filter_map(|(a, b)| {
                    let id = format!("D{}:{}", a.parse::<u32>().ok()?, b.parse::<u32>().ok()?);
                    places.get(&id).copied()
                })
                .collect();
            let asked = question["category"].as_u64().is_some_and(|c| (1..=4).contains(&c));
            if asked && !answers.is_empty() {
                questions.push((question["question"].as_str().unwrap_or_default().to_owned(), answers));
            }
        }
        talks.push(Talk { units, questions });
    }
    Ok(talks)
}

fn id(place: usize) -> Uuid {
    Uuid::from_u128(place as u128)
}

#[derive(Default)]
struct Score {
    at5: f64,
    at10: f64,
    questions: f64,
}

impl Score {
    fn add(&mut self, ranked: &[usize], answers: &HashSet<usize>) {
        let share = |n: usize| {
            let found = ranked.iter().take(n).filter(|place| answers.contains(place)).count();
            found as f64 / answers.len() as f64
        };
        self.at5 += share(5);
        self.at10 += share(10);
        self.questions += 1.0;
    }
}

async fn recall(data: &Path, network: Option<&MiniLm>) -> Result<()> {
    let mut scores: BTreeMap<&str, Score> = BTreeMap::new();
    for talk in talks(data)? {
        let words = words_index(&talk.units).await?;
        let mut index = Index::default();
        let vectors = network.map(|n| embed_all(n, &talk.units)).transpose()?;
        for (place, unit) in talk.units.iter().enumerate() {
            index.put(id(place), unit, vectors.as_ref().map(|v| v[place].clone()));
        }
        for (question, answers) in &talk.questions {
            let mut add =
                |engine, ranked: Vec<usize>| scores.entry(engine).or_default().add(&ranked, answers);
            let places =
                |hits: Vec<(Uuid, f32)>| hits.into_iter().map(|h| h.0.as_u128() as usize).collect::<Vec<_>>();
            let bm25 = by_words(&words, question).await?;
            let meant = index.search(question, None, 40);
            add("2 static table (MaxSim)", places(meant.clone()));
            add("3 static table + FTS5", with_words(meant, &bm25));
            add("1 FTS5 (BM25)", bm25.iter().map(|hit| hit.0).collect());
            if let (Some(network), Some(vectors)) = (network, &vectors) {
                let query = network.embed(&[question.as_str()])?.remove(0);
                let mut near: Vec<_> = vectors.iter().map(|v| v.cosine(&query)).enumerate().collect();
                near.sort_by(|a, b| b.1.total_cmp(&a.1));
                let mixed = index.search(question, Some(&query), 40);
                add("4 MiniLM", near.into_iter().map(|hit| hit.0).take(10).collect());
                add("5 static table + MiniLM", places(mixed.clone()));
                add("6 static table + MiniLM + FTS5", with_words(mixed, &bm25));
            }
        }
    }
    println!("LoCoMo, categories 1-4, percent{:>24} R@5   R@10", "");
    for (engine, score) in scores {
        let (at5, at10) = (100.0 * score.at5 / score.questions, 100.0 * score.at10 / score.questions);
        println!("{engine:<52}{at5:5.1}  {at10:5.1}   ({} questions)", score.questions);
    }
    if network.is_none() {
        println!("MiniLM: SKIPPED, not in LUNA_MODELS_DIR");
    }
    Ok(())
}

fn embed_all(network: &MiniLm, texts: &[String]) -> Result<Vec<Vector>> {
    let mut vectors = vec![];
    for batch in texts.chunks(32) {
        vectors.extend(network.embed(&batch.iter().map(String::as_str).collect::<Vec<_>>())?);
    }
    Ok(vectors)
}

/// The units as facts of a database, for its full-text search.
async fn words_index(units: &[String]) -> Result<Db> {
    let db = Db::in_memory()?;
    for (place, unit) in units.iter().enumerate() {
        let at = Timestamp::UNIX_EPOCH;
        let fact = Fact {
            id: FactId(id(place)),
            content: unit.clone(),
            confidence: 1.0,
            importance: 0.5,
            source: FactSource::Stated,
            created_at: at,
            last_accessed: at,
            superseded_by: None,
            ended_at: None,
        };
        let row = FactRow { fact, indexed: unit.clone(), sameness: place.to_string(), attribute: None };
        db.add_fact(row, 0.0).await?;
    }
    Ok(db)
}

async fn by_words(db: &Db, question: &str) -> Result<Vec<(usize, f32)>> {
    let hits = db.search_facts(question.to_owned(), 40).await?;
    Ok(hits.into_iter().map(|(id, score)| (id.0.as_u128() as usize, score as f32)).collect())
}

/// The mix that luna-core makes of meaning and words.
fn with_words(meant: Vec<(Uuid, f32)>, worded: &[(usize, f32)]) -> Vec<usize> {
    let last = meant.last().map_or(0.0, |hit| hit.1);
    let most = worded.first().map_or(1.0, |hit| hit.1);
    let mut scores: HashMap<usize, f32> =
        meant.into_iter().map(|(id, s)| (id.as_u128() as usize, s)).collect();
    for (place, score) in worded {
        *scores.entry(*place).or_insert(last) += 0.04 * score / most;
    }
    let mut ranked: Vec<_> = scores.into_iter().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    ranked.into_iter().map(|hit| hit.0).collect()
}

/// Numbers that look random and are the same in every run (xorshift, Marsaglia 2003).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound
    }
}

/// Sentences of English words, frequent ones more often, as long as facts are.
fn sentences(dice: &mut Dice, count: usize, words: std::ops::Range<usize>) -> Vec<String> {
    let vocabulary: Vec<&str> = include_str!("../data/vocab.txt")
        .lines()
        .skip(1996)
        .filter(|word| word.len() > 2 && word.chars().all(|c| c.is_ascii_lowercase()))
        .collect();
    let mut word = || {
        // Two throws, the lower one: frequent words come first in the vocabulary.
        let (a, b) = (dice.below(vocabulary.len()), dice.below(vocabulary.len()));
        (vocabulary[a.min(b)], dice.below(words.len()))
    };
    (0..count)
        .map(|_| {
            let length = words.start + word().1;
            (0..length).map(|_| word().0).collect::<Vec<_>>().join(" ")
        })
        .collect()
}

fn speed(network: Option<&MiniLm>) -> Result<()> {
    let texts = sentences(&mut Dice(7), 2_000, 6..12);
    let begun = Instant::now();
    let tokens: usize = texts.iter().map(|t| tokenize(t).len()).sum();
    let a_second = texts.len() as f64 / begun.elapsed().as_secs_f64();
    println!("\nstatic table: {a_second:.0} texts a second ({} tokens a text)", tokens / texts.len());
    if let Some(network) = network {
        let texts = &texts[..128];
        let begun = Instant::now();
        embed_all(network, texts)?;
        println!("MiniLM: {:.0} texts a second", texts.len() as f64 / begun.elapsed().as_secs_f64());
    }
    Ok(())
}

fn latency(size: usize) {
    let mut dice = Dice(42);
    let texts = sentences(&mut dice, size, 5..11);
    let queries = sentences(&mut dice, 220, 3..7);
    let begun = Instant::now();
    let mut index = Index::default();
    for (place, text) in texts.iter().enumerate() {
        index.put(id(place), &format!("user {text} ({} May 2026)", 1 + place % 28), None);
    }
    let built = begun.elapsed();
    let mut quick = vec![];
    for query in &queries[20..] {
        let begun = Instant::now();
        std::hint::black_box(index.search(query, None, 10));
        quick.push(begun.elapsed());
    }
    let (mut plain, mut found) = (vec![], 0);
    for query in &queries[..20] {
        let begun = Instant::now();
        let exact: HashSet<_> = index.search_exactly(query, 10).into_iter().map(|hit| hit.0).collect();
        plain.push(begun.elapsed());
        found += index.search(query, None, 10).iter().filter(|hit| exact.contains(&hit.0)).count();
    }
    let (p50, p95, plain) =
        (percentile(&mut quick, 50), percentile(&mut quick, 95), percentile(&mut plain, 50));
    println!(
        "search among {size:>6}: p50 {:.2} ms, p95 {:.2} ms, {:.3} of the plain scan ({:.1} ms), recall@10 {:.3}, indexed in {:.0} ms",
        millis(p50),
        millis(p95),
        p50.as_secs_f64() / plain.as_secs_f64(),
        millis(plain),
        found as f64 / 200.0,
        millis(built)
    );
}

fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort();
    times.get((times.len() * percent / 100).min(times.len() - 1)).copied().unwrap_or_default()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
