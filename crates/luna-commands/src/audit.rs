//! The audit log and undo.

use luna_model::{ActionId, AuditRecord, Result, Timestamp, TurnId};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::table::{Context, Empty, Register};

#[derive(Debug, Deserialize, TS)]
struct ListAudit {
    limit: u32,
    /// Only records older than this one.
    #[ts(optional)]
    before: Option<u64>,
}

async fn list(cx: Context, q: ListAudit) -> Result<Vec<AuditRecord>> {
    cx.luna.gate().audit().records(q.limit.clamp(1, 1000) as usize, q.before).await
}

/// Whether the audit log's chain holds.
#[derive(Debug, Serialize, TS)]
struct AuditCheck {
    ok: bool,
    records: u64,
    problem: Option<String>,
}

async fn verify(cx: Context, _: Empty) -> Result<AuditCheck> {
    let v = cx.luna.gate().audit().verify().await?;
    Ok(AuditCheck { ok: v.problem.is_none(), records: v.records, problem: v.problem })
}

#[derive(Debug, Deserialize, TS)]
struct ListUndo {
    limit: u32,
}

/// A deed whose file changes were kept.
#[derive(Debug, Serialize, TS)]
struct Undoable {
    action: ActionId,
    turn: TurnId,
    tool: String,
    summary: String,
    at: Timestamp,
    files: Vec<String>,
    undone: bool,
}

async fn undoable(cx: Context, q: ListUndo) -> Result<Vec<Undoable>> {
    let changes = cx.luna.undo().list(q.limit.clamp(1, 500)).await?;
    let undoable = changes.into_iter().map(|c| Undoable {
        action: c.action,
        turn: c.turn,
        tool: c.tool,
        summary: c.summary,
        at: c.at,
        files: c.files,
        undone: c.undone_by.is_some(),
    });
    Ok(undoable.collect())
}

/// The files an undo brought back.
#[derive(Debug, Serialize, TS)]
struct Restored {
    restored: Vec<String>,
}

#[derive(Debug, Deserialize, TS)]
struct UndoAction {
    action: ActionId,
    /// Also when a file was changed since; what is there now is kept.
    #[serde(default)]
    #[ts(optional, as = "Option<bool>")]
    force: bool,
}

async fn undo_action(cx: Context, q: UndoAction) -> Result<Restored> {
    Ok(Restored { restored: cx.luna.undo_action(q.action, q.force).await? })
}

#[derive(Debug, Deserialize, TS)]
struct UndoTurn {
    turn: TurnId,
    /// Also when a file was changed since; what is there now is kept.
    #[serde(default)]
    #[ts(optional, as = "Option<bool>")]
    force: bool,
}

async fn undo_turn(cx: Context, q: UndoTurn) -> Result<Restored> {
    Ok(Restored { restored: cx.luna.undo_turn(q.turn, q.force).await? })
}

pub(crate) fn register(r: &mut Register) {
    r.reply("audit.list", list);
    r.reply("audit.verify", verify);
    r.reply("undo.list", undoable);
    r.reply("undo.action", undo_action);
    r.reply("undo.turn", undo_turn);
}
