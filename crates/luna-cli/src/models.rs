//! `luna models`: providers, their keys and models, and the weights for memory search, hearing and speaking.

use std::io::IsTerminal as _;

use anyhow::{Result, bail};
use luna_app::{Setup, speech_models, weights};
use luna_model::{ModelInfo, Provider, ProviderStatus};
use serde_json::{Value, json};

use crate::args::{Models, ModelsDeed};
use crate::asking;
use crate::chat::provider;
use crate::reach::Reach;
use crate::screen::{self, CAREFUL, FAINT, GOOD, styled};

pub(crate) async fn models(setup: &Setup, args: &Models) -> Result<()> {
    if let Some(ModelsDeed::Get { model }) = &args.deed {
        return get(setup, model).await;
    }
    // Asked before Luna is woken, so that nothing waits for the typing.
    let typed = match &args.deed {
        Some(ModelsDeed::Key { provider: name, forget: false }) => {
            let prompt = format!("The key of {} (it is not shown): ", provider(name)?.name());
            Some(tokio::task::spawn_blocking(move || asking::key(&prompt)).await??)
        }
        _ => None,
    };
    let reach = Reach::open(setup).await?;
    let outcome = at(&reach, args, typed).await;
    reach.close().await;
    outcome
}

async fn at(reach: &Reach, args: &Models, typed: Option<String>) -> Result<()> {
    match &args.deed {
        None | Some(ModelsDeed::List { provider: None } | ModelsDeed::Get { .. }) => providers(reach).await,
        Some(ModelsDeed::List { provider: Some(name) }) => offered(reach, provider(name)?).await,
        Some(ModelsDeed::Test { provider: name }) => test(reach, name.as_deref()).await,
        Some(ModelsDeed::Use { provider: name, model, url }) => {
            choose(reach, name, model.as_deref(), url.as_deref()).await
        }
        Some(ModelsDeed::Key { provider: name, .. }) => {
            let provider = provider(name)?;
            let _: Value = match typed {
                Some(key) => {
                    reach.call("providers.set_key", json!({ "provider": provider, "key": key })).await?
                }
                None => reach.call("providers.delete_key", json!({ "provider": provider })).await?,
            };
            providers(reach).await
        }
    }
}

async fn statuses(reach: &Reach) -> Result<Vec<ProviderStatus>> {
    reach.call("providers.list", json!({})).await
}

async fn providers(reach: &Reach) -> Result<()> {
    let row = |p: ProviderStatus| {
        let state = match (p.active, p.configured) {
            (true, _) => styled(GOOD, "answers"),
            (false, true) => "ready".to_owned(),
            (false, false) => styled(FAINT, "needs a key"),
        };
        let trouble = p.last_error.map_or_else(String::new, |e| styled(CAREFUL, screen::cut(&e, 60)));
        vec![
            p.provider.name().to_owned(),
            state,
            p.model,
            styled(FAINT, p.base_url.unwrap_or_default()),
            trouble,
        ]
    };
    Ok(screen::table(&statuses(reach).await?.into_iter().map(row).collect::<Vec<_>>())?)
}

async fn offered(reach: &Reach, provider: Provider) -> Result<()> {
    let models: Vec<ModelInfo> = reach.call("providers.models", json!({ "provider": provider })).await?;
    let can = |yes: bool, what: &str| if yes { what.to_owned() } else { String::new() };
    let row = |m: ModelInfo| {
        vec![m.name, styled(FAINT, can(m.tools, "tools")), styled(FAINT, can(m.images, "images"))]
    };
    Ok(screen::table(&models.into_iter().map(row).collect::<Vec<_>>())?)
}

async fn test(reach: &Reach, name: Option<&str>) -> Result<()> {
    let provider = match name {
        Some(name) => provider(name)?,
        None => {
            let all = statuses(reach).await?;
            all.iter().find(|p| p.active).map_or(Provider::Builtin, |p| p.provider)
        }
    };
    let _: Value = reach.call("providers.test", json!({ "provider": provider })).await?;
    Ok(screen::line(format!("{} {} answers", styled(GOOD, "✓"), provider.name()))?)
}

async fn choose(reach: &Reach, name: &str, model: Option<&str>, url: Option<&str>) -> Result<()> {
    let mut patch = json!({ "provider": null });
    if name == "auto" {
        if model.is_some() || url.is_some() {
            bail!("auto chooses the provider, so it has no model or address of its own; name a provider");
        }
    } else {
        let provider = provider(name)?;
        patch["provider"] = json!(provider);
        let mut set = serde_json::Map::new();
        set.extend(model.map(|m| ("model".to_owned(), json!(m))));
        set.extend(url.map(|u| ("base_url".to_owned(), json!(u))));
        if !set.is_empty() {
            patch["providers"] = json!({ provider.name(): set });
        }
    }
    let _: Value = reach.call("settings.patch", json!({ "patch": patch })).await?;
    providers(reach).await
}

/// Fetches weights; needs no Luna, and one that runs uses them from then on.
async fn get(setup: &Setup, model: &str) -> Result<()> {
    let folder = &setup.paths.models;
    let hub = setup.config.text("MODELS_HUB_BASE_URL").unwrap_or_else(|| weights::HUB.into());
    let shown = std::io::stderr().is_terminal();
    let mut last = None;
    let progress = |progress: weights::Progress| {
        let percent = (progress.done * 100).checked_div(progress.total).unwrap_or(0);
        // A line a step in a log, the same line again on a terminal.
        let step = (progress.source, if shown { percent } else { percent / 10 });
        if last.replace(step) != Some(step) {
            let text =
                format!("{percent:>3} %  {:.1} MB from {}", progress.done as f64 / 1e6, progress.source);
            let ends = if shown { "\r" } else { "\n" };
            screen::progress(&format!("{text}{ends}"));
        }
    };
    let file = if let Some(name) = model.strip_prefix("whisper-") {
        let model = speech_models::whisper(name)?;
        let file = model.file(folder);
        let checksum = weights::Checksum::Sha1(model.sha1.into());
        let path_on_hub = model.path_on_hub();
        let wanted = weights::Wanted { file: file.clone(), path_on_hub, checksum, size: None };
        weights::get_files(&[wanted], &hub, progress).await?;
        file
    } else if let Some(name) = model.strip_prefix("piper-") {
        let list = weights::read(&hub, &speech_models::piper_list()).await?;
        let files = speech_models::piper(&list, name, folder)?.map(|file| weights::Wanted {
            file: file.file,
            path_on_hub: file.path_on_hub,
            checksum: weights::Checksum::Md5(file.md5),
            size: Some(file.size),
        });
        weights::get_files(&files, &hub, progress).await?;
        let [_, voice] = files;
        voice.file
    } else if model == "minilm" {
        weights::get_minilm(folder, &hub, progress).await?
    } else {
        bail!(
            "there is no model {model:?}; there is minilm, whisper-tiny to whisper-large-v3, and Piper's voices, as \
             piper-en_US-lessac-medium"
        )
    };
    if shown {
        screen::progress("\n");
    }
    Ok(screen::line(format!("{} {}", styled(GOOD, "✓"), file.display()))?)
}
