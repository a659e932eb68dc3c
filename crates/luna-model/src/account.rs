//! Accounts: who calls Luna from outside under a name of their own, with their keys and what they pay for.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AccountId, ApiKeyId};

/// What an account pays for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Nothing.
    Free,
    /// For one.
    Pro,
    /// For several.
    Team,
}

impl Tier {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Free, Self::Pro, Self::Team];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Pro => "pro",
            Self::Team => "team",
        }
    }

    /// The tier of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| tier.name() == name)
    }

    /// Requests a minute.
    #[must_use]
    pub const fn requests_a_minute(self) -> u32 {
        match self {
            Self::Free => 60,
            Self::Pro => 600,
            Self::Team => 6_000,
        }
    }

    /// Agents and chains a month.
    #[must_use]
    pub const fn executions_a_month(self) -> u32 {
        match self {
            Self::Free => 100,
            Self::Pro => 10_000,
            Self::Team => 100_000,
        }
    }
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// The address it signs in with, in lower case.
    pub email: String,
    /// What it is called.
    pub name: String,
    /// What it pays for.
    pub tier: Tier,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A key, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// Whose.
    pub account: AccountId,
    /// What it is called.
    pub name: String,
    /// How it begins, to be told from others.
    pub prefix: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
}

/// What an account has running with the payment provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Membership {
    /// The provider's name for it.
    pub id: String,
    /// What it pays for.
    pub tier: Tier,
    /// `active`, `trialing`, `past_due`, `canceled`, as the provider says.
    pub status: String,
    /// When the paid period began.
    pub period_start: Timestamp,
    /// When it ends.
    pub period_end: Timestamp,
    /// Whether the subscription ends with it.
    pub ends: bool,
    /// When it was made.
    pub created_at: Timestamp,
}
