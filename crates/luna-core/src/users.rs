//! The users of a business: who they are, whether a token is theirs and still good, and how often they may call. Kept in
//! the house's database and mirrored in memory, where every request looks. Knows nothing of what users do: each has a
//! Luna of their own.

mod rate;
mod tokens;

use std::collections::HashMap;
use std::sync::Arc;

use jiff::SignedDuration;
use luna_model::{Error, ErrorKind, Pace, Result, Secret, Timestamp, User, UserId, UserRole};
use luna_store::Db;
use parking_lot::RwLock;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::Luna;
use crate::accounts::Admitted;
use crate::gate::Gate;
use crate::ports::Clock;
use rate::Rate;

/// Longest name of a user.
const LONGEST_NAME: usize = 100;
/// The least and the most requests a minute that can be set.
const PACES: std::ops::RangeInclusive<u32> = 1..=100_000;

/// How users' tokens are signed, and how often users may call.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Signs tokens, and is the administrator's own.
    pub secret: Secret,
    /// How long a token lasts.
    pub token_lasts: SignedDuration,
    /// How often a user may call; none = as often as they like.
    pub pace: Option<Pace>,
}

/// A token that was found good.
#[derive(Clone, Debug)]
pub struct Pass {
    /// Whose it is.
    pub user: User,
    /// Cancelled when the token is good no more: the user was deleted, or got another one.
    pub over: CancellationToken,
}

/// The users; cheap to clone.
#[derive(Clone)]
pub struct Users {
    inner: Arc<Inner>,
}

impl std::fmt::Debug for Users {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Users")
    }
}

struct Inner {
    db: Db,
    gate: Gate,
    clock: Arc<dyn Clock>,
    rules: Rules,
    known: RwLock<HashMap<UserId, Known>>,
    rate: Rate,
    /// One change at a time, so that the memory says what the database does.
    changing: tokio::sync::Mutex<()>,
}

struct Known {
    user: User,
    token: Uuid,
    over: CancellationToken,
    wakes_at: Option<Timestamp>,
}

impl Known {
    fn pass(&self) -> Pass {
        Pass { user: self.user.clone(), over: self.over.clone() }
    }
}

impl Users {
    /// The users that the house's Luna keeps.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn open(house: &Luna, rules: Rules) -> Result<Self> {
        let known = house.db().users().await?.into_iter().map(|kept| {
            let over = CancellationToken::new();
            let (user, token, wakes_at) = (kept.user, kept.token, kept.wakes_at);
            (user.id, Known { user, token, over, wakes_at })
        });
        let inner = Inner {
            db: house.db().clone(),
            gate: house.gate().clone(),
            clock: Arc::clone(&house.parts().clock),
            rules,
            known: RwLock::new(known.collect()),
            rate: Rate::default(),
            changing: tokio::sync::Mutex::default(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Whether somebody gives the secret itself. Digests are compared, so the time taken tells nothing.
    #[must_use]
    pub fn is_secret(&self, given: &str) -> bool {
        Sha256::digest(self.inner.rules.secret.expose()) == Sha256::digest(given)
    }

    /// How often users may call; none = as often as they like.
    #[must_use]
    pub fn pace(&self) -> Option<Pace> {
        self.inner.rules.pace
    }

    /// The users, oldest first.
    #[must_use]
    pub fn all(&self) -> Vec<User> {
        let mut all: Vec<_> = self.inner.known.read().values().map(|k| k.user.clone()).collect();
        all.sort_by_key(|user| (user.created_at, user.id));
        all
    }

    /// Makes a user; their token, which is shown this once.
    ///
    /// # Errors
    /// `Invalid` for a name that is none, `Conflict` when somebody is called so.
    pub async fn create(&self, username: &str, role: UserRole) -> Result<(User, Secret)> {
        let made = self.make(username, role).await;
        self.witness("user.create", json!({ "username": username, "role": role }), &made).await;
        made
    }

    async fn make(&self, username: &str, role: UserRole) -> Result<(User, Secret)> {
        let username = username.trim();
        let long = username.chars().count() > LONGEST_NAME;
        if username.is_empty() || long || username.chars().any(char::is_control) {
            return Err(Error::invalid("username is one line of 1 to 100 characters"));
        }
        let created_at = self.inner.clock.now();
        let user = User { id: UserId::new(), username: username.to_owned(), role, pace: None, created_at };
        let id = Uuid::new_v4();
        let token = self.token(&user, id)?;
        let _one_at_a_time = self.inner.changing.lock().await;
        self.inner.db.add_user(user.clone(), id).await?;
        let over = CancellationToken::new();
        let known = Known { user: user.clone(), token: id, over, wakes_at: None };
        self.inner.known.write().insert(user.id, known);
        Ok((user, token))
    }

    /// Deletes a user. Their token, and everything that goes on with it, ends now.
    ///
    /// # Errors
    /// `NotFound` when there is no such user.
    pub async fn delete(&self, id: UserId) -> Result<()> {
        let deleted = self.remove(id).await;
        self.witness("user.delete", json!({ "user": id }), &deleted).await;
        deleted
    }

    async fn remove(&self, id: UserId) -> Result<()> {
        let _one_at_a_time = self.inner.changing.lock().await;
        self.inner.db.delete_user(id).await?;
        if let Some(known) = self.inner.known.write().remove(&id) {
            known.over.cancel();
        }
        Ok(())
    }

    /// Gives a user another token. The one before, and everything that goes on with it, ends now.
    ///
    /// # Errors
    /// `NotFound` when there is no such user.
    pub async fn rotate(&self, id: UserId) -> Result<Secret> {
        let rotated = self.replace_token(id).await;
        self.witness("user.rotate_token", json!({ "user": id }), &rotated).await;
        rotated
    }

    async fn replace_token(&self, id: UserId) -> Result<Secret> {
        let _one_at_a_time = self.inner.changing.lock().await;
        let user = self.find(id)?;
        let next = Uuid::new_v4();
        let token = self.token(&user, next)?;
        self.inner.db.set_user_token(id, next).await?;
        if let Some(known) = self.inner.known.write().get_mut(&id) {
            known.token = next;
            std::mem::replace(&mut known.over, CancellationToken::new()).cancel();
        }
        Ok(token)
    }

    /// Sets how often a user may call; none = as everybody.
    ///
    /// # Errors
    /// `NotFound` when there is no such user, `Invalid` for a pace that is none.
    pub async fn set_pace(&self, id: UserId, pace: Option<Pace>) -> Result<User> {
        let set = self.change_pace(id, pace).await;
        self.witness("user.set_pace", json!({ "user": id, "pace": pace }), &set).await;
        set
    }

    async fn change_pace(&self, id: UserId, pace: Option<Pace>) -> Result<User> {
        if pace.is_some_and(|p| !PACES.contains(&p.per_minute) || p.burst > *PACES.end()) {
            return Err(Error::invalid("a user may call 1 to 100000 times a minute, and up to 100000 more"));
        }
        let _one_at_a_time = self.inner.changing.lock().await;
        self.inner.db.set_user_pace(id, pace).await?;
        let mut known = self.inner.known.write();
        let known = known.get_mut(&id).ok_or_else(nobody)?;
        known.user.pace = pace;
        Ok(known.user.clone())
    }

    /// Whose token this is.
    ///
    /// # Errors
    /// `Unauthenticated` when it is nobody's, was replaced, or ran out.
    pub fn whose(&self, token: &str) -> Result<Pass> {
        let wrong = || Error::new(ErrorKind::Unauthenticated, "the token is wrong, was replaced, or ran out");
        let now = self.inner.clock.now();
        let claims = tokens::read(token, &self.inner.rules.secret, now).ok_or_else(wrong)?;
        let known = self.inner.known.read();
        let known = known.get(&claims.sub).filter(|known| known.token == claims.jti);
        known.map(Known::pass).ok_or_else(wrong)
    }

    /// The pass of a user, for what is done in their name while nobody calls.
    ///
    /// # Errors
    /// `NotFound` when there is no such user.
    pub fn pass_of(&self, id: UserId) -> Result<Pass> {
        self.inner.known.read().get(&id).map(Known::pass).ok_or_else(nobody)
    }

    /// Counts a request of a user; none where nothing is counted.
    #[must_use]
    pub fn admit(&self, user: &User) -> Option<Admitted> {
        let everybodys = self.inner.rules.pace?;
        let pace = user.pace.unwrap_or(everybodys);
        Some(self.inner.rate.admit(&user.id.to_string(), pace, self.inner.clock.now()))
    }

    /// Counts a request of nobody known, by where it comes from.
    #[must_use]
    pub fn admit_stranger(&self, from: &str) -> Option<Admitted> {
        Some(self.inner.rate.admit(from, self.inner.rules.pace?, self.inner.clock.now()))
    }

    /// Writes down when a user who goes to sleep is to be woken; none = not by a clock.
    ///
    /// # Errors
    /// `NotFound` when there is no such user.
    pub async fn wake_at(&self, id: UserId, at: Option<Timestamp>) -> Result<()> {
        self.inner.db.set_user_wake(id, at).await?;
        self.inner.known.write().get_mut(&id).ok_or_else(nobody)?.wakes_at = at;
        Ok(())
    }

    /// The users for whom something is due.
    #[must_use]
    pub fn due(&self) -> Vec<UserId> {
        let now = self.inner.clock.now();
        let known = self.inner.known.read();
        let due = known.iter().filter(|(_, k)| k.wakes_at.is_some_and(|at| at <= now));
        due.map(|(id, _)| *id).collect()
    }

    fn find(&self, id: UserId) -> Result<User> {
        Ok(self.pass_of(id)?.user)
    }

    fn token(&self, user: &User, id: Uuid) -> Result<Secret> {
        let Rules { secret, token_lasts, .. } = &self.inner.rules;
        tokens::make(user, id, secret, *token_lasts, self.inner.clock.now())
    }

    async fn witness<T>(&self, what: &str, input: Value, outcome: &Result<T>) {
        self.inner.gate.witness(what, input, outcome.as_ref().map(drop)).await;
    }
}

fn nobody() -> Error {
    Error::not_found("there is no such user")
}
