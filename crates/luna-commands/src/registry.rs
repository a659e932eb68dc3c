//! The registry: packages on offer, what they may do, and those that are installed.

use std::collections::BTreeMap;

use luna_core::registry::{Entry, Rating, Sought};
use luna_core::store::Package;
use luna_model::{Result, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use crate::table::{Context, Done, Register};

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
}

fn item(entry: Entry, installed: &BTreeMap<String, Package>) -> PackageItem {
    PackageItem {
        installed: installed.get(&entry.id).map(|p| p.version.clone()),
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

async fn search(cx: Context, q: SearchRegistry) -> Result<Vec<PackageItem>> {
    let words = Some(q.words.trim().to_owned()).filter(|w| !w.is_empty());
    let found = cx.luna.registry(&Sought { words, tags: vec![] })?;
    let installed = installed(&cx).await?;
    Ok(found.into_iter().map(|entry| item(entry, &installed)).collect())
}

#[derive(Debug, Deserialize, TS)]
struct OnePackage {
    package: String,
}

/// What a package may do.
#[derive(Debug, Default, PartialEq, Serialize, TS)]
struct Capabilities {
    network: bool,
    shell: bool,
    /// Folders whose files it may touch.
    files: Vec<String>,
    /// Variables of the environment that it may read.
    env: Vec<String>,
    /// Tools that it may call.
    tools: Vec<String>,
}

fn capabilities(manifest: &Value) -> Capabilities {
    let of = &manifest["capabilities"];
    let texts = |list: &Value| -> Vec<String> {
        list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let files = &of["filesystem"];
    Capabilities {
        network: of["network"] == true,
        shell: of["shell"] == true,
        files: if files["enabled"] == true { texts(&files["paths"]) } else { vec![] },
        env: texts(&of["env"]),
        tools: texts(&of["tools"]),
    }
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
    let (entry, manifest, ratings) = cx.luna.registry_entry(&q.package).await?;
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
        ratings: ratings.into_iter().map(rating).collect(),
        package: item(entry, &installed),
    })
}

async fn install(cx: Context, q: OnePackage) -> Result<PackageView> {
    cx.luna.install_package(&q.package).await?;
    get(cx, q).await
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
    r.reply("registry.get", get);
    r.reply("registry.install", install);
    r.reply("registry.uninstall", uninstall);
    r.reply("registry.rate", rate);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn capabilities_are_read_and_what_is_not_said_is_not_allowed() {
        let manifest = json!({ "capabilities": {
            "network": true,
            "shell": "yes",
            "filesystem": { "enabled": false, "paths": ["workspace"] },
            "tools": ["read_file", 3],
        }});
        let tools = vec!["read_file".to_owned()];
        assert_eq!(capabilities(&manifest), Capabilities { network: true, tools, ..Capabilities::default() });
        assert_eq!(capabilities(&json!({})), Capabilities::default());
    }
}
