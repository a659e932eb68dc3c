//! A model that says what a test told it to, and remembers what it was asked.

use std::collections::VecDeque;
use std::sync::Arc;

use async_trait::async_trait;
use futures::{StreamExt as _, stream};
use luna_core::ports::{Llm, ModelStream};
use luna_model::{
    EndReason, Error, ErrorKind, ModelEvent, ModelInfo, ModelRequest, Provider, ProviderStatus, Result,
    ToolCall, Usage,
};
use parking_lot::Mutex;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

/// What the model does when it is asked once.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    lines: Vec<Line>,
}

#[derive(Clone, Debug)]
enum Line {
    Event(ModelEvent),
    Fail(ErrorKind, String),
    Refuse(ErrorKind, String),
    Wait(CancellationToken),
    Hang,
    Stop,
}

/// What another model answers.
impl FromIterator<ModelEvent> for Reply {
    fn from_iter<T: IntoIterator<Item = ModelEvent>>(events: T) -> Self {
        let said = |event: &ModelEvent| matches!(event, ModelEvent::Text(_) | ModelEvent::ToolCall(_));
        Self { lines: events.into_iter().filter(said).map(Line::Event).collect() }
    }
}

impl Reply {
    /// Says this.
    #[must_use]
    pub fn says(text: &str) -> Self {
        Self::default().say(text)
    }

    /// Asks for this tool.
    #[must_use]
    pub fn calls(tool: &str, input: Value) -> Self {
        Self::default().call(tool, input)
    }

    /// Refuses before the first event, as a provider without a key does.
    #[must_use]
    pub fn refuses(kind: ErrorKind, message: &str) -> Self {
        Self { lines: vec![Line::Refuse(kind, message.into())] }
    }

    /// Then says this, a token a word.
    #[must_use]
    pub fn say(mut self, text: &str) -> Self {
        self.lines.extend(text.split_inclusive(' ').map(|w| Line::Event(ModelEvent::Text(w.into()))));
        self
    }

    /// Then thinks this.
    #[must_use]
    pub fn think(self, text: &str) -> Self {
        self.then(Line::Event(ModelEvent::Thinking(text.into())))
    }

    /// Then asks for this tool.
    #[must_use]
    pub fn call(self, tool: &str, input: Value) -> Self {
        let id = format!("call-{}", self.lines.len() + 1);
        self.then(Line::Event(ModelEvent::ToolCall(ToolCall { id, name: tool.into(), input })))
    }

    /// Then says what it cost.
    #[must_use]
    pub fn cost(self, input_tokens: u64, output_tokens: u64) -> Self {
        self.then(Line::Event(ModelEvent::Usage(Usage { input_tokens, output_tokens })))
    }

    /// Then waits until the token is cancelled.
    #[must_use]
    pub fn wait_for(self, go: &CancellationToken) -> Self {
        self.then(Line::Wait(go.clone()))
    }

    /// Then says nothing any more, and does not end either.
    #[must_use]
    pub fn hang(self) -> Self {
        self.then(Line::Hang)
    }

    /// Then fails.
    #[must_use]
    pub fn fail(self, kind: ErrorKind, message: &str) -> Self {
        self.then(Line::Fail(kind, message.into()))
    }

    /// Then just stops, as a connection that was cut.
    #[must_use]
    pub fn cut_off(self) -> Self {
        self.then(Line::Stop)
    }

    fn then(mut self, line: Line) -> Self {
        self.lines.push(line);
        self
    }

    fn refusal(&self) -> Option<Error> {
        match self.lines.first() {
            Some(Line::Refuse(kind, message)) => Some(Error::new(*kind, message.clone())),
            _ => None,
        }
    }

    fn stream(self) -> ModelStream {
        let calls = self.lines.iter().any(|l| matches!(l, Line::Event(ModelEvent::ToolCall(_))));
        let end = ModelEvent::End(if calls { EndReason::Tools } else { EndReason::Stop });
        let mut lines: VecDeque<_> = self.lines.into();
        lines.push_back(Line::Event(end));
        stream::unfold(lines, |mut lines| async move {
            loop {
                match lines.pop_front()? {
                    Line::Event(event) => return Some((Ok(event), lines)),
                    Line::Wait(go) => go.cancelled().await,
                    Line::Hang => std::future::pending().await,
                    Line::Stop => return None,
                    Line::Fail(kind, message) | Line::Refuse(kind, message) => {
                        return Some((Err(Error::new(kind, message)), VecDeque::new()));
                    }
                }
            }
        })
        .boxed()
    }
}

type Improvise = Box<dyn Fn(&ModelRequest) -> Reply + Send + Sync>;

/// Follows a script; clones follow the same one. When it is at its end, the model refuses and says so, which no test
/// can overlook.
#[derive(Clone, Default)]
pub struct ScriptedModel {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    script: VecDeque<Reply>,
    improvise: Option<Improvise>,
    asked: Vec<ModelRequest>,
    without_tools: bool,
    blind: bool,
}

impl ScriptedModel {
    /// Adds what it does when it is asked the next time.
    pub fn then(&self, reply: Reply) -> &Self {
        self.shared.lock().script.push_back(reply);
        self
    }

    /// What it does when the script is at its end.
    pub fn improvise(&self, reply: impl Fn(&ModelRequest) -> Reply + Send + Sync + 'static) {
        self.shared.lock().improvise = Some(Box::new(reply));
    }

    /// From now on it is a model that cannot call tools and has to write its calls as text.
    pub fn forget_tools(&self) {
        self.shared.lock().without_tools = true;
    }

    /// From now on it is a model that cannot see pictures.
    pub fn go_blind(&self) {
        self.shared.lock().blind = true;
    }

    /// All it was asked so far.
    #[must_use]
    pub fn asked(&self) -> Vec<ModelRequest> {
        self.shared.lock().asked.clone()
    }

    fn info(&self) -> ModelInfo {
        let shared = self.shared.lock();
        let (tools, images) = (!shared.without_tools, !shared.blind);
        ModelInfo { provider: Provider::OpenaiCompatible, name: "scripted".into(), tools, images }
    }
}

#[async_trait]
impl Llm for ScriptedModel {
    async fn stream(&self, request: ModelRequest) -> Result<ModelStream> {
        let reply = {
            let mut shared = self.shared.lock();
            let next = shared.script.pop_front();
            let reply = next.or_else(|| shared.improvise.as_ref().map(|improvise| improvise(&request)));
            shared.asked.push(request);
            reply
        };
        let reply = reply.ok_or_else(|| Error::unavailable("the script of the model is at its end"))?;
        reply.refusal().map_or_else(|| Ok(reply.stream()), Err)
    }

    async fn active(&self) -> ModelInfo {
        self.info()
    }

    async fn providers(&self) -> Vec<ProviderStatus> {
        vec![ProviderStatus {
            provider: Provider::OpenaiCompatible,
            configured: true,
            active: true,
            model: "scripted".into(),
            base_url: None,
            last_ok: None,
            last_error: None,
        }]
    }

    async fn models(&self, provider: Provider) -> Result<Vec<ModelInfo>> {
        match provider {
            Provider::OpenaiCompatible => Ok(vec![self.info()]),
            other => Err(Error::unavailable(format!("{} is not in the script", other.name()))),
        }
    }

    async fn test(&self, provider: Provider) -> Result<()> {
        self.models(provider).await.map(drop)
    }
}
