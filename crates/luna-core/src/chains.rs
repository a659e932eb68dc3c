//! Chains: agents one after the other, each reading what was asked and what those before it wrote. The first that fails ends
//! the chain; a reader that leaves stops it.

use std::fmt::Write as _;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use futures::{Stream, StreamExt as _};
use luna_model::{Error, Event, Provider, Result, Usage};
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::Luna;
use crate::agents::{Agent, AgentTier, CATALOGUE, Work, agent};

/// Most agents of a chain.
pub const MOST_STEPS: usize = 5;
/// Events a reader may lag behind; then the agent waits for it.
const LAG: usize = 256;

/// A step of a chain, as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ChainStep {
    /// The agent's slug.
    pub agent: String,
    /// What this agent is asked in particular.
    #[serde(default)]
    pub asks: Option<String>,
}

/// A chain that comes with Luna.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Preset {
    /// Its name for programs.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its steps.
    pub steps: Vec<ChainStep>,
}

#[derive(Deserialize)]
struct Written {
    chain: Vec<Preset>,
}

static PRESETS: LazyLock<Vec<Preset>> = LazyLock::new(|| {
    let written = toml::from_str::<Written>(include_str!("../data/chains.toml"));
    written
        .map(|w| w.chain)
        .inspect_err(|error| tracing::error!(%error, "the chains cannot be read"))
        .unwrap_or_default()
});

/// The chains that come with Luna.
#[must_use]
pub fn presets() -> &'static [Preset] {
    &PRESETS
}

impl Preset {
    /// Who may have it: who may have every agent in it.
    #[must_use]
    pub fn tier(&self) -> AgentTier {
        let pays = |step: &ChainStep| agent(CATALOGUE, &step.agent).is_ok_and(|a| a.tier == AgentTier::Pro);
        if self.steps.iter().any(pays) { AgentTier::Pro } else { AgentTier::Free }
    }
}

/// The steps of a chain: those of a preset, or given ones.
///
/// # Errors
/// `NotFound` for a preset or an agent that there is not, `Invalid` for none or too many.
pub fn steps_of(
    preset: Option<&str>,
    given: Vec<ChainStep>,
) -> Result<Vec<(&'static Agent, Option<String>)>> {
    let steps = match preset {
        Some(id) => {
            let found = presets().iter().find(|p| p.id == id);
            found.ok_or_else(|| Error::not_found(format!("there is no chain called {id:?}")))?.steps.clone()
        }
        None => given,
    };
    if steps.is_empty() || steps.len() > MOST_STEPS {
        return Err(Error::invalid(format!("a chain has 1 to {MOST_STEPS} steps")));
    }
    steps.into_iter().map(|s| Ok((agent(CATALOGUE, &s.agent)?, s.asks))).collect()
}

/// What happens while agents work.
#[derive(Clone, Debug, PartialEq)]
pub enum WorkEvent {
    /// An agent begins.
    Started {
        /// Which step, from 1.
        step: usize,
        /// The agent's slug.
        agent: &'static str,
        /// The model that answers.
        model: String,
        /// Its provider's name.
        provider: String,
    },
    /// Some of its answer.
    Text(String),
    /// It is done.
    Done {
        /// Which step.
        step: usize,
        /// The agent's slug.
        agent: &'static str,
        /// What it wrote.
        output: String,
        /// What it took to read and write, as the provider says; else as it can be guessed.
        usage: Usage,
        /// US dollars, by the provider's list; none when the model has no price there.
        cost: Option<f64>,
        /// How long.
        took: Duration,
    },
    /// It failed, and with it the whole.
    Failed {
        /// Which step.
        step: usize,
        /// The agent's slug.
        agent: &'static str,
        /// What went wrong.
        error: luna_model::ErrorKind,
        /// In words.
        message: String,
    },
}

/// What is to be done by agents.
#[derive(Clone, Debug)]
pub struct ChainWork {
    /// Who, in order, and what each is asked in particular.
    pub steps: Vec<(&'static Agent, Option<String>)>,
    /// What it is about.
    pub context: String,
    /// Another provider than the configured one.
    pub provider: Option<Provider>,
    /// Another model than the configured one.
    pub model: Option<String>,
}

impl Luna {
    /// Has agents work one after the other; what happens streams. Dropping the stream stops them.
    ///
    /// # Errors
    /// `Invalid` without a context.
    pub fn chain(&self, work: ChainWork) -> Result<impl Stream<Item = WorkEvent> + Send + use<>> {
        if work.context.trim().is_empty() {
            return Err(Error::invalid("context is missing: say what it is about"));
        }
        let (events, receiver) = mpsc::channel(LAG);
        let luna = self.clone();
        self.tasks().spawn(async move {
            tokio::select! {
                () = luna.all_of_chain(&work, &events) => {}
                // Whoever read it has left.
                () = events.closed() => {}
            }
        });
        Ok(ReceiverStream::new(receiver))
    }

    async fn all_of_chain(&self, work: &ChainWork, events: &mpsc::Sender<WorkEvent>) {
        let mut context = work.context.clone();
        for (at, (agent, asks)) in work.steps.iter().enumerate() {
            let step = at + 1;
            let mut message = context.clone();
            if let Some(asks) = asks {
                let _ = write!(message, "\n\nYour part: {asks}");
            }
            match self.one_of_chain(step, agent, message, work, events).await {
                Ok(output) => {
                    let _ = write!(context, "\n\n## What {} wrote\n{}", agent.name, output.trim());
                }
                Err(error) => {
                    let failed = WorkEvent::Failed {
                        step,
                        agent: &agent.slug,
                        error: error.kind,
                        message: error.message,
                    };
                    let _ = events.send(failed).await;
                    return;
                }
            }
        }
    }

    async fn one_of_chain(
        &self,
        step: usize,
        agent: &'static Agent,
        context: String,
        work: &ChainWork,
        events: &mpsc::Sender<WorkEvent>,
    ) -> Result<String> {
        let began = Instant::now();
        let length = context.len();
        let asked = Work { agent, context, provider: work.provider, model: work.model.clone() };
        let mut turn = self.work(asked).await?;
        let answers = turn.model.clone();
        let started = WorkEvent::Started {
            step,
            agent: &agent.slug,
            model: answers.name.clone(),
            provider: answers.provider.name().to_owned(),
        };
        let _ = events.send(started).await;
        let mut output = String::new();
        while let Some(event) = turn.next().await {
            match event {
                Event::Token { text, .. } => {
                    output.push_str(&text);
                    let _ = events.send(WorkEvent::Text(text)).await;
                }
                Event::TurnFailed { kind, message, .. } => return Err(Error::new(kind, message)),
                Event::TurnEnded { usage, stopped, .. } => {
                    if stopped {
                        return Err(Error::cancelled());
                    }
                    let usage =
                        usage.unwrap_or_else(|| guessed(length + agent.instructions.len(), output.len()));
                    let cost = self.llm().price(answers.provider, &answers.name).map(|p| p.of(usage));
                    let (agent, output) = (agent.slug.as_str(), output.clone());
                    let done = WorkEvent::Done { step, agent, output, usage, cost, took: began.elapsed() };
                    let _ = events.send(done).await;
                }
                _ => {}
            }
        }
        Ok(output)
    }
}

/// Tokens by length, where a provider does not say: four bytes of English are about one.
pub(crate) fn guessed(read: usize, written: usize) -> Usage {
    Usage { input_tokens: read.div_ceil(4) as u64, output_tokens: written.div_ceil(4) as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_of_agents_that_there_are_and_who_pays_for_one_pays_for_all() {
        for preset in presets() {
            assert!(steps_of(Some(&preset.id), vec![]).is_ok(), "{}", preset.id);
        }
        let tier = |id: &str| presets().iter().find(|p| p.id == id).map(Preset::tier);
        assert_eq!(tier("code-review-pipeline"), Some(AgentTier::Free));
        assert_eq!(tier("security-audit"), Some(AgentTier::Pro));
    }

    #[test]
    fn a_chain_has_one_to_five_steps_of_known_agents() {
        let step = |agent: &str| ChainStep { agent: agent.into(), asks: None };
        assert!(steps_of(None, vec![]).is_err());
        assert!(steps_of(None, vec![step("documentation"); 6]).is_err());
        assert!(steps_of(None, vec![step("nobody")]).is_err());
        assert_eq!(steps_of(None, vec![step("documentation")]).unwrap().len(), 1);
    }
}
