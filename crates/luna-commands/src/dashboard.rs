//! The dashboard: weather, markets and news.

use luna_model::{Dashboard, PlaceFound, Result};
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

#[derive(Debug, Deserialize, TS)]
struct FindPlaces {
    words: String,
    /// In which language they are named: `en`.
    language: String,
}

async fn places(cx: Context, q: FindPlaces) -> Result<Vec<PlaceFound>> {
    cx.luna.find_places(&q.words, &q.language).await
}

pub(crate) fn register(r: &mut Register) {
    r.reply("dashboard.get", get);
    r.reply("dashboard.article", article);
    r.reply("dashboard.places", places);
}
