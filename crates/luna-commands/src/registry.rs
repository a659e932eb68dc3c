//! The registry: packages on offer, what they may do, and those that are installed.

use std::collections::BTreeMap;

use luna_core::registry::{Entry, Rating, Shelf, Sought, capabilities};
use luna_core::store::Package;
use luna_model::{Capabilities, Result, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use crate::table::{Context, Done, Empty, Register};

/// Who rates at this window.
const USER: &str = "you";

#[derive(Debug, Deserialize, TS)]
struct SearchRegistry {
    words: String,
}

/// A package on offer.
#[derive(Debug, Serialize, TS)]
struct PackageItem {
    id: String,
    name: String,
    version: String,
    description: String,
    author: String,
    tags: Vec<String>,
    /// The version that is installed; none = it is not.
    installed: Option<String>,
    /// The address of its registry; none = it comes with Luna.
    from: Option<String>,
    /// Whether its registry says that it looked at it.
    verified: bool,
}

/// What is on offer.
#[derive(Debug, Serialize, TS)]
struct RegistryView {
    packages: Vec<PackageItem>,
    /// When the registry was read; none where none is set, or it never answered.
    read_at: Option<Timestamp>,
    /// Why this is not what the registry has now, when it is not.
    stale: Option<String>,
}

fn item(entry: Entry, installed: &BTreeMap<String, Package>) -> PackageItem {
    PackageItem {
        installed: installed.get(&entry.id).map(|p| p.version.clone()),
        from: Some(entry.origin).filter(|o| !o.is_empty()),
        verified: entry.verified,
        id: entry.id,
        name: entry.name,
        version: entry.version,
        description: entry.description,
        author: entry.author,
        tags: entry.tags,
    }
}

async fn installed(cx: &Context) -> Result<BTreeMap<String, Package>> {
    Ok(cx.luna.db().packages().await?.into_iter().map(|p| (p.id.clone(), p)).collect())
}

async fn view(cx: &Context, shelf: Shelf) -> Result<RegistryView> {
    let installed = installed(cx).await?;
    let packages = shelf.entries.into_iter().map(|entry| item(entry, &installed)).collect();
    Ok(RegistryView { packages, read_at: shelf.read_at, stale: shelf.stale })
}

async fn search(cx: Context, q: SearchRegistry) -> Result<RegistryView> {
    let words = Some(q.words.trim().to_owned()).filter(|w| !w.is_empty());
    let found = cx.luna.registry(&Sought { words, ..Sought::default() }).await?;
    view(&cx, found).await
}

async fn refresh(cx: Context, _: Empty) -> Result<RegistryView> {
    let found = cx.luna.refresh_registry().await?;
    view(&cx, found).await
}

#[derive(Debug, Deserialize, TS)]
struct OnePackage {
    package: String,
}

/// What somebody thinks of a package.
#[derive(Debug, Serialize, TS)]
struct PackageRating {
    user: String,
    /// Whether it is yours.
    own: bool,
    /// 1 to 5.
    stars: u8,
    comment: String,
    at: Timestamp,
}

/// A package with all that is known of it.
#[derive(Debug, Serialize, TS)]
struct PackageView {
    package: PackageItem,
    /// `skill` or `channel`.
    kind: String,
    capabilities: Capabilities,
    /// What it was allowed when it was installed.
    allowed: Option<Capabilities>,
    files: Vec<String>,
    ratings: Vec<PackageRating>,
}

async fn get(cx: Context, q: OnePackage) -> Result<PackageView> {
    let offer = cx.luna.registry_entry(&q.package).await?;
    let (entry, manifest) = (offer.entry, offer.manifest);
    let installed = installed(&cx).await?;
    let rating = |r: Rating| PackageRating {
        own: r.user == USER,
        user: r.user,
        stars: r.stars,
        comment: r.comment,
        at: r.at,
    };
    let files = manifest["files"].as_array().into_iter().flatten();
    Ok(PackageView {
        kind: manifest["kind"].as_str().unwrap_or("skill").to_owned(),
        capabilities: capabilities(&manifest),
        allowed: installed.get(&entry.id).map(|p| capabilities(&p.manifest)),
        files: files.filter_map(Value::as_str).map(str::to_owned).collect(),
        ratings: offer.ratings.into_iter().map(rating).collect(),
        package: item(entry, &installed),
    })
}

#[derive(Debug, Deserialize, TS)]
struct InstallPackage {
    package: String,
    /// What was shown and said yes to; none = a package that is there keeps to what it was allowed.
    allow: Option<Capabilities>,
}

async fn install(cx: Context, q: InstallPackage) -> Result<PackageView> {
    cx.luna.install_package(&q.package, q.allow).await?;
    get(cx, OnePackage { package: q.package }).await
}

async fn uninstall(cx: Context, q: OnePackage) -> Result<PackageView> {
    cx.luna.uninstall_package(&q.package).await?;
    get(cx, q).await
}

#[derive(Debug, Deserialize, TS)]
struct RatePackage {
    package: String,
    /// 1 to 5.
    stars: u8,
    comment: String,
}

async fn rate(cx: Context, q: RatePackage) -> Result<Done> {
    let at = cx.luna.clock().now();
    let rating = Rating { user: USER.into(), stars: q.stars, comment: q.comment, at };
    cx.luna.rate_package(&q.package, rating).await?;
    Ok(Done {})
}

pub(crate) fn register(r: &mut Register) {
    r.reply("registry.search", search);
    r.reply("registry.refresh", refresh);
    r.reply("registry.get", get);
    r.reply("registry.install", install);
    r.reply("registry.uninstall", uninstall);
    r.reply("registry.rate", rate);
}
