//! Who may be reached where, and who called lately. A short list in memory: nothing of what was said is in it, and it is
//! gone with the process.

use std::collections::VecDeque;
use std::sync::Arc;

use luna_model::Timestamp;
use parking_lot::RwLock;

/// Calls that are remembered; the oldest goes first.
const REMEMBERED: usize = 200;

/// A place where Luna can be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Door {
    /// What it is for.
    pub name: String,
    /// Where it is.
    pub address: String,
}

/// A call from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// When.
    pub at: Timestamp,
    /// What was called: "POST /v1/chat".
    pub what: String,
    /// By which program, as it names itself; empty when it does not.
    pub program: String,
    /// From where: an address.
    pub from: String,
    /// How it was answered: a status of HTTP.
    pub answer: u16,
}

/// The doors and who came through them; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Callers {
    inner: Arc<RwLock<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    doors: Vec<Door>,
    password: bool,
    recent: VecDeque<Caller>,
}

impl Callers {
    /// A door was opened.
    pub fn opened(&self, name: &str, address: String) {
        self.inner.write().doors.push(Door { name: name.to_owned(), address });
    }

    /// Callers from other machines are let in with a password.
    pub fn with_password(&self) {
        self.inner.write().password = true;
    }

    /// Somebody called.
    pub fn called(&self, caller: Caller) {
        let mut inner = self.inner.write();
        if inner.recent.len() == REMEMBERED {
            inner.recent.pop_back();
        }
        inner.recent.push_front(caller);
    }

    /// The doors that are open.
    #[must_use]
    pub fn doors(&self) -> Vec<Door> {
        self.inner.read().doors.clone()
    }

    /// Whether a password lets callers from other machines in.
    #[must_use]
    pub fn has_password(&self) -> bool {
        self.inner.read().password
    }

    /// Who called, latest first.
    #[must_use]
    pub fn recent(&self) -> Vec<Caller> {
        self.inner.read().recent.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_are_remembered() {
        let callers = Callers::default();
        for n in 0..=REMEMBERED {
            let at = Timestamp::from_second(n as i64).unwrap();
            let what = format!("GET /{n}");
            callers.called(Caller {
                at,
                what,
                program: String::new(),
                from: "127.0.0.1".into(),
                answer: 200,
            });
        }
        let recent = callers.recent();
        assert_eq!((recent.len(), recent[0].what.as_str()), (REMEMBERED, "GET /200"));
        assert_eq!(recent[REMEMBERED - 1].what, "GET /1");
    }
}
