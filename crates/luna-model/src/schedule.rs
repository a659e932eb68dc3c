//! What Luna does by herself at times: jobs, and how their runs went.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{ConversationId, Error, JobId, JobRunId, Result};

/// What a job does: the name of its handler, and what that is given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "handler", content = "payload", rename_all = "snake_case")]
pub enum JobWhat {
    /// Asks Luna, who works on it with her tools and says what came of it.
    Prompt {
        /// What is wanted.
        text: String,
    },
    /// Runs a shell command, through the gate.
    Command {
        /// The command.
        command: String,
        /// Where; none = the home folder.
        folder: Option<String>,
    },
    /// Makes a backup of the database.
    Backup {},
    /// Calls an address (POST, JSON).
    Webhook {
        /// The address.
        url: String,
        /// What is sent; none = the job's name and the time.
        body: Option<Value>,
    },
    /// Says something to the user.
    Reminder {
        /// What.
        text: String,
    },
    /// Says what the day brings.
    Brief {},
    /// Says which things to do are overdue.
    Overdue {},
    /// Asks how something went that the user said would happen.
    FollowUp {},
    /// Asks how it goes, a while after the last talk.
    CheckIn {},
}

impl JobWhat {
    /// The handlers that anyone may choose.
    pub const HANDLERS: [&str; 9] =
        ["prompt", "command", "backup", "webhook", "reminder", "brief", "overdue", "follow_up", "check_in"];

    /// From a handler's name and what it is given.
    ///
    /// # Errors
    /// `Invalid` for a handler that does not exist, or that needs something else.
    pub fn from_parts(handler: &str, payload: Map<String, Value>) -> Result<Self> {
        if !Self::HANDLERS.contains(&handler) {
            return Err(Error::invalid(format!(
                "there is no handler called {handler:?}; there are {}",
                Self::HANDLERS.join(", ")
            )));
        }
        serde_json::from_value(serde_json::json!({ "handler": handler, "payload": payload }))
            .map_err(|e| Error::invalid(format!("the handler {handler} needs something else: {e}")))
    }

    /// The handler's name, and what it is given.
    ///
    /// # Errors
    /// Never in practice: every handler can be written as JSON.
    pub fn parts(&self) -> Result<(String, Map<String, Value>)> {
        #[derive(Deserialize)]
        struct Parts {
            handler: String,
            payload: Map<String, Value>,
        }
        let parts = serde_json::to_value(self).and_then(serde_json::from_value::<Parts>);
        parts.map(|p| (p.handler, p.payload)).map_err(Error::internal)
    }
}

/// When a job is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum JobTimes {
    /// Once.
    Once {
        /// When.
        at: Timestamp,
    },
    /// Again and again after so many seconds, whatever clocks show.
    Every {
        /// From when.
        from: Timestamp,
        /// How many; 60 at least.
        seconds: u32,
    },
    /// By a clock on the wall, as cron says it.
    Cron {
        /// Minute, hour, day of the month, month, day of the week. Where both days are named, either will do.
        pattern: String,
        /// IANA name of the clock's zone.
        zone: String,
    },
}

/// What becomes of times at which nobody was awake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Missed {
    /// The last of them is made up for, once.
    #[default]
    RunOnce,
    /// They are left out.
    Skip,
}

/// What a run may use at most. Where nothing is said, the settings say it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default)]
pub struct JobLimits {
    /// Tokens.
    pub tokens: Option<u64>,
    /// Hundredths of a US dollar.
    pub cents: Option<u64>,
    /// Minutes.
    pub minutes: Option<u64>,
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// It waits for its time.
    Pending,
    /// It runs.
    Running,
    /// It ran and is not due again.
    Completed,
    /// Its last run failed, and its retries with it.
    Failed,
    /// It was switched off.
    Cancelled,
}

/// Something that is done at times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// What it is called.
    pub name: String,
    /// More about it.
    pub description: String,
    /// What it does.
    pub what: JobWhat,
    /// When it is due.
    pub times: JobTimes,
    /// What becomes of times at which nobody was awake.
    pub missed: Missed,
    /// What a run may use.
    pub limits: JobLimits,
    /// How often a failed run is tried again.
    pub max_retries: u32,
    /// Whether it runs.
    pub enabled: bool,
    /// Whether it is one of Luna's own, that can be switched off but not deleted.
    pub own: bool,
    /// Where it stands.
    pub state: JobState,
    /// How often the last run was tried again.
    pub retries: u32,
    /// When it is due next.
    pub next: Option<Timestamp>,
    /// When a failed run is tried again.
    pub retry_at: Option<Timestamp>,
    /// When it last began to run.
    pub last: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Job {
    /// Whether Luna begins to speak by herself with it: not in quiet hours.
    #[must_use]
    pub const fn speaks_up(&self) -> bool {
        self.initiative().is_some()
    }

    /// The kind of message that Luna begins by herself with it, if she does.
    #[must_use]
    pub const fn initiative(&self) -> Option<&'static str> {
        match self.what {
            JobWhat::Brief {} => Some("brief"),
            JobWhat::Overdue {} => Some("overdue"),
            JobWhat::FollowUp {} => Some("follow_up"),
            JobWhat::CheckIn {} => Some("check_in"),
            _ => None,
        }
    }
}

/// A job to be made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct NewJob {
    /// What it is called.
    pub name: String,
    /// More about it.
    #[serde(default)]
    pub description: String,
    /// What it does.
    #[serde(flatten)]
    pub what: JobWhat,
    /// When it is due.
    pub times: JobTimes,
    /// What becomes of times at which nobody was awake.
    #[serde(default)]
    pub missed: Missed,
    /// What a run may use.
    #[serde(default)]
    pub limits: JobLimits,
    /// How often a failed run is tried again.
    #[serde(default)]
    pub max_retries: u32,
}

/// A change of a job; what is left out stays.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default)]
pub struct JobPatch {
    /// Its name.
    pub name: Option<String>,
    /// More about it.
    pub description: Option<String>,
    /// What it does.
    pub what: Option<JobWhat>,
    /// When it is due.
    pub times: Option<JobTimes>,
    /// What becomes of times at which nobody was awake.
    pub missed: Option<Missed>,
    /// What a run may use.
    pub limits: Option<JobLimits>,
    /// How often a failed run is tried again.
    pub max_retries: Option<u32>,
}

/// Why a run was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum RunCause {
    /// It was due.
    Due,
    /// The one before failed.
    Retry,
    /// The user said so.
    Asked,
}

/// How a run went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum RunOutcome {
    /// It goes on.
    Running,
    /// It is done.
    Done,
    /// It was left out: nobody was awake then, or it was not the time to speak.
    Skipped,
    /// It did not succeed.
    Failed,
    /// A budget was spent.
    Stopped,
    /// The program ended meanwhile.
    Interrupted,
}

/// One run of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct JobRun {
    /// Its id.
    pub id: JobRunId,
    /// The job.
    pub job: JobId,
    /// When it was due.
    pub due: Timestamp,
    /// Why it was made.
    pub cause: RunCause,
    /// When it began.
    pub began_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// How it went.
    pub outcome: RunOutcome,
    /// What came of it, or what went wrong.
    pub output: String,
    /// The conversation that Luna held with herself for it.
    pub conversation: Option<ConversationId>,
    /// Tokens it used.
    pub tokens: u64,
    /// What those cost, in millionths of a US dollar, as far as prices are known.
    pub micros: u64,
}

/// What the work in the background used today, and what it may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Spent {
    /// Tokens.
    pub tokens: u64,
    /// Millionths of a US dollar.
    pub micros: u64,
    /// Milliseconds.
    pub took_ms: u64,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn every_handler_is_known_by_its_name_and_no_other() {
        let given = |handler: &str| match handler {
            "prompt" | "reminder" => json!({"text": "x"}),
            "command" => json!({"command": "ls"}),
            "webhook" => json!({"url": "https://example.org"}),
            _ => json!({}),
        };
        for handler in JobWhat::HANDLERS {
            let what = JobWhat::from_parts(handler, object(given(handler))).unwrap();
            assert_eq!(what.parts().unwrap().0, handler);
        }
        assert!(JobWhat::from_parts("no-such", Map::new()).unwrap_err().message.contains("backup"));
        assert!(JobWhat::from_parts("prompt", Map::new()).is_err());
    }
}
