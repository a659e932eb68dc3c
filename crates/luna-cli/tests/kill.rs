//! `kill -9` at random moments: whatever was acknowledged is there afterwards, and the audit log's chain holds.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a panic here is a failed test"
)]
#![cfg(unix)]

mod common;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use common::Served;
use futures::StreamExt as _;
use parking_lot::Mutex;
use serde_json::{Value, json};
use uuid::Uuid;

/// How often the server is killed.
const KILLS: usize = 50;
/// Writers at the same time.
const WRITERS: usize = 4;

/// What the server said is kept.
#[derive(Default)]
struct Acknowledged {
    facts: HashSet<String>,
    /// Conversation → the message in it.
    messages: BTreeMap<String, String>,
    files: BTreeMap<String, String>,
}

impl Acknowledged {
    fn count(&self) -> usize {
        self.facts.len() + self.messages.len() + self.files.len()
    }
}

/// Writes until the server is gone, noting what was acknowledged.
async fn write_on(served: Arc<Served>, done: Arc<Mutex<Acknowledged>>, writer: usize) {
    for round in writer.. {
        let id = Uuid::new_v4().to_string();
        let written = match round % 3 {
            0 => fact(&served, &done, id).await,
            1 => message(&served, &done, id).await,
            _ => file(&served, &done, id).await,
        };
        if written.is_none() {
            return;
        }
    }
}

async fn fact(served: &Served, done: &Mutex<Acknowledged>, id: String) -> Option<()> {
    let content = format!("the code {id} opens a door");
    let kept = served.rpc("memory.add", json!({ "content": content })).await.ok()?;
    assert_eq!(kept["content"], json!(content));
    done.lock().facts.insert(content);
    Some(())
}

/// A message is acknowledged by the first event of its turn; the answer is read to its end, or to the server's.
async fn message(served: &Served, done: &Mutex<Acknowledged>, id: String) -> Option<()> {
    let said = format!("what is the weather in {id}");
    let response = served.post("chat.send", json!({ "message": said })).await.ok()?;
    let mut frames = eventsource_stream::Eventsource::eventsource(response.bytes_stream());
    while let Some(frame) = frames.next().await {
        let event: Value = serde_json::from_str(&frame.ok()?.data).unwrap();
        if event["type"] == "turn_started" {
            let conversation = event["conversation"].as_str().unwrap().to_owned();
            done.lock().messages.insert(conversation, said.clone());
        }
    }
    Some(())
}

async fn file(served: &Served, done: &Mutex<Acknowledged>, id: String) -> Option<()> {
    let (path, content) = (format!("{id}.md"), format!("holds {id}"));
    served.rpc("agent.write_file", json!({ "path": path, "content": content })).await.ok()?;
    done.lock().files.insert(path, content);
    Some(())
}

/// Everything that was acknowledged since the last look, and all facts ever.
async fn check(served: &Served, done: &Acknowledged, since: &Acknowledged) {
    let facts = served.rpc("memory.facts", json!({})).await.unwrap();
    let facts: HashSet<&str> =
        facts.as_array().unwrap().iter().map(|f| f["content"].as_str().unwrap()).collect();
    let lost: Vec<_> = done.facts.iter().filter(|f| !facts.contains(f.as_str())).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    for (conversation, said) in &since.messages {
        let messages = served.rpc("chat.messages", json!({ "conversation": conversation })).await.unwrap();
        assert_eq!(messages[0]["content"], json!(said));
    }
    for (path, content) in &since.files {
        let file = served.rpc("agent.read_file", json!({ "path": path })).await.unwrap();
        assert_eq!(file["content"], json!(content));
    }
    let audit = served.rpc("audit.verify", json!({})).await.unwrap();
    assert_eq!(audit["ok"], json!(true), "{audit}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_write_is_lost() {
    let place = tempfile::tempdir().unwrap();
    let mut all = Acknowledged::default();
    let mut since = Acknowledged::default();
    for _ in 0..KILLS {
        let served = Served::start(place.path());
        check(&served, &all, &since).await;
        let pid = nix::unistd::Pid::from_raw(i32::try_from(served.child.id()).unwrap());
        let (served, done) = (Arc::new(served), Arc::new(Mutex::new(Acknowledged::default())));
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..WRITERS {
            writers.spawn(write_on(Arc::clone(&served), Arc::clone(&done), writer));
        }
        // A moment of the writing, not of the warming up.
        while done.lock().count() == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let moment = Duration::from_micros(Uuid::new_v4().as_u128() as u64 % 150_000);
        tokio::time::sleep(moment).await;
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).unwrap();
        while let Some(ended) = writers.join_next().await {
            ended.unwrap();
        }
        since = std::mem::take(&mut *done.lock());
        all.facts.extend(since.facts.iter().cloned());
        all.messages.extend(since.messages.clone());
        all.files.extend(since.files.clone());
    }
    let served = Served::start(place.path());
    check(&served, &all, &all).await;
    assert!(
        all.count() >= KILLS && !all.messages.is_empty() && !all.files.is_empty(),
        "hardly anything was written"
    );
    eprintln!(
        "{KILLS} kills: {} facts, {} messages and {} files acknowledged, none lost",
        all.facts.len(),
        all.messages.len(),
        all.files.len()
    );
}
