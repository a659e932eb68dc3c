//! Watching a window until it is done, and pictures for the user's own eyes.

use std::time::Duration;

use luna_core::ports::Glance;
use luna_core::vision::PictureOf;
use luna_model::{ErrorKind, Event, Mode};
use luna_testkit::InMemory;
use serde_json::json;

#[tokio::test]
async fn the_end_of_what_is_watched_is_told_once_even_when_nobody_looks() {
    let luna = InMemory::luna().await;
    let mut events = luna.bus().watch();
    luna.machine.show([Some(Glance { title: "make".into(), sketch: Some(vec![7; 16]) }), None]);
    luna.use_tool("watch_window", json!({ "window": "main.py" })).await.unwrap();
    let told = async {
        loop {
            if let Event::Notice { text, about, .. } = &*events.recv().await.unwrap()
                && about.as_ref().is_some_and(|about| about == "proactive")
            {
                return text.clone();
            }
        }
    };
    let told = tokio::time::timeout(Duration::from_secs(20), told).await.expect("it is told");
    assert_eq!(told, "The window \"main.py - Editor\" that I watched is closed.");
    assert_eq!(luna.take_proactive().await.unwrap(), Some(told));
    assert_eq!(luna.take_proactive().await.unwrap(), None);
}

#[tokio::test]
async fn a_private_window_is_not_watched_and_none_is_twice() {
    let luna = InMemory::luna().await;
    let watch = |window: &'static str| luna.use_tool("watch_window", json!({ "window": window }));
    assert_eq!(watch("vault").await.unwrap_err().kind, ErrorKind::Forbidden);
    assert_eq!(watch("nothing of that name").await.unwrap_err().kind, ErrorKind::NotFound);
    watch("").await.unwrap();
    assert_eq!(watch("editor").await.unwrap_err().kind, ErrorKind::Conflict);
    let stop = || luna.use_tool("stop_watching", json!({}));
    assert_eq!(stop().await.unwrap().content, "I stopped watching the window.");
    assert_eq!(stop().await.unwrap().content, "No such window was watched.");
    watch("editor").await.unwrap();
}

#[tokio::test]
async fn that_the_camera_is_on_is_told_and_it_stays_off_when_sight_is_blocked() {
    let luna = InMemory::luna().await;
    let mut events = luna.bus().watch();
    let mut signs = || {
        let mut signs = vec![];
        while let Ok(event) = events.try_recv() {
            if let Event::CameraChanged { on } = *event {
                signs.push(on);
            }
        }
        signs
    };
    assert_eq!(luna.picture(PictureOf::Camera).await.unwrap().width, 640);
    assert_eq!(signs(), [true, false]);
    luna.picture(PictureOf::Screen).await.unwrap();
    assert!(signs().is_empty());
    luna.gate().set_mode("vision", Mode::Block).await.unwrap();
    assert_eq!(luna.picture(PictureOf::Camera).await.unwrap_err().kind, ErrorKind::Forbidden);
    assert!(signs().is_empty());
}
