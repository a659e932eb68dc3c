//! The schedule: jobs, their runs, and what the work in the background may use.

use luna_model::{Job, JobId, JobPatch, JobRun, JobTimes, NewJob, Result, Spent, Timestamp};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::table::{Context, Done, Empty, Register};

/// How many times ahead a job is listed with.
const AHEAD: usize = 3;

/// A job with its times in words, and the next of them.
#[derive(Debug, Serialize, TS)]
struct JobView {
    job: Job,
    said: String,
    ahead: Vec<Timestamp>,
}

fn view(cx: &Context, job: Job) -> JobView {
    JobView { said: cx.luna.say_times(&job.times), ahead: cx.luna.next_runs(&job, AHEAD), job }
}

async fn jobs(cx: Context, _: Empty) -> Result<Vec<JobView>> {
    Ok(cx.luna.jobs().await?.into_iter().map(|job| view(&cx, job)).collect())
}

#[derive(Debug, Deserialize, TS)]
struct AddJob {
    job: NewJob,
}

async fn add(cx: Context, q: AddJob) -> Result<JobView> {
    let made = cx.luna.add_job(q.job).await?.now;
    Ok(view(&cx, made))
}

#[derive(Debug, Deserialize, TS)]
struct UpdateJob {
    job: JobId,
    patch: JobPatch,
}

async fn update(cx: Context, q: UpdateJob) -> Result<JobView> {
    let changed = cx.luna.update_job(q.job, q.patch).await?.now;
    Ok(view(&cx, changed))
}

#[derive(Debug, Deserialize, TS)]
struct EnableJob {
    job: JobId,
    enabled: bool,
}

async fn enable(cx: Context, q: EnableJob) -> Result<JobView> {
    let job = cx.luna.enable_job(q.job, q.enabled).await?;
    Ok(view(&cx, job))
}

#[derive(Debug, Deserialize, TS)]
struct OneJob {
    job: JobId,
}

async fn run(cx: Context, q: OneJob) -> Result<JobRun> {
    cx.luna.begin_job(q.job).await
}

async fn run_and_wait(cx: Context, q: OneJob) -> Result<JobRun> {
    cx.luna.run_job(q.job).await
}

async fn delete(cx: Context, q: OneJob) -> Result<Done> {
    cx.luna.delete_job(q.job).await?;
    Ok(Done {})
}

#[derive(Debug, Deserialize, TS)]
struct ListJobRuns {
    job: Option<JobId>,
    limit: u32,
}

async fn runs(cx: Context, q: ListJobRuns) -> Result<Vec<JobRun>> {
    cx.luna.job_runs(q.job, q.limit, 0).await
}

#[derive(Debug, Deserialize, TS)]
struct TimesInWords {
    words: String,
}

/// Times as they were understood, and the next of them.
#[derive(Debug, Serialize, TS)]
struct UnderstoodTimes {
    times: JobTimes,
    said: String,
    ahead: Vec<Timestamp>,
}

async fn understand(cx: Context, q: TimesInWords) -> Result<UnderstoodTimes> {
    let times = cx.luna.times_from(&q.words)?;
    let ahead = cx.luna.next_times(&times, AHEAD)?;
    Ok(UnderstoodTimes { said: cx.luna.say_times(&times), times, ahead })
}

/// What the work in the background used today, and what it may use.
#[derive(Debug, Serialize, TS)]
struct BackgroundBudget {
    spent: Spent,
    tokens: u64,
    cents: u64,
    minutes: u64,
}

async fn budget(cx: Context, _: Empty) -> Result<BackgroundBudget> {
    let (spent, budget) = cx.luna.background_spent().await?;
    Ok(BackgroundBudget { spent, tokens: budget.tokens, cents: budget.cents, minutes: budget.minutes })
}

async fn allow_more(cx: Context, _: Empty) -> Result<BackgroundBudget> {
    cx.luna.allow_more_today().await?;
    budget(cx, Empty {}).await
}

pub(crate) fn register(r: &mut Register) {
    r.reply("schedule.jobs", jobs);
    r.reply("schedule.add", add);
    r.reply("schedule.update", update);
    r.reply("schedule.enable", enable);
    r.reply("schedule.run", run);
    r.reply("schedule.run_and_wait", run_and_wait);
    r.reply("schedule.delete", delete);
    r.reply("schedule.runs", runs);
    r.reply("schedule.understand", understand);
    r.reply("schedule.budget", budget);
    r.reply("schedule.allow_more", allow_more);
}
