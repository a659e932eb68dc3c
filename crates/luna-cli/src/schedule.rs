//! `luna schedule`: what Luna does by herself at times.

use anyhow::{Result, bail};
use luna_model::{Job, JobLimits, JobRun, JobTimes, JobWhat, Missed, NewJob, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::args::{Schedule, ScheduleDeed, ScheduleWhat};
use crate::reach::Reach;
use crate::screen::{self, FAINT, styled};

#[derive(Deserialize)]
struct Listed {
    job: Job,
    said: String,
    ahead: Vec<Timestamp>,
}

#[derive(Deserialize)]
struct Understood {
    times: JobTimes,
}

pub(crate) async fn schedule(reach: &Reach, args: &Schedule) -> Result<()> {
    match &args.deed {
        None => list(reach, args.form.json).await,
        Some(ScheduleDeed::Add { when, name, skip_missed, retries, what }) => {
            let understood: Understood = reach.call("schedule.understand", json!({ "words": when })).await?;
            let what = chosen(what)?;
            let job = NewJob {
                name: name.clone().unwrap_or_else(|| called(&what)),
                description: String::new(),
                what,
                times: understood.times,
                missed: if *skip_missed { Missed::Skip } else { Missed::RunOnce },
                limits: JobLimits::default(),
                max_retries: *retries,
            };
            let made: Listed = reach.call("schedule.add", json!({ "job": job })).await?;
            let next =
                made.ahead.first().map(|at| format!("; next {}", screen::moment(*at))).unwrap_or_default();
            Ok(screen::line(format!("Scheduled {}: {}{next}", made.job.name, made.said))?)
        }
        Some(ScheduleDeed::Run { job }) => {
            let id = find(reach, job).await?.id;
            let run: JobRun = reach.call("schedule.run_and_wait", json!({ "job": id })).await?;
            screen::line(format!("{}{}", outcome(&run)?, if run.output.is_empty() { "" } else { ":" }))?;
            if !run.output.is_empty() {
                screen::line(run.output.trim_end())?;
            }
            Ok(())
        }
        Some(ScheduleDeed::Pause { job }) => enable(reach, job, false).await,
        Some(ScheduleDeed::Resume { job }) => enable(reach, job, true).await,
        Some(ScheduleDeed::Delete { job }) => {
            let found = find(reach, job).await?;
            let _: Value = reach.call("schedule.delete", json!({ "job": found.id })).await?;
            Ok(screen::line(format!("Deleted {}", found.name))?)
        }
        Some(ScheduleDeed::History { job, limit }) => {
            let id = match job {
                Some(job) => Some(find(reach, job).await?.id),
                None => None,
            };
            let runs: Vec<JobRun> = reach.call("schedule.runs", json!({ "job": id, "limit": limit })).await?;
            let names: Vec<Listed> = reach.call("schedule.jobs", json!({})).await?;
            let mut rows = vec![];
            for run in &runs {
                let name = names.iter().find(|l| l.job.id == run.job).map_or("", |l| l.job.name.as_str());
                let first = run.output.lines().next().unwrap_or_default().chars().take(60).collect();
                rows.push(vec![screen::moment(run.began_at), name.to_owned(), outcome(run)?, first]);
            }
            Ok(screen::table(&rows)?)
        }
    }
}

fn chosen(what: &ScheduleWhat) -> Result<JobWhat> {
    let words = |words: &Option<Vec<String>>| words.as_ref().map(|w| w.join(" "));
    Ok(match (words(&what.ask), words(&what.remind), &what.command, &what.webhook, what.backup) {
        (Some(text), ..) => JobWhat::Prompt { text },
        (_, Some(text), ..) => JobWhat::Reminder { text },
        (_, _, Some(command), ..) => JobWhat::Command { command: command.clone(), folder: None },
        (_, _, _, Some(url), _) => JobWhat::Webhook { url: url.clone(), body: None },
        (.., true) => JobWhat::Backup {},
        _ => bail!("say what is to be done: --ask, --remind, --command, --webhook or --backup"),
    })
}

/// A name for what has none.
fn called(what: &JobWhat) -> String {
    let text = match what {
        JobWhat::Prompt { text } | JobWhat::Reminder { text } => text,
        JobWhat::Command { command, .. } => command,
        JobWhat::Webhook { url, .. } => url,
        _ => "Backup",
    };
    text.lines().next().unwrap_or_default().chars().take(60).collect()
}

async fn list(reach: &Reach, as_json: bool) -> Result<()> {
    if as_json {
        let all: Vec<Value> = reach.call("schedule.jobs", json!({})).await?;
        return all.iter().try_for_each(|job| Ok(screen::line(serde_json::to_string(job)?)?));
    }
    let all: Vec<Listed> = reach.call("schedule.jobs", json!({})).await?;
    let row = |l: &Listed| {
        let next = l.ahead.first().map_or_else(|| "off".to_owned(), |at| screen::moment(*at));
        vec![l.job.name.clone(), next, styled(FAINT, &l.said)]
    };
    Ok(screen::table(&all.iter().map(row).collect::<Vec<_>>())?)
}

async fn enable(reach: &Reach, job: &str, enabled: bool) -> Result<()> {
    let found = find(reach, job).await?;
    let _: Value = reach.call("schedule.enable", json!({ "job": found.id, "enabled": enabled })).await?;
    let now = if enabled { "runs again" } else { "rests" };
    Ok(screen::line(format!("{} {now}", found.name))?)
}

/// The job of this id or name.
async fn find(reach: &Reach, wanted: &str) -> Result<Job> {
    let all: Vec<Listed> = reach.call("schedule.jobs", json!({})).await?;
    let small = wanted.to_lowercase();
    let fits = |l: &Listed| l.job.id.to_string() == small || l.job.name.to_lowercase() == small;
    let mut fitting = all.into_iter().filter(fits);
    match (fitting.next(), fitting.next()) {
        (Some(found), None) => Ok(found.job),
        (None, _) => bail!("there is no job called {wanted:?}; `luna schedule` lists them"),
        _ => bail!("several jobs are called {wanted:?}; give the id, as `luna schedule --json` lists it"),
    }
}

fn outcome(run: &JobRun) -> Result<String> {
    Ok(serde_json::to_value(run.outcome)?.as_str().unwrap_or_default().to_owned())
}
