//! Costs: what was spent today, day by day, and on whom.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use luna_core::costs::Sum;
use luna_model::Error;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Answer, Fault, Motoko};
use crate::App;
use crate::support::extract::Params;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(today)).routes(routes!(history)).routes(routes!(breakdown))
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Today {
    total: f64,
    by_provider: BTreeMap<String, f64>,
    by_model: BTreeMap<String, f64>,
}

/// What was spent since midnight, in US dollars.
#[utoipa::path(get, path = "/api/costs/today", tag = "OpenMotoko", responses((status = 200, body = Today)))]
async fn today(State(app): State<App>) -> Answer<Today> {
    let (total, providers, models) = app.luna.spent_today().await?;
    let map = |sums: Vec<Sum>| sums.into_iter().map(|s| (s.name, s.cost)).collect();
    Ok(Json(Today { total, by_provider: map(providers), by_model: map(models) }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Days {
    /// 1 to 365; 30 when left out.
    days: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Day {
    /// In UTC.
    date: String,
    cost: f64,
    tokens: u64,
}

/// What was spent, day by day; days on which nothing was are left out.
#[utoipa::path(get, path = "/api/costs/history", tag = "OpenMotoko", params(Days), responses(
    (status = 200, body = [Day]), (status = 400, body = Fault)))]
async fn history(State(app): State<App>, Params(q, _): Params<Days, Motoko>) -> Answer<Vec<Day>> {
    let days = q.days.unwrap_or(30);
    if !(1..=365).contains(&days) {
        return Err(Error::invalid("days is from 1 to 365").into());
    }
    let sums = app.luna.spent_by_day(days).await?;
    Ok(Json(sums.into_iter().map(|s| Day { date: s.name, cost: s.cost, tokens: s.tokens }).collect()))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Period {
    /// `day`, `week`, `month`, or so many days as `7d` (the default).
    period: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Part {
    name: String,
    cost: f64,
    tokens: u64,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MotokoCostsBreakdown)]
struct Breakdown {
    providers: Vec<Part>,
    models: Vec<Part>,
}

/// What was spent on whom, the dearest first.
#[utoipa::path(get, path = "/api/costs/breakdown", tag = "OpenMotoko", params(Period), responses(
    (status = 200, body = Breakdown), (status = 400, body = Fault)))]
async fn breakdown(State(app): State<App>, Params(q, _): Params<Period, Motoko>) -> Answer<Breakdown> {
    let days = days(q.period.as_deref().unwrap_or("7d"))?;
    let (providers, models) = app.luna.spent_by(days).await?;
    let parts = |sums: Vec<Sum>| {
        sums.into_iter().map(|s| Part { name: s.name, cost: s.cost, tokens: s.tokens }).collect()
    };
    Ok(Json(Breakdown { providers: parts(providers), models: parts(models) }))
}

fn days(period: &str) -> Result<u32, Error> {
    let days = match period {
        "day" => Some(1),
        "week" => Some(7),
        "month" => Some(30),
        other => other.strip_suffix('d').and_then(|n| n.parse().ok()),
    };
    days.filter(|d| (1..=3650).contains(d))
        .ok_or_else(|| Error::invalid("period is day, week, month or a number of days as in 7d"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods() {
        for (period, expected) in [("day", 1), ("week", 7), ("month", 30), ("14d", 14)] {
            assert_eq!(days(period).unwrap(), expected);
        }
        for bad in ["eternity", "d", "0d", "-1d", ""] {
            assert!(days(bad).is_err(), "{bad}");
        }
    }
}
