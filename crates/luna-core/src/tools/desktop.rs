//! The machine: its facts, clipboard and applications.

use luna_model::{Mode, Result, RuleMatch};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Call, Described, Output, Tool, cut};
use crate::Luna;

#[derive(Deserialize, JsonSchema)]
pub(super) struct NoArgs {}

pub(super) struct GetSystemInfo;

impl Tool for GetSystemInfo {
    const NAME: &'static str = "get_system_info";
    const DESCRIPTION: &'static str =
        "Facts about the machine: system, processor, memory, disk, battery, uptime.";
    const MODE: Mode = Mode::Allow;
    type Args = NoArgs;

    fn describe(_: &Luna, _: &NoArgs) -> Described {
        Described::reads("Look at the machine".into())
    }

    async fn run(luna: Luna, _: NoArgs, _: Call) -> Result<Output> {
        let info = luna.desktop().info().await?;
        let mut lines = vec![
            format!("System: {} {} on {}", info.os, info.version, info.machine),
            format!("Processor: {} ({} cores, {:.0} % busy)", info.cpu, info.cores, info.cpu_pct),
            format!("Memory: {:.1} of {:.1} GiB used", info.ram_used_gb, info.ram_gb),
            format!("Disk: {:.0} of {:.0} GiB free", info.disk_free_gb, info.disk_gb),
            format!("Running for {} hours", info.uptime_s / 3600),
        ];
        lines.extend(info.networks.iter().map(|n| format!("Network {}: {}", n.name, n.addresses.join(", "))));
        lines.extend(info.temperatures.iter().map(|t| format!("{}: {:.0} °C", t.name, t.celsius)));
        lines.extend(info.battery_pct.map(|b| format!("Battery: {b:.0} %")));
        Ok(Output {
            summary: "Read the machine's facts".into(),
            content: lines.join("\n"),
            origin: None,
            failed: false,
        })
    }
}

pub(super) struct GetClipboard;

impl Tool for GetClipboard {
    const NAME: &'static str = "get_clipboard";
    const DESCRIPTION: &'static str = "Reads the text on the clipboard.";
    const MODE: Mode = Mode::Confirm;
    type Args = NoArgs;

    fn describe(_: &Luna, _: &NoArgs) -> Described {
        Described::reads("Read the clipboard".into())
    }

    async fn run(luna: Luna, _: NoArgs, _: Call) -> Result<Output> {
        match luna.desktop().clipboard().await? {
            None => Ok(Output::ours("The clipboard holds no text.")),
            Some(text) => {
                let summary = format!("Read {} characters", text.chars().count());
                Ok(Output::outside(cut(&text, 20_000), summary, "the clipboard".into()))
            }
        }
    }
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct TextArgs {
    /// The text.
    text: String,
}

pub(super) struct SetClipboard;

impl Tool for SetClipboard {
    const NAME: &'static str = "set_clipboard";
    const DESCRIPTION: &'static str = "Puts text on the clipboard.";
    const MODE: Mode = Mode::Allow;
    type Args = TextArgs;

    fn describe(_: &Luna, args: &TextArgs) -> Described {
        let summary = format!("Put {} characters on the clipboard", args.text.chars().count());
        Described::changes(summary, "What is on the clipboard now is replaced.")
    }

    async fn run(luna: Luna, args: TextArgs, _: Call) -> Result<Output> {
        luna.desktop().set_clipboard(args.text).await?;
        Ok(Output::ours("It is on the clipboard."))
    }
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct AppArgs {
    /// The application's name: "firefox".
    app: String,
}

pub(super) struct LaunchApp;

impl Tool for LaunchApp {
    const NAME: &'static str = "launch_app";
    const DESCRIPTION: &'static str =
        "Launches an application by name, or brings it to the front when it runs already.";
    const MODE: Mode = Mode::Confirm;
    type Args = AppArgs;

    fn describe(_: &Luna, args: &AppArgs) -> Described {
        let always = Some(RuleMatch::Field { name: "app".into(), value: args.app.clone().into() });
        Described { always, ..Described::changes(format!("Launch {}", args.app), "The application opens.") }
    }

    async fn run(luna: Luna, args: AppArgs, _: Call) -> Result<Output> {
        let launched = luna.desktop().launch(&args.app).await?;
        let name = launched.application.name;
        Ok(Output::ours(if launched.was_running {
            format!("{name} was running; it is in front now")
        } else {
            format!("Launched {name}")
        }))
    }
}

pub(super) struct ListApps;

impl Tool for ListApps {
    const NAME: &'static str = "list_apps";
    const DESCRIPTION: &'static str = "Lists the applications that can be launched.";
    const MODE: Mode = Mode::Allow;
    type Args = NoArgs;

    fn describe(_: &Luna, _: &NoArgs) -> Described {
        Described::reads("List applications".into())
    }

    async fn run(luna: Luna, _: NoArgs, _: Call) -> Result<Output> {
        let apps = luna.desktop().applications().await?;
        let names: Vec<_> = apps.iter().map(|a| a.name.as_str()).collect();
        Ok(Output {
            summary: format!("Listed {} applications", names.len()),
            content: cut(&names.join("\n"), 8000),
            origin: None,
            failed: false,
        })
    }
}
