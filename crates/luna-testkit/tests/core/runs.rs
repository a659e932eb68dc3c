//! Plans: judged by our own judge, run as they were approved and not otherwise.

use std::sync::Arc;

use futures::StreamExt as _;
use luna_core::runs::{ApprovedStep, Started};
use luna_model::{Event, Plan, PlanContext, RunState, StepState};
use luna_testkit::{InMemory, Ingredients, PaperShell, Reply};

async fn luna() -> (InMemory, PaperShell) {
    let shell = PaperShell::default();
    let ingredients = Ingredients { shell: Arc::new(shell.clone()), ..Ingredients::default() };
    (InMemory::of(ingredients).await, shell)
}

/// A plan of a model that calls every step safe.
async fn plan(luna: &InMemory, commands: &[&str]) -> Plan {
    let steps: Vec<_> = commands
        .iter()
        .enumerate()
        .map(|(at, c)| serde_json::json!({"id": at + 1, "description": c, "command": c, "risk": "safe"}))
        .collect();
    luna.model.then(Reply::says(&serde_json::json!({"steps": steps}).to_string()));
    luna.plan("whatever", PlanContext::default()).await.unwrap()
}

fn approved(plan: &Plan) -> Vec<ApprovedStep> {
    let step = |s: &luna_model::Step| ApprovedStep {
        id: s.id,
        command: s.command.clone(),
        description: s.description.clone(),
    };
    plan.steps.iter().map(step).collect()
}

#[tokio::test]
async fn a_models_labels_are_replaced_by_our_own_judgement() {
    let (luna, _) = luna().await;
    let plan = plan(&luna, &["look here", "break it", "destroy it"]).await;
    let risks: Vec<_> = plan.steps.iter().map(|s| (s.verdict.risk, s.verdict.blocked)).collect();
    use luna_model::Risk::{Dangerous, Safe};
    assert_eq!(risks, [(Safe, false), (Dangerous, false), (Dangerous, true)]);
    assert!(plan.requires_confirmation);
}

#[tokio::test]
async fn steps_run_in_order_until_one_fails() {
    let (luna, shell) = luna().await;
    let plan = plan(&luna, &["look a", "make fail", "make c"]).await;
    let mut stream = luna.start_run(Started::Plan(plan.id, approved(&plan))).await.unwrap();
    let mut ends = vec![];
    while let Some(event) = stream.next().await {
        if let Event::StepChanged { step, state, exit_code, .. } = event {
            ends.push((step, state, exit_code));
        }
    }
    ends.retain(|(_, state, _)| *state != StepState::Running);
    assert_eq!(
        ends,
        [(1, StepState::Completed, Some(0)), (2, StepState::Failed, Some(3)), (3, StepState::Skipped, None)]
    );
    assert_eq!(shell.ran(), ["look a", "make fail"]);
    assert_eq!(luna.run(plan.id).await.unwrap().state, RunState::Partial);
}

#[tokio::test]
async fn a_blocked_step_never_runs_however_it_was_approved() {
    let (luna, shell) = luna().await;
    let plan = plan(&luna, &["destroy it"]).await;
    if let Ok(mut stream) = luna.start_run(Started::Plan(plan.id, approved(&plan))).await {
        while stream.next().await.is_some() {}
    }
    assert!(shell.ran().is_empty());
}

#[tokio::test]
async fn a_reader_that_leaves_kills_the_run() {
    let (luna, shell) = luna().await;
    let mut watch = luna.bus().watch();
    let plan = plan(&luna, &["make hang", "make b"]).await;
    let mut stream = luna.start_run(Started::Plan(plan.id, approved(&plan))).await.unwrap();
    while !matches!(stream.next().await, Some(Event::StepOutput { .. })) {}
    drop(stream);
    let ended = async {
        while !matches!(*watch.recv().await.unwrap(), Event::RunChanged { state: RunState::Cancelled, .. }) {}
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), ended).await.expect("the run ends");
    assert_eq!(shell.ran(), ["make hang"]);
}
