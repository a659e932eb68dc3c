//! Fuzzes the command judge: it never panics, says the same twice, and never thinks better of a command that is hidden in
//! another. How it is run: README.md one folder up.
#![no_main]

use libfuzzer_sys::fuzz_target;
use luna_judge::{Judge, rule_fits};
use luna_model::CommandContext;

fuzz_target!(|command: &str| {
    // A command near the limits is refused sooner when it is wrapped; that is another matter.
    if command.len() > 2_000 {
        return;
    }
    let (judge, context) = (Judge::new("/home/u"), CommandContext::default());
    let verdict = judge.judge(command, &context);
    assert_eq!(verdict, judge.judge(command, &context));
    assert!(!verdict.blocked || !rule_fits(&["ls".to_owned()], &verdict));
    judge.explain(command);
    judge.files_at_stake(command, &context);

    // A shell of its own has arguments of its own.
    let own = |rest: &str| {
        rest.trim_start_matches(['{', '!', '#'])
            .starts_with(|c: char| c.is_ascii_digit() || "@*#".contains(c))
    };
    // What begins with a dash is an option to it.
    if command.split('$').skip(1).any(own) || command.starts_with(['-', '+']) {
        return;
    }
    let quoted = format!("'{}'", command.replace('\'', r"'\''"));
    for hidden in [
        format!("bash -c {quoted}"),
        format!("eval {quoted}"),
        format!("sudo sh -c {quoted}"),
        format!("echo $(sh -c {quoted})"),
    ] {
        let wrapped = judge.judge(&hidden, &context);
        assert!((wrapped.blocked, wrapped.risk) >= (verdict.blocked, verdict.risk), "{hidden:?}");
    }
});
