//! The screen and its rest: brightness, lock, display off, sleep.

use luna_model::{Mode, Result};

use super::desktop::NoArgs;
use super::sound::LevelArgs;
use super::{Call, Described, Output, Tool};
use crate::Luna;

pub(super) struct GetBrightness;

impl Tool for GetBrightness {
    const NAME: &'static str = "get_brightness";
    const DESCRIPTION: &'static str = "The screen's brightness, 0 to 100.";
    const MODE: Mode = Mode::Allow;
    type Args = NoArgs;

    fn describe(_: &Luna, _: &NoArgs) -> Described {
        Described::reads("Read the brightness".into())
    }

    async fn run(luna: Luna, _: NoArgs, _: Call) -> Result<Output> {
        Ok(Output::ours(format!("The brightness is {} %.", luna.desktop().brightness().await?)))
    }
}

pub(super) struct SetBrightness;

impl Tool for SetBrightness {
    const NAME: &'static str = "set_brightness";
    const DESCRIPTION: &'static str = "Sets the screen's brightness, 0 to 100.";
    const MODE: Mode = Mode::Allow;
    type Args = LevelArgs;

    fn describe(_: &Luna, args: &LevelArgs) -> Described {
        Described::changes(
            format!("Set the brightness to {} %", args.level),
            "The screen gets brighter or darker.",
        )
    }

    async fn run(luna: Luna, args: LevelArgs, _: Call) -> Result<Output> {
        luna.desktop().set_brightness(args.level).await?;
        Ok(Output::ours(format!("The brightness is {} %.", args.level)))
    }
}

pub(super) struct LockScreen;

impl Tool for LockScreen {
    const NAME: &'static str = "lock_screen";
    const DESCRIPTION: &'static str = "Locks the screen.";
    const MODE: Mode = Mode::Allow;
    type Args = NoArgs;

    fn describe(_: &Luna, _: &NoArgs) -> Described {
        Described::changes("Lock the screen".into(), "The screen is locked until you log in.")
    }

    async fn run(luna: Luna, _: NoArgs, _: Call) -> Result<Output> {
        luna.desktop().lock().await?;
        Ok(Output::ours("The screen is locked."))
    }
}

pub(super) struct DisplayOff;

impl Tool for DisplayOff {
    const NAME: &'static str = "display_off";
    const DESCRIPTION: &'static str = "Turns the screen off until keyboard or mouse are touched.";
    const MODE: Mode = Mode::Allow;
    type Args = NoArgs;

    fn describe(_: &Luna, _: &NoArgs) -> Described {
        Described::changes(
            "Turn the screen off".into(),
            "The screen is dark until keyboard or mouse are touched.",
        )
    }

    async fn run(luna: Luna, _: NoArgs, _: Call) -> Result<Output> {
        luna.desktop().display_off().await?;
        Ok(Output::ours("The screen is off."))
    }
}

pub(super) struct Sleep;

impl Tool for Sleep {
    const NAME: &'static str = "sleep_computer";
    const DESCRIPTION: &'static str = "Puts the computer to sleep.";
    const MODE: Mode = Mode::Confirm;
    type Args = NoArgs;

    fn describe(_: &Luna, _: &NoArgs) -> Described {
        Described::changes(
            "Put the computer to sleep".into(),
            "Everything stands still until the computer is woken, Luna too.",
        )
    }

    async fn run(luna: Luna, _: NoArgs, _: Call) -> Result<Output> {
        luna.desktop().sleep().await?;
        Ok(Output::ours("The computer goes to sleep."))
    }
}
