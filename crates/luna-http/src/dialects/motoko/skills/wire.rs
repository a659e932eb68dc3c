//! The words of skills, packages and channels.

use std::path::Path;

use luna_core::registry::{self, Offer, Rating, Shelf, Sought};
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
    /// What was shown and is allowed, as the manifest's `capabilities` say it.
    #[schema(value_type = Option<Object>)]
    #[serde(default)]
    pub(super) allow: Option<Value>,
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
        let verified = self.verified.as_deref().map(|v| v == "true");
        let tags = self.tags.unwrap_or_default();
        let tags = tags.split(',').map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned).collect();
        let words = self.q.filter(|w| !w.trim().is_empty());
        Ok((Sought { words, tags, verified }, limit, self.offset.unwrap_or_default()))
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
    rating_count: u64,
    /// `passed`, `failed`, `pending` or `unknown`.
    security_status: String,
    published_at: String,
}

impl Entry {
    fn new(e: registry::Entry) -> Self {
        Self {
            id: e.id,
            name: e.name,
            version: e.version,
            description: e.description,
            author: e.author,
            repository: e.repository,
            manifest_url: e.manifest_url,
            download_url: e.download_url,
            checksum_sha256: e.checksum_sha256,
            downloads: e.downloads,
            verified: e.verified,
            tags: e.tags,
            rating: e.rating,
            rating_count: e.rating_count,
            security_status: e.security_status,
            published_at: e.published_at,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Entries {
    entries: Vec<Entry>,
    total: usize,
    /// Why this is not what the registry has now: it did not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    stale: Option<String>,
}

impl Entries {
    pub(super) fn new(shelf: Shelf) -> Self {
        let entries: Vec<_> = shelf.entries.into_iter().map(Entry::new).collect();
        Self { total: entries.len(), entries, stale: shelf.stale }
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
    pub(super) fn new(offer: Offer) -> Self {
        let Offer { entry, manifest, ratings, scan } = offer;
        let entry = Entry::new(entry);
        let rated = |r: Rating| Rated {
            id: format!("{}/{}", entry.id, r.user),
            user_id: r.user,
            stars: r.stars,
            comment: r.comment,
            created_at: time(r.at),
        };
        let ratings = ratings.into_iter().map(rated).collect();
        Self { entry, manifest, ratings, security_scan: scan }
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
    /// What was shown and is allowed, as the manifest's `capabilities` say it. Without it a package that is there already
    /// keeps to what it was allowed.
    #[schema(value_type = Option<Object>)]
    #[serde(default)]
    pub(super) allow: Option<Value>,
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
        Self { id: p.id, name: p.name, version: p.version, path: folder.display().to_string() }
    }
}
