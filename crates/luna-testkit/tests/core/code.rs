//! Code: a folder's reading is stopped in the middle and nothing is lost; a review tells what is said while it goes on.

use luna_core::code::OWN;
use luna_core::review::Proposal;
use luna_model::ReviewSide::{Challenger, Defender, Judge, Rules};
use luna_model::{ErrorKind, Event};
use luna_testkit::{InMemory, Reply};
use serde_json::json;

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

#[tokio::test]
async fn a_review_is_told_while_the_sides_speak_and_only_under_its_name() {
    let point = json!({ "id": "1", "severity": "medium", "location": "line 1", "attack": "It may be zero.", "wouldConvince": "A check." });
    let answer = json!({ "point": "1", "answer": "conceded", "because": "Nothing checks." });
    let test = |name: &str| json!({ "name": name, "description": "It is refused.", "type": "unit", "code": "", "expected": "pass" });
    let tests = [test("zero"), test("nothing")];
    let says = [
        json!({ "points": [point], "rebuttal": [], "standing": ["1"] }),
        json!({ "answers": [answer], "tests": tests, "coverage": 50, "rebuttal": [], "fixes": [] }),
        json!({ "points": [], "rebuttal": ["1: as I said."], "standing": ["1"] }),
        json!({ "answers": [], "tests": tests, "coverage": 50, "rebuttal": ["1: agreed."], "fixes": [] }),
        json!({ "points": [], "issues": [], "score": 60, "keptTests": [], "recommendations": [], "reasoning": "A check is missing." }),
    ];
    let twice = says.iter().chain(&says);
    let luna = InMemory::luna().await;
    for text in twice {
        luna.model.then(Reply::says(&text.to_string()));
    }
    let mut watching = luna.bus().watch();
    let proposal = |id: Option<&str>| Proposal {
        what: "Divide".into(),
        code: "def f(a, b):\n    return a / b\n".into(),
        context: None,
        id: id.map(str::to_owned),
    };
    let review = luna.review(proposal(Some("mine"))).await.unwrap();
    let mut heard = vec![];
    let mut lines = vec![];
    while let Ok(event) = watching.try_recv() {
        if let Event::ReviewHeard { review, by, said } = &*event {
            assert_eq!(review, "mine");
            heard.push(*by);
            lines.extend(said.clone());
        }
    }
    assert_eq!(heard, [Rules, Challenger, Defender, Challenger, Defender, Judge]);
    let log: Vec<_> = review.log.iter().filter_map(|line| line.split_once(": ")).collect();
    assert_eq!(lines, log.iter().map(|(_, said)| *said).collect::<Vec<_>>());
    assert_eq!((log[1].0, log[2].0), ("Code Analyzer", "Testing Agent"), "as the API's document names them");
    assert!(!review.approved && review.debate.is_some());

    luna.review(proposal(None)).await.unwrap();
    while let Ok(event) = watching.try_recv() {
        assert!(!matches!(&*event, Event::ReviewHeard { .. }), "nobody asked to be told");
    }
}
