//! A channel that came as a package, as a whole: the bundled example runs, a file put into its inbox is answered in its outbox.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a panic here is a failed test"
)]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use luna_model::{Channel, Standing};
use luna_shell::ChildPrograms;
use luna_testkit::{InMemory, Ingredients, Reply};
use serde_json::json;

/// Waits until there is a file; what is in it.
async fn appears(file: &Path) -> String {
    let patience = async {
        loop {
            match std::fs::read_to_string(file) {
                Ok(text) => return text,
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), patience).await.unwrap_or_else(|_| panic_with(file))
}

#[allow(clippy::panic, reason = "a panic here is a failed test")]
fn panic_with(file: &Path) -> String {
    panic!("{} does not appear", file.display())
}

fn put(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(format!("{name}.part")), text).unwrap();
    std::fs::rename(folder.join(format!("{name}.part")), folder.join(format!("{name}.txt"))).unwrap();
}

#[tokio::test]
async fn a_file_that_is_put_in_is_answered() {
    if std::process::Command::new("python3").arg("--version").output().is_err() {
        eprintln!("SKIPPED: there is no python3");
        return;
    }
    let ingredients =
        Ingredients { programs: Arc::new(ChildPrograms), on_disk: true, ..Ingredients::default() };
    let mut luna = InMemory::of(ingredients).await;
    luna.install_package("file-drop", None).await.unwrap();
    let data = luna.folder().join("channels/data/file-drop");
    let (inbox, outbox) = (data.join("inbox"), data.join("outbox"));
    let patience = async {
        while !(inbox.is_dir() && luna.channels().await.iter().any(|c| c.channel == Channel::Plugin && c.on))
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), patience).await.expect("the program runs");
    let wrong = json!({ "every_seconds": "often" }).as_object().cloned();
    luna.set_up_channel("file-drop", wrong, None).await.unwrap_err();
    let often = json!({ "every_seconds": 0.1, "sender": "scanner" }).as_object().cloned();
    luna.set_up_channel("file-drop", often, None).await.unwrap();

    put(&inbox, "hello", "Who is there?");
    let asked = appears(&outbox.join("hello.txt")).await;
    assert!(asked.contains("I do not know you yet"), "{asked}");
    let code: String = asked.chars().filter(char::is_ascii_digit).take(6).collect();
    luna.pair(&code, Standing::Guest).await.unwrap();
    luna.model.then(Reply::says("It is a letter."));
    put(&inbox, "letter", "What is this?");
    assert_eq!(appears(&outbox.join("letter.txt")).await.trim(), "It is a letter.");
    assert_eq!(luna.senders().await.unwrap()[0].name, "scanner");

    // Another talk of the same person is a conversation of its own, and needs no new code.
    luna.model.then(Reply::says("Twelve."));
    put(&inbox, "sums", "conversation: sums\nHow much is 5 and 7?");
    assert_eq!(appears(&outbox.join("sums.txt")).await.trim(), "Twelve.");
    let talks: Vec<_> = luna.senders().await.unwrap().into_iter().filter_map(|s| s.conversation).collect();
    assert!(talks.len() == 2 && talks[0] != talks[1]);

    // A restart of Luna starts it again; switched off, what is put in waits.
    luna.restart().await;
    luna.model.then(Reply::says("Good morning."));
    put(&inbox, "morning", "Good morning");
    assert_eq!(appears(&outbox.join("morning.txt")).await.trim(), "Good morning.");
    luna.set_up_channel("file-drop", None, Some(false)).await.unwrap();
    put(&inbox, "night", "Good night");
    assert!(!luna.channels().await.iter().any(|c| c.channel == Channel::Plugin));
    luna.model.then(Reply::says("Good night."));
    luna.set_up_channel("file-drop", None, Some(true)).await.unwrap();
    assert_eq!(appears(&outbox.join("night.txt")).await.trim(), "Good night.");

    luna.uninstall_package("file-drop").await.unwrap();
    assert!(!luna.folder().join("channels/packages/file-drop").exists() && inbox.is_dir());
    luna.stop().await;
}
