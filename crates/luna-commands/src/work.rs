//! Agents and chains: what there is, and having them work.

use futures::{Stream, StreamExt as _};
use luna_core::agents::{self, Agent, AgentTier, CATALOGUE};
use luna_core::chains::{self, ChainStep, ChainWork, Preset, WorkEvent};
use luna_model::{Event, Provider, Result};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::table::{Context, Empty, Register};

/// Something an agent wants to be given.
#[derive(Debug, Serialize, TS)]
struct AgentWants {
    name: String,
    what: String,
    required: bool,
}

/// What was asked once, and what a good answer was.
#[derive(Debug, Serialize, TS)]
struct AgentShown {
    input: String,
    output: String,
}

/// An agent of the catalogue.
#[derive(Debug, Serialize, TS)]
struct AgentView {
    slug: String,
    name: String,
    /// What it does, in a line.
    role: String,
    category: String,
    /// Whether it is only for accounts that pay.
    pro: bool,
    summary: String,
    inputs: Vec<AgentWants>,
    tools: Vec<String>,
    /// `markdown`, `json` or `text`.
    format: String,
    /// The headings of its answer.
    sections: Vec<String>,
    example: Option<AgentShown>,
}

fn view(agent: &Agent) -> AgentView {
    let wants = |i: &agents::AgentInput| AgentWants {
        name: i.name.clone(),
        what: i.what.clone(),
        required: i.required,
    };
    AgentView {
        slug: agent.slug.clone(),
        name: agent.name.clone(),
        role: agent.role.clone(),
        category: agent.category.clone(),
        pro: agent.tier == AgentTier::Pro,
        summary: agent.summary.clone(),
        inputs: agent.inputs.iter().map(wants).collect(),
        tools: agent.tools.clone(),
        format: agent.output.format.clone(),
        sections: agent.output.sections.clone(),
        example: agent
            .example
            .as_ref()
            .map(|e| AgentShown { input: e.input.clone(), output: e.output.clone() }),
    }
}

async fn catalogue(_: Context, _: Empty) -> Result<Vec<AgentView>> {
    Ok(agents::agents(CATALOGUE).map(view).collect())
}

/// A step of a chain.
#[derive(Debug, Serialize, Deserialize, TS)]
struct WorkStep {
    /// The agent's slug.
    agent: String,
    /// What this agent is asked in particular.
    asks: Option<String>,
}

/// A chain that comes with Luna.
#[derive(Debug, Serialize, TS)]
struct ChainView {
    id: String,
    name: String,
    description: String,
    steps: Vec<WorkStep>,
}

async fn presets(_: Context, _: Empty) -> Result<Vec<ChainView>> {
    let step = |s: &ChainStep| WorkStep { agent: s.agent.clone(), asks: s.asks.clone() };
    let one = |p: &Preset| ChainView {
        id: p.id.clone(),
        name: p.name.clone(),
        description: p.description.clone(),
        steps: p.steps.iter().map(step).collect(),
    };
    Ok(chains::presets().iter().map(one).collect())
}

#[derive(Debug, Deserialize, TS)]
struct DoWork {
    /// One agent, or up to five that read what those before them wrote.
    steps: Vec<WorkStep>,
    /// What it is about: all that they get to know.
    context: String,
    /// Another provider than the chosen one.
    #[ts(optional)]
    provider: Option<Provider>,
    /// Another model than the chosen one.
    #[ts(optional)]
    model: Option<String>,
}

async fn run(cx: Context, q: DoWork) -> Result<impl Stream<Item = Event> + Send + use<>> {
    let given = q.steps.into_iter().map(|s| ChainStep { agent: s.agent, asks: s.asks }).collect();
    let steps = chains::steps_of(None, given)?;
    let work = ChainWork { steps, context: q.context, provider: q.provider, model: q.model };
    let mut current = 0;
    Ok(cx.luna.chain(work)?.map(move |event| told(event, &mut current)))
}

fn told(event: WorkEvent, current: &mut u32) -> Event {
    let number = |step: usize| u32::try_from(step).unwrap_or(u32::MAX);
    match event {
        WorkEvent::Started { step, agent, model, provider } => {
            *current = number(step);
            Event::WorkStarted { step: *current, agent: agent.to_owned(), model, provider }
        }
        WorkEvent::Text(text) => Event::WorkText { step: *current, text },
        WorkEvent::Done { step, usage, cost, took, .. } => Event::WorkDone {
            step: number(step),
            usage,
            cost,
            duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        },
        WorkEvent::Failed { step, error, message, .. } => {
            Event::WorkFailed { step: number(step), kind: error, message }
        }
    }
}

pub(crate) fn register(r: &mut Register) {
    r.reply("work.agents", catalogue);
    r.reply("work.chains", presets);
    r.events("work.run", run);
}
