//! `luna judge`: how risky commands are. No database, no server, no settings: the judge and the words alone.

use std::io::{self, BufRead as _, BufWriter, Write as _};
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use luna_judge::Judge;
use luna_model::{CommandContext, Risk, Verdict};
use serde_json::json;

use crate::{args, screen};

pub(crate) fn judge(args: &args::Judge) -> Result<()> {
    let home = std::env::home_dir().unwrap_or_else(|| PathBuf::from("/"));
    let judge = Judge::new(home);
    let cwd = args.cwd.clone().or_else(|| std::env::current_dir().ok());
    let context = CommandContext { cwd, ..CommandContext::default() };
    if args.json {
        return judge_json(args, &judge, &context);
    }
    if !args.commands.is_empty() {
        return args.commands.iter().try_for_each(|c| show(c, &judge.judge(c, &context)));
    }
    for command in io::stdin().lock().lines() {
        let command = command.context("standard input cannot be read as text")?;
        if !command.trim().is_empty() {
            show(&command, &judge.judge(&command, &context))?;
        }
    }
    Ok(())
}

/// One JSON string a line in, one object a line out, each written before the next line is awaited.
fn judge_json(args: &args::Judge, judge: &Judge, context: &CommandContext) -> Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut answer = |command: &str| -> Result<()> {
        serde_json::to_writer(&mut out, &wire(command, &judge.judge(command, context)))
            .map_err(io::Error::from)?;
        out.write_all(b"\n")?;
        Ok(out.flush()?)
    };
    if !args.commands.is_empty() {
        return args.commands.iter().try_for_each(|c| answer(c));
    }
    for (number, line) in io::stdin().lock().lines().enumerate() {
        let line = line.context("standard input cannot be read as text")?;
        if line.trim().is_empty() {
            continue;
        }
        let command: String = serde_json::from_str(&line).with_context(|| {
            format!("line {} is no JSON string; without --json, lines are read as they are", number + 1)
        })?;
        answer(&command)?;
    }
    Ok(())
}

fn wire(command: &str, verdict: &Verdict) -> serde_json::Value {
    let reasons: Vec<_> = verdict.reasons.iter().map(|r| format!("{}: {}", r.words, r.why)).collect();
    json!({ "command": command, "level": verdict.risk, "blocked": verdict.blocked, "reasons": reasons })
}

fn show(command: &str, verdict: &Verdict) -> Result<()> {
    let level =
        if verdict.blocked { screen::styled(screen::BAD, "blocked") } else { screen::risk(verdict.risk) };
    screen::line(format!("{level}  {command}"))?;
    for reason in verdict.reasons.iter().filter(|r| r.risk > Risk::Safe || r.blocks) {
        screen::line(format!(
            "  {} {}",
            screen::styled(screen::FAINT, format!("{}:", reason.words)),
            reason.why
        ))?;
    }
    Ok(())
}
