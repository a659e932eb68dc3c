//! The words of accounts and keys.

use luna_model::{Account, ApiKey, Secret};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::time;

#[derive(Deserialize, ToSchema)]
pub(super) struct SignUp {
    #[schema(required = true)]
    #[serde(default)]
    pub(super) email: Option<String>,
    /// At least 8 characters.
    #[schema(required = true)]
    #[serde(default)]
    pub(super) password: Option<String>,
    #[serde(default)]
    pub(super) name: Option<String>,
}

#[derive(Deserialize, ToSchema)]
pub(super) struct SignIn {
    #[schema(required = true)]
    #[serde(default)]
    pub(super) email: Option<String>,
    #[schema(required = true)]
    #[serde(default)]
    pub(super) password: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct User {
    id: Uuid,
    email: String,
    name: String,
    /// `free`, `pro` or `team`.
    tier: &'static str,
}

impl User {
    fn new(account: &Account) -> Self {
        Self {
            id: account.id.0,
            email: account.email.clone(),
            name: account.name.clone(),
            tier: account.tier.name(),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SignedIn {
    token: String,
    user: User,
}

impl SignedIn {
    pub(super) fn new(account: &Account, token: &Secret) -> Self {
        Self { token: token.expose().clone(), user: User::new(account) }
    }
}

/// Flat, as the document shows it, and with a `user`, as its command line reads it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Me {
    #[serde(flatten)]
    flat: User,
    created_at: String,
    user: User,
}

impl Me {
    pub(super) fn new(account: &Account) -> Self {
        Self { flat: User::new(account), created_at: time(account.created_at), user: User::new(account) }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct NewKey {
    #[schema(required = true)]
    #[serde(default)]
    pub(super) name: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Made {
    id: Uuid,
    name: String,
    /// The whole key; keep it, it is not shown again.
    key: String,
    prefix: String,
    created_at: String,
}

impl Made {
    pub(super) fn new(key: ApiKey, secret: &Secret) -> Self {
        Self {
            id: key.id.0,
            name: key.name,
            key: secret.expose().clone(),
            prefix: key.prefix,
            created_at: time(key.created_at),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Key {
    id: Uuid,
    name: String,
    prefix: String,
    created_at: String,
    last_used_at: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Keys {
    keys: Vec<Key>,
}

impl Keys {
    pub(super) fn new(keys: Vec<ApiKey>) -> Self {
        let key = |k: ApiKey| Key {
            id: k.id.0,
            name: k.name,
            prefix: k.prefix,
            created_at: time(k.created_at),
            last_used_at: k.last_used_at.map(time),
        };
        Self { keys: keys.into_iter().map(key).collect() }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Revoked {
    pub(super) message: &'static str,
}
