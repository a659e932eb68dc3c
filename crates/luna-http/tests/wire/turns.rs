//! What of a turn only shows in time: tokens leave as they come, a client that leaves ends its turn, and a stop of the
//! server ends every stream.

use std::time::Duration;

use futures::StreamExt as _;
use luna_model::Event;
use luna_testkit::Reply;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::stage::{Events, Stage};

const PATIENCE: Duration = Duration::from_secs(20);

async fn next(events: &mut Events) -> (String, Value) {
    let event = tokio::time::timeout(PATIENCE, events.next()).await.expect("an event comes in time");
    let event = event.expect("the stream goes on");
    (event.event, serde_json::from_str(&event.data).unwrap())
}

#[tokio::test]
async fn a_token_leaves_when_it_is_made() {
    let stage = Stage::set().await;
    let go = CancellationToken::new();
    stage.luna.model.then(Reply::says("One ").wait_for(&go).say("two."));
    let mut events = stage.say("Count").await;
    assert_eq!(next(&mut events).await.0, "metadata");
    // The model waits for us: were tokens held back, this one would never come.
    assert_eq!(next(&mut events).await.1["text"], "One ");
    go.cancel();
    assert_eq!(next(&mut events).await.1["text"], "two.");
    assert_eq!(next(&mut events).await.0, "done");
}

#[tokio::test]
async fn a_client_that_leaves_ends_its_turn_and_what_was_said_is_kept() {
    let stage = Stage::set().await;
    let mut watch = stage.luna.bus().watch();
    stage.luna.model.then(Reply::says("So far ").hang());
    let mut events = stage.say("Tell me more").await;
    let conversation = next(&mut events).await.1["conversation_id"].as_str().unwrap().to_owned();
    assert_eq!(next(&mut events).await.1["text"], "So ");
    assert_eq!(next(&mut events).await.1["text"], "far ");
    drop(events);
    let ended =
        async { while !matches!(*watch.recv().await.unwrap(), Event::TurnEnded { stopped: true, .. }) {} };
    tokio::time::timeout(PATIENCE, ended).await.expect("the turn is stopped");
    let messages = stage.json(&format!("/api/chat/conversations/{conversation}/messages")).await;
    assert_eq!(messages[0]["content"], "Tell me more");
    assert_eq!(messages[1]["content"].as_str().unwrap().trim(), "So far");
}

#[tokio::test]
async fn only_one_turn_at_a_time_in_a_conversation() {
    let stage = Stage::set().await;
    stage.luna.model.then(Reply::says("Still ").hang());
    let mut events = stage.say("Think long").await;
    let conversation = next(&mut events).await.1["conversation_id"].as_str().unwrap().to_owned();
    next(&mut events).await;
    let path = format!("/api/chat/stream?message=And&conversation_id={conversation}");
    let again = stage.client.get(stage.url(&path)).send().await.unwrap();
    assert_eq!(again.status(), 409);
    let failure: Value = serde_json::from_str(&again.text().await.unwrap()).unwrap();
    assert!(failure["detail"].is_string(), "{failure}");
}

#[tokio::test]
async fn when_luna_goes_to_sleep_her_streams_end() {
    let stage = Stage::set().await;
    stage.luna.model.then(Reply::says("I am ").hang());
    let mut events = stage.say("Who are you").await;
    next(&mut events).await;
    next(&mut events).await;
    tokio::time::timeout(PATIENCE, stage.luna.stop()).await.expect("she goes to sleep");
    let rest = async { while events.next().await.is_some() {} };
    tokio::time::timeout(PATIENCE, rest).await.expect("the stream ends");
}
