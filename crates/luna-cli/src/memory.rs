//! `luna memory`: what Luna remembers.

use anyhow::Result;
use luna_model::{Fact, FactHit, FactId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::args::{AsJson, Memory, MemoryDeed};
use crate::reach::Reach;
use crate::screen::{self, FAINT, styled};

#[derive(Deserialize)]
struct Origin {
    text: String,
    earlier: Vec<Fact>,
}

pub(crate) async fn memory(reach: &Reach, args: &Memory) -> Result<()> {
    match &args.deed {
        None => list(reach, AsJson { json: false }).await,
        Some(MemoryDeed::List(form)) => list(reach, *form).await,
        Some(MemoryDeed::Add { fact }) => {
            let fact: Fact = reach.call("memory.add", json!({ "content": fact.join(" ") })).await?;
            Ok(screen::line(format!("{}  {}", styled(FAINT, fact.id), fact.content))?)
        }
        Some(MemoryDeed::Search { query, limit, form }) => {
            search(reach, &query.join(" "), *limit, *form).await
        }
        Some(MemoryDeed::Forget { fact }) => {
            let _: Value = reach.call("memory.forget", json!({ "fact": fact })).await?;
            Ok(screen::line("Forgotten.")?)
        }
        Some(MemoryDeed::Why { fact }) => why(reach, *fact).await,
    }
}

async fn list(reach: &Reach, form: AsJson) -> Result<()> {
    let facts: Vec<Fact> = reach.call("memory.facts", json!({})).await?;
    if form.json {
        return lines(&facts);
    }
    if facts.is_empty() {
        screen::line("Nothing is remembered yet.")?;
    }
    let row = |f: &Fact| vec![styled(FAINT, f.id), screen::moment(f.created_at), f.content.clone()];
    Ok(screen::table(&facts.iter().map(row).collect::<Vec<_>>())?)
}

async fn search(reach: &Reach, query: &str, limit: u32, form: AsJson) -> Result<()> {
    let hits: Vec<FactHit> = reach.call("memory.search", json!({ "query": query, "limit": limit })).await?;
    if form.json {
        return lines(&hits);
    }
    if hits.is_empty() {
        screen::line("Nothing that is remembered fits.")?;
    }
    let row = |h: &FactHit| vec![styled(FAINT, h.fact.id), format!("{:.2}", h.score), h.fact.content.clone()];
    Ok(screen::table(&hits.iter().map(row).collect::<Vec<_>>())?)
}

async fn why(reach: &Reach, fact: FactId) -> Result<()> {
    let origin: Origin = reach.call("memory.why", json!({ "fact": fact })).await?;
    screen::line(origin.text)?;
    for fact in origin.earlier {
        screen::line(styled(
            FAINT,
            format!("before that: {} ({})", fact.content, screen::moment(fact.created_at)),
        ))?;
    }
    Ok(())
}

fn lines(items: &[impl Serialize]) -> Result<()> {
    items.iter().try_for_each(|item| Ok(screen::line(serde_json::to_string(item)?)?))
}
