//! The words of paying.

use luna_core::accounts::MonthlyUsage;
use luna_core::ports::PaymentPage;
use luna_model::{Membership, Tier};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::time;

#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct Buy {
    /// `pro` or `team`.
    #[schema(required = true)]
    #[serde(default)]
    pub(super) tier: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Checkout {
    checkout_url: String,
    session_id: String,
}

impl Checkout {
    pub(super) fn new(page: PaymentPage) -> Self {
        Self { checkout_url: page.url, session_id: page.id }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Portal {
    portal_url: String,
}

impl Portal {
    pub(super) fn new(page: PaymentPage) -> Self {
        Self { portal_url: page.url }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Running {
    id: String,
    current_period_start: String,
    current_period_end: String,
    cancel_at_period_end: bool,
    created_at: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct State {
    tier: &'static str,
    status: String,
    subscription: Option<Running>,
}

impl State {
    pub(super) fn new(tier: Tier, running: Option<Membership>) -> Self {
        Self {
            tier: tier.name(),
            status: running.as_ref().map_or_else(|| "active".into(), |s| s.status.clone()),
            subscription: running.map(|s| Running {
                id: s.id,
                current_period_start: time(s.period_start),
                current_period_end: time(s.period_end),
                cancel_at_period_end: s.ends,
                created_at: time(s.created_at),
            }),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct Period {
    start: String,
    end: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LunaOsBillingBreakdown)]
#[serde(rename_all = "camelCase")]
struct Breakdown {
    agent_executions: u32,
    chain_executions: u32,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Usage {
    tier: &'static str,
    used: u32,
    limit: u32,
    remaining: u32,
    percent_used: f64,
    period: Period,
    breakdown: Breakdown,
    /// From 80 per cent on.
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<String>,
}

impl Usage {
    pub(super) fn new(tier: Tier, usage: &MonthlyUsage) -> Self {
        let (used, limit) = (usage.used(), usage.limit);
        let percent = f64::from(used) * 100.0 / f64::from(limit.max(1));
        Self {
            tier: tier.name(),
            used,
            limit,
            remaining: limit.saturating_sub(used),
            percent_used: (percent * 10.0).round() / 10.0,
            period: Period { start: time(usage.from), end: time(usage.until) },
            breakdown: Breakdown { agent_executions: usage.done.agents, chain_executions: usage.done.chains },
            warning: (percent >= 80.0).then(|| format!("{used} of {limit} executions this month are used")),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Cancelled {
    message: String,
}

impl Cancelled {
    pub(super) fn new(subscription: &Membership) -> Self {
        Self { message: format!("The subscription ends on {}", time(subscription.period_end)) }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Received {
    pub(super) received: bool,
}
