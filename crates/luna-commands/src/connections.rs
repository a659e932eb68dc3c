//! Connections: what outside services gave. A value goes in and never comes out.

use luna_model::{Channel, Connection, Result, Secret};
use serde::Deserialize;
use ts_rs::TS;

use crate::table::{Context, Done, Empty, Register};

async fn list(cx: Context, _: Empty) -> Result<Vec<Connection>> {
    cx.luna.connections().await
}

#[derive(Deserialize, TS)]
struct SetCredential {
    name: String,
    /// None forgets it.
    value: Option<String>,
}

async fn set(cx: Context, q: SetCredential) -> Result<Done> {
    cx.luna.set_credential(&q.name, q.value.map(Secret::new)).await?;
    Ok(Done {})
}

#[derive(Debug, Deserialize, TS)]
struct SwitchChannel {
    channel: Channel,
    on: bool,
}

async fn switch(cx: Context, q: SwitchChannel) -> Result<Done> {
    cx.luna.switch_channel(q.channel, q.on).await?;
    Ok(Done {})
}

pub(crate) fn register(r: &mut Register) {
    r.reply("connections.list", list);
    r.reply("connections.set", set);
    r.reply("channels.switch", switch);
}
