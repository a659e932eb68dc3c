//! Installed packages: rows and queries.

use luna_model::{Evidence, Result, Timestamp};
use rusqlite::params;
use serde_json::Value;

use crate::Db;
use crate::row::{all, from_json, json, micros, one, run, text, time, to_json};

/// A package that was taken in.
#[derive(Clone, Debug, PartialEq)]
pub struct Package {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Its version.
    pub version: String,
    /// `skill` or `channel`.
    pub kind: String,
    /// What it is and may do.
    pub manifest: Value,
    /// The address of the registry that it came from; empty = it came with Luna.
    pub origin: String,
    /// SHA-256 of its archive, in hex; empty when it had none.
    pub sha256: String,
    /// When it was taken in.
    pub installed_at: Timestamp,
}

impl Db {
    /// Keeps which packages led to work that is done later.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn set_packages_behind(&self, work: String, packages: &[Evidence]) -> Result<()> {
        let packages = to_json(&packages)?;
        self.write(move |c| {
            let sql = "INSERT OR REPLACE INTO packages_behind (work, packages) VALUES (?1, ?2)";
            run(c, sql, params![work, packages]).map(drop)
        })
        .await
    }

    /// Which packages led to it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn packages_behind(&self, work: String) -> Result<Vec<Evidence>> {
        self.read(move |c| {
            let sql = "SELECT packages FROM packages_behind WHERE work = ?1";
            let found = one(c, sql, [work], |row| text(row, "packages"))?;
            found.map_or_else(|| Ok(vec![]), |packages| from_json(&packages))
        })
        .await
    }

    /// Stores a package in place of what was there of it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn save_package(&self, package: Package) -> Result<()> {
        self.write(move |c| {
            run(
                c,
                "INSERT INTO packages (id, name, version, kind, manifest, origin, sha256, installed_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                 ON CONFLICT (id) DO UPDATE SET name = excluded.name, version = excluded.version, kind = excluded.kind,
                   manifest = excluded.manifest, origin = excluded.origin, sha256 = excluded.sha256, installed_at = excluded.installed_at",
                params![
                    package.id,
                    package.name,
                    package.version,
                    package.kind,
                    to_json(&package.manifest)?,
                    package.origin,
                    package.sha256,
                    micros(package.installed_at)
                ],
            )?;
            Ok(())
        })
        .await
    }

    /// The packages, by id.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn packages(&self) -> Result<Vec<Package>> {
        self.read(|c| {
            all(c, "SELECT * FROM packages ORDER BY id", [], |row| {
                Ok(Package {
                    id: text(row, "id")?,
                    name: text(row, "name")?,
                    version: text(row, "version")?,
                    kind: text(row, "kind")?,
                    manifest: json(row, "manifest")?,
                    origin: text(row, "origin")?,
                    sha256: text(row, "sha256")?,
                    installed_at: time(row, "installed_at")?,
                })
            })
        })
        .await
    }

    /// Forgets a package.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn delete_package(&self, id: String) -> Result<()> {
        self.write(move |c| run(c, "DELETE FROM packages WHERE id = ?1", [id]).map(drop)).await
    }
}
