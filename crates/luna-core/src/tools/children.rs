//! Setting other agents to work.

use luna_model::{ChildId, ChildState, Error, Mode, Result};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Call, Described, Output, Tool, cut};
use crate::Luna;
use crate::children::{ChildWork, parent_of};

#[derive(Deserialize, JsonSchema)]
pub(super) struct SpawnArgs {
    /// What the agent is to do, in full: it sees only this.
    task: String,
    /// What it is called.
    #[serde(default)]
    name: Option<String>,
    /// Another model than yours.
    #[serde(default)]
    model: Option<String>,
    /// What it may spend, in US dollars (at most 1).
    #[serde(default)]
    budget: Option<f64>,
}

pub(super) struct SpawnAgent;

impl Tool for SpawnAgent {
    const NAME: &'static str = "spawn_agent";
    const DESCRIPTION: &'static str = "Sets another agent to work on a task of its own, beside you. At most four at once; wait_agents brings what came of them.";
    const MODE: Mode = Mode::Allow;
    type Args = SpawnArgs;

    fn describe(_: &Luna, args: &SpawnArgs) -> Described {
        Described::changes(
            format!("Set an agent to work: {}", cut(&args.task, 100)),
            "It works by itself until it is done or its budget is spent.",
        )
    }

    async fn run(luna: Luna, args: SpawnArgs, call: Call) -> Result<Output> {
        let led_by = call.packages();
        let work =
            ChildWork { task: args.task, name: args.name, model: args.model, budget: args.budget, led_by };
        let child = luna.spawn_child(parent_of(&call.action.actor), work).await?;
        Ok(Output::ours(format!("Agent {:?} is at work ({})", child.name, child.id)))
    }
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct WaitArgs {
    /// The ids that `spawn_agent` gave.
    ids: Vec<String>,
}

pub(super) struct WaitAgents;

impl Tool for WaitAgents {
    const NAME: &'static str = "wait_agents";
    const DESCRIPTION: &'static str =
        "Waits up to two minutes for agents that spawn_agent set to work, and brings what came of them.";
    const MODE: Mode = Mode::Allow;
    type Args = WaitArgs;

    fn describe(_: &Luna, args: &WaitArgs) -> Described {
        Described::reads(format!("Wait for {} agents", args.ids.len()))
    }

    async fn run(luna: Luna, args: WaitArgs, _: Call) -> Result<Output> {
        let ids = args
            .ids
            .iter()
            .map(|id| id.parse::<ChildId>().map_err(|_| Error::invalid("that is no id of an agent")));
        let children = luna.wait_for_children(&ids.collect::<Result<Vec<_>>>()?).await?;
        let told = children.iter().map(|c| {
            let state = match c.state {
                ChildState::Completed => "done",
                ChildState::Failed => "failed",
                _ => "still at work",
            };
            format!("## {} ({state})\n{}", c.name, c.output.as_deref().unwrap_or("nothing yet"))
        });
        let content = told.collect::<Vec<_>>().join("\n\n");
        // What an agent says may rest on text from outside.
        Ok(Output::outside(content, format!("Waited for {} agents", children.len()), "other agents".into()))
    }
}
