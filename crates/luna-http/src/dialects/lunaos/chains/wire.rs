//! The words of chains, and their events as frames.

use std::time::Duration;

use luna_core::chains::{ChainStep, Preset, WorkEvent};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::super::agents::wire::{seconds, tier};

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LunaOsChainsListed)]
struct Listed {
    id: String,
    name: String,
    description: String,
    steps: Vec<String>,
    tier: &'static str,
}

/// As the command line reads it.
#[derive(Debug, Serialize, ToSchema)]
struct Short {
    slug: String,
    name: String,
    agents: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Presets {
    chains: Vec<Listed>,
    presets: Vec<Short>,
}

impl Presets {
    pub(super) fn new(presets: &[Preset]) -> Self {
        let agents = |p: &Preset| p.steps.iter().map(|s| s.agent.clone()).collect::<Vec<_>>();
        let listed = |p: &Preset| Listed {
            id: p.id.clone(),
            name: p.name.clone(),
            description: p.description.clone(),
            steps: agents(p),
            tier: tier(p.tier()),
        };
        let short = |p: &Preset| Short { slug: p.id.clone(), name: p.name.clone(), agents: agents(p) };
        Self { chains: presets.iter().map(listed).collect(), presets: presets.iter().map(short).collect() }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = LunaOsChainsStep)]
struct Step {
    agent: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = LunaOsChainsExecute)]
pub(super) struct Execute {
    /// A chain that is ready; `preset` is read too.
    #[serde(default, alias = "preset")]
    chain: Option<String>,
    /// Steps of one's own, at most 5.
    #[serde(default)]
    steps: Vec<Step>,
    /// What it is about.
    #[schema(required = true)]
    #[serde(default)]
    pub(super) context: Option<String>,
    #[serde(default)]
    pub(super) provider: Option<String>,
    #[serde(default)]
    pub(super) model: Option<String>,
}

impl Execute {
    pub(super) fn chosen(&self) -> (Option<String>, Vec<ChainStep>) {
        let step = |s: &Step| ChainStep { agent: s.agent.clone(), asks: None };
        (self.chain.clone(), self.steps.iter().map(step).collect())
    }
}

/// What a chain took so far, and its events as frames.
pub(super) struct Sum {
    name: String,
    steps: usize,
    took: Duration,
    tokens: (u64, u64),
}

impl Sum {
    pub(super) fn of(name: &str, steps: usize) -> Self {
        Self { name: name.to_owned(), steps, took: Duration::ZERO, tokens: (0, 0) }
    }

    pub(super) fn begin(&self) -> Value {
        json!({ "type": "chain_start", "event": "chain_start", "steps": self.steps, "chainName": self.name, "nodeCount": self.steps })
    }

    pub(super) fn take(&mut self, event: &WorkEvent) -> Vec<Value> {
        match event {
            WorkEvent::Started { step, agent, .. } => {
                vec![
                    json!({ "type": "step_start", "event": "node_start", "step": step, "agent": agent, "label": agent }),
                ]
            }
            WorkEvent::Text(content) => {
                vec![json!({ "type": "chunk", "event": "chunk", "content": content })]
            }
            WorkEvent::Done { step, agent, output, usage, took, .. } => {
                self.took += *took;
                self.tokens.0 += usage.input_tokens;
                self.tokens.1 += usage.output_tokens;
                let mut frames = vec![json!({
                    "type": "step_done", "event": "node_complete", "step": step, "agent": agent,
                    "duration": seconds(*took), "durationMs": u64::try_from(took.as_millis()).unwrap_or(u64::MAX), "output": output,
                })];
                if *step == self.steps {
                    frames.push(json!({
                        "type": "chain_done", "event": "chain_complete", "totalDuration": seconds(self.took),
                        "totalTokens": { "input": self.tokens.0, "output": self.tokens.1 }, "finalOutput": output,
                    }));
                }
                frames
            }
            WorkEvent::Failed { step, agent, message, .. } => {
                vec![
                    json!({ "type": "error", "event": "error", "step": step, "agent": agent, "error": message }),
                ]
            }
        }
    }
}
