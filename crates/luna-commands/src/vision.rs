//! Seeing: a picture of the screen to go with a question.

use luna_model::{Image, Result};

use crate::table::{Context, Empty, Register};

async fn screenshot(cx: Context, _: Empty) -> Result<Image> {
    cx.luna.screenshot().await
}

pub(crate) fn register(r: &mut Register) {
    r.reply("vision.screenshot", screenshot);
}
