//! Looking at the screen or through the camera, and watching a window until it is done.

use std::time::Duration;

use luna_model::{Mode, Result};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Call, Described, Output, Tool, cut};
use crate::Luna;
use crate::ports::Area;
use crate::vision::{Patience, Source};

#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum From {
    /// The screen.
    #[default]
    Screen,
    /// The camera.
    Camera,
}

/// A rectangle.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
pub(super) struct Region {
    /// From the left.
    x: u32,
    /// From the top.
    y: u32,
    /// Its width.
    width: u32,
    /// Its height.
    height: u32,
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
    /// Of the screen, only this rectangle, in pixels of a picture of all of it.
    region: Option<Region>,
    /// What is to be known of it: "read the error message". Left out: what is to be seen.
    question: Option<String>,
}

fn source(args: &VisionArgs) -> Source {
    match args {
        VisionArgs { source: From::Camera, .. } => Source::Camera,
        VisionArgs { window: Some(window), .. } => Source::Screen(Area::Window(window.clone())),
        VisionArgs { region: Some(Region { x, y, width, height }), .. } => {
            Source::Screen(Area::Region { x: *x, y: *y, width: *width, height: *height })
        }
        VisionArgs { monitor: Some(monitor), .. } => Source::Screen(Area::Monitor((*monitor).into())),
        VisionArgs { .. } => Source::Screen(Area::Desktop),
    }
}

pub(super) struct Vision;

impl Tool for Vision {
    const NAME: &'static str = "vision";
    const DESCRIPTION: &'static str = "Looks at the screen (all of it, a monitor, or a window) or takes one picture with the camera, and says what is to be \
         seen there, text included. For \"what is on my screen?\" or \"read this error\".";
    const MODE: Mode = Mode::Confirm;
    type Args = VisionArgs;

    fn describe(_: &Luna, args: &VisionArgs) -> Described {
        Described::reads(match source(args) {
            Source::Camera => "Look through the camera".into(),
            Source::Screen(Area::Window(window)) => format!("Look at the window {window}"),
            Source::Screen(Area::Monitor(monitor)) => format!("Look at monitor {monitor}"),
            Source::Screen(Area::Region { .. }) => "Look at a part of the screen".into(),
            Source::Screen(Area::Desktop) => "Look at the screen".into(),
        })
    }

    async fn run(luna: Luna, args: VisionArgs, _: Call) -> Result<Output> {
        let source = source(&args);
        let origin = match source {
            Source::Camera => "the camera",
            Source::Screen(_) => "the screen",
        };
        let seen = luna.look(source, args.question.as_deref()).await?;
        let summary = format!("Looked at {} × {} pixels", seen.width, seen.height);
        Ok(Output::outside(cut(&seen.description, 20_000), summary, origin.into()))
    }
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct WatchArgs {
    /// The window whose title or application contains this. Left out: the one in use.
    window: Option<String>,
    /// It is done when nothing changed in it for so many seconds; 20 when left out.
    #[schemars(range(min = 5, max = 3600))]
    still_s: Option<u16>,
    /// Longest time to watch, in minutes; 240 when left out.
    #[schemars(range(min = 1, max = 1440))]
    most_minutes: Option<u16>,
}

pub(super) struct WatchWindow;

impl Tool for WatchWindow {
    const NAME: &'static str = "watch_window";
    const DESCRIPTION: &'static str = "Watches a window in the background and tells the user when it is done: it closed, or it changed and now stands still. \
         Returns at once. For \"watch this window and tell me when it is done\".";
    const MODE: Mode = Mode::Confirm;
    type Args = WatchArgs;

    fn describe(_: &Luna, args: &WatchArgs) -> Described {
        let which = args.window.as_ref().map_or_else(|| "in use".into(), |window| format!("\"{window}\""));
        Described {
            effect: "Luna looks at it every two seconds until it is done; no picture is kept or sent.".into(),
            ..Described::reads(format!("Watch the window {which}"))
        }
    }

    async fn run(luna: Luna, args: WatchArgs, _: Call) -> Result<Output> {
        let patience = Patience {
            still: Duration::from_secs(args.still_s.unwrap_or(20).into()),
            most: Duration::from_secs(u64::from(args.most_minutes.unwrap_or(240)) * 60),
        };
        let title = luna.watch(args.window.as_deref(), patience).await?;
        let summary = "Began to watch a window".into();
        Ok(Output::outside(
            format!("I watch \"{title}\" and tell you when it is done."),
            summary,
            "the screen".into(),
        ))
    }
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct StopArgs {
    /// The window whose title contains this. Left out: all.
    window: Option<String>,
}

pub(super) struct StopWatching;

impl Tool for StopWatching {
    const NAME: &'static str = "stop_watching";
    const DESCRIPTION: &'static str = "Stops watching a window, or all of them.";
    const MODE: Mode = Mode::Allow;
    type Args = StopArgs;

    fn describe(_: &Luna, args: &StopArgs) -> Described {
        let which =
            args.window.as_ref().map_or_else(|| "any window".into(), |window| format!("\"{window}\""));
        Described::reads(format!("Stop watching {which}"))
    }

    async fn run(luna: Luna, args: StopArgs, _: Call) -> Result<Output> {
        let stopped = luna.stop_watching(args.window.as_deref());
        Ok(Output::ours(match stopped.len() {
            0 => "No such window was watched.".into(),
            1 => "I stopped watching the window.".into(),
            n => format!("I stopped watching {n} windows."),
        }))
    }
}
