//! Model providers: their state, models and keys. A key goes in and never comes out.

use luna_model::{ModelInfo, ModelPrice, Provider, ProviderStatus, Result, Secret};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::table::{Context, Done, Empty, Register};

async fn list(cx: Context, _: Empty) -> Result<Vec<ProviderStatus>> {
    Ok(cx.luna.llm().providers().await)
}

#[derive(Debug, Deserialize, TS)]
struct OneProvider {
    provider: Provider,
}

/// A model with its list price, where that is known.
#[derive(Debug, Serialize, TS)]
struct OfferedModel {
    #[serde(flatten)]
    model: ModelInfo,
    price: Option<ModelPrice>,
}

async fn models(cx: Context, q: OneProvider) -> Result<Vec<OfferedModel>> {
    let offered = cx.luna.llm().models(q.provider).await?.into_iter();
    Ok(offered
        .map(|model| OfferedModel { price: cx.luna.llm().price(q.provider, &model.name), model })
        .collect())
}

async fn test(cx: Context, q: OneProvider) -> Result<Done> {
    cx.luna.llm().test(q.provider).await?;
    Ok(Done {})
}

#[derive(Deserialize, TS)]
struct SetKey {
    provider: Provider,
    key: String,
}

async fn set_key(cx: Context, q: SetKey) -> Result<Done> {
    cx.luna.set_provider_key(q.provider, Secret::new(q.key)).await?;
    Ok(Done {})
}

async fn delete_key(cx: Context, q: OneProvider) -> Result<Done> {
    cx.luna.delete_provider_key(q.provider).await?;
    Ok(Done {})
}

pub(crate) fn register(r: &mut Register) {
    r.reply("providers.list", list);
    r.reply("providers.models", models);
    r.reply("providers.test", test);
    r.reply("providers.set_key", set_key);
    r.reply("providers.delete_key", delete_key);
}
