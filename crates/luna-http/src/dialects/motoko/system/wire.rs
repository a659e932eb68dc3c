//! The words of health, activity, agents, models and the private network.

use std::time::Duration;

use luna_core::ports::{TailnetNode, TailnetStatus};
use luna_core::store;
use luna_model::{self as core, ChildState, ModelInfo, ModelPrice};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::super::time;

/// How long a provider may take to list its models.
pub(super) const LISTING: Duration = Duration::from_secs(10);

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MotokoSystemHealth)]
pub(super) struct Health {
    pub(super) status: &'static str,
    /// Seconds.
    pub(super) uptime: f64,
    pub(super) timestamp: i64,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct Page {
    /// 1 to 100; 20 when left out.
    pub(super) limit: Option<u32>,
    pub(super) offset: Option<u32>,
    pub(super) channel: Option<String>,
    pub(super) skill_id: Option<String>,
    /// `message:received`, `message:sent` or `tool:called`.
    pub(super) r#type: Option<String>,
}

const TYPES: [(&str, &str); 3] =
    [("message:received", "said"), ("message:sent", "answered"), ("tool:called", "called")];

/// What is wanted of a type; none = there is nothing of this type.
pub(super) fn what(r#type: Option<&str>) -> Option<Option<String>> {
    match r#type {
        None | Some("") => Some(None),
        Some(name) => TYPES.iter().find(|(t, _)| *t == name).map(|(_, what)| Some((*what).to_owned())),
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Happened {
    id: String,
    r#type: &'static str,
    conversation_id: Option<Uuid>,
    channel: Option<String>,
    skill_id: Option<String>,
    /// JSON text.
    data: String,
    created_at: i64,
}

impl Happened {
    pub(super) fn new(h: store::Happened) -> Self {
        let r#type = TYPES.iter().find(|(_, what)| *what == h.what).map_or("message:received", |(t, _)| *t);
        Self {
            id: h.id,
            r#type,
            conversation_id: Some(h.conversation.0),
            channel: h.channel,
            skill_id: None,
            data: json!({ "model": h.model, "tool": h.tool }).to_string(),
            created_at: time(h.at),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Agent {
    id: Uuid,
    parent_id: Option<Uuid>,
    name: String,
    /// `sub`: it was set to work by another.
    role: &'static str,
    model: String,
    system_prompt: String,
    /// `running`, `waiting`, `completed` or `failed`.
    status: &'static str,
    /// US dollars.
    budget: f64,
    spent: f64,
    conversation_id: Uuid,
    created_at: i64,
    completed_at: Option<i64>,
    output: Option<String>,
}

impl Agent {
    pub(super) fn new(c: core::Child) -> Self {
        Self {
            id: c.id.0,
            parent_id: c.parent.map(|p| p.0),
            name: c.name,
            role: "sub",
            model: c.model,
            system_prompt: c.instructions,
            status: match c.state {
                ChildState::Running => "running",
                ChildState::Waiting => "waiting",
                ChildState::Completed => "completed",
                ChildState::Failed => "failed",
            },
            budget: c.budget,
            spent: c.spent,
            conversation_id: c.conversation.0,
            created_at: time(c.created_at),
            completed_at: c.ended_at.map(time),
            output: c.output,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Agents {
    pub(super) agents: Vec<Agent>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MotokoSystemModel)]
#[serde(rename_all = "camelCase")]
struct Model {
    id: String,
    name: String,
    /// None where it is not known.
    context_window: Option<u32>,
    supports_tools: bool,
    /// US dollars; none where it is not known.
    cost_per1k_input: Option<f64>,
    cost_per1k_output: Option<f64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Provider {
    id: &'static str,
    name: &'static str,
    models: Vec<Model>,
}

impl Provider {
    pub(super) fn new(
        provider: core::Provider,
        models: Vec<ModelInfo>,
        price: impl Fn(&str) -> Option<ModelPrice>,
    ) -> Self {
        let model = |m: ModelInfo| {
            let price = price(&m.name);
            Model {
                id: m.name.clone(),
                name: m.name,
                context_window: None,
                supports_tools: m.tools,
                cost_per1k_input: price.map(|p| p.input / 1000.0),
                cost_per1k_output: price.map(|p| p.output / 1000.0),
            }
        };
        Self { id: provider.name(), name: provider.name(), models: models.into_iter().map(model).collect() }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Models {
    pub(super) providers: Vec<Provider>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Serve {
    serving: bool,
    port: u16,
    protocol: &'static str,
    url: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Served {
    success: bool,
    serve: Serve,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MotokoSystemStatus)]
#[serde(rename_all = "camelCase")]
pub(super) struct Status {
    installed: bool,
    running: bool,
    version: Option<String>,
    hostname: Option<String>,
    magic_dns: Option<String>,
    tailnet_name: Option<String>,
    ipv4: Option<String>,
    ipv6: Option<String>,
    online: bool,
    pub(super) serve: Serve,
}

impl Status {
    pub(super) fn new(s: TailnetStatus, port: u16) -> Self {
        Self {
            installed: s.installed,
            running: s.running,
            version: s.version,
            hostname: s.hostname,
            magic_dns: s.domain,
            tailnet_name: s.name,
            ipv4: s.ipv4,
            ipv6: s.ipv6,
            online: s.online,
            serve: Serve { serving: s.serving.is_some(), port, protocol: "https", url: s.serving },
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Node {
    id: String,
    hostname: String,
    dns_name: String,
    os: String,
    online: bool,
    ipv4: Option<String>,
    ipv6: Option<String>,
    last_seen: Option<String>,
}

impl Node {
    pub(super) fn new(n: TailnetNode) -> Self {
        Self {
            id: n.id,
            hostname: n.hostname,
            dns_name: n.dns_name,
            os: n.os,
            online: n.online,
            ipv4: n.ipv4,
            ipv6: n.ipv6,
            last_seen: n.last_seen,
        }
    }
}
