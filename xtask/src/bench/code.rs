//! Code search: how quickly code is read and found, and whether what is found is what was meant, beside the usual ranking by
//! words (BM25) and what a person would do (grep). The questions are CoSQA's, which lie beside the checkout.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use bm25::{Language, SearchEngineBuilder};
use serde::Deserialize;
use serde_json::json;

use super::{Row, client, percentile, server::Server};

const QUESTIONS: &str = "../shared/data/code_search/cosqa_dev.json";
/// How far down a person looks.
const SEEN: usize = 10;
const PATIENCE: Duration = Duration::from_secs(600);

#[derive(Deserialize)]
struct Pair {
    doc: String,
    code: String,
}

pub(super) async fn run(luna: PathBuf) -> Result<Vec<Row>> {
    let mut server = Server::luna(&luna, None)?;
    server.ready().await?;
    let mut rows = reading(server.port).await?;
    let questions = crate::root().join(QUESTIONS);
    if questions.is_file() {
        rows.extend(finding(server.port, &questions).await?);
    } else {
        eprintln!("SKIPPED: {} is not there", questions.display());
    }
    Ok(rows)
}

/// Indexing this repository's own crates, beside only reading their files.
async fn reading(port: u16) -> Result<Vec<Row>> {
    let folder = crate::root().join("crates");
    let began = Instant::now();
    let mut bytes = 0;
    for entry in ignore::Walk::new(&folder).flatten() {
        if entry.file_type().is_some_and(|kind| kind.is_file()) {
            bytes += std::fs::read(entry.path())?.len();
        }
    }
    #[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
    let plain = bytes as f64 / 1e6 / began.elapsed().as_secs_f64();
    let ask = json!({ "folder": folder, "repository": "luna" });
    let began = Instant::now();
    let done = client::rpc(port, "code.index", &ask, PATIENCE).await?;
    let took = began.elapsed().as_secs_f64();
    let number = |name: &str| done[name].as_f64().with_context(|| format!("no {name} in {done}"));
    let began = Instant::now();
    client::rpc(port, "code.index", &ask, PATIENCE).await?;
    let again = began.elapsed().as_secs_f64();
    Ok(vec![
        Row::new("code: files indexed", number("files")? / took, "1/s"),
        Row::new("code: indexed; baseline: only read", number("bytes")? / 1e6 / took, "MB/s").against(plain),
        Row::new("code: indexed again, nothing changed", again * 1e3, "ms").against(took * 1e3),
    ])
}

/// Each question has one function that answers it, among all of them.
async fn finding(port: u16, questions: &Path) -> Result<Vec<Row>> {
    let pairs: Vec<Pair> = serde_json::from_slice(&std::fs::read(questions)?)?;
    let folder = tempfile::tempdir()?;
    for (n, pair) in pairs.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{n}.py")), &pair.code)?;
    }
    let ask = json!({ "folder": folder.path(), "repository": "cosqa" });
    client::rpc(port, "code.index", &ask, PATIENCE).await?;

    let (mut ours, mut took) = (Vec::new(), Vec::new());
    for pair in &pairs {
        let ask = json!({ "query": pair.doc, "repository": "cosqa", "limit": SEEN * 2 });
        let began = Instant::now();
        let found = client::rpc(port, "code.search", &ask, PATIENCE).await?;
        took.push(began.elapsed().as_secs_f64() * 1e3);
        let files = found.as_array().context("no list")?.iter().filter_map(|hit| hit["path"].as_str());
        ours.push(distinct(files.filter_map(|path| path.trim_end_matches(".py").parse().ok())));
    }
    let engine = SearchEngineBuilder::<u32>::with_corpus(
        Language::English,
        pairs.iter().map(|pair| pair.code.as_str()).collect::<Vec<_>>(),
    )
    .build();
    let words = pairs
        .iter()
        .map(|pair| distinct(engine.search(&pair.doc, SEEN).into_iter().map(|hit| hit.document.id as usize)));
    let (words, grep): (Vec<_>, Vec<_>) =
        (words.collect(), pairs.iter().map(|p| grep(&pairs, &p.doc)).collect());
    ensure!(ours.len() == pairs.len(), "not every question was asked");

    let mut health =
        client::latencies(port, &client::get(port, super::server::HEALTH, "keep-alive"), 500).await?;
    Ok(vec![
        Row::new("code: MRR@10; baseline: BM25", mrr(&ours), "").against(mrr(&words)),
        Row::new("code: MRR@10; baseline: grep", mrr(&ours), "").against(mrr(&grep)),
        Row::new("code: recall@5; baseline: BM25", recall(&ours, 5), "").against(recall(&words, 5)),
        Row::new("code: recall@5; baseline: grep", recall(&ours, 5), "").against(recall(&grep, 5)),
        Row::new("code: search p50; baseline: health", percentile(&mut took, 0.5), "ms")
            .against(percentile(&mut health, 0.5)),
        Row::new("code: search p95; baseline: health", percentile(&mut took, 0.95), "ms")
            .against(percentile(&mut health, 0.95)),
    ])
}

fn distinct(found: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut before = HashSet::new();
    found.filter(|n| before.insert(*n)).take(SEEN).collect()
}

/// The functions that hold most of the question's words, the shortest first.
fn grep(pairs: &[Pair], question: &str) -> Vec<usize> {
    let words: Vec<_> =
        question.split_whitespace().filter(|word| word.len() > 2).map(str::to_lowercase).collect();
    let mut ranked: Vec<_> = pairs
        .iter()
        .enumerate()
        .map(|(n, pair)| {
            let code = pair.code.to_lowercase();
            (std::cmp::Reverse(words.iter().filter(|word| code.contains(*word)).count()), code.len(), n)
        })
        .collect();
    ranked.sort_unstable();
    ranked.into_iter().map(|(_, _, n)| n).take(SEEN).collect()
}

/// The mean of one through the place of the right one.
#[allow(clippy::cast_precision_loss, reason = "a few hundred")]
fn mrr(found: &[Vec<usize>]) -> f64 {
    let places = found.iter().enumerate().filter_map(|(n, list)| list.iter().position(|hit| *hit == n));
    places.map(|place| 1.0 / (place + 1) as f64).sum::<f64>() / found.len() as f64
}

#[allow(clippy::cast_precision_loss, reason = "a few hundred")]
fn recall(found: &[Vec<usize>], most: usize) -> f64 {
    let there = found.iter().enumerate().filter(|(n, list)| list.iter().take(most).any(|hit| hit == n));
    there.count() as f64 / found.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_one_counts_by_its_place() {
        let found = [vec![0, 1], vec![0, 1], vec![]];
        assert!((mrr(&found) - 0.5).abs() < 1e-9);
        assert!((recall(&found, 1) - 1.0 / 3.0).abs() < 1e-9);
        assert!((recall(&found, 5) - 2.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn grep_counts_words() {
        let pair = |code: &str| Pair { doc: String::new(), code: code.into() };
        let pairs = [pair("def add(a, b): pass"), pair("def open_file(path): pass")];
        assert_eq!(grep(&pairs, "open a file"), [1, 0]);
    }
}
