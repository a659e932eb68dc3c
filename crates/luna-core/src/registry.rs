//! The registry: packages that Luna can take in, from a registry that was set and a bundled one that works without a network.
//! A package says in its manifest what it may do; that is shown before, kept with it and held by the gate, and a version that
//! asks for more asks again. [`shelf`] knows what is on offer, [`archive`] unpacks, [`trust`] checks, [`placing`] writes.

mod archive;
mod manifest;
mod placing;
mod shelf;
mod trust;

use std::collections::BTreeMap;

use luna_model::{ActionId, Capabilities, Error, ErrorKind, Event, Evidence, Result, Skill, Timestamp};
use luna_store::Package;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Luna;
use crate::tools::Described;
use archive::PackedFile;
use manifest::Manifest;

pub use manifest::{capabilities, read_capabilities};
pub use shelf::{Entry, RegistryPlace, Shelf};

/// What taking packages in and away is called where the user permits it.
pub(crate) const INSTALL: &str = "install_package";
const RATINGS: &str = "ratings";
/// Stars that can be given.
const STARS: std::ops::RangeInclusive<u8> = 1..=5;

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
    /// Whether its registry looked at it.
    pub verified: Option<bool>,
}

impl Sought {
    fn fits(&self, e: &Entry) -> bool {
        let text = || format!("{}\n{}\n{}", e.id, e.name, e.description).to_lowercase();
        self.words.as_ref().is_none_or(|w| text().contains(w.to_lowercase().as_str()))
            && (self.tags.is_empty() || self.tags.iter().any(|t| e.tags.contains(t)))
            && self.verified.is_none_or(|v| e.verified == v)
    }
}

/// A package with all that is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// What it is.
    pub entry: Entry,
    /// Its manifest, as it is shown.
    pub manifest: Value,
    /// What was said of it.
    pub ratings: Vec<Rating>,
    /// What the registry found when it looked at it.
    pub scan: Option<Value>,
}

impl Luna {
    /// The packages on offer that fit.
    ///
    /// # Errors
    /// When the database does not answer. A registry that does not answer is no error: what is known of it is marked.
    pub async fn registry(&self, sought: &Sought) -> Result<Shelf> {
        let mut shelf = self.shelf(false).await?;
        shelf.entries.retain(|e| sought.fits(e));
        Ok(shelf)
    }

    /// Asks the registry now.
    ///
    /// # Errors
    /// As [`Luna::registry`].
    pub async fn refresh_registry(&self) -> Result<Shelf> {
        self.shelf(true).await
    }

    /// A package with its manifest and what was said of it.
    ///
    /// # Errors
    /// `NotFound` when there is none, `Unavailable` when its registry does not answer.
    pub async fn registry_entry(&self, id: &str) -> Result<Offer> {
        let entry = self.shelf(false).await?.entries.into_iter().find(|e| e.id == id);
        let mut entry = entry.ok_or_else(|| Error::not_found("there is no such package"))?;
        let mut ratings = self.ratings().await?.remove(id).unwrap_or_default();
        if entry.origin.is_empty() {
            let sum: u32 = ratings.iter().map(|r| u32::from(r.stars)).sum();
            entry.rating_count = ratings.len() as u64;
            entry.rating =
                f64::from(sum) / f64::from(u32::try_from(ratings.len().max(1)).unwrap_or(u32::MAX));
            return Ok(Offer { entry, manifest: shelf::bundled_manifest(id)?, ratings, scan: None });
        }
        let about = self.ask_about(&entry).await?;
        let manifest = self.shown_manifest(&entry, &about).await?;
        let theirs = about["ratings"].as_array().into_iter().flatten().filter_map(rating).take(200);
        ratings.extend(theirs.filter(|r| ratings.iter().all(|own| own.user != r.user)).collect::<Vec<_>>());
        let scan = about.get("securityScan").filter(|s| s.is_object()).cloned();
        Ok(Offer { entry, manifest, ratings, scan })
    }

    /// Takes a package in: its files, and what its manifest was allowed. `allow` is what was shown and said yes to; without
    /// it the request is the yes for a package that is new, and for one that is there only what it was allowed holds.
    ///
    /// # Errors
    /// `NotFound` when there is none, `NeedsApproval` when it wants more than it was allowed, `Invalid` when it is not what
    /// the registry speaks of, `LimitReached` when it is too large, `Unavailable` when it cannot be had.
    pub async fn install_package(&self, id: &str, allow: Option<Capabilities>) -> Result<Package> {
        let described = Described {
            summary: format!("Install the package {id}"),
            effect: "Its files are written, and what it asks for is allowed.".into(),
            changes: true,
            ..Described::default()
        };
        let input = json!({ "package": id, "allow": allow });
        let deed = self.take_in(id, allow);
        let package = self.by_user_as(ActionId::new(), INSTALL, described, input, deed).await?.now;
        self.packages_changed();
        if package.kind == "channel" {
            self.restart_plugin(id).await?;
        }
        Ok(package)
    }

    async fn take_in(&self, id: &str, allow: Option<Capabilities>) -> Result<Package> {
        let _one_at_a_time = self.installing().lock().await;
        let offer = self.registry_entry(id).await?;
        let shown = Manifest::read(offer.manifest)?;
        let before = match self.package(id).await {
            Ok(package) => Some(package),
            Err(error) if error.kind == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let allowed = allow.or_else(|| before.as_ref().map(|p| capabilities(&p.manifest)));
        within(&shown, allowed.as_ref())?;
        let (files, sha256) = self.files_of(&offer.entry).await?;
        let manifest = match offer.entry.origin.as_str() {
            "" => shown,
            _ => checked(&files, &offer.entry, &shown)?,
        };
        if let Some(before) = before.filter(|b| b.kind != manifest.kind.name()) {
            self.remove_package_files(&before).await?;
        }
        self.place_package(manifest.kind, id, files).await?;
        let package = Package {
            id: id.to_owned(),
            name: manifest.name(),
            version: manifest.version,
            kind: manifest.kind.name().to_owned(),
            manifest: manifest.whole,
            origin: offer.entry.origin,
            sha256,
            installed_at: self.clock().now(),
        };
        self.db().save_package(package.clone()).await?;
        Ok(package)
    }

    /// The files of a package, and the SHA-256 of the archive that they came in.
    async fn files_of(&self, entry: &Entry) -> Result<(Vec<PackedFile>, String)> {
        if entry.origin.is_empty() {
            return Ok((shelf::bundled_files(&entry.id)?, String::new()));
        }
        let url = self.link(entry, &entry.download_url)?;
        let archive = self.read_link(entry, &url, archive::MOST_PACKED).await?;
        trust::check_sum(&archive, entry.checksum_sha256.as_deref())?;
        if let Some(key) = self.signing_key().await? {
            trust::check_signature(&key, &archive, entry.signature.as_deref())?;
        }
        let unpack = move || Ok((archive::unpack(&archive)?, trust::sum(&archive)));
        tokio::task::spawn_blocking(unpack).await.map_err(Error::internal)?
    }

    /// Takes a package away, with its files.
    ///
    /// # Errors
    /// `NotFound` when it is not installed.
    pub async fn uninstall_package(&self, id: &str) -> Result<()> {
        let described = Described {
            summary: format!("Uninstall the package {id}"),
            effect: "Its files are deleted.".into(),
            changes: true,
            ..Described::default()
        };
        let deed = async {
            let _one_at_a_time = self.installing().lock().await;
            let package = self.package(id).await?;
            self.db().delete_package(id.to_owned()).await?;
            if package.kind == "channel" {
                self.restart_plugin(id).await?;
            }
            self.remove_package_files(&package).await
        };
        self.by_user_as(ActionId::new(), INSTALL, described, json!({ "package": id }), deed).await?;
        self.packages_changed();
        Ok(())
    }

    fn packages_changed(&self) {
        self.bus().publish(Event::SettingsChanged { names: vec!["packages".into()] });
    }

    /// An installed package.
    ///
    /// # Errors
    /// `NotFound` when it is not installed.
    pub async fn package(&self, id: &str) -> Result<Package> {
        let all = self.db().packages().await?;
        all.into_iter().find(|p| p.id == id).ok_or_else(|| Error::not_found("that package is not installed"))
    }

    /// The packages among these skills, as evidence: what is done with their instructions in sight is held to what they were
    /// allowed. A skill that is part of the program or that the user wrote is held to nothing.
    pub(crate) async fn packages_among(&self, skills: &[Skill]) -> Result<Vec<Evidence>> {
        if skills.iter().all(|s| s.shipped) {
            return Ok(vec![]);
        }
        let packages = self.db().packages().await?.into_iter();
        let read = |p: &Package| skills.iter().any(|s| !s.shipped && s.id == p.id);
        let evidence = |p: Package| Evidence::Package { allowed: capabilities(&p.manifest), name: p.name };
        Ok(packages.filter(read).map(evidence).collect())
    }

    /// Rates a package; a second rating of somebody takes the place of the first. A registry's package is rated there too.
    ///
    /// # Errors
    /// `NotFound` when there is none, `Invalid` for other than 1 to 5 stars, `Unavailable` when its registry does not take it.
    pub async fn rate_package(&self, id: &str, rating: Rating) -> Result<()> {
        if !STARS.contains(&rating.stars) {
            return Err(Error::invalid("stars are from 1 to 5"));
        }
        if rating.user.trim().is_empty() || rating.comment.chars().count() > 2_000 {
            return Err(Error::invalid(
                "a rating is somebody's, and its comment has at most 2000 characters",
            ));
        }
        let entry = self.shelf(false).await?.entries.into_iter().find(|e| e.id == id);
        let entry = entry.ok_or_else(|| Error::not_found("there is no such package"))?;
        if !entry.origin.is_empty() {
            let url = self.link(&entry, &format!("api/skills/{id}/rate"))?;
            let body = json!({ "userId": rating.user, "stars": rating.stars, "comment": rating.comment });
            let key = format!("{id}/{}/{}", rating.user, rating.at);
            self.fetch().post(url.as_str(), &body, &key).await?;
        }
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

/// A rating as registries send it.
fn rating(one: &Value) -> Option<Rating> {
    let text = |name: &str, most: usize| one[name].as_str().map(|t| t.chars().take(most).collect::<String>());
    let at = match &one["createdAt"] {
        Value::String(text) => text.parse().ok(),
        other => other.as_i64().and_then(|ms| Timestamp::from_millisecond(ms).ok()),
    };
    Some(Rating {
        user: text("userId", 120)?,
        stars: u8::try_from(one["stars"].as_u64()?).ok().filter(|stars| STARS.contains(stars))?,
        comment: text("comment", 2_000).unwrap_or_default(),
        at: at.unwrap_or_default(),
    })
}

/// Whether a package asks for no more than it was allowed.
fn within(manifest: &Manifest, allowed: Option<&Capabilities>) -> Result<()> {
    let more = allowed.map(|allowed| manifest.capabilities.beyond(allowed)).unwrap_or_default();
    if more.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::NeedsApproval,
        format!(
            "{} {} wants more than it was allowed: to {}. Look at it, and install it again saying that this is allowed.",
            manifest.name(),
            manifest.version,
            more.words()
        ),
    ))
}

/// The manifest that lies in an archive, when it is the one that was shown.
fn checked(files: &[PackedFile], entry: &Entry, shown: &Manifest) -> Result<Manifest> {
    let found = files.iter().find(|f| f.path == "manifest.json");
    let found = found.ok_or_else(|| Error::invalid("the package has no manifest.json"))?;
    let whole = serde_json::from_slice(&found.bytes)
        .map_err(|e| Error::invalid("the package's manifest.json is no JSON").because(e))?;
    let manifest = Manifest::read(whole)?;
    if (&manifest.id, &manifest.version) != (&entry.id, &entry.version) {
        return Err(Error::invalid(format!(
            "the package is {} {}, and not {} {}, which the registry speaks of",
            manifest.id, manifest.version, entry.id, entry.version
        )));
    }
    if manifest.kind != shown.kind || !manifest.capabilities.beyond(&shown.capabilities).is_empty() {
        return Err(Error::invalid(
            "the package asks for more than the registry showed, so it was not taken",
        ));
    }
    let needs: &[&str] = match manifest.kind {
        manifest::Kind::Skill => &["SKILL.md", "skill.json"],
        manifest::Kind::Channel => &["manifest.json"],
    };
    if !files.iter().any(|f| needs.contains(&f.path.as_str())) {
        return Err(Error::invalid("the package is a skill without SKILL.md or skill.json"));
    }
    Ok(manifest)
}
