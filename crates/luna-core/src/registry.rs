//! The registry: packages that Luna can take in, a bundled one that works without a network. A package says in its manifest
//! what it may do; that is shown before and kept with it. Skills go into the workspace, where the user can read and change
//! them; channels are kept beside the data.

use std::collections::BTreeMap;

use include_dir::{Dir, include_dir};
use luna_model::{Error, Result, Timestamp};
use luna_store::Package;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Luna;
use crate::skills;

static BUNDLED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/data/registry");

const RATINGS: &str = "ratings";
/// Stars that can be given.
const STARS: std::ops::RangeInclusive<u8> = 1..=5;

/// A package on offer.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it is for.
    pub description: String,
    /// Who made it.
    #[serde(default)]
    pub author: String,
    /// Where its source is.
    #[serde(default)]
    pub repository: String,
    /// Where its manifest is.
    #[serde(default)]
    pub manifest_url: String,
    /// Where it is.
    #[serde(default)]
    pub download_url: String,
    /// What it is about.
    #[serde(default)]
    pub tags: Vec<String>,
    /// When it was published.
    #[serde(default)]
    pub published_at: String,
}

/// A rating of a package.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Rating {
    /// Who gave it.
    pub user: String,
    /// 1 to 5.
    pub stars: u8,
    /// What was said with it.
    pub comment: String,
    /// When.
    pub at: Timestamp,
}

/// What is looked for; none = all.
#[derive(Clone, Debug, Default)]
pub struct Sought {
    /// Words in name or description.
    pub words: Option<String>,
    /// Any of these tags.
    pub tags: Vec<String>,
}

#[derive(Deserialize)]
struct Index {
    skills: Vec<Entry>,
}

fn bundled() -> Result<Vec<Entry>> {
    let text = BUNDLED.get_file("index.json").and_then(|f| f.contents_utf8()).unwrap_or_default();
    Ok(serde_json::from_str::<Index>(text).map_err(Error::internal)?.skills)
}

/// The manifest of a bundled package.
fn manifest(id: &str) -> Result<Value> {
    let text = BUNDLED.get_file(format!("packages/{id}/manifest.json")).and_then(|f| f.contents_utf8());
    let text = text.ok_or_else(|| Error::not_found("there is no such package"))?;
    serde_json::from_str(text).map_err(Error::internal)
}

impl Luna {
    /// The packages on offer that fit.
    ///
    /// # Errors
    /// When the registry cannot be read.
    pub fn registry(&self, sought: &Sought) -> Result<Vec<Entry>> {
        let words = sought.words.as_ref().map(|w| w.to_lowercase());
        let mut entries = bundled()?;
        entries.retain(|e| {
            let text = format!("{}\n{}\n{}", e.id, e.name, e.description).to_lowercase();
            words.as_ref().is_none_or(|w| text.contains(w.as_str()))
                && (sought.tags.is_empty() || sought.tags.iter().any(|t| e.tags.contains(t)))
        });
        Ok(entries)
    }

    /// A package with its manifest and what was said of it.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn registry_entry(&self, id: &str) -> Result<(Entry, Value, Vec<Rating>)> {
        let entry = bundled()?.into_iter().find(|e| e.id == id);
        let entry = entry.ok_or_else(|| Error::not_found("there is no such package"))?;
        let ratings = self.ratings().await?.remove(id).unwrap_or_default();
        Ok((entry, manifest(id)?, ratings))
    }

    /// Takes a package in: its files, and what its manifest was allowed.
    ///
    /// # Errors
    /// `NotFound` when there is none, `Invalid` when its manifest does not fit it.
    pub async fn install_package(&self, id: &str) -> Result<Package> {
        let (entry, manifest, _) = self.registry_entry(id).await?;
        let kind = manifest["kind"].as_str().unwrap_or("skill").to_owned();
        if manifest["id"].as_str() != Some(id) {
            return Err(Error::invalid("the manifest is of another package"));
        }
        let files = manifest["files"].as_array().into_iter().flatten().filter_map(Value::as_str);
        for name in files {
            let text = bundled_file(id, name).ok_or_else(|| {
                Error::invalid(format!("the package has no file {name:?}, which its manifest names"))
            })?;
            let path = format!("{}/{id}/{name}", if kind == "channel" { "channels" } else { "skills" });
            // The workspace keeps every path inside itself.
            self.workspace().write(&path, text.to_owned()).await?;
        }
        let package = Package {
            id: id.to_owned(),
            name: entry.name,
            version: entry.version,
            kind,
            manifest,
            installed_at: self.clock().now(),
        };
        self.db().save_package(package.clone()).await?;
        self.gate().witness("package.install", serde_json::json!({ "id": id }), Ok(())).await;
        Ok(package)
    }

    /// Takes a package away, with its files.
    ///
    /// # Errors
    /// `NotFound` when it is not installed.
    pub async fn uninstall_package(&self, id: &str) -> Result<()> {
        let package = self.package(id).await?;
        let folder = if package.kind == "channel" { "channels" } else { "skills" };
        let files = package.manifest["files"].as_array().cloned().unwrap_or_default();
        for name in files.iter().filter_map(Value::as_str) {
            let gone = self.workspace().delete(&format!("{folder}/{id}/{name}")).await;
            if let Err(error) = gone
                && error.kind != luna_model::ErrorKind::NotFound
            {
                return Err(error);
            }
        }
        self.db().delete_package(id.to_owned()).await?;
        self.gate().witness("package.uninstall", serde_json::json!({ "id": id }), Ok(())).await;
        Ok(())
    }

    /// An installed package.
    ///
    /// # Errors
    /// `NotFound` when it is not installed.
    pub async fn package(&self, id: &str) -> Result<Package> {
        let all = self.db().packages().await?;
        all.into_iter().find(|p| p.id == id).ok_or_else(|| Error::not_found("that package is not installed"))
    }

    /// Rates a package; a second rating of somebody takes the place of the first.
    ///
    /// # Errors
    /// `NotFound` when there is none, `Invalid` for other than 1 to 5 stars.
    pub async fn rate_package(&self, id: &str, rating: Rating) -> Result<()> {
        if !STARS.contains(&rating.stars) {
            return Err(Error::invalid("stars are from 1 to 5"));
        }
        if rating.user.trim().is_empty() || rating.comment.chars().count() > 2_000 {
            return Err(Error::invalid(
                "a rating is somebody's, and its comment has at most 2000 characters",
            ));
        }
        self.registry_entry(id).await?;
        let mut all = self.ratings().await?;
        let of = all.entry(id.to_owned()).or_default();
        of.retain(|r| r.user != rating.user);
        of.push(rating);
        self.db().set_document(RATINGS, &all).await
    }

    async fn ratings(&self) -> Result<BTreeMap<String, Vec<Rating>>> {
        Ok(self.db().document(RATINGS).await?.unwrap_or_default())
    }
}

/// A file of a bundled package: beside its manifest, or of the skill that ships with Luna.
fn bundled_file(id: &str, name: &str) -> Option<&'static str> {
    let beside = BUNDLED.get_file(format!("packages/{id}/{name}")).and_then(|f| f.contents_utf8());
    beside.or_else(|| skills::shipped_file(id, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bundled_package_is_whole() {
        let entries = bundled().unwrap();
        assert!(entries.len() >= 9);
        for entry in entries {
            let manifest = manifest(&entry.id).unwrap();
            assert_eq!(manifest["id"].as_str(), Some(entry.id.as_str()));
            assert_eq!(manifest["version"].as_str(), Some(entry.version.as_str()));
            for name in manifest["files"].as_array().unwrap() {
                assert!(
                    bundled_file(&entry.id, name.as_str().unwrap()).is_some(),
                    "{} lacks {name}",
                    entry.id
                );
            }
        }
    }
}
