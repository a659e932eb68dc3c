//! Sound: how loud the machine and its applications are.

use luna_model::{Mode, Result};
use schemars::JsonSchema;
use serde::Deserialize;

use super::desktop::NoArgs;
use super::{Call, Described, Output, Tool};
use crate::Luna;

#[derive(Deserialize, JsonSchema)]
pub(super) struct LevelArgs {
    /// From 0 to 100.
    #[schemars(range(min = 0, max = 100))]
    pub(super) level: u8,
}

pub(super) struct GetVolume;

impl Tool for GetVolume {
    const NAME: &'static str = "get_volume";
    const DESCRIPTION: &'static str = "The output volume, 0 to 100.";
    const MODE: Mode = Mode::Allow;
    type Args = NoArgs;

    fn describe(_: &Luna, _: &NoArgs) -> Described {
        Described::reads("Read the volume".into())
    }

    async fn run(luna: Luna, _: NoArgs, _: Call) -> Result<Output> {
        let volume = luna.desktop().volume().await?;
        let muted = if volume.muted { ", and the sound is muted" } else { "" };
        Ok(Output::ours(format!("The volume is {} %{muted}.", volume.level)))
    }
}

pub(super) struct SetVolume;

impl Tool for SetVolume {
    const NAME: &'static str = "set_volume";
    const DESCRIPTION: &'static str = "Sets the output volume, 0 to 100.";
    const MODE: Mode = Mode::Allow;
    type Args = LevelArgs;

    fn describe(_: &Luna, args: &LevelArgs) -> Described {
        Described::changes(format!("Set the volume to {} %", args.level), "The sound gets louder or quieter.")
    }

    async fn run(luna: Luna, args: LevelArgs, _: Call) -> Result<Output> {
        luna.desktop().set_volume(args.level).await?;
        Ok(Output::ours(format!("The volume is {} %.", args.level)))
    }
}

pub(super) struct MuteAudio;

impl Tool for MuteAudio {
    const NAME: &'static str = "mute_audio";
    const DESCRIPTION: &'static str = "Mutes the sound.";
    const MODE: Mode = Mode::Allow;
    type Args = NoArgs;

    fn describe(_: &Luna, _: &NoArgs) -> Described {
        Described::changes("Mute the sound".into(), "There is no sound until it is unmuted.")
    }

    async fn run(luna: Luna, _: NoArgs, _: Call) -> Result<Output> {
        luna.desktop().set_muted(true).await?;
        Ok(Output::ours("The sound is muted."))
    }
}

pub(super) struct UnmuteAudio;

impl Tool for UnmuteAudio {
    const NAME: &'static str = "unmute_audio";
    const DESCRIPTION: &'static str = "Unmutes the sound.";
    const MODE: Mode = Mode::Allow;
    type Args = NoArgs;

    fn describe(_: &Luna, _: &NoArgs) -> Described {
        Described::changes("Unmute the sound".into(), "The sound comes back.")
    }

    async fn run(luna: Luna, _: NoArgs, _: Call) -> Result<Output> {
        luna.desktop().set_muted(false).await?;
        Ok(Output::ours("The sound is on."))
    }
}

pub(super) struct GetAppVolumes;

impl Tool for GetAppVolumes {
    const NAME: &'static str = "get_app_volumes";
    const DESCRIPTION: &'static str = "Which applications play sound now, and how loud each is, 0 to 100.";
    const MODE: Mode = Mode::Allow;
    type Args = NoArgs;

    fn describe(_: &Luna, _: &NoArgs) -> Described {
        Described::reads("Read the applications' volumes".into())
    }

    async fn run(luna: Luna, _: NoArgs, _: Call) -> Result<Output> {
        let apps = luna.desktop().app_volumes().await?;
        if apps.is_empty() {
            return Ok(Output::ours("No application plays sound now."));
        }
        let line = |app: &crate::ports::AppVolume| {
            format!("{}: {} %{}", app.name, app.level, if app.muted { ", muted" } else { "" })
        };
        Ok(Output {
            summary: format!("Read the volume of {} applications", apps.len()),
            content: apps.iter().map(line).collect::<Vec<_>>().join("\n"),
            ..Output::default()
        })
    }
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct AppLevelArgs {
    /// The application's name, or a part of it: "firefox".
    app: String,
    /// From 0 to 100.
    #[schemars(range(min = 0, max = 100))]
    level: u8,
}

pub(super) struct SetAppVolume;

impl Tool for SetAppVolume {
    const NAME: &'static str = "set_app_volume";
    const DESCRIPTION: &'static str = "Sets how loud one application is that plays sound now, 0 to 100.";
    const MODE: Mode = Mode::Allow;
    type Args = AppLevelArgs;

    fn describe(_: &Luna, args: &AppLevelArgs) -> Described {
        let summary = format!("Set the volume of {} to {} %", args.app, args.level);
        Described::changes(summary, "This application gets louder or quieter; the others stay as they are.")
    }

    async fn run(luna: Luna, args: AppLevelArgs, _: Call) -> Result<Output> {
        let app = luna.desktop().set_app_volume(&args.app, args.level).await?;
        Ok(Output::ours(format!("The volume of {} is {} %.", app.name, app.level)))
    }
}
