//! `luna chat`: a conversation in the terminal, or one answer. The answer goes to standard output as it comes; what Luna
//! does meanwhile, to standard error.

use std::io::{self, IsTerminal as _, Read as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use futures::StreamExt as _;
use luna_app::{Events, Setup};
use luna_model::{Conversation, ConversationId, Event, Mode, Provider, ToolResult, TurnId};
use rustyline::{DefaultEditor, error::ReadlineError};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::reach::Reach;
use crate::screen::{self, BAD, FAINT, GOOD, LUNA, STRONG, styled};
use crate::signals::Interrupts;
use crate::{args, asking};

/// The exit code of what Ctrl-C stopped.
pub(crate) const STOPPED: u8 = 130;

/// Talks with Luna as the arguments say.
pub(crate) async fn chat(setup: &Setup, args: &args::Chat) -> Result<ExitCode> {
    let provider = args.provider.as_deref().map(provider).transpose()?;
    let said = match (args.message.join(" "), io::stdin().is_terminal()) {
        (words, false) if words.is_empty() => Some(io::read_to_string(io::stdin().lock().take(1 << 20))?),
        (words, _) if words.is_empty() => None,
        (words, _) => Some(words),
    };
    let reach = Reach::open(setup).await?;
    let conversation = if args.go_on { last(&reach).await? } else { args.conversation };
    let interrupts = Interrupts::listen()?;
    let mut talk = Talk {
        reach: &reach,
        conversation,
        provider,
        model: args.model.clone(),
        interrupts,
        mid_line: false,
    };
    let outcome = match said {
        Some(words) => talk.say(&words).await.map(ExitCode::from),
        None => talk.converse(setup.paths.data.join("history")).await,
    };
    reach.close().await;
    outcome
}

/// The provider of this name.
pub(crate) fn provider(name: &str) -> Result<Provider> {
    let Some(provider) = Provider::from_name(name) else {
        let names: Vec<_> = Provider::ALL.iter().map(|p| p.name()).collect();
        bail!("there is no provider called {name}; there are {}", names.join(", "));
    };
    Ok(provider)
}

async fn last(reach: &Reach) -> Result<Option<ConversationId>> {
    let conversations: Vec<Conversation> = reach.call("chat.conversations", json!({ "limit": 1 })).await?;
    Ok(conversations.first().map(|c| c.id))
}

/// A conversation, as it goes on.
struct Talk<'a> {
    reach: &'a Reach,
    conversation: Option<ConversationId>,
    provider: Option<Provider>,
    model: Option<String>,
    interrupts: Interrupts,
    /// Whether the answer's last line is still open.
    mid_line: bool,
}

#[derive(Deserialize)]
struct Hello {
    luna_name: String,
    model: String,
}

impl Talk<'_> {
    async fn converse(&mut self, history: PathBuf) -> Result<ExitCode> {
        let hello: Hello = self.reach.call("hello", json!({})).await?;
        let hint = "Ctrl-C stops an answer, Ctrl-D leaves, /help says more";
        screen::line(format!(
            "{} {}",
            styled(LUNA, &hello.luna_name),
            styled(FAINT, format!("({}) {hint}", hello.model))
        ))?;
        let mut editor = DefaultEditor::new()?;
        // None is there the first time.
        let _ = editor.load_history(&history);
        let prompt = "› ";
        let mut left_at = None;
        loop {
            let read;
            (editor, read) = tokio::task::spawn_blocking(move || {
                let read = editor.readline(prompt);
                (editor, read)
            })
            .await?;
            let line = match read {
                Ok(line) => line,
                Err(ReadlineError::Eof) => return Ok(ExitCode::SUCCESS),
                Err(ReadlineError::Interrupted) => {
                    screen::line(styled(FAINT, "(Ctrl-D leaves)"))?;
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let words = line.trim();
            if words.is_empty() {
                continue;
            }
            editor.add_history_entry(words)?;
            if let Err(error) = editor.append_history(&history)
                && left_at.replace(()).is_none()
            {
                screen::remark(styled(FAINT, format!("(the history of lines is not kept: {error})")));
            }
            match words.strip_prefix('/') {
                Some("quit" | "exit") => return Ok(ExitCode::SUCCESS),
                Some(command) if !command.contains('/') => self.command(command).await?,
                _ => self.go_on_after(words).await?,
            }
        }
    }

    /// A failed turn ends with a line, not the conversation.
    async fn go_on_after(&mut self, words: &str) -> Result<()> {
        match self.say(words).await {
            Err(error) if error.is::<luna_model::Error>() => {
                self.end_line()?;
                screen::remark(styled(BAD, error));
                Ok(())
            }
            other => other.map(drop),
        }
    }

    async fn command(&mut self, command: &str) -> Result<()> {
        match command {
            "new" => {
                self.conversation = None;
                screen::line(styled(FAINT, "(a new conversation)"))?;
            }
            "help" => {
                let rows = [
                    ("/new", "begin a new conversation"),
                    ("/quit", "leave; the conversation is kept (`luna chat --continue` goes on with it)"),
                    ("Ctrl-C", "stop the answer; what was said so far is kept"),
                ];
                let rows: Vec<_> =
                    rows.map(|(a, b)| vec![format!("  {}", styled(STRONG, a)), b.into()]).into();
                screen::table(&rows)?;
            }
            other => {
                screen::line(styled(FAINT, format!("(there is no /{other}; /help lists what there is)")))?
            }
        }
        Ok(())
    }

    /// One turn; the exit code that its end deserves.
    async fn say(&mut self, words: &str) -> Result<u8> {
        let mut input = json!({ "message": words });
        let mut give = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                input[name] = value;
            }
        };
        give("conversation", self.conversation.map(|c| json!(c)));
        give("provider", self.provider.map(|p| json!(p)));
        give("model", self.model.as_ref().map(|m| json!(m)));
        let mut events: Events = self.reach.events("chat.send", input).await?;
        let mut turn = None;
        let mut code = 0;
        loop {
            let event = tokio::select! {
                event = events.next() => event,
                () = self.interrupts.next() => {
                    code = STOPPED;
                    self.stop(turn).await?;
                    continue;
                }
            };
            match event {
                None => break,
                Some(Err(error)) => return Err(error.into()),
                Some(Ok(Event::TurnStarted { conversation, turn: begun, .. })) => {
                    (self.conversation, turn) = (Some(conversation), Some(begun));
                }
                Some(Ok(Event::TurnFailed { message, .. })) => {
                    self.end_line()?;
                    screen::remark(styled(BAD, message));
                    code = 1;
                }
                Some(Ok(Event::ConfirmationAsked { confirmation })) => {
                    self.end_line()?;
                    let (action, answer) = (confirmation.action.id, answer(*confirmation).await?);
                    let input = json!({ "action": action, "answer": answer });
                    if let Err(error) = self.reach.call::<Value>("confirmations.answer", input).await {
                        screen::remark(styled(FAINT, format!("(too late: {error})")));
                    }
                }
                Some(Ok(other)) => self.show(&other)?,
            }
        }
        self.end_line()?;
        Ok(code)
    }

    async fn stop(&mut self, turn: Option<TurnId>) -> Result<()> {
        if let Some(turn) = turn {
            // It may have ended by itself in this moment.
            let _ = self.reach.call::<Value>("chat.stop", json!({ "turn": turn })).await;
        }
        Ok(())
    }

    fn show(&mut self, event: &Event) -> Result<()> {
        match event {
            Event::Token { text, .. } => {
                screen::flow(text)?;
                if !text.is_empty() {
                    self.mid_line = !text.ends_with('\n');
                }
            }
            Event::ToolStarted { call, mode, .. } if *mode != Mode::Confirm => {
                self.end_line()?;
                let input = screen::cut(&call.input.to_string(), 70);
                screen::remark(styled(FAINT, format!("· {} {input}", call.name)));
            }
            Event::ToolEnded { result, duration_ms, .. } => {
                self.end_line()?;
                screen::remark(tool_ended(result, *duration_ms));
            }
            Event::TurnEnded { stopped: true, .. } => {
                self.end_line()?;
                screen::remark(styled(FAINT, "(stopped; what was said is kept)"));
            }
            Event::Notice { text, .. } => {
                self.end_line()?;
                screen::remark(styled(FAINT, text));
            }
            _ => {}
        }
        Ok(())
    }

    fn end_line(&mut self) -> Result<()> {
        if std::mem::take(&mut self.mid_line) {
            screen::line("")?;
        }
        Ok(())
    }
}

fn tool_ended(result: &ToolResult, duration_ms: u64) -> String {
    let mark = if result.is_error { styled(BAD, "✗") } else { styled(GOOD, "✓") };
    let first = result.content.lines().find(|l| !l.trim().is_empty()).unwrap_or_default();
    format!(
        "  {mark} {}",
        styled(FAINT, format!("{} ({duration_ms} ms) {}", result.name, screen::cut(first, 60)))
    )
}

/// What the user says to a question; no when nobody is there.
async fn answer(confirmation: luna_model::Confirmation) -> Result<luna_model::Answer> {
    if !asking::somebody() {
        screen::remark(styled(
            FAINT,
            format!("(refused, since nobody is at the terminal to say yes: {})", confirmation.summary),
        ));
        return Ok(luna_model::Answer::No);
    }
    tokio::task::spawn_blocking(move || asking::confirm(&confirmation)).await?
}
