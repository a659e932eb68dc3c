//! Seeing, for the user's own eyes: the cameras, and a picture of the screen or of one of them.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use luna_core::ports::Picture;
use luna_core::vision::PictureOf;
use luna_model::Result;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::table::{Context, Empty, Register};

/// A camera.
#[derive(Debug, Serialize, TS)]
struct CameraView {
    id: String,
    name: String,
}

async fn cameras(cx: Context, _: Empty) -> Result<Vec<CameraView>> {
    let cameras = cx.luna.cameras().await?;
    Ok(cameras.into_iter().map(|camera| CameraView { id: camera.id, name: camera.name }).collect())
}

/// Of what.
#[derive(Debug, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
enum PictureSource {
    Screen,
    Camera,
}

#[derive(Debug, Deserialize, TS)]
struct TakePicture {
    of: PictureSource,
}

/// A picture, small enough to be shown.
#[derive(Debug, Serialize, TS)]
struct PictureView {
    /// A `data:` address of a JPEG.
    url: String,
    /// Its width before it was scaled, in pixels.
    width: u32,
    /// Its height before it was scaled.
    height: u32,
    /// The applications whose windows were blackened.
    hidden: Vec<String>,
    /// How many password fields were blackened.
    passwords: usize,
    /// The applications that did not say in time where their password fields are.
    unchecked: Vec<String>,
}

async fn picture(cx: Context, q: TakePicture) -> Result<PictureView> {
    let picture = cx
        .luna
        .picture(match q.of {
            PictureSource::Screen => PictureOf::Screen,
            PictureSource::Camera => PictureOf::Camera,
        })
        .await?;
    let url = format!("data:image/jpeg;base64,{}", BASE64_STANDARD.encode(&picture.for_model));
    let Picture { width, height, hidden, passwords, unchecked, .. } = picture;
    Ok(PictureView { url, width, height, hidden, passwords, unchecked })
}

pub(crate) fn register(r: &mut Register) {
    r.reply("sight.cameras", cameras);
    r.reply("sight.picture", picture);
}
