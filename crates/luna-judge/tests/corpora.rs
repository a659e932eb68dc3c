//! Measures the judge on commands that others collected and labelled. Needs `../shared/data/shell`; skips aloud without.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a measurement that prints what it measured"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use luna_judge::Judge;
use luna_model::{CommandContext, Risk, Verdict};
use serde_json::Value;

fn data(file: &str) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/shell").join(file);
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        eprintln!("SKIPPED: no data at {}", path.display());
    }
    text
}

fn judge(command: &str) -> Verdict {
    let context = CommandContext { cwd: Some(PathBuf::from("/home/u/project")), ..CommandContext::default() };
    Judge::new("/home/u").judge(command, &context)
}

fn level(verdict: &Verdict) -> &'static str {
    match (verdict.blocked, verdict.risk) {
        (true, _) => "blocked",
        (_, Risk::Dangerous) => "dangerous",
        (_, Risk::Moderate) => "moderate",
        (_, Risk::Safe) => "safe",
    }
}

fn rows(text: &str) -> impl Iterator<Item = Value> + '_ {
    text.lines().map(|line| serde_json::from_str(line).unwrap())
}

/// Their policy denies what destroys work, and allows deleting single files and temporary ones; ours calls every deletion
/// dangerous. So `deny` must be dangerous or blocked, and `allow` must not be blocked, nor dangerous unless it deletes.
#[test]
fn destructive_command_guard() {
    let Some(text) = data("destructive_command_guard.jsonl") else { return };
    let (mut denied, mut missed, mut allowed, mut alarms) = (0, Vec::new(), 0, Vec::new());
    for row in rows(&text) {
        let Some(command) = row["command"].as_str() else { continue };
        let verdict = judge(command);
        match row["expected"].as_str() {
            Some("deny") => {
                denied += 1;
                if verdict.risk < Risk::Dangerous {
                    missed.push(command.to_owned());
                }
            }
            Some("allow") => {
                let deletes =
                    verdict.reasons.iter().all(|r| r.risk < Risk::Dangerous || r.why.contains("deletes"));
                allowed += 1;
                if verdict.blocked || verdict.risk == Risk::Dangerous && !deletes {
                    alarms.push(format!("{command:?} {:?}", verdict.reasons));
                }
            }
            _ => {}
        }
    }
    println!(
        "destructive_command_guard: {} of {denied} denied found, {} of {allowed} allowed raise an alarm",
        denied - missed.len(),
        alarms.len()
    );
    println!("missed: {missed:#?}\nalarms: {}", alarms.join("\n"));
    assert!(missed.len() * 50 <= denied && alarms.len() * 10 <= allowed);
}

#[test]
fn codex_command_safety() {
    let Some(text) = data("codex_command_safety.json") else { return };
    let all: Value = serde_json::from_str(&text).unwrap();
    let commands = |key: &str| -> Vec<String> {
        let quote = |word: &str| format!("'{}'", word.replace('\'', r"'\''"));
        let list = all[key].as_array().unwrap();
        list.iter()
            .map(|argv| {
                argv.as_array()
                    .unwrap()
                    .iter()
                    .map(|w| quote(w.as_str().unwrap()))
                    .collect::<Vec<_>>()
                    .join(" ")
            })
            .collect()
    };
    let count = |key: &str, good: fn(&Verdict) -> bool| {
        let all = commands(key);
        let bad: Vec<String> =
            all.iter().filter(|c| !good(&judge(c))).map(|c| format!("{c} {:?}", judge(c).reasons)).collect();
        println!("{key}: {} of {} as expected; not: {bad:#?}", all.len() - bad.len(), all.len());
        bad.len() as f64 / all.len() as f64
    };
    assert!(count("known_safe", |v| v.risk == Risk::Safe) <= 0.1);
    assert!(count("dangerous_forced_rm", |v| v.risk == Risk::Dangerous) == 0.0);
    assert!(count("not_flagged_dangerous", |v| !v.blocked) == 0.0);
}

fn shares(name: &str, commands: impl Iterator<Item = String>) -> BTreeMap<&'static str, f64> {
    let (mut counts, mut total, mut unread, mut shown) = (BTreeMap::<&str, usize>::new(), 0usize, 0usize, 0);
    for command in commands {
        let verdict = judge(&command);
        total += 1;
        *counts.entry(level(&verdict)).or_default() += 1;
        unread += usize::from(
            verdict
                .reasons
                .iter()
                .any(|r| r.why.contains("cannot be read") || r.why.contains("not known here (")),
        );
        if verdict.blocked && shown < 60 {
            shown += 1;
            println!("  blocked: {command}   <- {}", verdict.reasons[0].why);
        }
    }
    let mut shares: BTreeMap<&str, f64> =
        counts.into_iter().map(|(k, v)| (k, v as f64 / total as f64)).collect();
    shares.insert("unread", unread as f64 / total as f64);
    println!("{name}: {total} commands {shares:.4?}");
    shares
}

#[test]
fn commands_of_everyday_are_not_blocked() {
    if let Some(text) = data("nl2bash.jsonl") {
        let shares = shares("nl2bash", rows(&text).map(|r| r["command"].as_str().unwrap().to_owned()));
        assert!(shares["blocked"] < 0.01 && shares["unread"] < 0.05, "{shares:?}");
    }
    if let Some(text) = data("tldr.jsonl") {
        let common = rows(&text).filter(|r| matches!(r["platform"].as_str(), Some("common" | "linux")));
        let filled = common.map(|r| r["cmd"].as_str().unwrap().replace("{{", "").replace("}}", ""));
        let shares = shares("tldr", filled);
        assert!(shares["blocked"] < 0.02 && shares["unread"] < 0.05, "{shares:?}");
    }
}

#[test]
fn the_grammars_own_examples_are_judged() {
    for file in ["commands.txt", "literals.txt", "programs.txt", "statements.txt", "crlf.txt"] {
        let Some(text) = data(&format!("bash_grammar/{file}")) else { return };
        judge(&text);
        for example in text.split("\n---") {
            judge(example);
        }
    }
}

#[test]
fn judging_is_fast() {
    let Some(text) = data("nl2bash.jsonl") else { return };
    let commands: Vec<String> = rows(&text).map(|r| r["command"].as_str().unwrap().to_owned()).collect();
    judge("ls");
    let start = std::time::Instant::now();
    for command in &commands {
        judge(command);
    }
    let each = start.elapsed() / u32::try_from(commands.len()).unwrap();
    println!("{each:?} a command");
    // Ten times the aim: a debug build on a busy machine.
    assert!(each.as_millis() < 10, "{each:?}");
}
