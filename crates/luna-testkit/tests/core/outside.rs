//! What callers from outside set going: sessions whose memory rolls, accounts that pay, code that is indexed, agents that are
//! killed.

use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use luna_core::children::ChildWork;
use luna_core::code::{CodeText, OWN};
use luna_core::ports::Clock as _;
use luna_core::sessions::Exchanged;
use luna_model::{ChildState, ErrorKind, Secret, Tier};
use luna_testkit::{InMemory, Ingredients, PATIENCE, PAYMENT_SECRET, Reply};
use sha2::Sha256;

async fn on_disk() -> InMemory {
    InMemory::of(Ingredients { on_disk: true, ..Ingredients::default() }).await
}

#[tokio::test]
async fn a_sessions_memory_rolls_without_a_gap_and_outlives_a_restart() {
    let mut luna = on_disk().await;
    luna.model.improvise(|_| Reply::says("yes"));
    for n in 1..=43 {
        let said = luna.exchange("s", &format!("message {n}"), true).await.unwrap();
        assert!(matches!(said, Exchanged::Over(_)));
    }
    luna.restart().await;
    let memory = luna.session("s").await.unwrap();
    assert_eq!((memory.total, memory.window, memory.summaries), (86, 21, 3));
    let conversation = luna.known_session("s").await.unwrap();
    let stretches = luna.db().session_summaries(conversation, 10).await.unwrap();
    let ranges: Vec<_> = stretches.iter().map(|s| (s.first, s.last)).collect();
    assert_eq!(ranges, [(65, 85), (44, 64), (23, 43)]);
    luna.forget_session("s").await.unwrap();
    assert_eq!(luna.session("s").await.unwrap_err().kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn the_model_reads_the_window_and_the_summaries_and_no_more() {
    let luna = InMemory::luna().await;
    luna.model.improvise(|_| Reply::says("yes"));
    for n in 1..=12 {
        luna.exchange("s", &format!("message {n}"), true).await.unwrap();
    }
    let asked = luna.model.asked();
    let last =
        asked.iter().rfind(|r| r.turns.iter().any(|t| format!("{t:?}").contains("message 12"))).unwrap();
    assert_eq!(last.turns.len(), 21);
    assert!(last.system.contains("Messages 2 to 22"), "{}", last.system);
}

fn signed(body: &str, at: i64) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(PAYMENT_SECRET.as_bytes()).unwrap();
    mac.update(format!("{at}.{body}").as_bytes());
    format!("t={at},v1={}", hex::encode(mac.finalize().into_bytes()))
}

#[tokio::test]
async fn a_payment_moves_the_tier_once_and_its_end_moves_it_back() {
    let luna = InMemory::luna().await;
    let password = Secret::new("correct horse 9".to_owned());
    let (account, token) = luna.accounts().sign_up("ada@example.com", &password, "Ada").await.unwrap();
    luna.accounts().checkout(&account, Tier::Pro).await.unwrap();
    let at = luna.clock.now().as_second();
    let event = |id: &str, kind: &str, status: &str| {
        serde_json::json!({
            "id": id, "type": kind,
            "data": {"object": {
                "id": "sub_1", "customer": "cus_ada", "status": status, "created": at, "cancel_at_period_end": false,
                "items": {"data": [{"price": {"id": "price_pro"}, "current_period_start": at, "current_period_end": at + 100}]},
            }},
        })
        .to_string()
    };
    let told = event("evt_1", "customer.subscription.updated", "active");
    let forged = luna.accounts().take_payment_event(told.as_bytes(), &signed("{}", at)).await;
    assert_eq!(forged.unwrap_err().kind, ErrorKind::Unauthenticated);
    assert!(luna.accounts().take_payment_event(told.as_bytes(), &signed(&told, at)).await.unwrap());
    assert!(
        !luna.accounts().take_payment_event(told.as_bytes(), &signed(&told, at)).await.unwrap(),
        "taken twice"
    );
    assert_eq!(luna.accounts().whose(token.expose()).await.unwrap().tier, Tier::Pro);
    let told = event("evt_2", "customer.subscription.deleted", "canceled");
    assert!(luna.accounts().take_payment_event(told.as_bytes(), &signed(&told, at)).await.unwrap());
    assert_eq!(luna.accounts().whose(token.expose()).await.unwrap().tier, Tier::Free);
}

#[tokio::test]
async fn wrong_passwords_lock_an_account_for_longer_and_longer() {
    let luna = InMemory::luna().await;
    let (right, wrong) = (Secret::new("correct horse 9".to_owned()), Secret::new("battery".to_owned()));
    luna.accounts().sign_up("ada@example.com", &right, "Ada").await.unwrap();
    for _ in 0..5 {
        let refused = luna.accounts().sign_in("ada@example.com", &wrong).await.unwrap_err();
        assert_eq!(refused.kind, ErrorKind::Unauthenticated);
    }
    let locked = luna.accounts().sign_in("ada@example.com", &right).await.unwrap_err();
    assert_eq!(locked.kind, ErrorKind::LimitReached);
    luna.clock.advance(jiff::SignedDuration::from_secs(31));
    luna.accounts().sign_in("ada@example.com", &right).await.unwrap();
}

#[tokio::test]
async fn code_that_changed_is_replaced_and_what_is_anothers_is_not_found() {
    let luna = InMemory::luna().await;
    let file = |content: &str| vec![CodeText { path: "a.rs".into(), content: content.into() }];
    luna.code().index("ada", "r", file("fn parse_invoice() {}\n")).await.unwrap();
    let first = luna.code().search("ada", None, "invoice", 5).await.unwrap();
    assert_eq!(first[0].piece.name.as_deref(), Some("parse_invoice"));
    assert!(luna.code().search(OWN, None, "invoice", 5).await.unwrap().is_empty());
    let again = luna.code().index("ada", "r", file("fn parse_invoice() {}\n")).await.unwrap();
    assert_eq!(again.unchanged, 1);
    luna.code().index("ada", "r", file("fn send_letter() {}\n")).await.unwrap();
    assert!(luna.code().search("ada", Some("r"), "invoice", 5).await.unwrap().is_empty());
    assert_eq!(luna.code().search("ada", Some("r"), "letter", 5).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_child_is_killed_for_real_and_one_that_was_at_work_is_ended_by_a_restart() {
    let mut luna = on_disk().await;
    luna.model.then(Reply::says("working ").hang());
    let work = ChildWork { task: "count the stars".into(), ..ChildWork::default() };
    let child = luna.spawn_child(None, work.clone()).await.unwrap();
    // One that is killed before it asks leaves its answer to the next.
    let asks = async {
        while luna.model.asked().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asks).await.expect("it asks");
    luna.kill_child(child.id).await.unwrap();
    let ended = luna.wait_for_children(&[child.id]).await.unwrap().remove(0);
    assert_eq!((ended.state, ended.output.as_deref()), (ChildState::Failed, Some("Killed by user")));
    luna.model.then(Reply::says("twelve"));
    let child = luna.spawn_child(None, work.clone()).await.unwrap();
    let ended = luna.wait_for_children(&[child.id]).await.unwrap().remove(0);
    assert_eq!((ended.state, ended.output.as_deref()), (ChildState::Completed, Some("twelve")));
    luna.model.then(Reply::says("x").hang());
    let child = luna.spawn_child(None, work).await.unwrap();
    luna.restart().await;
    assert_eq!(luna.child(child.id).await.unwrap().state, ChildState::Failed);
}
