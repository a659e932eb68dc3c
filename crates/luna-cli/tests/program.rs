//! The program as a user meets it: how it starts, what it refuses and in which words, how it ends, what it prints.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a panic here is a failed test"
)]

mod common;

use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

use common::{Served, luna, run};
use serde_json::{Value, json};

#[test]
fn a_value_that_cannot_be_read_is_named() {
    let place = tempfile::tempdir().unwrap();
    let (code, out, err) = run(luna(place.path()).arg("serve").env("PORT", "eight"));
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(err.contains("PORT") && err.contains("eight"), "{err}");
    let (code, _, err) = run(luna(place.path()).args(["serve", "--port", "99999"]));
    assert_eq!(code, Some(1));
    assert!(err.contains("PORT") && err.contains("command line"), "{err}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_window_needs_a_display_and_a_screen_that_exists() {
    let place = tempfile::tempdir().unwrap();
    let bare = |display: bool| {
        let mut command = luna(place.path());
        command.env_remove("WAYLAND_DISPLAY").env_remove("DISPLAY").env("PATH", "");
        if display {
            command.env("DISPLAY", ":none");
        }
        command
    };
    let (code, _, err) = run(bare(false).arg("open"));
    assert_eq!(code, Some(1));
    assert!(err.contains("display") && err.contains("luna serve"), "{err}");
    let (code, _, err) = run(bare(true).args(["open", "--quick", "chat"]));
    assert_eq!(code, Some(2), "{err}");
}

#[test]
fn listening_for_others_needs_a_password() {
    let place = tempfile::tempdir().unwrap();
    let (code, out, err) = run(luna(place.path()).args(["serve", "--host", "0.0.0.0"]));
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(err.contains("0.0.0.0") && err.contains("LUNA_PASSWORD"), "{err}");
}

#[test]
fn a_taken_port_is_named_with_a_way_out() {
    let place = tempfile::tempdir().unwrap();
    let held = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = held.local_addr().unwrap().port().to_string();
    for (variable, flag) in [("PORT", "--port"), ("EXECUTOR_PORT", "--executor-port")] {
        let (code, out, err) = run(luna(place.path()).args(["serve", flag, &port]));
        assert_eq!((code, out.as_str()), (Some(1), ""));
        assert!(err.contains(&port) && err.contains(variable) && err.contains("taken"), "{err}");
        if cfg!(target_os = "linux") {
            assert!(err.contains(&format!("process {}", std::process::id())), "{err}");
        }
    }
}

#[test]
fn a_damaged_database_is_said_with_a_way_out() {
    let place = tempfile::tempdir().unwrap();
    std::fs::create_dir(place.path().join("luna")).unwrap();
    std::fs::write(
        place.path().join("luna/luna.db"),
        "this is no database, and long enough to be none".repeat(200),
    )
    .unwrap();
    let (code, out, err) = run(luna(place.path()).arg("serve"));
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(err.contains("luna restore"), "{err}");
    let (code, out, _) = run(luna(place.path()).arg("doctor"));
    assert_eq!(code, Some(1));
    assert!(out.contains("luna restore"), "{out}");
}

#[cfg(unix)]
#[tokio::test]
async fn sigterm_ends_it_within_seconds_and_nothing_is_lost() {
    let place = tempfile::tempdir().unwrap();
    let served = Served::start(place.path());
    assert!(served.line.starts_with("Luna listens on http://127.0.0.1:"), "{}", served.line);
    served.rpc("memory.add", json!({ "content": "user plays the oboe" })).await.unwrap();
    // A stream of events that nobody closes must not hold it up.
    let open = served.post("events", json!({})).await.unwrap();
    let (code, took, rest) = served.terminate();
    assert_eq!((code, rest.as_str()), (Some(0), ""), "one line is printed and no more");
    assert!(took < Duration::from_secs(5), "{took:?}");
    drop(open);
    let (code, out, _) = run(luna(place.path()).args(["memory", "list"]));
    assert_eq!(code, Some(0));
    assert!(out.contains("user plays the oboe"), "{out}");
}

#[tokio::test]
async fn commands_talk_to_the_luna_that_runs() {
    let place = tempfile::tempdir().unwrap();
    let served = Served::start(place.path());
    let (code, out, err) = run(luna(place.path()).args(["memory", "add", "user", "has", "a", "canoe"]));
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("user has a canoe"));
    let facts = served.rpc("memory.facts", json!({})).await.unwrap();
    assert_eq!(facts[0]["content"], "user has a canoe");
    let (code, _, err) = run(luna(place.path()).arg("serve"));
    assert_eq!(code, Some(1));
    assert!(err.contains(&served.child.id().to_string()) && err.contains(&served.address), "{err}");
    let (code, _, err) = run(luna(place.path()).args(["restore", "whatever.db"]));
    assert_eq!(code, Some(1));
    assert!(err.contains("another Luna"), "{err}");
}

#[tokio::test]
async fn one_answer_goes_to_standard_output() {
    let place = tempfile::tempdir().unwrap();
    for served in [None, Some(Served::start(place.path()))] {
        let (code, out, err) = run(luna(place.path()).args(["chat", "what is 6 times 7?"]));
        assert_eq!(code, Some(0), "{err}");
        assert!(out.contains("42") && out.ends_with('\n'), "{out:?} with a server: {}", served.is_some());
    }
    let mut piped = luna(place.path());
    let mut child = piped.arg("ask").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"what is 6 times 7?").unwrap();
    let out = child.wait_with_output().unwrap();
    assert!(String::from_utf8(out.stdout).unwrap().contains("42"));
}

#[test]
fn what_asks_is_refused_when_nobody_is_there() {
    let place = tempfile::tempdir().unwrap();
    let (_, _, err) = run(luna(place.path()).args(["chat", "run the command `touch made-by-luna`"]));
    assert!(!place.path().join("made-by-luna").exists(), "{err}");
    let (code, out, err) = run(luna(place.path()).args(["run", "create a folder called pictures"]));
    assert_eq!(code, Some(1), "{out}");
    assert!(err.contains("--yes"), "{err}");
    assert!(!place.path().join("pictures").exists());
}

#[test]
fn a_plan_is_shown_run_and_undone() {
    let place = tempfile::tempdir().unwrap();
    let (code, out, err) =
        run(luna(place.path()).args(["run", "--dry-run", "create a folder called pictures"]));
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("mkdir") && out.contains("moderate"), "{out}");
    assert!(!place.path().join("pictures").exists());
    let (code, out, err) = run(luna(place.path()).args(["run", "--yes", "create a folder called pictures"]));
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(place.path().join("pictures").is_dir());
    let (code, out, _) = run(luna(place.path()).args(["audit", "list"]));
    assert_eq!(code, Some(0));
    assert!(out.contains("mkdir"), "{out}");
    let (code, out, _) = run(luna(place.path()).args(["audit", "verify"]));
    assert_eq!(code, Some(0), "{out}");
}

#[test]
fn judge_speaks_json_a_line() {
    let place = tempfile::tempdir().unwrap();
    let mut child = luna(place.path())
        .args(["judge", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let commands = ["ls -la", "rm -rf ./build", "rm -fr /", "echo 'a\nb'", "git status"];
    let mut input = child.stdin.take().unwrap();
    for command in commands {
        writeln!(input, "{}", json!(command)).unwrap();
    }
    drop(input);
    let out = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    let lines: Vec<Value> = out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines.len(), commands.len());
    for (line, command) in lines.iter().zip(commands) {
        assert_eq!(line["command"], command);
        assert!(["safe", "moderate", "dangerous"].contains(&line["level"].as_str().unwrap()));
        assert!(line["reasons"].as_array().unwrap().iter().all(Value::is_string));
        assert_eq!(line["blocked"], json!(command == "rm -fr /"), "{line}");
    }
    assert_eq!(lines[0]["level"], "safe");
    assert!(!lines[2]["reasons"].as_array().unwrap().is_empty());
    assert!(!place.path().join("luna").exists(), "judging needs no data folder");
}

#[test]
fn judge_reads_plain_lines_and_arguments() {
    let place = tempfile::tempdir().unwrap();
    let (code, out, _) = run(luna(place.path()).args(["judge", "ls", "rm -rf /"]));
    assert_eq!(code, Some(0));
    assert!(out.contains("safe  ls") && out.contains("blocked  rm -rf /"), "{out}");
    let mut child = luna(place.path())
        .args(["judge", "--json"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"not json\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("line 1"));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let place = tempfile::tempdir().unwrap();
    let mut child = luna(place.path())
        .args(["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), b"".as_slice()));
}

#[test]
fn backups_are_made_listed_and_put_back() {
    let place = tempfile::tempdir().unwrap();
    run(luna(place.path()).args(["memory", "add", "user plays chess"]));
    let (code, out, err) = run(luna(place.path()).arg("backup"));
    assert_eq!(code, Some(0), "{out}{err}");
    let (_, listed, _) = run(luna(place.path()).arg("restore"));
    let name =
        listed.split_whitespace().find(|w| w.starts_with("luna-") && w.ends_with(".db")).unwrap().to_owned();
    run(luna(place.path()).args(["memory", "add", "user plays bridge"]));
    let (code, out, err) = run(luna(place.path()).args(["restore", &name]));
    assert_eq!(code, Some(0), "{out}{err}");
    let (_, facts, _) = run(luna(place.path()).args(["memory", "list"]));
    assert!(facts.contains("chess") && !facts.contains("bridge"), "{facts}");
}

#[test]
fn a_key_is_taken_from_standard_input_and_never_shown() {
    let place = tempfile::tempdir().unwrap();
    let mut child = luna(place.path())
        .args(["models", "key", "groq"])
        .env_remove("LLM_PROVIDER")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"gsk_secret_of_mine\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{out}");
    assert!(!out.contains("gsk_secret"), "{out}");
    let (_, out, _) = run(luna(place.path()).args(["models"]).env_remove("LLM_PROVIDER"));
    let groq = out.lines().find(|l| l.starts_with("groq")).unwrap();
    assert!(groq.contains("answers"), "auto takes the first with a key: {out}");
    let (_, out, _) =
        run(luna(place.path()).args(["models", "key", "groq", "--forget"]).env_remove("LLM_PROVIDER"));
    assert!(out.lines().any(|l| l.starts_with("groq") && l.contains("needs a key")), "{out}");
}

#[test]
fn man_pages_and_completions_are_written() {
    let place = tempfile::tempdir().unwrap();
    let pages = place.path().join("man");
    let (code, _, err) = run(luna(place.path()).arg("man").arg(&pages));
    assert_eq!(code, Some(0), "{err}");
    assert!(pages.join("luna.1").is_file() && pages.join("luna-run.1").is_file());
    let (code, out, _) = run(luna(place.path()).args(["completions", "zsh"]));
    assert_eq!(code, Some(0));
    assert!(out.contains("#compdef luna"), "{}", &out[..out.len().min(200)]);
}
