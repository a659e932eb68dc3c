//! `luna undo`: lists what can be undone and undoes it.

use anyhow::Result;
use luna_model::{ActionId, Timestamp};
use serde::Deserialize;
use serde_json::json;

use crate::args;
use crate::reach::Reach;
use crate::screen::{self, FAINT, styled};

#[derive(Deserialize)]
struct Undoable {
    action: ActionId,
    tool: String,
    summary: String,
    at: Timestamp,
    files: Vec<String>,
    undone: bool,
}

#[derive(Deserialize)]
struct Restored {
    restored: Vec<String>,
}

pub(crate) async fn undo(reach: &Reach, args: &args::Undo) -> Result<()> {
    if args.list {
        return list(reach).await;
    }
    let restored: Restored = if let Some(turn) = args.turn {
        reach.call("undo.turn", json!({ "turn": turn, "force": args.force })).await?
    } else {
        let Some(action) = (match args.action {
            Some(action) => Some(action),
            None => last(reach).await?,
        }) else {
            return Ok(screen::line("There is nothing to undo.")?);
        };
        reach.call("undo.action", json!({ "action": action, "force": args.force })).await?
    };
    for path in &restored.restored {
        screen::line(format!("{} {path}", styled(FAINT, "as it was:")))?;
    }
    if restored.restored.is_empty() {
        screen::line("Everything was as it had been already.")?;
    }
    Ok(())
}

async fn all(reach: &Reach) -> Result<Vec<Undoable>> {
    reach.call("undo.list", json!({ "limit": 100 })).await
}

/// The newest deed that was not undone and is no undo itself.
async fn last(reach: &Reach) -> Result<Option<ActionId>> {
    let deeds = all(reach).await?;
    Ok(deeds.iter().filter(|d| !d.undone && d.tool != "undo").max_by_key(|d| d.at).map(|d| d.action))
}

async fn list(reach: &Reach) -> Result<()> {
    let deeds = all(reach).await?;
    if deeds.is_empty() {
        return Ok(screen::line("There is nothing to undo.")?);
    }
    let row = |d: &Undoable| {
        let state = if d.undone { styled(FAINT, "undone") } else { String::new() };
        let files = match d.files.as_slice() {
            [one] => one.clone(),
            several => format!("{} files", several.len()),
        };
        vec![styled(FAINT, d.action), screen::moment(d.at), screen::cut(&d.summary, 60), files, state]
    };
    Ok(screen::table(&deeds.iter().map(row).collect::<Vec<_>>())?)
}
