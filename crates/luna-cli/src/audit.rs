//! `luna audit`: the record of everything Luna did.

use std::process::ExitCode;

use anyhow::Result;
use luna_model::{Actor, AuditPhase, AuditRecord};
use serde::Deserialize;
use serde_json::json;

use crate::args::{AsJson, Audit, AuditDeed};
use crate::reach::Reach;
use crate::screen::{self, BAD, CAREFUL, FAINT, GOOD, styled};

#[derive(Deserialize)]
struct Check {
    ok: bool,
    records: u64,
    problem: Option<String>,
}

pub(crate) async fn audit(reach: &Reach, args: &Audit) -> Result<ExitCode> {
    match &args.deed {
        None => list(reach, 20, AsJson { json: false }).await,
        Some(AuditDeed::List { limit, form }) => list(reach, *limit, *form).await,
        Some(AuditDeed::Verify) => verify(reach).await,
    }
}

async fn list(reach: &Reach, limit: u32, form: AsJson) -> Result<ExitCode> {
    let mut records: Vec<AuditRecord> = reach.call("audit.list", json!({ "limit": limit })).await?;
    records.sort_by_key(|r| r.seq);
    if form.json {
        for record in &records {
            screen::line(serde_json::to_string(record)?)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    if records.is_empty() {
        screen::line("Nothing was done yet.")?;
    }
    let rows: Vec<_> = records.iter().map(row).collect();
    screen::table(&rows)?;
    Ok(ExitCode::SUCCESS)
}

fn row(record: &AuditRecord) -> Vec<String> {
    let by = match record.actor {
        Actor::User => "you",
        Actor::Model { .. } => "model",
        Actor::Task { .. } => "task",
        Actor::Job { .. } => "job",
        Actor::Guest { .. } => "channel",
        Actor::Run { .. } => "plan",
    };
    let style = match record.result.as_str() {
        "ok" => GOOD,
        "pending" => FAINT,
        "error" | "blocked" => BAD,
        _ => CAREFUL,
    };
    let text = match record.phase {
        AuditPhase::Before => record.input.to_string(),
        AuditPhase::After => record.summary.clone(),
    };
    vec![
        styled(FAINT, record.seq),
        screen::moment(record.ts),
        by.into(),
        record.tool.clone(),
        styled(style, &record.result),
        screen::cut(&text, 70),
    ]
}

async fn verify(reach: &Reach) -> Result<ExitCode> {
    let check: Check = reach.call("audit.verify", json!({})).await?;
    if check.ok {
        screen::line(format!(
            "{} {} records, each in its place and unchanged",
            styled(GOOD, "✓"),
            check.records
        ))?;
        return Ok(ExitCode::SUCCESS);
    }
    screen::line(format!("{} {}", styled(BAD, "✗"), check.problem.unwrap_or_default()))?;
    Ok(ExitCode::FAILURE)
}
