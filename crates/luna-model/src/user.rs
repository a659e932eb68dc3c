//! Users: the people whom a Luna of a business serves, each with a token.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::UserId;

/// What a user is among the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum UserRole {
    /// Sees to the others; the token says so to those who read it. Luna's own administration asks for the secret.
    Admin,
    /// One of them.
    User,
}

impl UserRole {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::User => "user",
        }
    }

    /// The role of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Admin, Self::User].into_iter().find(|role| role.name() == name)
    }
}

/// How often somebody may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Pace {
    /// Requests in any minute,
    pub per_minute: u32,
    /// and so many more.
    pub burst: u32,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// What they are called; no two are called the same, however it is capitalised.
    pub username: String,
    /// What they are.
    pub role: UserRole,
    /// How often they may call, where that differs from everybody's.
    pub pace: Option<Pace>,
    /// Since when.
    pub created_at: Timestamp,
}
