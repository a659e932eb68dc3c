//! The words of agents, and their events as frames. Every frame says its type twice: the document reads `type`, its command
//! line `event`.

use std::time::Duration;

use axum::response::sse::Event as Frame;
use luna_core::agents::{Agent, AgentTier};
use luna_core::chains::WorkEvent;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LunaOsAgentsListed)]
struct Listed {
    slug: String,
    name: String,
    role: String,
    category: String,
    /// `free` or `pro`.
    tier: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
struct Tiers {
    free: usize,
    pro: usize,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Catalogue {
    agents: Vec<Listed>,
    total: usize,
    tiers: Tiers,
}

impl Catalogue {
    pub(super) fn new(agents: impl Iterator<Item = &'static Agent>) -> Self {
        let listed = |a: &Agent| Listed {
            slug: a.slug.clone(),
            name: a.name.clone(),
            role: a.role.clone(),
            category: a.category.clone(),
            tier: tier(a.tier),
        };
        let agents: Vec<_> = agents.map(listed).collect();
        let free = agents.iter().filter(|a| a.tier == "free").count();
        Self { total: agents.len(), tiers: Tiers { free, pro: agents.len() - free }, agents }
    }
}

pub(in super::super) const fn tier(tier: AgentTier) -> &'static str {
    match tier {
        AgentTier::Free => "free",
        AgentTier::Pro => "pro",
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = LunaOsAgentsExecute)]
pub(super) struct Execute {
    /// The agent's slug.
    #[schema(required = true)]
    #[serde(default)]
    pub(super) agent: Option<String>,
    /// What it is about.
    #[schema(required = true)]
    #[serde(default)]
    pub(super) context: Option<String>,
    /// `anthropic`, `openai`, …; left out = what is configured.
    #[serde(default)]
    pub(super) provider: Option<String>,
    #[serde(default)]
    pub(super) model: Option<String>,
}

pub(super) fn frame(event: &WorkEvent) -> Option<Frame> {
    data(match event {
        WorkEvent::Started { agent, model, .. } => {
            json!({ "type": "start", "event": "start", "agent": agent, "model": model })
        }
        WorkEvent::Text(content) => json!({ "type": "chunk", "event": "chunk", "content": content }),
        WorkEvent::Done { usage, cost, took, .. } => json!({
            "type": "done",
            "event": "done",
            "tokens": { "input": usage.input_tokens, "output": usage.output_tokens },
            "cost": dollars(*cost),
            "duration": seconds(*took),
        }),
        WorkEvent::Failed { message, .. } => json!({ "type": "error", "event": "error", "error": message }),
    })
}

pub(in super::super) fn data(value: Value) -> Option<Frame> {
    Frame::default().json_data(value).ok()
}

/// An amount as text. A model without a price is said to cost nothing.
fn dollars(cost: Option<f64>) -> String {
    format!("${:.4}", cost.unwrap_or_default())
}

pub(in super::super) fn seconds(took: Duration) -> String {
    format!("{:.1}s", took.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_and_times_are_texts() {
        assert_eq!(dollars(Some(0.000_312)), "$0.0003");
        assert_eq!(dollars(None), "$0.0000");
        assert_eq!(seconds(Duration::from_millis(1234)), "1.2s");
    }
}
