//! The driver of a turn: performs what the machine asks for, streams the events, and keeps what was said.

use std::time::{Duration, Instant};

use futures::StreamExt as _;
use luna_model::{
    Actor, Error, ErrorKind, Event, Evidence, Message, MessageId, MessageState, ModelEvent, ModelRequest,
    Result, Role, Standing, ToolCall, ToolResult, ToolSpec, ToolUse, Turn, Usage,
};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::machine::{Effect, Input, Machine};
use super::prompt::{self, Prompt, marked};
use super::text_calls::TextCalls;
use super::{Asker, Begun, Guest, Persona};
use crate::Luna;
use crate::actions::Doing;
use crate::modules::MEMORY;
use crate::ports::ModelStream;

/// How often an answer that is being written is kept, so that a crash loses no more than this.
const CHECKPOINT: Duration = Duration::from_secs(2);
/// A reader that takes nothing for so long has gone.
const STALLED: Duration = Duration::from_secs(60);
/// Told to the model when it has used up its rounds.
const COME_TO_AN_END: &str = "You have used all tool calls of this turn. Say now, without tools, what you found or did and what is left.";

pub(super) struct Driver {
    luna: Luna,
    begun: Begun,
    events: mpsc::Sender<Event>,
    answer: MessageId,
    machine: Machine,
    text_calls: Option<TextCalls>,
    turns: Vec<Turn>,
    system: String,
    /// Where text from outside came from that the model has read.
    outside: Vec<String>,
    /// The packages whose instructions the model reads, and what they may do.
    packages: Vec<Evidence>,
    /// What the user wrote and what tools gave back in this turn.
    heard: String,
    checkpoint: (Instant, Option<JoinHandle<()>>),
}

impl Driver {
    pub(super) fn new(luna: Luna, begun: Begun, events: mpsc::Sender<Event>) -> Self {
        Self {
            luna,
            heard: begun.request.message.clone(),
            text_calls: (!begun.model.tools).then(TextCalls::default),
            begun,
            events,
            answer: MessageId::new(),
            machine: Machine::default(),
            turns: vec![],
            system: String::new(),
            outside: vec![],
            packages: vec![],
            checkpoint: (Instant::now(), None),
        }
    }

    pub(super) async fn run(mut self) {
        let started = Event::TurnStarted {
            conversation: self.begun.conversation,
            turn: self.begun.turn,
            message: self.begun.question,
            model: self.begun.model.name.clone(),
            provider: self.begun.model.provider.name().to_owned(),
        };
        self.tell(started).await;
        let effect = match self.read_up().await {
            Ok(()) => self.converse().await,
            Err(error) => Effect::Fail(error),
        };
        self.finish(effect).await;
    }

    /// Gathers what the model is given to read.
    async fn read_up(&mut self) -> Result<()> {
        let settings = self.luna.settings().current();
        let native = self.begun.model.tools;
        let past = self.begun.request.past.clone();
        let window = past.as_ref().map_or(settings.history_messages, |p| p.messages).clamp(2, 400);
        if let Some(persona) = self.begun.request.persona.clone() {
            return self.read_up_as(&persona, window).await;
        }
        let may_know = self.begun.asker.may_know();
        let recalled_facts =
            if may_know && self.luna.has_module(MEMORY) { settings.recalled_facts as usize } else { 0 };
        let recalled = self.luna.memory().recall_for(&self.begun.request.message, recalled_facts);
        let skills =
            self.luna.skills().fitting(&self.begun.request.message, &settings.skills_off, self.luna.recall());
        let (context, facts, skills) =
            tokio::join!(self.luna.db().context(self.begun.conversation, window), recalled, skills);
        let (messages, summary) = context?;
        // Memory that does not answer must not keep Luna from answering.
        let facts = facts.unwrap_or_else(|error| {
            tracing::warn!(%error, "nothing could be recalled");
            vec![]
        });
        self.packages = self.luna.packages_among(&skills).await?;
        let summary = match past {
            Some(past) => past.summary,
            None => summary.map(|s| s.text),
        };
        let specs = self.tools();
        let personality = self.luna.memory().personality_prompt().await;
        let prompt = Prompt {
            luna_name: &settings.luna_name,
            user_name: &settings.user_name,
            now: &self.luna.clock().local(),
            mode: self.begun.request.mode,
            tone: self.begun.request.tone,
            personality,
            house: self.luna.house().map(crate::house::House::words),
            facts: &facts,
            summary: summary.as_deref(),
            instructions: &[Some(settings.instructions.as_str()), self.begun.request.instructions.as_deref()],
            skills: &skills,
            manner: match &self.begun.asker {
                Asker::User => self.luna.manner_for_user(),
                _ => None,
            },
            guest: match &self.begun.asker {
                Asker::Guest(guest) => Some(guest),
                _ => None,
            },
            text_tools: if native { &[] } else { &specs },
        };
        self.system = prompt.system();
        self.take_up(&messages).await;
        Ok(())
    }

    /// The same for a role: its own instructions, and what was said to it.
    async fn read_up_as(&mut self, persona: &Persona, window: u32) -> Result<()> {
        let (messages, _) = self.luna.db().context(self.begun.conversation, window).await?;
        let tools = if self.begun.model.tools { vec![] } else { self.tools() };
        self.system = prompt::role(persona, &self.luna.clock().local(), &tools);
        self.take_up(&messages).await;
        Ok(())
    }

    async fn take_up(&mut self, messages: &[Message]) {
        self.turns = prompt::turns(messages, self.begun.model.tools);
        let earlier =
            messages.iter().flat_map(|m| &m.tools).filter_map(|u| u.result.as_ref()).any(|r| r.from_outside);
        if earlier {
            self.outside.push("an earlier tool call of this conversation".into());
        }
        let mut said =
            messages.iter().filter(|m| m.role == Role::User).map(|m| m.content.find(prompt::OUTSIDE));
        if said.clone().any(|at| at == Some(0)) {
            self.outside.push("a webhook or an email".into());
        }
        if said.any(|at| at > Some(0)) {
            self.outside.push("a file in this conversation".into());
        }
        if messages.iter().any(|m| !m.images.is_empty()) {
            self.outside.push("a picture in this conversation".into());
        }
        if !self.begun.model.images {
            self.luna.pictures_in_words(&mut self.turns).await;
        }
    }

    /// The tools that may be called in this turn.
    fn tools(&self) -> Vec<ToolSpec> {
        let mut tools = self.luna.offered_tools();
        if let Some(persona) = &self.begun.request.persona {
            tools.retain(|tool| persona.tools.contains(&tool.name));
        }
        if let Asker::Guest(guest) = &self.begun.asker {
            let may = crate::channels::tools_for(guest.standing);
            tools.retain(|tool| may.contains(&tool.name.as_str()));
        }
        tools
    }

    async fn converse(&mut self) -> Effect {
        let mut ask = Effect::Ask { with_tools: true };
        loop {
            ask = match ask {
                Effect::Ask { with_tools } => self.ask(with_tools).await,
                Effect::CallTools { said, calls } => {
                    let uses = self.call_tools(said, calls).await;
                    if self.begun.occupied.cancel.is_cancelled() {
                        self.machine.step(Input::ToolsDone(uses));
                        Effect::Finish(MessageState::Stopped)
                    } else {
                        // The machine always asks again after tools.
                        self.machine
                            .step(Input::ToolsDone(uses))
                            .unwrap_or(Effect::Finish(MessageState::Complete))
                    }
                }
                end => return end,
            };
        }
    }

    /// Asks the model once and streams its answer; what is to be done next.
    async fn ask(&mut self, with_tools: bool) -> Effect {
        let cancel = self.begun.occupied.cancel.clone();
        let mut unpaid = self.begun.meter.is_some();
        let opened = tokio::select! {
            opened = self.open(with_tools) => opened,
            () = cancel.cancelled() => return Effect::Finish(MessageState::Stopped),
        };
        let mut stream = match opened {
            Ok(stream) => stream,
            Err(error) => return Effect::Fail(error),
        };
        loop {
            let next = tokio::select! {
                biased;
                () = cancel.cancelled() => return Effect::Finish(MessageState::Stopped),
                next = stream.next() => next,
            };
            match &next {
                Some(Ok(ModelEvent::Usage(used))) => {
                    self.pay(*used).await;
                    unpaid = false;
                }
                Some(Ok(ModelEvent::End(_))) | Some(Err(_)) | None if unpaid => {
                    self.pay(self.estimate()).await;
                    unpaid = false;
                }
                _ => {}
            }
            for input in self.inputs(next) {
                match self.machine.step(input) {
                    Some(Effect::Say(text)) => self.say(text).await,
                    Some(Effect::Think(text)) => {
                        self.tell(Event::Thinking { turn: self.begun.turn, text }).await
                    }
                    Some(next) => return next,
                    None => {}
                }
            }
        }
    }

    async fn pay(&self, used: Usage) {
        if let Some(meter) = &self.begun.meter {
            meter.pay(&self.luna, &self.begun.model, used).await;
        }
    }

    /// What a call used whose provider did not say: four characters to a token.
    fn estimate(&self) -> Usage {
        let read = |turn: &Turn| match turn {
            Turn::User { content, .. } => content.len(),
            Turn::Assistant { content, calls } => {
                content.len() + calls.iter().map(|c| c.input.to_string().len()).sum::<usize>()
            }
            Turn::Tools { results } => results.iter().map(|r| r.content.len()).sum(),
        };
        let tokens = |bytes: usize| u64::try_from(bytes / 4).unwrap_or(u64::MAX);
        let input = self.system.len() + self.turns.iter().map(read).sum::<usize>();
        Usage { input_tokens: tokens(input), output_tokens: tokens(self.machine.said.len()) }
    }

    async fn open(&self, with_tools: bool) -> Result<ModelStream> {
        if let Some(meter) = &self.begun.meter {
            meter.open(&self.luna).await?;
        }
        let native = self.begun.model.tools && with_tools;
        let tools = if native { self.tools() } else { vec![] };
        let mut system = self.system.clone();
        if !with_tools {
            system.push_str("\n\n");
            system.push_str(COME_TO_AN_END);
        }
        let request = ModelRequest {
            provider: self.begun.request.provider,
            model: self.begun.request.model.clone(),
            system,
            turns: self.turns.clone(),
            tools,
            temperature: Some(0.7),
            conversation: Some(self.begun.conversation),
            json_schema: self.begun.request.persona.as_ref().and_then(|p| p.schema.clone()),
            now: Some(self.luna.clock().local()),
            ..ModelRequest::default()
        };
        self.luna.llm().stream(request).await
    }

    /// What one event of the model means to the machine; text calls are taken out of the text here.
    fn inputs(&mut self, next: Option<Result<ModelEvent>>) -> Vec<Input> {
        let event = match next {
            Some(Ok(event)) => event,
            Some(Err(error)) => return vec![Input::Failed(error)],
            None => return vec![Input::Failed(Error::unavailable("the model's answer was cut off"))],
        };
        match (event, &mut self.text_calls) {
            (ModelEvent::Text(text), None) => vec![Input::Text(text)],
            (ModelEvent::Text(text), Some(reader)) => split(reader.push(&text)),
            (ModelEvent::Thinking(text), _) => vec![Input::Thinking(text)],
            (ModelEvent::ToolCall(call), _) => vec![Input::Call(call)],
            (ModelEvent::Usage(usage), _) => vec![Input::Usage(usage)],
            (ModelEvent::End(_), None) => vec![Input::End],
            (ModelEvent::End(_), Some(reader)) => {
                let mut inputs = split(reader.end());
                inputs.push(Input::End);
                inputs
            }
        }
    }

    async fn say(&mut self, text: String) {
        if text.is_empty() {
            return;
        }
        self.tell(Event::Token { turn: self.begun.turn, text }).await;
        let (last, pending) = &mut self.checkpoint;
        if last.elapsed() > CHECKPOINT && pending.as_ref().is_none_or(JoinHandle::is_finished) {
            let (db, message) = (self.luna.db().clone(), self.message(MessageState::Stopped));
            self.checkpoint = (
                Instant::now(),
                Some(tokio::spawn(async move {
                    if let Err(error) = db.save_answer(message).await {
                        tracing::warn!(%error, "an unfinished answer could not be kept");
                    }
                })),
            );
        }
    }

    /// Runs the tools of one round: those that only read side by side, the others in their order.
    async fn call_tools(&mut self, said: String, calls: Vec<ToolCall>) -> Vec<ToolUse> {
        let mut uses = Vec::with_capacity(calls.len());
        let mut results = Vec::with_capacity(calls.len());
        let mut rest = calls.as_slice();
        while !rest.is_empty() {
            let beside = rest.iter().take_while(|c| self.luna.only_reads(c)).count().max(1);
            let (now, later) = rest.split_at(beside);
            rest = later;
            let doing = self.doing();
            let done =
                futures::future::join_all(now.iter().map(|c| self.luna.call_tool(c.clone(), &doing))).await;
            for done in done {
                let Some(result) = &done.tool_use.result else { continue };
                let origin = done.origin.unwrap_or_default();
                results.push(ToolResult { content: marked(result, &origin), ..result.clone() });
                self.heard.push('\n');
                self.heard.push_str(&result.content);
                if result.from_outside {
                    self.outside.push(format!("{} {origin}", result.name));
                }
                uses.push(done.tool_use);
            }
        }
        self.remember_round(said, calls, results);
        uses
    }

    /// Gives the round's calls and results to the model with its next request.
    fn remember_round(&mut self, said: String, calls: Vec<ToolCall>, results: Vec<ToolResult>) {
        if self.text_calls.is_none() {
            self.turns.push(Turn::Assistant { content: said, calls });
            self.turns.push(Turn::Tools { results });
            return;
        }
        let asked = calls
            .iter()
            .map(|c| serde_json::json!({"tool_call": {"tool": c.name, "args": c.input}}).to_string());
        let asked = asked.collect::<Vec<_>>().join("\n");
        self.turns.push(Turn::Assistant { content: format!("{said}{asked}"), calls: vec![] });
        let told: Vec<_> = results.iter().map(|r| format!("Result of {}:\n{}", r.name, r.content)).collect();
        self.turns.push(Turn::User { content: told.join("\n\n"), images: vec![] });
    }

    fn doing(&self) -> Doing {
        let said: String =
            self.begun.request.message.lines().next().unwrap_or_default().chars().take(200).collect();
        let mut evidence = vec![Evidence::Said { text: said }];
        evidence.extend(self.outside.iter().map(|origin| Evidence::Outside { origin: origin.clone() }));
        evidence.extend(self.packages.iter().chain(&self.begun.request.led_by).cloned());
        let actor = match &self.begun.asker {
            Asker::User | Asker::Persona => Actor::Model { conversation: self.begun.conversation },
            Asker::Task(task) => Actor::Task { task: *task },
            Asker::Job(job) => Actor::Job { job: *job },
            Asker::Guest(Guest { channel, sender, standing, .. }) => {
                // What somebody else writes is text from outside.
                if *standing != Standing::Owner {
                    evidence.push(Evidence::Outside { origin: format!("a message on {}", channel.name()) });
                }
                Actor::Guest { channel: *channel, sender: sender.clone(), standing: *standing }
            }
        };
        Doing {
            actor,
            turn: self.begun.turn,
            evidence,
            cancel: self.begun.occupied.cancel.clone(),
            stream: Some(self.events.clone()),
            context: luna_model::CommandContext::default(),
            heard: self.heard.clone(),
        }
    }

    fn message(&self, state: MessageState) -> Message {
        Message {
            id: self.answer,
            conversation: self.begun.conversation,
            turn: self.begun.turn,
            role: Role::Assistant,
            content: self.machine.said.trim_end().to_owned(),
            images: vec![],
            tools: self.machine.uses.clone(),
            model: Some(self.begun.model.name.clone()),
            state,
            created_at: self.luna.clock().now(),
        }
    }

    /// Keeps the answer, frees the conversation, and only then says that the turn is over.
    async fn finish(mut self, end: Effect) {
        let (state, failure) = match end {
            Effect::Finish(state) => (state, None),
            Effect::Fail(error) => (MessageState::Failed, Some(error)),
            _ => (MessageState::Complete, None),
        };
        if let Some(pending) = self.checkpoint.1.take() {
            let _ = pending.await;
        }
        let message = self.message(state);
        let worth_keeping =
            state == MessageState::Complete || !message.content.is_empty() || !message.tools.is_empty();
        let kept = if worth_keeping { self.luna.db().save_answer(message).await } else { Ok(()) };
        let failure = failure.or(kept.err().filter(|e| e.kind != ErrorKind::NotFound));
        let Self { luna, events, begun, machine, .. } = self;
        let Begun { request, asker, conversation, turn, question, occupied, .. } = begun;
        let rolls = request.past.is_some();
        drop(occupied);
        let event = match failure {
            Some(error) => {
                tracing::warn!(kind = ?error.kind, source = ?error.source, "a chat turn failed");
                Event::TurnFailed { conversation, turn, kind: error.kind, message: error.message }
            }
            None => Event::TurnEnded {
                conversation,
                turn,
                message: self.answer,
                usage: machine.usage,
                stopped: state == MessageState::Stopped,
            },
        };
        luna.bus().publish(event.clone());
        let _ = tokio::time::timeout(STALLED, events.send(event)).await;
        drop(events);
        if asker == Asker::User {
            luna.after_turn(conversation, question, request.message, rolls).await;
        }
    }

    async fn tell(&mut self, event: Event) {
        self.luna.bus().publish(event.clone());
        let sent = match self.events.try_send(event) {
            Ok(()) => true,
            Err(mpsc::error::TrySendError::Closed(_)) => false,
            Err(mpsc::error::TrySendError::Full(event)) => {
                matches!(tokio::time::timeout(STALLED, self.events.send(event)).await, Ok(Ok(())))
            }
        };
        if !sent {
            self.begun.occupied.cancel.cancel();
        }
    }
}

fn split((text, calls): (String, Vec<ToolCall>)) -> Vec<Input> {
    let mut inputs = Vec::with_capacity(1 + calls.len());
    if !text.is_empty() {
        inputs.push(Input::Text(text));
    }
    inputs.extend(calls.into_iter().map(Input::Call));
    inputs
}
