//! Agents that a model sets to work: what they may spend, how they are killed, and what a restart makes of them.

use std::sync::Arc;
use std::time::Duration;

use luna_core::ChatRequest;
use luna_core::children::ChildWork;
use luna_core::costs::Budget;
use luna_model::{Child, ChildId, ChildState, ErrorKind, Mode};
use luna_shell::{PtyShell, ShellConfig};
use luna_testkit::{InMemory, Ingredients, Reply, tell};
use serde_json::json;

fn work(task: &str) -> ChildWork {
    ChildWork { task: task.into(), name: Some("helper".into()), ..ChildWork::default() }
}

/// The child, once this holds of it.
async fn once(luna: &InMemory, id: ChildId, holds: impl Fn(&Child) -> bool) -> Child {
    let patience = async {
        loop {
            let child = luna.child(id).await.unwrap();
            if holds(&child) {
                return child;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), patience).await.expect("it comes so far")
}

#[tokio::test]
async fn a_model_sets_one_to_work_and_hears_what_came_of_it() {
    let luna = InMemory::luna().await;
    luna.model.improvise(|asked| {
        let said = format!("{:?}", asked.turns);
        match () {
            () if said.contains("count the lines") && asked.system.contains("another agent") => {
                Reply::says("Seven lines.")
            }
            () if said.contains("Seven lines") => Reply::says("There are seven."),
            () if said.contains("is at work") => {
                let at = said.rfind("is at work (").unwrap() + "is at work (".len();
                Reply::calls("wait_agents", json!({ "ids": [said[at..].split(')').next().unwrap()] }))
            }
            () => Reply::calls("spawn_agent", json!({ "task": "count the lines", "name": "counter" })),
        }
    });
    let request = ChatRequest { message: "How many lines?".into(), ..ChatRequest::default() };
    let story = tell(&luna, request, None).await;
    assert_eq!(story.said, "There are seven.");
    let child = luna.children().await.unwrap().remove(0);
    assert_eq!((child.state, child.output.as_deref()), (ChildState::Completed, Some("Seven lines.")));
    assert_eq!(child.parent, Some(story.conversation));
    assert_ne!(child.conversation, story.conversation);
    let helper = luna.model.asked().into_iter().find(|r| r.system.contains("another agent")).unwrap();
    assert!(
        helper.tools.iter().all(|t| t.name != "spawn_agent"),
        "one that was set to work sets none to work"
    );
}

#[tokio::test]
async fn none_may_spend_more_than_who_set_it_to_work() {
    let luna = InMemory::luna().await;
    luna.model.improvise(|_| Reply::says("Done."));
    let budget = |daily, monthly| Budget { daily, monthly, ..Budget::default() };
    let spawned = async |asked: Option<f64>| {
        let child = luna.spawn_child(None, ChildWork { budget: asked, ..work("x") }).await.unwrap();
        once(&luna, child.id, |c| c.ended_at.is_some()).await;
        child.budget
    };
    assert!((spawned(None).await - 1.0).abs() < 1e-9);
    luna.set_budget(budget(0.4, 0.25)).await.unwrap();
    assert!((spawned(Some(0.9)).await - 0.25).abs() < 1e-9);
    assert!((spawned(Some(0.1)).await - 0.1).abs() < 1e-9);
    luna.set_budget(budget(0.0, 0.0)).await.unwrap();
    assert!((spawned(Some(0.9)).await - 0.9).abs() < 1e-9);
    let refused = luna.spawn_child(None, ChildWork { budget: Some(1.1), ..work("x") }).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Invalid);
}

#[tokio::test]
async fn killing_one_ends_its_call_of_the_model_and_its_place_is_free() {
    let luna = InMemory::luna().await;
    luna.model.improvise(|_| Reply::says("Thinking ").hang());
    let mut ids = vec![];
    for _ in 0..luna_core::children::AT_ONCE {
        ids.push(luna.spawn_child(None, work("think")).await.unwrap().id);
    }
    assert_eq!(luna.spawn_child(None, work("think")).await.unwrap_err().kind, ErrorKind::LimitReached);
    for id in &ids {
        luna.kill_child(*id).await.unwrap();
    }
    for id in &ids {
        let child = once(&luna, *id, |c| c.ended_at.is_some()).await;
        assert_eq!((child.state, child.output.as_deref()), (ChildState::Failed, Some("Killed by user")));
    }
    assert_eq!(luna.kill_child(ids[0]).await.unwrap_err().kind, ErrorKind::NotFound);
    let next = luna.spawn_child(None, work("think")).await.unwrap();
    luna.kill_child(next.id).await.unwrap();
}

#[tokio::test]
async fn killing_one_ends_the_processes_that_it_started() {
    let home = tempfile::tempdir().unwrap();
    let config = ShellConfig::new(home.path().join(".outputs"), home.path().to_owned());
    let shell = Arc::new(PtyShell::new(config).unwrap());
    let luna = InMemory::of(Ingredients { shell, ..Ingredients::default() }).await;
    luna.gate().set_mode("run_command", Mode::Allow).await.unwrap();
    let command = "sleep 600 & echo $! > pid; wait";
    luna.model.then(Reply::calls("run_command", json!({ "command": command })));
    let child = luna.spawn_child(None, work("wait long")).await.unwrap();
    let file = home.path().join("pid");
    let patience = async {
        loop {
            // Written in two steps: made, then filled.
            match std::fs::read_to_string(&file).unwrap_or_default().trim().parse::<i32>() {
                Ok(pid) => return pid,
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(30), patience).await;
    let pid = waited.unwrap_or_else(|_| panic!("the command runs; asked: {:?}", luna.gate().confirmations()));
    luna.kill_child(child.id).await.unwrap();
    once(&luna, child.id, |c| c.ended_at.is_some()).await;
    // In a container whose first process fetches nobody's end, what has ended stays in the list as a zombie.
    let zombie =
        || std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") Z "));
    let alive = || nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), None).is_ok() && !zombie();
    let gone = async {
        while alive() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), gone).await.expect("what it started is ended");
}

#[tokio::test]
async fn after_a_restart_they_are_what_they_were_and_who_was_at_work_is_not() {
    let mut luna = InMemory::of(Ingredients { on_disk: true, ..Ingredients::default() }).await;
    luna.model.then(Reply::says("Done."));
    let done = luna.spawn_child(None, work("be quick")).await.unwrap().id;
    once(&luna, done, |c| c.ended_at.is_some()).await;
    luna.model.then(Reply::says("Hm ").hang());
    let slow = luna.spawn_child(None, work("be slow")).await.unwrap().id;
    let before = luna.child(done).await.unwrap();
    luna.restart().await;
    assert_eq!(luna.child(done).await.unwrap(), before);
    let slow = luna.child(slow).await.unwrap();
    assert_eq!(
        (slow.state, slow.output.as_deref()),
        (ChildState::Failed, Some("Luna ended before it was done"))
    );
    assert_eq!((slow.name.as_str(), slow.instructions.as_str()), ("helper", "be slow"));
    assert!(slow.ended_at.is_some() && !slow.model.is_empty());
}
