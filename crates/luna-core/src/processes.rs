//! What goes on in the background, by name: whether it runs, and when it last did something.

use std::collections::BTreeMap;

use luna_model::{JobWhat, Result, Timestamp, VoicePhase};
use parking_lot::Mutex;

use crate::Luna;
use crate::schedule::MODULE;

/// Names of what runs as long as Luna does.
const ALWAYS: [&str; 7] = [
    "memory_maintenance",
    "calendar_reminders",
    "check_upcoming_events",
    "daily_memory_compaction",
    "confidence_decay",
    "daily_personality_decay",
    "state_aware_proactive",
];
/// Names of what runs while the module of the schedule is on.
const BY_TIMES: [&str; 2] = ["proactive_followups", "scheduler"];
/// Names of what is a job of Luna's own, which can be switched off.
const JOBS: [(&str, JobWhat); 4] = [
    ("check_overdue_tasks", JobWhat::Overdue {}),
    ("morning_greeting", JobWhat::Brief {}),
    ("companion_check_in", JobWhat::CheckIn {}),
    ("proactive_commitment_followup", JobWhat::FollowUp {}),
];
/// Runs where there is an account whose calendars are kept in agreement.
pub(crate) const CALENDARS: &str = "calendar_sync";

/// Something that goes on in the background.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its name.
    pub name: &'static str,
    /// Whether it runs.
    pub running: bool,
    /// When it last did something.
    pub last_run: Option<Timestamp>,
}

/// When each did something last, since Luna woke.
#[derive(Debug, Default)]
pub(crate) struct Processes {
    ran: Mutex<BTreeMap<&'static str, Timestamp>>,
}

impl Processes {
    /// Notes that a process did something now.
    pub(crate) fn ran(&self, name: &'static str, now: Timestamp) {
        self.ran.lock().insert(name, now);
    }
}

impl Luna {
    /// Every process, whether it runs or not.
    ///
    /// # Errors
    /// When the jobs among them cannot be read.
    pub async fn background(&self) -> Result<Vec<Process>> {
        let jobs = self.db().jobs().await?;
        let ran = self.processes().ran.lock().clone();
        let by_times = self.has_module(MODULE);
        let kept = |name: &'static str, running| Process { name, running, last_run: ran.get(name).copied() };
        let mut all: Vec<_> = ALWAYS.map(|name| kept(name, true)).into();
        all.extend(BY_TIMES.map(|name| kept(name, by_times)));
        all.extend(JOBS.map(|(name, what)| {
            let job = jobs.iter().find(|job| job.own && job.what == what);
            let running = by_times && job.is_some_and(|job| job.enabled);
            Process { name, running, last_run: job.and_then(|job| job.last) }
        }));
        all.extend(ran.contains_key(CALENDARS).then(|| kept(CALENDARS, true)));
        let voice = self.voice_state();
        let spoken = voice.turns.iter().map(|turn| turn.at).max();
        all.push(Process {
            name: "voice_runtime",
            running: voice.phase != VoicePhase::Off,
            last_run: spoken,
        });
        Ok(all)
    }
}
