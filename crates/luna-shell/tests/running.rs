//! Real commands on real terminals: what comes out, how they end, and that nothing of them stays.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "the functions that tests share are tests too")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use luna_core::ports::{CommandInput, CommandIo, CommandOutput, Shell};
use luna_model::{
    CommandContext, CommandOutcome, CommandRequest, ErrorKind, OutputStream, PlanContext, Risk,
};
use luna_shell::{PtyShell, ShellConfig};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

struct Bench {
    shell: PtyShell,
    folder: TempDir,
}

/// The caller's ends of a command's lines.
struct Caller {
    output: mpsc::Receiver<CommandOutput>,
    input: mpsc::Sender<CommandInput>,
    cancel: CancellationToken,
}

fn lines() -> (CommandIo, Caller) {
    let (output_in, output) = mpsc::channel(16);
    let (input, input_out) = mpsc::channel(16);
    let cancel = CancellationToken::new();
    (
        CommandIo { output: output_in, input: input_out, cancel: cancel.clone() },
        Caller { output, input, cancel },
    )
}

impl Bench {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut ShellConfig)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("home");
        std::fs::create_dir(&home).unwrap();
        let mut config = ShellConfig::new(folder.path().join("output"), home);
        change(&mut config);
        Self { shell: PtyShell::new(config).unwrap(), folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    async fn run(&self, command: &str) -> CommandOutcome {
        self.request(request(command)).await
    }

    async fn request(&self, request: CommandRequest) -> CommandOutcome {
        let (io, mut caller) = lines();
        let run = self.shell.run(request, io);
        let read = async { while caller.output.recv().await.is_some() {} };
        tokio::join!(run, read).0.unwrap()
    }
}

fn request(command: &str) -> CommandRequest {
    CommandRequest {
        command: command.into(),
        context: CommandContext::default(),
        timeout_s: Some(60),
        size: None,
    }
}

/// Reads until the command has written this.
async fn wait_for(output: &mut mpsc::Receiver<CommandOutput>, wanted: &str) {
    let mut seen = String::new();
    while !seen.contains(wanted) {
        let more = output.recv().await.unwrap_or_else(|| panic!("ended after {seen:?}, without {wanted:?}"));
        seen.push_str(&String::from_utf8_lossy(&more.data));
    }
}

/// Whether a process of this id lives (a zombie does not).
fn lives(pid: &str) -> bool {
    std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()))
        .is_ok_and(|stat| !stat.rsplit_once(')').unwrap().1.trim_start().starts_with('Z'))
}

#[tokio::test]
async fn the_exit_code_is_the_commands_own() {
    let bench = Bench::new();
    for (command, code) in
        [("true", 0), ("false", 1), ("exit 3", 3), ("sh -c 'exit 42'", 42), ("no-such-program", 127)]
    {
        assert_eq!(bench.run(command).await.exit_code, Some(code), "{command}");
    }
    assert_eq!(bench.run("kill -9 $$").await.exit_code, None);
}

#[tokio::test]
async fn both_streams_are_terminals_and_stay_apart() {
    let bench = Bench::new();
    let got = bench.run("echo out; echo err >&2; test -t 0 && test -t 1 && test -t 2 && echo all").await;
    assert_eq!((got.stdout.as_str(), got.stderr.as_str()), ("out\nall\n", "err\n"));
    assert_eq!(got.exit_code, Some(0));
}

#[tokio::test]
async fn bytes_come_out_as_they_were_written() {
    let bench = Bench::new();
    let (io, mut caller) = lines();
    let run = bench.shell.run(request(r"printf 'a\nb\r\nc\t\001\377\000'; printf '\n\n' >&2"), io);
    let read = async {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        while let Some(CommandOutput { stream, data }) = caller.output.recv().await {
            if stream == OutputStream::Stdout { &mut out } else { &mut err }.extend(data);
        }
        (out, err)
    };
    let (outcome, (out, err)) = tokio::join!(run, read);
    assert_eq!(out, b"a\nb\r\nc\t\x01\xff\0");
    assert_eq!(err, b"\n\n");
    assert_eq!(outcome.unwrap().stdout, "a\nb\r\nc\t\u{1}\u{FFFD}\0");
}

#[tokio::test]
async fn output_is_forwarded_while_the_command_runs() {
    let bench = Bench::new();
    let (io, mut caller) = lines();
    let run = bench.shell.run(request("echo ready; read answer; echo got $answer"), io);
    let talk = async {
        wait_for(&mut caller.output, "ready").await;
        caller.input.send(CommandInput::Data(b"forty two\n".to_vec())).await.unwrap();
        wait_for(&mut caller.output, "got forty two").await;
    };
    let (outcome, ()) = tokio::join!(run, talk);
    // What was typed is not echoed into the output.
    assert_eq!(outcome.unwrap().stdout, "ready\ngot forty two\n");
}

#[tokio::test]
async fn an_end_of_input_ends_a_reader_in_the_middle_of_a_line_too() {
    let bench = Bench::new();
    for typed in ["", "one\n", "one\ntwo"] {
        let (io, caller) = lines();
        caller.input.send(CommandInput::Data(typed.into())).await.unwrap();
        caller.input.send(CommandInput::Eof).await.unwrap();
        let outcome = bench.shell.run(request("cat"), io).await.unwrap();
        assert_eq!((outcome.exit_code, outcome.stdout.as_str()), (Some(0), typed));
    }
}

#[tokio::test]
async fn much_input_waits_for_its_reader() {
    let bench = Bench::new();
    let (io, caller) = lines();
    let line = "x".repeat(999) + "\n";
    let send = async {
        for _ in 0..50 {
            caller.input.send(CommandInput::Data(line.repeat(20).into())).await.unwrap();
        }
        caller.input.send(CommandInput::Eof).await.unwrap();
    };
    let (outcome, ()) = tokio::join!(bench.shell.run(request("wc -c"), io), send);
    assert_eq!(outcome.unwrap().stdout.trim(), "1000000");
}

#[tokio::test]
async fn a_new_size_reaches_the_command() {
    let bench = Bench::new();
    let (io, mut caller) = lines();
    let mut request =
        request("trap 'stty size' WINCH; stty size; echo ready; for i in $(seq 600); do sleep 0.05; done");
    request.size = Some((91, 17));
    let talk = async {
        wait_for(&mut caller.output, "17 91\nready").await;
        caller.input.send(CommandInput::Resize(132, 43)).await.unwrap();
        wait_for(&mut caller.output, "43 132").await;
        caller.cancel.cancel();
    };
    let (outcome, ()) = tokio::join!(bench.shell.run(request, io), talk);
    assert!(outcome.unwrap().cancelled);
}

#[tokio::test]
async fn control_c_reaches_the_command() {
    let bench = Bench::new();
    let (io, mut caller) = lines();
    let talk = async {
        wait_for(&mut caller.output, "ready").await;
        caller.input.send(CommandInput::Data(vec![3])).await.unwrap();
    };
    let command = "trap 'echo caught; exit 9' INT; echo ready; while :; do sleep 0.05; done";
    let (outcome, ()) = tokio::join!(bench.shell.run(request(command), io), talk);
    let outcome = outcome.unwrap();
    assert_eq!((outcome.exit_code, outcome.stdout.as_str()), (Some(9), "ready\ncaught\n"));
}

/// A tree: a child, a grandchild, a job in the background, one that left the session, one that hears no SIGTERM.
const TREE: &str = "sh -c 'sleep 300 & echo $!; wait' & sleep 301 & echo $!; \
    setsid sh -c 'echo $$; exec sleep 302 >/dev/null 2>&1' & \
    sh -c 'trap \"\" TERM; echo $$; while :; do sleep 0.1; done' & \
    sleep 0.5; echo ready; wait";

async fn tree_of(output: &mut mpsc::Receiver<CommandOutput>) -> Vec<String> {
    let mut seen = String::new();
    while !seen.contains("ready") {
        seen.push_str(&String::from_utf8_lossy(&output.recv().await.unwrap().data));
    }
    seen.lines().filter(|line| line.parse::<u32>().is_ok()).map(str::to_owned).collect()
}

async fn nothing_of_the_tree_is_left(pids: &[String]) {
    // Killed processes may need a moment to be gone; what survives never goes.
    let deadline = Instant::now() + Duration::from_secs(5);
    while pids.iter().any(|pid| lives(pid)) {
        assert!(
            Instant::now() < deadline,
            "still there: {:?}",
            pids.iter().filter(|p| lives(p)).collect::<Vec<_>>()
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn the_time_limit_ends_the_whole_tree() {
    let bench = Bench::new();
    let (io, mut caller) = lines();
    let mut request = request(TREE);
    request.timeout_s = Some(2);
    let (outcome, pids) = tokio::join!(bench.shell.run(request, io), tree_of(&mut caller.output));
    let outcome = outcome.unwrap();
    assert!(outcome.timed_out && !outcome.cancelled && outcome.exit_code.is_none(), "{outcome:?}");
    assert_eq!(pids.len(), 4, "{pids:?}");
    nothing_of_the_tree_is_left(&pids).await;
}

#[tokio::test]
async fn cancelling_ends_the_whole_tree() {
    let bench = Bench::new();
    let (io, mut caller) = lines();
    let cancel = async {
        let pids = tree_of(&mut caller.output).await;
        caller.cancel.cancel();
        pids
    };
    let (outcome, pids) = tokio::join!(bench.shell.run(request(TREE), io), cancel);
    let outcome = outcome.unwrap();
    assert!(outcome.cancelled && !outcome.timed_out && outcome.exit_code.is_none(), "{outcome:?}");
    assert!(pids.len() >= 4, "{pids:?}");
    nothing_of_the_tree_is_left(&pids).await;
}

#[tokio::test]
async fn a_caller_that_goes_away_ends_the_whole_tree() {
    let bench = Bench::new();
    let (io, mut caller) = lines();
    let pids = tokio::select! {
        outcome = bench.shell.run(request(TREE), io) => panic!("ended by itself: {outcome:?}"),
        pids = tree_of(&mut caller.output) => pids,
    };
    bench.shell.shutdown().await;
    nothing_of_the_tree_is_left(&pids).await;
}

#[tokio::test]
async fn stopping_the_shell_ends_the_whole_tree_and_starts_nothing_more() {
    let bench = Bench::new();
    let (io, mut caller) = lines();
    let stop = async {
        let pids = tree_of(&mut caller.output).await;
        bench.shell.shutdown().await;
        pids
    };
    let (outcome, pids) = tokio::join!(bench.shell.run(request(TREE), io), stop);
    assert!(outcome.unwrap().cancelled);
    nothing_of_the_tree_is_left(&pids).await;
    let (io, _caller) = lines();
    assert_eq!(bench.shell.run(request("true"), io).await.unwrap_err().kind, ErrorKind::Unavailable);
}

#[tokio::test]
async fn a_polite_command_may_clean_up_before_it_ends() {
    let bench = Bench::new();
    let (io, mut caller) = lines();
    let talk = async {
        wait_for(&mut caller.output, "ready").await;
        caller.cancel.cancel();
        wait_for(&mut caller.output, "cleaned up").await;
    };
    let command = "trap 'echo cleaned up; exit' TERM; echo ready; while :; do sleep 0.05; done";
    let (outcome, ()) = tokio::join!(bench.shell.run(request(command), io), talk);
    assert!(outcome.unwrap().stdout.ends_with("cleaned up\n"));
}

#[tokio::test]
async fn a_job_left_in_the_background_does_not_keep_the_command_from_ending() {
    let bench = Bench::new();
    let began = Instant::now();
    let outcome = bench.run("trap '' HUP; sleep 30 & echo $!").await;
    assert_eq!(outcome.exit_code, Some(0));
    assert!(began.elapsed() < Duration::from_secs(10));
    let pid = outcome.stdout.trim().to_owned();
    assert!(lives(&pid), "a job that hears no hangup goes on, as in any terminal");
    nix::sys::signal::kill(
        nix::unistd::Pid::from_raw(pid.parse().unwrap()),
        nix::sys::signal::Signal::SIGKILL,
    )
    .unwrap();
}

#[tokio::test]
async fn huge_output_is_capped_in_memory_and_whole_in_a_file() {
    let bench = Bench::with(|config| config.memory_limit = 10_000);
    let outcome = bench.run("seq 1 200000; echo last >&2").await;
    assert!(outcome.stdout.len() < 10_500, "{}", outcome.stdout.len());
    assert!(outcome.stdout.starts_with("1\n2\n3\n") && outcome.stdout.ends_with("199999\n200000\n"));
    assert_eq!(outcome.stderr, "last\n");
    let file = outcome.full_output.expect("a file with all of it");
    assert!(outcome.stdout.contains(file.to_str().unwrap()), "the text names the file");
    let all = std::fs::read_to_string(file).unwrap();
    let wanted: String = (1..=200_000).map(|n| format!("{n}\n")).collect();
    assert_eq!(all.replacen("last\n", "", 1), wanted);
}

#[tokio::test]
async fn a_slow_caller_slows_the_command_down_and_loses_nothing() {
    let bench = Bench::new();
    let (io, mut caller) = lines();
    let read = async {
        let mut bytes = 0;
        while let Some(part) = caller.output.recv().await {
            bytes += part.data.len();
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        bytes
    };
    let (outcome, bytes) =
        tokio::join!(bench.shell.run(request("head -c 2000000 /dev/zero | tr '\\0' x"), io), read);
    assert_eq!((outcome.unwrap().exit_code, bytes), (Some(0), 2_000_000));
}

#[tokio::test]
async fn a_caller_that_does_not_read_can_still_cancel() {
    let bench = Bench::new();
    let (io, caller) = lines();
    let cancel = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        caller.cancel.cancel();
    };
    let (outcome, ()) = tokio::join!(bench.shell.run(request("yes"), io), cancel);
    assert!(outcome.unwrap().cancelled);
    drop(caller.output);
}

#[tokio::test]
async fn a_caller_that_stops_reading_does_not_stop_the_command() {
    let bench = Bench::new();
    let (io, caller) = lines();
    drop(caller);
    let outcome = bench.shell.run(request("seq 1 100000 | tail -n 1"), io).await.unwrap();
    assert_eq!((outcome.exit_code, outcome.stdout.as_str()), (Some(0), "100000\n"));
}

#[tokio::test]
async fn folder_and_variables_come_from_the_context() {
    let bench = Bench::new();
    std::fs::create_dir_all(bench.path().join("home/a b")).unwrap();
    let mut request = request("pwd; echo $GREETING; echo $TERM");
    request.context.cwd = Some("~/a b".into());
    request.context.env = BTreeMap::from([("GREETING".into(), "hello world".into())]);
    let wanted = format!("{}\nhello world\nxterm-256color\n", bench.path().join("home/a b").display());
    assert_eq!(bench.request(request).await.stdout, wanted);

    let (io, _caller) = lines();
    let mut nowhere = self::request("pwd");
    nowhere.context.cwd = Some("~/nowhere".into());
    let error = bench.shell.run(nowhere, io).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid);
    assert!(error.message.contains("home/nowhere does not exist"), "{error}");
}

#[tokio::test]
async fn no_startup_file_is_read() {
    let bench = Bench::new();
    for file in [".bashrc", ".profile", ".bash_profile"] {
        std::fs::write(bench.path().join("home").join(file), "echo intruder; exit 1\n").unwrap();
    }
    assert_eq!(bench.run("echo alone").await.stdout, "alone\n");
}

/// Variables of this very process are seen by other tests, so the command runs in a process that has them from birth.
#[tokio::test]
async fn secrets_do_not_reach_the_command() {
    if std::env::var_os("OPENAI_API_KEY").is_none() {
        let status = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "secrets_do_not_reach_the_command", "--nocapture"])
            .envs([("OPENAI_API_KEY", "hunter2"), ("MY_TOKEN", "hunter2"), ("LUNA_PASSWORD", "hunter2")])
            .envs([("ALPHA_VANTAGE", "hunter2"), ("CUSTOM_NAME", "hunter2"), ("HARMLESS", "seen")])
            .status()
            .unwrap();
        assert!(status.success());
        return;
    }
    let bench = Bench::with(|config| config.extra_secret_names = vec!["CUSTOM_NAME".into()]);
    let outcome = bench.run("env").await;
    assert!(outcome.stdout.contains("HARMLESS=seen\n"));
    assert!(!outcome.stdout.contains("hunter2"), "{}", outcome.stdout);
    // Nor by the way of the parent's open files.
    assert_eq!(bench.run("ls /proc/self/fd | tr '\\n' ' '").await.stdout.trim(), "0 1 2 3");
}

#[tokio::test]
async fn sudo_without_a_dialog_fails_at_once_instead_of_waiting_for_typing() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::new();
    let bin = bench.path().join("real");
    std::fs::create_dir(&bin).unwrap();
    let sudo = bin.join("sudo");
    std::fs::write(&sudo, "#!/bin/sh\nprintf '%s\\n' \"$*\"; case $1 in -n) echo 'sudo: a password is required' >&2; exit 1;; esac\n")
        .unwrap();
    std::fs::set_permissions(&sudo, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let ask = |env: &[(&str, &str)]| {
        let mut request = request("sudo id -u");
        request.context.env = env.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        request.context.env.insert("PATH".into(), path.clone());
        request
    };
    let without = bench.request(ask(&[("DISPLAY", "")])).await;
    assert_eq!((without.exit_code, without.stdout.as_str()), (Some(1), "-n id -u\n"));
    assert_eq!(without.stderr, "sudo: a password is required\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_commands_at_once_leave_nothing_behind() {
    let bench = std::sync::Arc::new(Bench::new());
    bench.run("true").await;
    let descriptors = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let zombies = || {
        let me = std::process::id().to_string();
        std::fs::read_dir("/proc")
            .unwrap()
            .flatten()
            .filter_map(|entry| std::fs::read_to_string(entry.path().join("stat")).ok())
            .filter(|stat| {
                let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
                fields[0] == "Z" && fields[1] == me
            })
            .count()
    };
    let before = descriptors();
    let all: Vec<_> = (0..50)
        .map(|n| {
            let bench = bench.clone();
            tokio::spawn(async move {
                (n, bench.run(&format!("sleep 0.2; echo {n}; echo e{n} >&2; exit {n}")).await)
            })
        })
        .collect();
    for task in all {
        let (n, outcome) = task.await.unwrap();
        assert_eq!(outcome.exit_code, Some(n));
        assert_eq!((outcome.stdout, outcome.stderr), (format!("{n}\n"), format!("e{n}\n")));
    }
    bench.shell.shutdown().await;
    assert_eq!((descriptors(), zombies()), (before, 0));
}

#[tokio::test]
async fn a_blocked_command_is_never_started() {
    let bench = Bench::new();
    let (io, _caller) = lines();
    let error = bench.shell.run(request("nc -e /bin/sh 127.0.0.1 9; touch ran"), io).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Forbidden);
    assert!(error.message.starts_with("command blocked: "), "{error}");
    assert!(!bench.path().join("home/ran").exists());
}

#[test]
fn plans_that_only_look_are_safe_and_plans_that_change_are_not() {
    let bench = Bench::new();
    let risk = |words: &str| {
        let plan = bench
            .shell
            .plan(words, &PlanContext::default())
            .unwrap_or_else(|| panic!("not understood: {words}"));
        plan.steps.iter().map(|step| bench.shell.judge(&step.command, &CommandContext::default()).risk).max()
    };
    for words in [
        "list files",
        "show disk usage",
        "check git status",
        "what is my ip address",
        "how much memory is free",
    ] {
        assert_eq!(risk(words), Some(Risk::Safe), "{words}");
    }
    for words in ["create a folder called photos", "delete notes.txt", "kill firefox", "push my changes"] {
        assert!(risk(words) > Some(Risk::Safe), "{words}");
    }
}
