//! Model providers: their state, models and keys. A key goes in and never comes out.

use luna_model::{ModelInfo, Provider, ProviderStatus, Result, Secret};
use serde::Deserialize;
use ts_rs::TS;

use crate::table::{Context, Done, Empty, Register};

async fn list(cx: Context, _: Empty) -> Result<Vec<ProviderStatus>> {
    Ok(cx.luna.llm().providers().await)
}

#[derive(Debug, Deserialize, TS)]
struct OneProvider {
    provider: Provider,
}

async fn models(cx: Context, q: OneProvider) -> Result<Vec<ModelInfo>> {
    cx.luna.llm().models(q.provider).await
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
