//! The live terminal: what comes at the same time, in either order, and what ends when.

use std::time::Duration;

use futures::SinkExt as _;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::stage::{Socket, Stage, heard};

async fn send(socket: &mut Socket, message: Value) {
    socket.send(Message::text(message.to_string())).await.unwrap();
}

async fn next(socket: &mut Socket) -> Value {
    let text =
        tokio::time::timeout(Duration::from_secs(20), heard(socket)).await.expect("a message comes in time");
    serde_json::from_str(&text.expect("the socket is open")).unwrap()
}

/// All messages until as many commands are over.
async fn until_over(socket: &mut Socket, commands: usize) -> Vec<Value> {
    let mut all = vec![];
    while all.iter().filter(|m: &&Value| m["type"] == "complete" || m["type"] == "error").count() < commands {
        all.push(next(socket).await);
    }
    all
}

fn text(messages: &[Value], kind: &str) -> String {
    messages.iter().filter(|m| m["type"] == kind).filter_map(|m| m["data"].as_str()).collect()
}

#[tokio::test]
async fn output_and_errors_are_kept_apart() {
    let stage = Stage::set().await;
    let mut socket = stage.terminal().await;
    send(
        &mut socket,
        json!({"type": "execute", "command": "echo out; echo err >&2; exit 4", "sessionId": "s"}),
    )
    .await;
    let all = until_over(&mut socket, 1).await;
    assert_eq!(all[0]["type"], "ack");
    assert_eq!(all[1]["type"], "start");
    assert_eq!((text(&all, "stdout"), text(&all, "stderr")), ("out\n".into(), "err\n".into()));
    let result = &all.last().unwrap()["result"];
    assert_eq!(
        (&result["exitCode"], &result["status"], &result["killed"]),
        (&json!(4), &json!("error"), &json!(false))
    );
    assert_eq!((&result["stdout"], &result["stderr"]), (&json!("out\n"), &json!("err\n")));
}

#[tokio::test]
async fn output_comes_while_the_command_runs_and_takes_what_is_typed() {
    let stage = Stage::set().await;
    let mut socket = stage.terminal().await;
    send(
        &mut socket,
        json!({"type": "execute", "id": 7, "command": "echo name?; read name; echo \"hello $name\""}),
    )
    .await;
    loop {
        let message = next(&mut socket).await;
        assert_eq!(message["id"], 7);
        if message["type"] == "stdout" {
            assert_eq!(message["data"], "name?\n");
            break;
        }
    }
    send(&mut socket, json!({"type": "stdin", "id": 7, "data": "Ada\n"})).await;
    let all = until_over(&mut socket, 1).await;
    assert_eq!(text(&all, "stdout"), "hello Ada\n");
}

#[tokio::test]
async fn several_commands_at_once_are_told_apart_and_stopped_one_by_one() {
    let stage = Stage::set().await;
    let mut socket = stage.terminal().await;
    send(&mut socket, json!({"type": "execute", "id": "long", "command": "sleep 600"})).await;
    while next(&mut socket).await["type"] != "start" {}
    send(&mut socket, json!({"type": "execute", "id": "short", "command": "echo short"})).await;
    let all = until_over(&mut socket, 1).await;
    assert!(all.iter().all(|m| m["id"] == "short"), "{all:?}");
    send(&mut socket, json!({"type": "execute", "id": "long", "command": "echo again"})).await;
    let refused = until_over(&mut socket, 1).await;
    assert_eq!(refused.last().unwrap()["type"], "error");
    send(&mut socket, json!({"type": "cancel", "id": "long"})).await;
    let all = until_over(&mut socket, 1).await;
    let ended = all.last().unwrap();
    assert_eq!((&ended["id"], &ended["result"]["killed"]), (&json!("long"), &json!(true)));
}

#[tokio::test]
async fn a_command_over_its_time_limit_says_so_and_is_killed() {
    let stage = Stage::set().await;
    let patch = [("command_timeout_s".to_owned(), 1.into())].into_iter().collect();
    stage.luna.patch_settings(patch).await.unwrap();
    let mut socket = stage.terminal().await;
    send(&mut socket, json!({"type": "execute", "command": "sleep 600"})).await;
    let all = until_over(&mut socket, 1).await;
    let timeout = all.iter().find(|m| m["type"] == "timeout").expect("it says so");
    assert_eq!(timeout["message"], "Command exceeded 1000ms timeout");
    assert_eq!(all.last().unwrap()["result"]["killed"], true);
}

#[tokio::test]
async fn closing_the_socket_ends_its_commands() {
    let stage = Stage::set().await;
    let left = stage.home.path().join("left");
    let mut socket = stage.terminal().await;
    // The trap writes when the command is told to end; a command that went on would not.
    let command = format!(
        "trap 'echo gone > {}; exit' HUP TERM; echo ready; while :; do read -t 1 x; done",
        left.display()
    );
    send(&mut socket, json!({"type": "execute", "command": command})).await;
    while next(&mut socket).await["type"] != "stdout" {}
    drop(socket);
    let gone = async {
        while !left.exists() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone).await.expect("the command is told to end");
}
