//! The administration in this dialect's words.

use std::collections::BTreeMap;

use luna_model::{ChannelState, Error, ModelInfo, Pace, ProviderStatus, Secret, User, UserRole};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LunaAdminInfo)]
pub(super) struct Info {
    provider: &'static str,
    model: String,
    jwt_enabled: bool,
    rate_limit_enabled: bool,
    rate_limit_per_minute: u32,
    user_count: usize,
    channels: BTreeMap<&'static str, bool>,
}

impl Info {
    pub(super) fn new(
        model: &ModelInfo,
        pace: Option<Pace>,
        user_count: usize,
        channels: &[ChannelState],
    ) -> Self {
        Self {
            provider: model.provider.name(),
            model: model.name.clone(),
            jwt_enabled: true,
            rate_limit_enabled: pace.is_some(),
            rate_limit_per_minute: pace.map_or(0, |pace| pace.per_minute),
            user_count,
            channels: channels.iter().map(|state| (state.channel.name(), state.on)).collect(),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LunaUser)]
pub(super) struct UserEntry {
    id: Uuid,
    username: String,
    role: &'static str,
    created_at: String,
    /// Requests a minute, where they differ from everybody's.
    #[serde(skip_serializing_if = "Option::is_none")]
    rate_limit_per_minute: Option<u32>,
    /// Requests more than that.
    #[serde(skip_serializing_if = "Option::is_none")]
    rate_limit_burst: Option<u32>,
}

impl UserEntry {
    pub(super) fn from_core(user: User) -> Self {
        Self {
            id: user.id.0,
            username: user.username,
            role: user.role.name(),
            created_at: super::super::time(user.created_at),
            rate_limit_per_minute: user.pace.map(|pace| pace.per_minute),
            rate_limit_burst: user.pace.map(|pace| pace.burst),
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = LunaNewUser)]
pub(super) struct NewUser {
    #[schema(required = true)]
    #[serde(default)]
    username: String,
    /// `user`, or `admin`.
    #[serde(default)]
    role: Option<String>,
}

impl NewUser {
    pub(super) fn checked(self) -> Result<(String, UserRole), Error> {
        let role = self.role.as_deref().unwrap_or("user");
        let role = UserRole::from_name(role).ok_or_else(|| Error::invalid("role is user or admin"))?;
        Ok((self.username, role))
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LunaMadeUser)]
pub(super) struct Made {
    user_id: Uuid,
    username: String,
    token: String,
}

impl Made {
    pub(super) fn new(user: User, token: &Secret) -> Self {
        Self { user_id: user.id.0, username: user.username, token: token.expose().to_owned() }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LunaUserToken)]
pub(super) struct Token {
    token: String,
}

impl Token {
    pub(super) fn new(token: &Secret) -> Self {
        Self { token: token.expose().to_owned() }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = LunaUserLimits)]
pub(super) struct Limits {
    /// Requests a minute.
    #[serde(default)]
    per_minute: Option<u32>,
    /// Requests more than that.
    #[serde(default)]
    burst: Option<u32>,
}

impl Limits {
    pub(super) fn pace(&self) -> Option<Pace> {
        self.per_minute.map(|per_minute| Pace { per_minute, burst: self.burst.unwrap_or_default() })
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Providers {
    active: &'static str,
    providers: BTreeMap<&'static str, ProviderEntry>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ProviderEntry {
    configured: bool,
    model: String,
    base_url: Option<String>,
}

impl Providers {
    pub(super) fn new(active: &'static str, providers: Vec<ProviderStatus>) -> Self {
        let entry = |p: ProviderStatus| {
            let entry = ProviderEntry { configured: p.configured, model: p.model, base_url: p.base_url };
            (p.provider.name(), entry)
        };
        Self { active, providers: providers.into_iter().map(entry).collect() }
    }
}
