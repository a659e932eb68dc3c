//! What the payment provider tells, in whatever order it comes: the newest holds, what ended stays ended.

use hmac::{Hmac, KeyInit as _, Mac as _};
use luna_core::ports::Clock as _;
use luna_model::{Account, Secret, Tier};
use luna_testkit::{InMemory, PAYMENT_SECRET};
use serde_json::{Value, json};
use sha2::Sha256;

/// Something that is told: `kind` of the subscription `id`, so many seconds after it began, with what is paid and whether.
fn told(account: &Account, id: &str, kind: &str, after: i64, price: &str, status: &str) -> Value {
    let customer = format!("cus_{}", account.email.split('@').next().unwrap());
    let began = if id == "sub_new" { 1_700_001_000 } else { 1_700_000_000 };
    json!({
        "id": format!("evt_{id}_{kind}_{after}_{price}"),
        "created": began + after,
        "type": format!("customer.subscription.{kind}"),
        "data": { "object": {
            "id": id, "customer": customer, "status": status, "created": began, "cancel_at_period_end": false,
            "items": { "data": [{ "price": { "id": price }, "current_period_start": began, "current_period_end": began + 2_600_000 }] },
        }},
    })
}

async fn tell(luna: &InMemory, event: &Value) -> bool {
    let (body, at) = (event.to_string(), luna.clock.now().as_second());
    let mut mac = Hmac::<Sha256>::new_from_slice(PAYMENT_SECRET.as_bytes()).unwrap();
    mac.update(format!("{at}.{body}").as_bytes());
    let signature = format!("t={at},v1={}", hex::encode(mac.finalize().into_bytes()));
    luna.accounts().take_payment_event(body.as_bytes(), &signature).await.unwrap()
}

/// Every order of these.
fn orders<T: Clone>(all: &[T]) -> Vec<Vec<T>> {
    if all.len() < 2 {
        return vec![all.to_vec()];
    }
    let with_first = |first: usize| {
        let mut rest = all.to_vec();
        let one = rest.remove(first);
        orders(&rest).into_iter().map(move |mut order| {
            order.insert(0, one.clone());
            order
        })
    };
    (0..all.len()).flat_map(with_first).collect()
}

/// The tier and the subscription after these were told in every order, each twice.
async fn in_every_order(events: impl Fn(&Account) -> Vec<Value>, tier: Tier, subscription: Option<&str>) {
    let luna = InMemory::luna().await;
    let count = orders(&events(&somebody(&luna, "n").await)).len();
    for index in 0..count {
        let account = somebody(&luna, &format!("a{index}")).await;
        let order = orders(&events(&account)).swap_remove(index);
        // Two of the same in a test's life would be taken for one.
        let order = order.into_iter().map(|mut event| {
            event["id"] = format!("{}_{index}", event["id"].as_str().unwrap()).into();
            let own = format!("{}_{index}", event["data"]["object"]["id"].as_str().unwrap());
            event["data"]["object"]["id"] = own.into();
            event
        });
        let names: Vec<_> =
            order.clone().map(|e| format!("{} {}", e["type"].as_str().unwrap(), e["created"])).collect();
        for event in order {
            tell(&luna, &event).await;
            assert!(!tell(&luna, &event).await, "told again it counts for nothing");
        }
        let all = luna.accounts().all().await.unwrap();
        let now = all.into_iter().find(|a| a.id == account.id).unwrap();
        assert_eq!(now.tier, tier, "{names:?}");
        let runs = luna.accounts().subscription(&now).await.unwrap().map(|s| s.id);
        assert_eq!(runs, subscription.map(|s| format!("{s}_{index}")), "{names:?}");
    }
}

async fn somebody(luna: &InMemory, name: &str) -> Account {
    let email = format!("{name}@example.com");
    let password = Secret::new("a long password".to_owned());
    let (account, _) = luna.accounts().sign_up(&email, &password, name).await.unwrap();
    luna.accounts().checkout(&account, Tier::Pro).await.unwrap();
    account
}

#[tokio::test]
async fn an_earlier_change_undoes_no_later_one() {
    let events = |a: &Account| {
        vec![
            told(a, "sub_1", "created", 0, "price_pro", "incomplete"),
            told(a, "sub_1", "updated", 5, "price_team", "active"),
            told(a, "sub_1", "updated", 60, "price_pro", "active"),
        ]
    };
    in_every_order(events, Tier::Pro, Some("sub_1")).await;
}

#[tokio::test]
async fn what_ended_stays_ended_even_within_a_second() {
    let events = |a: &Account| {
        vec![
            told(a, "sub_1", "created", 0, "price_pro", "active"),
            told(a, "sub_1", "updated", 9, "price_pro", "active"),
            told(a, "sub_1", "deleted", 9, "price_pro", "canceled"),
        ]
    };
    in_every_order(events, Tier::Free, None).await;
}

#[tokio::test]
async fn the_end_of_an_earlier_subscription_does_not_end_the_present_one() {
    let events = |a: &Account| {
        vec![
            told(a, "sub_old", "created", 0, "price_pro", "active"),
            told(a, "sub_old", "deleted", 2_000, "price_pro", "canceled"),
            told(a, "sub_new", "created", 0, "price_team", "active"),
        ]
    };
    in_every_order(events, Tier::Team, Some("sub_new")).await;
}
