//! Music: the account, and what plays. The buttons of the player are tools.

use luna_model::{ErrorKind, MusicDevice, MusicStanding, Playing, Result};
use serde::Serialize;
use serde_json::json;
use ts_rs::TS;

use crate::table::{Context, Done, Empty, Register};

/// What the player shows.
#[derive(Debug, Serialize, TS)]
struct MusicView {
    standing: MusicStanding,
    /// None when nothing plays anywhere.
    playing: Option<Playing>,
    /// Why what plays is not known.
    failure: Option<String>,
}

async fn get(cx: Context, _: Empty) -> Result<MusicView> {
    let standing = cx.luna.music_standing().await;
    if standing != MusicStanding::Connected {
        return Ok(MusicView { standing, playing: None, failure: None });
    }
    Ok(match cx.luna.playing().await {
        Ok(playing) => MusicView { standing, playing, failure: None },
        Err(error) if error.kind == ErrorKind::Unauthenticated => {
            MusicView { standing: MusicStanding::NotConnected, playing: None, failure: None }
        }
        Err(error) => MusicView { standing, playing: None, failure: Some(error.message) },
    })
}

async fn devices(cx: Context, _: Empty) -> Result<Vec<MusicDevice>> {
    cx.luna.music_devices().await
}

/// Where the user says yes.
#[derive(Debug, Serialize, TS)]
struct SignInPage {
    address: String,
    /// Whether it was opened in the user's browser.
    opened: bool,
}

async fn sign_in(cx: Context, _: Empty) -> Result<SignInPage> {
    let address = cx.luna.begin_music_sign_in(None).await?;
    let opened = cx.luna.use_tool("browser_open", json!({ "url": address })).await.is_ok();
    Ok(SignInPage { address, opened })
}

async fn sign_out(cx: Context, _: Empty) -> Result<Done> {
    cx.luna.music_sign_out().await?;
    Ok(Done {})
}

pub(crate) fn register(r: &mut Register) {
    r.reply("music.get", get);
    r.reply("music.devices", devices);
    r.reply("music.sign_in", sign_in);
    r.reply("music.sign_out", sign_out);
}
