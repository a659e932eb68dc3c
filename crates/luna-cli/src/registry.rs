//! `luna registry`: packages on offer, what they may do, taking them in and away.

use anyhow::{Result, bail};
use luna_model::Capabilities;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::args::{Registry, RegistryDeed};
use crate::asking;
use crate::reach::Reach;
use crate::screen::{self, CAREFUL, FAINT, GOOD, STRONG, styled};

#[derive(Deserialize)]
struct Shelf {
    packages: Vec<Package>,
    stale: Option<String>,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    description: String,
    author: String,
    installed: Option<String>,
    from: Option<String>,
}

#[derive(Deserialize)]
struct View {
    package: Package,
    kind: String,
    capabilities: Capabilities,
    allowed: Option<Capabilities>,
    files: Vec<String>,
}

pub(crate) async fn registry(reach: &Reach, args: &Registry) -> Result<()> {
    match &args.deed {
        None => list(&reach.call("registry.search", json!({ "words": "" })).await?),
        Some(RegistryDeed::Search { words }) => {
            list(&reach.call("registry.search", json!({ "words": words.join(" ") })).await?)
        }
        Some(RegistryDeed::Refresh) => list(&reach.call("registry.refresh", json!({})).await?),
        Some(RegistryDeed::Show { package }) => show(&view(reach, package).await?),
        Some(RegistryDeed::Install { package, yes }) => install(reach, package, *yes).await,
        Some(RegistryDeed::Uninstall { package }) => {
            let _: Value = reach.call("registry.uninstall", json!({ "package": package })).await?;
            Ok(screen::line(format!("{package} is uninstalled."))?)
        }
    }
}

async fn view(reach: &Reach, package: &str) -> Result<View> {
    reach.call("registry.get", json!({ "package": package })).await
}

fn list(shelf: &Shelf) -> Result<()> {
    let row = |p: &Package| {
        let state = match &p.installed {
            None => String::new(),
            Some(version) if *version == p.version => styled(GOOD, "installed"),
            Some(version) => styled(CAREFUL, format!("{version} installed")),
        };
        vec![styled(STRONG, &p.id), p.version.clone(), state, styled(FAINT, &p.description)]
    };
    screen::table(&shelf.packages.iter().map(row).collect::<Vec<_>>())?;
    if let Some(why) = &shelf.stale {
        screen::remark(format!("The registry does not answer, so this may be old: {why}"));
    }
    Ok(())
}

fn show(view: &View) -> Result<()> {
    let p = &view.package;
    screen::line(format!("{} {} ({})", styled(STRONG, &p.name), p.version, view.kind))?;
    screen::line(&p.description)?;
    let from = p.from.as_deref().unwrap_or("comes with Luna");
    screen::table(&[
        vec![styled(FAINT, "by"), p.author.clone()],
        vec![styled(FAINT, "from"), from.to_owned()],
        vec![styled(FAINT, "files"), view.files.join(", ")],
        vec![styled(FAINT, "it may"), may(&view.capabilities)],
    ])?;
    let more = view.allowed.as_ref().map(|allowed| view.capabilities.beyond(allowed));
    match more.filter(|more| !more.is_empty()) {
        Some(more) => {
            Ok(screen::line(format!("{} {}", styled(CAREFUL, "more than it was allowed:"), more.words()))?)
        }
        None => Ok(()),
    }
}

fn may(capabilities: &Capabilities) -> String {
    let words = capabilities.words();
    if words.is_empty() { "do nothing beyond talking".into() } else { words }
}

/// Shows what it may do and asks; what was shown is what is allowed.
async fn install(reach: &Reach, package: &str, yes: bool) -> Result<()> {
    let view = view(reach, package).await?;
    if !yes {
        show(&view)?;
        if !asking::somebody() {
            bail!(
                "nobody is here to allow that; say --yes to allow what `luna registry show {package}` says"
            );
        }
        let answer = tokio::task::spawn_blocking(|| asking::ask("  Install it? [y]es   [n]o: ")).await??;
        if !matches!(answer.as_deref().map(str::trim), Some("y" | "Y" | "yes")) {
            return Ok(screen::line("Nothing was installed.")?);
        }
    }
    let input = json!({ "package": package, "allow": view.capabilities });
    let done: View = reach.call("registry.install", input).await?;
    Ok(screen::line(format!("{} {} is installed.", done.package.name, done.package.version))?)
}
