//! Shell commands in chat: run one, plan some from words, explain one.

use luna_model::{CommandRequest, Mode, OutputStream, PlanContext, Result, RuleMatch};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Call, Described, Output, Tool, cut};
use crate::Luna;
use crate::gate::risk_words;

const MOST_READ: usize = 8_000;

/// The tool every shell command passes the gate as, whoever runs it.
pub(crate) const TOOL: &str = "run_command";

#[derive(Deserialize, JsonSchema)]
pub(crate) struct CommandArgs {
    /// The command, as bash reads it.
    command: String,
}

pub(crate) struct RunCommand;

impl Tool for RunCommand {
    const NAME: &'static str = TOOL;
    const DESCRIPTION: &'static str = "Runs one shell command on the user's machine, in their home folder. Commands that only read run at once; others are asked.";
    const MODE: Mode = Mode::Confirm;
    type Args = CommandArgs;

    fn describe(luna: &Luna, args: &CommandArgs) -> Described {
        luna.describe_command(&args.command, &luna_model::CommandContext::default())
    }

    async fn run(luna: Luna, args: CommandArgs, call: Call) -> Result<Output> {
        let request =
            CommandRequest { command: args.command, context: call.context, timeout_s: None, size: None };
        let outcome = luna.run_quietly(request, call.cancel).await?;
        luna.running().command_ended(call.action.id, outcome.clone());
        let ended = match (outcome.exit_code, outcome.timed_out, outcome.cancelled) {
            (_, true, _) => "stopped: it took too long".to_owned(),
            (_, _, true) => "stopped".to_owned(),
            (Some(code), ..) => format!("exit code {code}"),
            (None, ..) => "killed".to_owned(),
        };
        let mut content = cut(&outcome.stdout, MOST_READ);
        if !outcome.stderr.is_empty() {
            content.push_str(&format!(
                "\n[{}]\n{}",
                stream_name(OutputStream::Stderr),
                cut(&outcome.stderr, MOST_READ / 4)
            ));
        }
        content.push_str(&format!("\n[{ended}]"));
        if let Some(file) = outcome.full_output {
            content.push_str(&format!("\n[the whole output is in {}]", file.display()));
        }
        let failed = outcome.exit_code != Some(0);
        Ok(Output {
            content: content.trim_start().into(),
            summary: ended,
            origin: Some("a command's output".into()),
            failed,
        })
    }
}

const fn stream_name(stream: OutputStream) -> &'static str {
    match stream {
        OutputStream::Stdout => "standard output",
        OutputStream::Stderr => "standard error",
    }
}

impl Luna {
    /// What running a command would do, for the gate and its question.
    pub(crate) fn describe_command(&self, command: &str, context: &luna_model::CommandContext) -> Described {
        let verdict = self.shell().judge(command, context);
        let always = self.shell().narrowest_rule(command, context).map(|words| RuleMatch::Command { words });
        let reasons: Vec<_> =
            verdict.reasons.iter().take(4).map(|r| format!("`{}`: {}", r.words, r.why)).collect();
        let effect =
            if reasons.is_empty() { format!("It {}.", risk_words(verdict.risk)) } else { reasons.join("\n") };
        Described {
            summary: format!("Run a command: {}", cut(command, 120)),
            effect,
            changes: verdict.risk > luna_model::Risk::Safe,
            keeps: self.shell().files_at_stake(command, context),
            reversible: verdict.reversible,
            sends_to: None,
            verdict: Some(verdict),
            always,
        }
    }
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct WordsArgs {
    /// What should be done, in plain words: "install htop".
    words: String,
}

pub(super) struct PlanCommands;

impl Tool for PlanCommands {
    const NAME: &'static str = "plan_commands";
    const DESCRIPTION: &'static str = "Turns plain words into a plan of shell commands with their risks. Runs nothing; the user runs the plan from the Run screen.";
    const MODE: Mode = Mode::Allow;
    type Args = WordsArgs;

    fn describe(_: &Luna, args: &WordsArgs) -> Described {
        Described::reads(format!("Plan: {}", args.words))
    }

    async fn run(luna: Luna, args: WordsArgs, _: Call) -> Result<Output> {
        let plan = luna.plan(&args.words, PlanContext::default()).await?;
        let steps = plan.steps.iter().map(|s| {
            let risk = serde_json::to_value(s.verdict.risk)
                .ok()
                .and_then(|v| v.as_str().map(str::to_owned))
                .unwrap_or_default();
            format!("{}. {} — `{}` ({risk})", s.id, s.description, s.command)
        });
        let content = steps.collect::<Vec<_>>().join("\n");
        let summary = format!("Planned {} steps", plan.steps.len());
        Ok(Output { content: format!("Plan {}:\n{content}", plan.id), summary, origin: None, failed: false })
    }
}

pub(super) struct ExplainCommand;

impl Tool for ExplainCommand {
    const NAME: &'static str = "explain_command";
    const DESCRIPTION: &'static str = "Explains what a shell command does and how risky it is. Runs nothing.";
    const MODE: Mode = Mode::Allow;
    type Args = CommandArgs;

    fn describe(_: &Luna, args: &CommandArgs) -> Described {
        Described::reads(format!("Explain a command: {}", cut(&args.command, 120)))
    }

    async fn run(luna: Luna, args: CommandArgs, _: Call) -> Result<Output> {
        Ok(Output::ours(luna.shell().explain(&args.command)))
    }
}
