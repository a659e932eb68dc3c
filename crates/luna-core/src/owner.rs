//! The owner's own sign-in, where a password is set: sessions of a week, kept in memory as digests, and a lock after wrong
//! guesses.

use std::collections::HashMap;
use std::sync::Arc;

use luna_model::{Error, ErrorKind, Result, Secret, Timestamp};
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};

use crate::gate::Gate;
use crate::ports::Clock;

/// How long a session lasts, in seconds.
const LIFE: i64 = 7 * 24 * 3600;
/// Wrong guesses from one place that are free, and how long it is locked after them, in seconds.
const FREE_FAILURES: u32 = 5;
const LOCK: i64 = 15 * 60;
/// Sessions and places that are remembered.
const MOST: usize = 1_000;

type Digest = [u8; 32];

/// The owner's sessions; cheap to clone.
#[derive(Clone)]
pub struct Owner {
    inner: Arc<Inner>,
}

struct Inner {
    gate: Gate,
    clock: Arc<dyn Clock>,
    /// When each session ends.
    sessions: Mutex<HashMap<Digest, Timestamp>>,
    /// Wrong guesses by where they came from, and when the last one was.
    failures: Mutex<HashMap<String, (u32, Timestamp)>>,
}

impl Owner {
    pub(crate) fn new(gate: Gate, clock: Arc<dyn Clock>) -> Self {
        let (sessions, failures) = (Mutex::default(), Mutex::default());
        Self { inner: Arc::new(Inner { gate, clock, sessions, failures }) }
    }

    /// Begins a session, when the password is right.
    ///
    /// # Errors
    /// `Unauthenticated` when it is wrong, `LimitReached` while the place it comes from is locked.
    pub async fn sign_in(&self, password: &Secret, given: &Secret, from: &str) -> Result<Secret> {
        let tried = self.try_in(password, given, from);
        let input = serde_json::json!({ "from": from });
        self.inner.gate.witness("owner.sign_in", input, tried.as_ref().map(drop)).await;
        tried
    }

    fn try_in(&self, password: &Secret, given: &Secret, from: &str) -> Result<Secret> {
        let now = self.inner.clock.now();
        let mut failures = self.inner.failures.lock();
        if failures.len() >= MOST {
            failures.retain(|_, (_, last)| now.as_second() - last.as_second() < LOCK);
        }
        let (count, last) = failures.get(from).copied().unwrap_or((0, now));
        let passed = now.as_second() - last.as_second();
        let count = if passed < LOCK { count } else { 0 };
        if count >= FREE_FAILURES {
            let minutes = (LOCK - passed + 59) / 60;
            return Err(Error::limit(format!("too many wrong passwords; try again in {minutes} minutes")));
        }
        if !self.is(password, given.expose()) {
            failures.insert(from.to_owned(), (count + 1, now));
            return Err(Error::new(ErrorKind::Unauthenticated, "the password is wrong"));
        }
        failures.remove(from);
        drop(failures);
        let token = Secret::new(hex::encode(rand::random::<[u8; 32]>()));
        let until = now.checked_add(jiff::SignedDuration::from_secs(LIFE)).unwrap_or(now);
        let mut sessions = self.inner.sessions.lock();
        sessions.retain(|_, until| *until > now);
        if sessions.len() < MOST {
            sessions.insert(digest(token.expose()), until);
        }
        Ok(token)
    }

    /// Whether somebody gives the password itself. Digests are compared, so the time taken tells nothing.
    #[must_use]
    pub fn is(&self, password: &Secret, given: &str) -> bool {
        digest(password.expose()) == digest(given)
    }

    /// Whether a session is one of the owner's that still lasts.
    #[must_use]
    pub fn knows(&self, token: &str) -> bool {
        let now = self.inner.clock.now();
        self.inner.sessions.lock().get(&digest(token)).is_some_and(|until| *until > now)
    }

    /// Ends a session.
    pub fn sign_out(&self, token: &str) {
        self.inner.sessions.lock().remove(&digest(token));
    }
}

fn digest(text: &str) -> Digest {
    Sha256::digest(text).into()
}
