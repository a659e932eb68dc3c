//! The audit log: JSON lines, appended and never changed, each bound to the one before by a hash, so that a changed,
//! missing or reordered line shows. A thread of its own writes it; lines that wait together share one flush to the disk.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use luna_model::{Action, AuditPhase, AuditRecord, Error, Mode, Result, Timestamp};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, oneshot};

/// Lines that may wait for the writer; more wait in their callers.
const QUEUE: usize = 256;
/// Longest text kept of an argument.
const LONGEST: usize = 2000;
/// `previous` of the first line.
const START: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What one line says, before it has its place in the chain.
#[derive(Clone, Debug)]
pub struct Line {
    pub(crate) ts: Timestamp,
    pub(crate) action: Action,
    pub(crate) phase: AuditPhase,
    pub(crate) mode: Mode,
    pub(crate) result: &'static str,
    pub(crate) summary: String,
}

impl Line {
    pub(crate) fn before(action: &Action, mode: Mode, summary: &str, now: Timestamp) -> Self {
        let mut action = action.clone();
        action.input = presentable(&action.input, "");
        Self {
            ts: now,
            action,
            phase: AuditPhase::Before,
            mode,
            result: "pending",
            summary: summary.to_owned(),
        }
    }
}

/// How a check of the log went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// Lines that hold, from the first.
    pub records: u64,
    /// What is wrong with the next one; none when the whole log holds.
    pub problem: Option<String>,
}

struct Job {
    /// None begins a new log.
    line: Option<Line>,
    done: Option<oneshot::Sender<()>>,
}

/// A handle on the log; cheap to clone.
#[derive(Clone, Debug)]
pub struct Audit {
    path: Arc<Path>,
    jobs: mpsc::Sender<Job>,
}

impl Audit {
    /// Opens the log, making it if it is not there. A last line that a crash cut off is set aside.
    ///
    /// # Errors
    /// `Unavailable` when the file cannot be opened.
    pub fn open(path: &Path) -> Result<Self> {
        let unwritable = |e: std::io::Error| {
            Error::unavailable(format!("the audit log {} cannot be written: {e}", path.display())).because(e)
        };
        let mut file =
            OpenOptions::new().create(true).append(true).read(true).open(path).map_err(unwritable)?;
        let chain = end_of_chain(&mut file).map_err(unwritable)?;
        let (jobs, queue) = mpsc::channel(QUEUE);
        std::thread::Builder::new()
            .name("luna-audit".into())
            .spawn(move || write_lines(file, chain, queue))
            .map_err(Error::internal)?;
        Ok(Self { path: path.into(), jobs })
    }

    /// Writes a line; returns when it is on the disk.
    pub(crate) async fn append(&self, line: Line) {
        let (done, written) = oneshot::channel();
        if self.jobs.send(Job { line: Some(line), done: Some(done) }).await.is_ok() {
            let _ = written.await;
        }
    }

    /// Writes a line without waiting, from where nobody can wait.
    pub(crate) fn append_later(&self, line: Line) {
        if self.jobs.try_send(Job { line: Some(line), done: None }).is_err() {
            tracing::error!("an audit line was lost: the log's queue is full");
        }
    }

    /// Throws the log away and begins a new one. Only for when the user has everything deleted.
    pub(crate) async fn begin_anew(&self) {
        let (done, emptied) = oneshot::channel();
        if self.jobs.send(Job { line: None, done: Some(done) }).await.is_ok() {
            let _ = emptied.await;
        }
    }

    /// The newest `limit` records older than `before`, newest first.
    ///
    /// # Errors
    /// `Unavailable` when the log cannot be read.
    pub async fn records(&self, limit: usize, before: Option<u64>) -> Result<Vec<AuditRecord>> {
        let path = Arc::clone(&self.path);
        let read = tokio::task::spawn_blocking(move || newest(&path, limit, before.unwrap_or(u64::MAX)));
        read.await.map_err(Error::internal)?.map_err(|e| unreadable(&self.path, e))
    }

    /// Checks every line against the one before.
    ///
    /// # Errors
    /// `Unavailable` when the log cannot be read.
    pub async fn verify(&self) -> Result<Verification> {
        let path = Arc::clone(&self.path);
        let check = tokio::task::spawn_blocking(move || verify(&path));
        check.await.map_err(Error::internal)?
    }
}

fn unreadable(path: &Path, error: std::io::Error) -> Error {
    Error::unavailable(format!("the audit log {} cannot be read: {error}", path.display())).because(error)
}

/// Checks the log in a file, without opening it for writing.
///
/// # Errors
/// `Unavailable` when the file cannot be read.
pub fn verify(path: &Path) -> Result<Verification> {
    let file = match File::open(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Verification { records: 0, problem: None });
        }
        other => other.map_err(|e| unreadable(path, e))?,
    };
    let (mut previous, mut records) = (START.to_owned(), 0);
    for line in BufReader::new(file).lines() {
        let line = line.map_err(|e| unreadable(path, e))?;
        let problem = match serde_json::from_str::<AuditRecord>(&line) {
            Err(error) => Some(format!("line {} is no record: {error}", records + 1)),
            Ok(r) if r.seq != records => {
                Some(format!("line {} should be record {records} and is {}", records + 1, r.seq))
            }
            Ok(r) if r.previous != previous => {
                Some(format!("record {records} does not follow the one before it"))
            }
            Ok(r) => match hash(&r) {
                Ok(right) if right == r.hash => {
                    previous = r.hash;
                    None
                }
                _ => Some(format!("record {records} was changed")),
            },
        };
        if problem.is_some() {
            return Ok(Verification { records, problem });
        }
        records += 1;
    }
    Ok(Verification { records, problem: None })
}

struct Chain {
    next: u64,
    previous: String,
}

fn write_lines(mut file: File, mut chain: Chain, mut queue: mpsc::Receiver<Job>) {
    let mut waiting = Vec::new();
    while queue.blocking_recv_many(&mut waiting, QUEUE) > 0 {
        let mut text = Vec::new();
        let mut written = Vec::new();
        for job in waiting.drain(..) {
            written.extend(job.done);
            let Some(line) = job.line else {
                text.clear();
                chain = Chain { next: 0, previous: START.to_owned() };
                if let Err(error) = file.set_len(0) {
                    tracing::error!(%error, "the audit log could not be emptied");
                }
                continue;
            };
            match record(&mut chain, line) {
                Ok(record) => {
                    text.extend_from_slice(record.as_bytes());
                    text.push(b'\n');
                }
                Err(error) => tracing::error!(%error, "an audit line could not be made"),
            }
        }
        if let Err(error) = file.write_all(&text).and_then(|()| file.sync_data()) {
            tracing::error!(%error, "the audit log could not be written");
        }
        for done in written {
            let _ = done.send(());
        }
    }
}

fn record(chain: &mut Chain, line: Line) -> serde_json::Result<String> {
    let mut record = AuditRecord {
        seq: chain.next,
        ts: line.ts,
        action: line.action.id,
        turn: line.action.turn,
        phase: line.phase,
        tool: line.action.tool,
        input: line.action.input,
        actor: line.action.actor,
        evidence: line.action.evidence,
        mode: line.mode,
        result: line.result.to_owned(),
        summary: shortened(&line.summary),
        previous: chain.previous.clone(),
        hash: String::new(),
    };
    record.hash = hash(&record)?;
    let text = serde_json::to_string(&record)?;
    chain.next += 1;
    chain.previous = record.hash;
    Ok(text)
}

/// The SHA-256 of a record's JSON with an empty `hash`.
fn hash(record: &AuditRecord) -> serde_json::Result<String> {
    let bare = AuditRecord { hash: String::new(), ..record.clone() };
    Ok(hex::encode(Sha256::digest(serde_json::to_vec(&bare)?)))
}

/// Where the chain goes on. A last line without its end was cut off by a crash: it was never acknowledged and goes.
fn end_of_chain(file: &mut File) -> std::io::Result<Chain> {
    let end = file.seek(SeekFrom::End(0))?;
    let (last, whole) = last_line(file, end)?;
    if whole < end {
        tracing::warn!(bytes = end - whole, "the last line of the audit log was cut off and is dropped");
        file.set_len(whole)?;
    }
    let Some(last) = last else { return Ok(Chain { next: 0, previous: START.to_owned() }) };
    match serde_json::from_str::<AuditRecord>(&last) {
        Ok(record) => Ok(Chain { next: record.seq + 1, previous: record.hash }),
        // Somebody wrote into it. The log goes on; verification shows the place.
        Err(error) => {
            tracing::error!(%error, "the audit log was tampered with; run `luna audit verify`");
            Ok(Chain { next: 0, previous: START.to_owned() })
        }
    }
}

/// The last whole line before `end`, and where whole lines end.
fn last_line(file: &mut File, end: u64) -> std::io::Result<(Option<String>, u64)> {
    let mut lines = Backwards::new(file, end);
    let rest = lines.next_line()?.map_or(0, |l| l.len() as u64);
    let last = lines.next_line()?;
    Ok((last.map(|l| String::from_utf8_lossy(&l).into_owned()), end - rest))
}

fn newest(path: &Path, limit: usize, before: u64) -> std::io::Result<Vec<AuditRecord>> {
    let mut file = match File::open(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(vec![]),
        other => other?,
    };
    let end = file.seek(SeekFrom::End(0))?;
    let mut lines = Backwards::new(&mut file, end);
    let mut found = Vec::with_capacity(limit.min(1024));
    while found.len() < limit
        && let Some(line) = lines.next_line()?
    {
        if let Ok(record) = serde_json::from_slice::<AuditRecord>(&line)
            && record.seq < before
        {
            found.push(record);
        }
    }
    Ok(found)
}

/// Reads a file's lines from the end. The first is what stands after the last line break, usually nothing.
struct Backwards<'a> {
    file: &'a mut File,
    /// What lies before this is not read yet.
    start: u64,
    /// Read, not yet given out.
    held: Vec<u8>,
    done: bool,
}

impl<'a> Backwards<'a> {
    const BLOCK: u64 = 64 << 10;

    const fn new(file: &'a mut File, end: u64) -> Self {
        Self { file, start: end, held: Vec::new(), done: false }
    }

    fn next_line(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(at) = self.held.iter().rposition(|b| *b == b'\n') {
                let line = self.held.split_off(at + 1);
                self.held.pop();
                return Ok(Some(line));
            }
            if self.start == 0 {
                return Ok((!std::mem::replace(&mut self.done, true)).then(|| std::mem::take(&mut self.held)));
            }
            let size = self.start.min(Self::BLOCK);
            self.start -= size;
            self.file.seek(SeekFrom::Start(self.start))?;
            let mut block = vec![0; usize::try_from(size).unwrap_or_default()];
            self.file.read_exact(&mut block)?;
            block.append(&mut self.held);
            self.held = block;
        }
    }
}

/// Arguments as they may be kept: long texts cut, values under a secret's name taken out.
fn presentable(value: &Value, name: &str) -> Value {
    const SECRET: [&str; 6] = ["password", "secret", "token", "api_key", "apikey", "authorization"];
    let lower = name.to_ascii_lowercase();
    match value {
        _ if SECRET.iter().any(|s| lower.contains(s)) => Value::from("<redacted>"),
        Value::String(text) => Value::from(shortened(text)),
        Value::Array(items) => items.iter().map(|v| presentable(v, name)).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(k, v)| (k.clone(), presentable(v, k)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}… ({} characters in all)", &text[..at], text.chars().count()),
    }
}

/// The file of a data folder.
#[must_use]
pub fn path_in(data_dir: &Path) -> PathBuf {
    data_dir.join("audit.log")
}

#[cfg(test)]
mod tests {
    use luna_model::{ActionId, Actor, TurnId};
    use serde_json::json;

    use super::*;

    fn line(n: u64) -> Line {
        let action = Action {
            id: ActionId::new(),
            turn: TurnId::new(),
            tool: "read_file".into(),
            input: json!({ "n": n, "password": "hunter2" }),
            actor: Actor::User,
            evidence: vec![],
            reversible: true,
        };
        Line::before(&action, Mode::Allow, &format!("line {n}"), Timestamp::UNIX_EPOCH)
    }

    async fn log_of(n: u64) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = path_in(dir.path());
        let audit = Audit::open(&path).unwrap();
        for i in 0..n {
            audit.append(line(i)).await;
        }
        (dir, path)
    }

    fn lines(path: &Path) -> Vec<String> {
        std::fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
    }

    #[tokio::test]
    async fn a_changed_a_missing_and_a_moved_line_show() {
        let (_dir, path) = log_of(6).await;
        assert_eq!(verify(&path).unwrap(), Verification { records: 6, problem: None });
        let whole = lines(&path);
        let edits: [fn(&mut Vec<String>); 3] =
            [|l| l[2] = l[2].replace("line 2", "line X"), |l| drop(l.remove(3)), |l| l.swap(1, 4)];
        for edit in edits {
            let mut changed = whole.clone();
            edit(&mut changed);
            std::fs::write(&path, changed.join("\n") + "\n").unwrap();
            assert!(verify(&path).unwrap().problem.is_some());
        }
    }

    #[tokio::test]
    async fn it_goes_on_after_a_restart_and_after_a_torn_line() {
        let (_dir, path) = log_of(3).await;
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"{\"seq\":3,\"ts\":\"2026-").unwrap();
        let audit = Audit::open(&path).unwrap();
        audit.append(line(3)).await;
        assert_eq!(verify(&path).unwrap(), Verification { records: 4, problem: None });
        let newest = audit.records(2, None).await.unwrap();
        assert_eq!(newest.iter().map(|r| r.seq).collect::<Vec<_>>(), [3, 2]);
        let older = audit.records(9, Some(2)).await.unwrap();
        assert_eq!(older.iter().map(|r| r.seq).collect::<Vec<_>>(), [1, 0]);
    }

    #[tokio::test]
    async fn secrets_are_not_written_down() {
        let (_dir, path) = log_of(1).await;
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains("hunter2") && text.contains("<redacted>"));
    }
}
