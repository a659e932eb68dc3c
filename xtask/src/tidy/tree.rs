//! What the checks look at: the files that are, or could be, under version control, and cargo's view of the crates.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};
use cargo_metadata::{Metadata, MetadataCommand};

pub(super) struct File {
    /// From the root, with `/`.
    pub(super) path: String,
    pub(super) text: String,
}

impl File {
    pub(super) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    pub(super) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    pub(super) fn is_test(&self) -> bool {
        let folder = |name| self.path.starts_with(name) || self.path.contains(&format!("/{name}"));
        folder("tests/")
            || folder("e2e/")
            || folder("fuzz/")
            || self.name() == "tests.rs"
            || self.name().contains(".test.")
    }

    /// The crate whose folder it is in.
    pub(super) fn crate_name(&self) -> Option<&str> {
        self.path.strip_prefix("crates/")?.split('/').next()
    }
}

/// One crate of the workspace and what it depends on, tests aside.
pub(super) struct Crate {
    pub(super) name: String,
    pub(super) manifest: String,
    pub(super) dependencies: Vec<String>,
}

pub(super) struct Tree {
    pub(super) root: PathBuf,
    /// Text files, sorted by path.
    pub(super) files: Vec<File>,
    pub(super) crates: Vec<Crate>,
}

impl Tree {
    pub(super) fn read(root: &Path) -> Result<Self> {
        let listed = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root)
            .output()
            .context("git is needed to list the files")?;
        ensure!(listed.status.success(), "git ls-files: {}", String::from_utf8_lossy(&listed.stderr));
        let mut files: Vec<_> = String::from_utf8_lossy(&listed.stdout)
            .split_terminator('\0')
            // What is not text is data; what is gone was deleted and not yet committed.
            .filter_map(|path| {
                Some(File { path: path.to_owned(), text: fs::read_to_string(root.join(path)).ok()? })
            })
            .collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let metadata = MetadataCommand::new()
            .manifest_path(root.join("Cargo.toml"))
            .no_deps()
            .exec()
            .context("cargo metadata")?;
        Ok(Self { root: root.to_owned(), crates: crates(root, metadata), files })
    }

    pub(super) fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.is_rust())
    }

    pub(super) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// A tree for the checks' own tests.
    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &str)], crates: &[(&str, &[&str])]) -> Self {
        let file = |(path, text): &(&str, &str)| File { path: (*path).into(), text: (*text).into() };
        let a_crate = |(name, dependencies): &(&str, &[&str])| Crate {
            name: (*name).into(),
            manifest: format!("crates/{name}/Cargo.toml"),
            dependencies: dependencies.iter().map(|d| (*d).into()).collect(),
        };
        Self {
            root: "/somewhere/luna".into(),
            files: files.iter().map(file).collect(),
            crates: crates.iter().map(a_crate).collect(),
        }
    }
}

fn crates(root: &Path, metadata: Metadata) -> Vec<Crate> {
    let packages = metadata.packages.into_iter();
    packages
        .map(|package| {
            let manifest = package.manifest_path.as_std_path();
            let kept =
                package.dependencies.iter().filter(|d| d.kind != cargo_metadata::DependencyKind::Development);
            Crate {
                name: package.name.to_string(),
                manifest: manifest.strip_prefix(root).unwrap_or(manifest).display().to_string(),
                dependencies: kept.map(|dependency| dependency.name.clone()).collect(),
            }
        })
        .collect()
}
