//! Looking at the screen or through the camera.

use luna_model::{Mode, Result};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Call, Described, Output, Tool, cut};
use crate::Luna;
use crate::ports::Area;
use crate::vision::Source;

#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum From {
    /// The screen.
    #[default]
    Screen,
    /// The camera.
    Camera,
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct VisionArgs {
    /// The screen or the camera.
    #[serde(default)]
    source: From,
    /// Of the screen, only the window whose title or application contains this.
    window: Option<String>,
    /// Of the screen, only this monitor, counted from 0.
    monitor: Option<u8>,
    /// What is to be known of it: "read the error message". Left out: what is to be seen.
    question: Option<String>,
}

pub(super) struct Vision;

impl Tool for Vision {
    const NAME: &'static str = "vision";
    const DESCRIPTION: &'static str = "Looks at the screen (all of it, a monitor, or a window) or takes one picture with the camera, and says what is to be \
         seen there, text included. For \"what is on my screen?\" or \"read this error\".";
    const MODE: Mode = Mode::Confirm;
    type Args = VisionArgs;

    fn describe(_: &Luna, args: &VisionArgs) -> Described {
        let what = match (args.source, &args.window, args.monitor) {
            (From::Camera, ..) => "Look through the camera".into(),
            (From::Screen, Some(window), _) => format!("Look at the window {window}"),
            (From::Screen, None, Some(monitor)) => format!("Look at monitor {monitor}"),
            (From::Screen, None, None) => "Look at the screen".into(),
        };
        Described::reads(what)
    }

    async fn run(luna: Luna, args: VisionArgs, _: Call) -> Result<Output> {
        let source = match (args.source, args.window, args.monitor) {
            (From::Camera, ..) => Source::Camera,
            (From::Screen, Some(window), _) => Source::Screen(Area::Window(window)),
            (From::Screen, None, Some(monitor)) => Source::Screen(Area::Monitor(monitor.into())),
            (From::Screen, None, None) => Source::Screen(Area::Desktop),
        };
        let origin = match source {
            Source::Camera => "the camera",
            Source::Screen(_) => "the screen",
        };
        let seen = luna.look(source, args.question.as_deref()).await?;
        let summary = format!("Looked at {} × {} pixels", seen.width, seen.height);
        Ok(Output::outside(cut(&seen.description, 20_000), summary, origin.into()))
    }
}
