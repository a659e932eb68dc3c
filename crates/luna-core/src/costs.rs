//! Costs: what every request to a model took is written down, and a budget is held before one is made. The models that the
//! rest of the core asks are wrapped here, so nothing asks past it.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt as _;
use luna_model::{
    Error, ErrorKind, Event, ModelEvent, ModelInfo, ModelPrice, ModelRequest, Provider, ProviderStatus,
    Result, Timestamp, Turn, Usage,
};
use luna_store::{Db, Spending};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::Luna;
use crate::chains::guessed;
use crate::events::Bus;
use crate::ports::{Clock, Llm, ModelStream};

const DOCUMENT: &str = "budget";

/// How much may be spent; 0 = as much as it takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    /// US dollars a day, by the user's clock.
    pub daily: f64,
    /// US dollars a month.
    pub monthly: f64,
    /// Shares of either at which to say so, as they were given: fractions or per cents.
    pub alerts: Vec<f64>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { daily: 10.0, monthly: 100.0, alerts: vec![50.0, 80.0, 95.0, 100.0] }
    }
}

impl Budget {
    /// The shares as fractions: numbers up to 1 are fractions already.
    #[must_use]
    pub fn shares(&self) -> Vec<f64> {
        let fractions = self.alerts.iter().all(|a| *a <= 1.0);
        self.alerts.iter().map(|a| if fractions { *a } else { a / 100.0 }).collect()
    }
}

/// A sum of requests.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sum {
    /// What it is of: a day, a provider, a model.
    pub name: String,
    /// US dollars.
    pub cost: f64,
    /// Tokens read and written.
    pub tokens: u64,
}

/// Alerts that were given: which limit, at which share in per cent, in the period that began then.
type Said = Arc<Mutex<Vec<(&'static str, u64, Timestamp)>>>;

/// Models whose requests are written down, and held to the budget.
pub(crate) struct Metered {
    inner: Arc<dyn Llm>,
    db: Db,
    bus: Bus,
    clock: Arc<dyn Clock>,
    /// Alerts that were given: which limit, at which share, in which period.
    said: Said,
}

impl Metered {
    pub(crate) fn new(inner: Arc<dyn Llm>, db: Db, bus: Bus, clock: Arc<dyn Clock>) -> Self {
        Self { inner, db, bus, clock, said: Arc::default() }
    }

    async fn meant(&self, request: &ModelRequest) -> (Provider, String) {
        let active = self.inner.active().await;
        let provider = request.provider.unwrap_or(active.provider);
        let model = match &request.model {
            Some(model) => model.clone(),
            None if provider == active.provider => active.name,
            None => {
                let known = self.inner.providers().await.into_iter().find(|p| p.provider == provider);
                known.map(|p| p.model).unwrap_or_default()
            }
        };
        (provider, model)
    }

    /// Refuses what would go beyond the budget. What costs nothing always may.
    async fn hold(&self, provider: Provider, model: &str, request: &ModelRequest) -> Result<()> {
        let Some(price) = self.inner.price(provider, model).filter(|p| p.input + p.output > 0.0) else {
            return Ok(());
        };
        let budget = budget(&self.db).await?;
        let next = price.of(guessed(length(request), 0));
        for (name, limit, since) in self.limits(&budget) {
            let spent = self.db.spent_since(since).await?;
            if limit > 0.0 && spent + next > limit {
                return Err(Error::new(
                    ErrorKind::LimitReached,
                    format!(
                        "the {name} budget of ${limit:.2} would be exceeded: ${spent:.2} are spent and this costs at least \
                         ${next:.4}. Raise the budget in the settings, or choose a model that costs nothing"
                    ),
                )
                .because(OverBudget));
            }
        }
        Ok(())
    }

    fn limits(&self, budget: &Budget) -> [(&'static str, f64, Timestamp); 2] {
        limits(budget, &self.clock.local())
    }
}

/// The limits of a budget, and since when what is spent counts against each.
fn limits(budget: &Budget, now: &jiff::Zoned) -> [(&'static str, f64, Timestamp); 2] {
    let day = now.start_of_day().map_or(now.timestamp(), |z| z.timestamp());
    [("daily", budget.daily, day), ("monthly", budget.monthly, month_of(now))]
}

/// When the month of a moment began.
fn month_of(moment: &jiff::Zoned) -> Timestamp {
    let first = moment.first_of_month().and_then(|z| z.start_of_day());
    first.map_or(moment.timestamp(), |z| z.timestamp())
}

/// The cause of an error that is about the budget.
#[derive(Debug, thiserror::Error)]
#[error("over budget")]
struct OverBudget;

/// Whether an error is about the budget: then there is a way to go on.
#[must_use]
pub fn is_over_budget(error: &Error) -> bool {
    error.source.as_ref().is_some_and(|s| s.downcast_ref::<OverBudget>().is_some())
        || (error.kind == ErrorKind::LimitReached && error.message.contains("budget of $"))
}

fn length(request: &ModelRequest) -> usize {
    let turns = request.turns.iter().map(|turn| match turn {
        Turn::User { content, .. } | Turn::Assistant { content, .. } => content.len(),
        Turn::Tools { results } => results.iter().map(|r| r.content.len()).sum(),
    });
    request.system.len() + turns.sum::<usize>()
}

async fn budget(db: &Db) -> Result<Budget> {
    Ok(db.document(DOCUMENT).await?.unwrap_or_default())
}

#[async_trait]
impl Llm for Metered {
    async fn stream(&self, request: ModelRequest) -> Result<ModelStream> {
        let (provider, model) = self.meant(&request).await;
        self.hold(provider, &model, &request).await?;
        let (conversation, read) = (request.conversation, length(&request));
        let stream = self.inner.stream(request).await?;
        let mut meter = Meter {
            db: self.db.clone(),
            bus: self.bus.clone(),
            price: self.inner.price(provider, &model),
            limits: self.limits(&budget(&self.db).await?),
            shares: budget(&self.db).await?.shares(),
            said: Arc::clone(&self.said),
            spent: Spending {
                conversation,
                provider: provider.name().into(),
                model,
                usage: Usage::default(),
                cost: 0.0,
                at: self.clock.now(),
            },
            told: None,
            written: 0,
            read,
        };
        let metered = async_stream(stream, move |event| meter.see(event));
        Ok(metered)
    }

    async fn active(&self) -> ModelInfo {
        self.inner.active().await
    }

    async fn providers(&self) -> Vec<ProviderStatus> {
        self.inner.providers().await
    }

    async fn models(&self, provider: Provider) -> Result<Vec<ModelInfo>> {
        self.inner.models(provider).await
    }

    fn price(&self, provider: Provider, model: &str) -> Option<ModelPrice> {
        self.inner.price(provider, model)
    }

    async fn test(&self, provider: Provider) -> Result<()> {
        self.inner.test(provider).await
    }
}

/// Passes a stream on, with what `see` makes to be awaited at each event.
fn async_stream(
    stream: ModelStream,
    mut see: impl FnMut(&Result<ModelEvent>) -> Option<futures::future::BoxFuture<'static, ()>> + Send + 'static,
) -> ModelStream {
    stream
        .then(move |event| {
            let work = see(&event);
            async move {
                if let Some(work) = work {
                    work.await;
                }
                event
            }
        })
        .boxed()
}

/// Watches one answer and writes down what it took. An answer that is dropped halfway is written down too.
struct Meter {
    db: Db,
    bus: Bus,
    price: Option<ModelPrice>,
    limits: [(&'static str, f64, Timestamp); 2],
    shares: Vec<f64>,
    said: Said,
    spent: Spending,
    told: Option<Usage>,
    written: usize,
    read: usize,
}

impl Meter {
    fn see(&mut self, event: &Result<ModelEvent>) -> Option<futures::future::BoxFuture<'static, ()>> {
        match event {
            Ok(ModelEvent::Text(text) | ModelEvent::Thinking(text)) => self.written += text.len(),
            Ok(ModelEvent::ToolCall(call)) => self.written += call.input.to_string().len(),
            Ok(ModelEvent::Usage(usage)) => self.told = Some(*usage),
            Ok(ModelEvent::End(_)) | Err(_) => return self.close().map(|f| Box::pin(f) as _),
        }
        None
    }

    /// What is to be written, once.
    fn close(&mut self) -> Option<impl Future<Output = ()> + Send + use<>> {
        if self.read == usize::MAX {
            return None;
        }
        let usage = self.told.unwrap_or_else(|| guessed(self.read, self.written));
        self.read = usize::MAX;
        let mut spent = self.spent.clone();
        spent.usage = usage;
        spent.cost = self.price.map_or(0.0, |p| p.of(usage));
        let (db, bus, said) = (self.db.clone(), self.bus.clone(), Arc::clone(&self.said));
        let (limits, shares) = (self.limits, self.shares.clone());
        Some(async move {
            let event = Event::Spent {
                conversation: spent.conversation,
                provider: spent.provider.clone(),
                model: spent.model.clone(),
                usage: spent.usage,
                cost: spent.cost,
            };
            let costs = spent.cost > 0.0;
            if let Err(error) = db.add_spending(spent).await {
                tracing::warn!(%error, "what a request cost could not be written down");
            }
            bus.publish(event);
            if costs {
                alert(&db, &bus, &said, limits, &shares).await;
            }
        })
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        // Stopped before its end: what was read and written cost all the same.
        if self.written > 0
            && let Some(work) = self.close()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(work);
        }
    }
}

/// Says once a period when a share of a limit is spent.
async fn alert(db: &Db, bus: &Bus, said: &Said, limits: [(&'static str, f64, Timestamp); 2], shares: &[f64]) {
    for (name, limit, since) in limits.into_iter().filter(|(_, limit, _)| *limit > 0.0) {
        let Ok(spent) = db.spent_since(since).await else { continue };
        let reached = shares.iter().copied().filter(|share| spent >= limit * share).fold(0.0, f64::max);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share in per cent")]
        let percent = (reached * 100.0).round() as u64;
        if percent == 0 {
            continue;
        }
        let new = {
            let mut said = said.lock();
            let known = said.iter().any(|(n, p, at)| *n == name && *p >= percent && *at == since);
            if !known {
                said.retain(|(n, _, at)| *n != name || *at == since);
                said.push((name, percent, since));
            }
            !known
        };
        if new {
            let text = format!("{percent} % of the {name} budget of ${limit:.2} are spent.");
            bus.publish(Event::Notice {
                level: "warning".into(),
                text,
                about: Some(serde_json::json!({ "budget": name, "percent": percent })),
            });
        }
    }
}

impl Luna {
    /// The budget.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn budget(&self) -> Result<Budget> {
        budget(self.db()).await
    }

    /// What may still be spent today and this month, in US dollars; none = as much as it takes.
    pub(crate) async fn left_to_spend(&self) -> Result<Option<f64>> {
        let mut least: Option<f64> = None;
        for (_, limit, since) in limits(&self.budget().await?, &self.clock().local()) {
            if limit > 0.0 {
                let left = (limit - self.db().spent_since(since).await?).max(0.0);
                least = Some(least.map_or(left, |least| least.min(left)));
            }
        }
        Ok(least)
    }

    /// Sets the budget.
    ///
    /// # Errors
    /// `Invalid` for negative amounts, or shares that are neither fractions nor per cents.
    pub async fn set_budget(&self, budget: Budget) -> Result<Budget> {
        let fine = |amount: f64, most: f64| amount.is_finite() && (0.0..=most).contains(&amount);
        if !fine(budget.daily, 1e9) || !fine(budget.monthly, 1e9) {
            return Err(Error::invalid("daily and monthly are amounts of at least 0; 0 = no limit"));
        }
        if budget.alerts.len() > 20 || !budget.alerts.iter().all(|a| fine(*a, 100.0)) {
            return Err(Error::invalid("alerts are fractions from 0 to 1 or per cents from 0 to 100"));
        }
        self.db().set_document(DOCUMENT, &budget).await?;
        Ok(budget)
    }

    /// What was spent today, by the user's clock, by provider and by model.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn spent_today(&self) -> Result<(f64, Vec<Sum>, Vec<Sum>)> {
        let local = self.clock().local();
        let since = local.start_of_day().map_or(local.timestamp(), |z| z.timestamp());
        let all = self.db().spendings(since).await?;
        let total = all.iter().map(|s| s.cost).sum();
        Ok((total, by(&all, |s| s.provider.clone()), by(&all, |s| s.model.clone())))
    }

    /// What was spent this month, by the user's clock, in US dollars.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn spent_this_month(&self) -> Result<f64> {
        self.db().spent_since(month_of(&self.clock().local())).await
    }

    /// What was spent in the last days, by provider and by model.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn spent_by(&self, days: u32) -> Result<(Vec<Sum>, Vec<Sum>)> {
        let all = self.db().spendings(self.days_ago(days)).await?;
        Ok((by(&all, |s| s.provider.clone()), by(&all, |s| s.model.clone())))
    }

    /// What was spent on each of the last days (UTC) on which something was, oldest first.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn spent_by_day(&self, days: u32) -> Result<Vec<Sum>> {
        let all = self.db().spendings(self.days_ago(days)).await?;
        let mut sums = by(&all, |s| s.at.strftime("%Y-%m-%d").to_string());
        sums.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(sums)
    }

    fn days_ago(&self, days: u32) -> Timestamp {
        let now = self.clock().now();
        now.checked_sub(jiff::SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(now)
    }
}

/// Sums by a name, the dearest first.
fn by(all: &[Spending], name: impl Fn(&Spending) -> String) -> Vec<Sum> {
    let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
    for spent in all {
        let sum = sums.entry(name(spent)).or_default();
        sum.cost += spent.cost;
        sum.tokens += spent.usage.input_tokens + spent.usage.output_tokens;
    }
    let mut sums: Vec<_> = sums.into_iter().map(|(name, sum)| Sum { name, ..sum }).collect();
    sums.sort_by(|a, b| b.cost.total_cmp(&a.cost).then(b.tokens.cmp(&a.tokens)));
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_fractions_or_per_cents() {
        let of = |alerts: &[f64]| Budget { alerts: alerts.to_vec(), ..Budget::default() }.shares();
        assert_eq!(of(&[0.5, 0.8]), [0.5, 0.8]);
        assert_eq!(of(&[50.0, 100.0]), [0.5, 1.0]);
    }
}
