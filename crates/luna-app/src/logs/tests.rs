//! What stands in the log, and what does not.

use std::sync::{Arc, Mutex};

use luna_model::Secret;
use tracing::{info, info_span, subscriber::with_default, trace};

use super::*;

#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl io::Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a filter lets through to the terminal and to the file.
fn logged(filter: &str, redactor: &Redactor, work: impl FnOnce()) -> (String, String) {
    let (terminal, file) = (Page::default(), Page::default());
    let (to_terminal, to_file) = (terminal.clone(), file.clone());
    let subscriber =
        subscriber(filter, move || to_terminal.clone(), false, Some(move || to_file.clone()), redactor)
            .unwrap();
    with_default(subscriber, work);
    let text = |page: Page| String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
    (text(terminal), text(file))
}

fn a_turn() {
    let _turn = info_span!("turn", conversation = 7, prompt = "my diary says X").entered();
    info!(text = "I love Bea", tokens = 12, ratio = 0.5, ok = true, "answered");
    info!(content = ?"I love Bea", from = %"model", "heard");
    trace!(text = "I love Bea", "details");
}

#[test]
fn no_text_stands_in_the_log_by_default() {
    let (terminal, file) = logged(DEFAULT, &Redactor::default(), a_turn);
    for page in [&terminal, &file] {
        assert!(!page.contains("Bea") && !page.contains("diary"), "{page}");
        assert!(
            page.contains("answered") && page.contains("12") && page.contains("conversation=7"),
            "{page}"
        );
        assert_eq!(page.lines().count(), 2, "{page}");
    }
    assert!(terminal.contains("text=<private>"), "{terminal}");
}

#[test]
fn trace_shows_the_text_but_no_secret() {
    let redactor = Redactor::default();
    redactor.remember(&Secret::new("hunter2hunter2".into()));
    let (terminal, file) = logged("trace", &redactor, || {
        a_turn();
        info!(password = "hunter2hunter2", header = "Bearer abcdefghijkl", "signed in with hunter2hunter2");
    });
    for page in [&terminal, &file] {
        assert!(page.contains("I love Bea") && page.contains("diary"), "{page}");
        assert!(!page.contains("hunter2") && !page.contains("abcdefghijkl"), "{page}");
    }
}

#[test]
fn each_line_of_the_file_is_a_json_object() {
    let (_, file) = logged("info", &Redactor::default(), || {
        a_turn();
        info!(note = "quote \" and\nnewline", "odd");
    });
    let lines: Vec<serde_json::Value> =
        file.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0]["message"], "answered");
    assert_eq!(
        (&lines[0]["level"], &lines[0]["tokens"], &lines[0]["ok"]),
        (&"INFO".into(), &12.into(), &true.into())
    );
    assert_eq!(lines[0]["spans"][0], "turn{conversation=7 prompt=<private>}");
    assert_eq!(lines[2]["note"], "quote \" and\nnewline");
    assert!(lines[0]["time"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
}

#[test]
fn the_filter_decides_and_a_bad_one_is_refused() {
    let (terminal, _) = logged("warn", &Redactor::default(), a_turn);
    assert_eq!(terminal, "");
    let refused = subscriber("luna=loud=x", io::sink, false, None::<fn() -> io::Sink>, &Redactor::default());
    assert!(refused.err().unwrap().message.contains("LUNA_LOG"));
    for filter in [DEFAULT, DEBUG] {
        assert!(EnvFilter::try_new(filter).is_ok());
    }
}

#[test]
fn files_are_kept_for_two_weeks() {
    let folder = tempfile::tempdir().unwrap();
    for day in 1..=20 {
        fs::write(folder.path().join(format!("luna.2020-01-{day:02}.jsonl")), "").unwrap();
    }
    let (mut file, guard) = file_in(folder.path()).unwrap();
    io::Write::write_all(&mut file, b"{}\n").unwrap();
    drop((file, guard));
    let names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(names.len(), DAYS, "{names:?}");
}
