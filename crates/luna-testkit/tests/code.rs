//! Reading a folder of code: stopped in the middle nothing is lost, and the next time only what changed is read.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic here is a failed test")]

use luna_core::code::OWN;
use luna_model::{ErrorKind, Event};
use luna_testkit::InMemory;

const FILES: usize = 200;

fn write(folder: &std::path::Path, word: &str) {
    for n in 0..FILES {
        std::fs::write(folder.join(format!("f{n:03}.py")), format!("def {word}_{n}():\n    return {n}\n"))
            .unwrap();
    }
}

#[tokio::test]
async fn what_was_there_and_what_was_read_stay_when_reading_is_stopped() {
    let luna = InMemory::luna().await;
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "first");
    let name = Some("shelf".to_owned());
    let (_, all) = luna.index_folder(folder.path(), name.clone()).await.unwrap();
    assert_eq!((all.files, all.unchanged), (FILES, 0));

    write(folder.path(), "second");
    std::fs::remove_file(folder.path().join("f000.py")).unwrap();
    let mut watching = luna.bus().watch();
    let stopping = async {
        loop {
            if let Event::CodeIndexed { files, of, .. } = &*watching.recv().await.unwrap() {
                luna.code().stop_reading("shelf").unwrap();
                return (*files, *of);
            }
        }
    };
    // Both in one task: the reader pauses after each batch, and is told to stop before the next.
    let (stopped, (read, of)) = tokio::join!(luna.index_folder(folder.path(), name.clone()), stopping);
    assert_eq!(stopped.unwrap_err().kind, ErrorKind::Cancelled);
    assert!(read < of, "it was stopped in the middle");

    let shelf = luna.code().repositories(OWN).await.unwrap().remove(0);
    assert_eq!(shelf.files, FILES as u64, "neither what was read nor what was not is lost");
    let (_, rest) = luna.index_folder(folder.path(), name).await.unwrap();
    assert_eq!((rest.files, rest.removed), (FILES - 1, 1));
    assert!(rest.unchanged as u64 >= read && rest.unchanged < FILES - 1, "what was read is not read again");
    let found = luna.code().search(OWN, None, "second 7", 20).await.unwrap();
    assert!(!found.is_empty() && found.iter().all(|hit| !hit.piece.text.contains("first_")));
    assert_eq!(luna.code().stop_reading("shelf").unwrap_err().kind, ErrorKind::NotFound);
}
