//! One running answer: genai's events and the frames beside them, as model events, with the time limits. Dropping it drops
//! the HTTP request.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::Stream;
use genai::chat::{ChatStream, ChatStreamEvent, StopReason, StreamEnd};
use luna_model::{EndReason, ModelEvent, ModelRequest, ToolCall, Usage};
use serde_json::{Map, Value, json};
use tokio::time::{Instant, Sleep};

use crate::config::Timeouts;
use crate::failure::{Asked, Failure};
use crate::frames::Frames;
use crate::request;
use crate::target::{Clients, Target, Wire};

/// The answer to one request, as it comes.
pub(crate) struct Reply {
    inner: ChatStream,
    frames: Arc<Frames>,
    asked: Asked,
    wire: Wire,
    out: VecDeque<ModelEvent>,
    /// Whole calls so far, on the wires that send them whole.
    calls: usize,
    begun: bool,
    done: bool,
    limits: Timeouts,
    limit: Pin<Box<Sleep>>,
    alive: Instant,
    counted: u64,
}

impl Reply {
    /// Prepares a request; it is sent when the reply is first polled.
    pub(crate) async fn open(
        clients: &Clients,
        target: &Target,
        model: &str,
        ask: &ModelRequest,
        limits: Timeouts,
    ) -> Result<Self, Failure> {
        let asked = Asked::new(target, model);
        let frames = Arc::new(Frames::new(target.wire));
        let mut options =
            request::options(target.provider, target.wire, ask).with_raw_frame_sink_arc(frames.clone());
        if let (Wire::Ollama, Some(key)) = (target.wire, &target.key) {
            // A hosted Ollama wants a key, which genai's adapter does not send.
            options =
                options.with_extra_headers(("authorization", format!("Bearer {}", key.expose().trim())));
        }
        let service =
            target.service(model).map_err(|error| Failure { error, retry: crate::failure::Retry::Never })?;
        let chat = request::chat(target.provider, ask);
        let opened = clients.genai(target).exec_chat_stream(service, chat, Some(&options)).await;
        let inner = match opened {
            Ok(opened) => opened.stream,
            Err(error) => return Err(asked.failed(error, false).unwrap_or_else(|| asked.cut_off())),
        };
        let now = Instant::now();
        Ok(Self {
            inner,
            frames,
            asked,
            wire: target.wire,
            out: VecDeque::new(),
            calls: 0,
            begun: false,
            done: false,
            limits,
            limit: Box::pin(tokio::time::sleep_until(now + limits.first_token)),
            alive: now,
            counted: 0,
        })
    }

    /// Whom was asked.
    pub(crate) const fn asked(&self) -> &Asked {
        &self.asked
    }

    fn put(&mut self, event: ModelEvent) {
        if !self.begun {
            self.begun = true;
            self.limit.as_mut().reset(Instant::now() + self.limits.idle);
        }
        self.out.push_back(event);
    }

    fn take(&mut self, event: ChatStreamEvent) -> Result<(), Failure> {
        match event {
            ChatStreamEvent::Chunk(chunk) if !chunk.content.is_empty() => {
                self.put(ModelEvent::Text(chunk.content))
            }
            ChatStreamEvent::ReasoningChunk(chunk) if !chunk.content.is_empty() => {
                self.put(ModelEvent::Thinking(chunk.content));
            }
            ChatStreamEvent::ToolCallChunk(chunk) => {
                // The other wires send calls in pieces, which the frames join.
                if matches!(self.wire, Wire::Gemini | Wire::Ollama) {
                    self.calls += 1;
                    self.put(ModelEvent::ToolCall(whole_call(chunk.tool_call)));
                }
            }
            ChatStreamEvent::End(end) => return self.close(Some(end)),
            _ => {}
        }
        Ok(())
    }

    /// The stream is over: what is left to say, or that it was cut off.
    fn close(&mut self, end: Option<StreamEnd>) -> Result<(), Failure> {
        self.done = true;
        let frames = Arc::clone(&self.frames);
        let (ended, error, finish, usage, refusal, blocked) = frames.read(|facts| {
            let refusal = std::mem::take(&mut facts.refusal);
            (facts.ended, facts.error.take(), facts.finish.take(), facts.usage, refusal, facts.blocked)
        });
        if let Some(error) = error {
            return Err(self.asked.said(&json!({ "error": error })));
        }
        if !ended {
            return Err(self.asked.cut_off());
        }
        let (told, counted) = end.map_or((None, None), |end| (end.captured_stop_reason, end.captured_usage));
        let reason = finish.map(StopReason::from).or(told);
        if let Some(StopReason::Other(word)) = &reason
            && matches!(
                word.as_str(),
                "error" | "MALFORMED_FUNCTION_CALL" | "UNEXPECTED_TOOL_CALL" | "insufficient_system_resource"
            )
        {
            return Err(self.asked.said(&json!({ "error": format!("the answer ended with {word}") })));
        }
        if !refusal.is_empty() {
            self.put(ModelEvent::Text(refusal));
        }
        let cut_short = matches!(reason, Some(StopReason::MaxTokens(_)));
        for call in frames.read(|facts| facts.take_calls(cut_short)) {
            self.calls += 1;
            self.put(ModelEvent::ToolCall(call));
        }
        let counted = counted.map(|usage| Usage {
            input_tokens: usage.prompt_tokens.and_then(|n| n.try_into().ok()).unwrap_or(0),
            output_tokens: usage.completion_tokens.and_then(|n| n.try_into().ok()).unwrap_or(0),
        });
        if let Some(usage) = usage.or(counted).filter(|usage| *usage != Usage::default()) {
            self.put(ModelEvent::Usage(usage));
        }
        self.put(ModelEvent::End(match reason {
            _ if blocked => EndReason::Filtered,
            Some(StopReason::MaxTokens(_)) => EndReason::Length,
            Some(StopReason::ContentFilter(_)) => EndReason::Filtered,
            _ if self.calls > 0 => EndReason::Tools,
            _ => EndReason::Stop,
        }));
        Ok(())
    }

    /// What to make of an error of genai's.
    fn fail(&mut self, error: genai::Error) -> Result<(), Failure> {
        let (complete, blocked) = self.frames.read(|facts| (facts.ended, facts.blocked));
        // What breaks after the end marker breaks nothing that was said.
        if complete || blocked {
            return self.close(None);
        }
        // genai takes a Gemini frame with only token counts in it for an error.
        if let (Wire::Gemini, genai::Error::ChatResponse { body, .. }) = (self.wire, &error)
            && body.get("finishReason").is_some_and(Value::is_null)
        {
            return Ok(());
        }
        // Bytes that came mean that the connection stood: it broke off rather than failed.
        let begun = self.begun || self.frames.read(|facts| facts.count > 0);
        match self.asked.failed(error, begun) {
            Some(failure) => {
                self.done = true;
                Err(failure)
            }
            None => Ok(()),
        }
    }

    /// Whether the time is up. Looks at the clock only when the timer fires, so a token costs no timer.
    fn overdue(&mut self, cx: &mut Context<'_>) -> bool {
        let count = self.frames.read(|facts| facts.count);
        if count != self.counted {
            self.counted = count;
            self.alive = Instant::now();
        }
        while self.limit.as_mut().poll(cx).is_ready() {
            let due = self.alive + self.limits.idle;
            if !self.begun || due <= Instant::now() {
                return true;
            }
            self.limit.as_mut().reset(due);
        }
        false
    }
}

impl Stream for Reply {
    type Item = Result<ModelEvent, Failure>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if let Some(event) = this.out.pop_front() {
                return Poll::Ready(Some(Ok(event)));
            }
            if this.done {
                return Poll::Ready(None);
            }
            let step = match Pin::new(&mut this.inner).poll_next(cx) {
                Poll::Ready(Some(Ok(event))) => this.take(event),
                Poll::Ready(Some(Err(error))) => this.fail(error),
                Poll::Ready(None) => this.close(None),
                Poll::Pending if this.overdue(cx) => {
                    if this.frames.read(|facts| facts.ended) {
                        this.close(None)
                    } else {
                        this.done = true;
                        let limit = if this.begun { this.limits.idle } else { this.limits.first_token };
                        Err(this.asked.silent(limit, this.begun))
                    }
                }
                Poll::Pending => return Poll::Pending,
            };
            if let Err(failure) = step {
                this.out.clear();
                return Poll::Ready(Some(Err(failure)));
            }
        }
    }
}

/// A call that came whole. genai numbers Gemini's calls anew in every frame, so those get an id of their own.
fn whole_call(call: genai::chat::ToolCall) -> ToolCall {
    let id = if call.call_id.starts_with("call#") {
        format!("call_{:016x}", rand::random::<u64>())
    } else {
        call.call_id
    };
    let input = if call.fn_arguments.is_null() { Value::Object(Map::new()) } else { call.fn_arguments };
    ToolCall { id, name: call.fn_name, input }
}
