//! What Luna begins by herself: whether somebody is there, and how she holds back.

use luna_model::{Initiative, Leave, OwnWord, Result, UserNow};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::table::{Context, Done, Empty, Register};

/// What Luna goes by.
#[derive(Debug, Serialize, TS)]
struct InitiativeView {
    user: UserNow,
    kinds: Vec<Initiative>,
}

async fn get(cx: Context, _: Empty) -> Result<InitiativeView> {
    Ok(InitiativeView { user: cx.luna.user_now(), kinds: cx.luna.initiatives().await? })
}

#[derive(Debug, Deserialize, TS)]
struct OfKind {
    kind: String,
}

async fn less(cx: Context, q: OfKind) -> Result<Initiative> {
    let restraint = cx.luna.less_of(&q.kind).await?;
    let all = cx.luna.initiatives().await?.into_iter();
    let now = all.into_iter().find(|one| one.kind == q.kind);
    Ok(now.unwrap_or(Initiative { kind: q.kind, restraint, last: None }))
}

async fn reset(cx: Context, q: OfKind) -> Result<Done> {
    cx.luna.as_much_of(&q.kind).await?;
    Ok(Done {})
}

#[derive(Debug, Deserialize, TS)]
struct Leaving {
    /// Where to; none says that they are here.
    leave: Option<Leave>,
}

async fn leave(cx: Context, q: Leaving) -> Result<UserNow> {
    Ok(match q.leave {
        Some(leave) => cx.luna.see_off(leave).await,
        None => cx.luna.welcome().await,
    })
}

async fn waiting(cx: Context, _: Empty) -> Result<Vec<OwnWord>> {
    cx.luna.waiting_proactive().await
}

#[derive(Debug, Deserialize, TS)]
struct Shown {
    text: String,
}

async fn shown(cx: Context, q: Shown) -> Result<Done> {
    cx.luna.took_proactive(&q.text).await?;
    Ok(Done {})
}

pub(crate) fn register(r: &mut Register) {
    r.reply("initiative.get", get);
    r.reply("initiative.less", less);
    r.reply("initiative.reset", reset);
    r.reply("initiative.leave", leave);
    r.reply("initiative.waiting", waiting);
    r.reply("initiative.shown", shown);
}
