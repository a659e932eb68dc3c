//! `luna volume`, `luna launch` and the like: the machine's tools as words of the command line.

use std::io::Read as _;

use anyhow::{Result, bail};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::args::{Deed, Loudness, Rectangle, Volume};
use crate::reach::Reach;
use crate::screen;

/// Longest text that is taken from standard input.
const LONGEST: u64 = 16 << 20;

#[derive(Deserialize)]
struct Output {
    content: String,
}

pub(crate) async fn machine(reach: &Reach, deed: &Deed) -> Result<()> {
    let (tool, input) = match deed {
        Deed::Volume(args) => volume(args)?,
        Deed::Brightness { level: None } => ("get_brightness", json!({})),
        Deed::Brightness { level: Some(level) } => ("set_brightness", json!({ "level": level })),
        Deed::Clipboard { text } if text.is_empty() => ("get_clipboard", json!({})),
        Deed::Clipboard { text } => ("set_clipboard", json!({ "text": said(text)? })),
        Deed::Speak { text } => ("speak", json!({ "text": said(text)? })),
        Deed::See { window, monitor, region, question } => {
            let question = (!question.is_empty()).then(|| question.join(" "));
            let region = region.map(|Rectangle([x, y, width, height])| {
                json!({ "x": x, "y": y, "width": width, "height": height })
            });
            let of = json!({ "window": window, "monitor": monitor, "region": region, "question": question });
            ("vision", of)
        }
        Deed::Apps => ("list_apps", json!({})),
        Deed::Launch { app } => ("launch_app", json!({ "app": app.join(" ") })),
        Deed::Info => ("get_system_info", json!({})),
        Deed::Lock => ("lock_screen", json!({})),
        Deed::DisplayOff => ("display_off", json!({})),
        Deed::Sleep => ("sleep_computer", json!({})),
        _ => return Ok(()),
    };
    let output: Output = reach.call("agent.use_tool", json!({ "tool": tool, "input": input })).await?;
    Ok(screen::line(output.content)?)
}

fn volume(args: &Volume) -> Result<(&'static str, Value)> {
    Ok(match (args.to, &args.app) {
        (Some(Loudness::Level(level)), Some(app)) => {
            ("set_app_volume", json!({ "app": app, "level": level }))
        }
        (Some(_), Some(_)) => {
            bail!("a single application is not muted but turned down: luna volume 0 --app NAME")
        }
        (Some(Loudness::Level(level)), None) => ("set_volume", json!({ "level": level })),
        (Some(Loudness::Mute), None) => ("mute_audio", json!({})),
        (Some(Loudness::Unmute), None) => ("unmute_audio", json!({})),
        (None, Some(_)) => ("get_app_volumes", json!({})),
        (None, None) if args.apps => ("get_app_volumes", json!({})),
        (None, None) => ("get_volume", json!({})),
    })
}

fn said(words: &[String]) -> Result<String> {
    if words != ["-"] {
        return Ok(words.join(" "));
    }
    let mut text = String::new();
    std::io::stdin().lock().take(LONGEST).read_to_string(&mut text)?;
    Ok(text)
}
