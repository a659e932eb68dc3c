//! `kill -9` during runs of jobs, twenty times: what was due is made once, nothing is lost and nothing is doubled.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a panic here is a failed test"
)]
#![cfg(unix)]

mod common;

use std::collections::HashMap;
use std::time::Duration;

use common::Served;
use serde_json::{Value, json};
use uuid::Uuid;

const KILLS: usize = 20;
/// Jobs that are due in each life of the program.
const JOBS: usize = 40;

/// Whether it was made: a time that is over by then is refused.
async fn add(served: &Served, text: &str, at: &str) -> bool {
    let job = json!({
        "name": text, "handler": "reminder", "payload": { "text": text }, "times": { "kind": "once", "at": at },
    });
    served.rpc("schedule.add", json!({ "job": job })).await.is_ok()
}

async fn runs(served: &Served) -> Vec<Value> {
    let runs = served.rpc("schedule.runs", json!({ "job": null, "limit": 1000 })).await.unwrap();
    runs.as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_run_is_lost_or_doubled() {
    let place = tempfile::tempdir().unwrap();
    let mut texts = vec![];
    for life in 0..KILLS {
        let served = Served::start(place.path());
        let due = jiff::Timestamp::now() + jiff::SignedDuration::from_millis(1500);
        for n in 0..JOBS {
            let text = format!("life {life}, job {n}");
            if add(&served, &text, &due.to_string()).await {
                texts.push(text);
            }
        }
        // A moment in the middle of the runs, or a little before or after them.
        let left = due.duration_since(jiff::Timestamp::now()).as_millis().max(0);
        let jitter = Uuid::new_v4().as_u128() as u64 % 60;
        tokio::time::sleep(Duration::from_millis(u64::try_from(left).unwrap() + jitter)).await;
        let pid = nix::unistd::Pid::from_raw(i32::try_from(served.child.id()).unwrap());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).unwrap();
        drop(served);
    }
    let served = Served::start(place.path());
    let wanted = texts.len();
    assert!(wanted > KILLS * JOBS / 4, "only {wanted} jobs could be made in time");
    let patience = async {
        while runs(&served)
            .await
            .iter()
            .filter(|r| r["outcome"] == "done" && r["output"].as_str().unwrap().starts_with("life"))
            .count()
            < wanted
        {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let all_made = tokio::time::timeout(Duration::from_secs(60), patience).await;
    let mut made: HashMap<String, usize> = HashMap::new();
    for run in runs(&served).await {
        *made.entry(run["output"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    all_made.expect("every run ends");
    // What was said is in the queue as often as it was made.
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut said: HashMap<String, usize> = HashMap::new();
    loop {
        let reply = client.get(format!("{}/api/chat/proactive", served.address)).send().await.unwrap();
        let message = reply.json::<Value>().await.unwrap()["message"].clone();
        let Some(text) = message.as_str() else { break };
        *said.entry(text.to_owned()).or_default() += 1;
    }
    for text in &texts {
        assert_eq!((made.get(text), said.get(text)), (Some(&1), Some(&1)), "{text}");
    }
    eprintln!("{KILLS} kills during {wanted} runs: each made and said once");
}
