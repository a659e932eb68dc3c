//! Reading Luna's own log files back: JSON lines, a file a day, newest lines first. Who writes them is no affair of this file.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use luna_model::{Error, Result, Timestamp};
use serde_json::Value;

use crate::Luna;

/// Most bytes that are read from the end of a file.
const MOST_BYTES: u64 = 4 << 20;

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When.
    pub at: Timestamp,
    /// `ERROR`, `WARN`, `INFO`, `DEBUG` or `TRACE`.
    pub level: String,
    /// The part of the program.
    pub part: String,
    /// What happened, with its fields.
    pub text: String,
}

impl Luna {
    /// The folder of the log files.
    #[must_use]
    pub fn logs_dir(&self) -> PathBuf {
        self.data_dir().join("logs")
    }

    /// The newest lines of the log, latest first.
    ///
    /// # Errors
    /// `Unavailable` when the files cannot be read.
    pub async fn log_lines(&self, limit: usize) -> Result<Vec<LogLine>> {
        let folder = self.logs_dir();
        let read = tokio::task::spawn_blocking(move || newest(&folder, limit));
        read.await.map_err(Error::internal)?
    }
}

fn newest(folder: &Path, limit: usize) -> Result<Vec<LogLine>> {
    let entries = match std::fs::read_dir(folder) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(vec![]),
        other => other.map_err(|e| unreadable(folder, &e))?,
    };
    let mut files: Vec<_> =
        entries.flatten().map(|e| e.path()).filter(|p| p.extension().is_some_and(|x| x == "jsonl")).collect();
    // Their names hold the day, so the order of the alphabet is that of time.
    files.sort();
    let mut lines = vec![];
    for file in files.into_iter().rev() {
        let text = end_of(&file).map_err(|e| unreadable(&file, &e))?;
        lines.extend(text.lines().rev().filter_map(line).take(limit - lines.len()));
        if lines.len() >= limit {
            break;
        }
    }
    Ok(lines)
}

fn end_of(file: &Path) -> std::io::Result<String> {
    let mut file = std::fs::File::open(file)?;
    let size = file.metadata()?.len();
    file.seek(SeekFrom::Start(size.saturating_sub(MOST_BYTES)))?;
    let mut bytes = vec![];
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn line(text: &str) -> Option<LogLine> {
    let Value::Object(mut fields) = serde_json::from_str(text).ok()? else { return None };
    let mut take = |name: &str| match fields.shift_remove(name) {
        Some(Value::String(text)) => text,
        _ => String::new(),
    };
    let (at, level, part, message) = (take("time"), take("level"), take("target"), take("message"));
    fields.shift_remove("spans");
    let rest = fields.into_iter().map(|(name, value)| match value {
        Value::String(text) => format!(" {name}={text}"),
        other => format!(" {name}={other}"),
    });
    let text = format!("{message}{}", rest.collect::<String>());
    Some(LogLine { at: at.parse().ok()?, level, part, text: text.trim().to_owned() })
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::unavailable(format!("the log {} cannot be read: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_lines_of_all_days_come_first() {
        let folder = tempfile::tempdir().unwrap();
        let write = |day: &str, text: &str| {
            std::fs::write(folder.path().join(format!("luna.{day}.jsonl")), text).unwrap()
        };
        write(
            "2026-03-01",
            "{\"time\":\"2026-03-01T10:00:00Z\",\"level\":\"INFO\",\"target\":\"a\",\"message\":\"first\"}\n",
        );
        write(
            "2026-03-02",
            "{\"time\":\"2026-03-02T10:00:00Z\",\"level\":\"WARN\",\"target\":\"b\",\"message\":\"second\",\"port\":8899}\nnot json\n",
        );
        let lines = newest(folder.path(), 10).unwrap();
        let texts: Vec<_> = lines.iter().map(|l| l.text.as_str()).collect();
        assert_eq!(texts, ["second port=8899", "first"]);
        assert_eq!((lines[0].level.as_str(), lines[0].part.as_str()), ("WARN", "b"));
        assert_eq!(newest(folder.path(), 1).unwrap().len(), 1);
        assert!(newest(&folder.path().join("none"), 1).unwrap().is_empty());
    }
}
