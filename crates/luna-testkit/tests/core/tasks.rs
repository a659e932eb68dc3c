//! Background tasks: planned, done step by step, asked about, taken up again after a restart, stopped.

use std::sync::Arc;
use std::time::Duration;

use luna_core::Luna;
use luna_model::{AgentTask, Event, TaskId, TaskState, Turn};
use luna_testkit::{InMemory, Ingredients, Reply};

/// The task, once it is as it should be.
async fn once(luna: &Luna, id: TaskId, fits: impl Fn(&AgentTask) -> bool) -> AgentTask {
    let mut watch: tokio::sync::broadcast::Receiver<Arc<Event>> = luna.bus().watch();
    let seen = async {
        loop {
            let tasks = luna.agent_tasks(10).await.unwrap();
            if let Some(task) = tasks.into_iter().find(|t| t.id == id && fits(t)) {
                return task;
            }
            while !matches!(*watch.recv().await.unwrap(), Event::TaskChanged { .. }) {}
        }
    };
    tokio::time::timeout(Duration::from_secs(20), seen).await.expect("the task moves on")
}

/// Once the open question is settled: what was on its way to be written has been.
async fn settled(watch: &mut tokio::sync::broadcast::Receiver<Arc<Event>>) {
    let settled = async { while !matches!(*watch.recv().await.unwrap(), Event::TurnEnded { .. }) {} };
    tokio::time::timeout(Duration::from_secs(20), settled).await.expect("the turn ends");
}

#[tokio::test]
async fn a_task_goes_on_after_a_restart_at_the_step_it_was_at() {
    let mut luna = InMemory::of(Ingredients { on_disk: true, ..Ingredients::default() }).await;
    luna.model
        .then(Reply::says(r#"{"steps": ["gather", "sum up"]}"#))
        .then(Reply::says("Gathered."))
        .then(Reply::says("Summing").hang());
    let mut watch = luna.bus().watch();
    let task = luna.create_task("Report", "A short one").await.unwrap();
    // The restart comes in the middle of the second step.
    let second_step = async {
        loop {
            if let Event::Token { text, .. } = &*watch.recv().await.unwrap()
                && text == "Summing"
            {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), second_step).await.expect("the second step begins");
    let half = once(&luna, task.id, |t| t.id == task.id).await;
    assert_eq!(half.state, TaskState::InProgress);
    assert_eq!(half.steps[0].result.as_deref(), Some("Gathered."));

    luna.model.improvise(|_| Reply::says("Summed up."));
    luna.restart().await;
    let done = once(&luna, task.id, |t| t.state == TaskState::Completed).await;
    assert_eq!(done.steps[0].result.as_deref(), Some("Gathered."), "what was done is not done again");
    assert_eq!(done.steps[1].result.as_deref(), Some("Summed up."));
    let last = luna.model.asked().pop().unwrap();
    let Some(Turn::User { content, .. }) = last.turns.last() else { panic!("a step is asked for") };
    assert!(content.contains("Step 2 of 2: sum up"), "{content}");
}

#[tokio::test]
async fn a_task_that_asks_waits_and_can_be_stopped() {
    let luna = InMemory::luna().await;
    luna.model
        .then(Reply::says(r#"{"steps": ["write it"]}"#))
        .then(Reply::calls("write_file", serde_json::json!({"path": "a.md", "content": "x"})));
    let task = luna.create_task("Write", "").await.unwrap();
    once(&luna, task.id, |t| t.state == TaskState::Waiting).await;
    assert_eq!(luna.gate().confirmations().len(), 1);
    let mut watch = luna.bus().watch();
    luna.cancel_task(task.id).await.unwrap();
    settled(&mut watch).await;
    once(&luna, task.id, |t| t.state == TaskState::Cancelled).await;
    let ended = luna.cancel_task(task.id).await.unwrap_err();
    assert_eq!(ended.kind, luna_model::ErrorKind::Conflict);
    assert!(luna.workspace().read("a.md").await.is_err());
}

#[tokio::test]
async fn a_task_that_fails_says_why() {
    let luna = InMemory::luna().await;
    luna.model
        .then(Reply::says("no plan"))
        .then(Reply::says("").fail(luna_model::ErrorKind::Unavailable, "the model is gone"));
    let task = luna.create_task("Try", "").await.unwrap();
    let failed = once(&luna, task.id, |t| t.state == TaskState::Failed).await;
    assert_eq!(failed.error.as_deref(), Some("the model is gone"));
    assert_eq!(failed.steps.len(), 1, "without a plan the task is its own step");
}
