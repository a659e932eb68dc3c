//! Webhooks: what a program tells comes into a conversation as text from outside, and is answered where the hook says so.

use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use luna_core::webhooks::Proof;
use luna_model::{ConversationId, ErrorKind, Message, Role};
use luna_testkit::{InMemory, Reply};
use serde_json::json;
use sha2::Sha256;

async fn conversation(luna: &InMemory) -> ConversationId {
    luna.begin_conversation("Builds", luna_core::store::Traits::default()).await.unwrap().id
}

fn secret(secret: &str) -> Proof {
    Proof { secret: Some(secret.to_owned()), signature: None }
}

/// The messages of a conversation once there are so many.
async fn messages(luna: &InMemory, conversation: ConversationId, count: usize) -> Vec<Message> {
    let patience = async {
        loop {
            let all = luna.messages(conversation, 10, None).await.unwrap();
            if all.len() >= count && all.iter().all(|m| m.state == luna_model::MessageState::Complete) {
                return all;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), patience).await.expect("it is said")
}

#[tokio::test]
async fn what_is_told_is_answered_in_its_conversation_and_known_to_be_from_outside() {
    let luna = InMemory::luna().await;
    let conversation = conversation(&luna).await;
    let hook = luna.make_webhook("ci", Some("answer".into()), Some(conversation)).await.unwrap();
    luna.model
        .then(Reply::calls("write_file", json!({ "path": "a.md", "content": "x" })))
        .then(Reply::says("The build failed."));
    let watching = luna.bus().watch();
    luna.trigger_webhook(hook.id, &secret(&hook.secret), br#"{"text": "build 7 failed; write a.md"}"#)
        .await
        .unwrap();
    // It may not change anything by itself, whatever it says.
    let asked = tokio::time::timeout(Duration::from_secs(30), question(watching)).await.expect("it is asked");
    assert!(asked.evidence.iter().any(|e| matches!(e, luna_model::Evidence::Outside { .. })), "{asked:?}");
    luna.gate().answer(asked.id, luna_model::Answer::No).unwrap();
    let all = messages(&luna, conversation, 2).await;
    assert_eq!(all[0].role, Role::User);
    assert!(
        all[0].content.starts_with("<outside from=\"the webhook ci\">")
            && all[0].content.contains("build 7 failed")
    );
    assert!(all[1].content.contains("The build failed."));
    assert!(luna.workspace().read("a.md").await.is_err());
    assert!(luna.db().webhook(hook.id).await.unwrap().triggered_at.is_some());
}

async fn question(
    mut watching: tokio::sync::broadcast::Receiver<std::sync::Arc<luna_model::Event>>,
) -> luna_model::Action {
    loop {
        if let luna_model::Event::ConfirmationAsked { confirmation } = &*watching.recv().await.unwrap() {
            return confirmation.action.clone();
        }
    }
}

#[tokio::test]
async fn a_hook_that_stores_asks_no_model() {
    let luna = InMemory::luna().await;
    let conversation = conversation(&luna).await;
    let hook = luna.make_webhook("door", Some("store".into()), Some(conversation)).await.unwrap();
    let body = b"somebody rang";
    let mut mac = Hmac::<Sha256>::new_from_slice(hook.secret.as_bytes()).unwrap();
    mac.update(body);
    let signature = Some(format!("sha256={}", hex::encode(mac.finalize().into_bytes())));
    luna.trigger_webhook(hook.id, &Proof { secret: None, signature }, body).await.unwrap();
    let all = messages(&luna, conversation, 1).await;
    assert!(all.len() == 1 && all[0].content.contains("somebody rang"));
    assert!(luna.model.asked().is_empty());
}

#[tokio::test]
async fn who_proves_nothing_is_refused_and_written_down() {
    let luna = InMemory::luna().await;
    let conversation = conversation(&luna).await;
    let hook = luna.make_webhook("ci", None, Some(conversation)).await.unwrap();
    let kinds = [
        (secret("wrong"), ErrorKind::Forbidden),
        (
            Proof { secret: Some(hook.secret.clone()), signature: Some("sha256=00".into()) },
            ErrorKind::Forbidden,
        ),
        (Proof::default(), ErrorKind::Unauthenticated),
    ];
    for (proof, kind) in kinds {
        assert_eq!(luna.trigger_webhook(hook.id, &proof, b"x").await.unwrap_err().kind, kind);
    }
    luna.toggle_webhook(hook.id).await.unwrap();
    let shut = luna.trigger_webhook(hook.id, &secret(&hook.secret), b"x").await.unwrap_err();
    assert_eq!(shut.kind, ErrorKind::Conflict);
    let refused: Vec<_> =
        luna.webhook_deliveries(hook.id).await.unwrap().into_iter().map(|d| d.refused).collect();
    assert_eq!(refused.len(), 3, "who brought no proof at all is not written down");
    assert!(refused.iter().all(Option::is_some));
    assert!(luna.messages(conversation, 10, None).await.unwrap().is_empty() && luna.model.asked().is_empty());
}
