//! Channels: how they stand, who writes there, and what those may do.

use luna_model::{Channel, ChannelState, Result, Sender, Standing};
use serde::Deserialize;
use ts_rs::TS;

use crate::table::{Context, Done, Empty, Register};

async fn states(cx: Context, _: Empty) -> Result<Vec<ChannelState>> {
    Ok(cx.luna.channels().await)
}

async fn senders(cx: Context, _: Empty) -> Result<Vec<Sender>> {
    // A code is only ever told to the one who has to prove themselves.
    Ok(cx.luna.senders().await?.into_iter().map(|s| Sender { code: None, ..s }).collect())
}

#[derive(Debug, Deserialize, TS)]
struct PairSender {
    code: String,
    standing: Standing,
}

async fn pair(cx: Context, q: PairSender) -> Result<Sender> {
    Ok(cx.luna.pair(&q.code, q.standing).await?.now)
}

#[derive(Debug, Deserialize, TS)]
struct SetStanding {
    channel: Channel,
    sender: String,
    standing: Standing,
}

async fn set_standing(cx: Context, q: SetStanding) -> Result<Sender> {
    Ok(cx.luna.set_standing(q.channel, &q.sender, q.standing).await?.now)
}

#[derive(Debug, Deserialize, TS)]
struct OneSender {
    channel: Channel,
    sender: String,
}

async fn forget(cx: Context, q: OneSender) -> Result<Done> {
    cx.luna.forget_sender(q.channel, &q.sender).await?;
    Ok(Done {})
}

pub(crate) fn register(r: &mut Register) {
    r.reply("channels.list", states);
    r.reply("channels.senders", senders);
    r.reply("channels.pair", pair);
    r.reply("channels.set_standing", set_standing);
    r.reply("channels.forget", forget);
}
