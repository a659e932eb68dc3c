//! What requests to models cost, and what they may.

use luna_core::costs::{Budget, Sum};
use luna_model::Result;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::table::{Context, Register};

/// Days that are told of when a budget is set.
const DAYS: u32 = 30;

#[derive(Debug, Deserialize, TS)]
struct CostsOf {
    days: u32,
}

/// A sum of requests to models.
#[derive(Debug, Serialize, TS)]
struct CostSum {
    /// A day, a provider or a model.
    name: String,
    /// US dollars.
    cost: f64,
    tokens: u64,
}

/// What was spent, and what may be.
#[derive(Debug, Serialize, TS)]
struct Costs {
    /// US dollars since midnight,
    today: f64,
    /// and since the first of the month.
    month: f64,
    days: Vec<CostSum>,
    providers: Vec<CostSum>,
    models: Vec<CostSum>,
    /// US dollars; 0 = no limit.
    daily: f64,
    monthly: f64,
    /// Shares of either at which it is said, in per cent.
    alerts: Vec<f64>,
}

async fn read(cx: Context, q: CostsOf) -> Result<Costs> {
    let days = q.days.clamp(1, 365);
    let sums = |all: Vec<Sum>| {
        all.into_iter().map(|s| CostSum { name: s.name, cost: s.cost, tokens: s.tokens }).collect()
    };
    let (today, ..) = cx.luna.spent_today().await?;
    let (providers, models) = cx.luna.spent_by(days).await?;
    let budget = cx.luna.budget().await?;
    Ok(Costs {
        today,
        month: cx.luna.spent_this_month().await?,
        days: sums(cx.luna.spent_by_day(days).await?),
        providers: sums(providers),
        models: sums(models),
        alerts: budget.shares().into_iter().map(|share| share * 100.0).collect(),
        daily: budget.daily,
        monthly: budget.monthly,
    })
}

#[derive(Debug, Deserialize, TS)]
struct SetBudget {
    daily: f64,
    monthly: f64,
    /// In per cent; none = as they are.
    #[ts(optional)]
    alerts: Option<Vec<f64>>,
}

async fn set_budget(cx: Context, q: SetBudget) -> Result<Costs> {
    let alerts = match q.alerts {
        Some(alerts) => alerts,
        None => cx.luna.budget().await?.alerts,
    };
    cx.luna.set_budget(Budget { daily: q.daily, monthly: q.monthly, alerts }).await?;
    read(cx, CostsOf { days: DAYS }).await
}

pub(crate) fn register(r: &mut Register) {
    r.reply("costs.read", read);
    r.reply("costs.set_budget", set_budget);
}
