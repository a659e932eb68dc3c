//! What is kept and where: sizes, backups, taking all along, deleting all; the doors to the outside; the log files.

use luna_model::{Error, Result, Timestamp};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::table::{Context, Done, Empty, Register};

/// A part of the data folder.
#[derive(Debug, Serialize, TS)]
struct Holding {
    /// `database`, `workspace`, `undo`, `outputs`, `backups`, `audit`, `logs` or `exports`.
    name: String,
    path: String,
    /// In bytes.
    size: u64,
}

/// A file that was made.
#[derive(Debug, Serialize, TS)]
struct MadeFile {
    path: String,
    /// In bytes.
    size: u64,
    #[ts(type = "string")]
    at: Timestamp,
}

/// What is kept.
#[derive(Debug, Serialize, TS)]
struct Storage {
    holdings: Vec<Holding>,
    /// Newest first.
    backups: Vec<MadeFile>,
    /// Where keys are kept, in words.
    secrets: String,
}

async fn storage(cx: Context, _: Empty) -> Result<Storage> {
    let holdings = cx.luna.holdings().await?.into_iter();
    let backups = luna_core::store::backups(&cx.luna.backups_dir())?.into_iter().map(made);
    Ok(Storage {
        holdings: holdings
            .map(|h| Holding { name: h.name.into(), path: h.path.display().to_string(), size: h.size })
            .collect(),
        backups: backups.collect(),
        secrets: cx.luna.secrets_place(),
    })
}

fn made(backup: luna_core::store::BackupFile) -> MadeFile {
    MadeFile { path: backup.path.display().to_string(), size: backup.size, at: backup.made_at }
}

async fn back_up(cx: Context, _: Empty) -> Result<MadeFile> {
    Ok(made(cx.luna.back_up().await?))
}

async fn export(cx: Context, _: Empty) -> Result<MadeFile> {
    let exported = cx.luna.export_all().await?;
    Ok(MadeFile { path: exported.path.display().to_string(), size: exported.size, at: cx.luna.clock().now() })
}

#[derive(Debug, Deserialize, TS)]
struct DeleteEverything {
    /// Also the files in the workspace.
    workspace: bool,
    /// `delete everything`, so that no stray call does it.
    sure: String,
}

async fn delete_everything(cx: Context, q: DeleteEverything) -> Result<Done> {
    if q.sure != "delete everything" {
        return Err(Error::invalid("say \"delete everything\" to delete everything"));
    }
    cx.luna.delete_everything(q.workspace).await?;
    Ok(Done {})
}

/// A place where Luna can be called.
#[derive(Debug, Serialize, TS)]
struct Door {
    name: String,
    address: String,
}

/// A call from outside.
#[derive(Debug, Serialize, TS)]
struct Caller {
    #[ts(type = "string")]
    at: Timestamp,
    /// "POST /v1/chat".
    what: String,
    /// The program, as it names itself.
    program: String,
    from: String,
    /// The status it was answered with.
    answer: u16,
}

/// The API as it stands.
#[derive(Debug, Serialize, TS)]
struct ApiState {
    doors: Vec<Door>,
    /// Whether a password lets other machines in.
    password: bool,
    /// Latest first.
    callers: Vec<Caller>,
}

async fn api(cx: Context, _: Empty) -> Result<ApiState> {
    let known = cx.luna.callers();
    Ok(ApiState {
        doors: known.doors().into_iter().map(|d| Door { name: d.name, address: d.address }).collect(),
        password: known.has_password(),
        callers: known
            .recent()
            .into_iter()
            .map(|c| Caller { at: c.at, what: c.what, program: c.program, from: c.from, answer: c.answer })
            .collect(),
    })
}

/// A line of the log.
#[derive(Debug, Serialize, TS)]
struct LogLine {
    #[ts(type = "string")]
    at: Timestamp,
    /// `ERROR`, `WARN`, `INFO`, `DEBUG` or `TRACE`.
    level: String,
    /// The part of the program.
    part: String,
    text: String,
}

#[derive(Debug, Deserialize, TS)]
struct ReadLogs {
    limit: u32,
}

async fn logs(cx: Context, q: ReadLogs) -> Result<Vec<LogLine>> {
    let lines = cx.luna.log_lines(q.limit.clamp(1, 5_000) as usize).await?;
    Ok(lines.into_iter().map(|l| LogLine { at: l.at, level: l.level, part: l.part, text: l.text }).collect())
}

pub(crate) fn register(r: &mut Register) {
    r.reply("storage.get", storage);
    r.reply("storage.back_up", back_up);
    r.reply("storage.export", export);
    r.reply("storage.delete_everything", delete_everything);
    r.reply("api.get", api);
    r.reply("logs.get", logs);
}
