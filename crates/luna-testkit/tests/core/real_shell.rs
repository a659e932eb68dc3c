//! The core over the real shell: what a command did to files can be undone, and stopping Luna leaves no process behind.

use std::sync::Arc;

use futures::StreamExt as _;
use luna_core::ChatRequest;
use luna_core::runs::{ApprovedStep, Started};
use luna_model::{Answer, CommandContext, Event, StepState};
use luna_shell::{PtyShell, ShellConfig};
use luna_testkit::{InMemory, Ingredients, Reply, tell};
use serde_json::json;
use tempfile::TempDir;

async fn luna() -> (InMemory, TempDir) {
    let home = tempfile::tempdir().unwrap();
    let config = ShellConfig::new(home.path().join(".outputs"), home.path().to_owned());
    let shell = Arc::new(PtyShell::new(config).unwrap());
    (InMemory::of(Ingredients { shell, ..Ingredients::default() }).await, home)
}

fn step(command: &str) -> Vec<ApprovedStep> {
    vec![ApprovedStep { id: 1, command: command.into(), description: command.into() }]
}

#[tokio::test]
async fn what_a_step_deleted_comes_back() {
    let (luna, home) = luna().await;
    let notes = home.path().join("notes");
    std::fs::create_dir(&notes).unwrap();
    std::fs::write(notes.join("a.txt"), "a").unwrap();
    let context = CommandContext { cwd: Some(home.path().to_owned()), ..CommandContext::default() };
    let mut run = luna.start_run(Started::Steps(step("rm -r ./notes"), context)).await.unwrap();
    let mut ended = None;
    while let Some(event) = run.next().await {
        if let Event::StepChanged { state, exit_code, .. } = event {
            ended = Some((state, exit_code));
        }
    }
    assert_eq!(ended, Some((StepState::Completed, Some(0))));
    assert!(!notes.exists());
    let deed = luna.undo().list(1).await.unwrap().remove(0);
    luna.undo_action(deed.action, false).await.unwrap();
    assert_eq!(std::fs::read_to_string(notes.join("a.txt")).unwrap(), "a");
}

#[tokio::test]
async fn a_command_that_the_model_asks_for_is_judged_asked_and_run() {
    let (luna, home) = luna().await;
    let call = |command: &str| Reply::calls("run_command", json!({ "command": command }));
    luna.model.then(call("touch made.txt")).then(Reply::says("Made."));
    let request = |message: &str| ChatRequest { message: message.into(), ..ChatRequest::default() };
    let story = tell(&luna, request("Make made.txt"), Some(Answer::Once)).await;
    assert_eq!(story.asked.len(), 1);
    assert!(home.path().join("made.txt").exists(), "{:?}", story.results);
    luna.model.then(call("rm -fr /")).then(Reply::says("Never."));
    let story = tell(&luna, request("Clean up"), Some(Answer::Always)).await;
    assert!(story.asked.is_empty() && story.results[0].is_error, "{:?}", story.results);
    luna.model.then(call("ls")).then(Reply::says("That."));
    let story = tell(&luna, request("What is there?"), None).await;
    assert!(story.asked.is_empty() && story.results[0].content.contains("made.txt"), "{:?}", story.results);
}
