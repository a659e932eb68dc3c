//! What the work in the background may use: tokens, money and time, a run and a day. Counted at every call of a model, in
//! the database, so that no restart forgets it. Above a limit nothing more is asked of a model, and the user is asked.

use std::time::Duration;

use jiff::civil::Date;
use luna_model::{Error, Job, JobLimits, JobRunId, ModelInfo, Result, Spent, Timestamp, Usage};
use serde::{Deserialize, Serialize};

use crate::Luna;

const DOCUMENT: &str = "background_allowance";
const MICROS: u64 = 10_000;
const MINUTE_MS: u64 = 60_000;

/// More than the settings say, for one day.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Allowance {
    day: Date,
    times: u64,
}

/// What may be used at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Tokens.
    pub tokens: u64,
    /// Hundredths of a US dollar.
    pub cents: u64,
    /// Minutes.
    pub minutes: u64,
}

impl Budget {
    /// Which limit is reached, in words.
    fn reached(&self, spent: &Spent) -> Option<String> {
        if spent.tokens >= self.tokens {
            Some(format!("{} tokens", self.tokens))
        } else if spent.micros >= self.cents.saturating_mul(MICROS) && self.cents > 0 {
            Some(format!("{}.{:02} dollars", self.cents / 100, self.cents % 100))
        } else if spent.took_ms >= self.minutes.saturating_mul(MINUTE_MS) {
            Some(format!("{} minutes", self.minutes))
        } else {
            None
        }
    }

    fn time_left(&self, spent: &Spent) -> Duration {
        Duration::from_millis(self.minutes.saturating_mul(MINUTE_MS).saturating_sub(spent.took_ms))
    }
}

/// Counts what one run uses.
#[derive(Clone, Debug)]
pub(crate) struct Meter {
    run: JobRunId,
    budget: Budget,
}

impl Meter {
    /// Whether a model may be asked once more.
    ///
    /// # Errors
    /// `LimitReached` when the run's or the day's budget is spent, saying which.
    pub(crate) async fn open(&self, luna: &Luna) -> Result<()> {
        let used = luna.db().pay_for_run(self.run, Usage::default(), 0).await?;
        if let Some(limit) = self.budget.reached(&used) {
            return Err(Error::limit(format!("the {limit} that one run may use are used up")));
        }
        luna.day_open().await
    }

    /// Counts what a call of a model used.
    pub(crate) async fn pay(&self, luna: &Luna, model: &ModelInfo, used: Usage) {
        let price = luna.llm().price(model.provider, &model.name);
        #[allow(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "money is rounded"
        )]
        let cost = price.map_or(0, |p| {
            // Dollars for a million tokens are millionths of a dollar for one.
            (p.input * used.input_tokens as f64 + p.output * used.output_tokens as f64).ceil() as u64
        });
        if let Err(error) = luna.db().pay_for_run(self.run, used, cost).await {
            tracing::error!(%error, "what a run used could not be written down");
        }
    }
}

impl Luna {
    /// What the work in the background used today, and what it may use.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn background_spent(&self) -> Result<(Spent, Budget)> {
        let settings = self.settings().current();
        let times = self.allowance().await?;
        let budget = Budget {
            tokens: settings.background_tokens_a_day.saturating_mul(times),
            cents: settings.background_cents_a_day.saturating_mul(times),
            minutes: settings.background_minutes_a_day.saturating_mul(times),
        };
        Ok((self.db().jobs_spent_since(self.today()).await?, budget))
    }

    /// Allows the work in the background as much again for today; how many times the daily budget it may use now.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn allow_more_today(&self) -> Result<u64> {
        let times = self.allowance().await?.saturating_add(1);
        self.db().set_document(DOCUMENT, &Allowance { day: self.clock().local().date(), times }).await?;
        self.bus().publish(luna_model::Event::ScheduleChanged);
        Ok(times)
    }

    /// # Errors
    /// `LimitReached` when today's budget is spent.
    pub(super) async fn day_open(&self) -> Result<()> {
        let (spent, budget) = self.background_spent().await?;
        match budget.reached(&spent) {
            Some(limit) => {
                Err(Error::limit(format!("today's {limit} for work in the background are used up")))
            }
            None => Ok(()),
        }
    }

    /// A meter for a run of a job, and how long the run may take.
    pub(super) async fn meter(&self, job: &Job, run: JobRunId) -> Result<(Meter, Duration)> {
        let settings = self.settings().current();
        let JobLimits { tokens, cents, minutes } = job.limits;
        let budget = Budget {
            tokens: tokens.unwrap_or(settings.background_tokens_a_job),
            cents: cents.unwrap_or(settings.background_cents_a_job),
            minutes: minutes.unwrap_or(settings.background_minutes_a_job),
        };
        let (spent, day) = self.background_spent().await?;
        let time = budget.time_left(&Spent::default()).min(day.time_left(&spent));
        Ok((Meter { run, budget }, time))
    }

    async fn allowance(&self) -> Result<u64> {
        let today = self.clock().local().date();
        let kept = self.db().document::<Allowance>(DOCUMENT).await?;
        Ok(kept.filter(|a| a.day == today).map_or(1, |a| a.times.max(1)))
    }

    /// When the user's day began.
    pub(super) fn today(&self) -> Timestamp {
        let local = self.clock().local();
        local.start_of_day().map_or(local.timestamp(), |z| z.timestamp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whichever_limit_is_reached_first_counts() {
        let budget = Budget { tokens: 100, cents: 5, minutes: 1 };
        let spent = |tokens, micros, took_ms| budget.reached(&Spent { tokens, micros, took_ms });
        assert_eq!(spent(99, 49_999, 59_999), None);
        assert_eq!(spent(100, 0, 0).as_deref(), Some("100 tokens"));
        assert_eq!(spent(0, 50_000, 0).as_deref(), Some("0.05 dollars"));
        assert_eq!(spent(0, 0, 60_000).as_deref(), Some("1 minutes"));
    }
}
