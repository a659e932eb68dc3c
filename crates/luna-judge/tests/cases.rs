//! Holds the judge to the cases in `cases.txt`: a level and a command a line.

use std::path::PathBuf;

use luna_judge::Judge;
use luna_model::{CommandContext, Risk};

/// The user's home and the folder the cases run in.
fn project() -> (Judge, CommandContext) {
    let context = CommandContext { cwd: Some(PathBuf::from("/home/u/project")), ..CommandContext::default() };
    (Judge::new("/home/u"), context)
}

#[test]
fn every_case_has_its_level() {
    let (judge, context) = project();
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in include_str!("cases.txt").lines().filter(|l| !l.is_empty() && !l.starts_with("##")) {
        let (wanted, command) = line.split_once(' ').expect("a level and a command");
        let command = command.trim_start().replace('⏎', "\n");
        let verdict = judge.judge(&command, &context);
        let got = match (verdict.blocked, verdict.risk) {
            (true, _) => "blocked",
            (_, Risk::Dangerous) => "dangerous",
            (_, Risk::Moderate) => "moderate",
            (_, Risk::Safe) => "safe",
        };
        count += 1;
        if got != wanted {
            wrong.push(format!("{wanted:9} but {got:9} {command:?} {:?}", verdict.reasons));
        }
        assert_eq!(got == "safe", verdict.reasons.is_empty(), "a verdict says why: {command:?}");
    }
    assert!(count > 300, "only {count} cases");
    assert!(wrong.is_empty(), "{} of {count} cases:\n{}", wrong.len(), wrong.join("\n"));
}
