//! The words of skills, packages and channels.

use std::path::Path;

use luna_core::registry::{self, Rating, Sought};
use luna_core::store::Package;
use luna_model::{self as core, Error, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::{IntoParams, ToSchema};

use super::super::time;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MotokoSkillsSkill)]
#[serde(rename_all = "camelCase")]
pub(super) struct Skill {
    id: String,
    name: String,
    version: String,
    description: String,
    manifest: Value,
    enabled: bool,
    installed_at: i64,
}

impl Skill {
    pub(super) fn new(s: &core::Skill, manifest: Option<Value>, enabled: bool, at: Timestamp) -> Self {
        let own = || json!({ "id": s.id, "name": s.name, "version": s.version, "capabilities": { "tools": s.commands } });
        Self {
            id: s.id.clone(),
            name: s.name.clone(),
            version: s.version.clone(),
            description: s.description.clone(),
            manifest: manifest.unwrap_or_else(own),
            enabled,
            installed_at: time(at),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MotokoSkillsToggled)]
pub(super) struct Toggled {
    pub(super) id: String,
    pub(super) enabled: bool,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Channel {
    id: String,
    r#type: String,
    config: Value,
    enabled: bool,
    created_at: i64,
}

impl Channel {
    pub(super) fn new(c: core::ChannelSetup) -> Self {
        Self {
            id: c.id,
            r#type: c.kind,
            config: Value::Object(c.config),
            enabled: c.enabled,
            created_at: time(c.created_at),
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct Configure {
    /// Takes the place of what was there.
    #[schema(value_type = Option<Object>)]
    #[serde(default)]
    pub(super) config: Option<Map<String, Value>>,
    #[serde(default)]
    pub(super) enabled: Option<bool>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Plugin {
    id: String,
    name: String,
    version: String,
    package_name: String,
    installed: bool,
}

impl Plugin {
    pub(super) fn new(p: Package) -> Self {
        let package_name = format!("channel-{}", p.id);
        Self { id: p.id, name: p.name, version: p.version, package_name, installed: true }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct InstallPlugin {
    #[schema(required = true)]
    #[serde(default)]
    pub(super) package_name: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PluginMade {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) version: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Search {
    /// Words in name or description.
    q: Option<String>,
    /// Any of these, with commas.
    tags: Option<String>,
    /// `true` or `false`.
    verified: Option<String>,
    /// 1 to 100; 50 when left out.
    limit: Option<usize>,
    offset: Option<usize>,
}

impl Search {
    pub(super) fn into_core(self) -> Result<(Sought, usize, usize), Error> {
        let limit = self.limit.unwrap_or(50);
        if !(1..=100).contains(&limit) {
            return Err(Error::invalid("limit is from 1 to 100"));
        }
        if self.verified.as_deref().is_some_and(|v| !matches!(v, "true" | "false")) {
            return Err(Error::invalid("verified is true or false"));
        }
        // What is bundled with Luna is all verified.
        let none = self.verified.as_deref() == Some("false");
        let tags = self.tags.unwrap_or_default();
        let tags = tags.split(',').map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned).collect();
        let words = self.q.filter(|w| !w.trim().is_empty());
        Ok((Sought { words, tags }, if none { 0 } else { limit }, self.offset.unwrap_or_default()))
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Entry {
    id: String,
    name: String,
    version: String,
    description: String,
    author: String,
    repository: String,
    manifest_url: String,
    download_url: String,
    /// Of the archive; none for what is part of the program.
    checksum_sha256: Option<String>,
    downloads: u64,
    verified: bool,
    tags: Vec<String>,
    rating: f64,
    rating_count: usize,
    /// `passed`: it is part of the program and was checked with it.
    security_status: &'static str,
    published_at: String,
}

impl Entry {
    fn new(e: registry::Entry, ratings: &[Rating]) -> Self {
        let sum: u32 = ratings.iter().map(|r| u32::from(r.stars)).sum();
        let count = u32::try_from(ratings.len()).unwrap_or(u32::MAX);
        Self {
            id: e.id,
            name: e.name,
            version: e.version,
            description: e.description,
            author: e.author,
            repository: e.repository,
            manifest_url: e.manifest_url,
            download_url: e.download_url,
            checksum_sha256: None,
            downloads: 0,
            verified: true,
            tags: e.tags,
            rating: if count == 0 { 0.0 } else { f64::from(sum) / f64::from(count) },
            rating_count: ratings.len(),
            security_status: "passed",
            published_at: e.published_at,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Entries {
    entries: Vec<Entry>,
    total: usize,
}

impl Entries {
    pub(super) fn new(found: impl IntoIterator<Item = registry::Entry>) -> Self {
        let entries: Vec<_> = found.into_iter().map(|e| Entry::new(e, &[])).collect();
        Self { total: entries.len(), entries }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Rated {
    id: String,
    user_id: String,
    stars: u8,
    comment: String,
    created_at: i64,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MotokoSkillsDetail)]
#[serde(rename_all = "camelCase")]
pub(super) struct Detail {
    #[serde(flatten)]
    entry: Entry,
    manifest: Value,
    ratings: Vec<Rated>,
    security_scan: Option<Value>,
}

impl Detail {
    pub(super) fn new(entry: registry::Entry, manifest: Value, ratings: Vec<Rating>) -> Self {
        let entry = Entry::new(entry, &ratings);
        let rated = |r: Rating| Rated {
            id: format!("{}/{}", entry.id, r.user),
            user_id: r.user,
            stars: r.stars,
            comment: r.comment,
            created_at: time(r.at),
        };
        let ratings = ratings.into_iter().map(rated).collect();
        Self { entry, manifest, ratings, security_scan: None }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rate {
    pub(super) skill_id: String,
    pub(super) user_id: String,
    pub(super) stars: u8,
    #[serde(default)]
    pub(super) comment: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct Install {
    #[schema(required = true)]
    #[serde(default)]
    pub(super) id: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Installed {
    id: String,
    name: String,
    version: String,
    path: String,
}

impl Installed {
    pub(super) fn new(p: Package, folder: &Path) -> Self {
        let path = folder.join(&p.id).display().to_string();
        Self { id: p.id, name: p.name, version: p.version, path }
    }
}
