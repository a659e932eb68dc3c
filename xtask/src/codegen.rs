//! TypeScript types for the window: exported by luna-commands from its table, put into ui/src/wire.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail, ensure};

/// Exports the types; with `check`, only compares them with what is there.
pub(crate) fn run(root: &Path, check: bool) -> Result<()> {
    let kept = root.join("ui/src/wire");
    let fresh = tempfile::tempdir()?;
    export(root, fresh.path())?;
    let (old, new) = (files(&kept)?, files(fresh.path())?);
    ensure!(!new.is_empty(), "no type was exported");
    let differ: Vec<_> =
        new.keys().chain(old.keys()).filter(|name| old.get(*name) != new.get(*name)).collect();
    if differ.is_empty() {
        println!("ui/src/wire is fresh: {} files", new.len());
        return Ok(());
    }
    if check {
        let names: Vec<_> = differ.iter().map(|name| name.display().to_string()).collect();
        bail!("ui/src/wire is stale ({}); run cargo xtask codegen", names.join(", "));
    }
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        fs::remove_file(kept.join(name))?;
    }
    for (name, text) in &new {
        let path = kept.join(name);
        fs::create_dir_all(path.parent().unwrap_or(&kept))?;
        fs::write(path, text)?;
    }
    println!("ui/src/wire: {} files written", new.len());
    Ok(())
}

/// Built with the whole workspace selected, as the other steps are, so that no dependency is built a second time.
fn export(root: &Path, into: &Path) -> Result<()> {
    const EXAMPLE: &str = "export_typescript";
    let build = crate::cargo()
        .args(["build", "--quiet", "--workspace", "--example", EXAMPLE])
        .current_dir(root)
        .status()
        .context("cargo build")?;
    ensure!(build.success(), "the example {EXAMPLE} of luna-commands could not be built");
    let target = cargo_metadata::MetadataCommand::new().current_dir(root).no_deps().exec()?.target_directory;
    let export =
        Command::new(target.join("debug/examples").join(EXAMPLE)).arg(into).status().context(EXAMPLE)?;
    ensure!(export.success(), "the export failed");
    Ok(())
}

fn files(folder: &Path) -> Result<BTreeMap<PathBuf, String>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(at) = folders.pop() {
        if !at.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&at)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "ts") {
                found.insert(path.strip_prefix(folder)?.to_owned(), fs::read_to_string(&path)?);
            }
        }
    }
    Ok(found)
}
