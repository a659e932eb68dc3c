//! The dashboard: weather, markets and news.

use luna_model::{Dashboard, Result};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::table::{Context, Empty, Register};

async fn get(cx: Context, _: Empty) -> Result<Dashboard> {
    cx.luna.dashboard().await
}

#[derive(Debug, Deserialize, TS)]
struct ReadArticle {
    url: String,
}

/// A page, made readable.
#[derive(Debug, Serialize, TS)]
struct Article {
    title: Option<String>,
    text: String,
}

async fn article(cx: Context, q: ReadArticle) -> Result<Article> {
    let page = cx.luna.article(&q.url).await?;
    Ok(Article { title: page.title, text: page.text })
}

pub(crate) fn register(r: &mut Register) {
    r.reply("dashboard.get", get);
    r.reply("dashboard.article", article);
}
