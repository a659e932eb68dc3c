//! Questions in the terminal: a confirmation with all there is to know about it, a choice, a key that is not shown.

use std::io::{self, BufRead as _, IsTerminal as _};

use anyhow::Result;
use luna_model::{Answer, Confirmation, Evidence, RuleMatch};
use rustyline::{DefaultEditor, error::ReadlineError};

use crate::screen::{self, BAD, CAREFUL, FAINT, STRONG, styled};

/// Whether there is somebody to ask.
pub(crate) fn somebody() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Shows a confirmation whole and waits for the answer. Blocks.
pub(crate) fn confirm(confirmation: &Confirmation) -> Result<Answer> {
    show(confirmation)?;
    let always = confirmation.always.is_some();
    let choices = if always { "[y]es, once   [a]lways   [n]o" } else { "[y]es, once   [n]o" };
    loop {
        let answer = ask(&format!("  {choices}: "))?;
        match answer.as_deref().map(str::trim) {
            Some("y" | "Y" | "yes") => return Ok(Answer::Once),
            Some("a" | "A" | "always") if always => return Ok(Answer::Always),
            // No answer (Ctrl-D, Ctrl-C) is no yes.
            Some("n" | "N" | "no") | None => return Ok(Answer::No),
            Some(_) => {}
        }
    }
}

fn show(confirmation: &Confirmation) -> Result<()> {
    let action = &confirmation.action;
    screen::line(format!("\n{} {}", styled(CAREFUL, "?"), styled(STRONG, &confirmation.summary)))?;
    let mut rows = vec![];
    let mut row = |name: &str, text: String| rows.push(vec![format!("  {}", styled(FAINT, name)), text]);
    row("tool", action.tool.clone());
    for (name, value) in action.input.as_object().into_iter().flatten() {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        row(name, text);
    }
    row("effect", confirmation.effect.clone());
    row("asked because", confirmation.why.clone());
    for evidence in &action.evidence {
        if let Evidence::Outside { origin } = evidence {
            row("beware", styled(BAD, format!("text from outside led to this: {origin}")));
        }
    }
    if let Some(risk) = confirmation.risk {
        row("risk", screen::risk(risk));
    }
    row("can be undone", if action.reversible { "yes".into() } else { styled(CAREFUL, "no") });
    if let Some(rule) = &confirmation.always {
        row("always would allow", rule_in_words(&rule.tool, &rule.matches));
    }
    Ok(screen::table(&rows)?)
}

fn rule_in_words(tool: &str, matches: &RuleMatch) -> String {
    match matches {
        RuleMatch::Any => format!("{tool}, whatever it is given"),
        RuleMatch::Exactly { .. } => format!("{tool} with exactly this"),
        RuleMatch::Field { name, value } => format!("{tool} where {name} is {value}"),
        RuleMatch::Under { name, prefix } => format!("{tool} where {name} is under {prefix}"),
        RuleMatch::Command { words } => format!("commands that begin with `{}`", words.join(" ")),
    }
}

/// Asks for a line; none = there is none any more, or Ctrl-C. Blocks.
pub(crate) fn ask(prompt: &str) -> Result<Option<String>> {
    // An editor of its own, since the terminal's Ctrl-C must end the question and not the program.
    match DefaultEditor::new()?.readline(prompt) {
        Ok(line) => Ok(Some(line)),
        Err(ReadlineError::Eof | ReadlineError::Interrupted) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Reads a key: typed unseen on a terminal, else the first line of standard input. Blocks.
pub(crate) fn key(prompt: &str) -> Result<String> {
    if io::stdin().is_terminal() {
        return Ok(rpassword::prompt_password(prompt)?);
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim().to_owned())
}
