//! What goes on in the background, by name: whether it runs, and when it last did something.

use std::collections::BTreeMap;

use luna_model::Timestamp;
use parking_lot::Mutex;

/// Names of what runs as long as Luna does.
const ALWAYS: [&str; 4] = ["memory_maintenance", "proactive_followups", "calendar_reminders", "scheduler"];
/// Runs only where there is a microphone and someone switched it on.
const VOICE: &str = "voice_runtime";

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

/// All that goes on in the background.
#[derive(Debug, Default)]
pub struct Processes {
    ran: Mutex<BTreeMap<&'static str, Timestamp>>,
}

impl Processes {
    /// Every process, whether it runs or not.
    #[must_use]
    pub fn all(&self) -> Vec<Process> {
        let ran = self.ran.lock();
        let one = |name: &'static str, running| Process { name, running, last_run: ran.get(name).copied() };
        let voice = ran.contains_key(VOICE);
        ALWAYS.into_iter().map(|name| one(name, true)).chain([one(VOICE, voice)]).collect()
    }

    /// Notes that a process did something now.
    pub fn ran(&self, name: &'static str, now: Timestamp) {
        self.ran.lock().insert(name, now);
    }
}
