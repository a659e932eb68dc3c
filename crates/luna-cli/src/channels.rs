//! `luna channels`: who writes from elsewhere, and letting them in.

use anyhow::Result;
use luna_model::{ChannelState, Sender};
use serde_json::{Value, json};

use crate::args::{Channels, ChannelsDeed};
use crate::reach::Reach;
use crate::screen::{self, FAINT, styled};

pub(crate) async fn channels(reach: &Reach, args: &Channels) -> Result<()> {
    match &args.deed {
        None => {
            let states: Vec<ChannelState> = reach.call("channels.list", json!({})).await?;
            let row = |s: &ChannelState| {
                vec![
                    s.channel.name().to_owned(),
                    if s.on { "on" } else { "off" }.to_owned(),
                    styled(FAINT, &s.hint),
                ]
            };
            Ok(screen::table(&states.iter().map(row).collect::<Vec<_>>())?)
        }
        Some(ChannelsDeed::People) => {
            let people: Vec<Sender> = reach.call("channels.senders", json!({})).await?;
            if people.is_empty() {
                screen::line("Nobody has written yet.")?;
            }
            let mut rows = vec![];
            for p in &people {
                let standing = serde_json::to_value(p.standing)?.as_str().unwrap_or_default().to_owned();
                rows.push(vec![
                    p.channel.name().to_owned(),
                    p.name.clone(),
                    standing,
                    screen::moment(p.last_at),
                    styled(FAINT, &p.id),
                ]);
            }
            Ok(screen::table(&rows)?)
        }
        Some(ChannelsDeed::Pair { code, owner }) => {
            let standing = if *owner { "owner" } else { "guest" };
            let sender: Sender =
                reach.call("channels.pair", json!({ "code": code, "standing": standing })).await?;
            Ok(screen::line(format!(
                "{} on {} is let in as {standing}.",
                sender.name,
                sender.channel.name()
            ))?)
        }
        Some(ChannelsDeed::Forget { channel, sender }) => {
            let _: Value =
                reach.call("channels.forget", json!({ "channel": channel, "sender": sender })).await?;
            Ok(screen::line("Forgotten; if they write again, they get a new code.")?)
        }
    }
}
