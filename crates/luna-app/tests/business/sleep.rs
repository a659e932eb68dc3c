//! Many users and few places: who is idle makes room and finds everything again; who is busy is not disturbed.

use futures::StreamExt as _;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::place::{PATIENCE, Person, Place, SECRET};

/// What somebody keeps, once there is room for them.
async fn kept(place: &Place, person: &Person) -> String {
    let asking = async {
        loop {
            let reply = place.get("/api/state", &person.token).await;
            if reply.status() != StatusCode::SERVICE_UNAVAILABLE {
                return reply.text().await.unwrap();
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.expect("there is room")
}

#[tokio::test]
async fn the_idle_make_room_and_the_busy_stay() {
    let place = Place::open(&[("LUNA_USERS_AWAKE", "1")]).await;
    let (alice, bob) = (place.user("alice").await, place.user("bob").await);
    for (person, note) in [(&alice, "hers"), (&bob, "his")] {
        assert_eq!(kept(&place, person).await, "{}");
        let put = place.request(Method::PUT, "/api/state", &person.token).json(&json!({ "note": note }));
        assert_eq!(put.send().await.unwrap().status(), StatusCode::OK);
    }
    assert!(kept(&place, &bob).await.contains("his"));
    assert!(kept(&place, &alice).await.contains("hers"));
    // She watches: her Luna may not be put to sleep for him.
    let mut watching = place.events(&alice.token).await;
    let full = place.get("/api/state", &bob.token).await;
    assert_eq!(full.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(full.headers().contains_key("retry-after"));
    place.say("hello", &alice.token).await;
    tokio::time::timeout(PATIENCE, watching.next()).await.expect("she still hears").unwrap();
    drop(watching);
    // The house has a place of her own.
    assert_eq!(place.get("/api/state", SECRET).await.text().await.unwrap(), "{}");
    assert!(kept(&place, &bob).await.contains("his"));
    place.app.stop().await;
}
