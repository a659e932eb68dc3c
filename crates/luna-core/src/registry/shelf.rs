//! What is on offer: the packages that come with Luna, and those of the registry that was set, as it was last read. A
//! registry that does not answer leaves what was read before, marked as old.

use include_dir::{Dir, include_dir};
use jiff::SignedDuration;
use luna_model::{Error, Result, Timestamp};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use url::Url;

use super::archive::PackedFile;
use super::manifest;
use crate::Luna;
use crate::skills;

static BUNDLED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/data/registry");

/// What was read of the registry.
const READ: &str = "registry_read";
/// How long what was read holds, and how soon a registry that failed is asked again.
const FRESH: SignedDuration = SignedDuration::from_hours(1);
const AGAIN: SignedDuration = SignedDuration::from_mins(1);
/// Largest index and description of one package, and most packages that are taken from an index.
const LARGEST: usize = 4 << 20;
const MOST: usize = 5_000;

/// Where the registry is.
#[derive(Clone, Debug, Default)]
pub struct RegistryPlace {
    /// Its address; none = only what comes with Luna.
    pub url: Option<String>,
    /// Its ed25519 key, in hex or Base64; none = the one it shows when it is first read.
    pub key: Option<String>,
}

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
    #[serde(default)]
    pub description: String,
    /// Who made it.
    #[serde(default, deserialize_with = "or_empty")]
    pub author: String,
    /// Where its source is.
    #[serde(default, deserialize_with = "or_empty")]
    pub repository: String,
    /// Where its manifest is.
    #[serde(default, deserialize_with = "or_empty")]
    pub manifest_url: String,
    /// Where it is.
    #[serde(default, deserialize_with = "or_empty")]
    pub download_url: String,
    /// SHA-256 of its archive.
    #[serde(default)]
    pub checksum_sha256: Option<String>,
    /// The registry's signature of its archive.
    #[serde(default)]
    pub signature: Option<String>,
    /// How often it was taken.
    #[serde(default)]
    pub downloads: u64,
    /// Whether the registry says that it looked at it.
    #[serde(default)]
    pub verified: bool,
    /// What it is about.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Stars that others gave, on average, and how many did.
    #[serde(default)]
    pub rating: f64,
    /// How many rated it.
    #[serde(default)]
    pub rating_count: u64,
    /// `passed`, `failed`, `pending` or `unknown`: what the registry found when it looked.
    #[serde(default = "unknown")]
    pub security_status: String,
    /// When it was published.
    #[serde(default, deserialize_with = "or_empty")]
    pub published_at: String,
    /// The address of its registry; empty = it comes with Luna.
    #[serde(default)]
    pub origin: String,
}

fn unknown() -> String {
    "unknown".into()
}

/// A text; whatever else stands there is written as it is, and null as nothing.
fn or_empty<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<String, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::String(text) => text,
        Value::Null => String::new(),
        other => other.to_string(),
    })
}

/// What is on offer.
#[derive(Clone, Debug, PartialEq)]
pub struct Shelf {
    /// The packages.
    pub entries: Vec<Entry>,
    /// When the registry was read; none where none is set, or it never answered.
    pub read_at: Option<Timestamp>,
    /// Why this is not what the registry has now, when it is not.
    pub stale: Option<String>,
}

/// The registry as it was last read.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct Read {
    base: String,
    tag: Option<String>,
    key: Option<String>,
    entries: Vec<Entry>,
    read_at: Option<Timestamp>,
    tried_at: Option<Timestamp>,
    failure: Option<String>,
}

/// An index as registries send it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Index {
    skills: Vec<Value>,
    #[serde(default)]
    public_key: Option<String>,
}

impl Luna {
    /// All that is on offer. The registry is asked when what is known of it is old, or `now`.
    pub(super) async fn shelf(&self, now: bool) -> Result<Shelf> {
        let own = bundled()?;
        let Some(base) = self.registry_base()? else {
            return Ok(Shelf { entries: own, read_at: None, stale: None });
        };
        let read = self.read_registry(&base, now).await?;
        let mut entries = read.entries;
        let theirs: Vec<_> = entries.iter().map(|e| e.id.clone()).collect();
        entries.extend(own.into_iter().filter(|e| !theirs.contains(&e.id)));
        Ok(Shelf { entries, read_at: read.read_at, stale: read.failure })
    }

    /// The address of the registry.
    pub(super) fn registry_base(&self) -> Result<Option<Url>> {
        let set = self.parts().registry.url.as_deref().map(str::trim).filter(|u| !u.is_empty());
        let Some(set) = set else { return Ok(None) };
        let mut url = Url::parse(set)
            .map_err(|e| Error::invalid(format!("REGISTRY_BASE_URL is no address: {e}")).because(e))?;
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        Ok(Some(url))
    }

    async fn read_registry(&self, base: &Url, ask: bool) -> Result<Read> {
        let mut read: Read = self.db().document(READ).await?.unwrap_or_default();
        if read.base != base.as_str() {
            read = Read { base: base.to_string(), ..Read::default() };
        }
        let now = self.clock().now();
        let younger = |at: Option<Timestamp>, than| at.is_some_and(|at| now.duration_since(at) < than);
        let rests =
            if read.failure.is_some() { younger(read.tried_at, AGAIN) } else { younger(read.read_at, FRESH) };
        if rests && !ask {
            return Ok(read);
        }
        read.tried_at = Some(now);
        match self.ask_registry(base, &mut read).await {
            Ok(()) => (read.read_at, read.failure) = (Some(now), None),
            Err(error) => {
                tracing::warn!(%error, "the registry could not be read; what was read before stays");
                read.failure = Some(error.message);
            }
        }
        self.db().set_document(READ, &read).await?;
        Ok(read)
    }

    async fn ask_registry(&self, base: &Url, read: &mut Read) -> Result<()> {
        let url = address(base, "api/skills")?;
        let Some(file) = self.fetch().file(url.as_str(), read.tag.as_deref(), LARGEST).await? else {
            return Ok(());
        };
        let index: Index = serde_json::from_slice(&file.bytes)
            .map_err(|e| Error::unavailable("the registry's index is not as documented").because(e))?;
        let configured = self.parts().registry.key.as_deref().map(str::trim).filter(|k| !k.is_empty());
        read.key = self.registry_key(base.as_str(), configured, index.public_key.as_deref()).await?;
        read.entries = index.skills.into_iter().take(MOST).filter_map(|one| entry(one, base)).collect();
        read.tag = file.tag;
        Ok(())
    }

    /// What a registry tells of one of its packages.
    pub(super) async fn ask_about(&self, entry: &Entry) -> Result<Value> {
        let base = Url::parse(&entry.origin).map_err(Error::internal)?;
        let url = address(&base, &format!("api/skills/{}", entry.id))?;
        self.read_json(url.as_str()).await
    }

    /// The manifest that a registry shows of a package.
    pub(super) async fn shown_manifest(&self, entry: &Entry, about: &Value) -> Result<Value> {
        if about["manifest"].is_object() {
            return Ok(about["manifest"].clone());
        }
        if entry.manifest_url.is_empty() {
            return Err(Error::invalid("the registry does not show this package's manifest"));
        }
        let url = self.link(entry, &entry.manifest_url)?;
        let bytes = self.read_link(entry, &url, LARGEST).await?;
        serde_json::from_slice(&bytes)
            .map_err(|e| Error::invalid("the package's manifest is no JSON").because(e))
    }

    /// Reads what an entry links to: at the registry's own address as the user set it, anywhere else with the care that is
    /// due to an address that somebody else wrote.
    pub(super) async fn read_link(&self, entry: &Entry, url: &Url, most: usize) -> Result<Vec<u8>> {
        let base = Url::parse(&entry.origin).map_err(Error::internal)?;
        if url.origin() != base.origin() {
            return self.fetch().bytes(url.as_str(), most).await;
        }
        let file = self.fetch().file(url.as_str(), None, most).await?;
        Ok(file.map(|file| file.bytes).unwrap_or_default())
    }

    pub(super) fn link(&self, entry: &Entry, link: &str) -> Result<Url> {
        let base = Url::parse(&entry.origin).map_err(Error::internal)?;
        address(&base, link)
    }

    /// The key with which the registry of an entry signs; none when it has none.
    pub(super) async fn signing_key(&self) -> Result<Option<String>> {
        let read: Option<Read> = self.db().document(READ).await?;
        Ok(read.and_then(|read| read.key))
    }

    async fn read_json(&self, url: &str) -> Result<Value> {
        let file = self.fetch().file(url, None, LARGEST).await?;
        let bytes = file.map(|file| file.bytes).unwrap_or_default();
        serde_json::from_slice(&bytes)
            .map_err(|e| Error::unavailable("the registry's answer is not as documented").because(e))
    }
}

/// An entry of a registry's index; one that cannot be understood is left out.
fn entry(one: Value, base: &Url) -> Option<Entry> {
    let read: Entry = match serde_json::from_value(one) {
        Ok(read) => read,
        Err(error) => {
            tracing::warn!(%error, "a package of the registry cannot be understood");
            return None;
        }
    };
    manifest::check_id(&read.id).ok()?;
    let cut = |text: &str, most: usize| text.chars().take(most).collect::<String>();
    Some(Entry {
        name: cut(&read.name, 120),
        version: cut(&read.version, 64),
        description: cut(&read.description, 1_000),
        author: cut(&read.author, 120),
        rating: read.rating.clamp(0.0, 5.0),
        origin: base.to_string(),
        ..read
    })
}

fn address(base: &Url, link: &str) -> Result<Url> {
    base.join(link).map_err(|e| Error::invalid(format!("{link:?} is no address")).because(e))
}

/// The packages that come with Luna.
fn bundled() -> Result<Vec<Entry>> {
    let text = BUNDLED.get_file("index.json").and_then(|f| f.contents_utf8()).unwrap_or_default();
    let index: Index = serde_json::from_str(text).map_err(Error::internal)?;
    let own = |one: Value| -> Result<Entry> {
        let entry: Entry = serde_json::from_value(one).map_err(Error::internal)?;
        // They are part of the program and are tested with it.
        Ok(Entry { verified: true, security_status: "passed".into(), ..entry })
    };
    index.skills.into_iter().map(own).collect()
}

/// The manifest of a package that comes with Luna.
pub(super) fn bundled_manifest(id: &str) -> Result<Value> {
    let text = BUNDLED.get_file(format!("packages/{id}/manifest.json")).and_then(|f| f.contents_utf8());
    let text = text.ok_or_else(|| Error::not_found("there is no such package"))?;
    serde_json::from_str(text).map_err(Error::internal)
}

/// The files of a package that comes with Luna: those beside its manifest, or of the skill that ships with her.
pub(super) fn bundled_files(id: &str) -> Result<Vec<PackedFile>> {
    let manifest = bundled_manifest(id)?;
    let names = manifest["files"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let file = |name: &str| {
        let beside = BUNDLED.get_file(format!("packages/{id}/{name}")).and_then(|f| f.contents_utf8());
        let text = beside.or_else(|| skills::shipped_file(id, name)).ok_or_else(|| {
            Error::invalid(format!("the package has no file {name:?}, which its manifest names"))
        })?;
        Ok(PackedFile { path: name.to_owned(), bytes: text.into(), runs: false })
    };
    names.map(file).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_bundled_package_is_whole() {
        let entries = bundled().unwrap();
        assert!(entries.len() >= 9);
        for entry in entries {
            let manifest = manifest::Manifest::read(bundled_manifest(&entry.id).unwrap()).unwrap();
            assert_eq!((manifest.id, manifest.version), (entry.id.clone(), entry.version));
            assert!(!bundled_files(&entry.id).unwrap().is_empty(), "{}", entry.id);
        }
    }

    #[test]
    fn an_entry_is_bounded_and_nonsense_is_left_out() {
        let base = Url::parse("http://registry.test/").unwrap();
        let read = entry(
            json!({ "id": "a", "name": "n".repeat(500), "version": "1", "publishedAt": 17, "author": null, "rating": 9, "origin": "" }),
            &base,
        );
        let read = read.unwrap();
        assert_eq!((read.name.len(), read.published_at.as_str(), read.rating), (120, "17", 5.0));
        assert_eq!(read.origin, "http://registry.test/");
        assert!(entry(json!({ "id": "../a", "name": "n", "version": "1" }), &base).is_none());
        assert!(entry(json!({ "id": "a" }), &base).is_none());
    }
}
