//! The cases under `tests/golden`: played, and compared with what is written there. `LUNA_GOLDEN=update` writes what was
//! seen instead; look at the difference before keeping it.

use std::path::{Path, PathBuf};

use futures::StreamExt as _;

use crate::transcript;

/// Cases that are played at the same time.
const AT_ONCE: usize = 8;

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// Every case of a folder, as path and text.
pub(crate) fn cases(folder: &Path) -> Vec<(PathBuf, String)> {
    let files =
        walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().map(|entry| entry.unwrap().into_path());
    let files = files.filter(|path| path.extension().is_some_and(|e| e == "http"));
    let cases: Vec<_> = files.map(|path| (path.clone(), std::fs::read_to_string(&path).unwrap())).collect();
    assert!(!cases.is_empty(), "there is no case in {}", folder.display());
    cases
}

async fn hold(dialect: &str) {
    let update = std::env::var("LUNA_GOLDEN").is_ok_and(|v| v == "update");
    let played = cases(&folder().join(dialect)).into_iter().map(|(path, text)| async move {
        // A task of its own: a case that panics does not keep the others from being told.
        let seen = tokio::spawn(transcript::play(text.clone())).await;
        (path, text, seen)
    });
    let mut faults = vec![];
    for (path, text, seen) in futures::stream::iter(played).buffered(AT_ONCE).collect::<Vec<_>>().await {
        let name = path.strip_prefix(folder()).unwrap().display().to_string();
        match seen {
            Err(panicked) => faults.push(format!("{name}: {panicked}")),
            Ok(seen) if seen == text => {}
            Ok(seen) if update => std::fs::write(&path, seen).unwrap(),
            Ok(seen) => faults.push(difference(&name, &text, &seen)),
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n\n"));
}

/// Where two texts part, with a few lines around.
fn difference(name: &str, written: &str, seen: &str) -> String {
    let (written, seen): (Vec<_>, Vec<_>) = (written.lines().collect(), seen.lines().collect());
    let at = written.iter().zip(&seen).take_while(|(a, b)| a == b).count();
    let part = |lines: &[&str], sign: char| {
        lines.iter().skip(at).take(12).map(|line| format!("  {sign} {line}\n")).collect::<String>()
    };
    let before: String =
        written[at.saturating_sub(6)..at].iter().map(|line| format!("    {line}\n")).collect();
    format!(
        "{name}, line {}: written (-) and seen (+)\n{before}{}{}",
        at + 1,
        part(&written, '-'),
        part(&seen, '+')
    )
}

#[tokio::test]
async fn luna() {
    hold("luna").await;
}

#[tokio::test]
async fn executor() {
    hold("executor").await;
}

#[tokio::test]
async fn lumen() {
    hold("lumen").await;
}

#[tokio::test]
async fn lunaos() {
    hold("lunaos").await;
}

#[tokio::test]
async fn motoko() {
    hold("motoko").await;
}

#[tokio::test]
async fn the_command_table() {
    hold("rpc").await;
}

#[tokio::test]
async fn the_guard_and_the_rest_of_the_door() {
    hold("doors").await;
}

#[tokio::test]
async fn a_reply_that_changed_is_seen() {
    let text = "> GET /api/system/apps\n< 200 application/json\n< [\n<   \"Chess\"\n< ]\n";
    let seen = transcript::play(text.to_owned()).await;
    assert_ne!(seen, text);
    assert!(difference("x", text, &seen).contains("- < "), "{seen}");
    assert_eq!(transcript::play(seen.clone()).await, seen, "what was seen holds");
}
