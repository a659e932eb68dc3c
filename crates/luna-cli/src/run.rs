//! `luna run`: words become a plan, the plan is shown with its risks, what is approved runs with live output.

use std::io::{self, IsTerminal as _, Read as _};
use std::process::ExitCode;

use anyhow::{Result, bail};
use futures::StreamExt as _;
use luna_app::Setup;
use luna_model::{Event, OutputStream, Plan, Risk, RunState, Step, StepState};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::chat::STOPPED;
use crate::reach::Reach;
use crate::screen::{self, BAD, CAREFUL, FAINT, GOOD, STRONG, styled};
use crate::signals::Interrupts;
use crate::{args, asking};

pub(crate) async fn run(setup: &Setup, args: &args::Run) -> Result<ExitCode> {
    let reach = Reach::open(setup).await?;
    let outcome = plan_and_run(&reach, args).await;
    reach.close().await;
    outcome
}

async fn plan_and_run(reach: &Reach, args: &args::Run) -> Result<ExitCode> {
    let cwd = args.cwd.clone().map_or_else(std::env::current_dir, Ok)?;
    let input = json!({ "words": args.words.join(" "), "context": { "current_dir": cwd } });
    let plan: Plan = reach.call("runs.plan", input).await?;
    show(&plan)?;
    if args.dry_run {
        return Ok(ExitCode::SUCCESS);
    }
    if plan.steps.iter().all(|s| s.verdict.blocked) {
        bail!("nothing in this plan may run");
    }
    let approved = approve(plan.steps.clone(), args.yes).await?;
    if approved.is_empty() {
        screen::line(styled(FAINT, "Nothing was run."))?;
        return Ok(ExitCode::FAILURE);
    }
    perform(reach, &plan, &approved).await
}

fn show(plan: &Plan) -> Result<()> {
    let about = plan.estimated_time.as_ref().map_or_else(String::new, |time| format!(", about {time}"));
    screen::line(styled(FAINT, format!("A plan by {}{about}:", plan.planner)))?;
    let steps: Vec<_> =
        plan.steps.iter().map(|s| vec![s.id.to_string(), level(s), s.description.clone()]).collect();
    let indent = "   ";
    for (step, row) in plan.steps.iter().zip(steps) {
        screen::line(format!("{:>2} {}  {}", row[0], row[2], format_args!("({})", row[1])))?;
        for line in step.command.lines() {
            screen::line(format!("{indent}{} {}", styled(FAINT, "$"), styled(STRONG, line)))?;
        }
        for reason in step.verdict.reasons.iter().filter(|r| r.blocks || r.risk > Risk::Safe) {
            screen::line(format!("{indent}{}", styled(FAINT, format!("{}: {}", reason.words, reason.why))))?;
        }
    }
    Ok(())
}

fn level(step: &Step) -> String {
    if step.verdict.blocked { styled(BAD, "blocked, will not run") } else { screen::risk(step.verdict.risk) }
}

/// The steps the user wants, each as it was shown.
async fn approve(steps: Vec<Step>, yes: bool) -> Result<Vec<Step>> {
    let asked = |s: &Step| s.verdict.risk == Risk::Dangerous;
    let steps: Vec<_> = steps.into_iter().filter(|s| !s.verdict.blocked).collect();
    let needs_somebody = !yes || steps.iter().any(asked);
    if needs_somebody && !asking::somebody() {
        if yes {
            bail!(
                "a step of this plan is dangerous, and --yes is only for the others: run it in a terminal, where you are asked"
            );
        }
        bail!("nobody is at the terminal to approve the plan; --yes approves safe and moderate steps");
    }
    if yes && !needs_somebody {
        return Ok(steps);
    }
    tokio::task::spawn_blocking(move || {
        let each = yes
            || match choose("Run it? [a]ll   [s]tep by step   [n]o: ", &["a", "s", "n"])? {
                "a" => return Ok(steps),
                "s" => true,
                _ => return Ok(vec![]),
            };
        let mut approved = vec![];
        for step in steps {
            if (yes && !asked(&step)) || !each {
                approved.push(step);
                continue;
            }
            let question = format!("{} {}  [y]es   [n]o   [q]uit: ", step.id, screen::cut(&step.command, 60));
            match choose(&question, &["y", "n", "q"])? {
                "y" => approved.push(step),
                "q" => return Ok(vec![]),
                _ => {}
            }
        }
        Ok(approved)
    })
    .await?
}

/// One of the choices; the last one when there is no answer.
fn choose<'a>(question: &str, choices: &[&'a str]) -> Result<&'a str> {
    loop {
        let Some(answer) = asking::ask(question)? else { return Ok(choices[choices.len() - 1]) };
        let answer = answer.trim().to_ascii_lowercase();
        if let Some(choice) = choices.iter().find(|c| !answer.is_empty() && answer.starts_with(**c)) {
            return Ok(choice);
        }
    }
}

async fn perform(reach: &Reach, plan: &Plan, approved: &[Step]) -> Result<ExitCode> {
    let steps: Vec<_> = approved
        .iter()
        .map(|s| json!({ "id": s.id, "command": s.command, "description": s.description }))
        .collect();
    let mut interrupts = Interrupts::listen()?;
    let mut events = reach.events("runs.start", json!({ "plan": plan.id, "steps": steps })).await?;
    let mut typed = typed();
    let mut code = 0;
    loop {
        let event = tokio::select! {
            event = events.next() => event,
            () = interrupts.next() => {
                // It may have ended by itself in this moment.
                let _ = reach.call::<Value>("runs.cancel", json!({ "run": plan.id })).await;
                code = STOPPED;
                continue;
            }
            Some(text) = typed.recv() => {
                // Between two steps nobody reads it.
                let _ = reach.call::<Value>("runs.input", json!({ "run": plan.id, "data": text })).await;
                continue;
            }
        };
        match event {
            None => return Ok(ExitCode::from(code)),
            Some(Err(error)) => return Err(error.into()),
            Some(Ok(Event::StepOutput { stream, data, .. })) => {
                screen::raw(data.as_bytes(), stream == OutputStream::Stderr)?;
            }
            Some(Ok(Event::StepChanged { step, state, exit_code, duration_ms, error, .. })) => {
                if let Some(step) = plan.steps.iter().find(|s| s.id == step) {
                    step_changed(step, state, exit_code, duration_ms, error);
                }
                if state == StepState::Failed && code == 0 {
                    code = exit_code.and_then(|c| u8::try_from(c).ok()).filter(|c| *c != 0).unwrap_or(1);
                }
            }
            Some(Ok(Event::RunChanged { state: RunState::Cancelled, .. })) => {
                screen::remark(styled(FAINT, "(stopped)"));
            }
            Some(Ok(_)) => {}
        }
    }
}

fn step_changed(
    step: &Step,
    state: StepState,
    exit_code: Option<i32>,
    ms: Option<u64>,
    error: Option<String>,
) {
    let took = ms.map_or_else(String::new, |ms| format!(" ({:.1} s)", ms as f64 / 1000.0));
    let said = match state {
        StepState::Pending => return,
        StepState::Running => styled(FAINT, format!("── {} {}", step.id, step.description)),
        StepState::Completed => styled(GOOD, format!("── {} done{took}", step.id)),
        StepState::Skipped => styled(CAREFUL, format!("── {} skipped", step.id)),
        StepState::Failed => {
            let why =
                error.or(exit_code.map(|c| format!("exit code {c}"))).unwrap_or_else(|| "killed".into());
            styled(BAD, format!("── {} failed: {why}{took}", step.id))
        }
    };
    screen::remark(said);
}

/// What is typed while a step runs, so that a program which asks something gets its answer. The thread waits for the
/// terminal and ends with the program.
fn typed() -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(8);
    if io::stdin().is_terminal() {
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = io::stdin().lock().read(&mut buffer) {
                let text = String::from_utf8_lossy(&buffer[..count]).into_owned();
                if sender.blocking_send(text).is_err() {
                    break;
                }
            }
        });
    }
    receiver
}
